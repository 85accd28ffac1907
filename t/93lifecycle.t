#!/usr/bin/perl
# ASSERTION: however a trace ends, all that was fired before is printed in whole lines, the target is left as it was, and the exit status says
# why; what cannot be traced is refused in words.
use strict;
use warnings;
use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/lib";
use Live;
use Test::More;

use constant {TRACER_ENVIRONMENT => 3, TRACER_TARGET => 4, TRACER_OUTPUT => 5};    # see runtime/options/exit.h

need_bpf();

my $h2otrace = build('bin/h2otrace');
my (undef, $catalog) = run_program($h2otrace, '-l');
my $num_probes = () = $catalog =~ /^\S+\(/mg;

sub lines_are_whole {
    my ($name, $text) = @_;
    is(scalar(grep { !/^\{"module":.*\}\n\z/ } split /^/, $text), 0, "$name: all lines are whole");
}

# Are all lines whole, and so many?
sub output_is_whole {
    my ($name, $text, $num) = @_;
    lines_are_whole($name, $text);
    is(scalar(grep { !is_frame($_) } split /^/, $text), $num, "$name: all that was fired is printed");
}

# ---- signals to the tracer ----

for my $signal (qw(INT TERM HUP)) {
    my $name = "SIG$signal";
    my $target = start_exerciser();
    my $tracer = start_tracer('-p', $target->pid);

    is($target->ask_number('enabled'), $num_probes, "$name: the target knows that somebody listens");
    $target->ask('fire 0');
    $tracer->signal($signal);
    is($tracer->wait_end, 0, "$name: the tracer ends well");
    output_is_whole($name, slurp($tracer->out), $num_probes);
    is($tracer->complaints, '', "$name: no complaints");
    is($target->ask_number('enabled'), 0, "$name: the target knows that nobody listens");
    is($target->ask('fire 0'), "fired $num_probes", "$name: the target lives on");
}

{
    my $name = 'what is in the ring at SIGTERM';
    my $target = start_exerciser();
    my $tracer = start_tracer('-p', $target->pid);

    $tracer->stop;
    $target->ask('fire 0 * 100');
    $tracer->signal('TERM');
    $tracer->signal('CONT');
    is($tracer->wait_end, 0, "$name: the tracer ends well");
    output_is_whole($name, slurp($tracer->out), 100 * $num_probes);
}

{
    my $name = 'SIGKILL';
    my $target = start_exerciser();
    my $tracer = start_tracer('-p', $target->pid);

    $target->ask('fire 0');
    $tracer->signal('KILL');
    is($tracer->wait_end, 'signal 9', "$name: the tracer is killed");
    ok(poll { $target->ask_number('enabled') == 0 }, "$name: the target knows that nobody listens");
    is($target->ask('fire 0'), "fired $num_probes", "$name: the target lives on");

    $tracer = start_tracer('-p', $target->pid);
    $target->ask('fire 0');
    $target->end_input;
    is($tracer->wait_end, 0, "$name: it can be traced again");
    output_is_whole("$name, again", slurp($tracer->out), $num_probes);
}

# ---- the target's end ----

for my $signal ('', 'KILL', 'SEGV') {
    my $name = $signal ? "target: SIG$signal" : 'target: its end';
    my $target = start_exerciser();
    my $tracer = start_tracer('-p', $target->pid);

    $target->ask('fire 0 * 20');
    $signal ? $target->signal($signal) : $target->end_input;
    is($tracer->wait_end, 0, "$name: the tracer ends well");
    output_is_whole($name, slurp($tracer->out), 20 * $num_probes);
    is($tracer->complaints, '', "$name: no complaints");
}

{
    my $name = 'target: stopped';
    my $target = start_exerciser();

    $target->stop;
    my $tracer = start_tracer('-p', $target->pid);
    $target->signal('CONT');
    is($target->ask('fire 0'), "fired $num_probes", "$name: can be attached to, and goes on");
    $target->end_input;
    is($tracer->wait_end, 0, "$name: the tracer ends well");
    output_is_whole($name, slurp($tracer->out), $num_probes);
}

{
    my $name = 'target: forks';
    my $target = start([compile('cases', '-DSEMAPHORES', '-g', '-std=gnu11', '-pthread', 't/cases/cases.c')], in => 'pipe', answers => 1);
    my $tracer = start_tracer({tracer => cases_tracer('casetrace', 't/cases/cases.d', 't/cases/cases.map')}, '-p', $target->pid);

    is($target->ask('fork'), 'fired 0', "$name: the child lives");
    is($target->ask('all'), 'fired 5', "$name: so does the target");
    $target->end_input;
    is($tracer->wait_end, 0, "$name: the tracer ends well");
    output_is_whole("$name, what the child fires is not shown", slurp($tracer->out), 5);
}

# ---- two tracers ----

{
    my $name = 'two tracers';
    my $target = start_exerciser();
    my @tracers = map { start_tracer('-p', $target->pid) } 1 .. 2;

    is($target->ask_number('enabled'), $num_probes, "$name: somebody listens");
    $target->ask('fire 0');
    $tracers[0]->signal('TERM');
    is($tracers[0]->wait_end, 0, "$name: the first ends well");
    is($target->ask_number('enabled'), $num_probes, "$name: the other still listens");
    $target->ask('fire 0');
    $target->end_input;
    is($tracers[1]->wait_end, 0, "$name: the other ends well");
    output_is_whole("$name, the first", slurp($tracers[0]->out), $num_probes);
    output_is_whole("$name, the other", slurp($tracers[1]->out), 2 * $num_probes);
    my @events = map { [map { scalar event_text($_) } lines($_->out)] } @tracers;
    is_deeply([@{$events[1]}[0 .. $num_probes - 1]], $events[0], "$name: both see the same");
}

# ---- output that cannot be written ----

{
    open my $full, '>', '/dev/full' or die "/dev/full: $!";
    for my $case (['standard output is full', {out => $full}], ['the file is full', {}, '-w', '/dev/full']) {
        my ($name, $options, @arguments) = @$case;
        my $target = start_exerciser();
        my $tracer = start_tracer($options, '-p', $target->pid, @arguments);

        $target->ask('fire 0');
        is($tracer->wait_end, TRACER_OUTPUT, "$name: the tracer ends");
        like($tracer->err, qr/^h2otrace: cannot write the events: No space left on device$/m, "$name: and says why");
        is($target->ask_number('enabled'), 0, "$name: nobody listens any more");
    }
}

SKIP: {
    my $name = 'a disk that becomes full';
    my ($status, undef, $why) = run_program('unshare', '-m', 'true');
    skip("no file system can be mounted: $why", 3) if $status ne '0';
    my $target = start_exerciser();
    my $script = 'mount -t tmpfs -o size=64k none "$0" && "$@" -w "$0/file"; status=$?; cat "$0/file"; exit $status';
    mkdir tmp('disk');
    my $tracer = start_tracer({tracer => 'unshare'}, '-m', 'sh', '-c', $script, tmp('disk'), $h2otrace, '-p', $target->pid);

    $target->ask('fire 0 * 20');
    is($tracer->wait_end, TRACER_OUTPUT, "$name: the tracer ends");
    my $text = slurp($tracer->out);
    cmp_ok(length $text, '>', 60000, "$name: what there was room for is in the file");
    lines_are_whole($name, $text);
}

for my $num_signals (1, 2) {
    my $name = "the reader is stuck, $num_signals signals";
    my $target = start_exerciser();
    pipe my $from, my $to or die "pipe: $!";
    my $tracer = start_tracer({out => $to}, '-p', $target->pid);

    close $to;
    # more than a pipe holds
    is($target->ask('fire 0 * 20'), 'fired ' . 20 * $num_probes, "$name: the target is not held up");
    if ($num_signals == 2) {
        # signals that come at once are one
        ok(poll { $tracer->signal('TERM'); $tracer->status ne '' }, "$name: the tracer ends");
        is($tracer->status, TRACER_OUTPUT, "$name: since its output cannot be written");
    } else {
        $tracer->signal('TERM');
        my $text = '';
        1 while sysread $from, $text, 65536, length $text;
        is($tracer->wait_end, 0, "$name: the tracer ends when it goes on");
        output_is_whole($name, $text, 20 * $num_probes);
    }
    ok(poll { $target->ask_number('enabled') == 0 }, "$name: nobody listens any more");
}

for my $file (tmp('no/such/folder'), tmp('')) {
    my $target = start_exerciser();
    my ($status, $out, $err) = run_program($h2otrace, '-p', $target->pid, '-w', $file);
    is("$status$out", TRACER_OUTPUT, '-w: a file that cannot be written is refused');
    like($err, qr/^h2otrace: cannot write \Q$file\E: \w/m, '-w: in words');
}

# ---- what cannot be traced ----

# A process that has ended and that nobody has waited for.
sub zombie {
    my $zombie = start(['true']);
    poll { slurp('/proc/' . $zombie->pid . '/stat') =~ /\) Z / };
    return $zombie;
}

