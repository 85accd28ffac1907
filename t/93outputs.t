#!/usr/bin/perl
# ASSERTION: events get where they are to go: appended to files that others cut, move away or have left in the middle of a line, into FIFOs and pipes
# whose readers come late, stop, or end; a stream that is closed is nobody's; signals do what they should, whatever the reader does.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Live;
use POSIX ();
use Test::More;

use constant {TRACER_OUTPUT => 5, TRACER_LOST => 6};    # see runtime/exit.h

need_bpf();

my $h2otrace = build('bin/h2otrace');
my (undef, $catalog) = run_program($h2otrace, '-l');
my $num_probes = () = $catalog =~ /^\S+\(/mg;
my $PERF = {PROBEGEN_ATTACH_PERF => 1};

# Are all lines of a file events, and so many?
sub has_events {
    my ($path, $num, $name) = @_;
    my @lines = lines($path);
    is(scalar(grep { !/^\{"module":.*\}\z/ } @lines) . ' ' . @lines, "0 $num", "$name: so many events, each in a whole line");
}

# The sums that were told last: (events, lost).
sub sums_of {
    my ($tracer) = @_;
    return ($tracer->err =~ /: (\d+) events of \d+ probes? in [\d.]+ s, (\d+) lost[^\n]*\n(?!.*events of)/s);
}

# Does the target know that somebody listens?
sub is_attached { return $_[0]->ask_number('enabled') != 0 }

# ---- streams that are closed ----

{
    my $target = start_exerciser();
    for my $closed ('>&-', '<&- >&- 2>&-', '<&- >&-') {
        my $program = start(['sh', '-c', "exec \"\$\@\" $closed", 'sh', $h2otrace, '-p', $target->pid]);
        is($program->wait_end, TRACER_OUTPUT, "$closed: the tracer ends");
        is($program->err, "h2otrace: standard output is closed: events need it, or -w FILE\n", '... and says why') if $closed !~ /2>/;
    }
    my ($status, undef, $err) = run_program('sh', '-c', 'exec "$@" >&-', 'sh', $h2otrace, '-l');
    is($status, TRACER_OUTPUT, '-l >&-: refused');
    like($err, qr/\Ah2otrace: cannot write .*: Bad file descriptor\n\z/, '... in words');

    my $file = tmp('closed');
    my $tracer = start(['sh', '-c', 'exec "$@" <&- >&- 2>&-', 'sh', $h2otrace, '-p', $target->pid, '-w', $file]);
    ok(poll { is_attached($target) }, '-w FILE <&- >&- 2>&-: it traces');
    my %leads_to = map { $_ => readlink '/proc/' . $tracer->pid . "/fd/$_" } 0 .. 2;
    is_deeply(\%leads_to, {map { $_ => '/dev/null' } 0 .. 2}, '... and no descriptor of its own has their numbers');
    $target->ask('fire 0');
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, '... ends well');
    has_events($file, $num_probes, '... and');
}

# ---- files that are there ----

