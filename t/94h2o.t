#!/usr/bin/perl
# ASSERTION: a real h2o is traced: every probe that it has is attached, requests of all versions of HTTP are seen as many times as they were made,
# and what the events say of connections fits together, and is what h2o's own log says of them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use H2O;
use JSON::PP ();
use Live;
use Test::More;

plan(skip_all => 'no h2o to be traced: set H2O=/path/to/h2o, or H2O_PID for one that runs') if !$ENV{H2O} && !$ENV{H2O_PID};
need_bpf();

my $h2otrace = build('bin/h2otrace');

# What it may complain about: arguments that compilers put where nobody can read them; the process that h2o leaves its private keys to.
my $known_complaints = qr/^h2otrace: (?:\S+ argument \d+ \(\w+\) will be null: )/;
# What may be null: what h2o itself passes as a null pointer.
my %may_be_null = map { $_ => 1 } ('quicly:accept address_token');

# The probes that a file has.
sub probes_of {
    my ($file) = @_;
    my (undef, $notes) = run_program('readelf', '-nW', $file);
    my %probes = map { $_ => 1 } map { /^(h2o|quicly|picotls):/ ? $_ : () } map { s/\s+Name: /:/r } $notes =~ /Provider: (\w+\s+Name: \w+)/g;
    return sort keys %probes;
}

