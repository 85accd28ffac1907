#!/usr/bin/perl
# ASSERTION: under load, what the target says it fired, what the kernel's own events count at its sites, and what the tracer printed, reported
# lost and did not want are the same number, for every probe; a tracer that comes or goes meanwhile prints all that its program has seen, and disturbs no other.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use List::Util qw(sum0);
use Live;
use Notes;
use Test::More;

need_bpf();

my $tracer_path = cases_tracer('firedtrace', 't/cases/fired.d');
my $witness_path = compile('witness', '-D_GNU_SOURCE', 't/lib/witness.c');
my @probe_of_site = qw(fired:bare fired:text fired:text fired:page);    # see fired.c
my %program = map { $_ => compile("fired-$_", '-std=gnu11', '-pthread', $_ eq 'guarded' ? '-DSEMAPHORES' : (), 't/cases/fired.c') } 'plain', 'guarded';

# ---- who counts ----

# The witness of a program: an object that counts by site.
sub start_witness {
    my ($program) = @_;
    my @notes = notes_of($program, 'fired');
    my $witness = start([$witness_path, $program, map { "$_->{site}:$_->{semaphore}" } @notes], in => 'pipe', answers => 1);
    ($witness->next_line // '') eq 'ready' or die $witness->err;
    # what the compiler has made more than one place of is one site
    $witness->{sites} = [map { $_->{arguments} =~ /^\S+ -4@\$?(\d)/ ? $1 : die "site of $_->{arguments}" } @notes];
    return $witness;
}

sub counted_by_site {
    my ($witness) = @_;
    my @counts = $witness->ask('counts') =~ /(\d+)/g;
    my @sums = (0) x @probe_of_site;
    $sums[$witness->{sites}[$_]] += $counts[$_] for 0 .. $#counts;
    return \@sums;
}

# What the target says: its answer, as {by_thread => [[by site]], by_site => [N], by_probe => {probe => N}}.
sub fired {
    my ($answer) = @_;
    my @by_thread = map { [split /,/] } $answer =~ / \d+:([\d,]+)/g;
    my (@by_site, %by_probe);
    for my $site (0 .. $#probe_of_site) {
        $by_site[$site] = sum0(map { $_->[$site] } @by_thread);
        $by_probe{$probe_of_site[$site]} += $by_site[$site];
    }
    return {by_thread => \@by_thread, by_site => \@by_site, by_probe => \%by_probe};
}

# What a tracer printed and reported: {printed => {probe => N}, lost => {probe => N}, seen => {probe => N}: their sum; missing => how many there
# are not between those of a site in a thread; last => [by thread => [by site => seq]], first => the same; num_back => those out of order}
sub traced {
    my ($tracer) = @_;
    my %all = (printed => {}, lost => {}, seen => {}, missing => 0, first => [], last => [], num_back => 0);
    open my $fh, '<:raw', $tracer->out or die $!;
    while (my $line = <$fh>) {
        next if is_frame($line);
        if ($line =~ /"type":"lost".*"probes":\{([^}]*)\}/) {
            my %lost = $1 =~ /"([^"]+)":(\d+)/g;
            $all{lost}{$_} += $lost{$_} for keys %lost;
        } elsif ($line =~ /^\{"module":"fired","type":"(\w+)".*"thread":(\d+),"site":(\d+),"seq":(\d+)/) {
            my $last = \$all{last}[$2][$3];
            ++$all{printed}{"fired:$1"};
            $all{first}[$2][$3] //= $4;
            if (defined $$last) {
                ++$all{num_back} if $4 <= $$last;
                $all{missing} += $4 - $$last - 1;
            }
            $$last = $4;
        } else {
            ++$all{printed}{$line};    # which nobody expects
        }
    }
    $all{seen}{$_} = ($all{printed}{$_} // 0) + ($all{lost}{$_} // 0) for keys %{$all{printed}}, keys %{$all{lost}};
    return \%all;
}

# The ids of its BPF programs or maps.
sub ids_of {
    my ($tracer, $what) = @_;
    my %ids = map { slurp($_) =~ /^${what}_id:\t(\d+)/m ? ($1 => 1) : () } glob '/proc/' . $tracer->pid . '/fdinfo/*';
    return join ' ', sort keys %ids;
}

# The summary says the same as the stream.
sub summary_is_right {
    my ($name, $tracer, $all) = @_;
    my ($num_events, $num_lost) = $tracer->err =~ /: (\d+) events? of \d+ probes? in [\d.]+ s, (\d+) lost$/m;
    is("$num_events, $num_lost", join(', ', map { sum0(values %{$all->{$_}}) } qw(printed lost)), "$name: the summary says the same as the stream");
}

