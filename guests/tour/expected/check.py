#!/usr/bin/env python3
"""check.py COMMAND...: runs a machine with the tour in it, once for each file in this folder, and compares (see README.md)."""
import os
import re
import subprocess
import sys
import time
from pathlib import Path

PROMPT = "tour> "
PATIENCE = float(os.environ.get("TOUR_TIMEOUT", "60"))  # seconds for one command


class Machine:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)

    def until(self, end):
        """The text up to `end`, or up to the end of the machine if `end` is None."""
        text, deadline = "", time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            data = self.process.stdout.read()
            text += (data or b"").decode("utf-8", "replace").replace("\r", "")
            if end is not None and text.endswith(end):
                return text
            if not data and self.process.poll() is not None:
                if end is None:
                    return text
                raise AssertionError(f"the machine ended with status {self.process.returncode}: {text!r}")
            time.sleep(0.01)
        raise AssertionError(f"time-out; the last output: {text[-400:]!r}")

    def type(self, line):
        self.process.stdin.write(line.encode() + b"\r")
        self.process.stdin.flush()


def check(path, command):
    machine = Machine(command)
    try:
        machine.until(PROMPT)
        lines, at = [], 0
        steps = [line for line in path.read_text().splitlines() if line and not line.startswith("# ")]
        for number, step in enumerate(steps):
            if step.startswith("> "):
                machine.type(step[2:])
                # The machine's end, if any, stands behind the last command.
                last = steps[-1].startswith(("! off", "! end")) and not any(s.startswith("> ") for s in steps[number + 1:])
                lines, at = machine.until(None if last else PROMPT).splitlines(), 0
            elif step.startswith("! end "):
                assert machine.process.returncode == int(step[6:]), f"status {machine.process.returncode}"
            elif step == "! off":
                assert machine.process.returncode == 0, f"status {machine.process.returncode}"
            elif step == "! reset":
                assert any("kernel: GDT" in line for line in lines), "no second boot"
            else:
                found = next((i for i in range(at, len(lines)) if re.search(step, lines[i])), None)
                assert found is not None, f"no line matches {step!r} in\n" + "\n".join(lines[at:])
                at = found + 1
    finally:
        machine.process.kill()
        machine.process.wait()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    failed = 0
    for path in sorted(Path(__file__).parent.glob("*.expect")):
        try:
            check(path, sys.argv[1:])
            print(f"ok      {path.stem}", flush=True)
        except AssertionError as error:
            failed += 1
            print(f"FAILED  {path.stem}: {error}", flush=True)
    sys.exit(1 if failed else 0)


main()
