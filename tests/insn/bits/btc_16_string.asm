; BTC m16, r16: a signed bit offset reaches beyond the operand
; manual: SDM vol. 2A, BTC; vol. 1, 3.1.1.9
; memory: data = 00 00 00 00 00 00 00 00 08
; undefined: pf af sf of
    mov dword [data - 4], 0
    mov dword [data], 0
    mov dword [data + 4], 0
    mov dword [data + 8], 0
    mov eax, -1
    btc [data], ax         ; the last bit of the byte before
    setc bl
    mov eax, 67
    btc [data], ax
    hlt
