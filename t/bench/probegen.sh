# What probegen itself takes: generating, headers, audits.

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
    start_target "$exerciser" --appdata --secrets
    start_tracer -r -w "$dir/events" -a --secrets -b 64M
    for round in $(seq 1000 1015); do
        tell_target fire "$round"
        tell_target fire 7 '*:*' 4
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
