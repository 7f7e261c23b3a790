// The CPU models. Each is a list of features, the CPUID identity of the processor that it is modelled on, and how far
// its CPUID leaves go.
//
// Nothing is advertised that does not work: a feature that consists of instructions counts only if isa/policy.def has
// rows for it, so a model's list may name what is still to come. Nothing works that is not advertised: the decoder and
// the MSRs ask the same list.
//
// Model `max` says that it is a virtual CPU. Its identity is that of a Core 2 (family 6, model 15), the newest
// processor whose instruction set it has in full; no operating system knows errata of later models to work around on
// it. The others look like the chips that they are named after, with one difference: no serial number, thermal or
// performance monitoring.
#include "cpu/model.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace ringshift {

namespace {

using F = Feature;

// Each list adds to the one before.
constexpr F features_486[] = {F::base, F::fpu, F::vme, F::cpuid, F::i486};
constexpr F features_pentium[] = {F::de, F::pse, F::tsc, F::msr, F::mce, F::cx8, F::apic};
constexpr F features_pentium3[] = {F::pae, F::sep, F::mtrr, F::pge, F::mca,  F::cmov,
                                   F::pat, F::mmx, F::fxsr, F::sse, F::nopl, F::pse36};
constexpr F features_pentium4[] = {F::sse2, F::clfsh, F::misc_enable};
constexpr F features_max[] = {F::sse3,       F::ssse3, F::sse4_1,        F::sse4_2,    F::pclmulqdq,         F::popcnt,
                              F::movbe,      F::nx,    F::smep,          F::rdtscp,    F::arch_capabilities, F::umip,
                              F::tsc_adjust, F::arat,  F::invariant_tsc, F::hypervisor};

/// Features that are sets of instructions: on only if policy.def has them.
constexpr F instruction_sets[] = {F::fpu,   F::tsc,    F::msr,       F::cx8,   F::sep,   F::cmov,   F::mmx,
                                  F::fxsr,  F::sse,    F::sse2,      F::sse3,  F::ssse3, F::sse4_1, F::sse4_2,
                                  F::clfsh, F::popcnt, F::pclmulqdq, F::movbe, F::cpuid, F::i486,   F::rdtscp};

constexpr auto rows_of_feature = [] {
    std::array<unsigned, static_cast<std::size_t>(F::count)> rows{};
#define INSN(mnemonic, selector, strategy, feature, facts) ++rows[static_cast<std::size_t>(F::feature)];
#include "cpu/isa/policy.def"
#undef INSN
    return rows;
}();

bool works(F feature) {
    const bool is_set = std::ranges::find(instruction_sets, feature) != std::end(instruction_sets);
    return !is_set || rows_of_feature[static_cast<std::size_t>(feature)] != 0;
}

struct Template {
    std::string_view name;
    unsigned generation; ///< how many of the feature lists it has
    u32 signature;
    u8 physical_bits;
    u32 max_basic_leaf;
    u32 max_extended_leaf;
    u32 cache_descriptors;
    std::string_view brand;
};

constexpr std::span<const F> generations[] = {features_486, features_pentium, features_pentium3, features_pentium4,
                                              features_max};

constexpr Template templates[] = {
    {"486", 1, 0x483, 32, 1, 0, 0, ""},               // IntelDX4, write-back enhanced
    {"pentium", 2, 0x52C, 32, 1, 0, 0, ""},           // P54C
    {"pentium3", 3, 0x68A, 36, 2, 0, 0x0C040882, ""}, // Coppermine: L1 16K + 16K, L2 256K
    {"pentium4", 4, 0xF29, 36, 2, 0x8000'0004, 0x667A7000, "Ringshift Virtual CPU, Pentium 4 class"}, // Northwood
    {"max", 5, 0x6FB, 36, 0x16, 0x8000'0008, 0x2CB43049, "Ringshift Virtual CPU"},
};

enum class Register : u8 { eax, ebx, ecx, edx };
struct FeatureBit {
    u32 leaf;
    Register where;
    u8 bit;
    F feature;
};
/// SDM vol. 2A, CPUID, tables 3-8, 3-10 and 3-11.
constexpr FeatureBit feature_bits[] = {
    {1, Register::ecx, 0, F::sse3},
    {1, Register::ecx, 1, F::pclmulqdq},
    {1, Register::ecx, 9, F::ssse3},
    {1, Register::ecx, 19, F::sse4_1},
    {1, Register::ecx, 20, F::sse4_2},
    {1, Register::ecx, 22, F::movbe},
    {1, Register::ecx, 23, F::popcnt},
    {1, Register::ecx, 31, F::hypervisor},
    {1, Register::edx, 0, F::fpu},
    {1, Register::edx, 1, F::vme},
    {1, Register::edx, 2, F::de},
    {1, Register::edx, 3, F::pse},
    {1, Register::edx, 4, F::tsc},
    {1, Register::edx, 5, F::msr},
    {1, Register::edx, 6, F::pae},
    {1, Register::edx, 7, F::mce},
    {1, Register::edx, 8, F::cx8},
    {1, Register::edx, 9, F::apic},
    {1, Register::edx, 11, F::sep},
    {1, Register::edx, 12, F::mtrr},
    {1, Register::edx, 13, F::pge},
    {1, Register::edx, 14, F::mca},
    {1, Register::edx, 15, F::cmov},
    {1, Register::edx, 16, F::pat},
    {1, Register::edx, 17, F::pse36},
    {1, Register::edx, 19, F::clfsh},
    {1, Register::edx, 23, F::mmx},
    {1, Register::edx, 24, F::fxsr},
    {1, Register::edx, 25, F::sse},
    {1, Register::edx, 26, F::sse2},
    {6, Register::eax, 2, F::arat},
    {7, Register::ebx, 1, F::tsc_adjust},
    {7, Register::ebx, 7, F::smep},
    {7, Register::ecx, 2, F::umip},
    {7, Register::edx, 29, F::arch_capabilities},
    {0x8000'0001, Register::edx, 20, F::nx},
    {0x8000'0001, Register::edx, 27, F::rdtscp},
    {0x8000'0007, Register::edx, 8, F::invariant_tsc},
};

CpuidResult features_of_leaf(const CpuModel& model, u32 leaf) {
    CpuidResult result;
    const auto reg = [&result](Register r) -> u32& {
        switch (r) {
        case Register::eax: return result.eax;
        case Register::ebx: return result.ebx;
        case Register::ecx: return result.ecx;
        default: return result.edx;
        }
    };
    for (const FeatureBit& row : feature_bits)
        if (row.leaf == leaf && model.has(row.feature)) reg(row.where) |= u32{1} << row.bit;
    return result;
}

/// Four characters as a register holds them.
u32 characters(std::string_view text, std::size_t at) {
    u32 value = 0;
    if (at < text.size()) std::memcpy(&value, text.data() + at, std::min<std::size_t>(4, text.size() - at));
    return value;
}

/// Deterministic cache parameters (SDM vol. 2A, CPUID leaf 4), sizes as in the leaf 2 descriptors of `max`.
CpuidResult cache_parameters(u32 subleaf) {
    struct Cache {
        u32 type, level, ways, sets;
    };
    static constexpr Cache caches[] = {{1, 1, 8, 64}, {2, 1, 8, 64}, {3, 2, 16, 4096}}; // 32K + 32K, 4M
    if (subleaf >= std::size(caches)) return {};
    constexpr u32 line_size = 64;
    const Cache& cache = caches[subleaf];
    return {.eax = cache.type | cache.level << 5 | 1u << 8 /* self-initializing */,
            .ebx = (line_size - 1) | (cache.ways - 1) << 22,
            .ecx = cache.sets - 1,
            .edx = 0};
}

/// TSC frequency as a multiple of the frequency of the local APIC's timer (SDM vol. 2A, CPUID leaf 15; vol.
/// 3A, 10.5.4). Whoever reads it need not measure both by the PIT, which takes Linux a tenth of a second.
CpuidResult clock_ratio(const CpuClocks& clocks) {
    if (clocks.bus == 0 || clocks.timestamp % clocks.bus != 0) return {};
    return {.eax = 1,
            .ebx = static_cast<u32>(clocks.timestamp / clocks.bus),
            .ecx = static_cast<u32>(clocks.bus),
            .edx = 0};
}

/// The same in MHz: base, most, and of the bus (leaf 16).
CpuidResult clock_frequencies(const CpuClocks& clocks) {
    const u32 base = static_cast<u32>(clocks.timestamp / 1'000'000);
    return {.eax = base, .ebx = base, .ecx = static_cast<u32>(clocks.bus / 1'000'000), .edx = 0};
}

} // namespace

Result<CpuModel> CpuModel::by_name(std::string_view name) {
    const auto found = std::ranges::find(templates, name, &Template::name);
    if (found == std::end(templates)) {
        std::string known;
        for (const Template& t : templates) known += fmt::format("{}{}", known.empty() ? "" : ", ", t.name);
        return make_error("there is no CPU model \"{}\"; the models are {}", name, known);
    }
    CpuModel model;
    model.m_name = found->name;
    for (unsigned i = 0; i < found->generation; ++i)
        for (const F feature : generations[i]) model.m_features[static_cast<std::size_t>(feature)] = works(feature);
    model.m_signature = found->signature;
    model.m_physical_bits = found->physical_bits;
    model.m_max_basic_leaf = found->max_basic_leaf;
    model.m_max_extended_leaf = found->max_extended_leaf;
    model.m_cache_descriptors = found->cache_descriptors;
    model.m_brand = found->brand;
    return model;
}

std::vector<std::string_view> CpuModel::names() {
    std::vector<std::string_view> names;
    for (const Template& t : templates) names.push_back(t.name);
    return names;
}

CpuidResult CpuModel::cpuid(u32 leaf, u32 subleaf, bool apic_enabled, const CpuClocks& clocks) const {
    if (leaf == 0x4000'0000 && has(Feature::hypervisor)) {
        constexpr std::string_view hypervisor = "RingshiftVM";
        return {.eax = leaf,
                .ebx = characters(hypervisor, 0),
                .ecx = characters(hypervisor, 4),
                .edx = characters(hypervisor, 8)};
    }
    if (leaf >= 0x8000'0000 && leaf <= m_max_extended_leaf) return extended_leaf(leaf);
    // Beyond the last leaf Intel's processors answer with the data of the highest basic one.
    return basic_leaf(std::min(leaf, m_max_basic_leaf), subleaf, apic_enabled, clocks);
}

CpuidResult CpuModel::basic_leaf(u32 leaf, u32 subleaf, bool apic_enabled, const CpuClocks& clocks) const {
    switch (leaf) {
    case 0: {
        constexpr std::string_view vendor = "GenuineIntel";
        return {.eax = m_max_basic_leaf,
                .ebx = characters(vendor, 0),
                .ecx = characters(vendor, 8),
                .edx = characters(vendor, 4)};
    }
    case 1: {
        CpuidResult result = features_of_leaf(*this, 1);
        result.eax = m_signature;
        if (has(Feature::clfsh)) result.ebx = 8 << 8; // CLFLUSH lines in units of 8 bytes; initial APIC ID 0
        if (!apic_enabled) result.edx &= ~(1u << 9);
        return result;
    }
    case 2: // descriptors in EDX; AL: ask once
        return {.eax = 1, .ebx = 0, .ecx = 0, .edx = m_cache_descriptors};
    case 4: return cache_parameters(subleaf);
    case 7: return subleaf == 0 ? features_of_leaf(*this, 7) : CpuidResult{};
    case 0x15: return clock_ratio(clocks);
    case 0x16: return clock_frequencies(clocks);
    default: // 3: no serial number; 5: no MONITOR
        return features_of_leaf(*this, leaf);
    }
}

CpuidResult CpuModel::extended_leaf(u32 leaf) const {
    switch (leaf) {
    case 0x8000'0000: return {.eax = m_max_extended_leaf, .ebx = 0, .ecx = 0, .edx = 0};
    case 0x8000'0002:
    case 0x8000'0003:
    case 0x8000'0004: {
        const std::size_t at = (leaf - 0x8000'0002) * 16;
        return {.eax = characters(m_brand, at),
                .ebx = characters(m_brand, at + 4),
                .ecx = characters(m_brand, at + 8),
                .edx = characters(m_brand, at + 12)};
    }
    case 0x8000'0006: // L2: 4096 KiB, 16 ways, 64-byte lines
        return {.eax = 0, .ebx = 0, .ecx = 4096u << 16 | 8u << 12 | 64, .edx = 0};
    case 0x8000'0008: // physical and linear address bits
        return {.eax = m_physical_bits | 32u << 8, .ebx = 0, .ecx = 0, .edx = 0};
    default: return features_of_leaf(*this, leaf);
    }
}

u64 CpuModel::arch_capabilities() const {
    if (!has(Feature::arch_capabilities)) return 0;
    // Each of these saves the guest a costly work-around, and each is true of a processor made of software, which
    // decides on rights before it touches the data and takes no microcode assists on the guest's behalf. Not claimed is
    // what depends on the host's predictors: Spectre variants 1 and 2, branch history, speculative store bypass.
    enum : u64 {
        rdcl_no = 1u << 0,           // supervisor pages are not reachable through the host's page tables from user code
        skip_l1d_flush = 1u << 3,    // no VMX: there is no VM entry that would need one
        mds_no = 1u << 5,            // the guest cannot make the host's loads fault or assist, so it samples no buffer
        if_pschange_mc_no = 1u << 6, // page sizes may change under the fetch: the walk is done by software
        taa_no = 1u << 8,            // no transactions
        sbdr_ssdp_no = 1u << 13,     // MMIO is a call to a device model: no stale data rides along
        fbsdp_no = 1u << 14,
        psdp_no = 1u << 15,
        gds_no = 1u << 26,  // no gather instructions
        rfds_no = 1u << 27, // no Atom register file
    };
    return rdcl_no | skip_l1d_flush | mds_no | if_pschange_mc_no | taa_no | sbdr_ssdp_no | fbsdp_no | psdp_no | gds_no |
           rfds_no;
}

u32 CpuModel::mxcsr_mask() const {
    if (!has(Feature::sse)) return 0;
    return has(Feature::sse2) ? 0xFFFF : 0xFFBF; // bit 6: denormals are zeros (SDM vol. 1, 11.6.6)
}

} // namespace ringshift
