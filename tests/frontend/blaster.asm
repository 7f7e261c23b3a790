; A boot sector for the sound test. It resets the Sound Blaster and plays 0.25 s of 500 Hz in 8 bits (an auto-init transfer of one
; 20-sample wave at 10 kHz), then 0.25 s of FM at 440 Hz, each followed by silence, and prints DONE. Blocks end by interrupt 5.
bits 16
org 0x7C00
wave    equ 0x8000
        jmp 0:start
start:  xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7C00
        cld
        mov word [0x0D * 4], block      ; IRQ 5
        mov word [0x0D * 4 + 2], ax
        in al, 0x21
        and al, 0xDF
        out 0x21, al
        sti
        mov dx, 0x226
        mov al, 1
        out dx, al
        dec ax
        out dx, al
        mov dl, 0x2A
        in al, dx
        cmp al, 0xAA
        jne $
        mov di, wave                    ; a square wave of half the range
        mov al, 0xC0
        mov cx, 10
        rep stosb
        mov al, 0x40
        mov cl, 10
        rep stosb
        mov al, 5                       ; DMA channel 1, over and over
        out 0x0A, al
        out 0x0C, al
        mov al, 0x59
        out 0x0B, al
        mov al, wave & 255
        out 0x02, al
        mov al, wave >> 8
        out 0x02, al
        xor al, al
        out 0x83, al
        mov al, 19
        out 0x03, al
        xor al, al
        out 0x03, al
        mov al, 1
        out 0x0A, al
        mov si, begin
        call dsp
.play:  hlt
        cmp byte [blocks], 25           ; of 100 samples each
        jb .play
        mov si, stop
        call dsp
        call pause
        mov si, note
        call music
        call pause
        mov si, off
        call music
        call pause
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

block:  push ax
        push dx
        inc byte [cs:blocks]
        mov dx, 0x22E
        in al, dx
        mov al, 0x20
        out 0x20, al
        pop dx
        pop ax
        iret
dsp:    mov dx, 0x22C                   ; a count, and as many bytes
        lodsb
        mov cl, al
        xor ch, ch
.next:  in al, dx
        test al, al
        js .next
        lodsb
        out dx, al
        loop .next
        ret
music:  lodsb                           ; pairs of register and value, up to a zero
        test al, al
        jz .end
        mov dx, 0x388
        out dx, al
        inc dx
        lodsb
        out dx, al
        jmp music
.end:   ret
pause:  mov bx, [0x46C]
        add bx, 5
.wait:  hlt
        cmp bx, [0x46C]
        jns .wait
        ret

begin:  db 7, 0x41, 0x27, 0x10, 0x48, 99, 0, 0x1C
stop:   db 1, 0xDA
note:   db 0x20, 0x21, 0x40, 0x3F, 0x60, 0xF0, 0x23, 0x21, 0x43, 0, 0x63, 0xF0, 0x83, 0x0F, 0xA0, 0x44, 0xB0, 0x32, 0
off:    db 0xB0, 0x12, 0
blocks: db 0
done:   db "DONE", 0
        times 510-($-$$) db 0
        dw 0xAA55
