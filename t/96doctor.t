#!/usr/bin/perl
# ASSERTION: the tracer's doctor says what is so of the machine, of its rights, and of what a process or a file has of the probes, a line each, and
# its exit status tells whether tracing is possible: what it says can be traced can, and what it says cannot be is refused by the tracer, too.
use strict;
use warnings;
use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/lib";
use Cli;
use Live;
use Test::More;

use constant {TRACER_OK => 0, TRACER_ENVIRONMENT => 3, TRACER_TARGET => 4, TRACER_OUTPUT => 5};    # see runtime/options/exit.h

need_bpf();
delete @ENV{qw(PROBEGEN_ATTACH_PERF)};

my ($h2otrace, $exerciser) = map { build("bin/$_") } qw(h2otrace h2otrace-exerciser);
my (undef, $catalog) = run_program($h2otrace, '-l');
my $num_probes = () = $catalog =~ /^\S+\(/mg;

# Runs the doctor. @return its exit status, and subject -> its lines, without the subject
sub ask_doctor {
    my ($command, @arguments) = @_;
    my ($status, $out, $err) = run_program(@$command, 'doctor', @arguments);
    my %said;
    is($err, '', "doctor @arguments: nothing on standard error");
    is(join('', grep { !/^(?:ok  |warn|fail)  \S.{11}  \S.*\n\z/ } split /^/, $out), '', '... lines of one form');
    push @{$said{$2 =~ s/ +\z//r}}, "$1 $3" while $out =~ /^(\w+) +(.{12})  (.*)$/mg;
    return ($status, \%said);
}
sub says { my ($said, $subject, $line, $what) = @_; like(join("\n", @{$said->{$subject} // []}), $line, $what) }

# ---- the machine ----

my ($status, $said) = ask_doctor([$h2otrace]);
is($status, TRACER_OK, 'exit status of a machine that can trace');
my ($release, $machine) = (POSIX::uname())[2, 4];
says($said, 'kernel', qr/\Aok Linux \Q$release\E, $machine\z/, 'the kernel');
says($said, 'rights', qr/\Aok CAP_SYS_ADMIN\z|\Aok CAP_BPF and CAP_PERFMON/, 'the rights');
my $disabled = slurp('/proc/sys/kernel/unprivileged_bpf_disabled') =~ s/\s+//r;
says($said, 'settings', qr/\Aok kernel\.unprivileged_bpf_disabled=\Q$disabled\E /, 'settings');
says($said, 'libraries', qr/\Aok libbcc \d+\.\d+\.\d+, libbpf \d+\.\d+\z/, 'libraries');
{
    # the tracer tells of what the kernel lacks
    my $target = start_exerciser();
    my $tracer = start_tracer('-p', $target->pid);
    my $lacks = $tracer->err =~ /has no uprobe_multi/;
    says($said, 'uprobes', $lacks ? qr/\Awarn no uprobe_multi/ : qr/\A(?:ok|warn) uprobe_multi/, 'links');
    says($said, 'memory', $tracer->err =~ /no program sleep/ ? qr/\Awarn / : qr/\Aok /, 'sleeping') if !$lacks;
}

# ---- rights ----

{
    copy($h2otrace, my $for_all = tmp('h2otrace')) or die $!;
    chmod 0755, $for_all;
    my @as = qw(setpriv --reuid=1000 --regid=1000 --clear-groups);
    ($status, $said) = ask_doctor([@as, $for_all]);
    is($status, TRACER_ENVIRONMENT, 'exit status of who may not trace');
    says($said, 'rights', qr/\Afail tracing needs CAP_BPF and CAP_PERFMON, /, '... what is missing');
    says($said, 'uprobes', qr/\Awarn not known/, '... what is not known then');
    ($status, $said) = ask_doctor([@as, '--inh-caps=+bpf,+perfmon', '--ambient-caps=+bpf,+perfmon', $for_all], '-p', $$);
    is($status, TRACER_TARGET, 'exit status of who may trace, but not this process');
    says($said, 'rights', qr/\Aok CAP_BPF and CAP_PERFMON\nwarn without CAP_SYS_PTRACE [^\n]*\nwarn without CAP_DAC_READ_SEARCH /, '... what is lost');
    says($said, 'process', qr/\Afail looking at process $$ needs CAP_SYS_PTRACE, /, '... what is missing');
}

# ---- programs ----

# What it has to say of all that the exerciser has.
sub is_well {
    my ($name, @arguments) = @_;
    ($status, $said) = ask_doctor([$h2otrace], @arguments);
    is($status, TRACER_OK, "$name: exit status");
    says($said, 'program', qr/\Aok \S*\Q$exerciser\E: 64 bits, of this machine\z/, "$name: what it is");
    says($said, 'probes', qr/\Aok $num_probes of the $num_probes that are defined, at $num_probes sites\z/, "$name: probes");
    says($said, 'sites', qr/\Aok $num_probes nop, 0 nop5, 0 nop10, 0 others; $num_probes have a semaphore/, "$name: sites");
    says($said, 'debug info', qr/\Aok of \S*\Q$exerciser\E: in \S*\Q$exerciser\E\z/, "$name: debug information");
    says($said, 'fields', qr/\Aok all \d+ of structs that are to be in events are found\z/, "$name: fields");
}
my $target = start_exerciser();
$target->ask('enabled');
is_well('a process', '-p', $target->pid);
is_well('a file', $exerciser);
is($target->ask_number('enabled'), 0, 'it attaches to nothing');

# a stripped file
my $stripped = tmp('stripped');
my $debug = "$stripped.debug";
is((run_program('objcopy', '--strip-debug', $exerciser, $stripped))[0], 0, 'a stripped file');
($status, $said) = ask_doctor([$h2otrace], $stripped);
is($status, TRACER_OK, '... can be traced');
says($said, 'debug info', qr/\Awarn \Q$stripped\E has none[,;] /, '... without debug information');
says($said, 'fields', qr/\Awarn (\d+) of \1 of structs that are to be in events will be null\z/, '... and fields');
is((run_program('objcopy', '--only-keep-debug', $exerciser, $debug))[0], 0, 'its debug file');
is((run_program('objcopy', "--add-gnu-debuglink=$debug", $stripped))[0], 0, '... and a link to it');
($status, $said) = ask_doctor([$h2otrace], $stripped);
says($said, 'debug info', qr/\Aok of \Q$stripped\E: in \Q$debug\E\z/, '... is found');
copy($h2otrace, $debug) or die $!;
($status, $said) = ask_doctor([$h2otrace], $stripped);
says($said, 'debug info', qr/\Awarn \Q$stripped\E has none; \Q$debug\E (?:is of another build|may be of another build) .*; there is no [^;]*\/\.debug\/stripped\.debug,/, '... that of another build is not');

# sites of five bytes
{
    my $tracer = cases_tracer('leaftrace', 't/cases/leaf.d');
    is((run_program(build('bin/probegen'), 'dtrace', '-h', '--site=nop5', '-s', 't/cases/leaf.d', '-o', tmp('leaf.h')))[0], 0, 'a header of nop5 sites');
    my $five = compile('five', '-x', 'c', '-I' . tmp(''), spew(tmp('five.c'), "#include \"leaf.h\"\nint main(void)\n{\n    LEAF_FIRED(1, \"\");\n    return 0;\n}\n"));
    my ($own_status, $own) = ask_doctor([$tracer], $five);
    is($own_status, TRACER_OK, 'a program of nop5 sites: exit status');
    my $calls = ($said->{nop5}[0] // '') =~ /by a call/;
    says($own, 'sites', $calls ? qr/\Aok 0 nop, 1 nop5, [^\n]*\nwarn this kernel makes calls of the nop5 sites, / : qr/\Aok 0 nop, 1 nop5, [^\n]*\z/, '... what they are');
}

# what cannot be traced
($status, $said) = ask_doctor([$h2otrace], '/bin/true');
is($status, TRACER_TARGET, 'a file without probes: exit status');
says($said, 'probes', qr/\Afail none of the $num_probes that are defined; /, '... and why');
for my $case (['a text', $0, qr/\Afail \S+: no ELF file\z/], ['no file', tmp('no-such'), qr/\Afail cannot open \S+: No such file/],
    ['a folder', tmp(''), qr/\Afail cannot open \S+: /]) {
    my ($name, $path, $line) = @$case;
    ($status, $said) = ask_doctor([$h2otrace], $path);
    is($status, TRACER_TARGET, "$name: exit status");
    says($said, 'program', $line, '... and why');
}
($status, $said) = ask_doctor([$h2otrace], '-p', $$);
is($status, TRACER_TARGET, 'a process without probes: exit status');
($status, $said) = ask_doctor([$h2otrace], '-p', 2147483647);
says($said, 'process', qr/\Afail no such process: 2147483647\z/, 'no such process');
{
    my $other = tmp('other');
    my $text = slurp($exerciser);
    substr($text, 18, 2) = pack 'v', 22;    # e_machine: s390x
    ($status, $said) = ask_doctor([$h2otrace], spew($other, $text));
    is($status, TRACER_TARGET, 'a file of another machine: exit status');
    says($said, 'program', qr/\Afail \Q$other\E: made for another machine \(e_machine 22, /, '... and why');
    my $evil = tmp("a\e[31m");
    ($status, $said) = ask_doctor([$h2otrace], spew($evil, 'x'));
    says($said, 'program', qr/a\\x1b\[31m: no ELF file\z/, 'a name does nothing to a terminal');
}

# ---- the command line ----

is_helpful([$h2otrace, 'doctor'], 'runtime/doctor.c');
is_refused([$h2otrace, 'doctor', '--nothing'], qr/unrecognized option '--nothing'/, 'an unknown option');
is_refused([$h2otrace, 'doctor', '-p', 'x'], qr/-p wants a process id, not 'x'/, 'no process');
is_refused([$h2otrace, 'doctor', 'a', 'b'], qr/one file at a time, not 'b', too/, 'two files');
is_refused([$h2otrace, 'doctor', '-p', 1, 'a'], qr/a process or a file, not both/, 'both');
like((run_program($h2otrace, '--help'))[1], qr/^ +h2otrace doctor \[-p PID \| FILE\]$/m, '--help mentions it');
{
    open my $full, '>', '/dev/full' or die $!;
    is((run_program({out => $full}, $h2otrace, 'doctor'))[0], TRACER_OUTPUT, 'lines that cannot be written');
}

# on a terminal
my ($exit, $shown) = run_program('python3', '-c', 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))', $h2otrace, 'doctor', '/bin/true');
is($exit, TRACER_TARGET, 'on a terminal');
like($shown, qr/^\e\[32mok  \e\[m  kernel /m, '... what is well has a colour');
like($shown, qr/^\e\[31mfail\e\[m  probes /m, '... and what is not');

done_testing();
