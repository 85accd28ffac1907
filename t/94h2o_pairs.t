#!/usr/bin/perl
# ASSERTION: what --durations says of a real h2o's requests, tunnels, connections and streams, of HTTP/1, HTTP/2 and HTTP/3, lies within what its
# client saw, and is not less than what its backend took; nothing that began while it was traced has none; --slower-than shows the slow ones.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use H2O;
use IO::Socket::INET;
use JSON::PP;
use Live;
use Test::More;
use Time::HiRes qw(time);

need_h2o();
my $json = JSON::PP->new;

# ---- a backend that takes its time, and says how long: "/slow SECONDS" a line ----

my $listener = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1', Proto => 'tcp') or die "listen: $!";
my ($backend_port, $backend_log, $owner) = ($listener->sockport, tmp('backend'), $$);
spew($backend_log, '');
defined(my $backend = fork) or die "fork: $!";
if ($backend == 0) {
    $SIG{$_} = 'DEFAULT' for qw(TERM INT);
    while (my $client = $listener->accept) {
        my ($began, $head) = (undef, '');
        while ($head !~ /\r\n\r\n/ && sysread $client, $head, 4096, length $head) {
            $began //= time;
        }
        my ($path) = $head =~ m{^\w+ (\S+) } or next;
        $began = time;
        select undef, undef, undef, 0.25 if $path =~ m{/slow};
        my $took = time - $began;
        syswrite $client, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
        open my $log, '>>', $backend_log;
        syswrite $log, sprintf "%s %.6f\n", $path, $took;
    }
    POSIX::_exit(0);
}
END { kill 'KILL', $backend if $backend && $$ == $owner }

my $h2o = start_h2o(tunnels => 1, backend => $backend_port);
my ($plain, $tls) = @$h2o{qw(plain tls)};

# ---- requests ----

my @probes = qw(h2o:receive_request h2o:send_response h2o:h3s_stream_stats h2o:connect_success h2o:connect_dispose h2o:h1_close h2o:h3s_destroy
    quicly:free quicly:stream_on_destroy picotls:free);
my $all = start_tracer('-p', $h2o->pid, '--durations', '-t', join ',', @probes);
my $slow = start_tracer('-p', $h2o->pid, '--slower-than=200ms', '-t', 'h2o:send_response');
# the name is known only some time after the begin
my $named = start_tracer('-p', $h2o->pid, '--durations', '-N', 'localhost', '-t', 'picotls:free');
my $stat = start_tracer('-p', $h2o->pid, '--durations', '--stat=1h', '-t', 'h2o:send_response,h2o:h1_close');
my @requests;    # {version, path, total}: ms that the client took

sub curl_timed {
    my ($version, $path, @options) = @_;
    my $base = $version eq '1.1' ? "http://127.0.0.1:$plain" : "https://localhost:$tls";
    my ($exit, $out, $err) = run_program('curl', '-sSk', @options, '-o', '/dev/null', '-w', '%{time_total}', "$base$path");
    is($exit, 0, "curl, HTTP/$version $path") or diag($err);
    push @requests, {version => $version, path => $path, total => $out * 1000};
}
for my $path ('/fast', '/slow') {
    curl_timed('1.1', $path, '--http1.1');
    curl_timed('2', $path, '--http2');
    if (h2o_client()) {
        my $began = time;
        http3("https://127.0.0.1:$tls$path");
        push @requests, {version => '3', path => $path, total => (time - $began) * 1000};
    }
}
my $num_h3 = grep { $_->{version} eq '3' } @requests;
my $began = time;
my ($exit, undef, $err) = run_program('curl', '-sS', '-o', '/dev/null', '-p', '-x', "http://127.0.0.1:$plain", "http://127.0.0.1:$backend_port/slow");
is($exit, 0, 'a tunnel through h2o') or diag($err);
my $tunnel_total = (time - $began) * 1000;

sub events { return map { $json->decode($_) } lines($_[0]->out) }
sub of { my ($type, @events) = @_; return grep { $_->{type} eq $type } @events }
ok(poll { my @seen = events($all); of('connect_dispose', @seen) >= 1 && of('h1_close', @seen) >= 2 && of('h3s_destroy', @seen) >= $num_h3 }, 'all that ends has ended');
ok(poll { events($named) >= 2 }, '... also of connections to a name');
for my $tracer ($all, $slow, $stat, $named) {
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, 'a tracer ends');
    like($tracer->err, qr/, 0 lost/, '... and has lost nothing');
}

