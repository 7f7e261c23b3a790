; Each register as a base with each size of displacement, and as an index with each scale, with and without a base
; manual: SDM vol. 2A, tables 2-2 and 2-3
; expect: eax=0
%include "user.inc"
%assign mark 0xA0
%macro store 2 ; operand, where it is
%assign check check + 1
%assign mark mark ^ 0x11
    mov byte [%1], mark
    compare byte [%2], mark
%endmacro
%macro base 1
    mov %1, data + 0x1000
    store %1, data + 0x1000
    store %1 + 8, data + 0x1008
    store %1 - 4, data + 0xFFC
    store %1 + 0x140, data + 0x1140
%endmacro
%macro index 2 ; index, base
%assign scale 1
%rep 4
    mov %1, 0x20
    mov %2, data + 0x2000
    store %2 + %1*scale + 4, data + 0x2004 + 0x20 * scale
    store %1*scale + data + 0x3000, data + 0x3000 + 0x20 * scale
%assign scale scale * 2
%endrep
%endmacro

    base eax
    base ecx
    base edx
    base ebx
    base ebp
    base esi
    base edi
    base esp
    index eax, ebx
    index ecx, ebp
    index edx, esp
    index ebx, ecx
    index ebp, eax
    index esi, edi
    index edi, edx
    passed
