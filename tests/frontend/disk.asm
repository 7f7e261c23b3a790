; A boot sector for the snapshot tests: a letter that is typed goes to the second sector of the disk and then to the screen; ?
; shows what the disk has.
bits 16
org 0x7C00
        jmp 0:start
start:  xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7C00
        mov [drive], dl
        mov ah, 1               ; no cursor, so that the screen stands still
        mov cx, 0x2000
        int 0x10
        mov al, '>'
        call put
next:   xor ah, ah
        int 0x16
        cmp al, '?'
        je show
        mov [0x1000], al
        mov ax, 0x0301
        call sector
        mov al, [0x1000]
        call put
        jmp next
show:   mov ax, 0x0201
        call sector
        mov al, '='
        call put
        mov al, [0x1000]
        call put
        jmp next
sector: mov bx, 0x1000
        mov cx, 2
        mov dh, 0
        mov dl, [drive]
        int 0x13
        jnc done
        mov al, '!'
put:    mov ah, 0x0E
        mov bx, 7
        int 0x10
done:   ret
drive:  db 0
        times 446-($-$$) db 0
        db 0x80, 0, 2, 0, 0x83, 0, 63, 0 ; a partition, so that it is taken for a disk
        dd 1, 2047
        times 510-($-$$) db 0
        dw 0xAA55
