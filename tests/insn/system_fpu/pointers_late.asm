; FIP, FDP and FOP are those of the last x87 instruction that is not a control instruction, whatever changes after it
; bochs: it sets FIP for an x87 store whose access faults; silicon does not
; mode: system
; manual: SDM vol. 1, 8.1.8 and 8.1.9
; bochs: it takes the pointers of an x87 instruction before its operand faults
; output: PASS
%include "system.inc"
ENV equ SCRATCH + 0x100
%macro pointers_are 3                           ; FIP, FOP, FDP
    fnstenv [ENV]
    fldcw [ENV]
    equals [ENV + 12], %1
    equals [ENV + 16], CODE32 | %2 << 16
    equals [ENV + 20], %3
%endmacro
start:
    fninit
    enable_paging
    mov dword [SCRATCH], 0x3F800000             ; 1.0
    mov dword [SCRATCH + 4], 0x40000000         ; 2.0
    mov ebx, SCRATCH
    mov esi, 4
    ; the address register changes behind the access
.one:
    fld dword [ebx]
    add ebx, 4
    pointers_are .one, 0x103, SCRATCH
.two:
    fmul dword [ebx + esi - 4]
    mov esi, 0x800000
    pointers_are .two, 0x04C, SCRATCH + 4
    ; register forms leave FDP alone
    fld dword [ebx]
.three:
    faddp st1, st0
    lea ebx, [ebx + 8]
    pointers_are .three, 0x6C1, SCRATCH + 4
    equals [ENV + 24], DATA32 | 0xFFFF0000
    ; control instructions leave all alone
    fnstcw [SCRATCH + 8]
    fnstsw ax
    fldcw [SCRATCH + 8]
    fnclex
    pointers_are .three, 0x6C1, SCRATCH + 4
    ; a page fault of another instruction comes between
    mov ebx, SCRATCH + 4
.four:
    fld dword [ebx]
    faults 14, 0, add ebx, [esi]
    mov ebx, 0
    pointers_are .four, 0x103, SCRATCH + 4
    ; one of an x87 instruction changes nothing
    mov ebx, SCRATCH
.five:
    fstp dword [ebx + 12]
    faults 14, 2, fst dword [esi]
    pointers_are .five, 0x15B, SCRATCH + 12
    ; handlers and stores to the stack come between
    mov ebx, SCRATCH
    mov edi, SCRATCH + 0x200
    mov ecx, 4
    cld
.six:
    fiadd dword [ebx]
    push ebx
    rep stosd
    pop eax
    xor ebx, ebx
    pointers_are .six, 0x203, SCRATCH
    ; a call and a loop come between
    mov ebx, SCRATCH
    mov ecx, 3
.again:
    call .load
    add ebx, 4
    fstp st0
.seven:
    fchs
    loop .again
    pointers_are .seven, 0x1E0, SCRATCH + 8
    ; FDS is that of the access
    mov ax, DATA32
    mov fs, ax
    set_descriptor SLOT, SCRATCH, 0xFFF, 0x093
    mov ax, SLOT
    mov gs, ax
.eight:
    fld dword [gs:4]
    mov gs, [zero]
    pointers_are .eight, 0x105, 4
    equals [ENV + 24], SLOT | 0xFFFF0000
    fstp st0
    finish
.load:
    fld dword [ebx]
    ret
zero dd 0