# The pid of a process that is no more.
sub ended {
    my $ended = start(['true']);
    $ended->wait_end;
    return $ended->pid;
}

{
    my $without = start(['sleep', 600]);
    poll { (readlink('/proc/' . $without->pid . '/exe') // '') =~ /sleep|coreutils|busybox/ };
    my @cases = (
        [ended(), qr/no such process: \d+/], [zombie()->pid, qr/zombie/], [$without->pid, qr/has none of the probes.*USDT/]
    );
    push @cases, [2, qr/kernel thread/] if slurp('/proc/2/stat') =~ /^2 \(kthreadd\)/;
    for my $case (@cases) {
        my ($pid, $why) = @$case;
        for my $list ([], ['-l']) {
            my ($status, $out, $err) = run_program($h2otrace, @$list, '-p', $pid);
            is("$status$out", TRACER_TARGET, "@$list -p: refused");
            like($err, qr/^h2otrace: .*$why/, '-p: in words');
        }
    }
}

{
    my $target = start_exerciser();
    chmod 0755, tmp('');
    copy($h2otrace, tmp('for-all'));
    chmod 0755, tmp('for-all');
    my $as_nobody = 'use POSIX; POSIX::setgid(65534); POSIX::setuid(65534); exec @ARGV';
    my ($status, $out, $err) = run_program('perl', '-e', $as_nobody, tmp('for-all'), '-p', $target->pid);
    is("$status$out", TRACER_ENVIRONMENT, 'not root: refused');
    like($err, qr/^h2otrace: .*root/, 'not root: in words');
}

# ---- pid namespaces ----

SKIP: {
    my ($status, undef, $why) = run_program('unshare', '-p', '-f', '--mount-proc', 'true');
    skip("no pid namespace can be made: $why", 4) if $status ne '0';

    my $name = 'tracer and target in a pid namespace';
    ($status, my $out, my $err) = run_program('unshare', '-p', '-f', '--mount-proc', 't/run.sh', $h2otrace, build('bin/h2otrace-exerciser'));
    is($status, 0, "$name: the tracer ends with the target") or diag($err);
    output_is_whole($name, $out, $num_probes);
    is(scalar(() = $out =~ /"tid":\d{1,2},/g), $num_probes, "$name: threads have the numbers that they have there");
}

SKIP: {
    my $name = 'target in a pid namespace';
    my $unshare = start(['unshare', '-p', '-f', '--mount-proc', build('bin/h2otrace-exerciser')], in => 'pipe', answers => 1);
    my $path = '/proc/' . $unshare->pid . '/task/' . $unshare->pid . '/children';
    $unshare->send_line('rounds');
    skip("no pid namespace can be made: " . $unshare->err, 3) if !defined $unshare->next_line;
    skip('the kernel does not list children', 3) if !-e $path;
    skip('this is a pid namespace itself', 3) if ((stat '/proc/self/ns/pid')[1] // 0) != 0xeffffffc;
    my ($pid) = slurp($path) =~ /(\d+)/;
    my $tracer = start_tracer('-p', $pid);
    $unshare->ask('fire 0');
    $unshare->end_input;
    is($tracer->wait_end, 0, "$name: the tracer ends with the target");
    output_is_whole($name, slurp($tracer->out), $num_probes);
}

SKIP: {
    my $name = 'tracer in a pid namespace, with the /proc of another one';
    my $target = start_exerciser();
    my ($status, $out, $err) = run_program('unshare', '-p', '-f', $h2otrace, '-p', $target->pid);
    skip("no pid namespace can be made", 2) if $err =~ /^unshare/;
    is("$status$out", TRACER_TARGET, "$name: refused");
    like($err, qr/^h2otrace: cannot watch process \d+: there is none of that number in this pid namespace, /m, "$name: in words");
}

done_testing();
