package Probegen;

# What the tests of all tiers share: running commands with a time limit, comparing texts. Core modules only.

use strict;
use warnings;
use Cwd ();
use Exporter 'import';
use IO::Select;
use POSIX ();
use Storable ();
use Temp;
use Test::More;
use Time::HiRes ();

our @EXPORT = qw(run run_ok run_parallel in_parallel same_text slurp spit list_files temp_dir diff_text need_programs
    $ROOT $O $SAN $PROBEGEN $TRACER $TIMEOUT);

# prove is started in the project's folder by t/check.sh
our $ROOT = Cwd::getcwd();
our $O = $ENV{O} || 'out';
our $SAN = $ENV{SAN} ? 1 : 0;
our $PROBEGEN = "$ROOT/$O/bin/probegen";
our $TRACER = "$ROOT/$O/bin/h2otrace";
# s; for commands that take milliseconds
our $TIMEOUT = 60;

# make's own variables are not for the programs that tests start
delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES PROBES)};
$ENV{LC_ALL} = 'C';
# a report of a sanitizer has an exit status that nothing else has
$ENV{ASAN_OPTIONS} = 'exitcode=86:abort_on_error=0:detect_leaks=1';
$ENV{UBSAN_OPTIONS} = 'print_stacktrace=1:exitcode=86';
# writing to a program that has ended is an error, not the end of the test
$SIG{PIPE} = 'IGNORE';

sub slurp
{
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!";
    local $/;
    my $text = <$file>;
    return defined $text ? $text : '';
}

sub spit
{
    my ($path, $text) = @_;
    open my $file, '>:raw', $path or die "$path: $!";
    print $file $text or die "$path: $!";
    close $file or die "$path: $!";
}

# Files of a folder whose names match, sorted.
sub list_files
{
    my ($dir, $pattern) = @_;
    opendir my $handle, $dir or die "$dir: $!";
    my @names = sort grep { $_ =~ $pattern } readdir $handle;
    return @names;
}

# Skips the test if one of these programs is not there; in CI that is a failure.
sub need_programs
{
    my @missing = grep { my $name = $_; !grep { -x "$_/$name" } split /:/, $ENV{PATH} } @_;
    return if !@missing;
    my $why = "needs @missing; 'make packages' installs what is missing";
    plan(skip_all => $why) if !$ENV{CI};
    fail($why);
    done_testing();
    exit 1;
}

# process groups of run() in this process; none is left when the test is interrupted
my %running;
END { kill 'KILL', -$_ for keys %running }

# Runs a command (a list, or a string for sh) to its end. Options: timeout (s), dir, stdin (text), stdout (file instead of a pipe).
# Returns {status, signal, timeout, out, err}; the whole process group is killed when time is over.
sub run
{
    my ($command, %options) = @_;
    my @argv = ref $command ? @$command : ('/bin/sh', '-c', $command);
    my $end = Time::HiRes::time() + ($options{timeout} || $TIMEOUT);
    my %result = (status => undef, signal => 0, timeout => 0, out => '', err => '');

    my $input;
    if (defined $options{stdin}) {
        open $input, '+>:raw', undef or die "a file without a name: $!";
        print $input $options{stdin};
        $input->flush;
        seek $input, 0, 0;
    }
    pipe my $out_read, my $out_write or die $!;
    pipe my $err_read, my $err_write or die $!;
    my $pid = fork;
    die "fork: $!" if !defined $pid;
    if ($pid == 0) {
        setpgrp;
        $SIG{PIPE} = 'DEFAULT';
        my $stdin = $input;
        open $stdin, '<', '/dev/null' or POSIX::_exit(127) if !$stdin;
        if (defined $options{stdout}) {
            open $out_write, '>', $options{stdout} or POSIX::_exit(127);
        }
        POSIX::dup2(fileno $stdin, 0);
        POSIX::dup2(fileno $out_write, 1);
        POSIX::dup2(fileno $err_write, 2);
        if (defined $options{dir} && !chdir $options{dir}) {
            print STDERR "$options{dir}: $!\n";
            POSIX::_exit(127);
        }
        { no warnings 'exec'; exec { $argv[0] } @argv; }
        print STDERR "$argv[0]: $!\n";
        POSIX::_exit(127);
    }
    close $out_write;
    close $err_write;
    $running{$pid} = 1;

    my %sink = (fileno $out_read, 'out', fileno $err_read, 'err');
    my $select = IO::Select->new($out_read, $err_read);
    while ($select->count) {
        my $left = $end - Time::HiRes::time();
        my @ready = $left > 0 ? $select->can_read($left) : ();
        if (!@ready) {
            $result{timeout} = 1;
            kill 'KILL', -$pid;
            last;
        }
        for my $handle (@ready) {
            my $n = sysread $handle, my $part, 65536;
            if ($n) {
                $result{$sink{fileno $handle}} .= $part;
            } else {
                $select->remove($handle);
            }
        }
    }
    # with its pipes closed it is about to end; if it is not, it is killed when time is over
    while (waitpid($pid, POSIX::WNOHANG()) == 0) {
        if (Time::HiRes::time() > $end) {
            $result{timeout} = 1;
            kill 'KILL', -$pid;
        }
        select undef, undef, undef, 0.001;
    }
    delete $running{$pid};
    $result{signal} = $? & 127;
    $result{status} = $result{signal} || $result{timeout} ? -1 : $? >> 8;
    $result{err} .= "(killed: time is over)\n" if $result{timeout};
    return \%result;
}

