#!/usr/bin/perl
# ASSERTION: a real h2o that is started by its master is followed over graceful restarts, also to another binary: every request is traced exactly
# once, and whoever gives the pid of the master is told what to do.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use H2O;
use Live;
use Test::More;

plan(skip_all => why_no_h2o()) if why_no_h2o() ne '';
need_bpf();

plan(skip_all => 'curl is missing') if !grep { -x "$_/curl" } split /:/, $ENV{PATH};

use constant TRACER_TARGET => 4;    # see runtime/options/exit.h

my $h2otrace = build('bin/h2otrace');
my $master = start_master();
my ($binary, $port) = @$master{qw(binary port)};

# Makes requests, each on a connection of its own, and returns how many were answered.
sub make_requests {
    my ($num) = @_;
    my (undef, $out) = run_program('curl', '-sS', '--no-keepalive', '-H', 'connection: close', '-o', '/dev/null', '-w', "%{http_code}\n", map { "http://127.0.0.1:$port/?$_" } 1 .. $num);
    return scalar(() = $out =~ /^200$/mg);
}

my ($status, $out, $err) = run_program($h2otrace, '-p', $master->pid);
is("$status$out", TRACER_TARGET, 'the master alone: refused');
like($err, qr/has none of the probes, but its child \d+ \(\Q$binary\E\) has them: .*--children/, 'the master alone: its worker is named, and what to do');

my $tracer = start_tracer('-p', '@' . $master->{pid_file}, '--children', '-t', 'h2o:receive_request');
my $num_answered = make_requests(100);

# Has the master start another worker, makes requests meanwhile, and waits until the old one has gone.
sub restart {
    my ($name) = @_;
    my $num_ended = () = $tracer->err =~ /process \d+ \(\Q$binary\E.*\) has ended/g;
    $master->signal('HUP');
    my $is_over = poll {
        $num_answered += make_requests(20);
        $num_ended < (() = $tracer->err =~ /process \d+ \(\Q$binary\E.*\) has ended/g);
    };
    ok($is_over, "$name: the old worker ends, and that is said");
}

restart("restart $_") for 1 .. 2;
install_h2o($binary);
ok(poll { $tracer->err =~ /tracing \Q$binary\E, too: \d+ sites/ }, 'the binary is replaced: the new one is attached to before it is executed');
restart('upgrade');
$num_answered += make_requests(100);
$tracer->signal('TERM');
is($tracer->wait_end, 0, 'the tracer ends well');
like($tracer->err, qr/, 0 lost$/m, 'nothing is lost');
is(scalar(lines($tracer->out)), $num_answered, 'every request is traced exactly once');
my %pids = map { /"pid":(\d+)/ ? ($1 => 1) : () } lines($tracer->out);
cmp_ok(scalar(keys %pids), '>=', 4, 'by four workers, one after the other');

$master->signal('TERM');
isnt($master->wait_end, '', 'h2o ends');

done_testing();
