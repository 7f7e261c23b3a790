; x87 on the host's FPU
    fld qword [ebx]
    fadd dword [ecx]
    fmul st0, st1
    fstp qword [ebx]
    fnstsw ax
    fldcw [esi]
