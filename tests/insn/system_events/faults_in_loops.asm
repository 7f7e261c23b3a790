; Exceptions in hot loops with handlers that mend and return: divide error, INTO, BOUND, #UD, INT3, #GP, #SS; registers and flags exact, at CPL 0 and CPL 3
; mode: system
; manual: SDM vol. 3A, 6.5 and 6.15
; output: PASS
%include "system.inc"
%macro both 2                           ; label, expected EBX
    mov dword [handled], 0
    xor ebx, ebx
    call %1
    equals ebx, %2
    equals [handled], 100
    mov dword [handled], 0
    mov dword [procedure], %1
    xor ebx, ebx
    in_user .user
    fault_was 0x30, 0, .user_end
    equals ebx, %2
    equals [handled], 100
%endmacro
start:
    set_gate IDT + 8 * 0, CODE32, .divide_error, 0x8E
    set_gate IDT + 8 * 3, CODE32, .trap, 0xEE
    set_gate IDT + 8 * 4, CODE32, .trap, 0xEE
    set_gate IDT + 8 * 5, CODE32, .bound, 0x8E
    set_gate IDT + 8 * 6, CODE32, .invalid, 0x8E
    set_gate IDT + 8 * 13, CODE32, .protection, 0x8E
    both .divides, 200 * 5
    both .overflows, 100
    both .bounds, 200
    both .undefined, 100
    both .traps, 100
    both .protections, 300
    finish
.divide_error:                          ; the divisor becomes 1
    inc dword [ss:handled]
    mov ecx, 1
    iretd
.trap:
    inc dword [ss:handled]
    iretd
.bound:                                 ; the index becomes 3
    inc dword [ss:handled]
    mov eax, 3
    iretd
.invalid:
    inc dword [ss:handled]
    add dword [esp], 2
    iretd
.protection:                            ; EDX gets a selector that can be loaded
    inc dword [ss:handled]
    mov edx, USER_DATA
    add esp, 4
    iretd
.user:
    call [procedure]
    int 0x30
.user_end:
.divides:                               ; every other divisor is zero
    mov edi, 200
.divides_next:
    mov ecx, edi
    and ecx, 1
    mov eax, 5
    cdq
    stc
    idiv ecx
    add ebx, eax
    dec edi
    jnz .divides_next
    ret
.overflows:
    mov edi, 200
.overflows_next:
    mov al, 0x7F
    mov ecx, edi
    and ecx, 1
    add al, cl                          ; overflows for odd ones
    into
    seto cl
    add ebx, ecx
    dec edi
    jnz .overflows_next
    ret
.bounds:
    mov edi, 200
.bounds_next:
    mov eax, edi
    and eax, 1
    shl eax, 4                          ; 0 or 16, of 0 to 15
    stc
    bound eax, [limits]
    adc ebx, 0
    dec edi
    jnz .bounds_next
    ret
.undefined:
    mov edi, 100
.undefined_next:
    stc
    ud2
    adc ebx, 0
    dec edi
    jnz .undefined_next
    ret
.traps:
    mov edi, 100
.traps_next:
    stc
    int3
    adc ebx, 0
    dec edi
    jnz .traps_next
    ret
.protections:
    mov edi, 100
.protections_next:
    mov edx, 0x1238
    stc
    mov fs, dx
    adc ebx, 2
    dec edi
    jnz .protections_next
    ret
align 4
limits: dd 0, 15
handled: dd 0
procedure: dd 0
