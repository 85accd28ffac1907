#!/usr/bin/perl
# ASSERTION: a target cannot hold up the tracer that starts to look at it, nor crash it, eat its memory, or have it set uprobes in another file than the
# one that was looked at: signals and the target's end end the start, what takes too much is null with the reason, and the rest is traced. A start that
# comes to nothing leaves the output as it was.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Live;
use POSIX ();
use Test::More;

use constant {TRACER_OK => 0, TRACER_ENVIRONMENT => 3, TRACER_TARGET => 4, TRACER_OUTPUT => 5};    # see runtime/options/exit.h

need_bpf();

my $tracer_path = cases_tracer('busytrace', 't/cases/busy.d', 't/cases/busy.map');

# Debug information of two structs as an assembler reads it: struct st_easy, and $num equal definitions of struct st_busy, of $wide members that are
# structs of $deep members each, all at one place. Whoever compares the definitions looks at $num * $wide * $deep members.
sub dwarf {
    my ($num, $wide, $deep) = @_;
    my $member = sub { my ($name, $type) = @_; return ".uleb128 3\n.asciz \"$name\"\n.4byte $type-unit\n.byte 0\n" };
    my $struct = sub { my ($label, $name, @members) = @_; return "$label: .uleb128 2\n.asciz \"$name\"\n.byte 4\n" . join('', @members) . ".byte 0\n" };
    # a unit; a struct: name, size; a member: name, type, offset; a base type: size, encoding, name
    my $abbreviations = join '', map { ".uleb128 $_\n" } '1,0x11', '1,0,0', '2,0x13', '1,3,8,0x0b,0x0b,0,0', '3,0x0d', '0,3,8,0x49,0x13,0x38,0x0b,0,0', '4,0x24', '0,0x0b,0x0b,0x3e,0x0b,3,8,0,0', '0';
    return join '', ".section .debug_abbrev,\"\",\@progbits\n$abbreviations.section .debug_info,\"\",\@progbits\nunit: .4byte end-begin\nbegin: .2byte 4\n.4byte 0\n.byte 8\n.uleb128 1\n",
        "int: .uleb128 4\n.byte 4,5\n.asciz \"int\"\n",
        $struct->('easy', 'st_easy', $member->('x', 'int')),
        $struct->('deep', 'st_deep', $member->('x', 'int'), map { $member->("m$_", 'int') } 2 .. $deep),
        $struct->('wide', 'st_wide', $member->('first', 'deep'), map { $member->("m$_", 'deep') } 2 .. $wide),
        (map { $struct->("busy$_", 'st_busy', $member->('id', 'wide')) } 1 .. $num), ".byte 0\nend:\n";
}

sub busy_program {
    my ($name, @size) = @_;
    spew(tmp("$name.s"), dwarf(@size));
    return compile($name, 't/cases/busy.c', tmp("$name.s"));
}

sub run_target { return start([@_], in => 'pipe', answers => 1) }

# The tracer, whose worker gets so much: seconds of a processor, kilobytes of memory.
sub limited {
    my ($limits, @arguments) = @_;
    return ['sh', '-c', "ulimit -S $limits && exec \"\$@\"", 'sh', $tracer_path, @arguments];
}

