#!/usr/bin/env python3
"""random_system.py INSN_RUNNER HOST_RUNNER [--kind KIND] [--programs N] [--seed FIRST] [--step N]

Random privileged code on our engines and on Debian's Bochs. A program is 30 steps; each puts all tables back as they were,
executes one instruction (or a few) at some privilege level, and prints eight digits that stand for what came of it: vector,
error code, frame, registers, descriptors, TSSs or page tables. Kinds:

    segments   segment loads, far transfers, gates, tasks, interrupts, returns among random descriptors; virtual-8086 mode with VME
    paging     accesses of all sorts under random page table entries, two levels or PAE
    debug      breakpoints and single-stepping over short sequences

A difference is reported with the step's instructions; --seed S --programs 1 repeats it, --step N prints that step's values one
by one. Left out is what the manual leaves open or Bochs does otherwise: SS as the recorder's own, instruction breakpoints
together with traps, jumps into memory that holds nothing. Status 77: there is no Bochs."""
import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
STEPS = 30
SLOT, SLOTS = 0x40, 24


class Program:
    """The text of one case; subclasses give its set-up, its steps and what a step prints."""

    values = []  # dwords to print, as operands

    def __init__(self, seed, shown_step):
        self.random = random.Random(f"{type(self).__name__} {seed}")
        self.shown_step = shown_step
        self.lines = []
        self.operations = []

    def emit(self, *lines):
        self.lines += lines

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, *choices):
        return self.random.choice(choices)

    def text(self):
        self.emit("; Random system code", "; mode: system", "; output: ?", '%include "system.inc"',
                  "%macro mix 1", "    rol ebx, 5", "    add ebx, %1", "%endmacro", "start:")
        self.set_up()
        self.emit("    jmp steps", "print:")
        if self.shown_step is None:
            self.emit("    xor ebx, ebx", *[f"    mix {value}" for value in self.values], *self.more_values("mix eax"),
                      "    mov eax, ebx", "    mov ecx, 8", ".digit:", "    rol eax, 4", "    push eax", "    and al, 15",
                      "    cmp al, 10", "    sbb al, 0x69", "    das", "    out 0xE9, al", "    pop eax", "    loop .digit")
        else:
            for value in self.values:
                self.emit(f"    mov eax, {value}", "    call print_hex32")
            self.emit("    xor ebx, ebx", *self.more_values("mix eax"), "    mov eax, ebx", "    call print_hex32")
        self.emit("    ret")
        self.procedures()
        self.emit("steps:")
        for step in range(STEPS):
            first = len(self.lines)
            self.step(step)
            self.operations.append([line.strip() for line in self.lines[first:]])
            if self.shown_step in (None, step):
                self.emit("    call print")
        self.emit("    finish")
        self.data()
        return "\n".join(self.lines) + "\n"

    def more_values(self, instruction):
        """Loops over memory that bring each dword to EAX."""
        return []

    def over(self, name, address, count, instruction):
        return [f"    mov esi, {address}", f"    mov ecx, {count}", f".{name}:", "    lodsd", f"    {instruction}",
                f"    loop .{name}"]

    def begin_recording(self, step):
        self.emit(f"    mov dword [resume], .after{step}", "    mov [resume_esp], esp", "    mov dword [recorded_vector], -1")

    def registers(self, names=("eax", "ebx", "ecx", "edx", "esi", "edi", "ebp")):
        for name in names:
            self.emit(f"    mov {name}, {self.random.getrandbits(32):#x}")

    def procedures(self):
        pass

    def data(self):
        pass


def descriptor(base, limit, attributes):
    return (limit & 0xFFFF | (base & 0xFFFFFF) << 16 | (attributes & 0xFF) << 40 | (limit >> 16 & 15) << 48
            | (attributes >> 8 & 15) << 52 | (base >> 24) << 56)


