; PUSH [ESP] reads before ESP moves; POP [ESP + 4] addresses after
; manual: SDM vol. 2
; init: flags=0
; expect: eax=11 ebx=22 ecx=33 esp=1000F000
    push dword 0x11
    push dword 0x22
    push dword [esp + 4]
    pop eax
    push dword 0x33
    pop dword [esp + 4]
    pop ebx
    pop ecx
    hlt
