; PUSH of a segment register writes a word and moves ESP by four
; manual: SDM vol. 2
; init: flags=0
; expect: ecx=1000EFFC esp=1000F000
    push dword -1
    pop eax
    push ds
    mov ecx, esp
    pop ds
    mov dword [esp - 4], 0
    hlt
