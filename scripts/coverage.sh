#!/usr/bin/env bash
# Which lines and branches of src/ the tests pass: a build without optimisation (but of the kernels) in build/coverage, its tests,
# and the files that most is missing of; gcovr's tables of all files are in build/coverage then. Processes that others kill
# (SIGKILL) leave no counts.
#
#   scripts/coverage.sh [--keep] [OPTIONS of ctest]      default: all tests but those that count or time, or let the counting
#                                                        itself run out of memory; an -E of your own is in place of that.
#                                                        --keep: added to the counts that are there
#   scripts/coverage.sh --report                         the counts that are there
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh
build=build/coverage
gcovr=$build/venv/bin/gcovr

# Debian 12's gcovr 5.2 gives up on functions that stand on several lines, as those of src/math/*.inc do. The others are for
# the tests of layouts.
install_python() {
    [ -x $gcovr ] && return
    python3 -m venv $build/venv && $build/venv/bin/pip install --quiet --disable-pip-version-check 'gcovr>=7' h5py numpy ||
        fail "gcovr, h5py and numpy could not be installed into $build/venv: needs python3-venv, and an index that pip reaches"
}

build_all() {
    local exits=$PWD/$build/exits.o
    mkdir -p $build
    cc -O1 -c scripts/coverage_exits.c -o "$exits"
    # a build type of its own: the kernels are optimised in all but Debug, nothing else is in this
    configure $build -DCMAKE_BUILD_TYPE=Coverage -DBUILD_TESTING=ON -DLOCKSTEP_PYTHON="${LOCKSTEP_PYTHON:-}" \
        -DLOCKSTEP_PYTHON3="$PWD/$build/venv/bin/python" \
        -DCMAKE_C_FLAGS="-g --coverage -fprofile-update=atomic -fprofile-abs-path" \
        -DCMAKE_EXE_LINKER_FLAGS="$exits -Wl,--wrap=_exit,--wrap=raise" >/dev/null
    build $build >/dev/null
}

# Those of what has been compiled anew since: programs would say on standard error that they do not fit.
delete_old_counts() {
    local counts
    find $build -name '*.gcda' | while read -r counts; do
        if [ "${counts%.gcda}.gcno" -nt "$counts" ]; then
            rm "$counts"
        fi
    done
}

# The compiler's own branches, and those of assertions, go nowhere.
report() {
    $gcovr --root . --object-directory $build --filter src/ --merge-mode-functions=separate --exclude-throw-branches \
        --exclude-unreachable-branches --exclude-branches-by-pattern '.*\bassert\(.*' --gcov-ignore-parse-errors=all --gcov-suspicious-hits-threshold=0 \
        --json $build/counts.json --json-summary $build/summary.json --sort uncovered-number --sort-reverse \
        --txt $build/lines.txt $build
    $gcovr --root . --filter src/ --add-tracefile $build/counts.json --merge-mode-functions=separate --txt-metric branch \
        --sort uncovered-number --sort-reverse --txt $build/branches.txt
    python3 - $build/summary.json <<'END'
import json
import sys

whole = json.load(open(sys.argv[1]))


def missing(file):
    return file["line_total"] - file["line_covered"], file["branch_total"] - file["branch_covered"]


print(f"{'lines':>6} {'':>5}   {'branches':>6}")
for file in sorted(whole["files"], key=missing, reverse=True)[:30]:
    print("{:6d} {line_percent:5.1f} % {:6d} {branch_percent:5.1f} %   {filename}".format(*missing(file), **{
        key: value or 0 if key.endswith("percent") else value for key, value in file.items()}))
print("lines {line_covered} of {line_total} ({line_percent} %), branches {branch_covered} of {branch_total} "
      "({branch_percent} %)".format(**whole))
END
}

install_python
if [ "${1:-}" != --report ]; then
    keep=
    [ "${1:-}" != --keep ] || { keep=1 && shift; }
    build_all
    [ -n "$keep" ] || find $build -name '*.gcda' -delete
    delete_old_counts
    set_mpi_environment
    ctest --test-dir $build --parallel "${CTEST_PARALLEL_LEVEL:-$(cores)}" \
        --exclude-regex 'instructions|^bench|^install|^layers|^format|^neon|allocations' "$@" | grep -v ' Passed \|  Start ' || true
fi
delete_old_counts
report
