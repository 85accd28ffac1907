#!/usr/bin/perl
# ASSERTION: durations are exact: the time of an event that ends something less that of the one that began it, to the nanosecond, whoever fires
# both, whatever they are told by, also if the begin is not shown, was not wanted or lost; without a begin they are null. --slower-than and -e
# choose by them in the kernel, and every event is printed, filtered or lost. --stat counts them in histograms that have each of them once.
use strict;
use warnings;
use FindBin;
use JSON::PP;
use lib "$FindBin::Bin/lib";
use List::Util qw(sum0);
use Live;
use Test::More;

use constant MAX_BEGUN => 32768;    # of runtime/targets/pairs.h

need_bpf();

my $json = JSON::PP->new->allow_nonref->canonical;
my $work = cases_tracer('worktrace', 't/cases/pairs.d', 't/cases/pairs.map');
my ($status, undef, $err) = run_program(build('bin/probegen'), 'dtrace', '-h', '-s', 't/cases/pairs.d', '-o', tmp('pairs.h'));
is($status, 0, 'the header') or diag($err);
my $program = compile('work', '-g', '-pthread', '-I' . tmp(''), 't/cases/pairs.c');

sub start_work { return start([$program], in => 'pipe', answers => 1) }

# What the clock was before and after: [before, after]
sub told {
    my ($target, $line) = @_;
    my $answer = $target->ask($line);
    return $answer =~ /^ok (\d+) (\d+)$/ ? [$1, $2] : do { fail("$line: $answer"); [0, 0] };
}

# Of events that JSON has: the keys that do not depend on anything else, sorted by the time.
sub events { return map { $json->decode($_) } lines($_[0]) }

sub end_all {
    my ($name, $target, @tracers) = @_;
    $target->end_input;
    is($target->wait_end, 0, "$name: the target lives as ever");
    for my $tracer (@tracers) {
        is($tracer->wait_end, 0, "$name: the tracer ends with it");
    }
}

# Sums of the last line, of each probe: events, filtered, lost.
sub sums {
    my ($tracer) = @_;
    my $end = $json->decode((all_lines($tracer->out))[-1]);
    return {map { $_ => [@{$end->{probes}{$_}}{qw(events filtered lost)}] } keys %{$end->{probes}}};
}

# ---- each kind of pair ----

