; DAS: every combination of CF and AF, edges values
; manual: SDM vol. 2A, DAS
; undefined: of
; expect: eax=0
%include "user.inc"
; OF is undefined
checked equ CF|PF|AF|ZF|SF

    adjust das, 9, 0, 9, PF
    adjust das, 9, CF, 0xA9, CF|PF|SF
    adjust das, 9, AF, 3, PF|AF
    adjust das, 9, CF|AF, 0xA3, CF|PF|AF|SF
    adjust das, 0xA, 0, 4, AF
    adjust das, 0xA, CF, 0xA4, CF|AF|SF
    adjust das, 0xA, AF, 4, AF
    adjust das, 0xA, CF|AF, 0xA4, CF|AF|SF
    adjust das, 0xF, 0, 9, PF|AF
    adjust das, 0xF, CF, 0xA9, CF|PF|AF|SF
    adjust das, 0xF, AF, 9, PF|AF
    adjust das, 0xF, CF|AF, 0xA9, CF|PF|AF|SF
    adjust das, 0x10, 0, 0x10, 0
    adjust das, 0x10, CF, 0xB0, CF|SF
    adjust das, 0x10, AF, 0xA, PF|AF
    adjust das, 0x10, CF|AF, 0xAA, CF|PF|AF|SF
    adjust das, 0x90, 0, 0x90, PF|SF
    adjust das, 0x90, CF, 0x30, CF|PF
    adjust das, 0x90, AF, 0x8A, AF|SF
    adjust das, 0x90, CF|AF, 0x2A, CF|AF
    adjust das, 0x99, 0, 0x99, PF|SF
    adjust das, 0x99, CF, 0x39, CF|PF
    adjust das, 0x99, AF, 0x93, PF|AF|SF
    adjust das, 0x99, CF|AF, 0x33, CF|PF|AF
    adjust das, 0x9A, 0, 0x34, CF|AF
    adjust das, 0x9A, CF, 0x34, CF|AF
    adjust das, 0x9A, AF, 0x34, CF|AF
    adjust das, 0x9A, CF|AF, 0x34, CF|AF
    adjust das, 0x9F, 0, 0x39, CF|PF|AF
    adjust das, 0x9F, CF, 0x39, CF|PF|AF
    adjust das, 0x9F, AF, 0x39, CF|PF|AF
    adjust das, 0x9F, CF|AF, 0x39, CF|PF|AF
    adjust das, 0xA0, 0, 0x40, CF
    adjust das, 0xA0, CF, 0x40, CF
    adjust das, 0xA0, AF, 0x3A, CF|PF|AF
    adjust das, 0xA0, CF|AF, 0x3A, CF|PF|AF
    adjust das, 0xF9, 0, 0x99, CF|PF|SF
    adjust das, 0xF9, CF, 0x99, CF|PF|SF
    adjust das, 0xF9, AF, 0x93, CF|PF|AF|SF
    adjust das, 0xF9, CF|AF, 0x93, CF|PF|AF|SF
    adjust das, 0xFA, 0, 0x94, CF|AF|SF
    adjust das, 0xFA, CF, 0x94, CF|AF|SF
    adjust das, 0xFA, AF, 0x94, CF|AF|SF
    adjust das, 0xFA, CF|AF, 0x94, CF|AF|SF
    adjust das, 0xFF, 0, 0x99, CF|PF|AF|SF
    adjust das, 0xFF, CF, 0x99, CF|PF|AF|SF
    adjust das, 0xFF, AF, 0x99, CF|PF|AF|SF
    adjust das, 0xFF, CF|AF, 0x99, CF|PF|AF|SF
    adjust das, 0, 0, 0, PF|ZF
    adjust das, 0, CF, 0xA0, CF|PF|SF
    adjust das, 0, AF, 0xFA, CF|PF|AF|SF
    adjust das, 0, CF|AF, 0x9A, CF|PF|AF|SF
    adjust das, 5, 0, 5, PF
    adjust das, 5, CF, 0xA5, CF|PF|SF
    adjust das, 5, AF, 0xFF, CF|PF|AF|SF
    adjust das, 5, CF|AF, 0x9F, CF|PF|AF|SF
    adjust das, 6, 0, 6, PF
    adjust das, 6, CF, 0xA6, CF|PF|SF
    adjust das, 6, AF, 0, PF|AF|ZF
    adjust das, 6, CF|AF, 0xA0, CF|PF|AF|SF
    passed
