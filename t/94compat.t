#!/usr/bin/perl
# ASSERTION: of a real h2o, --compat=v2 prints what h2o's own log has of the same run, --compat=v1 what the adapters of quicly read, and --keylog the
# secrets that clients have, with which tshark reads what was captured; a recording of that run has the same secrets.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use H2O;
use JSON::PP;
use Live;
use Test::More;

need_h2o('h2o-httpclient');
my $h2o = start_h2o(threads => 1, files => {big => 'x' x 100_000}, log => 'appdata');
my ($plain, $tls) = @$h2o{qw(plain tls)};

# ---- one run, looked at in all ways ----

if (!$h2o->{has_log}) {
    pass('this h2o has no log of its own: nothing is compared');
    done_testing();
    exit 0;
}
my $log = start_h2olog('?application-data=1');
my $dump = has_program('dumpcap') && has_program('tshark') ? start(['dumpcap', '-q', '-i', 'lo', '-f', "port $tls", '-w', tmp('packets')]) : undef;
poll { $dump->err =~ /File:/ || $dump->status ne '' } if $dump;
my @show = ('-p', $h2o->pid, '-a', '--secrets', '--string-limit', '32768');
my %tracers = (v1 => start_tracer(@show, '--compat=v1'), v2 => start_tracer('-r', @show, '--compat=v2', '--keylog', tmp('keys')),
    recording => start_tracer(@show, '--record', tmp('recording')));

for my $arguments (['--http1.1', "http://127.0.0.1:$plain/"], ['--http1.1', "https://127.0.0.1:$tls/"], ['--http2', "https://127.0.0.1:$tls/big"]) {
    my ($exit, undef, $err) = run_program({env => {SSLKEYLOGFILE => tmp('client.keys')}}, 'curl', '-sSk', '-o', '/dev/null', @$arguments);
    is($exit, 0, "curl @$arguments") or diag($err);
}
http3("https://127.0.0.1:$tls/$_", ['-H', 'x-live:a"b']) for '', 'big';
for my $end (['v1', 'conn-stats'], ['v2', 'conn_stats']) {
    my ($kind, $type) = @$end;
    ok(poll { 2 == (() = slurp($tracers{$kind}->out) =~ /"type":"$type"/g) }, "$kind: connections end");
}
poll { 2 == (() = slurp($log->out) =~ /"type":"conn_stats"/g) };
for my $kind (sort keys %tracers) {
    $tracers{$kind}->signal('TERM');
    is($tracers{$kind}->wait_end, 0, "$kind: the tracer ends well");
}
$log->signal('TERM');
$log->wait_end;
if ($dump) {
    $dump->signal('TERM');
    $dump->wait_end;
}

# ---- h2o's own log ----

# What only one of both has, or another value: see the head of probes/v2.map.
my %only_log = map { $_ => 1 } ('write.num_bytes', 'stream_on_open.stream_id', 'stream_on_send_emit.off', 'packet_received.decrypted',
    map { "crypto_$_.secret_len" } qw(update_secret send_key_update receive_key_update receive_key_update_prepare));
my $is_other = qr/^(?:h3s_destroy\.(?:control_stream|qpack_\w+)_bytes_\w+|conn_stats\.(?:cc\..*|num-packets\.(?:received|acked)-ecn-.*)|accept\.(?:issued_at|rate|rtt|address_mismatch|original_dcid|client_cid|server_cid))\z/;

# An event without what only one of both can have, and without the time.
sub common {
    my ($event) = @_;
    return {map { $_ => $event->{$_} } grep { my $name = "$event->{type}.$_"; $_ ne 'time' && !$only_log{$name} && $name !~ $is_other } keys %$event};
}

