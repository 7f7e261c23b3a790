#include "frontend/sdl/window_memory.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace ringshift {

namespace {

using Fit = Scaling::Fit;
constexpr std::array<std::pair<Fit, const char*>, 3> names = {
    {{Fit::integer, "integer"}, {Fit::window, "fit"}, {Fit::aspect, "aspect"}}};
constexpr int smallest_size = 100, largest_size = 16384;

std::filesystem::path file_in(const std::string& folder) { return std::filesystem::path(folder) / "window.json"; }

} // namespace

WindowLook remembered_look(const std::string& folder) {
    WindowLook look;
    std::ifstream file(file_in(folder));
    const auto json = nlohmann::json::parse(file, nullptr, false);
    if (!json.is_object()) return look;
    const auto is = [&json](const char* name, auto check) { return json.contains(name) && check(json[name]); };
    const auto text = [](const nlohmann::json& value) { return value.is_string(); };
    const auto size = [](const nlohmann::json& value) {
        return value.is_number_integer() && value >= smallest_size && value <= largest_size;
    };
    if (is("scaling", text))
        for (const auto& [fit, name] : names)
            if (json["scaling"] == name) look.fit = fit;
    if (is("fullscreen", [](const nlohmann::json& value) { return value.is_boolean(); }))
        look.fullscreen = json["fullscreen"];
    if (is("width", size) && is("height", size)) {
        look.width = json["width"];
        look.height = json["height"];
    }
    return look;
}

void remember_look(const std::string& folder, const WindowLook& look) {
    std::error_code ignored;
    if (look == WindowLook{}) {
        std::filesystem::remove(file_in(folder), ignored);
        return;
    }
    std::filesystem::create_directories(folder, ignored);
    nlohmann::json json = {{"fullscreen", look.fullscreen}};
    for (const auto& [fit, name] : names)
        if (fit == look.fit) json["scaling"] = name;
    if (look.width > 0) json["width"] = look.width;
    if (look.height > 0) json["height"] = look.height;
    std::ofstream(file_in(folder)) << json.dump(2) << "\n";
}

} // namespace ringshift
