; BTR m32, r32: a signed bit offset reaches beyond the operand
; manual: SDM vol. 2A, BTR; vol. 1, 3.1.1.9
; memory: data = 00 00 00 00 00 00 00 00 00
; undefined: pf af sf of
    mov dword [data - 4], 0
    mov dword [data], 0
    mov dword [data + 4], 0
    mov dword [data + 8], 0
    mov eax, -1
    btr [data], eax         ; the last bit of the byte before
    setc bl
    mov eax, 67
    btr [data], eax
    hlt
