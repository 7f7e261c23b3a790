; SHR r/m, CL and imm8, at each width: the count is taken modulo 32, zero changes no flag
; manual: SDM vol. 2B, SAL/SAR/SHL/SHR
; undefined: af of
; expect: eax=0
%include "reference.inc"

; of several steps: OF is undefined, and AF always
%define checked (CF|PF|ZF|SF)
    every_shift shr, 0, 2, width - 1, 32, 33

; of one
%define checked (CF|PF|ZF|SF|OF)
    every_shift shr, 1
    passed
