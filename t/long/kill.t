#!/usr/bin/perl
# ASSERTION: whoever is killed (TIMES times; 100), tracer or server, harms nobody else: no request of another server fails, no semaphore stays raised,
# nothing of the tracer stays in the kernel, files have whole lines, and a tracer whose servers are killed counts every event.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use List::Util qw(sum0);
use Live;
use Notes;
use Server;
use Test::More;

need_bpf();

my $times = $ENV{TIMES} || 100;
my ($program, $tracer_path) = make_prefork();
my @notes = notes_of($program, 'prefork');
is(scalar(grep { $_->{semaphore} } @notes), 2, 'both probes of the server have a semaphore');

# Of a server's master and its workers: those that are not 0, as "PID: N N".
sub raised {
    my ($server) = @_;
    my @pids = ($server->pid, $server->ask('workers') =~ /(\d+)/g);
    my @read = map { [$_, semaphores_of($_, $program, \@notes)] } @pids;
    $read[0][1] // die 'the semaphores of the master cannot be read';
    return map { my ($pid, @values) = @$_; (grep { $_ } @values) ? "$pid: @values" : () } @read;
}

# A process and its descendants, as "PID START": one with the same pid that comes later is another one.
sub family_of {
    my ($pid) = @_;
    my ($start) = slurp("/proc/$pid/stat") =~ /\) \S (?:\S+ ){18}(\d+)/ or return;
    return ("$pid $start", map { family_of($_) } slurp("/proc/$pid/task/$pid/children") =~ /(\d+)/g);
}

sub lives {
    my ($pid, $start) = split / /, $_[0];
    return slurp("/proc/$pid/stat") =~ /\) [^ZX] (?:\S+ ){18}$start /;
}

