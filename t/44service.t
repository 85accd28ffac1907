#!/usr/bin/perl
# ASSERTION: the systemd unit is one; its command records into its folder of logs with no other rights and system calls than it has; logrotate takes
# its configuration, moves what was recorded, and has systemd tell the tracer.
use strict;
use warnings;
use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/lib";
use Live;
use POSIX ();
use Probegen ();
use Test::More;

Probegen::need_programs(qw(logrotate setpriv strace systemd-analyze));

my $MAX_EXPOSURE = 1.5;    # of 10; a unit without any of it has 9.6

my $unit = slurp('share/systemd/h2otrace@.service');
my %setting;
$setting{$1} = $2 while $unit =~ /^([A-Z]\w+)=(.*)$/mg;

# ---- the unit ----

{
    my $folder = tmp('units');
    mkdir $folder or die $!;
    spew("$folder/h2otrace\@h2o.service", $unit);
    spew("$folder/h2o.service", "[Service]\nExecStart=/bin/true\n");
    local $ENV{SYSTEMD_UNIT_PATH} = "$folder:";
    my ($status, $out, $err) = run_program('systemd-analyze', 'verify', '--man=no', "$folder/h2otrace\@h2o.service");
    is($status, 0, 'systemd takes the unit');
    is(join('', grep { /h2otrace/ } split /^/, "$out$err"), '', '... without a word');
    ($status, $out, $err) = run_program('systemd-analyze', 'security', '--offline=yes', '--no-pager', "$folder/h2otrace\@h2o.service");
    my ($exposure) = $out =~ /exposure level for \S+: ([\d.]+)/;
    cmp_ok($exposure // 10, '<=', $MAX_EXPOSURE, '... and finds it little exposed');
}

# ---- its command ----

SKIP: {
    my $why = Live::why_no_bpf();
    skip($why, 9) if $why ne '' && !$ENV{CI};
    skip('a sanitizer cannot look for leaks in what is traced', 9) if $ENV{SAN};
    # what systemd would put in place of its specifiers, and what the command finds
    my ($bin, $logs, $run) = (tmp('bin'), tmp('logs'), tmp('run'));
    mkdir $_ or die $! for $bin, $logs, $run;
    chmod 0755, $bin, $run;
    my $uid = 4711;
    chown $uid, $uid, $logs;
    copy(build('bin/h2otrace'), "$bin/h2otrace") or die $!;
    my $target = start_exerciser();
    $target->ask('rounds');
    spew("$bin/systemctl", "#!/bin/sh\n[ \"\$*\" = 'show --property=MainPID --value h2o.service' ] && echo " . $target->pid . "\n");
    chmod 0755, "$bin/h2otrace", "$bin/systemctl";
    my $env = {PATH => "$bin:/usr/bin:/bin", LOGS_DIRECTORY => $logs, RUNTIME_DIRECTORY => $run, H2OTRACE_OPTIONS => '-t picotls:* -t h2o:*'};
    # a line of the unit as a command
    my $command = sub { return map { s/%i/h2o/r } $_[0] =~ /^\+?(\S+) (-c) '([^']*)' (\S+) (\S+)$/ };
    my @ask = $command->($setting{ExecStartPre}) or die $setting{ExecStartPre};
    my $asked = start(\@ask, env => $env);
    is($asked->wait_end, 0, 'before it starts, systemd is asked for the pid');
    my ($shell, @rest) = $command->($setting{ExecStart}) or die $setting{ExecStart};
    my @names = map { lc s/^CAP_//r } split ' ', $setting{AmbientCapabilities};
    is($setting{CapabilityBoundingSet}, $setting{AmbientCapabilities}, 'what it has is what it could have');
    my $set = join ',', '-all', map { "+$_" } @names;
    my $trace = tmp('strace');
    my $service = start(['/usr/bin/strace', '-f', '-o', $trace, '/usr/bin/setpriv', "--reuid=$uid", "--regid=$uid", '--clear-groups', "--bounding-set=$set", "--inh-caps=$set",
        "--ambient-caps=$set", '--no-new-privs', $shell, @rest], env => $env);
    poll { $service->err =~ /Ctrl-C ends/ || $service->status ne '' };
    like($service->err, qr/Ctrl-C ends/, 'its command traces the main process of the service, with these rights');
    $target->ask('fire 0');
    $target->end_input;
    is($service->wait_end, 0, '... until that ends');
    my @events = lines("$logs/h2o.json");
    cmp_ok(scalar @events, '>', 10, '... events are in the file of the service');
    is(scalar(grep { !/^\{"module":"(?:h2o|picotls)"/ } @events), 0, '... those that its options name');

    # what the filter of the unit lets through: the sets that it names, and the sets in these
    my (%is_allowed, @open);
    @open = split ' ', $setting{SystemCallFilter};
    while (defined(my $name = shift @open)) {
        next if $is_allowed{$name}++ || $name !~ /^@/;
        push @open, grep { !/^#/ } map { /^\s+(\S+)/ ? $1 : () } split /\n/, (run_program('systemd-analyze', 'syscall-filter', $name))[1];
    }
    # setpriv is not the unit's: from the shell on
    my %called;
    for my $call (split /\n/, slurp($trace) =~ s/\A.*?^\d+ +execve\("\Q$shell\E"//msr) {
        $called{$1} = 1 if $call =~ /^\d+ +(\w+)\(/;
    }
    cmp_ok(scalar keys %called, '>', 20, 'strace has seen calls');
    is(join(' ', grep { !$is_allowed{$_} } sort keys %called), '', '... which the unit lets through, all of them');
}

# ---- logrotate ----

{
    my ($logs, $bin) = (tmp('old'), tmp('bin2'));
    mkdir $_ or die $! for $logs, $bin;
    chmod 0700, $logs;
    spew("$logs/h2o.json", "{}\n");
    spew("$bin/systemctl", "#!/bin/sh\necho \"\$@\" >" . tmp('told') . "\n");
    chmod 0755, "$bin/systemctl";
    my $conf = spew(tmp('logrotate'), slurp('share/logrotate/h2otrace') =~ s{/var/log/h2otrace}{$logs}gr);
    chmod 0644, $conf;
    local $ENV{PATH} = "$bin:$ENV{PATH}";
    my ($status, $out, $err) = run_program('logrotate', '--force', '--state', tmp('state'), $conf);
    is("$status$out$err", 0, 'logrotate takes its configuration');
    is(join(' ', map { s{.*/}{}r } glob "$logs/*"), 'h2o.json.1', '... has moved the file');
    is(slurp(tmp('told')), "reload h2otrace\@*.service\n", '... and told systemd to reload');
    like($setting{ExecReload}, qr/-HUP \$MAINPID\z/, '... which sends HUP');
}

done_testing();
