#include "devices/aml.h"

#include "base/result.h"

namespace ringshift {

namespace {

enum Opcode : u8 {
    op_name = 0x08,
    op_byte = 0x0A,
    op_word = 0x0B,
    op_dword = 0x0C,
    op_qword = 0x0E,
    op_scope = 0x10,
    op_buffer = 0x11,
    op_package = 0x12,
    op_method = 0x14,
    op_dual_name = 0x2E,
    op_multi_name = 0x2F,
    op_extended = 0x5B,
    op_store = 0x70,
    op_and = 0x7B,
    op_or = 0x7D,
    op_create_dword_field = 0x8A,
    op_less = 0x95,
    op_if = 0xA0,
    op_return = 0xA4,
    // after op_extended
    op_region = 0x80,
    op_field = 0x81,
    op_device = 0x82,
    op_processor = 0x83,
};

constexpr u8 null_target = 0x00;
constexpr u8 method_serialized = 0x08;
constexpr u8 region_pci_config = 0x02;
constexpr u8 field_byte_access = 0x01; // no lock, preserve

void append(Aml& out, u64 value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) out.push_back(static_cast<u8>(value >> (8 * i)));
}

Aml segment(std::string_view name) {
    ASSERT(!name.empty() && name.size() <= 4, "AML name {}", name);
    Aml out(name.begin(), name.end());
    out.resize(4, '_');
    return out;
}

/// The length of a package counts its own bytes: one with six bits of it, or two to four with four and then eight each.
Aml package_length(std::size_t content) {
    if (content + 1 < 0x40) return {static_cast<u8>(content + 1)};
    unsigned bytes = 2;
    while (content + bytes >= std::size_t{1} << (8 * bytes - 4)) ++bytes;
    ASSERT(bytes <= 4);
    const std::size_t length = content + bytes;
    Aml out{static_cast<u8>((bytes - 1) << 6 | (length & 0x0F))};
    append(out, length >> 4, bytes - 1);
    return out;
}

Aml package(const Aml& opcode, const Aml& content) { return join({opcode, package_length(content.size()), content}); }

} // namespace

Aml join(std::initializer_list<Aml> terms) {
    Aml out;
    for (const Aml& term : terms) out.insert(out.end(), term.begin(), term.end());
    return out;
}

// ---- data ---------------------------------------------------------------------------------------------------------

Aml aml_path(std::string_view path) {
    Aml out;
    while (!path.empty() && (path[0] == '\\' || path[0] == '^')) {
        out.push_back(static_cast<u8>(path[0]));
        path.remove_prefix(1);
    }
    std::vector<Aml> segments;
    while (!path.empty()) {
        const std::size_t end = path.find('.');
        segments.push_back(segment(path.substr(0, end)));
        path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
    }
    if (segments.empty()) out.push_back(0);
    if (segments.size() == 2) out.push_back(op_dual_name);
    if (segments.size() > 2) {
        out.push_back(op_multi_name);
        out.push_back(static_cast<u8>(segments.size()));
    }
    for (const Aml& s : segments) out.insert(out.end(), s.begin(), s.end());
    return out;
}

Aml aml_integer(u64 value) {
    if (value <= 1) return {static_cast<u8>(value)};
    const unsigned size = value <= 0xFF ? 1 : value <= 0xFFFF ? 2 : value <= 0xFFFF'FFFF ? 4 : 8;
    Aml out{size == 1 ? op_byte : size == 2 ? op_word : size == 4 ? op_dword : op_qword};
    append(out, value, size);
    return out;
}

/// Three letters of five bits and four hexadecimal digits, most significant byte first.
Aml aml_eisa_id(std::string_view id) {
    ASSERT(id.size() == 7, "EISA identifier {}", id);
    u32 value = 0;
    for (const char letter : id.substr(0, 3)) value = value << 5 | static_cast<u32>(letter - '@');
    for (const char digit : id.substr(3))
        value = value << 4 | static_cast<u32>(digit <= '9' ? digit - '0' : digit - 'A' + 10);
    Aml out{op_dword};
    append(out, __builtin_bswap32(value), 4);
    return out;
}

Aml aml_buffer(const Aml& bytes) { return package({op_buffer}, join({aml_integer(bytes.size()), bytes})); }

Aml aml_package(const std::vector<Aml>& elements) {
    ASSERT(elements.size() <= 255);
    Aml content{static_cast<u8>(elements.size())};
    for (const Aml& element : elements) content.insert(content.end(), element.begin(), element.end());
    return package({op_package}, content);
}

// ---- named objects ------------------------------------------------------------------------------------------------

Aml aml_name(std::string_view path, const Aml& value) { return join({{op_name}, aml_path(path), value}); }

