#!/usr/bin/perl
# ASSERTION: --stat counts each event exactly: what the target says it fired and what an ordinary trace has, for every probe, also while four
# threads fire and when the tracer goes meanwhile. --by counts what the fields of an ordinary trace are, for every kind of value at its limits.
# The file for Prometheus is one, and always whole.
use strict;
use warnings;
use FindBin;
use JSON::PP;
use lib "$FindBin::Bin/lib";
use List::Util qw(sum0);
use Live;
use Notes;
use Test::More;

need_bpf();

my $json = JSON::PP->new->allow_nonref->canonical->allow_bignum;
my $h2otrace = build('bin/h2otrace');

sub totals { return map { $json->decode($_) } grep { /"type":"stat_total"/ } all_lines($_[0]) }
sub counts_of { my ($line) = @_; return {map { $_ => "$line->{probes}{$_}{count}" } keys %{$line->{probes}}} }

# ---- what is refused ----

for my $case (
    [['--by=statsu'], qr/no selected probe has a field 'statsu'; did you mean 'status'\?/, 'a name that nothing has'],
    [['--by=qqqqqqqqqqqq'], qr/no probe has a field 'qqqqqqqqqqqq'; -l -v lists/, '... nor anything like it'],
    [['--by=status', '-t', 'quicly'], qr/no selected probe has a field 'status'; h2o:send_response has one/, 'a field of probes that are not selected'],
    [['--by=h2o:send_respons.status'], qr/did you mean 'h2o:send_response'\?/, 'a probe that there is not'],
    [['--by=h2o:send_response.status', '-t', 'quicly'], qr/'h2o:send_response' is not selected/, 'one that is not selected'],
    [['--by=name'], qr/h2o:receive_request_header\.name is application data, .* \(-a\)/, 'application data'],
    [['--by=bytes', '-a'], qr/bytes is a secret, .* \(--secrets\)/, 'a secret'],
    [['--by=stats'], qr/stats is a whole struct/, 'a struct'],
    [['--stat=50ms'], qr/--stat wants a time from 100ms/, 'a short time'],
    [['--top=0', '--by=status'], qr/--top wants a number/, 'no values'],
    [['--top=3'], qr/--top is about values/, 'top without values'],
    [['--stat-format=prometheus'], qr/needs -w FILE/, 'Prometheus without a file'],
    [['-c', 3], qr/-c has no meaning with --stat/, 'a number of events'],
) {
    my ($options, $message, $what) = @$case;
    my ($status, $out, $err) = run_program($h2otrace, '-p', $$, '--stat', @$options);
    is("$status$out", '2', "$what: exit status 2");
    like($err, $message, '... and why');
}
my ($status, undef, $err) = run_program($h2otrace, '-p', $$, '--by=status');
ok($status eq '2' && $err =~ /--by is about what --stat counts/, '--by without --stat is refused');

# ---- the exerciser: counts and values are those of an ordinary trace of the same process ----

sub fire_all {
    my ($target) = @_;
    my $num = 0;
    for my $round (0 .. $target->ask_number('rounds') + 5, 0, 0) {
        $num += $target->ask_number("fire $round");
    }
    return $num;
}

