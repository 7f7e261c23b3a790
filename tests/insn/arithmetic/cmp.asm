; CMP r/m, r: differences that go nowhere of corner values at each width, all flags
; manual: SDM vol. 2, CMP
; expect: eax=0
%include "reference.inc"

%define checked (CF|PF|AF|ZF|SF|OF)
    every_pair cmp, 0
    passed
