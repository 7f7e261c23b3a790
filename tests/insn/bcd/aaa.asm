; AAA: carry between AL and AH
; manual: SDM vol. 2A, AAA
; undefined: pf zf sf of
; expect: eax=0
%include "user.inc"
; CF and AF are defined
checked equ CF|AF

    adjust aaa, 0, 0, 0, 0
    adjust aaa, 0, AF, 0x106, CF|AF
    adjust aaa, 5, 0, 5, 0
    adjust aaa, 5, AF, 0x10B, CF|AF
    adjust aaa, 9, 0, 9, 0
    adjust aaa, 9, AF, 0x10F, CF|AF
    adjust aaa, 0xA, 0, 0x100, CF|AF
    adjust aaa, 0xA, AF, 0x100, CF|AF
    adjust aaa, 0xF, 0, 0x105, CF|AF
    adjust aaa, 0xF, AF, 0x105, CF|AF
    adjust aaa, 0x1FA, 0, 0x300, CF|AF
    adjust aaa, 0x1FA, AF, 0x300, CF|AF
    adjust aaa, 0xFFFF, 0, 0x105, CF|AF
    adjust aaa, 0xFFFF, AF, 0x105, CF|AF
    adjust aaa, 0xFF05, 0, 0xFF05, 0
    adjust aaa, 0xFF05, AF, 0xB, CF|AF
    adjust aaa, 0x205, 0, 0x205, 0
    adjust aaa, 0x205, AF, 0x30B, CF|AF
    adjust aaa, 0x20A, 0, 0x300, CF|AF
    adjust aaa, 0x20A, AF, 0x300, CF|AF
    adjust aaa, 0xFA, 0, 0x200, CF|AF
    adjust aaa, 0xFA, AF, 0x200, CF|AF
    passed
