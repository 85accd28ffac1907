#!/usr/bin/perl
# ASSERTION: when memory ends or a system call fails, whichever, at whatever place, probegen ends with status 3 and a message, and what was there is as it
# was; or it did its work whole, or says what is missing. A signal leaves nothing temporary, and no program that probegen has started.

use strict;
use warnings;
use lib 't/lib';
use POSIX qw(WNOHANG);
use Probegen;
use Test::More;
use Time::HiRes ();

plan(skip_all => 'a sanitizer has an allocator of its own') if $SAN;
plan(skip_all => 'system calls are made to fail on x86-64 only') if (POSIX::uname())[4] ne 'x86_64';

my $dir = temp_dir();
my @cc = ($ENV{CC} || 'gcc', '-std=gnu11', '-D_GNU_SOURCE', qw(-O1 -Wall -Wextra -Werror));
run_ok([@cc, '-shared', '-fPIC', '-o', "$dir/faults.so", 't/lib/faults.c', '-ldl'], 'what makes functions fail is built');
run_ok([@cc, '-o', "$dir/inject", 't/lib/inject.c'], 'what makes system calls fail is built');

# a sample of the calls is tried, the same each time; or all
my $IS_ALL = $ENV{FAULTS} && $ENV{FAULTS} eq 'all';

my $tmp = "$dir/tmp";
mkdir $tmp or die $!;
local $ENV{TMPDIR} = $tmp;

# What a command line becomes when calls FIRST to LAST of a function fail. System calls have the error that they may have with $errno.
my %errno_of = (
    chmod => 'EPERM', close => 'EIO', dup => 'EMFILE', fork => 'EAGAIN', getdents => 'EIO', link => 'EPERM', lseek => 'EINVAL', memfd => 'EMFILE',
    memory => 'ENOMEM', mkdir => 'ENOSPC', open => 'EMFILE', pipe => 'EMFILE', read => 'EIO', rename => 'EIO', socket => 'EMFILE',
    stat => 'EACCES', truncate => 'EIO', unlink => 'EPERM', write => 'ENOSPC',
);

sub run_with
{
    my ($function, $first, $last, $command, %options) = @_;
    return run(["$dir/inject", $function, $first, $last, $errno_of{$function}, @$command], %options) if $errno_of{$function};
    local $ENV{LD_PRELOAD} = "$dir/faults.so";
    local $ENV{FAULT} = "$function $first $last";
    return run($command, %options);
}

# How often a command calls each of them: {name => number}
sub calls_of
{
    my ($command, %options) = @_;
    my @lines = map { split /\n/, run_with($_, 0, 0, $command, %options)->{err} } 'write', 'malloc', 'realpath';
    return {map { /^inject: (\d+) calls of (\w+)$/ ? ($2 => $1) : () } @lines};
}

# The files of a folder: name, mode, bytes of each.
sub files_of
{
    my ($folder) = @_;
    return map { [$_, (stat "$folder/$_")[2] & 07777, slurp("$folder/$_")] } grep { -f "$folder/$_" } list_files($folder, qr/[^.]/);
}

# as one text, without those that are named
sub state_of
{
    my ($folder, $is_named) = @_;
    my @folders = map { [s{^\Q$tmp\E/}{}r, 0, 'a folder'] } grep { -d } glob "$tmp/*";
    return join '', map { sprintf "%s %o\n%s\n", @$_ } grep { !$is_named->{$_->[0]} } files_of($folder), files_of($tmp), @folders;
}

# `count` numbers of 1 to `last`, with both of them.
sub sample
{
    my ($last, $count) = @_;
    return 1 .. $last if $last <= $count;
    my %is = map { 1 + int($_ * ($last - 1) / ($count - 1)) => 1 } 0 .. $count - 1;
    return sort { $a <=> $b } keys %is;
}

