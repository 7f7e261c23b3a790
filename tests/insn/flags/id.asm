; EFLAGS.ID can be toggled
; manual: SDM vol. 2
; init: flags=0
; expect: ecx=0
    pushfd
    pop eax
    xor eax, 0x200000
    push eax
    popfd
    pushfd
    pop ecx
    xor ecx, eax
    and ecx, 0x200000
    xor eax, 0x200000           ; a signal return on the host does not restore it
    push eax
    popfd
    hlt
