#!/usr/bin/perl
# ASSERTION: events get where they are to go: appended to files that others cut, move away or have left in the middle of a line, into FIFOs and pipes
# whose readers come late, stop, or end; a stream that is closed is nobody's; signals do what they should, whatever the reader does.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Live;
use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw(time);

use constant {TRACER_OUTPUT => 5, TRACER_LOST => 6};    # see runtime/options/exit.h

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
    return ($tracer->err =~ /: (\d+) events? of \d+ probes? in [\d.]+ s, (\d+) lost[^\n]*\n(?!.*events of)/s);
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
    my $file = give(spew(tmp('there'), qq({"module":"x","type":"before"}\n{"module":"x","ty)));
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
    is(scalar(lines($file)), 0, '--truncate: there is nothing in it when the trace has begun');
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
        is((all_lines($file))[0], (all_lines("$file.1"))[0], "$name: the new one says of itself what the old one does");
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

# ---- files of limited size and time, and compressed ones ----

my %cat = ('' => 'cat', '.zst' => 'zstd -dcq', '.gz' => 'gzip -dcq');

for my $ending ('', '.zst', '.gz') {
    my $name = "--rotate, full$ending";
    my $target = start_exerciser();
    my $file = tmp("full$ending");
    my $tracer = start_tracer('-p', $target->pid, '-w', $file, '--rotate', $ending ? '8K' : '64K');
    my $sizes = sub { join ' ', map { -s // 0 } glob tmp('full*') };
    for my $round (1 .. 10) {
        my $before = $sizes->();
        $target->ask('fire 0 * 10');
        # what is compressed is written once a second
        poll { $sizes->() ne $before } if $round % 3 == 0;
    }
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, "$name: the tracer ends well");
    is($tracer->complaints, '', '... without a complaint');
    my @full = sort glob tmp('full-*') . $ending;
    ok(@full >= 2, '... there are full files: ' . @full);
    is(join(' ', grep { !/full-\d{8}T\d{6}\.\d{3}Z\Q$ending\E\z/ } @full), '', '... with the time in their names');
    my $all = spew(tmp("all$ending"), join '', map { (run_program('sh', '-c', "$cat{$ending} \"\$0\"", $_))[1] } @full, $file);
    has_events($all, (sums_of($tracer))[0], '... nothing is lost or twice:');
    is(scalar(grep { is_frame($_) && /"start"/ } all_lines($all)), 1 + @full, '... each begins with what is traced');
    is(scalar(grep { is_frame($_) && /"end"/ } all_lines($all)), 1, '... the last one has the end');
    json_lines_are_valid($all, $name);
    unlink @full;
}

for my $ending ('.zst', '.gz') {
    my $name = "a tracer that is killed, $ending";
    my $target = start_exerciser();
    my $file = tmp("killed$ending");
    my @read = ('sh', '-c', "$cat{$ending} \"\$0\"", $file);
    my $tracer = start_tracer('-p', $target->pid, '-w', $file);
    $target->ask('fire 0 * 50');
    ok(poll { spew(tmp('read'), (run_program(@read))[1]); lines(tmp('read')) == 50 * $num_probes }, "$name: what was recorded can be read while it runs");
    $target->ask('fire 0 * 50');
    $tracer->signal('KILL');
    $tracer->wait_end;
    my ($status, $text, $err) = run_program(@read);
    is("$status$err", '0', '... and when it is dead, without a complaint');
    spew(tmp('read'), $text);
    is(scalar(grep { !/^\{"module":.*\}\z/ } lines(tmp('read'))), 0, '... in whole lines');
    my $num = lines(tmp('read'));
    cmp_ok(-s $file, '<', length($text) / 4, '... compressed');
    poll { !is_attached($target) };
    $tracer = start_tracer('-p', $target->pid, '-w', $file, '-c', 7);
    $target->ask('fire 0');
    is($tracer->wait_end, 0, '... the next one appends');
    ($status, $text, $err) = run_program(@read);
    is("$status$err", '0', '... which can be read');
    has_events(spew(tmp('read'), $text), $num + 7, '...');
}

for my $ending ('.zst', '.gz') {
    my $target = start_exerciser();
    my $read = sub { my ($status, $text, $err) = run_program('sh', '-c', "$cat{$ending} \"\$0\"", $_[0]); is("$status$err", '0', "... $_[1] can be read"); return spew(tmp('read'), $text) };
    my $tracer = start_tracer('-p', $target->pid, '-w', tmp("first$ending"));
    $tracer->signal('TERM');
    $tracer->wait_end;
    my $frame = slurp(tmp("first$ending"));
    for my $num (1, 2, 3, 4, 10, length($frame) / 2) {
        my $name = "the first frame is cut after $num bytes, $ending";
        my $file = give(spew(tmp("cut-$num$ending"), substr $frame, 0, $num));
        $tracer = start_tracer('-p', $target->pid, '-w', $file);
        like($tracer->err, qr/^h2otrace: \Q$file\E ended in half a frame: its last \d+ bytes are cut off$/m, "$name: it is cut off, which is said");
        $target->ask('fire 0');
        $tracer->signal('TERM');
        is($tracer->wait_end, 0, '... the tracer ends well');
        has_events($read->($file, 'the file'), $num_probes, '...');
    }
    my $compress = $cat{$ending} =~ s/ -dcq/ -cq/r;
    my (undef, $large) = run_program('sh', '-c', "head -c 4000000 /dev/urandom | $compress | head -c 3000000");
    for my $case (['text', "something else\n"], ['half a frame that is larger than any of ours', $large]) {
        my ($what, $text) = @$case;
        my $file = give(spew(tmp("foreign$ending"), $text));
        my ($status, undef, $err) = run_program($h2otrace, '-p', $target->pid, '-w', $file);
        is($status, TRACER_OUTPUT, "a file with $what, $ending: refused");
        like($err, qr/cannot append to \Q$file\E: what is in it is not what files in \Q$ending\E are/, '... in words');
        ok(slurp($file) eq $text, '... it is as it was');
    }

    my $name = "SIGHUP, a file of somebody else, $ending";
    my $file = tmp("ours$ending");
    $tracer = start_tracer('-p', $target->pid, '-w', $file);
    $target->ask('fire 0');
    rename $file, "$file.1" or die $!;
    give(spew($file, "something else\n"));
    $tracer->signal('HUP');
    ok(poll { $tracer->err =~ /^h2otrace: cannot append to \Q$file\E: another file has come there, which is not empty; going on with the file that is open$/m }, "$name: is told");
    $target->ask('fire 0');
    unlink $file;
    give(spew($file, ''));
    $tracer->signal('HUP');
    ok(poll { -s $file }, "$name: an empty one is taken");
    $target->ask('fire 0');
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, '... the tracer ends well');
    has_events($read->("$file.1", 'the old one'), 2 * $num_probes, '...');
    has_events($read->($file, 'the new one'), $num_probes, '...');
}

{
    my $name = '--rotate 1s --keep 2';
    my $target = start_exerciser();
    my $file = tmp('timed');
    my $tracer = start_tracer('-p', $target->pid, '-w', $file, '--rotate', '1s', '--keep', 2);
    my %seen;
    ok(poll { $target->ask('fire 0 h2o:h1_accept'); $seen{$_} = 1 for glob "$file-*"; keys %seen >= 4 }, "$name: there is a file for each second");
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, '... the tracer ends well');
    my @kept = sort glob "$file-*";
    is("@kept", join(' ', (sort(keys %{{%seen, map { $_ => 1 } @kept}}))[-2, -1]), '... the last two are kept');
}

for my $case (['--rotate=1M', '--rotate needs -w or --record FILE'], ['--truncate', '--truncate needs -w or --record FILE'], ['--keep=3', '--keep needs --rotate'],
    map({ ["--rotate=$_", "--rotate wants a size, such as 100M, or a time, such as 1h, not '$_'"] } '', '10', '0M', '1MM', 'x', '-1h', '1.5G', '99999999999G'),
    ['--keep=0', "--keep wants a number of files, not '0'"]) {
    my ($status, undef, $err) = run_program($h2otrace, '-p', $$, $case->[0]);
    is("$status $err", "2 h2otrace: $case->[1]\nTry 'h2otrace --help'.\n", "$case->[0]: refused");
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
    give($fifo);
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
    like($tracer->err, qr/^h2otrace: cannot write the events: File too large\n.*\n.* \d+ events? of \d+ probes? in .*, 0 lost\n\z/m, '... and says why, and the sums');
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
    my $text = '';
    1 while $text !~ /"tid"/ && sysread $from, $text, 100, length $text;
    close $from;
    is($tracer->wait_end, 0, "$name: the tracer ends well, at once");
    like($tracer->err, qr/Ctrl-C ends\nh2otrace: $num_probes events of [^\n]*, 0 lost; the reader has ended\n\z/, '... and says the sums');
    ok(!is_attached($target), '... nobody listens');
}

# ---- what a stream says of itself ----

# The first and the last line of a trace: what it says of itself.
sub frame_of {
    my ($path) = @_;
    my @lines = all_lines($path);
    return map { decode_json($_) } @lines[0, -1];
}

{
    my $target = start_exerciser();
    my ($build_id) = (run_program('readelf', '-n', build('bin/h2otrace-exerciser')))[1] =~ /Build ID: (\w+)/;
    my $tracer = start_tracer('-p', $target->pid, '-a', '-t', 'h2o:h1_*', '-t', 'quicly:ping_*', '-e', 'h2o:h1_*.conn_id != null', '-e', "h2o:h1_*.conn_id\n== null");
    $target->ask('fire 0 * 3');
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, 'a trace');
    json_lines_are_valid($tracer->out, '... all of its lines');
    my @events = map { decode_json($_) } lines($tracer->out);
    my ($start, $end) = frame_of($tracer->out);
    my @selected = sort map { /^((?:h2o:h1_|quicly:ping_)\w+)/ ? $1 : () } split /\n/, $catalog;
    is_deeply([@{$start}{qw(module type)}, [sort @{$start->{probes}}], @{$start}{qw(missing show sites)}], ['h2otrace', 'start', \@selected, [], ['appdata'], scalar @selected],
        '... begins with what is traced');
    is_deeply($start->{filters}, ['--filter=h2o:h1_*.conn_id != null', '--filter=h2o:h1_*.conn_id == null'], '... which of the events');
    is_deeply($start->{target}, {pid => $target->pid, program => POSIX::getcwd() . '/' . build('bin/h2otrace-exerciser'), build_id => $build_id}, '... of which program');
    like($start->{definitions}, qr/\A[0-9a-f]{16}\z/, '... by which definitions');
    cmp_ok($start->{time}, '<=', $events[0]{time}, '... before the first event');
    is_deeply([@{$end}{qw(module type why signal events lost)}, $end->{probes}], ['h2otrace', 'end', 'signal', 'SIGTERM', 3 * @selected, 0, {map { $_ => {events => 3, lost => 0, filtered => 0} } @selected}],
        '... and ends with why, and the sums');
    cmp_ok($end->{time}, '>=', $events[-1]{time}, '... after the last event');
    like((run_program($h2otrace, '-p', $target->pid, '-t', 'h2o:h1_*', '-c', 1, '--duration', 1))[1], qr/"definitions":"$start->{definitions}"/, 'whatever is chosen, the definitions are the same');
}

for my $case (
    ['-c', ['-c', 5], sub { $_[0]->ask('fire 0') }, {why => 'count'}],
    ['--duration', ['--duration', '1s'], sub { }, {why => 'duration'}],
    ['SIGHUP', [], sub { $_[1]->signal('HUP') }, {why => 'signal', signal => 'SIGHUP'}],
    ["the target's end", [], sub { $_[0]->end_input }, {why => 'target', target => {status => 0}}],
    ["the target's end by a signal", [], sub { $_[0]->signal('KILL') }, {why => 'target', target => {signal => 'SIGKILL'}}],
) {
    my ($name, $options, $do, $expected) = @$case;
    my $target = start_exerciser();
    my $tracer = start_tracer('-p', $target->pid, @$options);
    $do->($target, $tracer);
    poll { $target->status ne '' } if $expected->{why} eq 'target';
    is($tracer->wait_end, 0, "$name ends the trace");
    my ($start, $end) = frame_of($tracer->out);
    is_deeply({map { exists $end->{$_} ? ($_ => $end->{$_}) : () } qw(why signal target)}, $expected, '... which its last line says');
    my $told = $expected->{why} ne 'target' ? '' : 'h2otrace: process ' . $target->pid . ' (PROGRAM) has ended: ' . ($expected->{target}{signal} ? 'killed by signal 9 (Killed)' : 'exit status 0') . "\n";
    is(join('', map { s/\(\S+-exerciser\)/(PROGRAM)/r } grep { /has ended/ } split /^/, $tracer->err), $told, '... and standard error');
    is($target->ask_number('enabled'), 0, '... nobody listens') if $expected->{why} ne 'target';
}

{
    my $name = '--quiet';
    my $target = start_exerciser();
    my $tracer = start([$h2otrace, '-p', $target->pid, '-q']);
    ok(poll { is_attached($target) }, "$name: it traces");
    ok(poll { $target->ask('fire 0'); -s $tracer->out }, '... prints events');
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, '... ends well');
    is($tracer->err, '', '... without a word');
    is(join("\n", grep { !/"tid"/ } all_lines($tracer->out)), '', '... there is nothing but events');
    $tracer = start([$h2otrace, '-p', $target->pid, '--quiet', '-w', '/dev/full']);
    poll { is_attached($target) };
    $target->ask('fire 0');
    is($tracer->wait_end, TRACER_OUTPUT, '... an error is one');
    is($tracer->err, "h2otrace: cannot write the events: No space left on device\n", '... and is told');
}

for my $options ([], ['--strict']) {
    my $name = @$options ? 'losses, --strict' : 'losses';
    my $target = start_exerciser();
    my $tracer = start_tracer('-p', $target->pid, '-b', '1M', @$options);
    $target->ask('fire 0 h2o:h1_accept');
    ok(poll { lines($tracer->out) == 1 }, "$name: the first event is there");
    $tracer->stop;
    my $begun = time;
    do { $target->ask('fire 0 * 10') } while time < $begun + 1;
    $tracer->signal('CONT');
    poll { lines($tracer->out) > 1 };
    $target->ask('fire 0');
    $tracer->signal('TERM');
    is($tracer->wait_end, @$options ? TRACER_LOST : 0, "$name: the exit status");
    like($tracer->err, qr/^Before that, the tracer stood still for \d+\.\d s: /m, '... it is told that the tracer stood still');
    unlike($tracer->err, qr/waited|larger buffer/, '... and nothing else');
    my (@gaps, $last);
    for my $event (map { decode_json($_) } lines($tracer->out)) {
        push @gaps, [$event->{since}, $last, $event->{time}] if $event->{type} eq 'lost';
        $last = $event->{time} if $event->{type} ne 'lost';
    }
    ok(@gaps >= 1, '... gaps are in the stream');
    is(join(' ', map { $_->[0] == $_->[1] && $_->[0] <= $_->[2] ? () : "@$_" } @gaps), '', '... each begins with the last event before it');
    my $end = (frame_of($tracer->out))[1];
    is("$end->{events} $end->{lost}", join(' ', sums_of($tracer)), '... the last line has the sums');
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
    my ($num) = slurp($terminal->out) =~ /: (\d+) events? of \d+ probes?/;
    has_events($out, $num, '... all is delivered:');
}

done_testing();
