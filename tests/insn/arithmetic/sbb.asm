; SBB r/m, r: differences with a borrow of corner values at each width, all flags
; manual: SDM vol. 2, SBB
; expect: eax=0
%include "reference.inc"

%define checked (CF|PF|AF|ZF|SF|OF)
    every_pair sbb, CF
    passed
