; BT and its kind with memory and a register: a signed offset reaches beyond the operand
; manual: SDM vol. 2A, BT; vol. 1, 3.1.1.9
; undefined: pf af sf of
; expect: eax=0
%include "user.inc"
%macro one_bit 5 ; OP, width, offset, what was there, what it makes of it; the bit lies in the dword at data + %%at
%assign %%at ((%3) >> 5) * 4
%assign %%bit 1 << ((%3) & 31)
%assign check check + 1
    mov dword [data + %%at], %4
    mov eax, %3
    %1 [data], A%2
    setc bl
    compare bl, (%4) & 1
    compare dword [data + %%at], (%4) ^ (%%bit * (((%4) & 1) ^ (%5)))
%endmacro
%macro bit_string 3 ; OP, what it makes of 0, of 1
    one_bit %1, 16, -1, 0, %2
    one_bit %1, 16, -1, -1, %3
    one_bit %1, 16, 67, 0, %2
    one_bit %1, 16, 67, -1, %3
    one_bit %1, 32, -1, 0, %2
    one_bit %1, 32, -1, -1, %3
    one_bit %1, 32, 67, 0, %2
    one_bit %1, 32, 67, -1, %3
    one_bit %1, 32, -0x3000, 0, %2
    one_bit %1, 32, 0x3005, -1, %3
%endmacro

    bit_string bt, 0, 1
    bit_string bts, 1, 1
    bit_string btr, 0, 0
    bit_string btc, 1, 0
    passed
