// States of the disk that are kept in the image: what the format calls internal snapshots (`qemu-img snapshot -l`).
//
// A state is an L1 table that stays as it is. Keeping, going back and forgetting are one operation with other
// arguments: the active tables are made anew from those of some state, counts are changed to what will be true then,
// and all of it (tables, blocks and table of counts, list of states) lies in new clusters at the end of the file. What
// was there is not touched. Then one write of the header's first sector names everything new. A power cut before it
// leaves the old image with unused bytes behind it, one after it the new image.
//
// A cluster is counted once for each L1 table that leads to it. "Copied" flags matter in active tables only; the tables
// that a state keeps have those of their time.
#include "machine/qcow2.h"

#include <algorithm>

namespace ringshift {

namespace {
constexpr u64 copied = u64{1} << 63, offset_mask = 0x00FF'FFFF'FFFF'FE00;
constexpr u32 most_states = 65536, longest_extra = 1024;
constexpr u64 state_head = 40, state_extra = 16;
} // namespace

Result<> Qcow2::load_states() {
    m_states.clear();
    if (m_header.snapshots > most_states) return damaged("it has too many internal snapshots");
    u64 at = m_header.snapshots_offset;
    for (u32 n = 0; n < m_header.snapshots; ++n) {
        std::vector<u8> raw(state_head);
        if (at > m_file->size() || m_file->size() - at < state_head) return damaged("its list of internal snapshots");
        TRY(m_file->read(at, raw));
        const u64 id_size = load_big_endian<u16>(&raw[12]), extra = load_big_endian<u32>(&raw[36]);
        const u64 name_size = load_big_endian<u16>(&raw[14]), size = state_head + extra + id_size + name_size;
        if (extra > longest_extra || m_file->size() - at < size) return damaged("its list of internal snapshots");
        raw.resize(size);
        TRY(m_file->read(at, raw));
        State state;
        state.l1_offset = load_big_endian<u64>(raw.data());
        state.l1_size = load_big_endian<u32>(&raw[8]);
        state.id.assign(raw.begin() + static_cast<std::ptrdiff_t>(state_head + extra),
                        raw.begin() + static_cast<std::ptrdiff_t>(state_head + extra + id_size));
        state.raw = std::move(raw);
        at += (size + 7) & ~u64{7};
        m_states.push_back(std::move(state));
    }
    m_states_size = at - m_header.snapshots_offset;
    return Unit{};
}

std::vector<Qcow2::State>::iterator Qcow2::find_state(const std::string& id) {
    return std::find_if(m_states.begin(), m_states.end(), [&](const State& state) { return state.id == id; });
}

Result<std::vector<u64>> Qcow2::read_table(u64 offset, u64 entries) {
    if (entries > (u64{4} << 20) || offset % cluster_size() != 0 || offset > m_file->size() ||
        entries * 8 > m_file->size() - offset)
        return damaged("a table of an internal snapshot is not where it can be");
    std::vector<u8> raw(entries * 8);
    TRY(m_file->read(offset, raw));
    std::vector<u64> table(entries);
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = load_big_endian<u64>(&raw[8 * i]);
    return table;
}

Result<u64> Qcow2::write_table(const std::vector<u64>& table) {
    const u64 clusters = std::max<u64>(1, (table.size() * 8 + cluster_size() - 1) / cluster_size());
    const u64 offset = TRY(m_refcounts->allocate(clusters));
    std::vector<u8> raw(clusters * cluster_size());
    for (std::size_t i = 0; i < table.size(); ++i) store_big_endian(&raw[8 * i], table[i]);
    TRY(m_file->write(offset, raw));
    return offset;
}

/// Counts the data that an L1 table leads to once more, or once less; `tables` too: its L2 tables.
Result<> Qcow2::count_tree(const std::vector<u64>& l1, int change, bool tables) {
    for (const u64 entry : l1) {
        const u64 offset = entry & offset_mask;
        if (offset == 0) continue;
        for (const u64 data : TRY(read_table(offset, l2_entries()))) {
            const Place place = place_of(data);
            if (place.offset == 0) continue;
            const u64 end = place.offset + (place.kind == Place::Kind::compressed ? place.length : 1);
            for (u64 at = place.offset & ~(cluster_size() - 1); at < end; at += cluster_size())
                TRY(m_refcounts->change(at, change));
        }
        if (tables) TRY(m_refcounts->change(offset, change));
    }
    return Unit{};
}

Result<> Qcow2::drop_tree(u64 l1_offset, u64 l1_size) {
    TRY(count_tree(TRY(read_table(l1_offset, l1_size)), -1, true));
    for (u64 at = 0; at < l1_size * 8; at += cluster_size()) TRY(m_refcounts->change(l1_offset + at, -1));
    return Unit{};
}

Result<> Qcow2::write_active(std::vector<u64> l1) {
    for (u64& entry : l1) {
        const u64 offset = entry & offset_mask;
        if (offset == 0) continue;
        std::vector<u64> l2 = TRY(read_table(offset, l2_entries()));
        for (u64& data : l2) {
            const Place place = place_of(data);
            data &= ~copied;
            if (place.offset != 0 && place.kind != Place::Kind::compressed &&
                TRY(m_refcounts->count(place.offset)) == 1)
                data |= copied;
        }
        entry = TRY(write_table(l2)) | copied;
    }
    m_header.l1_offset = TRY(write_table(l1));
    m_header.l1_size = static_cast<u32>(l1.size());
    return Unit{};
}

Result<> Qcow2::write_states(const std::vector<State>& states) {
    for (u64 at = 0; at < m_states_size; at += cluster_size())
        TRY(m_refcounts->change(m_header.snapshots_offset + at, -1));
    std::vector<u8> raw;
    for (const State& state : states) {
        raw.insert(raw.end(), state.raw.begin(), state.raw.end());
        raw.resize((raw.size() + 7) & ~std::size_t{7});
    }
    m_header.snapshots = static_cast<u32>(states.size());
    m_header.snapshots_offset = 0;
    if (raw.empty()) return Unit{};
    const u64 clusters = (raw.size() + cluster_size() - 1) / cluster_size();
    m_header.snapshots_offset = TRY(m_refcounts->allocate(clusters));
    raw.resize(clusters * cluster_size());
    return m_file->write(m_header.snapshots_offset, raw);
}

/// See the essay. `from`: the L1 table that the active one is made of. `dropped`: L1 tables that nothing leads to then.
Result<> Qcow2::switch_tables(const std::vector<u64>& from, const std::vector<Tree>& dropped,
                              const std::vector<State>& states) {
    TRY(m_refcounts->relocate());
    TRY(count_tree(from, +1, false));
    for (const Tree& tree : dropped) TRY(drop_tree(tree.l1_offset, tree.l1_size));
    TRY(write_active(from));
    TRY(write_states(states));
    m_header_dirty = true;
    return flush();
}

/// After a failure the file is what it was, and so is the memory.
Result<> Qcow2::change_states(const std::function<Result<>()>& change) {
    if (read_only()) return make_error("{} cannot be written, so no state of it is kept", m_file->what());
    TRY(flush());
    const u64 end = m_file->size();
    Result<> changed = change();
    m_tables.clear();
    TRY(reload());
    // What a full disk left behind is not counted, unless the header did change.
    if (!changed.ok() && m_refcounts->table_offset() < end) (void)m_file->resize(end);
    if (!changed.ok()) TRY(reload());
    return changed;
}

Result<> Qcow2::keep_state(const std::string& id, const std::string& name, i64 time, u64 virtual_ns) {
    return change_states([&]() -> Result<> {
        State state{id, m_header.l1_offset, m_header.l1_size, {}};
        state.raw.resize(state_head + state_extra);
        store_big_endian(&state.raw[0], state.l1_offset);
        store_big_endian(&state.raw[8], state.l1_size);
        store_big_endian(&state.raw[12], static_cast<u16>(id.size()));
        store_big_endian(&state.raw[14], static_cast<u16>(name.size()));
        store_big_endian(&state.raw[16], static_cast<u32>(time));
        store_big_endian(&state.raw[24], virtual_ns);
        store_big_endian(&state.raw[36], static_cast<u32>(state_extra));
        store_big_endian(&state.raw[48], m_header.size);
        state.raw.insert(state.raw.end(), id.begin(), id.end());
        state.raw.insert(state.raw.end(), name.begin(), name.end());
        std::vector<State> states = m_states;
        states.push_back(std::move(state));
        return switch_tables(m_l1, {}, states);
    });
}

Result<> Qcow2::go_back(const std::string& id) {
    return change_states([&]() -> Result<> {
        const auto state = find_state(id);
        if (state == m_states.end()) return make_error("{} has no state {}", m_file->what(), id);
        std::vector<u64> l1 = TRY(read_table(state->l1_offset, state->l1_size));
        l1.resize(std::max<std::size_t>(l1.size(), m_header.l1_size));
        return switch_tables(l1, {{m_header.l1_offset, m_header.l1_size}}, m_states);
    });
}

Result<> Qcow2::forget_state(const std::string& id) {
    if (!has_state(id)) return Unit{};
    return change_states([&]() -> Result<> {
        std::vector<State> states = m_states;
        const auto gone = find_state(id);
        states.erase(states.begin() + (gone - m_states.begin()));
        return switch_tables(m_l1, {{m_header.l1_offset, m_header.l1_size}, {gone->l1_offset, gone->l1_size}}, states);
    });
}

} // namespace ringshift
