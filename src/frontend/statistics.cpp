#include "frontend/statistics.h"

#include "base/log.h"
#include "machine/speed.h"

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

namespace ringshift {

namespace {

using Json = nlohmann::ordered_json;

void tell_ledger(const Machine& machine, const bt::Ledger& l) {
    std::string levels, causes;
    for (std::size_t i = 0; i < l.levels.size(); ++i)
        if (bt::level_facts[i].cold || l.split)
            levels += fmt::format("{}{} {}", levels.empty() ? "" : " + ", bt::level_facts[i].name, l.levels[i]);
    if (!l.split) levels += fmt::format(" + inside the cache {}", l.cached);
    for (std::size_t i = 0; i < l.causes.size(); ++i)
        causes += fmt::format("{}{} {}", causes.empty() ? "" : " + ", bt::cause_facts[i].name, l.causes[i]);
    tell("{} entries into blocks = {}", l.entries, levels);
    tell("{} translations = {}", l.level(bt::Level::translate), causes);
    tell("{} instructions in {} bytes became {} bytes; {} blocks evicted, {} revived, {} check themselves",
         l.translated_instructions, l.translated_bytes, l.emitted_bytes, l.evictions, l.revived, l.self_checking);
    tell("{} accesses adapted to devices or to code beside them, {} given back", l.adapted, l.given_back);
    for (const bt::BlockCount& block : machine.hottest_blocks())
        tell("{:12} entries into {:08x}, ring {}, {} instructions", block.entries, block.linear, block.cpl,
             block.instructions);
}

void tell_windows(const bt::Ledger::Windows& w) {
    tell("{} memory windows show {} pages in {} mappings; {} faults, {} pages mapped, {} unmapped, {} windows emptied, "
         "{} blocks given up for a while",
         w.windows, w.pages, w.mappings, w.faults, w.mapped, w.unmapped, w.emptied, w.given_up);
}

void tell_all(const Machine& machine, const MachineStatistics& s, const DebugRegisters& r) {
    tell("{} instructions, {:.3f} s of virtual time, {:.3f} s executing, {:.1f} million/s", s.retired,
         static_cast<double>(s.virtual_ns) / 1e9, static_cast<double>(s.executing_ns) / 1e9, s.mips());
    if (s.comparisons != 0)
        tell("{} comparisons, {:.3f} s in the reference, {:.3f} s comparing", s.comparisons,
             static_cast<double>(s.following_ns) / 1e9, static_cast<double>(s.comparing_ns) / 1e9);
    if (s.ledger) tell_ledger(machine, *s.ledger);
    if (s.ledger && s.ledger->windows) tell_windows(*s.ledger->windows);
    const TimeShares shares = time_shares(s);
    tell("time: {:.1f}% in translated code, {:.1f}% translating ({:.0f} blocks/s), {:.1f}% interpreting, {:.1f}% in "
         "devices, {:.1f}% idle",
         shares.cached, shares.translating, translations_per_second(s), shares.interpreting, shares.devices,
         shares.idle);
    tell("speed: {}", speed_doctor(s));
    tell("stopped at {:04x}:{:08x}, CR0 {:08x}, EFLAGS {:08x}; engine {}", r.segments[1], r.eip, r.cr0, r.eflags,
         machine.config().engine);
}

std::vector<std::pair<std::string, std::string>> run_columns(const Machine& machine, const MachineStatistics& s) {
    return {{"engine", machine.config().engine},
            {"cpu", machine.config().cpu},
            {"instructions", std::to_string(s.retired)},
            {"virtual_ns", std::to_string(s.virtual_ns)},
            {"executing_ns", std::to_string(s.executing_ns)}};
}

std::string as_json(const Machine& machine, const MachineStatistics& s) {
    Json json{{"engine", machine.config().engine}, {"cpu", machine.config().cpu},    {"instructions", s.retired},
              {"virtual_ns", s.virtual_ns},        {"executing_ns", s.executing_ns}, {"mips", s.mips()}};
    if (s.ledger) {
        const bt::Ledger& l = *s.ledger;
        Json& ledger = json["ledger"];
        ledger["entries"] = l.entries;
        for (std::size_t i = 0; i < l.levels.size(); ++i) ledger[std::string(bt::level_facts[i].name)] = l.levels[i];
        for (std::size_t i = 0; i < l.causes.size(); ++i)
            ledger["causes"][std::string(bt::cause_facts[i].name)] = l.causes[i];
        json["translator"] = {{"cache_size", machine.config().translator.cache_size},
                              {"cache_policy", machine.config().translator.cache_policy},
                              {"instructions", l.translated_instructions},
                              {"guest_bytes", l.translated_bytes},
                              {"host_bytes", l.emitted_bytes},
                              {"evictions", l.evictions},
                              {"revived", l.revived},
                              {"self_checking", l.self_checking},
                              {"adapted", l.adapted},
                              {"given_back", l.given_back}};
        if (l.windows)
            json["windows"] = {{"windows", l.windows->windows},   {"pages", l.windows->pages},
                               {"mappings", l.windows->mappings}, {"faults", l.windows->faults},
                               {"mapped", l.windows->mapped},     {"unmapped", l.windows->unmapped},
                               {"emptied", l.windows->emptied},   {"given_up", l.windows->given_up}};
        for (const bt::BlockCount& block : machine.hottest_blocks())
            json["blocks"].push_back({{"address", block.linear},
                                      {"ring", block.cpl},
                                      {"instructions", block.instructions},
                                      {"entries", block.entries}});
        json["translator"]["translations_per_second"] = translations_per_second(s);
    }
    const TimeShares shares = time_shares(s);
    json["time_percent"] = {{"cached", shares.cached},
                            {"translate", shares.translating},
                            {"interpret", shares.interpreting},
                            {"devices", shares.devices},
                            {"idle", shares.idle}};
    json["speed"] = speed_doctor(s);
    return json.dump(2) + "\n";
}

std::string as_csv(const Machine& machine, const MachineStatistics& s) {
    auto columns = run_columns(machine, s);
    if (s.ledger)
        for (auto& column : ledger_columns(*s.ledger)) columns.push_back(std::move(column));
    std::string head, row;
    for (const auto& [name, value] : columns) {
        head += (head.empty() ? "" : ",") + name;
        row += (row.empty() ? "" : ",") + value;
    }
    return head + "\n" + row + "\n";
}

} // namespace

std::vector<std::pair<std::string, std::string>> ledger_columns(const bt::Ledger& l) {
    std::vector<std::pair<std::string, std::string>> columns{{"entries", std::to_string(l.entries)}};
    for (std::size_t i = 0; i < l.levels.size(); ++i)
        columns.emplace_back(bt::level_facts[i].name,
                             l.split || bt::level_facts[i].cold ? std::to_string(l.levels[i]) : "");
    columns.emplace_back("inside_cache", std::to_string(l.cached));
    for (std::size_t i = 0; i < l.causes.size(); ++i)
        columns.emplace_back(bt::cause_facts[i].name, std::to_string(l.causes[i]));
    columns.emplace_back("translated_instructions", std::to_string(l.translated_instructions));
    columns.emplace_back("translated_bytes", std::to_string(l.translated_bytes));
    columns.emplace_back("emitted_bytes", std::to_string(l.emitted_bytes));
    columns.emplace_back("evictions", std::to_string(l.evictions));
    columns.emplace_back("revived", std::to_string(l.revived));
    columns.emplace_back("adapted", std::to_string(l.adapted));
    columns.emplace_back("given_back", std::to_string(l.given_back));
    return columns;
}

Result<> report_statistics(const Options& options, Machine& machine) {
    const MachineStatistics s = machine.statistics();
    if (options.statistics == Options::Statistics::text && options.statistics_file.empty()) {
        tell_all(machine, s, machine.debugger().registers());
    } else {
        const std::string text =
            options.statistics == Options::Statistics::csv ? as_csv(machine, s) : as_json(machine, s);
        if (options.statistics_file.empty()) {
            std::fputs(text.c_str(), stdout);
        } else {
            std::ofstream file(options.statistics_file);
            file << text;
            if (!file.flush()) return make_error("cannot write {}", options.statistics_file);
        }
    }
    if (s.ledger)
        if (const std::string wrong = s.ledger->discrepancy(); !wrong.empty())
            return make_error("the translator's ledger does not add up: {}", wrong);
    return Unit{};
}

} // namespace ringshift
