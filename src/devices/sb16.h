// A Sound Blaster 16 (CT1740) with an OPL2: DSP 4.05, mixer CT1745, FM (Sound Blaster Series Hardware Programming
// Guide, Creative 1996).
//
// The DSP moves samples by ISA DMA in pieces of a millisecond, at their time, and gives them to the host with the
// moment at which each is heard; a block's interrupt comes exactly at its end. Recording gives silence.
#pragma once

#include "devices/byte_registers.h"
#include "devices/dma8237.h"
#include "devices/opl2.h"
#include "devices/sound_sink.h"

#include <deque>

namespace ringshift {

class Sb16 final : public Device {
  public:
    /// Sources of a SoundSink.
    static constexpr unsigned digital = 0, music = 1, source_count = 2;
    static constexpr u64 port_count = 16;

    /// The lines that register 80h of the mixer can choose: IRQ 9, 5, 7, 10. Channel 4 of the DMA is null.
    Sb16(Clock& clock, Dma8237& dma, const std::array<IrqLine*, 4>& lines);

    RegisterBlock& ports() { return m_ports; }          ///< 220-22F
    RegisterBlock& music_ports() { return m_fm_ports; } ///< 388-389
    /// Who hears it from now on, or null.
    void set_sink(SoundSink* sink) { m_sink = sink; }
    /// What FM has played up to now is in the sink; digital sound comes by itself.
    void catch_up();

    std::string_view name() const override { return "sb16"; }
    void reset() override;
    void archive(Archive& ar) override;

  private:
    /// The transfer under way.
    struct Transfer {
        bool active = false, paused = false;
        bool words = false, is_signed = false, stereo = false;
        bool recording = false, silence = false;
        bool repeats = false; ///< auto-initialise
        u32 block = 0;        ///< in samples (bytes or words)
        u32 left = 0;         ///< of it
        u32 rate = 22050;     ///< frames a second
        u64 origin = 0;       ///< ns: when the first frame of this rate was heard
        u64 frames = 0;       ///< since then
        u32 piece = 0;        ///< frames that the next deadline is for
        void archive(Archive& ar);
    };

    u8 read(unsigned offset);
    void write(unsigned offset, u8 value);
    u8 read_mixer() const;
    void write_mixer(u8 value);
    void reset_mixer();
    void reset_dsp();
    void take_byte(u8 value);
    void execute();
    void execute_mode();
    u32 parameter_word(std::size_t at) const;
    void answer(u8 byte);
    void start(bool words, bool stereo, bool is_signed, bool recording, bool repeats, u32 block);
    void start_old(bool recording, bool repeats, u32 block);
    void start_silence(u32 count);
    void set_paused(bool words, bool paused);
    void set_rate(u32 rate);
    void set_origin();
    void arm();
    void run();
    void play_piece(u32 count);
    u32 move(u32 count, std::span<u8> data);
    void end_block();
    void play(unsigned source, std::span<SoundFrame> frames) const;
    std::array<u32, 2> volumes(unsigned source) const;
    u8 fm_status();
    void write_fm(bool data, u8 value);
    void arm_music();
    void raise(u8 cause);
    void clear(u8 cause);
    void drive();
    unsigned chosen_channel(bool words) const;

    Clock& m_clock;
    Dma8237& m_dma;
    std::array<IrqLine*, 4> m_lines;
    TimerId m_timer, m_music_timer;
    ByteRegisters m_ports, m_fm_ports;
    SoundSink* m_sink = nullptr;
    Opl2 m_opl;

    struct State {
        u8 command = 0; ///< being collected
        std::vector<u8> parameters;
        std::deque<u8> answers;
        u8 last_answer = 0xAA;
        bool resetting = false;
        bool speaker = false;
        u8 test = 0;
        u32 block = 2048; ///< by command 48h
        u8 mixer_index = 0;
        std::array<u8, 256> mixer{};
        u8 pending = 0; ///< causes of the interrupt: bit 0 8-bit, bit 1 16-bit
        u8 driven = 0;  ///< lines that are high
        Transfer transfer;
    } m_s;
};

} // namespace ringshift
