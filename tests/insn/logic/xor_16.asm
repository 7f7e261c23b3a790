; XOR r/m16, r16: exclusive or of corner values, all defined flags
; manual: SDM vol. 2, XOR
; undefined: af
; expect: eax=0
%include "user.inc"
; AF is undefined
checked equ CF|PF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary xor, 16, 0, 0, CF|AF|OF, 0, PF|ZF
    binary xor, 16, 0, 0xF, CF|AF|OF, 0xF, PF
    binary xor, 16, 0, 0x7FFF, CF|AF|OF, 0x7FFF, PF
    binary xor, 16, 0, 0xFFFE, CF|AF|OF, 0xFFFE, SF
    binary xor, 16, 1, 0, CF|AF|OF, 1, 0
    binary xor, 16, 1, 0xF, CF|AF|OF, 0xE, 0
    binary xor, 16, 1, 0x7FFF, CF|AF|OF, 0x7FFE, 0
    binary xor, 16, 1, 0xFFFE, CF|AF|OF, 0xFFFF, PF|SF
    binary xor, 16, 0xF, 0, CF|AF|OF, 0xF, PF
    binary xor, 16, 0xF, 0xF, CF|AF|OF, 0, PF|ZF
    binary xor, 16, 0xF, 0x7FFF, CF|AF|OF, 0x7FF0, PF
    binary xor, 16, 0xF, 0xFFFE, CF|AF|OF, 0xFFF1, SF
    binary xor, 16, 0x10, 0, CF|AF|OF, 0x10, 0
    binary xor, 16, 0x10, 0xF, CF|AF|OF, 0x1F, 0
    binary xor, 16, 0x10, 0x7FFF, CF|AF|OF, 0x7FEF, 0
    binary xor, 16, 0x10, 0xFFFE, CF|AF|OF, 0xFFEE, PF|SF
    binary xor, 16, 0x7FFF, 0, CF|AF|OF, 0x7FFF, PF
    binary xor, 16, 0x7FFF, 0xF, CF|AF|OF, 0x7FF0, PF
    binary xor, 16, 0x7FFF, 0x7FFF, CF|AF|OF, 0, PF|ZF
    binary xor, 16, 0x7FFF, 0xFFFE, CF|AF|OF, 0x8001, SF
    binary xor, 16, 0x8000, 0, CF|AF|OF, 0x8000, PF|SF
    binary xor, 16, 0x8000, 0xF, CF|AF|OF, 0x800F, PF|SF
    binary xor, 16, 0x8000, 0x7FFF, CF|AF|OF, 0xFFFF, PF|SF
    binary xor, 16, 0x8000, 0xFFFE, CF|AF|OF, 0x7FFE, 0
    binary xor, 16, 0xFFFE, 0, CF|AF|OF, 0xFFFE, SF
    binary xor, 16, 0xFFFE, 0xF, CF|AF|OF, 0xFFF1, SF
    binary xor, 16, 0xFFFE, 0x7FFF, CF|AF|OF, 0x8001, SF
    binary xor, 16, 0xFFFE, 0xFFFE, CF|AF|OF, 0, PF|ZF
    binary xor, 16, 0xFFFF, 0, CF|AF|OF, 0xFFFF, PF|SF
    binary xor, 16, 0xFFFF, 0xF, CF|AF|OF, 0xFFF0, PF|SF
    binary xor, 16, 0xFFFF, 0x7FFF, CF|AF|OF, 0x8000, PF|SF
    binary xor, 16, 0xFFFF, 0xFFFE, CF|AF|OF, 1, 0
    passed
