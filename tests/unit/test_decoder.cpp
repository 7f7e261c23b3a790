#include "cpu/isa/decoder.h"
#include "cpu/isa/disassembler.h"
#include "cpu/isa/policy.h"

#include <catch2/catch.hpp>

#include <initializer_list>
#include <vector>

using namespace ringshift;
using Outcome = Decoder::Outcome;

namespace {

constexpr u8 slot(Gpr r) { return static_cast<u8>(static_cast<unsigned>(r) * 8); }
constexpr u8 number(Gpr r) { return static_cast<u8>(r); }

class Fixture {
  public:
    explicit Fixture(std::string_view model = "max") : decoder(CpuModel::by_name(model).release()) {}

    Outcome outcome(std::vector<u8> bytes, bool code32 = true) {
        bytes.resize(15, 0x11);
        return decoder.decode(bytes, code32, insn);
    }
    const Insn& ok32(std::vector<u8> bytes) {
        REQUIRE(outcome(std::move(bytes), true) == Outcome::ok);
        return insn;
    }
    const Insn& ok16(std::vector<u8> bytes) {
        REQUIRE(outcome(std::move(bytes), false) == Outcome::ok);
        return insn;
    }
    bool invalid(std::vector<u8> bytes) {
        for (const bool code32 : {false, true})
            if (outcome(bytes, code32) != Outcome::invalid || insn.mnemonic != Mnemonic::invalid) return false;
        return true;
    }

    Decoder decoder;
    Insn insn;
};

std::vector<u8> prefixed(std::size_t count, u8 prefix, std::initializer_list<u8> rest) {
    std::vector<u8> bytes(count, prefix);
    bytes.insert(bytes.end(), rest);
    return bytes;
}

} // namespace

TEST_CASE("Operands are register file offsets with their sizes", "[decoder]") {
    Fixture f;
    const Insn& add = f.ok32({0x00, 0xFC}); // ADD AH, BH
    CHECK(add.mnemonic == Mnemonic::ADD);
    CHECK(add.length == 2);
    CHECK(add.modrm == 0xFC);
    REQUIRE(add.operand_count == 2);
    CHECK(add.op(0).kind == OperandKind::gpr);
    CHECK(add.op(0).slot == slot(Gpr::ax) + 1);
    CHECK(add.op(0).size == 1);
    CHECK(add.op(1).slot == slot(Gpr::bx) + 1);

    CHECK(f.ok32({0x89, 0xF7}).op(0).slot == slot(Gpr::di)); // MOV EDI, ESI
    CHECK(f.insn.op(0).size == 4);
    CHECK(f.insn.operand_size == 4);
    CHECK(f.ok32({0x66, 0x89, 0xF7}).op(0).size == 2);
    CHECK(f.insn.operand_size == 2);
    CHECK(f.ok16({0x89, 0xF7}).op(0).size == 2);
    CHECK(f.ok16({0x66, 0x89, 0xF7}).op(0).size == 4);
    CHECK(f.ok16({0x66, 0x66, 0x89, 0xF7}).op(0).size == 4); // a repeated prefix counts once
}

TEST_CASE("Sixteen-bit addressing has its registers and default segments", "[decoder]") {
    Fixture f;
    const MemoryOperand& m = f.insn.memory;
    f.ok16({0x8B, 0x00}); // [BX+SI]
    CHECK(m.base == number(Gpr::bx));
    CHECK(m.index == number(Gpr::si));
    CHECK(m.scale == 0);
    CHECK(m.segment == SegmentName::ds);
    CHECK(f.insn.address_size == 2);
    f.ok16({0x8B, 0x42, 0xFE}); // [BP+SI-2]
    CHECK(m.base == number(Gpr::bp));
    CHECK(m.segment == SegmentName::ss);
    CHECK(m.displacement == 0xFFFFFFFE);
    f.ok16({0x8B, 0x46, 0x00}); // [BP+0]
    CHECK(m.base == number(Gpr::bp));
    CHECK(m.index == MemoryOperand::no_register);
    CHECK(m.segment == SegmentName::ss);
    f.ok16({0x8B, 0x06, 0x34, 0x92}); // [9234]
    CHECK(m.base == MemoryOperand::no_register);
    CHECK(static_cast<u16>(m.displacement) == 0x9234);
    CHECK(m.segment == SegmentName::ds);
    f.ok32({0x67, 0x8B, 0x07}); // [BX]
    CHECK(m.base == number(Gpr::bx));
    CHECK(f.insn.address_size == 2);
    f.ok16({0x67, 0x8B, 0x04, 0xCD, 1, 0, 0, 0x80}); // [ECX*8+80000001]
    CHECK(m.base == MemoryOperand::no_register);
    CHECK(m.index == number(Gpr::cx));
    CHECK(m.scale == 3);
    CHECK(m.displacement == 0x80000001);
    CHECK(f.insn.address_size == 4);
}

