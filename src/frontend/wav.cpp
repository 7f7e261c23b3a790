#include "frontend/wav.h"

#include <bit>
#include <cerrno>

namespace ringshift {

static_assert(std::endian::native == std::endian::little);

Result<std::unique_ptr<WavFile>> WavFile::create(const std::string& path, u32 sample_rate, u16 channels) {
    std::unique_ptr<WavFile> file(new WavFile(path, sample_rate, channels));
    if (!file->m_file) return errno_error(errno, fmt::format("cannot write {}", path));
    return file;
}

WavFile::WavFile(const std::string& path, u32 sample_rate, u16 channels)
    : m_path(path), m_sample_rate(sample_rate), m_channels(channels), m_file(path, std::ios::binary) {
    write_header();
}

void WavFile::write_header() {
    const auto number = [this](auto value) { m_file.write(reinterpret_cast<const char*>(&value), sizeof value); };
    m_file << "RIFF";
    number(u32{36 + m_bytes});
    m_file << "WAVEfmt ";
    number(u32{16});
    number(u16{1}); // PCM
    number(m_channels);
    number(m_sample_rate);
    number(u32{m_sample_rate * 2 * m_channels});
    number(static_cast<u16>(2 * m_channels)); // bytes a frame
    number(u16{16});                          // bits
    m_file << "data";
    number(m_bytes);
}

void WavFile::add(std::span<const i16> samples) {
    const u32 most = (~u32{0} - 36 - m_bytes) / 2;
    const u32 count = static_cast<u32>(std::min<std::size_t>(samples.size(), most));
    if (m_error != 0) return;
    errno = 0;
    if (!m_file.write(reinterpret_cast<const char*>(samples.data()), count * 2)) {
        m_error = errno != 0 ? errno : EIO;
        return;
    }
    m_bytes += count * 2;
}

/// What was recorded before the host failed can be played.
Result<> WavFile::finish() {
    m_file.clear();
    errno = 0;
    m_file.seekp(0);
    write_header();
    if (!m_file.flush() && m_error == 0) m_error = errno != 0 ? errno : EIO;
    if (m_error != 0) return errno_error(m_error, fmt::format("cannot write all of {}", m_path));
    return Unit{};
}

} // namespace ringshift
