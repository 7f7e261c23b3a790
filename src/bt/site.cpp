#include "bt/block.h"

#include <algorithm>
#include <utility>

namespace ringshift::bt {

const Insn& insn_of(Cpu& cpu, Site& site) {
    if (site.insn) return *site.insn;
    Block& block = *site.block;
    const auto& runtime = *reinterpret_cast<const Runtime*>(cpu.mmu.engine_space().data());
    const auto bytes = std::span<const u8>(block.guest).subspan(site.rip - block.key.eip);
    const auto found =
        runtime.decoder->find(bytes.first(std::min<std::size_t>(bytes.size(), Decoder::max_length)), block.code32);
    block.asked = std::make_unique<AskedInsn>(AskedInsn{found.decoded->insn, std::move(block.asked)});
    site.insn = &block.asked->insn;
    return *site.insn;
}

} // namespace ringshift::bt