sub is_traced {
    my ($what, $target, $tracer, $busy_x) = @_;
    ok(poll { $tracer->err =~ /attached in/ || $tracer->status ne '' }, "$what: the tracer comes to listen");
    is($target->ask('go'), 'fired 2', "$what: the target lives");
    $target->end_input;
    is($tracer->wait_end, TRACER_OK, "$what: the trace ends well") or diag($tracer->err);
    my @events = map { decode_json($_) } lines($tracer->out);
    is(scalar @events, 2, "$what: both probes are traced");
    is($events[0]{easy_x}, 42, "$what: what is easy is there") if defined $busy_x || $what !~ /no debug/;
    is($events[1]{busy_x}, $busy_x, "$what: what takes too much is " . ($busy_x // 'null'));
}

# ---- more work than there is time for ----

my $little = busy_program('little', 3, 10, 10);
{
    my $target = run_target($little);
    my $tracer = start_tracer({tracer => $tracer_path}, '-p', $target->pid);
    is_traced('little to do', $target, $tracer, 42);
    is($tracer->complaints, '', 'little to do: no complaints');
}

my $busy = busy_program('busy', 8000, 250, 300);
{
    my $target = run_target($busy);
    my $tracer = start(limited('-t 2', '-p', $target->pid));
    is_traced('much to do', $target, $tracer, undef);
    like($tracer->err, qr/^busytrace: busy_x will be null in events of 1 probe: looking for it in debug information: it takes too long: [^\n]*given up$/m,
        '... and the reason is told');
    like($tracer->err, qr/^busytrace: looking for fields of structs in the debug information of \S*busy$/m, '... and before, what takes so long');
}

for my $signal (qw(INT TERM HUP)) {
    my $target = run_target($busy);
    my $tracer = start([$tracer_path, '-p', $target->pid, '-w', tmp("never-$signal")]);
    ok(poll { $tracer->err =~ /looking for/ }, "SIG$signal in the midst of it");
    $tracer->signal($signal);
    is($tracer->wait_end, 'signal ' . {INT => 2, TERM => 15, HUP => 1}->{$signal}, '... ends the tracer');
    ok(!-e tmp("never-$signal"), '... and nothing was written');
    is($target->ask('go'), 'fired 2', '... the target lives');
}
SKIP: {
    my $target = run_target($busy);
    my $tracer = start([$tracer_path, '-p', $target->pid]);
    poll { $tracer->err =~ /looking for/ };
    my ($worker) = slurp('/proc/' . $tracer->pid . '/task/' . $tracer->pid . '/children') =~ /(\d+)/;
    skip('the kernel does not list children', 3) if !defined $worker;
    my %of = slurp("/proc/$worker/status") =~ /^(\w+):[ \t]*(.*?)[ \t]*$/mg;
    is_deeply([@of{qw(Uid Gid Groups CapPrm CapEff CapAmb NoNewPrivs)}], [(join "\t", (65534) x 4) x 2, '', ('0' x 15 . '4') x 2, '0' x 16, 1],
        'who reads the files is nobody, who may read all files, and no more');
    $tracer->signal('KILL');
    ok(poll { !-e "/proc/$worker" }, '... and ends with the tracer, whatever that ends of');
    is($target->ask('go'), 'fired 2', '... the target lives');
}
{
    chmod 0700, tmp('private-folder') if mkdir tmp('private-folder');
    run_program('objcopy', '--only-keep-debug', $little, tmp('private-folder/little.debug'));
    run_program('objcopy', '--strip-debug', '--add-gnu-debuglink=' . tmp('private-folder/little.debug'), $little, tmp('private-folder/little'));
    chmod 0600, tmp('private-folder/little.debug');
    chmod 0700, tmp('private-folder/little');
    my $target = run_target(tmp('private-folder/little'));
    my $tracer = start_tracer({tracer => $tracer_path}, '-p', $target->pid);
    is_traced('files that only root can read', $target, $tracer, 42);
    is($tracer->complaints, '', '... no complaints');
}
{
    my $target = run_target($busy);
    my $tracer = start([$tracer_path, '-l', '-p', $target->pid]);
    is($tracer->wait_end, TRACER_OK, 'a list needs none of it');
    is(scalar(() = slurp($tracer->out) =~ /\+0x/g), 2, '... and has the sites');
}
{
    my $target = run_target($busy);
    my $tracer = start([$tracer_path, '-p', $target->pid]);
    ok(poll { $tracer->err =~ /looking for/ }, 'the target ends in the midst of it');
    $target->signal('KILL');
    is($tracer->wait_end, TRACER_TARGET, '... and so does the tracer');
    like($tracer->err, qr/^busytrace: process \d+ has ended$/m, '... with the reason');
}

# ---- files that are not what they seem ----

# A program without debug information of its own, and what its link leads to.
sub linked_program {
    my ($name, $prepare) = @_;
    my ($program, $debug) = map { tmp($_) } $name, "$name.debug";
    compile($name, '-Wl,--build-id=none', 't/cases/busy.c');
    $prepare->($debug);
    my ($status, undef, $err) = run_program('objcopy', "--add-gnu-debuglink=$debug", '--strip-all', $program);
    is("$status$err", '0', "$name: a program with a debug file");
    return ($program, $debug);
}

# An ELF file with .debug_info of zeros, compressed.
my $bomb = <<'PYTHON';
import struct, sys, zlib
path, megabytes = sys.argv[1], int(sys.argv[2])
packer = zlib.compressobj(1)
packed = b''.join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()
names = b'\0.debug_info\0.debug_abbrev\0.shstrtab\0'
sections, bodies = [bytes(64)], b''
for name, kind, flags, body in ((1, 1, 0x800, struct.pack('<IIQQ', 1, 0, megabytes << 20, 1) + packed), (13, 1, 0, b'\0'), (27, 3, 0, names)):
    sections.append(struct.pack('<IIQQQQIIQQ', name, kind, flags, 0, 64 + len(bodies), len(body), 0, 0, 1, 0))
    bodies += body
head = b'\x7fELF\2\1\1' + bytes(9) + struct.pack('<HHIQQQIHHHHHH', 3, 62, 1, 0, 0, 64 + len(bodies), 0, 64, 56, 0, 64, 4, 3)
open(path, 'wb').write(head + bodies + b''.join(sections))
PYTHON

for my $case (
    ['huge', sub { run_program('objcopy', '--only-keep-debug', $little, $_[0]) }, '1T', '-t 20', qr/no debug information/],
    ['large', sub { run_program('objcopy', '--only-keep-debug', $little, $_[0]) }, '7G', '-t 1', qr/it takes too long/],
    ['bomb', sub { run_program({timeout => 60}, 'python3', '-c', $bomb, $_[0], 600) }, undef, '-d 300000', qr/needs more than|no debug information|is not in the debug information/],
) {
    my ($name, $prepare, $size, $limits, $reason) = @$case;
    next if $ENV{SAN} && $limits =~ /-d/;    # sanitizers map terabytes
    my ($program, $debug) = linked_program($name, $prepare);
    is((run_program('truncate', '-s', $size, $debug))[0], 0, "$name: a file of $size that takes no room") if defined $size;
    my $target = run_target($program);
    my $tracer = start(limited($limits, '-p', $target->pid));
    is_traced("$name, no debug information", $target, $tracer, undef);
    like($tracer->err, qr/^busytrace: easy_x\b[^\n]* will be null in events of [^\n]*(?:$reason)/m, "$name: the reason is told") or diag($tracer->err);
}

# ---- memory ----

if (!$ENV{SAN}) {
    my ($num_traced, @bad) = (0);
    for my $kilobytes (map { 150 * $_ } 2 .. 15) {
        my $target = run_target($little);
        my $tracer = start(limited("-d $kilobytes", '-p', $target->pid, '-c', 2));
        poll { $tracer->err =~ /attached in/ || $tracer->status ne '' };
        push @bad, "$kilobytes kB: the target does not answer" if $target->ask('go') ne 'fired 2';
        $target->end_input;
        my $status = $tracer->wait_end;
        ++$num_traced if $status eq TRACER_OK;
        push @bad, "$kilobytes kB: status $status: " . $tracer->err if $status !~ /\A[035]\z/ || ($status ne TRACER_OK && $tracer->err !~ /^(?:busytrace|\S+): \S/m);
        # what the dynamic linker cannot map is not our program's fault
        pop @bad if @bad && $tracer->err =~ /error while loading shared libraries|cannot allocate/;
    }
    is(join("\n", @bad), '', 'with little memory it is traced, or that is told');
    ok($num_traced > 0, "... $num_traced were traced");
}

# ---- another file ----

# Has it come to where it waits for somebody who reads its FIFO?
sub waits_for_reader {
    my ($tracer) = @_;
    return poll { $tracer->err =~ /^\w+: waiting for somebody who reads /m };
}

{
    my $swap_tracer = cases_tracer('swaptrace', 't/cases/swap.d');
    my $file = compile('first.so', '-shared', '-fPIC', '-nostdlib', '-Wl,-z,noseparate-code', 't/cases/swap_library.c');
    my $other = tmp('other.so');
    is((run_program('cp', $file, $other))[0], 0, 'two files of the same bytes');
    my ($offset) = (run_program('nm', $file))[1] =~ /^([0-9a-f]+) T here$/m;
    my $target = run_target(compile('swap', 't/cases/swap.c'), $file, $other, "0x$offset");
    is($target->ask('file'), 'done', 'one of them is mapped');

    # the tracer has looked at the files when it waits for somebody who reads what it writes
    my $fifo = tmp('fifo');
    POSIX::mkfifo($fifo, 0600) && give($fifo) or die $!;
    my $tracer = start([$swap_tracer, '-p', $target->pid, '-c', 2, '-w', $fifo]);
    ok(waits_for_reader($tracer), '... the tracer has looked at it');
    is($target->ask('swap'), 'done', '... and then the other takes its place');
    open my $reader, '<', $fifo or die $!;
    ok(poll { $tracer->err =~ /attached in/ || $tracer->status ne '' }, '... the tracer listens');
    $target->ask($_) for qw(other other other file file);
    is($tracer->wait_end, TRACER_OK, '... and ends after two events');
    $target->end_input;
    my @events = grep { !is_frame($_) } <$reader>;
    is(scalar @events, 2, '... which are there');
    my ($probes_of) = grep { /first\.so|other\.so/ } split /^/, $tracer->err;
    is($probes_of // '', '', '... without complaints');
    # the other one, had it been attached to, would have fired first: two of its three, and none of the file
    $target = run_target(tmp('swap'), $file, $other, "0x$offset");
    $tracer = start_tracer({tracer => $swap_tracer}, '-p', $target->pid);
    $target->ask($_) for qw(swap other other other file);
    $target->end_input;
    is($tracer->wait_end, TRACER_OK, 'attached before it is replaced');
    is(scalar(lines($tracer->out)), 1, '... only the file that was looked at fires');
}

# ---- the start comes to nothing ----

{
    my $target = run_target($little);
    my $fifo = tmp('never-read');
    POSIX::mkfifo($fifo, 0600) && give($fifo) or die $!;
    for my $signal (qw(INT TERM HUP)) {
        my $tracer = start([$tracer_path, '-p', $target->pid, '-w', $fifo]);
        ok(waits_for_reader($tracer), 'nobody reads what it writes: it waits');
        $tracer->signal($signal);
        like($tracer->wait_end, qr/\Asignal \d+\z/, "... until SIG$signal");
    }
    my $old = give(spew(tmp('old'), "what was traced before\n"));
    my @without = ('setpriv', map { ("--$_", '-sys_admin,-bpf,-perfmon') } qw(bounding-set inh-caps));
    my ($status, undef, $err) = run_program(@without, $tracer_path, '-p', $target->pid, '-w', $old);
    is($status, TRACER_ENVIRONMENT, 'without the rights that it needs the tracer ends') or diag($err);
    is(slurp($old), "what was traced before\n", '... and an old file is as it was');
    ($status, undef, $err) = run_program($tracer_path, '-a', '-p', $target->pid, '-w', $old);
    is($status, TRACER_OUTPUT, 'what is to be private does not go into a file that others can read');
    like($err, qr/^busytrace: cannot write \S*old: others can read it \(mode 0644, [^\n]*chmod 600/m, '... with the reason, and what to do');
    is(slurp($old), "what was traced before\n", '... which is as it was');
}

# ---- signals at any time ----

{
    my $target = start_exerciser();
    my ($num_ended, @bad) = (0);
    for my $step (0 .. 20) {
        my $tracer = start([build('bin/h2otrace'), '-p', $target->pid]);
        select undef, undef, undef, $step * 0.015;
        $tracer->signal(qw(INT TERM HUP)[$step % 3]);
        my $status = $tracer->wait_end;
        push @bad, "after $step steps: $status: " . $tracer->err if $status !~ /\A(?:0|signal (?:1|2|15))\z/;
        ++$num_ended if $status =~ /signal/;
    }
    is(join("\n", @bad), '', 'a signal at any time ends the tracer');
    ok($num_ended > 0, "... $num_ended of 21 before anything was attached");
    ok(poll { $target->ask_number('enabled') == 0 }, '... and nothing stays attached');
    is($target->ask_number('fire 0'), $target->ask_number('fire 0'), '... the target lives');
}

done_testing();
