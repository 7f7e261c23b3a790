; SETcc: every condition by every flag that one looks at
; manual: SDM vol. 2B, SETcc; vol. 1, appendix B
; expect: eax=0
%include "reference.inc"
checked equ CF|PF|AF|ZF|SF|OF
%macro set_by 2
    unary set%1, 8, 0x55, flags_in, %2, flags_in
%endmacro

    every_condition set_by
    passed
