; JAE rel8 and rel32
; manual: SDM vol. 2A, Jcc
; expect: eax=0
%include "user.inc"
%macro jumps 3 ; near or short, flags, whether it jumps
%assign check check + 1
    set_flags %2
    mov eax, 1
    jae %1 %%taken
    dec eax
%%taken:
    compare eax, %3
%endmacro

    jumps short, 0, 1
    jumps near, 0, 1
    jumps short, CF, 0
    jumps near, CF, 0
    jumps short, ZF, 1
    jumps near, ZF, 1
    jumps short, SF, 1
    jumps near, SF, 1
    jumps short, OF, 1
    jumps near, OF, 1
    jumps short, PF, 1
    jumps near, PF, 1
    jumps short, CF|ZF, 0
    jumps near, CF|ZF, 0
    jumps short, SF|OF, 1
    jumps near, SF|OF, 1
    jumps short, ZF|SF, 1
    jumps near, ZF|SF, 1
    jumps short, ZF|OF, 1
    jumps near, ZF|OF, 1
    jumps short, ZF|SF|OF, 1
    jumps near, ZF|SF|OF, 1
    passed
