#!/usr/bin/perl
# ASSERTION: when memory ends or a file cannot be read, written or put in place, at whatever call, probegen ends with status 3 and a message, and what was
# there is as it was; or it did its work whole.

use strict;
use warnings;
use lib 't/lib';
use POSIX qw(WNOHANG);
use Probegen;
use Test::More;
use Time::HiRes ();

plan(skip_all => 'a sanitizer has an allocator of its own') if $SAN;

my $dir = temp_dir();
run_ok([$ENV{CC} || 'gcc', '-shared', '-fPIC', '-O1', '-Wall', '-Wextra', '-Werror', '-o', "$dir/faults.so", 't/lib/faults.c', '-ldl'], 'what makes calls fail is built');

# so many calls of a function are tried, or all: FAULTS=all
my $MOST = $ENV{FAULTS} && $ENV{FAULTS} eq 'all' ? 100000 : 60;

sub run_with
{
    my ($fault, $command, %options) = @_;
    local $ENV{LD_PRELOAD} = "$dir/faults.so";
    local $ENV{FAULT} = $fault;
    return run($command, %options);
}

# The files of a folder with their bytes and modes, as one text.
sub state_of
{
    my ($folder) = @_;
    return join '', map { sprintf "%s %o\n%s\n", $_, (stat "$folder/$_")[2], slurp("$folder/$_") } list_files($folder, qr/[^.]/);
}

# Each call of a function fails in turn, alone or with all after it. `prepare` lays out the folder anew; what the command leaves in it is what it
# leaves without a fault (whole), or what was there.
sub try_all
{
    my ($function, $command, $prepare, $what, %options) = @_;
    my $folder = "$dir/work";
    my $fresh = sub { run(['rm', '-rf', $folder]); mkdir $folder or die $!; $prepare->($folder); return state_of($folder) };
    my $before = $fresh->();
    my $good = run($command, dir => $folder);
    like($good->{status}, qr/\A[01]\z/, "$what: without a fault") or diag($good->{err});
    my $whole = state_of($folder);
    my ($num_failed, @bad) = (0);
    for my $is_sticky (@{$options{sticky} || [0, 1]}) {
        for (my ($n, $unharmed) = (1, 0); $n <= $MOST && $unharmed < 15; ++$n) {
            $fresh->();
            my $result = run_with("$function $n " . ($is_sticky ? 1000000 : $n), $command, dir => $folder);
            my $after = state_of($folder);
            my $is_good = $result->{signal} == 0 && defined $result->{status} && $result->{status} == $good->{status} && $result->{out} eq $good->{out} && $after eq $whole;
            my $is_told = $result->{signal} == 0 && defined $result->{status} && $result->{status} == 3 && $result->{err} =~ /^(?:probegen\b|\S+:\d+:).*\S/m && $after eq $before;
            push @bad, "$function $n" . ($is_sticky ? ' and all after it' : '') . ": status $result->{status}, signal $result->{signal}, $result->{err}" if !$is_good && !$is_told;
            ++$num_failed if $is_told;
            $unharmed = $is_good ? $unharmed + 1 : 0;
        }
    }
    is(join("\n", @bad), '', "$what: each $function that fails is told, and changes nothing");
    ok($num_failed > 0 || $options{is_harmless}, "... $num_failed did");
}

my $old = "provider app {\n    probe a(int x);\n};\n";
my $new = "provider app {\n    probe a(int x);\n    probe b(long y, const char *text);\n};\n";
my $definitions = sub {
    my ($folder) = @_;
    spit("$folder/old.d", $old);
    spit("$folder/new.d", $new);
    spit("$folder/a.c", "void f(int x)\n{\n    APP_A(x);\n}\n");
    spit("$folder/report", "the report before\n");
};

# ---- reports ----

for my $format (qw(table json markdown)) {
    try_all('malloc', [$PROBEGEN, 'diff', "--format=$format", 'old.d', 'new.d', '-o', 'report'], $definitions, "diff, $format");
}
try_all('malloc', [$PROBEGEN, 'audit', "--format=$_", 'new.d', '--source=a.c', '-o', 'report'], $definitions, "audit, $_") for qw(json junit);

# ---- what is read ----

