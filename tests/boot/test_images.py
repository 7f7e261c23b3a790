#!/usr/bin/env python3
"""Images that are built by name, and machines made of them. Status 77: the packages cannot be had.

    test_images.py RINGSHIFT FOLDER [--system]

With --system it builds Debian with systemd, makes a machine of it, logs in, uses the network, and presses the power button: minutes.
"""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

RINGSHIFT, FOLDER = sys.argv[1], Path(sys.argv[2])
ENVIRONMENT = dict(os.environ, XDG_DATA_HOME=str(FOLDER))
IMAGES = FOLDER / "ringshift" / "images"
NO_PACKAGES = ("could not be fetched", "no package list could be read", "packages could not be had")  # status 77 of the scripts


def ringshift(*arguments, status=0, **variables):
    done = subprocess.run([RINGSHIFT, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(ENVIRONMENT, **variables))
    output = done.stdout.decode(errors="replace")
    if done.returncode == 2 and status == 0 and any(reason in output for reason in NO_PACKAGES):
        print("the packages cannot be had")
        sys.exit(77)
    if done.returncode != status:
        sys.exit(f"{arguments}: status {done.returncode} instead of {status}\n{output[-4000:]}")
    return output


def state(name):
    return next(line for line in ringshift("images", "list").splitlines() if line.startswith(name + " "))


def memtest():
    assert "there are: linux-mini" in ringshift("images", "build", "plan9", status=2)
    assert "images build memtest86+" in ringshift("create", "tester", "--image", "memtest86+", status=2)
    assert "not built" in state("memtest86+")
    output = ringshift("images", "build", "memtest86+")
    assert "memtest86+:   0% starting" in output and "100% done" in output, output
    assert "not built" not in state("memtest86+")
    assert not (IMAGES / "memtest86+" / "build.log").exists()
    ringshift("create", "tester", "--image", "memtest86+", "--memory-size", "32M", "--disk", "none")
    ringshift("start", "tester", "--headless", "--quiet", "--timeout", "120", "--expect", "Memtest86")
    print("memtest86+: built, made a machine of, started")


def failures():
    tools = FOLDER / "tools"
    tools.mkdir()
    for tool in ("sh", "cat", "mkdir", "dirname", "cksum", "rm", "stat", "apt-get", "dpkg"):
        (tools / tool).symlink_to(shutil.which(tool))
    output = ringshift("images", "build", "debian-installer", status=2, PATH=str(tools))
    assert "could not be built: missing:" in output and "xorriso" in output and "apt-get install" in output, output
    assert "missing:" in (IMAGES / "debian-installer" / "build.log").read_text()
    (IMAGES / "linux-mini").write_text("in the way")
    assert "cannot make the folder" in ringshift("images", "build", "linux-mini", status=2)
    print("failures: said")


def system():
    ringshift("images", "build", "debian")
    ringshift("create", "box", "--image", "debian", "--memory-size", "512M", "--disk", "4G")
    assert "of 4 GiB used" in ringshift("info", "box")
    output = ringshift("start", "box", "--headless", "--quiet", "--serial", "stdio", "--timeout", "900",
                       "--expect", "debian login:", "--send", "root\\n", "--expect", "Password:", "--send", "ringshift\\n",
                       "--expect", "root@debian", "--send", "systemctl is-system-running --wait; ip -4 -br a; echo a''1\\n", "--expect", "a1",
                       "--send", "poweroff\\n")
    # Behind what the shell tells the terminal about pasting.
    assert re.search(r"(^|\r)(\x1b\[\?2004l\r)?running\r?$", output, re.M) and "10.0.2.15/24" in output, output[-3000:]
    print("debian: built, made a machine of, logged in, shut down")


shutil.rmtree(FOLDER, ignore_errors=True)
FOLDER.mkdir(parents=True)
if "--system" in sys.argv:
    system()
else:
    memtest()
    failures()
