// A memory fault of the host that is no access through a window is a bug of ours, and is reported as one.
#include "bt/host_faults.h"

#include <catch2/catch.hpp>

#include <array>
#include <csignal>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // which take the faults themselves
using namespace ringshift;
using namespace ringshift::bt;

namespace {

struct NobodysFault final : FaultTaker {
    u64 take(const HostFault&) override { return 0; }
};

/// What a child process that does this writes to its standard error, and how it ends.
std::pair<std::string, int> last_words_of(void (*crash)()) {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        for (const int number : {SIGSEGV, SIGBUS}) std::signal(number, SIG_DFL); // the test program has taken them
        if (probe_windows().ok()) crash();
        _exit(1);
    }
    close(ends[1]);
    std::string words;
    std::array<char, 256> part{};
    for (ssize_t n; (n = read(ends[0], part.data(), part.size())) > 0;)
        words.append(part.data(), static_cast<std::size_t>(n));
    close(ends[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return {words, status};
}

void write_to(u64 address) { *reinterpret_cast<volatile u8*>(address) = 1; }

} // namespace

TEST_CASE("A memory fault outside of translated code is reported as a bug with the registers") {
    const auto [words, status] = last_words_of([] { write_to(0x123456789A); });
    INFO(words);
    CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV));
    CHECK_THAT(words, Catch::Contains("ringshift: a bug: host memory fault at rip"));
    CHECK_THAT(words, Catch::Contains("writing to 000000123456789a"));
    for (const char* name : {"rax", "rsp", "r15", "rflags"}) CHECK_THAT(words, Catch::Contains(name));
    CHECK_THAT(words, !Catch::Contains("generated code"));
}

TEST_CASE("A memory fault that no access through a window explains is reported as a bug too") {
    const auto [words, status] = last_words_of([] {
        NobodysFault taker;
        const FaultScope scope(taker);
        write_to(0x100000000000);
    });
    INFO(words);
    CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV));
    CHECK_THAT(words, Catch::Contains("a bug: host memory fault") && Catch::Contains("within generated code"));
}

TEST_CASE("A signal that another process has sent is no bug of ours") {
    const auto [words, status] = last_words_of([] { kill(getpid(), SIGSEGV); });
    CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV));
    CHECK(words.empty());
}
#endif
