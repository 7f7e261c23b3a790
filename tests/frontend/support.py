"""What the front-end tests share."""
import atexit
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

RINGSHIFT = os.path.abspath(sys.argv[1])
SOURCE = pathlib.Path(__file__).parent
PATIENCE = 60  # seconds: a busy host is no failure


def start(*command, **arguments):
    """A process that does not outlive the test, however that ends."""
    process = subprocess.Popen(command, **arguments)

    def end():
        if process.poll() is None:
            process.kill()
            process.wait()
    atexit.register(end)
    return process


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def need(*programs):
    missing = [p for p in programs if not shutil.which(p)]
    if missing:
        skip("not installed: " + ", ".join(missing))
    if not pathlib.Path("/usr/share/seabios/bios-256k.bin").exists():
        skip("no firmware (package seabios)")


def assemble(folder, name):
    """The path of the boot sector made from NAME.asm."""
    out = pathlib.Path(folder) / (name + ".bin")
    subprocess.run(["nasm", "-f", "bin", str(SOURCE / (name + ".asm")), "-o", str(out)], check=True)
    return str(out)


def wait_for(what, condition):
    """Waits until condition() returns something true, and returns it. `what`: a text, or a function that makes it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.1)
    raise AssertionError("not within %d seconds: %s" % (PATIENCE, what() if callable(what) else what))


def check(condition, what):
    if not condition:
        raise AssertionError(what() if callable(what) else what)


def scratch():
    return tempfile.TemporaryDirectory(prefix="ringshift-test-")


def without_display():
    return {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
