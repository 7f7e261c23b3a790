; what would show host addresses
    fnstenv [ebx]
    fxsave [ecx]
    frstor [edx]
