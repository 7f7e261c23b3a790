#!/usr/bin/env python3
"""`ringshift bench nano` runs on each engine and has a sane number for every operation.

Usage: test_nano.py RINGSHIFT
"""

import csv
import subprocess
import sys

ENGINES = ["interp", "bt", "bt:go-on=off", "bt:native=off"]
MOST = 1_000_000  # cycles: no operation takes so many, however busy the host is


def run(*arguments):
    done = subprocess.run([sys.argv[1], "bench", "nano", "--quiet", *arguments], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        sys.exit(f"status {done.returncode}: {done.stderr}")
    return done.stdout


def main():
    rows = list(csv.DictReader(run("--csv", "-", *(f"--engine={name}" for name in ENGINES)).splitlines()))
    operations = {row["operation"] for row in rows}
    if len(operations) < 20:
        sys.exit(f"only {len(operations)} operations")
    cycles = {(row["operation"], row["engine"]): float(row["cycles"]) for row in rows}
    for operation in sorted(operations):
        for engine in ENGINES:
            each = cycles.get((operation, engine))
            if each is None or not 0 < each < MOST:
                sys.exit(f"{operation} on {engine}: {each} cycles")
    table = run("--engine", "bt").splitlines()
    if table[0].split()[:2] != ["cycles", "bt"] or {line.split()[0] for line in table[1:]} != operations:
        sys.exit("the table has other operations:\n" + "\n".join(table))
    print(f"{len(operations)} operations on {len(ENGINES)} engines")


if __name__ == "__main__":
    main()
