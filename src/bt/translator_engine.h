// The translator's engine, for the files that implement it: engine.cpp (the loop), engine_blocks.cpp (what becomes a
// block), engine_links.cpp (links and flushes), engine_code.cpp (code that changes), engine_windows.cpp (memory
// windows) and engine_explain.cpp (what is shown to people).
#pragma once

#include "base/zeroed_table.h"
#include "bt/code_cache.h"
#include "bt/engine.h"
#include "bt/explain.h"
#include "bt/host_faults.h"
#include "bt/links.h"
#include "bt/policy.h"
#include "bt/return_stack.h"
#include "bt/stubs.h"
#include "bt/translator.h"
#include "cpu/interp/interpreter.h"

#include <deque>
#include <map>
#include <unordered_map>

namespace ringshift::bt {

class TranslatorEngine final : public Engine, CodeWriteListener, Mmu::FlushListener, FaultTaker {
  public:
    static Result<std::unique_ptr<Engine>> create(Cpu& cpu, const Options& options);
    ~TranslatorEngine() override;

    std::string_view name() const override { return "bt"; }
    Exit run(i64 instructions) override;
    void invalidate_all() override;
    std::string describe_code(LinearAddr address, const CodeView& view) override;
    Ledger ledger() const;
    std::vector<BlockCount> hottest_blocks(std::size_t most) const;
    void set_debug_control(DebugControl control) override { m_interpreter.set_debug_control(std::move(control)); }

  private:
    TranslatorEngine(Cpu& cpu, const Options& options, Runtime& runtime)
        : m_cpu(cpu), m_options(options), m_runtime(runtime), m_interpreter(cpu, tier0(options)),
          m_emitter(&runtime, cpu.mmu.fast_tlb()), m_translator(cpu, m_emitter, m_options), m_heat(heat_entries),
          m_buckets(buckets), m_links(runtime) {
        m_ledger.split = options.instrument;
        cpu.mmu.memory().add_listener(*this);
        cpu.mmu.set_flush_listener(this);
    }

    /// The interpreter's options where it runs what is not hot.
    static InterpreterOptions tier0(InterpreterOptions options) {
        options.block_bytes = u64{4} << 20;
        return options;
    }
    static u64 ticks() { return __builtin_ia32_rdtsc(); }

    static constexpr std::size_t heat_entries = 524288;
    static constexpr u32 changed_runs_for_one = 8; ///< runs of code that is other code count as one in so many
    static constexpr std::size_t buckets = 65536;
    static constexpr u8 most_revivals = 4; ///< then a block checks itself, if it can
    struct Heat {                          // four bytes, since most of it is in use soon
        i16 times;                         ///< interpreted; below zero: has to cool down first
        u8 print;                          ///< of the code's first bytes
        u8 changes;                        ///< how often the code has changed
    };
    Heat& heat_of(const BlockKey& key) { return m_heat[key.place() % heat_entries]; }
    static constexpr std::size_t places = 32768;
    static constexpr i32 moved_runs_for_one = 4; ///< code that has moved has to run so many times as often
    /// For which EIP code was translated last.
    struct Place {
        u32 start = 0; ///< the lower half of the physical address
        u32 eip = 0;
    };
    Place& place_of(const BlockKey& key) { return m_places[(key.start.value ^ key.start.value >> 15) % places]; }
    bool has_moved(const BlockKey& key) {
        const Place& place = place_of(key);
        return place.start == static_cast<u32>(key.start.value) && place.eip != key.eip;
    }
    // Finding and making blocks.
    u32 current_mode();
    void free_unused_segments(Mode& mode) const;
    bool is_as_before(const BlockKey& key);
    bool holds_code(PhysAddr address) const;
    Block* find(const BlockKey& key);
    struct Found {
        Block* block = nullptr;  ///< null: the interpreter's turn
        bool translated = false; ///< just now
    };
    /// The block at CS:RIP, translated if it is hot; one that the budget covers.
    Found block_here();
    Block* translate(const BlockKey& key, const Mode& mode);
    /// What generated code may spend is enough.
    bool covers(const Block& block) const {
        return static_cast<i64>(block.count) + m_options.slack() <= m_cpu.state.budget;
    }
    /// Code that has a place in the cache, of a shorter block if need be.
    std::span<const u8> emit(Block& block, const Mode& mode);
    void append_after_sti(Block& block, const Mode& mode);
    bool has_run_behind(const Block& block, u32 bytes);
    void append_behind_jumps(Block& block, const Mode& mode);
    void note_landings(const Block& block, const Mode& mode);
    bool take_crossing_instruction(Block& block);
    std::optional<PhysAddr> second_frame(LinearAddr address);
    void make_room(Block& block);
    void publish(const Block& block, std::span<const u8> code);
    std::vector<u8> code_of(const Block& block, std::span<const u32> crossings) const;
    void watch(Block& block);
    void unwatch(Block& block);
    void unwatch_evicted(Block& block);
    void check_itself_if_wise(Block& block);
    bool could_check_itself(Block& block);
    void drop_if_changed(Block& block);
    void take_counter(Block& block);
    void give_counter_back(const Block& block);
    BlockCount count_of(const Block& block) const;
    std::vector<u8> guest_bytes(const Block& block) const;
    std::vector<DecodedInsn> decoded(const Block& block);
    void cool_down(const BlockKey& key);
    void destroy(Block& block, Cause why);
    void destroy_all(Cause why);
    void forget_blocks(Cause why);
    void bury() { m_graveyard.clear(); }

