package Probegen;

# What the tests of all tiers share: running commands with a time limit, comparing texts. Core modules only.

use strict;
use warnings;
use Cwd ();
use Exporter 'import';
use IO::Select;
use POSIX ();
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

# Starts a command. @return {command, number, pid, end (s), open (how many of its pipes), result}, and its pipes: [handle, key of the result]...
sub begin
{
    my ($number, $command, %options) = @_;
    my @argv = ref $command ? @$command : ('/bin/sh', '-c', $command);
    my $end = Time::HiRes::time() + ($options{timeout} || $TIMEOUT);

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
    $running{$pid} = 1;
    my %result = (status => undef, signal => 0, timeout => 0, out => '', err => '');
    return {number => $number, pid => $pid, end => $end, open => 2, result => \%result}, [$out_read, 'out'], [$err_read, 'err'];
}

# Runs [command, options...] as run() does, so many at a time. @return the results in this order
sub run_some
{
    my ($at_a_time, @jobs) = @_;
    my ($select, $next, @now, %pipe, @results) = (IO::Select->new, 0);

    while ($next < @jobs || @now) {
        while ($next < @jobs && @now < $at_a_time) {
            my ($job, @pipes) = begin($next, @{$jobs[$next]});
            ++$next;
            push @now, $job;
            for my $pipe (@pipes) {
                $pipe{fileno $pipe->[0]} = [$job, @$pipe];
                $select->add($pipe->[0]);
            }
        }

        # with its pipes closed it is about to end; if it is not, it is killed when time is over
        my $time = Time::HiRes::time();
        my $wait = (grep { $_->{open} == 0 } @now) ? 0.001 : (sort { $a <=> $b } map { $_->{end} - $time } @now)[0];
        $wait = 0 if $wait < 0;
        if ($select->count == 0) {
            select undef, undef, undef, $wait;
        }
        for my $handle ($select->count ? $select->can_read($wait) : ()) {
            my ($job, undef, $key) = @{$pipe{fileno $handle}};
            if (!sysread $handle, $job->{result}{$key}, 65536, length $job->{result}{$key}) {
                $select->remove($handle);
                delete $pipe{fileno $handle};
                --$job->{open};
            }
        }
        my @still;
        for my $job (@now) {
            my ($pid, $result) = @$job{'pid', 'result'};
            if (Time::HiRes::time() > $job->{end} && !$result->{timeout}) {
                $result->{timeout} = 1;
                kill 'KILL', -$pid;
                for my $pipe (grep { $_->[0] == $job } values %pipe) {
                    $select->remove($pipe->[1]);
                    delete $pipe{fileno $pipe->[1]};
                }
                $job->{open} = 0;
            }
            if ($job->{open} > 0 || waitpid($pid, POSIX::WNOHANG()) == 0) {
                push @still, $job;
                next;
            }
            my $status = $?;
            delete $running{$pid};
            $result->{signal} = $status & 127;
            $result->{status} = $result->{signal} || $result->{timeout} ? -1 : $status >> 8;
            $result->{err} .= "(killed: time is over)\n" if $result->{timeout};
            $results[$job->{number}] = $result;
        }
        @now = @still;
    }
    return @results;
}

# Runs a command (a list, or a string for sh) to its end. Options: timeout (s), dir, stdin (text), stdout (file instead of a pipe).
# Returns {status, signal, timeout, out, err}; the whole process group is killed when time is over.
sub run { return (run_some(1, [@_]))[0] }

# Runs [command, options...] as run() does, two at a time; returns the results in this order.
sub run_parallel { return run_some(2, @_) }

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
