#!/usr/bin/perl
# ASSERTION: a target may have more probes than one BPF program has functions: all are traced, by as many programs as it takes, and each value is right.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Live;
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

sub is_traced {
    my ($num, $num_programs, @options) = @_;
    my $target = start([$program], in => 'pipe', answers => 1);
    my $tracer = start_tracer({tracer => $tracer_path}, '-p', $target->pid, @options);
    is(scalar(() = bpf_programs('manytrace')), $num_programs, "$num probes: so many programs");
    is($target->ask('go'), "fired $NUM", '... the target fires all');
    $target->end_input;
    is($tracer->wait_end, 0, '... the tracer ends well');
    is($tracer->complaints, '', '... without complaints');
    my @events = map { decode_json($_) } lines($tracer->out);
    is(join(' ', map { $_->{type} } @events), join(' ', grep { $num == $NUM || /^p7$/ } map { "p$_" } 1 .. $NUM), '... each was seen, in order');
    is(scalar(grep { $_->{number} != -7 || $_->{text} ne 'seven' || $_->{mask} != 77 } @events), 0, '... with its values');
}

is_traced($NUM, 2);    # each site is a function
is_traced(1, 1, '-t', 'many:p7');

done_testing();
