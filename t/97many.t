#!/usr/bin/perl
# ASSERTION: a target may have more probes than one BPF program has functions: all are traced, by as many programs as it takes, and each value is right;
# programs are loaded at the same time if there are processors for that.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Live;
use POSIX ();
use Test::More;

need_bpf();

# 300 probes of three arguments each, of the same kinds in another order
my $NUM = 300;
my @kinds = ('int number', 'const char *text', 'unsigned long mask');
my @probes = map { "    probe p$_(" . join(', ', @kinds[$_ % 3 .. 2], @kinds[0 .. $_ % 3 - 1]) . ");\n" } 1 .. $NUM;
my $definitions = spew(tmp('many.d'), join '', "provider many {\n", @probes, "};\n");
my $tracer_path = cases_tracer('manytrace', $definitions);
my ($status, undef, $err) = run_program(build('bin/probegen'), '-o', tmp('generated'), '-e', 'usdt', $definitions);
is("$status$err", '0', "a header of $NUM probes");

my @values = ('-7', '"seven"', '77ul');
my $fire = join '', map { "    MANY_P$_(" . join(', ', @values[$_ % 3 .. 2], @values[0 .. $_ % 3 - 1]) . ");\n" } 1 .. $NUM;
my $source = spew(tmp('many.c'), <<"END");
#include <stdio.h>
#include "many-probes.h"
int main(void)
{
    char line[64];
    while (fgets(line, sizeof(line), stdin) != NULL) {
$fire        puts("fired $NUM");
        fflush(stdout);
    }
    return 0;
}
END
my $program = compile('many', '-I' . tmp('generated'), $source);

# @param command what the tracer is started by
sub is_traced {
    my ($num, $num_programs, $how, $command, @options) = @_;
    my $target = start([$program], in => 'pipe', answers => 1);
    my $tracer = start([@$command, $tracer_path, '-p', $target->pid, @options]);
    ok((poll { $tracer->err =~ /Ctrl-C ends/ || $tracer->status ne '' }) && $tracer->status eq '', "$num probes, $how: traced") or diag($tracer->err);
    is(scalar(() = bpf_programs('manytrace')), $num_programs, "... by $num_programs programs");
    is($target->ask('go'), "fired $NUM", '... the target fires all');
    $target->end_input;
    is($tracer->wait_end, 0, '... the tracer ends well');
    is($tracer->complaints, '', '... without complaints');
    my @events = map { decode_json($_) } lines($tracer->out);
    is(join(' ', map { $_->{type} } @events), join(' ', grep { $num == $NUM || /^p7$/ } map { "p$_" } 1 .. $NUM), '... each was seen, in order');
    is(scalar(grep { $_->{number} != -7 || $_->{text} ne 'seven' || $_->{mask} != 77 } @events), 0, '... with its values');
}

# the processors that we may use
my ($cpus) = slurp('/proc/self/status') =~ /^Cpus_allowed_list:\s*(\S+)/m;
my $num_cpus = 0;
$num_cpus += /^(\d+)-(\d+)$/ ? $2 - $1 + 1 : 1 for split /,/, $cpus;
my ($first_cpu) = $cpus =~ /^(\d+)/;
my $num_at_once = $num_cpus < 4 ? $num_cpus : 4;

# each site is a function, and there are 256 of them in a program
is_traced($NUM, 2, 'on one processor', ['taskset', '-c', $first_cpu]);
is_traced($NUM, $num_at_once > 2 ? $num_at_once : 2, "on $num_at_once", []);
is_traced(1, 1, 'all but one left out', [], '-t', 'many:p7');
SKIP: {
    skip('how a system call is made to fail is known for x86-64 only', 1) if (POSIX::uname())[4] ne 'x86_64';
    skip('a sanitizer cannot look for leaks in what is traced', 1) if $ENV{SAN};
    skip('there is one processor', 1) if $num_at_once == 1;
    my $inject = compile('inject', '-D_GNU_SOURCE', 't/lib/inject.c');
    # the first one is the process that reads the files; one more makes the filter of system calls, which -r does without
    is_traced($NUM, $num_at_once, 'but no thread can be started', [$inject, 'fork', 2, 999, 'EAGAIN'], '-r');
}

done_testing();