# Each call of some functions (default: all system calls that it makes) fails in turn, alone or with all after it. `prepare` lays out the folder; what the
# command leaves in it is what it leaves without a fault, or what was there, and what cannot be removed has been named. `may_lack`: what it says when
# something is missing that is only worth a word.
sub try_all
{
    my ($what, $command, $prepare, %options) = @_;
    my $folder = "$dir/work";
    run(['rm', '-rf', $folder]);
    mkdir $folder or die $!;
    $prepare->($folder);
    my @files = files_of($folder);
    my $fresh = sub {
        unlink glob "$folder/* $folder/.probegen* $tmp/*/* $tmp/*";
        rmdir $_ for glob "$tmp/*";
        for (@files) {
            spit("$folder/$_->[0]", $_->[2]);
            chmod $_->[1], "$folder/$_->[0]";
        }
    };
    my %try = (command => $command, folder => $folder, may_lack => $options{may_lack}, before => state_of($folder));
    $try{good} = run($command, dir => $folder);
    like($try{good}{status}, qr/\A[01]\z/, "$what: without a fault") or diag($try{good}{err});
    $try{whole} = state_of($folder);
    $fresh->();
    my $calls = calls_of($command, dir => $folder);
    my $num_told = 0;
    for my $function (@{$options{functions} || [grep { $calls->{$_} } sort keys %errno_of]}) {
        my ($num_tried, $num_failed, @bad) = (0, 0);
        for my $is_sticky (@{$options{sticky} || [0, 1]}) {
            my $num = $calls->{$function};
            for my $n (sample($num, $IS_ALL ? $num : $is_sticky ? 3 : $options{num} || 6)) {
                $fresh->();
                ++$num_tried;
                $num_failed += try_one(\%try, $function, $n, $is_sticky ? 1000000 : $n, $n == $num, \@bad);
            }
        }
        is(join("\n", @bad), '', "$what: each $function that fails is told, and changes nothing ($num_failed of $num_tried)");
        $num_told += $num_failed;
    }
    ok($num_told > 0, "$what: $num_told were told");
}

