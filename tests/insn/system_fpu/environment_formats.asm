; The four formats of FNSTENV, FNSAVE, FLDENV and FRSTOR: 16 and 32 bits, protected and real or virtual-8086 mode; the pointers in them
; mode: system
; manual: SDM vol. 1, 8.1.10, figures 8-9 to 8-12
; output: PASS
%include "system.inc"
AREA equ SCRATCH + 0x100
start:
    set_descriptor SLOT, SCRATCH, 0xFFF, 0x093
    mov ax, SLOT
    mov fs, ax
%macro word_is 2                         ; offset, value
    movzx eax, word [AREA + (%1)]
    equals eax, %2
%endmacro
%macro operation 1                      ; a store of PI through FS, at this label
    fninit
    fldpi
    fld1
    fstp st0
%1:
    fst dword [fs:8]
%endmacro
    ; protected, 32 bits
    operation .op32
    fnstenv [AREA]
    word_is 0, 0x37F
    word_is 4, 0x3A20
    word_is 8, 0x3FFF
    equals [AREA + 12], .op32
    word_is 16, CODE32
    movzx eax, word [AREA + 18]
    and eax, 0x7FF
    equals eax, 0x115                   ; D9 15
    equals [AREA + 20], 8
    word_is 24, SLOT
    ; protected, 16 bits
    operation .op16
    mov dword [AREA + 14], 0x5A5A5A5A
    o16 fnstenv [AREA]
    word_is 0, 0x37F
    word_is 2, 0x3A20
    word_is 4, 0x3FFF
    word_is 6, .op16
    word_is 8, CODE32
    word_is 10, 8
    word_is 12, SLOT
    equals [AREA + 14], 0x5A5A5A5A      ; 14 bytes
    ; loaded again, 16 and 32 bits
    fninit
    o16 fldenv [AREA]
    fnstenv [AREA + 32]
    word_is 32, 0x37F
    word_is 36, 0x3A20
    word_is 40, 0x3FFF
    word_is 44, .op16
    word_is 48, CODE32
    equals [AREA + 52], 8
    word_is 56, SLOT
    fninit
    fldenv [AREA + 32]
    o16 fnstenv [AREA + 64]
    word_is 66, 0x3A20
    word_is 70, .op16
    ; FNSAVE: the registers behind it; 94 and 108 bytes
    operation .save
    fnsave [AREA]
    equals [AREA + 28], 0x2168C235      ; PI
    equals [AREA + 32], 0xC90FDAA2
    word_is 36, 0x4000
    fnstsw ax
    movzx eax, ax
    equals eax, 0
    o16 fnsave [AREA + 128]
    frstor [AREA]
    o16 fnsave [AREA + 128]
    equals [AREA + 128 + 14], 0x2168C235
    word_is 128 + 22, 0x4000
    o16 frstor [AREA + 128]
    fistp dword [SCRATCH]
    equals [SCRATCH], 3
    ; virtual-8086 mode: linear addresses
    in_v86 .v86, IOPL(3)
    fault_was 13, 0, .v86_end
    word_is 6, .v86_op
    word_is 8, 0x116
    word_is 10, 0x5008
    word_is 12, 0
    word_is 32 + 12, .v86_op2
    movzx eax, word [AREA + 32 + 16]
    and eax, 0x7FF
    equals eax, 0x116
    word_is 32 + 20, 0x5008
    ; real mode
    to_real DATA16
    fninit
    fldpi
    mov ax, SCRATCH >> 4
    mov fs, ax
.real_op:
    fst dword [fs:8]
    fnstenv [AREA]
    movzx eax, word [AREA + 6]
    real_equals eax, .real_op
    movzx eax, word [AREA + 8]
    real_equals eax, 0x116
    movzx eax, word [AREA + 10]
    real_equals eax, 0x5008
    ; another segment: the linear address of CS:IP
    jmp 0x700:.there - 0x7000
.there:
    fst dword [fs:8]
    o32 fnstenv [AREA]
    jmp 0:.back
.back:
    mov eax, [AREA + 12]
    and eax, 0xFFFF
    real_equals eax, .there
    mov eax, [AREA + 20]
    and eax, 0xFFFF
    real_equals eax, 0x5008
    ; #NM and #MF in real mode
    mov eax, cr0
    or al, CR0_TS
    mov cr0, eax
    real_faults 7, fld1
    clts
    fninit
    mov word [SCRATCH], 0x37B
    fldcw [SCRATCH]
    fld1
    fldz
    fdivp st1, st0
    real_faults 16, wait
    real_faults 16, fld1
    fninit
    xor ax, ax
    mov fs, ax
    to_protected
    finish
bits 16
.v86:
    mov ax, SCRATCH >> 4
    mov fs, ax
    fninit
    fldpi
.v86_op:
    fst dword [fs:8]
    fnstenv [AREA]
.v86_op2:
    fst dword [fs:8]
    o32 fnstenv [AREA + 32]
.v86_end:
    hlt
bits 32
