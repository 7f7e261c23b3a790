; PUSH imm16 in 16-bit code
; mode: 16
; manual: SDM vol. 2B, PUSH
; expect: esp=EFFE ecx=1234
    push 0x1234
    mov bp, sp
    movzx ecx, word [bp]
    hlt
