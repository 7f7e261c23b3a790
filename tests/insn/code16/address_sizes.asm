; 16-bit code with 32-bit addresses: SIB, wide displacements, LOOP, JCXZ, strings, XLAT; and wraps of 16-bit ones
; manual: SDM vol. 2A, 2.1.5, tables 2-1 and 2-2
; mode: 16
; expect: eax=0
%include "user16.inc"
    mov ebx, data
    mov ecx, 3
    mov dword [ebx + ecx * 4], 0x11223344
    is dword [data + 12], 0x11223344
    mov eax, [dword data + 12]
    is eax, 0x11223344
    mov esi, 4
    mov dx, [ebx + esi * 2 + 4]
    is dx, 0x3344
    mov ebp, data
    is byte [ebp + 15], 0x11
    is byte [ebp + ecx + 12], 0x11
    ; 16-bit forms wrap at 64 KiB
    mov bx, 0xFFF0
    mov si, data + 0x1C
    is byte [bx + si], 0x44
    mov bp, 0xFFFF
    mov di, data + 13
    is word [bp + di], 0x3344
    is word [bp + di + 0x7FFF - 0x7FFF], 0x3344
    is byte [bx + di - 0x7FF0 + 0x8000 - 1], 0x44
    mov bx, data + 0x8000 - 0x8000
    mov byte [bx - 0x7FFF + 0x8000 - 1], 0x5A
    is byte [data], 0x5A
    mov si, 0x8000
    is byte [si + (data - 0x8000)], 0x5A
    ; LOOP by ECX and by CX
    mov ecx, 0x10003
    xor ax, ax
.loop16:
    inc ax
    a16 loop .loop16
    is ax, 3
    is ecx, 0x10000
    mov ecx, 0x10003
    xor eax, eax
.loop32:
    inc eax
    a32 loop .loop32
    is eax, 0x10003
    is ecx, 0
    mov ecx, 0x10000
    jcxz .zero
    is cx, 1
.zero:
    a32 jecxz .not_zero
    jmp .next
.not_zero:
    is cx, 1
.next:
    ; XLAT
    mov ebx, data
    mov al, 15
    a32 xlatb
    is al, 0x11
    mov bx, 0xFFFF
    mov byte [14], 0x77
    mov al, 15
    xlatb
    is al, 0x77
    ; strings: SI or ESI
    cld
    mov esi, data + 12
    mov edi, data + 32
    mov ecx, 4
    a32 rep movsb
    is dword [data + 32], 0x11223344
    mov esi, data + 12 + 0x50000
    mov edi, data + 36 + 0x60000
    mov ecx, 0x70004
    a16 rep movsb
    is dword [data + 36], 0x11223344
    is esi, data + 16 + 0x50000
    is edi, data + 40 + 0x60000
    is ecx, 0x70000
    mov di, data + 64
    mov eax, 0xCAFEBABE
    stosd
    is di, data + 68
    mov di, data + 64
    mov cx, 2
    scasw
    is di, data + 66
    flags_are 0x40, 0x40
    ; LEA of both sizes
    mov ebx, 0x12345678
    lea eax, [ebx + 1]
    is eax, 0x12345679
    lea ax, [ebx + 2]
    is eax, 0x1234567A
    lea eax, [bx + 3]
    is eax, 0x567B
    passed
