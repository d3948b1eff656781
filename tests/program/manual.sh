#!/usr/bin/env bash
# The manual pages: each option of a command with its default and choices, and no other; what each page must have; and that
# groff, where it is installed, has nothing to say of them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/program/lib.sh
. "$here/lib.sh"
cd "$work"

# Names of options in the page's entries, which stand behind .TP.
options_of() { # PAGE
    awk 'tag { print } { tag = $0 == ".TP" }' "$1" | sed -n 's/\\-/-/g; s/^\\fB--\([a-z0-9-]*\)\\fR.*/\1/p' | sort
}
# Sections and the names of the rest, in their order.
sections_of() { # PAGE
    sed -n 's/^\.SH //p' "$1" | tr '\n' '/'
}
# The page as people read it, in one line of single blanks.
rendered() { # PAGE
    LC_ALL=C.UTF-8 groff -man -Tutf8 -P-cbou "$1" | sed 's/\xe2\x80\x90$/\x01/' | tr '\n' ' ' | sed 's/\x01 *//g' | tr -s ' '
}
lint() { # PAGE
    if command -v groff >/dev/null; then
        check "$1: groff" "$(groff -man -ww -Tutf8 "$1" 2>&1 >/dev/null)" ""
    fi
    if command -v mandoc >/dev/null; then
        check "$1: mandoc" "$(mandoc -Tlint -Wwarning "$1" 2>&1 | grep -v 'missing date' || true)" ""
    fi
}

job 0 help --commands
mapfile -t commands <out
job 0 help --man
check "lockstep.1" "$code" 0
cp out lockstep.1
check "lockstep.1: sections" "$(sections_of lockstep.1)" "NAME/SYNOPSIS/DESCRIPTION/COMMANDS/EXIT STATUS/ENVIRONMENT/FILES/EXAMPLES/SEE ALSO/"
lint lockstep.1
for command in "${commands[@]}"; do
    page=lockstep-$command.1
    check_contains "lockstep.1 names $page" "$(<lockstep.1)" ".BR lockstep\\-$command (1)"
    job 0 help --man "$command"
    check "$page" "$code" 0
    cp out "$page"
    check "$page: title" "$(sed -n '1s/^\.TH \([^ ]*\) 1 .*/\1/p' "$page")" "LOCKSTEP\\-${command^^}"
    check "$page: sections" "$(sections_of "$page" | sed 's|ENVIRONMENT/\(FILES/\)\{0,1\}||')" \
        "NAME/SYNOPSIS/DESCRIPTION/OPTIONS/EXIT STATUS/EXAMPLES/SEE ALSO/"
    job 0 help "$command" all
    sed -n 's/^[* ] --\(\[no-\]\)\{0,1\}\([a-z0-9-]*\).*/\2/p' out | sort >options
    check "$page: its options, and no others" "$(options_of "$page" | diff - options)" ""
    check "$page: there are some" "$([ "$(wc -l <options)" -ge 3 ] && echo yes)" yes
    lint "$page"
done
check_contains "a default, and bounds" "$(grep -A 9 -F '\-\-batch\-size\fR \fIN\fR' lockstep-train.1)" "Default: 32. At least 1. Part of the recipe."
check_contains "choices" "$(<lockstep-train.1)" '\fB\-\-normalize\fR \fBnone|standard|minmax\fR'
check_contains "a switch that is on" "$(<lockstep-train.1)" '\fB\-\-shuffle\fR, \fB\-\-no\-shuffle\fR'
check_lacks "evaluate makes no recipe" "$(<lockstep-evaluate.1)" "Part of the recipe"
if command -v groff >/dev/null; then
    text=$(rendered lockstep-train.1)
    for part in '"/jets[pt,eta]" by the fields' "'part-*.h5'" "--resume goes on with a run" 'l1=1e-5, l2=1e-4' "RUN/model.weights.h5" \
        '--layers "64 relu, 10 softmax" --epochs 20' "75 stopped on request"; do
        check_contains "rendered" "$text" "$part"
    done
fi
check "an unknown command" "$(job 0 help --man tarin; echo "$code$(error_lines)" | cut -c1-46)" "2unknown command 'tarin'; did you mean 'train'"
finish
