#!/usr/bin/env python3
"""The library of machines, as a user has it: create, list, info, edit, start, stop, clone, rename, delete. Status 77: linux-mini
is not there.

    test_library.py RINGSHIFT FOLDER
"""
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / "guests" / "cache" / "linux-mini"
RINGSHIFT, FOLDER = sys.argv[1], Path(sys.argv[2])
ENVIRONMENT = dict(os.environ, XDG_DATA_HOME=str(FOLDER))
MACHINES = FOLDER / "ringshift" / "machines"
MARK = "dd if=/dev/sda bs=512 count=1 skip=9 2>/dev/null | head -c 6"


def ringshift(*arguments, status=0, answer=None, **variables):
    done = subprocess.run([RINGSHIFT, *map(str, arguments)], input=answer or b"", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(ENVIRONMENT, **variables))
    output = done.stdout.decode(errors="replace")
    if done.returncode != status:
        sys.exit(f"{arguments}: status {done.returncode} instead of {status}\n{output[-4000:]}")
    return output


def start(name, commands):
    return ringshift("start", name, "--headless", "--quiet", "--serial", "stdio", "--timeout", "300", "--expect", "mini#", "--send",
                     f"{commands}; echo all''done\\n", "--expect", "alldone").replace("\r", "")


def wait_for(condition, what, seconds=60):
    end = time.time() + seconds
    while not condition():
        assert time.time() < end, what
        time.sleep(0.1)


def without_guest():
    assert "no machines" in ringshift("list")
    assert "there is no machine" in ringshift("info", "none", status=2)
    for wrong in ("../x", ".x", "a/b", "-x", "x" * 65):
        assert "machine's name" in ringshift("create", "--disk", "1G", "--", wrong, status=2)
    for system in ("dos", "win9x", "winxp", "linux", "bsd", "other"):
        ringshift("create", f"a-{system}", "--os", system)
    text = (MACHINES / "a-dos" / "machine.toml").read_text()
    assert 'cpu = "pentium"' in text and 'card = "ne2k-isa"' in text and 'clock = "local"' in text, text
    assert "e1000" in (MACHINES / "a-linux" / "machine.toml").read_text()
    assert "already" in ringshift("create", "a-dos", status=2)
    assert "is none of" in ringshift("create", "b", "--cpu", "8080", status=2)
    assert "none of" in ringshift("create", "b", "--os", "plan9", status=2)
    assert ringshift("list").count("off") == 6
    info = ringshift("info", "a-linux")
    assert "disk.qcow2, qcow2" in info and "of 16 GiB used" in info, info

    assert "kept" in ringshift("delete", "a-dos", answer=b"n\n", status=2)
    (FOLDER / "two\nlines.iso").write_bytes(bytes(2048))
    ringshift("create", "odd", "--iso", FOLDER / "two\nlines.iso", "--disk", "1M")
    assert "odd" in ringshift("list") and "two" in ringshift("info", "odd")
    ringshift("delete", "odd", "--yes")
    ringshift("delete", "a-dos", answer=b"y\n")
    assert not (MACHINES / "a-dos").exists()
    ringshift("rename", "a-bsd", "beastie")
    assert (MACHINES / "beastie" / "disk.qcow2").exists() and not (MACHINES / "a-bsd").exists()
    assert "already" in ringshift("rename", "beastie", "a-linux", status=2)
    ringshift("edit", "beastie", EDITOR="sed -i s/512M/64M/", VISUAL="")
    assert "64M" in ringshift("info", "beastie")
    refused = ringshift("edit", "beastie", EDITOR="sed -i s/64M/lots/", VISUAL="", status=2)
    assert "machine.toml" in refused and "lots" in refused and "64M" in ringshift("info", "beastie"), refused
    assert "there is no key" in ringshift("edit", "beastie", EDITOR="sed -i -e s/lots/64M/ -e s/boot/boots/", VISUAL="", status=2)
    ringshift("edit", "beastie", EDITOR="sed -i s/boots/boot/", VISUAL="")
    for key, good, wrong in (("mouse", "ps2", "foot"), ("sound", "none", "loud"), ("keyboard", "uk", "piano"), ("drop", "floppy", "bag")):
        assert wrong in ringshift("edit", "beastie", EDITOR=f"sed -i 's/^{key} *=.*/{key} = \"{wrong}\"/'", VISUAL="", status=2)
        ringshift("edit", "beastie", EDITOR=f"sed -i 's/^{key} *=.*/{key} = \"{good}\"/'", VISUAL="")
    for name in ("a-win9x", "a-winxp", "a-linux", "a-other", "beastie"):
        ringshift("delete", name, "--yes")
    assert not list(MACHINES.iterdir())
    print("create, list, info, rename, edit, delete: good")


def with_guest():
    ringshift("create", "mini", "--os", "linux", "--iso", CACHE / "linux-mini.iso", "--disk", "64M", "--memory-size", "128M")
    start("mini", "echo first | dd of=/dev/sda bs=512 seek=9 conv=sync; sync")
    assert "\nfirst\n" in start("mini", MARK)
    ringshift("clone", "mini", "copy")
    bases = FOLDER / "ringshift" / "bases"
    assert len(list(bases.iterdir())) == 1
    ringshift("clone", "mini", "third")
    assert len(list(bases.iterdir())) == 1, "a disk without changes needs no base of its own"
    start("mini", "echo other | dd of=/dev/sda bs=512 seek=9 conv=sync; sync")
    assert "\nfirst\n" in start("copy", MARK)
    assert "\nother\n" in start("mini", MARK)
    ringshift("delete", "mini", "--yes")
    ringshift("rename", "copy", "twin")
    assert "\nfirst\n" in start("twin", MARK), "a clone outlives what it was made from"
    if shutil.which("qemu-img"):
        subprocess.run(["qemu-img", "check", "-q", MACHINES / "twin" / "disk.qcow2"], check=True)
    ringshift("delete", "third", "--yes")
    assert len(list(bases.iterdir())) == 1
    print("start, clone: good")

    log = open(FOLDER / "log", "wb")
    running = subprocess.Popen([RINGSHIFT, "start", "twin", "--headless", "--quiet", "--serial", f"file:{FOLDER / 'serial'}"], stdin=subprocess.DEVNULL,
                               stdout=log, stderr=log, env=ENVIRONMENT)
    try:
        wait_for(lambda: "running" in ringshift("list"), "it runs")
        assert "is running" in ringshift("start", "twin", "--headless", status=2)
        for command in (["delete", "twin", "--yes"], ["rename", "twin", "x"], ["clone", "twin", "x"]):
            assert "is running" in ringshift(*command, status=2)
        assert "128M" in ringshift("info", "twin")
        wait_for(lambda: (MACHINES / "twin" / "control").exists(), "its control socket")
        assert "within" in ringshift("stop", "twin", "--timeout", "0.2", status=2)  # no system is there yet to shut itself down
        ringshift("stop", "twin", "--force")
        assert running.wait(20) == 0
    finally:
        running.kill()
    assert "not running" in ringshift("stop", "twin", status=2)
    ringshift("delete", "twin", "--yes")
    assert not list(bases.iterdir()), "a base without disks on it goes away"
    print("stop, and what is refused while a machine runs: good")


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    without_guest()
    if not (CACHE / "linux-mini.iso").exists():
        print("linux-mini is missing: guests/README.md says how to make it")
        return 77
    with_guest()
    return 0


sys.exit(main())