    // site.cpp
    Block& block_in_front(u64 address);
    Link& link_in_front(u64 address);
    std::unique_ptr<Block> translated_again(const Block& block, bool record);
    Site* find_site(u64 behind);
    void forget_sites(const Block& block);

    // For people.
    std::optional<Explanation> explain_at(LinearAddr address);
    Block* block_around(LinearAddr address);
    std::unique_ptr<Block> decode_at(LinearAddr address);

    // Memory windows.
    void open_windows();
    bool may_have_window(u8 cpl) const;
    bool wants_window(u8 cpl) const;
    bool suits_home(bool user) const;
    u64 take(const HostFault& fault) override;
    void give_up_windows();
    bool fill(LinearAddr address, bool user, bool write);
    void fill_behind_fault();
    void note_work(u64 entries);
    void try_windows_again();

    // adapt.cpp
    void adapt();

    // Running.
    /// What comes next: the end of the run, a block of generated code, or the interpreter's turn.
    struct Turn {
        std::optional<Exit> exit;
        Block* block = nullptr;
        Level level{};
        bool careful = false; ///< the interpreter: a single instruction
    };
    Exit loop(i64 instructions);
    /// Looks around. At most `budget` instructions will be taken by generated code.
    Turn next_turn(i64 budget);
    void resume(Turn& turn);
    void enter(const Turn& turn);
    /// Before generated code goes on in the turn's block; where its code is.
    const u8* arrive(const Turn& turn);
    void take_back_refused();
    /// After generated code: RIP and the budget, as it says in Runtime how it was left.
    void leave();
    /// The same, and what to do next; null: the loop has to do it.
    const u8* go_on();
    void finish_step();
    void new_generation();
    void follow(Link& link, Block& target);
    void note_space(Block& block);
    /// Calls `function` between two blocks: that more page tables are watched from now on needs no end of a block.
    template <typename Function>
    void entering(Function function) {
        const i64 budget = m_cpu.state.budget, reserve = m_cpu.state.budget_reserve;
        function();
        m_cpu.state.budget = budget;
        m_cpu.state.budget_reserve = reserve;
    }
    void interpreted();
    /// `block` stands at CS:RIP.
    TargetPage page_of(const Block& block) const;
    LinearAddr linear_rip() const {
        return LinearAddr(static_cast<u32>(m_cpu.state.segment(SegmentName::cs).base + m_cpu.state.rip));
    }

    // CodeWriteListener
    void code_written(PhysAddr address, u64 size, CodeRange& gone) override;
    void mark_again(PhysAddr begin, u64 size) override;
    void map_changed(bool code_has_gone) override;
    // Mmu::FlushListener
    void flushed_page(LinearAddr address) override;
    void flushed_range(u32 first_page, u32 pages, u32 spaces) override;
    void flushed_non_global() override;
    void flushed_all() override;
    void flushed();
    void look_around_soon();

    Cpu& m_cpu;
    const Options m_options;
    Runtime& m_runtime;
    Interpreter m_interpreter;
    Emitter m_emitter;
    Translator m_translator;
    std::unique_ptr<Stubs> m_stubs;
    std::unique_ptr<CodeMemory> m_memory;
    std::unique_ptr<CachePolicy> m_policy;

