; IMUL r/m: the double-width product at each width
; manual: SDM vol. 2, IMUL
; undefined: pf af zf sf
; expect: eax=0
%include "reference.inc"

; CF and OF: the upper half is more than an extension; the others are undefined
%define checked (CF|OF)
    every_product imul
    passed
