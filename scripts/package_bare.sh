#!/usr/bin/env bash
# What package.sh does in a bare root: installs the package in /shared, uses it as its users do, removes it, and looks for what
# is left. Lines with == are what was found.
set -euo pipefail
cd /root
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=slot:oversubscribe

# Files but those of package management, which keeps lists, logs and caches.
files() {
    find / -xdev \( -path /proc -o -path /dev -o -path /sys -o -path /run -o -path /shared -o -path /root -o -path /tmp -o -path /var/cache -o -path /var/log \
        -o -path /var/lib/apt -o -path /var/lib/dpkg \) -prune -o -print | sort
}

apt-get update -q
apt-get install -q -y --no-install-recommends man-db bash-completion adduser # which all but the barest systems have
dpkg-query -W -f='${Package}\n' | sort >/tmp/before.packages
files >/tmp/before.files

apt-get install -q -y /shared/lockstep_*.deb
echo "== $(lockstep --version | head -n 1) with $(dpkg-query -W -f='${Package}\n' | sort | comm -13 /tmp/before.packages - | wc -l) packages, on Debian $(cat /etc/debian_version)"
lockstep train /shared/digits.h5 --layers "64 relu, 10 softmax" --normalize standard --epochs 3 --output one
mpirun -n 2 lockstep train /shared/digits.h5 --layers "64 relu, 10 softmax" --normalize standard --epochs 3 --output two
cmp one/model.weights.h5 two/model.weights.h5
echo "== trained alone and on two ranks, to the same bits: $(sha256sum <one/model.weights.h5 | cut -c1-16)"
/usr/share/doc/lockstep/examples/penguins/run.sh penguins
echo "== a table converted, learnt and predicted: $(tail -n 1 penguins/predictions.csv)"
for page in lockstep lockstep-train; do
    MANWIDTH=80 man "$page" >"$page.txt" 2>man.said
    [ ! -s man.said ]
done
grep -q -e '--learning-rate' lockstep-train.txt
whatis lockstep-train >/dev/null
echo "== man lockstep-train: $(wc -l <lockstep-train.txt) lines"
# As an interactive shell finds it: by bash-completion's loader.
found=$(bash --norc -c '. /usr/share/bash-completion/bash_completion
    __load_completion lockstep 2>/dev/null || _comp_load lockstep
    COMP_WORDS=(lockstep train --learn) COMP_CWORD=2; _lockstep; echo "$(complete -p lockstep): ${COMPREPLY[*]}"')
[ "$found" = "complete -F _lockstep lockstep: --learning-rate" ] || { echo "completion: $found"; exit 1; }
echo "== completion: --learn becomes --learning-rate"

# What came with it goes with it, also where a package of the bare system recommends or suggests the same.
apt-get purge -q -y --auto-remove -o APT::AutoRemove::RecommendsImportant=false -o APT::AutoRemove::SuggestsImportant=false lockstep
dpkg-query -W -f='${Package}\n' | sort | diff /tmp/before.packages - >packages.left || true
files | comm -13 /tmp/before.files - >files.left
# Of others, which dpkg leaves by their own will: users, groups and what ldconfig writes.
grep -v -e '^/etc/\(passwd\|group\|shadow\|gshadow\|subuid\|subgid\)-\{0,1\}$' -e '^/etc/ld.so.cache' files.left >traces || true
if [ -s packages.left ] || [ -s traces ]; then
    echo "== left behind: $(cat packages.left traces | head -n 20)"
    exit 1
fi
echo "== removed without a trace"
