// What a machine is made of: filled in by a front end, kept in snapshots.
#pragma once

#include "base/archive.h"
#include "base/result.h"
#include "base/shared_bytes.h"
#include "base/types.h"
#include "bt/options.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ringshift {

inline constexpr u64 smallest_memory = 1u << 20;
/// Below the 36-bit physical address space of the CPU models, and what any 32-bit guest can use.
inline constexpr u64 largest_memory = u64{16} << 30;

struct DriveConfig {
    std::string path;   ///< empty: a drive without a medium (CD-ROM, floppy)
    std::string format; ///< disks: raw or qcow2; empty: by the content
    /// Writes stay in memory (and in snapshots of the machine); the file is only read.
    bool keep_image = false;
    /// A floppy drive for 2.88 MB media instead of 1.44 MB.
    bool large = false;
    /// Only for floppies: a medium that is in memory alone, for example a boot sector that came as a short file.
    std::vector<u8> content;
    void archive(Archive& ar) { ar(path, format, keep_image, large, content); }
};

struct ModuleConfig {
    std::string path;
    std::string command_line;
};

/// A kernel that is started without a boot loader.
struct KernelConfig {
    std::string name;    ///< for messages: the path
    SharedBytes content; ///< of the file
    std::string initrd;  ///< path, or empty
    std::string append;  ///< command line
    std::vector<ModuleConfig> modules;
};

/// A port of the host that leads to one of the guest.
struct ForwardConfig {
    bool udp = false;
    std::string host_address = "127.0.0.1"; ///< where the host listens
    u16 host_port = 0;
    std::string guest_address; ///< empty: the address that DHCP gives
    u16 guest_port = 0;
};

/// "[tcp:|udp:][HOST_ADDRESS:]PORT:[GUEST_ADDRESS:]PORT".
Result<ForwardConfig> parse_forward(std::string_view text);

/// The cards that NetworkConfig::card can name, "none" among them.
std::vector<std::string_view> network_card_names();

/// What MachineConfig::sound can name: "none", "speaker" (the PC's alone), "sb16" (and a Sound Blaster 16).
std::vector<std::string_view> sound_names();

struct NetworkConfig {
    std::string card = "none";
    bool connected = true; ///< the cable is in
    std::vector<ForwardConfig> forwards;
    std::string capture; ///< file for all frames, pcap; empty: none
};

class Cpu;
class Engine;

/// For the engine "lockstep" (machine/lockstep.h).
struct LockstepConfig {
    std::string subject;   ///< the engine under test; empty: the fastest one
    u64 interval = 20'000; ///< the subject runs at most this many instructions before registers are compared
    /// All memory and all devices are compared after at least so many, and not for more than a fifth of the time.
    u64 memory_interval = 50'000'000;
    /// Makes the engine under test instead of `subject`.
    std::function<std::unique_ptr<Engine>(Cpu&)> make_subject;
};

struct MachineConfig {
    u64 memory_size = u64{256} << 20; ///< bytes, a multiple of 1 MiB
    std::string cpu = "max";          ///< CpuModel::names()
    std::string engine = "bt";        ///< Machine::engine_names()
    std::vector<DriveConfig> disks;   ///< at most 2: primary master and slave
    std::vector<DriveConfig> cdroms;  ///< at most 2: secondary master and slave
    std::vector<DriveConfig> floppies;
    NetworkConfig network;
    /// A USB controller with a tablet on it, beside the PS/2 mouse.
    bool tablet = true;
    std::string sound = "sb16"; ///< sound_names()
    /// Letters in the order to try: a floppy, c disk, d CD-ROM; empty: the firmware's order, kernels first.
    std::string boot_order;
    std::optional<KernelConfig> kernel;
    bool deterministic = false;
    u32 ns_per_instruction = 10; ///< of virtual time, deterministic mode
    /// What the clock chip shows at power-on, seconds since 1970 UTC; absent: the host's time (deterministic:
    /// 2000-01-01).
    std::optional<i64> clock_start;
    bool reboot = true;                ///< false: a reset of the guest ends run()
    bool reset_on_triple_fault = true; ///< false: a triple fault ends run()
    bool debug_exit = true;            ///< the isa-debug-exit port is there
    std::string firmware_folder = "/usr/share/seabios";
    /// What is written to media that are put in later stays in memory.
    bool keep_inserted_images = false;
    LockstepConfig lockstep;
    bt::Options translator; ///< for the engine "bt", also under "lockstep"
};

/// "128M", "1G", "65536K" or bytes; the error says what is wrong. The result is a valid memory_size.
Result<u64> parse_memory_size(std::string_view text);

} // namespace ringshift