# ---- all is traced ----

# the ring has room for everything, or for so little that it is full as soon as the tracer stands still
for my $case (
    ['plain', 4, 20_000, '64M', {}], ['plain', 4, 50_000, '1M', {}], ['guarded', 3, 20_000, '64M', {}], ['guarded', 2, 50_000, '1M', {}],
    ['guarded', 2, 10_000, '64M', {PROBEGEN_ATTACH_PERF => 1}], ['plain', 2, 20_000, '1M', {PROBEGEN_ATTACH_PERF => 1}]
) {
    my ($kind, $num_threads, $num, $size, $env) = @$case;
    my $name = "$kind, $num_threads threads, -b $size" . (%$env ? ', by perf events' : '');
    my $witness = start_witness($program{$kind});
    my ($target, $other) = map { start([$program{$kind}], in => 'pipe', answers => 1) } 1 .. 2;
    my $tracer = start_tracer({tracer => $tracer_path, env => $env}, '-p', $target->pid, '-a', '-b', $size);

    my $is_full = $size eq '1M';
    $witness->ask('hold ' . ids_of($tracer, 'map'));
    $tracer->stop if $is_full;

    # a process of the same program, which is not traced, fires at the same time
    $_->send_line("run $num_threads $num") for $target, $other;
    if ($is_full) {
        ok(poll { $witness->ask('left') =~ /^left \d+ (\d+)$/ && $1 >= 1000 }, "$name: the ring is full");
        $tracer->signal('CONT');
    }
    my ($fired, $others) = map { fired($_->next_line // '') } $target, $other;
    is(sum0(@{$fired->{by_site}}), $num_threads * $num, "$name: the target has fired as often as it was told to");
    is_deeply(counted_by_site($witness), [map { $fired->{by_site}[$_] + $others->{by_site}[$_] } 0 .. $#probe_of_site],
        "$name: what both processes counted is what the witness counted, for every site");
    $target->end_input;
    is($tracer->wait_end(120), 0, "$name: the tracer ends with the target");
    my $all = traced($tracer);
    is_deeply($all->{seen}, $fired->{by_probe}, "$name: it is what was printed and reported lost of the one that is traced, for every probe");
    is($all->{num_back}, 0, "$name: the events of a site in a thread are in its order");
    summary_is_right($name, $tracer, $all);
    if ($is_full) {
        cmp_ok($all->{lost}{$_} // 0, '>', 0, "$name: some of $_ was lost") for sort keys %{$fired->{by_probe}};
    } else {
        is_deeply($all->{lost}, {}, "$name: nothing was lost");
        is($all->{missing}, 0, "$name: nothing is missing in between");
    }
    note("$name: printed ", sum0(values %{$all->{printed}}), ', lost ', sum0(values %{$all->{lost}}));
}

# ---- some of it is wanted ----

for my $case (['plain', 4, 20_000, '64M'], ['guarded', 2, 50_000, '1M']) {
    my ($kind, $num_threads, $num, $size) = @$case;
    my $name = "chosen, $kind, $num_threads threads, -b $size";
    my $target = start([$program{$kind}], in => 'pipe', answers => 1);
    my $tracer = start_tracer({tracer => $tracer_path}, '-p', $target->pid, '-a', '-b', $size, '-t', 'fired:*', '-e', 'fired:bare.thread != 1',
        '-e', 'fired:text.text =~ "thirty*" && fired:text.seq >= 100');
    $tracer->stop if $size eq '1M';
    $target->send_line("run $num_threads $num");
    my $fired = fired($target->next_line // '');
    $tracer->signal('CONT');
    $target->end_input;
    is($tracer->wait_end(120), 0, "$name: the tracer ends with the target");
    my $all = traced($tracer);
    my ($end) = grep { /"why"/ } all_lines($tracer->out);
    my %filtered = $end =~ /"(fired:\w+)":\{"events":\d+,"lost":\d+,"filtered":(\d+)\}/g;
    is_deeply({map { $_ => ($all->{seen}{$_} // 0) + ($filtered{$_} // 0) } keys %{$fired->{by_probe}}}, $fired->{by_probe},
        "$name: printed + lost + filtered = fired, for every probe");
    my @by_thread = @{$fired->{by_thread}};
    is_deeply(\%filtered, {
        'fired:bare' => $by_thread[1][0],
        'fired:text' => $fired->{by_site}[2] + sum0(map { $_->[1] < 100 ? $_->[1] : 100 } @by_thread),
        'fired:page' => 0,
    }, "$name: just what is not wanted is filtered");
    cmp_ok(sum0(values %{$all->{lost}}), '>', 0, "$name: some was lost") if $size eq '1M';
}

# ---- a tracer that comes while the target fires ----

for my $case (['plain', 2, '256M'], ['guarded', 2, '256M'], ['plain', 3, '1M']) {
    my ($kind, $num_threads, $size) = @$case;
    my $name = "attaching under load, $kind, $num_threads threads, -b $size";
    my $witness = start_witness($program{$kind eq 'plain' ? 'guarded' : 'plain'});    # of a program that nobody runs: it only has the kernel count
    $witness->ask('stats');
    my $target = start([$program{$kind}], in => 'pipe', answers => 1);
    $target->ask("start $num_threads");
    my $tracer = start_tracer({tracer => $tracer_path}, '-p', $target->pid, '-b', $size);
    ok(poll { lines($tracer->out) }, "$name: it prints");
    my $fired = fired($target->ask('stop'));
    my $num_runs = $witness->ask_number('runs ' . ids_of($tracer, 'prog'));
    $target->end_input;
    is($tracer->wait_end(120), 0, "$name: the tracer ends with the target");
    my $all = traced($tracer);
    my $num_lost = sum0(values %{$all->{lost}});
    cmp_ok($num_runs, '>', 0, "$name: the kernel has counted the runs of its program");
    is(sum0(values %{$all->{seen}}), $num_runs, "$name: they are what was printed and reported lost, from the first one on");
    summary_is_right($name, $tracer, $all);
    # from the first event of a site in a thread to the last one that the thread has fired there
    my $missing = $all->{missing};
    for my $thread (0 .. $num_threads - 1) {
        my $last = $all->{last}[$thread] // [];
        $missing += $fired->{by_thread}[$thread][$_] - 1 - $last->[$_] for grep { defined $last->[$_] } 0 .. $#probe_of_site;
    }
    cmp_ok($missing, '<=', $num_lost, "$name: nothing is missing that was not reported, up to the last firing of each site in each thread");
    note("$name: printed ", sum0(values %{$all->{printed}}), ", lost $num_lost, of ", sum0(@{$fired->{by_site}}));
}

# ---- a tracer that goes while the target fires ----

for my $case (['plain', 2, '256M', {}], ['guarded', 3, '1M', {}], ['guarded', 2, '256M', {PROBEGEN_ATTACH_PERF => 1}]) {
    my ($kind, $num_threads, $size, $env) = @$case;
    my $name = "detaching under load, $kind, $num_threads threads, -b $size" . (%$env ? ', by perf events' : '');
    my $witness = start_witness($program{$kind});
    my $target = start([$program{$kind}], in => 'pipe', answers => 1);
    my (@tracers, @left);
    # the second one meets a target that fires already
    for my $number (1 .. 2) {
        my $tracer = start_tracer({tracer => $tracer_path, env => $env}, '-p', $target->pid, '-b', $size);
        push @tracers, $tracer;
        is($witness->ask('hold ' . ids_of($tracer, 'map')), 'held 2', "$name, $number: the witness holds its maps");
        $target->ask("start $num_threads") if $number == 1;
        ok(poll { lines($tracer->out) }, "$name, $number: it prints");
        $tracer->signal('TERM');
        is($tracer->wait_end(120), 0, "$name, $number: it ends while the target fires");
        push @left, $witness->ask('left');
    }
    my $fired = fired($target->ask('stop'));
    is_deeply(counted_by_site($witness), $fired->{by_site}, "$name: the witness has counted on, and so has the target: the same, for every site");
    for my $number (1 .. 2) {
        my $all = traced($tracers[$number - 1]);
        my $num_lost = sum0(values %{$all->{lost}});
        is($left[$number - 1], "left 0 $num_lost", "$name, $number: nothing is left in its ring, and every loss that its program counted was reported");
        # the first one has seen all from the start
        my $at_start = $number == 1 ? sum0(map { @{$_ // []} ? grep { defined } @$_ : () } @{$all->{first}}) : 0;
        cmp_ok($all->{missing} + $at_start, '<=', $num_lost, "$name, $number: nothing is missing between the events that was not reported");
        is($all->{num_back}, 0, "$name, $number: the events of a site in a thread are in its order");
        summary_is_right("$name, $number", $tracers[$number - 1], $all);
        note("$name, $number: printed ", sum0(values %{$all->{printed}}), ", lost $num_lost");
    }
}

done_testing();
