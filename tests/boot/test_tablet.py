#!/usr/bin/env python3
"""The USB tablet as Linux sees it: events that come by the control socket and from the window. Status 77: linux-mini is not there.

    test_tablet.py RINGSHIFT FOLDER
"""
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / "guests" / "cache" / "linux-mini"
RINGSHIFT, FOLDER = os.path.abspath(sys.argv[1]), Path(sys.argv[2]).absolute()
KERNEL = [CACHE / "vmlinuz-686-pae", CACHE / "initrd-686-pae.gz"]
# One line an event: the four words of its time, type, code, value (low and high word).
LISTEN = ("exec 3</dev/input/event1; echo listen''ing; while dd bs=16 count=1 <&3 2>/dev/null | "
          "hexdump -v -e '8/2 \"%u \" \"\\\\n\"'; do :; done\\n")
SYN, KEY, REL, ABS = 0, 1, 2, 3
LEFT, RIGHT, WHEEL = 272, 273, 8


class Guest:
    def __init__(self, *arguments, environment=None):
        self.socket = str(FOLDER / "control")
        self.text = ""
        self.process = subprocess.Popen(
            [RINGSHIFT, "run", "--kernel", KERNEL[0], "--initrd", KERNEL[1], "--memory-size", "128M", "--append",
             "console=ttyS0 cryptomgr.notests mini.usb", *arguments, "--quiet", "--timeout", "250", "--serial", "stdio",
             "--snapshots", FOLDER / "states", "--control", self.socket, "--expect", "mini#", "--send",
             "while [ ! -e /dev/input/event1 ]; do sleep 1; done; " + LISTEN, "--expect", "never said"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=FOLDER)
        threading.Thread(target=self.read, daemon=True).start()
        self.wait_for("the shell", lambda: "\nlistening" in self.text)

    def read(self):
        while data := self.process.stdout.read1(4096):
            self.text += data.decode(errors="replace").replace("\r", "")

    def wait_for(self, what, condition):
        end = time.monotonic() + 100
        while not condition():
            if time.monotonic() > end or self.process.poll() is not None:
                print(self.text[-3000:])
                sys.exit(f"not seen: {what}")
            time.sleep(0.1)
        print("seen:", what)

    def events(self):
        """(type, code, value) of all events but those that only say that a report has ended."""
        found = []
        for line in self.text.split("\nlistening\n")[-1].split("\n")[:-1]:
            words = line.split()
            if len(words) == 8 and all(w.isdigit() for w in words):
                kind, code, low, high = map(int, words[4:])
                value = low | high << 16
                found += [(kind, code, value - (1 << 32 if high & 0x8000 else 0))] if kind in (KEY, REL, ABS) else []
        return found

    def forget(self):
        self.text += "\nlistening\n"

    def expect(self, what, *events):
        self.wait_for(what, lambda: self.events() == list(events))
        self.forget()

    def ctl(self, *words):
        return subprocess.run([RINGSHIFT, "ctl", self.socket, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode()

    def send(self, *events):
        return json.loads(self.ctl(json.dumps({"execute": "input-send-event", "arguments": {"events": list(events)}})))

    def end(self):
        self.process.terminate()
        self.process.wait()


def at(x, y):
    return [{"type": "abs", "data": {"axis": axis, "value": value}} for axis, value in (("x", x), ("y", y))]


def button(name, down):
    return {"type": "btn", "data": {"button": name, "down": down}}


def by_socket():
    guest = Guest("--headless")
    assert guest.send(*at(1000, 2000)) == {"return": {}}
    guest.expect("a place", (ABS, 0, 1000), (ABS, 1, 2000))
    guest.send(button("left", True))
    guest.send(*at(1500, 2000), button("left", False), button("right", True))
    guest.send(button("right", False))
    guest.expect("buttons", (KEY, LEFT, 1), (KEY, LEFT, 0), (KEY, RIGHT, 1), (ABS, 0, 1500), (KEY, RIGHT, 0))
    guest.send(button("wheel-down", True), button("wheel-down", False))
    guest.wait_for("the wheel", lambda: (REL, WHEEL, -1) in guest.events())
    assert "Error" not in guest.ctl("save", "here")
    guest.send(*at(3, 4))
    guest.wait_for("a place to forget", lambda: (ABS, 0, 3) in guest.events())
    assert "Error" not in guest.ctl("load", "here")
    guest.forget()
    guest.send(*at(2222, 1111))
    guest.wait_for("a place after going back", lambda: guest.events()[-2:] == [(ABS, 0, 2222), (ABS, 1, 1111)])
    for wrong in ({"type": "abs"}, {"type": "abs", "data": {"axis": 1, "value": 2}}, {"type": "abs", "data": {"axis": "x", "value": 40000}},
                  {"type": "btn", "data": {"button": "nose", "down": True}}, {"type": "mtt", "data": {}}, 5):
        assert "error" in guest.send(wrong), wrong
    guest.end()
    guest = subprocess.run([RINGSHIFT, "run", "--kernel", KERNEL[0], "--initrd", KERNEL[1], "--append", "console=ttyS0 cryptomgr.notests mini.usb",
                            "--headless", "--quiet", "--serial", "stdio", "--mouse", "ps2", "--timeout", "100", "--expect", "mini#", "--send",
                            "ls /sys/bus/usb/devices | wc -l; echo all''done\\n", "--expect", "alldone"],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert guest.returncode == 0 and b"\n0\r\n" in guest.stdout, guest.stdout[-500:]
    print("seen: no USB with --mouse ps2")


def by_window():
    """The guest's pointer goes where the host's does, and nothing is captured."""
    missing = [tool for tool in ("Xvfb", "xdotool") if not shutil.which(tool)]
    if missing:
        return print("without the window: not installed:", *missing)
    read, write = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "1200x800x24", "-nolisten", "tcp", "-noreset"],
                              pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    environment = dict(os.environ, DISPLAY=":" + os.fdopen(read).readline().strip(), SDL_RENDER_DRIVER="software")
    environment.pop("WAYLAND_DISPLAY", None)

    def tool(*words):
        return subprocess.run(["xdotool", *map(str, words)], env=environment, stdout=subprocess.PIPE).stdout.decode()
    try:
        guest = Guest("--display", "sdl", "--scale", "1", environment=environment)
        window = tool("search", "--name", "^Ringshift").split()[0]
        guest.wait_for("a free mouse", lambda: "click" not in tool("getwindowname", window))
        geometry = dict(line.split("=") for line in tool("getwindowgeometry", "--shell", window).split())
        width = int(geometry["WIDTH"])

        def place(events, axis):
            return ([0] + [value for kind, code, value in events if (kind, code) == (ABS, axis)])[-1]
        tool("mousemove", "--window", window, 360, 200)
        guest.wait_for("the middle", lambda: abs(place(guest.events(), 0) - 360.5 / width * 32768) < 2)
        tool("mousemove", "--window", window, 40, 30, "mousedown", 1)
        guest.wait_for("a button", lambda: (KEY, LEFT, 1) in guest.events() and abs(place(guest.events(), 0) - 40.5 / width * 32768) < 2)
        tool("mousemove", "--window", window, 90, 60, "mouseup", 1)
        guest.wait_for("a drag", lambda: (KEY, LEFT, 0) in guest.events() and abs(place(guest.events(), 0) - 90.5 / width * 32768) < 2)
        tool("click", "4")
        guest.wait_for("the wheel of the window", lambda: (REL, WHEEL, 1) in guest.events())
        assert "releases" not in tool("getwindowname", window), "a click captures nothing"
        tool("windowfocus", window, "key", "ctrl+alt+g")
        guest.wait_for("a captured mouse, on request", lambda: "releases" in tool("getwindowname", window))
        guest.end()
    finally:
        server.terminate()
        server.wait()


def main():
    if not all(image.exists() for image in KERNEL):
        print(f"{KERNEL[0]} is missing: guests/README.md says how to make it")
        return 77
    FOLDER.mkdir(parents=True, exist_ok=True)
    by_socket()
    by_window()
    return 0


sys.exit(main())
