; The head of the user program (struct user_header in lib/abi.h), its first instruction, and the parts that C cannot say.

bits 32
extern user_main, user_data, user_end

section .header
        dd 0x52554F54                   ; "TOUR"
        dd user_start, user_data, user_end

SYS_EXIT    equ 0
SYS_CATCH   equ 17
SYS_UNCATCH equ 18

section .text
global user_start
user_start:
        push eax                        ; the role
        call user_main
        mov eax, SYS_EXIT
        xor ebx, ebx
        int 0x80

; u32 system_call(u32 number, u32 a, u32 b, u32 c)
global system_call
system_call:
        push ebx
        mov eax, [esp + 8]
        mov ebx, [esp + 12]
        mov ecx, [esp + 16]
        mov edx, [esp + 20]
        int 0x80
        pop ebx
        ret

; u32 try(void (*attempt)(void), u32 fault[2]): calls it; 0 if it returned, else 100h | vector, with the error code and
; CR2 in fault. SYS_CATCH returns a second time when the attempt faults, with the registers of the first time: like setjmp.
global try
try:    push ebx
        push esi
        push edi
        push ebp
        mov eax, SYS_CATCH
        int 0x80
        test eax, eax
        jnz .faulted
        call [esp + 20]
        mov eax, SYS_UNCATCH
        int 0x80
        xor eax, eax
        jmp .done
.faulted:
        mov ebx, [esp + 24]
        mov [ebx], edx
        mov [ebx + 4], ecx
.done:  pop ebp
        pop edi
        pop esi
        pop ebx
        ret
