#!/usr/bin/perl
# ASSERTION: a tracer traces the processes that it is told to, and no others: several, their descendants from the first instruction on, whoever
# executes a file; also when they load libraries, execute other programs, lose their main thread. Events say of which process they are, and how a
# process has ended is said.
use strict;
use warnings;
use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/lib";
use Live;
use Test::More;

use constant {TRACER_TARGET => 4, WRONG_USAGE => 2};    # see runtime/options/exit.h, runtime/common/cmdline.h

need_bpf();

my $tracer_path = cases_tracer('servicetrace', 't/cases/processes.d');
my ($status, undef, $err) = run_program(build('bin/probegen'), 'dtrace', '-h', '-s', 't/cases/processes.d', '-o', tmp('processes.h'));
is($status, 0, 'the header is made') or diag($err);
my @flags = ('-g', '-I' . tmp(''), '-pthread');
my $service = compile('service', @flags, 't/cases/processes.c', '-ldl');
my $other = compile('other', @flags, '-O1', 't/cases/processes.c', '-ldl');
my $plugin = compile('plugin.so', @flags, '-fPIC', '-shared', 't/cases/processes_plugin.c');

my @services;

sub start_service {
    push @services, start([$_[0] // $service], in => 'pipe', answers => 1);
    return $services[-1];
}

# Ends all of them, with their workers: they would be named, or traced.
sub end_services { $_->end for splice @services }

# -r: with the rights for it, a single process is looked at again, too
sub trace { return start_tracer({tracer => $tracer_path}, '-r', @_) }

# "WHO" => number of events, of a tracer
sub count_by_who {
    my ($tracer) = @_;
    my %count;
    ++$count{/"who":"(\w+)"/ ? $1 : /"type":"(\w+)"/ ? $1 : '?'} for lines($tracer->out);
    return \%count;
}

# Ends a tracer, and returns the number of events of each.
sub end_trace {
    my ($name, $tracer) = @_;
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, "$name: the tracer ends well");
    is(scalar(grep { /"type":"lost"/ } lines($tracer->out)), 0, "$name: nothing is lost");
    return count_by_who($tracer);
}

sub pid_of { return ($_[0] // '') =~ /(\d+)$/ ? $1 : die "no pid: $_[0]" }

# ---- one ----

{
    my $name = 'one process';
    my ($target, $neighbour) = map { start_service() } 1 .. 2;
    my $tracer = trace('-p', $target->pid);
    like($tracer->err, qr/: tracing process ${\$target->pid} \(\Q$service\E\): \d+ probes? at \d+ sites?, attached in \d+ ms; Ctrl-C ends$/m,
        "$name: program and pid are named");
    is(join(', ', map { $_->ask('enabled') } $target, $neighbour), 'enabled 1, enabled 0', "$name: other processes of the program do not pay");
    $target->ask('fire 3');
    $target->ask('fork 5');
    $neighbour->ask('fire 7');
    is_deeply(end_trace($name, $tracer), {master => 3}, "$name: neither its children nor others are traced");
    unlike(join('', lines($tracer->out)), qr/"pid":/, "$name: which one is not said");
}

# ---- several ----

for my $case (['with a comma', sub { '-p', "$_[0],$_[1]" }], ['repeated', sub { '-p', $_[0], '-p', $_[1] }], ['one a line', sub { '-p', "$_[0]\n$_[1]\n" }],
    ['twice the same', sub { '-p', "$_[0],$_[1]", '-p', $_[0] }]) {
    my ($how, $arguments) = @$case;
    my $name = "several processes, $how";
    my ($one, $two, $three) = map { start_service() } 1 .. 3;
    my $tracer = trace($arguments->($one->pid, $two->pid));
    $one->ask('fire 3');
    $two->ask('fire 4');
    $three->ask('fire 5');
    $one->ask('fork 6');
    is_deeply(end_trace($name, $tracer), {master => 7}, "$name: both are traced, and no others");
    my %count;
    ++$count{/"pid":(\d+),/ ? $1 : 'none'} for lines($tracer->out);
    is_deeply(\%count, {$one->pid => 3, $two->pid => 4}, "$name: each event says whose it is");
}

{
    my $name = 'several processes, of different files';
    my ($one, $two) = (start_service(), start_service($other));
    my $tracer = trace('-p', $one->pid . ',' . $two->pid);
    $one->ask('fire 3');
    $two->ask('fire 4');
    $one->end_input;
    ok(poll { $tracer->err =~ /process ${\$one->pid} \(.*\) has ended/ }, "$name: the end of one is said");
    $two->ask('fire 5');
    is($tracer->status, '', "$name: the other one is traced further");
    $two->end_input;
    is($tracer->wait_end, 0, "$name: with the last one the tracer ends");
    is_deeply(count_by_who($tracer), {master => 12}, "$name: all that was fired is printed");
}

{
    my $name = 'several processes, one without probes';
    my ($one, $two) = (start_service(), start(['sleep', 600]));
    my $tracer = trace('-p', $one->pid . ',' . $two->pid);
    like($tracer->err, qr/process ${\$two->pid} \(.*\) has none of the probes; was it built/, "$name: that is said");
    $one->ask('fire 3');
    is($one->ask("load $plugin"), 'loaded 1', "$name: the other one loads a library");
    ok(poll { $tracer->err =~ /tracing \Q$plugin\E, too/ }, "$name: that is attached to");
    unlike($tracer->err, qr/lacks.*lacks/s, "$name: what a library lacks is not said");
    is_deeply(end_trace($name, $tracer), {master => 3}, "$name: the other one is traced");
}

# ---- how they end ----

for my $case (['exit 0', 'exit status 0'], ['exit 3', 'exit status 3'], ['die 9', 'killed by signal 9 \(Killed\)'], ['die 15', 'killed by signal 15 \(Terminated\)']) {
    my ($command, $words) = @$case;
    my $target = start_service();
    my $tracer = trace('-p', $target->pid);
    $target->send_line($command);
    is($tracer->wait_end, 0, "$command: the tracer ends");
    like($tracer->err, qr/^servicetrace: process ${\$target->pid} \(\Q$service\E\) has ended: $words$/m, "$command: and says how");
}

# ---- descendants ----

{
    my $name = '--children';
    my ($target, $neighbour) = map { start_service() } 1 .. 2;
    my $worker = pid_of($target->ask('worker'));
    my $tracer = trace('-p', $target->pid, '--children');
    like($tracer->err, qr/process $worker \(/, "$name: those that are there are named");
    ok(poll { (count_by_who($tracer)->{worker} // 0) > 10 }, "$name: those that are there are traced");
    kill 'KILL', $worker;
    ok(poll { $tracer->err =~ /process $worker \(\Q$service\E\) has ended: killed by signal 9/ }, "$name: a worker that was killed is told");
    $target->ask('fire 3');
    $neighbour->ask('fire 100');
    $neighbour->ask('fork 100');
    $target->ask('fork 50') for 1 .. 20;
    $target->ask("spawn $service 50") for 1 .. 20;
    my $count = end_trace($name, $tracer);
    delete $count->{worker};
    is_deeply($count, {master => 3, child => 1000, grandchild => 1000, spawned => 1000}, "$name: new ones are traced from their first instruction on");
}

{
    my $name = '--children, another program';
    my $target = start_service();
    my $tracer = trace('-p', $target->pid, '--children');
    my $started = pid_of($target->ask("start $other"));
    ok(poll { $tracer->err =~ /tracing \Q$other\E, too: \d+ sites, attached in \d+ ms/ }, "$name: its file is attached to");
    ok(poll { $tracer->err =~ /tracing process $started \(\Q$other\E\), too/ }, "$name: the process is named");
    ok(poll { (count_by_who($tracer)->{started} // 0) > 10 }, "$name: it is traced");
    $target->ask("spawn $other 50") for 1 .. 20;
    my $count = end_trace($name, $tracer);
    is($count->{spawned}, 1000, "$name: from then on without a gap");
    is(scalar(() = $tracer->err =~ /attached in/g), 2, "$name: a file is attached to once");
}

sub replace {
    my ($path, $by) = @_;
    copy($by, "$path.new") && chmod 0755, "$path.new" or die "$path: $!";
    rename "$path.new", $path or die "$path: $!";
}

{
    my $name = '--children, a program that is replaced';
    my $path = tmp('upgraded');
    replace($path, $service);
    my $target = start_service($path);
    my $tracer = trace('-p', $target->pid, '--children');
    $target->ask("spawn $path 50");
    replace($path, $other);
    ok(poll { $tracer->err =~ /tracing \Q$path\E, too/ }, "$name: the new file is attached to before anybody executes it");
    $target->ask("spawn $path 50") for 1 .. 3;
    is_deeply(end_trace($name, $tracer), {spawned => 200}, "$name: there is no gap");
}

{
    my $name = '--children, a program that is named';
    my $target = start_service();
    my $tracer = trace('-p', $target->pid, '--children', '-x', $other);
    my $stranger = start_service($other);
    $stranger->ask('fire 5');
    $target->ask("spawn $other 50");
    is_deeply(end_trace($name, $tracer), {spawned => 50}, "$name: there is no gap, and others that execute it are not traced");
}

{
    my $name = '--children of one without probes';
    my $shell = start(['sh', '-c', '"$0"; exit 5', $service], in => 'pipe', answers => 1);
    $shell->ask('fire 1');
    my ($child) = slurp('/proc/' . $shell->pid . '/task/' . $shell->pid . '/children') =~ /(\d+)/;
    my ($status, $out, $err) = run_program($tracer_path, '-p', $shell->pid);
    is("$status$out", TRACER_TARGET, 'a parent without probes: refused');
    like($err, qr/has none of the probes, but its child $child \(\Q$service\E\) has them: .*-p.*--children/, 'a parent without probes: its child is named');
    my $tracer = trace('-p', $shell->pid, '--children');
    $shell->ask('fire 3');
    $shell->end_input;
    is($tracer->wait_end, 0, "$name: the tracer ends with the last of them");
    is_deeply(count_by_who($tracer), {master => 3}, "$name: what has probes is traced");
    like($tracer->err, qr/process ${\$shell->pid} \(.*\) has ended: exit status 5/, "$name: its end is said");
}

{
    end_services();
    my $name = 'children that are not traced';
    my $target = start_service();
    my $worker = pid_of($target->ask('worker'));
    my $tracer = trace('-p', $target->pid);
    unlike($tracer->err, qr/has children/, "$name: are no matter as long as events may come");
    ok(poll { $tracer->err =~ /no event came in \d+ s; process ${\$target->pid} has children that have the probes, too: -p $worker, or --children/ },
        "$name: then they are named");
    is_deeply(end_trace($name, $tracer), {}, "$name: nothing comes");
    is(scalar(() = $tracer->err =~ /no event came/g), 1, "$name: once");

    $name = 'children that are not traced, short';
    my $short = trace('-p', $target->pid, '--duration=100ms');
    is($short->wait_end, 0, "$name: the tracer ends");
    unlike($short->err, qr/no event came/, "$name: too short to say anything of them");

    $name = 'children that are not traced, -q';
    my ($quiet, $loud) = (start([$tracer_path, '-r', '-q', '-p', $target->pid]), trace('-p', $target->pid));
    ok(poll { $loud->err =~ /no event came/ }, "$name: without it they are named");
    $quiet->signal('TERM');
    is($quiet->wait_end, 0, "$name: the tracer ends");
    unlike($quiet->err, qr/no event came/, "$name: with it they are not");
    end_trace($name, $loud);
}

{
    my $name = 'events that are not wanted';
    my $target = start_service();
    $target->ask('worker');
    my $tracer = trace('-p', $target->pid, '-e', 'who == "nobody"');
    $target->ask('fire 3');
    ok(poll { $tracer->err =~ /: 3 events so far, none of them wanted by -e$/m }, "$name: that is said");
    is_deeply(end_trace($name, $tracer), {}, "$name: nothing is printed");
    my $one = trace('-p', $target->pid, '-e', 'n == 1');
    $target->ask('fire 3');
    is_deeply(end_trace($name, $one), {master => 1}, "$name: one is");
    like($one->err, qr/: 1 probe at \d+ sites?, .*^\w+: 1 event of 1 probe in /ms, "$name: one is not several");
    unlike($tracer->err, qr/has children/, "$name: nobody else is meant");
}

# ---- all that execute a file ----

{
    end_services();
    my $name = '-x';
    my $early = start_service();
    my $tracer = trace('-x', $service);
    like($tracer->err, qr/tracing all processes that execute \Q$service\E \(.*\b${\$early->pid}\b.*\): /, "$name: those that there are are named");
    my ($late, $stranger) = (start_service(), start_service($other));
    $early->ask('fire 3');
    $late->ask('fire 4');
    $late->ask('fork 5');
    $stranger->ask('fire 100');
    run_program($service, 'fire', 'short', 6) for 1 .. 10;
    is_deeply(end_trace($name, $tracer), {master => 7, child => 5, grandchild => 5, short => 60}, "$name: all are traced, from their first instruction on");
    is(scalar(grep { !/"pid":\d+,/ } lines($tracer->out)), 0, "$name: each event says whose it is");
}

{
    my $name = '-x, a file that is replaced';
    my $path = tmp('replaced');
    replace($path, $service);
    my $tracer = trace('-x', $path);
    run_program($path, 'fire', 'before', 6);
    replace($path, $other);
    ok(poll { $tracer->err =~ /tracing \Q$path\E, too/ }, "$name: the new one is attached to");
    run_program($path, 'fire', 'after', 7);
    is_deeply(end_trace($name, $tracer), {before => 6, after => 7}, "$name: both are traced");
}

{
    my $name = '-x, a file that something else comes in place of';
    my ($path, $beside) = (tmp('no-file'), tmp('beside'));
    replace($_, $service) for $path, $beside;
    my $tracer = trace('-x', $path, '-x', $beside);
    run_program('sh', '-c', 'mkfifo "$1.new" && mv "$1.new" "$1"', 'sh', $path);
    ok(poll { $tracer->err =~ /\Q$path\E/ }, "$name: that is told");
    replace($beside, $other);    # to attach to this, it has to look twice
    ok(poll { $tracer->err =~ /tracing \Q$beside\E, too/ }, "$name: the trace goes on");
    is(scalar(() = $tracer->err =~ /cannot .*\Q$path\E/g), 1, "$name: ... once");
    replace($path, $other);
    run_program($beside, 'fire', 'after', 7);
    is_deeply(end_trace($name, $tracer), {after => 7}, "$name: others are traced");
}

{
    my $name = '-x --wait';
    my $path = tmp('waited-for');
    my ($status, $out, $err) = run_program($tracer_path, '-x', $path);
    is("$status$out", TRACER_TARGET, '-x, no such file: refused');
    like($err, qr/cannot open \Q$path\E: No such file or directory/, '-x, no such file: in words');
    my $tracer = trace('-x', $path, '--wait');
    replace($path, $service);
    ok(poll { $tracer->err =~ /tracing \Q$path\E, too/ }, "$name: the file is attached to when it comes");
    run_program($path, 'fire', 'short', 6);
    is_deeply(end_trace($name, $tracer), {short => 6}, "$name: and traced");
}

# ---- pid files ----

{
    my $name = '-p @FILE';
    my $file = tmp('service.pid');
    my ($status, $out, $err) = run_program($tracer_path, '-p', "\@$file");
    is("$status$out", TRACER_TARGET, "$name: no such file is refused");
    like($err, qr/\Q$file\E: No such file or directory/, "$name: in words");
    for my $wrong (2**32 + $$, "-1\n", 0, "", "x", "$$,1", '9' x 1000) {
        spew($file, $wrong);
        ($status, undef, $err) = run_program($tracer_path, '-p', "\@$file");
        like("$status $err", qr/^@{[TRACER_TARGET]} .*\Q$file\E: no process id is in it/, "$name: " . substr($wrong, 0, 20) . ' is none');
    }
    my $target = start_service();
    spew($file, $target->pid . "\n");
    my $tracer = trace('-p', "\@$file");
    $target->ask('fire 3');
    is_deeply(end_trace($name, $tracer), {master => 3}, "$name: is traced");

    $name = '-p @FILE --wait';
    unlink $file;
    $tracer = trace('-p', "\@$file", '--wait');
    like($tracer->err, qr/the process of \Q$file\E, once there is one/, "$name: the tracer waits");
    spew("$file.new", $target->pid . "\n");
    rename "$file.new", $file or die "$file: $!";
    ok(poll { $tracer->err =~ /tracing process ${\$target->pid} / }, "$name: it is found");
    $target->ask('fire 3');
    $target->end_input;
    is($tracer->wait_end, 0, "$name: the tracer ends with it");
    is_deeply(count_by_who($tracer), {master => 3}, "$name: is traced");
}

# ---- what a process executes later ----

for my $scope ([], ['--children']) {
    my $name = "a library that is loaded later @$scope";
    my $target = start_service();
    my $tracer = trace('-p', $target->pid, @$scope);
    is($target->ask("load $plugin"), 'loaded 1', "$name: is loaded");
    ok(poll { $tracer->err =~ /tracing \Q$plugin\E, too: 2 sites/ }, "$name: is attached to");
    $target->ask('plugin 1') for 1 .. 5;
    is($target->ask('unload'), 'unloaded 0', "$name: is unloaded");
    $target->ask('fire 3');
    is($target->ask("load $plugin"), 'loaded 1', "$name: is loaded again");
    $target->ask('plugin 1') for 1 .. 5;
    is_deeply(end_trace($name, $tracer), {master => 3, plugin => 11}, "$name: is traced; when it comes again, from its constructor on");
    is($target->ask('fire 1'), 'fired 1', "$name: the target lives on");
}

{
    my $name = 'a library that is loaded when the rights are given up';
    my $target = start_service();
    my $tracer = start_tracer({tracer => $tracer_path}, '-p', $target->pid);
    is($target->ask("load $plugin"), 'loaded 1', "$name: is loaded");
    ok(poll { $tracer->err =~ /process ${\$target->pid} has loaded or unloaded code since it was looked at; .*\(-r keeps them\)/ }, "$name: is told of");
    $target->ask('fire 3');
    $target->ask('plugin 1');
    is_deeply(end_trace($name, $tracer), {master => 3}, "$name: is not traced");
}

{
    my $name = 'a process that executes another program';
    my $target = start_service();
    my $tracer = trace('-p', $target->pid);
    $target->ask('fire 3');
    is($target->ask("become $other"), 'became', "$name: it does");
    ok(poll { $tracer->err =~ /tracing \Q$other\E, too/ }, "$name: that is attached to");
    $target->ask('fire 4');
    is($target->ask("become $service"), 'became', "$name: and back");
    $target->ask('fire 5');
    is_deeply(end_trace($name, $tracer), {master => 12}, "$name: both are traced");
}

for my $way (['one link', {}], ['perf events', {PROBEGEN_ATTACH_PERF => 1}]) {
    my $name = "a thread of a process executes a program, $way->[0]";
    my $target = start_service();
    my $tracer = start_tracer({tracer => $tracer_path, env => $way->[1]}, '-r', '-p', $target->pid);
    $target->ask('fire 3');
    my $is_told = sub { return $_[0] == (() = $tracer->err =~ /a thread of process ${\$target->pid} has executed a program, and is its main thread now: attached anew/g) };
    is($target->ask("pass $other"), 'passed', "$name: another one");
    ok(poll { $is_told->(1) }, "$name: that is told");
    ok(poll { $tracer->err =~ /tracing \Q$other\E, too/ }, "$name: that is attached to");
    $target->ask('fire 4');
    is($target->ask("pass $service"), 'passed', "$name: and back, by a thread again");
    ok(poll { $is_told->(2) }, "$name: that is told, too");
    $target->ask('fire 5');
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, "$name: the tracer ends well");
    is(count_by_who($tracer)->{master}, 12, "$name: all are traced") or diag($tracer->err);
}

{
    my $name = 'a process whose main thread has ended';
    my $target = start_service();
    $target->ask('leave');
    ok(poll { slurp('/proc/' . $target->pid . '/maps') eq '' }, "$name: has no memory map there");
    my $tracer = trace('-p', $target->pid);
    $target->ask('fire 3');
    is($target->ask("load $plugin"), 'loaded 1', "$name: loads a library");
    ok(poll { $tracer->err =~ /tracing \Q$plugin\E, too/ }, "$name: that is found");
    $target->ask('plugin 1');
    $target->send_line('exit 0');
    is($tracer->wait_end, 0, "$name: the tracer ends with it");
    is_deeply(count_by_who($tracer), {master => 3, plugin => 1}, "$name: is traced");
}

{
    my $name = 'a process that has moved its code to anonymous memory';
    my $target = start_service();
    is($target->ask("load $plugin"), 'loaded 1', "$name: loads what does it");
    is($target->ask('hide 1'), 'plugin 1', "$name: lives on");
    my $tracer = trace('-p', $target->pid);
    like($tracer->err, qr/(\d+) of the sites of \Q$service\E cannot fire in process ${\$target->pid}: .*anonymous memory/, "$name: is told of");
    $target->ask('fire 3');
    $target->ask('plugin 1');
    is_deeply(end_trace($name, $tracer), {plugin => 1}, "$name: what is still in a file is traced");
}

# ---- commands ----

{
    my $name = 'a command';
    my ($status, $out, $err) = run_program($tracer_path, '-w', tmp('command.json'), '--', $service, 'fire', 'command', 1000);
    is("$status$out", 0, "$name: the tracer ends with it") or diag($err);
    is(scalar(lines(tmp('command.json'))), 1000, "$name: is traced from its first instruction on");
    like($err, qr/process \d+ \(\Q$service\E\) has ended: exit status 0/, "$name: its end is said");

    my $linked = compile('linked', @flags, '-DFIRST', 't/cases/processes_plugin.c', '-L' . tmp(''), '-l:plugin.so', '-Wl,-rpath,' . tmp(''));
    ($status, $out, $err) = run_program($tracer_path, '--', $linked);
    is($status, 0, "$name, of a library: the tracer ends with it") or diag($err);
    is(scalar(() = $out =~ /"type":"plugin"/g), 2, "$name, of a library: that is traced from its constructor on");

  SKIP: {
        skip('musl-gcc is missing', 2) if !grep { -x "$_/musl-gcc" } split /:/, $ENV{PATH};
        my @musl = ('musl-gcc', '-I' . tmp(''));
        mkdir tmp('musl');
        run_program(@musl, '-fPIC', '-shared', '-o', tmp('musl/plugin.so'), 't/cases/processes_plugin.c');
        my $linked = tmp('musl/linked');
        run_program(@musl, '-DFIRST', '-o', $linked, 't/cases/processes_plugin.c', '-L' . tmp('musl'), '-l:plugin.so', '-Wl,-rpath,' . tmp('musl'));
        ($status, $out, $err) = run_program($tracer_path, '--', $linked);
        is($status, 0, "$name, of a library and musl: the tracer ends with it") or diag($err);
        is(scalar(() = $out =~ /"type":"plugin"/g), 2, "$name, of a library and musl: that is traced from its constructor on");
    }

    ($status, $out, $err) = run_program($tracer_path, '--children', '-x', $service, '--', 'sh', '-c', "$service fire one 5; $service fire two 6; exit 3");
    is(scalar(() = $out =~ /"who":"one"/g) . ' ' . scalar(() = $out =~ /"who":"two"/g), '5 6', "$name, a script: what it executes is traced");
    like($err, qr/process \d+ \(.*\) has ended: exit status 3/, "$name, a script: its end is said");

    for my $case ([['no-such-program'], 'it is not found in $PATH'], [[tmp('no-such-program')], 'No such file'], [['true'], 'has none of the probes']) {
        ($status, $out, $err) = run_program($tracer_path, '--', @{$case->[0]});
        is("$status$out", TRACER_TARGET, "$name, @{$case->[0]}: refused");
        like($err, qr/\Q$case->[1]\E/, "$name, @{$case->[0]}: in words");
    }
    is(scalar(grep { (readlink($_) // '') eq $tracer_path } glob('/proc/[0-9]*/exe')), 0, "$name: none is left that waits");
}

# ---- control groups ----

SKIP: {
    my $name = '--cgroup';
    my ($mount) = grep { -e "$_/cgroup.procs" && -e "$_/cgroup.controllers" } '/sys/fs/cgroup', '/sys/fs/cgroup/unified';
    skip('there are no control groups of version 2', 11) if !defined $mount;
    my $group = "probegen-test-$$";
    my @folders = ("$mount/$group", "$mount/$group/below");
    END { rmdir for reverse grep { defined } @folders }
    my $make = sub { mkdir $_ or return for @folders; return 1 };
    skip("no control group can be made: $!", 11) if !$make->();
    my $enter = sub { spew("$_[0]/cgroup.procs", $_[1]) };

    end_services();
    my ($status, $out, $err) = run_program($tracer_path, "--cgroup=$group/none");
    is("$status$out", TRACER_TARGET, "$name, there is none: refused");
    like($err, qr/there is no control group \Q$group\E\/none/, "$name, there is none: in words");
    ($status, $out, $err) = run_program($tracer_path, "--cgroup=$group");
    is("$status$out", TRACER_TARGET, "$name, an empty one: refused");

    my ($one, $two, $outside) = map { start_service() } 1 .. 3;
    $enter->($folders[0], $one->pid);
    my $tracer = trace("--cgroup=$group");
    like($tracer->err, qr/tracing control group $group: process ${\$one->pid} \(\Q$service\E\)/, "$name: is named");
    $enter->($folders[1], $two->pid);
    $one->ask('fire 3');
    $one->ask('fork 5');
    $two->ask('fire 4');
    $outside->ask('fire 100');
    ok(poll { $tracer->err =~ /tracing process ${\$two->pid} \(/ }, "$name: one that enters it is named");
    is_deeply(count_by_who($tracer), {master => 7, child => 5, grandchild => 5}, "$name: all in it, or below it, are traced, and no others")
        if ok(poll { 17 == lines($tracer->out) }, "$name: all is printed");
    end_services();
    ok(poll { !grep { !rmdir && -e } reverse @folders }, "$name: it goes");
    $make->();
    my $again = start_service();
    $enter->($folders[0], $again->pid);
    ok(poll { $tracer->err =~ /tracing process ${\$again->pid} \(/ }, "$name: it is made anew");
    $again->ask('fire 6');
    is_deeply(end_trace($name, $tracer), {master => 13, child => 5, grandchild => 5}, "$name: and traced further");
    end_services();
}

# ---- other kernels, other namespaces ----

for my $scope (['several processes'], ['--children', '--children'], ['-x']) {
    my ($name, @options) = @$scope;
    $name = "perf events, $name";
    end_services();
    my ($one, $two) = map { start_service() } 1 .. 2;
    my $tracer = start_tracer({tracer => $tracer_path, env => {PROBEGEN_ATTACH_PERF => 1}},
        @options ? ('-p', $one->pid, @options) : $name =~ /-x/ ? ('-x', $service) : ('-p', $one->pid . ',' . $two->pid));
    $one->ask('fire 3');
    $two->ask('fire 4');
    $one->ask('fork 5');
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, "$name: the tracer ends well");
    # their text may be null: what is not resident in a child is not read then
    my %count;
    ++$count{/"pid":(\d+),/ ? $1 : 'none'} for lines($tracer->out);
    my @wanted = $name =~ /several/ ? (3, 4) : $name =~ /children/ ? (3, 5, 5) : (3, 4, 5, 5);
    is_deeply([sort values %count], \@wanted, "$name: are traced, and no others");
}

SKIP: {
    my $name = '--children in a pid namespace';
    my ($status, undef, $why) = run_program('unshare', '-p', '-f', '--mount-proc', 'true');
    skip("no pid namespace can be made: $why", 5) if $status ne '0';
    my $tracer = start(['unshare', '-p', '-f', '--mount-proc', $tracer_path, '-w', tmp('namespace.json'), '--children', '--', $service], in => 'pipe', answers => 1);
    $tracer->ask('fire 3');
    like($tracer->err, qr/new processes are looked for ten times a second.*not the initial pid namespace/, "$name: it is said that they are looked for");
    my ($worker) = $tracer->ask('worker') =~ /(\d+)/;
    ok(poll { 10 < (() = slurp(tmp('namespace.json')) =~ /"pid":$worker,"who":"worker"/g) }, "$name: they are found, and traced");
    $tracer->end_input;
    is($tracer->wait_end, 0, "$name: the tracer ends with the last of them");
    is(scalar(grep { /"who":"master"/ } lines(tmp('namespace.json'))), 3, "$name: what was fired first is printed");
    is(scalar(grep { !/"tid":\d{1,2},.*"pid":\d{1,2},/ } lines(tmp('namespace.json'))), 0, "$name: they have the numbers that they have there");
}

# ---- wrong usage ----

for my $case ([['-p', ''], 'got none'], [['-p', '12,x'], "not '12,x'"], [['--children', '-x', '/bin/sh'], 'whose'],
    [['-l', '--children', '-p', 1], '-l'], [['-p', 1, '--', 'true'], 'exclude each other'], [['-p', 1, 'true'], 'not an option'], [['-p', 1, '--wait'], '--wait waits for'],
    [['--cgroup=x', '-p', 1], 'exclude each other']) {
    my ($arguments, $words) = @$case;
    my ($status, $out, $err) = run_program($tracer_path, @$arguments);
    is("$status$out", WRONG_USAGE, "@$arguments: wrong usage");
    like($err, qr/\Q$words\E/, "@$arguments: in words");
}

done_testing();
