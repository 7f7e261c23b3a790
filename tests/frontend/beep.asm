; A boot sector for the sound test: 1000 Hz for about 0.22 seconds, silence as long, 440 Hz as long, then a tone made by hand with
; the cone alone (port 61, bit 1), and it stops.
bits 16
org 0x7C00
        jmp 0:start
start:  xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7C00
        sti
        call pause                      ; begin with a tick
        mov ax, 1193
        call tone
        call pause
        call quiet
        call pause
        mov ax, 2712
        call tone
        call pause
        call quiet
        call pause
        in al, 0x61                     ; counter 2 held: its output stays high
        and al, 0xFC
        mov ah, al
        mov bx, [0x46C]
        add bx, 4
wave:   mov al, ah
        or al, 2
        out 0x61, al
        call beat
        mov al, ah
        out 0x61, al
        call beat
        cmp bx, [0x46C]
        jns wave
        mov si, done
print:  lodsb
        test al, al
        jz halt
        mov ah, 0x0E
        mov bx, 7
        int 0x10
        jmp print
halt:   hlt
        jmp halt

tone:   push ax
        mov al, 0xB6
        out 0x43, al
        pop ax
        out 0x42, al
        mov al, ah
        out 0x42, al
        in al, 0x61
        or al, 3
        out 0x61, al
        ret
quiet:  in al, 0x61
        and al, 0xFC
        out 0x61, al
        ret
pause:  mov bx, [0x46C]                 ; the BIOS counts ticks of 55 ms
        add bx, 4
.wait:  hlt
        cmp bx, [0x46C]
        jns .wait
        ret
beat:   mov cx, 33                      ; half a millisecond in changes of the refresh bit, 15 us each
.next:  in al, 0x61
        and al, 0x10
        cmp al, dl
        je .next
        mov dl, al
        loop .next
        ret
done:   db "DONE", 0
        times 510-($-$$) db 0
        dw 0xAA55
