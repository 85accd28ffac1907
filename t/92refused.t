#!/usr/bin/perl
# ASSERTION: what a tracer remembers of connections that are not wanted changes no event and no sum: where structs and numbers are used again, server names come
# late, there are more connections than are remembered, and processes have the same numbers, fork, or execute another program.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Live;
use Test::More;

need_bpf();

my $tracer_path = cases_tracer('inntrace', 't/cases/refused.d', 't/cases/refused.map');
my ($status, undef, $err) = run_program(build('bin/probegen'), 'dtrace', '-h', '-s', 't/cases/refused.d', '-o', tmp('probes.h'));
is($status, 0, 'the header') or diag($err);
my $program = compile('inn', '-g', '-I' . tmp(''), 't/cases/refused.c');

# ---- targets, and what is to be seen of them ----

# A target that counts as it does: which of its events are wanted is said with each command.
sub inn {
    my $target = start([$program], in => 'pipe', answers => 1);
    my ($pid) = $target->ask('begin') =~ /^done (\d+)$/;
    return {target => $target, pid => $pid, n => 0, wanted => {}, fired => 0};
}

sub order {
    my ($inn, $command) = @_;
    # a program that is executed has no answer of its own
    ($inn->{pid}) = $inn->{target}->ask($command eq 'exec' ? "exec\nbegin" : $command) =~ /^done (\d+)$/ or die "no answer to '$command'";
    $inn->{n} = 0 if $command eq 'exec';
}

sub fire {
    my ($inn, $slot, $is_wanted) = @_;
    order($inn, "fire $slot");
    $inn->{fired} += 2;
    push @{$inn->{wanted}{$inn->{pid}}}, map { $inn->{n} + $_ } $is_wanted ? (1, 2) : ();
    $inn->{n} += 2;
}

sub many {
    my ($inn, $first, $num, $below) = @_;
    order($inn, "many $first $num");
    $inn->{fired} += 2 * $num;
    for my $id ($first .. $first + $num - 1) {
        push @{$inn->{wanted}{$inn->{pid}}}, map { $inn->{n} + $_ } $id % 100 < $below ? (1, 2) : ();
        $inn->{n} += 2;
    }
}

