"""linux-mini in a window under Xvfb, for tests of what its user does there."""
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "frontend"))
import support
from screen import Window
from support import RINGSHIFT, need, skip, wait_for

CACHE = Path(__file__).resolve().parents[2] / "guests" / "cache" / "linux-mini"
KERNEL = [CACHE / "vmlinuz-686-pae", CACHE / "initrd-686-pae.gz"]
support.PATIENCE = 90
# Of the menu, from its top.
PAUSE, RESET, POWER, MEDIA, SNAPSHOTS, KEYS, SPEED, VIEW, CABLE = range(9)


def need_guest(*programs):
    if not all(image.exists() for image in KERNEL):
        skip(f"{KERNEL[0]} is missing: guests/README.md says how to make it")
    need("Xvfb", "xdotool", "import", "xorriso", *programs)


class Guest:
    """A shell on its serial port, one on its screen."""

    def __init__(self, display, folder, *arguments):
        self.control = str(folder / "control")
        self.text, self.commands = "", 0
        self.window = Window(display, folder, "--kernel", KERNEL[0], "--initrd", KERNEL[1], "--memory-size", "128M", "--append",
                             "console=tty0 console=ttyS0 cryptomgr.notests mini.net", "--quiet", "--serial", "stdio", "--timeout", "900",
                             "--snapshots", folder / "states", "--control", self.control, "--scale", "1", *arguments,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        threading.Thread(target=self.read, daemon=True).start()
        wait_for(lambda: "the shells: " + self.text[-500:], lambda: self.text.count("mini# ") > 0)

    def read(self):
        while data := self.window.process.stdout.read1(4096):
            self.text += data.decode(errors="replace").replace("\r", "")

    def shell(self, command):
        """What it prints."""
        self.commands += 1
        mark, begin = f"done {self.commands} of it", len(self.text)
        self.window.process.stdin.write(f"{command}; echo done {self.commands} 'of' it\n".encode())
        self.window.process.stdin.flush()
        wait_for(lambda: f"{command}: {self.text[begin:]}", lambda: f"\n{mark}\n" in self.text[begin:])
        return self.text[begin:].split(f"\n{mark}\n")[0].split("\n", 1)[-1] + "\n"

    def ctl(self, *words):
        return subprocess.run([RINGSHIFT, "ctl", self.control, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode()

    def choose(self, entry, *keys, inside=False):
        """An entry of the menu; `keys` lead to one of its sub-menu, `inside` alone to the first of that."""
        self.window.press("ctrl+alt+m", "Home", *["Down"] * entry, *(["Right"] if keys or inside else []), *keys, "Return")
