#!/bin/bash
# `make bench`: measures what the project promises, and prints the promises beside it. Ratios are taken within one run, since machines differ.
# O is the build folder. Needs root and BPF.
set -eu
cd "$(dirname "$0")/../.."
O=${O:-out}
tracer=$O/bin/h2otrace exerciser=$O/bin/h2otrace-exerciser gen=$O/gen/h2otrace
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

say() { printf '%s\n' "$*" >&2; }
row() { printf '%-62s %-16s %s\n' "$1" "$2" "$3"; }
now() { date +%s%N; }
median() { sort -n | awk '{ x[NR] = $1 } END { print x[int((NR + 1) / 2)] }'; }

build() {
    gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Iruntime -I"$gen" -o "$dir/$1" "t/bench/$1.c" \
        "$gen/json.o" "$gen/catalog.o" "$gen/embed.o" "$O/lib/libprobetrace.a" "$O/lib/libprobeusdt.a" -lbcc_bpf -lbpf -ldw -lelf -lz
}

# ---- a target that takes commands ----

start_target() {
    rm -f "$dir/commands" "$dir/answers"
    mkfifo "$dir/commands" "$dir/answers"
    "$exerciser" "$@" <"$dir/commands" >"$dir/answers" &
    target=$!
    exec 3>"$dir/commands" 4<"$dir/answers"
    # its answer shows that it runs; before, the process may still be the shell
    echo rounds >&3
    read -r _ <&4
}

stop_target() {
    exec 3>&- 4<&-
    wait "$target"
}

# time ROUND GLOB COUNT: ns for a firing
firing() {
    echo "time $1 $2 $3" >&3
    read -r _ ns <&4
    echo "$ns"
}

# waits until the file has the text; 20 s at most
wait_for() {
    local end=$((SECONDS + 20))
    until grep -q "$1" "$2" 2>/dev/null; do
        [ $SECONDS -lt $end ] || { say "no '$1' within 20 s:"; cat "$2" >&2; exit 1; }
    done
}

start_tracer() {
    : >"$dir/talk"
    "$tracer" -p "$target" -w /dev/null "$@" 2>"$dir/talk" 3>&- 4<&- &
    tracer_pid=$!
    wait_for 'Ctrl-C ends' "$dir/talk"
}

stop_tracer() {
    local begin
    begin=$(now)
    kill -TERM "$tracer_pid"
    wait "$tracer_pid"
    stop_ms=$((($(now) - begin) / 1000000))
}

start_floor() {
    rm -f "$dir/floor.in"
    mkfifo "$dir/floor.in"
    : >"$dir/floor.out"
    "$dir/floor" "$target" "$1" <"$dir/floor.in" >"$dir/floor.out" 3>&- 4<&- &
    floor_pid=$!
    exec 5>"$dir/floor.in"
    wait_for attached "$dir/floor.out"
}

stop_floor() {
    exec 5>&-
    wait "$floor_pid"
}

# ---- measurements ----

measure_start_stop() {
    : >"$dir/start" && : >"$dir/stop"
    for _ in 1 2 3 4 5; do
        start_tracer
        sed -n 's/.*attached in \([0-9]*\) ms.*/\1/p' "$dir/talk" >>"$dir/start"
        # the ring is the only mapping of a BPF map that matters; all else counts
        awk '/^[0-9a-f]+-/ { map = $6 } /^Rss:/ && map !~ /bpf-map/ { kb += $2 } END { print kb }' "/proc/$tracer_pid/smaps" >>"$dir/rss"
        stop_tracer
        echo "$stop_ms" >>"$dir/stop"
    done
    row "start until all probes of the exerciser are attached" "250 ms" "$(median <"$dir/start") ms"
    row "from SIGTERM to exit, all probes attached" "250 ms" "$(median <"$dir/stop") ms"
    row "resident memory beside the ring buffer" "12 MB" "$(median <"$dir/rss" | awk '{ printf "%.1f MB", $1 / 1024 }')"
}

