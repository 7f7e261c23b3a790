; nano: what each kind of operation costs that an operating system is made of (after Adams and Agesen, A Comparison of Software and
; Hardware Techniques for x86 Virtualization, ASPLOS 2006).
;
; A Multiboot 1 kernel without anything but what the loops need: a GDT for SYSENTER, an IDT, a TSS, paging. For each loop, some
; times over, it writes to port E9h: the loop's name, a space, its count in decimal, a line feed; then byte 1, runs the loop, byte 2.
; Whoever listens takes the time between the two. At the end it writes 0 to port F4h; to an exception that it has not made, 1.

bits 32
%include "loops.inc"

BATCHES      equ 12

KERNEL_CODE  equ 0x08                   ; in the order that SYSENTER and SYSEXIT want
KERNEL_DATA  equ 0x10
USER_CODE    equ 0x18 | 3
USER_DATA    equ 0x20 | 3
TASK         equ 0x28

APIC         equ 0xFEE00000
APIC_VERSION equ APIC + 0x030
APIC_EOI     equ APIC + 0x0B0
APIC_SPURIOUS equ APIC + 0x0F0
APIC_COMMAND equ APIC + 0x300

MAPPED_A     equ 0x300000               ; one of these two pages is there
MAPPED_B     equ MAPPED_A ^ 0x1000
MODIFIED     equ 0x302000               ; this one stays, with other bits
PRESENT      equ 7                      ; present, writable, user
AVAILABLE    equ 0x200                  ; a bit of an entry that means nothing

DEBUG_PORT   equ 0xE9
END_PORT     equ 0xF4
SCRATCH_PORT equ 0x80                   ; a register like memory

section .multiboot align=4
        dd 0x1BADB002, 0, -0x1BADB002

section .bss align=4096
page_directory: resb 4096
low_table:      resb 4096               ; the first 4 MiB, where they are
apic_table:     resb 4096
user_stack:     resb 4096
user_stack_end:
kernel_stack:   resb 4096
kernel_stack_end:
main_stack:     resb 4096
main_stack_end:
idt:            resb 256 * 8
task_state:     resb 104
main_esp:       resd 1
row:            resd 1
batch:          resd 1

section .data align=8
gdt:    dq 0
        dq 0x00CF9B000000FFFF
        dq 0x00CF93000000FFFF
        dq 0x00CFFB000000FFFF
        dq 0x00CFF3000000FFFF
gdt_task:
        dq 0x0000890000000067
gdt_end:
        align 4
gdt_register: dw gdt_end - gdt - 1
              dd gdt
        align 4
idt_register: dw 256 * 8 - 1
              dd idt

; name, loop, count, ring
%macro ROW 4
        dd %%name, %2, %3, %4
        [section .rodata]
%%name: db %1, 0
        __SECT__
%endmacro
rows:
        ROW "empty", loop_empty, 50000, 0
        ROW "sysenter", loop_sysenter, 4000, 3
        ROW "int80", loop_int80, 4000, 3
        ROW "in", loop_in, 10000, 0
        ROW "out", loop_out, 10000, 0
        ROW "mmio", loop_mmio, 10000, 0
        ROW "beside", loop_beside, 10000, 0
        ROW "cr3wr", loop_cr3wr, 4000, 0
        ROW "callret", loop_callret, 50000, 0
        ROW "icall", loop_icall, 50000, 0
        ROW "pgfault", loop_pgfault, 2000, 3
        ROW "pgmap", loop_pgmap, 2000, 3
        ROW "divzero", loop_divzero, 2000, 3
        ROW "ptemod", loop_ptemod, 20000, 0
        ROW "pteflush", loop_pteflush, 4000, 0
        ROW "clisti", loop_clisti, 20000, 0
        ROW "popf", loop_popf, 20000, 0
        ROW "iret", loop_iret, 4000, 0
        ROW "int", loop_int, 4000, 0
        ROW "moves", loop_moves, 10000, 0
        ROW "irq", loop_irq, 2000, 0
        ROW "hlt", loop_hlt, 2000, 0
        ROW "rdtsc", loop_rdtsc, 10000, 0
        ROW "cpuid", loop_cpuid, 4000, 0
        dd 0

