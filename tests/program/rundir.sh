#!/usr/bin/env bash
# The run directory loses nothing: what others put into it or do to it, checkpoints that are kept, disks without room, logs
# that are touched, and many starts at once.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"
cp "$LOCKSTEP_DATA/digits.h5" .
small=(train digits.h5 --layers "16 relu, 10 softmax" --batch-size 128 --log-every 1) # 12 steps an epoch
name() {
    printf 'step-%012d.h5' "$1"
}
kept() { # DIRECTORY: what is in its checkpoints, without the zeros
    find "$1/checkpoints" -mindepth 1 -printf '%f\n' | LC_ALL=C sort | sed 's/^step-0*\([0-9]*\).h5$/\1/' | tr '\n' ' '
}
# A byte of a file, changed.
hurt() { # FILE AT
    printf 'Z' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
mounted=()
trap 'for m in "${mounted[@]}"; do umount -l "$m" || true; done; clean_up' EXIT

job 0 "${small[@]}" --epochs 4 --output whole
check "set up" "$code" 0
expected=$(digests whole)
job 0 "${small[@]}" --epochs 2 --checkpoint-every "5 steps" --keep 4 --output begun
check "set up: checkpoints" "$(kept begun)" "10 15 20 24 "

# ends NAME DIRECTORY [RANKS]: it is gone on with to the bits of the unbroken run.
ends() {
    job "${3:-0}" "${small[@]}" --epochs 4 --output "$2" --resume
    check "$1: ends well" "$code $([ "$code" = 0 ] && digests "$2" || error_lines)" "0 $expected"
}

# ---- what counts as a checkpoint ----
for ranks in 0 2; do
    rm -rf run && cp -r begun run
    cp "run/checkpoints/$(name 10)" run/checkpoints/step-best.h5
    cp "run/checkpoints/$(name 10)" "run/checkpoints/$(name 24) (copy).h5"
    job $ranks "${small[@]}" --epochs 4 --checkpoint-every "5 steps" --keep 2 --output run --resume
    check "copies are no checkpoints ($ranks ranks)" "$code $(digests run) $(kept run)" \
        "0 $expected step-000000000024.h5 (copy).h5 45 48 step-best.h5 "
    check_contains "nor gone on from ($ranks ranks)" "$(<err)" "resuming from run/checkpoints/$(name 24)"
done
rm -rf run && cp -r begun run
hurt "run/checkpoints/$(name 20)" 3000 && hurt "run/checkpoints/$(name 24)" 3000
job 0 "${small[@]}" --epochs 4 --checkpoint-every "17 steps" --keep 2 --output run --resume
check "damaged ones do not count, and stay" "$code $(digests run) $(kept run)" "0 $expected 20 24 34 48 "
rm -rf run && cp -r begun run
job 0 "${small[@]}" --seed 7 --epochs 5 --output other
cp "other/checkpoints/$(name 60)" run/checkpoints/
job 0 "${small[@]}" --epochs 4 --checkpoint-every "5 steps" --keep 2 --output run --resume
check "those of another run do not count, and stay" "$code $(digests run) $(kept run)" "0 $expected 45 48 60 "
check_contains "and are told of" "$(<err)" "warning: checkpoint passed over: run/checkpoints/$(name 60)"
cp "other/checkpoints/$(name 60)" "run/checkpoints/$(name 60)"
job 0 "${small[@]}" --epochs 6 --checkpoint-every "60 steps" --output run --resume
check "one in the way of a checkpoint steps aside" "$code $(digest "run/checkpoints/$(name 60).foreign")" "0 $(digest "other/checkpoints/$(name 60)")"
error "another recipe is an error all the same" 0 2 "'batch-size = 128'" "'batch-size = 64'" -- train --resume --output begun --batch-size 64 --epochs 9
rm -rf run && cp -r begun run && cp "run/checkpoints/$(name 10)" run/checkpoints/step-mine.h5
job 0 "${small[@]}" --epochs 1 --output run --overwrite
check "--overwrite leaves what is not the run's" "$code $(kept run)" "0 12 step-mine.h5 "

# ---- names that begin with a dot ----
rm -rf run && cp -r begun run
for file in run/.notes.tmp.1 run/.log.csv.tmp.4711 "run/checkpoints/.$(name 24).tmp.99" run/checkpoints/.x.tmp.7-0123456789abcdef; do
    echo mine >"$file"
done
if has_faults; then
    LOCKSTEP_FAULT=sealed-rename:0:kill job 0 "${small[@]}" --epochs 4 --checkpoint-every "5 steps" --output run --resume
    check "killed in a save: leaves its file" "$(find run/checkpoints -name ".$(name 25).tmp.*" | wc -l)" 1
fi
ends "hidden files of others" run
check "they stay, and those of the killed run are gone" "$(cat $(find run -name '.*.tmp.*') | sort | uniq -c | tr -s ' ')" " 4 mine"

# ---- logs ----
touched() { # NAME: what is done to run's log before it is gone on with
    case $1 in
    gone) rm run/log.csv ;;
    cut) truncate -s 300 run/log.csv ;;
    edited) hurt run/log.csv 300 ;;
    rewritten) seq 1000 >run/log.csv ;;
    link) rm -f run/log.csv && echo precious >precious && ln -s ../precious run/log.csv ;;
    pipe) rm -f run/log.csv && mkfifo run/log.csv ;;
    folder) rm run/log.csv && mkdir run/log.csv ;;
    empty) : >run/log.csv ;;
    hard) ln run/log.csv run.csv ;;
    esac
}
for way in gone cut edited rewritten link pipe folder empty hard; do
    rm -rf run run.csv && cp -r begun run
    touched $way
    ends "log $way" run
    case $way in
    edited | rewritten | pipe | folder | link) check "log $way: what was there stays" "$(ls -d run/log.csv.damaged)" run/log.csv.damaged ;;
    hard) check "log $way: the other name has its bytes" "$(digest run.csv)" "$(digest begun/log.csv)" ;;
    gone | cut | empty) check "log $way: nothing is put aside" "$(find run -name '*.damaged')" "" ;;
    esac
    [ $way = hard ] || check_contains "log $way: told" "$(<err)" "warning: run/log.csv: "
