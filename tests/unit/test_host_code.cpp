#include "cpu/isa/host_code.h"

#include <catch2/catch.hpp>

#include <vector>

using namespace ringshift;

namespace {

HostInsn decode(std::vector<u8> bytes) {
    HostInsn insn;
    REQUIRE(HostDecoder().decode(bytes, insn));
    CHECK(insn.length == bytes.size());
    return insn;
}

} // namespace

TEST_CASE("A host memory operand is told apart by base and index and displacement") {
    const HostInsn insn = decode({0x43, 0x01, 0x54, 0x8B, 0x10}); // add [r11 + r9*4 + 10h], edx
    CHECK(insn.kind == HostKind::integer);
    REQUIRE(insn.memory_count == 1);
    CHECK(insn.memory[0].base == 11);
    CHECK(insn.memory[0].index == 9);
    CHECK(insn.memory[0].factor == 4);
    CHECK(insn.memory[0].displacement == 16);
    CHECK(insn.memory[0].size == 4);
    CHECK(insn.memory[0].reads);
    CHECK(insn.memory[0].writes);
    CHECK_FALSE(insn.memory[0].segment);
    CHECK(insn.written == 0);
}

TEST_CASE("LEA accesses no memory and a segment override or RIP as base is noticed") {
    CHECK(decode({0x48, 0x8D, 0x04, 0x0B}).memory_count == 0);
    CHECK(decode({0x65, 0x8B, 0x03}).memory[0].segment);                        // mov eax, gs:[rbx]
    CHECK(decode({0x8B, 0x05, 0x10, 0x00, 0x00, 0x00}).memory[0].rip_relative); // mov eax, [rip + 10h]
    CHECK(decode({0x67, 0x8B, 0x03}).memory[0].address32);                      // mov eax, [ebx]
    CHECK(decode({0xA4}).memory_count == 2);                                    // movsb
}

TEST_CASE("Written registers are known with their width") {
    CHECK(decode({0x48, 0x89, 0xD8}).written == 1);
    CHECK(decode({0x48, 0x89, 0xD8}).written_64 == 1);
    CHECK(decode({0x89, 0xD8}).written == 1);
    CHECK(decode({0x89, 0xD8}).written_64 == 0);
    CHECK(decode({0x88, 0xDC}).written == 1);                       // mov ah, bl
    CHECK(decode({0xF7, 0xF3}).written == ((1u << 0) | (1u << 2))); // div ebx
    CHECK(decode({0x5C}).written == 1u << 4);                       // pop rsp
    CHECK((decode({0x50}).written & (1u << 4)) != 0);               // push rax
    CHECK(decode({0xE8, 0, 0, 0, 0}).written == 0);                 // call
}

TEST_CASE("Branches have a target relative to themselves or are indirect") {
    const HostInsn jump = decode({0xEB, 0xFE});
    CHECK(jump.kind == HostKind::jump);
    CHECK(jump.relative);
    CHECK(jump.target == 0);
    const HostInsn condition = decode({0x0F, 0x84, 0x10, 0, 0, 0});
    CHECK(condition.kind == HostKind::conditional_jump);
    CHECK(condition.target == 22);
    CHECK(decode({0x67, 0xE3, 0x05}).kind == HostKind::conditional_jump); // jecxz
    const HostInsn indirect = decode({0x41, 0xFF, 0x66, 0x08});           // jmp [r14 + 8]
    CHECK(indirect.kind == HostKind::jump);
    CHECK(indirect.indirect);
    CHECK(indirect.memory[0].base == 14);
    CHECK(decode({0xFF, 0xE0}).indirect); // jmp rax
    CHECK(decode({0xC3}).kind == HostKind::ret);
}

TEST_CASE("Instructions that generated code must not contain are of kind other or change system flags") {
    const std::vector<std::vector<u8>> refused{
        {0x0F, 0x05},                   // syscall
        {0x0F, 0x34},                   // sysenter
        {0xCC},                         // int3
        {0xCD, 0x80},                   // int 80h
        {0xF4},                         // hlt
        {0xEC},                         // in al, dx
        {0x0F, 0xA2},                   // cpuid
        {0x0F, 0x31},                   // rdtsc
        {0x0F, 0x01, 0xD0},             // xgetbv
        {0x0F, 0x20, 0xC0},             // mov rax, cr0
        {0x8E, 0xD8},                   // mov ds, eax
        {0x8C, 0xD8},                   // mov eax, ds
        {0x48, 0xCF},                   // iretq
        {0xF3, 0x0F, 0xBC, 0xC3},       // tzcnt
        {0xF3, 0x0F, 0xBD, 0xC3},       // lzcnt
        {0x0F, 0x00, 0xC8},             // str eax
        {0x0F, 0x01, 0x03},             // sgdt [rbx]
        {0x0F, 0x0B},                   // ud2
        {0xF3, 0x48, 0x0F, 0xAE, 0xD0}, // wrfsbase rax
    };
    for (const auto& bytes : refused) {
        INFO(HostDecoder().text(bytes, 0));
        CHECK(decode(bytes).kind == HostKind::other);
    }
    for (const u8 byte : std::vector<u8>{0xFA, 0xFB, 0xFC, 0xFD, 0x9D})
        CHECK(decode({byte}).sets_system_flags);                          // cli sti cld std popf
    for (const u8 byte : std::vector<u8>{0xF5, 0xF8, 0xF9, 0x9E, 0x9F}) { // cmc clc stc sahf lahf
        CHECK(decode({byte}).kind == HostKind::arithmetic_flags);
        CHECK_FALSE(decode({byte}).sets_system_flags);
    }
    CHECK(decode({0x0F, 0xAE, 0x03}).kind == HostKind::fpu_state); // fxsave [rbx]
    CHECK(decode({0xD9, 0x33}).kind == HostKind::fpu_state);       // fnstenv [rbx]
    CHECK(decode({0xD8, 0xC1}).kind == HostKind::x87);
    CHECK(decode({0x0F, 0x58, 0xC1}).kind == HostKind::vector);
    HostInsn none;
    CHECK_FALSE(HostDecoder().decode(std::vector<u8>{0x06}, none));
}

TEST_CASE("Names replace operands in a host instruction's text") {
    struct Names final : HostNames {
        std::string memory(const HostMemory& m) const override { return m.base == 15 ? "state.rip" : ""; }
        std::string immediate(u64 value) const override { return value == 0x123456789 ? "site0" : ""; }
        std::string target(i64 offset) const override { return offset == 7 ? "hit" : ""; }
    } names;
    const HostDecoder decoder;
    const auto text = [&](std::vector<u8> bytes) { return decoder.text(bytes, 0x1000, &names); };
    CHECK(text({0x4D, 0x89, 0x4F, 0x40}) == "mov [state.rip], r9");
    CHECK(text({0x49, 0xB9, 0x89, 0x67, 0x45, 0x23, 1, 0, 0, 0}) == "mov r9, site0");
    CHECK(text({0xEB, 0x05}) == "jmp hit");
    CHECK(text({0xEB, 0x06}) == "jmp 0x1008");
    CHECK(text({0x43, 0x8B, 0x14, 0x0B}) == "mov edx, [r11+r9*1]");
}
