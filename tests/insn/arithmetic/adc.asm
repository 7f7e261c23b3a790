; ADC r/m, r: sums with a carry of corner values at each width, all flags
; manual: SDM vol. 2, ADC
; expect: eax=0
%include "reference.inc"

%define checked (CF|PF|AF|ZF|SF|OF)
    every_pair adc, CF
    passed
