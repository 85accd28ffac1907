# A real h2o, H2O=FILE: what it costs the server to be traced, beside an empty BPF program and one that makes bare records on the same sites
# (floor.c), and h2o's own log, where it has one.
# All in one run, round by round; of each the least. Its clients: h2load (Debian's nghttp2-client), and h2o-httpclient beside h2o for HTTP/3.

h2o_rounds=3

# ports that nobody listens to, neither by TCP nor by UDP
free_ports() {
    perl -MIO::Socket::INET -e '
        while (@ports < 2) {
            push @held, my $tcp = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", Proto => "tcp") || die "no port: $!\n";
            push @ports, $tcp->sockport if IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $tcp->sockport, Proto => "udp");
        }
        print "@ports\n"'
}

h2o_config() {
    cat <<END
user: $(id -un)
num-threads: 1
listen:
  host: 127.0.0.1
  port: $plain_port
listen: &tls
  host: 127.0.0.1
  port: $tls_port
  ssl:
    certificate-file: $dir/h2o/crt
    key-file: $dir/h2o/key
listen:
  <<: *tls
  type: quic
hosts:
  default:
    paths:
      "/":
        file.dir: $dir/h2o/htdocs
      "/status":
        status: ON
END
}

h2o_log_config() {
    cat <<END
  log:
    h2olog: on
    listen:
      type: unix
      port: $dir/h2o/log.socket
    paths: {}
END
}

# sets `server`, `has_log`
start_h2o() {
    mkdir -p "$dir/h2o/htdocs"
    read -r plain_port tls_port <<<"$(free_ports)"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout "$dir/h2o/key" -out "$dir/h2o/crt" 2>"$dir/talk" || { cat "$dir/talk" >&2; exit 1; }
    echo hello >"$dir/h2o/htdocs/index.html"
    has_log=
    { h2o_config; h2o_log_config; } >"$dir/h2o/conf"
    if command -v curl >/dev/null && "$H2O" -t -c "$dir/h2o/conf" >"$dir/talk" 2>&1; then
        has_log=yes
    else
        h2o_config >"$dir/h2o/conf"
    fi
    "$H2O" -m worker -c "$dir/h2o/conf" >"$dir/h2o/out" 2>&1 &
    server=$!
    local end=$((SECONDS + 20))
    until (exec 6<>"/dev/tcp/127.0.0.1/$plain_port") 2>/dev/null; do
        if [ $SECONDS -ge $end ] || ! kill -0 "$server" 2>/dev/null; then
            say "$H2O does not listen:"
            cat "$dir/h2o/out" >&2
            exit 1
        fi
        sleep 0.05
    done
}

# if it has been started
stop_h2o() {
    [ -n "$server" ] || return 0
    kill -TERM "$server"
    wait "$server" || true
    server=
}

# CPU seconds of the server, its children included
server_cpu() {
    sed 's/.*) //' "/proc/$server/stat" | awk -v hz="$(getconf CLK_TCK)" '{ print ($12 + $13 + $14 + $15) / hz }'
}

# ---- requests: each prints how many were answered ----

answered() { sed -n 's/^requests: .* \([0-9]*\) succeeded,.*/\1/p' "$dir/h2o/client"; }

request_h1() {
    h2load --h1 -n 100000 -c 10 "http://127.0.0.1:$plain_port/" >"$dir/h2o/client"
    answered
}

request_h2() {
    h2load -n 100000 -c 10 -m 10 "https://127.0.0.1:$tls_port/" >"$dir/h2o/client"
    answered
}

# the log of h2o-httpclient has a line of status for each response
request_h3() {
    local i pids=
    for i in 1 2 3 4; do
        "$http3_client" -3 100 -k -t 10000 -C 10 -o /dev/null "https://127.0.0.1:$tls_port/" >/dev/null 2>"$dir/h2o/client.$i" &
        pids="$pids $!"
    done
    for i in $pids; do
        wait "$i"
    done
    cat "$dir"/h2o/client.? | grep -c '^HTTP/3 200'
}

# ---- what happens meanwhile; its end sets `seen`: EVENTS LOST ----

begin_untraced() { :; }
end_untraced() { seen="- -"; }

begin_empty() { start_floor "$dir/floor" empty "$server" '*'; }
end_empty() {
    stop_floor
    seen="- -"
}

begin_record() { start_floor "$dir/floor" record "$server" '*'; }
end_record() { end_empty; }

