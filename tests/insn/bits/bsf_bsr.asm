; BSF and BSR r, r/m at each width: the place of the lowest and the highest bit
; manual: SDM vol. 2A, BSF and BSR
; undefined: cf pf af sf of
; expect: eax=0
%include "user.inc"
; ZF: the source is zero
checked equ ZF

    binary bsf, 16, 0x77, 1, ZF, 0, 0
    binary bsf, 16, 0x77, 2, ZF, 1, 0
    binary bsf, 16, 0x77, 0x8000, ZF, 15, 0
    binary bsf, 16, 0x77, 0xFFFF, ZF, 0, 0
    binary bsf, 16, 0x77, 0x8004, ZF, 2, 0
    binary bsf, 16, 0x77, 0x10, ZF, 4, 0
    binary bsf, 32, 0x77, 1, ZF, 0, 0
    binary bsf, 32, 0x77, 2, ZF, 1, 0
    binary bsf, 32, 0x77, 0x80000000, ZF, 31, 0
    binary bsf, 32, 0x77, 0xFFFFFFFF, ZF, 0, 0
    binary bsf, 32, 0x77, 0x80000004, ZF, 2, 0
    binary bsf, 32, 0x77, 0x10, ZF, 4, 0
    binary bsr, 16, 0x77, 1, ZF, 0, 0
    binary bsr, 16, 0x77, 2, ZF, 1, 0
    binary bsr, 16, 0x77, 0x8000, ZF, 15, 0
    binary bsr, 16, 0x77, 0xFFFF, ZF, 15, 0
    binary bsr, 16, 0x77, 0x8004, ZF, 15, 0
    binary bsr, 16, 0x77, 0x10, ZF, 4, 0
    binary bsr, 32, 0x77, 1, ZF, 0, 0
    binary bsr, 32, 0x77, 2, ZF, 1, 0
    binary bsr, 32, 0x77, 0x80000000, ZF, 31, 0
    binary bsr, 32, 0x77, 0xFFFFFFFF, ZF, 31, 0
    binary bsr, 32, 0x77, 0x80000004, ZF, 31, 0
    binary bsr, 32, 0x77, 0x10, ZF, 4, 0
    passed
