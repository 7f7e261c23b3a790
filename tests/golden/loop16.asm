; LOOP and JCXZ with CX
; bits: 16
; rings: 0
    loop 0x1000
    jcxz 0x1000
