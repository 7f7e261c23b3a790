; Every contributory exception on every other, and page faults: #DF or one after the other; from CPL 0 and CPL 3
; mode: system
; manual: SDM vol. 3A, 6.15, interrupt 8, tables 6-4 and 6-5
; output: PASS
%include "system.inc"
%macro gate_absent 1
    mov byte [IDT + 8 * (%1) + 5], 0x6E
%endmacro
%macro gate_present 1
    mov byte [IDT + 8 * (%1) + 5], 0xEE
%endmacro
; the first exception's instruction; its gate: #NP, #GP (not a gate; a null selector; beyond the GDT)
%macro double 2+                        ; vector, instruction
    gate_absent %1
    faults 8, 0, %2
    user_faults 8, 0, %2
    gate_present %1
    set_gate IDT + 8 * %1, CODE32, 0, 0xE9
    faults 8, 0, %2
    set_gate IDT + 8 * %1, 0, 0, 0xEE
    faults 8, 0, %2
    set_gate IDT + 8 * %1, 0x1230, 0, 0xEF
    faults 8, 0, %2
    user_faults 8, 0, %2
    set_gate IDT + 8 * %1, DATA32, 0, 0xEF
    faults 8, 0, %2
    set_gate IDT + 8 * %1, CODE32, recorder_stubs + 16 * %1, 0xEE
%endmacro
; benign first: the second is delivered by itself
%macro serial 3+                        ; vector, EXT of an error in its delivery, instruction
    gate_absent %1
    faults 11, 8 * %1 + 2 + %2, %3
    user_faults 11, 8 * %1 + 2 + %2, %3
    gate_present %1
    set_gate IDT + 8 * %1, CODE32, 0, 0xE9
    faults 13, 8 * %1 + 2 + %2, %3
    user_faults 13, 8 * %1 + 2 + %2, %3
    set_gate IDT + 8 * %1, 0, 0, 0xEE
    faults 13, %2, %3
    set_gate IDT + 8 * %1, 0x1230, 0, 0xEF
    faults 13, 0x1230 + %2, %3
    set_gate IDT + 8 * %1, DATA32, 0, 0xEF
    faults 13, DATA32 + %2, %3
    user_faults 13, DATA32 + %2, %3
    set_gate IDT + 8 * %1, CODE32, recorder_stubs + 16 * %1, 0xEE
%endmacro
start:
    set_descriptor SLOT, 0, 0xFFFFF, 0xC72          ; not present
    mov esi, 0x1238
    xor ecx, ecx
    mov edi, SLOT + 3
    double 13, mov fs, si
    double 0, div ecx
    double 11, mov fs, di
    set_cr0 CR0_NE, 0
    serial 6, 1, ud2
    serial 3, 0, int3
    serial 5, 1, {bound eax, [bounds]}
    set_cr0 CR0_TS, 0
    serial 7, 1, fld1
    clts
    serial 0x55, 0, int 0x55
    fninit
    mov word [SCRATCH], 0x37B
    fldcw [SCRATCH]
    fld1
    fldz
    fdivp st1, st0
    serial 16, 1, wait
    fninit
    ; INTO
    gate_absent 4
    mov al, 0x7F
    add al, al
    faults 11, 8 * 4 + 2, into
    gate_present 4
    ; #SS and #TS as first: with the second they are #DF too
    set_descriptor SLOT + 8, 0, 0x6FFF, 0x4093
    gate_absent 12
    mov ebp, 0x7FFFF000
    mov edx, esp
    mov bx, SLOT + 8
    mov word [SCRATCH + 4], 0
    set_gate IDT + 8 * 8, CODE32, recorder_stubs + 16 * 8, 0xEE
.ss:
    mov [resume_esp], esp
    mov dword [resume], .ss_after
    mov dword [recorded_vector], -1
    mov esp, 0x6800
    mov ss, bx
.ss_at:
    mov eax, [ebp]
.ss_after:
    fault_was 8, 0, .ss_at
    gate_present 12
    ; #TS (IRET with NT and no back link), then its gate
    gate_absent 10
    mov word [TSS], 0
    push dword NT | 2
    popfd
    faults 8, 0, iretd
    push dword 2
    popfd
    gate_present 10
    ; a contributory one, then #PF: the gate of #GP lies in a page that is not there. One after the other
    enable_paging
    mov dword [PAGE_TABLE + 4 * 0x100], FREE_MEMORY + 7
    mov dword [PAGE_TABLE + 4 * 0x101], FREE_MEMORY + 0x1007
    mov esi, IDT
    mov edi, 0x101000 - 14 * 8
    mov ecx, 128 * 2
    rep movsd
    mov word [SCRATCH], 128 * 8 - 1
    mov dword [SCRATCH + 2], 0x101000 - 14 * 8
    lidt [SCRATCH]
    mov dword [PAGE_TABLE + 4 * 0x100], 0
    invlpg [0x100000]
    mov esi, 0x1238
    faults 14, 0, mov fs, si
    equals [recorded_cr2], 0x101000 - 8
    user_faults 14, 0, mov fs, si                       ; a supervisor's access though CPL is 3
    equals [recorded_cr2], 0x101000 - 8
    faults 14, 0, ud2
    equals [recorded_cr2], 0x101000 - 8 * 8
    user_faults 14, 0, int3
    equals [recorded_cr2], 0x101000 - 8 * 11
    ; #PF, then #PF: gate 14 lies in the page that is not there, gate 8 does not
    mov dword [PAGE_TABLE + 4 * 0x100], FREE_MEMORY + 7
    mov esi, IDT
    mov edi, 0x101000 - 14 * 8
    mov ecx, 128 * 2
    rep movsd
    mov esi, IDT
    mov edi, 0x101000 - 9 * 8
    mov ecx, 128 * 2
    rep movsd
    mov dword [SCRATCH + 2], 0x101000 - 9 * 8
    lidt [SCRATCH]
    mov dword [PAGE_TABLE + 4 * 0x101], 0
    invlpg [0x101000]
    mov ebx, 0x800000
    faults 8, 0, mov al, [ebx]
    equals [recorded_cr2], 0x101000 + 5 * 8
    user_faults 8, 0, mov al, [ebx]
    equals [recorded_cr2], 0x101000 + 5 * 8
    ; #GP's gate in that page: #GP, #PF, #PF: a double fault of the two page faults
    mov esi, 0x1238
    faults 8, 0, mov fs, si
    equals [recorded_cr2], 0x101000 + 5 * 8
    finish
align 4
bounds: dd 0, -1
