// NE2000: a DP8390 network interface controller with 16 KiB of buffer memory behind a data port (National Semiconductor
// DP8390D datasheet; Novell NE2000). As an ISA card, and as the RTL8029 that puts the same 32 ports on PCI (10EC:8029).
//
// Frames in go to a ring of 256-byte pages, PSTART to PSTOP, that the card fills at CURR and the driver empties at
// BNRY. The host reaches the memory, and the PROM with the station address, through remote DMA only.
#pragma once

#include "devices/network_card.h"
#include "devices/pci.h"

namespace ringshift {

/// The card proper. Its interrupt is the ISA wire or the PCI pin.
class Ne2000 : public Device, public NetworkCard {
  public:
    static constexpr u64 port_count = 32;

    /// The card on the ISA bus.
    Ne2000(IrqLine& irq, PacketSink& network, const MacAddress& mac);

    std::string_view name() const override { return "ne2000"; }
    void reset() override;
    void archive(Archive& ar) override;

    bool can_receive() const override;
    void receive(std::span<const u8> frame) override;
    /// The card does not know whether it has a cable.
    void set_link(bool) override {}
    Device& device() override { return *this; }
    PciFunction* pci() override { return nullptr; }
    RegisterBlock* bar(unsigned index) override { return index == 0 ? &m_ports : nullptr; }

  private:
    static constexpr u32 memory_begin = 0x4000, memory_size = 0x4000;

    u64 read(u64 offset, unsigned size);
    void write(u64 offset, unsigned size, u64 value);
    u8 read_register(unsigned offset);
    void write_command(u8 value);
    void write_page0(unsigned offset, u8 value);
    u64 read_data(unsigned size);
    void write_data(unsigned size, u64 value);
    void advance_dma(unsigned step);
    unsigned data_step(unsigned size) const;
    u8 memory_byte(u32 address) const;
    void soft_reset();
    void transmit();
    bool accepts(std::span<const u8> frame) const;
    u32 free_bytes() const;
    bool ring_is_sane() const { return m_state.pstop > m_state.pstart; }
    void raise(u8 causes);
    void update_irq();

    struct State {
        u8 command = 0x21; ///< CR
        u8 pstart = 0, pstop = 0, bnry = 0, curr = 0;
        u8 tsr = 0, tpsr = 0, isr = 0x80, imr = 0;
        u16 tbcr = 0;
        u16 rsar = 0, rbcr = 0;
        u8 rsr = 0, rcr = 0, tcr = 0, dcr = 0;
        u8 missed = 0;       ///< CNTR2
        bool unseen = false; ///< a frame has come in since CURR was read
        MacAddress physical{};
        std::array<u8, 8> multicast{};
        std::array<u8, memory_size> memory{};
    };

    IrqLine& m_irq;
    PacketSink& m_network;
    std::array<u8, 32> m_prom{};
    FunctionRegisters m_ports;
    State m_state;
};

/// RTL8029AS: the same behind BAR 0.
class Ne2000Pci final : public Device, public PciFunction, public NetworkCard {
  public:
    Ne2000Pci(PacketSink& network, const MacAddress& mac);

    std::string_view name() const override { return "ne2000"; }
    void reset() override;
    void archive(Archive& ar) override;

    bool can_receive() const override { return m_core.can_receive(); }
    void receive(std::span<const u8> frame) override { m_core.receive(frame); }
    void set_link(bool) override {}
    Device& device() override { return *this; }
    PciFunction* pci() override { return this; }
    RegisterBlock* bar(unsigned index) override { return m_core.bar(index); }

  private:
    struct Pin final : IrqLine {
        explicit Pin(PciFunction& owner) : function(owner) {}
        void set(bool level) override { function.set_interrupt(level); }
        PciFunction& function;
    };
    Pin m_pin;
    Ne2000 m_core;
};

} // namespace ringshift
