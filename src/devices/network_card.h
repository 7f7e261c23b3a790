// What a network card is to the machine, whatever its registers are.
#pragma once

#include "base/device.h"

#include <array>

namespace ringshift {

class PciFunction;

using MacAddress = std::array<u8, 6>;

class NetworkCard {
  public:
    /// Without and with the check sequence that a card may leave out; what is shorter is padded by whoever sends it.
    static constexpr std::size_t shortest_frame = 60, longest_frame = 1514;

    virtual ~NetworkCard() = default;

    /// Whether receive() would find room. A card that takes nothing in (no driver yet, cable out) has room: it drops.
    /// When a card that had none has some again, it calls PacketSink::ready().
    virtual bool can_receive() const = 0;
    /// A frame of at most `longest_frame` bytes has come in by the cable.
    virtual void receive(std::span<const u8> frame) = 0;
    /// The cable goes in or out. A new card has it in.
    virtual void set_link(bool connected) = 0;

    /// For the board: the card as a device, as a PCI function (null: an ISA card), and what stands behind its BARs
    /// (null: nothing; ISA: index 0 are its ports).
    virtual Device& device() = 0;
    virtual PciFunction* pci() = 0;
    virtual RegisterBlock* bar(unsigned index) = 0;

  protected:
    static bool is_multicast(std::span<const u8> frame) { return frame[0] & 1; }
    static bool is_broadcast(std::span<const u8> frame);
    /// The check sequence's CRC over a destination address: multicast filters hash by it (IEEE 802.3, 3.2.9).
    static u32 address_crc(std::span<const u8> frame);
};

} // namespace ringshift
