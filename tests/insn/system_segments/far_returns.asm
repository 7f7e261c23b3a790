; RETF and IRET to an outer ring: checks of the code and stack selectors, privileged data segments become null
; mode: system
; manual: SDM vol. 2B, RET; vol. 2A, IRET
; output: PASS
%include "system.inc"
%macro far_return_faults 6  ; vector, error code, SS, ESP, CS, EIP
    push dword %3
    push dword %4
    push dword %5
    push dword %6
    faults %1, %2, retf
    add esp, 16
%endmacro
start:
    set_descriptor SLOT, 0, 0xFFFFF, 0xC7B          ; code, DPL 3, not present
    set_descriptor SLOT + 8, 0, 0xFFFF, 0x4FB       ; code, DPL 3, 64 KiB
    far_return_faults 13, 0, USER_DATA, STACK3, 0, .user
    far_return_faults 13, DATA32, USER_DATA, STACK3, DATA32, .user
    far_return_faults 13, 0x30, USER_DATA, STACK3, USER_DATA, .user
    far_return_faults 13, 0x28, USER_DATA, STACK3, USER_CODE & ~3, .user        ; RPL 0, DPL 3
    far_return_faults 11, SLOT, USER_DATA, STACK3, SLOT | 3, .user
    far_return_faults 13, 0, 0, STACK3, USER_CODE, .user
    far_return_faults 13, DATA32, DATA32, STACK3, USER_CODE, .user
    far_return_faults 13, DATA32, DATA32 | 3, STACK3, USER_CODE, .user          ; DPL 0
    far_return_faults 13, 0, USER_DATA, STACK3, (SLOT + 8) | 3, 0x10000         ; EIP beyond the limit
    push dword USER_DATA
    pop fs
    mov dword [resume], .after
    mov [resume_esp], esp
    push dword USER_DATA
    push dword STACK3
    push dword USER_CODE
    push dword .user
    retf
.after:
    fault_was 0x30, 0, .end
    equals [recorded_gprs + 16], 0                  ; DS
    equals [recorded_gprs + 20], USER_DATA          ; FS may stay
    equals [recorded_ss], USER_DATA
    ; IRET: IOPL and IF are not CPL 3's to change
    push dword .inner
    pop dword [resume]
    mov [resume_esp], esp
    push dword USER_DATA
    push dword STACK3
    push dword 2
    push dword USER_CODE
    push dword .flags
    iretd
.inner:
    mov eax, [recorded_flags]
    and eax, 0x3200
    equals eax, 0
    finish
.user:
    mov bx, ds
    movzx ebx, bx
    mov dx, fs
    movzx edx, dx
    int 0x30
.end:
.flags:
    pushfd
    or dword [esp], 0x3200
    popfd
    int 0x30
