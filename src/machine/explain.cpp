#include "machine/explain.h"

#include "bt/explain.h"
#include "bt/workbench.h"

namespace ringshift {

namespace {

/// Where no instruction can be decoded.
std::string bad_byte(u32 eip, u8 byte) { return fmt::format("{:08x} db {:#04x}: no whole instruction\n", eip, byte); }

} // namespace

Result<std::string> explain_code(std::span<const u8> code, const ExplainWishes& wishes) {
    bt::Options options;
    options.windows = false; // as for a process that is young
    if (!wishes.engine.starts_with("bt")) return make_error("the engine {} translates nothing", wishes.engine);
    if (wishes.engine.size() > 3) TRY(bt::apply_options(std::string_view(wishes.engine).substr(3), options));
    TRY(CpuModel::by_name(wishes.cpu));
    if (u64{wishes.base} + code.size() > u64{1} << (wishes.bits == 32 ? 32 : 16))
        return make_error("{} bytes at {:#x} do not fit into a segment of {}-bit code", code.size(), wishes.base,
                          wishes.bits);
    u64 first = wishes.base, last = wishes.base + code.size();
    if (wishes.range) {
        first = wishes.range->first;
        last = u64{wishes.range->second} + 1;
        if (first < wishes.base || last > wishes.base + code.size() || first >= last)
            return make_error("{:#x}-{:#x} is not within the code, which lies at {:#x}-{:#x}", wishes.range->first,
                              wishes.range->second, wishes.base, wishes.base + code.size() - 1);
    }

    bt::Workbench bench(options, wishes.cpu);
    bench.set_mode(wishes.bits, wishes.cpl);
    std::vector<bt::Explanation> found;
    std::string text;
    for (u64 eip = first; eip < last;) {
        const auto block = bench.decode(code.subspan(eip - wishes.base), static_cast<u32>(eip));
        if (!block) {
            text += bad_byte(static_cast<u32>(eip), code[eip - wishes.base]);
            ++eip;
            continue;
        }
        const auto host = bench.translate(*block);
        auto explanation = bt::explain(*block, bench.mode(), host, bench.emitter().runtime_distance());
        if (!wishes.view.json) text += (text.empty() ? "" : "\n") + bt::to_text(explanation, wishes.view);
        found.push_back(std::move(explanation));
        eip += block->bytes;
    }
    return wishes.view.json ? bt::to_json(found) : text;
}

} // namespace ringshift