; ---- The loops of Ring 0, and what answers those of Ring 3 -----------------------------------------------------------------

section .text

        align 16
loop_sysenter:
        mov edx, .back
        mov ecx, esp
.again: sysenter
.back:  AGAIN .again

        align 16
system_entry:
        sysexit

        align 16
loop_in:
.again: in al, SCRATCH_PORT
        AGAIN .again

        align 16
loop_out:
.again: out SCRATCH_PORT, al
        AGAIN .again

        align 16
loop_mmio:
.again: mov eax, [APIC_VERSION]
        AGAIN .again

; A store to data that lies among code.
        align 16
loop_beside:
.again: mov [.data], edi
        AGAIN .again
        align 4
.data:  dd 0

        align 16
loop_cr3wr:
        mov eax, cr3
.again: mov cr3, eax
        AGAIN .again

; A page that is mapped when it is touched, and unmapped when the other one is.
        align 16
loop_pgmap:
        mov ebx, MAPPED_A
.again: xor ebx, MAPPED_A ^ MAPPED_B
        mov eax, [ebx]
        AGAIN .again

        align 16
loop_ptemod:
.again: xor dword [low_table + MODIFIED / 1024], AVAILABLE
        AGAIN .again

        align 16
loop_pteflush:
.again: xor dword [low_table + MODIFIED / 1024], AVAILABLE
        invlpg [MODIFIED]
        mov eax, [MODIFIED]
        AGAIN .again

        align 16
loop_clisti:
.again: sti
        cli
        AGAIN .again

        align 16
loop_popf:
.again: pushf
        cli
        popf
        AGAIN .again

        align 16
loop_iret:
.again: pushf
        push dword KERNEL_CODE
        push dword .back
        iret
.back:  AGAIN .again

        align 16
loop_int:
.again: int 0x81
        AGAIN .again

        align 16
loop_moves:
        mov eax, KERNEL_DATA
.again: mov es, eax
        AGAIN .again

; An interrupt to itself, with the write of the command register and the end of the interrupt.
        align 16
loop_irq:
        sti
.again: mov dword [APIC_COMMAND], 0x00044040    ; to self, fixed, vector 40h
        dec edi
        jnz .again
        cli
        ret

        align 16
loop_hlt:
.again: mov dword [APIC_COMMAND], 0x00044040
        sti
        hlt
        cli
        AGAIN .again

        align 16
on_interrupt:
        mov dword [APIC_EOI], 0
        iret

        align 16
on_system_call:
        iret

        align 16
on_divide_error:
        add dword [esp], DIVIDE_SIZE
        iret

        align 16
on_page_fault:
        push eax
        mov eax, cr2
        cmp eax, FAULT_ADDRESS
        jne .map
        add dword [esp + 8], FAULT_SIZE
        pop eax
        add esp, 4
        iret
.map:   push ebx
        mov ebx, eax
        xor ebx, MAPPED_A ^ MAPPED_B
        shr ebx, 10
        mov dword [low_table + ebx], 0
        shl ebx, 10
        invlpg [ebx]
        mov ebx, eax
        shr ebx, 10
        or eax, PRESENT
        mov [low_table + ebx], eax
        pop ebx
        pop eax
        add esp, 4
        iret

unexpected:
        mov al, 1
        out END_PORT, al
        jmp unexpected

; ---- Running them ------------------------------------------------------------------------------------------------------------

; EBX(EDI), between two marks; in either ring.
measure:
        mov al, 1
        out DEBUG_PORT, al
        call ebx
        mov al, 2
        out DEBUG_PORT, al
        ret

user_entry:
        call measure
        int 0x82

on_user_done:
        mov esp, [main_esp]
        mov eax, KERNEL_DATA
        mov ds, eax
        mov es, eax
        ret

; Comes back by on_user_done. The user may do input and output, for the marks.
measure_in_user:
        mov [main_esp], esp
        mov eax, USER_DATA
        mov ds, eax
        mov es, eax
        push eax
        push dword user_stack_end
        push dword 0x3002               ; IOPL 3, IF clear
        push dword USER_CODE
        push dword user_entry
        iret

print_text:                             ; ESI
        lodsb
        test al, al
        jz .done
        out DEBUG_PORT, al
        jmp print_text