Aml aml_scope(std::string_view path, const Aml& terms) { return package({op_scope}, join({aml_path(path), terms})); }

Aml aml_device(std::string_view path, const Aml& terms) {
    return package({op_extended, op_device}, join({aml_path(path), terms}));
}

/// Without a register block.
Aml aml_processor(std::string_view path, u8 identifier) {
    return package({op_extended, op_processor}, join({aml_path(path), {identifier, 0, 0, 0, 0, 0}}));
}

Aml aml_method(std::string_view path, unsigned arguments, const Aml& terms) {
    ASSERT(arguments <= 7);
    return package({op_method}, join({aml_path(path), {static_cast<u8>(arguments | method_serialized)}, terms}));
}

Aml aml_pci_config_region(std::string_view path, u8 offset, u8 length) {
    return join(
        {{op_extended, op_region}, aml_path(path), {region_pci_config}, aml_integer(offset), aml_integer(length)});
}

Aml aml_byte_fields(std::string_view region, std::initializer_list<std::string_view> names) {
    Aml content = join({aml_path(region), {field_byte_access}});
    for (const std::string_view name : names) content = join({content, segment(name), {8}});
    return package({op_extended, op_field}, content);
}

// ---- statements ---------------------------------------------------------------------------------------------------

Aml aml_if(const Aml& condition, const Aml& terms) { return package({op_if}, join({condition, terms})); }

Aml aml_return(const Aml& value) { return join({{op_return}, value}); }

Aml aml_store(const Aml& value, const Aml& target) { return join({{op_store}, value, target}); }

Aml aml_and(const Aml& a, const Aml& b) { return join({{op_and}, a, b, {null_target}}); }

Aml aml_or(const Aml& a, const Aml& b, const Aml& target) { return join({{op_or}, a, b, target}); }

Aml aml_less(const Aml& a, const Aml& b) { return join({{op_less}, a, b}); }

Aml aml_create_dword_field(const Aml& buffer, unsigned offset, std::string_view name) {
    return join({{op_create_dword_field}, buffer, aml_integer(offset), aml_path(name)});
}

// ---- resources ----------------------------------------------------------------------------------------------------

namespace {

enum Descriptor : u8 {
    small_irq = 0x22,
    small_dma = 0x2A,
    small_io = 0x47,
    small_end = 0x79,
    large_dword_window = 0x87,
    large_word_window = 0x88,
    large_interrupts = 0x89,
};
enum WindowType : u8 { window_memory = 0, window_io = 1, window_bus = 2 };
constexpr u8 window_fixed = 0x0C; // minimum and maximum are fixed; produced, positively decoded

Aml window(u8 descriptor, unsigned size, WindowType type, u8 type_flags, u32 first, u32 last) {
    Aml out{descriptor};
    append(out, 3 + 5 * size, 2);
    append(out, type, 1);
    append(out, window_fixed, 1);
    append(out, type_flags, 1);
    for (const u32 value : {u32{0}, first, last, u32{0}, last - first + 1}) append(out, value, size);
    return out;
}

} // namespace

Aml aml_resources(std::initializer_list<Aml> descriptors) {
    return aml_buffer(join({join(descriptors), {small_end, 0}}));
}

Aml resource_io(u16 base, u8 length) {
    Aml out{small_io, 1}; // decodes 16 bits
    append(out, base, 2);
    append(out, base, 2);
    append(out, 1, 1);
    append(out, length, 1);
    return out;
}

Aml resource_irq(unsigned irq) {
    Aml out{small_irq};
    append(out, 1u << irq, 2);
    return out;
}

Aml resource_dma(unsigned channel) { return {small_dma, static_cast<u8>(1u << channel), 0}; }

Aml resource_bus_window(u16 first, u16 last) { return window(large_word_window, 2, window_bus, 0, first, last); }

Aml resource_io_window(u16 first, u16 last) {
    constexpr u8 entire_range = 3;
    return window(large_word_window, 2, window_io, entire_range, first, last);
}

Aml resource_memory_window(u32 first, u32 last, bool cacheable) {
    constexpr u8 read_write = 1;
    return window(large_dword_window, 4, window_memory, cacheable ? read_write | 2 : read_write, first, last);
}

Aml resource_interrupts(std::initializer_list<u32> numbers) {
    constexpr u8 consumer = 1, shared = 8; // level and active high are zeros
    Aml out{large_interrupts};
    append(out, 2 + 4 * numbers.size(), 2);
    append(out, consumer | shared, 1);
    append(out, numbers.size(), 1);
    for (const u32 number : numbers) append(out, number, 4);
    return out;
}

} // namespace ringshift
