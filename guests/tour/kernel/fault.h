// Exceptions that nothing in the kernel handles.
#pragma once

#include "kernel/idt.h"

/// Ends the task that faulted, or stops the machine if the kernel did.
void fault(struct trap_frame* frame);