my $object = sub { my ($folder) = @_; $definitions->($folder); spit("$folder/new.o", "the object before\n") };
try_all('read', [$PROBEGEN, 'dtrace', '-G', '-s', 'new.d', '-o', 'new.o'], $object, 'dtrace -G');
try_all('read', [$PROBEGEN, 'dtrace', '-h', '-s', 'new.d', '-o', 'report'], $definitions, 'dtrace -h');
try_all('read', [$PROBEGEN, 'diff', 'old.d', 'new.d', '-o', 'report'], $definitions, 'diff');
{
    spit("$dir/cc", "#!/bin/sh\nwhile [ \"\$1\" != -o ]; do shift; done\n: > \"\$2\"\n");
    chmod 0755, "$dir/cc";
    mkdir "$dir/empty" or die $!;
    $object->("$dir/empty");
    local $ENV{CC} = "$dir/cc";
    my $result = run([$PROBEGEN, 'dtrace', '-G', '-s', 'new.d', '-o', 'new.o'], dir => "$dir/empty");
    is($result->{status}, 3, 'a compiler that writes nothing: exit status 3');
    like($result->{err}, qr/\Aprobegen: .*compiler.*\n\z/, '... and one message');
    is(slurp("$dir/empty/new.o"), "the object before\n", '... and the object is as it was');
}

# ---- what is written ----

my $generated = sub {
    my ($folder) = @_;
    $definitions->($folder);
    run([$PROBEGEN, '-o', $folder, "$folder/old.d"]);
};
try_all('realpath', [$PROBEGEN, '-o', '.', 'new.d'], $generated, '-o DIR');
try_all('malloc', [$PROBEGEN, '-o', '.', 'new.d'], $generated, '-o DIR');
try_all('rename', [$PROBEGEN, '-o', '.', 'new.d'], $generated, '-o DIR', sticky => [0]);
try_all('link', [$PROBEGEN, '-o', '.', 'new.d'], $generated, '-o DIR', is_harmless => 1);
{
    local $ENV{NO_LINKS} = 1;
    try_all('rename', [$PROBEGEN, '-o', '.', 'new.d'], $generated, '-o DIR without links', sticky => [0]);
}
try_all('rename', [$PROBEGEN, '-o', '.', 'new.d'], $definitions, '-o DIR, new files', sticky => [0]);
try_all('rename', [$PROBEGEN, 'diff', 'old.d', 'new.d', '-o', 'report'], $definitions, 'diff');
{
    mkdir "$dir/broken" or die $!;
    $generated->("$dir/broken");
    my $old_text = slurp("$dir/broken/events.h");
    my $result = run_with('rename 3 1000000', [$PROBEGEN, '-o', '.', 'new.d'], dir => "$dir/broken");
    is($result->{status}, 3, 'a disk on which nothing can be put back: exit status 3');
    my @asides = $result->{err} =~ /^probegen: cannot put back what was in '.*': .*; it is in '(.*)' \[E_FILE\]$/mg;
    is(scalar @asides, 3, '... says where the old files are');
    is(scalar(grep { -s } @asides), 3, '... and there they are');
}

# ---- signals ----

# Starts a command in a process group of its own, waits until a condition holds, does something to it. @return its status as of waitpid
sub started
{
    my ($command, $is_ready, $do, %options) = @_;
    my $pid = fork;
    die "fork: $!" if !defined $pid;
    if ($pid == 0) {
        setpgrp;
        $SIG{HUP} = 'IGNORE' if $options{ignores_hup};
        chdir $options{dir} or POSIX::_exit(127);
        open STDERR, '>', '/dev/null';
        { no warnings 'exec'; exec { $command->[0] } @$command; }
        POSIX::_exit(127);
    }
    my $end = Time::HiRes::time() + $TIMEOUT;
    select undef, undef, undef, 0.002 while !$is_ready->() && Time::HiRes::time() < $end && !waitpid $pid, WNOHANG;
    $do->($pid);
    while (waitpid($pid, WNOHANG) == 0) {
        kill 'KILL', -$pid if Time::HiRes::time() > $end;
        select undef, undef, undef, 0.002;
    }
    return $?;
}

# all but the last file are begun when it waits for a reader of that
sub waiting_folder
{
    my ($folder) = @_;
    run(['rm', '-rf', $folder]);
    mkdir $folder or die $!;
    $generated->($folder);
    unlink "$folder/probes.md" or die $!;
    POSIX::mkfifo("$folder/probes.md", 0600) or die $!;
    return sub { scalar list_files($folder, qr/\.tmp$/) };
}

