; 16-bit code with 32-bit operands: arithmetic, moves, pushes, extensions, shifts, a loop of 100
; manual: SDM vol. 2A, 2.1.1; vol. 1, 3.6
; mode: 16
; expect: eax=0
%include "user16.inc"
    mov eax, 0x12345678
    add eax, 0x11111111
    is eax, 0x23456789
    add ax, 0x9000                      ; the upper half stays
    is eax, 0x2345F789
    mov ebx, eax
    bswap ebx
    is ebx, 0x89F74523
    movzx ecx, bx
    is ecx, 0x4523
    movsx ecx, bl
    is ecx, 0x23
    mov ebx, 0xFFFF8000
    movsx edx, bx
    is edx, 0xFFFF8000
    movsx dx, bh
    is edx, 0xFFFFFF80
    mov eax, 0x00008001
    cwde
    is eax, 0xFFFF8001
    cdq
    is edx, 0xFFFFFFFF
    mov eax, 0x7FFF0080
    cbw
    is eax, 0x7FFFFF80
    mov edx, 0x55550000
    cwd
    is edx, 0x5555FFFF
    mov eax, 0x10000
    mov ecx, 0x10000
    mul ecx
    is eax, 0
    is edx, 1
    div ecx
    is eax, 0x10000
    imul ebx, eax, 0x7FFF
    is ebx, 0x7FFF0000
    imul bx, ax, 3
    is ebx, 0x7FFF0000
    shld ebx, eax, 20
    is ebx, 0x10
    mov eax, 0x80000001
    rol eax, 4
    is eax, 0x18
    stc
    rcr eax, 1
    is eax, 0x8000000C
    push dword 0x12345678
    pop bx
    pop cx
    is bx, 0x5678
    is cx, 0x1234
    push word 0x1111
    push word 0x2222
    pop ebx
    is ebx, 0x11112222
    push byte -2
    pop cx
    is cx, 0xFFFE
    push dword byte -2
    pop ecx
    is ecx, 0xFFFFFFFE
    mov dword [data], 0xA5A5A5A5
    inc word [data]
    inc dword [data]
    is dword [data], 0xA5A5A5A7
    mov eax, 1
    xadd [data], eax
    is eax, 0xA5A5A5A7
    mov eax, 0xA5A5A5A8
    mov edx, 5
    cmpxchg [data], edx
    is dword [data], 5
    pushfd
    pop eax
    and eax, 0x40
    is eax, 0x40
    mov eax, data + 0x70000
    lea bx, [eax + 4]
    is bx, data + 4
    lea ebx, [eax + eax * 2]
    is ebx, (data + 0x70000) * 3
    mov cx, 100
    xor eax, eax
    mov edx, 0x01000000
.loop:
    add eax, edx
    adc bx, 0
    loop .loop
    is eax, 0x64000000
    test dword [data], 4
    flags_are 0, 0x40
    passed
