package Live;

# What the live tests (t/9*.t) share: programs that are started, watched and ended, tracers, and what they print.
#
# No test sleeps to be right: it waits for something that it can see, with a time-out. Every program is a Live object and is killed by its pid
# when the test ends. Perl closes its own ends of pipes in what it starts ($^F), so that the end of a pipe is seen.

use strict;
use warnings;
use BuildLock;
use Exporter 'import';
use File::Basename qw(dirname);
use POSIX ();
use Temp;
use Test::More;
use Time::HiRes qw(time);

our @EXPORT = qw(need_bpf bpf bpf_programs build tmp start start_exerciser start_tracer compile cases_tracer run_program poll slurp lines all_lines is_frame spew give json_lines_are_valid
    canonical event_text type_of count_by_type TIMEOUT);

use constant TIMEOUT => 30;

chdir dirname(__FILE__) . "/../.." or die "cannot enter the project's folder: $!";

my $owner = $$;
my $tmp = temp_dir();
# root's tracer writes files as nobody
chmod 0777, $tmp or die "$tmp: $!";
my @started;

$SIG{PIPE} = 'IGNORE';

END {
    if ($$ == $owner) {
        my $status = $?;    # of the test; waitpid() changes it
        $_->end for @started;
        $? = $status;
    }
}

# ---- what there is ----

# The build folder.
sub build { return ($ENV{O} || 'out') . (@_ ? "/$_[0]" : '') }

# A path in the test's own folder, which goes with it.
sub tmp { return "$tmp/$_[0]" }

my %bpf_syscall = ('x86_64' => 321, 'aarch64' => 280);

# Why BPF cannot be used; '' if it can: tries to create a map.
sub why_no_bpf {
    my $machine = (POSIX::uname())[4];
    return 'not root' if $> != 0;
    return "not tried on $machine" if !exists $bpf_syscall{$machine};
    my $attr = pack('L4 x56', 2, 4, 4, 1);    # union bpf_attr for BPF_MAP_CREATE (0): BPF_MAP_TYPE_ARRAY, key, value, entries
    my $fd = syscall($bpf_syscall{$machine}, 0, $attr, length $attr);
    return "bpf(): $!" if $fd < 0;
    POSIX::close($fd);
    return '';
}

# Skips the test if BPF cannot be used; in CI that is a failure.
sub need_bpf {
    my $why = why_no_bpf();
    return if $why eq '';
    plan(skip_all => "BPF cannot be used: $why") if !$ENV{CI};
    fail("BPF cannot be used: $why");
    done_testing();
    exit 1;
}

# The system call: what it returns, -1 with $! set. The argument is changed as the kernel changes it.
sub bpf { return syscall($bpf_syscall{(POSIX::uname())[4]}, $_[0], $_[1], length $_[1]) }

# The ids of the BPF programs in the kernel that have that name. (linux/bpf.h: BPF_PROG_GET_NEXT_ID 11, BPF_PROG_GET_FD_BY_ID 13,
# BPF_OBJ_GET_INFO_BY_FD 15; struct bpf_prog_info has the name at 64)
sub bpf_programs {
    my ($name) = @_;
    my ($id, @found) = (0);
    while (1) {
        my $next = pack('L3 x116', $id, 0, 0);
        last if bpf(11, $next) != 0;
        (undef, $id) = unpack 'L2', $next;
        my $by_id = pack('L3 x116', $id, 0, 0);
        my $fd = bpf(13, $by_id);
        next if $fd < 0;    # it has just gone
        my $info = "\0" x 80;
        my $of_fd = pack('L2 P x112', $fd, length $info, $info);
        push @found, $id if bpf(15, $of_fd) == 0 && unpack('Z*', substr $info, 64, 16) eq $name;
        POSIX::close($fd);
    }
    return @found;
}

# ---- files ----

sub slurp {
    my ($path) = @_;
    open my $fh, '<:raw', $path or return '';
    local $/;
    return scalar(<$fh>) // '';
}

