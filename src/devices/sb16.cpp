#include "devices/sb16.h"

#include <algorithm>

namespace ringshift {

namespace {

constexpr u64 piece_ns = 1'000'000;
/// FM has to be computed sometime; a held note is not left alone for longer.
constexpr u64 music_piece_ns = 20'000'000;
constexpr u32 slowest = 4000, fastest = 49'000;
constexpr u64 most_late_ns = 100'000'000; ///< a host that was held up does not make good for more
constexpr u64 most_frames = u64{1} << 32; ///< are counted from one origin, so that the sums stay small
constexpr std::size_t most_answers = 64, most_parameters = 4;

// Mixer registers (CT1745)
constexpr u8 mixer_reset = 0x00, old_voice = 0x04, old_mic = 0x0A, stereo_switch = 0x0E, old_master = 0x22,
             old_music = 0x26, old_cd = 0x28, old_line = 0x2E, master = 0x30, voice = 0x32, music_volume = 0x34,
             cd = 0x36, line = 0x38, microphone = 0x3A, interrupt_select = 0x80, dma_select = 0x81,
             interrupt_status = 0x82;
constexpr u8 cause_bytes = 1, cause_words = 2;
constexpr std::array<u8, 4> line_bits = {1, 2, 4, 8}; // IRQ 9, 5, 7, 10

constexpr std::string_view copyright = "COPYRIGHT (C) CREATIVE TECHNOLOGY LTD, 1992.";

/// 2^16 times 10^(-dB/20) for attenuations in steps of 2 dB, from none on.
constexpr std::array<u32, 32> attenuations = {65536, 52057, 41350, 32846, 26090, 20724, 16462, 13076, 10387, 8250, 6554,
                                              5206,  4135,  3285,  2609,  2072,  1646,  1308,  1039,  825,   655,  521,
                                              414,   328,   261,   207,   165,   131,   104,   83,    66,    52};

/// How many bytes follow a command.
std::size_t parameters_of(u8 command) {
    if (command >= 0xB0 && command <= 0xCF) return 3;
    switch (command) {
    case 0x10:
    case 0x40:
    case 0x38:
    case 0xE0:
    case 0xE2:
    case 0xE4:
    case 0xF9: return 1;
    case 0x14:
    case 0x15:
    case 0x16:
    case 0x17:
    case 0x24:
    case 0x41:
    case 0x42:
    case 0x48:
    case 0x74:
    case 0x75:
    case 0x76:
    case 0x77:
    case 0x80: return 2;
    default: return 0;
    }
}

} // namespace

void Sb16::Transfer::archive(Archive& ar) {
    ar(active, paused, words, is_signed, stereo, recording, silence, repeats, block, left, rate, origin, frames, piece);
    ar.check(block <= 0x10000 && left <= 0x10000 && rate >= slowest && rate <= fastest && piece <= fastest &&
                 origin < u64{1} << 62 && frames <= 2 * most_frames,
             "Sound Blaster transfer");
    ar.check(!active || (left > 0 && block > 0 && piece > 0), "Sound Blaster transfer");
}

Sb16::Sb16(Clock& clock, Dma8237& dma, const std::array<IrqLine*, 4>& lines)
    : m_clock(clock), m_dma(dma), m_lines(lines), m_timer(clock.create_timer("sb16", [this](u64) { run(); })),
      m_music_timer(clock.create_timer("opl2",
                                       [this](u64) {
                                           catch_up();
                                           arm_music();
                                       })),
      m_ports(
          port_count, [this](unsigned offset) { return read(offset); },
          [this](unsigned offset, u8 value) { write(offset, value); }),
      m_fm_ports(
          2, [this](unsigned offset) { return offset == 0 ? fm_status() : u8{0xFF}; },
          [this](unsigned offset, u8 value) { write_fm(offset == 1, value); }) {
    reset_mixer();
}

// --- reset

void Sb16::reset() {
    m_clock.cancel(m_timer);
    m_clock.cancel(m_music_timer);
    m_s = State{};
    m_opl.reset();
    reset_mixer();
    drive();
}

void Sb16::reset_dsp() {
    m_clock.cancel(m_timer);
    const u32 rate = m_s.transfer.rate;
    m_s.transfer = Transfer{};
    m_s.transfer.rate = rate;
    m_s.command = 0;
    m_s.parameters.clear();
    m_s.answers.clear();
    m_s.speaker = false;
    clear(cause_bytes | cause_words);
}

// --- read

u8 Sb16::read(unsigned offset) {
    switch (offset) {
    case 0x0:
    case 0x8: return fm_status();
    case 0x4: return m_s.mixer_index;
    case 0x5: return read_mixer();
    case 0xA:
        if (!m_s.answers.empty()) {
            m_s.last_answer = m_s.answers.front();
            m_s.answers.pop_front();
        }
        return m_s.last_answer;
    case 0xC: return 0x7F; // never busy
    case 0xE: clear(cause_bytes); return m_s.answers.empty() ? 0x7F : 0xFF;
    case 0xF: clear(cause_words); return 0xFF;
    default: return 0xFF;
    }
}

// --- write

void Sb16::write(unsigned offset, u8 value) {
    switch (offset) {
    case 0x0:
    case 0x8: write_fm(false, value); break;
    case 0x1:
    case 0x9: write_fm(true, value); break;
    case 0x4: m_s.mixer_index = value; break;
    case 0x5: write_mixer(value); break;
    case 0x6: // the DSP is reset by a pulse, and says so
        if ((value & 1) != 0)
            reset_dsp();
        else if (m_s.resetting)
            answer(0xAA);
        m_s.resetting = value & 1;
        break;
    case 0xC: take_byte(value); break;
    default: break;
    }
}

// --- The mixer

/// A real card begins 14 dB below its loudest, and an amplifier makes up for it; there is none here.
void Sb16::reset_mixer() {
    std::array<u8, 256>& r = m_s.mixer;
    const u8 select = r[interrupt_select] != 0 ? r[interrupt_select] : line_bits[1];
    const u8 channels = r[dma_select] != 0 ? r[dma_select] : u8{0x22}; // 1 and 5
    r.fill(0);
    for (u8 at = master; at <= music_volume + 1; ++at) r[at] = 31 << 3;
    r[0x3B] = 0;
    r[0x3C] = 0x1F;
    r[0x3D] = 0x15;
    r[0x3E] = 0x0B;
    for (u8 at = 0x44; at <= 0x47; ++at) r[at] = 0x80;
    r[interrupt_select] = select;
    r[dma_select] = channels;
}

namespace {

/// The register pair behind one of a Sound Blaster Pro, whose two nibbles are left and right.
u8 pair_behind(u8 old) {
    switch (old) {
    case old_voice: return voice;
    case old_master: return master;
    case old_music: return music_volume;
    case old_cd: return cd;
    case old_line: return line;
    default: return 0;
    }
}

} // namespace

u8 Sb16::read_mixer() const {
    const u8 index = m_s.mixer_index;
    if (const u8 pair = pair_behind(index)) return static_cast<u8>((m_s.mixer[pair] & 0xF0) | m_s.mixer[pair + 1] >> 4);
    if (index == old_mic) return static_cast<u8>(m_s.mixer[microphone] >> 5);
    if (index == interrupt_status) return m_s.pending;
    return m_s.mixer[index];
}

void Sb16::write_mixer(u8 value) {
    const u8 index = m_s.mixer_index;
    catch_up(); // with the old volume
    if (index == mixer_reset) return reset_mixer();
    if (const u8 pair = pair_behind(index)) {
        m_s.mixer[pair] = static_cast<u8>((value & 0xF0) | 0x08);
        m_s.mixer[pair + 1] = static_cast<u8>(value << 4 | 0x08);
    } else if (index == old_mic) {
        m_s.mixer[microphone] = static_cast<u8>((value & 7) << 5 | 0x18);
    } else if (index == interrupt_select) {
        m_s.mixer[index] = value & 15;
        drive();
    } else if (index == dma_select) {
        m_s.mixer[index] = value & 0xEB;
    } else if (index >= master && index <= microphone) {
        m_s.mixer[index] = value & 0xF8;
    } else if (index == stereo_switch || (index > microphone && index < 0x48)) {
        m_s.mixer[index] = value;
    }
}

/// Factors for left and right, 65536 for 1.
std::array<u32, 2> Sb16::volumes(unsigned source) const {
    std::array<u32, 2> result{};
    for (unsigned side = 0; side < 2; ++side) {
        const u64 all = attenuations[31 - (m_s.mixer[master + side] >> 3)];
        const u64 own = attenuations[31 - (m_s.mixer[(source == digital ? voice : music_volume) + side] >> 3)];
        result[side] = static_cast<u32>(all * own >> 16);
    }
    return result;
}

/// Applies the volumes.
void Sb16::play(unsigned source, std::span<SoundFrame> frames) const {
    if (m_sink == nullptr || frames.empty()) return;
    const std::array<u32, 2> by = volumes(source);
    const auto scaled = [](i16 sample, u32 factor) { return static_cast<i16>((i64{sample} * factor) >> 16); };
    for (SoundFrame& frame : frames) {
        frame.left = scaled(frame.left, by[0]);
        frame.right = scaled(frame.right, by[1]);
    }
    m_sink->play(source, frames);
}

// --- Commands of the DSP

void Sb16::take_byte(u8 value) {
    if (m_s.command == 0) {
        m_s.command = value;
        m_s.parameters.clear();
    } else {
        m_s.parameters.push_back(value);
    }
    if (m_s.parameters.size() < parameters_of(m_s.command)) return;
    execute();
    m_s.command = 0;
    m_s.parameters.clear();
}

void Sb16::answer(u8 byte) {
    if (m_s.answers.size() < most_answers) m_s.answers.push_back(byte);
}

u32 Sb16::parameter_word(std::size_t at) const {
    return static_cast<u32>(m_s.parameters[at] | m_s.parameters[at + 1] << 8);
}

void Sb16::execute() {
    const std::vector<u8>& p = m_s.parameters;
    Transfer& t = m_s.transfer;
    if (m_s.command >= 0xB0 && m_s.command <= 0xCF) return execute_mode();
    switch (m_s.command) {
    case 0x10: {
        const i16 level = static_cast<i16>((p[0] - 128) * 256);
        SoundFrame frame{m_clock.now(), level, level};
        play(digital, std::span(&frame, 1));
        break;
    }
    case 0x14:
    case 0x15:
    case 0x91: start_old(false, false, m_s.command == 0x91 ? m_s.block : parameter_word(0) + 1); break;
    case 0x1C:
    case 0x90: start_old(false, true, m_s.block); break;
    case 0x20: answer(0x80); break;
    case 0x24:
    case 0x99: start_old(true, false, m_s.command == 0x99 ? m_s.block : parameter_word(0) + 1); break;
    case 0x2C:
    case 0x98: start_old(true, true, m_s.block); break;
    case 0x40: {
        const bool stereo = m_s.mixer[stereo_switch] & 2;
        set_rate(1'000'000 / (256u - p[0]) / (stereo ? 2 : 1));
        break;
    }
    case 0x41:
    case 0x42: set_rate(static_cast<u32>(p[0] << 8 | p[1])); break;
    case 0x45:
    case 0x47: t.repeats = true; break;
    case 0x48: m_s.block = parameter_word(0) + 1; break;
    case 0x80: start_silence(parameter_word(0) + 1); break;
    case 0xD0: set_paused(false, true); break;
    case 0xD1: m_s.speaker = true; break;
    case 0xD3: m_s.speaker = false; break;
    case 0xD4: set_paused(false, false); break;
    case 0xD5: set_paused(true, true); break;
    case 0xD6: set_paused(true, false); break;
    case 0xD8: answer(m_s.speaker ? 0xFF : 0x00); break;
    case 0xD9:
    case 0xDA: t.repeats = false; break;
    case 0xE0: answer(static_cast<u8>(~p[0])); break;
    case 0xE1:
        answer(4);
        answer(5);
        break;
    case 0xE3:
        for (const char c : copyright) answer(static_cast<u8>(c));
        answer(0);
        break;
    case 0xE4: m_s.test = p[0]; break;
    case 0xE8: answer(m_s.test); break;
    case 0xF2: raise(cause_bytes); break;
    case 0xF3: raise(cause_words); break;
    case 0xF8: answer(0); break;
    default: break; // ignored, as by the chip
    }
}

/// B0h to CFh: a mode byte and a length follow.
void Sb16::execute_mode() {
    const u8 mode = m_s.parameters[0];
    start(m_s.command < 0xC0, mode & 0x20, mode & 0x10, m_s.command & 8, m_s.command & 4, parameter_word(1) + 1);
}

void Sb16::start_old(bool recording, bool repeats, u32 block) {
    start(false, m_s.mixer[stereo_switch] & 2, false, recording, repeats, block);
}

void Sb16::start(bool words, bool stereo, bool is_signed, bool recording, bool repeats, u32 block) {
    Transfer& t = m_s.transfer;
    t.active = true;
    t.paused = t.silence = false;
    t.words = words;
    t.stereo = stereo;
    t.is_signed = is_signed;
    t.recording = recording;
    t.repeats = repeats;
    t.block = t.left = block;
    set_origin();
    arm();
}

void Sb16::start_silence(u32 count) {
    start(false, false, false, false, false, count);
    m_s.transfer.silence = true;
}

void Sb16::set_paused(bool words, bool paused) {
    Transfer& t = m_s.transfer;
    if (!t.active || t.words != words || t.paused == paused) return;
    t.paused = paused;
    if (paused) return m_clock.cancel(m_timer);
    set_origin();
    arm();
}

void Sb16::set_rate(u32 rate) {
    Transfer& t = m_s.transfer;
    t.rate = std::clamp(rate, slowest, fastest);
    if (!t.active || t.paused) return;
    set_origin();
    arm();
}

// --- Transfers

void Sb16::set_origin() {
    m_s.transfer.origin = m_clock.now();
    m_s.transfer.frames = 0;
}

/// For the end of the next piece: a millisecond, or what is left of the block.
void Sb16::arm() {
    Transfer& t = m_s.transfer;
    const u32 in_block = t.stereo ? (t.left + 1) / 2 : t.left;
    t.piece = std::clamp(static_cast<u32>(ticks_at(piece_ns, t.rate)), 1u, in_block);
    m_clock.arm(m_timer, t.origin + time_of_tick(t.frames + t.piece, t.rate));
}

void Sb16::run() {
    Transfer& t = m_s.transfer;
    const u64 now = m_clock.now();
    const auto deadline = [&t] { return t.origin + time_of_tick(t.frames + t.piece, t.rate); };
    // Time has been lost, or a snapshot has an origin that never was.
    if (now > deadline() + most_late_ns) t.origin += now - deadline();
    while (t.active && !t.paused && deadline() <= now) {
        play_piece(t.piece);
        if (t.active) arm();
    }
    if (t.frames > most_frames) {
        t.origin += time_of_tick(t.frames, t.rate);
        t.frames = 0;
    }
}

unsigned Sb16::chosen_channel(bool words) const {
    const u8 bits = m_s.mixer[dma_select];
    // Without a 16-bit channel words go by the 8-bit one.
    if (words)
        for (const unsigned channel : {5u, 6u, 7u})
            if ((bits >> channel & 1) != 0) return channel;
    for (const unsigned channel : {0u, 1u, 3u})
        if ((bits >> channel & 1) != 0) return channel;
    return 4;
}

/// Moves samples by DMA; returns how many. What the controller does not grant stays where it is.
u32 Sb16::move(u32 count, std::span<u8> data) {
    const Transfer& t = m_s.transfer;
    const u32 size = t.words ? 2 : 1;
    const unsigned channel = chosen_channel(t.words);
    if (channel == 4) return 0;
    const DmaDirection direction = t.recording ? DmaDirection::ToMemory : DmaDirection::FromMemory;
    std::size_t moved = 0;
    const std::size_t wanted = std::size_t{count} * size;
    // A channel that starts over by itself ends its run first.
    for (int runs = 0; moved < wanted && runs < 64; ++runs) {
        const DmaResult result = m_dma.channel(channel).transfer(direction, data.subspan(moved, wanted - moved));
        if (result.moved == 0) break;
        moved += result.moved;
    }
    return static_cast<u32>(moved / size);
}

void Sb16::play_piece(u32 count) {
    Transfer& t = m_s.transfer;
    const u32 sides = t.stereo ? 2 : 1, size = t.words ? 2 : 1;
    const u32 samples = std::min(t.left, count * sides);
    const u8 zero = !t.words && !t.is_signed ? 0x80 : 0x00;
    std::vector<u8> data(std::size_t{samples} * size, zero);
    if (t.words && !t.is_signed)
        for (std::size_t at = 1; at < data.size(); at += 2) data[at] = 0x80;
    const u32 moved = t.silence ? samples : move(samples, data);
    const auto level = [&](u32 sample) {
        if (t.silence) return i16{0};
        const std::size_t at = std::size_t{sample} * size;
        const u32 bits = t.words ? static_cast<u32>(data[at] | data[at + 1] << 8) : u32{data[at]} << 8;
        return static_cast<i16>(t.is_signed ? bits : bits ^ 0x8000);
    };
    std::vector<SoundFrame> frames;
    if (!t.recording && m_sink != nullptr) {
        for (u32 frame = 0; frame < moved / sides; ++frame)
            frames.push_back({t.origin + time_of_tick(t.frames + frame, t.rate), level(frame * sides),
                              level(frame * sides + sides - 1)});
        play(digital, frames);
    }
    t.frames += count;
    t.left -= moved;
    if (t.left == 0) end_block();
}

void Sb16::end_block() {
    Transfer& t = m_s.transfer;
    const u8 cause = t.words ? cause_words : cause_bytes;
    t.active = t.repeats;
    t.left = t.repeats ? t.block : 0;
    raise(cause);
}

// --- FM

void Sb16::catch_up() {
    const u64 target = ticks_at(m_clock.now(), Opl2::sample_rate);
    if (target <= m_opl.position()) return;
    // The timer does not let so much pile up; a snapshot might.
    if (target - m_opl.position() > Opl2::sample_rate) m_opl.skip_to(target - Opl2::sample_rate);
    std::vector<SoundFrame> frames;
    while (m_opl.position() < target && m_opl.sounds()) {
        const u64 ns = time_of_tick(m_opl.position(), Opl2::sample_rate);
        const i16 sample = static_cast<i16>(std::clamp(2 * m_opl.next_sample(), -32768, 32767));
        if (m_sink != nullptr) frames.push_back({ns, sample, sample});
    }
    if (m_opl.position() < target) {
        if (!frames.empty()) frames.push_back({time_of_tick(m_opl.position(), Opl2::sample_rate), 0, 0});
        m_opl.skip_to(target);
    }
    play(music, frames);
}

void Sb16::arm_music() {
    if (m_opl.sounds())
        m_clock.arm(m_music_timer, m_clock.now() + music_piece_ns);
    else
        m_clock.cancel(m_music_timer);
}

u8 Sb16::fm_status() { return m_opl.status(m_clock.now()); }

void Sb16::write_fm(bool data, u8 value) {
    if (!data) return m_opl.select(value);
    catch_up();
    m_opl.write(value, m_clock.now());
    arm_music();
}

// --- Interrupts

void Sb16::raise(u8 cause) {
    m_s.pending |= cause;
    drive();
}

void Sb16::clear(u8 cause) {
    m_s.pending = static_cast<u8>(m_s.pending & ~cause);
    drive();
}

void Sb16::drive() {
    const u8 wanted = m_s.pending != 0 ? m_s.mixer[interrupt_select] : u8{0};
    const u8 changed = wanted ^ m_s.driven;
    m_s.driven = wanted;
    for (unsigned n = 0; n < m_lines.size(); ++n)
        if ((changed & line_bits[n]) != 0) m_lines[n]->set((wanted & line_bits[n]) != 0);
}

// --- archive

void Sb16::archive(Archive& ar) {
    if (!ar.is_loading()) catch_up();
    State& s = m_s;
    ar(s.command);
    ar.blob(s.parameters, most_parameters);
    ar(s.answers, s.last_answer, s.resetting, s.speaker, s.test, s.block, s.mixer_index, s.mixer, s.pending, s.driven,
       s.transfer);
    ar.check(s.answers.size() <= most_answers && s.block >= 1 && s.block <= 0x10000 && s.pending <= 3 &&
                 s.parameters.size() <= parameters_of(s.command) && s.driven < 16,
             "Sound Blaster DSP");
    m_opl.archive(ar);
}

} // namespace ringshift
