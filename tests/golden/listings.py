#!/usr/bin/env python3
"""Keeps the listings in a document what `ringshift explain` prints.

    listings.py RINGSHIFT DOCUMENT [--update]

A listing is the fenced block after a line `<!-- explain OPTIONS: INSTRUCTIONS -->`, instructions separated by `;`.
"""
import os
import re
import subprocess
import sys
import tempfile

LISTING = re.compile(r"(<!-- explain (?P<options>[^:]*): (?P<code>.*?) -->\n```\n)(?P<text>.*?)(```\n)", re.S)


def explain(program: str, options: str, code: str) -> str:
    words = options.split()
    bits = words[words.index("--bits") + 1]
    base = words[words.index("--base") + 1]
    with tempfile.TemporaryDirectory() as folder:
        source, binary = os.path.join(folder, "code.asm"), os.path.join(folder, "code.bin")
        with open(source, "w") as file:
            file.write(f"bits {bits}\norg {base}\n" + "\n".join(code.split(";")) + "\n")
        subprocess.run(["nasm", "-f", "bin", "-o", binary, source], check=True)
        out = subprocess.run([program, "explain", binary, "--color", "never", *words], check=True, capture_output=True)
    return out.stdout.decode()


def main() -> int:
    program, document = sys.argv[1:3]
    with open(document) as file:
        old = file.read()
    count = len(LISTING.findall(old))
    new = LISTING.sub(lambda m: m[1] + explain(program, m["options"], m["code"]) + m[5], old)
    if "--update" in sys.argv:
        with open(document, "w") as file:
            file.write(new)
        return 0
    print(f"{count} listings in {document}" + ("" if new == old else " are not what explain prints: build update_golden"))
    return 0 if count > 0 and new == old else 1


if __name__ == "__main__":
    sys.exit(main())
