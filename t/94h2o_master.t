#!/usr/bin/perl
# ASSERTION: a real h2o that is started by its master is followed over graceful restarts, also to another binary: every request is traced exactly
# once, and whoever gives the pid of the master is told what to do.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use Live;
use Test::More;

plan(skip_all => 'no h2o to be traced: set H2O=/path/to/h2o') if !$ENV{H2O} || !-x $ENV{H2O};
need_bpf();

# where start_server is: the source tree beside what was built, or what H2O_ROOT says
my ($root) = grep { -x "$_/share/h2o/start_server" } $ENV{H2O_ROOT} // (), map { dirname($ENV{H2O}) . "/$_" } '.', '..', '../src';
plan(skip_all => 'there is no share/h2o/start_server; set H2O_ROOT') if !defined $root;
plan(skip_all => 'curl is missing') if !grep { -x "$_/curl" } split /:/, $ENV{PATH};

use constant TRACER_TARGET => 4;    # see runtime/options/exit.h

my $h2otrace = build('bin/h2otrace');
my $probe = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', Proto => 'tcp') or die "no port: $!";
my $port = $probe->sockport;
close $probe;

# a copy, which can be replaced
my $binary = tmp('h2o');
sub install {
    copy($ENV{H2O}, "$binary.new") && chmod 0755, "$binary.new" or die "$binary: $!";
    rename "$binary.new", $binary or die "$binary: $!";
}

install();
mkdir tmp('htdocs');
spew(tmp('htdocs/index.html'), "hello\n");
my $user = getpwuid($>);
spew(tmp('h2o.conf'), <<"END");
user: $user
num-threads: 2
pid-file: ${\tmp('h2o.pid')}
listen:
  host: 127.0.0.1
  port: $port
hosts:
  default:
    paths:
      "/":
        file.dir: ${\tmp('htdocs')}
END
my $master = start([$binary, '-m', 'master', '-c', tmp('h2o.conf')], env => {H2O_ROOT => $root});
my $is_up = poll { $master->status ne '' || IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Proto => 'tcp') };
if (!$is_up || $master->status ne '') {
    fail('h2o listens');
    diag($master->err, slurp($master->out));
    done_testing();
    exit 1;
}

# Makes requests, each on a connection of its own, and returns how many were answered.
sub make_requests {
    my ($num) = @_;
    my (undef, $out) = run_program('curl', '-sS', '--no-keepalive', '-H', 'connection: close', '-o', '/dev/null', '-w', "%{http_code}\n", map { "http://127.0.0.1:$port/?$_" } 1 .. $num);
    return scalar(() = $out =~ /^200$/mg);
}

my ($status, $out, $err) = run_program($h2otrace, '-p', $master->pid);
is("$status$out", TRACER_TARGET, 'the master alone: refused');
like($err, qr/has none of the probes, but its child \d+ \(\Q$binary\E\) has them: .*--children/, 'the master alone: its worker is named, and what to do');

my $tracer = start_tracer('-p', '@' . tmp('h2o.pid'), '--children', '-t', 'h2o:receive_request');
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
install();
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
