#!/usr/bin/env python3
"""What cannot be run is refused: a message on standard error that names the object, a status of its own, no crash."""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

RINGSHIFT = sys.argv[1]
REFUSED = 2
failures = 0


def run(*arguments, environment=None, command="run", headless=True):
    words = [RINGSHIFT, command, *(["--headless", "--timeout", "5"] if headless else []), *map(str, arguments)]
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, env={**os.environ, **(environment or {})})


def refused(what, done, *words, statuses=None):
    """The status says that nothing was run; the message is a few plain lines with these words in it."""
    global failures
    message = done.stderr.decode(errors="replace")
    problems = []
    if statuses is None and not 0 < done.returncode < 124:
        problems.append(f"status {done.returncode}")
    if statuses is not None and done.returncode not in statuses:
        problems.append(f"status {done.returncode}")
    problems += [f"no \"{word}\"" for word in words if str(word).lower() not in message.lower()]
    if any(sign in message for sign in ("assertion", "ASSERT", "terminate called", "Sanitizer", "#0 ")):
        problems.append("a crash")
    if not message.strip() or len(message.splitlines()) > 12:
        problems.append("no short message")
    if problems:
        failures += 1
    print(f"{'FAILED ' if problems else 'ok     '} {what}: {', '.join(problems)}\n        {message.strip()}", flush=True)


def bzimage(folder):
    """The start of a Linux kernel that is right but for its code."""
    image = bytearray(5 * 512 + 4096)
    image[0x1F1] = 4
    image[0x1F4:0x1F8] = (4096 // 16).to_bytes(4, "little")
    image[0x1FE:0x200] = b"\x55\xAA"
    image[0x202:0x206] = b"HdrS"
    image[0x206:0x208] = b"\x0C\x02"
    image[0x211] = 1
    image[0x22C:0x230] = b"\xFF\xFF\xFF\x7F"
    image[0x238:0x23C] = b"\xFF\0\0\0"
    image[0x258:0x260] = (0x100000).to_bytes(8, "little")
    image[0x260:0x264] = (0x800000).to_bytes(4, "little")
    path = folder / "bzImage"
    path.write_bytes(image)
    return path


def files(folder):
    random.seed(1)
    contents = {"empty": b"", "one-byte": b"\x90", "random": random.randbytes(100_000), "text": b"hello\n" * 100, "zeros": bytes(1 << 20)}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        refused(f"{name} as a file", run(folder / name), name)
        refused(f"{name} as a kernel", run("--kernel", folder / name), name)
    for option in ("", "--kernel", "--disk", "--cdrom", "--floppy"):
        missing = folder / "no-such-file"
        refused(f"a missing file {option}", run(*filter(None, [option, missing])), missing)
        refused(f"a folder {option}", run(*filter(None, [option, folder])), folder, "directory")
    for option in ("--disk", "--cdrom", "--floppy"):
        refused(f"an empty file {option}", run(option, folder / "empty"), "empty")
    kernel = bzimage(folder)
    refused("a missing initrd", run("--kernel", kernel, "--initrd", folder / "no-initrd"), "no-initrd")
    with open(folder / "large", "wb") as large:
        large.truncate(300 << 20)
    refused("an initrd larger than RAM", run("--kernel", kernel, "--initrd", folder / "large", "--memory-size", "64M"), "large",
            "--memory-size")
    (folder / "cut").write_bytes(kernel.read_bytes()[:3000])
    refused("a truncated kernel", run("--kernel", folder / "cut"), "cut")
    (folder / "iso").write_bytes(bytes(16 * 2048) + b"\x01CD001\x01" + bytes(73) + (1000).to_bytes(4, "little") + bytes(4096))
    refused("a truncated ISO", run(folder / "iso"), "iso")
    # For root everything is writable; a running program is not.
    program = folder / "program"
    program.write_bytes(Path(RINGSHIFT).read_bytes())
    program.chmod(0o755)
    with subprocess.Popen([program, "run", "--headless", "--quiet", "--timeout", "30"]) as busy:
        try:
            refused("an unwritable disk", run("--disk", program), program, "--snapshot")
        finally:
            busy.kill()
    disk = folder / "disk"
    disk.write_bytes(bytes(510) + b"\x55\xAA" + bytes(1 << 20))
    refused("one disk twice", run("--disk", disk, "--disk", disk), disk, "in use")


def options(folder):
    for size in ("0", "1T", "abc", "", "-1", "1M1", "99999999999999999999G", "512K", "1.5G"):
        refused(f"--memory-size {size!r}", run(f"--memory-size={size}"), "memory-size")
    for words in (["--no-such-option"], ["--cpu", "z80"], ["--engine", "steam"], ["--boot", "xyz"], ["--expect", "("], ["--type", "\\{nokey}"],
                  ["--timeout", "soon"], ["--serial", "morse"], ["--speed", "0", "--deterministic"], ["--gdb", "99999999"], ["--kernel"],
                  ["--initrd", "x"], ["--append", "x", folder / "random"], ["--display", "paper"], ["--clock", "yesterday"]):
        refused(f"{' '.join(map(str, words))}", run(*words), str(words[0]) if words[0] != "--append" else "")
    refused("an unwritable debug console", run("--debugcon", "/no/such/folder/x"), "/no/such/folder/x")
    refused("an unwritable serial file", run("--serial", "file:/no/such/folder/x"), "/no/such/folder/x")
    refused("no command", subprocess.run([RINGSHIFT, "fly"], capture_output=True, timeout=60), '"fly" is no command')
    refused("a file for a command", subprocess.run([RINGSHIFT, folder / "random"], capture_output=True, timeout=60), f"ringshift run {folder / 'random'}")
    refused("nothing at all", subprocess.run([RINGSHIFT], capture_output=True, timeout=60), "ringshift run FILE", "ringshift create")
    refused("an unwritable screenshot", run("--expect", "tour> ", "--screenshot", "/no/such/folder/x"), "/no/such/folder/x")
    refused("an unwritable snapshot", run("--expect", "tour> ", "--save", "/no/such/folder/x"), "/no/such/folder/x")


def surroundings(folder):
    refused("no firmware folder", run("--firmware", folder / "nowhere"), "nowhere", "apt-get install seabios")
    (folder / "firmware").mkdir()
    refused("an empty firmware folder", run("--firmware", folder / "firmware"), "firmware", "apt-get install seabios")
    (folder / "firmware" / "bios-256k.bin").write_bytes(bytes(1000))
    (folder / "firmware" / "bios.bin").write_bytes(bytes(1000))
    (folder / "firmware" / "vgabios-stdvga.bin").write_bytes(bytes(1000))
    refused("damaged firmware", run("--firmware", folder / "firmware"), "firmware")
    nothing = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "SDL_VIDEODRIVER": "x11"}
    dummy = {"SDL_VIDEODRIVER": "dummy"}
    alone = folder / "alone" / "ringshift"
    alone.parent.mkdir()
    shutil.copy(RINGSHIFT, alone)
    words = [alone, "run", "--display", "sdl", "--timeout", "5"]
    without = subprocess.run(words, capture_output=True, timeout=60, env={**os.environ, **dummy})
    refused("a window without its module", without, alone.parent / "ringshift-window.so", "missing", "ringshift_window", "--headless")
    (alone.parent / "ringshift-window.so").write_bytes(b"no module")
    refused("a window with another module", subprocess.run(words, capture_output=True, timeout=60, env={**os.environ, **dummy}), "cannot be loaded", "--headless")
    refused("a window without a display", run("--display", "sdl", "--timeout", "5", environment=nothing, headless=False), "--headless")


