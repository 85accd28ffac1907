#!/usr/bin/perl
# ASSERTION: of a real h2o, -S, -A, -N and -C show all events of each connection that is wanted and none of any other, whatever the version of HTTP, of h2o,
# quicly and picotls: tracers with and without a choice see the same requests.
use strict;
use warnings;
use File::Basename qw(dirname);
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use JSON::PP ();
use Live;
use Server qw(free_port);
use Test::More;

plan(skip_all => 'no h2o to be traced: set H2O=/path/to/h2o') if !$ENV{H2O} || !-x $ENV{H2O};
need_bpf();
for my $program (qw(curl openssl unshare)) {
    plan(skip_all => "$program is missing") if !grep { -x "$_/$program" } split /:/, $ENV{PATH};
}
my $client = dirname($ENV{H2O}) . '/h2o-httpclient';
plan(skip_all => 'no h2o-httpclient beside h2o') if !-x $client;

# ---- a server, which is a proxy for tunnels, too ----

my ($plain, $tls) = (free_port(), free_port());
my ($status, undef, $why) = run_program(
    'openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', tmp('key'), '-out', tmp('crt')
);
is($status, 0, 'a certificate') or diag($why);
mkdir tmp('htdocs');
spew(tmp('htdocs/index.html'), "hello\n");
my $user = getpwuid($>);
spew(tmp('h2o.conf'), <<"END");
user: $user
num-threads: 1
listen:
  host: 127.0.0.1
  port: $plain
listen: &tls
  host: 127.0.0.1
  port: $tls
  ssl:
    certificate-file: ${\tmp('crt')}
    key-file: ${\tmp('key')}
listen:
  <<: *tls
  type: quic
hosts:
  default:
    paths:
      "/":
        - proxy.connect:
            - "+*"
        - file.dir: ${\tmp('htdocs')}
END
my $h2o = start([$ENV{H2O}, '-m', 'worker', '-c', tmp('h2o.conf')]);
my $is_up = poll {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $plain, Proto => 'tcp');
    $socket || $h2o->status ne '';
};
if (!$is_up || $h2o->status ne '') {
    fail('h2o listens');
    diag($h2o->err, slurp($h2o->out));
    done_testing();
    exit 1;
}

# ---- requests ----

use constant NAME => 'localhost.examp1e.net';
spew(tmp('hosts'), '127.0.0.1 localhost ' . NAME . "\n");
my $num_quic = 0;

sub curl {
    my (@arguments) = @_;
    my ($exit, $out, $err) = run_program('curl', '-sSk', '-o', '/dev/null', '-w', '%{http_code}', @arguments);
    is("$exit $out", '0 200', "curl @arguments") or diag($err);
}

# HTTP/3; in a name space of its own, where there is another /etc/hosts
sub quic {
    my ($host) = @_;
    my ($exit, undef, $err) = run_program('unshare', '-m', 'sh', '-c', "mount --bind \$1 /etc/hosts && exec \$2 -3 100 -k https://$host:$tls/", '-',
        tmp('hosts'), $client);
    is("$exit " . ($err =~ m{^(HTTP/3 \d+)}m ? $1 : $err), '0 HTTP/3 200', "HTTP/3 of $host");
    ++$num_quic;
}

# A request through a tunnel that the client makes by that version of HTTP.
sub tunnel {
    my ($version) = @_;
    my $tunnel = start([$client, "-$version", '100', '-k', '-m', 'CONNECT', '-x', "https://127.0.0.1:$tls", "127.0.0.1:$plain"], in => 'pipe');
    ok(poll { $tunnel->err =~ m{^HTTP/$version 200}m }, "a tunnel of HTTP/$version");
    $tunnel->send_line("GET / HTTP/1.0\r\n\r");
    ok(poll { slurp($tunnel->out) =~ /hello/ }, '... is one');
    $tunnel->end_input;
    poll { $tunnel->status ne '' } 1;
    $tunnel->end;
    $num_quic += $version == 3;
}

sub tunnels {
    curl('-x', "http://127.0.0.1:$plain", '--proxytunnel', "http://127.0.0.1:$plain/");
    curl('-x', "https://127.0.0.1:$tls", '--proxy-insecure', '--proxytunnel', "http://127.0.0.1:$plain/");
    tunnel($_) for 2, 3;
}

