; Debug registers: instruction breakpoints with RF, data breakpoints, DR6, DR7.GD, DR4 and DR5
; mode: system
; manual: SDM vol. 3B, 17.2 and 17.3
; output: PASS
%include "system.inc"
%macro dr6_is 1
    mov eax, [recorded_dr6]
    and eax, 0xE00F
    equals eax, %1
    xor eax, eax
    mov dr6, eax
%endmacro
start:
    xor eax, eax
    mov dr6, eax
    mov eax, .here
    mov dr0, eax
    mov eax, 2                          ; G0: instruction
    mov dr7, eax
    mov dword [resume], .after
    mov [resume_esp], esp
    nop
.here:
    inc ebx
.after:
    fault_was 1, 0, .here
    dr6_is 1
    mov eax, [recorded_flags]
    and eax, RF
    equals eax, 0                       ; clear for this one fault: the handler has to set it
    ; with RF the instruction runs once
    mov ebx, 5
    mov ecx, [events]
    pushfd
    or dword [esp], RF
    push dword CODE32
    push dword .here2
    mov eax, .here2
    mov dr0, eax
    iretd
.here2:
    inc ebx
    equals ebx, 6
    equals ecx, [events]
    ; RF is gone after it
    pushfd
    pop eax
    and eax, RF
    equals eax, 0
    ; data: writes, 4 bytes; reads and writes, 2 bytes
    mov eax, SCRATCH + 4
    mov dr0, eax
    mov eax, SCRATCH + 8
    mov dr1, eax
    mov eax, 0x007D000A
    mov dr7, eax
    mov dword [returning], 2            ; data breakpoints are traps: the recorder returns
    mov dword [events], 0
    mov eax, [SCRATCH + 4]              ; a read: not for DR0
    equals [events], 0
    mov byte [SCRATCH + 7], 1
.after_write:
    equals [events], 1
    equals [trace + 4], .after_write
    dr6_is 1
    mov dword [SCRATCH + 1], 0          ; overlaps
    equals [events], 2
    dr6_is 1
    mov byte [SCRATCH + 3], 0
    mov byte [SCRATCH + 10], 0
    equals [events], 2
    mov al, [SCRATCH + 9]
    equals [events], 3
    dr6_is 2
    mov eax, [SCRATCH + 5]              ; reads 5..8: only DR1
    equals [events], 4
    dr6_is 2
    ; GD
    mov dword [returning], 0
    xor eax, eax
    mov dr7, eax
    mov eax, 0x2000
    mov dr7, eax
    faults 1, 0, mov eax, dr0
    dr6_is 0x2000
    mov eax, dr7
    and eax, 0x2000
    equals eax, 0                       ; cleared by the exception
    ; DR4 is DR6 unless CR4.DE
    mov eax, dr4
    mov ebx, dr6
    equals eax, ebx
    mov eax, cr4
    or eax, 8
    mov cr4, eax
    faults 6, 0, mov eax, dr4
    faults 6, 0, mov dr5, eax
    ; I/O breakpoint
    mov eax, 0x80
    mov dr2, eax
    mov eax, 0x02000020
    mov dr7, eax
    mov dword [returning], 2
    mov dword [events], 0
    in al, 0x81
    equals [events], 0
    in al, 0x80
    equals [events], 1
    dr6_is 4
    finish
