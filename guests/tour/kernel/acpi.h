// Power off and reset.
#pragma once

#include "lib/types.h"

struct port_view;

/// Finds the firmware's ACPI tables, if there are any.
void acpi_init(void);
void acpi_view(struct port_view* view);
/// Returns only if nothing worked.
void power_off(void);
/// Returns only if nothing worked.
void reboot(void);