def snapshots(folder):
    good = folder / "good.snapshot"
    done = run("--memory-size", "16M", "--deterministic", "--expect", "tour> ", "--save", good)
    assert done.returncode == 0, done.stderr
    content = good.read_bytes()
    bad = folder / "bad.snapshot"

    def resume(what, changed, *words):
        bad.write_bytes(changed)
        refused(what, run(bad, command="resume"), bad, *words)

    refused("a missing snapshot", run(folder / "no-snapshot", command="resume"), "no-snapshot")
    resume("an empty snapshot", b"", "not a Ringshift snapshot")
    resume("a random snapshot", random.randbytes(5000), "not a Ringshift snapshot")
    for size in (1, 8, 20, 24, 50, 1000, len(content) // 2, len(content) - 1):
        resume(f"a snapshot cut to {size}", content[:size])
    resume("a snapshot with more behind it", content + b"x")
    for at in sorted({random.randrange(len(content)) for _ in range(40)} | set(range(0, 64, 5))):
        resume(f"a snapshot with byte {at} flipped", content[:at] + bytes([content[at] ^ 0x5A]) + content[at + 1:])
    refused("a snapshot run", run(good), "ringshift resume")
    done = run(good, "--timeout", "1", command="resume")
    assert done.returncode == 124, (done.returncode, done.stderr)


def changed_kernels(folder):
    """A kernel that says A, waits for a byte from the serial port and resets the machine, which needs the file again."""
    code = bytes.fromhex("BAF803 B041 EE BAFD03 EC A801 74FB BAF90C B006 EE F4 EBFD")
    content = bytearray(bzimage(folder).read_bytes())
    content[0x200:0x202] = b"\xEB\x66"
    content[0x268:0x268 + len(code)] = code

    def after_reset(change):
        kernel = folder / "resets"
        kernel.write_bytes(content)
        words = [RINGSHIFT, "run", "--headless", "--timeout", "20", "--serial", "stdio", "--kernel", kernel]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as machine:
            assert machine.stdout.read(1) == b"A"
            change(kernel)
            machine.stdin.write(b"x")
            machine.stdin.flush()
            again = machine.stdout.read(1)
            if again:
                machine.kill()
            return again, subprocess.CompletedProcess(words, machine.wait(), b"", machine.stderr.read())

    def replace(kernel):
        (folder / "new").write_bytes(bytes(100))
        os.replace(folder / "new", kernel)

    global failures
    for what, change in (("the same", lambda kernel: None), ("gone", Path.unlink), ("replaced", replace)):
        again, done = after_reset(change)
        failures += again != b"A"
        print(f"{'ok     ' if again == b'A' else 'FAILED '} a reset with a kernel that is {what}: {done.stderr.decode()}", flush=True)
    for what, change in (("written to", lambda kernel: kernel.write_bytes(content)), ("cut off", lambda kernel: os.truncate(kernel, 3000))):
        refused(f"a reset with a kernel that was {what}", after_reset(change)[1], folder / "resets", "has changed", "start the machine anew")


with tempfile.TemporaryDirectory() as name:
    for part in (files, options, surroundings, snapshots, changed_kernels):
        part(Path(name))
sys.exit(1 if failures else 0)
