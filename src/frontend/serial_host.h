// The host's end of a guest's serial port.
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace ringshift {

class Machine;

class SerialHost {
  public:
    /// `where`: none, stdio, pty or file:PATH. A pseudo-terminal's name is printed to standard error.
    static Result<std::unique_ptr<SerialHost>> open(unsigned port, const std::string& where);
    ~SerialHost();

    /// Thread of Machine::run(). Bytes are kept until the end of a line or flush().
    void put(u8 byte);
    void flush();
    /// Begins to pass the host's input to the guest; the machine must outlive stop_input().
    void start_input(Machine& machine);
    void stop_input();

  private:
    SerialHost(unsigned port, int in, int out) : m_port(port), m_in(in), m_out(out) {}
    void set_raw(bool raw);
    void read_input(Machine& machine);
    bool take(Machine& machine, std::vector<u8> bytes);

    unsigned m_port;
    int m_in;
    int m_out;
    bool m_is_stdio = false;
    bool m_escaped = false; ///< Ctrl-A was typed
    bool m_raw = false;
    std::vector<u8> m_output;
    int m_wake[2] = {-1, -1}; ///< a pipe that ends read_input()
    std::thread m_thread;
};

} // namespace ringshift