class Segments(Program):
    values = ["[recorded_vector]", "[recorded_error]", "[recorded_eip]", "[recorded_cs]", "[recorded_flags]", "[outer_esp]",
              "[outer_ss]", "[recorded_at]"] + [f"[recorded_gprs + {4 * i}]" for i in (0, 1, 2, 4, 5, 6, 7)] + [
                  "[task_switched]", "[task]", "[local]"]
    LEVELS = {0: ("CODE32", "DATA32"), 1: (SLOT | 1, SLOT + 8 | 1), 2: (SLOT + 16 | 2, SLOT + 24 | 2), 3: (0x2B, 0x33)}
    TASKS = [SLOT + 8 * n for n in (20, 21, 22)]
    LDT = SLOT + 8 * 23

    def selector(self):
        kind = self.random.random()
        if kind < 0.05:
            return self.random.randrange(6) * 8 | 4 | self.pick(0, 3, 1, 2)
        if kind < 0.75:
            index = SLOT + 8 * self.random.randrange(SLOTS)
        else:
            index = self.pick(8, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38, 0, 0x100, 0x1230, 0xFFF8)
        return index | self.pick(0, 0, 3, 1, 2)

    def random_descriptor(self):
        privilege, present = self.pick(0, 0, 3, 3, 1, 2) << 5, 0x80 if self.chance(0.88) else 0
        kind = self.random.random()
        if kind < 0.25:
            limit, size = self.pick((0xFFFFF, 0xC), (0xFFFFF, 0x8), (0xFFFFF, 0x4), (0xFFFF, 0), (0xFFFF, 4))
            return descriptor(0, limit, self.pick(0x1B, 0x1A, 0x19, 0x1F, 0x1E) | present | privilege | size << 8)
        if kind < 0.5:
            limit = self.pick(0xFFFFF, 0xFFFF, 0xFFF, 0)
            return descriptor(0, limit, self.pick(0x13, 0x12, 0x11, 0x17, 0x16, 0x10) | present | privilege
                              | self.pick(0xC, 0x8, 0x4, 0) << 8)
        if kind < 0.78:
            gate = self.pick(4, 12, 12, 5, 5, 6, 14, 0)
            target = self.pick(*self.TASKS) if gate == 5 and self.chance(0.7) else self.selector()
            return gate | present | privilege, target, self.random.randrange(self.pick(4, 32))
        if kind < 0.86:
            return descriptor(0x3800, self.pick(0x2F, 0x0F), 2 | present | privilege)
        return descriptor(self.pick(0x3000, 0x3100), self.pick(0x67, 0x67, 0x66), self.pick(9, 11) | present | privilege)

    def set_up(self):
        fixed = [0xCBB, 0xCB3, 0xCDB, 0xCD3]  # code and data of levels 1 and 2
        self.slots = [descriptor(0, 0xFFFFF, attributes) for attributes in fixed]
        self.slots += [self.random_descriptor() for _ in range(4, 20)]
        for base, kind, limit in ((0x3000, 9, 0x67), (0x3100, 9, 0x67), (0x3200, 1, 0x2B)):
            self.slots.append(descriptor(base, limit - (self.chance(0.1)), kind | 2 * self.chance(0.1)
                                         | (0x80 if self.chance(0.92) else 0) | self.pick(0, 0x60)))
        self.slots.append(descriptor(0x3800, 0x2F, 0x82))
        self.local = [0] + [descriptor(0, self.pick(0xFFFFF, 0xFFF), self.pick(0xC9B, 0xCFB, 0xC93, 0xCF3, 0xCFF, 0x413, 0x082))
                            for _ in range(5)]
        self.emit(f"    set_cr4 {self.pick(0, 0, 'CR4_VME')}, CR4_VME", "    xor eax, eax", "    mov [0xFFFC], eax",
                  "    mov [0x10000], eax")
        for vector in range(0x60, 0x70):
            kind = self.pick(6, 7, 14, 15, 14, 15, 5)
            target = self.pick(*self.TASKS, self.selector()) if kind == 5 else self.pick(8, 8, 0x18, self.selector())
            rights = kind | (0x80 if self.chance(0.9) else 0) | self.pick(0, 0x60, 0x60)
            self.emit(f"    set_gate IDT + 8 * {vector}, {target}, land, {rights}")

    def procedures(self):
        copies = [("template", f"gdt + {SLOT}", 2 * SLOTS), ("tasks", "0x3000", 0xC0), ("local_table", "0x3800", 12),
                  ("own_task", "TSS", 0x1C)]
        self.emit("restore:", "    pushad", "    cld", "    clts", "    mov ax, DATA32", "    mov ds, ax", "    mov es, ax",
                  "    xor eax, eax", "    mov fs, ax", "    mov gs, ax")
        for source, target, count in copies:
            self.emit(f"    mov esi, {source}", f"    mov edi, {target}", f"    mov ecx, {count}", "    rep movsd")
        for target, count in (("recorded", 23), ("0x6400", 0x400)):  # the inner and outer stacks too
            self.emit(f"    mov edi, {target}", f"    mov ecx, {count}", "    rep stosd")
        self.emit("    mov byte [gdt + TASK + 5], 0x89", "    mov ax, TASK", "    ltr ax", f"    mov ax, {self.LDT}",
                  "    lldt ax", "    push dword 2", "    popfd", "    popad", "    ret", "land:", "    int 0x77", "    nop",
                  "    nop")
        # After a step: what only some frames have, and what must be asked for.
        self.emit("gather:", "    mov ax, DATA32", "    mov ds, ax", "    mov es, ax", "    cld", "    xor eax, eax",
                  "    xor edx, edx", "    test dword [recorded_flags], VM", "    jnz .outer", "    test byte [recorded_cs], 3",
                  "    jz .same", ".outer:", "    mov eax, [recorded_esp]", "    movzx edx, word [recorded_ss]", ".same:",
                  "    mov [outer_esp], eax", "    mov [outer_ss], edx", "    mov eax, cr0", "    and eax, CR0_TS",
                  "    mov [task_switched], eax", "    str [task]", "    sldt [local]", "    ret")

    def more_values(self, instruction):
        return (self.over("gdt", "gdt + TASK", 2 + 2 * SLOTS, instruction) + self.over("tasks", "0x3000", 0xC0, instruction)
                + self.over("own", "TSS", 0x1C, instruction) + self.over("ldt", "0x3800", 12, instruction))

    def operation(self, level):
        selector = self.selector()
        register = self.pick("ds", "es", "fs", "gs", *["ss"] * (level > 0))
        kind = self.pick("load", "pop", "query", "jump", "call", "indirect", "return", "return", "int", "int", "lldt", "ltr",
                         "pointer", "flags", "arpl")
        if kind == "load":
            access = self.pick([], [f"mov ecx, [{register}:{self.pick(0x5000, 0x5FFE, 0x5FFF, 0xFFFF, 0x10000)}]"],
                               [f"mov [{register}:{self.pick(0x5000, 0x5001, 0x5FFF)}], cl"])
            return [f"mov eax, {selector}", f"mov {register}, ax", *access]
        if kind == "pop":
            return [f"push dword {selector}", f"{self.pick('', 'o16')} pop {register}"]
        if kind == "pointer":
            return [f"push dword {selector}", "push dword 0x6B00", f"l{register} ebp, [esp]"]
        if kind == "query":
            return [f"mov eax, {selector}", "lar ebx, eax", "pushfd", "pop ecx", "lsl edx, eax", "pushfd", "pop esi", "verr ax",
                    "pushfd", "pop edi", "verw ax", "pushfd", "pop ebp"]
        if kind == "jump":
            return [f"jmp {selector}:land"]
        if kind == "call":
            return ["push dword 0x11", "push dword 0x22", f"call {selector}:land"]
        if kind == "indirect":
            size = self.pick("word", "dword")
            return [f"push word {selector}", f"push {size} land", f"{self.pick('call', 'jmp')} {size} far [esp]"]
        if kind == "return":
            return self.return_operation(level, selector)
        if kind == "int":
            return [f"int {self.random.randrange(0x60, 0x70)}"]
        if kind == "flags":
            return [self.pick("cli", "sti", "pushfd", "pushf", "push dword 0x7ED7\npopfd", "push word 0x3ED7\npopf")]
        if kind == "arpl":
            return [f"mov eax, {selector}", f"mov ecx, {self.random.randrange(4)}", "arpl ax, cx"]
        return [f"mov eax, {selector}", f"{kind} ax"]

    def return_operation(self, level, selector):
        size, interrupt = self.pick("dword", "dword", "word"), self.chance(0.5)
        flags = self.pick(2, 0x202, 0x3002, 0x3202, 0x7202)
        target = self.pick(selector, selector, 0x2B, 8, SLOT | 1, SLOT + 16 | 2)
        lines = []
        if interrupt and size == "dword" and self.chance(0.1):
            flags, target = flags | 0x20000, 0
            lines += [f"push dword {value}" for value in (0x44, 0x33, 0x22, 0x11)]
        lines += [f"push {size} {self.pick(0x33, 0x33, SLOT + 8 | 1, SLOT + 24 | 2, self.selector())}", f"push {size} 0x6A00"]
        if interrupt and self.chance(0.1):
            link = self.selector()
            # A task that returns to itself: whether it is saved before it is loaded is nobody's business.
            back = [f"mov word [ss:TSS], {link}"] if level == 0 and link & ~3 != 0x38 else []
            lines = back + ["push dword 0x4002", "popfd"] + lines
        lines += [f"push {size} {flags}"] * interrupt + [f"push {size} {target}", f"push {size} land"]
        if interrupt:
            return lines + ["iretd" if size == "dword" else "iretw"]
        return lines + [f"{'' if size == 'dword' else 'o16'} {self.pick('retf', 'retf 4')}"]

    def step(self, step):
        level = self.pick(0, 0, 3, 3, 3, 1, 2, "v86")
        self.emit("    call restore", "    mov esp, STACK0 - 64")
        self.begin_recording(step)
        flags = 2 | self.pick(0, 0, 3, 1) << 12 | self.pick(0, 0x200, 1, 0x8D5)
        self.registers()
        if level == "v86":
            flags |= 0x20000 | self.pick(0, 0x80000, 0x100000)
            frame = [0x44, 0x33, 0x22, 0x11, 0, 0x6B00, flags, 0]
            image = self.pick(2, 0x3202, 0x7ED7, 0x302)
            code = [self.pick(f"int {self.random.randrange(0x60, 0x70)}", "int3", "into", "pushf", "o32 pushf", "popf", "cli",
                              "sti", "mov ax, 0x123\nmov ds, ax", "call 0x700:land - 0x7000",
                              f"push word {image}\npush word 0\npush word land\niret",
                              f"push dword {image | self.pick(0, 0x20000, 0x180000)}\npush dword 0\npush dword land\niretd")]
        else:
            code_selector, stack = self.LEVELS[level]
            frame = ([stack, 0x6C00] if level else []) + [flags if level or self.chance(0.3) else 2, code_selector]
            code = self.operation(level)
        self.emit(*[f"    push dword {value}" for value in frame], f"    push dword .operation{step}")
        if level == 3:
            self.emit("    mov ds, [user_data]", "    mov es, [ss:user_data]")
        self.emit("    iretd", *["bits 16"] * (level == "v86"), f".operation{step}:", *code, "    int 0x77", "    hlt", "bits 32",
                  f".after{step}:", "    call gather")

    def task_state(self):
        if self.chance(0.5):
            return {"cs": 0x2B, "ss": 0x33, "ds": self.selector(), "es": self.pick(0x33, self.selector()),
                    "fs": self.pick(0, 0x33, self.selector())}
        if self.chance(0.5):
            return {"cs": 8, "ss": 0x10, "ds": self.pick(0x10, self.selector()), "es": 0x10, "fs": self.pick(0, self.selector())}
        wrong = self.pick("cs", "ss")  # not both: which of them is reported is the processor's choice
        return {"cs": 0x2B, "ss": 0x33, "ds": 0x33, "es": 0x33, "fs": 0} | {wrong: self.selector() | 3}

    def data(self):
        self.emit("align 8", "template:")
        for slot in self.slots:
            if isinstance(slot, tuple):
                self.emit(f"    dw land, {slot[1]}, {slot[2] | slot[0] << 8}, 0")
            else:
                self.emit(f"    dq {slot:#x}")
        self.emit("local_table:", *[f"    dq {entry:#x}" for entry in self.local], "tasks:")
        inner = f"0x7000, 0x10, 0x6F00, {SLOT + 8 | 1}, 0x6E80, {SLOT + 24 | 2}"
        for _ in range(2):
            state = self.task_state()
            # A task of level 0 that fails before it has a stack cannot have a handler.
            local = self.pick(0, self.LDT) if state["cs"] == 8 else self.pick(0, 0, self.LDT, self.selector())
            self.emit(f"    dd {self.pick(0, 0, 0x38, self.TASKS[0])}, {inner}, 0, land, {self.pick(2, 0x202, 0x3002)}",
                      "    dd 0xA0A0A0A0, 0xC0C0C0C0, 0xD0D0D0D0, 0xB0B0B0B0, 0x6A80, 0xE0E0E0E0, 0x51515151, 0xD1D1D1D1",
                      f"    dd {state['es']}, {state['cs']}, {state['ss']}, {state['ds']}, {state['fs']}, 0, "
                      f"{local}, 0x680000", "    times 0x100 - 0x68 db 0")
        self.emit(f"    dw 0, {inner}, land, 2, 0xA0A0, 0xC0C0, 0xD0D0, 0xB0B0, 0x6A80, 0xE0E0, 0x5151, 0xD1D1",
                  f"    dw 0x33, 0x2B, 0x33, {self.selector()}, 0", "    times 0x100 - 0x2C db 0", "own_task:",
                  f"    dd 0, STACK0_INNER, DATA32, 0x7200, {self.pick(SLOT + 8 | 1, self.selector())}, 0x7100, "
                  f"{self.pick(SLOT + 24 | 2, self.selector())}", "    times 0x66 - 28 db 0", "    dw 0x88", "    times 8 db 0")
        self.emit("user_data: dd USER_DATA", *[f"{name}: dd 0" for name in ("outer_esp", "outer_ss", "task_switched", "task",
                                                                           "local")])


