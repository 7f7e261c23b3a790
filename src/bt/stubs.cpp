// Generated code runs on the return stack, which holds the host return addresses of paired guest calls and nothing else
// (emit_control.cpp); C++ runs on the thread's own stack. `enter` saves what the ABI wants kept, loads the guest's
// registers, starts with an empty return stack and jumps. A block that calls a handler does `call [helper]`: the site
// is known by where the call returns to, the guest's registers are stored, the handler runs on the thread's stack, and
// control comes back behind the call, unless the handler ended the block or left too little budget for the rest of it;
// then the stub leaves in the block's place. The exits of a block are calls too, which do not come back.
//
// Whoever leaves a block says how in Runtime and comes to `left`, which asks the engine for the code to go on in
// (TranslatorEngine::go_on), and returns to the caller of `enter` if there is none.
#include "bt/stubs.h"

#include "bt/fpu_form.h"
#include "bt/fpu_stubs.h"

namespace ringshift::bt {

namespace {

constexpr auto site = x86::rbx; // kept by handlers

/// Into generated code, as Runtime says.
void emit_go(Emitter& e) {
    e.a.mov(x86::r13, e.in_runtime(offsetof(Runtime, counter), 8));
    e.a.mov(x86::rsp, e.in_runtime(offsetof(Runtime, return_top), 8));
    e.load_guest();
    e.a.jmp(e.in_runtime(offsetof(Runtime, code), 8));
}

void emit_enter(Emitter& e, const Cpu& cpu, const u8* tables) {
    for (const auto& reg : {x86::rbx, x86::rbp, x86::r12, x86::r13, x86::r14, x86::r15}) e.a.push(reg);
    e.a.sub(x86::rsp, 8);
    e.a.mov(state_base, reinterpret_cast<u64>(&cpu.state));
    e.a.mov(table_base, reinterpret_cast<u64>(tables) + table_bias);
    e.a.mov(e.in_runtime(offsetof(Runtime, thread_stack), 8), x86::rsp);
    emit_go(e);
}

/// With the guest's registers stored, rsp on the thread's stack and the return stack's in rbp.
void emit_left(Emitter& e, GoOn go_on) {
    e.a.mov(e.in_runtime(offsetof(Runtime, counter), 8), x86::r13);
    if (go_on.function) {
        auto out = e.a.newLabel();
        e.a.mov(e.in_runtime(offsetof(Runtime, return_top), 8), x86::rbp);
        e.a.mov(x86::rdi, reinterpret_cast<u64>(go_on.engine));
        e.a.mov(x86::rax, reinterpret_cast<u64>(go_on.function));
        e.a.call(x86::rax);
        e.a.test(x86::rax, x86::rax);
        e.a.jz(out);
        e.a.mov(e.in_runtime(offsetof(Runtime, code), 8), x86::rax);
        emit_go(e);
        e.a.bind(out);
    }
    e.a.add(x86::rsp, 8);
    for (const auto& reg : {x86::r15, x86::r14, x86::r13, x86::r12, x86::rbp, x86::rbx}) e.a.pop(reg);
    e.a.ret();
}

/// Jumped to if it is an indirect branch, else called.
void emit_leave(Emitter& e, Leave how) {
    if (how == Leave::budget) e.a.mov(x86::rcx, x86::r12); // which asked for the budget
    if (how != Leave::indirect) {
        e.a.pop(x86::r9);
        e.a.mov(e.in_runtime(offsetof(Runtime, left_from), 8), x86::r9);
    }
    e.store_guest();
    emit_save_fpu(e);
    e.a.mov(e.in_runtime(offsetof(Runtime, leave), 4), static_cast<u32>(how));
    e.a.mov(x86::rbp, x86::rsp);
    e.a.mov(x86::rsp, e.in_runtime(offsetof(Runtime, thread_stack), 8));
    e.a.jmp(e.in_runtime(offsetof(Runtime, left), 8));
}

/// `function(cpu, site)` as C++; rsp is aligned.
void emit_call(Emitter& e, const Cpu& cpu, u64 function) {
    e.a.mov(x86::rdi, reinterpret_cast<u64>(&cpu));
    e.a.mov(x86::rsi, site);
    e.a.mov(x86::rax, function);
    e.a.call(x86::rax);
}

void emit_helper(Emitter& e, const Cpu& cpu, FindSite find_site) {
    auto known = e.a.newLabel();
    auto leave = e.a.newLabel();
    auto not_next = e.a.newLabel();
    auto go_on = e.a.newLabel();
    auto settled = e.a.newLabel();
    auto decoded = e.a.newLabel();
    auto loaded = e.a.newLabel();
    auto load_sse = e.a.newLabel();
    e.store_guest();
    emit_save_fpu(e);
    e.a.mov(x86::rbp, x86::rsp);
    e.a.mov(x86::rsp, e.in_runtime(offsetof(Runtime, thread_stack), 8));
    constexpr std::size_t called = offsetof(Runtime, called);
    e.a.mov(x86::rsi, x86::qword_ptr(x86::rbp));
    e.a.mov(x86::eax, x86::esi);
    e.a.and_(x86::eax, Runtime::called_entries - 1);
    e.a.add(x86::eax, x86::eax);
    e.a.mov(site, e.in_runtime(called + offsetof(Runtime::Called, site), x86::rax, 3, 8));
    e.a.cmp(x86::rsi, e.in_runtime(called + offsetof(Runtime::Called, behind), x86::rax, 3, 8));
    e.a.je(known);
    e.a.mov(x86::rdi, reinterpret_cast<u64>(find_site.engine));
    e.a.mov(x86::rax, reinterpret_cast<u64>(find_site.function));
    e.a.call(x86::rax);
    e.a.mov(site, x86::rax);
    e.a.bind(known);
    e.a.cmp(x86::byte_ptr(site, offsetof(Site, unsettled_code)), Site::nobody);
    e.a.je(settled);
    emit_call(e, cpu, reinterpret_cast<u64>(&settle_x87_pointers));
    e.a.bind(settled);
    e.a.mov(x86::eax, x86::dword_ptr(site, offsetof(Site, rip)));
    e.a.mov(RINGSHIFT_STATE(rip, 8), x86::rax);
    e.a.mov(x86::rax, x86::r13);
    e.a.sar(x86::rax, budget_shift);
    e.a.movzx(x86::ecx, x86::word_ptr(site, offsetof(Site, credit)));
    e.a.add(x86::rax, x86::rcx);
    e.a.mov(RINGSHIFT_STATE(budget, 8), x86::rax);
    e.a.mov(e.in_runtime(offsetof(Runtime, site), 8), site);
    e.a.mov(x86::rsi, x86::qword_ptr(site, offsetof(Site, insn)));
    e.a.test(x86::rsi, x86::rsi);
    e.a.jnz(decoded);
    emit_call(e, cpu, reinterpret_cast<u64>(&insn_of));
    e.a.mov(x86::rsi, x86::rax);
    e.a.bind(decoded);
    e.a.mov(x86::rdi, reinterpret_cast<u64>(&cpu));
    e.a.call(x86::qword_ptr(site, offsetof(Site, handler)));
    e.a.movzx(x86::eax, x86::al);
    e.a.test(x86::eax, x86::eax);
    e.a.jnz(not_next);
    e.a.cmp(x86::byte_ptr(site, offsetof(Site, watches_fpu)), 0);
    e.a.je(go_on);
    emit_call(e, cpu, reinterpret_cast<u64>(&keeps_fpu_readiness));
    e.a.test(x86::al, x86::al);
    e.a.mov(x86::eax, static_cast<u32>(Flow::stop));
    e.a.jz(leave);
    e.a.xor_(x86::eax, x86::eax); // Flow::next

    e.a.bind(go_on); // eax: what the handler returned
    e.a.mov(x86::rdx, RINGSHIFT_STATE(budget, 8));
    e.a.movzx(x86::ecx, x86::word_ptr(site, offsetof(Site, credit)));
    e.a.sub(x86::rdx, x86::rcx);
    e.a.js(leave); // attention, or a repetition that used up what the rest of the block needs
    e.a.shl(x86::rdx, budget_shift);
    e.a.and_(x86::r13d, (1u << budget_shift) - 1);
    e.a.or_(x86::r13, x86::rdx);
    e.a.movzx(x86::eax, x86::byte_ptr(site, offsetof(Site, fpu_loaded)));
    e.a.test(x86::eax, x86::eax);
    e.a.jz(loaded);
    e.a.test(x86::eax, u32{fpu_ready::x87});
    e.a.jz(load_sse);
    e.a.call(e.in_runtime(offsetof(Runtime, load_x87), 8));
    e.a.jmp(loaded);
    e.a.bind(load_sse);
    e.a.call(e.in_runtime(offsetof(Runtime, load_sse), 8));
    e.a.bind(loaded);
    e.a.mov(x86::rsp, x86::rbp);
    e.load_guest();
    e.a.ret();

    e.a.bind(not_next);
    e.a.cmp(x86::eax, static_cast<u32>(Flow::stop));
    e.a.jne(leave);
    e.a.cmp(x86::byte_ptr(site, offsetof(Site, continues)), 0);
    e.a.jne(go_on);
    e.a.bind(leave);
    e.a.mov(e.in_runtime(offsetof(Runtime, leave), 4), static_cast<u32>(Leave::step));
    e.a.mov(e.in_runtime(offsetof(Runtime, flow), 4), x86::eax);
    e.a.movzx(x86::eax, x86::byte_ptr(site, offsetof(Site, uncounted)));
    e.a.add(x86::r13, x86::rax);
    e.a.add(x86::rbp, 8); // no return to the block
    e.a.jmp(e.in_runtime(offsetof(Runtime, left), 8));
}

/// Which of the bytes from r9 on are code, where only marks keep a page from being written: ECX has a bit for each of
/// them, and 25 at least; all are set if it is not that. r10: the entry of the TLB; r11: the page of the last byte, as
/// emit_memory.cpp has it. Keeps r9, r10 and the flags.
void emit_marks(Emitter& e, bool user) {
    auto beside = e.a.newLabel();
    e.a.mov(x86::ecx, e.in_tlb(user, offsetof(Mmu::FastTlb, write_tag), x86::r10, 2, 4));
    e.a.lea(x86::ecx, x86::ptr(x86::rcx, x86::r11, 0, Mmu::beside_code + 1));
    e.a.jecxz(x86::ecx, beside);
    e.a.mov(x86::ecx, -1);
    e.a.ret();
    e.a.bind(beside);
    e.a.mov(x86::ecx, ~7u); // PEXT shifts and touches no flag
    e.a.pext(x86::ecx, x86::r9d, x86::ecx);
    e.a.mov(x86::r11, e.in_tlb(user, offsetof(Mmu::FastTlb, marks), x86::r10, 3, 8));
    e.a.mov(x86::ecx, x86::dword_ptr(x86::r11, x86::rcx));
    e.a.mov(x86::r11d, 7);
    e.a.pext(x86::r11d, x86::r9d, x86::r11d);
    e.a.shrx(x86::ecx, x86::ecx, x86::r11d);
    e.a.ret();
}

/// r9: the EIP to go to, where nothing better is known.
void emit_indirect(Emitter& e, const Options& options) {
    if (options.probe) {
        e.emit_probe([&](const x86::Mem& code) {
            if (options.instrument) e.emit_arrival(Level::probe);
            e.a.jmp(code);
        });
    }
    e.a.mov(RINGSHIFT_STATE(rip, 8), x86::r9);
    e.a.jmp(e.in_runtime(offsetof(Runtime, leave_indirect), 8));
}

/// r9: the EIP to go to; r10: the place in own_targets of the branch that goes there, in bytes.
void emit_recall(Emitter& e, const Options& options) {
    e.a.mov(e.in_runtime(offsetof(Runtime, recalling), 8), x86::r10);
    e.emit_probe([&](const x86::Mem& code) {
        constexpr std::size_t own = offsetof(Runtime, own_targets);
        e.a.mov(x86::r11, code);
        e.a.mov(x86::r10, e.in_runtime(offsetof(Runtime, recalling), 8));
        e.a.mov(e.in_runtime(own + offsetof(Runtime::OwnTarget, code), x86::r10, 0, 8), x86::r11);
        e.a.mov(x86::r11, e.in_runtime(offsetof(Runtime, own_context), 8));
        e.a.lea(x86::r11, x86::ptr(x86::r11, x86::r9));
        e.a.not_(x86::r11);
        e.a.lea(x86::r11, x86::ptr(x86::r11, 1));
        e.a.mov(e.in_runtime(own + offsetof(Runtime::OwnTarget, key), x86::r10, 0, 8), x86::r11);
        if (options.instrument) e.emit_arrival(Level::probe);
        e.a.jmp(e.in_runtime(own + offsetof(Runtime::OwnTarget, code), x86::r10, 0, 8));
    });
    e.a.mov(RINGSHIFT_STATE(rip, 8), x86::r9);
    e.a.jmp(e.in_runtime(offsetof(Runtime, leave_indirect), 8));
}

} // namespace

Result<std::unique_ptr<Stubs>> Stubs::create(Cpu& cpu, Emitter& emitter, Runtime& runtime, const Options& options,
                                             FindSite find_site, GoOn go_on) {
    auto stubs = std::make_unique<Stubs>();
    stubs->m_memory = TRY(CodeMemory::create(page_size));
    u32 end = 0;
    const auto place = [&](auto emit) {
        emitter.begin(false);
        emit();
        const auto code = emitter.finish();
        stubs->m_memory->publish(end, code);
        const u8* where = stubs->m_memory->executable(end);
        end = static_cast<u32>((end + code.size() + 63) & ~u64{63});
        return where;
    };
    const u8* tables = reinterpret_cast<const u8*>(cpu.mmu.fast_tlb());
    const u8* enter = place([&] { emit_enter(emitter, cpu, tables); });
    runtime.helper = place([&] { emit_helper(emitter, cpu, find_site); });
    runtime.helper_instead = place([&] {
        emitter.a.mov(x86::rcx, x86::r12);
        emitter.a.jmp(emitter.in_runtime(offsetof(Runtime, helper), 8));
    });
    runtime.leave_direct = place([&] { emit_leave(emitter, Leave::direct); });
    runtime.leave_indirect = place([&] { emit_leave(emitter, Leave::indirect); });
    runtime.leave_budget = place([&] { emit_leave(emitter, Leave::budget); });
    runtime.load_sse = place([&] { emit_load_sse(emitter); });
    runtime.load_x87 = place([&] { emit_load_x87(emitter); });
    runtime.indirect = place([&] { emit_indirect(emitter, options); });
    runtime.recall = place([&] { emit_recall(emitter, options); });
    runtime.marks = place([&] { emit_marks(emitter, false); });
    runtime.user_marks = place([&] { emit_marks(emitter, true); });
    runtime.left = place([&] { emit_left(emitter, go_on); });
    const u8* sentinel = place([&] { // the return stack is empty: its sentinel goes back
        emitter.a.lea(x86::rsp, x86::ptr(x86::rsp, -8));
        emitter.a.jmp(emitter.in_runtime(offsetof(Runtime, indirect), 8));
    });
    for (const bool user : {false, true}) {
        stubs->m_returns[user] = TRY(ReturnStack::create());
        stubs->m_empty[user] = stubs->m_returns[user]->begin(sentinel);
    }
    stubs->m_memory->synchronise();
    stubs->m_enter = reinterpret_cast<void (*)()>(reinterpret_cast<std::uintptr_t>(enter));
    return stubs;
}

} // namespace ringshift::bt
