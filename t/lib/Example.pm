package Example;

# What the tests of the installation share (t/46cmake.t, t/47make.t, t/49debian.t): the example of t/example, built with an installed probegen.

use strict;
use warnings;
use BuildLock;
use Exporter 'import';
use JSON::PP ();
use Live ();
use Probegen;
use Test::More;

our @EXPORT = qw(install_to copy_example traces_orders stamps_of renewed append touch);

# Installs what was built; returns the prefix.
sub install_to
{
    my ($stage, $prefix) = @_;
    my $lock = lock_build();
    run_ok(['make', 'all'], 'make', timeout => 300);
    run_ok(['make', 'install', "DESTDIR=$stage", "PREFIX=$prefix"], 'make install');
    return $stage . $prefix;
}

sub copy_example
{
    my ($to) = @_;
    run_ok(['cp', '-r', 't/example', $to], 'a copy of the example');
    return $to;
}

# Starts the shop and the tracer, orders something, and looks at the events.
sub traces_orders
{
    my ($shop, $tracer, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
  SKIP: {
        my $why = Live::why_no_bpf();
        skip "BPF cannot be used: $why", 1 if $why ne '' && !$ENV{CI};
        my $program = Live::start([$shop], in => 'pipe', answers => 1);
        $program->send_line('120 bread');    # its answer shows that the program runs
        $program->next_line;
        my $trace = Live::start_tracer({tracer => $tracer}, '-p', $program->pid);
        $program->send_line($_) for '250 a "good" cheese', '80 tea';
        $program->next_line for 1 .. 2;
        $program->end_input;
        is($program->wait_end, 0, "$what: the program ends");
        is($trace->wait_end, 0, '... and the tracer with it');
        my @events = map { my $event = JSON::PP->new->decode($_); delete @$event{qw(tid time module order)}; $event } Live::lines($trace->out);
        is_deeply(\@events, [
            {type => 'order', number => 2, cents => 250, item => 'a "good" cheese', item_len => 15, is_first => JSON::PP::false},
            {type => 'order', number => 3, cents => 80, item => 'tea', item_len => 3, is_first => JSON::PP::false},
            {type => 'close', num_orders => 3, cents => 450},
        ], "$what: the tracer shows its events") or diag($trace->err);
    }
}

# path -> when it was written, as text
sub stamps_of
{
    my $stat = run(['stat', '-c', '%y %i', @_]);
    die $stat->{err} if $stat->{status} != 0;
    my @stamps = split /\n/, $stat->{out};
    return {map { $_[$_] => $stamps[$_] } 0 .. $#_};
}

# The names of the files that were written anew since, in order.
sub renewed
{
    my ($before) = @_;
    my $after = stamps_of(keys %$before);
    return join ' ', map { s{.*/}{}r } sort { $a =~ s{.*/}{}r cmp $b =~ s{.*/}{}r } grep { $after->{$_} ne $before->{$_} } keys %$before;
}

sub append
{
    my ($path, $text) = @_;
    spit($path, slurp($path) . $text);
}

sub touch
{
    utime undef, undef, $_ or die "$_: $!" for @_;
}

1;
