; TEST r/m, r: corner values at each width; CF and OF go
; manual: SDM vol. 2, TEST
; undefined: af
; expect: eax=0
%include "reference.inc"

; AF is undefined
%define checked (CF|PF|ZF|SF|OF)
    every_pair test, CF|AF|OF
    passed