# @return whether it has failed, and told it, as it has to
sub try_one
{
    my ($try, $function, $first, $last, $is_last, $bad) = @_;
    my $result = run_with($function, $first, $last, $try->{command}, dir => $try->{folder});
    my ($status, $err, $after) = ($result->{status} // -1, $result->{err}, state_of($try->{folder}));
    return 0 if $status == $try->{good}{status} && $result->{out} eq $try->{good}{out} && $after eq $try->{whole};
    my %is_named = map { s{.*/}{}r => 1 } $err =~ /^probegen: cannot remove (?:the .*, )?'(.*?)'/mg;
    $after = state_of($try->{folder}, \%is_named);
    # where nothing can be written, nothing can be told
    my $has_message = $err =~ /^(?:probegen\b|\S+:\d+:).*\S/m || ($function eq 'write' && ($last > $first || $is_last));
    return 1 if $try->{may_lack} && $status == $try->{good}{status} && "$err$result->{out}" =~ $try->{may_lack};
    return 1 if $status == 3 && $has_message && ($after eq $try->{before} || (%is_named && $after eq $try->{whole}));
    my $state = $after eq $try->{whole} ? 'whole' : $after eq $try->{before} ? 'as before' : join ' ', 'changed:', map { "$_->[0], " . length $_->[2] } files_of($try->{folder}), files_of($tmp);
    push @$bad, "$function $first to $last: status $status, signal $result->{signal}, ($state) $err";
    return 0;
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
my $object = sub { my ($folder) = @_; $definitions->($folder); spit("$folder/new.o", "the object before\n") };
my $generated = sub {
    my ($folder) = @_;
    $definitions->($folder);
    run([$PROBEGEN, '-o', $folder, "$folder/old.d"]);
};

# ---- memory, and paths ----

for my $format (qw(table json)) {
    try_all("diff, $format", [$PROBEGEN, 'diff', "--format=$format", 'old.d', 'new.d', '-o', 'report'], $definitions, functions => ['malloc', 'realpath'], num => 16);
}
try_all('audit', [$PROBEGEN, 'audit', '--format=json', 'new.d', '--source=a.c', '-o', 'report'], $definitions, functions => ['malloc'], num => 16);
try_all('-o DIR', [$PROBEGEN, '-o', '.', 'new.d'], $generated, functions => ['malloc', 'realpath'], num => 16);

# ---- system calls ----

run_ok([$PROBEGEN, 'dtrace', '-h', '-s', 't/cases/from/bank.d', '-o', "$dir/bank.h"], 'the header of a program');
run_ok([$cc[0], '-O2', '-g', "-I$dir", '-o', "$dir/program", 't/cases/from/bank.c'], 'the program');
try_all('-o DIR', [$PROBEGEN, '-o', '.', 'new.d'], $generated, functions => [grep { $_ ne 'rename' } sort keys %errno_of]);
try_all('-o DIR', [$PROBEGEN, '-o', '.', 'new.d'], $generated, functions => ['rename'], sticky => [0]);
{
    local @ENV{qw(NO_LINKS LD_PRELOAD)} = (1, "$dir/faults.so");
    try_all('-o DIR without links', [$PROBEGEN, '-o', '.', 'new.d'], $generated, functions => ['rename'], sticky => [0]);
}
try_all('-o DIR, new files', [$PROBEGEN, '-o', '.', 'new.d'], $definitions);
try_all('audit of sources', [$PROBEGEN, 'audit', '--format=json', 'new.d', '--source=.', '-o', 'report'], $definitions);
try_all('audit of a binary', [$PROBEGEN, 'audit', '--format=json', "$ROOT/t/cases/from/bank.d", "--binary=$dir/program"], $definitions,
    may_lack => qr/^probegen: .*: source lines are missing$|: its code cannot be read/m);
spit("$dir/trace", join '', map { qq({"module":"app","type":"a","tid":1,"time":1700000000.$_,"x":$_}\n) } 100 .. 3000);
try_all('audit of a trace', [$PROBEGEN, 'audit', '--format=json', 'new.d', "--seen=$dir/trace", '-o', 'report'], $definitions);
try_all('diff', [$PROBEGEN, 'diff', 'old.d', 'new.d', '-o', 'report'], $definitions);
if (run(['git', '--version'])->{status} == 0) {
    mkdir "$dir/repo" or die $!;
    spit("$dir/repo/app.d", $old);
    run_ok("git init -q && git add app.d && git -c user.name=n -c user.email=e commit -q -m m", 'a repository', dir => "$dir/repo");
    local $ENV{GIT_DIR} = "$dir/repo/.git";
    try_all('diff of a commit', [$PROBEGEN, 'diff', 'git:HEAD:app.d', 'new.d', '-o', 'report'], $definitions);
}
try_all('dtrace -h', [$PROBEGEN, 'dtrace', '-h', '-C', '-s', 'new.d', '-o', 'report'], $definitions);
try_all('dtrace -G', [$PROBEGEN, 'dtrace', '-G', '-s', 'new.d', '-o', 'new.o'], $object);
my $lack = qr/^probegen: .* (?:are missing$|sites of .* are left out)/m;
try_all('from', [$PROBEGEN, 'from', "$dir/program"], $definitions, may_lack => $lack);
try_all('from -o', [$PROBEGEN, 'from', '--force', "$dir/program", '-o', '.'], $definitions, may_lack => $lack);
{
    mkdir "$dir/broken" or die $!;
    $generated->("$dir/broken");
    my $result = run_with('rename', 3, 1000000, [$PROBEGEN, '-o', '.', 'new.d'], dir => "$dir/broken");
    is($result->{status}, 3, 'a disk on which nothing can be put back: exit status 3');
    my @asides = $result->{err} =~ /^probegen: cannot put back what was in '.*': .*; it is in '(.*)' \[E_FILE\]$/mg;
    is(scalar @asides, 3, '... says where the old files are');
    is(scalar(grep { -s } @asides), 3, '... and there they are');
}
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

done_testing();
