#!/usr/bin/perl
# ASSERTION: a thread that sleeps in the midst of the BPF program, since its memory is not there yet, keeps what it had found out, though other
# threads run the same program on its processor meanwhile.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Live;
use Test::More;

need_bpf();

my $tracer_path = cases_tracer('casetrace', 't/cases/cases.d', 't/cases/cases.map');
my $program = compile('asleep', '-D_GNU_SOURCE', '-std=gnu11', '-g', '-pthread', 't/cases/asleep.c');
my $NUM_OTHERS = 20;

# By perf events, the kernel has a buffer for each processor, for which the threads there wait (uprobe_buffer_get() of kernel/trace/trace_uprobe.c).
my $probe = start([$program], in => 'pipe', answers => 1);
my $first_tracer = start_tracer({tracer => $tracer_path}, '-p', $probe->pid);
my $is_site_by_site = $first_tracer->err =~ /site by site/;
$probe->end_input;
is($first_tracer->wait_end, 0, 'a tracer');
if ($is_site_by_site) {
    done_testing();
    exit;
}

# Of the events of a kind: those of the first thread, and those of the others.
sub events_of {
    my ($kind) = @_;
    my $target = start([$program], in => 'pipe', answers => 1);
    my $tracer = start_tracer({tracer => $tracer_path}, '-a', '-p', $target->pid);
    is($target->ask($kind), 'fired ' . (1 + $NUM_OTHERS), "$kind: a thread was asleep while others fired");
    $target->end_input;
    is($tracer->wait_end, 0, '... the tracer ends well');
    my @events = map { decode_json($_) } lines($tracer->out);
    is(scalar @events, 1 + $NUM_OTHERS, '... with all events') or diag($tracer->err);
    return @events;
}

my @text = events_of('text');
my ($first, @more) = grep { $_->{thread} == 1 } @text;
is(@more, 0, '... one of the first thread');
is_deeply([@$first{qw(seq text)}], [1, 'thread 1 has thirty-two bytes here'], '... with its own values');
is_deeply([map { [@$_{qw(thread seq text)}] } grep { $_->{thread} != 1 } @text],
    [map { [2, $_, 'thread 2 has thirty-two bytes here'] } 0 .. $NUM_OTHERS - 1], '... and the others have theirs');

my @struct = events_of('struct');
is_deeply([sort { $a <=> $b } map { $_->{small} } @struct], [1001, (1002) x $NUM_OTHERS], '... each has the number of its own struct');

my @bytes = events_of('bytes');
($first, @more) = grep { $_->{a} == 1 } @bytes;
is(@more, 0, '... one of the first thread');
is_deeply([@$first{qw(a b c d e f g h i k)}], [(1) x 8, 'text', '0x1'], '... with its own numbers');
is(pack('H*', $first->{j}), 'thread 1 has thirty-two bytes he', '... and bytes');
is(scalar(grep { $_->{a} == 2 && $_->{k} eq '0x2' && pack('H*', $_->{j}) =~ /^thread 2 has/ } @bytes), $NUM_OTHERS, '... and the others have theirs');

done_testing();
