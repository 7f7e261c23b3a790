; 16-bit code with 32-bit jumps: EIP is not truncated; beyond the limit is #GP at the jump
; manual: SDM vol. 2A, JMP
; mode: 16
; init: ebx=0
; fault: 13 at here
; expect: ebx=2
    jmp dword next
    hlt
next:
    inc bx
    mov eax, near_
    o32 jmp eax
    hlt
near_:
    inc bx
    mov eax, 0x10000
here:
    o32 jmp eax
    hlt
