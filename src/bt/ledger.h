// What was run, from where, and why it was translated: stats.def defines each number.
#pragma once

#include "base/types.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringshift::bt {

struct BlockKey;

enum class Level : u8 {
#define LEVEL(identifier, ...) identifier,
#define CAUSE(...)
#include "bt/stats.def"
};

enum class Cause : u8 {
#define LEVEL(...)
#define CAUSE(identifier, ...) identifier,
#include "bt/stats.def"
};

struct LevelFacts {
    std::string_view name;
    bool cold;
    std::string_view what;
};
inline constexpr std::array level_facts{
#define LEVEL(identifier, name, cold, what) LevelFacts{name, cold, what},
#define CAUSE(...)
#include "bt/stats.def"
};

struct CauseFacts {
    std::string_view name;
    std::string_view what;
};
inline constexpr std::array cause_facts{
#define LEVEL(...)
#define CAUSE(identifier, name, what) CauseFacts{name, what},
#include "bt/stats.def"
};

/// How often instrumented blocks at one address were entered from anywhere.
struct BlockCount {
    u32 linear = 0;
    u8 cpl = 0;
    u32 instructions = 0; ///< of the block there last
    u64 entries = 0;
};

struct Ledger {
    u64 entries = 0;                              ///< into blocks, by whatever engine part runs them
    std::array<u64, level_facts.size()> levels{}; ///< by Level; those that are not cold only if `split`
    std::array<u64, cause_facts.size()> causes{}; ///< by Cause
    u64 cached = 0;                               ///< entries from inside the cache: the sum of the levels not cold
    bool split = false;                           ///< blocks are instrumented

    u64 translated_instructions = 0;
    u64 translated_bytes = 0; ///< of guest code
    u64 emitted_bytes = 0;    ///< of host code
    u64 evictions = 0;        ///< blocks that the policy chose to go
    u64 revived = 0;          ///< blocks whose bytes were written and were the same again when wanted
    u64 self_checking = 0;    ///< translations that compare their own bytes at entry
    u64 adapted = 0;          ///< accesses translated again in a form for what keeps failing (adapt.cpp)
    u64 given_back = 0;       ///< of those to devices, translated as others again
    u64 ticks_cached = 0;     ///< host TSC ticks in generated code and the handlers that it calls
    u64 ticks_translating = 0;
    u64 ticks_total = 0; ///< in run()

    struct Windows {
        u32 windows = 0;  ///< of address spaces and privileges, now
        u32 mappings = 0; ///< that the host has for them, now
        u64 pages = 0;    ///< that they show, now
        u64 mapped = 0, unmapped = 0;
        u64 faults = 0;   ///< of accesses through them
        u64 emptied = 0;  ///< whole windows: their address space ended, or mappings ran out
        u64 given_up = 0; ///< blocks with accesses that missed too often and look the soft TLB up for a while
    };
    std::optional<Windows> windows; ///< nothing: the soft TLB is used everywhere

    u64 level(Level l) const { return levels[static_cast<std::size_t>(l)]; }
    u64& level(Level l) { return levels[static_cast<std::size_t>(l)]; }
    u64 cause(Cause c) const { return causes[static_cast<std::size_t>(c)]; }
    u64& cause(Cause c) { return causes[static_cast<std::size_t>(c)]; }
    /// Empty if both sums hold, else what does not.
    std::string discrepancy() const;
};

/// What has been translated before, and why it is gone: the cause of the next translation. Forgets everything when it
/// has a million keys; what comes again after that counts as compulsory.
class History {
  public:
    /// Why `key` has to be translated now; it counts as there from now on.
    Cause translated(const BlockKey& key);
    void lost(const BlockKey& key, Cause why);

  private:
    static constexpr std::size_t most_keys = 1 << 20;
    /// A place is a key without its mode. Entries of one place follow each other, others between them perhaps.
    struct Entry {
        u16 mode : 12 = 0; ///< of the key, and one more; 0: free
        u16 cause : 4 = 0; ///< why it was lost
    };
    static constexpr u32 most_modes = 4095;
    struct Found {
        std::size_t at; ///< of the key's entry, or of the free one where it would be
        bool place;     ///< there is an entry of the same place
    };
    Found find(u32 place, u16 mode) const;
    static u32 place_of(const BlockKey& key);
    static u16 mode_of(const BlockKey& key);
    void grow();
    static constexpr std::size_t smallest = 1 << 14;
    std::vector<Entry> m_entries = std::vector<Entry>(smallest); ///< a power of two, at most two thirds full
    std::vector<u32> m_places = std::vector<u32>(smallest);      ///< of each: a hash
    std::size_t m_count = 0;
};

} // namespace ringshift::bt
