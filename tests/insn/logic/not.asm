; NOT r/m: corner values at each width; no flag changes
; manual: SDM vol. 2, NOT
; expect: eax=0
%include "reference.inc"

%define checked (CF|PF|AF|ZF|SF|OF)
    every_value not
    passed
