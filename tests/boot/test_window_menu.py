#!/usr/bin/env python3
"""Each entry of the window's menu with Linux in it, chosen by keys as its user does, and what comes of it, as far as it goes seen from
inside the guest. Status 77: linux-mini or a program is not there.

    test_window_menu.py RINGSHIFT FOLDER
"""
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from window_guest import KEYS, MEDIA, PAUSE, POWER, RESET, SNAPSHOTS, SPEED, VIEW, Guest, need_guest
from screen import Display, output, parse_ppm
from support import RINGSHIFT, check, start, wait_for

FOLDER = Path(sys.argv[2]).absolute()
# In the sub-menus, from their tops.
TEN_PERCENT, SCREENSHOT = 4, 3


def boots(guest, what, act):
    """What `act` does makes the guest start again."""
    guest.shell("touch /tmp/mark")
    before = len(guest.text)
    act()
    wait_for(lambda: f"{what}: {guest.text[before:]}", lambda: "mini# " in guest.text[before:].partition("@@BOOTED")[2])
    check("No such file" in guest.shell("ls /tmp/mark"), what + " begins anew")
    print("by the menu:", what)


def paused(guest):
    guest.choose(PAUSE)
    wait_for("a paused guest", lambda: guest.ctl("status") == "paused\n")
    length = len(guest.text)
    guest.window.process.stdin.write(b"echo while paused\n")
    guest.window.process.stdin.flush()
    time.sleep(2)
    check(len(guest.text) == length, "a paused guest says nothing")
    guest.choose(PAUSE)
    wait_for("what the guest does then", lambda: "\nwhile paused\n" in guest.text[length:])
    print("by the menu: pause, and on")


def power_button(guest):
    events = start(RINGSHIFT, "ctl", guest.control, "events", stdout=subprocess.PIPE)
    said = []
    threading.Thread(target=lambda: said.extend(events.stdout), daemon=True).start()
    # Bit 8 of the power management's status register (PIIX4 datasheet, PMSTS), which no driver clears here.
    pressed = "dd if=/dev/port bs=1 skip=1537 count=1 2>/dev/null | hexdump -e '1/1 \"%u\"'; echo"

    def state():
        return int(guest.shell(pressed).split()[-1])
    check(state() & 1 == 0, "the button before")

    def press():
        guest.choose(POWER)
        return state() & 1
    wait_for("the button in the guest", press)
    wait_for("the event", lambda: any(b"POWERDOWN" in line for line in said))
    events.kill()
    print("by the menu: power button")


def limited(guest):
    """Host seconds of a loop, with and without a limit."""
    def loop():
        begin = time.monotonic()
        guest.shell("i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done")
        return time.monotonic() - begin
    loop()
    free = loop()
    guest.choose(SPEED, *["Down"] * TEN_PERCENT)
    slow = loop()
    check(slow > 3 * free, f"at 10% it takes longer: {slow:.2f} s instead of {free:.2f} s")
    guest.choose(SPEED, inside=True)
    again = loop()
    check(again < slow / 2, f"without the limit it is fast again: {again:.2f} s instead of {slow:.2f} s")
    print(f"by the menu: a speed limit of 10% ({free:.2f} s became {slow:.2f} s)")


def screenshot(guest):
    guest.choose(VIEW, *["Down"] * SCREENSHOT)
    shot = FOLDER / "ringshift-1.png"
    image = wait_for("a screenshot", lambda: shot.exists() and parse_ppm(output("convert", str(shot), "-depth", "8", "ppm:-")))
    check(image[0] >= 640 and len(set(image[2])) > 1, "it shows something")
    print("by the menu: a screenshot of %d by %d" % image[:2])


def media(guest):
    tree = FOLDER / "tree"
    tree.mkdir()
    for name in ("one", "two"):
        (tree / "content").write_text(f"disc {name}\n")
        subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-o", FOLDER / f"{name}.iso", tree], check=True, stderr=subprocess.DEVNULL)
    read = "mkdir -p /cd; mount -t iso9660 /dev/sr0 /cd && cat /cd/content; umount /cd"
    for name in ("one", "two"):
        guest.choose(MEDIA, inside=True)
        time.sleep(1)
        guest.window.tool("type", "--delay", "60", str(FOLDER / f"{name}.iso"))
        guest.window.press("Return")
        wait_for(f"the disc in the guest: {name}", lambda: f"disc {name}\n" in guest.shell(read))
    guest.choose(MEDIA, "Down")
    wait_for("no disc", lambda: "No medium" in guest.shell(read))
    print("by the menu: a CD, another one, and none")


def snapshots(guest):
    def at(slot):
        wait_for(f"slot {slot}", lambda: re.search(rf"^\* slot-{slot} ", guest.ctl("snapshots"), re.M))
        check(guest.shell("cat /tmp/state") == f"slot {slot}\n", f"the state of slot {slot}")
    for slot in (2, 7):
        guest.shell(f"echo slot {slot} >/tmp/state")
        guest.choose(SNAPSHOTS, "Right", *["Down"] * slot)
        at(slot)
    guest.shell("echo later >/tmp/state")
    # Only slots that are used are there.
    guest.choose(SNAPSHOTS, "Down", "Right")
    at(2)
    guest.choose(SNAPSHOTS, "Down", "Right", "Down")
    at(7)
    # By hot keys, which give the slots their numbers.
    guest.window.press("ctrl+alt+2")
    at(2)
    guest.window.press("ctrl+alt+5")  # none: said, nothing else
    at(2)
    print("by the menu: two slots saved and gone back to")


def main():
    need_guest("convert")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    guest = Guest(Display(), FOLDER)
    paused(guest)
    screenshot(guest)
    limited(guest)
    media(guest)
    snapshots(guest)
    power_button(guest)
    boots(guest, "reset", lambda: guest.choose(RESET))
    boots(guest, "Ctrl+Alt+Del", lambda: guest.choose(KEYS, inside=True))
    guest.window.press("ctrl+alt+m", "End", "Return")
    check(guest.window.finish() == 0, "quit by the menu")


main()
