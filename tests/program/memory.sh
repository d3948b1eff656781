#!/usr/bin/env bash
# The most memory that each rank has held (VmHWM) after some steps of training and checkpoints, against the formula in allowed()
# below, on 1, 2 and 3 ranks, and again with rows that stream from a larger file. No rank may hold
# anything to go on from the state, or to save it, but for the copy from which checkpoints are written beside training: that is held
# where --memory leaves room.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
[[ ${LOCKSTEP_BUILD-} != *sanitize=?* ]] || { echo "SKIPPED: sanitizers need memory of their own"; exit 77; }

# Large enough for what is counted to be several times the 40 MB that are allowed besides.
rows=16384 features=512 units=2560 batch=64 shards=8
layers="$units relu, $units relu, 1 sigmoid"
parameters=$((features * units + units + units * units + units + units + 1))
"${LOCKSTEP_MAKE_DATA:?the program make_data}" "$work/data.h5" $rows $features

# subtrees FIRST LAST: how many subtrees of the tree over shards make up FIRST..LAST-1: what a rank sends where the number of
# ranks is no power of two.
subtrees() {
    local first=$1 last=$2 size count=0
    while [ "$first" -lt "$last" ]; do
        size=$((first == 0 ? shards : first & -first))
        while [ $((first + size)) -gt "$last" ]; do size=$((size / 2)); done
        first=$((first + size)) count=$((count + 1))
    done
    echo $count
}

# allowed RANK RANKS: bytes.
allowed() {
    local rank=$1 ranks=$2 first last bytes
    first=$((rank * shards / ranks)) last=$(((rank + 1) * shards / ranks))
    if [ "$memory" = auto ]; then
        bytes=$(((last - first) * (rows / shards) * 4 * (features + 1))) # its rows as they are stored: float32, one target
    else
        bytes=${memory%MB}000000 # its open windows
    fi
    bytes=$((bytes + 4 * parameters))                               # weights
    bytes=$((bytes + 8 * parameters / ranks))                       # m and v
    [ "$memory" != auto ] || bytes=$((bytes + 12 * parameters / ranks)) # the copy of weights, m and v
    [ "$ranks" = 1 ] || bytes=$((bytes + 4 * parameters))           # gradients, which travel
    (((ranks & (ranks - 1)) == 0)) || bytes=$((bytes + 4 * parameters * $(subtrees $first $last)))
    # activations and their deltas, for its part of a batch
    bytes=$((bytes + (last - first) * (batch / shards) * 4 * (features + 2 * (2 * units + 1))))
    echo $((bytes + 40 * 1000 * 1000)) # everything else
}

has_rows() {
    [ "$(wc -l <"$work/run/log.csv")" -gt $((begun + 4)) ] && has_checkpoints || ! kill -0 "$pid"
}

# Two, of which the second was written when the first was there.
has_checkpoints() {
    [ "$(find "$work/run/checkpoints" -name 'step-*.h5' | wc -l)" -gt 1 ]
}

megabytes() { # BYTES
    awk "BEGIN { printf \"%.1f MB\", $1 / 1e6 }"
}

# measure RANKS [OPTIONS]: compares every rank of a run that has taken 8 steps and saved two checkpoints, a new one or with --resume
# the last one gone on with. Leaves their peaks in ${peaks[@]}.
measure() {
    local ranks=$1 resume='' launch=() processes line peak most name
    [ "$ranks" = 1 ] || launch=("$mpiexec" -n "$ranks")
    [ "${2:-}" != --resume ] || resume=--resume
    peaks=()
    [ -n "$resume" ] || rm -rf "$work/run"
    begun=$([ -z "$resume" ] || wc -l <"$work/run/log.csv")
    LOCKSTEP_TEST=$work "${launch[@]}" "$LOCKSTEP" train "$work/data.h5" --layers "$layers" --batch-size $batch --shards $shards \
        --memory "$memory" --shuffle-window 256 --threads 1 --epochs 1000 --checkpoint-every "3 steps" --keep 2 --log-every 2 --output "$work/run" "${@:2}" >"$work/out" 2>"$work/err" </dev/null &
    pid=$!
    wait_until has_rows || bad "$ranks ranks${resume:+, resumed}: 8 steps" "$(<"$work/err")" "rows in log.csv"
    mapfile -t processes < <(rank_processes)
    check "$ranks ranks${resume:+, resumed}: are there" "${#processes[@]}" "$ranks"
    [ -z "$resume" ] || check "$ranks ranks: go on" "$(grep -c '^resuming from' "$work/err")" 1
    check "$ranks ranks${resume:+, resumed}: rows stream" "$(grep -c '^rows stream from the file' "$work/err")" "$([ "$memory" = auto ] && echo 0 || echo 1)"
    for line in "${processes[@]}"; do
        name="rank ${line#* } of $ranks${resume:+, resumed}, --memory $memory"
        peak=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/${line% *}/status")
        peak=$((${peak:-0} * 1024))
        peaks+=("$peak")
        most=$(allowed "${line#* }" "$ranks")
        if [ $peak -gt 0 ] && [ $peak -le "$most" ]; then
            ok "$name" "$(megabytes $peak), allowed $(megabytes "$most")"
        else
            bad "$name" "$(megabytes $peak)" "at most $(megabytes "$most")"
        fi
    done
    end_job
}

# Ends the job in the background at once.
end_job() {
    local ids
    mapfile -t ids < <(leftovers)
    [ ${#ids[@]} -eq 0 ] || kill -9 "${ids[@]}" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    wait_until nobody || bad "the job ends" "$(leftovers)" "nobody"
}

memory=auto
for ranks in 1 2 3; do
    measure $ranks
    measure $ranks --resume
done
# A model to begin with and its optimizer's state come in pieces: rank 0, which reads them, holds no more than the other.
# Few rows, or these would be most of it.
cp "$(find "$work/run/checkpoints" -name 'step-*.h5' | sort | tail -n 1)" "$work/begun.h5"
many=$rows rows=$batch
"$LOCKSTEP_MAKE_DATA" "$work/data.h5" $rows $features
measure 2 --init "$work/begun.h5" --init-optimizer
more=$((peaks[0] - peaks[1]))
check "begun with a model and its optimizer: rank 0 holds half of the weights more, at most ($(megabytes $more))" \
    "$([ $more -le $((4 * parameters / 2)) ] && echo yes)" yes
# Four times the rows, of which a rank holds a fraction.
rows=$((4 * many)) memory=10MB
"$LOCKSTEP_MAKE_DATA" "$work/data.h5" $rows $features
for ranks in 1 3; do
    measure $ranks
done
finish
