#!/usr/bin/perl
# ASSERTION: a tracer does what its kernel can, as the kernel says when it is asked, whatever its version: links or perf events, for one process or
# all, sleeping or not; the events are the same. Where nothing works, and where the program is refused, it says why, with the kernel's own error and
# the verifier's own words. Where detaching takes long, events and sums come first.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Live;
use POSIX ();
use Test::More;

plan(skip_all => 'how a system call is made to fail is known for x86-64 only') if (POSIX::uname())[4] ne 'x86_64';
need_bpf();

my $tracer = cases_tracer('casetrace', 't/cases/cases.d', 't/cases/cases.map');
$ENV{ASAN_OPTIONS} = join ':', $ENV{ASAN_OPTIONS} // (), 'detect_leaks=0' if $ENV{SAN};    # a debugger hinders that
my $inject = compile('inject', '-D_GNU_SOURCE', 't/lib/inject.c');
my $program = compile('cases', '-DSEMAPHORES', '-g', '-std=gnu11', '-pthread', 't/cases/cases.c');
my ($num_fired, $num_semaphores) = (5, 7);
my $PERF = {PROBEGEN_ATTACH_PERF => 1};
my $site_by_site = "casetrace: this kernel has no uprobe_multi links (6.6 has them): attaching site by site\n";
my $no_sleep = "casetrace: this kernel lets no program sleep at a uprobe (6.0 does): pages that are not resident are not read\n";
my $detaching = "casetrace: detaching from 7 sites, which takes this kernel a while; please wait\n";

# ---- what the kernel can do ----

my ($target, $other) = map { start([$program], in => 'pipe', answers => 1) } 1, 2;
my $want;

my $first = start_tracer({tracer => $tracer}, '-p', $target->pid);
if ($first->err =~ /site by site/ || $other->ask_number('enabled') != 0) {
    $first->signal('TERM');
    $first->wait_end;
    plan(skip_all => 'this kernel cannot do all that others lack');
}
$first->signal('TERM');
is($first->wait_end, 0, 'a kernel on which others can be played');

# What it says, but of the fields of these definitions.
sub said {
    my ($err) = @_;
    return join '', grep { !/ will be null: / } split /^/, $err;
}

# Traces a round, with calls of bpf() that fail.
sub traces {
    my ($name, %how) = @_;
    my @command = $how{fails} ? ($inject, 'bpf', @{$how{fails}}, $tracer) : ($tracer);
    my $trace = start([@command, '-p', $target->pid, '-c', $num_fired], env => $how{env});
    poll { $trace->err =~ /Ctrl-C ends/ || $trace->status ne '' };
    is($target->ask_number('enabled'), $num_semaphores, "$name: the target is traced") or diag($trace->err);
    is($other->ask_number('enabled'), $how{is_for_all} ? $num_semaphores : 0, "$name: another process of its binary is " . ($how{is_for_all} ? '' : 'not ') . 'held up');
    $other->ask('all');
    $target->ask('all');
    is($trace->wait_end, 0, "$name: it ends well");
    is(said($trace->complaints), $how{says}, "$name: what it says");
    my @events = map { scalar event_text($_) } lines($trace->out);
    $want //= \@events;
    is(scalar @events, $num_fired, "$name: as many events as were fired");
    is_deeply(\@events, $want, "$name: they are as by any other way");
    is($target->ask_number('enabled') . $other->ask_number('enabled'), '00', "$name: nothing is left");
}

# the program that is asked about is loaded first; then links of it are asked for, two that cannot be: to a folder, and for a process that is none
traces('this kernel', says => '');
traces('programs cannot sleep', fails => [1, 1, 'EINVAL'], says => $no_sleep);
traces('no links', fails => [2, 2, 'EINVAL'], says => "$site_by_site$detaching");
traces('no links in this kernel', fails => [2, 2, 'EOPNOTSUPP'], says => "$site_by_site$detaching");
traces('links for all processes', fails => [3, 3, 'EBADF'], is_for_all => 1, says => '');
traces('neither', env => $PERF, says => "$site_by_site$no_sleep$detaching");

# ---- what it says where nothing works ----

