; Packed decimal there and back
; manual: SDM vol. 1, chapter 8
; init: flags=0
; expect: eax=12345678 ecx=90 edx=8000
    fninit
    mov dword [data], 0x12345678
    mov dword [data + 4], 0x90
    mov word [data + 8], 0x8000
    fbld [data]
    fbstp [data + 16]
    mov eax, [data + 16]
    mov ecx, [data + 20]
    movzx edx, word [data + 24]
    hlt
