; What was no instruction becomes one by a change of its second byte, whether it had been translated or not
; mode: system
; manual: SDM vol. 3A, 8.1.3
; output: PASS
%include "system.inc"
%macro spot_is_invalid 0
    mov dword [ss:resume], %%after
    mov [ss:resume_esp], esp
    mov dword [ss:recorded_vector], -1
    jmp spot
%%after:
    fault_was 6, 0, spot
%endmacro
start:
    mov ebp, 40
.again:
    spot_is_invalid
    dec ebp
    jnz .again
    mov byte [spot + 1], 0xC0   ; FF FF: FF /7, which is not defined; FF C0: INC EAX
    xor eax, eax
    call spot
    equals eax, 1
    mov dword [spot], 0x90C3FFFF ; all bytes written, one of them changed
    spot_is_invalid
    mov dword [spot], 0x90C3C0FF
    xor eax, eax
    call spot
    equals eax, 1
    finish
align 128
spot:
    db 0xFF, 0xFF
    ret
    nop