done
check "the file that a link led to" "$(<precious)" precious
for way in link pipe; do
    rm -rf run && mkdir run
    touched $way
    job 0 "${small[@]}" --epochs 4 --output run --resume
    check "log $way, and no run yet" "$code $(digests run)" "0 $expected"
done
check "the file that a link led to, again" "$(<precious)" precious
mkdir -p new && ln -s ../nowhere new/log.csv
error "a new run where there is a log, if only a link" 0 4 "new holds a run already" -- "${small[@]}" --output new
check "nothing was made through it" "$(ls nowhere 2>&1 | wc -l) $(ls -A new)" "1 log.csv"
# While the run goes on: it stands still in front of a step meanwhile.
if has_faults; then
    for way in gone edited link; do
        rm -rf run
        LOCKSTEP_FAULT=step:0:sleep:20 LOCKSTEP_TEST=$work "${emulator[@]}" "$LOCKSTEP" "${small[@]}" --epochs 4 --output run >out 2>err </dev/null &
        holder=$!
        rows_there() { [ "$(wc -l <run/log.csv)" -ge 20 ]; }
        wait_until rows_there || bad "log $way while it runs" "$(<err)" "rows in log.csv"
        touched $way
        code=0
        wait $holder || code=$?
        check "log $way while it runs" "$code $(digests run)" "0 $expected"
        check_contains "log $way while it runs: told" "$(<err)" "warning: run/log.csv: "
    done
