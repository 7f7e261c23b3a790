; #AC: CR0.AM, EFLAGS.AC and CPL 3 together; which accesses of which size; error code 0; not for implicit accesses of the system
; mode: system
; manual: SDM vol. 3A, 6.15, interrupt 17, table 6-7
; output: PASS
%include "system.inc"
P equ SCRATCH + 0x100
%macro aligned_at 2+                    ; alignment, instruction with [ebx]
    mov ebx, P + 1
    user_faults 17, 0, %2
%if %1 > 2
    mov ebx, P + 2
    user_faults 17, 0, %2
%endif
%if %1 > 4
    mov ebx, P + 4
    user_faults 17, 0, %2
%endif
    mov ebx, P + %1
    user_runs %2
%endmacro
start:
    fninit
    set_cr4 CR4_OSFXSR, 0
    mov edi, P
    mov ecx, 64
    xor eax, eax
    rep stosd
    ; two of the three: nothing
    mov ebx, P + 1
    mov dword [user_flags], AC | 2
    user_runs {mov eax, [ebx]}
    set_cr0 CR0_AM, 0
    mov dword [user_flags], 2
    user_runs {mov eax, [ebx]}
    push dword AC | 2
    popfd
    mov eax, [ebx]
    add [ebx], eax
    push dword 2
    popfd
    mov dword [user_flags], AC | 2
    aligned_at 4, mov eax, [ebx]
    aligned_at 4, mov [ebx], eax
    aligned_at 2, mov ax, [ebx]
    aligned_at 2, add [ebx], ax
    aligned_at 4, lock inc dword [ebx]
    aligned_at 4, xchg [ebx], eax
    aligned_at 4, push dword [ebx]
    mov ebx, P + 1
    user_runs {mov al, [ebx]}
    user_runs {setc [ebx]}
    user_runs {lea eax, [ebx]}
    aligned_at 4, cvtsi2ss xmm0, [ebx]
    aligned_at 4, movss xmm0, [ebx]
    aligned_at 8, movsd xmm0, [ebx]
    aligned_at 8, movq mm0, [ebx]
    user_runs emms
    aligned_at 4, fld dword [ebx]
    aligned_at 8, fld qword [ebx]
    aligned_at 8, fld tword [ebx]
    fninit
    aligned_at 2, fild word [ebx]
    aligned_at 2, fnstcw [ebx]
    fninit
    aligned_at 8, cmpxchg8b [ebx]
    ; the stack
    mov dword [resume], .after
    mov [resume_esp], esp
    mov dword [recorded_vector], -1
    push dword USER_DATA
    push dword STACK3 - 2
    push dword AC | 2
    push dword USER_CODE
    push dword .push
    iretd
.after:
    fault_was 17, 0, .push
    equals [recorded_esp], STACK3 - 2
    ; strings
    mov esi, P + 1
    mov edi, P + 0x40
    user_faults 17, 0, movsd
    mov edi, P + 0x41
    mov esi, P
    user_faults 17, 0, movsd
    user_faults 17, 0, stosw
    user_runs stosb
    mov ecx, 4
    mov edi, P + 2
    user_faults 17, 0, rep stosd
    equals ecx, 4
    ; descriptors and tables are not checked
    set_descriptor SLOT, P + 1, 0x1F, 0x082
    mov ax, SLOT
    lldt ax
    mov dword [P + 9], 0x0000FFFF
    mov dword [P + 13], 0x0000F300
    mov eax, 0xF
    user_runs {mov es, ax}
    xor eax, eax
    lldt ax
    ; the segment's base counts: the linear address
    set_descriptor SLOT + 8, P + 1, 0xFF, 0x4F3
    mov eax, SLOT + 11
    mov fs, ax
    mov ebx, 3
    user_runs {mov eax, [fs:ebx]}
    mov ebx, 4
    user_faults 17, 0, mov eax, [fs:ebx]
    ; after page faults? before them: an unmapped misaligned access
    enable_paging
    mov ebx, 0x800001
    user_faults 17, 0, mov eax, [ebx]
    ; AC may be changed by the program itself
    mov dword [user_flags], 2
    in_user .self
    fault_was 17, 0, .self_at
    ; a handler that steps over it, 100 times
    set_gate IDT + 8 * 17, CODE32, .handler, 0x8E
    mov dword [user_flags], AC | 2
    in_user .loop
    fault_was 0x30, 0, .loop_end
    equals [handled], 100
    equals edx, 100
    finish
.push:
    push eax
.self:
    mov ebx, P + 3
    mov eax, [ebx]
    push dword AC | 2
    popfd
.self_at:
    mov eax, [ebx]
    hlt
.loop:
    mov ecx, 100
    xor edx, edx
    mov ebx, P
.next:
    mov eax, [ebx + 1]
    mov eax, [ebx]
    inc edx
    loop .next
    int 0x30
.loop_end:
.handler:
    inc dword [ss:handled]
    add dword [ss:esp + 4], 3
    add esp, 4
    iretd
align 4
handled: dd 0
