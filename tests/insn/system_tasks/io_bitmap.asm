; The I/O permission bitmap: CPL 3 with IOPL 0, each width, the limit, the second byte
; mode: system
; manual: SDM vol. 1, 18.5.2
; output: PASS
%include "system.inc"
start:
    set_descriptor TASK, TSS, 0x68 + 32, 0x089      ; bitmap for ports 0 to F7, and the byte of ones behind
    mov ax, TASK
    ltr ax
    mov edi, TSS + 0x68
    mov ecx, 8
    xor eax, eax
    rep stosd
    mov byte [TSS + 0x68 + 32], 0xFF
    mov eax, 0x81
    bts [TSS + 0x68], eax                           ; port 81 is forbidden
    in_user .allowed
    fault_was 0x30, 0, .allowed_end
    in_user .forbidden
    fault_was 13, 0, .forbidden
    in_user .forbidden_word
    fault_was 13, 0, .forbidden_word
    in_user .forbidden_dword
    fault_was 13, 0, .forbidden_dword_at
    in_user .beyond
    fault_was 13, 0, .beyond_at
    mov word [TSS + 102], 0xFFFF                    ; no bitmap
    in_user .allowed
    fault_was 13, 0, .allowed
    mov dword [user_flags], IOPL(3) | 2             ; not needed at IOPL 3
    in_user .allowed
    fault_was 0x30, 0, .allowed_end
    finish
.allowed:
    in al, 0x80
    out 0x80, al
    int 0x30
.allowed_end:
.forbidden: in al, 0x81
.forbidden_word: in ax, 0x80
.forbidden_dword:
    mov edx, 0x7E
.forbidden_dword_at:
    in eax, dx
.beyond:
    mov edx, 0x100
.beyond_at:
    in al, dx
