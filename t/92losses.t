#!/usr/bin/perl
# ASSERTION: what was fired is what was printed and what was reported lost, exactly, for every probe; a loss is reported where its gap is, or before.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use List::Util qw(sum0);
use Live;
use Test::More;

need_bpf();

# Takes the lines of a tracer apart: {events => [lines], printed => {probe => N}, told => {probe => N}, sum => N, is_consistent}.
sub take_apart {
    my (@lines) = @_;
    my %all = (events => [], printed => {}, told => {}, sum => 0, is_consistent => 1);
    for my $line (@lines) {
        if ($line =~ /^\{"module":"\w+","type":"lost","time":\d+\.\d{3},"since":\d+\.\d{3},"probes":\{(.+)\},"count":(\d+)\}$/) {
            my ($probes, $count) = ($1, $2);
            my %told = $probes =~ /"([^"]+)":(\d+)/g;
            $all{told}{$_} += $told{$_} for keys %told;
            $all{sum} += $count;
            $all{is_consistent} &&= $count == sum0(values %told) && $count > 0;
        } else {
            push @{$all{events}}, $line;
            ++$all{printed}{type_of($line)};
        }
    }
    return \%all;
}

# Does it all add up? $fired: {probe => N}. Returns what take_apart() does.
sub sums_are_right {
    my ($name, $tracer, $fired, @lines) = @_;
    my $all = take_apart(@lines);
    my %seen = map { $_ => ($all->{printed}{$_} // 0) + ($all->{told}{$_} // 0) } keys %{$all->{printed}}, keys %{$all->{told}};
    my ($num_events, $num_lost) = $tracer->err =~ /: (\d+) events? of \d+ probes? in [\d.]+ s, (\d+) lost$/m;
    my %summary = $tracer->err =~ /^  (\S+): \d+ events?, (\d+) lost$/mg;

    is_deeply(\%seen, $fired, "$name: fired = printed + lost, for every probe");
    ok($all->{is_consistent}, "$name: the sum in each event of losses is that of its probes");
    is($all->{sum}, sum0(values %$fired) - @{$all->{events}}, "$name: what is reported lost is what is missing");
    is("$num_events printed, $num_lost lost", scalar(@{$all->{events}}) . " printed, $all->{sum} lost", "$name: the summary says the same");
    is_deeply(\%summary, $all->{told}, "$name: and for each probe");
    note("$name: $num_events printed, $num_lost lost");
    return $all;
}

my (undef, $catalog) = run_program(build('bin/h2otrace'), '-l');
my @probes = map { /^([^(]+)/ ? $1 : () } split /\n/, $catalog;

sub all_fired {
    my ($times) = @_;
    return {map { $_ => $times } @probes};
}

# ---- a tracer that is stopped ----

for my $size ('1M', '2M') {
    my $name = "stopped, -b $size";
    my $target = start_exerciser();
    my $tracer = start_tracer('-p', $target->pid, '-b', $size);

    ok($tracer->stop, "$name: it is stopped");
    is($target->ask('fire 0 * 2222'), 'fired ' . 2222 * @probes, "$name: the target is not held up");
    is($target->ask('fire 1 * 1'), 'fired ' . @probes, "$name: and not with long strings");
    $tracer->signal('CONT');
    is($target->ask('fire 0'), 'fired ' . @probes, "$name: and goes on");
    $target->end_input;
    is($tracer->wait_end, 0, "$name: the tracer ends with the target");
    my $all = sums_are_right($name, $tracer, all_fired(2224), lines($tracer->out));
    cmp_ok($all->{sum}, '>', 200000, "$name: much was lost");
}

# ---- where a gap is ----

{
    my $probe = 'quicly:ping_receive';
    my $target = start_exerciser();
    my $tracer = start_tracer('-p', $target->pid, '-b', '1M');
    # f: an event that fills the ring, L: losses, g: an event after them; the two rounds differ in the sign of `at`
    my $shape = sub { join '', map { /"type":"lost"/ ? 'L' : /"at":-/ ? 'g' : 'f' } lines($tracer->out) };

    for my $number (1 .. 5) {
        my $begin = length $shape->();
        $tracer->stop;
        $target->ask("fire 0 $probe 30000");
        $tracer->signal('CONT');
        # the tracer takes out of the ring all that is in it, then it writes
        ok(poll { length $shape->() > $begin }, "gap $number: what came before it is printed");
        $target->ask("fire 2 $probe") for 1 .. 3;
        ok(poll { $shape->() =~ /^(?:f+Lggg){$number}$/ }, "gap $number: it is reported, then come the events after it") or diag($shape->());
    }
    $target->end_input;
    $tracer->wait_end;
    my @lines = lines($tracer->out);
    sums_are_right('gaps', $tracer, {$probe => 150015}, @lines);
    my ($events_before) = $shape->() =~ /^(f+)/;
    is(($lines[length $events_before] =~ /"count":(\d+)/)[0], 30000 - length $events_before, 'gaps: they are reported in full');
}

# ---- targets that are faster than the tracer ----

# Each event of `cases` says its thread and which firing of that thread it is. Are they in order, and is nothing missing that was not reported before?
sub stream_is_in_order {
    my ($name, @lines) = @_;
    my (%last, %printed, $num_back, $num_late, $told, $missing) = ();
    ($num_back, $num_late, $told, $missing) = (0, 0, 0, 0);
    for my $line (@lines) {
        if ($line =~ /"type":"lost".*"count":(\d+)/) {
            $told += $1;
            next;
        }
        my ($type, $thread, $seq) = $line =~ /"type":"(t[io]ck)",.*"thread":(\d+),"seq":(\d+)/ or next;
        my $number = 2 * $seq + ($type eq 'tock');
        ++$num_back if exists $last{$thread} && $number <= $last{$thread};
        $missing += $number - ($last{$thread} // -1) - 1;
        ++$num_late if $missing > $told;
        $last{$thread} = $number;
    }
    is($num_back, 0, "$name: the events of a thread are in its order");
    is($num_late, 0, "$name: every loss is reported before what comes after it");
}

my $cases_tracer = cases_tracer('casetrace', 't/cases/cases.d', 't/cases/cases.map');
my $cases = compile('cases', '-g', '-std=gnu11', '-pthread', 't/cases/cases.c');

for my $num_threads (1, 2) {
    my $name = "smallest ring, $num_threads threads";
    my $target = start([$cases], in => 'pipe', answers => 1);
    my $tracer = start_tracer({tracer => $cases_tracer}, '-p', $target->pid, '-b', '1M');
    my $num = 50000 / $num_threads;

    is($target->ask("ticks $num_threads $num"), 'fired 100000', "$name: all was fired");
    $target->end_input;
    is($tracer->wait_end, 0, "$name: the tracer ends with the target");
    my @lines = lines($tracer->out);
    my $all = sums_are_right($name, $tracer, {'cases:tick' => 50000, 'cases:tock' => 50000}, @lines);
    stream_is_in_order($name, @lines);
}

{
    my $name = 'stopped, 4 threads';
    my $target = start([$cases], in => 'pipe', answers => 1);
    my $tracer = start_tracer({tracer => $cases_tracer}, '-p', $target->pid, '-b', '1M');

    # nearly all is lost, so that all threads count at the same time
    $tracer->stop;
    is($target->ask('ticks 4 100000'), 'fired 800000', "$name: all was fired");
    $target->end_input;
    $tracer->signal('CONT');
    is($tracer->wait_end, 0, "$name: the tracer ends with the target");
    sums_are_right($name, $tracer, {'cases:tick' => 400000, 'cases:tock' => 400000}, lines($tracer->out));
}

# Is there something to read?
sub has_input {
    my ($from, $timeout) = @_;
    my $set = '';
    vec($set, fileno $from, 1) = 1;
    return select($set, undef, undef, $timeout) > 0;
}

{
    my $name = 'slow reader, 2 threads';
    my $target = start([$cases], in => 'pipe', answers => 1);
    pipe my $from, my $to or die "pipe: $!";
    my $tracer = start_tracer({tracer => $cases_tracer, out => $to}, '-p', $target->pid, '-b', '1M');
    my $text = '';
    close $to;
    $target->send_line('ticks 2 50000');
    while (!has_input($target->{from}, 0.001)) {
        sysread $from, $text, 2048, length $text if has_input($from, 0);
    }
    is($target->next_line, 'fired 200000', "$name: the target is not held up");
    $target->end_input;
    1 while has_input($from, TIMEOUT) && sysread $from, $text, 1 << 20, length $text;
    is($tracer->wait_end, 0, "$name: the tracer ends with the target");
    my @lines = grep { !is_frame($_) } split /\n/, $text;
    my $all = sums_are_right($name, $tracer, {'cases:tick' => 100000, 'cases:tock' => 100000}, @lines);
    cmp_ok($all->{sum}, '>', 0, "$name: something was lost");
    stream_is_in_order($name, @lines);
    json_lines_are_valid(spew(tmp('slow.json'), $text), $name);
}

{
    my $name = 'two processes';
    my @targets = map { start([$cases], in => 'pipe', answers => 1) } 1 .. 2;
    my @tracers = map { start_tracer({tracer => $cases_tracer}, '-p', $_->pid, '-b', '1M') } @targets;
    $_->send_line('ticks 2 20000') for @targets;
    for my $i (0 .. 1) {
        is($targets[$i]->next_line, 'fired 80000', "$name: all was fired");
        $targets[$i]->end_input;
        is($tracers[$i]->wait_end, 0, "$name: the tracer ends with its target");
        my @lines = lines($tracers[$i]->out);
        my $all = sums_are_right("$name, $i", $tracers[$i], {'cases:tick' => 40000, 'cases:tock' => 40000}, @lines);
        stream_is_in_order("$name, $i", @lines);
        my %tids = map { $_ => 1 } map { /"tid":(\d+)/ } @{$all->{events}};
        is(scalar keys %tids, 2, "$name: the events are of the two threads of its own target");
    }
}

done_testing();