sub answered { return ($_[0]->ask('counts') =~ /^counts (\d+)/)[0] // -1 }

# Ends the load, and the number of requests that were answered; none may have failed.
sub end_load {
    my ($name, $load) = @_;
    my ($answered, $failed) = $load->ask('stop') =~ /(\d+)/g;
    is($failed, 0, "$name: no request failed") or diag($load->err);
    return $answered;
}

# ---- the tracer is killed ----

# Starts a tracer, and kills it: at any moment of its start, or when it has printed. @return {left => what of it is left, as text, has_printed}
sub kill_tracer {
    my ($server, $number, $file) = @_;
    my @scope = $number % 5 < 2 ? ('-x', $program) : ('-p', $server->pid, '--children');
    my $tracer = start([$tracer_path, @scope, '-w', $file], $number % 7 == 0 ? (env => {PROBEGEN_ATTACH_PERF => 1}) : ());
    my $size = -s $file // 0;
    if ($number % 2) {
        poll { $tracer->err =~ /Ctrl-C ends/ && (-s $file // 0) > $size };
    } else {
        select undef, undef, undef, rand 0.15;
    }
    # it stands still, so that all that it has is known; every fourth one is killed while it runs
    $tracer->stop if $number % 4 != 3;
    my @ids = ids_of($tracer->pid);
    my @family = family_of($tracer->pid);
    $tracer->signal('KILL');
    $tracer->wait_end eq 'signal 9' or return {left => 'it ends with ' . $tracer->status . ': ' . $tracer->err};
    my @left;
    poll { @left = (ids_left(@ids), (grep { lives($_) } @family), raised($server)); !@left };
    return {left => join(', ', @left), has_printed => (-s $file // 0) > $size, num_ids => scalar @ids};
}

{
    my $name = "a tracer that is killed $times times";
    my $server = start_prefork($program, 0, 4, 2000);
    my $load = start_load($server->{port}, 4, 500);
    my (%files, @left, %num);
    srand 1;
    for my $number (1 .. $times) {
        my $file = tmp('killed.json' . ('', '.zst', '.gz')[$number % 3]);
        $files{$file} = 1;
        my $result = kill_tracer($server, $number, $file);
        push @left, "$number: $result->{left}\n" if $result->{left} ne '';
        ++$num{printed} if $result->{has_printed};
        $num{ids} += $result->{num_ids} // 0;
    }
    is(join('', @left), '', "$name: no program, map or link of it is left in the kernel, no process, and no semaphore is raised");
    cmp_ok($num{ids} // 0, '>=', 5 * $times / 2, "$name: they were there");
    cmp_ok($num{printed} // 0, '>=', $times / 3, "$name: it had printed before");
    my $num_answered = end_load($name, $load);
    my ($num_requests, undef, $num_workers) = $server->ask('counts') =~ /(\d+)/g;
    is($num_requests, $num_answered, "$name: the server has counted what the client has");

    # what ended in half a line or half a frame is gone on with by the next one, which sees to it that it hurts nobody
    for my $file (sort keys %files) {
        my $load = start_load($server->{port}, 4, 500);
        my ($status, undef, $err) = run_program($tracer_path, '-p', $server->pid, '--children', '-w', $file, '-c', 1);
        is($status, 0, "$name: $file can be gone on with") or diag($err);
        end_load($name, $load);
        my $cat = $file =~ /zst$/ ? 'zstd -dcq' : $file =~ /gz$/ ? 'gzip -dcq' : 'cat';
        ($status, my $text, $err) = run_program({out => tmp('all')}, 'sh', '-c', "$cat <\"\$0\"", $file);
        is("$status$err", 0, "$name: $file can be read");
        my @lines = split /^/, slurp(tmp('all'));
        # SIGKILL ends a write() between two pages
        my @broken = grep { !/^\{"module":.*\}\n\z/ } @lines;
        my $is_plain = $cat eq 'cat';
        ok($is_plain ? @broken <= $times / 3 : @broken == 0, "$name: $file has whole lines") or diag(@broken[0 .. 2]);
        diag("$name: $file: ", scalar @lines, ' lines, ', scalar @broken, ' of them cut');
    }
    diag("$name: $num_answered requests, $num_workers workers; $num{ids} programs, maps and links; printed before it was killed: $num{printed}");
}

# ---- the server is killed ----

{
    my $name = "a server that is killed $times times";
    my ($survivor, $victim) = map { start_prefork($program, 0, 4, 500) } 1 .. 2;
    my $witness = start_witness($program, 'prefork');
    my $file = tmp('survived.json');
    my $tracer = start_tracer({tracer => $tracer_path}, '-x', $program, '-b', '64M', '-w', $file);
    my @ids = ids_of($tracer->pid);
    my $fds = () = glob '/proc/' . $tracer->pid . '/fd/*';
    my ($load, $load_of_victim) = map { start_load($_->{port}, 2, 500) } $survivor, $victim;
    my $num_restarts = 0;
    for my $number (1 .. $times) {
        my $before = answered($load_of_victim);
        poll { answered($load_of_victim) > $before } or last;
        if ($number % 2) {
            # its workers go with it
            $victim->signal('KILL');
            $victim->wait_end;
            # somebody of it may still listen
            poll { eval { $victim = start_prefork($program, $victim->{port}, 4, 500) } } or last;
        } else {
            kill 'KILL', ($victim->ask('workers') =~ /(\d+)/g)[$number / 2 % 4];
        }
        ++$num_restarts;
    }
    is($num_restarts, $times, "$name: is there again each time");
    my $num_answered = end_load("$name, the other one", $load);
    like($load_of_victim->ask('stop'), qr/^counts \d+ \d+$/, "$name: is loaded to its end");
    is(scalar(() = glob '/proc/' . $tracer->pid . '/fd/*'), $fds, "$name: the tracer has the same descriptors as before");
    my ($num_requests) = $survivor->ask('counts') =~ /(\d+)/;
    is($num_requests, $num_answered, "$name: the other one has counted what its client has");
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, "$name: the tracer ends well");
    my $fired = $witness->{by_probe}->();
    my $seen = count_by_type(lines($file));
    is_deeply($seen, $fired, "$name: printed is what the kernel has counted, for each probe");
    like($tracer->err, qr/: ${\sum0(values %$seen)} events of 2 probes in [\d.]+ s, 0 lost$/m, "$name: the summary says the same");
    is(scalar(grep { !/^\{"module":.*\}\n\z/ } split /^/, slurp($file)), 0, "$name: all lines are whole");
    $witness->end;
    ok(poll { !raised($survivor) && !raised($victim) }, "$name: no semaphore is raised");
    cmp_ok(scalar(@ids), '>=', 3, "$name: the tracer had programs, maps and links");
    is(join(', ', ids_left(@ids)), '', "$name: none of them is left");
    diag("$name: ", sum0(values %$fired), " events, $num_answered requests of the other one");
}

done_testing();
