#!/usr/bin/perl
# ASSERTION: a tracer takes the capabilities that it needs and no more, whoever it is, and names one that is missing. When it has attached it has none,
# nor root's user, groups and system calls, until its end, whatever that is, and loses no event by it. Files are written with the rights of the user
# that it becomes. The witness is /proc/PID/status.
use strict;
use warnings;
use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/lib";
use Live;
use Test::More;

use constant {TRACER_ENVIRONMENT => 3, TRACER_OUTPUT => 5};    # see runtime/options/exit.h

need_bpf();
my ($nobody, $nogroup) = (getpwnam 'nobody')[2, 3];
my ($daemon, $daemons) = (getpwnam 'daemon')[2, 3];
delete @ENV{qw(SUDO_UID SUDO_GID SUDO_USER)};

# where any user can execute them
my %program = map { $_ => tmp($_) } qw(h2otrace h2otrace-exerciser);
for my $name (keys %program) {
    copy(build("bin/$name"), $program{$name}) or die $!;
    chmod 0755, $program{$name};
}
my $h2otrace = $program{h2otrace};
my (undef, $catalog) = run_program($h2otrace, '-l');
my $num_probes = () = $catalog =~ /^\S+\(/mg;

sub as { my ($uid, @options) = @_; return ('setpriv', "--reuid=$uid", "--regid=$uid", '--clear-groups', @options) }
sub with { my $list = join ',', '-all', map { "+$_" } @_; return ('--inh-caps', $list, '--ambient-caps', $list) }
# root with no more than these
sub reduced { my $list = join ',', '-all', map { "+$_" } @_; return ('setpriv', '--bounding-set', $list, '--inh-caps', $list) }

sub target_of {
    my ($uid, $path) = @_;
    my $target = start([as($uid), $path // $program{'h2otrace-exerciser'}], in => 'pipe', answers => 1);
    $target->ask('rounds');    # before its answer, it may still be setpriv
    return $target;
}

# What a process has: lines of its status.
sub rights_of {
    my ($pid) = @_;
    my %of = slurp("/proc/$pid/status") =~ /^(\w+):[ \t]*(.*?)[ \t]*$/mg;
    return {map { $_ => $of{$_} =~ s/\t/ /gr } qw(Uid Gid Groups CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp)};
}

my $none = '0' x 16;
sub nothing_of {
    my ($uid, $gid, %others) = @_;
    return {Uid => join(' ', ($uid) x 4), Gid => join(' ', ($gid) x 4), Groups => '', map({ $_ => $none } qw(CapInh CapPrm CapEff CapBnd CapAmb)),
        NoNewPrivs => 1, Seccomp => $ENV{SAN} ? 0 : 2, %others};
}

# ---- while it traces, and however that ends ----


# Traces, and ends by what the code does. @return status
sub traces {
    my ($name, $options, $rights, $end, $num) = @_;
    my ($target, $tracer);
    $target = target_of(0);
    my ($with, @options) = ref $options->[0] ? @$options : ({}, @$options);
    $tracer = start_tracer($with, '-p', $target->pid, @options);
    is_deeply(rights_of($tracer->pid), $rights, "$name: what it has while it traces");
    $target->ask('fire 0');
    $end->($tracer, $target);
    my $status = $tracer->wait_end;
    is(scalar(lines($with->{file} // $tracer->out)), $num // $num_probes, "$name: all events are there") if $tracer->out && ($num // 1) != 0;
    is($target->status eq '' ? $target->ask_number('enabled') : 0, 0, "$name: nobody listens any more");
    return $status;
}

my $by_signal = sub { $_[0]->signal('TERM') };
my $nothing = nothing_of($nobody, $nogroup);
is(traces('SIGTERM', [], $nothing, $by_signal), 0, '... it ends well');
is(traces('SIGINT', [], $nothing, sub { $_[0]->signal('INT') }), 0, '... it ends well');
is(traces('the end of the target', [], $nothing, sub { $_[1]->end_input }), 0, '... it ends well');
is(traces('the target is killed', [], $nothing, sub { $_[1]->signal('KILL') }), 0, '... it ends well');
is(traces('-c', ['-c', 7], $nothing, sub { }, 7), 0, '... it ends well');
{
    open my $full, '>', '/dev/full' or die $!;
    is(traces('a full disk', [{out => $full}], $nothing, sub { }), TRACER_OUTPUT, '... it ends with that error');
    pipe my $read, my $write or die $!;
    is(traces('nobody reads', [{out => $write}], $nothing, sub { close $read; close $write; $_[1]->ask('fire 0 * 2000') }), 0, '... it ends well');
}
{
    my $file = tmp('new');
    is(traces('-w', [{file => $file}, '-w', $file], $nothing, $by_signal), 0, '... it ends well');
    my ($mode, $uid, $gid) = (stat $file)[2, 4, 5];
    is(sprintf('%04o %d %d', $mode & 07777, $uid, $gid), "0600 $nobody $nogroup", '... a new file belongs to the user, and nobody else can read it');
}
is(traces('--user', ['--user', 'daemon'], nothing_of($daemon, $daemons), $by_signal), 0, '... it ends well');
is(traces('--user by number', ['--user', $daemon], nothing_of($daemon, $daemons), $by_signal), 0, '... it ends well');
my %sudo = (SUDO_UID => 1234, SUDO_GID => 4321, SUDO_USER => 'somebody');
is(traces('sudo', [{env => \%sudo}], nothing_of(1234, 4321), $by_signal), 0, '... it ends well');
is(traces('sudo, and another user', [{env => \%sudo}, '--user', 'daemon'], nothing_of($daemon, $daemons), $by_signal), 0, '... it ends well');
is(traces('sudo by root', [{env => {%sudo, SUDO_UID => 0, SUDO_GID => 0}}], $nothing, $by_signal), 0, '... it ends well');
is(traces('sudo with nonsense', [{env => {%sudo, SUDO_UID => '12x'}}], $nothing, $by_signal), 0, '... it ends well');
for my $option ('-r', '--keep-root') {
    is(traces($option, [$option], rights_of($$), $by_signal), 0, '... it ends well');
}
my $CAP_BPF = sprintf '%016x', 1 << 39;
is(traces('a perf event for each site', [{env => {PROBEGEN_ATTACH_PERF => 1}}, '-t', 'picotls:*'],
    nothing_of($nobody, $nogroup, map { $_ => $CAP_BPF } qw(CapPrm CapEff CapBnd)), $by_signal, scalar(() = $catalog =~ /^picotls:/mg)), 0, '... it ends well');

# ---- what it takes ----

sub is_refused {
    my ($name, $message, $command, $target, @options) = @_;
    my ($status, $out, $err) = run_program(@$command, $h2otrace, '-p', $target->pid, @options);
    is("$status$out", TRACER_ENVIRONMENT, "$name: not permitted");
    like($err, qr/\Ah2otrace: $message\n\z/, '... and one message');
}

sub is_enough {
    my ($name, $command, $target, @options) = @_;
    my $tracer = start([@$command, $h2otrace, '-p', $target->pid, @options]);
    poll { $tracer->err =~ /Ctrl-C ends/ || $tracer->status ne '' };
    my $has = rights_of($tracer->pid);
    is("@$has{qw(CapInh CapPrm CapEff CapAmb NoNewPrivs)}", "$none $none $none $none 1", "$name: nothing of it is left") if !grep { $_ eq '-r' } @options;
    $target->ask('fire 0');
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, "$name: it traces") or diag($tracer->err);
    is(scalar(lines($tracer->out)), $num_probes, '... all events');
}

my %target = map { $_ => target_of($_) } 0, 1000, 1001;
my $remedy = qr/which this process does not have: run it as root, or give it [^\n]*/;
my $to_root = qr/which this process does not have: it is root, but [^\n]*/;

is_refused('another user', qr/tracing needs CAP_BPF and CAP_PERFMON, $remedy/, [as(1000)], $target{1000});
is_refused('no CAP_BPF', qr/tracing needs CAP_BPF, $remedy/, [as(1000, with(qw(perfmon sys_ptrace)))], $target{1000});
is_refused('no CAP_PERFMON', qr/tracing needs CAP_PERFMON, $remedy/, [as(1000, with(qw(bpf sys_ptrace)))], $target{1000});
is_enough('CAP_BPF and CAP_PERFMON, a process of the same user', [as(1000, with(qw(bpf perfmon)))], $target{1000});
is_enough('CAP_SYS_ADMIN, the same', [as(1000, with('sys_admin'))], $target{1000});
for my $uid (0, 1001) {
    my $name = $uid == 0 ? 'a process of root' : 'a process of another user';
    my $message = qr/looking at process \d+ needs CAP_SYS_PTRACE, $remedy/;
    is_refused("no CAP_SYS_PTRACE, $name", $message, [as(1000, with(qw(bpf perfmon)))], $target{$uid});
    is_refused("the same, to list its sites", $message, [as(1000)], $target{$uid}, '-l');
    is_enough("CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE, $name", [as(1000, with(qw(bpf perfmon sys_ptrace)))], $target{$uid});
}
is_refused('root without CAP_BPF', qr/tracing needs CAP_BPF, $to_root/, [reduced(qw(perfmon sys_ptrace))], $target{0});
is_refused('root without CAP_SYS_PTRACE, a process that has more', qr/looking at process \d+ needs CAP_SYS_PTRACE, $to_root/, [reduced(qw(bpf perfmon setuid setgid))], $target{0});
is_refused('root that cannot become another user', qr/to trace as user nobody rather than as root needs CAP_SETUID and CAP_SETGID, [^\n]* by -r/,
    [reduced(qw(bpf perfmon sys_ptrace))], $target{0});
is_enough('... but need not', [reduced(qw(bpf perfmon sys_ptrace))], $target{0}, '-r');
is_enough('... and one that can', [reduced(qw(bpf perfmon sys_ptrace setuid setgid))], $target{0});
{
    copy($program{'h2otrace-exerciser'}, my $secret = tmp('secret')) or die $!;
    chmod 0711, $secret;
    my $target = target_of(1000, $secret);
    is_refused('a program that may be executed, but not be read', qr/reading the program of process \d+ needs CAP_DAC_READ_SEARCH, $remedy/,
        [as(1000, with(qw(bpf perfmon sys_ptrace)))], $target);
    is_enough('CAP_DAC_READ_SEARCH, too', [as(1000, with(qw(bpf perfmon sys_ptrace dac_read_search)))], $target);
}
SKIP: {
    my @namespace = ('unshare', '--user', '--map-root-user');
    skip('there are no user namespaces', 2) if (run_program(@namespace, 'true'))[0] ne '0';
    is_refused('root of a user namespace', qr/tracing is not for processes of a user namespace, [^\n]*/, \@namespace, $target{0});
}
{
    local $ENV{PROBEGEN_ATTACH_PERF} = 1;
    is_refused('a perf event for each site', qr/attaching without uprobe_multi links \([^)]*\) needs CAP_SYS_ADMIN, $remedy/, [as(1000, with(qw(bpf perfmon)))], $target{1000});
}

# ---- users ----

is_refused('a user that there is not', qr/--user wants a user of this system, and there is no 'no-such'/, [], $target{0}, '--user', 'no-such');
is_refused('root as that user', qr/--user wants another user than root, [^\n]*-r keeps root/, [], $target{0}, '--user', $_) for 'root', 0;
is_refused('who is not root', qr/--user: only root can become another user/, [as(1000, with(qw(bpf perfmon)))], $target{1000}, '--user', 'daemon');

# ---- files ----

# The file is refused with that message, and stays as it is.
sub is_not_written {
    my ($name, $message, $file, @options) = @_;
    my $before = slurp($file);
    my ($status, $out, $err) = run_program($h2otrace, '-p', $target{0}->pid, '-c', 1, '-w', $file, @options);
    is("$status$out", TRACER_OUTPUT, "$name: refused");
    like($err, qr/^h2otrace: cannot write \Q$file\E: $message$/m, '... and one message');
    is(slurp($file), $before, '... it is as it was');
}

my $what_to_do = qr/Permission denied: files are written with the rights of user nobody; [^\n]*--user[^\n]*> FILE[^\n]*-r\)/;
mkdir tmp('private') or die $!;
is_not_written('a folder of root', $what_to_do, tmp('private/new'));
ok(!-e tmp('private/new'), '... nothing is made');
is_not_written('a file of root', $what_to_do, spew(tmp('old'), "old\n"));
is_not_written('a link of another user to it', qr/it is a symbolic link of another user/,
    do { symlink tmp('old'), tmp('link') or die $!; system('chown', '-h', "$daemon:$daemons", tmp('link')); tmp('link') });
is_not_written('a link of our user to it', $what_to_do, do { symlink tmp('old'), tmp('ours'); system('chown', '-h', "$nobody:$nogroup", tmp('ours')); tmp('ours') });
is_not_written('a link of root to it', $what_to_do, do { symlink tmp('old'), tmp('roots'); tmp('roots') });
is(traces('a folder of root, as root', [{file => tmp('private/kept')}, '-r', '-w', tmp('private/kept')], rights_of($$), $by_signal), 0, '... it ends well');
{
    open my $out, '>', tmp('private/by-shell') or die $!;
    is(traces('a file that is open', [{out => $out}], $nothing, $by_signal), 0, '... it ends well');
    is(scalar(lines(tmp('private/by-shell'))), $num_probes, '... all events are there, wherever it is');
}

# ---- recordings ----

{
    my $file = tmp('recording');
    is((run_program($h2otrace, '-p', $target{0}->pid, '-q', '-t', 'quicly:free', '--duration', '1s', '-r', '--record', $file))[0], 0, 'something is recorded');
    is(-s $file != 0 && (stat $file)[4], 0, '... that belongs to root');
    for my $case (['root', $nothing], ['root that stays root', rights_of($$), '-r'], ['a file that is opened again', $nothing, '-w', tmp('replayed')]) {
        my ($name, $rights, @options) = @$case;
        my $replay = start([$h2otrace, '--replay', '-', @options], in => 'pipe');
        is_deeply(poll { my $has = rights_of($replay->pid); "@$has{sort keys %$has}" eq "@$rights{sort keys %$rights}" && $has }, $rights, "--replay, $name: before it reads");
        print {$replay->{in}} slurp($file);
        $replay->end_input;
        is($replay->wait_end, 0, '... and it reads');
    }
    is((run_program($h2otrace, '--replay', $file))[0], 0, '--replay: a file that only root can read');
    is((stat tmp('replayed'))[4], $nobody, '--replay -w: the file belongs to the user');
    my ($status, undef, $err) = run_program($h2otrace, '--replay', $file, '-w', tmp('private/replayed'));
    like("$status $err", qr/^5 h2otrace: cannot write \S+: $what_to_do/, '--replay -w: a folder of root');
    is((run_program(as($daemon), $h2otrace, '--replay', $file))[0], 4, '--replay, not root: a file of root');
}

done_testing();
