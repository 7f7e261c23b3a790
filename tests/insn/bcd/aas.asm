; AAS: a borrow by AL from AH
; manual: SDM vol. 2A, AAS
; undefined: pf zf sf of
; expect: eax=0
%include "reference.inc"
; the others are undefined
checked equ CF|AF

    every_adjustment aas, 0, 0xFFFF, 0x2F5
    passed
