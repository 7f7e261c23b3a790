; The loops of nano that a user program may run, on the bare host: a static 32-bit Linux program without a C library. It writes a
; line for each loop: its name, its count, and the cycles (of the time stamp counter) that the fastest run of it took.
;
; INT 80h and the vDSO's system call are getpid here. Exceptions come as signals, whose handlers go on behind the instruction.

bits 32
%include "loops.inc"

BATCHES         equ 12

SYS_EXIT        equ 1
SYS_WRITE       equ 4
SYS_GETPID      equ 20
SYS_SIGRETURN   equ 173                 ; rt_
SYS_SIGACTION   equ 174
SIGFPE          equ 8
SIGSEGV         equ 11
SA_SIGINFO      equ 4
SA_RESTORER     equ 0x04000000
SA_NODEFER      equ 0x40000000
CONTEXT_EIP     equ 20 + 14 * 4         ; in struct ucontext: behind flags, link, stack and 14 registers
AT_SYSINFO      equ 32                  ; of the auxiliary vector: the vDSO's system call

section .bss align=16
begun:          resd 2
fast_entry:     resd 1
row:            resd 1
batch:          resd 1
digits:         resb 16
digits_end:

section .data align=8
; name, loop, count, fastest so far
%macro ROW 3
        dd %%name, %2, %3, -1
        [section .rodata]
%%name: db %1, 0
        __SECT__
%endmacro
rows:
        ROW "empty", loop_empty, 50000
        ROW "sysenter", loop_vdso, 2000
        ROW "int80", loop_int80, 1000
        ROW "callret", loop_callret, 50000
        ROW "icall", loop_icall, 50000
        ROW "pgfault", loop_pgfault, 500
        ROW "divzero", loop_divzero, 500
        ROW "rdtsc", loop_rdtsc, 10000
        ROW "cpuid", loop_cpuid, 100
        dd 0

; struct kernel_sigaction: handler, flags, restorer, mask
on_divide:  dd skip_divide, SA_SIGINFO | SA_RESTORER | SA_NODEFER, restore, 0, 0
on_segment: dd skip_access, SA_SIGINFO | SA_RESTORER | SA_NODEFER, restore, 0, 0

section .text

; As the kernel wants programs to do it: by SYSENTER or SYSCALL, whichever the processor has.
        align 16
loop_vdso:
.again: mov eax, SYS_GETPID
        call [fast_entry]
        AGAIN .again

skip_divide:
        mov eax, [esp + 12]
        add dword [eax + CONTEXT_EIP], DIVIDE_SIZE
        ret

skip_access:
        mov eax, [esp + 12]
        add dword [eax + CONTEXT_EIP], FAULT_SIZE
        ret

restore:
        mov eax, SYS_SIGRETURN
        int 0x80

global _start
_start: mov esi, esp                    ; argc, argv, 0, environment, 0, auxiliary vector
        lodsd
        lea esi, [esi + eax * 4 + 4]
.environment:
        lodsd
        test eax, eax
        jnz .environment
.auxiliary:
        lodsd
        mov ecx, eax
        lodsd
        cmp ecx, AT_SYSINFO
        je .found
        test ecx, ecx
        jnz .auxiliary
        mov eax, plain_entry            ; the vector's end: there is none
.found: mov [fast_entry], eax

        mov edx, 0
        mov esi, 8                      ; bytes of a signal set
        mov eax, SYS_SIGACTION
        mov ebx, SIGFPE
        mov ecx, on_divide
        int 0x80
        mov eax, SYS_SIGACTION
        mov ebx, SIGSEGV
        mov ecx, on_segment
        int 0x80

        mov dword [batch], BATCHES
.batch: mov dword [row], rows
.row:   mov ebp, [row]
        cmp dword [ebp], 0
        je .next
        call measure
        mov ebp, [row]
        cmp eax, [ebp + 12]
        jae .slower
        mov [ebp + 12], eax
.slower:
        add dword [row], 16
        jmp .row
.next:  dec dword [batch]
        jnz .batch

        mov ebp, rows
.print: cmp dword [ebp], 0
        je .end
        mov ecx, [ebp]
        call print_text
        mov eax, [ebp + 8]
        call print_number
        mov eax, [ebp + 12]
        call print_number
        mov ecx, line_feed
        call print_text
        add ebp, 16
        jmp .print
.end:   mov eax, SYS_EXIT
        xor ebx, ebx
        int 0x80

plain_entry:
        int 0x80
        ret

; Row EBP: cycles in EAX.
measure:
        rdtsc
        mov [begun], eax
        mov [begun + 4], edx
        mov edi, [ebp + 8]
        call [ebp + 4]
        rdtsc
        sub eax, [begun]
        sbb edx, [begun + 4]
        jz .done
        mov eax, -1
.done:  ret

print_text:                             ; ECX
        xor edx, edx
.length:
        cmp byte [ecx + edx], 0
        je write_out
        inc edx
        jmp .length

print_number:                           ; EAX, with a space before it
        mov ecx, digits_end
        mov ebx, 10
.digit: xor edx, edx
        div ebx
        add dl, '0'
        dec ecx
        mov [ecx], dl
        test eax, eax
        jnz .digit
        dec ecx
        mov byte [ecx], ' '
        mov edx, digits_end
        sub edx, ecx
write_out:                              ; EDX bytes from ECX
        mov eax, SYS_WRITE
        mov ebx, 1
        int 0x80
        ret

section .rodata
line_feed: db 10, 0
