; I/O breakpoints with CR4.DE: IN, OUT, INS, OUTS, REP; sizes; at CPL 3; without DE they are undefined
; mode: system
; manual: SDM vol. 3B, 17.2.4 and 17.3.1.2
; output: PASS
%include "system.inc"
%include "debug.inc"
start:
    mov dword [returning], 2
    mov dword [events], 0
    set_cr4 CR4_DE, 0
    break_on 0, 0x80, IO1
    in al, 0x80
.a: nop
    equals [trace + 4], .a
    events_are 1
    dr6_is 1
    out 0x80, al
    events_are 1
    in al, 0x81
    events_are 0
    in ax, 0x80
    events_are 1
    mov edx, 0x80
    in al, dx
    out dx, al
    events_are 2
    mov [0x80], al                      ; memory is something else
    events_are 0
    break_on 0, 0x80, IO2
    in al, 0x81
    events_are 1
    in al, 0x82
    events_are 0
    break_on 0, 0x80, IO4
    in al, 0x83
    events_are 1
    dr6_is 1
    ; strings
    break_on 2, 0x80, IO1
    mov edi, SCRATCH
    mov esi, SCRATCH
    insb
.b: nop
    equals [trace + 4], .b
    events_are 1
    outsb
    events_are 1
    mov ecx, 4
.c: rep outsb
.d: nop
    equals [trace + 4], .c
    equals [trace + 8 * 3 + 4], .d
    events_are 4
    mov ecx, 3
    rep insb
    events_are 3
    dr6_is 4
    mov edx, 0x84
    mov ecx, 4
    rep outsb
    events_are 0
    ; CPL 3
    mov edx, 0x80
    mov dword [user_flags], IOPL(3) | 2
    user_runs {in al, dx}
    equals [events], 2
    mov dword [events], 0
    ; an access that faults
    mov dword [user_flags], 2
    user_faults 13, 0, {in al, dx}
    events_are 1                        ; the #GP
    no_breaks
    finish
