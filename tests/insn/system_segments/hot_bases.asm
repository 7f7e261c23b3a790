; One piece of hot code under several segment bases and limits: flat, based, limited, expand-down, 16-bit stack; faults at the exact element
; mode: system
; manual: SDM vol. 3A, 3.4 and 5.3
; output: PASS
%include "system.inc"
ARRAY equ 0x30000                       ; 256 dwords: 1 to 256
FLAT_ equ DATA32
BASED equ SLOT                          ; base ARRAY, 4 GiB
LIMITED equ SLOT + 8                    ; base ARRAY, 100 dwords
DOWN equ SLOT + 16                      ; base ARRAY - 400h: above 49Fh (offsets 4A0 and up)
CODE2 equ SLOT + 24                     ; the same code at another base
%macro summed 3                         ; DS, address of the array, how many: the sum
    push ds
    mov ax, %1
    mov ds, ax
    mov esi, %2
    mov ecx, %3
    xor eax, eax
    call sum
    pop ds
    equals eax, (%3) * (%3 + 1) / 2
%endmacro
; runs 250 elements; the fault comes at element n (from 0): EAX is the sum up to there
%macro stops 5                          ; DS, address, procedure, label of the access, n
    mov dword [resume], %%after
    mov [resume_esp], esp
    mov dword [recorded_vector], -1
    mov ax, %1
    mov ds, ax
    mov esi, %2
    mov ecx, 250
    xor eax, eax
    call %3
%%after:
    mov ax, DATA32
    mov ds, ax
    fault_was 13, 0, %4
    equals [recorded_gprs + 24], 250 - (%5)
    equals [recorded_gprs + 28], (%5) * (%5 + 1) / 2
%endmacro
start:
    mov edi, ARRAY
    xor eax, eax
.fill:
    inc eax
    stosd
    cmp eax, 256
    jb .fill
    mov edi, ARRAY + 0x1000
    mov ecx, 512
    xor eax, eax
    rep stosd
    set_descriptor BASED, ARRAY, 0xFFFFF, 0xC93
    set_descriptor LIMITED, ARRAY, 399, 0x493
    set_descriptor DOWN, ARRAY - 0x400, 0x49F, 0x497
    set_descriptor CODE2, 0x1000, 0xFFFFF, 0xC9B
%rep 3
    summed FLAT_, ARRAY, 200
    summed BASED, 0, 200
    summed LIMITED, 0, 100
    stops LIMITED, 0, sum, sum.load, 100
    summed FLAT_, ARRAY, 250
%endrep
    ; crossing the limit by some bytes
    set_descriptor LIMITED, ARRAY, 397, 0x493
    stops LIMITED, 0, sum, sum.load, 99
    set_descriptor LIMITED, ARRAY, 400, 0x493
    stops LIMITED, 0, sum, sum.load, 100
    ; downwards into the limit of an expand-down segment
    mov dword [resume], .after_down
    mov [resume_esp], esp
    mov ax, DOWN
    mov ds, ax
    mov esi, 0x400 + 249 * 4
    mov ecx, 250
    xor eax, eax
    call sum_down
.after_down:
    mov ax, DATA32
    mov ds, ax
    fault_was 13, 0, sum_down.load
    equals [recorded_gprs + 24], 40             ; offset 49C is the first that is not allowed
    equals [recorded_gprs + 4], 0x400 + 39 * 4
    ; stores, read-modify-writes, strings, x87
    set_descriptor LIMITED, ARRAY + 0x1000, 399, 0x493
    mov dword [resume], .after_store
    mov ax, LIMITED
    mov ds, ax
    xor esi, esi
    mov ecx, 250
    call modify
.after_store:
    mov ax, DATA32
    mov ds, ax
    fault_was 13, 0, modify.access
    equals [recorded_gprs + 24], 150
    equals [ARRAY + 0x1000 + 396], 7
    equals [ARRAY + 0x1000 + 400], 0
    mov dword [resume], .after_string
    mov ax, LIMITED
    mov es, ax
    xor edi, edi
    mov ecx, 250
    mov eax, 9
.string:
    rep stosd
.after_string:
    mov ax, DATA32
    mov es, ax
    fault_was 13, 0, .string
    equals [recorded_gprs + 24], 150
    equals [recorded_gprs], 400
    equals [ARRAY + 0x1000 + 396], 9
    fninit
    fldz
    mov dword [resume], .after_float
    mov ax, LIMITED
    mov ds, ax
    xor esi, esi
    mov ecx, 250
    call add_floats
.after_float:
    mov ax, DATA32
    mov ds, ax
    fault_was 13, 0, add_floats.access
    fistp dword [SCRATCH]
    equals [SCRATCH], 900
    ; read-only
    set_descriptor LIMITED, ARRAY, 399, 0x491
    summed LIMITED, 0, 100
    mov dword [resume], .after_read_only
    mov ax, LIMITED
    mov ds, ax
    xor esi, esi
    mov ecx, 250
    call modify
.after_read_only:
    mov ax, DATA32
    mov ds, ax
    fault_was 13, 0, modify.access
    equals [recorded_gprs + 24], 250
    ; the same code at another CS base: EIP differs
    mov ecx, 200
    mov esi, ARRAY
    xor eax, eax
    push dword 0
    call CODE2:sum_far - 0x1000
    pop ecx
    equals eax, 20100
    mov ecx, 200
    mov esi, ARRAY
    xor eax, eax
    call CODE32:sum_far
    equals eax, 20100
    ; a stack with a base: frames by EBP
    set_descriptor LIMITED, 0x6000, 0x0FFF, 0x093
    mov edi, esp
    mov ax, LIMITED
    mov ss, ax
    mov esp, 0xF00
    mov ecx, 100
    xor eax, eax
.frames:
    push ebp
    mov ebp, esp
    push ecx
    add eax, [ebp - 4]
    add eax, [ss:ebp - 4]
    leave
    loop .frames
    mov dx, DATA32
    mov ss, dx
    mov esp, edi
    equals eax, 10100
    finish
sum:
.load:
    add eax, [esi]
    add esi, 4
    dec ecx
    jnz .load
    ret
sum_down:
.load:
    add eax, [esi]
    sub esi, 4
    dec ecx
    jnz .load
    ret
modify:
.access:
    add dword [esi], 7
    add esi, 4
    dec ecx
    jnz .access
    ret
add_floats:
.access:
    fiadd dword [esi]
    add esi, 4
    dec ecx
    jnz .access
    ret
sum_far:
    add eax, [esi]
    add esi, 4
    dec ecx
    jnz sum_far
    retf
