#!/bin/bash
# `make bench`: measures what the project promises, and prints the promises beside it. Ratios are taken within one run, since machines differ.
# With H2O=FILE, a real h2o is measured, too. O is the build folder. Needs root and BPF.
set -eu
cd "$(dirname "$0")/../.."
O=${O:-out}
tracer=$O/bin/h2otrace exerciser=$O/bin/h2otrace-exerciser
dir=$(mktemp -d)
server=
trap 'stop_h2o; rm -rf "$dir"' EXIT

for part in lib start event probegen h2o; do
    . "t/bench/$part.sh"
done

say "measuring; this takes some minutes"
build floor
build json
build cost
machine
row "" "at most/least" "measured"
measure_start_stop
measure_costs
measure_sites
measure_json
measure_replay
measure_probegen
measure_dtrace
measure_large
measure_tree
measure_trace
echo
O=$O t/bench/linear.pl || say "not all is linear"
if [ -n "${H2O:-}" ]; then
    echo
    measure_h2o
fi
