#!/usr/bin/env bash
# Which lines and branches of src/ the tests pass: a build without optimisation in build/coverage, its tests, and gcovr's table
# of the files, the least covered first. Processes that a test kills leave no counts.
#
#   scripts/coverage.sh [--report] [OPTIONS of ctest]      default: all tests; --report: the counts that are there
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh
build=build/coverage
command -v gcovr >/dev/null || install_packages gcovr || fail "gcovr not found (Debian: gcovr)"
set_mpi_environment

if [ "${1:-}" = --report ]; then
    shift
else
    configure $build -DCMAKE_BUILD_TYPE=Debug -DBUILD_TESTING=ON -DLOCKSTEP_PYTHON="${LOCKSTEP_PYTHON:-}" \
        -DCMAKE_C_FLAGS="--coverage -fprofile-update=atomic -fprofile-abs-path" >/dev/null
    build $build >/dev/null
    find $build -name '*.gcda' -delete
    # counts of instructions, speed and the installed package are of no use here
    ctest --test-dir $build --parallel "$(cores)" --exclude-regex 'instructions|^bench|^install|^layers|^format|^neon' "$@" |
        grep -v ' Passed ' || true
fi
# What cannot go on is a branch to nowhere: assertions of the compiler's, not of ours.
gcovr --root . --filter src/ --object-directory $build --exclude-throw-branches --exclude-unreachable-branches \
    --gcov-ignore-parse-errors --sort-uncovered --json $build/counts.json --txt - --json-summary $build/summary.json >$build/lines.txt
gcovr --root . --filter src/ --add-tracefile $build/counts.json --exclude-throw-branches --branches --sort-percentage --txt $build/branches.txt
cat $build/lines.txt
python3 - $build/summary.json <<'END'
import json, sys
all = json.load(open(sys.argv[1]))
print("lines {line_covered} of {line_total} ({line_percent} %), branches {branch_covered} of {branch_total} ({branch_percent} %)".format(**all))
END
