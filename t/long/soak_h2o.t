#!/usr/bin/perl
# ASSERTION: the same (see soak.t) of h2otrace and a real h2o in master mode, all of whose probes are traced while h2load loads it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use H2O;
use Live;
use Server;
use Soak;
use Test::More;

plan(skip_all => why_no_h2o()) if why_no_h2o() ne '';
plan(skip_all => 'h2load is missing') if !grep { -x "$_/h2load" } split /:/, $ENV{PATH};
need_bpf();

my $master = start_master();
my ($steady, @bursts);

# Clients of HTTP/2 for so many seconds.
sub load_for {
    my ($seconds, @options) = @_;
    return start(['h2load', '-D', $seconds, '-c', 4, '-m', 4, @options, "http://127.0.0.1:$master->{port}/"]);
}

soak(
    name => 'h2o', tracer => build('bin/h2otrace'), options => ['-p', '@' . $master->{pid_file}, '--children'], program => $master->{binary},
    providers => [qw(h2o quicly picotls)],
    start => sub { $steady = load_for($ENV{DURATION} || 600, '--rps', 50) },
    burst => sub { push @bursts, load_for(2) },
    calm => sub { },
    stop => sub { $_->wait_end(60) for $steady, @bursts },
);

my $num_succeeded = 0;
for my $client ($steady, @bursts) {
    my ($started, $succeeded, $failed) = slurp($client->out) =~ /^requests: \d+ total, (\d+) started, .* (\d+) succeeded, (\d+) failed/m;
    $num_succeeded += $succeeded // 0;
    is($failed, 0, 'no request failed') or diag(slurp($client->out));
}
diag("$num_succeeded requests were answered");

done_testing();