sub make_requests {
    curl('--http1.1', "http://127.0.0.1:$plain/");
    curl('--http1.1', '--interface', '127.0.0.2', "http://127.0.0.1:$plain/");
    curl('--http1.1', '--interface', '127.0.0.2', "https://127.0.0.1:$tls/");
    curl('--http1.1', "https://127.0.0.1:$tls/");
    curl('--http2-prior-knowledge', "http://127.0.0.1:$plain/");
    curl('--http2', "https://127.0.0.1:$tls/");
    curl('--http2', '--interface', '127.0.0.2', "https://127.0.0.1:$tls/");
    curl('--http1.1', '--resolve', NAME . ":$tls:127.0.0.1", 'https://' . NAME . ":$tls/");
    curl('--http2', '--resolve', NAME . ":$tls:127.0.0.1", 'https://' . NAME . ":$tls/");
    quic($_) for '127.0.0.1', NAME, 'localhost';
    tunnels();
}

# ---- tracers ----

# Events that no choice of connections can have.
my %is_lone = map { $_ => 1 } map { "h2o:$_" } qw(io_uring_splice io_uring_submit io_uring_end h3_frame_receive h3_packet_receive h3_packet_forward
    h3_packet_forward_to_node_ignore h3_packet_forward_to_thread_ignore h3_forwarded_packet_receive);

sub type { return "$_[0]{module}:$_[0]{type}" }

# An event without its time, which each tracer has of its own.
sub text_of { my %event = %{$_[0]}; delete $event{time}; return JSON::PP->new->canonical->encode(\%event) }

sub events_of {
    my ($tracer) = @_;
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, 'a tracer ends well');
    like($tracer->err, qr/, 0 lost/, '... and has lost nothing');
    return [map { JSON::PP->new->decode($_) } lines($tracer->out)];
}

