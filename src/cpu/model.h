// CPU models by name: what CPUID says, what decodes, which MSRs exist.
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace ringshift {

/// Features that a model has or lacks. One that is absent is neither advertised nor executed (#UD or #GP).
enum class Feature : u8 {
    base,
    fpu,
    vme,
    de,
    pse,
    tsc,
    msr,
    pae,
    cx8,
    apic,
    sep,
    mtrr,
    pge,
    mca,
    cmov,
    pat,
    pse36,
    clfsh,
    mmx,
    fxsr,
    sse,
    sse2,
    sse3,
    ssse3,
    mce,
    nx,
    cpuid,
    i486 /* BSWAP, CMPXCHG, XADD, INVLPG, INVD, WBINVD */,
    pclmulqdq,
    popcnt,
    sse4_1,
    sse4_2,
    movbe,
    arch_capabilities,
    smep,
    umip,
    nopl,
    rdtscp,
    misc_enable, ///< IA32_MISC_ENABLE
    tsc_adjust,
    invariant_tsc,
    arat,       ///< the local APIC's timer always runs
    hypervisor, ///< says that it is a virtual CPU, with leaf 40000000
    count,
};

struct CpuidResult {
    u32 eax = 0, ebx = 0, ecx = 0, edx = 0;
};

/// Frequencies in Hz, where they are known.
struct CpuClocks {
    u64 timestamp = 0; ///< of the TSC
    u64 bus = 0;       ///< of the local APIC's timer before its divider
};

class CpuModel {
  public:
    /// "486", "pentium", "pentium3", "pentium4" or "max". The error lists the names.
    static Result<CpuModel> by_name(std::string_view name);
    static std::vector<std::string_view> names();

    const std::string& name() const { return m_name; }
    bool has(Feature feature) const { return m_features[static_cast<std::size_t>(feature)]; }
    /// CPUID.1:EAX, and EDX after reset: family, model, stepping.
    u32 signature() const { return m_signature; }
    /// CPUID as executed with this EAX and ECX. The APIC bit follows `apic_enabled` (IA32_APIC_BASE, bit 11).
    CpuidResult cpuid(u32 leaf, u32 subleaf, bool apic_enabled, const CpuClocks& clocks = {}) const;
    u8 physical_bits() const { return m_physical_bits; }
    /// IA32_ARCH_CAPABILITIES: which processor vulnerabilities this CPU does not have; zero if the MSR is absent.
    u64 arch_capabilities() const;
    /// MXCSR_MASK as FXSAVE stores it.
    u32 mxcsr_mask() const;

  private:
    CpuidResult basic_leaf(u32 leaf, u32 subleaf, bool apic_enabled, const CpuClocks& clocks) const;
    CpuidResult extended_leaf(u32 leaf) const;

    std::string m_name;
    std::array<bool, static_cast<std::size_t>(Feature::count)> m_features{};
    u32 m_signature = 0;
    u8 m_physical_bits = 32;
    u32 m_max_basic_leaf = 0;
    u32 m_max_extended_leaf = 0; ///< zero: no extended leaves
    u32 m_cache_descriptors = 0; ///< CPUID.2:EDX
    std::string m_brand;
};

} // namespace ringshift