# what one event costs the target, as a ratio to an empty BPF program on the same site
measure_cost() {
    local title=$1 promise=$2 round=$3 probe=$4 count=300000
    shift 4
    : >"$dir/ratio"
    for _ in 1 2 3 4 5 6 7; do
        local base floor cost
        base=$(firing "$round" "$probe" $count)
        start_floor "$probe"
        floor=$(firing "$round" "$probe" $count)
        stop_floor
        start_tracer -t "$probe" "$@"
        cost=$(firing "$round" "$probe" $count)
        stop_tracer
        echo "$base $floor $cost" | awk '{ print ($3 - $1) / ($2 - $1), $2 - $1, $3 - $1 }' >>"$dir/ratio"
    done
    sort -n "$dir/ratio" | sed -n 4p >"$dir/middle"
    row "$title" "$promise" "$(awk '{ printf "%.2f  (%.0f ns, empty program %.0f ns)", $1, $3, $2 }' "$dir/middle")"
}

# an exerciser whose sites are of another kind, in a folder of its own
build_exerciser() {
    "$O/bin/probegen" -o "$dir/$1" -e usdt,exerciser --site="$1" probes/*.d probes/*.map
    gcc -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Igen/exerciser -I"$dir/$1" -o "$dir/$1/exerciser" "$dir/$1/exerciser.c" gen/exerciser/main.c -lm
}

# what one event adds at a site of a kind: ns
added_at() {
    local exerciser=$dir/$1/exerciser count=300000 base cost
    start_target
    base=$(firing 0 h2o:send_response $count)
    start_tracer -t h2o:send_response
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
    row "events written as JSON to a file by one core, from memory" "3 million/s" \
        "$(awk '{ printf "%.1f million/s  (%d bytes each)", $1 / 1e6, $2 }' "$dir/rate")"
}

seconds_of() {
    local begin
    begin=$(now)
    "$@"
    echo $(($(now) - begin)) | awk '{ print $1 / 1e9 }'
}

measure_probegen() {
    for _ in 1 2 3 4 5 6 7 8 9; do
        seconds_of "$O/bin/probegen" -o "$dir/generated" probes/*.d probes/*.map
    done | median >"$dir/seconds"
    row "probegen on the 135 probes, all emitters" "20 ms" "$(awk '{ printf "%.1f ms", $1 * 1000 }' "$dir/seconds")"
}

make_header() {
    "$@" -h -s "$dir/all.d" -o "$dir/all.h" >"$dir/talk" 2>&1
}

measure_dtrace() {
    local i
    cat probes/*.d >"$dir/all.d"
    for i in 1 2 3 4 5 6 7 8 9; do
        seconds_of make_header "$O/bin/probegen" dtrace
    done | median >"$dir/ours"
    for i in 1 2 3; do
        seconds_of make_header dtrace
    done | median >"$dir/theirs"
    row "a header of the 135 probes, as dtrace(1)" "10 ms" "$(awk '{ printf "%.1f ms", $1 * 1000 }' "$dir/ours")"
    row "  SystemTap's dtrace, as a multiple of that" "10" "$(cat "$dir/ours" "$dir/theirs" | awk '{ t[NR] = $1 } END { printf "%.0f  (%.0f ms)", t[2] / t[1], t[2] * 1000 }')"
}

# a definition of $1 probes with 6 arguments each
large_definition() {
    awk -v n="$1" 'BEGIN {
        print "provider bench {"
        for (i = 0; i < n; ++i)
            printf "    /** probe number %d of the bench */\n    probe probe_%d(uint64_t conn_id, int status, const char *name, " \
                   "size_t name_len, const void *peer, uint32_t flags);\n", i, i
        print "};"
    }'
}

measure_large() {
    local n
    for n in 10000 100000; do
        large_definition $n >"$dir/large.d"
        rm -rf "$dir/large"
        "$dir/cost" "$O/bin/probegen" -o "$dir/large" "$dir/large.d" >"$dir/large.$n"
    done
    rm -rf "$dir/large"
    row "probegen on 100 000 probes x 6 arguments, all emitters" "5 s, 512 MB" "$(awk '{ printf "%.1f s, %d MB", $1, $2 }' "$dir/large.100000")"
    row "  the same, as a multiple of 10 000 probes (linear: 10)" "about 10" \
        "$(cat "$dir/large.10000" "$dir/large.100000" | awk '{ t[NR] = $1 } END { printf "%.1f", t[2] / t[1] }')"
}