# A test: the command ends with this status (default 0); if not, what it said is shown.
sub run_ok
{
    my ($command, $what, %options) = @_;
    my $result = run($command, %options);
    my $wanted = $options{status} || 0;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok($result->{status} == $wanted, $what)
        or diag("status $result->{status}, signal $result->{signal}, not $wanted: ", ref $command ? "@$command" : $command, "\n",
            substr($result->{out}, 0, 3000), substr($result->{err}, 0, 6000));
    return $result;
}

# Runs [command, options...] as run() does, two at a time; returns the results in this order.
sub run_parallel
{
    my @jobs = @_;
    my ($next, %running, @results) = (0);

    while ($next < @jobs || %running) {
        while ($next < @jobs && keys %running < 2) {
            my $file = temp_dir() . '/result';
            my $pid = fork;
            die "fork: $!" if !defined $pid;
            if ($pid == 0) {
                my ($command, %options) = @{$jobs[$next]};
                Storable::store(run($command, %options), $file);
                POSIX::_exit(0);
            }
            $running{$pid} = [$next++, $file];
        }
        my ($number, $file) = @{delete $running{(wait)}};
        $results[$number] = Storable::retrieve($file);
    }
    return @results;
}

# Tests [what, command, options...] as with run_ok, two at a time; nothing may be left on stderr unless the option `talk` is set.
sub in_parallel
{
    my @jobs = @_;
    my @results = run_parallel(map { my (undef, @job) = @$_; \@job } @jobs);
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    for my $i (0 .. $#jobs) {
        my ($what, $command, %options) = @{$jobs[$i]};
        my ($status, $talk) = ($results[$i]{status}, "$results[$i]{out}$results[$i]{err}");
        ok($status == 0 && ($options{talk} || $talk eq ''), $what)
            or diag('status ', $status, ': ', ref $command ? "@$command" : $command, "\n", substr($talk, 0, 6000));
    }
}

# unified diff of two texts
sub diff_text
{
    my ($expected, $got, $name) = @_;
    my $dir = temp_dir();
    spit("$dir/expected", $expected);
    spit("$dir/got", $got);
    return run(['diff', '-u', '--label', "$name (expected)", '--label', "$name (got)", "$dir/expected", "$dir/got"])->{out};
}

# A test: two texts have the same bytes; if not, the difference is shown, and `hint`.
sub same_text
{
    my ($got, $expected, $what, $hint) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $same = defined $got && defined $expected && $got eq $expected;
    ok($same, $what) and return 1;
    diag(!defined $expected ? 'nothing to compare with' : diff_text($expected, defined $got ? $got : '', $what), defined $hint ? $hint : '');
    return 0;
}

1;