class Paging(Program):
    TABLE, DIRECTORY, POINTERS = 0x22000, 0x23000, 0x24000

    def __init__(self, seed, shown_step):
        super().__init__(seed, shown_step)
        self.pae = seed % 2 == 1
        self.upper = f"{self.DIRECTORY + 16:#x}" if self.pae else "PAGE_DIRECTORY + 4"  # maps 400000
        self.values = ["[recorded_vector]", "[recorded_error]", "[recorded_eip]", "[recorded_cs]", "[recorded_flags]",
                       "[fault_address]", f"[{self.upper}]", f"[{self.TABLE}]", f"[{self.TABLE + 4}]", f"[{self.TABLE + 8}]",
                       "[FREE_MEMORY]", "[FREE_MEMORY + 0xFFC]", "[FREE_MEMORY + 0x1000]", "[recorded_gprs + 28]",
                       "[recorded_gprs + 24]"]

    def set_up(self):
        self.emit("    mov edi, FREE_MEMORY", "    mov ecx, 0x1800", "    mov ax, 0x77CD", "    rep stosw",  # INT 77h
                  f"    mov edi, {self.TABLE}", "    mov ecx, 0xC00", "    xor eax, eax", "    rep stosd")
        if not self.pae:
            self.emit("    enable_paging")
            return
        self.emit(f"    mov dword [{self.POINTERS}], {self.DIRECTORY + 1}", f"    mov dword [{self.DIRECTORY}], 0xE7",
                  f"    mov dword [{self.DIRECTORY + 8}], 0x2000E7", "    set_cr4 CR4_PAE, 0",
                  f"    write_msr 0xC0000080, 0, {self.pick(0, 0x800, 0x800)}", f"    mov eax, {self.POINTERS}",
                  "    mov cr3, eax", "    set_cr0 CR0_PG, 0")

    def procedures(self):
        self.emit("gather:", "    xor eax, eax", "    cmp dword [recorded_vector], 14", "    jne .no_page_fault",
                  "    mov eax, [recorded_cr2]", ".no_page_fault:", "    mov [fault_address], eax", "    ret")

    def entry(self, frame):
        low = frame | (self.chance(0.85) | 2 * self.chance(0.65) | 4 * self.chance(0.65))
        for bit in (0x8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800):
            low |= bit * self.chance(0.2)
        high = 0x80000000 * self.chance(0.2) | self.pick(0x40000000, 0x100000, 0x200) * self.chance(0.06) if self.pae else 0
        return low, high

    def store_entry(self, address, entry):
        self.emit(f"    mov dword [{address}], {entry[0]:#x}")
        if self.pae:
            self.emit(f"    mov dword [{address} + 4], {entry[1]:#x}")

    def step(self, step):
        sizes = self.pick("CR4_PSE", "CR4_PSE", "CR4_PSE | CR4_PGE", "0")
        large = self.chance(0.25) and (self.pae or sizes != "0")
        low, high = self.entry(0 if large else self.TABLE)
        low = low | 0x80 | 0x2000 * self.chance(0.1) | 0x200000 * self.chance(0.15) if large else low & ~0x80
        for address in ("FREE_MEMORY", "FREE_MEMORY + 0xFFC", "FREE_MEMORY + 0x1000"):
            self.emit(f"    mov dword [{address}], 0x77CD77CD")
        self.store_entry(self.upper, (low, high))
        for page in range(2):
            self.store_entry(f"{self.TABLE + page * (8 if self.pae else 4):#x}", self.entry(0x30000 + 0x1000 * page))
        self.emit(f"    set_cr0 {self.pick('0', 'CR0_WP')}, CR0_WP", "    set_cr4 0, CR4_PSE | CR4_PGE", f"    set_cr4 {sizes}, 0",
                  "    mov eax, cr3", "    mov cr3, eax")
        self.begin_recording(step)
        self.emit("    xor eax, eax", *[f"    mov [recorded + {4 * i}], eax" for i in range(1, 7)])
        base = 0x400000 + (0x30000 if large else 0)
        address = base + self.pick(0, 0, 0x10, 0xFFC, 0xFFE, 0xFFF, 0x1000)
        execute = self.chance(0.12)
        code = [self.pick("mov ecx, [ebp]", "mov [ebp], ecx", "add [ebp], ecx", "lock xadd [ebp], ecx", "cmpxchg [ebp], ecx",
                          "push dword [ebp]", "mov cx, [ebp]", "mov [ebp], cl", "cmp byte [ebp], 1", "bts dword [ebp], 1",
                          "xchg [ebp], ecx", "fild dword [ebp]", "lar ecx, [ebp]", "cmpxchg8b [ebp]", "push dword 5\npop dword [ebp]",
                          f"mov esi, ebp\nmov edi, {base + self.pick(0x20, 0xFFE, 0x1000):#x}\nmovsd")]
        target = f"{address & ~1:#x}" if execute else f".operation{step}"
        level = self.pick(0, 3)
        self.emit("    mov eax, 0x11223344", "    mov ecx, 0x55667788", "    mov edx, 0x99", f"    mov ebp, {address:#x}")
        frame = ["USER_DATA", "STACK3", 2, "USER_CODE"] if level else [2, "CODE32"]
        self.emit(*[f"    push dword {value}" for value in frame], f"    push dword {target}")
        if level:
            self.emit("    mov ds, [user_data]", "    mov es, [ss:user_data]")
        self.emit("    iretd", f".operation{step}:", *([] if execute else code), "    int 0x77", f".after{step}:",
                  "    call gather")

    def data(self):
        self.emit("align 4", "user_data: dd USER_DATA", "fault_address: dd 0")


