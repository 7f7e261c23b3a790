// One handler for the process takes SIGSEGV and SIGBUS. It runs on a stack of its own, because generated code has the
// return stack in RSP. A thread that runs generated code has named a taker, which knows by the address of the
// instruction whether this is an access through a window, and where to go on. Everything else is a bug of this program
// or of a library: whoever had the signal before gets it; if nobody had, the place and the registers are written down
// and the process ends as it would have.
//
// These are the only globals beside the log's: the operating system has one handler for each signal, and one GS and
// one signal stack for each thread.
#include "bt/host_faults.h"

#include "base/crash_hook.h"
#include "bt/code_cache.h"

#include <array>
#include <asm/prctl.h>
#include <csignal>
#include <cstring>
#include <memory>
#include <mutex>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <utility>

namespace ringshift::bt {

namespace {

thread_local FaultTaker* current_taker = nullptr;
thread_local u64 current_gs = ~u64{0};

struct sigaction previous_segv, previous_bus; // whom the signals belonged to before

constexpr std::size_t signal_stack_size = 128 << 10;
class SignalStack {
  public:
    SignalStack() {
        stack_t there{};
        if (sigaltstack(nullptr, &there) == 0 && !(there.ss_flags & SS_DISABLE)) return; // the thread has one
        m_memory = std::make_unique<u8[]>(signal_stack_size);
        const stack_t ours{.ss_sp = m_memory.get(), .ss_flags = 0, .ss_size = signal_stack_size};
        sigaltstack(&ours, nullptr);
    }
    ~SignalStack() {
        if (!m_memory) return;
        const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
        sigaltstack(&none, nullptr);
    }

  private:
    std::unique_ptr<u8[]> m_memory;
};

void write_hex(const char* what, u64 value) {
    std::array<char, 96> text{};
    std::size_t at = std::strlen(what);
    std::memcpy(text.data(), what, at);
    for (int shift = 60; shift >= 0; shift -= 4) text[at++] = "0123456789abcdef"[(value >> shift) & 15];
    (void)!write(STDERR_FILENO, text.data(), at);
}

/// Says what was done where, with the registers at that moment.
void report(const HostFault& fault, const gregset_t& registers) {
    write_hex("ringshift: a bug: host memory fault at rip ", fault.rip);
    write_hex(fault.write ? ", writing to " : ", reading ", fault.address);
    write_hex(current_taker ? ", within generated code or what it calls\n rflags " : "\n rflags ",
              static_cast<u64>(registers[REG_EFL]));
    static constexpr std::pair<const char*, int> names[] = {
        {" rax ", REG_RAX}, {" rcx ", REG_RCX}, {" rdx ", REG_RDX}, {"\n rbx ", REG_RBX},
        {" rsp ", REG_RSP}, {" rbp ", REG_RBP}, {" rsi ", REG_RSI}, {"\n rdi ", REG_RDI},
        {" r8  ", REG_R8},  {" r9  ", REG_R9},  {" r10 ", REG_R10}, {"\n r11 ", REG_R11},
        {" r12 ", REG_R12}, {" r13 ", REG_R13}, {" r14 ", REG_R14}, {"\n r15 ", REG_R15}};
    for (const auto& [name, number] : names) write_hex(name, static_cast<u64>(registers[number]));
    write_hex(" gs  ", current_gs);
    (void)!write(STDERR_FILENO, "\n", 1);
}

void on_fault(int number, siginfo_t* info, void* context) {
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    constexpr greg_t write_access = 2; // of the error code of a page fault
    const HostFault fault{static_cast<u64>(registers[REG_RIP]), reinterpret_cast<u64>(info->si_addr),
                          (registers[REG_ERR] & write_access) != 0};
    if (current_taker) {
        if (const u64 next = current_taker->take(fault)) {
            registers[REG_RIP] = static_cast<greg_t>(next);
            return;
        }
    }
    const struct sigaction& previous = number == SIGSEGV ? previous_segv : previous_bus;
    if (previous.sa_flags & SA_SIGINFO) {
        previous.sa_sigaction(number, info, context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(number);
    } else {
        run_crash_hook();
        const bool sent = info->si_code <= 0; // by a program: kill(2)
        if (!sent) report(fault, registers);
        std::signal(number, SIG_DFL); // the same access faults again, without a handler
        if (sent) std::raise(number);
    }
}

/// Once more if somebody has taken the signals away since: libraries and test programs do.
Result<> install() {
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    for (const auto& [number, previous] : {std::pair{SIGSEGV, &previous_segv}, {SIGBUS, &previous_bus}}) {
        struct sigaction now {};
        if (sigaction(number, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_fault)
            continue;
        struct sigaction action {};
        action.sa_sigaction = on_fault;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigemptyset(&action.sa_mask);
        if (sigaction(number, &action, previous) != 0) return errno_error(errno, "no handler for memory faults");
    }
    return Unit{};
}

bool has_fsgsbase() {
    static const bool has = (getauxval(AT_HWCAP2) & 2) != 0;
    return has;
}

[[gnu::target("fsgsbase")]] void write_gs(u64 base) { __builtin_ia32_wrgsbase64(base); }

/// EAX from GS:[EDI + ESI] is the value that lies 16 bytes behind GS's base, if addresses wrap at 32 bits.
Result<> probe_addressing() {
    static constexpr std::array<u8, 6> code{0x65, 0x67, 0x8B, 0x04, 0x37, 0xC3}; // mov eax, gs:[edi+esi]; ret
    const auto memory = TRY(CodeMemory::create(page_size));
    memory->publish(0, code);
    memory->synchronise();
    const std::array<u32, 8> values{0, 1, 2, 3, 0x12345678, 5, 6, 7};
    set_gs_base(reinterpret_cast<u64>(values.data()));
    using Function = u32 (*)(u64, u64);
    const auto function = reinterpret_cast<Function>(reinterpret_cast<std::uintptr_t>(memory->executable(0)));
    const u32 value = function(0xFFFFFFF0, 0x20);
    set_gs_base(0);
    if (value != values[4]) return make_error("GS-relative addresses of 32 bits do not wrap");
    return Unit{};
}

} // namespace

Result<> probe_windows() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return make_error("a build with sanitizers");
#endif
    TRY(install());
    return probe_addressing();
}

FaultScope::FaultScope(FaultTaker& taker) {
    static thread_local SignalStack stack;
    current_taker = &taker;
}

FaultScope::~FaultScope() { current_taker = nullptr; }

void set_gs_base(u64 base) {
    if (base == current_gs) return;
    current_gs = base;
    if (has_fsgsbase())
        write_gs(base);
    else
        syscall(SYS_arch_prctl, ARCH_SET_GS, base);
}

} // namespace ringshift::bt
