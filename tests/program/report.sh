#!/usr/bin/env bash
# Reports: the same bytes on every split and after resumes, of gradients that travel in any way; what a page shows against
# log.csv and evaluate; the command report and what it refuses.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
cd "$work"
digits=$LOCKSTEP_DATA/digits.h5
python=$(command -v python3 || true)

pages() { # RUN: hashes of what depends on the recipe alone
    echo "$(digest "$1/report.json") $(digest "$1/report.html") $(digest "$1/model.weights.h5")"
}
newest() { # RUN
    digest "$(find "$1/checkpoints" -name 'step-*.h5' | sort | tail -n 1)"
}

# ---- splits ----
few=(train "$digits" --layers "32 relu, dropout 0.1, 10 softmax" --batch-size 128 --validation-split 0.2 --epochs 4 --threads 1 --quiet)
job 0 "${few[@]}" --threads 2 --output whole
check "a run ends with its pages" "$code $(ls whole | grep -c '^report')" "0 3"
expected=$(pages whole)
state=$(newest whole)
for split in "2 auto" "3 auto" "4 halving" "3 direct" "4 doubling"; do
    job "${split% *}" "${few[@]}" --reduction "${split#* }" --output run --overwrite
    check "the same bytes on ${split/ / ranks, }" "$code $(pages run)" "0 $expected"
    check "the same checkpoint on ${split/ / ranks, }" "$(newest run)" "$state"
done
check_lacks "no path in the page" "$(<whole/report.html)$(<whole/report.json)" "$LOCKSTEP_DATA"
check_lacks "no host in the page" "$(<whole/report.html)$(<whole/report.json)" "$(uname -n)"
check_contains "but in the other one" "$(<whole/report-machine.html)" "$LOCKSTEP_DATA/digits.h5"

held=("${few[@]}" --clipnorm 1 --kernel-regularizer "l2(1e-4)")
job 0 "${held[@]}" --output held
expected_held=$(pages held)
job 3 "${held[@]}" --output run --overwrite
check "the same bytes where steps hold their gradient" "$code $(pages run)" "0 $expected_held"

values=(train "$LOCKSTEP_DATA/concrete.h5" --layers "16 relu, 2 relu, 1" --normalize standard --validation-split 0.2 --epochs 6
    --early-stopping "patience=3 restore_best_weights=true" --validation-freq 2 --batch-size 64 --threads 1 --quiet)
job 0 "${values[@]}" --output values
expected_values=$(pages values)
job 3 "${values[@]}" --output run --overwrite
check "the same bytes of a regression" "$code $(pages run)" "0 $expected_values"

# ---- resumed ----
rm -rf run
job 2 "${few[@]}" --epochs 2 --output run
job 0 "${few[@]}" --output run --resume
check "the same bytes after a resume" "$code $(pages run)" "0 $expected"
if has_faults; then
    for point in report evaluate:0:kill:2; do # the test part is scored by the second evaluator
        rm -rf run
        LOCKSTEP_FAULT=$([[ $point == *:* ]] && echo "$point" || echo "$point:0:kill") job 0 "${few[@]}" --output run
        check "$point: killed behind the last epoch" "$([ "$code" = 0 ] || echo killed) $([ -e run/report.html ] || echo no page)" "killed no page"
        job 3 "${few[@]}" --output run --resume
        check "$point: the same bytes" "$code $(pages run)" "0 $expected"
    done
fi
rm -rf run
job 0 "${few[@]}" --report off --output run
check "off: no page, the same model" "$code $(ls run | grep -c '^report' || true) $(digest run/model.weights.h5)" "0 0 ${expected##* }"

# ---- what a page shows ----
if [ -n "$python" ]; then
    job 0 "${few[@]}" --log-every 3 --output logged
    "$python" "$here/report_points.py" logged >points 2>&1 || true
    check "the curves are log.csv's" "$(tail -n 1 points)" "5 lines agree with log.csv" # loss and accuracy of both, the rate
    job 3 evaluate whole "$digits" --part test --metrics "accuracy,auc,pr_auc" --json
    "$python" "$here/report_points.py" whole out >points 2>&1 || true
    check "areas, rows and right answers are evaluate's" "$(tail -n 1 points)" "10 classes agree with evaluate"
    job 3 evaluate values "$LOCKSTEP_DATA/concrete.h5" --part test --metrics "mae,rmse,r2" --json
    "$python" "$here/report_points.py" values out >points 2>&1 || true
    check "errors are evaluate's" "$(tail -n 1 points)" "errors agree with evaluate"
else
    echo "SKIPPED: no python3, so no points were compared"
fi

job 0 "${few[@]}" --layers "8 relu bias_initializer=constant(-1e6), 10 softmax" --epochs 1 --output dead
check_contains "units that say nothing" "$(<dead/report.html)" "8 of 8 units of dense are dead"
check_contains "in each part" "$(<dead/report.json)" '"silent_units": [8,-1]'

# ---- the command ----
rm whole/report.html whole/report-machine.html
job 2 report whole
check "made again" "$code $(pages whole) $(ls whole | grep -c '^report')" "0 $expected 3"
job 0 report whole values --output both.html
check "two runs" "$code $(grep -o 'class="line' both.html | wc -l)" "0 7" # loss and rate of both, accuracy, mae, r2
check_contains "what differs" "$(<both.html)" '<th scope="row">batch-size</th><td>128</td><td>64</td>'
job 0 report whole "$digits" --output test.html # a second RUN that is none
check "a file is no run" "$code" 2
job 3 report whole --data "$digits" --part test --output data.html
check "rows of a file" "$code" 0
check_contains "have a section" "$(<data.html)" '<section id="part-data"'
rm -rf run && cp -r whole run && rm run/report.json
job 0 report run
check "without report.json: less" "$code $(grep -c 'id="part-' run/report.html || true) $(grep -c 'id="curves"' run/report.html)" "0 0 1"

error "no run" 0 2 "nowhere: is no directory" -- report nowhere
error "a directory without one" 0 2 "has no log.csv" -- report "$LOCKSTEP_DATA"
error "an output that is there" 0 4 "both.html" -- report whole --output both.html
error "an input" 0 2 "log.csv is read here" -- report whole --output whole/log.csv --overwrite
error "a model" 0 2 "would be lost" -- report whole --output whole/model.weights.h5 --overwrite
error "rows for two runs" 0 2 "--data is looked at with the model of one run" -- report whole values --data "$digits"
sed -i 's/"epochs": 4/"epochs": 5/' whole/report.json
error "an edited report.json" 0 4 "whole/report.json is damaged" -- report whole
finish
