; ENTER with nesting levels and LEAVE
; manual: SDM vol. 2
; init: flags=0 ebp=10008040
; expect: eax=1000EFFC ecx=1000F000 ebx=1000EFE8 edx=1000EFFC
    enter 16, 0
    mov eax, ebp
    leave
    mov ecx, esp
    enter 8, 3
    mov ebx, esp
    mov edx, ebp
    hlt
