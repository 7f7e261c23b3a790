; DIV r/m at each width: quotient towards zero, remainder with the sign of the dividend
; manual: SDM vol. 2A, DIV
; undefined: cf pf af zf sf of
; expect: eax=0
%include "reference.inc"

; all flags are undefined
%define checked (0)
    every_quotient div
    passed
