; PUSH imm8 extends the sign
; manual: SDM vol. 2
; init: flags=0
; expect: eax=FFFFFFFE ecx=2222FFFE
    push byte -2
    pop eax
    push word -2
    pop cx
    hlt
