; AAD and AAM with several bases
; manual: SDM vol. 2A, AAD and AAM
; undefined: cf af of
; expect: eax=0
%include "reference.inc"
; PF, ZF and SF are of AL
checked equ PF|ZF|SF

    every_base aad
    every_base aam
    passed
