# What the measurements share: rows, times, and targets, tracers and empty programs that run meanwhile. Sourced; `dir` is a folder for what is
# temporary, `O` the build folder.

say() { printf '%s\n' "$*" >&2; }
row() { printf '%-62s %-16s %s\n' "$1" "$2" "$3"; }
now() { date +%s%N; }
median() { sort -n | awk '{ x[NR] = $1 } END { print x[int((NR + 1) / 2)] }'; }
# a line about the machine and its system
machine() { grep -m1 'model name' /proc/cpuinfo | sed 's/.*: //' | awk -v n="$(nproc)" -v k="$(uname -r | cut -d- -f1)" '{ print $0 ", " n " CPUs, Linux " k }'; }

seconds_of() {
    local begin
    begin=$(now)
    "$@"
    echo $(($(now) - begin)) | awk '{ print $1 / 1e9 }'
}

# build NAME [TRACER]: t/bench/NAME.c, with the generated files of a tracer (default: h2otrace), as NAME or TRACER-NAME
build() {
    local gen=$O/gen/${2:-h2otrace}
    gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Iruntime -I"$gen" -o "$dir/${2:+$2-}$1" "t/bench/$1.c" \
        "$gen/json.o" "$gen/catalog.o" "$gen/embed.o" "$O/lib/libprobetrace.a" "$O/lib/libprobeusdt.a" -lbcc_bpf -lbpf -lcap -lseccomp -ldw -lelf -lzstd -lz
}

# build_tracer NAME FILE.d: a tracer out/bin/NAME, as anybody makes one
build_tracer() {
    make --no-print-directory PROBES="$2" TRACER="$1" "$O/bin/$1" >"$dir/make" 2>&1 || { cat "$dir/make" >&2; exit 1; }
}

# waits until the file has the text; 20 s at most
wait_for() {
    local end=$((SECONDS + 20))
    until grep -q "$1" "$2" 2>/dev/null; do
        [ $SECONDS -lt $end ] || { say "no '$1' within 20 s:"; cat "$2" >&2; exit 1; }
        sleep 0.01
    done
}

# ---- a target that takes commands ----

# start_target PROGRAM [OPTION]...
start_target() {
    rm -f "$dir/commands" "$dir/answers"
    mkfifo "$dir/commands" "$dir/answers"
    "$@" <"$dir/commands" >"$dir/answers" &
    target=$!
    exec 3>"$dir/commands" 4<"$dir/answers"
    # its answer shows that it runs; before, the process may still be the shell
    tell_target rounds
}

stop_target() {
    exec 3>&- 4<&-
    wait "$target"
}

tell_target() {
    echo "$*" >&3
    read -r _ <&4
}

# CPU time of the target, ns. The kernel counts when a process leaves the CPU; that it answers shows that it had left it for the question.
target_ns() {
    local ns
    tell_target rounds
    read -r ns _ <"/proc/$target/schedstat"
    echo "$ns"
}

# firing ROUND GLOB COUNT: CPU ns of the target for a firing
firing() {
    local begin
    begin=$(target_ns)
    tell_target fire "$1" "$2" "$3"
    awk -v begin="$begin" -v end="$(target_ns)" -v count="$3" 'BEGIN { print (end - begin) / count }'
}

# ---- tracers, and what stands for one ----

# starts "$tracer" in the background; its messages are in `talk`
launch_tracer() {
    : >"$dir/talk"
    "$tracer" -p "$target" "$@" 2>"$dir/talk" 3>&- 4<&- &
    tracer_pid=$!
}

start_tracer() {
    launch_tracer "$@"
    wait_for 'Ctrl-C ends' "$dir/talk"
}

stop_tracer() {
    local begin
    begin=$(now)
    kill -TERM "$tracer_pid"
    wait "$tracer_pid"
    stop_ms=$((($(now) - begin) / 1000000))
}

# start_floor PROGRAM empty|record PID GLOB: see floor.c
start_floor() {
    rm -f "$dir/floor.in"
    mkfifo "$dir/floor.in"
    : >"$dir/floor.out"
    "$1" "$2" "$3" "$4" <"$dir/floor.in" >"$dir/floor.out" 3>&- 4<&- &
    floor_pid=$!
    exec 5>"$dir/floor.in"
    wait_for attached "$dir/floor.out"
}

stop_floor() {
    exec 5>&-
    wait "$floor_pid"
}
