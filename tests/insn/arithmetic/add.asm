; ADD r/m, r: sums of corner values at each width, all flags
; manual: SDM vol. 2, ADD
; expect: eax=0
%include "reference.inc"

%define checked (CF|PF|AF|ZF|SF|OF)
    every_pair add, 0
    passed
