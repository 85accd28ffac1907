#!/usr/bin/perl
# ASSERTION: whichever system call of a tracer fails, from its start to its end, it traces all the same or says what is wrong and ends with the exit
# status for that; it is never ended by a signal, never prints half a line, and leaves nothing in the target or the kernel. The same without memory.
#
# Of each kind of call a sample fails, the same every time; FAULTS=all: each one.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Live;
use POSIX ();
use Test::More;

plan(skip_all => 'how a system call is made to fail is known for x86-64 only') if (POSIX::uname())[4] ne 'x86_64';
plan(skip_all => 'a sanitizer has an allocator of its own, and cannot look for leaks in what is traced') if $ENV{SAN};
need_bpf();

my $SAMPLE = ($ENV{FAULTS} // '') eq 'all' ? 1e9 : 6;
my $tracer = cases_tracer('faulttrace', 't/cases/cases.d', 't/cases/cases.map');
my $inject = compile('inject', '-D_GNU_SOURCE', 't/lib/inject.c');
my $program = compile('cases', '-DSEMAPHORES', '-g', '-std=gnu11', '-pthread', 't/cases/cases.c');
my $target = start([$program], in => 'pipe', answers => 1);
my $file = tmp('events');
my $OLD = "what was traced before\n";

is($target->ask('all'), 'fired 5', 'a target of five probes');
{
    my $traced = start_tracer({tracer => $tracer}, '-p', $target->pid);
    is(scalar(() = bpf_programs('faulttrace')), 1, 'the program of a tracer is in the kernel');
    $traced->signal('TERM');
    is($traced->wait_end, 0, '... until the tracer ends');
}
my ($num_fired, $num_semaphores) = (5, 7);

# One run. @return status, what it said, what is in the file
sub trace {
    my ($env, @command) = @_;
    give(spew($file, $OLD));
    my $traced = start([@command, $tracer, '-p', $target->pid, '-c', $num_fired, '--truncate', '-w', $file], env => $env);
    # it may be that what fails is to say so
    my $is_attached = sub { $traced->err =~ /attached in/ || $target->ask_number('enabled') == $num_semaphores };
    poll { $is_attached->() || $traced->status ne '' };
    $is_attached = $is_attached->();
    $target->ask('all') if $is_attached;
    # an event that is lost does not count, and the tracer waits for another one
    poll { $traced->status ne '' } 0.5 or kill 'TERM', slurp('/proc/' . $traced->pid . '/task/' . $traced->pid . '/children') =~ /(\d+)/ ? $1 : $traced->pid;
    my $status = $traced->wait_end;
    $traced->end;
    return ($status, $traced->err, slurp($file), $is_attached);
}

# What is wrong with how a run ended; '' if it is as it should be.
sub fault_of {
    my ($kind, $status, $said, $events, $is_attached) = @_;
    return "ended with $status" if $status !~ /\A[0345]\z/;
    return 'its program is still in the kernel' if !poll { !bpf_programs('faulttrace') };
    return 'still attached' if $target->ask_number('enabled') != 0;
    return 'nothing was traced, but the old file is gone' if $status ne '0' && !$is_attached && $events ne $OLD;
    return 'no reason is told' if $status ne '0' && $kind ne 'write' && $said !~ /^faulttrace: (?!tracing|\d+ events)\S/m;
    return '' if $events eq $OLD && $status ne '0';
    return 'half a line' if $events ne '' && $events !~ /\n\z/;
    return 'not a line of JSON' if grep { !/^\{"module":".*\}\n\z/ } split /^/, $events;
    return 'events are missing' if $status eq '0' && $said !~ /[1-9]\d* lost/ && $num_fired != grep { !/"type":"lost"/ && !is_frame($_) } split /^/, $events;
    return '';
}

my ($status, $said, $events, $is_attached) = trace({}, $inject, 'open', 0, 0, 'EIO');
is(fault_of('none', $status, $said, $events, $is_attached), '', 'without a fault all is well') or diag($said);
my %num_calls = reverse $said =~ /^inject: (\d+) calls of (\w+)$/mg;
my %in_perf = reverse((trace({PROBEGEN_ATTACH_PERF => 1}, $inject, 'open', 0, 0, 'EIO'))[1] =~ /^inject: (\d+) calls of (\w+)$/mg);

sub sample {
    my ($num) = @_;
    return 1 .. $num if $num <= $SAMPLE;
    return map { 1 + int($_ * ($num - 1) / ($SAMPLE - 1)) } 0 .. $SAMPLE - 1;
}

my $num_told = 0;
for my $case (map { [$_, 'EIO', {}, \%num_calls] } sort grep { $num_calls{$_} != 0 } keys %num_calls) {
    my ($kind, $error, $env, $num_of) = @$case;
    my @bad;
    for my $n (sample($num_of->{$kind})) {
        my @end = trace($env, $inject, $kind, $n, $n, $error);
        my $fault = fault_of($kind, @end);
        push @bad, "$kind $n: $fault; $end[1]" if $fault ne '';
        ++$num_told if $end[0] ne '0';
    }
    is(join("\n", @bad), '', "$num_of->{$kind} calls of $kind");
}
for my $case (['bpf', 'EPERM'], ['bpf', 'ENOMEM'], ['perf', 'EPERM'], ['perf', 'EMFILE']) {
    my ($kind, $error) = @$case;
    my @bad;
    for my $n (sample($in_perf{$kind} // 0)) {
        my @end = trace({PROBEGEN_ATTACH_PERF => 1}, $inject, $kind, $n, 1e6, $error);
        my $fault = fault_of($kind, @end);
        push @bad, "$kind $n: $fault; $end[1]" if $fault ne '';
        ++$num_told if $end[0] ne '0';
    }
    is(join("\n", @bad), '', "a perf event for each site: $kind and all after it, $error");
}

# ---- memory ----

{
    my $shim = compile('faults.so', '-D_GNU_SOURCE', '-shared', '-fPIC', 't/lib/faults.c', '-ldl');
    my $fails = sub { return {LD_PRELOAD => $shim, FAULT_PROGRAM => 'faulttrace', FAULT => "malloc @_"} };
    my $most = (trace($fails->(0, 0), 'env'))[1] =~ /^inject: (\d+) calls of malloc$/m ? $1 : 0;
    # the worker counts on from where the tracer was when it started it
    my ($first_bad, @bad) = (0);
    for my $last ('once', 'from then on') {
        for my $n ($last eq 'once' ? (map { 1 + int($_ * $most / 10) } 0 .. 39) : sample($most * 4)) {
            my @end = trace($fails->($n, $last eq 'once' ? $n : 1e9), 'env');
            my $fault = fault_of('malloc', @end);
            push @bad, "malloc $n, $last: $fault; $end[1]" if $fault ne '';
            ++$num_told if $end[0] ne '0';
        }
    }
    ok($most > 20, "$most calls of malloc");
    is(join("\n", @bad), '', '... and those of the worker');
}

ok($num_told > 5, "... $num_told runs came to nothing, and said so");

is($target->ask('all'), 'fired 5', 'the target lives');
is(fault_of('none', trace({}, 'env')), '', '... and can be traced');

done_testing();
