#!/usr/bin/perl
# ASSERTION: a real h2o that is restarted ten times in a minute under load, half of the times to another binary: no request fails, and each is traced
# exactly once.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use H2O;
use Live;
use Server;
use Test::More;
use Time::HiRes qw(time);

plan(skip_all => why_no_h2o()) if why_no_h2o() ne '';
need_bpf();

use constant {RESTARTS => 10, SECONDS => 60};

my $master = start_master();
my $binary = $master->{binary};
my $tracer = start_tracer('-p', '@' . $master->{pid_file}, '--children', '-b', '64M', '-t', 'h2o:receive_request,h2o:send_response');
my $load = start_load($master->{port}, 4, 250);

sub num_ended { return scalar(() = $tracer->err =~ /process \d+ \(\Q$binary\E.*\) has ended/g) }
sub num_attached { return scalar(() = $tracer->err =~ /tracing \Q$binary\E, too: \d+ sites/g) }

my ($begun, $num_over) = (time, 0);
for my $number (1 .. RESTARTS) {
    if ($number % 2 == 0) {
        my $before = num_attached();
        install_h2o($binary);
        ok(poll { num_attached() > $before }, "restart $number: the new binary is attached to before it is executed");
    }
    my $before = num_ended();
    $master->signal('HUP');
    # a worker that still has requests ends later, so the next restart may come before
    poll { num_ended() > $before && time - $begun >= $number * SECONDS / RESTARTS } and ++$num_over;
}
is($num_over, RESTARTS, 'each time an old worker has ended');
my ($answered, $failed) = $load->ask('stop') =~ /(\d+)/g;
is($failed, 0, 'no request failed') or diag($load->err);
ok(poll { 2 * $answered <= lines($tracer->out) }, 'all requests are in the trace');
$tracer->signal('TERM');
is($tracer->wait_end, 0, 'the tracer ends well');
like($tracer->err, qr/, 0 lost$/m, 'nothing is lost');

for my $type (qw(receive_request send_response)) {
    my (%times, %pids);
    for (grep { /"type":"$type"/ } lines($tracer->out)) {
        my ($pid, $conn_id, $req_id) = /"pid":(\d+),.*"conn_id":(\d+),"req_id":(\d+)/ or next;
        ++$times{"$pid $conn_id $req_id"};
        $pids{$pid} = 1;
    }
    is(scalar(grep { $_ != 1 } values %times), 0, "$type: each process, connection and request is there once");
    is(scalar(keys %times), $answered, "$type: so many as the client has counted");
    cmp_ok(scalar(keys %pids), '>=', 1 + RESTARTS, "$type: of a new worker after each restart");
}
diag(sprintf '%d requests in %.1f s, %d restarts', $answered, time - $begun, RESTARTS);

$master->signal('TERM');
isnt($master->wait_end, '', 'h2o ends');

done_testing();
