// What the guest plays, as a WAV file: 16 bits a sample, channels interleaved.
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <fstream>
#include <memory>
#include <span>
#include <string>

namespace ringshift {

class WavFile {
  public:
    static Result<std::unique_ptr<WavFile>> create(const std::string& path, u32 sample_rate, u16 channels);
    void add(std::span<const i16> samples);
    /// Writes the sizes into the header; the error says that something could not be written.
    Result<> finish();

  private:
    WavFile(const std::string& path, u32 sample_rate, u16 channels);
    void write_header();

    std::string m_path;
    u32 m_sample_rate;
    u16 m_channels;
    std::ofstream m_file;
    u32 m_bytes = 0; ///< of samples; a WAV file ends at 4 GiB
    int m_error = 0; ///< errno of the first write that failed
};

} // namespace ringshift
