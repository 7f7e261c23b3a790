#!/usr/bin/env python3
"""Text typed for the user on keyboards of other layouts: the guest takes every key for a US one and so shows which were pressed."""
import os
import subprocess
import sys

from support import RINGSHIFT, assemble, check, need, scratch

# Layout, text, what a guest with a US keyboard makes of it.
CASES = (
    ("us", "zy-\"@", "zy-\"@"),
    ("de", "zyZY-ß?", "yzYZ/-_"),
    ("de", "é^", "=e` "),  # dead keys and what follows them
    ("de", "@", "<10>"),  # AltGr
    ("fr", "azqw1é", "qwaz!2"),
    ("uk", "\"@#~", "@\"\\|"),
    ("es", "ñ;-á", ";</'a"),
    ("dvorak", "aoeu,.", "asdfwe"),
    ("ch:fr", "éz", ";y"),
)


def run(guest, *arguments):
    return subprocess.run([RINGSHIFT, "run", guest, "--headless", "--quiet", "--deterministic", "--timeout", "60", *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=100)


def main():
    need("nasm")
    with scratch() as folder:
        guest = assemble(folder, "echo")
        for layout, text, seen in CASES:
            expected = "^" + "".join("[%s]" % c if c not in "^\\" else "\\" + c for c in seen)
            # Spaces at the end of a line are not on the text screen.
            done = run(guest, "--keyboard-layout", layout, "--expect", "READY", "--type", text, "--expect", expected.replace("[ ]", ""))
            check(done.returncode == 0, "%s: %s is typed so that %s is seen: %s" % (layout, text, seen, done.stdout.decode()))
        refused = run(guest, "--keyboard-layout", "klingon-typewriter")
        check(refused.returncode == 2 and b"no keyboard layout" in refused.stdout, "an unknown layout: %r" % refused.stdout)
        refused = run(guest, "--type", "ü")
        check(refused.returncode == 2 and b"cannot be typed" in refused.stdout, "a letter that the US layout has not")


main()
