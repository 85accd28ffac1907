#!/usr/bin/perl
# ASSERTION: a real h2o is traced: every probe that it has is attached, requests of all versions of HTTP are seen as many times as they were made,
# and what the events say of connections fits together.
use strict;
use warnings;
use File::Basename qw(dirname);
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use JSON::PP ();
use Live;
use Test::More;

plan(skip_all => 'no h2o to be traced: set H2O=/path/to/h2o, or H2O_PID for one that runs') if !$ENV{H2O} && !$ENV{H2O_PID};
need_bpf();

my $h2otrace = build('bin/h2otrace');

# What it may complain about: arguments that compilers put where nobody can read them.
my $known_complaints = qr/^h2otrace: \S+ argument \d+ \(\w+\) will be null: /;
# What may be null: what h2o itself passes as a null pointer.
my %may_be_null = map { $_ => 1 } ('quicly:accept address_token');

# The probes that a file has.
sub probes_of {
    my ($file) = @_;
    my (undef, $notes) = run_program('readelf', '-nW', $file);
    my %probes = map { $_ => 1 } map { /^(h2o|quicly|picotls):/ ? $_ : () } map { s/\s+Name: /:/r } $notes =~ /Provider: (\w+\s+Name: \w+)/g;
    return sort keys %probes;
}