# By probe and value: how often; what is cut or not UTF-8 is told apart by what events have of it.
sub expected_values {
    my ($file, $field, $probe) = @_;
    my %count;
    for my $event (map { $json->decode($_) } lines($file)) {
        my $name = "$event->{module}:$event->{type}";
        next if defined $probe ? $name ne $probe : !exists $event->{$field};
        my $value = $event->{$field};
        next if ref $value eq 'HASH';
        my $is_unreadable = grep { $_ eq $field } @{$event->{unreadable} // []};
        my $hex = $event->{hex}{$field};
        my $text = defined $hex ? 'hex:' . substr($hex, 0, 128) : $json->encode($value);
        # 64 bytes of it, as far as they are whole characters
        my $bytes = defined $value && !ref $value && $text =~ /^"/ ? $value : undef;
        utf8::encode($bytes) if defined $bytes && utf8::is_utf8($bytes);
        if (defined $bytes && !defined $hex && length $bytes > ($field eq 'bytes' || $value =~ /^[0-9a-f]{128,}$/ ? 128 : 64)) {
            my $is_hex = $value =~ /^[0-9a-f]{128,}$/;
            my $cut = substr $bytes, 0, $is_hex ? 128 : 64;
            1 while !utf8::decode(my $copy = $cut) && chop $cut;
            utf8::decode($cut);
            $text = $json->encode($cut);
        }
        ++$count{"$name $text" . ($is_unreadable ? ' unreadable' : '')};
    }
    return \%count;
}

sub counted_values {
    my ($line) = @_;
    my %count;
    for my $value (grep { !$_->{absent} } @{$line->{values}}) {
        my $text = exists $value->{hex} ? "hex:$value->{hex}" : $json->encode($value->{value});
        $count{"$value->{probe} $text" . ($value->{unreadable} ? ' unreadable' : '')} += $value->{count};
    }
    return \%count;
}

for my $field (qw(status conn_id success err dest name sock frame_type at), 'bytes', 'h2o:h1_accept.conn_uuid') {
    my ($key, $probe) = ($field =~ s/.*\.//r, $field =~ /^(.+)\./ ? $1 : undef);
    my $target = start_exerciser();
    my @both = ('-p', $target->pid, '-a', '--secrets');
    my $plain = start_tracer(@both, '-b', '64M');
    my $stat = start_tracer(@both, '--stat=1h', '--by', $field, '--top=65536');
    my $num = fire_all($target);
    $target->end_input;
    is($_->wait_end, 0, "--by $field: both tracers end with the target") for $plain, $stat;
    my ($total) = totals($stat->out);
    is($total->{count}, $num, "--by $field: all events are counted");
    is_deeply(counts_of($total), count_by_type(lines($plain->out)), "--by $field: those of each probe are as many as an ordinary trace has") if $field eq 'status';
    is_deeply(counted_values($total), expected_values($plain->out, $key, $probe), "--by $field: so are those of each value");
    is($total->{others}, 0, '... and all had room');
    json_lines_are_valid($stat->out, "--by $field") if $field eq 'name';
}

# ---- four threads ----

my $cases_tracer = cases_tracer('firedtrace', 't/cases/fired.d');
my $program = compile('fired-plain', '-std=gnu11', '-pthread', 't/cases/fired.c');
my $witness_path = compile('witness', '-D_GNU_SOURCE', 't/lib/witness.c');
my @probe_of_site = qw(fired:bare fired:text fired:text fired:page);

sub fired_by_probe {
    my ($answer) = @_;
    my %by_probe;
    for my $thread ($answer =~ / \d+:([\d,]+)/g) {
        my @by_site = split /,/, $thread;
        $by_probe{$probe_of_site[$_]} += $by_site[$_] for 0 .. $#by_site;
    }
    return \%by_probe;
}

for my $env ({}, {PROBEGEN_ATTACH_PERF => 1}) {
    my $name = 'four threads' . (%$env ? ', by perf events' : '');
    my $target = start([$program], in => 'pipe', answers => 1);
    my $other = start([$program], in => 'pipe', answers => 1);
    my $tracer = start_tracer({tracer => $cases_tracer, env => $env}, '-p', $target->pid, '--stat=100ms', '--by=thread');
    $_->send_line('run 4 20000') for $target, $other;
    my ($fired) = map { fired_by_probe($_->next_line // '') } $target, $other;
    $target->end_input;
    is($tracer->wait_end(60), 0, "$name: the tracer ends with the target");
    my ($total) = totals($tracer->out);
    # by perf events, the kernel skips what fires on a processor where the program sleeps, and says so
    my ($skipped) = $tracer->err =~ /skipped (\d+) more firings/ ? $1 : 0;
    is($total->{count} + $skipped, sum0(values %$fired), "$name: all that the target has fired was counted, and nothing else");
    is_deeply(counts_of($total), $fired, "$name: so it was for each probe") if !$skipped;
    my (%of_thread, %in_intervals);
    $of_thread{$_->{probe}} += $_->{count} for @{$total->{values}};
    is_deeply(\%of_thread, counts_of($total), "$name: the values of a probe's events are as many as its events");
    for my $line (map { $json->decode($_) } grep { /"type":"stat"/ } all_lines($tracer->out)) {
        $in_intervals{$_} += $line->{probes}{$_}{count} for keys %{$line->{probes}};
    }
    cmp_ok(sum0(values %in_intervals), '<=', $total->{count}, "$name: intervals have no more than there is in all");
}

# a tracer that goes meanwhile: what its program has counted in the end, which a witness that holds its map sees, is what it said
{
    my $witness = start([$witness_path, $program, map { "$_->{site}:$_->{semaphore}" } notes_of($program, 'fired')], in => 'pipe', answers => 1);
    $witness->next_line;
    $witness->ask('stats');
    my $target = start([$program], in => 'pipe', answers => 1);
    my $tracer = start_tracer({tracer => $cases_tracer}, '-p', $target->pid, '--stat=100ms', '--by=thread');
    my %is_id = map { slurp($_) =~ /^prog_id:\t(\d+)/m ? ($1 => 1) : () } glob '/proc/' . $tracer->pid . '/fdinfo/*';
    $target->ask('start 4');
    ok(poll { grep { $json->decode($_)->{count} } all_lines($tracer->out) }, 'under load: it counts');
    my $before = fired_by_probe($target->ask('stop'));
    my $num_runs = $witness->ask_number('runs ' . join ' ', keys %is_id);
    $target->ask('start 4');
    $tracer->signal('TERM');
    is($tracer->wait_end(60), 0, '... and ends while four threads fire');
    my $fired = fired_by_probe($target->ask('stop'));
    my ($total) = totals($tracer->out);
    cmp_ok($num_runs, '>', 0, '... the kernel has counted the runs of its program');
    cmp_ok($total->{count}, '>=', $num_runs, '... none of which is missing');
    cmp_ok($total->{count}, '<=', sum0(values %$before, values %$fired), '... and nothing is counted that was not fired');
    is(sum0(map { $_->{count} } @{$total->{values}}), $total->{count}, '... values are as many');
    like($tracer->err, qr/: $total->{count} events? of \d+ probes? in [\d.]+ s, 0 lost$/m, '... the summary says the same');
}

# ---- more values than there is room for ----

{
    my $target = start([$program], in => 'pipe', answers => 1);
    my $tracer = start_tracer({tracer => $cases_tracer}, '-p', $target->pid, '--stat=1h', '--by=seq', '--top=3');
    $target->ask('run 2 200000');
    $target->end_input;
    is($tracer->wait_end(120), 0, 'too many values: the tracer ends with the target');
    my ($total) = totals($tracer->out);
    is($total->{count}, 400_000, '... all events are counted');
    is(scalar @{$total->{values}}, 3, '... so many values are printed as were wanted');
    is($total->{more}{values} + 3, 65536, '... as many are known as there is room for');
    cmp_ok($total->{others}, '>', 0, '... the others are others');
    is(sum0(map { $_->{count} } @{$total->{values}}) + $total->{more}{count} + $total->{others}, 400_000, '... and that is all of them');
}

# ---- Prometheus ----

# A strict reader of its text format: {name => {type, samples => {labels => value}}}; dies where it is wrong.
sub read_prometheus {
    my ($text) = @_;
    my (%metrics, $current);
    die "not UTF-8\n" if !utf8::decode(my $copy = $text);
    die "no end of line at the end\n" if $text !~ /\n\z/;
    for my $line (split /\n/, $text) {
        if ($line =~ /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/) {
            my ($what, $name, $rest) = ($1, $2, $3);
            die "$name: $what twice\n" if exists $metrics{$name}{$what};
            die "$name: TYPE after samples\n" if $metrics{$name}{samples};
            die "$name: type $rest\n" if $what eq 'TYPE' && $rest !~ /^(?:counter|gauge|histogram|summary|untyped)$/;
            $metrics{$name}{$what} = $rest;
            $current = $name;
            next;
        }
        my ($name, $labels, $value) = $line =~ /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\d+)$/ or die "no sample: $line\n";
        die "$name is not in one group\n" if $name ne ($current // '');
        die "$name has no type\n" if !$metrics{$name}{TYPE};
        my %labels;
        my $rest = $labels // '';
        while ($rest =~ s/^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,(?=.)|$)//) {
            die "label $1 twice\n" if exists $labels{$1};
            my ($label, $text_of) = ($1, $2);
            $labels{$label} = $text_of =~ s/\\(.)/$1 eq 'n' ? "\n" : $1/ger;
        }
        die "labels: $labels\n" if $rest ne '';
        my $key = join "\0", map { "$_=$labels{$_}" } sort keys %labels;
        die "the same sample twice: $line\n" if exists $metrics{$name}{samples}{$key};
        $metrics{$name}{samples}{$key} = $value;
    }
    return \%metrics;
}

{
    my $target = start_exerciser();
    my $dir = tmp('prom');
    mkdir $dir or die $!;
    chmod 0777, $dir;
    my $file = "$dir/h2otrace.prom";
    my $tracer = start_tracer('-p', $target->pid, '--stat=100ms', '--by=err', '-e', 'conn_id != 1', '--stat-format=prometheus', '-w', $file, '-t', 'h2o');
    ok(poll { -e $file && -s $file }, 'Prometheus: the file is there');
    my $num_wrong = 0;
    for my $round (0 .. 7) {
        $target->ask("fire $round");
        my $metrics = eval { read_prometheus(slurp($file)) };
        ++$num_wrong if !$metrics;
        diag($@) if !$metrics;
    }
    is($num_wrong, 0, '... whole whenever somebody reads it');
    $target->end_input;
    is($tracer->wait_end, 0, '... the tracer ends with the target');
    my $metrics = read_prometheus(slurp($file));
    is(join(' ', sort keys %$metrics), 'h2otrace_events_total h2otrace_filtered_total h2otrace_values_others_total h2otrace_values_total', '... these metrics are in it');
    my ($sum) = $tracer->err =~ /: (\d+) events/;
    is(sum0(values %{$metrics->{h2otrace_events_total}{samples}}), $sum, '... all events are');
    ok((grep { /value=.*\n/ || /hex=/ } keys %{$metrics->{h2otrace_values_total}{samples}}), '... and values that have to be escaped');
    is(sprintf('%04o', (stat $file)[2] & 07777), '0644', '... others may read it');
    is(join(' ', map { s{.*/}{}r } glob "$dir/*"), 'h2otrace.prom', '... nothing else is left');
    # the same by the program of Prometheus, if it is there
    SKIP: {
        skip('there is no promtool', 1) if system('which promtool >/dev/null 2>&1') != 0;
        is(system("promtool check metrics <'$file' >/dev/null 2>&1") >> 8, 0, '... promtool likes it');
    }
}

# ---- values that look the same ----

# A program fires the only probe of a provider, whose argument is `x`, in C: $fire, for each i from 0 to 7. What Prometheus gets:
# labels -> count.
sub samples_of {
    my ($name, $declaration, $fire) = @_;
    my $definition = spew(tmp("$name.d"), "provider $name { probe $declaration; };\n");
    my ($exit, undef, $err) = run_program(build('bin/probegen'), 'dtrace', '-h', '-s', $definition, '-o', tmp("$name.h"));
    is($exit, 0, "$name: a header") or diag($err);
    my $program = compile($name, '-I' . tmp(''), spew(tmp("$name.c"), <<"END"));
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "$name.h"
int main(void)
{
    puts("ready");
    fflush(stdout);
    getchar();
    for (int i = 0; i < 8; ++i) {
        $fire
    }
    return 0;
}
END
    my $target = start([$program], in => 'pipe', answers => 1);
    $target->next_line;
    my $dir = tmp("$name-prom");
    mkdir $dir or die $!;
    chmod 0777, $dir;
    my $tracer = start_tracer({tracer => cases_tracer("${name}trace", $definition)}, '-p', $target->pid, '--stat=100ms', '--by=x', '--stat-format=prometheus', '-w', "$dir/x.prom");
    $target->send_line('go');
    $target->end_input;
    is($tracer->wait_end, 0, "$name: Prometheus: the tracer ends well");
    my $metrics = eval { read_prometheus(slurp("$dir/x.prom")) };
    is($@, '', '... no sample is there twice');
    return %{$metrics->{"${name}trace_values_total"}{samples} // {}};
}

# numbers that are none, whatever their bits
my %samples = samples_of('none', 'number(double x)', <<'END');
        const uint64_t bits[] = {0x7ff8000000000000, 0x7ff8000000000001, 0xfff8000000000000, 0x3ff0000000000000};
        double x;
        memcpy(&x, bits + i % 4, sizeof(x));
        NONE_NUMBER(x);
END
is_deeply([sort map { s/\0/ /gr } keys %samples], ['bits=7ff8000000000000 field=x probe=number provider=none value=NaN', 'bits=7ff8000000000001 field=x probe=number provider=none value=NaN',
    'bits=fff8000000000000 field=x probe=number provider=none value=NaN', 'field=x probe=number provider=none value=1'], '... each has its bits');
is(join(' ', values %samples), '2 2 2 2', '... and its count');

# texts that are cut within a character
%samples = samples_of('long_', 'text(const char *x)', <<'END');
        char x[80];
        snprintf(x, sizeof(x), "%062d%s", 0, i % 2 == 0 ? "\xe2\x82\xac" : "\xe2\x84\xa2");
        LONG__TEXT(x);
END
is_deeply([sort map { /hex=(\w+\.*)/ } keys %samples], ['30' x 62 . 'e282...', '30' x 62 . 'e284...'], '... each has its bytes');
is(join(' ', values %samples), '4 4', '... and its count');

done_testing();
