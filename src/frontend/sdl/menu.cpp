#include "frontend/sdl/menu.h"

#include "machine/speed.h"

#include <imgui.h>

#include <algorithm>
#include <array>

namespace ringshift {

namespace {

constexpr const char* menu_id = "menu";
constexpr std::size_t longest_path = 1024;

std::string drive_name(const DriveLook& drive) {
    return fmt::format("{} {}", drive.kind == Machine::Drive::cdrom ? "CD-ROM" : "Floppy", drive.number + 1);
}

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

} // namespace

void Menu::open(std::vector<std::string> snapshots) {
    m_snapshots = std::move(snapshots);
    m_opening = true;
    m_drive.reset();
}

void Menu::close() {
    m_opening = m_open = false;
    m_drive.reset();
}

// ---- The entries ---------------------------------------------------------------------------------------------------

void Menu::entry(const char* name, const char* shortcut, SDL_Scancode key) {
    if (ImGui::MenuItem(name, fmt::format("Ctrl+Alt+{}", shortcut).c_str())) m_actions.hotkey(key);
}

void Menu::draw_media(const Look& look) {
    for (const DriveLook& drive : look.drives) {
        const std::string name = drive_name(drive);
        ImGui::TextDisabled("%s: %s", name.c_str(), drive.path.empty() ? "empty" : file_name(drive.path).c_str());
        ImGui::PushID(static_cast<int>(drive.number) + (drive.kind == Machine::Drive::cdrom ? 0 : 100));
        if (ImGui::MenuItem("Insert a file...")) {
            m_drive = drive;
            m_path.assign(longest_path, 0);
        }
        if (ImGui::MenuItem(drive.locked ? "Eject (locked by the guest)" : "Eject", nullptr, false,
                            !drive.path.empty()))
            m_actions.change_medium(drive.kind, drive.number, "");
        ImGui::PopID();
        ImGui::Separator();
    }
    ImGui::TextDisabled("Files dropped on the window are a CD");
}

/// Of the slots to go back to, only those that are used: across entries that cannot be chosen the arrow keys do not
/// lead.
void Menu::draw_slots(bool save) {
    bool any = save;
    for (int n = 0; n < 10; ++n) {
        const std::string name = fmt::format("slot-{}", n);
        const bool there = std::find(m_snapshots.begin(), m_snapshots.end(), name) != m_snapshots.end();
        if (!save && !there) continue;
        any = true;
        const std::string label = fmt::format("{}{}", n, there ? "" : " (empty)");
        const std::string shortcut = fmt::format("Ctrl+Alt+{}{}", save ? "Shift+" : "", n);
        if (ImGui::MenuItem(label.c_str(), shortcut.c_str())) m_actions.slot(n, save);
    }
    if (!any) ImGui::TextDisabled("All slots are empty");
}

void Menu::draw_snapshots() {
    for (const bool save : {true, false}) {
        if (!ImGui::BeginMenu(save ? "Save in slot" : "Go back to slot")) continue;
        draw_slots(save);
        ImGui::EndMenu();
    }
    ImGui::Separator();
    if (m_snapshots.empty()) ImGui::TextDisabled("No snapshots yet");
    for (const std::string& name : m_snapshots)
        if (!name.starts_with("slot-") && ImGui::MenuItem(("Go back to " + name).c_str())) m_actions.load(name);
}

void Menu::draw_keys() {
    entry("Ctrl+Alt+Del", "End", SDL_SCANCODE_END);
    const auto chord = [this](const std::string& name, const Chord& keys) {
        if (ImGui::MenuItem(name.c_str())) m_actions.press(keys);
    };
    chord("Ctrl+Alt+Backspace", {Key::left_control, Key::left_alt, Key::backspace});
    chord("Ctrl+Esc", {Key::left_control, Key::escape});
    chord("Alt+Tab", {Key::left_alt, Key::tab});
    chord("Alt+F4", {Key::left_alt, static_cast<Key>(static_cast<u8>(Key::f1) + 3)});
    chord("Print Screen", {Key::print_screen});
    chord("Pause", {Key::pause});
    for (u8 n = 0; n < 8; ++n)
        chord(fmt::format("Ctrl+Alt+F{}", n + 1),
              {Key::left_control, Key::left_alt, static_cast<Key>(static_cast<u8>(Key::f1) + n)});
    ImGui::Separator();
    entry("Type the clipboard", "V", SDL_SCANCODE_V);
    entry("Copy the text screen", "C", SDL_SCANCODE_C);
}

void Menu::draw_speed(const Look& look) {
    const auto limit = [&](const std::string& name, SpeedLimit wanted) {
        const bool now = look.speed_limit.percent == wanted.percent && look.speed_limit.mips == wanted.mips;
        if (ImGui::MenuItem(name.c_str(), nullptr, now)) m_actions.limit_speed(wanted);
    };
    for (const u32 percent : {100u, 75u, 50u, 25u, 10u, 5u, 2u, 1u})
        limit(percent == 100 ? "No limit" : fmt::format("{}% of the time", percent), {percent, 0});
    ImGui::Separator();
    for (const u32 mips : {1u, 5u, 20u, 60u, 200u}) limit(fmt::format("{} million instructions/s", mips), {100, mips});
}

void Menu::draw_view() {
    entry("Full screen", "F", SDL_SCANCODE_F);
    entry("Scaling", "Z", SDL_SCANCODE_Z);
    if (ImGui::MenuItem("Engine's numbers", "Ctrl+Alt+N", m_numbers)) m_actions.hotkey(SDL_SCANCODE_N);
    entry("Screenshot", "S", SDL_SCANCODE_S);
}

void Menu::draw_entries(const Look& look) {
    entry(look.paused ? "Run on" : "Pause", "P", SDL_SCANCODE_P);
    entry("Reset", "R", SDL_SCANCODE_R);
    entry("Power button", "O", SDL_SCANCODE_O);
    ImGui::Separator();
    const auto sub_menu = [](const char* name, const auto& draw_it) {
        if (!ImGui::BeginMenu(name)) return;
        draw_it();
        ImGui::EndMenu();
    };
    sub_menu("Media", [&] { draw_media(look); });
    sub_menu("Snapshots", [&] { draw_snapshots(); });
    sub_menu("Keys", [&] { draw_keys(); });
    sub_menu("Speed", [&] { draw_speed(look); });
    sub_menu("View", [&] { draw_view(); });
    ImGui::Separator();
    if (look.has_network && ImGui::MenuItem("Network cable", nullptr, look.connected))
        m_actions.set_cable(!look.connected);
    entry("Capture the mouse", "G", SDL_SCANCODE_G);
    ImGui::Separator();
    if (ImGui::MenuItem("Quit")) m_actions.quit();
}

// ---- Drawing -------------------------------------------------------------------------------------------------------

void Menu::draw(const Look& look, int width, int height, int bar) {
    if (std::exchange(m_opening, false)) ImGui::OpenPopup(menu_id);
    ImGui::SetNextWindowPos(ImVec2(2, static_cast<float>(height - bar)), ImGuiCond_Always, ImVec2(0, 1));
    m_open = ImGui::BeginPopup(menu_id, ImGuiWindowFlags_NoMove);
    if (m_open) {
        draw_entries(look);
        ImGui::EndPopup();
    }
    if (m_drive) draw_dialogue(width, height);
    if (m_numbers) draw_numbers(width);
}

void Menu::draw_dialogue(int width, int height) {
    ImGui::SetNextWindowPos(ImVec2(static_cast<float>(width) / 2, static_cast<float>(height) / 2), ImGuiCond_Always,
                            ImVec2(0.5f, 0.5f));
    ImGui::Begin("Insert", nullptr,
                 ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_AlwaysAutoResize |
                     ImGuiWindowFlags_NoTitleBar);
    ImGui::Text("%s: file of the host", drive_name(*m_drive).c_str());
    if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
    ImGui::SetNextItemWidth(static_cast<float>(width) * 0.7f);
    const bool entered = ImGui::InputText("##path", m_path.data(), m_path.size(), ImGuiInputTextFlags_EnterReturnsTrue);
    const bool accepted = ImGui::Button("Insert") || entered;
    ImGui::SameLine();
    const bool refused = ImGui::Button("Cancel") || ImGui::IsKeyPressed(SDL_SCANCODE_ESCAPE);
    ImGui::End();
    const std::string path = m_path.data();
    if (accepted && !path.empty()) m_actions.change_medium(m_drive->kind, m_drive->number, path);
    if (accepted || refused) m_drive.reset();
}

// ---- The engine's numbers ------------------------------------------------------------------------------------------

bool Menu::update_numbers(const Look& look, u64 now_ns) {
    constexpr u64 period_ns = 500'000'000;
    if (!m_numbers || now_ns - m_last_ns < period_ns) return false;
    const double seconds = static_cast<double>(now_ns - m_last_ns) / 1e9;
    const MachineStatistics& now = look.statistics;
    const MachineStatistics passed = statistics_since(m_last, now);
    m_last = now;
    m_last_ns = now_ns;
    const TimeShares shares = time_shares(passed);
    const auto a_second = [seconds](u64 count) { return static_cast<double>(count) / seconds; };
    m_lines = {fmt::format("{:7.1f} million instructions/s", passed.mips()),
               fmt::format("{:6.1f}% translated code", shares.cached),
               fmt::format("{:6.1f}% translating", shares.translating),
               fmt::format("{:6.1f}% interpreting", shares.interpreting),
               fmt::format("{:6.1f}% devices", shares.devices),
               fmt::format("{:6.1f}% idle", shares.idle)};
    if (passed.ledger) {
        const bt::Ledger& l = *passed.ledger;
        m_lines.push_back(fmt::format("{:7.0f} translations/s", a_second(l.level(bt::Level::translate))));
        m_lines.push_back(fmt::format("{:7.0f} evictions/s", a_second(l.evictions)));
        m_lines.push_back(fmt::format("{:7.0f} KiB translated to {:.0f} KiB",
                                      static_cast<double>(now.ledger->translated_bytes) / 1024,
                                      static_cast<double>(now.ledger->emitted_bytes) / 1024));
    }
    m_lines.push_back(fmt::format("{:7.0f} disk accesses/s", a_second(passed.disk_uses)));
    m_lines.push_back(fmt::format("{:7.0f} network frames/s", a_second(passed.network_frames)));
    return true;
}

void Menu::draw_numbers(int width) const {
    ImGui::SetNextWindowPos(ImVec2(static_cast<float>(width) - 6, 6), ImGuiCond_Always, ImVec2(1, 0));
    ImGui::SetNextWindowBgAlpha(0.75f);
    ImGui::Begin("numbers", nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoInputs | ImGuiWindowFlags_AlwaysAutoResize |
                     ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoFocusOnAppearing);
    for (const std::string& line : m_lines) ImGui::TextUnformatted(line.c_str());
    ImGui::End();
}

} // namespace ringshift