my $here = "$dir/signals";
for my $signal (qw(INT TERM HUP)) {
    my $is_ready = waiting_folder($here);
    my $old_text = slurp("$here/events.h");
    my $status = started([$PROBEGEN, '-o', '.', 'new.d'], $is_ready, sub { ok($is_ready->(), "SIG$signal, when there are temporary files"); kill $signal, $_[0] }, dir => $here);
    is($status & 127, {INT => 2, TERM => 15, HUP => 1}->{$signal}, '... ends it');
    is(join(' ', list_files($here, qr/\.tmp$/)), '', '... and none of them stays');
    same_text(slurp("$here/events.h"), $old_text, '... and what was there is as it was');
}
my $is_ready = waiting_folder($here);
my $status = started([$PROBEGEN, '-o', '.', 'new.d'], $is_ready, sub {
    kill 'HUP', $_[0];
    open my $reader, '<', "$here/probes.md" or die $!;
    local $/;
    like(<$reader>, qr/app:b/, 'SIGHUP that is ignored is ignored: all is written');
}, dir => $here, ignores_hup => 1);
is($status, 0, '... and it ends with status 0');

mkdir "$dir/tmp" or die $!;
POSIX::mkfifo("$dir/never", 0600) or die $!;
spit("$dir/cc", "#!/bin/sh\necho \$\$ > $dir/cc.pid\nwhile [ \"\$1\" != -o ]; do shift; done\n: > \"\$2\"\nread x < $dir/never\n");

# Whether a process ends; nobody may ask for its status.
sub ends
{
    my ($pid) = @_;
    my $end = Time::HiRes::time() + $TIMEOUT;
    while (open my $stat, '<', "/proc/$pid/stat") {
        return 1 if (<$stat> // '') !~ /\) [^ZX] [^)]*\z/;
        return 0 if Time::HiRes::time() > $end;
        select undef, undef, undef, 0.002;
    }
    return 1;
}

for my $signal (qw(INT TERM HUP KILL)) {
    local @ENV{qw(CC TMPDIR)} = ("$dir/cc", "$dir/tmp");
    $object->($here);
    my $is_compiling = sub { scalar(my @made = glob "$dir/tmp/*/*.o") };
    my $ended = started([$PROBEGEN, 'dtrace', '-G', '-s', 'new.d', '-o', 'new.o'], $is_compiling, sub { kill $signal, $_[0] }, dir => $here);
    is($ended & 127, {INT => 2, TERM => 15, HUP => 1, KILL => 9}->{$signal}, "dtrace -G, SIG$signal to probegen alone while it compiles: ends it");
    ok(ends(slurp("$dir/cc.pid") + 0), '... and the compiler');
    is(join(' ', glob "$dir/tmp/*"), '', '... and its folder is gone') if $signal ne 'KILL';
    run(['rm', '-rf', glob "$dir/tmp/*"]);
    is(slurp("$here/new.o"), "the object before\n", '... and the object is as it was');
}
for my $signal (qw(INT TERM HUP)) {
    local @ENV{qw(CC TMPDIR)} = ("$dir/cc", "$dir/tmp");
    $object->($here);
    my $is_compiling = sub { scalar(my @made = glob "$dir/tmp/*/*.o") };
    my $ended = started([$PROBEGEN, 'dtrace', '-G', '-s', 'new.d', '-o', 'new.o'], $is_compiling, sub { ok($is_compiling->(), "dtrace -G, SIG$signal while it compiles"); kill $signal, -$_[0] },
        dir => $here);
    isnt($ended, 0, '... ends it');
    is(join(' ', glob "$dir/tmp/*"), '', '... and its folder is gone');
}

# ---- modes ----

for my $mode (0600, 0640, 0444, 0755) {
    mkdir "$dir/modes" if !-d "$dir/modes";
    run(['chmod', '-R', 'u+w', "$dir/modes"]);
    $generated->("$dir/modes");
    chmod $mode, "$dir/modes/report", "$dir/modes/events.h" or die $!;
    run_ok([$PROBEGEN, 'diff', 'old.d', 'old.d', '-o', 'report'], 'a report that replaces another', dir => "$dir/modes");
    run_ok([$PROBEGEN, '-o', '.', 'new.d'], 'files that replace others', dir => "$dir/modes");
    is(sprintf('%o', (stat "$dir/modes/$_")[2] & 07777), sprintf('%o', $mode), "... $_ keeps its mode") for 'report', 'events.h';
}

try_all('realpath', [$PROBEGEN, 'diff', 'old.d', 'new.d', '-o', 'report'], $definitions, 'diff');

done_testing();