{
    my $name = 'a file that is there';
    my $target = start_exerciser();
    my $file = spew(tmp('there'), qq({"module":"x","type":"before"}\n{"module":"x","ty));
    for my $round (1 .. 2) {
        my $tracer = start_tracer('-p', $target->pid, '-w', $file);
        $target->ask('fire 0');
        $tracer->signal('TERM');
        is($tracer->wait_end, 0, "$name: the tracer ends well");
        my @lines = lines($file);
        is(join("\n", @lines[0, 1]), qq({"module":"x","type":"before"}\n{"module":"x","ty), "$name: what was in it stays");
        is(scalar(@lines), 2 + $round * $num_probes, "$name: and events follow");
        is(scalar(grep { !/^\{"module":.*\}\z/ } @lines[2 .. $#lines]), 0, "$name: each in a line of its own");
    }

    my $tracer = start_tracer('-p', $target->pid, '-w', $file, '--truncate');
    is(-s $file, 0, '--truncate: it is empty when the trace has begun');
    $target->ask('fire 0');
    ok(poll { lines($file) == $num_probes }, '... and gets events');
    truncate $file, 0 or die $!;    # logrotate: copytruncate
    $target->ask('fire 0');
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, "a file that is cut off: the tracer ends well");
    has_events($file, $num_probes, 'a file that is cut off: what comes after begins at its beginning');

    $tracer = start_tracer('-p', $target->pid, '-w', '-');
    $target->ask('fire 0');
    $tracer->signal('TERM');
    $tracer->wait_end;
    has_events($tracer->out, $num_probes, '-w - is standard output');
    ok(!-e '-', '... and no file of that name');
}

# ---- HUP ----

{
    my $name = 'SIGHUP';
    my $target = start_exerciser();
    my $file = tmp('rotated');
    my $tracer = start_tracer('-p', $target->pid, '-w', $file);
    for my $round (1 .. 3) {
        $target->ask('fire 0');
        rename $file, "$file.$round" or die $!;
        $target->ask('fire 0');
        $tracer->signal('HUP');
        ok(poll { -e $file }, "$name: the file is there again");
        has_events("$file.$round", 2 * $num_probes, "$name: all that came before is in the old one,");
    }
    $target->ask('fire 0');
    is((stat $file)[2] & 07777, 0600, "$name: the new one is the owner's");
    rename $file, "$file.4" or die $!;
    mkdir $file or die $!;
    $tracer->signal('HUP');
    ok(poll { $tracer->err =~ /^h2otrace: cannot write \Q$file\E: Is a directory; going on with the file that is open$/m }, "$name: if it cannot be opened, that is told");
    $target->ask('fire 0');
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, "$name: the tracer ends well");
    has_events("$file.4", 2 * $num_probes, "$name: nothing is lost:");
}

# ---- signals that are ignored, and requests ----

for my $signal (qw(HUP INT)) {
    my $target = start_exerciser();
    my $tracer = start_tracer({tracer => 'sh'}, '-c', "trap '' $signal; exec \"\$\@\"", 'sh', $h2otrace, '-p', $target->pid, '-w', tmp("ignores-$signal"));
    $tracer->signal($signal);
    $target->ask('fire 0');
    $tracer->signal('USR1');
    ok(poll { $tracer->err =~ /so far/ }, "SIG$signal was ignored at the start: it does not end the trace");
    like($tracer->err, qr/^h2otrace: $num_probes events of $num_probes probes in [\d.]+ s, 0 lost so far$/m, 'SIGUSR1: the sums so far');
    $target->ask('fire 0');
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, '... SIGTERM does');
    is((sums_of($tracer))[0], 2 * $num_probes, '... and all sums follow');
}

# ---- FIFOs ----

{
    my $name = 'a FIFO without a reader';
    my $target = start_exerciser();
    my $fifo = tmp('fifo');
    POSIX::mkfifo($fifo, 0600) or die $!;
    for my $signal (qw(INT TERM HUP)) {
        my $tracer = start([$h2otrace, '-p', $target->pid, '-w', $fifo]);
        ok(poll { $tracer->err =~ /waiting/ }, "$name: it waits");
        is($tracer->err, "h2otrace: waiting for somebody who reads $fifo\n", '... and says so');
        ok(!is_attached($target), '... with nothing attached');
        $tracer->signal($signal);
        like($tracer->wait_end, qr/^signal \d+$/, "... SIG$signal ends it");
    }
    my $tracer = start([$h2otrace, '-p', $target->pid, '-w', $fifo]);
    poll { $tracer->err =~ /waiting/ };
    open my $reader, '<', $fifo or die $!;
    ok(poll { is_attached($target) }, "$name: when one comes, it traces");
    $target->ask('fire 0');
    $tracer->signal('TERM');
    my $text = join '', <$reader>;
    close $reader;
    is($tracer->wait_end, 0, '... and ends well');
    has_events(spew(tmp('from-fifo'), $text), $num_probes, '...');

    open my $hold, '+<', $fifo or die $!;
    $tracer = start_tracer('-p', $target->pid, '-w', $fifo);
    close $hold;
    is($tracer->wait_end, TRACER_OUTPUT, 'its reader ends, and nobody has told us to: an error');
    like($tracer->err, qr/^h2otrace: cannot write the events: Broken pipe$/m, '... that is told');
}

# ---- files that may not grow ----

{
    my $name = 'ulimit -f';
    my $target = start_exerciser();
    my $file = tmp('limited');
    my $tracer = start_tracer({tracer => 'bash'}, '-c', 'ulimit -f 50; exec "$@"', 'bash', $h2otrace, '-p', $target->pid, '-w', $file);
    $target->ask('fire 0 * 20');
    is($tracer->wait_end, TRACER_OUTPUT, "$name: the tracer ends");
    like($tracer->err, qr/^h2otrace: cannot write the events: File too large\n.*\n.* \d+ events of \d+ probes in .*, 0 lost\n\z/m, '... and says why, and the sums');
    cmp_ok(-s $file, '>', 40000, '... the file is as long as it may be');
    has_events($file, scalar(lines($file)), '...');
    ok(!is_attached($target), '... and nobody listens');
}

# ---- a reader that stops ----

for my $way (['one link', {}], ['a link for each site', $PERF]) {
    my ($name, $env) = @$way;
    my $target = start_exerciser();
    pipe my $from, my $to or die "pipe: $!";
    my $tracer = start_tracer({out => $to, env => $env}, '-p', $target->pid, '-t', 'h2o:h*');
    close $to;
    $target->ask('fire 0 * 200');
    my $was_attached = is_attached($target);
    $tracer->signal('TERM');
    ok($was_attached && poll { !is_attached($target) }, "the reader has stopped, $name: the first signal detaches");
    is($tracer->status, '', '... while events wait for the reader');
    $tracer->signal('USR1');
    ok(poll { $tracer->err =~ /so far/ }, '... requests are answered');
    my $text = '';
    1 while sysread $from, $text, 1 << 20, length $text;
    is($tracer->wait_end, 0, '... when it goes on, the tracer ends well');
    my ($printed, $lost) = sums_of($tracer);
    has_events(spew(tmp('stopped'), $text), $printed, '... it has all');
}

# ---- a reader that ends ----

{
    my $name = '| head -1';
    my $target = start_exerciser();
    pipe my $from, my $to or die "pipe: $!";
    my $tracer = start_tracer({out => $to}, '-p', $target->pid);
    close $to;
    $target->ask('fire 0');
    sysread $from, my $text, 100;
    close $from;
    is($tracer->wait_end, 0, "$name: the tracer ends well, at once");
    like($tracer->err, qr/Ctrl-C ends\nh2otrace: $num_probes events of [^\n]*, 0 lost; the reader has ended\n\z/, '... and says the sums');
    ok(!is_attached($target), '... nobody listens');
}

# ---- Ctrl-C in a terminal ----

# Runs a shell command on a terminal; what is sent to it is typed there.
sub on_terminal {
    my ($command) = @_;
    return start(['python3', '-c', 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(["sh", "-c", sys.argv[1]])))', $command], in => 'pipe');
}

my $keep_status = 'perl -e \'my $file = shift; system @ARGV; open my $f, ">", $file; print $f $? & 127 || $? >> 8, "\n"\'';
for my $case (
    ['jq', 'jq -c .type', 0], ['gzip', 'gzip -c', 0], ['tee', 'tee /dev/null', 0], ['a reader that does not mind', "sh -c 'trap \"\" INT; exec cat'", 1]
) {
    my ($name, $reader, $is_deaf) = @$case;
    my $target = start_exerciser();
    my ($status, $out) = (tmp('status'), tmp('terminal'));
    unlink $status;
    my $pid = $target->pid;
    my $terminal = on_terminal("$keep_status $status $h2otrace -p $pid | $reader > $out");
    ok(poll { slurp($terminal->out) =~ /Ctrl-C ends/ }, "| $name, Ctrl-C: a trace on a terminal");
    $target->send_line('fire 0 * 100');
    poll { slurp($out) ne '' } if $is_deaf;
    syswrite $terminal->{in}, "\x03";
    ok(poll { slurp($status) =~ /\n/ }, '... ends');
    is(slurp($status), "0\n", '... well');
    unlike(slurp($terminal->out), qr/cannot write/, '... without a complaint');
    $target->next_line;
    ok(poll { !is_attached($target) }, '... nobody listens');
    $terminal->wait_end;
    next if !$is_deaf;
    my ($num) = slurp($terminal->out) =~ /: (\d+) events of \d+ probes/;
    has_events($out, $num, '... all is delivered:');
}

done_testing();
