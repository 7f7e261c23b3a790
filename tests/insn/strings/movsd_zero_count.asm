; REP MOVSD with a count of zero does nothing
; manual: SDM vol. 2B, REP
; init: esi=10008100 edi=10008200 ecx=3 eax=44332211 flags=0
; expect: ecx=0 esi=10008100 edi=10008200
    xor ecx, ecx
    rep movsd
    hlt
