; RDTSC and RDPMC
; rings: 0 3
    rdtsc
    rdpmc
