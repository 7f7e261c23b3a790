// VGA with the Bochs VBE extension, as a PCI function: QEMU's "stdvga" as its documentation describes it
// (docs/specs/standard-vga in QEMU), which the packaged VGA BIOS drives.
//
// Memory. The VRAM holds the four planes interleaved: the byte of plane p at plane offset n is VRAM byte 4n + p, so one
// 32-bit word is what the latches hold. Chain-4 addresses are VRAM addresses: 256-colour and VBE modes are linear, and
// the linear framebuffer of PCI base address 0 shows the same bytes. (IBM's VGA leaves three quarters of each plane
// unused in chain-4 modes instead; the doubleword mode of the CRTC undoes it there and is the same as byte mode here.)
//
// The picture is what a monitor shows: one row for each scan line, doubled ones included, and one pixel for each dot,
// doubled ones included. It has no border. Mode 13h is 640 x 400.
//
// Registers by IBM's numbering and names (VGA Technical Reference; FreeVGA project). vga.cpp has the registers,
// vga_memory.cpp the planes, vga_dispi.cpp VBE, vga_render.cpp the picture.
#pragma once

#include "devices/byte_registers.h"
#include "devices/dirty_pages.h"
#include "devices/pci.h"
#include "devices/screen.h"

namespace ringshift {

class Vga final : public Device, public PciFunction {
  public:
    static constexpr unsigned framebuffer_bar = 0; ///< vram(), prefetchable memory
    static constexpr unsigned mmio_bar = 2;        ///< mmio(), 4 KiB
    /// The expansion ROM, PciFunction::rom_index, is rom().

    /// `vram`: a power of two of bytes, 256 KiB to 256 MiB, 4-aligned, archived by this device. `direct` tells which of
    /// its pages were written through the linear framebuffer; null if none ever is. `rom`: the VGA BIOS image.
    Vga(Clock& clock, std::span<u8> vram, DirtyPages* direct, std::span<const u8> rom);

    RegisterBlock& ports() { return m_ports; }             ///< 3B0-3DF, 1 byte wide
    RegisterBlock& dispi_ports() { return m_dispi_ports; } ///< 1CE-1D1, 2 bytes wide: index, data, data (again)
    RegisterBlock& window() { return m_window; }           ///< memory A0000-BFFFF
    RegisterBlock& mmio() { return m_mmio; }
    RegisterBlock& rom() { return m_rom; }
    std::span<u8> vram() const { return m_vram; }
    u32 rom_size() const { return static_cast<u32>(m_rom_image.size()); } ///< of the base address, bytes

    bool text_mode() const;
    /// In a text mode only.
    TextScreen text() const;
    /// Draws into `picture`. Returns false, leaving it alone, if it would look as after the last call.
    bool render(Picture& picture);

    std::string_view name() const override { return "vga"; }
    void reset() override;
    void archive(Archive& ar) override;

  private:
    class Window final : public RegisterBlock {
      public:
        explicit Window(Vga& vga) : m_vga(vga) {}
        u64 read(u64 offset, unsigned size) override;
        void write(u64 offset, unsigned size, u64 value) override;
        bool is_memory() const override { return true; }
        void read_range(u64 offset, std::span<u8> out) override;
        void write_range(u64 offset, std::span<const u8> in) override;

      private:
        Vga& m_vga;
    };
    class Rom final : public RegisterBlock {
      public:
        explicit Rom(const std::vector<u8>& image) : m_image(image) {}
        u64 read(u64 offset, unsigned size) override;
        void write(u64, unsigned, u64) override {}
        void read_range(u64 offset, std::span<u8> out) override;

      private:
        const std::vector<u8>& m_image;
    };

    // Registers (vga.cpp)
    u8 read_port(unsigned port);
    void write_port(unsigned port, u8 value);
    void write_sequencer(u8 value);
    void write_graphics(u8 value);
    void write_crtc(u8 value);
    u8 read_attribute_data() const;
    void write_attribute(u8 value);
    u8 read_dac();
    void write_dac(u8 value);
    u8 input_status();
    bool crtc_at(unsigned port) const;
    template <typename T>
    void set(T& field, T value) {
        if (field != value) m_redraw = true;
        field = value;
    }

