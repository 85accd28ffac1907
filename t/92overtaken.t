#!/usr/bin/perl
# ASSERTION: a thread that sleeps while its event is made keeps its values, though another thread fires on the same processor meanwhile.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Live;
use Test::More;

need_bpf();

my $tracer_path = cases_tracer('casetrace', 't/cases/cases.d', 't/cases/cases.map');
my $target = start([compile('overtaken', '-std=gnu11', '-D_GNU_SOURCE', '-pthread', 't/cases/overtaken.c')], in => 'pipe', answers => 1);
my $tracer = start_tracer({tracer => $tracer_path}, '-p', $target->pid);
my $answer = $target->ask('go');

plan(skip_all => 'userfaultfd(2) cannot be used') if $answer eq 'fired 0';
is($answer, 'fired 2', 'both have fired');
$target->end_input;
is($tracer->wait_end, 0, 'the tracer ends well');
my @events = map { [event_text($_)] } lines($tracer->out);
my ($first) = grep { $_->[0] =~ /"thread":1,/ } @events;
my ($second) = grep { $_->[0] =~ /"thread":2,/ } @events;
is(scalar @events, 2, 'there are two events');
# before Linux 6.0 it cannot sleep, and the page is not there
like($first->[0], qr/^\{"module":"cases","type":"tock","thread":1,"seq":1229782938247303441,"text":(?:"of the first"|null,.*)\}$/, 'that of the thread that slept')
    or diag(map { "$_->[0]\n" } @events);
is($second->[0], '{"module":"cases","type":"tock","thread":2,"seq":2459565876494606882,"text":"of the second"}', 'that of the other one');
isnt($first->[1], $second->[1], 'each is of its own thread');
done_testing();
