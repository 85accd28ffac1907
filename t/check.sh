#!/bin/sh
# Runs the tests under prove: all, or those whose file name contains $1. O is the build folder (out, out/san).
set -eu
cd "$(dirname "$0")/.."
O=${O:-out}
export O

tests=$(ls t/*.t)
if [ $# -gt 0 ]; then
    tests=$(ls t/*"$1"*.t 2>/dev/null) || { echo "no test is called t/*$1*.t" >&2; exit 2; }
fi
# shellcheck disable=SC2086
exec prove --timer $tests