    std::vector<Mode> m_modes;
    static constexpr u8 fs_and_gs = 0x30;
    /// Supervisor's and user's: see Mode::free_segments.
    std::array<u8, 2> m_unused_segments{fs_and_gs, fs_and_gs};
    std::array<u32, 2> m_recent_mode{}; ///< the numbers of the modes found last, supervisor's and user's

    ZeroedTable<Heat> m_heat; ///< by key
    u32 m_changed_runs = 0;
    std::vector<Place> m_places = std::vector<Place>(places);
    std::vector<Block*> m_buckets;
    std::map<u32, std::unique_ptr<Block>> m_blocks; ///< by place in the cache
    struct CodeFrame {
        static constexpr u64 granule = 128;                                       ///< bytes
        std::array<List<Block, &Block::in_frame>, page_size / granule> beginning; ///< blocks by where they begin
        List<Block, &Block::in_second_frame> entering;                            ///< that cross into it
        u32 watched = 0;                                                          ///< how many are in those lists
        u32 longest = 0;                                                          ///< bytes of the longest of them

        List<Block, &Block::in_frame>& at(PhysAddr start) { return beginning[start.offset() / granule]; }
        /// Each block that may have bytes among these of the frame.
        template <typename Function>
        void for_each_near(u64 offset, u64 size, Function function) const {
            for (u64 i = (offset - std::min<u64>(offset, longest)) / granule; i <= (offset + size - 1) / granule; ++i)
                beginning[i].for_each(function);
            entering.for_each(function);
        }
    };
    std::unordered_map<u64, CodeFrame> m_frames;
    std::vector<u32> m_free_counters;
    u32 m_next_counter = 1;
    std::map<std::pair<u32, u8>, BlockCount> m_past; ///< what blocks that are gone counted, by address and CPL
    std::vector<DecodedInsn> m_insns;                ///< of the block that is translated; memory that stays
    std::vector<Block*> m_hit;                       ///< by the write that is being looked at
    std::vector<std::unique_ptr<Block>> m_graveyard;
    std::vector<u32> m_evicted;
    Links m_links;

    bool m_windows = false;                   ///< there are memory windows
    std::unordered_map<u64, u64> m_looked_up; ///< Block::looked_up of the next translation, by hash of the key
    struct GivenUp {
        BlockKey key;
        u32 epoch;
    };
    std::deque<GivenUp> m_given_up; ///< blocks with bits there, in the order in which that was decided
    bool m_flushed = false;         ///< links or host return addresses have been taken back since this was cleared
    u64 m_window_faults = 0, m_times_given_up = 0;
    u64 m_work = 0;                                ///< entries into blocks, as far as they are known
    std::unordered_map<u64, Adaptation> m_adapted; ///< Block::adaptation of the next translation, the same way

    // Within one enter().
    std::optional<Turn> m_turn; ///< found by go_on(), for the loop
    u64 m_arrivals = 0;         ///< counted by the engine
    Level m_arrived_by = Level::resume;
    /// The return stacks, one for each privilege, so that a system call keeps the user's. An old one may be used again
    /// as long as nothing has become invalid since.
    struct Returns {
        u64 top = 0;
        u32 mode = 0;
        u64 generation = 0;
        u64 space = 0;  ///< Mmu::space_serial
        u32 number = 0; ///< Mmu::space
    };
    static constexpr u64 no_generation = ~u64{0};
    std::array<Returns, 2> m_returns;
    std::array<LandingPages, 2> m_landings; ///< the same order
    u64 m_generation = 0;                   ///< a block has gone, or a page of code may be elsewhere
    const Block* m_resumed = nullptr;       ///< what was entered where RF was set, and ..
    u64 m_resumed_entry = 0;                ///< .. which entry that was
    static constexpr u64 no_space = ~u64{0};
    u64 m_entered_space = no_space; ///< Mmu::space_serial, as far as m_links knows
    bool m_ran_unkept = false;      ///< code that nobody says when it moves, since the last CR3 load
    bool m_ran_user = false;        ///< whose return stack is in force

    static constexpr u64 nothing_asked = ~u64{0};
    u64 m_asked = nothing_asked; ///< the EIP for which generated code was left last
    Ledger m_ledger;
    History m_history;
};

} // namespace ringshift::bt
