; STOSD and REP STOSD
; manual: SDM vol. 2B, STOS
; init: esi=10008100 edi=10008200 ecx=3 eax=44332211 flags=0
; memory: data+200 = 11 22 33 44 11 22 33 44 11 22 33 44 11 22 33 44 00
; expect: ecx=0 edi=10008210
    stosd
    rep stosd
    hlt
