; XOR r/m8, r8: exclusive or of corner values, all defined flags
; manual: SDM vol. 2, XOR
; undefined: af
; expect: eax=0
%include "user.inc"
; AF is undefined
checked equ CF|PF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary xor, 8, 0, 0, CF|AF|OF, 0, PF|ZF
    binary xor, 8, 0, 0xF, CF|AF|OF, 0xF, PF
    binary xor, 8, 0, 0x7F, CF|AF|OF, 0x7F, 0
    binary xor, 8, 0, 0xFE, CF|AF|OF, 0xFE, SF
    binary xor, 8, 1, 0, CF|AF|OF, 1, 0
    binary xor, 8, 1, 0xF, CF|AF|OF, 0xE, 0
    binary xor, 8, 1, 0x7F, CF|AF|OF, 0x7E, PF
    binary xor, 8, 1, 0xFE, CF|AF|OF, 0xFF, PF|SF
    binary xor, 8, 0xF, 0, CF|AF|OF, 0xF, PF
    binary xor, 8, 0xF, 0xF, CF|AF|OF, 0, PF|ZF
    binary xor, 8, 0xF, 0x7F, CF|AF|OF, 0x70, 0
    binary xor, 8, 0xF, 0xFE, CF|AF|OF, 0xF1, SF
    binary xor, 8, 0x10, 0, CF|AF|OF, 0x10, 0
    binary xor, 8, 0x10, 0xF, CF|AF|OF, 0x1F, 0
    binary xor, 8, 0x10, 0x7F, CF|AF|OF, 0x6F, PF
    binary xor, 8, 0x10, 0xFE, CF|AF|OF, 0xEE, PF|SF
    binary xor, 8, 0x7F, 0, CF|AF|OF, 0x7F, 0
    binary xor, 8, 0x7F, 0xF, CF|AF|OF, 0x70, 0
    binary xor, 8, 0x7F, 0x7F, CF|AF|OF, 0, PF|ZF
    binary xor, 8, 0x7F, 0xFE, CF|AF|OF, 0x81, PF|SF
    binary xor, 8, 0x80, 0, CF|AF|OF, 0x80, SF
    binary xor, 8, 0x80, 0xF, CF|AF|OF, 0x8F, SF
    binary xor, 8, 0x80, 0x7F, CF|AF|OF, 0xFF, PF|SF
    binary xor, 8, 0x80, 0xFE, CF|AF|OF, 0x7E, PF
    binary xor, 8, 0xFE, 0, CF|AF|OF, 0xFE, SF
    binary xor, 8, 0xFE, 0xF, CF|AF|OF, 0xF1, SF
    binary xor, 8, 0xFE, 0x7F, CF|AF|OF, 0x81, PF|SF
    binary xor, 8, 0xFE, 0xFE, CF|AF|OF, 0, PF|ZF
    binary xor, 8, 0xFF, 0, CF|AF|OF, 0xFF, PF|SF
    binary xor, 8, 0xFF, 0xF, CF|AF|OF, 0xF0, PF|SF
    binary xor, 8, 0xFF, 0x7F, CF|AF|OF, 0x80, SF
    binary xor, 8, 0xFF, 0xFE, CF|AF|OF, 1, 0
    passed