# Events of both that are the same in all that both have; the log leaves out what comes too fast, so it has fewer.
my $json = JSON::PP->new->canonical;
my ($of_log, $of_trace) = map { [map { common(decode_json($_)) } grep { /^\{.*\}$/ } lines($_)] } $log->out, $tracers{v2}->out;
my (%num, %is_of_trace, %different);
for my $event (@$of_trace) {
    ++$num{$json->encode($event)};
    $is_of_trace{$event->{conn_id}} = 1 if defined $event->{conn_id};
}
my $num_same = 0;
for my $event (grep { $_->{type} ne 'h3s_stream0_ttlb' && $is_of_trace{$_->{conn_id} // ''} } @$of_log) {
    my $text = $json->encode($event);
    if (($num{$text} // 0) != 0) {
        --$num{$text};
        ++$num_same;
    } else {
        push @{$different{$event->{type}}}, $text;
    }
}
for my $type (sort keys %different) {
    my ($like) = grep { $num{$_} && /"type":"$type"/ } sort keys %num;
    diag("log $different{$type}[0]\ntrace ", $like // 'nothing');
}
cmp_ok($num_same, '>', 100, 'v2: many events of the log are looked at');
is(join(' ', map { "$_ " . @{$different{$_}} } sort keys %different), '', 'v2: all of them were traced, with the same keys and values');

# ---- adapters ----

SKIP: {
    my $repo = $ENV{QUICLY_REPO};
    skip('no adapters: set QUICLY_REPO to a git directory or tree of quicly', 6) if !$repo;
    skip('no python3', 6) if !has_program('python3');
    for my $name (qw(qlog-adapter.py quictrace-adapter.py)) {
        my ($exit, $text) = -e "$repo/misc/$name" ? (0, slurp("$repo/misc/$name")) : run_program('git', '-C', $repo, 'show', "HEAD:misc/$name");
        is($exit, 0, "there is $name");
        spew(tmp($name), $text);
    }
    my $trace = $tracers{v1}->out;
    my ($exit, $qlog, $err) = run_program('python3', tmp('qlog-adapter.py'), $trace);
    is($exit, 0, 'qlog-adapter.py reads v1') or diag($err);
    my %names;
    ++$names{$_->{name} // ''} for map { decode_json($_) } split /\n/, $qlog;
    cmp_ok(($names{'transport:packet_sent'} // 0) && ($names{'transport:packet_received'} // 0), '>', 5, '... and finds packets that were sent and received');
    # it was written for a Python in which bytes were text
    my $shim = 'import base64, runpy, sys; encode = base64.b64encode; base64.b64encode = lambda s: encode(s.encode()).decode(); '
        . 'sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name="__main__")';
    ($exit, undef, $err) = run_program('python3', '-c', $shim, tmp('quictrace-adapter.py'), $trace, tmp('quictrace'));
    is($exit, 0, 'quictrace-adapter.py reads v1') or diag($err);
    # of today's quicly it finds no packets, since the probes are gone that told of them
    my @traces = map { decode_json(slurp($_)) } glob(tmp('quictrace/*.json'));
    is(scalar(grep { ref $_->{events} eq 'ARRAY' } @traces), 2, '... and finds the connections');
}

# ---- the key log ----

my @keys = lines(tmp('keys'));
is(sprintf('%04o', (stat tmp('keys'))[2] & 07777), '0600', 'nobody else can read the key log');
is(scalar(grep { !/^[A-Z0-9_]+ [0-9a-f]{64} (?:[0-9a-f]{2}){32,64}\z/ } @keys), 0, 'it has lines as NSS writes them');
my ($replayed, undef, $complaint) = run_program(build('bin/h2otrace'), '--replay', tmp('recording'), '--secrets', '--keylog', tmp('later.keys'));
is($replayed, 0, '--replay --keylog') or diag($complaint);
is(slurp(tmp('later.keys')), slurp(tmp('keys')), '... writes the same key log later');
my %randoms = map { (split / /)[1] => 1 } @keys;
is(scalar keys %randoms, 4, 'of each connection: two of TLS over TCP, two of QUIC');
SKIP: {
    skip('this curl writes no key log', 1) if !-s tmp('client.keys');
    my %is_known = map { lc $_ => 1 } lines(tmp('client.keys'));
    my %of_curl = map { (split / /)[1] => 1 } keys %is_known;
    is(join("\n", grep { $of_curl{(split / /)[1]} && !$is_known{lc $_} } @keys) . ' ' . grep({ $of_curl{(split / /)[1]} } @keys), ' 8',
        'the secrets are those that the client has');
}
SKIP: {
    skip('no dumpcap and tshark, or they cannot capture', 1) if !$dump || !-s tmp('packets');
    my (undef, $seen, $err) = run_program('tshark', '-r', tmp('packets'), '-o', 'tls.keylog_file:' . tmp('keys'), '-d', "tcp.port==$tls,tls", '-d',
        "udp.port==$tls,quic", '-Y', 'http or http2 or http3', '-T', 'fields', '-e', 'frame.protocols');
    is(join(' ', grep { $seen =~ /:$_(?::|$)/m } qw(http http2 http3)), 'http http2 http3', 'tshark decrypts TLS and QUIC with it') or diag($err);
}

end_h2o($h2o);
done_testing();
