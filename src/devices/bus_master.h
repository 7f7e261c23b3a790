// The bus-master engine of one IDE channel: scatter and gather by a table of physical region descriptors
// (Programming Interface for Bus Master IDE Controller, rev. 1.0; PIIX3 datasheet 290550, 2.7).
#pragma once

#include "base/device.h"

namespace ringshift {

class BusMaster {
  public:
    /// Bytes of register space per channel.
    static constexpr u64 register_count = 8;

    struct State {
        u8 command = 0;
        u8 status = 0;
        u32 table = 0;
        /// Address of the next descriptor.
        u32 next = 0;
        /// What is left of the region being transferred.
        u32 address = 0;
        u32 remaining = 0;
        bool last = false;
        void archive(Archive& ar);
    };

    explicit BusMaster(DmaView& memory) : m_memory(memory) {}

    void reset() { m_s = State{}; }
    u8 read(u64 offset) const;
    /// Returns true if the write started the engine.
    bool write(u64 offset, u8 value);

    bool running(bool to_memory) const;
    /// Moves bytes between the regions and `data`, as far as the table goes; returns how many. Regions may lie
    /// anywhere: what is outside RAM reads as ones.
    std::size_t transfer(bool to_memory, std::span<u8> data);
    /// INTRQ of the channel rose.
    void note_interrupt();
    void archive(Archive& ar) { ar(m_s); }

  private:
    void load_descriptor();

    DmaView& m_memory;
    State m_s;
};

} // namespace ringshift