class Debug(Program):
    values = ["[hash]", "[count]", "[recorded_vector]", "[recorded_eip]"] + [f"[AREA + {4 * i}]" for i in range(5)]
    INSTRUCTIONS = [
        "nop", "inc eax", "mov [AREA], eax", "mov eax, [AREA + 4]", "mov byte [AREA + 7], 1", "mov ax, [AREA + 3]",
        "add [AREA + 8], ecx", "xchg [AREA + 12], edx", "lock inc dword [AREA]", "mov ecx, 4\nrep stosb", "mov ecx, 2\nrep movsd",
        "mov ecx, 3\nrep scasb", "mov ecx, 4\nrepne cmpsb", "lodsd", "movsb", "stosw", "pushfd\npop ebx", "int 0x60",
        "sti\nnop\ncli", "jmp short $ + 2", "call %%here\n%%here:\npop ebp", "fld dword [AREA]\nfstp dword [AREA + 8]",
        "movups xmm0, [AREA + 2]", "movups [AREA + 6], xmm0", "cmp dword [AREA + 4], 0", "bts dword [AREA], 35",
        "mov eax, 0x60\nbts [AREA], eax", "push dword [AREA]\npop dword [AREA + 8]", "push eax\nin al, 0x80\npop eax",
        "out 0x80, al", "push eax\nin ax, 0x82\npop eax", "mov edx, 0x80\noutsb", "mov edx, 0x80\nmov ecx, 2\nrep outsb",
        "pushad\npopad", "enter 4, 0\nleave", "test dword [AREA + 2], 1", "loop $ + 2", "es lodsb", "cmpxchg [AREA + 4], edx",
        "mov ebx, AREA\nmov al, 3\nxlatb", "mov ecx, 3\n%%again:\ndec ecx\njnz %%again", "push ds\npop es",
        "mov bx, ds\nmov ds, bx", "into", "cli", "fnstcw [AREA + 5]", "pushfd\npopfd"]

    def set_up(self):
        self.emit("AREA equ SCRATCH + 0x200", "    set_gate IDT + 8, CODE32, debug_handler, 0xEE",
                  "    set_gate IDT + 8 * 0x60, CODE32, interrupt_handler, 0xEE", "    set_cr4 CR4_DE | CR4_OSFXSR, 0", "    fninit")

    def procedures(self):
        # Mixes EIP, DR6 as far as enabled, and EFLAGS without RF; then sets RF. After 200 it switches all off.
        self.emit("interrupt_handler:", "    nop", "    inc dword [ss:AREA + 0x40]", "    iretd", "debug_handler:", "    push eax",
                  "    push ebx", "    mov ebx, [ss:hash]", "    mix [ss:esp + 8]", "    mov eax, dr6", "    and eax, [ss:enabled]",
                  "    mix eax", "    mov eax, [ss:esp + 16]", "    and eax, ~RF", "    mix eax", "    mov [ss:hash], ebx",
                  "    inc dword [ss:count]", "    xor eax, eax", "    mov dr6, eax", "    or dword [ss:esp + 16], RF",
                  "    cmp dword [ss:count], 200", "    jb .go_on", "    mov dr7, eax", "    and dword [ss:esp + 16], ~TF", ".go_on:",
                  "    pop ebx", "    pop eax", "    iretd")

    def breakpoints(self, step, count, instructions):
        control, enabled = 0, 0x4000
        for number in range(4):
            if self.chance(0.5):
                continue
            kind = 0 if instructions else self.pick(1, 3, 1, 3, 2)
            length = 0 if instructions else self.pick(0, 1, 3)
            where = f".operation{step}_{self.random.randrange(count)}" if instructions else (
                f"{self.pick(0x80, 0x81, 0x82)}" if kind == 2 else f"AREA + {self.random.randrange(24)}")
            self.emit(f"    mov eax, {where}", f"    mov dr{number}, eax")
            control |= self.pick(1, 2, 3) << 2 * number | (kind | length << 2) << 16 + 4 * number
            enabled |= 1 << number
        self.emit(f"    mov dword [enabled], {enabled:#x}")
        return control

    def step(self, step):
        sequence = [self.pick(*self.INSTRUCTIONS) for _ in range(self.random.randrange(4, 12))]
        instructions, level = self.chance(0.35), self.pick(0, 3)
        control = self.breakpoints(step, len(sequence), instructions)
        self.begin_recording(step)
        self.emit("    xor eax, eax", "    mov [hash], eax", "    mov [count], eax", "    mov edi, AREA", "    mov ecx, 24",
                  "    rep stosd", "    mov dr6, eax", f"    mov eax, {control:#x}", "    mov dr7, eax", "    mov eax, 5",
                  "    mov ebx, AREA", "    mov ecx, 4", "    mov edx, 0x80", "    mov esi, AREA", "    mov edi, AREA + 8",
                  "    xor ebp, ebp")
        flags = 0x3002 | 0x100 * (self.chance(0.5) and not instructions)
        frame = ["USER_DATA", "STACK3", flags, "USER_CODE"] if level else [flags, "CODE32"]
        self.emit(*[f"    push dword {value}" for value in frame], f"    push dword .sequence{step}")
        if level:
            self.emit("    mov ds, [user_data]", "    mov es, [ss:user_data]")
        self.emit("    iretd", f".sequence{step}:")
        for index, instruction in enumerate(sequence):
            self.emit(f".operation{step}_{index}:", *["    mov esi, AREA", "    mov edi, AREA + 8"] * self.chance(0.3),
                      instruction.replace("%%", f".l{step}_{index}_"))
        self.emit("    int 0x77", f".after{step}:", "    xor eax, eax", "    mov dr7, eax", "    push dword 2", "    popfd")

    def data(self):
        self.emit("align 4", *[f"{name}: dd 0" for name in ("hash", "count", "enabled")], "user_data: dd USER_DATA")