TEST_CASE("Thirty-two-bit addressing has its registers and default segments", "[decoder]") {
    Fixture f;
    const MemoryOperand& m = f.insn.memory;
    f.ok32({0x8B, 0x44, 0x24, 0x80}); // [ESP-80]
    CHECK(m.base == number(Gpr::sp));
    CHECK(m.index == MemoryOperand::no_register);
    CHECK(m.segment == SegmentName::ss);
    CHECK(m.displacement == 0xFFFFFF80);
    f.ok32({0x8B, 0x44, 0x5D, 0x00}); // [EBP+EBX*2]
    CHECK(m.base == number(Gpr::bp));
    CHECK(m.index == number(Gpr::bx));
    CHECK(m.scale == 1);
    CHECK(m.segment == SegmentName::ss);
    f.ok32({0x8B, 0x04, 0xAB}); // [EBX+EBP*4]
    CHECK(m.scale == 2);
    CHECK(m.segment == SegmentName::ds);
}

TEST_CASE("The last segment override counts", "[decoder]") {
    Fixture f;
    CHECK(f.ok32({0x36, 0x26, 0x8B, 0x03}).memory.segment == SegmentName::es);
    CHECK(f.ok32({0x64, 0x8B, 0x45, 0x00}).memory.segment == SegmentName::fs);
    CHECK(f.ok32({0x26, 0x64, 0x65, 0xA1, 0, 0, 0, 0}).memory.segment == SegmentName::gs);
    CHECK(f.ok16({0x3E, 0x8B, 0x46, 0x00}).memory.segment == SegmentName::ds);
}

TEST_CASE("MOV with an offset is a memory operand", "[decoder]") {
    Fixture f;
    const Insn& load = f.ok32({0x67, 0xA0, 0x34, 0x92});
    CHECK(load.length == 4);
    CHECK(load.op(0).slot == slot(Gpr::ax));
    CHECK(load.op(1).kind == OperandKind::memory);
    CHECK(load.op(1).size == 1);
    CHECK(static_cast<u16>(load.memory.displacement) == 0x9234);
    const Insn& store = f.ok32({0xA3, 1, 2, 3, 4});
    CHECK(store.op(0).kind == OperandKind::memory);
    CHECK(store.memory.displacement == 0x04030201);
}

TEST_CASE("Immediates are extended as the instruction defines", "[decoder]") {
    Fixture f;
    CHECK(f.ok32({0x83, 0xC0, 0xFF}).immediate == 0xFFFFFFFF);
    CHECK(static_cast<u16>(f.ok16({0x83, 0xC0, 0x80}).immediate) == 0xFF80);
    CHECK(f.ok32({0x6B, 0xC1, 0x80}).immediate == 0xFFFFFF80);
    CHECK(f.insn.operand_count == 3);
    CHECK(f.ok32({0x6A, 0x80}).immediate == 0xFFFFFF80);
    CHECK(f.ok32({0x69, 0xC1, 1, 2, 3, 0x84}).immediate == 0x84030201);
    CHECK(f.ok32({0xC2, 0xFF, 0xFF}).immediate == 0xFFFF); // RET imm16
    CHECK(f.ok32({0xC1, 0xE0, 0xFF}).immediate == 0xFF);
    const Insn& one = f.ok32({0xD1, 0xE0}); // SHL EAX, 1
    CHECK(one.op(1).kind == OperandKind::immediate);
    CHECK(one.immediate == 1);
    const Insn& enter = f.ok32({0xC8, 0x34, 0x12, 0x80});
    CHECK(enter.immediate == 0x1234);
    CHECK(enter.immediate2 == 0x80);
}

