package Server;

# Servers under load, which the long tests trace: the one of t/cases/prefork.c (a real h2o: H2O.pm), and a client that counts what it is answered.

use strict;
use warnings;
no warnings 'portable';    # addresses have 64 bits
use Exporter 'import';
use IO::Socket::INET;
use Live;
use Notes;
use Test::More;

our @EXPORT = qw(free_port make_prefork start_prefork start_load start_witness semaphores_of ids_of ids_left);

# A port of 127.0.0.1 that nobody listens to, neither by TCP nor by UDP.
sub free_port {
    while (1) {
        my $tcp = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', Proto => 'tcp') or die "no port: $!";
        my $port = $tcp->sockport;
        return $port if IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'udp');
    }
}

# ---- a small server ----

# Builds it, and its tracer; returns the paths of both.
sub make_prefork {
    my ($status, undef, $err) = run_program(build('bin/probegen'), 'dtrace', '-h', '-s', 't/cases/prefork.d', '-o', tmp('prefork.h'));
    $status eq '0' or die "no header: $err";
    return (compile('prefork', '-std=gnu11', '-D_GNU_SOURCE', '-g', '-I' . tmp(''), 't/cases/prefork.c'), cases_tracer('preforktrace', 't/cases/prefork.d'));
}

# It listens when this returns; {port} is where.
sub start_prefork {
    my ($program, $port, $num_workers, $limit) = @_;
    my $server = start([$program, $port, $num_workers, $limit], in => 'pipe', answers => 1);
    ($server->{port}) = ($server->next_line // '') =~ /^listening (\d+)$/ or die "$program does not listen: " . $server->err;
    return $server;
}

# A client: see t/lib/load.c.
my $load_path;

sub start_load {
    my ($port, $num_threads, $rate) = @_;
    $load_path //= compile('load', '-std=gnu11', '-D_GNU_SOURCE', '-pthread', 't/lib/load.c');
    return start([$load_path, $port, $num_threads, $rate], in => 'pipe', answers => 1);
}

# ---- what the kernel says ----

# Counts the firings of all sites of these providers in a file; by_probe() has the sums.
sub start_witness {
    my ($program, @providers) = @_;
    my $path = compile('witness', '-D_GNU_SOURCE', 't/lib/witness.c');
    my (%seen, @notes);
    for my $provider (@providers) {
        push @notes, map { {%$_, probe => "$provider:$_->{probe}"} } grep { !$seen{$_->{site}}++ } notes_of($program, $provider);
    }
    my $witness = start([$path, $program, map { "$_->{site}:$_->{semaphore}" } @notes], in => 'pipe', answers => 1);
    ($witness->next_line // '') eq 'ready' or die $witness->err;
    $witness->{by_probe} = sub {
        my @counts = $witness->ask('counts') =~ /(\d+)/g;
        my %sums;
        $counts[$_] and $sums{$notes[$_]{probe}} += $counts[$_] for 0 .. $#notes;
        return \%sums;
    };
    return $witness;
}

# The semaphores of a provider, as they stand in the memory of a process: (N...); none if the process has ended.
sub semaphores_of {
    my ($pid, $program, $notes) = @_;
    my @maps = map { /^(\w+)-(\w+) rw\S+ (\w+) \S+ \d+\s+\Q$program\E$/ ? [map { hex } $1, $2, $3] : () } split /\n/, slurp("/proc/$pid/maps");
    open my $memory, '<:raw', "/proc/$pid/mem" or return;
    my @values;
    for my $offset (map { $_->{semaphore} } @$notes) {
        my ($map) = grep { $offset >= $_->[2] && $offset < $_->[2] + $_->[1] - $_->[0] } @maps or return;
        sysseek($memory, $map->[0] + $offset - $map->[2], 0) && sysread($memory, my $bytes, 2) == 2 or return;
        push @values, unpack 'S', $bytes;
    }
    return @values;
}

# ---- what a tracer has in the kernel ----

# The ids of the BPF programs, maps and links that a process has: "prog 12"...
sub ids_of {
    my ($pid) = @_;
    my %ids;
    for my $path (glob "/proc/$pid/fdinfo/*") {
        my ($kind, $id) = slurp($path) =~ /^(prog|map|link)_id:\t(\d+)$/m or next;
        # a link's has that of its program, too
        my $text = slurp($path);
        $ids{"$1 $2"} = 1 while $text =~ /^(prog|map|link)_id:\t(\d+)$/mg;
    }
    return sort keys %ids;
}

# Those that are still in the kernel. (linux/bpf.h: BPF_PROG_GET_FD_BY_ID 13, BPF_MAP_GET_FD_BY_ID 14, BPF_LINK_GET_FD_BY_ID 30)
my %get = (prog => 13, map => 14, link => 30);

sub ids_left {
    return grep {
        my ($kind, $id) = split / /;
        my $fd = bpf($get{$kind}, pack('L3 x116', $id, 0, 0));
        POSIX::close($fd) if $fd >= 0;
        $fd >= 0;
    } @_;
}

1;
