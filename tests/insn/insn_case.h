// One insn test: a NASM source whose head says where it runs and what must come out.
//
//     ; ADD r/m32, r32: carry out of bit 31          the title, first line
//     ; manual: SDM vol. 2A, ADD
//     ; mode: 32                                     32 (default) or 16: user code, also run on the host CPU;
//                                                    system: boots in real mode at 7C00, not on the host
//     ; init: eax=FFFFFFFF ebx=1 flags=1             hexadecimal; registers not named have fixed patterns
//     ; expect: eax=0 flags=55/8D5                   flags=value/mask; ends at a HLT unless there is a fault:
//     ; fault: 0 at here                             vector (decimal) and the label of the faulting instruction
//     ; memory: result = 78 56 34 12                 bytes at a label, or at data+10 (hexadecimal)
//     ; undefined: af of                             flags that interpreter and host may disagree on
//     ; output: PASS                                 system: what the program writes to port E9 (a last newline apart)
//     ; exit: shutdown                               system: ends so instead of at a HLT
//     ; cpu: 486                                     system: the CPU model, default max
//     ; bochs: REASON                                system: run_on_bochs.sh leaves it out
//     ; bochs_cpu: MODEL                             system: Bochs's model for it, instead of one without UMIP and SMEP
//
// User programs are assembled at `bits 32`, org 10000000h (or bits 16, org 0), in 64 KiB of which all is writable; the
// stack grows down from F000h. `data` is a label at 8000h for scratch.
#pragma once

#include "base/result.h"
#include "native_cpu.h"

#include <map>
#include <optional>

namespace ringshift {

struct InsnCase {
    enum class Mode { user, system };
    std::string path;
    std::string title;
    Mode mode = Mode::user;
    UserProgram program;
    std::map<std::string, u32> expected;               ///< register name to value
    std::optional<std::pair<u32, u32>> expected_flags; ///< value, mask
    unsigned vector = 13;
    std::optional<u32> fault_address;
    std::vector<std::pair<u32, std::vector<u8>>> expected_memory; ///< arena offset (system: address)
    u32 undefined_flags = 0;
    std::string output;
    bool ends_in_shutdown = false;
    std::string cpu_model = "max";
    std::vector<u8> image; ///< system: what is loaded at 7C00

    static Result<InsnCase> load(const std::string& path, const std::string& include_folder);
};

inline constexpr const char* gpr_names[] = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"};

} // namespace ringshift
