#!/usr/bin/perl
# ASSERTION: every probe, fired with every kind of values, is printed exactly as the exerciser says it must be, whatever the options; what is not
# to be shown is not even in the ring.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Encode ();
use JSON::PP ();
use Live;
use Test::More;
use Time::HiRes qw(time);

use constant {EX_COLD => 6, FIRST_RANDOM => 1000, NUM_RANDOM => 20};    # rounds, see gen/exerciser/main.c

need_bpf();

my $tracer = build('bin/h2otrace');
my ($status, $catalog) = run_program($tracer, '-l');
my @probes = map { /^([^(]+)/ ? $1 : () } split /\n/, $catalog;
my @all_events;    # of all runs, for the witnesses

# Fires rounds at a tracer, to the end of the target.
# Returns {target, tracer, want, got (lines of JSON), begin, end (ms since the epoch), enabled}.
sub run_rounds {
    my (%how) = @_;
    my $expect = tmp('expect-' . @all_events);
    my $target = start_exerciser("--expect=$expect", @{$how{exerciser} || []});
    my $listener = start_tracer({env => $how{env} || {}}, '-p', $target->pid, @{$how{tracer} || []});
    my $enabled = $target->ask_number('enabled');
    my $begin = time * 1000;

    $target->ask("fire $_") for @{$how{rounds}};
    my $end = time * 1000;
    $target->end_input;
    is($target->wait_end, 0, "$how{name}: the target ends as ever");
    is($listener->wait_end(60), 0, "$how{name}: the tracer ends with it");
    my @got = lines($listener->out);
    push @all_events, @got;
    return {target => $target, tracer => $listener, want => [lines($expect)], got => \@got, begin => $begin, end => $end, enabled => $enabled};
}

# Are the events those that were expected, in order? Says of the first difference what it is.
sub events_are_expected {
    my ($run, $name) = @_;
    my @want = map { canonical($_) } @{$run->{want}};
    my $num_bad = 0;

    is(scalar @{$run->{got}}, scalar @want, "$name: as many events as were fired");
    for my $i (0 .. $#want) {
        my $got = event_text($run->{got}[$i] // 'nothing');
        next if $got eq $want[$i];
        diag("$name: event $i:\n  got  $got\n  want $want[$i]") if ++$num_bad == 1;
    }
    is($num_bad, 0, "$name: every event is as expected");
}

# Thread and time of every event.
sub heads_are_right {
    my ($run, $name) = @_;
    my ($num_tids, $num_back, $last) = (0, 0, 0);
    my ($first, $pid) = (undef, $run->{target}->pid);

    for my $line (@{$run->{got}}) {
        my (undef, $tid, $time) = event_text($line);
        $first //= $time;
        ++$num_tids if ($tid // 0) == $pid;
        ++$num_back if ($time // 0) < $last;
        $last = $time // 0;
    }
    is($num_tids, scalar @{$run->{got}}, "$name: tid is that of the target's thread");
    is($num_back, 0, "$name: time does not go back");
    ok($first > $run->{begin} - 10 && $last < $run->{end} + 10, "$name: time is that of the clock on the wall")
        or diag("$run->{begin} < $first, $last < $run->{end}");
}

# ---- all probes, all rounds ----

my $target = start_exerciser();
my $num_special = $target->ask_number('rounds');
$target->end;
my @rounds = (0 .. $num_special - 1, map { FIRST_RANDOM + 7919 * $_ } 0 .. NUM_RANDOM - 1);

is($status, 0, '-l lists the probes');
cmp_ok(scalar @probes, '>', 100, 'and there are many');

my %runs = (
    'no option' => [[], []],
    '-a' => [['-a'], ['--appdata']],
    '--secrets' => [['--secrets'], ['--secrets']],
    '-a --secrets' => [['-a', '--secrets'], ['--appdata', '--secrets']],
    '--string-limit=33' => [['-a', '--secrets', '--string-limit=33'], ['--appdata', '--secrets', '--string-limit=33']],
    '--string-limit=1' => [['-a', '--secrets', '--string-limit=1'], ['--appdata', '--secrets', '--string-limit=1']],
    '--string-limit=32768' =>
        [['--appdata', '--secrets', '--string-limit=32768', '--buffer=64M'], ['--appdata', '--secrets', '--string-limit=32768']],
);
for my $name (sort keys %runs) {
    my ($options, $exerciser) = @{$runs{$name}};
    my $run = run_rounds(name => $name, tracer => $options, exerciser => $exerciser, rounds => \@rounds);

    is($run->{enabled}, scalar @probes, "$name: the target knows that somebody listens to every probe");
    is(scalar @{$run->{want}}, @probes * @rounds, "$name: all probes were fired in all rounds");
    events_are_expected($run, $name);
    heads_are_right($run, $name);
    is($run->{tracer}->complaints, '', "$name: no complaints");
    like($run->{tracer}->err, qr/: @{[@probes * @rounds]} events of @{[scalar @probes]} probes in [\d.]+ s, 0 lost$/m, "$name: the sums");
}

# ---- as on old kernels ----

# Few probes, since the kernel takes 0.1 s to detach from each: one at least of each kind of field.
my @some = ('picotls:*', 'h2o:receive_request*', 'h2o:send_response_header', 'quicly:accept', 'quicly:conn_stats', 'quicly:stream_send',
    'quicly:new_token_send');

# Is each field that is not null as expected? What is pointed to may be null: a program that must not sleep cannot read what is not in memory.
# Then it is named as unreadable.
sub is_expected_or_null {
    my ($got, $want) = map { JSON::PP->new->allow_bignum->decode($_) } @_;
    my %is_read = map { $_ => 1 } grep { defined $got->{$_} } keys %$got;
    my %is_unreadable = map { $_ => 1 } @{delete $got->{unreadable} // []};

    for my $name (keys %$want) {
        next if $name eq 'truncated' || $name eq 'hex';
        return 0 if !exists $got->{$name} || (!$is_read{$name} && defined $want->{$name} && !$is_unreadable{$name});
        return 0 if $is_read{$name} && JSON::PP->new->canonical->allow_bignum->allow_nonref->encode($got->{$name}) ne
            JSON::PP->new->canonical->allow_bignum->allow_nonref->encode($want->{$name});
    }
    return !grep { !exists $want->{$_} && $_ ne 'tid' && $_ ne 'time' } keys %$got;
}

{
    my $name = 'one perf event for each site';
    my @globs = map { ('-t', $_) } @some;
    my $run = run_rounds(
        name => $name, tracer => ['-a', '--secrets', @globs], exerciser => ['--appdata', '--secrets'], rounds => \@rounds,
        env => {PROBEGEN_ATTACH_PERF => 1}
    );
    my (undef, $listed) = run_program($tracer, '-l', @globs);
    my %is_traced = map { /^([^(]+)/ ? ($1 => 1) : () } split /\n/, $listed;
    my @want = grep { $is_traced{type_of($_)} } @{$run->{want}};
    my ($num_cold, $num_cold_bad) = (0, 0);

    is($run->{enabled}, scalar keys %is_traced, "$name: only what is traced is enabled");
    # the cold round is one of many: take it out
    my @order = map { ($_) x scalar keys %is_traced } @rounds;
    is(scalar @{$run->{got}}, scalar @order, "$name: as many events as were fired");
    my (@warm_got, @warm_want);
    for my $i (0 .. $#order) {
        if ($order[$i] == EX_COLD) {
            ++$num_cold;
            next if is_expected_or_null($run->{got}[$i], $want[$i]);
            diag("$name: cold pages:\n  got  $run->{got}[$i]\n  want $want[$i]") if ++$num_cold_bad == 1;
        } else {
            push @warm_got, $run->{got}[$i];
            push @warm_want, $want[$i];
        }
    }
    events_are_expected({got => \@warm_got, want => \@warm_want}, $name);
    heads_are_right($run, $name);
    is($num_cold, scalar keys %is_traced, "$name: pages that are not resident were tried");
    is($num_cold_bad, 0, "$name: then a value is right or null");
    my ($first, $second, @others) = split /^/, $run->{tracer}->complaints =~ s/^.*: detaching from \d+ sites, .*\n\z//mr;
    like("$first$second", qr/: attaching site by site\n.*: pages that are not resident are not read\n\z/, "$name: it says so");
    is("@others", '', "$name: ... and nothing else, but that it takes long to detach");
}

# ---- some of the probes ----

for my $globs (['h2o:*'], ['picotls:free,quicly:free'], ['*:accept', 'quicly:?tream_send'], ['*:*'], ['!quicly', '!h2o:socket_*']) {
    my $name = join ' ', map { "-t $_" } @$globs;
    my (undef, $listed) = run_program($tracer, '-l', map { ('-t', $_) } @$globs);
    my %is_traced = map { /^([^(]+)/ ? ($1 => 1) : () } split /\n/, $listed;
    my $run = run_rounds(name => $name, tracer => [map { ('-t', $_) } @$globs], rounds => [0]);

    is($run->{enabled}, scalar keys %is_traced, "$name: so many probes are enabled as -l lists");
    $run->{want} = [grep { $is_traced{type_of($_)} } @{$run->{want}}];
    is(scalar @{$run->{want}}, scalar keys %is_traced, "$name: all of them were fired");
    events_are_expected($run, $name);
}

# ---- other options ----

{
    my $run_target = start_exerciser();
    my $listener = start_tracer('-p', $run_target->pid, '-c', 7);
    $run_target->ask('fire 0');
    is($listener->wait_end, 0, '-c: the tracer ends by itself');
    is(scalar(my @got = lines($listener->out)), 7, '-c: after so many events');
    ok(poll { $run_target->ask_number('enabled') == 0 }, '-c: and nobody listens any more');

    my $file = tmp('written');
    give(spew($file, "old\n" x 10000));
    $listener = start_tracer('-p', $run_target->pid, '-w', $file, '--truncate');
    $run_target->ask('fire 0');
    $run_target->end_input;
    is($listener->wait_end, 0, '-w: the tracer ends well');
    is(scalar(my @written = lines($file)), scalar @probes, '-w --truncate: the events are in the file, and nothing else');
    is(slurp($listener->out), '', '-w: nothing is on standard output');
}

for my $wrong (['-p', 'x'], ['-p', '0'], ['-c', '0', '-p', '1'], ['-b', '2G', '-p', '1'], ['-t', 'nothing:like_this', '-p', '1'], ['-x'], [], ['-p', '1', 'x'],
    ['--string-limit=32769', '-p', '1'])
{
    my ($exit, $out, $err) = run_program($tracer, @$wrong);
    is("$exit$out", '2', "'@$wrong' is wrong usage");
    like($err, qr/--help/, "and '@$wrong' leads to the help");
}

# ---- what is not to be shown does not leave the target ----

# All that is in the ring: it is mapped in the tracer.
sub ring_of {
    my ($listener) = @_;
    my $bytes = '';
    no warnings 'portable';    # addresses have 64 bits
    open my $mem, '<:raw', '/proc/' . $listener->pid . '/mem' or return '';
    for my $line (split /\n/, slurp('/proc/' . $listener->pid . '/maps')) {
        my ($from, $to) = map { hex } $line =~ /^([0-9a-f]+)-([0-9a-f]+) .*bpf-map/ or next;
        sysseek $mem, $from, 0;
        sysread $mem, my $chunk, $to - $from;
        $bytes .= $chunk // '';
    }
    return $bytes;
}

# The strings of events that only -a or --secrets show, as bytes, at least 8 long.
sub hidden_strings {
    my ($open_lines, $closed_lines) = @_;
    my @hidden;
    for my $i (0 .. $#$open_lines) {
        my ($open, $closed) = map { JSON::PP->new->utf8->allow_bignum->decode($_) } $open_lines->[$i], $closed_lines->[$i];
        for my $name (grep { !exists $closed->{$_} && defined $open->{$_} && $_ !~ /^(?:hex|truncated|unreadable)$/ } keys %$open) {
            my $hex = $open->{hex}{$name} // ($open->{$name} =~ /^[0-9a-f]*$/ ? $open->{$name} : unpack 'H*', Encode::encode('UTF-8', $open->{$name}));
            push @hidden, pack 'H*', $hex if length $hex >= 16;
        }
    }
    return @hidden;
}

# What the exerciser expects of a tracer with these options.
sub expected_with {
    my (@show) = @_;
    my $expect = tmp("hidden-@show");
    my $alone = start_exerciser("--expect=$expect", @show);
    $alone->ask('fire ' . FIRST_RANDOM);
    $alone->end_input;
    $alone->wait_end;
    return [lines($expect)];
}

{
    my $everything = expected_with('--appdata', '--secrets');
    for my $show (['--appdata', '--secrets'], ['--appdata'], ['--secrets'], []) {
        my $name = "@$show" || 'no option';
        my $victim = start_exerciser();
        my $listener = start_tracer('-p', $victim->pid, @$show, '-b', '1M');
        $listener->stop;
        $victim->ask('fire ' . FIRST_RANDOM);
        my $ring = ring_of($listener);
        $listener->signal('CONT');
        $victim->end_input;
        is($listener->wait_end, 0, "$name: the tracer ends");
        my $out = slurp($listener->out);
        if (@$show == 2) {
            my @shown = hidden_strings($everything, expected_with());
            cmp_ok(scalar @shown, '>', 10, 'there is much that can be hidden');
            is(scalar(grep { index($ring, $_) < 0 } @shown), 0, "$name: all of it can be seen in the ring");
        } else {
            my @hidden = hidden_strings($everything, expected_with(@$show));
            cmp_ok(scalar @hidden, '>', 3, "$name: there is something to hide");
            is(scalar(grep { index($ring, $_) >= 0 } @hidden), 0, "$name: what is not to be shown is not in the ring");
            is(scalar(grep { index($out, $_) >= 0 || index($out, unpack 'H*', $_) >= 0 } @hidden), 0, "$name: and not in the output");
        }
    }
}

# ---- witnesses ----

json_lines_are_valid(spew(tmp('all'), join '', map { "$_\n" } @all_events), 'all events');

done_testing();
