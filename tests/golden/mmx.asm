; MMX
    movq mm0, [ebx]
    paddw mm0, mm1
    movd eax, mm0
    emms
