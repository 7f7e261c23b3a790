; LEA with every mix of operand and address size in 32-bit code, and the wrap of 16-bit addresses
; manual: SDM vol. 2A, LEA, table 3-58
; expect: eax=0
%include "user.inc"
%macro is 2
%assign check check + 1
    compare %1, %2
%endmacro
    mov ebx, 0x1234F000
    mov esi, 0x56782000
    mov edi, 0xFFFF0003
    mov ebp, 0x0001FFFF
    mov eax, 0xEEEEEEEE
    a32 lea eax, [ebx + esi]
    is eax, 0x68AD1000
    mov eax, 0xEEEEEEEE
    lea ax, [ebx + esi]
    is eax, 0xEEEE1000
    lea eax, [bx + si]
    is eax, 0x1000
    mov eax, 0xEEEEEEEE
    lea ax, [bx + si]
    is eax, 0xEEEE1000
    lea eax, [bx + si - 0x1001]
    is eax, 0xFFFF
    lea eax, [bp + di]
    is eax, 2
    lea eax, [bp + 1]
    is eax, 0
    lea eax, [bp + 0x7FFF]
    is eax, 0x7FFE
    lea eax, [di - 4]
    is eax, 0xFFFF
    lea eax, [ebp + edi * 8 + 0x11]
    is eax, 0xFFFA0028
    lea eax, [esi * 4]
    is eax, 0x59E08000
    lea eax, [word 0xFFFF]
    is eax, 0xFFFF
    lea eax, [fs:bx + si]               ; segments do not matter
    is eax, 0x1000
    mov ecx, 100
    xor edx, edx
.loop:
    lea edx, [edx + ecx * 2 + 1]
    loop .loop
    is edx, 10200
    passed
