// The guest names a loop and its count on port E9, and marks where it begins and ends; the time between the marks is
// the host's. Every loop runs some times over and the fastest counts; the empty loop is taken off all the others.
#include "frontend/bench_nano.h"

#include "base/log.h"
#include "machine/machine.h"
#include "nano_image.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <sstream>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ringshift {

namespace {

struct Operation {
    std::string_view name;
    u32 target; ///< cycles, at most; 0: none
    std::string_view what;
};
constexpr std::array operations{
    Operation{"sysenter", 1000, "system call and back by SYSENTER and SYSEXIT"},
    Operation{"int80", 1000, "system call and back by INT 80h and IRET"},
    Operation{"in", 214, "IN from a register like memory"},
    Operation{"out", 0, "OUT to it"},
    Operation{"mmio", 0, "load from a register of the local APIC"},
    Operation{"beside", 0, "store to data among code"},
    Operation{"cr3wr", 0, "MOV to CR3 of the value that it has"},
    Operation{"callret", 51, "CALL and RET"},
    Operation{"icall", 0, "CALL by register and RET"},
    Operation{"pgfault", 3900, "page fault from ring 3; the handler goes on behind it"},
    Operation{"pgmap", 3900, "page fault whose handler maps the page (and unmaps another)"},
    Operation{"divzero", 3200, "division by zero in ring 3; the handler goes on behind it"},
    Operation{"ptemod", 391, "store to a page table entry"},
    Operation{"pteflush", 0, "store to a page table entry, INVLPG, load from the page"},
    Operation{"clisti", 0, "STI and CLI"},
    Operation{"popf", 0, "PUSHF, CLI and POPF"},
    Operation{"iret", 0, "IRET within ring 0, with the three pushes for it"},
    Operation{"int", 0, "INT and IRET within ring 0"},
    Operation{"moves", 0, "MOV to ES"},
    Operation{"irq", 0, "interrupt to itself: command, delivery, end of interrupt, IRET"},
    Operation{"hlt", 0, "the same, taken by STI and HLT"},
    Operation{"rdtsc", 0, "RDTSC"},
    Operation{"cpuid", 0, "CPUID"},
};

using Cycles = std::map<std::string, double, std::less<>>; ///< for one operation

struct Column {
    std::string name;
    Cycles cycles;
};

u64 ticks() { return __builtin_ia32_rdtsc(); }

/// Listens to port E9.
class Listener {
  public:
    void hear(u8 byte) {
        const u64 now = ticks();
        switch (byte) {
        case 1: m_begun = now; break;
        case 2: note(now); break;
        default: m_line += static_cast<char>(byte);
        }
    }
    const Cycles& fastest() const { return m_fastest; }

  private:
    void note(u64 now) {
        std::istringstream line(std::exchange(m_line, {}));
        std::string name;
        double count = 0;
        line >> name >> count;
        const double each = static_cast<double>(now - m_begun) / count;
        const auto [it, is_new] = m_fastest.emplace(name, each);
        if (!is_new) it->second = std::min(it->second, each);
    }

