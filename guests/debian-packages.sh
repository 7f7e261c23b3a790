# Sourced by the scripts beside it: fetches and unpacks Debian i386 packages through an apt state of their own, so that the
# host's package lists, foreign architectures and installed packages stay as they are. Neither root nor dpkg --add-architecture
# is needed. Packages come from the sources that this machine is set up with, and apt checks their signatures.
#
#   packages_open DIR          keeps lists, archives and unpacked packages below DIR
#   packages_fetch PACKAGE     prints the folder with the unpacked package
#   packages_dependency PACKAGE PATTERN   prints the first package that PACKAGE depends on and PATTERN (a sed regex) matches
#
#   image_begin OUTDIR "OUTPUT ..." SOURCE...   makes OUTDIR and from `here`, the caller's folder: sets `out` (the full path), `work` (in it, to be made); ends the
#                              script with status 0 where the outputs are there and neither the sources nor these scripts have changed
#   image_end                  remembers the stamp and prints the outputs
#   progress PERCENT TEXT      says how far the script is, in a form that `ringshift images build` makes a bar of
#
# Without a way to the packages they end the script with status 77, which test drivers take as "skipped".

skip() { echo "$*" >&2; exit 77; }
fail() { echo "$*" >&2; exit 1; }
progress() { echo "progress: $*"; }

# need TOOL PACKAGE ...: ends the script with one message that names every missing package.
need() {
    missing=
    while [ $# -gt 0 ]; do
        case $1 in
        /*) [ -e "$1" ] || missing="$missing $2" ;;
        *) command -v "$1" >/dev/null 2>&1 || missing="$missing $2" ;;
        esac
        shift 2
    done
    [ -z "$missing" ] || fail "missing:$missing; install with: apt-get install$missing"
}

image_begin() {
    mkdir -p "$1"
    out=$(cd "$1" && pwd)
    work=$out/work
    image_outputs=$2
    shift 2
    stamp=$(cat "$0" "$@" "$here/../debian-packages.sh" "$here/../grub-media.sh" | cksum)
    image_current=yes
    [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ] || image_current=
    for image_output in $image_outputs; do [ -s "$out/$image_output" ] || image_current=; done
    if [ -n "$image_current" ]; then
        echo "up to date: $out"
        exit 0
    fi
    rm -f "$out/stamp"
}

image_end() {
    echo "$stamp" >"$out/stamp"
    for image_output in $image_outputs; do echo "$out/$image_output"; done
}

private_apt() { # COMMAND ARGUMENTS...
    private_command=$1
    shift
    "$private_command" -o APT::Architecture=i386 -o APT::Architectures=i386 -o "Dir::State::Lists=$packages_dir/lists" \
        -o "Dir::State::status=$packages_dir/status" -o "Dir::Cache=$packages_dir/cache" -o APT::Sandbox::User= \
        -o Acquire::Languages=none -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 "$@"
}

packages_open() {
    need apt-get apt dpkg dpkg
    mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/archives" "$1/unpacked"
    packages_dir=$(cd "$1" && pwd)
    : >"$packages_dir/status"
}

# Reads the package lists, once in the life of packages_dir. A list that cannot be read may belong to a source that we do
# not need: what counts is whether the packages are found.
packages_lists() {
    [ -e "$packages_dir/lists.read" ] && return
    echo "reading the i386 package lists ..." >&2
    private_apt apt-get -qq update 2>"$packages_dir/update.log" || true
    ls "$packages_dir"/lists/*_Packages* >/dev/null 2>&1 || skip "no package list could be read (no network?): $(tail -n 1 "$packages_dir/update.log")"
    : >"$packages_dir/lists.read"
}

packages_dependency() {
    packages_lists
    private_apt apt-cache depends "$1" 2>/dev/null | sed -n "s/^ *Depends: \\($2\\)\$/\\1/p" | head -n 1
}

packages_fetch() {
    fetch_target=$packages_dir/unpacked/$1
    if [ ! -e "$fetch_target.done" ]; then
        packages_lists
        echo "fetching $1 ..." >&2
        rm -rf "$fetch_target" "$packages_dir/archives/$1"_*.deb
        (cd "$packages_dir/archives" && private_apt apt-get -qq download "$1") >"$packages_dir/download.log" 2>&1 ||
            { rm -f "$packages_dir/lists.read"; skip "the package $1 (i386) could not be fetched: $(tail -n 1 "$packages_dir/download.log")"; }
        mkdir -p "$fetch_target"
        dpkg -x "$packages_dir/archives/$1"_*.deb "$fetch_target" || fail "$1 could not be unpacked; is the disk full?"
        rm -f "$packages_dir/archives/$1"_*.deb
        : >"$fetch_target.done"
    fi
    echo "$fetch_target"
}