# "PROVIDER:PROBE" => 1 of all that are defined
my %is_known = map { /^([^(]+)/ ? ($1 => 1) : () } split /\n/, (run_program($h2otrace, '-l'))[1];

sub probes_are_attached {
    my ($tracer, $file) = @_;
    my ($num) = $tracer->err =~ /: (\d+) probes? at \d+ sites?/;
    my @probes = probes_of($file);
    is($num, scalar(grep { $is_known{$_} } @probes), 'every probe of the binary that is defined is attached');
    note("not defined: $_") for grep { !$is_known{$_} } @probes;
    my %has = map { $_ => 1 } @probes;
    my ($lacking) = $tracer->complaints =~ /: target and definitions differ in their probes: the target lacks (\d+) /;
    is($lacking // 0, scalar(grep { !$has{$_} } keys %is_known), '... and how many others there are is said');
    is(join('', grep { !/$known_complaints|: target and definitions differ in their probes: / } split /^/, $tracer->complaints), '', 'no complaints but known ones');
}

# ---- one that runs already: is looked at, and left alone ----

if ($ENV{H2O_PID}) {
    my $tracer = start_tracer('-p', $ENV{H2O_PID});
    probes_are_attached($tracer, "/proc/$ENV{H2O_PID}/exe");
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, 'the tracer ends');
    ok(kill(0, $ENV{H2O_PID}), 'h2o does not');
    done_testing();
    exit 0;
}

# ---- a server of our own ----

need_h2o();
my $h2o = start_h2o(files => {big => 'x' x 1_000_000}, log => 'on');
my ($plain, $tls) = @$h2o{qw(plain tls)};

# ---- requests ----

my $client = h2o_client();
my $header = 'x-live-test:header-of-the-live-test';

# Makes requests of all versions; returns how many of each, by what http_version says.
sub make_requests {
    my %num;
    for my $each (
        [257, '--http1.1', "http://127.0.0.1:$plain/"], [257, '--http1.1', "http://127.0.0.1:$plain/"], [257, '--http1.1', "https://127.0.0.1:$tls/"],
        [512, '--http2-prior-knowledge', "http://127.0.0.1:$plain/"], [512, '--http2', "https://127.0.0.1:$tls/big"], [512, '--http2', "https://127.0.0.1:$tls/big"],
    ) {
        my ($version, @arguments) = @$each;
        curl('-H', $header, @arguments);
        ++$num{$version};
    }
    for my $path ($client ? ('', 'big', 'big') : ()) {
        like(http3("https://127.0.0.1:$tls/$path", ['-H', $header]), qr{^HTTP/3 200}m, '... is answered');
        ++$num{768};
    }
    note('no h2o-httpclient beside h2o: HTTP/3 is not tried') if !$client;
    return \%num;
}

# Traces these requests; returns the events, decoded.
sub trace_requests {
    my ($name, @options) = @_;
    my $tracer = start_tracer('-p', $h2o->pid, @options);
    probes_are_attached($tracer, $ENV{H2O});
    my $made = make_requests();
    # connections of HTTP/3 end a while after the client has gone
    ok(poll { my $count = count_by_type(lines($tracer->out)); ($count->{'quicly:free'} // 0) == ($made->{768} // 0) }, "$name: connections end");
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, "$name: the tracer ends well");
    like($tracer->err, qr/, 0 lost$/m, "$name: nothing is lost");
    json_lines_are_valid($tracer->out, $name);
    my @events = map { JSON::PP->new->utf8->decode($_) } lines($tracer->out);

    my %seen;
    ++$seen{$_->{http_version}} for grep { $_->{type} eq 'receive_request' } @events;
    is_deeply(\%seen, $made, "$name: as many requests of each version of HTTP are seen as were made");
    return @events;
}

# all of a type, "PROVIDER:PROBE"
sub of_type {
    my ($type, @events) = @_;
    return grep { "$_->{module}:$_->{type}" eq $type } @events;
}

# ---- without application data ----

{
    my $log = $h2o->{has_log} ? start_h2olog() : undef;
    my @events = trace_requests('no option');
    my @headers = of_type('h2o:receive_request_header', @events);

    cmp_ok(scalar @headers, '>', 0, 'headers are seen');
    is(scalar(grep { exists $_->{name} || exists $_->{value} } @headers), 0, 'but neither their names nor their values');
    is(join(' ', secrets_in(@events)), '', 'and no secrets');

    my %nulls;
    for my $event (@events) {
        ++$nulls{"$event->{module}:$event->{type} $_"} for grep { !defined $event->{$_} } keys %$event;
    }
    is(join(', ', grep { !$may_be_null{$_} } sort keys %nulls), '', 'nothing is null but what may be');

    my %tids = map { $_->{tid} => 1 } @events;
    is(scalar(grep { !-d '/proc/' . $h2o->pid . "/task/$_" } keys %tids), 0, 'all events are of threads of h2o');

    SKIP: {
        my @accepted = of_type('quicly:accept', @events);
        skip('no HTTP/3', 15) if !$client;

        # address => conn_id; an address can be given to another connection, of which the first path is the first event
        my (%conn_id, %master_id, %is_accepted, %num_of);
        my $num_other = 0;
        for my $event (grep { $_->{module} eq 'quicly' } @events) {
            my ($conn, $type) = @$event{'conn', 'type'};
            $conn_id{$conn} = $event->{conn_id} if $type eq 'new_path' && $event->{path_index} == 0;
            $is_accepted{$conn} = $master_id{$event->{conn_id}} = $event->{master_id} if $type eq 'accept';
            ++$num_other if ($event->{conn_id} // -1) != ($conn_id{$conn} // 0);
            ++$num_other if $type ne 'new_path' && $event->{master_id} != ($master_id{$event->{conn_id}} // -1);
        }
        is($num_other, 0, 'every event of quicly has the numbers of the connection at its address, from its first path on');
        is_deeply([sort map { $_->{conn_id} } of_type('quicly:free', @events)], [sort map { $_->{conn_id} } @accepted],
            'the connections that were accepted are freed');

        my %tls_id;
        $num_other = 0;
        for my $event (grep { $_->{module} eq 'picotls' } @events) {
            $tls_id{$event->{tls}} = $event->{conn_id} // 'none' if $event->{type} eq 'new';
            ++$num_other if ($event->{conn_id} // 'none') ne $tls_id{$event->{tls}};
        }
        is($num_other, 0, 'every event of picotls has that of its connection, or none');
        my @new = of_type('picotls:new', @events);
        is_deeply([sort map { $_->{conn_id} // () } @new], [sort map { $_->{conn_id} } @accepted], 'connections of HTTP/3 have one, the same as in quicly');
        cmp_ok(scalar(grep { !exists $_->{conn_id} } @new), '>=', 3, 'those over TCP have no such key');

        my @served = of_type('h2o:h3s_accept', @events);
        is(scalar(grep { exists $is_accepted{$_->{quic}} } @served), scalar @accepted, 'h2o serves those that quicly accepted');
        my %is_served = map { $_->{conn_id} => 1 } @served;
        is_deeply([sort keys %is_served], [sort map { $_->{conn_id} } @accepted], 'under the same numbers');
        is(scalar(grep { $_->{http_version} == 768 && !$is_served{$_->{conn_id}} } of_type('h2o:receive_request', @events)), 0,
            'requests of HTTP/3 are on these');
        is(scalar(grep { $_->{conn_uuid} !~ /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/ } @served), 0, 'each has a UUID');

        my @stats = of_type('quicly:conn_stats', @events);
        is(scalar @stats, scalar @accepted, 'statistics of each connection');
        is(scalar(grep { ref $_->{stats} eq 'HASH' && ref $_->{stats}{num_packets} eq 'HASH' && $_->{stats}{num_packets}{received} > 0 } @stats),
            scalar @stats, 'in which packets are counted');
        is(scalar(grep { ($_->{stats}{num_bytes}{sent} // 0) > 1_000_000 } @stats), 2, 'and bytes: two of them were large');

        skip('this h2o has no log of its own', 3) if !$log;
        # how often each event comes on each connection of HTTP/3, of those that the log has, too
        my %count = map { $_ => {} } qw(log trace);
        # the log has a few that are no probes
        my $numbered = sub { grep { $is_known{"$_->{module}:$_->{type}"} && $is_served{$_->{conn_id} // ''} } @_ };
        my $key = sub { "$_[0]{module}:$_[0]{type} on $_[0]{conn_id}" };
        poll { 3 <= (() = slurp($log->out) =~ /"type":"h3s_destroy"/g) };
        $log->signal('TERM');
        $log->wait_end;
        ++$count{log}{$key->($_)} for $numbered->(map { JSON::PP->new->utf8->decode($_) } lines($log->out));
        ++$count{trace}{$_} for grep { $count{log}{$_} } map { $key->($_) } $numbered->(@events);
        ok(keys %{$count{log}} > 100, 'h2o\'s own log has events of these connections');
        # it leaves out what comes too fast, as the events of a large response do
        is(join(', ', grep { ($count{trace}{$_} // 0) < $count{log}{$_} } sort keys %{$count{log}}), '', 'each has the same number in the trace');
        my ($small) = map { $_->{conn_id} } @served;
        is_deeply(map({ my $kind = $_; +{map { / on $small$/ ? ($_ => $count{$kind}{$_}) : () } keys %{$count{$kind}}} } qw(trace log)),
            'those of the first connection as often');
    }
    $log->end if $log;
}

# The kinds of events that show what is a secret, or contains one.
sub secrets_in {
    my %is_secret = map { $_ => 1 } (qw(secret secret_hex token stateless_reset_token decrypted), 'quicly:receive bytes',
        'h2o:h3_packet_receive bytes', 'picotls:receive_message bytes', 'quicly:stream_send data', 'quicly:stream_receive data');
    my %found;
    for my $event (@_) {
        my $type = "$event->{module}:$event->{type}";
        $found{"$type.$_"} = 1 for grep { $is_secret{$_} || $is_secret{"$type $_"} } keys %$event;
    }
    return sort keys %found;
}

# ---- with application data ----

{
    my @events = trace_requests('-a', '-a');
    is(join(' ', secrets_in(@events)), '', '-a shows no secrets');
    cmp_ok(scalar(grep { defined $_->{value} } of_type('h2o:receive_request_header', @events)), '>', 0, 'but headers');
}

# ---- with application data and secrets ----

{
    my @events = trace_requests('-a --secrets', '-a', '--secrets');
    my @headers = grep { ($_->{name} // '') eq 'x-live-test' } of_type('h2o:receive_request_header', @events);

    is(scalar(grep { $_->{value} eq 'header-of-the-live-test' } @headers), scalar(of_type('h2o:receive_request', @events)),
        '-a shows the header of every request');
    SKIP: {
        skip('no HTTP/3', 1) if !$client;
        is(join(' ', map { s/^.*\.//r } grep { /picotls:receive_m|packet_rec|h3_packet|quicly:receive|stream_send/ } secrets_in(@events)),
            'bytes bytes decrypted bytes data', '--secrets shows what contains secrets');
    }
    cmp_ok(scalar(grep { ($_->{secret_hex} // '') =~ /^(?:[0-9a-f]{2}){32,}$/ } of_type('picotls:new_secret', @events)), '>', 0, '--secrets shows secrets');
}

# ---- chosen events ----

{
    my $all = start_tracer('-p', $h2o->pid, '-a', '-t', 'h2o:send_response,h2o:*_header');
    my $failed = start_tracer('-p', $h2o->pid, '-e', 'status >= 400');
    my $named = start_tracer('-p', $h2o->pid, '-a', '-s', 'X-Live-Test', '-t', 'h2o:receive_request_header');
    my $masked = start_tracer('-p', $h2o->pid, '-a', '--mask', 'X-Live-Test', '-t', 'h2o:receive_request_header');
    make_requests();
    for my $path (qw(none none/at/all)) {
        my ($exit, $out) = run_program('curl', '-sSk', '-o', '/dev/null', '-w', '%{http_code}', '-H', $header, "https://127.0.0.1:$tls/$path");
        is("$exit $out", '0 404', "/$path is not there");
    }
    my %events;
    for (['all', $all], ['failed', $failed], ['named', $named], ['masked', $masked]) {
        my ($name, $tracer) = @$_;
        $tracer->signal('TERM');
        is($tracer->wait_end, 0, "chosen: the tracer of $name ends well");
        $events{$name} = [map { delete @$_{qw(tid time)}; $_ } map { JSON::PP->new->utf8->decode($_) } lines($tracer->out)];
    }
    my @responses = of_type('h2o:send_response', @{$events{all}});
    is_deeply($events{failed}, [grep { $_->{status} >= 400 } @responses], '-e: responses by their status');
    is(scalar @{$events{failed}}, 2, '... as many as have failed');
    like($failed->err, qr/: 2 events of 1 probe in [\d.]+ s, 0 lost, ${\(@responses - 2)} filtered$/m, '... the others are counted');
    my @own = grep { $_->{name} eq 'x-live-test' } of_type('h2o:receive_request_header', @{$events{all}});
    cmp_ok(scalar @own, '>', 5, 'the header of our requests is seen');
    is_deeply($events{named}, \@own, '-s: just that one');
    my @hidden = grep { $_->{name} eq 'x-live-test' } @{$events{masked}};
    is_deeply(\@hidden, [map { +{%$_, value => undef} } @own], '--mask: its value is not shown, its length is');
    is(scalar @{$events{masked}}, scalar(of_type('h2o:receive_request_header', @{$events{all}})), '... and all others are there');
}

end_h2o($h2o);
done_testing();
