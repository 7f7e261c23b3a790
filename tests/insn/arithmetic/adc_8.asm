; ADC r/m8, r8: sum with carry of corner values, all defined flags
; manual: SDM vol. 2, ADC
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary adc, 8, 0, 0, CF, 1, 0
    binary adc, 8, 0, 0xF, CF, 0x10, AF
    binary adc, 8, 0, 0x7F, 0, 0x7F, 0
    binary adc, 8, 0, 0xFE, CF, 0xFF, PF|SF
    binary adc, 8, 1, 0, CF, 2, 0
    binary adc, 8, 1, 0xF, 0, 0x10, AF
    binary adc, 8, 1, 0x7F, CF, 0x81, PF|AF|SF|OF
    binary adc, 8, 1, 0xFE, CF, 0, CF|PF|AF|ZF
    binary adc, 8, 0xF, 0, 0, 0xF, PF
    binary adc, 8, 0xF, 0xF, CF, 0x1F, AF
    binary adc, 8, 0xF, 0x7F, CF, 0x8F, AF|SF|OF
    binary adc, 8, 0xF, 0xFE, 0, 0xD, CF|AF
    binary adc, 8, 0x10, 0, CF, 0x11, PF
    binary adc, 8, 0x10, 0xF, CF, 0x20, AF
    binary adc, 8, 0x10, 0x7F, 0, 0x8F, SF|OF
    binary adc, 8, 0x10, 0xFE, CF, 0xF, CF|PF
    binary adc, 8, 0x7F, 0, CF, 0x80, AF|SF|OF
    binary adc, 8, 0x7F, 0xF, 0, 0x8E, PF|AF|SF|OF
    binary adc, 8, 0x7F, 0x7F, CF, 0xFF, PF|AF|SF|OF
    binary adc, 8, 0x7F, 0xFE, CF, 0x7E, CF|PF|AF
    binary adc, 8, 0x80, 0, 0, 0x80, SF
    binary adc, 8, 0x80, 0xF, CF, 0x90, PF|AF|SF
    binary adc, 8, 0x80, 0x7F, CF, 0, CF|PF|AF|ZF
    binary adc, 8, 0x80, 0xFE, 0, 0x7E, CF|PF|OF
    binary adc, 8, 0xFE, 0, CF, 0xFF, PF|SF
    binary adc, 8, 0xFE, 0xF, CF, 0xE, CF|AF
    binary adc, 8, 0xFE, 0x7F, 0, 0x7D, CF|PF|AF
    binary adc, 8, 0xFE, 0xFE, CF, 0xFD, CF|AF|SF
    binary adc, 8, 0xFF, 0, CF, 0, CF|PF|AF|ZF
    binary adc, 8, 0xFF, 0xF, 0, 0xE, CF|AF
    binary adc, 8, 0xFF, 0x7F, CF, 0x7F, CF|AF
    binary adc, 8, 0xFF, 0xFE, CF, 0xFE, CF|AF|SF
    passed
