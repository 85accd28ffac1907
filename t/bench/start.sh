# Start, stop and memory of a tracer.

measure_start_stop() {
    start_target "$exerciser"
    for _ in 1 2 3 4 5; do
        start_tracer -w /dev/null
        attached_ms >>"$dir/start"
        # the ring is the only mapping of a BPF map that matters; all else counts
        awk '/^[0-9a-f]+-/ { map = $6 } /^Rss:/ && map !~ /bpf-map/ { kb += $2 } END { print kb }' "/proc/$tracer_pid/smaps" >>"$dir/rss"
        stop_tracer
        echo "$stop_ms" >>"$dir/stop"
        start_tracer -w /dev/null -t h2o:send_response
        attached_ms >>"$dir/start.one"
        stop_tracer
    done
    stop_target
    row "start until all probes of the exerciser are attached" "80 ms" "$(median <"$dir/start") ms"
    row "  one of them" "15 ms" "$(median <"$dir/start.one") ms"
    measure_many
    row "from SIGTERM to exit, all probes attached" "250 ms" "$(median <"$dir/stop") ms"
    row "resident memory beside the ring buffer" "8 MB" "$(median <"$dir/rss" | awk '{ printf "%.1f MB", $1 / 1024 }')"
}

# of the tracer that has been started
attached_ms() { sed -n 's/.*attached in \([0-9]*\) ms.*/\1/p' "$dir/talk"; }

# More probes than one BPF program has room for functions. The tracer stays in the build folder, since the compilers take minutes for it.
measure_many() {
    local tracer=$O/bin/bench-many what
    mkdir -p "$O/bench"
    awk 'BEGIN {
        print "provider many {"
        for (i = 0; i < 2000; ++i)
            printf "    probe p%d(int first, int second, const char *text);\n", i
        print "};"
    }' >"$O/bench/many.d"
    [ -e "$tracer" ] || say "building a tracer of 2000 probes; this takes minutes, once"
    build_tracer bench-many "$O/bench/many.d"
    "$O/bin/probegen" -o "$dir/many" -e usdt,exerciser "$O/bench/many.d"
    gcc -std=gnu11 -D_GNU_SOURCE -O0 -Igen/exerciser -I"$dir/many" -o "$dir/many/exerciser" "$dir/many/exerciser.c" gen/exerciser/main.c -lm
    start_target "$dir/many/exerciser"
    : >"$dir/start.many"
    for _ in 1 2 3; do
        launch_tracer -w /dev/null
        what=$(outcome)
        if [ "$what" = started ]; then
            attached_ms >>"$dir/start.many"
            stop_tracer
        else
            wait "$tracer_pid" || true
            break
        fi
    done
    stop_target
    [ "$what" != started ] || what="$(median <"$dir/start.many") ms"
    row "start, 2000 probes of two integers and a string each" "2 s" "$what"
}

# what becomes of a tracer: it is "started", or "refused" by the kernel; all else is a failure of the measurement
outcome() {
    local end=$((SECONDS + 60))
    while [ $SECONDS -lt $end ]; do
        if grep -q 'Ctrl-C ends' "$dir/talk"; then
            echo started
            return
        fi
        if ! kill -0 "$tracer_pid" 2>/dev/null || grep -q '^State:.Z' "/proc/$tracer_pid/status" 2>/dev/null; then
            sed -n 's/.*the kernel refuses the BPF program: \(.*\)/refused  (\1)/p' "$dir/talk" >"$dir/refused"
            if [ -s "$dir/refused" ]; then
                cat "$dir/refused"
                return
            fi
            break
        fi
        sleep 0.01
    done
    say "a tracer of 2000 probes does not start:"
    cat "$dir/talk" >&2
    exit 1
}
