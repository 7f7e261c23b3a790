// Enumeration of the PCI buses through configuration mechanism 1.
#pragma once

#include "lib/abi.h"

/// The index-th function in order of bus, device and function; false behind the last.
bool pci_function(u32 index, struct pci_info* info);
