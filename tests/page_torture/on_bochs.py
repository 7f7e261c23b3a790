#!/usr/bin/env python3
"""on_bochs.py PAGE_TORTURE GUEST [--seeds N] [--first S] [--rounds N] [--operations N]

The page-table torture guest (page_torture.asm) on the interpreter and on Debian's Bochs: both must print the same sums.
PAGE_TORTURE GUEST --print interp --shown with the seed, and a case with SHOWN 1 on Bochs, have what came of each access.
Status 77: there is no Bochs."""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def case(seed, arguments, output):
    return "\n".join([f"; Page-table torture, seed {seed}", "; mode: system", f"; output: {output}", f"%define SEED {seed}",
                      f"%define ROUNDS {arguments.rounds}", f"%define OPERATIONS {arguments.operations}", "%define LOOSE 0",
                      f'%include "{HERE}/page_torture.asm"', ""])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("page_torture")
    parser.add_argument("guest")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--operations", type=int, default=300)
    arguments = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "case.asm"
        for seed in range(arguments.first, arguments.first + arguments.seeds):
            ours = subprocess.run([arguments.page_torture, arguments.guest, "--print", "interp", "--first", str(seed), "--rounds",
                                   str(arguments.rounds), "--operations", str(arguments.operations)], capture_output=True, text=True)
            file.write_text(case(seed, arguments, ours.stdout.strip()))
            bochs = subprocess.run([HERE.parent / "insn" / "run_on_bochs.sh", file], capture_output=True, text=True,
                                   env={"BOCHS_TIMEOUT": "120", "PATH": "/usr/bin:/bin:/usr/local/bin"})
            if bochs.returncode == 77:
                print(bochs.stdout)
                sys.exit(77)
            if bochs.returncode != 0:
                failed += 1
                print(f"seed {seed} differs:\n{bochs.stdout}", flush=True)
    print(f"{arguments.seeds} runs of the page-table torture on Bochs, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
