#include "frontend/bench_cache.h"

#include "base/log.h"
#include "frontend/boot_files.h"
#include "frontend/script.h"
#include "frontend/statistics.h"
#include "machine/machine.h"

#include <algorithm>
#include <cmath>
#include <cpuid.h>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace ringshift {

namespace {

using Columns = std::vector<std::pair<std::string, std::string>>;

struct Setting {
    u64 size; ///< bytes
    std::string policy;
    bool link;
};

struct Point { ///< of the plot
    Setting setting;
    u64 translations;
};

std::string host_model() {
    std::array<unsigned, 12> words{};
    for (unsigned i = 0; i < 3; ++i) {
        unsigned* w = &words[4 * i];
        if (__get_cpuid(0x80000002 + i, &w[0], &w[1], &w[2], &w[3]) == 0) return "unknown";
    }
    char name[sizeof words + 1] = {};
    std::memcpy(name, words.data(), sizeof words);
    const std::string text = name;
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string::npos) return "unknown";
    return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::string field(const std::string& text) {
    if (text.find_first_of(",\"\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
}

void expect(Options& o, std::string text) { o.script.push_back({ScriptStep::Kind::expect, std::move(text), {}}); }

void send(Options& o, std::string text) { o.script.push_back({ScriptStep::Kind::send, std::move(text), {}}); }

/// The tour's commands that do some work.
void script_tour(Options& o) {
    for (const char* command : {"bench\r", "selfmod\r", "rings\r", "fault div\r", "fault page\r"}) {
        expect(o, "tour> ");
        send(o, command);
    }
    expect(o, "tour> ");
}

Result<> script_linux(Options& o) {
    const std::string folder = "guests/cache/linux-mini/";
    o.kernel = folder + "vmlinuz-686-pae";
    o.initrd = folder + "initrd-686-pae.gz";
    if (std::ifstream kernel(o.kernel), initrd(o.initrd); !kernel || !initrd)
        return make_error("{} is not there: guests/linux-mini/build.sh makes it; start from the project's folder",
                          o.kernel);
    o.append = "console=ttyS0 cryptomgr.notests";
    o.machine.memory_size = u64{128} << 20;
    expect(o, "mini#");
    return Unit{};
}

/// Fresh options of the workload's machine.
Result<Options> workload(const Options& asked) {
    Options o;
    o.machine = asked.machine;
    o.machine.engine = "bt";
    o.machine.deterministic = true;
    o.machine.translator.instrument = true;
    o.keep_images = true;
    const std::string& name = asked.bench.workload;
    if (name == "tour")
        script_tour(o);
    else if (name == "linux-mini")
        TRY(script_linux(o));
    else
        o.files.push_back(name);
    TRY(choose_boot(o));
    return o;
}

/// Runs until the script is done, the guest ends, or it has run so many instructions (looked at every 20 ms of virtual
/// time, so always at the same one).
Result<MachineStatistics> measure(const Options& o, u64 instructions) {
    Script script(o.script);
    std::unique_ptr<Machine> machine;
    MachineHost host;
    host.serial_output = [&](unsigned port, u8 byte) {
        if (port == 0) script.serial_output(byte);
    };
    host.tick = [&] {
        script.advance(*machine);
        if (script.satisfied() || machine->statistics().retired >= instructions) machine->stop();
    };
    machine = TRY(Machine::create(o.machine, std::move(host)));
    machine->run();
    const MachineStatistics s = machine->statistics();
    if (!s.ledger) return make_error("the cache cannot be measured: the translator does not run on this host");
    if (const std::string wrong = s.ledger->discrepancy(); !wrong.empty())
        return make_error("the translator's ledger does not add up: {}", wrong);
    return s;
}

Columns row_of(const Options& asked, const Setting& setting, const MachineStatistics& s) {
    const MachineConfig& m = asked.machine;
    Columns row{{"build", RINGSHIFT_VERSION},
                {"host", host_model()},
                {"workload", asked.bench.workload},
                {"cpu", m.cpu},
                {"limit", std::to_string(asked.bench.instructions)},
                {"hot", std::to_string(m.translator.hot_threshold)},
                {"block", std::to_string(m.translator.block_limit)}};
    for (const bt::Mechanism& mechanism : bt::mechanisms())
        if (mechanism.name != "link") row.emplace_back(mechanism.name, m.translator.*mechanism.flag ? "on" : "off");
    row.emplace_back("cache_size", std::to_string(setting.size));
    row.emplace_back("cache_policy", setting.policy);
    row.emplace_back("link", setting.link ? "on" : "off");
    row.emplace_back("instructions", std::to_string(s.retired));
    for (auto& column : ledger_columns(*s.ledger)) row.push_back(std::move(column));
    return row;
}

std::string line_of(const Columns& row, bool names) {
    std::string line;
    for (const auto& [name, value] : row) line += (line.empty() ? "" : ",") + field(names ? name : value);
    return line + "\n";
}

/// Translations by cache size, both logarithmic, one line for each policy; dashed without linking.
class Plot {
  public:
    explicit Plot(const std::vector<Point>& points) : m_points(points) {
        for (const Point& p : points) {
            m_left = std::min(m_left, std::log2(static_cast<double>(p.setting.size)));
            m_right = std::max(m_right, std::log2(static_cast<double>(p.setting.size)));
            m_top = std::max(m_top, std::ceil(std::log10(static_cast<double>(p.translations) + 1)));
        }
        if (m_right - m_left < 1) m_right = m_left + 1;
    }

    std::string draw(const std::string& title) const {
        std::string svg = fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" "
                                      "font-family=\"sans-serif\" font-size=\"12\">\n"
                                      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
                                      "<text x=\"{}\" y=\"24\" font-size=\"15\">{}</text>\n",
                                      width + 130, height, margin, title);
        for (double e = 0; e <= m_top; ++e)
            svg += fmt::format("<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"#ddd\"/>"
                               "<text x=\"{3}\" y=\"{2:.1f}\" text-anchor=\"end\">1e{4:.0f}</text>\n",
                               margin, width - margin, y(std::pow(10, e)), margin - 6, e);
        for (double e = std::ceil(m_left); e <= m_right; ++e)
            svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}K</text>\n", x(std::exp2(e)),
                               height - margin + 20, static_cast<u64>(std::exp2(e)) >> 10);
        svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">size of the code cache; "
                           "vertical: translations</text>\n",
                           width / 2, height - 10);
        std::vector<std::pair<std::string, bool>> lines;
        for (const Point& p : m_points)
            if (const std::pair line{p.setting.policy, p.setting.link};
                std::find(lines.begin(), lines.end(), line) == lines.end())
                lines.push_back(line);
        for (std::size_t i = 0; i < lines.size(); ++i) svg += draw_line(i, lines[i].first, lines[i].second);
        return svg + "</svg>\n";
    }

  private:
    static constexpr int width = 640, height = 420, margin = 60;

    double x(double size) const {
        return margin + (std::log2(size) - m_left) / (m_right - m_left) * (width - 2 * margin);
    }
    double y(double count) const { return height - margin - std::log10(count) / m_top * (height - 2 * margin); }

    std::string draw_line(std::size_t number, const std::string& policy, bool link) const {
        static constexpr std::array colours{"#1b6ca8", "#c0392b", "#27803b", "#8e44ad", "#b9770e", "#555555"};
        const char* colour = colours[number / 2 % colours.size()];
        const char* dash = link ? "" : " stroke-dasharray=\"5 4\"";
        std::string points;
        for (const Point& p : m_points)
            if (p.setting.policy == policy && p.setting.link == link)
                points += fmt::format("{:.1f},{:.1f} ", x(static_cast<double>(p.setting.size)),
                                      y(static_cast<double>(p.translations) + 1));
        const int legend = margin + 18 * static_cast<int>(number);
        return fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"{}/>\n"
                           "<text x=\"{}\" y=\"{}\" fill=\"{}\">{}{}</text>\n",
                           points, colour, dash, width - margin + 10, legend, colour, policy, link ? "" : ", no links");
    }

    const std::vector<Point>& m_points;
    double m_left = 40, m_right = 0, m_top = 1;
};

