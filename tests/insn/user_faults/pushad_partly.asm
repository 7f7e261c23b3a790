; PUSHAD into memory that is absent: what it has pushed before stays, CR2 is the slot that failed
; manual: SDM vol. 2B, PUSHA/PUSHAD
; init: eax=11111111 ecx=22222222 edx=33333333 ebx=44444444
; fault: 14 at here
    mov esp, 0x10000010
here:
    pushad
    hlt