# All tracers see the same requests; the first one all events. Returns their events.
sub trace {
    my (@choices) = @_;
    my @tracers = map { start_tracer('-p', $h2o->pid, @$_) } [], @choices;
    $num_quic = 0;
    make_requests();
    ok(poll { my $count = count_by_type(lines($tracers[0]->out)); ($count->{'quicly:free'} // 0) == $num_quic }, 'connections of HTTP/3 end');
    my @events = map { events_of($_) } @tracers;
    # what is left of connections from before, which not all tracers have seen alike, is not looked at
    my ($first) = sort { $a <=> $b } map { $_->{type} eq 'receive_request' ? $_->{conn_id} : () } @{$events[0]};
    return map { [grep { ($_->{conn_id} // $first) >= $first } @$_] } @events;
}

# The events of each connection, in their order: {"conn 12" => [[text, ...]], "tls 0x..." => [those of the first TLS object at that address, ...]}. Those of
# sockets are not there: addresses of sockets are used again.
sub connections_of {
    my ($events) = @_;
    my (%of, %has_ended);
    for my $event (grep { !$is_lone{type($_)} } @$events) {
        my $key = $event->{conn_id} ? "conn $event->{conn_id}" : $event->{tls} ? "tls $event->{tls}" : next;
        push @{$of{$key}}, [] if !$of{$key} || $has_ended{$key};
        push @{$of{$key}[-1]}, text_of($event);
        $has_ended{$key} = type($event) eq 'picotls:free' && $key =~ /^tls/;
    }
    return \%of;
}

# Whether one list is the end of another one, or all of it.
sub is_end_of {
    my ($end, $list) = @_;
    return @$end <= @$list && join("\n", @$end) eq join("\n", @$list[@$list - @$end .. $#$list]);
}

# The events of a tracer with a choice are the unfiltered ones of some connections, all of each; or all from when it can be known (`late`). Returns the
# numbers of the connections.
sub is_whole {
    my ($name, $events, $all, $late) = @_;
    my ($shown, $total) = (connections_of($events), connections_of($all));
    my @wrong;
    for my $key (sort keys %$shown) {
        my @left = @{$total->{$key} || []};
        for my $mine (@{$shown->{$key}}) {
            shift @left while @left && !(is_end_of($mine, $left[0]) && ($late || @$mine == @{$left[0]}));
            push @wrong, "$key: " . @$mine . ' of ' . join('/', map { scalar @$_ } @{$total->{$key} || []}) if !@left;
            shift @left;
        }
    }
    is(join("\n", @wrong), '', "$name: of each connection all events" . ($late ? ' from when it is known' : ''));
    my %sockets;
    ++$sockets{text_of($_)} for sockets($all);
    --$sockets{text_of($_)} for sockets($events);
    is(scalar(grep { $_ < 0 } values %sockets), 0, "$name: nothing of sockets that the other tracer does not have");
    return map { /^conn (\d+)/ ? ($1 => 1) : () } keys %$shown;
}

# The numbers of the connections with an event that fits, in the unfiltered trace.
sub having { my ($all, $is) = @_; return map { $_->{conn_id} && $is->($_) ? ($_->{conn_id} => 1) : () } @$all }
sub count_of { my ($events, $type) = @_; return scalar grep { type($_) eq $type } @$events }
sub sockets { return grep { $_->{type} =~ /^socket_/ } @{$_[0]} }

{
    my ($all, $one, $none, $half, $address) = trace(['-S', '1'], ['-S', '0'], ['-S', '0.5'], ['-A', '127.0.0.2']);
    my %numbers = having($all, sub { 1 });
    my %has_tunnel = having($all, sub { $_[0]{type} =~ /^connect_tcp_read$/ });
    cmp_ok(scalar keys %has_tunnel, '>=', 4, 'there are tunnels of all versions');

    my %shown = is_whole('-S 1', $one, $all);
    is_deeply([sort keys %shown], [sort keys %numbers], '-S 1: all connections');
    is(count_of($one, $_), count_of($all, $_), "-S 1: all of $_") for qw(h2o:h1_accept h2o:h1_close h2o:h3s_accept h2o:h3s_destroy quicly:accept picotls:new
        h2o:connect_tcp_start h2o:connect_tcp_read h2o:socket_write_tls_record);

    is(scalar @$none, 0, '-S 0: no event');

    %shown = is_whole('-S 0.5', $half, $all);
    my @tls = grep { type($_) eq 'picotls:new' } @$half;
    note(scalar(keys %shown) . ' of ' . scalar(keys %numbers) . ' connections, and ' . scalar(@tls) . ' TLS objects');

    # of a cleartext connection, two of TLS, one of which h2o takes for HTTP/2
    %shown = is_whole('-A', $address, $all);
    is(scalar keys %shown, 3, '-A: the connections from that address');
    is(join(' ', map { count_of($address, $_) } qw(h2o:h1_accept h2o:h1_close quicly:accept picotls:new picotls:free)), '2 2 0 2 2', '... from beginning to end');
    is(scalar(grep { $_->{module} eq 'quicly' } @$address), 0, '... of HTTP/3 there was none');
    cmp_ok(scalar(sockets($address)), '>=', 4, '... and what their sockets do');

    # HTTP/1 over TLS, HTTP/2 over TLS, HTTP/3: the next connections have the next numbers, two for HTTP/2 in the clear
    my ($last) = sort { $b <=> $a } keys %numbers;
    my ($again, $name, $star, $id) = trace(['-N', NAME], ['-N', '*.EXAMP1E.net'], ['-C', join ',', map { $last + $_ } 1, 4, 7, 11]);
    my %names = is_whole('-N', $name, $again, 1);
    is(join(' ', map { count_of($name, $_) } qw(h2o:h1_accept h2o:h1_close h2o:h3s_accept h2o:h3s_destroy quicly:free)), '1 1 1 1 1',
        '-N: the connections to that server, by TCP and by QUIC');
    is_deeply([sort map { text_of($_) } @$star], [sort map { text_of($_) } @$name], '-N: whatever its case, and by a pattern');

    my %ids = is_whole('-C', $id, $again, 1);
    is_deeply([sort { $a <=> $b } keys %ids], [map { $last + $_ } 1, 4, 7, 11], '-C: those connections');
    is(count_of($id, 'h2o:h3s_accept'), 1, '... one of HTTP/3');
    cmp_ok(scalar(sockets($id)), '>=', 3, '... of TCP what the sockets do, since their number is known');
}

is($h2o->status, '', 'h2o has not noticed');
$h2o->signal('TERM');
isnt($h2o->wait_end, '', 'h2o ends');
done_testing();
