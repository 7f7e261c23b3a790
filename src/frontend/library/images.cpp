#include "frontend/library/images.h"

#include "frontend/child_process.h"
#include "frontend/disk_commands.h"
#include "frontend/library/library.h"

#include <CLI/CLI.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>

namespace ringshift {

namespace fs = std::filesystem;

namespace {

struct Recipe {
    const char* name;
    const char* what;
    const char* script; ///< in guests/; its first argument is the folder of the result
    const char* only;   ///< its second argument, if any
    const char* file;   ///< what it leaves there
    const char* os;
    const char* space;
    const char* time; ///< on a line of about 20 Mbit/s
};

constexpr Recipe recipes[] = {
    {"linux-mini", "Linux 6.1 with a busybox shell, on a disk", "linux-mini/build.sh", nullptr, "disk.img", "linux",
     "80 MiB", "1 min"},
    {"debian", "Debian 12 with systemd, network, sshd and a login, on a disk", "debian/build.sh", nullptr, "disk.img",
     "linux", "600 MiB", "5 min"},
    {"debian-installer", "the network installer of Debian 12, on a CD", "debian-installer/build.sh", nullptr,
     "installer.iso", "linux", "50 MiB", "1 min"},
    {"memtest86+", "the memory tester, on a CD", "fetch-debian.sh", "memtest86+.iso", "memtest86+.iso", "other",
     "10 MiB", "1 min"},
};

Result<const Recipe*> recipe_of(const std::string& name) {
    std::string names;
    for (const Recipe& recipe : recipes) {
        if (name == recipe.name) return &recipe;
        names += (names.empty() ? "" : ", ") + std::string(recipe.name);
    }
    return make_error("there is no image \"{}\"; there are: {}", name, names);
}

/// Beside the installed program, or in the tree that it was built from.
Result<fs::path> script_folder() {
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    for (const fs::path& folder :
         {program.parent_path().parent_path() / "share/ringshift/guests", fs::path(RINGSHIFT_GUESTS)})
        if (fs::exists(folder / "debian-packages.sh", error)) return folder;
    return make_error(
        "the scripts that build images are not there; they come with the package, in share/ringshift/guests");
}

/// One line that is written over on a terminal, and a line for each stage elsewhere.
class StageBar {
  public:
    explicit StageBar(std::string name) : m_name(std::move(name)), m_terminal(::isatty(STDERR_FILENO) != 0) {}

    void stage(unsigned percent, const std::string& text) {
        m_percent = std::min(percent, 100U);
        m_text = text;
        if (m_terminal)
            draw();
        else
            std::fputs(fmt::format("{}: {:3}% {}\n", m_name, m_percent, m_text).c_str(), stderr);
    }
    /// Shows that time passes.
    void draw() const {
        if (!m_terminal) return;
        constexpr unsigned width = 30;
        const auto seconds =
            std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - m_start).count();
        const unsigned filled = width * m_percent / 100;
        std::fputs(fmt::format("\r\033[K[{}{}] {:3}% {}:{:02} {}", std::string(filled, '#'),
                               std::string(width - filled, '.'), m_percent, seconds / 60, seconds % 60, m_text)
                       .c_str(),
                   stderr);
    }
    void end() const {
        if (m_terminal) std::fputs("\n", stderr);
    }

  private:
    std::string m_name;
    bool m_terminal;
    unsigned m_percent = 0;
    std::string m_text;
    std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
};

/// "progress: 40 text" is a stage of the bar; all else is the script's own talk.
void take_line(const std::string& line, StageBar& bar) {
    constexpr std::string_view mark = "progress: ";
    if (line.compare(0, mark.size(), mark) != 0) return;
    char* end = nullptr;
    const auto percent = std::strtoul(line.c_str() + mark.size(), &end, 10);
    bar.stage(static_cast<unsigned>(std::min(percent, 100UL)), *end == ' ' ? end + 1 : end);
}

/// Reads what the script prints until it closes its output.
void follow(int fd, StageBar& bar) {
    std::string text;
    char chunk[4096];
    for (;;) {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(fd, &set);
        timeval second{1, 0};
        const int ready = ::select(fd + 1, &set, nullptr, nullptr, &second);
        if (ready < 0 && errno != EINTR) return;
        bar.draw();
        if (ready <= 0) continue;
        const ssize_t got = ::read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return;
        text.append(chunk, static_cast<std::size_t>(got));
        for (std::size_t end; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1))
            take_line(text.substr(0, end), bar);
    }
}

