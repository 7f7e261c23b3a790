// Accesses that the soft TLB keeps failing take another form, do the same in it, and do not go back and forth.
#include "cache_rig.h"

#include <map>

using namespace ringshift;
using namespace ringshift::cache_rig;

namespace {

constexpr u32 registers_at = 0xD0000;

/// Answers with what depends on all accesses before, which the CPU's trace compares.
class Noisy final : public MmioHandler {
  public:
    explicit Noisy(BarePlatform& platform) : m_platform(platform) {}
    u64 read(PhysAddr address, unsigned size) override {
        m_platform.note(0x10000 + address.offset(), size, 1);
        return m_platform.trace >> 7; // more than was asked for
    }
    void write(PhysAddr address, unsigned size, u64 value) override {
        m_platform.note(0x20000 + address.offset(), size, static_cast<u32>(value));
        m_platform.note(0x30000, size, static_cast<u32>(value >> 32));
    }
    void read_range(PhysAddr, std::span<u8> out) override { std::ranges::fill(out, u8{0xFF}); }
    void write_range(PhysAddr, std::span<const u8>) override {}

  private:
    BarePlatform& m_platform;
};

/// For run(): a device at registers_at.
auto with_device() {
    auto devices = std::make_shared<std::map<BareCpu*, std::unique_ptr<Noisy>>>();
    return [devices](BareCpu& bare, u64 piece) {
        if (piece != 0) return;
        auto& device = (*devices)[&bare] = std::make_unique<Noisy>(bare.platform);
        bare.memory.map_mmio(PhysAddr(registers_at), page_size, *device);
    };
}

Code device_driver(u32 count) {
    Code code;
    code.add({0xB9});
    code.add32(count);
    code.add({0xBB});
    code.add32(registers_at); // mov ebx, registers
    const u32 loop = code.here();
    code.add({0x8B, 0x03});                               // mov eax, [ebx]
    code.add({0x0F, 0xB7, 0x53, 0x04});                   // movzx edx, word [ebx + 4]
    code.add({0x0F, 0xBE, 0x73, 0x09});                   // movsx esi, byte [ebx + 9]
    code.add({0x66, 0x0F, 0xBE, 0x7B, 0x0A});             // movsx di, byte [ebx + 10]
    code.add({0x66, 0x8B, 0x6B, 0x02});                   // mov bp, [ebx + 2]
    code.add({0x8A, 0x63, 0x07});                         // mov ah, [ebx + 7]
    code.add({0x89, 0x43, 0x10});                         // mov [ebx + 16], eax
    code.add({0x66, 0x89, 0x73, 0x14});                   // mov [ebx + 20], si
    code.add({0x88, 0x63, 0x18});                         // mov [ebx + 24], ah
    code.add({0xC7, 0x43, 0x1C, 0xFF, 0xFE, 0xFD, 0xFC}); // mov dword [ebx + 28], constant
    code.add({0xC6, 0x43, 0x21, 0x85});                   // mov byte [ebx + 33], 85h
    end_loop(code, loop);
    return code;
}

} // namespace

TEST_CASE("Accesses that keep meeting a device ask it at once and get what they got before") {
    const Code code = device_driver(4000);
    const Run result = run(code, "bt:windows=off", 13 * 4000, with_device());
    CHECK(result.report == "");
    CHECK(result.ledger.adapted == 11);
    CHECK(result.ledger.given_back == 0);
    CHECK(result.ledger.level(bt::Level::translate) <= 16);
    const Run off = run(code, "bt:adapt=off", 13 * 4000, with_device());
    CHECK(off.report == "");
    CHECK(off.ledger.adapted == 0);
    CHECK(run(code, "bt:hot=3,windows=on,windows-ring0=on", 13 * 4000, with_device()).report == "");
}

