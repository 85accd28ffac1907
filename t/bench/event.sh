# What an event costs the target, in CPU time, and what it costs to print one.

# measure_cost TITLE PROMISE ROUND PROBE [OPTION]...: what an event adds, as a ratio to an empty BPF program on the same site
measure_cost() {
    local title=$1 promise=$2 round=$3 probe=$4 count=300000 base floor cost lost
    shift 4
    : >"$dir/ratio"
    for _ in 1 2 3 4 5 6 7; do
        base=$(firing "$round" "$probe" $count)
        start_floor "$floor_program" "$target" "$probe"
        floor=$(firing "$round" "$probe" $count)
        stop_floor
        start_tracer -w /dev/null -t "$probe" "$@"
        cost=$(firing "$round" "$probe" $count)
        stop_tracer
        lost=$(sed -n 's/.*, \([0-9]*\) lost.*/\1/p' "$dir/talk")
        echo "$base $floor $cost $lost" | awk '{ print ($3 - $1) / ($2 - $1), $2 - $1, $3 - $1, $4 }' >>"$dir/ratio"
    done
    # an event that is lost costs less
    row "$title" "$promise" "$(sort -n "$dir/ratio" | awk -v fired=$((7 * count)) 'NR == 4 { ratio = $1; floor = $2; cost = $3 } { lost += $4 } END {
        printf "%.2f  (%.0f ns, empty program %.0f ns%s)", ratio, cost, floor, lost ? sprintf(", %.0f %% lost", 100 * lost / fired) : "" }')"
}

measure_costs() {
    local floor_program=$dir/floor
    start_target "$exerciser"
    measure_cost "added cost of an event, integers only, to an empty program" "1.12" 0 h2o:send_response
    measure_cost "  one that is not wanted: -e 'status >= 400'" "1.1" 0 h2o:send_response -e 'status >= 400'
    measure_cost "  ... by the end of a text of 30 bytes: -e 'name =~ \"*x\"'" "" 7 h2o:send_response_header -e 'name =~ "*x"'
    measure_cost "  one of a connection that is not wanted: -C 1" "1.3" 0 quicly:stream_on_open -C 1
    stop_target
    measure_operands
    start_target "$exerciser"
    measure_cost "added cost of an event, three fields behind pointers" "1.25" 0 quicly:stream_on_open
    measure_cost "added cost of an event, two strings of 30 bytes" "1.5" 7 h2o:send_response_header -a
    measure_cost "  the same strings, not shown" "1.15" 7 h2o:send_response_header
    stop_target
}

measure_operands() {
    local tracer=$O/bin/bench-operands floor_program=$dir/bench-operands-floor
    build_tracer bench-operands t/bench/operands.d
    build floor bench-operands
    "$O/bin/probegen" -o "$dir/operands" -e usdt t/bench/operands.d
    gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Igen/exerciser -I"$dir/operands" -o "$dir/operands/target" t/bench/operands.c gen/exerciser/main.c -lm
    start_target "$dir/operands/target"
    "$tracer" -l -p "$target" >"$dir/operands/sites"
    if [ "$(grep -o '@[^ ]*[[(]' "$dir/operands/sites" | wc -l)" != 12 ]; then
        say "the compiler has put some of twelve operands elsewhere than in memory:"
        cat "$dir/operands/sites" >&2
        exit 1
    fi
    measure_cost "added cost of an event, twelve integers in memory" "1.4" 0 bench:operands
    stop_target
}

# an exerciser whose sites are of another kind, in a folder of its own
build_exerciser() {
    "$O/bin/probegen" -o "$dir/$1" -e usdt,exerciser --site="$1" probes/*.d probes/*.map
    gcc -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Igen/exerciser -I"$dir/$1" -o "$dir/$1/exerciser" "$dir/$1/exerciser.c" gen/exerciser/main.c -lm
}

# what one event adds at a site of a kind: ns
added_at() {
    local count=300000 base cost
    start_target "$dir/$1/exerciser"
    base=$(firing 0 h2o:send_response $count)
    start_tracer -w /dev/null -t h2o:send_response
    cost=$(firing 0 h2o:send_response $count)
    stop_tracer
    stop_target
    echo "$base $cost" | awk '{ print $2 - $1 }'
}

measure_sites() {
    local kind
    for kind in nop nop5; do
        build_exerciser $kind
    done
    : >"$dir/ratio"
    for _ in 1 2 3 4 5 6 7; do
        echo "$(added_at nop) $(added_at nop5)" | awk '{ print $2 / $1, $2, $1 }' >>"$dir/ratio"
    done
    sort -n "$dir/ratio" | sed -n 4p >"$dir/middle"
    row "added cost of an event at a nop5 site, to one at a nop site" "1 (Linux 6.18)" "$(awk '{ printf "%.2f  (%.0f ns, %.0f ns)", $1, $2, $3 }' "$dir/middle")"
}

measure_json() {
    for _ in 1 2 3 4 5; do
        "$dir/json" "$dir/events.json" 3000000
    done | sort -n | sed -n 3p >"$dir/rate"
    rm -f "$dir/events.json"
    row "events written as JSON to a file by one core, from memory" "6 million/s" \
        "$(awk '{ printf "%.1f million/s  (%d bytes each)", $1 / 1e6, $2 }' "$dir/rate")"
}