fi
# The newest ones cannot be read for a moment: the run goes on from an older one, is killed, and finds them again.
if has_faults; then
    rm -rf run hidden && cp -r begun run && mkdir hidden
    mv "run/checkpoints/$(name 24)" "run/checkpoints/$(name 20)" hidden
    LOCKSTEP_FAULT=step:0:kill:3 job 0 "${small[@]}" --checkpoint-every never --epochs 4 --output run --resume
    mv hidden/* run/checkpoints
    check "the log is shorter than the newest has it" "$(($(stat -c %s run/log.csv) < $(stat -c %s begun/log.csv)))" 1
    ends "unreadable for a moment" run 2
fi

# ---- no room ----
saved=("${small[@]:0:2}" --layers "64 relu, 10 softmax" --batch-size 128 --epochs 12 --checkpoint-every "20 steps")
job 0 "${saved[@]}" --output full
expected=$(digests full)
LOCKSTEP_TEST=$work "${emulator[@]}" "$LOCKSTEP" "${saved[@]}" --epochs 100 --output moved >out 2>err </dev/null &
holder=$!
wait_until test -e "moved/checkpoints/$(name 40)" && mv moved/checkpoints moved/elsewhere
code=0
wait $holder || code=$?
check "checkpoints are moved away: they go on in a new place" "$code $([ -e moved/model.weights.h5 ] && [ -e "moved/checkpoints/$(name 1200)" ] && echo there)" "0 there"
temporary() {
    find "$1" -name '.*.tmp.*' | wc -l
}
if has_faults; then
    for point in report report-page; do
        rm -rf unsaved
        LOCKSTEP_FAULT=$point:0:output job 0 "${saved[@]}" --output unsaved
        check "$point cannot be written: the run is as ever" "$code $(digests unsaved) $(ls unsaved | grep -c '^report')" \
            "0 $expected $([ $point = report ] && echo 2 || echo 1)"
        check_contains "and it is said" "$(<err)" "warning: there is no report: "
    done
    rm -rf unsaved
    LOCKSTEP_FAULT=sealed-write:0:output:8 job 0 "${saved[@]}" --output unsaved # the last checkpoint
    check "the last checkpoint cannot be written: the model is" "$code $(digests unsaved)" "4 $expected"
    check_contains "and it is said" "$(error_lines)" "; the model is saved: unsaved/model.weights.h5"
    LOCKSTEP_FAULT=log-write:0:output:3 job 0 "${saved[@]}" --output waits
    check "a row that cannot be written waits" "$code $(digests waits)" "0 $expected"
    check_contains "and it is said" "$(<err)" "its rows wait in memory"
fi
mkdir disk
if mount -t tmpfs -o size=340k tmpfs disk 2>/dev/null; then
    mounted+=("$work/disk")
    job 0 "${saved[@]}" --keep 3 --output disk/run
    check "no room for the page: the run is as ever" "$code $(digests disk/run) $(temporary disk/run)" "0 $expected 0"
    check_contains "and it is said" "$(<err)" "warning: there is no report: disk/run/report.html: "
    rm -rf disk/run
    saved+=(--report off)
    job 0 "${saved[@]}" --keep 3 --output disk/run
    check "room for three checkpoints" "$code $(digests disk/run)" "0 $expected"
    were=$(kept disk/run)
    check_contains "the oldest went" "$(<err)" "no room: disk/run/checkpoints/$(name 20) was removed"
    check "nothing is left but the run" "$(ls -A disk/run | tr '\n' ' ')" ".lock checkpoints log.csv model.weights.h5 run.json timing.csv "
    rm -rf disk/run
    job 2 "${saved[@]}" --keep 3 --output disk/run
    check "the same on 2 ranks" "$code $(digests disk/run)" "0 $expected"
    for ranks in 0 2; do
        rm -rf disk/run
        job $ranks "${saved[@]}" --keep 3 --checkpoint-async on --output disk/run
        check "the same beside training, $ranks ranks" "$code $(digests disk/run) $(kept disk/run)" "0 $expected $were"
        check_contains "the oldest went, $ranks ranks" "$(<err)" "no room: disk/run/checkpoints/$(name 20) was removed"
        check "none was left out, $ranks ranks" "$(grep -c 'the next checkpoint tries again' err || true)" 0
    done
    umount disk
    # Room for the model and one checkpoint, so that the second is written into the model's room, which the first then
    # makes again. Looked at while the run goes on: at its end the model's room is gone in any case.
    if has_faults; then
        mount -t tmpfs -o size=220k tmpfs disk
        LOCKSTEP_FAULT=step:0:kill:45 job 0 "${saved[@]}" --keep 5 --output disk/run
        check "room for one checkpoint: the newest alone is there" "$(kept disk/run)" "40 "
        check "room for one checkpoint: and the model's room again" "$(find disk/run -name '.reserve.*' -size +8 | wc -l)" 1
        check_contains "room for one checkpoint: the first made it" "$(<err)" "no room: disk/run/checkpoints/$(name 20) was removed"
        umount disk
    fi
    # Full at a row of the log, until somebody makes room: no row is lost.
    mount -t tmpfs -o size=8m tmpfs disk
    long() { # trains into disk/run in the background, and fills the disk once there are rows
        rm -rf disk/run disk/ballast
        LOCKSTEP_TEST=$work "${emulator[@]}" "$LOCKSTEP" "${saved[@]}" --checkpoint-every never --log-every 1 --epochs 3000 --quiet \
            --output disk/run >out 2>err </dev/null &
        holder=$!
        rows_there() { [ "$(wc -l <disk/run/log.csv)" -ge 20 ]; }
        wait_until rows_there || bad "a full disk" "$(<err)" "rows"
        dd if=/dev/zero of=disk/ballast bs=1k status=none 2>/dev/null || true
        waiting() { grep -q "its rows wait in memory" err; }
        wait_until waiting || bad "a full disk" "$(<err)" "rows that wait"
    }
    long
    rm disk/ballast
    code=0
    wait $holder || code=$?
    check "a full disk at a row" "$code $(awk -F, 'NR > 1 && $2 != NR - 1' disk/run/log.csv | wc -l) $(tail -n 1 disk/run/log.csv | cut -d, -f1,2)" "0 0 3000,36000"
    # and where nobody does, the model that room was kept for is there.
    long
    code=0
    wait $holder || code=$?
    check "somebody fills the disk: code" "$code" 4
    job 0 info disk/run/model.weights.h5
    check "somebody fills the disk: the model is there" "$code" 0
else
    echo "SKIPPED: no file system can be mounted here, so no disk was filled"
fi

# ---- many at once ----
tiny=(train "$LOCKSTEP_DATA/tutorial.h5" --layers "1" --threads 1 --quiet)
for round in 1 2 3; do
    rm -rf tutorial-0* one && jobs=()
    for i in 1 2 3 4 5 6 7 8; do
        LOCKSTEP_TEST=$work "${emulator[@]}" "$LOCKSTEP" "${tiny[@]}" >/dev/null 2>"err.$i" </dev/null &
        jobs+=($!)
    done
    codes=
    for id in "${jobs[@]}"; do wait "$id" && codes+=0 || codes+=$?; done
    check "eight starts without --output ($round): each has a directory" "$codes $(ls tutorial-00[1-8]/model.weights.h5 | wc -l)" "00000000 8"
    jobs=()
    for i in 1 2 3 4 5 6 7 8; do
        LOCKSTEP_TEST=$work "${emulator[@]}" "$LOCKSTEP" "${tiny[@]}" --seed $i --output one >/dev/null 2>"err.$i" </dev/null &
        jobs+=($!)
    done
    codes= winner=
    for i in 1 2 3 4 5 6 7 8; do
        if wait "${jobs[i - 1]}"; then winner+=$i; else codes+=$?; fi
    done
    check "eight starts in one directory ($round): one has it" "$codes ${#winner}" "4444444 1"
    check "the others say so ($round)" "$(cat err.[1-8] | grep -c 'error: one \(is in use by another\|holds a run already\)')" 7
    check "and it is that one's ($round)" "$(grep -c "\"seed\": \"$winner\"" one/run.json)" 2
done
finish
