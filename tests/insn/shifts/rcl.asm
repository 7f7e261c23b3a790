; RCL r/m, CL and imm8, at each width: the count is taken modulo 32, zero changes no flag
; manual: SDM vol. 2B, RCL/RCR/ROL/ROR
; undefined: af of
; expect: eax=0
%include "reference.inc"

; of several steps: OF is undefined
%define checked (CF)
    every_shift rcl, 0, 7, 31, 33

; of one
%define checked (CF|OF)
    every_shift rcl, 1
    passed
