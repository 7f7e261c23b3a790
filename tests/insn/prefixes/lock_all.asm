; LOCK with every instruction that takes it, in a loop; memory and flags as without
; manual: SDM vol. 2A, LOCK
; expect: eax=0
%include "user.inc"
%macro is 2
%assign check check + 1
    compare %1, %2
%endmacro
    mov ebx, data
    mov dword [ebx], 0
    mov ecx, 100
.loop:
    lock inc dword [ebx]
    lock add dword [ebx], 5
    lock sub dword [ebx], ecx
    lock add [ebx], ecx
    lock dec dword [ebx]
    loop .loop
    is dword [ebx], 500
    lock or byte [ebx + 4], 0xF0
    lock and byte [ebx + 4], 0x3C
    lock xor byte [ebx + 4], 0xFF
    is byte [ebx + 4], 0xCF
    stc
    lock adc word [ebx + 8], 0xFFFF
    read_flags
    and ecx, CF | ZF
    is ecx, CF | ZF
    lock sbb word [ebx + 8], 0
    lock neg dword [ebx]
    lock not dword [ebx]
    is dword [ebx], 499
    mov eax, 499
    mov edx, 7
    lock cmpxchg [ebx], edx
    is dword [ebx], 7
    lock cmpxchg [ebx], edx
    is eax, 7
    mov eax, 1
    lock xadd [ebx], eax
    is eax, 7
    is dword [ebx], 8
    lock bts dword [ebx], 0
    lock btr dword [ebx], 3
    lock btc dword [ebx], 31
    is dword [ebx], 0x80000001
    xchg [ebx], eax
    lock xchg [ebx], al
    is eax, 0x80000007
    mov eax, [ebx]
    mov edx, [ebx + 4]
    push ebx
    mov ecx, 0x1234
    mov esi, ebx
    mov ebx, 0x5678
    lock cmpxchg8b [esi]
    pop ebx
    is dword [ebx], 0x5678
    is dword [ebx + 4], 0x1234
    passed
