// ISA DMA: two cascaded 8237A controllers and the page registers (Intel 8237A datasheet; PIIX3 datasheet
// 290550, 2.5.1).
//
// Channels 0-3 move bytes within a 64 KiB page, 5-7 words within 128 KiB; channel 4 is the cascade, so channels 0-3
// need it unmasked. A device moves a run at a time through its DmaChannel instead of a byte per DREQ; single, block and
// demand mode look alike that way. Memory-to-memory transfers do not exist on the PIIX3.
#pragma once

#include "base/device.h"

#include <array>

namespace ringshift {

enum class DmaDirection : u8 { ToMemory, FromMemory };

struct DmaResult {
    /// Bytes moved; fewer than asked when the channel is masked, set up for the other direction or at its end.
    std::size_t moved = 0;
    /// TC: the last byte moved was the last of the programmed count.
    bool terminal_count = false;
};

/// A DREQ/DACK pair as the device at it sees it.
class DmaChannel {
  public:
    virtual ~DmaChannel() = default;
    /// In verify mode nothing touches memory: the count goes down and data from memory is zero.
    virtual DmaResult transfer(DmaDirection direction, std::span<u8> data) = 0;
};

class Dma8237 final : public Device {
  public:
    struct Channel {
        u16 base_address = 0, base_count = 0, address = 0, count = 0;
        u8 mode = 0;
        void archive(Archive& ar) { ar(base_address, base_count, address, count, mode); }
    };
    struct Controller {
        std::array<Channel, 4> channels{};
        u8 command = 0;
        /// Terminal counts; the request half of the register is the software requests.
        u8 status = 0;
        u8 request = 0;
        u8 mask = 0x0F;
        bool high_byte = false;
        void archive(Archive& ar) {
            ar(channels, command, status, request, mask, high_byte);
            ar.check((mask | status | request) < 16, "8237 mask");
        }
    };
    struct State {
        std::array<Controller, 2> controllers{};
        std::array<u8, 16> pages{};
        void archive(Archive& ar) { ar(controllers, pages); }
    };

    explicit Dma8237(DmaView& memory);

    /// Ports 00-0F: 16 registers.
    RegisterBlock& first() { return m_first; }
    /// Ports C0-DF: 32 ports, a register at each even one.
    RegisterBlock& second() { return m_second; }
    /// Ports 80-8F: 16 registers; 80 and the others without a channel are only storage.
    RegisterBlock& pages() { return m_pages; }
    /// 0-3 or 5-7.
    DmaChannel& channel(unsigned number) { return m_ports[number]; }

    std::string_view name() const override { return "dma"; }
    void reset() override { m_s = State{}; }
    void archive(Archive& ar) override { ar(m_s); }

  private:
    class Port final : public DmaChannel {
      public:
        Port(Dma8237& dma, unsigned number) : m_dma(dma), m_number(number) {}
        DmaResult transfer(DmaDirection direction, std::span<u8> data) override {
            return m_dma.transfer(m_number, direction, data);
        }

      private:
        Dma8237& m_dma;
        unsigned m_number;
    };

    u8 read(Controller& controller, unsigned reg);
    void write(Controller& controller, unsigned reg, u8 value);
    DmaResult transfer(unsigned number, DmaDirection direction, std::span<u8> data);
    bool granted(unsigned number) const;
    void move(u32 at, DmaDirection direction, bool verify, std::span<u8> data);

    DmaView& m_memory;
    FunctionRegisters m_first, m_second, m_pages;
    std::array<Port, 8> m_ports;
    State m_s;
};

} // namespace ringshift
