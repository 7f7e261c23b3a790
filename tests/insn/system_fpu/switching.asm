; x87, MMX and SSE registers, control words and flags survive what comes between: handlers, page faults, TLB misses, modes
; mode: system
; manual: SDM vol. 1, 8.1, 9.2 and 10.2
; output: PASS
%include "system.inc"
start:
    set_cr4 CR4_OSFXSR | CR4_OSXMMEXCPT, 0
    fninit
    enable_paging
    mov dword [SCRATCH], 1
    mov dword [SCRATCH + 4], 0x3F800000         ; 1.0
    mov word [SCRATCH + 8], 0x27F               ; double precision
    mov word [SCRATCH + 10], 0xC7F              ; truncate
    mov dword [SCRATCH + 12], 0x5F80            ; round up
    mov dword [SCRATCH + 16], 0x1F80
    mov dword [SCRATCH + 20], 0x3F000000        ; 0.5
    mov esi, 0x800000                           ; not mapped
    ; SSE alone: between two additions of 1 lie strings, page faults, flags
    xorps xmm0, xmm0
    movaps xmm7, xmm0
    mov ebp, 20
.sse:
    addss xmm0, [SCRATCH + 4]
    mov edi, SCRATCH + 0x200
    mov ecx, 3
    mov eax, ebp
    rep stosd
    addss xmm7, xmm0
    invlpg [SCRATCH]
    pushfd
    popfd
    addss xmm0, [SCRATCH + 4]
    faults 14, 0, mov eax, [esi]
    faults 14, 0, addss xmm0, [esi]
    dec ebp
    jnz .sse
    cvttss2si eax, xmm0
    equals eax, 40
    cvttss2si eax, xmm7
    equals eax, 400                             ; 1 + 3 + .. + 39
    ; x87 and SSE together; control words of both
    fldz
    fldz
    xorps xmm0, xmm0
    mov ebp, 20
.both:
    fiadd dword [SCRATCH]
    addss xmm0, [SCRATCH + 4]
    invlpg [SCRATCH]
    fadd dword [SCRATCH + 20]
    mov edi, SCRATCH + 0x200
    mov ecx, 3
    rep stosd
    fldcw [SCRATCH + 10]
    fist dword [SCRATCH + 24]                   ; truncated
    fldcw [SCRATCH + 8]
    ldmxcsr [SCRATCH + 12]
    cvtss2si edx, [SCRATCH + 20]                ; 0.5, up: 1
    ldmxcsr [SCRATCH + 16]
    cvtss2si ecx, [SCRATCH + 20]                ; to even: 0
    lea ebx, [edx + ecx]
    faults 14, 2, fstp qword [esi]
    equals ebx, 1
    fxch
    fiadd dword [SCRATCH]
    fxch
    dec ebp
    jnz .both
    equals [SCRATCH + 24], 30
    fistp dword [SCRATCH + 24]
    equals [SCRATCH + 24], 30
    fistp dword [SCRATCH + 24]
    equals [SCRATCH + 24], 20
    cvttss2si eax, xmm0
    equals eax, 20
    fnstsw ax
    and eax, 0x3F80
    equals eax, 0                               ; the stack is empty, nothing summarized
    ; MMX between x87
    fld1
    fld1
    movd mm3, [SCRATCH]
    paddd mm3, mm3
    invlpg [SCRATCH]
    paddd mm3, [SCRATCH]
    movd eax, mm3
    equals eax, 3
    movq2dq xmm1, mm3
    emms
    fld1
    fnstsw ax
    and eax, 0x3840
    equals eax, 0x3800
    fstp st0
    movd eax, xmm1
    equals eax, 3
    ; the stack pointer and all register fields
    mov ebx, esp
    movd xmm4, esp
    pxor xmm5, xmm5
    pinsrw xmm5, esp, 1
    cvtsi2sd xmm6, esp
    mov esp, 0x1234
    movd esp, xmm4
    mov eax, esp
    xor esp, esp
    cvttsd2si esp, xmm6
    mov ecx, esp
    pextrw esp, xmm5, 1
    mov edx, esp
    movmskps esp, xmm5
    mov edi, esp
    mov esp, ebx
    equals eax, ebx
    equals ecx, ebx
    equals edx, ebx
    equals edi, 0
    ; exceptions unmasked on the way are raised by the next instruction
    mov word [SCRATCH + 28], 0x37B
    mov ecx, 2
.unmask:
    fninit
    fld1
    fldz
    fldcw [SCRATCH + 28]
    fdivp st1, st0
    faults 16, 0, fld1
    fnclex
    loop .unmask
    fninit
    mov dword [SCRATCH + 28], 0x1D80
    xorps xmm1, xmm1
    mov ecx, 2
.unmask_sse:
    movss xmm0, [SCRATCH + 4]
    ldmxcsr [SCRATCH + 28]
    faults 19, 0, divss xmm0, xmm1
    ldmxcsr [SCRATCH + 16]
    divss xmm0, xmm1
    movd eax, xmm0
    equals eax, 0x7F800000
    loop .unmask_sse
    ; and TS, EM and OSFXSR act on the next instruction
    addss xmm0, xmm0
    set_cr0 CR0_TS, 0
    faults 7, 0, addss xmm0, xmm0
    faults 7, 0, fld1
    clts
    fld1
    addss xmm0, xmm0
    set_cr0 CR0_EM, 0
    faults 7, 0, fld1
    faults 6, 0, addss xmm0, xmm0
    faults 6, 0, paddd mm0, mm0
    set_cr0 0, CR0_EM
    addss xmm0, xmm0
    set_cr4 0, CR4_OSFXSR
    faults 6, 0, addss xmm0, xmm0
    fld1
    paddd mm0, mm0
    emms
    ; across pages and misaligned
    set_cr4 CR4_OSFXSR, 0
    mov ebx, FREE_MEMORY + 0xFF8
    mov dword [ebx], 1
    mov dword [ebx + 12], 2
    movups xmm0, [ebx]
    movups [ebx + 0x1000], xmm0
    equals [FREE_MEMORY + 0x1FF8], 1
    equals [FREE_MEMORY + 0x2004], 2
    faults 13, 0, movaps xmm0, [ebx]
    mov ecx, FREE_MEMORY + 0x101
    faults 13, 0, movaps [ecx], xmm0
    inc ecx
    faults 13, 0, pxor xmm0, [ecx]
    lea ecx, [ecx + 14]
    movaps [ecx], xmm0
    equals [ecx + 12], 2
    fld tword [ebx + 2]
    fstp tword [ebx + 2]
    equals [ebx + 12], 2
    finish
