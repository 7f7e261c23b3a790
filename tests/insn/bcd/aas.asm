; AAS: carry between AL and AH
; manual: SDM vol. 2A, AAS
; undefined: pf zf sf of
; expect: eax=0
%include "user.inc"
; CF and AF are defined
checked equ CF|AF

    adjust aas, 0, 0, 0, 0
    adjust aas, 0, AF, 0xFE0A, CF|AF
    adjust aas, 5, 0, 5, 0
    adjust aas, 5, AF, 0xFE0F, CF|AF
    adjust aas, 9, 0, 9, 0
    adjust aas, 9, AF, 0xFF03, CF|AF
    adjust aas, 0xA, 0, 0xFF04, CF|AF
    adjust aas, 0xA, AF, 0xFF04, CF|AF
    adjust aas, 0xF, 0, 0xFF09, CF|AF
    adjust aas, 0xF, AF, 0xFF09, CF|AF
    adjust aas, 0x1FA, 0, 4, CF|AF
    adjust aas, 0x1FA, AF, 4, CF|AF
    adjust aas, 0xFFFF, 0, 0xFE09, CF|AF
    adjust aas, 0xFFFF, AF, 0xFE09, CF|AF
    adjust aas, 0xFF05, 0, 0xFF05, 0
    adjust aas, 0xFF05, AF, 0xFD0F, CF|AF
    adjust aas, 0x205, 0, 0x205, 0
    adjust aas, 0x205, AF, 0xF, CF|AF
    adjust aas, 0x20A, 0, 0x104, CF|AF
    adjust aas, 0x20A, AF, 0x104, CF|AF
    adjust aas, 0xFA, 0, 0xFF04, CF|AF
    adjust aas, 0xFA, AF, 0xFF04, CF|AF
    passed
