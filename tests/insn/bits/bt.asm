; BT r, r at each width: the place is taken modulo the width
; manual: SDM vol. 2A, BT
; undefined: pf af sf of
; expect: eax=0
%include "reference.inc"

; ZF stays; the others but CF are undefined
%define checked (CF|ZF)
    every_bit bt
    passed
