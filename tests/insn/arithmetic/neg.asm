; NEG r/m: corner values at each width; CF says whether it was not zero
; manual: SDM vol. 2, NEG
; expect: eax=0
%include "reference.inc"

%define checked (CF|PF|AF|ZF|SF|OF)
    every_value neg
    passed
