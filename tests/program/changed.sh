#!/usr/bin/env bash
# The data file is cut, rewritten or replaced while rows stream from it: exit code 3 and the rows, never another model; and with
# the file back, the run goes on to the right one.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"
"${emulator[@]}" "${LOCKSTEP_MAKE_DATA:?the program make_data}" "$work/keep.h5" 40000 28
line=(train data.h5 --layers "64 relu, 1 sigmoid" --batch-size 256 --shuffle-window 64 --memory 250kB --epochs 40 --threads 1
    --log-every 20 --checkpoint-every "50 steps")

result() { cat run/model.weights.h5 run/log.csv | sha256sum | cut -d' ' -f1; }

# disturb RANKS CHANGE: starts ./run and, when it is in its second epoch, stops all of it, does CHANGE, and lets it go on
disturb() {
    local job
    cp keep.h5 data.h5
    touch -d "2020-01-01 00:00:00" data.h5
    rm -rf run
    launch=()
    [ "$1" = 0 ] || launch=("$mpiexec" -n "$1")
    LOCKSTEP_TEST=$work "${launch[@]}" "${emulator[@]}" "$LOCKSTEP" "${line[@]}" --output run >out 2>err </dev/null &
    job=$!
    while [ "$(wc -l 2>/dev/null <run/log.csv || echo 0)" -lt 12 ] && kill -0 $job 2>/dev/null; do sleep 0.02; done
    leftovers | xargs -r kill -STOP 2>/dev/null || true
    eval "$2"
    leftovers | xargs -r kill -CONT 2>/dev/null || true
    code=0
    wait $job || code=$?
}

cp keep.h5 data.h5
job 0 "${line[@]}" --output run
check "undisturbed" "$code" 0
expected=$(result)
middle=$(($(stat -c %s keep.h5) / 2))
rewrite="head -c 300000 /dev/zero | dd of=data.h5 bs=1M oflag=seek_bytes seek=$middle conv=notrunc status=none"

changes=("truncate -s 0 data.h5" "truncate -s $middle data.h5" "$rewrite" "$rewrite; touch -d '2020-01-01 00:00:00' data.h5"
    "mv data.h5 old.h5; cp keep.h5 data.h5" "mv data.h5 old.h5")
words=("but had" "but had" "has been written to since" "have changed since they were first read" "is not the file any more"
    "No such file or directory, but it was there")
for ranks in 0 3; do
    for i in "${!changes[@]}"; do
        [ $ranks = 0 ] || [ $((i % 3)) = 0 ] || continue
        name="${changes[$i]} ($ranks ranks)"
        disturb $ranks "${changes[$i]}"
        check "$name: code" "$code" 3
        check "$name: lines" "$(error_lines | wc -l)" 1
        check_contains "$name: says" "$(error_lines)" "${words[$i]}"
        check "$name: no model" "$(ls run/model.weights.h5 2>/dev/null)" ""
    done
    cp keep.h5 data.h5
    job $ranks "${line[@]}" --output run --resume
    check "gone on with the file back ($ranks ranks)" "$code $(result)" "0 $expected"
done
finish
