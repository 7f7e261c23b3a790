; AAA: a carry from AL to AH
; manual: SDM vol. 2A, AAA
; undefined: pf zf sf of
; expect: eax=0
%include "reference.inc"
; the others are undefined
checked equ CF|AF

    every_adjustment aaa, 0, 0xFFFF, 0x2F5
    passed