Result<> write(const std::string& path, const std::string& text) {
    std::ofstream file(path);
    file << text;
    if (!file.flush()) return make_error("cannot write {}", path);
    return Unit{};
}

} // namespace

Result<int> bench_cache(const Options& asked) {
    std::vector<Setting> settings;
    for (const std::string& policy : asked.bench.policies)
        for (const bool link : {true, false})
            for (const u64 size : asked.bench.sizes) settings.push_back({size, policy, link});
    std::string table;
    std::vector<Point> points;
    for (std::size_t i = 0; i < settings.size(); ++i) {
        const Setting& setting = settings[i];
        if (!asked.quiet)
            tell("{} of {}: {} KiB, {}, links {}", i + 1, settings.size(), setting.size >> 10, setting.policy,
                 setting.link ? "on" : "off");
        Options o = TRY(workload(asked));
        o.machine.translator.cache_size = setting.size;
        o.machine.translator.cache_policy = setting.policy;
        o.machine.translator.link = setting.link;
        const MachineStatistics s = TRY(measure(o, asked.bench.instructions));
        const Columns row = row_of(asked, setting, s);
        if (table.empty()) table = line_of(row, true);
        table += line_of(row, false);
        points.push_back({setting, s.ledger->level(bt::Level::translate)});
    }
    if (asked.bench.table.empty())
        std::fputs(table.c_str(), stdout);
    else
        TRY(write(asked.bench.table, table));
    if (!asked.bench.plot.empty())
        TRY(write(asked.bench.plot, Plot(points).draw("Translations of " + asked.bench.workload)));
    return exit_status::success;
}

} // namespace ringshift