# What a tracer says of its stream: its first and its last line.
sub is_frame { return $_[0] =~ /^\{"module":"[^"]+","type":"(?:start|end)","time":[\d.]+,"(?:version|why)":/ }

# The whole lines of a file, without their newlines.
sub all_lines {
    my $text = slurp($_[0]);
    return split /\n/, substr($text, 0, rindex($text, "\n") + 1);
}

# The same without the first and the last line of a tracer: its events.
sub lines { return grep { !is_frame($_) } all_lines(@_) }

sub spew {
    my ($path, $text) = @_;
    open my $fh, '>:raw', $path or die "$path: $!";
    print $fh $text;
    close $fh or die "$path: $!";
    return $path;
}

# Makes a file the one of the user that root's tracer becomes. Returns its path.
sub give {
    my ($path) = @_;
    my ($uid, $gid) = (getpwnam 'nobody')[2, 3];
    chown $uid, $gid, $path or die "$path: $!";
    return $path;
}

# ---- time ----

# Calls the code until it returns something true, and returns that; undef after the time-out.
sub poll(&;$) {
    my ($code, $timeout) = @_;
    my $end = time + ($timeout // TIMEOUT);
    while (1) {
        my $result = $code->();
        return $result if $result;
        return undef if time > $end;
        select undef, undef, undef, 0.01;
    }
}

# ---- programs ----

my $num_started = 0;

# Starts a program. Options: out => path or file handle (default: a file of its own), in => 'pipe' (default: /dev/null), env => {...},
# answers => 1: its output is a pipe that ask() reads.
sub start {
    my ($command, %options) = @_;
    my $self = bless {name => $command->[0] =~ s{.*/}{}r, in => undef, from => undef, buffer => ''}, 'Live';
    my $base = tmp(++$num_started . "-$self->{name}");
    my ($read, $write, $answer_read, $answer_write);
    pipe my $is_execed, my $is_forked or die "pipe: $!";

    $self->{err} = "$base.err";
    $self->{out} = ref $options{out} ? undef : $options{out} // "$base.out";
    pipe $read, $write or die "pipe: $!" if $options{in};
    pipe $answer_read, $answer_write or die "pipe: $!" if $options{answers};

    defined($self->{pid} = fork) or die "fork: $!";
    if ($self->{pid} == 0) {
        my $to = ref $options{out} ? $options{out} : $answer_write;
        open(STDIN, '<', '/dev/null') if !$read;
        POSIX::dup2(fileno $read, 0) if $read;
        open(STDERR, '>', $self->{err}) or POSIX::_exit(126);
        if ($to) {
            POSIX::dup2(fileno $to, 1);
        } else {
            umask 077;    # a tracer complains of a file that others can read, if it is to hold secrets
            open(STDOUT, '>', $self->{out}) or POSIX::_exit(126);
            umask 022;
        }
        @ENV{keys %{$options{env}}} = values %{$options{env}} if $options{env};
        exec {$command->[0]} @$command or POSIX::_exit(127);
    }
    $self->{in} = $write;
    $self->{from} = $answer_read;
    push @started, $self;
    # Perl closes the other end when the program is executed: from then on the process is what it shall be
    close $is_forked;
    sysread $is_execed, my $nothing, 1;
    return $self;
}

sub pid { return $_[0]{pid} }
sub out { return $_[0]{out} }
sub err { return slurp($_[0]{err}) }

# Has it ended? Its exit status, or "signal N"; '' if it runs.
sub status {
    my ($self) = @_;
    if (!defined $self->{status} && waitpid($self->{pid}, POSIX::WNOHANG()) == $self->{pid}) {
        $self->{status} = $? & 127 ? 'signal ' . ($? & 127) : $? >> 8;
    }
    return $self->{status} // '';
}

# Waits for its end; returns as status() does, '' after the time-out.
sub wait_end {
    my ($self, $timeout) = @_;
    poll { $self->status ne '' } $timeout;
    return $self->status;
}

# A signal, as long as it is there to get it.
sub signal {
    my ($self, $signal) = @_;
    return $self->status eq '' && kill $signal, $self->{pid};
}

# Stops it, and returns when it has stopped.
sub stop {
    my ($self) = @_;
    $self->signal('STOP');
    return poll { slurp("/proc/$self->{pid}/stat") =~ /\) T / };
}

# Kills it if it still runs.
sub end {
    my ($self) = @_;
    close $self->{in} if $self->{in};
    $self->{in} = undef;
    return if $self->status ne '';
    kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
    $self->{status} = 'signal 9';
}

# The end of its input.
sub end_input {
    my ($self) = @_;
    close $self->{in};
    $self->{in} = undef;
}

sub send_line {
    my ($self, $line) = @_;
    my $text = "$line\n";
    syswrite($self->{in}, $text) == length $text or die "$self->{name} does not take '$line': $!";
}

# The next line that it prints, without its newline; undef at its end or after the time-out.
sub next_line {
    my ($self, $timeout) = @_;
    my $end = time + ($timeout // TIMEOUT);
    while (index($self->{buffer}, "\n") < 0) {
        my $left = $end - time;
        my $set = '';
        vec($set, fileno $self->{from}, 1) = 1;
        return undef if $left <= 0 || select($set, undef, undef, $left) <= 0;
        return undef if !sysread $self->{from}, $self->{buffer}, 65536, length $self->{buffer};
    }
    $self->{buffer} =~ s/^(.*)\n//;
    return $1;
}

# A command and its answer.
sub ask {
    my ($self, $line) = @_;
    $self->send_line($line);
    return $self->next_line // 'no answer';
}

# The number in the answer: "fired 135".
sub ask_number {
    my ($self, $line) = @_;
    return $self->ask($line) =~ /^\w+ (\d+)$/ ? $1 : -1;
}

# ---- our programs ----

# An exerciser (see gen/exerciser/main.c), to which commands are sent with ask().
sub start_exerciser {
    my (@options) = @_;
    return start([build('bin/h2otrace-exerciser'), @options], in => 'pipe', answers => 1);
}

# A tracer, and waits until it listens. The first argument may hold options of start(), and tracer => its path.
sub start_tracer {
    my ($options, @arguments) = ref $_[0] ? @_ : ({}, @_);
    my $tracer = start([$options->{tracer} // build('bin/h2otrace'), @arguments], %$options);
    poll { $tracer->err =~ /Ctrl-C ends/ || $tracer->status ne '' };
    if ($tracer->err !~ /Ctrl-C ends/) {
        fail("the tracer listens (@arguments)");
        diag($tracer->status eq '' ? 'it did not within ' . TIMEOUT . ' s' : 'it ended with ' . $tracer->status, "\n", $tracer->err);
    }
    return $tracer;
}

# What it says beside that it listens, that its target has ended, and its sums: nothing, if all is well.
sub complaints {
    my ($self) = @_;
    return join '', grep { !/Ctrl-C ends|events? of \d+ probes? in|^\w+: process \d+ \(.+\) has ended/ } split /^/, $self->err;
}

# Runs a program to its end. Returns its status, its output, and what it says on standard error.
sub run_program {
    my (@command) = @_;
    my $options = ref $command[0] ? shift @command : {};
    my $program = start([@command], %$options);
    my $status = $program->wait_end($options->{timeout});
    $program->end;
    return ($status, $program->out ? slurp($program->out) : '', $program->err);
}

# Compiles a program of t/cases into the test's folder; returns its path.
sub compile {
    my ($name, @arguments) = @_;
    my $path = tmp($name);
    my ($status, $out, $err) = run_program($ENV{CC} || 'gcc', '-O2', '-Wall', '-Wextra', '-o', $path, @arguments);
    $status eq '0' or die "cannot compile $name:\n$out$err";
    return $path;
}

# The tracer for the programs of t/cases (and of the definitions given), made as anyone would make one; built once for all tests.
sub cases_tracer {
    my ($name, @definitions) = @_;
    delete local @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL)};    # of the make that runs the tests
    my @make = ('make', '-s', "PROBES=@definitions", "TRACER=$name", $ENV{SAN} ? 'SAN=1' : (), build("bin/$name"));
    my $lock = lock_build();
    my ($status, $out, $err) = run_program({timeout => 120}, @make);
    $status eq '0' or die "cannot build the tracer for @definitions:\n$out$err";
    return build("bin/$name");
}

# ---- events ----

sub type_of {
    my ($line) = @_;
    return $line =~ /^\{"module":"([^"]*)","type":"([^"]*)"/ ? "$1:$2" : 'no event';
}

sub count_by_type {
    my %count;
    ++$count{type_of($_)} for @_;
    return \%count;
}

# One way to write a string: unescaped, then all but printable ASCII as \u{hex}.
sub canonical_string {
    my ($text) = @_;
    return $text if $text !~ /[^ !#-\[\]-~]/;
    my %letters = (b => "\b", t => "\t", n => "\n", f => "\f", r => "\r", '"' => '"', '\\' => '\\', '/' => '/');
    my $chars = $text;
    utf8::decode($chars);    # lenient: python3 says whether it is UTF-8
    $chars =~ s{\\(?:u([dD][89abAB]..)\\u([dD][c-fC-F]..)|u(....)|(.))}
               {defined $1 ? chr(0x10000 + ((hex($1) - 0xd800) << 10) + hex($2) - 0xdc00) : defined $3 ? chr hex $3 : $letters{$4}}ge;
    $chars =~ s/([^ !#-\[\]-~])/sprintf '\\u{%x}', ord $1/ge;
    return $chars;
}

# A line of JSON with all its strings written in one way; numbers stay as they are, exact to the last digit.
sub canonical {
    my ($line) = @_;
    $line =~ s/"((?:[^"\\]++|\\.)*+)"/'"' . canonical_string($1) . '"'/ge;
    return $line;
}

# An event without what the exerciser cannot know. In list context also the thread and the time (ms).
sub event_text {
    my ($line) = @_;
    $line =~ s/^(\{"module":"[^"]*","type":"[^"]*"),"tid":(\d+),"time":(\d+\.\d{3})(?=[,}])/$1/;
    my ($tid, $time) = ($2, $3);
    return wantarray ? (canonical($line), $tid, $time) : canonical($line);
}

# Both witnesses read the file: python3 refuses what is not UTF-8, jq what is not JSON.
sub json_lines_are_valid {
    my ($path, $name) = @_;
    my $num = () = all_lines($path);
    my ($status, $out, $err) = run_program('python3', '-m', 'json.tool', '--json-lines', '--no-indent', $path, '/dev/null');
    is("$status$err", '0', "$name: python3 reads every line");
    ($status, $out, $err) = run_program('jq', '-n', 'reduce inputs as $x (0; if $x | type == "object" then . + 1 else error end)', $path);
    is("$status$err $out", "0 $num\n", "$name: jq reads every line as an object");
}

1;
