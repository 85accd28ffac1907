#!/usr/bin/perl
# ASSERTION: the pieces of probegen and of the runtime do what their headers say: each t/unit/**/test_*.c is built and passes, whatever the number
# of its tests.

use strict;
use warnings;
use lib 't/lib';
use BuildLock;
use Probegen;
use Test::More;
use Unit;

$ENV{PROBEGEN_ROOT} = $ROOT;
$ENV{PROBEGEN_OBJECT} = "$ROOT/$O/gen/h2otrace/tracer.bpf.o";

my @names = unit_names();
ok(@names >= 8, 'the unit tests are there');

my $dir;
{
    my $lock = lock_build();
    $dir = unit_dir();
    in_parallel(map { ["$_ is built without a warning", unit_command($_), timeout => 120] } @names);
}
my @results = run_parallel(map { [["$dir/$_"], timeout => 300] } @names);

for my $name (@names) {
    my $result = shift @results;
    subtest $name => sub {
        my ($plan, $count, @failed) = (undef, 0);
        my @lines = split /\n/, $result->{out};
        for my $i (0 .. $#lines) {
            $plan = $1 if $lines[$i] =~ /^1\.\.(\d+)/;
            ++$count if $lines[$i] =~ /^(not )?ok\b/;
            if ($lines[$i] =~ /^not ok/) {
                push @failed, $lines[$i];
                push @failed, $lines[$i] while $i < $#lines && $lines[++$i] =~ /^#/;
            }
            note($lines[$i]) if $lines[$i] =~ /# SKIP/;
            push @failed, $lines[$i] if $lines[$i] =~ /^Bail out!/;
        }
        ok(!@failed, 'every test passes') or diag(join "\n", @failed);
        ok(defined $plan && $plan > 0 && $plan == $count, "all $count of them ran to the end");
        ok($result->{status} == 0 && $result->{signal} == 0, 'it ends well')
            or diag("status $result->{status}, signal $result->{signal}\n", substr($result->{err}, 0, 6000));
    };
}
done_testing();
