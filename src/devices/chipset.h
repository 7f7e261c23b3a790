// The 440FX host bridge (82441FX) and the PIIX3's ISA bridge: shadow RAM and PCI interrupt routing.
#pragma once

#include "devices/pci.h"

namespace ringshift {

/// 82441FX PCI and Memory Controller, PCI 8086:1237. The programmable attribute map (PAM, registers 59h-5Fh) says for
/// each piece of C0000h-FFFFFh whether reads and writes go to DRAM or to the bus (ROM).
class I440fx final : public Device, public PciFunction {
  public:
    /// [begin, begin + size): 13 pieces, 16 KiB each below F0000h and 64 KiB above.
    using PamChanged = std::function<void(u32 begin, u32 size, bool read_dram, bool write_dram)>;
    explicit I440fx(PamChanged pam_changed);

    std::string_view name() const override { return "i440fx"; }
    void reset() override;
    void archive(Archive& ar) override;

  private:
    void config_written(u8 offset, unsigned size) override;
    void apply();
    PamChanged m_pam_changed;
    std::array<u8, 13> m_applied{};
};

/// 82371SB (PIIX3) function 0, PCI 8086:7000: routes PIRQA#-PIRQD# to ISA interrupts by registers 60h-63h.
class Piix3 final : public Device, public PciFunction, public PciInterruptRouter {
  public:
    /// One line for each ISA IRQ; those that PIRQs cannot reach (0, 1, 2, 8, 13) may be null.
    explicit Piix3(std::array<IrqLine*, 16> isa_lines);

    void set_pirq(unsigned pirq, bool level) override;

    std::string_view name() const override { return "piix3"; }
    void reset() override;
    void archive(Archive& ar) override;

  private:
    void config_written(u8 offset, unsigned size) override;
    void drive();
    std::array<IrqLine*, 16> m_isa_lines;
    struct State {
        std::array<bool, 4> pirq{};
        u16 driven = 0; ///< ISA lines that this router holds high
    } m_state;
};

} // namespace ringshift
