#!/usr/bin/env python3
"""The translator's ledger and the cache benchmark as users start them: test_ledger.py RINGSHIFT FOLDER"""
import json
import subprocess
import sys
from pathlib import Path

RINGSHIFT, FOLDER = sys.argv[1], Path(sys.argv[2])
LEVELS = ["interp", "linked", "inline", "return", "probe", "hash", "translate", "resume"]
CAUSES = ["compulsory", "capacity", "flush", "smc", "mode"]
TOUR = ["--headless", "--deterministic", "--memory-size", "16M", "--timeout", "200", "--expect", "tour> ", "--send", "selfmod\\r", "--expect", "tour> "]
failures = 0


def check(good, what):
    global failures
    failures += not good
    print(f"{'ok     ' if good else 'FAILED '} {what}")


def run(*arguments):
    return subprocess.run([RINGSHIFT, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)


FOLDER.mkdir(parents=True, exist_ok=True)
file = FOLDER / "stats.json"
for more in ([], ["--cache-size", "64K", "--cache-policy", "ring"], ["--cache-size", "64K", "--cache-policy", "fifo:4", "--hot", "0"]):
    done = run("run", *TOUR, "--stats", "json", "--stats-file", str(file), *more)
    check(done.returncode == 0, f"the tour ends well {more} {done.stderr if done.returncode else ''}")
    ledger = json.loads(file.read_text())["ledger"]
    check(ledger["entries"] == sum(ledger[name] for name in LEVELS), f"entries are the sum of the levels: {ledger}")
    check(ledger["translate"] == sum(ledger["causes"][name] for name in CAUSES), "translations are the sum of the causes")
    check(ledger["linked"] > 0 and ledger["interp"] > 0, "levels are told apart")

done = run("run", *TOUR, "--stats")
check(done.returncode == 0 and "entries into blocks" in done.stderr, "--stats without a value prints text")
done = run("run", *TOUR, "--stats", "csv")
check(done.returncode == 0 and "entries,interp,linked" in done.stdout, "--stats csv prints a table")
for wrong in (["--cache-policy", "lru"], ["--cache-size", "1K"], ["--cache-size", "64K", "--cache-policy", "fifo:17"], ["--translator", "warp=on"]):
    done = run("run", *TOUR, *wrong)
    check(done.returncode == 2 and len(done.stderr.splitlines()) <= 3, f"{wrong} is refused: {done.stderr.strip()}")

results = []
for name in ("first", "second"):
    done = run("bench", "cache", "--quiet", "--sizes", "64K,1M", "--policies", "flush,ring", "--instructions", "30000000",
               "--csv", str(FOLDER / f"{name}.csv"), "--plot", str(FOLDER / f"{name}.svg"))
    check(done.returncode == 0, f"bench cache runs: {done.stderr}")
    results.append([(FOLDER / f"{name}.{kind}").read_bytes() for kind in ("csv", "svg")])
check(results[0] == results[1], "the same input gives the same table and plot, byte for byte")
check(len(results[0][0].splitlines()) == 9, "the table has a head and a row for each of 2 sizes, 2 policies, links on and off")
sys.exit(1 if failures else 0)
