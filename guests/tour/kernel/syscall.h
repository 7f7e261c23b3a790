// The kernel's side of INT 80h.
#pragma once

#include "kernel/idt.h"

void system_call(struct trap_frame* frame);
