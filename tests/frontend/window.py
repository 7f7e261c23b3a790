#!/usr/bin/env python3
"""The window under Xvfb: pictures, keys, hot keys, mouse capture, scaling, closing, and no display at all."""
import json
import os
import pathlib
import subprocess
import sys
import time

from screen import Display, Window, ask_to_close, output, parse_ppm
from support import RINGSHIFT, assemble, check, need, scratch, wait_for, without_display


def reference(folder, guest, *script):
    """The screen after the script, without a window."""
    path = pathlib.Path(folder) / "reference.png"
    subprocess.run([RINGSHIFT, "run", guest, "--quiet", "--headless", "--deterministic", "--timeout", "100", *script,
                    "--screenshot", str(path)], check=True)
    return parse_ppm(output("convert", str(path), "-depth", "8", "ppm:-"))


def check_text_and_keys(display, folder, guest):
    ready = reference(folder, guest, "--expect", "READY")
    typed = reference(folder, guest, "--expect", "READY", "--type", r"Hi-5 \{up}\{f1}\{alt-x}", "--expect", "<48><3B><2D>")
    check(ready != typed and len(set(ready[2])) > 2, "the reference pictures show something")
    window = Window(display, folder, guest, "--scale", "1")
    wait_for("the text screen", lambda: window.shows(ready))
    check(window.size()[0] == ready[0] and 0 < window.size()[1] - ready[1] < 40, "the window fits the screen and a status line")
    image = window.picture()
    status = image[2][3 * image[0] * ready[1]:]
    check(len({status[i:i + 3] for i in range(0, len(status), 3)}) >= 4, "the status line says something")

    for keys in (["type", "--delay", "50", "Hi-5 "], ["key", "Up"], ["key", "F1"], ["key", "alt+x"]):
        window.tool(*keys)
    wait_for("what was typed", lambda: window.shows(typed))

    window.tool("key", "ctrl+alt+s")
    shot = pathlib.Path(folder) / "ringshift-1.png"
    wait_for("the screenshot", lambda: shot.exists() and parse_ppm(output("convert", str(shot), "-depth", "8", "ppm:-")) == typed)
    check(window.shows(typed), "hot keys do not reach the guest")

    window.tool("key", "ctrl+alt+shift+3")
    wait_for("a snapshot", lambda: any(pathlib.Path(folder).glob("ringshift/snapshots/*/slot-3.snapshot")))
    window.tool("type", "more")
    wait_for("more", lambda: not window.shows(typed))
    window.tool("key", "ctrl+alt+3")
    wait_for("the snapshot's screen", lambda: window.shows(typed))
    return window


def check_mouse(window):
    check("click" in window.title(), "the title says how to use the mouse: " + window.title())
    window.tool("mousemove", "--window", window.id, "100", "100", "click", "1")
    wait_for("the release key in the title", lambda: "Ctrl+Alt+G releases" in window.title())
    window.tool("key", "ctrl+alt+g")
    wait_for("a free mouse", lambda: "click" in window.title())
    window.tool("mousemove", "--window", window.id, "100", "100", "click", "1")
    wait_for("a captured mouse", lambda: "releases" in window.title())
    window.tool("keydown", "ctrl", "keydown", "alt", "keyup", "alt", "keyup", "ctrl")
    wait_for("a mouse freed by Ctrl+Alt", lambda: "click" in window.title())


def check_graphics_and_close(window):
    window.tool("key", "Escape")
    wait_for("a window of the mode's size", lambda: window.size()[0] == 640 and 400 < window.size()[1] < 440)
    wait_for("256 colours", lambda: window.colours() > 200)
    ask_to_close(window)
    check(window.finish() == 0, "closing the window ends the program well")


def check_clipboard(display, folder, guest):
    ready = reference(folder, guest, "--expect", "READY")
    pasted = reference(folder, guest, "--expect", "READY", "--type", "READY", "--expect", "^READY$")
    window = Window(display, folder, guest, "--scale", "1")
    wait_for("the text screen", lambda: window.shows(ready))
    window.tool("mousemove", "--window", window.id, "4", "8", "mousedown", "1")
    window.tool("mousemove", "--window", window.id, "25", "8", "mousemove", "--window", window.id, "40", "8")
    wait_for("marked text", lambda: not window.shows(ready))
    window.tool("mouseup", "1")
    wait_for("no mark", lambda: window.shows(ready))
    check("click" in window.title(), "selecting does not capture the mouse")
    window.tool("key", "ctrl+alt+v")
    wait_for("what was copied, typed", lambda: window.shows(pasted))
    for keys in ("ctrl+alt+minus", "ctrl+alt+z"):
        window.tool("key", keys)
    check(window.shows(pasted), "these are no keys for the guest")
    window.process.terminate()
    window.finish()


