# shellcheck shell=bash
# What make.sh writes and compatibility.sh reads: which recipes there are, and what is asked of their models. Sourced, behind
# ../program/lib.sh, whose $work and $code it uses.
# shellcheck disable=SC2034,SC2154

recipes="digits concrete table signs"

# Data of a recipe where its configuration looks for it.
place_data() { # KEPT DIRECTORY
    ln -sf "$LOCKSTEP_DATA/digits.h5" "$LOCKSTEP_DATA/concrete.h5" "$2"
    ln -sf "$1"/table.h5 "$1"/signs.h5 "$1"/table.csv "$2"
}

# The rows that a model is asked about, one choice a line: arguments of evaluate and predict.
rows_of() { # RECIPE
    case $1 in
    digits) printf '%s\n' "digits.h5" "digits.h5 --part train" ;;
    concrete) printf '%s\n' "concrete.h5 --part test" "concrete.h5 --part validation --validation-split 0.2" ;;
    table) printf '%s\n' "table.h5" "table.csv" ;;
    signs) printf '%s\n' "signs.h5 --x /test/x[0:3] --y /test/y" ;;
    esac
}

# The scores that evaluate printed, on one line, or what went wrong.
scores_said() {
    error_lines
    awk '{ printf "%s%s=%s", (NR > 1 ? " " : ""), $1, $2 }' "$work/out"
}

# One line for each thing asked of a model: "evaluate RECIPE ROWS: loss=0.1 accuracy=0.9", "predict RECIPE ROWS: SHA-256",
# of the columns that 0.1 wrote: the rows' numbers came in front of them later.
answers() { # RECIPE MODEL RANKS
    local rows arguments
    while read -r rows; do
        read -r -a arguments <<<"$rows"
        job "$3" evaluate "$2" "${arguments[@]}"
        echo "evaluate $1 $rows: $(scores_said)"
        rm -f "$work/prediction.csv"
        job "$3" predict "$2" "${arguments[@]}" --output "$work/prediction.csv"
        echo "predict $1 $rows: $(error_lines)$([ "$code" != 0 ] || cut -d, -f2- "$work/prediction.csv" | digest /dev/stdin)"
    done < <(rows_of "$1")
    if [ "$1" = signs ]; then
        job "$3" evaluate "$2" signs.h5 --x '/test/x[0:3]' --y /test/y --sample-weights '/test/x[3]'
        echo "evaluate $1 with weights: $(scores_said)"
    fi
}
