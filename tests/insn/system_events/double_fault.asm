; The double-fault matrix: which second exception makes #DF and which is delivered by itself
; mode: system
; manual: SDM vol. 3A, 6.15, interrupt 8, table 6-5
; output: PASS
%include "system.inc"
%macro gate_absent 1        ; delivering this vector gives #NP(8 * vector + 2 [+ EXT])
    mov byte [IDT + 8 * (%1) + 5], 0x6E
%endmacro
%macro gate_present 1
    mov byte [IDT + 8 * (%1) + 5], 0xEE
%endmacro
start:
    mov eax, 0x1238
    gate_absent 13                                  ; contributory, contributory: #GP then #NP
    faults 8, 0, mov fs, ax
    gate_present 13
    xor ecx, ecx
    gate_absent 0                                   ; #DE then #NP
    faults 8, 0, div ecx
    gate_present 0
    gate_absent 6                                   ; benign, contributory: #UD then #NP: handled serially
    faults 11, 6 * 8 + 3, ud2
    gate_present 6
    gate_absent 0x31                                ; INT n is benign, and not external
    faults 11, 0x31 * 8 + 2, int 0x31
    gate_present 0x31
    gate_absent 3
    faults 11, 3 * 8 + 2, int3
    gate_present 3
    set_gate IDT + 8 * 6, 0, 0, 0xEE                ; null selector in a gate: #GP(EXT)
    faults 13, 1, ud2
    set_gate IDT + 8 * 13, 0x1230, 0, 0xEE          ; #GP's gate leads beyond the GDT: #GP again
    faults 8, 0, mov fs, ax
    set_gate IDT + 8 * 13, CODE32, recorder_stubs + 13 * 16, 0xEE
    enable_paging
    mov ebx, 0x800000                               ; not mapped
    gate_absent 14                                  ; #PF, contributory
    faults 8, 0, mov al, [ebx]
    equals [recorded_cr2], 0x800000
    gate_present 14
    ; #PF, #PF: the handler's code page is there, its stack is not
    set_gate IDT + 8 * 8, SLOT, 0, 0xE5             ; so #DF has a task
    set_descriptor SLOT, 0x3000, 0x67, 0x089
    mov dword [0x3000 + 28], PAGE_DIRECTORY
    mov dword [0x3000 + 32], .double
    mov dword [0x3000 + 36], 2
    mov dword [0x3000 + 56], 0x6800
    mov dword [0x3000 + 72], DATA32
    mov dword [0x3000 + 76], CODE32
    mov dword [0x3000 + 80], DATA32
    mov dword [0x3000 + 84], DATA32
    mov esp, 0x700000
    mov ebp, 0x55
    mov al, [ebx]
.double:
    equals [esp + 4], 0                             ; the error code of #DF
    mov eax, cr2
    equals eax, 0x6FFFFC                            ; of the second
    movzx eax, word [0x3000]
    equals eax, TASK
    finish
