; 16-bit code: CALL pushes IP, RET truncates
; manual: SDM vol. 2A, CALL
; mode: 16
; init: flags=0
; expect: eax=11110003 esp=F000
    call f
    jmp end
f:  mov bp, sp
    mov ax, [bp]
    ret
end:
    hlt
