// A file of captured packets in the pcap format, for tcpdump and Wireshark.
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <cstdio>
#include <memory>
#include <span>
#include <string>

namespace ringshift {

class Capture {
  public:
    /// Begins a new file.
    static Result<std::unique_ptr<Capture>> create(const std::string& path);
    ~Capture();
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;

    /// `time_ns` since 1970. A full disk ends the capture, with a message; the guest goes on.
    void add(u64 time_ns, std::span<const u8> frame);
    /// What was added is in the file.
    void flush();

  private:
    Capture(std::string path, std::FILE* file) : m_path(std::move(path)), m_file(file) {}
    void check(bool written);

    std::string m_path;
    std::FILE* m_file; ///< null after a failure
};

} // namespace ringshift
