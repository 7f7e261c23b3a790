; AAM 0: #DE
; manual: SDM vol. 2A, AAM
; init: eax=1234 flags=0
; fault: 0 at here
; expect: eax=1234
here:
    aam 0
    hlt
