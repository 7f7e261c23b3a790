; CMOVcc r16 and r32: every condition by every flag that one looks at
; manual: SDM vol. 2A, CMOVcc
; expect: eax=0
%include "reference.inc"
checked equ CF|PF|AF|ZF|SF|OF
%macro move_by 2
    binary cmov%1, 16, 0x1111, 0x2222, flags_in, 0x1111 * (1 + (%2)), flags_in
    binary cmov%1, 32, 0x11111111, 0x22222222, flags_in, 0x11111111 * (1 + (%2)), flags_in
%endmacro

    every_condition move_by
    passed