KINDS = {"segments": Segments, "paging": Paging, "debug": Debug}


def printed(text, engine):
    """What the runner says that the engine printed, instead of '?'."""
    for line in text.splitlines():
        if line.startswith(f"  {engine}: output '"):
            return line.split("'")[1]
    return None


def compare(arguments, folder, kind, seed):
    """None, or what differs."""
    program = KINDS[kind](seed, arguments.step)
    case = folder / "case.asm"
    case.write_text(program.text())
    ours = subprocess.run([arguments.insn_runner, arguments.host_runner, HERE, case], capture_output=True, text=True).stdout
    output = printed(ours, "interp")
    if output is None:
        return ours
    if ours.count(f": output '{output}'") != ours.count(": output '"):
        return "the engines differ:\n" + ours
    case.write_text(case.read_text().replace("; output: ?", f"; output: {output}"))
    bochs = subprocess.run([HERE / "run_on_bochs.sh", case], capture_output=True, text=True)
    if bochs.returncode == 77:
        print(bochs.stdout)
        sys.exit(77)
    if arguments.step is not None:
        print(f"ours   {output}\n{bochs.stdout}")
    if bochs.returncode == 0:
        return None
    theirs = bochs.stdout.split("prints '")[-1].split("'")[0]
    pairs = zip(range(STEPS), (output[i:i + 8] for i in range(0, 8 * STEPS, 8)), (theirs[i:i + 8] for i in range(0, 8 * STEPS, 8)))
    steps = [step for step, a, b in pairs if a != b]
    lines = [f"{kind} {seed}: steps {steps} differ"]
    for step in steps[:2]:
        lines.append(f"  step {step}: " + "; ".join(program.operations[step]))
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("insn_runner")
    parser.add_argument("host_runner")
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--programs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--step", type=int)
    arguments = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for kind in [arguments.kind] if arguments.kind else KINDS:
            for seed in range(arguments.seed, arguments.seed + arguments.programs):
                difference = compare(arguments, Path(folder), kind, seed)
                if difference:
                    failed += 1
                    print(difference, flush=True)
    print(f"{arguments.programs * (1 if arguments.kind else len(KINDS))} random system programs on Bochs, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
