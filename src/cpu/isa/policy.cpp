#include "cpu/isa/policy.h"

namespace ringshift {

namespace {
using namespace fact;
constexpr Policy table[] = {
    {"(invalid)", Strategy::Stop, Feature::base, Stops},
#define INSN(mnemonic, selector, strategy, feature, facts) {#mnemonic, Strategy::strategy, Feature::feature, facts},
#include "cpu/isa/policy.def"
#undef INSN
};
} // namespace

const Policy& policy(Mnemonic mnemonic) { return table[static_cast<std::size_t>(mnemonic)]; }

} // namespace ringshift
