#!/usr/bin/perl
# ASSERTION: outputs for others' tools have, of the same firings, the values that our own JSON has, under the names and in the form that maps say;
# what -l -v says of keys is what events have; recordings are replayed in these forms, too; a key log is refused where it would have no secrets, and has nothing that is none.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Live;
use Test::More;

need_bpf();

my $h2otrace = build('bin/h2otrace');

sub events_of {
    my ($tracer) = @_;
    return map { decode_json($_) } lines($tracer->out);
}

# Whole ms, and the time that another tracer took at the same firing: not the same to the ms.
sub is_ms {
    my ($got, $want) = @_;
    return $got =~ /^\d+\z/ && abs($got - $want) < 60_000;
}

# ---- what -l -v says ----

my ($status, $list) = run_program($h2otrace, '-l', '-v');
is($status, 0, '-l -v');
my ($probe, %listed, %gate, %is_optional);
for my $line (split /\n/, $list) {
    $probe = $1 if $line =~ /^(\w+:\w+)\(/;
    $probe = '' if $line eq '';
    next if !$probe || $line !~ /^ {8}(\S+) +\S/;
    push @{$listed{$probe}}, $1;
}
# marks may stand in the next line
for my $entry (split /\n(?=\w+:\w+\()/, $list) {
    my ($name) = $entry =~ /^(\w+:\w+)/;
    while ($entry =~ /^ {8}(\S+) +(.*(?:\n {10,}.*)*)/mg) {
        my ($key, $text) = ($1, $2);
        $text =~ s/\s+/ /g;
        $gate{"$name.$key"} = $1 if $text =~ /only with (-\S+)/;
        $is_optional{"$name.$key"} = 1 if $text =~ /not there if it is 0/;
    }
}

# ---- five tracers of the same firings ----

my $target = start_exerciser();
my %tracers = (
    plain => start_tracer('-p', $target->pid),
    all => start_tracer('-p', $target->pid, '-a', '--secrets', '--durations'),
    record => start_tracer('-p', $target->pid, '-a', '--secrets', '--record', tmp('recording')),
    map { $_ => start_tracer('-p', $target->pid, '-a', '--secrets', "--compat=$_") } qw(v1 v2),
);
$target->ask("fire $_") for 0 .. 5;
$target->end_input;
$target->wait_end;
is($tracers{$_}->wait_end(60), 0, "$_: the tracer ends") for sort keys %tracers;
my %is_own = map { $_ => 1 } qw(module type tid time pid truncated hex unreadable);
my %events = map { $_ => [events_of($tracers{$_})] } grep { $_ ne 'record' } keys %tracers;
@{$events{$_}} = grep { $_->{module} ne 'h2otrace' } @{$events{$_}} for qw(plain all);

my %keys;
for my $kind (qw(plain all)) {
    for my $event (@{$events{$kind}}) {
        $keys{$kind}{"$event->{module}:$event->{type}"}{$_} = 1 for grep { !$is_own{$_} } keys %$event;
    }
}
my (%want_all, %want_plain);
for my $name (keys %listed) {
    $want_all{$name} = {map { $_ => 1 } @{$listed{$name}}};
    $want_plain{$name} = {map { $_ => 1 } grep { !$gate{"$name.$_"} } @{$listed{$name}}};
}
my %has_keys = map { $_ => $want_all{$_} } grep { %{$want_all{$_}} } keys %want_all;
is_deeply($keys{all}, \%has_keys, '-l -v lists the keys that events have with -a --secrets --durations');
is_deeply($keys{plain}, {map { $_ => $want_plain{$_} } grep { %{$want_plain{$_}} } keys %want_plain}, '... and marks those that they have with these only');
my %optional;
for my $event (@{$events{all}}) {
    my $name = "$event->{module}:$event->{type}";
    $optional{"$name.$_"} = 1 for grep { !exists $event->{$_} } @{$listed{$name}};
}
is_deeply(\%optional, \%is_optional, '... and those that are left out when they are 0');

# ---- the first h2olog ----

my @want = grep { $_->{module} ne 'picotls' && $_->{type} ne 'debug_message' } @{$events{all}};
my @got = @{$events{v1}};
is(scalar @got, scalar @want, 'v1: as many events');
is(join(' ', map { $_->{type} } @got), join(' ', map { $_->{type} =~ tr/_/-/r } @want), 'v1: of the same types, with dashes');
is(join(' ', map { $_->{seq} } @got), join(' ', 1 .. @got), 'v1: numbered');
my %wrong;
for my $i (0 .. $#got) {
    my ($want, $got) = ($want[$i], $got[$i]);
    my $is_quicly = $want->{module} eq 'quicly';
    ++$wrong{'time of quicly'} if $is_quicly && defined $want->{at} && $want->{at} && $got->{time} != $want->{at};
    ++$wrong{'time'} if !$is_quicly && !is_ms($got->{time}, $want->{time});
    ++$wrong{'conn'} if $is_quicly && exists $want->{conn} && $got->{conn} != ($want->{master_id} // 0);
    ++$wrong{'stream-id'} if defined $want->{stream_id} && $got->{'stream-id'} != $want->{stream_id};
    ++$wrong{"key $_"} for grep { /_|^(?:module|at|master-id|hex|truncated|unreadable)$/ } keys %$got;
    for my $key (grep { $_ ne 'type' } keys %$got) {
        ++$wrong{"$got->{type}.$key is no number and no text"} if ref $got->{$key} || (!defined $got->{$key} && $key !~ /^(?:src|dest)$/);
        my $own = $want->{$key =~ tr/-/_/r};
        ++$wrong{"$got->{type}.$key"}
            if defined $own && !ref $own && $key ne 'conn' && $key ne 'time' && ($own =~ /^0x([0-9a-f]+)$/ ? do { no warnings; hex $1 } : $own) ne $got->{$key};
    }
}
is_deeply(\%wrong, {}, 'v1: the same values, as numbers and text');

# ---- h2o's own log ----

my %v2_type = (socket_write => 'write', socket_writev => 'writev', socket_write_complete => 'write_complete', socket_write_tls_record => 'write_tls_record');
my $is_skipped = qr/^(?:h2o:(?:connect_|io_uring_|h3_packet_receive$|h3s_stream_set_state$|h2_unknown_frame_type$)|quicly:(?:quictrace_|packet_decryption_failed$))/;
@want = grep { "$_->{module}:$_->{type}" !~ $is_skipped } @{$events{all}};
@got = @{$events{v2}};
is(join(' ', map { "$_->{module}:$_->{type}" } @got), join(' ', map { "$_->{module}:" . ($v2_type{$_->{type}} // $_->{type}) } @want),
    'v2: the same events, but those that the log does not have');
%wrong = ();
for my $i (0 .. $#got) {
    my ($want, $got) = ($want[$i], $got[$i]);
    ++$wrong{'time'} if $want->{at} ? $got->{time} != $want->{at} : !is_ms($got->{time}, $want->{time});
    ++$wrong{"key $_"} for grep { /^(?:at|master_id|stream|hex|truncated|unreadable|quic_conn_id)$/ } keys %$got;
    for my $key (grep { exists $want->{$_} && !/^(?:time|type)$/ } keys %$got) {
        my ($own, $other) = ($want->{$key}, $got->{$key});
        $own = do { no warnings; hex $1 } if defined $own && $own =~ /^0x([0-9a-f]+)$/;
        ++$wrong{"$got->{type}.$key"} if ($own // 'null') ne ($other // 'null');
    }
}
is_deeply(\%wrong, {}, 'v2: the same values, pointers as numbers');
my ($stats) = grep { $_->{type} eq 'conn_stats' } @got;
my ($own) = map { $_->{stats} } grep { $_->{type} eq 'conn_stats' } @want;
is_deeply([@$stats{qw(nested.low points.1.x signed-bits)}], [$own->{nested}{low}, $own->{points}[1]{x}, $own->{signed_bits}],
    'v2: members of a struct are keys');

# ---- recordings ----

# Events but for their times, which two tracers do not have in common.
sub timeless {
    return [map { my %event = %$_; delete $event{time}; \%event } @_];
}

for my $kind (qw(v1 v2)) {
    my ($exit, $out, $err) = run_program($h2otrace, '--replay', tmp('recording'), '-a', '--secrets', "--compat=$kind");
    is($exit, 0, "--replay --compat=$kind") or diag($err);
    is_deeply(timeless(map { decode_json($_) } split /\n/, $out), timeless(@{$events{$kind}}), '... prints what a trace printed');
}

# ---- key logs ----

for my $case (
    [['--keylog', 'x'], qr/--keylog writes secrets: it needs --secrets/],
    [['--keylog', 'x', '--secrets', '-t', 'picotls:new_secret'], qr/--keylog needs the events of picotls:client_random, which -t, -e, -s, --mask, -S, -A, -N or -C leaves out/],
    [['--keylog', 'x', '--secrets', '-e', 'label != ""'], qr/--keylog needs the events of picotls:client_random, which -t, -e, /],
    [['--keylog', 'x', '--secrets', '--string-limit', '100'], qr/--keylog needs a --string-limit of 256 or more/],
    [['--keylog', 'x', '--secrets', '-H'], qr/--keylog has no meaning with -H, which shows text in place of JSON/],
    [['--keylog', 'x', '--secrets', '--record', 'y'], qr/--keylog has no meaning with --record, which writes records in place of JSON/],
    [['--keylog', 'x', '--secrets', '--stat'], qr/--keylog has no meaning with --stat, which makes no records of events/],
    [['--compat', 'v1', '-H'], qr/--compat has no meaning with -H/],
    [['--compat', 'v1', '--record', 'y'], qr/--compat has no meaning with --record/],
    [['--compat', 'v1', '--stat'], qr/--compat has no meaning with --stat/],
    [['--compat', 'v3'], qr/--compat knows v1, v2, not 'v3'/],
    [['--compat', 'v1', '-t', 'picotls:*'], qr/--compat=v1 has no events of the probes that -t selects/],
) {
    my ($options, $message) = @$case;
    my ($exit, undef, $err) = run_program($h2otrace, '-p', $$, @$options);
    is($exit, 2, "@$options: wrong usage");
    like($err, $message, '... as it says');
}

spew(tmp('exposed'), '');
chmod 0644, tmp('exposed');
$target = start_exerciser();
my ($exit, undef, $err) = run_program($h2otrace, '-r', '-p', $target->pid, '--secrets', '--keylog', tmp('exposed'));
is($exit, 5, 'a key log that others can read is refused');
like($err, qr/others can read it/, '... as it says');
my $tracer = start_tracer('-r', '-p', $target->pid, '-t', 'picotls:*', '--secrets', '--keylog', tmp('keys'));
is(sprintf('%04o', (stat tmp('keys'))[2] & 07777), '0600', 'one that it makes, nobody else can read');
$target->ask("fire $_ picotls:*") for 0 .. 5;
$target->end_input;
$target->wait_end;
is($tracer->wait_end, 0, 'the tracer ends');
like($tracer->err, qr/^h2otrace: \d+ events had no TLS secret that can be read/m, 'what is no secret is told of');
ok(!-e tmp('keys'), 'and never written: the file that it made goes');
{
    my $other = start_exerciser();
    my $folder = tmp('keylogs');
    mkdir $folder or die $!;
    give($folder);
    my $keys = "$folder/keys";
    my $tracer = start_tracer('-p', $other->pid, '-t', 'picotls:*', '--secrets', '--keylog', $keys);
    rename $keys, "$keys.1" or die $!;
    $tracer->signal('HUP');
    ok(poll { -e $keys || $tracer->status ne '' }, 'SIGHUP: the key log goes on in the file that has its name by then');
    is($tracer->status, '', '... and so does the trace');
    is(sprintf('%04o', (stat $keys)[2] & 07777), '0600', '... which nobody else can read');
    $other->end_input;
    is($tracer->wait_end, 0, '... to its end');
}

($exit, undef, $err) = run_program($h2otrace, '--replay', tmp('recording'), '--secrets', '--keylog', tmp('keys'));
is($exit, 0, '--replay --keylog');
like($err, qr/^h2otrace: \d+ events had no TLS secret that can be read/m, '... tells of the same');
ok(!-e tmp('keys'), '... and writes no more');
($exit, undef, $err) = run_program($h2otrace, '--replay', tmp('recording'), '--secrets', '--keylog', tmp('exposed'));
is($exit, 5, '... into a file that others can read, neither');

done_testing();
