#!/usr/bin/env python3
"""Checks the arrows of docs/design.md: which folder of src/ may include which, and where each library may be used."""
import pathlib
import re
import sys

ALLOWED = {
    "base": {"base"},
    "mmu": {"base", "mmu"},
    "cpu": {"base", "mmu", "cpu"},
    "bt": {"base", "mmu", "cpu", "bt"},
    "kvm": {"base", "mmu", "cpu", "kvm"},
    "devices": {"base", "devices"},
    "machine": {"base", "mmu", "cpu", "bt", "kvm", "devices", "machine"},
    "frontend": {"base", "machine", "frontend"},
}
# What the front ends may see of the machine.
MACHINE_PUBLIC = {"machine.h", "config.h", "display.h", "input.h", "debugger.h", "explain.h", "image_kind.h", "host_file.h", "disk_tool.h", "speed.h"}
# A third-party library enters through one folder.
LIBRARIES = {
    r"Zydis|Zycore": "src/cpu/isa/",
    r"asmjit": "src/bt/",
    r"SDL": "src/frontend/sdl/",
    r"n?curses": "src/frontend/terminal",
    r"CLI/": "src/frontend/",
    r"png\.h": "src/frontend/",
    r"nlohmann": "src/frontend/",
    r"zstd\.h": "src/machine/",
    r"zlib\.h": "src/machine/",
    r"toml\+\+": "src/frontend/library/",
    r"slirp/": "src/machine/",
    r"linux/kvm": "src/kvm/",
}


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    errors = []
    files = 0
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".h", ".cpp", ".def"):
            continue
        files += 1
        name = path.relative_to(root).as_posix()
        layer = name.split("/")[1]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if not include:
                continue
            quoted, target = include.group(1) == '"', include.group(2)
            for pattern, folder in LIBRARIES.items():
                if re.match(pattern, target) and not name.startswith(folder):
                    errors.append(f"{name}:{number}: {target} belongs to {folder} alone")
            if not quoted:
                continue
            other = target.split("/")[0]
            if other in ALLOWED and other not in ALLOWED[layer]:
                errors.append(f"{name}:{number}: {layer} may not include {target}")
            elif layer == "frontend" and other == "machine" and target.split("/", 1)[1] not in MACHINE_PUBLIC:
                errors.append(f"{name}:{number}: {target} is not of the machine's public headers")
            elif other in ALLOWED and not (root / "src" / target).is_file():
                errors.append(f"{name}:{number}: no such header: {target}")
    print("\n".join(errors) or f"{files} files keep to the arrows")
    return 1 if errors or files == 0 else 0


sys.exit(main())
