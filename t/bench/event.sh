# What an event costs the target, in CPU time, and what it costs to print one.

# the median of a column of what the rounds have measured
middle() { awk -v column="$1" '{ print $column }' "$dir/rounds" | median; }

# what a firing adds meanwhile, ns: firing_beside empty|record ROUND PROBE COUNT BASE
firing_beside() {
    start_floor "$floor_program" "$1" "$target" "$3"
    firing "$2" "$3" "$4" | awk -v base="$5" '{ print $1 - base }'
    stop_floor
}

# measure_cost TITLE PROMISE ROUND PROBE [OPTION]...: what an event adds, as a ratio to an empty BPF program on the same site, and to one
# that makes a bare record there. Of all figures the median of the rounds.
measure_cost() {
    local title=$1 promise=$2 round=$3 probe=$4 count=300000 base empty record cost lost
    shift 4
    : >"$dir/rounds"
    for _ in 1 2 3 4 5 6 7; do
        base=$(firing "$round" "$probe" $count)
        empty=$(firing_beside empty "$round" "$probe" $count "$base")
        record=$(firing_beside record "$round" "$probe" $count "$base")
        start_tracer -w /dev/null -t "$probe" "$@"
        cost=$(firing "$round" "$probe" $count)
        stop_tracer
        lost=$(sed -n 's/.*, \([0-9]*\) lost.*/\1/p' "$dir/talk")
        echo "$base $empty $record $cost $lost" | awk '{ cost = $4 - $1; print cost / $2, cost / $3, cost, $2, $3, $5 }' >>"$dir/rounds"
    done
    # an event that is lost costs less
    lost=$(awk -v fired=$((7 * count)) '{ lost += $6 } END { if (lost) printf ", %.0f %% lost", 100 * lost / fired }' "$dir/rounds")
    row "$title" "$promise" "$(printf '%.2f  (%.0f ns; empty program %.0f ns, bare record %.0f ns: %.2f%s)' \
        "$(middle 1)" "$(middle 3)" "$(middle 4)" "$(middle 5)" "$(middle 2)" "$lost")"
}

measure_costs() {
    local floor_program=$dir/floor
    start_target "$exerciser"
    measure_cost "added cost of an event, integers only, to an empty program" "1.12" 0 h2o:send_response
    measure_cost "  the same event, counted (--stat)" "1.1" 0 h2o:send_response --stat=1h
    measure_cost "  counted by a value (--stat --by)" "1.5" 0 h2o:send_response --stat=1h --by=status
    measure_cost "  one that is not wanted: -e 'status >= 400'" "1.1" 0 h2o:send_response -e 'status >= 400'
    measure_cost "  ... by the end of a text of 30 bytes: -e 'name =~ \"*x\"'" "" 7 h2o:send_response_header -e 'name =~ "*x"'
    measure_cost "  one of a connection that is not wanted: -C 1" "1.3" 0 quicly:stream_on_open -C 1
    stop_target
    measure_refused
    measure_operands
    start_target "$exerciser"
    measure_cost "added cost of an event, three fields behind pointers" "1.25" 0 quicly:stream_on_open
    measure_cost "added cost of an event, two strings of 30 bytes" "1.5" 7 h2o:send_response_header -a
    measure_cost "  the same strings, not shown" "1.15" 7 h2o:send_response_header
    stop_target
}

# start_own NAME [MAP]: the target t/bench/NAME.c; sets `tracer` and `floor_program`, made of its definitions, which are the caller's
start_own() {
    tracer=$O/bin/bench-$1 floor_program=$dir/bench-$1-floor
    build_tracer "bench-$1" "t/bench/$1.d${2:+ $2}"
    build floor "bench-$1"
    "$O/bin/probegen" -o "$dir/$1" -e usdt "t/bench/$1.d"
    gcc -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Igen/exerciser -I"$dir/$1" -o "$dir/$1/target" "t/bench/$1.c" gen/exerciser/main.c -lm
    start_target "$dir/$1/target"
}

measure_operands() {
    local tracer floor_program
    start_own operands
    "$tracer" -l -p "$target" >"$dir/operands/sites"
    if [ "$(grep -o '@[^ ]*[[(]' "$dir/operands/sites" | wc -l)" != 12 ]; then
        say "the compiler has put some of twelve operands elsewhere than in memory:"
        cat "$dir/operands/sites" >&2
        exit 1
    fi
    measure_cost "added cost of an event, twelve integers in memory" "1.4" 0 bench:operands
    stop_target
}

# the number that its struct has in memory is all that is read, when it is known that the connection is not wanted
measure_refused() {
    local tracer floor_program
    start_own request t/bench/request.map
    measure_cost "  ... whose number is passed, and it is remembered: -S 0" "1.3" 0 bench:request -S 0
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

# The best of several, in time of the processor: what else runs on the machine only makes it more. Events are a request and a response each.
measure_replay() {
    start_target "$exerciser"
    "$tracer" -p "$target" -t h2o:receive_request,h2o:send_response -r --record "$dir/short" 2>"$dir/recorder" </dev/null 3>&- 4>&- &
    local recorder=$!
    wait_for 'Ctrl-C ends' "$dir/recorder"
    tell_target fire 0
    stop_target
    wait "$recorder"
    t/bench/recording.pl "$dir/short" 5000000 >"$dir/recording"
    for _ in 1 2 3 4 5; do
        perl -e 'system("@ARGV >/dev/null") == 0 or exit 1; my (undef, undef, $user, $system) = times; print $user + $system, "\n"' \
            "$tracer" --replay "$dir/recording" -q
    done | sort -n | head -1 >"$dir/seconds"
    rm -f "$dir/recording" "$dir/short"
    row "events of a recording printed as JSON by one core" "5 million/s" "$(awk '{ printf "%.1f million/s", 5 / $1 }' "$dir/seconds")"
}
