#!/usr/bin/perl
# ASSERTION: one site that cannot be traced hinders no other, harms nobody, and is named with the reason: where somebody else has a uprobe, where
# two probes want two semaphores, where there is no no-op. Whoever spells a name, `order-start` is `order__start`.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Live;
use POSIX ();
use Test::More;

need_bpf();
plan(skip_all => 'the operands of this test are those of x86-64') if (POSIX::uname())[4] ne 'x86_64';

my $tracer_path = cases_tracer('leftouttrace', 't/cases/leftout.d');
my $probegen = build('bin/probegen');
my ($status, undef, $err) = run_program($probegen, 'dtrace', '-h', '-s', 't/cases/leftout.d', '-o', tmp('leftout.h'));
is($status, 0, 'the header') or diag($err);
my $program = compile('leftout', '-I' . tmp(''), 't/cases/leftout.c');

# ---- where the sites are, by readelf ----

# {probe => [address, ...]}, {probe => [file offset, ...]}
sub places {
    my (undef, $headers) = run_program('readelf', '-lW', $program);
    my (undef, $notes) = run_program('readelf', '-nW', $program);
    my @segments = map { /^\s+LOAD\s+(0x\w+) (0x\w+) 0x\w+ (0x\w+)/ ? [hex $1, hex $2, hex $3] : () } split /\n/, $headers;
    my (%address, %offset);
    while ($notes =~ /Name: (\S+)\n\s+Location: 0x0*(\w+),/g) {
        my ($name, $address) = ($1, hex $2);
        my ($segment) = grep { $address >= $_->[1] && $address < $_->[1] + $_->[2] } @segments;
        push @{$address{$name}}, sprintf '0x%x', $address;
        push @{$offset{$name}}, $address - $segment->[1] + $segment->[0];
    }
    return (\%address, \%offset);
}
my ($address, $offset) = places();
is(join(' ', map { scalar @{$address->{$_} || []} } qw(alone shared inside)), '1 2 1', 'readelf knows the sites');

# A uprobe of somebody else who knows of no semaphore, as perf and bpftrace make them; until the handle is closed. See perf_event_open(2).
sub other_uprobe {
    my ($pid, $at) = @_;
    my $type = slurp('/sys/bus/event_source/devices/uprobe/type') + 0;
    my $attr = pack('L2 Q x40 p Q x56', $type, 128, 0, $program, $at);
    my $fd = syscall(298, $attr, $pid, -1, -1, 8);
    die "perf_event_open: $!" if $fd < 0;
    open my $handle, '<&=', $fd or die $!;
    return $handle;
}

# ---- traces ----

my %reason = (
    second => qr/another probe at the same place has another semaphore/, inside => qr/no no-op/, readonly => qr/no writable segment/,
    alone => qr/somebody else \(perf, ftrace, bpftrace\) seems to have one that does not know of the semaphore/,
);

# The target fires twice; `others` have uprobes at these places. `want` are the events of one firing.
sub trace {
    my ($name, $want, $left_out, %how) = @_;
    my $target = start([$program], in => 'pipe', answers => 1);
    my @handles = map { other_uprobe($target->pid, $_) } @{$how{others} || []};
    my $tracer = start_tracer({tracer => $tracer_path, env => $how{env}}, '-p', $target->pid, @{$how{options} || []});
    $target->ask('x') for 1, 2;
    $target->end_input;
    is($target->wait_end, 0, "$name: the target lives as ever");
    is($tracer->wait_end, 0, "$name: the tracer ends with it");
    my @got = map { /"type":"([^"]*)".*"n":(-?\d+|null)/ ? "$1 $2" : $_ } lines($tracer->out);
    is_deeply([sort @got], [sort map { my $n = $_; map { s/N/$n/r } @$want } 1, 2], "$name: the others are traced");
    my %told = $tracer->err =~ /^leftouttrace: leftout:(\w+) is left out at (0x\w+) of \Q$program\E: /mg;
    is_deeply(\%told, {map { $_ => $address->{$_}[0] } @$left_out}, "$name: what is left out is named");
    like($tracer->err, qr/leftout:$_ is left out .*$reason{$_}/, "$name: $_: the reason is told") for @$left_out;
    my ($probes, $sites) = $tracer->err =~ /: (\d+) probes? at (\d+) sites?, attached/;
    my %probes = map { /^(\S+)/ ? ($1 => 1) : () } @$want;
    is("$probes at $sites", scalar(keys %probes) . ' at ' . @$want, "$name: the sums are of what is traced");
    return $tracer;
}

my @always = ('first N', 'order__start N', 'unmoved N');
my @never = qw(second inside readonly);
for my $way (['links', {}], ['perf events', {PROBEGEN_ATTACH_PERF => 1}]) {
    my ($name, $env) = @$way;
    trace("$name, nobody else", [@always, 'alone N', 'shared N', 'shared -N'], \@never, env => $env);
    trace("$name, somebody at the only site", [@always, 'shared N', 'shared -N'], ['alone', @never], env => $env, others => [$offset->{alone}[0]]);
    trace("$name, somebody at one of two sites", [@always, 'alone N', 'shared N', 'shared -N'], \@never, env => $env, others => [$offset->{shared}[1]]);
    trace("$name, somebody at both", [@always, 'shared N', 'shared -N'], ['alone', @never], env => $env, others => [$offset->{alone}[0], $offset->{shared}[0]]);
}

{
    my $target = start([$program], in => 'pipe', answers => 1);
    my $other = other_uprobe($target->pid, $offset->{alone}[0]);
    my ($status, $out, $err) = run_program($tracer_path, '-p', $target->pid, '-t', 'leftout:alone');
    is("$status$out", 3, 'nothing is left: the tracer ends');
    like($err, qr/alone is left out .*\n.*none of the sites is left/, '... in words');
    ($status, $out, $err) = run_program($tracer_path, '-p', $target->pid, '-t', 'leftout:inside');
    is("$status$out", 4, 'nothing that could be traced: the tracer ends');
    like($err, qr/inside is left out .*\n.*no site that can be attached to/, '... in words');
    is($target->ask('x'), 'fired 1', 'the target lives');
}

# ---- names with a dash ----

for my $glob ('leftout:order-start', 'leftout:order__start', 'leftout:*-start', 'leftout:order?start', 'left*:order-*', 'leftout:[n-p]rder-start') {
    my ($status, $out) = run_program($tracer_path, '-l', '-t', $glob);
    is($out, "leftout:order__start(int n)\n", "-t '$glob'");
}
my $traced = trace('-t', ['order__start N'], [], options => ['-t', 'leftout:order-start']);
is($traced->complaints, '', '-t: of others nothing is told');

done_testing();
