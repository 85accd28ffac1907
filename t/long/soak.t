#!/usr/bin/perl
# ASSERTION: a tracer that is left running (DURATION seconds; 600) on a server whose workers come and go does not grow, counts every event, and its files
# can be read at any time.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Live;
use Server;
use Soak;
use Test::More;

need_bpf();

my ($program, $tracer_path) = make_prefork();
my $server = start_prefork($program, 0, 4, 200);
my $load;
my $result = soak(
    name => 'prefork', tracer => $tracer_path, options => ['-p', $server->pid, '--children'], program => $program, providers => ['prefork'],
    start => sub { $load = start_load($server->{port}, 4, 250) },
    burst => sub { $load->ask('rate 0') },
    calm => sub { $load->ask('rate 250') },
    stop => sub { $load->send_line('stop') },
);
my ($answered, $failed) = $load->next_line =~ /(\d+)/g;
is("$failed failed", '0 failed', 'no request failed');
my (undef, undef, $num_workers) = $server->ask('counts') =~ /(\d+)/g;
is($server->ask('counts'), "counts $answered $answered $num_workers", 'the server has counted what the client has');
is_deeply($result->{fired}, {map { $_ => $answered } qw(prefork:request prefork:response)}, 'and so has the kernel');
diag("$answered requests, $num_workers workers");

done_testing();