.done:  ret

print_number:                           ; EAX
        xor edx, edx
        mov ecx, 10
        div ecx
        push edx
        test eax, eax
        jz .digit
        call print_number
.digit: pop eax
        add al, '0'
        out DEBUG_PORT, al
        ret

global _start
_start: cli
        cld
        mov esp, main_stack_end
        push dword 0
        popf
        mov al, 0xFF                    ; nothing from the interrupt controllers
        out 0x21, al
        out 0xA1, al
        call set_up_segments
        call set_up_events
        call set_up_paging
        mov dword [APIC_SPURIOUS], 0x1FF ; on
        mov dword [batch], BATCHES
.batch: mov dword [row], rows
.row:   mov ebp, [row]
        mov esi, [ebp]
        test esi, esi
        jz .next
        call print_text
        mov al, ' '
        out DEBUG_PORT, al
        mov eax, [ebp + 8]
        call print_number
        mov al, 10
        out DEBUG_PORT, al
        mov ebx, [ebp + 4]
        mov edi, [ebp + 8]
        cmp dword [ebp + 12], 0
        jne .user
        call measure
        jmp .done
.user:  call measure_in_user
.done:  add dword [row], 16
        jmp .row
.next:  dec dword [batch]
        jnz .batch
        mov al, 0
        out END_PORT, al
.halt:  hlt
        jmp .halt

; ---- Setting up --------------------------------------------------------------------------------------------------------------

set_up_segments:
        mov eax, task_state
        mov [gdt_task + 2], ax
        shr eax, 16
        mov [gdt_task + 4], al
        mov [gdt_task + 7], ah
        mov dword [task_state + 4], kernel_stack_end
        mov dword [task_state + 8], KERNEL_DATA
        mov word [task_state + 102], 104
        lgdt [gdt_register]
        jmp KERNEL_CODE:.reload
.reload:
        mov eax, KERNEL_DATA
        mov ds, eax
        mov es, eax
        mov fs, eax
        mov gs, eax
        mov ss, eax
        mov eax, TASK
        ltr ax
        ret

; A gate for vector EAX to EBX, of the kind in DH.
set_gate:
        lea edi, [idt + eax * 8]
        mov [edi], bx
        mov word [edi + 2], KERNEL_CODE
        mov byte [edi + 4], 0
        mov [edi + 5], dh
        shr ebx, 16
        mov [edi + 6], bx
        ret

%macro GATE 3
        mov eax, %1
        mov ebx, %2
        mov dh, %3
        call set_gate
%endmacro

INTERRUPT_GATE equ 0x8E
USER_GATE      equ 0xEE

set_up_events:
        xor ecx, ecx
.all:   GATE ecx, unexpected, INTERRUPT_GATE
        inc ecx
        cmp ecx, 256
        jb .all
        GATE 0x00, on_divide_error, INTERRUPT_GATE
        GATE 0x0E, on_page_fault, INTERRUPT_GATE
        GATE 0x40, on_interrupt, INTERRUPT_GATE
        GATE 0x80, on_system_call, USER_GATE
        GATE 0x81, on_system_call, INTERRUPT_GATE
        GATE 0x82, on_user_done, USER_GATE
        lidt [idt_register]
        xor edx, edx
        mov ecx, 0x174                  ; IA32_SYSENTER_CS, _ESP, _EIP
        mov eax, KERNEL_CODE
        wrmsr
        inc ecx
        mov eax, kernel_stack_end
        wrmsr
        inc ecx
        mov eax, system_entry
        wrmsr
        ret

set_up_paging:
        xor ecx, ecx
        mov eax, PRESENT
.page:  mov [low_table + ecx * 4], eax
        add eax, 4096
        inc ecx
        cmp ecx, 1024
        jb .page
        mov dword [low_table + FAULT_ADDRESS / 1024], 0
        mov dword [low_table + MAPPED_B / 1024], 0
        mov dword [apic_table + (APIC >> 12 & 1023) * 4], APIC | 0x1B  ; not cached
        mov dword [page_directory], low_table + PRESENT
        mov dword [page_directory + (APIC >> 22) * 4], apic_table + PRESENT
        mov eax, page_directory
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80010000              ; PG, WP
        mov cr0, eax
        ret
