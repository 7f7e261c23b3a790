; SUB r/m, r: differences of corner values at each width, all flags
; manual: SDM vol. 2, SUB
; expect: eax=0
%include "reference.inc"

%define checked (CF|PF|AF|ZF|SF|OF)
    every_pair sub, 0
    passed
