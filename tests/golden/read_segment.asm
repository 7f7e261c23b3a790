; reads of segment registers show the guest's selectors
    mov eax, ds
    mov cx, es
    push fs
