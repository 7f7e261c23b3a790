; Which segment an address goes to: SS for BP, EBP and ESP as base, DS otherwise, ES for string destinations; overrides; IN 16- and 32-bit forms
; mode: system
; manual: SDM vol. 1, 3.7.4, table 3-5; vol. 2A, tables 2-1 to 2-3
; output: PASS
%include "system.inc"
; each segment has its own 256 bytes; the byte at offset 80h names it
DS_AT equ 0x30000
ES_AT equ 0x31000
FS_AT equ 0x32000
GS_AT equ 0x33000
%macro is 2+                            ; the byte, then the address
    mov al, %2
    cmp al, %1
    je %%good
    inc word [ss:SCRATCH]
    mov [ss:SCRATCH + 4], al
    mov word [ss:SCRATCH + 6], %%good
%%good:
%endmacro
start:
    mov byte [DS_AT + 0x80], 'D'
    mov byte [ES_AT + 0x80], 'E'
    mov byte [FS_AT + 0x80], 'F'
    mov byte [GS_AT + 0x80], 'G'
    to_real DATA16
    mov byte [0x80], 'S'                ; SS has base 0, and so has CS
    mov ax, DS_AT >> 4
    mov ds, ax
    mov ax, ES_AT >> 4
    mov es, ax
    mov ax, FS_AT >> 4
    mov fs, ax
    mov ax, GS_AT >> 4
    mov gs, ax
    xor ebx, ebx
    xor esi, esi
    xor edi, edi
    xor ebp, ebp
    xor ecx, ecx
    xor edx, edx
    is 'D', [0x80]
    is 'D', [bx + 0x80]
    is 'D', [si + 0x80]
    is 'D', [di + 0x80]
    is 'D', [bx + si + 0x80]
    is 'D', [bx + di + 0x80]
    is 'S', [bp + 0x80]
    is 'S', [bp + si + 0x80]
    is 'S', [bp + di + 0x80]
    is 'D', [dword 0x80]
    is 'D', [ebx + 0x80]
    is 'D', [ecx + edx * 2 + 0x80]
    is 'S', [ebp + 0x80]

    is 'D', [nosplit ebp * 2 + 0x80]            ; only a base counts
    is 'D', [nosplit ebp * 4 + 0x80]
    is 'D', [ebx + ebp * 2 + 0x80]
    is 'S', [ebp + ebx * 2 + 0x80]
    mov [ss:SCRATCH + 8], esp
    mov esp, 0x40
    is 'S', [esp + 0x40]
    is 'S', [esp + ebx * 8 + 0x40]
    is 'E', [es:esp + 0x40]
    mov esp, [ss:SCRATCH + 8]
    is 'E', [es:bp + 0x80]
    is 'F', [fs:bx + 0x80]
    is 'G', [gs:ebp + 0x80]
    is 'D', [ds:bp + 0x80]
    is 'S', [cs:bx + 0x80]
    is 'S', [ss:di + 0x80]
    db 0x26, 0x64, 0x65                 ; ES, FS, GS: the last
    is 'G', [bx + 0x80]
    ; PUSH, POP, CALL through memory take the override; the stack itself does not
    mov sp, 0x7B00
    push word [es:0x80]
    pop ax
    is 'E', al
    push word [fs:0x80]
    pop word [gs:0x90]
    is 'F', [gs:0x90]
    ; strings: the source's segment can be changed, the destination's cannot
    mov si, 0x80
    lodsb
    is 'D', al
    mov si, 0x80
    fs lodsb
    is 'F', al
    mov si, 0x80
    mov di, 0x90
    gs movsb
    is 'G', [es:0x90]
    mov di, 0x91
    mov al, 's'
    fs stosb
    is 's', [es:0x91]
    mov di, 0x80
    mov al, 'E'
    gs scasb
    jne .bad
    mov si, 0x80
    mov di, 0x80
    es cmpsb
    jne .bad
    ; XLAT, MOV with a direct address, LEA, LDS
    mov bx, 0x70
    mov al, 0x10
    xlatb
    is 'D', al
    mov al, 0x10
    fs xlatb
    is 'F', al
    mov al, [es:0x80]
    is 'E', al
    mov al, 'x'
    mov [gs:0xA0], al
    is 'x', [gs:0xA0]
    ; a loop of 100 over all of them
    mov cx, 100
    xor dx, dx
    mov byte [0xA0], 0
    mov byte [es:0xA0], 0
    mov byte [fs:0xA0], 0
    mov byte [ss:0xA0], 0
    mov bp, 0xA0
.loop:
    inc byte [0xA0]
    add byte [es:0xA0], 2
    inc byte [fs:bp]
    dec byte [bp]
    loop .loop
    is 100, [0xA0]
    is 200, [es:0xA0]
    is 100, [fs:0xA0]
    is 156, [ss:0xA0]
    jmp .done
.bad:
    inc word [ss:SCRATCH]
.done:
    xor ax, ax
    mov ds, ax
    real_equals [SCRATCH], 0
    to_protected
    finish
