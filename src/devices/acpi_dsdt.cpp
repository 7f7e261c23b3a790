// The DSDT: what an operating system cannot find out from PCI. Names follow the schematic of PCs: PCI0 the host bridge,
// ISA the PIIX3 with the devices behind it, LNKA-LNKD the PCI interrupt wires that it routes.
#include "devices/acpi_tables.h"
#include "devices/aml.h"

namespace ringshift {

namespace {

constexpr std::string_view route_paths[4] = {"\\_SB.PCI0.ISA.PRQ0", "\\_SB.PCI0.ISA.PRQ1", "\\_SB.PCI0.ISA.PRQ2",
                                             "\\_SB.PCI0.ISA.PRQ3"};
constexpr std::string_view link_names[4] = {"LNKA", "LNKB", "LNKC", "LNKD"};
constexpr u64 not_routed = 0x80; // bit 7 of a route register of the PIIX3

/// Where SeaBIOS puts memory base addresses: its choice depends on the RAM.
u32 pci_window_begin(u64 low_ram) {
    if (low_ram <= 0x8000'0000) return 0x8000'0000;
    if (low_ram <= 0xC000'0000) return 0xC000'0000;
    return 0xE000'0000;
}
constexpr u32 pci_window_end = 0xFEBF'FFFF; // the IO-APIC follows

Aml isa_device(std::string_view name, std::string_view id, const Aml& resources, u64 unique = 0) {
    Aml terms = join({aml_name("_HID", aml_eisa_id(id)), aml_name("_CRS", resources)});
    if (unique != 0) terms = join({terms, aml_name("_UID", aml_integer(unique))});
    return aml_device(name, terms);
}

Aml isa_bridge(const AcpiBoard& board) {
    const u16 pm = static_cast<u16>(board.pm_base);
    return aml_device(
        "ISA",
        join({
            aml_name("_ADR", aml_integer(0x0001'0000)),
            aml_pci_config_region("PIRQ", 0x60, 4),
            aml_byte_fields("PIRQ", {"PRQ0", "PRQ1", "PRQ2", "PRQ3"}),
            isa_device("KBD", "PNP0303", aml_resources({resource_io(0x60, 1), resource_io(0x64, 1), resource_irq(1)})),
            isa_device("MOU", "PNP0F13", aml_resources({resource_irq(12)})),
            isa_device("RTC", "PNP0B00", aml_resources({resource_io(0x70, 4), resource_irq(8)})),
            isa_device("COM1", "PNP0501", aml_resources({resource_io(0x3F8, 8), resource_irq(4)}), 1),
            isa_device("COM2", "PNP0501", aml_resources({resource_io(0x2F8, 8), resource_irq(3)}), 2),
            isa_device("FDC0", "PNP0700",
                       aml_resources({resource_io(0x3F2, 4), resource_io(0x3F7, 1), resource_irq(6), resource_dma(2)})),
            isa_device("PIC", "PNP0000",
                       aml_resources({resource_io(0x20, 2), resource_io(0xA0, 2), resource_io(0x4D0, 2)})),
            isa_device("PIT", "PNP0100", aml_resources({resource_io(0x40, 4), resource_irq(0)})),
            isa_device(
                "DMAC", "PNP0200",
                aml_resources({resource_io(0x00, 16), resource_io(0x81, 3), resource_io(0x87, 1), resource_io(0x89, 3),
                               resource_io(0x8F, 1), resource_io(0xC0, 32), resource_dma(4)})),
            isa_device("SPKR", "PNP0800", aml_resources({resource_io(0x61, 1)})),
            isa_device("FPU", "PNP0C04", aml_resources({resource_io(0xF0, 2), resource_irq(13)})),
            // What belongs to the board and to none of these: fast A20, SMI command, power management, SMBus.
            isa_device("SYSR", "PNP0C02",
                       aml_resources({resource_io(0x92, 1), resource_io(0xB2, 2), resource_io(pm, 64),
                                      resource_io(static_cast<u16>(pm + 0x100), 16)})),
        }));
}

/// Pin p of device d is wire (d + p - 1) mod 4, for every device that could be there.
Aml interrupt_routes() {
    std::vector<Aml> routes;
    for (u32 device = 0; device < 32; ++device) {
        for (u32 pin = 0; pin < 4; ++pin) {
            const u64 address = u64{device} << 16 | 0xFFFF;
            routes.push_back(aml_package({aml_integer(address), aml_integer(pin),
                                          aml_path(link_names[(device + pin + 3) & 3]), aml_integer(0)}));
        }
    }
    return aml_name("_PRT", aml_package(routes));
}

Aml host_bridge(const AcpiBoard& board) {
    return aml_device(
        "PCI0", join({
                    aml_name("_HID", aml_eisa_id("PNP0A03")),
                    aml_name("_UID", aml_integer(0)),
                    aml_name("_CRS", aml_resources({
                                         resource_bus_window(0, 0xFF),
                                         resource_io(0xCF8, 8),
                                         resource_io_window(0, 0xCF7),
                                         resource_io_window(0xD00, 0xFFFF),
                                         resource_memory_window(0xA'0000, 0xB'FFFF, true),
                                         resource_memory_window(pci_window_begin(board.low_ram), pci_window_end, false),
                                     })),
                    interrupt_routes(),
                    isa_bridge(board),
                }));
}

/// A wire whose ISA interrupt the operating system reads and chooses in the PIIX3's route register.
Aml interrupt_link(unsigned n) {
    const Aml route = aml_path(route_paths[n]);
    const Aml number = aml_path("IRQN");
    return aml_device(
        link_names[n],
        join({
            aml_name("_HID", aml_eisa_id("PNP0C0F")),
            aml_name("_UID", aml_integer(n + 1)),
            aml_name("_PRS", aml_resources({resource_interrupts({5, 10, 11})})),
            // Present and decoding, or present only.
            aml_method("_STA", 0,
                       join({aml_if(aml_and(route, aml_integer(not_routed)), aml_return(aml_integer(0x09))),
                             aml_return(aml_integer(0x0B))})),
            aml_method("_DIS", 0, aml_or(route, aml_integer(not_routed), route)),
            aml_method("_CRS", 0,
                       join({aml_name("BUFF", aml_resources({resource_interrupts({0})})),
                             aml_create_dword_field(aml_path("BUFF"), resource_interrupts_offset, "IRQN"),
                             aml_if(aml_less(route, aml_integer(not_routed)), aml_store(route, number)),
                             aml_return(aml_path("BUFF"))})),
            aml_method("_SRS", 1,
                       join({aml_create_dword_field(aml_argument(0), resource_interrupts_offset, "IRQN"),
                             aml_store(number, route)})),
        }));
}

Aml processors(const AcpiBoard& board) {
    constexpr char digits[] = "0123456789ABCDEF";
    Aml out;
    for (u32 i = 0; i < board.cpu_count; ++i) {
        const char name[] = {'C', 'P', digits[i >> 4 & 15], digits[i & 15]};
        out = join({out, aml_processor({name, 4}, static_cast<u8>(i))});
    }
    return out;
}

} // namespace

Aml dsdt_terms(const AcpiBoard& board) {
    return join({
        // Sleep type 0 is soft off on PIIX4, for both power management blocks.
        aml_name("\\_S5", aml_package({aml_integer(0), aml_integer(0), aml_integer(0), aml_integer(0)})),
        aml_scope("\\_SB", join({
                               processors(board),
                               host_bridge(board),
                               interrupt_link(0),
                               interrupt_link(1),
                               interrupt_link(2),
                               interrupt_link(3),
                           })),
    });
}

} // namespace ringshift
