#include "frontend/manual.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace ringshift {

namespace {

/// As roff wants it: no dashes that become hyphens, no line that begins like a request.
std::string roff(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
            out += std::string("\\&") + c;
        else
            out += c;
    }
    return out;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
    return app.get_subcommands([](const CLI::App*) { return true; });
}

/// Those that do something; the options of `bench` are its commands'.
struct Command {
    std::string name; ///< "bench cache"
    const CLI::App* app;
};
std::vector<Command> leaves(const CLI::App& app, const std::string& prefix = {}) {
    std::vector<Command> list;
    for (const CLI::App* command : commands_of(app)) {
        const std::string name = prefix + command->get_name();
        if (commands_of(*command).empty())
            list.push_back({name, command});
        else
            for (const Command& inner : leaves(*command, name + " ")) list.push_back(inner);
    }
    return list;
}

std::string synopsis(const Command& command) {
    std::string line = fmt::format(".B ringshift {}\n[\\fIoptions\\fR]", command.name);
    for (const CLI::Option* option :
         command.app->get_options([](const CLI::Option* o) { return o->get_positional(); })) {
        const std::string name =
            option->get_name(true) + (option->get_type_name().empty() ? "" : " " + option->get_type_name());
        line +=
            option->get_required() ? fmt::format(" \\fI{}\\fR", roff(name)) : fmt::format(" [\\fI{}\\fR]", roff(name));
    }
    return line + "\n.br\n";
}

std::string options_of(const CLI::App& app) {
    std::string text;
    for (const CLI::Option* option : app.get_options([](const CLI::Option* o) { return !o->get_positional(); })) {
        if (option->get_name().starts_with("--help")) continue;
        text += fmt::format(".TP\n.B {}", roff(option->get_name()));
        if (option->get_expected_max() != 0) text += fmt::format(" \\fI{}\\fR", roff(option->get_type_name()));
        text += "\n" + roff(option->get_description()) + "\n";
    }
    return text;
}

std::string words_of(const CLI::App& app) {
    std::string words;
    for (const CLI::App* command : commands_of(app)) words += command->get_name() + " ";
    for (const CLI::Option* option : app.get_options([](const CLI::Option* o) { return !o->get_positional(); }))
        words += option->get_name() + " ";
    return words;
}

} // namespace

std::string manual_page(const CLI::App& app) {
    std::string text = ".TH RINGSHIFT 1 \"\" \"Ringshift " RINGSHIFT_VERSION "\" \"User Commands\"\n"
                       ".SH NAME\nringshift \\- a virtual PC that needs no hardware virtualization and no privileges\n"
                       ".SH SYNOPSIS\n";
    const std::vector<Command> commands = leaves(app);
    for (const Command& command : commands) text += synopsis(command);
    text += ".SH DESCRIPTION\nRingshift runs unmodified operating systems for x86 PCs in user space, by translating "
            "their machine "
            "code.\n.B ringshift run\n.I FILE\nrecognises what the file is: a disk, CD or floppy image, a kernel or a "
            "boot sector.\n"
            "In its window, Ctrl+Alt+H shows the keys that are the window's own.\n";
    for (const Command& command : commands) {
        text += fmt::format(".SH \"RINGSHIFT {}\"\n{}\n", roff(command.name), roff(command.app->get_description()));
        text += options_of(*command.app);
        if (command.name == "ctl") text += ".PP\n.nf\n" + roff(command.app->get_footer()) + "\n.fi\n";
    }
    text += ".SH \"EXIT STATUS\"\n.nf\n" + roff(app.get_footer()) + "\n.fi\n";
    text += ".SH FILES\n.TP\n.I $XDG_DATA_HOME/ringshift/snapshots\nsnapshots of running machines, a folder for each "
            "set of media\n"
            ".TP\n.I /usr/share/seabios\nthe firmware\n";
    return text + ".SH \"SEE ALSO\"\n.BR qemu (1),\n.BR bochs (1),\n.BR xorriso (1)\n";
}

/// The longest command whose words have been typed gives the options; everything else is a file.
std::string shell_completion(const CLI::App& app) {
    std::string text =
        "# bash completion for ringshift\n_ringshift() {\n    local word=${COMP_WORDS[COMP_CWORD]} words\n"
        "    COMPREPLY=()\n    case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n";
    const auto row = [&text](const std::string& pattern, const CLI::App& command) {
        text += fmt::format("    {}) words=\"{}\" ;;\n", pattern, words_of(command));
    };
    for (const Command& command : leaves(app)) {
        const bool two_words = command.name.find(' ') != std::string::npos;
        row(two_words ? fmt::format("\"{}\"", command.name) : fmt::format("\"{} \"*", command.name), *command.app);
    }
    for (const CLI::App* command : commands_of(app))
        if (!commands_of(*command).empty()) row(fmt::format("\"{} \"*", command->get_name()), *command);
    row("*", app);
    return text +
           "    esac\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then words=\"" +
           words_of(app) +
           "\"; fi\n"
           "    if [[ $COMP_CWORD -eq 1 || $word == -* || ${COMP_WORDS[1]} == bench ]]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
           "    fi\n}\ncomplete -o default -o bashdefault -F _ringshift ringshift\n";
}

} // namespace ringshift