sub is_refused {
    my ($name, $says, %how) = @_;
    my ($status, $out, $err) = run_program({env => $how{env}}, $inject, 'bpf', @{$how{fails}}, @{$how{as} // []}, $tracer, '-p', $target->pid);
    is("$status$out", 3, "$name: the tracer ends");
    like(said($err), qr/\Acasetrace: $says\n\z/, "$name: ... in one line");
}

my $too_old = qr/this kernel is too old: its BPF programs are not told which uprobe fired \(Linux 5\.15 tells .*\)/;
is_refused('no cookies', $too_old, fails => [1, 1e6, 'EINVAL']);
is_refused('no cookies of perf events', $too_old, fails => [2, 2, 'EINVAL'], env => $PERF);
is_refused('no BPF', qr/this kernel has no BPF/, fails => [1, 1e6, 'ENOSYS']);
is_refused('not allowed', qr/the kernel refuses BPF programs at uprobes: Operation not permitted \([^()]+\)/, fails => [1, 1e6, 'EPERM']);
is_refused('maps are not allowed', qr/the kernel refuses a BPF map \(pg_\w+, .*\): Operation not permitted \([^()]+\)/, fails => [4, 1e6, 'EPERM']);
is_refused('links are not allowed, nor anything after', qr/the kernel refuses BPF programs at uprobes: Operation not permitted \([^()]+\)/, fails => [2, 1e6, 'EPERM']);

SKIP: {
    my @without = ('setpriv', '--bounding-set', '-sys_admin,-bpf,-perfmon', '--inh-caps', '-sys_admin,-bpf,-perfmon');
    skip('capabilities cannot be dropped', 2) if (run_program(@without, 'true'))[0] ne '0';
    my ($status, $out, $err) = run_program(@without, $tracer, '-p', $target->pid);
    is("$status$out", 3, 'root without its capabilities: the tracer ends');
    like($err, qr/\Acasetrace: tracing needs CAP_BPF and CAP_PERFMON, which this process does not have: [^\n]*\n\z/, '... and names them');
}
SKIP: {
    my @as = ('unshare', '--user', '--map-root-user');
    skip('there are no user namespaces', 2) if (run_program(@as, 'true'))[0] ne '0';
    my ($status, $out, $err) = run_program(@as, $tracer, '-p', $target->pid);
    is("$status$out", 3, 'root of a user namespace: the tracer ends');
    like($err, qr/\Acasetrace: tracing is not for processes of a user namespace[^\n]*\n\z/, '... and says that it is one');
}

# ---- a program that is refused ----

# the program's license is what the verifier can take exception to without any of its instructions being changed
my $damaged = tmp('damaged');
spew($damaged, slurp($tracer) =~ s/\0GPL\0/\0XPL\0/gr);
chmod 0755, $damaged;
my $told = 'casetrace: the kernel refuses the BPF program: Invalid argument: cannot call GPL-restricted function from non-GPL compatible program';
my ($status, $out, $err) = run_program($damaged, '-p', $target->pid);
is("$status$out", 3, 'a program that is refused: the tracer ends');
is(said($err), "$told\n", '... in one line, which has the error and the words of the verifier');
($status, $out, $err) = run_program($damaged, '-d', '-p', $target->pid);
like($err, qr/^\d+: \(.*\ncannot call GPL-restricted .*\nprocessed \d+ insns .*\n\Q$told\E\n\z/ms, '... with -d after the whole log');
(undef, undef, $err) = run_program($inject, 'bpf', 0, 0, 'EIO', $damaged, '-p', $target->pid);
my ($num_calls) = $err =~ /^inject: (\d+) calls of bpf$/m;
# the log comes last; the kernel says ENOSPC if it is too long
(undef, undef, $err) = run_program($inject, 'bpf', $num_calls, $num_calls, 'ENOSPC', $damaged, '-p', $target->pid);
is(said($err), $told =~ s/: cannot call.*/\n/r, '... and where there is no room for the log, the error is that of the program');

# ---- detaching that takes long ----

my $exerciser = start_exerciser();
my $file = tmp('events');
my $slow = start_tracer({env => $PERF}, '-p', $exerciser->pid, '-t', 'h2o:*', '-w', $file);
my $num = $exerciser->ask_number('fire 0 h2o:*');
$slow->signal('TERM');
poll { $slow->err =~ /detaching/ || $slow->status ne '' };
is(scalar(() = lines($file)), $num, 'when it begins to detach, all events are written');
like($slow->err, qr/: $num events of $num probes in .*, 0 lost\nh2otrace: detaching from $num sites?, which .*\n/, '... and the sums told');
is($slow->status, '', '... long before it is done');
$slow->signal('TERM');
is($slow->wait_end, 0, 'a second signal does not end it');
like($slow->err, qr/please wait\nh2otrace: still detaching from \d+ sites; killed now, [^\n]+\n\z/, '... but is answered');
is($exerciser->ask_number('enabled'), 0, '... so nothing is left');
is(scalar(() = lines($file)), $num, '... and nothing came late');

# what a terminal gets
my @terminal = ('python3', '-c', 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))');
$slow = start([@terminal, build('bin/h2otrace'), '-p', $exerciser->pid, '-t', 'h2o:*', '-c', 1, '-w', $file], env => $PERF);
poll { slurp($slow->out) =~ /Ctrl-C ends/ || $slow->status ne '' };
$exerciser->ask('fire 0 h2o:*');
is($slow->wait_end, 0, 'on a terminal');
my ($after) = slurp($slow->out) =~ /please wait\r?\n(.*)\z/s;
like($after // '', qr/\A(?:\rh2otrace: detached from \d+ of $num sites)+\r?\n\z/, '... it is told how far it is, in one line');
my @progress = ($after // '') =~ /detached from (\d+) of/g;
ok(!(grep { $progress[$_ - 1] >= $progress[$_] } 1 .. $#progress), '... which gets ahead');

$slow = start_tracer({tracer => $tracer, env => $PERF}, '-p', $target->pid, '-c', $num_fired, '-w', '/dev/full');
$target->ask('all');
is($slow->wait_end, 5, 'an output that fails is told by the status');
like($slow->err, qr/cannot write the events: No space .*\n.*counted here:\n.*: \d+ events of .*\n.*detaching from/, '... and before the sums');

done_testing();
