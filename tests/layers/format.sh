#!/usr/bin/env bash
# Whether every C file is laid out as .clang-format says:  format.sh SOURCE
# Exit code 77 where clang-format is missing or has another version than the one that .clang-format was written for.
set -euo pipefail
cd "$1"
wanted=$(sed -n 's/^# clang-format \([0-9]*\).*/\1/p' .clang-format)
found=$(clang-format --version 2>/dev/null | sed -n 's/.*version \([0-9]*\)\..*/\1/p') || true
if [ "$found" != "$wanted" ]; then
    echo "clang-format $wanted is wanted, found: ${found:-none}"
    exit 77
fi
find src include tests scripts \( -name '*.[ch]' -o -name '*.inc' \) -print0 | xargs -0 clang-format --dry-run -Werror
echo "laid out as .clang-format says"