    // Memory (vga_memory.cpp)
    /// Where an address of the window leads.
    struct Place {
        bool decoded = false;
        u32 address = 0; ///< in the mapped range, the bank included
    };
    Place place(u64 offset) const;
    bool linear_writes() const;
    bool linear_reads() const;
    u8 read_memory(u64 offset);
    void write_memory(u64 offset, u8 value);
    void write_planes(u32 offset, u8 value, u8 planes);
    u32 plane_word(u32 offset) const;
    void touch(u32 vram_offset) { m_dirty[vram_offset >> 18 & m_dirty_mask] |= u64{1} << (vram_offset >> 12 & 63); }
    void touch_range(u64 begin, u64 size);

    // VBE (vga_dispi.cpp)
    bool vbe_enabled() const;
    u16 read_dispi(unsigned index) const;
    void write_dispi(unsigned index, u16 value);
    void enable_dispi(u16 value);
    void fix_geometry();
    u32 vbe_line_bytes() const;
    u64 read_mmio(u64 offset, unsigned size);
    void write_mmio(u64 offset, unsigned size, u64 value);

    // Picture (vga_render.cpp)
    struct Geometry {
        u32 width = 0;
        u32 height = 0;
        u64 first = 0; ///< VRAM bytes that can show: [first, last)
        u64 last = 0;
    };
    struct ScanLine {
        u32 counter = 0; ///< CRTC address of its first character
        u32 row_scan = 0;
        u32 panning = 0; ///< dots
        bool operator==(const ScanLine&) const = default;
    };
    Geometry geometry() const;
    ScanLine scan_line(u32 line) const;
    u32 shown_lines() const;
    u32 character_rows() const;
    unsigned character_dots() const;
    u32 plane_address(u32 counter, u32 row_scan) const;
    u32 dac_color(unsigned index) const;
    bool screen_off() const;
    unsigned blink_phase() const;
    bool cursor_enabled() const;
    u32 cursor_address() const;
    bool dirty_within(u64 first, u64 last) const;
    void draw_line(const ScanLine& at, std::span<u32> out) const;
    void draw_text_line(const ScanLine& at, std::span<u32> dots) const;
    void draw_planar_line(const ScanLine& at, std::span<u32> dots) const;
    void draw_cga_line(const ScanLine& at, std::span<u32> dots) const;
    void draw_256_line(const ScanLine& at, std::span<u32> dots) const;
    void draw_vbe_line(u32 line, std::span<u32> out) const;
    void draw_vbe_planar_line(u32 line, std::span<u32> out) const;
    void update_palettes();

    Clock& m_clock;
    std::span<u8> m_vram;
    u32 m_vram_mask;
    DirtyPages* m_direct;
    std::vector<u8> m_rom_image;
    ByteRegisters m_ports;
    FunctionRegisters m_dispi_ports;
    FunctionRegisters m_mmio;
    Window m_window{*this};
    Rom m_rom{m_rom_image};

    struct State {
        u8 misc = 0;
        u8 feature = 0;
        u8 sequencer_index = 0;
        std::array<u8, 5> sequencer{};
        u8 graphics_index = 0;
        std::array<u8, 9> graphics{};
        u8 crtc_index = 0;
        std::array<u8, 25> crtc{};
        u8 attribute_index = 0; ///< bit 5: the palette is the picture's (PAS)
        bool attribute_data_next = false;
        std::array<u8, 21> attribute{};
        u8 dac_mask = 0xFF;
        u8 dac_read_index = 0;
        u8 dac_write_index = 0;
        u8 dac_component = 0; ///< 0..2: next of red, green, blue
        bool dac_reading = false;
        std::array<u8, 2> dac_pending{};
        std::array<u8, 768> dac{};
        std::array<u8, 4> latches{};
        u16 dispi_index = 0;
        std::array<u16, 10> dispi{};
    } m_state;

    // What follows is not state: it is made anew from it.
    std::vector<u64> m_dirty; ///< one bit per page of VRAM, since the last picture
    u32 m_dirty_mask;         ///< of indexes of m_dirty
    bool m_redraw = true;
    unsigned m_drawn_blink = 0;
    std::array<u32, 256> m_dac_colors{}; ///< 00RRGGBB, the DAC mask applied
    std::array<u32, 16> m_attribute_colors{};
};

} // namespace ringshift
