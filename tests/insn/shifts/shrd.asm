; SHRD r/m, r, CL and imm8, at each width
; manual: SDM vol. 2B, SHRD
; undefined: af of
; expect: eax=0
%include "reference.inc"

; several steps: OF is undefined, and AF always
%define checked (CF|PF|ZF|SF)
    every_double shrd, 4, width - 1

; one
%define checked (CF|PF|ZF|SF|OF)
    every_double shrd, 1
    passed
