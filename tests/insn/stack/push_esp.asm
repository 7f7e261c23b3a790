; PUSH ESP pushes the old value; POP ESP takes the popped one
; manual: SDM vol. 2
; init: flags=0
; expect: eax=1000F000 esp=10008010
    push esp
    pop eax
    push dword data + 16
    pop esp
    hlt
