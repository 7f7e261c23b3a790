; Jcc rel8 and rel32: every condition by every flag that one looks at
; manual: SDM vol. 2A, Jcc; vol. 1, appendix B
; expect: eax=0
%include "reference.inc"
%macro jump_by 2
    jump_of j%1, short, %2
    jump_of j%1, near, %2
%endmacro
%macro jump_of 3 ; OP, how far, whether it jumps
%assign check check + 1
    set_flags flags_in
    mov eax, 1
    %1 %2 %%taken
    dec eax
%%taken:
    compare eax, %3
%endmacro

    every_condition jump_by
    passed
