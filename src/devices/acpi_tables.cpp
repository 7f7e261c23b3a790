#include "devices/acpi_tables.h"

#include "devices/aml.h"
#include "devices/fw_cfg.h"
#include "devices/piix4_pm.h"

#include <cstring>

namespace ringshift {

Aml dsdt_terms(const AcpiBoard& board); // acpi_dsdt.cpp

namespace {

constexpr std::string_view tables_file = "etc/acpi/tables", rsdp_file = "etc/acpi/rsdp";

void append(std::vector<u8>& out, u64 value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) out.push_back(static_cast<u8>(value >> (8 * i)));
}

void append(std::vector<u8>& out, std::string_view text) { out.insert(out.end(), text.begin(), text.end()); }

void put(std::vector<u8>& out, std::size_t offset, u64 value, unsigned size) {
    std::memcpy(out.data() + offset, &value, size);
}

/// Every table begins with this; the length is filled in at the end (ACPI Specification, 5.2.6).
std::vector<u8> table_header(std::string_view signature, u8 revision) {
    std::vector<u8> out;
    append(out, signature);
    append(out, 0, 4); // length
    append(out, revision, 1);
    append(out, 0, 1); // checksum
    append(out, "RNGSFT");
    append(out, "RINGSHFT");
    append(out, 1, 4);
    append(out, "RNGS");
    append(out, 1, 4);
    return out;
}

std::vector<u8> finished(std::vector<u8> table) {
    put(table, 4, table.size(), 4);
    return table;
}

/// Firmware ACPI control structure: the global lock.
std::vector<u8> build_facs() {
    std::vector<u8> out;
    append(out, "FACS");
    append(out, 64, 4);
    out.resize(64);
    return out;
}

// Offsets of the pointers in the FADT.
constexpr u32 fadt_facs = 36, fadt_dsdt = 40;

/// Fixed description of PIIX4's power management, in the form of ACPI 1.0 (5.2.5 there), which every system reads.
std::vector<u8> build_fadt(const AcpiBoard& board) {
    constexpr u32 write_back_invalidate = 1u << 0, halt_is_c1 = 1u << 2, no_fixed_sleep_button = 1u << 5;
    constexpr u16 too_slow = 0x0FFF; // microseconds: C2 and C3 are not there
    constexpr u8 sci = 9, smi_command = 0xB2, century = 0x32;
    std::vector<u8> out = table_header("FACP", 1);
    append(out, 0, 4); // FACS
    append(out, 0, 4); // DSDT
    append(out, board.has_apic ? 1 : 0, 1);
    append(out, 0, 1);
    append(out, sci, 2);
    append(out, smi_command, 4);
    append(out, Piix4Pm::acpi_enable, 1);
    append(out, Piix4Pm::acpi_disable, 1);
    append(out, 0, 2); // no S4BIOS
    append(out, board.pm_base + Piix4Pm::pm1_event_offset, 4);
    append(out, 0, 4);
    append(out, board.pm_base + Piix4Pm::pm1_control_offset, 4);
    append(out, 0, 4);
    append(out, 0, 4); // no PM2 control
    append(out, board.pm_base + Piix4Pm::pm_timer_offset, 4);
    append(out, board.pm_base + Piix4Pm::gpe0_offset, 4);
    append(out, 0, 4);
    for (const u64 length : {4, 2, 0, 4, 4, 0}) append(out, length, 1); // PM1 event, control, PM2, timer, GPE0, GPE1
    append(out, 0, 2);
    append(out, too_slow, 2);
    append(out, too_slow, 2);
    append(out, 0, 4); // no cache flushing by reading
    append(out, 0, 2); // no duty cycle
    append(out, 0, 2); // no day and month alarm
    append(out, century, 1);
    append(out, 0, 3);
    append(out, write_back_invalidate | halt_is_c1 | no_fixed_sleep_button, 4);
    return finished(out);
}

/// Interrupt controllers: identity of ISA interrupts and inputs, but for the timer and the level-triggered ones.
std::vector<u8> build_madt(const AcpiBoard& board) {
    constexpr u32 local_apic_address = 0xFEE0'0000, io_apic_address = 0xFEC0'0000;
    constexpr u16 conforms = 0x0, level_active_high = 0xD;
    std::vector<u8> out = table_header("APIC", 1);
    append(out, local_apic_address, 4);
    append(out, 1, 4); // there are 8259s too
    for (u32 i = 0; i < board.cpu_count; ++i) {
        for (const u64 byte : {u64{0}, u64{8}, u64{i}, u64{i}}) append(out, byte, 1);
        append(out, 1, 4); // enabled
    }
    for (const u64 byte : {u64{1}, u64{12}, u64{board.io_apic_id}, u64{0}}) append(out, byte, 1);
    append(out, io_apic_address, 4);
    append(out, 0, 4);
    const auto override_source = [&out](u8 source, u32 input, u16 flags) {
        for (const u64 byte : {u64{2}, u64{10}, u64{0}, u64{source}}) append(out, byte, 1);
        append(out, input, 4);
        append(out, flags, 2);
    };
    override_source(0, 2, conforms);
    for (const u8 irq : {u8{5}, u8{9}, u8{10}, u8{11}}) override_source(irq, irq, level_active_high);
    for (const u64 byte : {u64{4}, u64{6}, u64{0xFF}}) append(out, byte, 1); // NMI of all CPUs
    append(out, conforms, 2);
    append(out, 1, 1); // LINT1
    return finished(out);
}

std::vector<u8> build_rsdt(const std::vector<u32>& tables) {
    std::vector<u8> out = table_header("RSDT", 1);
    for (const u32 table : tables) append(out, table, 4);
    return finished(out);
}

constexpr u32 rsdp_checksum = 8, rsdp_size = 20, rsdp_rsdt = 16;

std::vector<u8> build_rsdp(u32 rsdt) {
    std::vector<u8> out;
    append(out, "RSD PTR ");
    append(out, 0, 1); // checksum
    append(out, "RNGSFT");
    append(out, 0, 1); // revision: ACPI 1.0
    append(out, rsdt, 4);
    return out;
}

/// The script: entries of 128 bytes, a command and its arguments, little-endian.
class LoaderScript {
  public:
    enum Zone : u8 { high_memory = 1, f_segment = 2 };

