// Programs that Ringshift starts: makers of CDs and of images.
#pragma once

#include "base/result.h"

#include <string>
#include <vector>

#include <sys/types.h>

namespace ringshift {

class ChildProcess {
  public:
    /// `words`: the program, looked for in PATH, and its arguments. Its input is empty; `output` and `errors` are open
    /// descriptors, of which it gets copies.
    static Result<ChildProcess> start(const std::vector<std::string>& words, int output, int errors);

    /// Waits for its end. Its exit status, or 128 and the number of the signal that ended it. Once only.
    int wait() const;

  private:
    explicit ChildProcess(pid_t pid) : m_pid(pid) {}
    pid_t m_pid;
};

/// Opens the file that takes what a program says, readable by its owner alone.
Result<int> open_program_log(const std::string& path);

} // namespace ringshift