# ---- what is said of them ----

my @events = events($all);
my @responses = of('send_response', @events);
my @received = of('receive_request', @events);
is(scalar(@responses), @requests + 1, 'all requests, and the tunnel, were answered');
is(scalar(grep { !defined $_->{duration} } @responses), 0, 'of each it is known how long that took');
my %received = map { ("$_->{conn_id} $_->{req_id}" => $_) } @received;
my $num_wrong = grep { abs($_->{time} - $received{"$_->{conn_id} $_->{req_id}"}{time} - $_->{duration}) >= 0.0013 } @responses;
is($num_wrong, 0, '... the difference of the times of both events');
my @took = map { (split)[1] * 1000 } grep { m{^/slow} } all_lines($backend_log);
my @by_time = sort { $a->{time} <=> $b->{time} } @responses;
for my $i (0 .. $#requests) {
    my ($request, $response) = ($requests[$i], $by_time[$i]);
    my $what = "HTTP/$request->{version} $request->{path}";
    cmp_ok($response->{duration}, '<=', $request->{total}, "$what: not longer than the client has waited");
    cmp_ok($response->{duration}, '>=', shift @took, '... nor shorter than the backend has taken') if $request->{path} eq '/slow';
}
is_deeply([map { $_->{conn_id} } events($slow)], [map { $_->{conn_id} } grep { $_->{duration} >= 200 } @by_time], '--slower-than: those that took as long');
my $num_slow = grep { $_->{path} eq '/slow' } @requests;
cmp_ok(scalar(events($slow)), '>=', $num_slow, '... the slow ones among them');
my @stats = of('h3s_stream_stats', @events);
my %response = map { ("$_->{conn_id} $_->{req_id}" => $_) } @responses;
if ($num_h3 != 0) {
    is(scalar(grep { defined $_->{duration} } @stats), $num_h3, 'HTTP/3: so it is of whole requests');
    is(scalar(grep { $_->{duration} < $response{"$_->{conn_id} $_->{stream_id}"}{duration} } grep { defined $_->{duration} } @stats), 0, '... which take longer than until the response');
    is(scalar(grep { !defined $_->{duration} } of('h3s_destroy', @events)), 0, '... and of connections');
    my @streams = grep { $_->{stream_id} >= 0 } of('stream_on_destroy', @events);
    is(scalar(grep { !defined $_->{duration} } @streams), 0, '... and of streams: ' . @streams);
    my @free = grep { $_->{module} eq 'quicly' } of('free', @events);
    is(scalar(grep { !defined $_->{duration} } @free), 0, "... and of connections of QUIC: @{[scalar @free]}");
}
my @tls = grep { $_->{module} eq 'picotls' } of('free', @events);
ok(@tls != 0 && !grep({ !defined $_->{duration} } @tls), 'so it is of all of TLS: ' . @tls);
is(scalar(grep { !defined $_->{duration} } events($named)), 0, '... also of those that are chosen by what is not known at the begin');
my @closed = of('h1_close', @events);
is(scalar(grep { !defined $_->{duration} } @closed), 0, 'HTTP/1: so it is of connections');
my ($success) = of('connect_success', @events);
my ($dispose) = of('connect_dispose', @events);
ok($success && $dispose, 'a tunnel was made, and went');
cmp_ok($success->{duration}, '<', $dispose->{duration}, '... after it was made');
my ($tunnel) = all_lines($backend_log) ? (split ' ', (all_lines($backend_log))[-1])[1] * 1000 : 0;
cmp_ok($dispose->{duration}, '>=', $tunnel, '... and the backend had answered');
cmp_ok($success->{duration}, '<=', $tunnel_total, '... to a client that had waited longer than until it was made');
my ($total) = map { $json->decode($_) } grep { /"type":"stat_total"/ } all_lines($stat->out);
is_deeply([map { "$_->{probe} $_->{count} $_->{unknown}" } sort { $a->{probe} cmp $b->{probe} } @{$total->{durations}}],
    ['h2o:h1_close ' . @closed . ' 0', 'h2o:send_response ' . @responses . ' 0'], '--stat has as many');

end_h2o($h2o);
done_testing();