# events of all probes, of which some have values made at random, as a tracer wrote them; again and again, up to 10 million lines
write_trace() {
    local round
    start_target --appdata --secrets
    start_tracer -w "$dir/events" -a --secrets -b 64M
    for round in $(seq 1000 1015); do
        echo "fire $round" >&3 && read -r _ <&4
        echo "fire 7 *:* 4" >&3 && read -r _ <&4
    done
    stop_tracer
    stop_target
    python3 -c '
import sys
events = open(sys.argv[1], "rb").readlines()
whole = b"".join(events)
for _ in range(10000000 // len(events)):
    sys.stdout.buffer.write(whole)
sys.stdout.buffer.writelines(events[: 10000000 % len(events)])' "$dir/events"
}

# 2 GB, and what zstd and gzip make of them; 3 GB of disk
measure_trace() {
    local kind
    write_trace >"$dir/trace.plain"
    for kind in plain zstd gzip; do
        [ $kind = plain ] || $kind -1 -q -c "$dir/trace.plain" >"$dir/trace.$kind"
        "$dir/cost" "$O/bin/probegen" audit probes/*.d probes/*.map --fail-under-seen 100 --fail-on error --seen "$dir/trace.$kind" >"$dir/cost.$kind"
        [ $kind = plain ] || rm "$dir/trace.$kind"
    done
    row "audit of a trace of 10 million lines" "20 s, 20 MB" "$(awk '{ printf "%.1f s, %.1f MB", $1, $2 }' "$dir/cost.plain")  ($(stat -c %s "$dir/trace.plain" |
        awk '{ printf "%.1f", $1 / 1e9 }') GB)"
    for kind in zstd gzip; do
        row "  the same, compressed by $kind" "20 s, 20 MB" "$(awk '{ printf "%.1f s, %.1f MB", $1, $2 }' "$dir/cost.$kind")"
    done
    rm "$dir/trace.plain"
}

# a source tree as large as h2o's, 750 files with 12 MB of C, that calls each probe twice through a macro
write_tree() {
    local providers
    providers=$("$O/bin/probegen" --dump=json probes/*.d |
        jq -r '.providers[] | .name as $p | .probes[] | [$p, .macro, (.args | length)] | @tsv')
    mkdir -p "$1"
    printf '%s\n' "$providers" | awk -v dir="$1" '
        { macro[NR] = $2; args[NR] = $3 }
        END {
            file = dir "/wrap.h"
            print "#define FIRE(name, ...) do { if (name##_ENABLED()) name(__VA_ARGS__); } while (0)" > file
            for (i = 0; i < 750; ++i) {
                file = dir "/file" i ".c"
                print "/* file", i, "*/\n#include \"wrap.h\"" > file
                for (j = 0; j < 55; ++j) {
                    printf "/**\n * Adds what is said about %d to the list, unless it is there: FIRE(NOTHING, 1) is a comment.\n */\n" \
                           "static int function_%d(struct st_list_t *list, const char *name, size_t len)\n{\n" \
                           "    for (size_t i = 0; i != list->num; ++i) {\n        if (memcmp(list->items[i].name, name, len) == 0)\n" \
                           "            return printf(\"%%s is there: FIRE(\\\"%%d\\\")\", name, 0x%x);\n    }\n", j, j, j > file
                }
                if (i < 2 * NR) {
                    k = i % NR + 1
                    printf "    FIRE(%s", macro[k] > file
                    for (j = 0; j < args[k]; ++j)
                        printf ", list->items[%d].value", j > file
                    print ");" > file
                }
                close(file)
            }
        }'
}

measure_tree() {
    local source=${H2O_SOURCE:-$dir/tree} binary=${H2O:-$exerciser} what=
    if [ -n "${H2O_SOURCE:-}${H2O:-}" ]; then
        what="  ($source, $binary)"
    fi
    write_tree "$dir/tree"
    "$dir/cost" "$O/bin/probegen" audit probes/*.d probes/*.map --fail-on error --source "$source" --binary "$binary" >"$dir/cost.tree"
    row "audit of 12 MB of sources and a binary" "2 s, 200 MB" "$(awk '{ printf "%.2f s, %.1f MB", $1, $2 }' "$dir/cost.tree")$what"
}

say "measuring; this takes about two minutes"
build floor
build json
build cost
grep -m1 'model name' /proc/cpuinfo | sed 's/.*: //' | awk -v n="$(nproc)" -v k="$(uname -r | cut -d- -f1)" '{ print $0 ", " n " CPUs, Linux " k }'
row "" "at most/least" "measured"
start_target
measure_start_stop
measure_cost "added cost of an event, integers only, to an empty program" "2.0" 0 h2o:send_response
measure_cost "added cost of an event, two strings of 30 bytes" "2.5" 7 h2o:send_response_header -a
stop_target
measure_sites
measure_json
measure_probegen
measure_dtrace
measure_large
measure_tree
measure_trace
