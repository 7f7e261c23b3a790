// Writing ACPI Machine Language: each function gives the bytes of one term, and terms are joined by join().
// (ACPI Specification 6.5, chapter 20: AML encoding; 6.4: resource data types)
#pragma once

#include "base/types.h"

#include <initializer_list>
#include <string_view>
#include <vector>

namespace ringshift {

using Aml = std::vector<u8>;

Aml join(std::initializer_list<Aml> terms);

/// A path as in ASL: optional `\` or `^`s, then segments of up to four characters with dots between them.
Aml aml_path(std::string_view path);
Aml aml_integer(u64 value);
/// The integer that stands for an identifier such as PNP0A03.
Aml aml_eisa_id(std::string_view id);
Aml aml_buffer(const Aml& bytes);
/// At most 255 elements.
Aml aml_package(const std::vector<Aml>& elements);

Aml aml_name(std::string_view path, const Aml& value);
Aml aml_scope(std::string_view path, const Aml& terms);
Aml aml_device(std::string_view path, const Aml& terms);
Aml aml_processor(std::string_view path, u8 identifier);
/// `arguments` 0..7. Serialized: methods that create names must be.
Aml aml_method(std::string_view path, unsigned arguments, const Aml& terms);

/// A region of PCI configuration space, and one field of eight bits for each name, from its start.
Aml aml_pci_config_region(std::string_view path, u8 offset, u8 length);
Aml aml_byte_fields(std::string_view region, std::initializer_list<std::string_view> names);

inline Aml aml_argument(unsigned n) { return {static_cast<u8>(0x68 + n)}; }
Aml aml_if(const Aml& condition, const Aml& terms);
Aml aml_return(const Aml& value);
Aml aml_store(const Aml& value, const Aml& target);
Aml aml_and(const Aml& a, const Aml& b);
Aml aml_or(const Aml& a, const Aml& b, const Aml& target);
Aml aml_less(const Aml& a, const Aml& b);
/// Names four bytes of a buffer.
Aml aml_create_dword_field(const Aml& buffer, unsigned offset, std::string_view name);

/// A buffer of resource descriptors, with the end tag.
Aml aml_resources(std::initializer_list<Aml> descriptors);
Aml resource_io(u16 base, u8 length);
Aml resource_irq(unsigned irq);
/// Eight-bit transfers.
Aml resource_dma(unsigned channel);
/// Windows of a bridge. `last` is inclusive.
Aml resource_bus_window(u16 first, u16 last);
Aml resource_io_window(u16 first, u16 last);
Aml resource_memory_window(u32 first, u32 last, bool cacheable);
/// Level, active high, shared. The numbers begin at offset 5.
Aml resource_interrupts(std::initializer_list<u32> numbers);
inline constexpr unsigned resource_interrupts_offset = 5;

} // namespace ringshift
