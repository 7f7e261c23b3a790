; The entry points of all vectors. Each makes the stack look like struct trap_frame (kernel/idt.h) and calls
; trap_dispatch. The processor pushes an error code for some exceptions only; for the others a zero stands in.

bits 32
extern trap_dispatch

%macro entry 1
trap_entry_%1:
  %if !(%1 = 8 || (%1 >= 10 && %1 <= 14) || %1 = 17 || %1 = 21)
        push dword 0
  %endif
        push dword %1
        jmp trap_common
%endmacro

section .text
%assign vector 0
%rep 0x30
        entry vector
  %assign vector vector + 1
%endrep

global trap_entry_system_call
trap_entry_system_call:
        push dword 0
        push dword 0x80
trap_common:
        pusha
        push ds
        push es
        push fs
        push gs
        mov eax, 0x10                   ; KERNEL_DATA
        mov ds, eax
        mov es, eax
        cld
        push esp
        call trap_dispatch
        add esp, 4
; Also where a new task starts, with a frame made by task.c.
global trap_return
trap_return:
        pop gs
        pop fs
        pop es
        pop ds
        popa
        add esp, 8                      ; vector and error code
        iret

; void switch_stacks(u32* save_esp, u32 load_esp): the heart of a task switch. What the C calling convention lets a
; function destroy is already saved by the caller; the rest is pushed here and popped from the other stack.
global switch_stacks
switch_stacks:
        mov eax, [esp + 4]
        mov edx, [esp + 8]
        push ebx
        push esi
        push edi
        push ebp
        mov [eax], esp
        mov esp, edx
        pop ebp
        pop edi
        pop esi
        pop ebx
        ret

section .rodata
global trap_entries
trap_entries:
%assign vector 0
%rep 0x30
        dd trap_entry_ %+ vector
  %assign vector vector + 1
%endrep