sub probes_are_attached {
    my ($tracer, $file) = @_;
    my ($num) = $tracer->err =~ /: (\d+) probes at \d+ sites/;
    my @probes = probes_of($file);
    my (undef, $listed) = run_program($h2otrace, '-l');
    my %is_known = map { /^([^(]+)/ ? ($1 => 1) : () } split /\n/, $listed;
    is($num, scalar(grep { $is_known{$_} } @probes), 'every probe of the binary that is defined is attached');
    note("not defined: $_") for grep { !$is_known{$_} } @probes;
    is(join('', grep { !/$known_complaints/ } split /^/, $tracer->complaints), '', 'no complaints but known ones');
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

for my $program (qw(curl openssl)) {
    plan(skip_all => "$program is missing") if !grep { -x "$_/$program" } split /:/, $ENV{PATH};
}
plan(skip_all => "$ENV{H2O} cannot be executed") if !-x $ENV{H2O};

# A port that nobody listens to, neither by TCP nor by UDP.
sub free_port {
    while (1) {
        my $tcp = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', Proto => 'tcp') or die "no port: $!";
        my $port = $tcp->sockport;
        return $port if IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'udp');
    }
}

my ($plain, $tls) = (free_port(), free_port());
my ($status, undef, $why) = run_program(
    'openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', tmp('key'), '-out', tmp('crt')
);
is($status, 0, 'a certificate') or diag($why);
mkdir tmp('htdocs');
spew(tmp('htdocs/index.html'), "hello\n");
spew(tmp('htdocs/big'), 'x' x 1_000_000);
my $user = getpwuid($>);
spew(tmp('h2o.conf'), <<"END");
user: $user
num-threads: 2
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
        file.dir: ${\tmp('htdocs')}
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

my $client = dirname($ENV{H2O}) . '/h2o-httpclient';
my @header = ('-H', 'x-live-test: header-of-the-live-test');

# Makes requests of all versions; returns how many of each, by what http_version says.
sub make_requests {
    my %num;
    my $curl = sub {
        my ($version, $times, @arguments) = @_;
        for (1 .. $times) {
            my ($exit, $out, $err) = run_program('curl', '-sSk', '-o', '/dev/null', '-w', '%{http_code}', @header, @arguments);
            is("$exit $out", '0 200', "curl @arguments") or diag($err);
            ++$num{$version};
        }
    };
    $curl->(257, 2, '--http1.1', "http://127.0.0.1:$plain/");
    $curl->(257, 1, '--http1.1', "https://127.0.0.1:$tls/");
    $curl->(512, 1, '--http2-prior-knowledge', "http://127.0.0.1:$plain/");
    $curl->(512, 2, '--http2', "https://127.0.0.1:$tls/big");
    for my $path (-x $client ? ('', 'big', 'big') : ()) {
        my ($exit, undef, $err) = run_program($client, '-3', '100', '-k', '-H', 'x-live-test:header-of-the-live-test', "https://127.0.0.1:$tls/$path");
        is("$exit " . ($err =~ m{^(HTTP/3 \d+)}m ? $1 : $err), '0 HTTP/3 200', "h2o-httpclient /$path");
        ++$num{768};
    }
    note('no h2o-httpclient beside h2o: HTTP/3 is not tried') if !-x $client;
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
    my @events = trace_requests('no option');
    my @headers = of_type('h2o:receive_request_header', @events);

    cmp_ok(scalar @headers, '>', 0, 'headers are seen');
    is(scalar(grep { exists $_->{name} || exists $_->{value} } @headers), 0, 'but neither their names nor their values');
    is(scalar(grep { exists $_->{secret} || exists $_->{secret_hex} } @events), 0, 'and no secrets');

    my %nulls;
    for my $event (@events) {
        ++$nulls{"$event->{module}:$event->{type} $_"} for grep { !defined $event->{$_} } keys %$event;
    }
    is(join(', ', grep { !$may_be_null{$_} } sort keys %nulls), '', 'nothing is null but what may be');

    my %tids = map { $_->{tid} => 1 } @events;
    is(scalar(grep { !-d '/proc/' . $h2o->pid . "/task/$_" } keys %tids), 0, 'all events are of threads of h2o');

    SKIP: {
        my @accepted = of_type('quicly:accept', @events);
        skip('no HTTP/3', 8) if !-x $client;

        # address => conn_id; an address can be given to another connection after free
        my (%conn_id, %is_freed, %is_accepted);
        my $num_other = 0;
        for my $event (grep { $_->{module} eq 'quicly' && defined $_->{conn} && defined $_->{conn_id} } @events) {
            my ($conn, $type) = @$event{'conn', 'type'};
            # the first path is made before the connection has its number
            next if $type eq 'new_path' && (!exists $conn_id{$conn} || $is_freed{$conn});
            if ($type eq 'accept') {
                $conn_id{$conn} = $is_accepted{$conn} = $event->{conn_id};
                delete $is_freed{$conn};
            }
            $is_freed{$conn} = 1 if $type eq 'free';
            ++$num_other if ($conn_id{$conn} // -1) != $event->{conn_id};
        }
        is($num_other, 0, 'every event of quicly has the number of the connection that was accepted at its address');
        is_deeply([sort map { $_->{conn_id} } of_type('quicly:free', @events)], [sort map { $_->{conn_id} } @accepted],
            'the connections that were accepted are freed');

        my @served = of_type('h2o:h3s_accept', @events);
        is(scalar(grep { exists $is_accepted{$_->{quic}} } @served), scalar @accepted, 'h2o serves those that quicly accepted');
        my %is_served = map { $_->{conn_id} => 1 } @served;
        is(scalar(grep { $_->{http_version} == 768 && !$is_served{$_->{conn_id}} } of_type('h2o:receive_request', @events)), 0,
            'requests of HTTP/3 are on these');
        is(scalar(grep { $_->{conn_uuid} !~ /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/ } @served), 0, 'each has a UUID');

        my @stats = of_type('quicly:conn_stats', @events);
        is(scalar @stats, scalar @accepted, 'statistics of each connection');
        is(scalar(grep { ref $_->{stats} eq 'HASH' && ref $_->{stats}{num_packets} eq 'HASH' && $_->{stats}{num_packets}{received} > 0 } @stats),
            scalar @stats, 'in which packets are counted');
        is(scalar(grep { ($_->{stats}{num_bytes}{sent} // 0) > 1_000_000 } @stats), 2, 'and bytes: two of them were large');
    }
}

# ---- with application data and secrets ----

{
    my @events = trace_requests('-a --secrets', '-a', '--secrets');
    my @headers = grep { ($_->{name} // '') eq 'x-live-test' } of_type('h2o:receive_request_header', @events);

    is(scalar(grep { $_->{value} eq 'header-of-the-live-test' } @headers), scalar(of_type('h2o:receive_request', @events)),
        '-a shows the header of every request');
    cmp_ok(scalar(grep { ($_->{secret_hex} // '') =~ /^(?:[0-9a-f]{2}){32,}$/ } of_type('picotls:new_secret', @events)), '>', 0, '--secrets shows secrets');
}

$h2o->signal('TERM');
isnt($h2o->wait_end, '', 'h2o ends');

done_testing();
