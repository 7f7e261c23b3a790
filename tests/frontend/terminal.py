#!/usr/bin/env python3
"""The terminal front end in tmux: screen, colours, keys, sizes, menu, and the terminal as it was afterwards."""
import os
import pathlib
import subprocess
import sys

from support import RINGSHIFT, assemble, check, need, scratch, wait_for


class Tmux:
    """A terminal of its own, in which a shell script runs ringshift and then says how it ended."""

    def __init__(self, folder, number, arguments, columns=90, rows=30):
        self.folder = pathlib.Path(folder)
        self.socket = str(self.folder / ("tmux%d" % number))
        self.name = "after%d" % number
        script = self.folder / ("script%d" % number)
        script.write_text("#!/bin/bash\nstty -a > before%d\nbash -c 'echo $$ > pid%d; exec %s'\n" % (number, number, arguments)
                          + "echo ended with $? > status%d\nstty -a > after%d\nexec cat\n" % (number, number))
        script.chmod(0o755)
        self.number = number
        self.run("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), str(script))

    def run(self, *arguments):
        environment = dict(os.environ, LANG="C.UTF-8", LC_ALL="C.UTF-8")
        return subprocess.run(["tmux", "-u", "-S", self.socket, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              cwd=self.folder, env=environment).stdout.decode()

    def screen(self, *arguments):
        return self.run("capture-pane", "-p", *arguments)

    def keys(self, *keys):
        self.run("send-keys", *keys)

    def wait_for(self, text):
        wait_for(lambda: text + " on the screen, which shows:\n" + self.screen(), lambda: text in self.screen())

    def process(self):
        return int((self.folder / ("pid%d" % self.number)).read_text())

    def ended_with(self):
        file = self.folder / ("after%d" % self.number)
        wait_for("the end", lambda: file.exists() and file.stat().st_size > 0)
        settings = [(self.folder / (name + str(self.number))).read_text().split("line =", 1)[1] for name in ("before", "after")]
        check(settings[0] == settings[1], "the terminal's settings are as before")
        alternate, cursor = self.run("display-message", "-p", "#{alternate_on} #{cursor_flag}").split()
        check(alternate == "0" and cursor == "1", "the terminal shows its main screen and the cursor")
        return (self.folder / ("status%d" % self.number)).read_text().split()[-1]

    def close(self):
        self.run("kill-server")


def check_screen_and_keys(terminal):
    terminal.wait_for("READY")
    coloured = terminal.screen("-e").split("\n")[0]
    check("\u263b" in coloured and "44m" in coloured, "code page 437 and colours: " + repr(coloured))
    terminal.wait_for("Ctrl+] menu")
    check("  bt: " in terminal.screen(), "the status line names the engine: " + terminal.screen())
    terminal.keys("-l", "Hi, A{x}~5")
    terminal.wait_for("Hi, A{x}~5")
    terminal.keys("C-c", "Up", "F1", "M-x", "F12")
    terminal.wait_for("\u2665<48><3B><2D><86>")
    terminal.keys("C-]", "]")
    terminal.wait_for("<86>\u2194")


def check_sizes(terminal):
    terminal.run("resize-window", "-x", "60", "-y", "12")
    terminal.wait_for("60x11 of 80x25 shown")
    check("READY" in terminal.screen() and "\u263b" not in terminal.screen(), "the part with the cursor")
    terminal.keys("C-]", "Right")
    wait_for("the right edge", lambda: "\u263b" in terminal.screen())
    terminal.run("resize-window", "-x", "100", "-y", "25")
    wait_for("no status line where the screen needs all lines", lambda: "menu" not in terminal.screen())
    terminal.run("resize-window", "-x", "90", "-y", "30")
    terminal.wait_for("menu")


def check_menu(terminal):
    terminal.keys("C-]", "p")
    terminal.wait_for("paused")
    terminal.keys("C-]", "p")
    wait_for("the guest runs on", lambda: "paused" not in terminal.screen())
    terminal.keys("C-]", "s")
    terminal.wait_for("screenshot: ringshift-1.png")
    wait_for("the file", lambda: (terminal.folder / "ringshift-1.png").exists())
    terminal.keys("Escape")
    terminal.wait_for("graphics 640x400")
    wait_for("half blocks", lambda: terminal.screen().count("\u2580") > 500)
    terminal.keys("C-]", "r")
    terminal.wait_for("READY")
    terminal.keys("C-]", "q")
    check(terminal.ended_with() == "0", "leaving by the menu")


def check_signals(folder, guest):
    for number, (name, status) in enumerate((("TERM", "143"), ("SEGV", "139"), ("ABRT", "134")), 2):
        terminal = Tmux(folder, number, "%s run %s --display terminal" % (RINGSHIFT, guest), 80, 24)
        try:
            terminal.wait_for("READY")
            subprocess.run(["kill", "-" + name, str(terminal.process())], check=True)
            check(terminal.ended_with() == status, "the status of SIG" + name)
        finally:
            terminal.close()


def check_refusals(guest):
    for arguments, text in ((["--display", "terminal"], "no terminal"),
                            (["--display", "terminal", "--serial", "stdio"], "--serial pty")):
        result = subprocess.run([RINGSHIFT, "run", guest, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, timeout=60)
        check(result.returncode == 2 and text in result.stderr.decode(), "refused: " + result.stderr.decode())


def main():
    need("nasm", "tmux", "stty")
    with scratch() as folder:
        guest = assemble(folder, "echo")
        check_refusals(guest)
        terminal = Tmux(folder, 1, "%s run %s --display terminal" % (RINGSHIFT, guest))
        try:
            check_screen_and_keys(terminal)
            check_sizes(terminal)
            check_menu(terminal)
        finally:
            terminal.close()
        check_signals(folder, guest)


main()
