; BOUND below: #BR, a fault
; manual: SDM vol. 3A, 6.15
; init: flags=0
; fault: 5 at here
    mov dword [data], 5
    mov dword [data + 4], 9
    mov eax, 4
here:
    bound eax, [data]
    hlt