{
    my $target = start_work();
    my $tracer = start_tracer({tracer => $work}, '--durations', '-p', $target->pid);
    my %at = map { $_->[0] => told($target, $_->[1]) } (
        ['done unknown' => '0 done 77 0 0'], ['start' => '0 start 1 2'], ['start other' => '0 start 1 3'], ['wide' => '1 start 4294967297 200'],
        ['pass' => '0 pass 3'], ['done' => '1 done 1 2 0'], ['done again' => '1 done 1 2 0'], ['done other' => '2 done 1 3 0'],
        ['done wide' => '3 done 1 200 0'], ['gone' => '0 gone 1'], ['gone wide' => '0 gone 4294967297'],
        ['open' => '2 open 1'], ['open 2' => '2 open 2'], ['close' => '3 close 1'], ['lose' => '0 lose 2'], ['close 2' => '3 close 2'],
        ['enter' => '0 enter 1'], ['enter deeper' => '0 enter 2'], ['enter elsewhere' => '1 enter 1'], ['leave' => '0 leave 2'],
        ['leave again' => '0 leave 1'], ['leave elsewhere' => '1 leave 1'], ['mark' => '0 mark 1'], ['mark again' => '0 mark 2'],
        ['mark elsewhere' => '1 mark 3'], ['other' => '0 other 5'], ['end other' => '1 end_other 5'],
        ['reuse' => '0 start 9 9'], ['pass more' => '0 pass 3'], ['reuse again' => '1 start 9 9'], ['reused' => '0 done 9 9 0'],
    );
    end_all('each kind', $target, $tracer);
    is($tracer->complaints, '', 'each kind: without a complaint');
    my @events = events($tracer->out);
    # which event ends which begin, by the numbers of the events
    my @of = grep { my $e = $_; grep { exists $e->{$_} && $_ ne 'duration' || ($_ eq 'duration' && $e->{type} ne 'other' && $e->{type} ne 'end_other' && exists $e->{duration}) } qw(duration held time_inside interval pair_duration) } @events;
    my %expected = (
        'done unknown' => undef, 'done' => 'start', 'done again' => undef, 'done other' => 'start other', 'done wide' => 'wide',
        'gone' => 'start other', 'gone wide' => 'wide', 'close' => 'open', 'close 2' => undef, 'leave' => 'enter deeper', 'leave again' => undef,
        'leave elsewhere' => 'enter elsewhere', 'mark' => undef, 'mark again' => 'mark', 'mark elsewhere' => undef, 'end other' => 'other',
        'reused' => 'reuse again',
    );
    my @order = ('done unknown', 'done', 'done again', 'done other', 'done wide', 'gone', 'gone wide', 'close', 'close 2', 'leave', 'leave again',
        'leave elsewhere', 'mark', 'mark again', 'mark elsewhere', 'end other', 'reused');
    is(scalar @of, scalar @order, 'as many events have a duration as end something');
    my %key = (leave => 'time_inside', mark => 'interval', end_other => 'pair_duration');
    for my $i (0 .. $#order) {
        my ($name, $event) = ($order[$i], $of[$i]);
        my $duration = $event->{$key{$event->{type}} // 'duration'};
        my $begin = $expected{$name};
        if (!defined $begin) {
            is($duration, undef, "$name: it is not known when that began");
            next;
        }
        # the target's own clock, which is the kernel's: the probe fired between two looks at it
        my ($least, $most) = ($at{$name}[0] - $at{$begin}[1], $at{$name}[1] - $at{$begin}[0]);
        my $ns = sprintf '%.0f', $duration * 1e6;
        ok($ns >= $least && $ns <= $most, "$name: since '$begin', by the target's clock") or diag("$ns, not from $least to $most");
    }
    # ... and by the times of the events, which are cut to 1 us
    my ($start) = grep { $_->{type} eq 'start' && $_->{kind} == 2 } @events;
    my ($done) = grep { $_->{type} eq 'done' && defined $_->{duration} } @events;
    cmp_ok(abs($done->{time} - $start->{time} - $done->{duration}), '<', 0.0013, 'it is the difference of the times of both events');
    my ($close, $close2) = grep { $_->{type} eq 'close' } @events;
    ok(defined $close->{held} && defined $close->{duration} && !$close->{unreadable}, 'two durations of one event');
    ok(defined $close2->{held}, '... of which one can be known without the other');
    is_deeply($close2->{unreadable}, ['id', 'duration'], '... which says that it could not be read what begin it belongs to');
    my ($other) = grep { $_->{type} eq 'end_other' } @events;
    is($other->{duration}, 8, 'a field of that name stays what it is');
    ok((grep { /"show":\["durations"\]/ } all_lines($tracer->out)), 'the stream says that it has durations');
    json_lines_are_valid($tracer->out, 'each kind');
    my (undef, $audit) = run_program(build('bin/probegen'), 'audit', '--format=json', '--seen', $tracer->out, 't/cases/pairs.d', 't/cases/pairs.map');
    my @texts = map { $_->{text} } grep { $_->{id} eq 'P016' || $_->{id} eq 'P017' } map { @{$_->{findings}} } @{$json->decode($audit)->{probes}};
    is_deeply([grep { /duration|held|inside|interval/ } @texts], [], 'an audit finds nothing wrong with durations that are not known');
    ok((grep { /'id' is null/ } @texts), '... unlike with other fields') or diag(explain \@texts);
}

# ---- exactly the times of the records ----

# struct pg_head of a record: time, nulls, tid, tgid, lost, probe, slot; found by fields that have a certain value
sub record_times {
    my ($path) = @_;
    my ($bytes, %times) = (slurp($path));
    # work:start id 0x123456789abcdef0, work:gone number the same
    while ($bytes =~ /\xf0\xde\xbc\x9a\x78\x56\x34\x12/g) {
        my $head = pos($bytes) - 8 - 32;
        my ($time, undef, undef, undef, undef, $probe) = unpack 'Q Q L L L S', substr $bytes, $head, 30;
        $times{$probe} = [$time, unpack 'Q', substr $bytes, pos($bytes), 8];
    }
    return \%times;
}
{
    my $target = start_work();
    my $file = tmp('exact.rec');
    my $tracer = start_tracer({tracer => $work}, '--durations', '-p', $target->pid, '-r', '--record', $file);
    my $plain = start_tracer({tracer => $work}, '--durations', '-p', $target->pid);
    told($target, $_) for '0 start 1311768467463790320 1', '0 pass 2', '1 gone 1311768467463790320';
    end_all('records', $target, $tracer, $plain);
    my $times = record_times($file);
    my ($start, $gone) = @{$times}{0, 2};
    ok($start && $gone, 'both records are there') or diag(explain $times);
    is($gone->[1], $gone->[0] - $start->[0], 'a duration is the difference of the times of both records, to the nanosecond');
    my ($replayed, $out) = run_program($work, '--replay', $file);
    is($replayed, 0, 'a recording is replayed');
    my ($event) = grep { $_->{type} eq 'gone' } map { $json->decode($_) } split /\n/, $out;
    is(sprintf('%.0f', $event->{duration} * 1e6), $gone->[1], '... with its durations, without being asked for them');
}

# ---- byte for byte, and choosing afterwards ----

{
    my $target = start_work();
    my $file = tmp('chosen.rec');
    my @asked = ('-p', $target->pid, '--durations');
    my $recorder = start_tracer({tracer => $work}, @asked, '-r', '--record', $file);
    told($target, $_) for '0 start 1 1', '0 start 2 1', '0 pass 20', '0 done 1 1 0', '0 start 3 1', '0 done 3 1 0', '0 done 4 4 4', '0 other 1', '1 open 1', '1 close 1';
    end_all('chosen', $target, $recorder);
    my (undef, $all) = run_program($work, '--replay', $file);
    my (undef, $slow, $said) = run_program($work, '--replay', $file, '--slower-than=10ms');
    is_deeply([map { "$_->{type} $_->{id}" } grep { $_->{module} eq 'work' } map { $json->decode($_) } split /\n/, $slow], ['done 1'],
        '--replay --slower-than: what took that long');
    like($said, qr/1 event of 1 probe in .* 3 filtered/, '... and all others that end something are counted as filtered');
    my (undef, $fast) = run_program($work, '--replay', $file, '-e', 'work:done.duration < 10ms');
    is_deeply([map { "$_->{type} $_->{id}" } grep { $_->{module} eq 'work' } map { $json->decode($_) } split /\n/, $fast], ['done 3'], '--replay -e by a duration');
    my (undef, $both) = run_program($work, '--replay', $file, '-t', 'work:start,work:done', '--slower-than=10ms');
    is_deeply([map { "$_->{type} $_->{id}" } grep { $_->{module} eq 'work' } map { $json->decode($_) } split /\n/, $both], ['start 1', 'start 2', 'done 1', 'start 3'],
        '... beside others that -t names');
    my $without = tmp('without.rec');
    my $again = start_work();
    my $plain = start_tracer({tracer => $work}, '-p', $again->pid, '-r', '--record', $without);
    told($again, $_) for '0 start 1 1', '0 done 1 1 0';
    end_all('without', $again, $plain);
    my ($refused, undef, $why) = run_program($work, '--replay', $without, '--slower-than=10ms');
    ok($refused == 4 && $why =~ /was recorded without --durations/, 'what was recorded without durations has none') or diag("$refused $why");
    (undef, my $old) = run_program($work, '--replay', $without);
    unlike($old, qr/"duration"/, '... and is replayed without');
}

# ---- begins that are not shown ----

{
    my $target = start_work();
    my $tracer = start_tracer({tracer => $work}, '-p', $target->pid, '--durations', '-t', 'work:done');
    my $unwanted = start_tracer({tracer => $work}, '-p', $target->pid, '--durations', '-t', 'work:start,work:done', '-e', 'work:start.id == 99');
    my $off = start_tracer({tracer => $work}, '-p', $target->pid, '-t', 'work:done');
    told($target, $_) for '0 start 1 1', '0 done 1 1 0', '0 gone 1';
    end_all('not shown', $target, $tracer, $unwanted, $off);
    my @events = events($tracer->out);
    is(scalar(@events), 1, 'only what -t selects is shown');
    ok(defined $events[0]{duration}, '... though what began it is not');
    like($tracer->err, qr/attached to as well, to know when something began, and not shown: work:start$/m, '... which is said');
    is_deeply(sums($tracer), {'work:done' => [1, undef, 0]}, '... and is not among the sums');
    like((all_lines($tracer->out))[0], qr/"probes":\["work:done"\]/, '... nor among the probes');
    @events = events($unwanted->out);
    is_deeply([map { $_->{type} } @events], ['done'], 'a begin that -e does not want is not shown');
    ok(defined $events[0]{duration}, '... and has begun all the same');
    @events = events($off->out);
    ok(@events == 1 && !exists $events[0]{duration}, 'without --durations there is none');
    is($off->complaints, '', '... and nothing is said of them');
}

# ---- two processes whose keys are the same ----

{
    my @targets = (start_work(), start_work());
    my $tracer = start_tracer({tracer => $work}, '-p', join(',', map { $_->pid } @targets), '--durations', '-t', 'work:start,work:done');
    told($targets[0], '0 start 5 5');
    told($targets[1], '0 done 5 5 0');    # of the other one
    told($targets[1], '0 start 5 5');
    told($targets[0], '0 done 5 5 0');
    told($targets[1], '0 done 5 5 0');
    $_->end_input for @targets;
    is($_->wait_end, 0, 'two processes: they live as ever') for @targets;
    is($tracer->wait_end, 0, '... the tracer ends with the last');
    is_deeply([map { ($_->{pid} == $targets[0]->pid ? 'a' : 'b') . ' ' . (defined $_->{duration} ? 'known' : 'null') } grep { $_->{type} eq 'done' } events($tracer->out)],
        ['b null', 'a known', 'b known'], 'what began in one process does not end in another');
}

# ---- more than there is room for ----

{
    my $target = start_work();
    my $tracer = start_tracer({tracer => $work}, '-p', $target->pid, '--durations', '-t', 'work:done');
    told($target, '0 begin_many ' . 3 * MAX_BEGUN);
    # the first ones, and the last one; few of the former may be left, since each processor keeps some to itself
    told($target, '0 done ' . (1000000 + $_) . ' 0 0') for 0 .. 999, 3 * MAX_BEGUN - 1;
    end_all('no room', $target, $tracer);
    my @known = map { defined $_->{duration} ? 1 : 0 } events($tracer->out);
    is(pop @known, 1, 'what has just begun is known');
    cmp_ok(sum0(@known), '<', 500, '... what has begun long ago was forgotten for it');
}

# ---- every event is somewhere ----

{
    my $target = start_work();
    my @names = ('slow', 'fast', 'all');
    my @options = (['--slower-than=1h'], ['--slower-than=0.001us'], ['--durations', '-t', 'work:start,work:done', '-b', '1M']);
    my @tracers = map { start_tracer({tracer => $work}, '-p', $target->pid, @$_) } @options;
    my $stat = start_tracer({tracer => $work}, '-p', $target->pid, '--durations', '--stat=1h', '-t', 'work:done');
    my $num = $target->ask('flood 20000') =~ /^ok (\d+)/ ? $1 : -1;
    told($target, '0 done 99 99 0');
    end_all('flood', $target, @tracers, $stat);
    is($num, 80000, 'four threads fire');
    my @sums = map { sums($_) } @tracers;
    is_deeply($sums[0], {'work:done' => [0, $num + 1, 0]}, 'slower than an hour: all are filtered, as is what is not known');
    is(sum0(@{$sums[1]{'work:done'}}), $num + 1, 'slower than nothing: each is printed, lost or filtered');
    is($sums[1]{'work:done'}[1], 1, '... only what is not known is filtered');
    for my $probe ('work:start', 'work:done') {
        my $is_more = $probe eq 'work:done';
        is(sum0(map { $_ // 0 } @{$sums[2]{$probe}}), $num + $is_more, "$probe of all: each is printed or lost");
    }
    my %begun;
    my $num_wrong = 0;
    for my $event (events($tracers[2]->out)) {
        my $key = "$event->{id} $event->{kind}";
        if ($event->{type} eq 'start') {
            $begun{$key} = $event->{time};
        } elsif (defined $event->{duration}) {
            ++$num_wrong if exists $begun{$key} && abs($event->{time} - $begun{$key} - $event->{duration}) >= 0.0013;
        } else {
            ++$num_wrong if $event->{id} != 99;    # whose begin was lost, has begun all the same
        }
    }
    is($num_wrong, 0, '... with the right duration, also if the begin was lost');
    my ($total) = map { $json->decode($_) } grep { /"type":"stat_total"/ } all_lines($stat->out);
    my ($histogram) = @{$total->{durations}};
    is_deeply([@{$histogram}{qw(probe field count unknown)}], ['work:done', 'duration', $num, 1], '--stat: a histogram has all durations');
    is(sum0(map { $_->{count} } @{$histogram->{buckets}}), $num, '... each in one of its buckets');
    my @wrong = grep { $_->{below} != 2 * $_->{from} && $_->{from} != 0 } @{$histogram->{buckets}};
    is(scalar(@wrong), 0, '... which are powers of two');
    my ($least, $most) = (sum0(map { $_->{count} * $_->{from} } @{$histogram->{buckets}}), sum0(map { $_->{count} * $_->{below} } @{$histogram->{buckets}}));
    ok($histogram->{sum} >= $least && $histogram->{sum} < $most, '... and their sum is within these');
}

# ---- histograms are those of the events ----

{
    my $target = start_work();
    my $plain = start_tracer({tracer => $work}, '-p', $target->pid, '--durations', '-t', 'work:gone,work:close');
    my $stat = start_tracer({tracer => $work}, '-p', $target->pid, '--durations', '--stat=1h', '-t', 'work:gone,work:close');
    my $slow = start_tracer({tracer => $work}, '-p', $target->pid, '--slower-than=4ms', '--stat=1h', '-t', 'work:gone');
    my $prometheus = tmp('work.prom');
    my $metrics = start_tracer({tracer => $work}, '-p', $target->pid, '--durations', '--stat=1h', '-t', 'work:gone', '-r', '--stat-format=prometheus', '-w', $prometheus);
    my $table = start_tracer({tracer => $work}, '-p', $target->pid, '--durations', '--stat=1h', '-t', 'work:gone', '--stat-format=table');
    for my $i (1 .. 6) {
        told($target, "0 start $i 0");
        told($target, "1 open 1");
        told($target, '0 pass ' . 2 ** $i);
        told($target, "2 gone $i");
        told($target, "2 close 1");
    }
    told($target, '0 gone 1000');
    end_all('histograms', $target, $plain, $stat, $slow, $metrics, $table);
    my %durations;
    for my $event (events($plain->out)) {
        push @{$durations{"work:$event->{type} $_"}}, $event->{$_} for grep { exists $event->{$_} } qw(duration held);
    }
    my ($total) = map { $json->decode($_) } grep { /"type":"stat_total"/ } all_lines($stat->out);
    is_deeply([map { "$_->{probe} $_->{field}" } @{$total->{durations}}], ['work:gone duration', 'work:close duration', 'work:close held'], 'one for each duration');
    for my $histogram (@{$total->{durations}}) {
        my $name = "$histogram->{probe} $histogram->{field}";
        # both tracers have read the clock for themselves
        is($histogram->{count}, scalar(grep { defined } @{$durations{$name}}), "$name: as many as events have one");
        is($histogram->{unknown}, scalar(grep { !defined } @{$durations{$name}}), '... and as many of which that is not known');
        my $sum = sum0(grep { defined } @{$durations{$name}});
        cmp_ok(abs($histogram->{sum} - $sum), '<', 0.1 * $sum, '... and about as long');
    }
    my ($slower) = map { $json->decode($_) } grep { /"type":"stat_total"/ } all_lines($slow->out);
    is($slower->{probes}{'work:gone'}{count} + $slower->{probes}{'work:gone'}{filtered}, 7, '--slower-than --stat: all are counted or filtered');
    is($slower->{durations}[0]{count}, $slower->{probes}{'work:gone'}{count}, '... and the histogram has those that are counted');
    cmp_ok($slower->{durations}[0]{count}, '<=', 5, '... which are the slow ones');
    my $text = slurp($prometheus);
    my @buckets = $text =~ /^worktrace_duration_seconds_bucket\{provider="work",probe="gone",field="duration",le="([^"]+)"\} (\d+)$/mg;
    my @bounds = map { $buckets[2 * $_] } 0 .. $#buckets / 2;
    my @counts = map { $buckets[2 * $_ + 1] } 0 .. $#buckets / 2;
    is($bounds[-1], '+Inf', 'Prometheus: the last bucket has no bound');
    is($counts[-1], 6, '... and all durations');
    is_deeply([sort { $a <=> $b } @counts], \@counts, '... each has those of the ones before, too');
    is_deeply([sort { $a <=> $b } @bounds[0 .. $#bounds - 1]], [@bounds[0 .. $#bounds - 1]], '... in the order of their bounds');
    my ($within) = map { $counts[$_] } grep { $bounds[$_] =~ /^0\.016777215$/ } 0 .. $#bounds - 1;
    is($within, scalar(grep { defined && $_ < 16.777216 } @{$durations{'work:gone duration'}}), '... as many as events have within a bound');
    like($text, qr/^# TYPE worktrace_duration_seconds histogram$/m, '... as the type that it is');
    like($text, qr/^worktrace_duration_seconds_count\{.*\} 6$/m, '... with their number');
    like($text, qr/^worktrace_duration_seconds_sum\{.*\} 0\.1[2-9]\d{7}$/m, '... and their sum, in seconds');
    like($text, qr/^worktrace_duration_unknown_total\{.*\} 1$/m, '... and those that are not known');
    my $shown = slurp($table->out);
    like($shown, qr/^duration of work:gone: 6, mean [\d.]+ ms, 1 unknown$/m, 'a table has a histogram, too');
    my $sum = 0;
    $sum += $_ for $shown =~ /^\[ *[\d.]+ [num]?s, +[\d.]+ [num]?s\) +(\d+) \|@* *\|$/mg;
    is($sum, 6, '... with all durations');
}

# ---- connections, --until, flight recorder ----

{
    my $target = start_work();
    my $until = start_tracer({tracer => $work}, '-p', $target->pid, '-t', 'work:start,work:done', '--until', 'work:done.duration >= 5ms');
    my $ring = start_tracer({tracer => $work}, '-p', $target->pid, '-t', 'work:done', '--ring', '1h', '--until', 'duration != null && duration > 5ms');
    told($target, $_) for '0 start 1 1', '0 done 1 1 0', '0 done 2 2 0', '0 start 3 1', '0 pass 10', '0 done 3 1 0';
    is($_->wait_end, 0, '--until: a slow one is the last') for $until, $ring;
    is_deeply([map { "$_->{type} $_->{id}" } events($until->out)], ['start 1', 'done 1', 'done 2', 'start 3', 'done 3'], '... and all before are there');
    is_deeply([map { $_->{id} } events($ring->out)], [1, 2, 3], '... also with --ring');
    $target->end_input;
    is($target->wait_end, 0, '... the target lives on');
}

# ---- null, and other conditions of the same event ----

{
    my $target = start_work();
    my %asked = (null => 'work:done.duration == null', known => 'work:done.duration != null && status == 1', either => 'time_inside < 1h || work:close.held > 1h && id == 1');
    my %tracers = map { $_ => start_tracer({tracer => $work}, '-p', $target->pid, '-e', $asked{$_}) } keys %asked;
    told($target, $_) for '0 start 1 1', '1 done 1 1 0', '1 done 1 1 1', '0 start 2 2', '0 done 2 2 1', '0 open 1', '0 close 1', '0 enter 1', '0 leave 1', '1 leave 1';
    end_all('conditions', $target, values %tracers);
    is_deeply([map { "$_->{id} $_->{status}" } events($tracers{null}->out)], ['1 1'], '-e: what is null');
    is_deeply([map { "$_->{id} $_->{status}" } events($tracers{known}->out)], ['2 1'], '... what is not, and another field');
    is_deeply([map { $_->{type} } events($tracers{either}->out)], ['leave'], '... durations of two probes');
}

# ---- as on old kernels ----

{
    my $target = start_work();
    my $tracer = start_tracer({tracer => $work, env => {PROBEGEN_ATTACH_PERF => 1}}, '-p', $target->pid, '--durations', '-t', 'work:done,work:close,work:leave');
    told($target, $_) for '0 start 1 1', '1 done 1 1 0', '0 open 1', '1 close 1', '1 enter 1', '1 leave 1', '0 leave 1';
    end_all('site by site', $target, $tracer);
    is_deeply([map { my $e = $_; map { "$e->{type} " . (defined $e->{$_} ? 'known' : 'null') } grep { exists $e->{$_} } qw(duration held time_inside) } events($tracer->out)],
        ['done known', 'close known', 'close known', 'leave known', 'leave null'], 'site by site, durations are as ever');
}

# ---- a tracer whose maps have none ----

my $fired = cases_tracer('firedtrace', 't/cases/fired.d');
for my $option ('--durations', '--slower-than=1s') {
    my ($result, $out, $said) = run_program($fired, '-p', $$, $option);
    is("$result$out", '2', "$option without pairs: exit status 2");
    like($said, qr/the maps that firedtrace was made of say of no probes that they are begin and end/, '... and why');
}

# ---- what is refused ----

for my $case (
    [['-e', 'work:done.duration > 5'], qr/'work:done\.duration' is a duration, which is compared with a time, such as 100ms/, 'a number instead of a time'],
    [['-e', 'work:done.status > 5ms'], qr/'work:done\.status' is an integer/, 'a time instead of a number'],
    [['-e', 'work:done.duration > 5min'], qr/no digit of a number/, 'a unit that there is not'],
    [['--durations', '-t', 'work:start'], qr/no probe that is selected ends something/, 'probes without durations'],
    [['--slower-than=1s', '-t', 'work:start'], qr/--slower-than: no probe that is selected has a duration/, 'the same'],
    [['--slower-than=1x'], qr/--slower-than wants a time/, 'no time'],
    [['--stat', '--durations', '--by=duration'], qr/duration is a duration, of which --stat has a histogram/, 'to count by them'],
    [['-l', '--durations'], qr/lists probes/, 'with a list'],
) {
    my ($options, $message, $what) = @$case;
    my ($result, $out, $said) = run_program($work, '-p', $$, @$options);
    is("$result$out", '2', "$what: exit status 2");
    like($said, $message, '... and why');
}

done_testing();
