#!/usr/bin/perl
# ASSERTION: of a real h2o, -S, -A, -N and -C show all events of each connection that is wanted and none of any other, whatever the version of HTTP, of h2o,
# quicly and picotls: tracers with and without a choice see the same requests.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use H2O;
use JSON::PP ();
use Live;
use Test::More;

need_h2o('h2o-httpclient', 'unshare');
my $h2o = start_h2o(threads => 1, tunnels => 1);
my ($plain, $tls) = @$h2o{qw(plain tls)};

# ---- requests ----

use constant NAME => 'localhost.examp1e.net';
spew(tmp('hosts'), '127.0.0.1 localhost ' . NAME . "\n");
my $num_quic = 0;
# the client of HTTP/3 cannot choose its address
my $relay = start([$^X, 't/lib/relay.pl', '127.0.0.2', $tls], in => 'pipe', answers => 1);
($relay->{port}) = ($relay->next_line // '') =~ /^listening (\d+)$/ or die 'no relay: ' . $relay->err;

# HTTP/3 to a name that may be in no other /etc/hosts
sub quic {
    my ($host, $port) = @_;
    like(http3("https://$host:$port/", [], tmp('hosts')), qr{^HTTP/3 200}m, "HTTP/3 of $host");
    ++$num_quic;
}

# A request through a tunnel that the client makes by that version of HTTP.
sub tunnel {
    my ($version) = @_;
    my $tunnel = start([h2o_client(), "-$version", '100', '-k', '-m', 'CONNECT', '-x', "https://127.0.0.1:$tls", "127.0.0.1:$plain"], in => 'pipe');
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
    quic($_, $tls) for '127.0.0.1', NAME, 'localhost';
    quic('127.0.0.1', $relay->{port});
    tunnels();
}

# ---- tracers ----

# Events that no choice of connections can have.
my %is_lone = map { $_ => 1 } map { "h2o:$_" } qw(io_uring_splice io_uring_submit io_uring_end h3_packet_receive h3_packet_forward
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

# Frames of HTTP/3, each with the number of its connection: that of what the thread has received last, unless a socket has written since.
sub frames_of {
    my ($events) = @_;
    my (%number_of, @frames);
    for my $event (@$events) {
        $number_of{$event->{tid}} = $event->{conn_id} if type($event) eq 'quicly:stream_on_receive';
        delete $number_of{$event->{tid}} if type($event) eq 'h2o:socket_write_complete';
        push @frames, [$number_of{$event->{tid}}, text_of($event)] if type($event) eq 'h2o:h3_frame_receive' && $number_of{$event->{tid}};
    }
    return @frames;
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
    my %numbers = map { /^conn (\d+)/ ? ($1 => 1) : () } keys %$shown;
    my @frames = map { text_of($_) } grep { type($_) eq 'h2o:h3_frame_receive' } @$events;
    is_deeply(\@frames, [map { $numbers{$_->[0]} ? $_->[1] : () } frames_of($all)], "$name: the frames of these connections");
    note("$name: " . @frames . ' frames');
    return %numbers;
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

    # one in the clear, two of TLS, of which one is HTTP/2, and one of HTTP/3
    %shown = is_whole('-A', $address, $all);
    is(scalar keys %shown, 4, '-A: the connections from that address');
    is(join(' ', map { count_of($address, $_) } qw(h2o:h1_accept h2o:h1_close h2o:h3s_accept quicly:accept quicly:free picotls:new picotls:free)), '2 2 1 1 1 3 3',
        '... from beginning to end');
    is(join(' ', sort map { $_->{remote} =~ s/:\d+$//r } grep { type($_) eq 'quicly:new_path' } @$address), '127.0.0.2', '... of HTTP/3 the one from there');
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

$relay->end_input;
end_h2o($h2o);
done_testing();