TEST_CASE("Branch displacements and far pointers keep their parts", "[decoder]") {
    Fixture f;
    const Insn& jump = f.ok32({0xEB, 0x80});
    CHECK(jump.op(0).kind == OperandKind::relative);
    CHECK(jump.immediate == 0xFFFFFF80);
    CHECK(f.ok32({0x66, 0xE9, 0xFE, 0xFF}).length == 4); // Intel's 16-bit form
    CHECK(f.insn.operand_size == 2);
    CHECK(f.insn.immediate == 0xFFFFFFFE);
    const Insn& far_call = f.ok32({0x9A, 1, 2, 3, 4, 0x34, 0x12});
    CHECK(far_call.op(0).kind == OperandKind::far_pointer);
    CHECK(far_call.immediate == 0x04030201);
    CHECK(far_call.immediate2 == 0x1234);
    CHECK(f.ok16({0xEA, 1, 2, 0x34, 0x12}).immediate == 0x0201);
    CHECK(f.insn.immediate2 == 0x1234);
}

TEST_CASE("String instructions have an element size and the source segment", "[decoder]") {
    Fixture f;
    const Insn& movs = f.ok32({0xF3, 0x64, 0xA5});
    CHECK(movs.mnemonic == Mnemonic::MOVSD);
    CHECK(movs.operand_count == 0);
    CHECK(movs.element_size == 4);
    CHECK(movs.repeat == RepeatPrefix::rep);
    CHECK(movs.mandatory_prefix == 0);
    CHECK(movs.memory.segment == SegmentName::fs);
    CHECK(f.ok32({0x66, 0xA7}).element_size == 2);
    CHECK(f.insn.repeat == RepeatPrefix::none);
    CHECK(f.ok32({0xF2, 0xAE}).element_size == 1);
    CHECK(f.insn.repeat == RepeatPrefix::repne);
    CHECK(f.ok16({0x66, 0xA5}).element_size == 4);
    CHECK(f.ok16({0x67, 0xAA}).address_size == 4);
    CHECK(f.ok32({0x6E}).element_size == 1);
    CHECK(f.ok32({0x6D}).element_size == 4);
}

TEST_CASE("The last repeat prefix counts", "[decoder]") {
    Fixture f;
    CHECK(f.ok32({0xF2, 0xF3, 0xA6}).repeat == RepeatPrefix::rep);
    CHECK(f.ok32({0xF3, 0xF2, 0xA6}).repeat == RepeatPrefix::repne);
}

TEST_CASE("Encodings that newer processors reuse keep their old meaning", "[decoder]") {
    Fixture f;
    CHECK(f.ok32({0xF3, 0x0F, 0xBC, 0xC1}).mnemonic == Mnemonic::BSF);
    CHECK(f.ok32({0xF3, 0x0F, 0xBD, 0xC1}).mnemonic == Mnemonic::BSR);
    CHECK(f.ok32({0xF3, 0x0F, 0x1E, 0xFA}).mnemonic == Mnemonic::NOP); // ENDBR
    CHECK(f.ok32({0x0F, 0x1A, 0x00}).mnemonic == Mnemonic::NOP);       // MPX
    CHECK(f.ok32({0x0F, 0x1C, 0x00}).mnemonic == Mnemonic::NOP);       // CLDEMOTE
    CHECK(f.ok32({0x0F, 0x1F, 0x44, 0x00, 0x00}).mnemonic == Mnemonic::NOP);
    CHECK(f.ok32({0x3E, 0xFF, 0xE0}).mnemonic == Mnemonic::JMP); // NOTRACK
}

TEST_CASE("Undocumented encodings of real processors decode", "[decoder]") {
    Fixture f;
    CHECK(f.ok32({0xD6}).mnemonic == Mnemonic::SALC);
    CHECK(f.ok32({0x82, 0xC0, 0x81}).mnemonic == Mnemonic::ADD);
    CHECK(f.insn.op(0).size == 1);
    CHECK(f.ok32({0xC0, 0xF0, 5}).mnemonic == Mnemonic::SHL);
    CHECK(f.ok32({0xD1, 0xF0}).mnemonic == Mnemonic::SHL);
    CHECK(f.ok32({0xD3, 0x30}).mnemonic == Mnemonic::SHL);
    CHECK(f.ok32({0xF6, 0xC8, 0x55}).mnemonic == Mnemonic::TEST);
    CHECK(f.ok32({0xF7, 0xC8, 1, 2, 3, 4}).immediate == 0x04030201);
}

