#!/usr/bin/env bash
# The completion scripts: bash's is driven with the words of command lines, zsh's and fish's are read by these shells where they
# are installed; and all of them know what the help knows.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/program/lib.sh
. "$here/lib.sh"
cd "$work"
for shell in bash zsh fish; do
    job 0 help --completion $shell
    check "$shell: a script" "$code$([ "$(wc -l <out)" -gt 50 ] && echo long)" 0long
    cp out lockstep.$shell
    if ! command -v $shell >/dev/null; then
        echo "$shell: not installed; its script is not read by it"
    else
        check "$shell reads it" "$($shell -n lockstep.$shell 2>&1 || true)" ""
    fi
done
error() { # NAME PART -- ARGUMENTS
    job 0 "${@:4}"
    check "$1: code" "$code" 2
    check_contains "$1: says" "$(error_lines)" "$2"
}
error "another shell" "'tcsh' is no shell of bash, zsh and fish" -- help --completion tcsh
error "no shell" "'' is no shell" -- help --completion
error "something else" "'--pages' is not expected" -- help --pages

# shellcheck disable=SC1091
. ./lockstep.bash
check "the function is registered" "$(complete -p lockstep)" "complete -F _lockstep lockstep"
declare -f _lockstep | grep -q compopt # which fails outside of a completion, and is meant to
completed() { # WORD... with the last one incomplete; prints what it could become
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _lockstep || true
    printf '%s\n' "${COMPREPLY[@]}"
}
line() { # joined, sorted
    completed "$@" | sort | tr '\n' ' '
}
job 0 help --commands
mapfile -t commands <out
check "there are commands" "$([ ${#commands[@]} -ge 6 ] && echo yes)" yes
check "commands" "$(line lockstep '')" "$(printf '%s\n' "${commands[@]}" help --help --version | sort | tr '\n' ' ')"
check "the beginning of a command" "$(line lockstep ev)" "evaluate "
for command in "${commands[@]}"; do
    job 0 help "$command" all
    sed -n 's/^[* ] --\(\[no-\]\)\{0,1\}\([a-z0-9-]*\).*/\1\2/p' out | sed 's/^\[no-\]/no-/; s/^/--/' | sort >options
    check "$command: its options, and no others" "$(completed lockstep "$command" -- | sort | diff - options)" ""
    while read -r option; do # zsh and fish, too
        grep -q "^ *'--\(no-\)\{0,1\}${option}[=[]" <(sed -n "/^    $command)/,/;;\$/p" lockstep.zsh) || echo "zsh $command $option"
        grep -q "subcommand_from $command' -l \(no-\)\{0,1\}$option " lockstep.fish || echo "fish $command $option"
    done < <(sed 's/^--\(no-\)\{0,1\}//' options) >missing
    check "$command: zsh and fish have them as well" "$(<missing)" ""
done
check "choices" "$(line lockstep train d.h5 --normalize '')" "minmax none standard "
check "choices behind an equals sign that breaks words" "$(line lockstep train --normalize = st)" "standard "
check "and right behind it" "$(line lockstep train --normalize =)" "minmax none standard "
check "or does not" "$(line lockstep train --normalize=st)" "--normalize=standard "
check "names of a table" "$(line lockstep train --optimizer ada)" "adagrad adam adamw "
check "a layer" "$(line lockstep train --layers '"64 re')" "64 relu 64 residual "
check "the only one, and one that leaves the quotes open" "$(line lockstep train --layers '"64 relu, 10 softm')" "64 relu, 10 softmax 64 relu, 10 softmax, "
check "in a branch" "$(line lockstep train --layers '"64, residual(drop')" "64, residual(dropout 64, residual(dropout, "
check "metrics" "$(line lockstep evaluate run --metrics acc)" "accuracy accuracy, "
check "nothing to guess" "$(line lockstep train --epochs '')" " "
touch "a file.h5" other.h5
check "files behind an option" "$(line lockstep train --validation-data ot)" "other.h5 "
check "behind an equals sign" "$(line lockstep train --init=ot)" "--init=other.h5 "
check "as an argument, with blanks" "$(line lockstep train a)" "a file.h5 "
check "behind a switch" "$(line lockstep train --resume ot)" "other.h5 "
check "what help is about" "$(line lockstep help tr)" "train "
check "and what of it" "$(line lockstep help train mach)" "machine "
check "in the option's place" "$(line lockstep train --help learn)" "learning-rate "
check "shells" "$(line lockstep help --completion '')" "bash fish zsh "

if command -v fish >/dev/null; then
    offered() { # LINE: what fish offers at its end
        HOME=$work fish --no-config -c "source lockstep.fish; complete -C '$1'" | cut -f 1 | sort | tr '\n' ' '
    }
    check "fish: commands" "$(offered "lockstep ")" "$(printf '%s\n' "${commands[@]}" help | sort | tr '\n' ' ')"
    check "fish: an option" "$(offered "lockstep train --optim")" "--optimizer "
    check "fish: not of another command" "$(offered "lockstep convert --optim")" ""
    check "fish: choices" "$(offered "lockstep train --normalize ")" "minmax none standard "
    check "fish: a layer" "$(offered "lockstep train --layers \"64 relu, sof")" "64 relu, softmax 64 relu, softplus 64 relu, softsign "
fi

# As a person sees it: keys into an interactive bash.
if command -v script >/dev/null; then
    cat >keys <<'END'
PS1=; bind 'set bell-style none' 'set show-all-if-ambiguous on' 2>/dev/null; . ./lockstep.bash; lockstep() { printf '<%s>' "$@"; echo; }
END
    printf 'lockstep tr\td.h5 --optimi\trms\t--layers "64 relu, 10 softm\t" --init=ot\t\nexit\n' >>keys
    TERM=dumb timeout 60 script -qec "bash --norc --noprofile -i" /dev/null <keys >typed 2>&1 || true
    check_contains "typed" "$(tr -d '\r' <typed)" '<train><d.h5><--optimizer><rmsprop><--layers><64 relu, 10 softmax><--init=other.h5>'
fi
finish
