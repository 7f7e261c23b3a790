#!/usr/bin/env python3
"""Snapshots of a running machine: saved, listed as a tree, restored in place and deleted; with the disk, or refused."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from support import RINGSHIFT, assemble, check, need, scratch, start, wait_for


class Machine:
    def __init__(self, folder, *arguments):
        self.folder = pathlib.Path(folder)
        self.path = str(self.folder / "control")
        pathlib.Path(self.path).unlink(missing_ok=True)  # of one that was killed
        self.process = start(RINGSHIFT, *arguments, "--headless", "--quiet", "--timeout", "200", "--control", self.path,
                             *(["--snapshots", "states"] if arguments[0] == "run" else []), cwd=folder)
        wait_for("the control socket", lambda: os.path.exists(self.path))

    def ctl(self, *words, status=0):
        result = subprocess.run([RINGSHIFT, "ctl", self.path, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                cwd=self.folder, timeout=100)
        check(result.returncode == status, "ctl %s ends with %d: %s" % (words, status, result.stdout.decode()))
        return result.stdout.decode()

    def qmp(self, name, **arguments):
        return json.loads(self.ctl(json.dumps({"execute": name, "arguments": arguments})))["return"]

    def picture(self):
        self.ctl("screenshot", "now.ppm")
        return (self.folder / "now.ppm").read_bytes()

    def type(self, text):
        """Types and returns the picture after it, once it stands still."""
        self.ctl("type", text)
        before = [None, None, None]

        def still():
            before.append(self.picture())
            return before[-1] == before[-2] == before[-3] == before[-4]
        wait_for("a screen that stands still", still)
        return before[-1]

    def quit(self):
        self.ctl("quit")
        check(self.process.wait(60) == 0, "the end")


def settled(machine):
    return machine.type("")


def rows(machine):
    """(current, name, after) of each snapshot."""
    pattern = re.compile(r"^(.) (.{24}) \S+ \S+ +\S+ +\S+s  (.*)$")
    lines = machine.ctl("snapshots").splitlines()[1:]
    return [(m[1] == "*", m[2].strip(), m[3]) for m in map(pattern.match, lines)]


def check_tree(folder, guest):
    machine = Machine(folder, "run", guest)
    check(machine.ctl("snapshots") == "there are no snapshots\n", "none at first")
    settled(machine)
    wait_for("the guest's own text", lambda: machine.picture() != machine.type("a"))
    saved = re.match(r'saved "first one": \d+ MiB in [0-9.]+ s; the guest waited (\d+) ms\n$', machine.ctl("save", "first one"))
    check(saved and int(saved[1]) < 2000, "what saving says")
    first = settled(machine)
    second = machine.type("bc")
    check(first != second, "typing shows")
    machine.ctl("save", "second")
    check(machine.ctl("load", "first one").startswith('restored "first one" of 20'), "what restoring says")
    check(settled(machine) == first, "the screen of the first")
    third = machine.type("xyz")
    check(third not in (first, second), "the restored guest goes on")
    machine.ctl("save", "third")
    check(rows(machine) == [(False, "first one", "-"), (False, "second", "first one"), (True, "third", "first one")],
          "a tree: %s" % rows(machine))
    machine.ctl("pause")
    machine.ctl("load", "second")
    check(machine.ctl("status") == "paused\n" and machine.picture() == second, "a paused guest is restored and stays paused")
    machine.ctl("resume")
    machine.ctl("delete", "first one")
    check([row[2] for row in rows(machine)] == ["-", "-"], "without the first")
    for words, text in ((("load", "first one"), "no snapshot"), (("delete", "first one"), "no snapshot"),
                        (("save", "../x"), "no name"), (("save", ".x"), "no name"), (("save", ""), "no name"),
                        (("save", 101 * "x"), "no name")):
        check(text in machine.ctl(*words, status=2), "refused: %s" % (words,))

    damaged = pathlib.Path(folder) / "states" / "damaged.snapshot"
    data = (damaged.parent / "third.snapshot").read_bytes()
    damaged.write_bytes(data[:-1000] + b"oops" + data[-996:])
    before = settled(machine)
    check("damaged" in machine.ctl("load", "damaged", status=2) and settled(machine) == before, "a damaged file changes nothing")
    damaged.unlink()
    check(b"\x89PNG" in zstd(data[:100000]) or b"\x89PNG" in data[:100000], "a thumbnail")

    check_jobs(machine)
    machine.quit()
    resumed = Machine(folder, "resume", "states/third.snapshot")
    wait_for("the third again", lambda: resumed.picture() == third)
    known = rows(resumed)
    check((False, "job", "second") in known and (True, "third", "-") in known, "a resumed one knows its place: %s" % known)
    check([row[1] for row in known].index("second") < [row[1] for row in known].index("job"), "what follows another comes after it")
    resumed.ctl("load", "second")
    wait_for("the second again", lambda: resumed.picture() == second)
    resumed.quit()


def zstd(data):
    """The frames in a file's beginning, decompressed as far as the program zstd can."""
    at = data.find(b"\x28\xB5\x2F\xFD")
    return subprocess.run(["zstd", "-dc"], input=data[at:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def check_jobs(machine):
    """Snapshots as QMP's clients take them."""
    def job(command, **arguments):
        machine.qmp(command, **{"job-id": "j", **arguments})
        done = wait_for("the job", lambda: [j for j in machine.qmp("query-jobs") if j["status"] == "concluded"])[0]
        check(done["id"] == "j" and done["type"] == command, "the job: %s" % done)
        machine.qmp("job-dismiss", id="j")
        check(machine.qmp("query-jobs") == [], "dismissed")
        return done.get("error")
    check(job("snapshot-save", tag="job", vmstate="x", devices=[]) is None, "saved")
    check(job("snapshot-load", tag="job") is None and "no snapshot" in job("snapshot-load", tag="none"), "restored")
    check("no snapshot" in job("snapshot-delete", tag="none"), "not deleted")


def disk_info(image):
    return subprocess.run([RINGSHIFT, "disk", "info", str(image)], stdout=subprocess.PIPE, check=True).stdout.decode()


def check_disks(folder):
    guest = assemble(folder, "disk")
    sector = pathlib.Path(guest).read_bytes()
    image = pathlib.Path(folder) / "disk.img"
    states = image.with_name("disk.img.states")

    image.write_bytes(sector + bytes(2047 * 512))
    machine = Machine(folder, "run", "--disk", str(image), "--snapshot")
    empty = settled(machine)
    wait_for("the guest", lambda: machine.type("a") != empty)
    machine.ctl("save", "a")
    with_a = machine.type("?")
    machine.type("b")
    machine.ctl("load", "a")
    check(machine.type("?") == with_a, "the disk is restored with the RAM")
    machine.quit()
    check(image.read_bytes()[512:1024] == bytes(512), "--snapshot leaves the image alone")

    machine = Machine(folder, "run", "--disk", str(image))
    wait_for("the guest", lambda: machine.type("a") and image.read_bytes()[512] == ord("a"))
    machine.ctl("save", "written")
    machine.ctl("load", "written")
    before = machine.type("b")
    check(image.read_bytes()[512] == ord("b"), "the image is still written after a restore")
    machine.ctl("save", "later")
    check(machine.type("c") != before and image.read_bytes()[512] == ord("c"), "and again")
    check(f"states        2, kept for snapshots in {states}\n" in disk_info(image), "what is said of it: " + disk_info(image))
    for name, letter in (("written", "a"), ("later", "b"), ("written", "a")):
        machine.ctl("load", name)
        check(image.read_bytes()[512] == ord(letter), "the disk is what it was: " + name)
        machine.type("d")
        check(image.read_bytes()[512] == ord("d"), "the guest goes on from " + name)
    second = subprocess.run([RINGSHIFT, "run", "--disk", str(image), "--headless"], stderr=subprocess.PIPE)
    check(second.returncode == 2 and b"in use" in second.stderr, "the image is locked, restored or not")
    machine.ctl("delete", "later")
    check(states.exists(), "what the other snapshot needs is there")
    machine.process.kill()
    machine.process.wait()
    for _ in range(2):
        machine = Machine(folder, "resume", "states/written.snapshot")
        check(image.read_bytes()[512] == ord("a"), "also after the program was killed, and after an orderly end")
        machine.type("e")
        check(image.read_bytes()[512] == ord("e"), "and goes on")
        machine.quit()
    larger = subprocess.run([RINGSHIFT, "disk", "resize", str(image), "2M"], stderr=subprocess.PIPE)
    check(larger.returncode == 2 and b"keeps states" in larger.stderr, "it keeps its size: %s" % larger.stderr)
    with open(image, "r+b") as file:
        file.write(sector)
    refused = subprocess.run([RINGSHIFT, "resume", "states/written.snapshot", "--headless"], cwd=folder, stderr=subprocess.PIPE)
    check(refused.returncode == 2 and b"do not belong together" in refused.stderr and b"touch -d" in refused.stderr,
          "what another program has written to is refused: %s" % refused.stderr)
    machine = Machine(folder, "run", "--disk", str(image))
    machine.quit()
    check(not states.exists(), "and its states are gone")


def check_saved_at_the_end(folder):
    """run --save, twice into the same file; resumed, it finds its disk as it left it, as often as one likes."""
    guest = assemble(folder, "disk")
    image, saved = pathlib.Path(folder) / "disk.img", pathlib.Path(folder) / "saved"
    image.write_bytes(pathlib.Path(guest).read_bytes() + bytes(2047 * 512))
    machine = Machine(folder, "run", "--disk", str(image), "--save", "saved")
    wait_for("the guest", lambda: machine.type("a") and image.read_bytes()[512] == ord("a"))
    machine.quit()
    check(saved.exists(), "saved")
    for _ in range(2):
        machine = Machine(folder, "resume", "saved")
        check(image.read_bytes()[512] == ord("a"), "the disk of the saved machine")
        machine.type("b")
        machine.quit()
        check(image.read_bytes()[512] == ord("b"), "what it wrote then")
    machine = Machine(folder, "resume", "saved", "--save", "saved")
    machine.type("c")
    machine.quit()
    size = image.with_name("disk.img.states").stat().st_size
    machine = Machine(folder, "resume", "saved")
    check(image.read_bytes()[512] == ord("c"), "saved again into the same file")
    machine.quit()
    check(size < 1 << 20, "the file of states is small: %d" % size)


def check_kept_disks(folder):
    """A qcow2 image that is written directly: its content is kept with each snapshot, and comes back with it."""
    sector = pathlib.Path(assemble(folder, "disk")).read_bytes()
    raw, image = pathlib.Path(folder) / "disk.raw", pathlib.Path(folder) / "disk.qcow2"
    raw.write_bytes(sector + bytes(2047 * 512))
    subprocess.run(["qemu-img", "convert", "-O", "qcow2", str(raw), str(image)], check=True)

    def on_disk():
        subprocess.run(["qemu-img", "check", "-q", str(image)], check=True)
        return subprocess.run(["qemu-img", "convert", "-O", "raw", str(image), str(raw)], check=True) and raw.read_bytes()[512:513]

    def states():
        about = subprocess.run(["qemu-img", "info", "-U", "--output=json", str(image)], check=True, stdout=subprocess.PIPE)
        return len(json.loads(about.stdout).get("snapshots", []))
    machine = Machine(folder, "run", "--disk", str(image))
    empty = settled(machine)
    wait_for("the guest", lambda: machine.type("a") != empty)
    machine.ctl("save", "a")
    with_a = machine.type("?")
    machine.type("b")
    machine.ctl("save", "b")
    check(states() == 2, "qemu-img sees both")
    check("states        2, kept for snapshots\n" in disk_info(image), "and so do we: " + disk_info(image))
    machine.type("c")
    machine.ctl("load", "a")
    check(machine.type("?") == with_a, "the disk is what it was with that RAM")
    machine.type("d")
    machine.ctl("load", "b")
    machine.ctl("save", "b")
    check(states() == 2, "a snapshot that is replaced leaves nothing behind")
    machine.ctl("delete", "a")
    check(states() == 1, "nor does one that is deleted")
    machine.quit()
    check(on_disk() == b"b", "what is on the disk: %s" % on_disk())
    machine = Machine(folder, "resume", "states/b.snapshot")
    machine.type("e")
    machine.quit()
    check(on_disk() == b"e", "the resumed guest writes")
    machine = Machine(folder, "resume", "states/b.snapshot")
    machine.quit()
    check(on_disk() == b"b", "resumed once more, it begins where it began")


def main():
    need("nasm", "zstd")
    if shutil.which("qemu-img"):
        with scratch() as folder:
            check_kept_disks(folder)
    else:
        print("without qcow2: qemu-img is not installed")
    with scratch() as folder:
        check_tree(folder, assemble(folder, "echo"))
    with scratch() as folder:
        check_disks(folder)
    with scratch() as folder:
        check_saved_at_the_end(folder)


main()
