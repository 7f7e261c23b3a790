#!/usr/bin/env bash
# Fails if clang-format would change a source file. --fix formats them instead.
set -euo pipefail
cd "$1"
format=$(command -v clang-format-14 || command -v clang-format) || {
    echo "clang-format is missing: apt-get install clang-format-14" >&2
    exit 1
}
mapfile -t files < <(find src tests guests -path guests/cache -prune -o \( -name '*.cpp' -o -name '*.h' \) -print | grep -v '^guests/tour/[^.]*/')
[ ${#files[@]} -gt 0 ]
if [ "${2:-}" = --fix ]; then
    "$format" -i "${files[@]}"
else
    "$format" --dry-run --Werror "${files[@]}"
fi
