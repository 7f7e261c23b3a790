; Data breakpoints: every length at every alignment, reads and writes, by all sorts of instructions, at CPL 0 and CPL 3
; mode: system
; manual: SDM vol. 3B, 17.2.5 and 17.3.1.2
; output: PASS
%include "system.inc"
%include "debug.inc"
P equ SCRATCH + 0x100
%macro hits 2+                          ; how many, instruction
    %2
    events_are %1
%endmacro
start:
    mov dword [returning], 2
    mov dword [events], 0
    break_on 0, P + 4, WRITE1
    hits 0, mov byte [P + 3], 0
    hits 1, mov byte [P + 4], 0
    hits 0, mov byte [P + 5], 0
    hits 1, mov word [P + 3], 0
    hits 1, mov dword [P + 1], 0
    hits 0, mov dword [P], 0
    hits 0, mov al, [P + 4]
    break_on 0, P + 4, WRITE2
    hits 0, mov word [P + 2], 0
    hits 1, mov byte [P + 5], 0
    hits 1, mov word [P + 3], 0
    hits 0, mov byte [P + 6], 0
    break_on 0, P + 5, WRITE2           ; the address is rounded down
    hits 1, mov byte [P + 4], 0
    hits 0, mov byte [P + 6], 0
    break_on 0, P + 4, WRITE4
    hits 1, mov byte [P + 7], 0
    hits 0, mov byte [P + 8], 0
    hits 1, mov dword [P + 7], 0
    break_on 0, P + 6, WRITE4           ; rounded to P + 4
    hits 1, mov byte [P + 4], 0
    break_on 1, P + 4, ACCESS4
    hits 1, mov al, [P + 7]
    hits 1, mov eax, [P + 1]
    hits 0, mov eax, [P]
    hits 1, add [P + 4], eax            ; reads and writes: once
    hits 1, cmp [P + 4], al
    hits 1, xchg [P + 4], al
    hits 1, lock inc dword [P + 4]
    hits 1, test dword [P + 4], 1
    hits 0, lea eax, [P + 4]
    hits 0, prefetcht0 [P + 4]
    ; stack: of CPL 3, so that the trap's own frame lies elsewhere
    in_user .stack
    fault_was 0x30, 0, .stack_end
    equals [events], 3 + 1
    mov dword [events], 0
    ; strings: each element counts for itself
    mov edi, P
    mov ecx, 16
    rep stosb
    events_are 4
    mov esi, P
    mov edi, P + 0x40
    mov ecx, 4
    rep movsd
    events_are 1
    mov esi, P + 4
    lodsd
    events_are 1
    mov edi, P + 4
    scasb
    events_are 1
    ; x87, SSE, MMX
    fninit
    set_cr4 CR4_OSFXSR, 0
    hits 1, fld dword [P + 4]
    hits 1, fstp qword [P]
    hits 1, fld tword [P - 2]
    hits 1, movups xmm0, [P - 8]
    hits 1, movups [P - 11], xmm0
    hits 0, movups [P - 12], xmm0
    hits 1, movq mm0, [P]
    emms
    hits 1, fnstcw [P + 4]
    ; others
    hits 1, bts dword [P + 4], 3
    mov eax, 35
    hits 1, bt [P], eax                 ; the bit string's dword at P + 4
    mov ebx, P
    mov al, 5
    hits 1, xlatb
    hits 1, cmpxchg8b [P]
    hits 1, sgdt [P]
    hits 1, push dword [P + 4]
    pop eax
    mov word [P + 3], DATA32
    mov dword [events], 0
    hits 1, les eax, [P - 1]
    push ds
    pop es
    ; both breakpoints at once, and one that is not enabled
    mov eax, P + 4
    mov dr2, eax
    mov eax, P + 6
    mov dr3, eax
    mov eax, (ACCESS4 << 20) | (ACCESS1 << 24) | (WRITE2 << 28) | 8 | 0x80
    mov dr7, eax
    xor eax, eax
    mov dr6, eax
    hits 1, mov [P + 4], eax
    mov eax, [recorded_dr6]             ; what matches without being enabled may be there too
    and eax, 8 | 2
    equals eax, 8 | 2
    xor eax, eax
    mov dr6, eax
    hits 1, mov eax, [P + 4]
    mov eax, [recorded_dr6]
    and eax, 8 | 2
    equals eax, 2
    ; L bits count as well; GE and LE change nothing
    mov eax, (ACCESS4 << 20) | 4 | 0x300
    mov dr7, eax
    hits 1, mov al, [P + 4]
    ; CPL 3
    in_user .user
    fault_was 0x30, 0, .user_end
    equals [events], 1 + 100
    ; an instruction that hits and then faults is not a hit
    mov dword [events], 0
    no_breaks
    enable_paging
    mov dword [PAGE_TABLE + 4 * 0x101], 0
    invlpg [0x101000]
    break_on 1, P, ACCESS4
    mov esi, P
    mov edi, 0x101000
    faults 14, 2, movsd
    events_are 1                        ; the page fault
    nop
    events_are 0
    mov dword [PAGE_TABLE + 4 * 0x101], FREE_MEMORY + 7
    invlpg [0x101000]
    movsd
    events_are 1
    no_breaks
    finish
.stack:
    mov esp, P + 8
    push eax                            ; P + 4
    mov esp, P + 4
    pop eax
    mov esp, P + 8
    call .callee
.callee:
    int 0x30
.stack_end:
.user:
    mov ecx, 100
.user_loop:
    inc dword [P + 4]
    loop .user_loop
    int 0x30
.user_end:
