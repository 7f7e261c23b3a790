#!/usr/bin/env python3
"""The Debian package: built, unpacked, and its program, manual page, completion, icon and menu entry tried there."""
import gzip
import os
import pathlib
import subprocess
import sys

from support import check, need, scratch, skip

RINGSHIFT, BUILD = os.path.abspath(sys.argv[1]), sys.argv[2]
COMPLETE = '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ringshift; echo "${COMPREPLY[@]}"'


def output(*command, **arguments):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True, timeout=200,
                          **arguments).stdout.decode()


def check_program(root):
    program = str(root / "usr/bin/ringshift")
    check(output(program, "--version") == output(RINGSHIFT, "--version"), "the version")
    output(program, "run", "--headless", "--quiet", "--timeout", "100", "--expect", "tour> ")
    output(program, "run", "--display", "sdl", "--quiet", "--timeout", "100", "--expect", "tour> ", env={**os.environ, "SDL_VIDEODRIVER": "dummy"})
    needed = output("readelf", "--dynamic", program)
    check("libslirp" in needed and "SDL" not in needed and "X11" not in needed, "only a window needs SDL")


def check_manual(root):
    page = gzip.open(root / "usr/share/man/man1/ringshift.1.gz").read().decode()
    for text in (".TH RINGSHIFT 1", "ringshift run", "ringshift bench cache", r".B \-\-snapshots \fIFOLDER\fR", "EXIT STATUS"):
        check(text in page, "the manual page has " + text)
    check("--" not in page, "no dash becomes a hyphen")


def check_completion(root):
    file = str(root / "usr/share/bash-completion/completions/ringshift")
    for words, expected in ((["ru"], "run"), (["run", "--snap"], "--snapshot --snapshots"), (["bench", "ca"], "cache"),
                            (["bench", "cache", "--pol"], "--policies"), (["run", "some-file"], "")):
        found = output("bash", "-c", COMPLETE, "bash", file, "ringshift", *words).strip()
        check(found == expected, "%s is completed to %r, not %r" % (words, expected, found))


def check_desktop(root):
    entry = (root / "usr/share/applications/ringshift.desktop").read_text()
    check("Exec=ringshift run %f" in entry and "Icon=ringshift" in entry, "the menu entry")
    check("</svg>" in (root / "usr/share/icons/hicolor/scalable/apps/ringshift.svg").read_text(), "the icon")


def main():
    need("cpack", "readelf", "dpkg-deb", "dpkg-shlibdeps", "gzip")
    if not (pathlib.Path(BUILD) / "packaging/ringshift.bash").exists():
        skip("the target package_content has not been built")
    with scratch() as folder:
        output("cpack", "--config", str(pathlib.Path(BUILD) / "CPackConfig.cmake"), "-B", folder)
        package = str(next(pathlib.Path(folder).glob("*.deb")))
        depends = output("dpkg-deb", "--field", package, "Depends")
        check("seabios" in depends and "libsdl2" in depends, "what it depends on: " + depends)
        root = pathlib.Path(folder) / "root"
        output("dpkg-deb", "-x", package, str(root))
        check_program(root)
        check_manual(root)
        check_completion(root)
        check_desktop(root)


main()