/// The exit status of the script; what it says on standard error goes to `log`.
Result<int> run_script(const std::vector<std::string>& words, const fs::path& log, StageBar& bar) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return errno_error(errno, "pipe");
    const auto start = [&]() -> Result<ChildProcess> {
        const int errors = TRY(open_program_log(log.string()));
        auto child = ChildProcess::start(words, ends[1], errors);
        ::close(errors);
        return child;
    };
    auto child = start();
    ::close(ends[1]);
    if (child.ok()) follow(ends[0], bar);
    ::close(ends[0]);
    return TRY(std::move(child)).wait();
}

std::string last_line(const fs::path& file) {
    std::ifstream stream(file);
    std::string line, last;
    while (std::getline(stream, line))
        if (!line.empty()) last = line;
    return last;
}

Result<fs::path> image_folder(const std::string& name) { return TRY(Library::open()).folder() / "images" / name; }

Result<int> build(const std::string& name) {
    const Recipe& recipe = *TRY(recipe_of(name));
    const fs::path script = TRY(script_folder()) / recipe.script;
    const fs::path folder = TRY(image_folder(name));
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return errno_error(error.value(), fmt::format("cannot make the folder {}", folder.string()));
    const fs::path log = folder / "build.log";
    std::vector<std::string> words = {"/bin/sh", script.string(), folder.string()};
    if (recipe.only != nullptr) words.emplace_back(recipe.only);
    StageBar bar(name);
    bar.stage(0, fmt::format("starting; about {} and {}", recipe.time, recipe.space));
    const int status = TRY(run_script(words, log, bar));
    const fs::path file = folder / recipe.file;
    if (status == 0 && fs::exists(file, error)) {
        bar.stage(100, "done");
        bar.end();
        fs::remove(log, error);
        std::puts(fmt::format("{0}\nRun it, and throw away what it writes: ringshift run {0} --snapshot\n"
                              "Make a machine of it: ringshift create NAME --image {1}",
                              file.string(), name)
                      .c_str());
        return exit_status::success;
    }
    bar.end();
    return make_error("{} could not be built: {}\nAll that was said is in {}", name, last_line(log), log.string());
}

Result<int> list() {
    const auto row = [](std::string_view name, std::string_view space, std::string_view time, std::string_view state,
                        std::string_view what) {
        std::puts(fmt::format("{:<18}{:>9}  {:<7}{:<11}{}", name, space, time, state, what).c_str());
    };
    row("NAME", "SPACE", "TIME", "STATE", "WHAT");
    for (const Recipe& recipe : recipes) {
        const fs::path file = TRY(image_folder(recipe.name)) / recipe.file;
        struct stat status {};
        const bool built = ::stat(file.c_str(), &status) == 0;
        row(recipe.name, built ? readable_size(static_cast<u64>(status.st_blocks) * 512) : recipe.space,
            built ? "" : recipe.time, built ? "built" : "not built", recipe.what);
    }
    return exit_status::success;
}

} // namespace

Result<BuiltImage> built_image(const std::string& name) {
    const Recipe& recipe = *TRY(recipe_of(name));
    BuiltImage image{TRY(image_folder(name)) / recipe.file, fs::path(recipe.file).extension() == ".img", recipe.os};
    std::error_code error;
    if (!fs::exists(image.file, error)) return make_error("{0} is not built yet: ringshift images build {0}", name);
    return image;
}

void add_image_commands(CLI::App& app, Options& options) {
    CLI::App* images = app.add_subcommand("images", "systems to begin with, built here of Debian's packages");
    images->require_subcommand(1);
    images->add_subcommand("list", "what there is to build, its size and how long it takes")->callback([&options] {
        options.action = list;
    });
    const auto name = std::make_shared<std::string>();
    CLI::App* sub = images->add_subcommand("build", "build an image; nothing is done if it is there and up to date");
    sub->add_option("NAME", *name, "see: ringshift images list")->type_name("")->required();
    sub->callback([&options, name] { options.action = [name] { return build(*name); }; });
}

} // namespace ringshift
