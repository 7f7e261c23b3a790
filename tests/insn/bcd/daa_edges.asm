; DAA: every combination of CF and AF, edges values
; manual: SDM vol. 2A, DAA
; undefined: of
; expect: eax=0
%include "user.inc"
; OF is undefined
checked equ CF|PF|AF|ZF|SF

    adjust daa, 9, 0, 9, PF
    adjust daa, 9, CF, 0x69, CF|PF
    adjust daa, 9, AF, 0xF, PF|AF
    adjust daa, 9, CF|AF, 0x6F, CF|PF|AF
    adjust daa, 0xA, 0, 0x10, AF
    adjust daa, 0xA, CF, 0x70, CF|AF
    adjust daa, 0xA, AF, 0x10, AF
    adjust daa, 0xA, CF|AF, 0x70, CF|AF
    adjust daa, 0xF, 0, 0x15, AF
    adjust daa, 0xF, CF, 0x75, CF|AF
    adjust daa, 0xF, AF, 0x15, AF
    adjust daa, 0xF, CF|AF, 0x75, CF|AF
    adjust daa, 0x10, 0, 0x10, 0
    adjust daa, 0x10, CF, 0x70, CF
    adjust daa, 0x10, AF, 0x16, AF
    adjust daa, 0x10, CF|AF, 0x76, CF|AF
    adjust daa, 0x90, 0, 0x90, PF|SF
    adjust daa, 0x90, CF, 0xF0, CF|PF|SF
    adjust daa, 0x90, AF, 0x96, PF|AF|SF
    adjust daa, 0x90, CF|AF, 0xF6, CF|PF|AF|SF
    adjust daa, 0x99, 0, 0x99, PF|SF
    adjust daa, 0x99, CF, 0xF9, CF|PF|SF
    adjust daa, 0x99, AF, 0x9F, PF|AF|SF
    adjust daa, 0x99, CF|AF, 0xFF, CF|PF|AF|SF
    adjust daa, 0x9A, 0, 0, CF|PF|AF|ZF
    adjust daa, 0x9A, CF, 0, CF|PF|AF|ZF
    adjust daa, 0x9A, AF, 0, CF|PF|AF|ZF
    adjust daa, 0x9A, CF|AF, 0, CF|PF|AF|ZF
    adjust daa, 0x9F, 0, 5, CF|PF|AF
    adjust daa, 0x9F, CF, 5, CF|PF|AF
    adjust daa, 0x9F, AF, 5, CF|PF|AF
    adjust daa, 0x9F, CF|AF, 5, CF|PF|AF
    adjust daa, 0xA0, 0, 0, CF|PF|ZF
    adjust daa, 0xA0, CF, 0, CF|PF|ZF
    adjust daa, 0xA0, AF, 6, CF|PF|AF
    adjust daa, 0xA0, CF|AF, 6, CF|PF|AF
    adjust daa, 0xF9, 0, 0x59, CF|PF
    adjust daa, 0xF9, CF, 0x59, CF|PF
    adjust daa, 0xF9, AF, 0x5F, CF|PF|AF
    adjust daa, 0xF9, CF|AF, 0x5F, CF|PF|AF
    adjust daa, 0xFA, 0, 0x60, CF|PF|AF
    adjust daa, 0xFA, CF, 0x60, CF|PF|AF
    adjust daa, 0xFA, AF, 0x60, CF|PF|AF
    adjust daa, 0xFA, CF|AF, 0x60, CF|PF|AF
    adjust daa, 0xFF, 0, 0x65, CF|PF|AF
    adjust daa, 0xFF, CF, 0x65, CF|PF|AF
    adjust daa, 0xFF, AF, 0x65, CF|PF|AF
    adjust daa, 0xFF, CF|AF, 0x65, CF|PF|AF
    adjust daa, 0, 0, 0, PF|ZF
    adjust daa, 0, CF, 0x60, CF|PF
    adjust daa, 0, AF, 6, PF|AF
    adjust daa, 0, CF|AF, 0x66, CF|PF|AF
    adjust daa, 5, 0, 5, PF
    adjust daa, 5, CF, 0x65, CF|PF
    adjust daa, 5, AF, 0xB, AF
    adjust daa, 5, CF|AF, 0x6B, CF|AF
    adjust daa, 6, 0, 6, PF
    adjust daa, 6, CF, 0x66, CF|PF
    adjust daa, 6, AF, 0xC, PF|AF
    adjust daa, 6, CF|AF, 0x6C, CF|PF|AF
    passed
