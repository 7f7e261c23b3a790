// What a machine of the library is: the file machine.toml in its folder, and the profiles that new ones begin with.
#pragma once

#include "base/result.h"
#include "frontend/options.h"

#include <string>
#include <string_view>
#include <vector>

namespace ringshift {

struct VmDescription {
    struct Disk {
        std::string file;   ///< relative to the machine's folder, or absolute
        std::string format; ///< raw or qcow2
    };
    std::string os = "other"; ///< a name of vm_profiles()
    std::string cpu = "max";
    std::string memory = "256M";
    std::string boot = "cd";      ///< letters: a floppy, c disk, d CD-ROM
    std::string clock = "utc";    ///< what the clock chip shows: utc or local
    std::string mouse = "tablet"; ///< or ps2
    std::string sound = "sb16";   ///< sound_names()
    std::string keyboard = "us";  ///< as for --keyboard-layout
    std::string drop = "cd";      ///< what dropped files become: cd or floppy
    std::string card = "e1000";
    bool connected = true;
    std::vector<std::string> forwards; ///< as for --forward
    std::vector<Disk> disks;
    std::vector<std::string> cdroms;
    std::vector<std::string> floppies;
};

struct VmProfile {
    const char* os;
    const char* what;
    const char* cpu;
    const char* memory;
    const char* disk; ///< size of a new one
    const char* card;
    const char* clock;
};
/// DOS and Windows keep local time in the clock chip; cards are those that the systems have drivers for.
const std::vector<VmProfile>& vm_profiles();
Result<VmDescription> description_for(const std::string& os);

/// The file's text; every key has a comment.
std::string write_description(const VmDescription& description);
/// Checks all values. `name` is for messages.
Result<VmDescription> read_description(const std::string& text, const std::string& name);

/// Puts the machine into options of a run; `folder` is the machine's.
Result<> apply_description(const VmDescription& description, const std::string& folder, Options& options);

} // namespace ringshift