    std::string m_line;
    u64 m_begun = 0;
    Cycles m_fastest;
};

void take_off_the_loop(Cycles& cycles) {
    const double loop = cycles["empty"];
    cycles.erase("empty");
    for (auto& [name, each] : cycles) each = std::max(each - loop, 0.0);
}

Result<Column> measure(const std::string& engine, const MachineConfig& asked) {
    MachineConfig config = asked;
    config.memory_size = u64{16} << 20;
    config.deterministic = true;
    config.reset_on_triple_fault = false;
    config.kernel = KernelConfig{};
    config.kernel->name = "nano";
    const auto image = nano_image();
    config.kernel->content = std::vector<u8>(image.begin(), image.end());
    Listener listener;
    MachineHost host;
    host.debug_output = [&](u8 byte) { listener.hear(byte); };
    const auto machine = TRY(Machine::create(std::move(config), std::move(host)));
    const Ending ending = machine->run();
    if (ending.kind != Ending::Kind::debug_exit || ending.status != 1)
        return make_error("the guest did not come to its end on {}", engine);
    Column column{engine, listener.fastest()};
    take_off_the_loop(column.cycles);
    return column;
}

/// What the native program prints; empty where the host does not run 32-bit programs.
std::string run_native() {
    const int file = memfd_create("nano", MFD_CLOEXEC);
    if (file < 0) return {};
    const auto image = nano_native_image();
    std::array<int, 2> pipe_ends{};
    const bool ready = write(file, image.data(), image.size()) == static_cast<ssize_t>(image.size()) &&
                       pipe2(pipe_ends.data(), O_CLOEXEC) == 0;
    const pid_t child = ready ? fork() : -1;
    if (child == 0) {
        char name[] = "nano";
        char* arguments[] = {name, nullptr};
        char* environment[] = {nullptr};
        if (dup2(pipe_ends[1], STDOUT_FILENO) >= 0) fexecve(file, arguments, environment);
        _exit(127);
    }
    close(file);
    if (!ready) return {};
    close(pipe_ends[1]);
    std::string text;
    std::array<char, 4096> buffer;
    for (ssize_t n; child > 0 && (n = read(pipe_ends[0], buffer.data(), buffer.size())) != 0;) {
        if (n > 0) text.append(buffer.data(), static_cast<std::size_t>(n));
        if (n < 0 && errno != EINTR) break;
    }
    close(pipe_ends[0]);
    int status = -1;
    if (child > 0) waitpid(child, &status, 0);
    return status == 0 ? text : "";
}

std::optional<Column> measure_native() {
    Column column{"native", {}};
    std::istringstream lines(run_native());
    std::string name;
    for (double count, total; lines >> name >> count >> total;) column.cycles[name] = total / count;
    if (column.cycles.empty()) return std::nullopt;
    take_off_the_loop(column.cycles);
    return column;
}

std::string number(const Column& column, std::string_view operation) {
    const auto it = column.cycles.find(operation);
    return it == column.cycles.end() ? "" : fmt::format("{:.1f}", it->second);
}

std::string aligned(const std::vector<Column>& columns) {
    std::string text = fmt::format("{:<10}", "cycles");
    for (const Column& c : columns) text += fmt::format("{:>{}}", c.name, std::max<std::size_t>(c.name.size() + 2, 10));
    text += fmt::format("{:>10}\n", "target");
    for (const Operation& operation : operations) {
        text += fmt::format("{:<10}", operation.name);
        for (const Column& c : columns)
            text += fmt::format("{:>{}}", number(c, operation.name), std::max<std::size_t>(c.name.size() + 2, 10));
        text += fmt::format("{:>10}  {}\n", operation.target ? std::to_string(operation.target) : "", operation.what);
    }
    return text;
}

std::string csv(const std::vector<Column>& columns) {
    std::string text = "operation,engine,cycles,target\n";
    for (const Operation& operation : operations)
        for (const Column& c : columns)
            if (const std::string cycles = number(c, operation.name); !cycles.empty())
                text += fmt::format("{},\"{}\",{},{}\n", operation.name, c.name, cycles,
                                    operation.target ? std::to_string(operation.target) : "");
    return text;
}

} // namespace

Result<int> bench_nano(const Options& options) {
    std::vector<Column> columns;
    for (const auto& [name, config] : options.nano.engines) {
        if (!options.quiet) tell("nano on {}", name);
        columns.push_back(TRY(measure(name, config)));
    }
    if (auto native = measure_native())
        columns.push_back(std::move(*native));
    else
        tell("no native numbers: this host does not run 32-bit programs");
    if (options.nano.table.empty()) {
        std::fputs(aligned(columns).c_str(), stdout);
        return exit_status::success;
    }
    if (options.nano.table == "-") {
        std::fputs(csv(columns).c_str(), stdout);
        return exit_status::success;
    }
    std::ofstream file(options.nano.table);
    file << csv(columns);
    if (!file.flush()) return make_error("cannot write {}", options.nano.table);
    return exit_status::success;
}

} // namespace ringshift