TEST_CASE("An access that meets a device now and memory then does not make it be translated again and again") {
    Code code;
    code.add({0xB9});
    code.add32(30'000);
    code.add({0xBB});
    code.add32(registers_at);
    const u32 loop = code.here();
    code.add({0x8B, 0x03, 0x01, 0xC2, 0x89, 0x53, 0x04}); // mov eax, [ebx]; add edx, eax; mov [ebx + 4], edx
    code.add({0x81, 0xF3});
    code.add32(0x50000); // xor ebx, 50000h: memory at 80000h
    end_loop(code, loop);
    const Run result = run(code, "bt", 6 * 30'000, with_device());
    CHECK(result.report == "");
    CHECK(result.ledger.given_back >= 2);
    CHECK(result.ledger.adapted <= 16);
    CHECK(result.ledger.level(bt::Level::translate) <= 40);
}

TEST_CASE("A store that keeps passing by code looks at the marks itself and still notices code") {
    Code code;
    code.add({0xB9});
    code.add32(20'000);
    code.add({0xBC});
    code.add32(code_at + 0xE00); // mov esp, a stack among code
    code.add({0xDB, 0xE3});      // fninit
    const u32 loop = code.here();
    code.add({0xBB});
    code.add32(code_at + 0x100);  // mov ebx, data
    code.add({0x89, 0xC8, 0x25}); // mov eax, ecx; and eax, 3FFh
    code.add32(0x3FF);
    code.add({0x75, 0x05, 0xBB}); // jnz over; mov ebx, the constant below
    const u32 patch = code.here() + 4 + 6;
    code.add32(patch);
    code.add({0x88, 0x0B});                                     // mov [ebx], cl
    code.add({0x51, 0x5D, 0x83, 0xC2, 0x01, 0x90});             // push ecx; pop ebp; add edx, 1; nop
    code.add({0x01, 0xAB, 0x40, 0x00, 0x00, 0x00});             // add [ebx + 40h], ebp
    code.add({0xD9, 0xEE, 0xDD, 0x9B, 0x80, 0x00, 0x00, 0x00}); // fldz; fstp qword [ebx + 80h]
    REQUIRE(code.bytes[patch - code_at] == 0x01);
    end_loop(code, loop);
    const Run result = run(code, "bt", 13 * 20'000);
    CHECK(result.report == "");
    CHECK(result.ledger.adapted >= 3);
    CHECK(result.ledger.given_back == 0);
    CHECK(result.ledger.level(bt::Level::translate) <= 60); // 20 of them because of the constant
    CHECK(run(code, "bt:adapt=off", 13 * 20'000).report == "");
    CHECK(run(code, "bt:share=off,extend=off,cool-down=off", 13 * 20'000).report == "");
}

TEST_CASE("The explanation of an adapted access says so") {
    BareCpu bare(1 << 20);
    bare.engine = nullptr;
    bare.engine = make_test_engine(*bare.cpu, "bt");
    prepare(bare, device_driver(4000));
    Noisy device(bare.platform);
    bare.memory.map_mmio(PhysAddr(registers_at), page_size, device);
    bare.engine->run(13 * 2000);
    const std::string text = bare.engine->describe_code(LinearAddr(code_at + 10), {});
    CHECK_THAT(text, Catch::Contains("adaptive: a device"));
    CHECK_THAT(text, !Catch::Contains("not translated"));
}

TEST_CASE("A device sees the elements of a repeated string move in the guest's own size") {
    Code code;
    code.add({0xB9});
    code.add32(6);
    code.add({0xBE});
    code.add32(code_at);
    code.add({0xBF});
    code.add32(registers_at);
    code.add({0xF3, 0x66, 0xA5, 0xB9}); // rep movsw; mov ecx, 6
    code.add32(6);
    code.add({0xF3, 0xAB, 0xF4}); // rep stosd; hlt
    for (const char* engine : {"interp", "bt:hot=0"}) {
        BareCpu bare(1 << 20);
        bare.engine = nullptr;
        bare.engine = make_test_engine(*bare.cpu, engine);
        prepare(bare, code);
        Noisy device(bare.platform);
        bare.memory.map_mmio(PhysAddr(registers_at), page_size, device);
        BarePlatform expected;
        for (u32 i = 0; i < 6; ++i) {
            expected.note(0x20000 + 2 * i, 2, u32{code.bytes[2 * i]} | u32{code.bytes[2 * i + 1]} << 8);
            expected.note(0x30000, 2, 0);
        }
        for (u32 i = 0; i < 6; ++i) {
            expected.note(0x20000 + 12 + 4 * i, 4, static_cast<u32>(bare.state().gpr[0]));
            expected.note(0x30000, 4, 0);
        }
        bare.engine->run(1000);
        CHECK(bare.platform.trace == expected.trace);
    }
}
