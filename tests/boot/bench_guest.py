"""The guest of ../shared/bench, built in a folder of ours."""
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILDER = ROOT.parent / "shared" / "bench" / "mkguest.sh"
SKIPPED = 77


def build(folder, *wanted):
    """Paths of the files `wanted`; ends the program with status 77 if they cannot be had."""
    files = [folder / name for name in wanted]
    if not all(file.exists() for file in files):
        if not BUILDER.exists():
            print(f"{BUILDER} is not there")
            sys.exit(SKIPPED)
        folder.mkdir(parents=True, exist_ok=True)
        built = subprocess.run(["sh", BUILDER, folder], capture_output=True)
        if not all(file.exists() for file in files):
            print(built.stderr.decode(errors="replace")[-2000:])
            sys.exit(SKIPPED)
    return files
