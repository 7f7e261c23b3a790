; DAA: every combination of CF and AF
; manual: SDM vol. 2A, DAA
; undefined: of
; expect: eax=0
%include "reference.inc"

; OF is undefined
%define checked (CF|PF|AF|ZF|SF)
    every_adjustment daa, 0, 0xFF, 3
    every_adjustment daa, 9, 0x99, 0x10
    every_adjustment daa, 0xA, 0xFA, 0x10
    passed