    void allocate(std::string_view file, u32 alignment, Zone zone) {
        begin(1);
        name(file);
        append(m_script, alignment, 4);
        append(m_script, zone, 1);
        end();
    }
    /// Adds the address of `source` to the four bytes at `offset` of `file`.
    void add_pointer(std::string_view file, std::string_view source, u32 offset) {
        begin(2);
        name(file);
        name(source);
        append(m_script, offset, 4);
        append(m_script, 4, 1);
        end();
    }
    /// Makes the bytes [start, start + length) sum up to zero by the one at `offset`.
    void add_checksum(std::string_view file, u32 offset, u32 start, u32 length) {
        begin(3);
        name(file);
        append(m_script, offset, 4);
        append(m_script, start, 4);
        append(m_script, length, 4);
        end();
    }
    std::vector<u8> take() { return std::move(m_script); }

  private:
    void begin(u32 command) {
        m_end = m_script.size() + 128;
        append(m_script, command, 4);
    }
    void name(std::string_view text) {
        const std::size_t after = m_script.size() + 56;
        append(m_script, text);
        m_script.resize(after);
    }
    void end() { m_script.resize(m_end); }

    std::vector<u8> m_script;
    std::size_t m_end = 0;
};

} // namespace

std::vector<u8> build_dsdt(const AcpiBoard& board) {
    return finished(join({table_header("DSDT", 1), dsdt_terms(board)}));
}

AcpiFiles build_acpi_tables(const AcpiBoard& board) {
    ASSERT(board.cpu_count >= 1 && board.cpu_count <= 255);
    AcpiFiles files;
    LoaderScript script;
    script.allocate(tables_file, 64, LoaderScript::high_memory); // the FACS, at its start, is aligned to 64
    script.allocate(rsdp_file, 16, LoaderScript::f_segment);

    std::vector<u8>& all = files.tables;
    const auto place = [&](const std::vector<u8>& table) {
        all.resize((all.size() + 15) / 16 * 16);
        const u32 at = static_cast<u32>(all.size());
        all.insert(all.end(), table.begin(), table.end());
        return at;
    };
    const auto point = [&](u32 offset, u32 to) {
        put(all, offset, to, 4);
        script.add_pointer(tables_file, tables_file, offset);
    };
    const auto sum = [&](u32 table) {
        u32 length;
        std::memcpy(&length, all.data() + table + 4, 4);
        script.add_checksum(tables_file, table + 9, table, length);
    };
    const u32 facs = place(build_facs());
    const u32 dsdt = place(build_dsdt(board));
    sum(dsdt);
    std::vector<u32> listed;
    const u32 fadt = place(build_fadt(board));
    point(fadt + fadt_facs, facs);
    point(fadt + fadt_dsdt, dsdt);
    sum(fadt);
    listed.push_back(fadt);
    if (board.has_apic) {
        listed.push_back(place(build_madt(board)));
        sum(listed.back());
    }
    const u32 rsdt = place(build_rsdt(listed));
    for (u32 i = 0; i < listed.size(); ++i) script.add_pointer(tables_file, tables_file, rsdt + 36 + 4 * i);
    sum(rsdt);

    files.rsdp = build_rsdp(rsdt);
    script.add_pointer(rsdp_file, tables_file, rsdp_rsdt);
    script.add_checksum(rsdp_file, rsdp_checksum, 0, rsdp_size);
    files.loader = script.take();
    return files;
}

void add_acpi_tables(FwCfg& fw_cfg, const AcpiBoard& board) {
    AcpiFiles files = build_acpi_tables(board);
    fw_cfg.add_file(rsdp_file, std::move(files.rsdp));
    fw_cfg.add_file(tables_file, std::move(files.tables));
    fw_cfg.add_file("etc/table-loader", std::move(files.loader));
}

} // namespace ringshift
