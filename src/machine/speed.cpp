#include "machine/speed.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace ringshift {

namespace {

double ratio(u64 part, u64 whole) { return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole); }

std::string about_translating(const bt::Ledger& ledger) {
    const auto most = std::max_element(ledger.causes.begin(), ledger.causes.end());
    const auto cause = static_cast<bt::Cause>(std::distance(ledger.causes.begin(), most));
    const char* help = cause == bt::Cause::capacity ? "; a larger --cache-size may help"
                       : cause == bt::Cause::smc    ? "; the guest changes its code"
                       : cause == bt::Cause::mode   ? "; the same code runs in many modes"
                       : cause == bt::Cause::flush  ? "; the memory map or the page tables change"
                                                    : "; it ends when the guest has run all of its code";
    return fmt::format("{} translations, most of them \"{}\"{}", ledger.level(bt::Level::translate),
                       bt::cause_facts[static_cast<std::size_t>(cause)].name, help);
}

std::string about_interpreting(const bt::Ledger& ledger) {
    const u64 outside = ledger.level(bt::Level::hash) + ledger.level(bt::Level::resume);
    const u64 interpreted = ledger.level(bt::Level::interp);
    if (interpreted >= outside)
        return fmt::format("{} blocks that are not hot, or change too often, were interpreted", interpreted);
    return fmt::format("translated code was left {} times, for events and instructions done outside", outside);
}

} // namespace

MachineStatistics statistics_since(const MachineStatistics& then, const MachineStatistics& now) {
    MachineStatistics passed = now;
    for (u64 MachineStatistics::*sum :
         {&MachineStatistics::retired, &MachineStatistics::virtual_ns, &MachineStatistics::executing_ns,
          &MachineStatistics::executed, &MachineStatistics::disk_uses, &MachineStatistics::network_frames,
          &MachineStatistics::devices_ns, &MachineStatistics::idle_ns})
        passed.*sum -= std::min(passed.*sum, then.*sum); // a restored snapshot sets some of them back
    if (!passed.ledger || !then.ledger) return passed;
    bt::Ledger& ledger = *passed.ledger;
    const auto subtract = [](u64& from, u64 what) { from -= std::min(from, what); };
    for (u64 bt::Ledger::*sum :
         {&bt::Ledger::entries, &bt::Ledger::cached, &bt::Ledger::evictions, &bt::Ledger::translated_instructions,
          &bt::Ledger::translated_bytes, &bt::Ledger::emitted_bytes, &bt::Ledger::revived, &bt::Ledger::ticks_cached,
          &bt::Ledger::ticks_translating, &bt::Ledger::ticks_total})
        subtract(ledger.*sum, (*then.ledger).*sum);
    for (std::size_t i = 0; i < ledger.levels.size(); ++i) subtract(ledger.levels[i], then.ledger->levels[i]);
    for (std::size_t i = 0; i < ledger.causes.size(); ++i) subtract(ledger.causes[i], then.ledger->causes[i]);
    return passed;
}

TimeShares time_shares(const MachineStatistics& s) {
    TimeShares shares;
    const u64 whole = s.executing_ns + s.devices_ns + s.idle_ns;
    const double executing = 100 * ratio(s.executing_ns, whole);
    shares.devices = 100 * ratio(s.devices_ns, whole);
    shares.idle = 100 * ratio(s.idle_ns, whole);
    if (s.ledger) {
        shares.cached = executing * ratio(s.ledger->ticks_cached, s.ledger->ticks_total);
        shares.translating = executing * ratio(s.ledger->ticks_translating, s.ledger->ticks_total);
    }
    shares.interpreting = executing - shares.cached - shares.translating;
    return shares;
}

u64 cached_ns(const MachineStatistics& s) {
    if (!s.ledger) return 0;
    return static_cast<u64>(static_cast<double>(s.executing_ns) * ratio(s.ledger->ticks_cached, s.ledger->ticks_total));
}

double translations_per_second(const MachineStatistics& s) {
    if (!s.ledger) return 0;
    const double seconds =
        ratio(s.ledger->ticks_translating, s.ledger->ticks_total) * static_cast<double>(s.executing_ns) / 1e9;
    return seconds == 0 ? 0 : static_cast<double>(s.ledger->level(bt::Level::translate)) / seconds;
}

std::string speed_doctor(const MachineStatistics& s) {
    const TimeShares shares = time_shares(s);
    const double most = std::max({shares.translating, shares.interpreting, shares.devices, shares.idle});
    if (shares.idle == most && most > shares.cached) return fmt::format("{:.0f}% idle: the guest waits", most);
    if (shares.cached >= 95) return fmt::format("{:.0f}% in translated code: nothing stands out", shares.cached);
    if (shares.devices == most) return fmt::format("{:.0f}% in devices", most);
    if (!s.ledger) return fmt::format("{:.0f}% interpreting: there is no translator (--engine bt)", most);
    if (shares.translating == most) return fmt::format("{:.0f}% translating: {}", most, about_translating(*s.ledger));
    return fmt::format("{:.0f}% interpreting: {}", most, about_interpreting(*s.ledger));
}

} // namespace ringshift
