#!/usr/bin/env bash
# Where the time went: each rank's seconds in run.json, of finished and stopped runs; a rank that makes the others wait is
# said, with its host.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"
small=(train "$LOCKSTEP_DATA/digits.h5" --layers "64 relu, 10 softmax" --batch-size 128 --epochs 3 --threads 1 --validation-split 0.2
    --hang-timeout 600)

# spent DIRECTORY KIND: what run.json has of it, in one line.
spent() {
    tr -d ' \n' <"$1/run.json" | grep -o "\"$2\":{\"min\":[^}]*}" | head -n 1
}
# part DIRECTORY KIND KEY: a number or name of that.
part() {
    spent "$1" "$2" | grep -o "\"$3\":[^,}]*" | cut -d: -f2 | tr -d '"'
}
imbalance() { # DIRECTORY
    sed -n 's/^ *"imbalance": \([^,]*\),*$/\1/p' "$1/run.json"
}
holds() { # CONDITION of awk
    awk "BEGIN { print ($1) ? \"yes\" : \"no\" }"
}
kinds="data compute exchange wait evaluate write work"

for ranks in 0 2; do
    job $ranks "${small[@]}" --output run$ranks
    check "$ranks ranks" "$code" 0
    for kind in $kinds; do
        check "$ranks ranks: $kind in order" \
            "$(holds "0 <= $(part run$ranks $kind min) && $(part run$ranks $kind min) <= $(part run$ranks $kind mean) && $(part run$ranks $kind mean) <= $(part run$ranks $kind max)")" yes
        check "$ranks ranks: $kind names a host" "$(part run$ranks $kind max_host)" "$(uname -n)"
    done
    seconds=$(sed -n 's/^ *"seconds": \([^,]*\),$/\1/p' run$ranks/run.json | head -n 1)
    check "$ranks ranks: no more than all of it" \
        "$(holds "$(for kind in ${kinds% work}; do printf '%s + ' "$(part run$ranks "$kind" mean)"; done) 0 <= $seconds")" yes
    check "$ranks ranks: something was done" "$(holds "$(part run$ranks compute min) > 0 && $(part run$ranks evaluate min) > 0 && $(part run$ranks write min) > 0")" yes
done
check "alone nobody is waited for" "$(part run0 wait max) $(part run0 exchange max) $(imbalance run0)" "0 0 0"
check "two ranks wait for each other" "$(holds "$(part run2 wait min) > 0 && $(part run2 exchange min) > 0")" yes
check "one host" "$(sed -n 's/^ *"hosts": //p' run2/run.json)" "1,"

# Of two ranks, each is the one with least or the one with most.
of_rank() { # DIRECTORY KIND RANK
    part "$1" "$2" "$([ "$(part "$1" "$2" min_rank)" = "$3" ] && echo min || echo max)"
}
# Whatever travels beside the passes, no second of a rank is told twice.
for scheme in buckets halving direct; do
    job 2 "${small[@]}" --layers "400 relu, 400 relu, 10 softmax" --checkpoint-every "5 steps" --reduction $scheme --output run_$scheme
    check "$scheme" "$code" 0
    seconds=$(sed -n 's/^ *"seconds": \([^,]*\),$/\1/p' run_$scheme/run.json | head -n 1)
    for rank in 0 1; do
        sum=$(for kind in ${kinds% work}; do printf '%s + ' "$(of_rank run_$scheme "$kind" $rank)"; done)0
        check "$scheme: rank $rank has no more than all of it" "$(holds "$sum <= $seconds") $(holds "$(of_rank run_$scheme compute $rank) > 0")" \
            "yes yes"
    done
done

if ! has_faults; then
    echo "SKIPPED: this build has no fault points, so no rank is slow"
    finish
    exit
fi
bits=$(digests run0)
# Rank 1 sleeps for 5 s in a training of much less, and the others wait for that long.
for ranks in 2 3; do
    LOCKSTEP_FAULT=step:1:sleep:8 LOCKSTEP_FAULT_HOSTS=a,b,c job $ranks "${small[@]}" --output slow --overwrite
    check "slow, $ranks ranks: the bits" "$code $(digests slow)" "0 $bits"
    line=$(grep 'for data and compute' "$work/err" || true)
    check_contains "slow, $ranks ranks: is said" "$line" "rank 1 on b took "
    check_contains "slow, $ranks ranks: against the mean" "$line" "% more than the mean of $ranks ranks: "
    check "slow, $ranks ranks: once" "$(wc -l <<<"$line")" 1
    check "slow, $ranks ranks: which it is" "$(part slow work max_rank) $(part slow work max_host)" "1 b"
    check "slow, $ranks ranks: the others wait" "$(holds "$(part slow wait max) > 4 && $(part slow wait min) < $(part slow wait max) - 3")" yes
    check "slow, $ranks ranks: who waits least" "$(part slow wait min_rank)" 1
    check "slow, $ranks ranks: imbalance" "$(holds "$(imbalance slow) > 0.5")" yes
done
# A run that is stopped tells too; one that fails asks nobody.
LOCKSTEP_FAULT=step:1:sleep:1 LOCKSTEP_FAULT_HOSTS=a,b,c job 2 "${small[@]}" --epochs 100000 --time-limit "2 s" --output stopped
check "stopped" "$code $(part stopped work max_rank)" "75 1"
check_contains "stopped: is said" "$(<err)" "rank 1 on b took "
LOCKSTEP_FAULT=step:1:error:8 job 2 "${small[@]}" --output failed
check "failed" "$code $(spent failed work)" "3 "
finish
