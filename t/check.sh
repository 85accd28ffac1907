#!/bin/bash
# Runs the tests under prove: all, or those whose file name contains $1; as many beside each other as there are processors, see
# t/lib/BuildLock.pm. O is the build folder (out, out/san). Nothing temporary stays: a test that leaves something in TMPDIR makes this fail, and
# what was interrupted ends and is removed, too.
set -eu
cd "$(dirname "$0")/.."
O=${O:-out}
export O

# those that take longest come first, so that none of them is left alone at the end
long='49debian 00unit 41sites 48dist 30compile 99fuzz 46cmake 40dtrace 96sites 97versions'
tests=$({ for name in $long; do echo "t/$name.t"; done; ls t/*.t; } | awk '!seen[$0]++')
if [ $# -gt 0 ]; then
    tests=$(ls t/*"$1"*.t 2>/dev/null) || { echo "no test is called t/*$1*.t" >&2; exit 2; }
fi
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/h2otrace-check-XXXXXX")
export TMPDIR
chmod 755 "$TMPDIR"
trap 'rm -rf "$TMPDIR"' EXIT

# prove and all that it starts are a process group
set -m
# shellcheck disable=SC2086
prove --timer --jobs "$(nproc)" $tests &
group=$!

stop() {
    kill -TERM -- -$group 2>/dev/null || true
    for _ in $(seq 100); do
        kill -0 -- -$group 2>/dev/null || break
        sleep 0.1
    done
    exit 130
}
trap stop INT TERM HUP

status=0
wait $group || status=$?
left=$(ls -A "$TMPDIR")
if [ -n "$left" ]; then
    echo "left in the folder for temporary files:" $left >&2
    exit 1
fi
exit $status
