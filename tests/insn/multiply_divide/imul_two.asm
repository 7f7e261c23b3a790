; IMUL r, r/m at each width: the truncated product
; manual: SDM vol. 2A, IMUL
; undefined: pf af zf sf
; expect: eax=0
%include "reference.inc"

; CF and OF: the product does not fit; the others are undefined
%define checked (CF|OF)
    %assign width_from 16
    every_pair imul, 0
    passed
