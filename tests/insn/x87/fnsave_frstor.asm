; FNSAVE initialises; FRSTOR brings back
; manual: SDM vol. 1, chapter 8
; init: flags=0
; expect: ecx=22220000 ebx=1
    fninit
    fld1
    fnsave [data]
    fnstsw ax
    mov cx, ax
    frstor [data]
    fist dword [data + 128]
    mov ebx, [data + 128]
    mov dword [data + 12], 0
    mov dword [data + 16], 0
    mov dword [data + 20], 0
    mov dword [data + 24], 0
    hlt
