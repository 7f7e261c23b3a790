; A boot sector for the front-end tests: prints READY, then what is typed. Keys without a character print their scan code
; as <hh>; Esc shows 256 colours in mode 13h. The cursor is hidden, so that the screen stands still.
bits 16
org 0x7C00
        jmp 0:start
start:  xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7C00
        mov ax, 3
        int 0x10
        mov ah, 1
        mov cx, 0x2000
        int 0x10
        mov ax, 0xB800
        mov es, ax
        mov word [es:158], 0x1E02       ; yellow on blue in the upper right corner
        mov si, ready
print:  lodsb
        test al, al
        jz typed
        call put
        jmp print
typed:  xor ah, ah
        int 0x16
        cmp al, 0x1B
        je graphics
        test al, al
        jz named
        call put
        jmp typed
named:  mov bl, ah
        mov al, '<'
        call put
        mov al, bl
        shr al, 4
        call digit
        mov al, bl
        call digit
        mov al, '>'
        call put
        jmp typed
digit:  and al, 15
        cmp al, 10
        sbb al, 0x69                    ; the classic conversion of a nibble to a hexadecimal digit
        das
put:    push bx
        mov ah, 0x0E
        mov bx, 7
        int 0x10
        pop bx
        ret
graphics:
        mov ax, 0x13
        int 0x10
        mov ax, 0xA000
        mov es, ax
        xor di, di
        mov cx, 64000
fill:   mov ax, di
        stosb
        loop fill
halt:   hlt
        jmp halt
ready:  db "READY", 13, 10, 0
        times 510 - ($ - $$) db 0
        dw 0xAA55
