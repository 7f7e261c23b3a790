; FNSTENV: the tag word tells zero, valid and empty
; manual: SDM vol. 1, chapter 8
; init: flags=0
; expect: eax=1FFF
    fninit
    fld1
    fldz
    fnstenv [data]
    movzx eax, word [data + 8]
    fldenv [data]
    mov dword [data + 12], 0
    mov dword [data + 16], 0
    mov dword [data + 20], 0
    mov dword [data + 24], 0
    hlt
