; REPE CMPSW over equal strings; REPNE stops at once
; manual: SDM vol. 2A, CMPS
; init: esi=10008100 edi=10008200 ecx=3 eax=44332211 flags=0
; expect: ebx=0 ecx=8 esi=10008108 edi=10008208 flags=44/44
    repe cmpsw
    mov ebx, ecx
    mov ecx, 9
    repne cmpsw
    hlt