TEST_CASE("Undefined instructions are invalid", "[decoder]") {
    Fixture f;
    CHECK(f.invalid({0x0F, 0x0B}));
    CHECK(f.invalid({0x0F, 0xB9, 0xC0}));
    CHECK(f.invalid({0x0F, 0xFF, 0xC0}));
    CHECK(f.invalid({0x0F, 0x05}));             // SYSCALL is not offered outside long mode
    CHECK(f.invalid({0x0F, 0xA6, 0xC0}));       // XSTORE family
    CHECK(f.invalid({0xC5, 0xF8, 0x77}));       // VZEROUPPER
    CHECK(f.invalid({0xC4, 0xE2, 0x79, 0x18})); // VEX of three bytes
    CHECK(f.invalid({0x62, 0xF1, 0x7C, 0x48, 0x58, 0xC0}));
    CHECK(f.invalid({0x8F, 0xE8, 0x78, 0xC0, 0xC0, 0x01})); // XOP
    CHECK(f.invalid({0xFE, 0xD0}));                         // group 4 /2
    CHECK(f.invalid({0xFF, 0xF8}));                         // group 5 /7
    CHECK(f.invalid({0xC6, 0xC8, 0x00}));                   // group 11 /1
    CHECK(f.invalid({0x8D, 0xC0}));                         // LEA of a register
    CHECK(f.invalid({0x0F, 0xC7, 0xC8}));                   // CMPXCHG8B of a register
    CHECK(f.invalid({0x0F, 0x01, 0xF9, 0x00}) != CpuModel::by_name("max").value().has(Feature::rdtscp));
}

TEST_CASE("Segment control and debug registers that do not exist are invalid", "[decoder]") {
    Fixture f;
    CHECK(f.invalid({0x8E, 0xC8})); // MOV CS, AX
    CHECK(f.invalid({0x8E, 0xF0}));
    CHECK(f.invalid({0x8C, 0xF8}));
    CHECK(f.invalid({0x0F, 0x20, 0xC8})); // CR1
    CHECK(f.invalid({0x0F, 0x22, 0xE8})); // CR5
    CHECK(f.invalid({0xF0, 0x0F, 0x20, 0xC0}));
    CHECK(f.ok32({0x0F, 0x21, 0xE0}).op(1).kind == OperandKind::debug); // DR4, an alias until CR4.DE
    CHECK(f.insn.op(1).slot == 4);
}

TEST_CASE("MOV of a control register ignores the mod field", "[decoder]") {
    Fixture f;
    for (const u8 modrm : std::initializer_list<u8>{0x05, 0x45, 0x85, 0xC5}) {
        for (const bool code32 : {false, true}) {
            REQUIRE(f.outcome({0x0F, 0x22, modrm}, code32) == Outcome::ok);
            CHECK(f.insn.length == 3);
            CHECK(f.insn.op(0).kind == OperandKind::control);
            CHECK(f.insn.op(0).slot == 0);
            CHECK(f.insn.op(1).slot == slot(Gpr::bp));
            CHECK(f.insn.op(1).size == 4);
        }
    }
}

TEST_CASE("LOCK is valid with the memory destination of a lockable instruction only", "[decoder]") {
    Fixture f;
    CHECK(f.ok32({0xF0, 0x01, 0x22}).lock);
    CHECK(f.ok32({0xF0, 0x0F, 0xB1, 0x01}).lock);
    CHECK(f.ok32({0xF0, 0x0F, 0xC7, 0x09}).lock);
    CHECK(f.ok32({0xF0, 0x87, 0x01}).lock);
    CHECK(f.ok32({0xF0, 0x0F, 0xBA, 0x28, 0x03}).lock); // BTS
    CHECK(f.invalid({0xF0, 0x01, 0xC0}));
    CHECK(f.invalid({0xF0, 0x03, 0x01})); // ADD r, m
    CHECK(f.invalid({0xF0, 0x39, 0x01})); // CMP
    CHECK(f.invalid({0xF0, 0x0F, 0xBA, 0x20, 0x03}));
    CHECK(f.invalid({0xF0, 0x89, 0x01})); // MOV
    CHECK(f.invalid({0xF0, 0x90}));
    CHECK(f.invalid({0xF0, 0xA5}));
    CHECK(f.invalid({0xF0, 0xD1, 0x20}));
    CHECK(f.invalid({0xF0, 0xF0, 0xFF, 0x30})); // PUSH m
}