begin_tracer() { target=$server start_tracer -w /dev/null; }
begin_sample() { target=$server start_tracer -w /dev/null -S 0.01; }
end_tracer() {
    stop_tracer
    seen=$(sed -n 's/.*: \([0-9]*\) events of .*, \([0-9]*\) lost.*/\1 \2/p' "$dir/talk")
}
end_sample() { end_tracer; }

# h2o counts what it has lost since it was started
log_lost() { curl -s "http://127.0.0.1:$plain_port/status/json" | sed -n 's/.*"h2olog\.lost": *\([0-9]*\).*/\1/p'; }

begin_log() {
    lost_before=$(log_lost)
    curl -sN -D "$dir/h2o/head" --unix-socket "$dir/h2o/log.socket" http://h2olog/.well-known/h2olog >"$dir/h2o/log" &
    log_pid=$!
    wait_for '^HTTP/.* 200' "$dir/h2o/head"
}
end_log() {
    kill -TERM "$log_pid"
    wait "$log_pid" || true
    seen="$(wc -l <"$dir/h2o/log") $(($(log_lost) - lost_before))"
    rm -f "$dir/h2o/log" "$dir/h2o/head"
}

# ---- the table ----

# one way of requests while one thing happens: SECONDS CPU REQUESTS EVENTS LOST
measure_requests() {
    local way=$1 what=$2 begin cpu requests seen
    "begin_$what"
    cpu=$(server_cpu)
    begin=$(now)
    requests=$("request_$way")
    echo "$(now) $begin $(server_cpu) $cpu" | awk '{ printf "%.3f %.3f ", ($1 - $2) / 1e9, $3 - $4 }' >>"$dir/h2o/$way.$what"
    "end_$what"
    echo "$requests $seen" >>"$dir/h2o/$way.$what"
}

h2o_row() { printf '%-10s %-26s %8s %8s %9s %10s %7s  %-9s %s\n' "$@"; }

# the least of all rounds; what is asked for and seen is that of the round with the least CPU time
least_of() {
    sort -k2,2n "$dir/h2o/$1" | awk 'NR == 1 { line = $2 " " $3 " " $4 " " $5; wall = $1 } $1 < wall { wall = $1 } END { print wall, line }'
}

# what one of them adds to the server's CPU time, as a multiple of what the empty program adds
added_by() {
    { least_of "$1.untraced"; least_of "$1.empty"; least_of "$1.$2"; } | awk '{ cpu[NR] = $2 } END {
        empty = cpu[2] - cpu[1]
        if (empty > 0) printf "%.2f", (cpu[3] - cpu[1]) / empty; else printf "?"
    }'
}

# the server's CPU time, as a multiple of what it is with the empty program
share_of() {
    { least_of "$1.empty"; least_of "$1.$2"; } | awk '{ cpu[NR] = $2 } END { if (cpu[1] > 0) printf "%.2f", cpu[2] / cpu[1]; else printf "?" }'
}

measure_h2o() {
    local ways="h1 h2" whats="untraced empty record tracer sample" way what wall cpu requests events lost
    local -A title=([h1]=HTTP/1.1 [h2]=HTTP/2 [h3]=HTTP/3 [untraced]=untraced [empty]='empty BPF program' [record]='a bare record' [tracer]=h2otrace [sample]="h2otrace -S 0.01" [log]="h2o's own log")
    for what in h2load openssl; do
        command -v $what >/dev/null || { say "$what is missing: h2o is not measured"; return; }
    done
    http3_client=$(dirname "$H2O")/h2o-httpclient
    if [ -x "$http3_client" ]; then ways="$ways h3"; else say "no h2o-httpclient beside h2o: HTTP/3 is not measured"; fi
    start_h2o
    if [ -n "$has_log" ]; then whats="$whats log"; else say "this h2o has no log of its own, or curl is missing"; fi
    for _ in $(seq "$h2o_rounds"); do
        for way in $ways; do
            for what in $whats; do
                measure_requests "$way" "$what"
            done
        done
    done
    stop_h2o
    h2o_row "requests" "meanwhile" "s" "CPU s" "answered" "events" "lost" "CPU, and" "what it adds to that, as multiples of the empty program"
    for way in $ways; do
        for what in $whats; do
            read -r wall cpu requests events lost <<<"$(least_of "$way.$what")"
            h2o_row "${title[$way]}" "${title[$what]}" "$wall" "$cpu" "$requests" "$events" "$lost" "$(share_of "$way" "$what")" "$([ "$what" = untraced ] || added_by "$way" "$what")"
        done
    done
}
