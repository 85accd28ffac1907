#!/usr/bin/perl
# ASSERTION: --replay prints of a recording what a trace of the same events prints: all kinds of values, what is shown or not, probes, formats,
# files that were rotated, appended to or cut at any place; whatever else is in a recording is refused in words, and never more than that.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Live;
use Test::More;

need_bpf();

my $tracer = build('bin/h2otrace');
my $num_mutations = $ENV{MUTATIONS} // ($ENV{SAN} ? 300 : 500);
my $seed = $ENV{SEED} // 1;
srand $seed;

# The lines of a trace without what two tracers cannot have in common.
sub timeless {
    my @lines = map { s/,"(?:time|since|seconds)":[\d.]+//gr } @_;
    return \@lines;
}

# Replays. Returns status, lines, standard error.
sub replay {
    my ($file, @options) = @_;
    my ($status, $out, $err) = run_program($tracer, '--replay', $file, @options);
    return ($status, [split /\n/, $out], $err);
}

# Two tracers of one target at once: one that records into the file, and others that print. Returns the lines of these.
sub trace_both {
    my ($file, $record, $rounds, @prints) = @_;
    my $target = start_exerciser();
    my $recorder = start_tracer('-p', $target->pid, '--record', $file, @$record);
    my @printers = map { start_tracer('-p', $target->pid, @$_) } @prints;
    $target->ask("fire $_") for @$rounds;
    $target->end_input;
    $target->wait_end;
    is($_->wait_end, 0, "@$record: a tracer ends well") for $recorder, @printers;
    is($recorder->complaints, '', "@$record: recording, it has no complaints");
    return map { [all_lines($_->out)] } @printers;
}

# ---- as a trace ----

my $counter = start_exerciser();
my @rounds = (0 .. $counter->ask_number('rounds') - 1, 1000, 8919);
$counter->end;

my $full = tmp('full');
my @choices = (['-e', 'status >= 400', '-e', 'value_len > 30'], ['-e', 'name =~ "*e*" && value != null || pid == 1'], ['-a', '-t', 'h2o:receive_request_header', '--mask', 'user-agent', '-s', 'user-agent', '-s', 'cookie']);
my ($all, $plain, $some, @wanted) =
    trace_both($full, ['-a', '--secrets'], \@rounds, ['-a', '--secrets'], [], ['-t', 'h2o:receive_request*,quicly:conn_stats', '-a'], @choices);
my ($status, $lines, $err) = replay($full, '-a', '--secrets');
is($status, 0, '-a --secrets: it is replayed');
cmp_ok(scalar @$lines, '>', 1000, '... many events');
is_deeply(timeless(@$lines), timeless(@$all), '... as another tracer printed them meanwhile, first and last line included');
like($err, qr/^h2otrace: @{[@$lines - 2]} events? of \d+ probes? in [\d.]+ s, 0 lost\n\z/, '... with sums');
my %time = map { $_->[0] => $_->[1] } map { [/"type":"(start|end)","time":([\d.]+)/] } grep { is_frame($_) } @$lines;
my @times = map { /"time":([\d.]+)/ ? $1 : () } grep { !is_frame($_) } @$lines;
ok(!(grep { $_ < $time{start} - 1000 || $_ > $time{end} } @times), '... at their times');
my $whole = join "\n", @$lines, '';

($status, $lines) = replay($full);
is_deeply(timeless(grep { !is_frame($_) } @$lines), timeless(grep { !is_frame($_) } @$plain), 'what was recorded with -a is not shown without');
($status, $lines) = replay($full, '-t', 'h2o:receive_request*,quicly:conn_stats', '-a');
is_deeply(timeless(grep { !is_frame($_) } @$lines), timeless(grep { !is_frame($_) } @$some), '-t: only these probes');
for my $i (0 .. $#choices) {
    ($status, $lines) = replay($full, @{$choices[$i]});
    is_deeply(timeless(@$lines[1 .. $#$lines]), timeless(@{$wanted[$i]}[1 .. $#{$wanted[$i]}]), "@{$choices[$i]}: the events that a trace would have chosen, and its sums");
    like($lines->[-1], qr/"filtered":[1-9]/, '... with those that were not wanted');
}
my ($header) = map { /"type":"receive_request_header".*"name":"([a-z-]+)"/ ? $1 : () } @$all;
($status, $lines) = replay($full, '-a', '-t', 'h2o:receive_request_header', '--mask', $header);
my @hidden = grep { /"name":"$header"/ } @$lines;
cmp_ok(scalar @hidden, '>', 0, "--mask $header: there are such");
is(scalar(grep { !/"value":null/ || /"unreadable"/ } @hidden), 0, '... whose value is null, and not called unreadable');
($status, $lines) = replay($full, '-t', 'h2o', '--until', 'h2o:send_response.status != null');
like($lines->[-2], qr/"type":"send_response"/, '--until: the last event is the one that it is about');
like($lines->[-1], qr/"why":"until".*"h2o:send_response":\{"events":1,/, '... which is the first such');
($status, $lines) = replay($full, '-q', '-c', 5);
is(scalar @$lines, 5, '-c: so many events');
for my $view (['-H', '-t', 'h2o:receive_request,h2o:h1_accept'], ['--compat=v1']) {
    ($status, $lines, $err) = replay($full, @$view);
    cmp_ok(scalar @$lines, '>', 0, "@$view: there are lines");
    like($err, qr/: @{[scalar @$lines]} events of/, '... each an event, and what is not shown is none');
    ($status, $lines) = replay($full, @$view, '-c', 3);
    is(scalar @$lines, 3, '... -c: so many of those that are shown');
}
($status, $lines) = replay($full, '-c', 5);
like($lines->[-1], qr/"why":"count".*"events":5,/, '... and a last line');
($status, $lines, $err) = replay($full, '-q', '-w', tmp('written'), '-a', '--secrets');
is(slurp(tmp('written')), join('', map { "$_\n" } grep { !is_frame($_) } split /\n/, $whole), '-q -w: events alone, in a file');

my $chosen = tmp('chosen');
my @choice = ('-t', 'h2o:h1_accept,h2o:receive_request_header,h2o:send_response', '-e', 'status >= 400');
my ($fulfilling) = trace_both($chosen, [@choice], \@rounds, [@choice]);
like($fulfilling->[-1], qr/"filtered":[1-9]/, '-e: events are filtered');
($status, $lines, $err) = replay($chosen);
is_deeply(timeless(@$lines), timeless(@$fulfilling), '... which the last line of what is replayed says, too');
like($err, qr/ 0 lost, [1-9]\d* filtered$/, '... and the sums');

my $short = tmp('short');
my ($limited) = trace_both($short, ['--string-limit=33'], [0, 5, 1000], ['--string-limit=33']);
($status, $lines) = replay($short);
is_deeply(timeless(@$lines), timeless(@$limited), '--string-limit: strings are as they were recorded');
for my $option ('-a', '--secrets') {
    ($status, $lines, $err) = replay($short, $option);
    is("$status @$lines", '4 ', "$option: refused, where it was not recorded");
    like($err, qr/was recorded without \Q$option\E: what that shows is not in it/, '... in words');
}

for my $choice (['-e', 'name == "x"'], ['-s', 'x'], ['--mask', 'x']) {
    ($status, $lines, $err) = replay($short, @$choice);
    is("$status @$lines", '4 ', "@$choice: refused, where names of headers were not recorded");
    like($err, qr/was recorded without -a: 'h2o:\w+\.name', which events are to be chosen by, is not in it/, '... in words');
}
($status, undef, $err) = replay($short, '-e', 'h2o:receive_request.http_version > 0', '-e', 'quicly:debug_message.message =~ "a*"');
like("$status $err", qr/^0 .*was recorded with --string-limit=33: no more than that of a string can be compared/, 'strings that were cut are told of');
for my $wrong (['-S', '0.5'], ['-C', 5]) {
    ($status, undef, $err) = replay($short, @$wrong);
    like("$status $err", qr/^2 .*--replay cannot tell connections apart/, "@$wrong: refused");
}
my %until = (
    'h2o:send_response.stauts == 1' => qr/^h2otrace: h2o:send_response\.stauts == 1\nh2otrace: {19}\^\n.*did you mean 'status'\?/,
    'name == "x"' => qr/this is application data: it is looked at only with -a/,
    'status > 5000000000' => qr/no event can be as --until wants it/,
);
for my $expression (sort keys %until) {
    ($status, undef, $err) = run_program($tracer, '-p', $$, '--until', $expression);
    like("$err", $until{$expression}, "--until $expression: refused");
    is($status, 2, '... as wrong usage');
}
($status, undef, $err) = run_program($tracer, '-p', $$, '-e', 'status > 1', '--until', 'quicly:free.tid > 0');
like("$status $err", qr/^2 .*-e does not select 'quicly:free'/s, '--until is about events that are wanted');

# ---- a flight recorder ----

{
    my $pilot = start_exerciser();
    my $ending = 'quicly:free';
    my ($ring, $every) = map { start_tracer('-p', $pilot->pid, @$_) } ['--ring', '64K', '--until', "$ending.tid > 0", '-t', 'h2o,quicly:free'], ['-t', 'h2o,quicly:free'];
    $pilot->ask("fire 1 h2o:* 20") for 1 .. 10;
    is($ring->status, '', '--ring: it keeps on');
    is(slurp($ring->out) =~ tr/\n//, 1, '... and has written its first line only');
    $pilot->ask("fire 1 $ending 3");
    is($ring->wait_end, 0, '--until: an event for which that holds ends it');
    $pilot->end_input;
    $every->wait_end;
    my @kept = map { s/,"time":[\d.]+//r } lines($ring->out);
    my @all_of = map { s/,"time":[\d.]+//r } lines($every->out);
    pop @all_of for 1 .. 2;    # those after the first
    cmp_ok(scalar @kept, '>', 30, '... many events are kept');
    cmp_ok(scalar @kept, '<', scalar @all_of, '... but not all');
    is_deeply(\@kept, [@all_of[-@kept .. -1]], '... the last ones, up to that');
    like((all_lines($ring->out))[-1], qr/"why":"until".*"events":@{[scalar @kept]},"lost":0/, '... which the last line says');

    $pilot = start_exerciser();
    my $last = start_tracer('-p', $pilot->pid, '-t', 'h2o:send_response', '--until', 'status != null');
    $pilot->ask('fire 1 h2o:send_response 20');
    is($last->wait_end, 0, '--until without --ring');
    is(scalar(my @until = lines($last->out)), 1, '... ends after that event');
    $pilot->end;

    $pilot = start_exerciser();
    my $file = tmp('ring');
    my @both = map { start_tracer('-p', $pilot->pid, @$_) } ['--ring', '1h', '--record', $file], [];
    $pilot->ask("fire $_") for 0, 1000;
    $_->signal('TERM') for @both;
    is($_->wait_end, 0, '--ring --record: a signal ends it') for @both;
    is_deeply(timeless(@{(replay($file))[1]}), timeless(all_lines($both[1]->out)), '... with all events of a time that is long enough');
    $pilot->end;
    my ($wrong, undef, $words) = run_program($tracer, '-p', $$, '--ring', 5);
    like("$wrong $words", qr/^2 .*--ring wants a size up to 1G, such as 64M, or a time, such as 10s, not '5'/, '--ring 5: of what?');
}

# ---- files ----

for my $ending ('zst', 'gz') {
    my $file = tmp("packed.$ending");
    my ($printed) = trace_both($file, [], [0], []);
    is_deeply(timeless(@{(replay($file))[1]}), timeless(@$printed), "$ending: it is replayed");
    my $in = tmp("stdin.$ending");
    rename $file, $in;
    my ($piped, $out) = run_program('sh', '-c', 'cat "$1" | "$0" --replay -', $tracer, $in);
    is_deeply(timeless(split /\n/, $out), timeless(@$printed), '... from standard input');
    my $packed = slurp($in);
    my $sum = tmp("sum.$ending");
    for my $from (length($packed) - 6, int(length($packed) / 2)) {
        spew($sum, substr($packed, 0, $from) . ~substr($packed, $from, 1) . substr $packed, $from + 1);
        ($status, $lines, $err) = replay($sum, '-q');
        like("$status $err", qr/^4 .*is damaged/s, "... byte $from is another one: it is damaged, not cut short");
    }
    spew($in, substr slurp($in), 0, -5);
    ($status, $lines, $err) = replay($in);
    like("$status $err", qr/^(?:0 .*is cut short|4 .*is no recording)/s, '... cut short, that is told');
}

my $rotated = tmp('rotated');
my ($unrotated) = trace_both($rotated, ['--rotate', '100K', '--string-limit', 64], [0 .. 9], ['--string-limit', 64]);
my @files = ((sort grep { $_ ne $rotated } glob "$rotated*"), $rotated);
cmp_ok(scalar @files, '>', 1, '--rotate: there are several files');
my @joined;
for my $file (@files) {
    ($status, $lines, $err) = replay($file);
    is($status, 0, '... each can be replayed alone');
    is_deeply(timeless($lines->[0]), timeless($unrotated->[0]), '... and begins with the first line');
    like($err, $file eq $rotated ? qr/^h2otrace: \d+ events/ : qr/has no end: it goes on in another file/, '... whether it goes on is told');
    push @joined, @$lines[1 .. $#$lines];
}
is_deeply(timeless(@joined), timeless(@$unrotated[1 .. $#$unrotated]), '... and all together have all events, and the sums of all at their end');

my $twice = spew(tmp('twice'), slurp($short));
chmod 0600, $twice;
give($twice);
my ($second) = trace_both($twice, [], [1], []);
($status, $lines) = replay($twice);
is_deeply(timeless(@$lines), timeless(@$limited, @$second), 'a recording is appended to another one');
spew($twice, substr(slurp($short), 0, -700) . slurp($short));
($status, $lines, $err) = replay($twice);
is($status, 0, 'a recording that comes after half of one is replayed');
is_deeply([@$lines[-@$limited .. -1]], (replay($short))[1], '... whole');
like($err, qr/bytes between recordings are none/, '... and that is told');
# what a client sends may look like a magic, or like all of a beginning
my $half = substr slurp($short), 0, -700;
for my $fake ("probegen-record\n" . 'x' x 100, substr($half, 0, 24) . 'x' x 100, substr($half, 0, 80) . 'x' x 1000, substr($half, 0, 16)) {
    spew($twice, $half . $fake . slurp($short));
    my ($got, $shown) = replay($twice);
    is($got, 0, 'where something between two recordings looks like the beginning of one');
    is_deeply([@$shown[-@$limited .. -1]], (replay($short))[1], '... the one after it is replayed');
}
my $text = give(spew(tmp('text'), "{}\n"));
my $target = start_exerciser();
($status, undef, $err) = run_program($tracer, '-p', $target->pid, '--record', $text);
like("$status $err", qr/^5 .*what is in it is no recording; --truncate empties it/s, 'a recording is appended to nothing else');
$target->end;

# ---- blocks of a recording: runtime/record/format.h ----

sub sum {
    my ($word, $bytes) = @_;
    use integer;
    no warnings 'portable';
    my $sum = 0x9e3779b97f4a7c15 ^ $word;
    for my $next (unpack 'q*', $bytes) {
        $sum = ($sum ^ $next) * 0x9fb21c651e98df25;
        $sum ^= $sum >> 32 & 0xffffffff;
    }
    return $sum & 0xffffffff;
}

# [kind, what is in it, padding included, size without]
sub blocks_of {
    my ($bytes) = @_;
    my ($at, @blocks) = (24);
    while ($at < length $bytes) {
        my ($word, $sum) = unpack 'L2', substr $bytes, $at, 8;
        my $padded = ($word >> 8) + 7 & ~7;
        my $inner = substr $bytes, $at + 8, $padded;
        die "block at $at" if sum($word, $inner) != $sum;
        push @blocks, [$word & 0xff, $inner, $word >> 8];
        $at += 8 + $padded;
    }
    return @blocks;
}

sub seal {
    my ($kind, $inner, $size) = @{$_[0]};
    $inner .= "\0" x (-length($inner) % 8);
    my $word = $kind | $size << 8;
    return pack('L2', $word, sum($word, $inner)) . $inner;
}

my $magic = substr slurp($short), 0, 24;
my @blocks = blocks_of(slurp($short));
cmp_ok(scalar(grep { $_->[0] == 5 } @blocks), '>', 100, 'blocks are what the format says');
is($magic . join('', map { seal($_) } @blocks), slurp($short), '... and can be written by others');

my @until = @blocks[0 .. $#blocks - 1];
my ($latest) = grep { $until[$_][0] == 5 } reverse 0 .. $#until;
$until[$latest] = [5, pack('Q', 100e9 + unpack 'Q', $until[$latest][1]) . substr($until[$latest][1], 8), $until[$latest][2]];
my $gap = spew(tmp('gap'), $magic . join('', map { seal($_) } @until) . 'damaged!' x 2 . slurp($short));
($status, $lines, $err) = replay($gap);
like("$status $err", qr/^0 .* in 1\d\d\.\d\d s, 0 lost\n/s, 'seconds are also those of a recording whose end is damaged');

# ---- other definitions ----

my @changed = map { $_->[0] == 2 && $_->[1] =~ /h2o\0receive_request\0/ ? [2, pack('q', 1) . substr($_->[1], 8), $_->[2]] : $_ } @blocks;
my $other = spew(tmp('other'), $magic . join '', map { seal($_) } @changed);
($status, $lines, $err) = replay($other, '-q');
is("$status " . @$lines, '0 ' . (@$limited - 2 - 3), 'a probe that is laid out otherwise here is left out, all others are shown');
like($err, qr/^h2otrace: 3 events are not shown, since their probes are not defined here, or otherwise: h2o:receive_request: 3\n\z/, '... which is told once');
my $foreign = cases_tracer('casetrace', 't/cases/cases.d');
($status, undef, $err) = run_program($foreign, '--replay', $short);
is($status, 0, 'a tracer of other definitions reads it, too');
like($err, qr/\d+ events are not shown.*h2o:socket_write: 3/, '... and shows nothing');

# ---- what is no recording ----

# the beginning of what is told of a connection: the size of the name, and what stands in place of the number of a probe
sub told { return pack('q q L L L S S q3 L x4', 1, 0, 1, 1, 0, $_[1], 0, 7, 0, 0, $_[0]) . "\0" x 184 }
my %refused = (
    'another version' => [substr($magic, 0, 20) . pack('L', 77) . 'x' x 100, qr/has version 77 of the format of recordings, and this h2otrace reads version 2/],
    'another byte order' => [substr($magic, 0, 16) . pack('N', 0x01020304) . 'x' x 100, qr/on a machine with the other byte order/],
    'text' => ["{\"module\":\"h2o\"}\n" x 10, qr/is no recording/],
    'nothing' => ['', qr/is no recording/],
    'what xz has compressed' => ["\xfd7zXZ\0" . 'x' x 100, qr/refused is compressed by xz; only zstd and gzip are read/],
    'what bzip2 has compressed' => ['BZh9' . 'x' x 100, qr/is compressed by bzip2; /],
    map({ $_->[0] => [$magic . join('', map { seal($_) } @blocks[0 .. $#blocks - 1]) . seal([8, @$_[1, 2]]), qr/is damaged at byte \d+: what is told of a connection is not/] }
        ['a connection that is told too short of', told(5, 65535) . "\0" x 192, 440], ['a name that is longer than its place', told(256, 65535) . "\0" x 200, 448],
        ['a connection that is told of as an event', told(5, 1) . "\0" x 200, 448]),
    map({ my ($i, $inner, $words) = @$_[1 .. 3]; $_->[0] => [$magic . join('', map { seal($_) } @blocks[0 .. $i - 1]) . seal([$blocks[$i][0], $inner, length $inner]), $words] }
        # of what is compressed, a small file has any number of these
        ['a provider with a long name', 1, substr($blocks[1][1], 0, 24) . "p" x 256 . "\0n\0", qr/a probe has no name, or one that is too long/],
        ['a probe with a long name', 1, substr($blocks[1][1], 0, 24) . "p\0" . "n" x 256 . "\0", qr/a probe has no name, or one that is too long/],
        ['a long path of a program', 0, substr($blocks[0][1], 0, 48) . "t\0v\0/" . "x" x 4096 . "\0\0\0", qr/its beginning lacks a text, or one is too long/]),
    'a block of a kind that is not known' => [$magic . join('', map { seal($_) } @blocks[0 .. $#blocks - 1]) . seal([77, '', 0]), qr/is damaged at byte \d+: it has a block that this version/],
);
for my $name (sort keys %refused) {
    ($status, $lines, $err) = replay(spew(tmp('refused'), $refused{$name}[0]));
    is($status, 4, "$name is refused");
    like($err, $refused{$name}[1], '... in words');
}
($status, undef, $err) = run_program($tracer, '--replay', tmp('absent'));
like("$status $err", qr/^4 .*cannot read .*absent: No such file/, 'a file that is not there');
for my $wrong (['-p', 1], ['--record', 'x'], ['--string-limit', 5], ['--', 'true'], ['-l']) {
    ($status, undef, $err) = run_program($tracer, '--replay', $short, @$wrong);
    is($status, 2, "--replay @$wrong: wrong usage");
}

# ---- cut ----

sub is_prefix {
    my ($lines, $of) = @_;
    return !grep { $lines->[$_] ne $of->[$_] } 0 .. $#$lines;
}

my $bytes = slurp($short);
my @limited_lines = @{(replay($short))[1]};
my @places = (0 .. 40, map { int rand length $bytes } 1 .. 100);
my $at = 24;
for my $block (@blocks) {
    push @places, $at - 1, $at, $at + 4 if rand() < 0.1 || $block->[0] != 5 && $block->[0] != 2;
    $at += 8 + length $block->[1];
}
my @wrong;
for my $place (sort { $a <=> $b } @places) {
    ($status, $lines, $err) = replay(spew(tmp('cut'), substr $bytes, 0, $place));
    my $is_right = $place < 16 ? $status eq 4 : $status eq 0 && $err =~ /is cut short|has no end|^\z|0 events/;
    push @wrong, "$place: $status, $err" if !$is_right || !is_prefix($lines, \@limited_lines);
}
my $last = 24;
$last += 8 + length $_->[1] for @blocks[0 .. $#blocks - 2];
for my $part (['a size that reaches past the end', 0xff0000], ['a kind that is none', 0x70], ['a record that cannot be as long', 0x8000]) {
    my ($name, $bits) = @$part;
    my $flipped = $bytes;
    substr($flipped, $last, 4) = pack 'L', $bits ^ unpack 'L', substr $flipped, $last, 4;
    ($status, $lines, $err) = replay(spew(tmp('part'), $flipped));
    like("$status $err", qr/^4 .*is damaged at byte $last: /s, "$name is damage, not a cut");
    ok(is_prefix($lines, \@limited_lines), '... up to which all is shown');
}
is(join("\n", @wrong), '', 'cut at ' . @places . ' places, it is replayed up to there');

# ---- damaged ----

# A change that the checksum finds, or one of what a block says, with a checksum that is right.
sub mutate {
    my @list = @blocks;
    my $damaged = $bytes;
    if (rand() < 0.2) {
        substr($damaged, rand length $damaged, 1) = chr rand 256;
        return $damaged;
    }
    # most of what is interesting is not in one of many records
    my @choice = grep { rand() < 0.5 ? $list[$_][0] == 5 : $list[$_][0] != 5 } 0 .. $#list;
    for (1 .. 1 + rand 3) {
        my $i = $choice[rand @choice] // 0;
        my ($kind, $inner, $size) = @{$list[$i]};
        my $how = rand;
        my @values = (0, 1, 255, 65535, 0x7fffffff, 0xffffffff, int rand 2**32);
        if ($how < 0.7 && $size >= 4) {
            substr($inner, 4 * int rand $size / 4, 4) = pack 'L', $values[rand @values];
        } elsif ($how < 0.8 && $size >= 1) {
            substr($inner, rand $size, 1) = chr rand 256;
        } elsif ($how < 0.9) {
            $size = int rand $size + 1;
            $inner = substr $inner, 0, $size;
        } elsif ($how < 0.95) {
            splice @list, $i, 1;
            next;
        } else {
            $kind = int rand 9;
        }
        $list[$i] = [$kind, $inner, $size];
    }
    return $magic . join '', map { seal($_) } @list;
}

@wrong = ();
my ($num_whole, $num_refused) = (0, 0);
for my $i (1 .. $num_mutations) {
    ($status, $lines, $err) = replay(spew(tmp('damaged'), mutate()));
    ++$num_whole if $status eq 0;
    ++$num_refused if $status eq 4;
    if ($status !~ /^[04]$/ || $err =~ /Sanitizer|runtime error/ || grep { !/^\{"module":.*\}$/ } @$lines) {
        push @wrong, "$i: $status, $err";
        spew("/tmp/damaged-$i", slurp(tmp('damaged'))) if $ENV{KEEP};
    }
    if ($i % 100 == 0) {
        spew(tmp('lines'), join "\n", @$lines, '');
        my ($bad) = run_program('jq', '-e', '-n', 'reduce inputs as $x (1; .)', tmp('lines'));
        push @wrong, "$i: no JSON" if $bad ne 0;
    }
}
is(join("\n", @wrong[0 .. ($#wrong < 4 ? $#wrong : 4)]), '', "damaged in $num_mutations ways (seed $seed), it is refused or replayed");
cmp_ok($num_whole, '>', 0, "... $num_whole are replayed");
cmp_ok($num_refused, '>', $num_mutations / 4, "... $num_refused are refused");

done_testing();