def check_memory(display, folder, guest):
    """What the user makes of a window is there the next time."""
    window = Window(display, folder, guest)
    wait_for("a size", lambda: window.size()[0] > 0)

    def resized():  # until the guest has found its mode, the window follows that
        if window.size() != (910, 650):
            window.tool("windowsize", window.id, "910", "650")
        time.sleep(1)
        return window.size() == (910, 650)
    wait_for("the user's size", resized)
    small = window.picture()
    window.tool("windowfocus", window.id)
    window.tool("key", "ctrl+alt+z")
    wait_for("another scaling", lambda: window.picture()[2][:len(small[2]) * 9 // 10] != small[2][:len(small[2]) * 9 // 10])
    ask_to_close(window)
    check(window.finish() == 0, "closing")
    file = next(pathlib.Path(folder).glob("ringshift/snapshots/*/window.json"))
    check(json.loads(file.read_text()) == {"fullscreen": False, "scaling": "fit", "width": 910, "height": 650}, "what is kept")
    window = Window(display, folder, guest)
    wait_for("the same size again", lambda: window.size() == (910, 650))
    ask_to_close(window)
    window.finish()
    file.write_text('{"width": 99999999999999999999, "height": [], "scaling": 3, "fullscreen": null}')
    window = Window(display, folder, guest)
    wait_for("its own size", lambda: 0 < window.size()[0] != 910)
    ask_to_close(window)
    check(window.finish() == 0 and not file.exists(), "nothing to remember, no file")


def check_scaling(display, folder, guest):
    window = Window(display, folder, guest, "--scale", "2")
    wait_for("twice the size", lambda: window.size()[0] == 1440 and 800 < window.size()[1] < 860)
    ready = reference(folder, guest, "--expect", "READY")
    twice = b"".join(2 * b"".join(2 * row[i:i + 3] for i in range(0, len(row), 3))
                     for row in (ready[2][3 * 720 * y:3 * 720 * (y + 1)] for y in range(400)))
    wait_for("each pixel four times", lambda: window.shows((1440, 800, twice)))
    window.process.terminate()
    check(window.finish() == 143, "SIGTERM ends the program with its own status")


def check_menu(display, folder, guest):
    """By its button and by its key; with the mouse's wheel nowhere near, entries are chosen by the keyboard."""
    ready = reference(folder, guest, "--expect", "READY")
    control = os.path.join(folder, "menu-control")
    window = Window(display, folder, guest, "--scale", "1", "--nic", "e1000", "--control", control)

    def ctl(*words):
        return subprocess.run([RINGSHIFT, "ctl", control, *words], stdout=subprocess.PIPE).stdout.decode()

    def press(*keys):
        window.tool("key", "--delay", "150", *keys)
    wait_for("the text screen", lambda: window.shows(ready))
    window.tool("mousemove", "--window", window.id, "15", str(window.size()[1] - 6), "click", "1")
    wait_for("the menu", lambda: not window.shows(ready))
    check("releases" not in window.title(), "the menu captures nothing")
    press("Home", "Return")
    wait_for("the first entry: pause", lambda: ctl("status") == "paused\n")
    wait_for("no menu", lambda: window.shows(ready))
    press("ctrl+alt+m", "Home", "Return")
    wait_for("the first entry: run on", lambda: ctl("status") == "running\n")

    # Media are the first sub-menu: insert a file by name, eject it.
    disc = os.path.join(folder, "a disc.iso")
    pathlib.Path(disc).write_bytes(bytes(2048 * 400))

    def medium():
        return json.loads(ctl('{"execute": "query-block"}'))["return"][0].get("inserted", {}).get("file", "")
    press("ctrl+alt+m", "Home", "Down", "Down", "Down", "Right", "Return")
    time.sleep(1)
    window.tool("type", "--delay", "60", disc)
    press("Return")
    wait_for("the medium", lambda: medium() == disc)
    press("ctrl+alt+m", "Home", "Down", "Down", "Down", "Right", "Down", "Return")
    wait_for("no medium", lambda: medium() == "")
    press("ctrl+alt+m")
    wait_for("the menu by its key", lambda: not window.shows(ready))
    press("Escape")
    wait_for("the menu to be gone", lambda: window.shows(ready))
    press("ctrl+alt+n")
    wait_for("the engine's numbers", lambda: not window.shows(ready))
    press("ctrl+alt+n")
    wait_for("no numbers", lambda: window.shows(ready))
    check("click" in window.title(), "nothing of this is for the guest")
    window.process.terminate()
    window.finish()


def check_no_display(guest):
    for arguments, environment in ((["--display", "sdl"], without_display()),
                                   (["--display", "sdl"], dict(without_display(), DISPLAY=":987")),
                                   ([], without_display())):
        environment["SDL_VIDEODRIVER"] = "x11"
        result = subprocess.run([RINGSHIFT, "run", guest, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=environment, timeout=60)
        message = result.stderr.decode()
        check(result.returncode == 2 and "display" in message and "--display terminal" in message and "--headless" in message,
              "without a display the user is told what to do: " + message)


def main():
    need("nasm", "Xvfb", "xdotool", "import", "convert")
    display = Display()
    try:
        with scratch() as folder:
            guest = assemble(folder, "echo")
            check_no_display(guest)
            window = check_text_and_keys(display, folder, guest)
            check_mouse(window)
            check_graphics_and_close(window)
            check_clipboard(display, folder, guest)
            check_memory(display, folder, guest)
            check_scaling(display, folder, guest)
            check_menu(display, folder, guest)
    finally:
        display.close()


main()
