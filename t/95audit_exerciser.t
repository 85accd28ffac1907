#!/usr/bin/perl
# ASSERTION: the audit of the exerciser, as it was built and traced, finds every probe in it, as often as it was fired, with all its fields, whatever
# tracer options and compression made the trace; it passes only if all are seen, and what is missing or lost is reported.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Live;
use Test::More;

use constant {EX_PLAIN => 0, EX_LARGEST => 1, EX_NASTY => 4, EX_UNMAPPED => 5};    # rounds, see gen/exerciser/main.c

need_bpf();

my @definitions = (glob('probes/*.d'), glob('probes/*.map'));
my ($listed, @probes) = (run_program(build('bin/h2otrace'), '-l'))[1];
@probes = map { /^([^(]+)/ ? $1 : () } split /\n/, $listed;

# Traces rounds of the exerciser, each so many times; returns the tracer, which has ended, and the path of the trace.
sub trace_rounds
{
    my ($name, $options, @rounds) = @_;
    my $target = start_exerciser(grep { /^--(?:appdata|secrets)$/ } @$options);
    my $path = tmp($name);
    my $tracer = start_tracer('-p', $target->pid, '-w', $path, @$options);

    for my $round (@rounds) {
        my ($number, $count) = @$round;
        is($target->ask_number("fire $number *:* $count"), @probes * $count, "$name: round $number is fired") or diag($tracer->err);
    }
    $target->end_input;
    is($target->wait_end, 0, "$name: the exerciser ends");
    is($tracer->wait_end(60), 0, "$name: the tracer ends with it");
    return ($tracer, $path);
}

# Audits this program and these traces. Returns {status, err, and from the report: verdict, sums, probes: "provider:name" -> {seen, findings}}
sub audit
{
    my (@arguments) = @_;
    my ($status, $out, $err) = run_program(build('bin/probegen'), 'audit', @definitions, '--binary', build('bin/h2otrace-exerciser'), '--format=json', @arguments);
    my $report = $status =~ /^[01]$/ ? JSON::PP->new->utf8->decode($out) : {};
    return {
        status => $status, err => $err, verdict => $report->{verdict}, sums => $report->{sums}, trace => $report->{inputs}{traces}[0],
        probes => {map { ("$_->{provider}:$_->{name}" => {%{$_->{seen}}, findings => $_->{findings}, definition => $_->{defined}}) } @{$report->{probes}}},
    };
}

# what the audit says against binary and traces: all but what is said of the definitions alone
sub complaints
{
    my ($audit) = @_;
    my @findings = map { @{$audit->{probes}{$_}{findings}} } sort keys %{$audit->{probes}};
    return join "\n", map { "$_->{id} $_->{target}: $_->{text}" } grep { $_->{id} ne 'P010' } @findings;
}

sub sum_of
{
    my $sum = 0;
    $sum += $_ for @_;
    return $sum;
}

cmp_ok(scalar @probes, '>', 100, 'there are many probes');
my @show = ('--appdata', '--secrets');

# ---- every probe is seen ----

my ($tracer, $path) = trace_rounds('once', \@show, [EX_PLAIN, 1]);
my $audit = audit('--seen', $path, '--fail-under-seen', 100);
is($audit->{status}, 0, 'one round of the exerciser: the audit passes') or diag(complaints($audit), $audit->{err});
is_deeply([@{$audit->{sums}}{qw(defined built seen expected seen_percent)}], [(scalar @probes) x 4, 100], '... every probe is built and seen');
is_deeply([grep { $audit->{probes}{$_}{events} != 1 } sort keys %{$audit->{probes}}], [], '... once');
is_deeply([@{$audit->{trace}}{qw(lines events foreign lost bad_lines)}], [@probes + 2, scalar @probes, 0, 0, 0],
    '... in one line each, beside the first and the last one');
is(complaints($audit), '', '... with all the fields that are defined, no others, and none is null');
is_deeply([grep { sum_of(@{$audit->{probes}{$_}{buckets}}) != 1 } sort keys %{$audit->{probes}}], [], '... at a time that the histogram has');
is_deeply([@{$audit->{probes}{$probes[0]}}{qw(first last)}], [map { $_->{time} } (JSON::PP->new->decode((lines($path))[0])) x 2], '... which is that of the event');

spew(tmp('less'), join '', map { "$_\n" } grep { type_of($_) ne $probes[3] } lines($path));
$audit = audit('--seen', tmp('less'), '--fail-under-seen', 100, '--fail-on', 'error');
is("$audit->{status} $audit->{verdict}{under_seen}", '1 1', 'without the event of one probe it fails');
is(complaints($audit), "P015 $probes[3]: ", '... and names it');
is(audit('--seen', tmp('less'), $path, '--fail-under-seen', 100)->{status}, 0, '... both traces together pass');

# ---- many events ----

my @rounds = ([EX_PLAIN, 3], [EX_LARGEST, 2], [EX_NASTY, 5], [1000, 20]);
my $num = sum_of(map { $_->[1] } @rounds);
($tracer, $path) = trace_rounds('many', ['-b', '64M', @show], @rounds);
unlike($tracer->err, qr/[1-9]\d* lost/, 'nothing was lost');
$audit = audit('--seen', $path, '--fail-under-seen', 100);
is_deeply([grep { $audit->{probes}{$_}{events} != $num || sum_of(@{$audit->{probes}{$_}{buckets}}) != $num } sort keys %{$audit->{probes}}], [],
    "many rounds: each probe is seen as often as it was fired, $num times");
is($audit->{trace}{bad_lines}, 0, '... and every line is an event');

# the witness: how often each field of each kind of event is there, and is null
sub witness
{
    my ($file) = @_;
    my $program = 'reduce inputs as $e ({}; .["\($e.module):\($e.type)"] |=
        (reduce ($e | to_entries[]) as $f (.; .[$f.key].present += 1 | .[$f.key].null += (if $f.value == null then 1 else 0 end))))';
    my ($status, $out, $err) = run_program({timeout => 120}, 'jq', '-n', $program, $file);
    is("$status$err", '0', 'jq reads the trace');
    return JSON::PP->new->decode($out);
}