TEST_CASE("Fifteen bytes is the longest instruction", "[decoder]") {
    Fixture f;
    CHECK(f.outcome(prefixed(14, 0x66, {0x90})) == Outcome::ok);
    CHECK(f.insn.length == 15);
    CHECK(f.outcome(prefixed(15, 0x66, {0x90})) == Outcome::too_long);
    CHECK(f.outcome(prefixed(13, 0x26, {0x8B, 0x00})) == Outcome::ok);
    CHECK(f.outcome(prefixed(14, 0x26, {0x8B, 0x00})) == Outcome::too_long);
    CHECK(f.outcome(prefixed(10, 0x26, {0x05, 0, 0, 0, 0})) == Outcome::ok);
    CHECK(f.outcome(prefixed(11, 0x26, {0x05, 0, 0, 0, 0})) == Outcome::too_long);
    CHECK(f.insn.mnemonic == Mnemonic::invalid);
}

TEST_CASE("Too few bytes are reported as truncated at every cut", "[decoder]") {
    Fixture f;
    const std::vector<u8> whole = {0x64, 0x66, 0xC7, 0x84, 0x8B, 1, 2, 3, 4, 5, 6}; // MOV word FS:[EBX+ECX*4+d], i
    Insn insn;
    for (std::size_t n = 0; n < whole.size(); ++n)
        CHECK(f.decoder.decode(std::span(whole).first(n), true, insn) == Outcome::truncated);
    CHECK(f.decoder.decode(whole, true, insn) == Outcome::ok);
    CHECK(insn.length == whole.size());
    CHECK(insn.bytes[10] == 6);
}

TEST_CASE("A model executes only what it has", "[decoder]") {
    Fixture old("486");
    CHECK(old.invalid({0x0F, 0x31}));             // RDTSC
    CHECK(old.invalid({0x0F, 0x32}));             // RDMSR
    CHECK(old.invalid({0x0F, 0x40, 0xC1}));       // CMOVO
    CHECK(old.invalid({0x0F, 0xC7, 0x09}));       // CMPXCHG8B
    CHECK(old.invalid({0x0F, 0x1F, 0x00}));       // NOPL
    CHECK(old.invalid({0xF3, 0x0F, 0xB8, 0xC1})); // POPCNT
    CHECK(old.ok32({0x0F, 0xA2}).mnemonic == Mnemonic::CPUID);
    CHECK(old.ok32({0x0F, 0xC8}).mnemonic == Mnemonic::BSWAP);
    CHECK(old.ok32({0x90}).mnemonic == Mnemonic::NOP);

    Fixture pentium("pentium");
    CHECK(pentium.ok32({0x0F, 0x31}).mnemonic == Mnemonic::RDTSC);
    CHECK(pentium.invalid({0x0F, 0x45, 0xC1}));
    CHECK(pentium.invalid({0x0F, 0x1F, 0x00}));

    Fixture pentium3("pentium3");
    CHECK(pentium3.ok32({0x0F, 0x45, 0xC1}).mnemonic == Mnemonic::CMOVNZ);
    CHECK(pentium3.ok32({0x0F, 0x19, 0x00}).mnemonic == Mnemonic::NOP);
    CHECK(pentium3.invalid({0xF3, 0x0F, 0xB8, 0xC1}));
    CHECK(pentium3.invalid({0x0F, 0x38, 0xF0, 0x00})); // MOVBE

    Fixture max;
    CHECK(max.ok32({0xF3, 0x66, 0x0F, 0xB8, 0xC1}).mnemonic == Mnemonic::POPCNT);
    CHECK(max.insn.mandatory_prefix == 0xF3);
    CHECK(max.insn.repeat == RepeatPrefix::none);
    CHECK(max.insn.op(0).size == 2);
    CHECK(max.ok32({0x0F, 0x38, 0xF0, 0x00}).opcode_map == 2);
}

TEST_CASE("Every row of the policy table has a name and follows its mnemonic", "[decoder]") {
    CHECK(policy(Mnemonic::ADD).name == "ADD");
    CHECK((policy(Mnemonic::ADD).facts & fact::Lock) != 0);
    CHECK(policy(Mnemonic::RDTSC).feature == Feature::tsc);
    CHECK((policy(Mnemonic::WRMSR).facts & fact::Stops) != 0);
}

TEST_CASE("The disassembler prints Intel syntax with branch targets", "[decoder]") {
    const u8 add[] = {0x01, 0x44, 0x8B, 0x08};
    CHECK(disassemble(add, true, 0) == "add [ebx+ecx*4+0x08], eax");
    const u8 jump[] = {0xEB, 0xFE};
    CHECK(disassemble(jump, true, 0xC0001000) == "jmp 0xC0001000");
    CHECK(disassemble(add, false, 0) == "add [si-0x75], ax");
    CHECK(disassemble(std::span(add).first(2), true, 0) == "(bad)");
}
