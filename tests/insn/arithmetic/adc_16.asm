; ADC r/m16, r16: sum with carry of corner values, all defined flags
; manual: SDM vol. 2, ADC
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary adc, 16, 0, 0, CF, 1, 0
    binary adc, 16, 0, 0xF, CF, 0x10, AF
    binary adc, 16, 0, 0x7FFF, 0, 0x7FFF, PF
    binary adc, 16, 0, 0xFFFE, CF, 0xFFFF, PF|SF
    binary adc, 16, 1, 0, CF, 2, 0
    binary adc, 16, 1, 0xF, 0, 0x10, AF
    binary adc, 16, 1, 0x7FFF, CF, 0x8001, AF|SF|OF
    binary adc, 16, 1, 0xFFFE, CF, 0, CF|PF|AF|ZF
    binary adc, 16, 0xF, 0, 0, 0xF, PF
    binary adc, 16, 0xF, 0xF, CF, 0x1F, AF
    binary adc, 16, 0xF, 0x7FFF, CF, 0x800F, PF|AF|SF|OF
    binary adc, 16, 0xF, 0xFFFE, 0, 0xD, CF|AF
    binary adc, 16, 0x10, 0, CF, 0x11, PF
    binary adc, 16, 0x10, 0xF, CF, 0x20, AF
    binary adc, 16, 0x10, 0x7FFF, 0, 0x800F, PF|SF|OF
    binary adc, 16, 0x10, 0xFFFE, CF, 0xF, CF|PF
    binary adc, 16, 0x7FFF, 0, CF, 0x8000, PF|AF|SF|OF
    binary adc, 16, 0x7FFF, 0xF, 0, 0x800E, AF|SF|OF
    binary adc, 16, 0x7FFF, 0x7FFF, CF, 0xFFFF, PF|AF|SF|OF
    binary adc, 16, 0x7FFF, 0xFFFE, CF, 0x7FFE, CF|AF
    binary adc, 16, 0x8000, 0, 0, 0x8000, PF|SF
    binary adc, 16, 0x8000, 0xF, CF, 0x8010, AF|SF
    binary adc, 16, 0x8000, 0x7FFF, CF, 0, CF|PF|AF|ZF
    binary adc, 16, 0x8000, 0xFFFE, 0, 0x7FFE, CF|OF
    binary adc, 16, 0xFFFE, 0, CF, 0xFFFF, PF|SF
    binary adc, 16, 0xFFFE, 0xF, CF, 0xE, CF|AF
    binary adc, 16, 0xFFFE, 0x7FFF, 0, 0x7FFD, CF|AF
    binary adc, 16, 0xFFFE, 0xFFFE, CF, 0xFFFD, CF|AF|SF
    binary adc, 16, 0xFFFF, 0, CF, 0, CF|PF|AF|ZF
    binary adc, 16, 0xFFFF, 0xF, 0, 0xE, CF|AF
    binary adc, 16, 0xFFFF, 0x7FFF, CF, 0x7FFF, CF|PF|AF
    binary adc, 16, 0xFFFF, 0xFFFE, CF, 0xFFFE, CF|AF|SF
    passed