sub agrees_with_jq
{
    my ($file, $got, $what) = @_;
    my $expected = witness($file);
    delete @$expected{qw(h2otrace:start h2otrace:end)};    # in which the tracer tells of itself
    my %found;
    for my $name (keys %{$got->{probes}}) {
        my ($provider) = split /:/, $name;
        my $fields = $got->{probes}{$name}{fields};
        my $type = "$provider:$got->{probes}{$name}{definition}{event}";
        $found{$type} = {map { ($_ => $fields->{$_}) } grep { $fields->{$_}{present} } keys %$fields} if $got->{probes}{$name}{events};
    }
    for my $type (keys %$expected) {
        is($expected->{$type}{module}{present}, $got->{probes}{$type}{events}, "$what: events of $type") if !exists $found{$type};
        delete @{$expected->{$type}}{qw(module type tid time truncated hex unreadable)};
    }
    is_deeply(\%found, $expected, "$what: jq counts the same events, fields and nulls");
}
agrees_with_jq($path, $audit, 'many rounds');

for my $compress ('gzip', 'zstd') {
    my ($status) = run_program("$compress", '-k', '-q', $path);
    is($status, 0, "$compress");
    my $again = audit('--seen', $path . ($compress eq 'gzip' ? '.gz' : '.zst'), '--fail-under-seen', 100);
    is_deeply($again->{probes}, $audit->{probes}, '... the audit finds the same in it');
}

# ---- what cannot be read, and what is not shown ----

($tracer, $path) = trace_rounds('nowhere', \@show, [EX_UNMAPPED, 1]);
$audit = audit('--seen', $path);
is($audit->{status}, 1, 'pointers to nowhere: values that could not be read are findings');
like(complaints($audit), qr/^P016 .* is null in 1 of 1 events$/m, '... of their own kind');
agrees_with_jq($path, $audit, 'pointers to nowhere');

($tracer, $path) = trace_rounds('closed', [], [EX_PLAIN, 1]);
$audit = audit('--seen', $path, '--fail-under-seen', 100);
is("$audit->{status}" . complaints($audit), '0', 'without application data and secrets: nothing is missing that has to be there');
agrees_with_jq($path, $audit, 'without application data and secrets');

# ---- losses ----

my $target = start_exerciser();
$path = tmp('lost');
$tracer = start_tracer('-p', $target->pid, '-b', '1M', '-w', $path);
$tracer->stop;
is($target->ask_number('fire 0 *:* 300'), 300 * @probes, 'a stuck tracer: events are fired');
$tracer->signal('CONT');
$target->end_input;
is($tracer->wait_end(60), 0, '... and the tracer ends');
my ($written, $lost) = $tracer->err =~ /: (\d+) events? of .*, (\d+) lost$/m;
cmp_ok($lost // 0, '>', 0, '... it has lost some');
$audit = audit('--seen', $path);
is_deeply([@{$audit->{trace}}{qw(events lost)}], [$written, $lost], '... the audit counts what it says');
is_deeply([grep { $audit->{probes}{$_}{events} + $audit->{probes}{$_}{lost} != 300 } sort keys %{$audit->{probes}}], [], '... for each probe, written and lost are all');
like(complaints($audit), qr/^P019 \S+: \d+ beside \d+ that were written$/m, '... and losses are findings');

done_testing();
