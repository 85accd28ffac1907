package Unit;

# How the programs of t/unit are built: they are tests, and one of them prints reports for other tests.

use strict;
use warnings;
use Exporter 'import';
use Probegen;
use Test::More;

our @EXPORT = qw(unit_dir unit_command unit_program);

sub unit_dir
{
    my $dir = "$O/t";
    mkdir $dir or -d $dir or die "$dir: $!";
    return $dir;
}

# The command that makes the program $O/t/NAME of t/unit/NAME.c.
sub unit_command
{
    my ($name) = @_;
    my @flags = qw(-std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Igen -Iruntime);
    push @flags, '-fsanitize=address,undefined', qw(-fno-sanitize-recover=undefined -fno-omit-frame-pointer) if $SAN;
    # all of probegen but its main(); the runtime's stays in its archive; not what is left of sources that are gone
    my @objects = grep { -e } map { m{^gen/(?!main\.c$|exerciser/)(.*)\.\w$} ? "$O/obj/gen/$1.o" : () } glob 'gen/*.c gen/*/*.[cyl] gen/*/*/*.[cS] gen/*/*/*/*.[cS]';
    my $uses_gen = slurp("t/unit/$name.c") =~ m{"(?:base|syntax|d|map|model|emit|print|audit|diff|dtrace)/|"report_lab\.h"};
    return [$ENV{CC} || 'gcc', @flags, '-o', unit_dir() . "/$name", "t/unit/$name.c", ($uses_gen ? @objects : ()), "$O/lib/libprobetrace.a", "$O/lib/libprobeusdt.a",
        qw(-lbcc_bpf -lbpf -ldw -lelf -lzstd -lz)];
}

# Builds it for another test, or ends that. @return its path
sub unit_program
{
    my ($name) = @_;
    my $result = run(unit_command($name), timeout => 120);
    BAIL_OUT("t/unit/$name.c cannot be built:\n$result->{err}") if $result->{status} != 0;
    return unit_dir() . "/$name";
}

1;
