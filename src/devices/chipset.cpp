#include "devices/chipset.h"

namespace ringshift {

namespace {
constexpr u8 pam0 = 0x59, smram = 0x72, pirq_route = 0x60;

struct PamPiece {
    u32 begin, size;
    u8 offset, shift; // register and position of the two bits: 0 read enable, 1 write enable
};
// 440FX datasheet, 3.2.18: PAM0's high nibble is the BIOS area, PAM1-PAM6 two pieces of 16 KiB each.
constexpr std::array<PamPiece, 13> pieces = [] {
    std::array<PamPiece, 13> result{};
    result[0] = {0xF0000, 0x10000, pam0, 4};
    for (unsigned i = 0; i < 12; ++i)
        result[i + 1] = {0xC0000 + i * 0x4000, 0x4000, static_cast<u8>(pam0 + 1 + i / 2), static_cast<u8>((i & 1) * 4)};
    return result;
}();
constexpr u8 unknown = 0xFF;
} // namespace

I440fx::I440fx(PamChanged pam_changed)
    : PciFunction({.vendor = 0x8086,
                   .device = 0x1237,
                   .class_code = 0x060000,
                   .revision = 2,
                   .subsystem_vendor = 0x1AF4,
                   .subsystem = 0x1100}),
      m_pam_changed(std::move(pam_changed)) {
    define(0x04, 2, 6, 0);
    define(0x50, 4, 0, 0xFFFFFFFF); // PMC configuration, DETURBO
    define(0x54, 4, 0, 0xFFFFFFFF);
    define(0x58, 1, 0, 0xFF);
    define(pam0, 1, 0, 0x33);
    for (u8 i = 1; i < 7; ++i) define(static_cast<u8>(pam0 + i), 1, 0, 0x33);
    define(0x60, 4, 0, 0xFFFFFFFF); // DRAM row boundaries
    define(0x64, 4, 0, 0xFFFFFFFF);
    define(smram, 1, 2, 0x78);
    m_applied.fill(unknown);
    apply();
}

void I440fx::reset() {
    reset_config();
    apply();
}

void I440fx::config_written(u8, unsigned) { apply(); }

void I440fx::apply() {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const PamPiece& piece = pieces[i];
        const u8 bits = (config_byte(piece.offset) >> piece.shift) & 3;
        if (bits == m_applied[i]) continue;
        m_applied[i] = bits;
        m_pam_changed(piece.begin, piece.size, bits & 1, bits & 2);
    }
}

void I440fx::archive(Archive& ar) {
    archive_config(ar);
    if (ar.is_loading() && ar.ok()) apply();
}

Piix3::Piix3(std::array<IrqLine*, 16> isa_lines)
    : PciFunction({.vendor = 0x8086,
                   .device = 0x7000,
                   .class_code = 0x060100,
                   .multifunction = true,
                   .subsystem_vendor = 0x1AF4,
                   .subsystem = 0x1100}),
      m_isa_lines(isa_lines) {
    define(0x04, 2, 7, 0);
    define(0x06, 2, 0x0200, 0);
    define(0x4C, 4, 0x0003004D, 0xFFFFFFFF); // I/O recovery, X-bus chip select
    for (u8 i = 0; i < 4; ++i) define(static_cast<u8>(pirq_route + i), 1, 0x80, 0x8F);
    define(0x68, 4, 0, 0xFFFFFFFF);
    define(0x70, 4, 0x00008080, 0xFFFFFFFF);
    define(0x76, 2, 0x0C0C, 0xFFFF);
    define(0x78, 2, 0x0002, 0xFFFF);
    define(0x82, 1, 0, 0xFF);
    define(0xA0, 4, 0x00000008, 0xFFFFFFFF);
    define(0xA4, 4, 0, 0xFFFFFFFF);
    define(0xA8, 4, 0x0000000F, 0xFFFFFFFF);
}

void Piix3::reset() {
    reset_config();
    m_state.pirq = {};
    drive();
}

void Piix3::config_written(u8 offset, unsigned size) {
    if (offset < pirq_route + 4 && offset + size > pirq_route) drive();
}

void Piix3::set_pirq(unsigned pirq, bool level) {
    m_state.pirq[pirq & 3] = level;
    drive();
}

void Piix3::drive() {
    u16 wanted = 0;
    for (u8 i = 0; i < 4; ++i) {
        const u8 route = config_byte(static_cast<u8>(pirq_route + i));
        if (m_state.pirq[i] && !(route & 0x80)) wanted = static_cast<u16>(wanted | (1u << (route & 15)));
    }
    const u16 changed = wanted ^ m_state.driven;
    m_state.driven = wanted;
    for (unsigned irq = 0; irq < 16; ++irq)
        if ((changed >> irq & 1) && m_isa_lines[irq]) m_isa_lines[irq]->set(wanted >> irq & 1);
}

void Piix3::archive(Archive& ar) {
    archive_config(ar);
    ar(m_state.pirq, m_state.driven);
}

} // namespace ringshift
