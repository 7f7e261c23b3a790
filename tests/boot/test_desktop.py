#!/usr/bin/env python3
"""What a new user does with Debian, in a window under Xvfb: a machine is made of the image, started, logged in to on its screen,
and shut down by the power button of the menu. Status 77: the image or a program is not there.

    test_desktop.py RINGSHIFT FOLDER

FOLDER is where test_images.py --system has built the image; screenshots of each step stay there.
"""
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "frontend"))
import support
from screen import Display, Window, crop
from support import RINGSHIFT, check, need, skip, wait_for

FOLDER = Path(sys.argv[2]).absolute()
CURSOR = 8 * 16  # pixels
support.PATIENCE = 1200  # Debian boots in a minute; on a busy host it takes many


def ringshift(*arguments):
    subprocess.run([RINGSHIFT, *arguments], env=dict(os.environ, XDG_DATA_HOME=str(FOLDER)), check=True)


def greets(image):
    """Whether the text begins with a line and an empty one, as of a login that has just cleared the screen."""
    if not image:
        return False
    row = 3 * image[0] * 16
    inked = [at // row for at in range(0, len(image[2]), row) if any(image[2][at:at + row])]
    return len(inked) >= 2 and inked[1] - inked[0] == 2


def main():
    need("Xvfb", "xdotool", "import", "qemu-img")
    if not (FOLDER / "ringshift/images/debian/disk.img").exists():
        skip("Debian's image is not built")
    machine = FOLDER / "ringshift/machines/desk"
    if machine.exists():
        ringshift("delete", "desk", "--yes")
    ringshift("create", "desk", "--image", "debian", "--memory-size", "512M")

    display = Display("1280x900")
    serial = FOLDER / "desk.serial"
    with open(serial, "wb") as output:
        window = Window(display, FOLDER, "desk", "--quiet", "--serial", "stdio", command="start", stdin=subprocess.DEVNULL, stdout=output)

    def keep(name):
        path = FOLDER / f"desk-{name}.png"
        subprocess.run(["import", "-window", "root", path], env=display.environment, check=True)
        print("screenshot:", path)

    def said(text):
        return text in serial.read_bytes()

    def screen():
        """What the guest shows: all of the window but its status line."""
        image = window.picture()
        return image and crop(image, image[0], image[1] - 16)

    def still():
        """The screen has not changed for a second, but for a cursor: a prompt waits."""
        seen.append(screen())
        window.tool("sleep", "1")
        if len(seen) < 2 or not seen[-1] or not seen[-2] or seen[-1][:2] != seen[-2][:2]:
            return False
        pixels = (zip(*(seen[i][2][colour::3] for colour in range(3))) for i in (-1, -2))
        return sum(a != b for a, b in zip(*pixels)) <= 2 * CURSOR
    seen = []
    wait_for("the login on the serial port", lambda: said(b"debian login: "))
    wait_for("the login on the screen", lambda: greets(screen()))
    keep("login")

    def line(text):
        window.tool("type", "--delay", "60", text)
        window.press("Return")
        for _ in range(3):
            seen.clear()
            wait_for("the next prompt", still)

    def logged_in():
        """On a busy host a line may come before its prompt does, and is lost: then once more."""
        for text in ("root", "ringshift", "uname -srm; ip -4 -br address; (tty; id -un; ip -4 -br address) >/dev/ttyS0"):
            line(text)
        return said(b"/dev/tty1\r\nroot\r\n") and said(b"10.0.2.15/24")
    wait_for("what the shell on the screen says", logged_in)
    seen.clear()
    wait_for("its prompt", still)
    keep("shell")

    x, y, width, height = window.place()
    check(x >= 0 and y >= 0 and x + width <= 1280 and y + height <= 900, f"the window lies in the screen: {window.place()}")
    before = screen()
    window.click_menu()
    wait_for("the menu", lambda: sum(a != b for a, b in zip(screen()[2], before[2])) > 3 * 2 * CURSOR)
    keep("menu")
    window.press("Home", "Down", "Down", "Return")  # pause, reset, power button
    check(window.finish(support.PATIENCE) == 0, "the guest has switched itself off, and that ends the program well")
    check(said(b"Reached target") and said(b"Power"), "systemd has shut down")
    subprocess.run(["qemu-img", "check", "-q", machine / "disk.qcow2"], check=True)
    ringshift("delete", "desk", "--yes")
    print("Debian: logged in to on its screen, shut down from the menu")


main()
