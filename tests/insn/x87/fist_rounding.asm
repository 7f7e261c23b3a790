; FIST by all four rounding modes
; manual: SDM vol. 1, chapter 8
; init: flags=0
; expect: eax=2 ecx=2 edx=3 esi=2
    fninit
    mov dword [data], 0x40200000
    fld dword [data]
    mov ebx, data + 16
%assign mode 0
%rep 4
    mov word [data + 8], 0x037F | mode << 10
    fldcw [data + 8]
    fist dword [ebx]
    add ebx, 4
%assign mode mode + 1
%endrep
    mov eax, [data + 16]
    mov ecx, [data + 20]
    mov edx, [data + 24]
    mov esi, [data + 28]
    hlt
