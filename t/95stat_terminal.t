#!/usr/bin/perl
# ASSERTION: on a terminal, --stat draws a table that fits the window, also when that changes; keys sort it and end it, and nothing of what
# definitions or targets have in names does anything to the terminal, which is as it was whatever has ended the tracer: also SIGKILL.
use strict;
use warnings;
use FindBin;
use JSON::PP;
use lib "$FindBin::Bin/lib";
use Live;
use Test::More;

need_bpf();

package Terminal {
    our @ISA = ('Live');

    sub command { my ($self, $line) = @_; return JSON::PP::decode_json($self->ask($line)) }
    sub show { return $_[0]->command('show') }

    # Until the lines match; what is shown then, or last.
    sub wait_for {
        my ($self, $pattern) = @_;
        my $shown;
        Live::poll { $shown = $self->show; join("\n", @{$shown->{lines}}) =~ $pattern };
        return $shown;
    }
}

sub start_terminal {
    my ($rows, $columns, @command) = @_;
    return bless start(['t/lib/screen.py', $rows, $columns, @command], in => 'pipe', answers => 1), 'Terminal';
}

sub fire {
    my ($target, %count) = @_;
    $target->ask("fire 0 $_ $count{$_}") for sort keys %count;
}

my $tracer = build('bin/h2otrace');
my $target = start_exerciser();
my %count = ('h2o:send_response' => 30, 'h2o:receive_request' => 20, 'picotls:new' => 10);

sub names { return join ' ', map { /^(\w+:\w+) / ? $1 : () } @{$_[0]{lines}} }

# ---- the table, its keys, its size ----

my $terminal = start_terminal(24, 80, $tracer, '-p', $target->pid, '--stat=200ms');
my $shown = $terminal->wait_for(qr/PROBE/);
ok($shown->{other} && !$shown->{cursor} && !$shown->{echo} && !$shown->{canonical}, 'the tracer has taken the terminal');
fire($target, %count);
$shown = $terminal->wait_for(qr/picotls:new +10 /);
is(names($shown), 'h2o:send_response h2o:receive_request picotls:new', '... probes are sorted by their counts');
like($shown->{lines}[0], qr/^h2otrace: 60 events of 3 probes in [\d.]+ s, [\d.]+ a second$/, '... the sums');
like($shown->{lines}[1], qr/^PROBE +COUNT +PER SECOND +SHARE$/, '... a header');
like($shown->{lines}[2], qr/^h2o:send_response +30 +[\d.]+ +50\.0 %$/, '... and the numbers');
note(join "\n", @{$shown->{lines}});
is(length $shown->{lines}[1], 80, '... as wide as the window');
$terminal->command('keys n');
$shown = $terminal->wait_for(qr/^h2o:receive_request.*\n^h2o:send_response/m);
is(names($shown), 'h2o:receive_request h2o:send_response picotls:new', 'n sorts by names');
$terminal->command('keys c');
is(names($terminal->wait_for(qr/^h2o:send_response.*\n^h2o:receive_request/m)), 'h2o:send_response h2o:receive_request picotls:new', 'c by counts');
$terminal->command('keys r');
poll { $target->ask('fire 0 picotls:new 50'); names($terminal->show) =~ /^picotls:new/ };
like(names($terminal->show), qr/^picotls:new/, 'r by rates: what fires just now comes first');
$terminal->command('keys xyz');
ok(!defined $terminal->show->{status}, 'other keys do nothing');

fire($target, '*' => 1);
$shown = $terminal->wait_for(qr/\.\.\. and \d+ more/);
is(scalar(grep { /\S/ } @{$shown->{lines}}), 24, 'more probes than lines: all are used');
my ($missing) = "@{$shown->{lines}}" =~ /\.\.\. and (\d+) more/;
is($missing + (() = names($shown) =~ /\S+/g), 135, '... and the last one says how many are missing');
for my $size ([40, 120], [10, 50], [24, 80], [4, 20], [1, 1], [24, 80]) {
    my ($rows, $columns) = @$size;
    $terminal->command("size $rows $columns");
    $shown = $rows < 5 ? $terminal->wait_for(qr/./) : $terminal->wait_for(qr/PROBE.*\.\.\. and \d+ more/s);
    ok($rows < 5 || (grep { /PROBE/ } @{$shown->{lines}}), "$rows x $columns: the table is drawn");
    is($shown->{scrolled}, 0, '... and never too large');
}
for my $case ([40, qr/PER SECOND/, 10], [30, qr/COUNT/, 13]) {
    my ($columns, $last, $name) = @$case;
    $terminal->command("size 24 $columns");
    $shown = $terminal->wait_for(qr/^PROBE.*$last\n/m);
    like((grep { /^PROBE/ } @{$shown->{lines}})[0], qr/^PROBE +COUNT.*(?<=$last)$/, "$columns columns: numbers that there is no room for are left out");
    like(join("\n", @{$shown->{lines}}), qr/^h2o:\S{$name} +\d+\b/m, '... and the count is there');
}
$terminal->command('size 24 80');
$terminal->wait_for(qr/SHARE/);
$terminal->command('keys q');
ok(poll { defined(($shown = $terminal->show)->{status}) }, 'q ends it');
is($shown->{status}, 'exit 0', '... with status 0');
ok(!$shown->{other} && $shown->{cursor} && $shown->{wraps} && $shown->{echo} && $shown->{canonical}, '... the terminal is as it was');
like($shown->{text}, qr/PROBE +COUNT.*\nh2o:.*h2otrace: \d+ events of 135 probes in [\d.]+ s, 0 lost\r?\n\z/s, '... and shows the last table');
like($shown->{text}, qr/tracing process \d+/, '... and what the tracer had to say');

# ---- values ----

$terminal = start_terminal(24, 80, $tracer, '-p', $target->pid, '--stat=200ms', '--by=err', '-t', 'h2o');
$terminal->wait_for(qr/PROBE/);
$target->ask("fire $_ h2o:*") for 0 .. 7;
$shown = $terminal->wait_for(qr/^err .*\n\S.* h2o:connect/m);
note(join "\n", @{$shown->{lines}});
is((grep { /^err +COUNT/ } @{$shown->{lines}}), 1, 'values have a table of their own');
is((grep { /[\x00-\x1f\x7f-\x9f]/ } @{$shown->{lines}}), 0, '... nothing in them does anything to a terminal');
is($shown->{scrolled}, 0, '... and all fits');

# ---- whatever ends it ----

for my $case (['TERM', 15, 'exit 0'], ['INT', 2, 'exit 0'], ['KILL', 9, 'signal 9'], ['QUIT', 3, 'signal 3'], ['ABRT', 6, 'signal 6']) {
    my ($name, $number, $expected) = @$case;
    my $one = start_terminal(24, 80, $tracer, '-p', $target->pid, '--stat');
    ok(poll { my $s = $one->show; $s->{other} && !$s->{echo} && !$s->{cursor} }, "$name: the terminal is taken");
    $one->command("signal $number");
    my $s;
    ok(poll { $s = $one->show; defined $s->{status} && !$s->{other} && $s->{echo} }, "$name: it is given back");
    is($s->{status}, $expected, '... the tracer has ended so');
    ok($s->{cursor} && $s->{wraps} && $s->{canonical}, '... all of it is as it was');
}

# the target's end
$target->end_input;
ok(poll { defined(($shown = $terminal->show)->{status}) && !$shown->{other} }, "the target's end ends it");
ok($shown->{status} eq 'exit 0' && $shown->{echo} && $shown->{cursor}, '... the terminal is as it was');

done_testing();
