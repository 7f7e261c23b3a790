; REP MOVSD, STOSD with a 16-bit address size: CX, SI, DI; upper halves stay
; manual: SDM vol. 2B, REP; MOVS
; init: esi=10008100 edi=10008200 ecx=12340003 flags=0
; fault: 14 at here
; expect: ecx=12340003 esi=10008100
here:
    a16 rep movsd         ; nothing is mapped at DS:0100
    hlt
