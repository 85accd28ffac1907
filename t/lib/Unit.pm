package Unit;

# How the programs of t/unit are built: they are tests, and one of them prints reports for other tests.

use strict;
use warnings;
use BuildLock;
use Exporter 'import';
use Probegen;
use Test::More;

our @EXPORT = qw(unit_dir unit_names unit_command unit_program);

my %source = map { m{([^/]+)\.c$} => $_ } glob 't/unit/*.c t/unit/*/*.c';

sub unit_dir
{
    my $dir = "$O/t";
    mkdir $dir or -d $dir or die "$dir: $!";
    return $dir;
}

sub unit_names
{
    return sort keys %source;
}

# The command that makes the program $O/t/NAME of t/unit/**/NAME.c.
sub unit_command
{
    my ($name) = @_;
    my @flags = qw(-std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Igen -Iruntime -It/unit);
    push @flags, '-fsanitize=address,undefined', qw(-fno-sanitize-recover=undefined -fno-omit-frame-pointer) if $SAN;
    my @libraries = map { "$O/lib/lib$_.a" } qw(probegen probetrace probeusdt);
    return [$ENV{CC} || 'gcc', @flags, '-o', unit_dir() . "/$name", $source{$name}, @libraries, qw(-lbcc_bpf -lbpf -lcap -lseccomp -ldw -lelf -lzstd -lz)];
}

# Builds it for another test, or ends that. @return its path
sub unit_program
{
    my ($name) = @_;
    my $lock = lock_build();
    my $result = run(unit_command($name), timeout => 120);
    BAIL_OUT("$source{$name} cannot be built:\n$result->{err}") if $result->{status} != 0;
    return unit_dir() . "/$name";
}

1;
