; DEC r/m: corner values at each width; CF stays
; manual: SDM vol. 2, DEC
; expect: eax=0
%include "reference.inc"

%define checked (CF|PF|AF|ZF|SF|OF)
    every_value dec
    passed
