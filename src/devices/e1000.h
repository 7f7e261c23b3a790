// Intel 82540EM (PCI 8086:100E), the E1000 that SeaBIOS-era systems have drivers for (Intel 317453, "PCI/PCI-X Family
// of Gigabit Ethernet Controllers Software Developer's Manual").
//
// Rings of 16-byte descriptors in guest memory carry the frames both ways. The driver moves the tail, the card the
// head. What the driver offers is bounded only by the ring, so transmission takes a rest after so many bytes (a timer
// goes on): a guest that hands over rings of nonsense gets its turn again soon.
#pragma once

#include "devices/e1000_registers.h"
#include "devices/network_card.h"
#include "devices/pci.h"

#include <vector>

namespace ringshift {

/// The serial EEPROM behind EECD: 64 words, Microwire (317453, 5.3).
class E1000Eeprom {
  public:
    explicit E1000Eeprom(const MacAddress& mac);
    u16 word(unsigned index) const { return m_words[index & 63]; }

    u32 read_pins() const;
    void write_pins(u32 value);
    void reset() { m_state = {}; }
    void archive(Archive& ar);

  private:
    std::array<u16, 64> m_words{};
    struct State {
        u32 pins = 0;    ///< as written last
        u16 shifted = 0; ///< bits in, since chip select rose
        u8 bits_in = 0;
        bool reading = false;
        u16 position = 0; ///< of the bit that DO shows
    } m_state;
};

class E1000 final : public Device, public PciFunction, public NetworkCard {
  public:
    static constexpr unsigned memory_bar = 0, io_bar = 1;
    static constexpr u64 memory_size = 128 << 10, io_size = 64;

    E1000(Clock& clock, DmaView& memory, PacketSink& network, const MacAddress& mac);

    std::string_view name() const override { return "e1000"; }
    void reset() override;
    void archive(Archive& ar) override;

    bool can_receive() const override;
    void receive(std::span<const u8> frame) override;
    void set_link(bool connected) override;
    Device& device() override { return *this; }
    PciFunction* pci() override { return this; }
    RegisterBlock* bar(unsigned index) override {
        return index == memory_bar ? &m_registers : index == io_bar ? &m_io : nullptr;
    }

  private:
    static constexpr u32 descriptor_size = 16;

    // Registers
    u32& reg(u32 offset) { return m_state.registers[offset / 4]; }
    u32 reg(u32 offset) const { return m_state.registers[offset / 4]; }
    u32 read_register(u32 offset);
    void write_register(u32 offset, u32 value);
    u64 read_io(u64 offset, unsigned size) const;
    void write_io(u64 offset, unsigned size, u64 value);
    void mac_reset();
    void write_mdic(u32 value);
    void write_phy(unsigned index, u16 value);
    u16 read_phy(unsigned index) const;
    void update_status();
    void count(u32 low, u64 amount);

    // Interrupts
    void raise(u32 causes);
    void update_interrupt();

    // Transmission (e1000_transmit.cpp)
    /// What a context descriptor sets up for the data descriptors after it.
    struct Offload {
        u8 ip_start = 0, ip_offset = 0;
        u16 ip_end = 0;
        u8 tcp_start = 0, tcp_offset = 0;
        u16 tcp_end = 0;
        u8 header_length = 0;
        u16 segment_size = 0;
        bool ipv4 = false, tcp = false;
        void archive(Archive& ar) {
            ar(ip_start, ip_offset, ip_end, tcp_start, tcp_offset, tcp_end, header_length, segment_size, ipv4, tcp);
        }
    };
    struct TransmitDescriptor;
    void transmit();
    void take_descriptor(const TransmitDescriptor& d);
    void set_context(const TransmitDescriptor& d);
    void finish_packet(const TransmitDescriptor& d);
    void send_segments(const Offload& offload);
    void send_frame(std::vector<u8>& frame);

    // Reception
    u32 free_descriptors() const;
    u32 buffer_size() const;
    bool accepts(std::span<const u8> frame) const;
    void store_frame(std::span<const u8> frame);

    struct State {
        std::array<u32, e1000::register_end / 4> registers{};
        std::array<u16, 32> phy{};
        bool connected = true; ///< the cable
        u32 io_address = 0;
        u64 next_interrupt = 0; ///< ns: not before, by ITR
        // The packet that the descriptors so far have begun.
        std::vector<u8> packet;
        bool packet_too_long = false;
        u8 packet_options = 0; ///< POPTS of its first data descriptor
        bool packet_segmented = false;
        Offload checksums, segmentation; ///< of the last context of each kind
    };

    Clock& m_clock;
    DmaView& m_memory;
    PacketSink& m_network;
    MacAddress m_mac;
    FunctionRegisters m_registers;
    FunctionRegisters m_io;
    TimerId m_transmit_timer, m_interrupt_timer;
    u64 m_sent_bytes = 0; ///< in one turn of transmit()
    E1000Eeprom m_eeprom;
    State m_state;
};

/// The ones' complement sum of IP, TCP and UDP (RFC 1071), not inverted, on top of `sum`.
u16 internet_sum(std::span<const u8> bytes, u32 sum = 0);

} // namespace ringshift
