; PUSHAD stores ESP as it was; POPAD leaves it out
; manual: SDM vol. 2
; init: flags=0
; expect: eax=77 ecx=1000F000 ebx=44444444
    pushad
    mov eax, [esp + 12]
    mov ebx, esp
    mov dword [esp + 12], 0
    mov dword [esp + 28], 0x77
    popad
    lea ecx, [esp]
    hlt
