#include "machine/capture.h"

#include "base/log.h"

#include <array>
#include <cerrno>

namespace ringshift {

namespace {

struct FileHeader {
    u32 magic = 0xA1B23C4D; ///< little-endian, times in nanoseconds
    u16 major = 2, minor = 4;
    u32 zone = 0, accuracy = 0;
    u32 longest = 65535;
    u32 link_type = 1; ///< Ethernet
};
struct FrameHeader {
    u32 seconds, nanoseconds;
    u32 stored, length;
};

} // namespace

Result<std::unique_ptr<Capture>> Capture::create(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "wbe");
    if (file == nullptr) return errno_error(errno, fmt::format("cannot write packets to {}", path));
    std::unique_ptr<Capture> capture(new Capture(path, file));
    const FileHeader header;
    capture->check(std::fwrite(&header, sizeof header, 1, file) == 1);
    capture->flush();
    return capture;
}

Capture::~Capture() {
    if (m_file != nullptr) std::fclose(m_file);
}

void Capture::add(u64 time_ns, std::span<const u8> frame) {
    if (m_file == nullptr) return;
    const u32 length = static_cast<u32>(frame.size());
    const FrameHeader header = {static_cast<u32>(time_ns / 1'000'000'000), static_cast<u32>(time_ns % 1'000'000'000),
                                length, length};
    check(std::fwrite(&header, sizeof header, 1, m_file) == 1 &&
          std::fwrite(frame.data(), 1, frame.size(), m_file) == frame.size());
}

void Capture::flush() {
    if (m_file != nullptr) check(std::fflush(m_file) == 0);
}

void Capture::check(bool written) {
    if (written) return;
    tell("{}", errno_error(errno, fmt::format("the capture of packets ends: cannot write {}", m_path)).message);
    std::fclose(m_file);
    m_file = nullptr;
}

} // namespace ringshift