# Ends targets and tracer, and compares. Events of a process are told by its pid, where the tracer prints that.
sub compare {
    my ($name, $tracer, @inns) = @_;
    for my $inn (@inns) {
        $inn->{target}->end_input;
        is($inn->{target}->wait_end, 0, "$name: a target ends well");
    }
    $tracer->signal('TERM') if $tracer->status eq '';
    is($tracer->wait_end, 0, '... and the tracer');
    my (%seen, %wanted, $fired);
    for my $event (map { JSON::PP->new->decode($_) } lines($tracer->out)) {
        push @{$seen{$event->{pid} // $inns[0]{pid}}}, $event->{n};
    }
    for my $inn (@inns) {
        $fired += $inn->{fired};
        $wanted{$_} = $inn->{wanted}{$_} for grep { @{$inn->{wanted}{$_}} } keys %{$inn->{wanted}};
    }
    my $num = 0;
    $num += @$_ for values %wanted;
    is_deeply({map { $_ => join ' ', @{$seen{$_}} } keys %seen}, {map { $_ => join ' ', @{$wanted{$_}} } keys %wanted}, '... which shows what is wanted, and nothing else');
    my ($filtered) = $tracer->err =~ /, 0 lost, (\d+) filtered$/m;
    is($filtered, $fired - $num, '... and has counted all others');
}

sub trace { return start_tracer({tracer => $tracer_path}, @_) }

# ---- one process ----

{
    my $inn = inn();
    order($inn, 'guest 0 1 1 0.75 1 -');
    my $tracer = trace('-p', $inn->{pid}, '-S', '0.5');
    fire($inn, 0, 0) for 1 .. 3;
    order($inn, 'guest 0 2 1 0.25 1 -');
    fire($inn, 0, 1) for 1 .. 3;
    order($inn, 'guest 0 3 1 0.75 1 -');
    fire($inn, 0, 0) for 1 .. 3;
    order($inn, 'guest 1 2 1 0.25 1 -');
    order($inn, 'guest 2 1 1 0.75 1 -');
    fire($inn, $_, $_ == 1) for 1, 2, 1, 2;
    # a later connection of that number
    order($inn, 'guest 0 3 2 0.25 1 -');
    fire($inn, 0, 1) for 1 .. 3;
    # nobody's is somebody's later
    order($inn, 'guest 3 9 1 0 0 -');
    fire($inn, 3, 1);
    compare('structs that are used again', $tracer, $inn);
}
{
    my $inn = inn();
    my $tracer = trace('-p', $inn->{pid}, '-N', 'a.example,c.example');
    order($inn, 'guest 0 1 1 0.5 1 -');
    order($inn, 'guest 1 2 1 0.5 1 -');
    fire($inn, $_, 0) for 0, 1, 0, 1;
    order($inn, 'guest 0 1 1 0.5 1 c.example');
    order($inn, 'guest 1 2 1 0.5 1 b.example');
    fire($inn, $_, $_ == 0) for 0, 1, 0, 1, 1;
    # whether it was remembered shows where a name changes, which it does not
    order($inn, 'guest 1 2 1 0.5 1 a.example');
    fire($inn, 1, 0);
    compare('names that come late', $tracer, $inn);
}
{
    my $inn = inn();
    my $tracer = trace('-p', $inn->{pid}, '-A', '127.0.0.8/29', '-C', '1,2,5');
    for my $round (1 .. 3) {
        for my $id (1 .. 5) {
            my $byte = $id % 2 ? 10 : 1;
            order($inn, "guest 0 $id 1 0.5 $byte -");
            fire($inn, 0, $id == 1 || $id == 5) for 1 .. 2;
        }
    }
    compare('numbers and addresses', $tracer, $inn);
}
{
    # twice as many as are remembered, and then again those from before
    my $inn = inn();
    my $tracer = trace('-p', $inn->{pid}, '-S', '0.02');
    many($inn, $_, 70_000, 2) for 1, 1, 32_769, 1;
    order($inn, 'guest 1 1000000 1 0.9 1 -');
    order($inn, 'guest 2 ' . (1000000 + 32768) . ' 1 0.9 1 -');
    order($inn, 'guest 3 ' . (1000000 + 65536) . ' 1 0.01 1 -');
    fire($inn, $_, $_ == 3) for (1 .. 3) x 3;
    compare('more than are remembered', $tracer, $inn);
}

# ---- several ----

{
    my ($one, $other) = (inn(), inn());
    my $tracer = trace('-p', "$one->{pid},$other->{pid}", '-S', '0.5');
    order($one, 'guest 0 7 1 0.75 1 -');
    order($other, 'guest 0 7 1 0.25 1 -');
    for my $round (1 .. 3) {
        fire($one, 0, 0);
        fire($other, 0, 1);
    }
    order($one, 'guest 1 8 1 0.25 1 -');
    order($other, 'guest 1 8 1 0.75 1 -');
    fire($_, 1, $_ == $one) for $one, $other, $one, $other;
    compare('processes with the same numbers', $tracer, $one, $other);
}
{
    my $inn = inn();
    my $tracer = trace('-p', $inn->{pid}, '--children', '-S', '0.5');
    order($inn, 'guest 0 7 1 0.75 1 -');
    order($inn, 'guest 1 8 1 0.25 1 -');
    fire($inn, $_, $_ == 1) for 0, 1, 0, 1;
    order($inn, 'fork');
    fire($inn, $_, $_ == 1) for 0, 1;
    order($inn, 'guest 2 9 1 0.25 1 -');
    fire($inn, $_, $_ != 0) for 0, 1, 2, 0, 1, 2;
    order($inn, 'fork');
    order($inn, 'guest 2 7 1 0.25 1 -');
    fire($inn, 2, 1) for 1 .. 2;
    compare('children', $tracer, $inn);
}
{
    my $inn = inn();
    my $tracer = trace('-x', $program, '-S', '0.5');
    order($inn, 'guest 0 1 1 0.75 1 -');
    fire($inn, 0, 0) for 1 .. 2;
    order($inn, 'exec');
    order($inn, 'guest 0 1 2 0.25 1 -');
    fire($inn, 0, 1) for 1 .. 2;
    compare('a process that executes its program anew', $tracer, $inn);
}

done_testing();
