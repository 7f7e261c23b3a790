; SSE on the host's registers
    movaps xmm0, [ebx]
    addps xmm0, xmm1
    movss [ecx], xmm0
    cvtsi2sd xmm2, eax
    paddd xmm3, [esi]
    ldmxcsr [edx]
