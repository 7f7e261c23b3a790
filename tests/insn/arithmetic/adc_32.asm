; ADC r/m32, r32: sum with carry of corner values, all defined flags
; manual: SDM vol. 2, ADC
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary adc, 32, 0, 0, CF, 1, 0
    binary adc, 32, 0, 0xF, CF, 0x10, AF
    binary adc, 32, 0, 0x7FFFFFFF, 0, 0x7FFFFFFF, PF
    binary adc, 32, 0, 0xFFFFFFFE, CF, 0xFFFFFFFF, PF|SF
    binary adc, 32, 1, 0, CF, 2, 0
    binary adc, 32, 1, 0xF, 0, 0x10, AF
    binary adc, 32, 1, 0x7FFFFFFF, CF, 0x80000001, AF|SF|OF
    binary adc, 32, 1, 0xFFFFFFFE, CF, 0, CF|PF|AF|ZF
    binary adc, 32, 0xF, 0, 0, 0xF, PF
    binary adc, 32, 0xF, 0xF, CF, 0x1F, AF
    binary adc, 32, 0xF, 0x7FFFFFFF, CF, 0x8000000F, PF|AF|SF|OF
    binary adc, 32, 0xF, 0xFFFFFFFE, 0, 0xD, CF|AF
    binary adc, 32, 0x10, 0, CF, 0x11, PF
    binary adc, 32, 0x10, 0xF, CF, 0x20, AF
    binary adc, 32, 0x10, 0x7FFFFFFF, 0, 0x8000000F, PF|SF|OF
    binary adc, 32, 0x10, 0xFFFFFFFE, CF, 0xF, CF|PF
    binary adc, 32, 0x7FFFFFFF, 0, CF, 0x80000000, PF|AF|SF|OF
    binary adc, 32, 0x7FFFFFFF, 0xF, 0, 0x8000000E, AF|SF|OF
    binary adc, 32, 0x7FFFFFFF, 0x7FFFFFFF, CF, 0xFFFFFFFF, PF|AF|SF|OF
    binary adc, 32, 0x7FFFFFFF, 0xFFFFFFFE, CF, 0x7FFFFFFE, CF|AF
    binary adc, 32, 0x80000000, 0, 0, 0x80000000, PF|SF
    binary adc, 32, 0x80000000, 0xF, CF, 0x80000010, AF|SF
    binary adc, 32, 0x80000000, 0x7FFFFFFF, CF, 0, CF|PF|AF|ZF
    binary adc, 32, 0x80000000, 0xFFFFFFFE, 0, 0x7FFFFFFE, CF|OF
    binary adc, 32, 0xFFFFFFFE, 0, CF, 0xFFFFFFFF, PF|SF
    binary adc, 32, 0xFFFFFFFE, 0xF, CF, 0xE, CF|AF
    binary adc, 32, 0xFFFFFFFE, 0x7FFFFFFF, 0, 0x7FFFFFFD, CF|AF
    binary adc, 32, 0xFFFFFFFE, 0xFFFFFFFE, CF, 0xFFFFFFFD, CF|AF|SF
    binary adc, 32, 0xFFFFFFFF, 0, CF, 0, CF|PF|AF|ZF
    binary adc, 32, 0xFFFFFFFF, 0xF, 0, 0xE, CF|AF
    binary adc, 32, 0xFFFFFFFF, 0x7FFFFFFF, CF, 0x7FFFFFFF, CF|PF|AF
    binary adc, 32, 0xFFFFFFFF, 0xFFFFFFFE, CF, 0xFFFFFFFE, CF|AF|SF
    passed
