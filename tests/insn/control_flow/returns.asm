; Calls and returns that do not pair: a call used to get EIP, a changed return address, RET as a jump, frames dropped, RET n
; manual: SDM vol. 1, 6.3; vol. 2B, RET
; expect: eax=0
%include "user.inc"
    mov ebp, esp
    mov ecx, 100
    xor ebx, ebx
.loop:
    call .here                          ; never returns
.here:
    pop edx
    sub edx, .here
    add ebx, edx
    ; RET as a jump
    push dword .jumped
    ret
    hlt
.jumped:
    inc ebx
    ; the callee returns elsewhere
    call .elsewhere
    hlt
.back:
    inc ebx
    ; retpoline: an indirect jump by a pair of calls
    mov eax, .target
    call .retpoline
    hlt
.target:
    inc ebx
    ; two frames dropped at once
    mov esi, esp
    call .outer
    hlt
.dropped:
    inc ebx
    push dword 1
    push dword 2
    call .pops
    loop .loop
    cmp ebx, 400
    jne .bad
    cmp esp, ebp
    jne .bad
    passed
.bad:
    mov eax, 1
    hlt
.elsewhere:
    mov dword [esp], .back
    ret
.retpoline:
    call .set_up
.capture:
    pause
    jmp .capture
.set_up:
    mov [esp], eax
    add esp, 0
    pop edx
    add esp, 4                          ; the retpoline's own return address
    push edx
    ret
.outer:
    call .inner
    hlt
.inner:
    mov esp, esi
    jmp .dropped
.pops:
    ret 8
