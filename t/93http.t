#!/usr/bin/perl
# ASSERTION: -H shows requests and responses with their headers as text, whatever the probes are called: line by line in the order in which they
# come, or a block for each request or connection, printed when it is complete, or marked as incomplete when it is not waited for any longer. What
# comes from the network does nothing to a terminal, and cannot be taken for what is the tracer's.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Live;
use Test::More;
use Time::HiRes qw(time);

need_bpf();

our $web = cases_tracer('webtrace', 't/cases/http.d', 't/cases/http.map');
my ($status, undef, $err) = run_program(build('bin/probegen'), 'dtrace', '-h', '-s', 't/cases/http.d', '-o', tmp('http.h'));
is($status, 0, 'the header') or diag($err);
my $server = compile('server', '-g', '-pthread', '-I' . tmp(''), 't/cases/http.c');

sub start_server { return start([$server], in => 'pipe', answers => 1) }

# What does not depend on the clock.
sub timeless {
    my ($text) = @_;
    $text =~ s/^(-+ +Begin +)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/$1TIME/mg;
    $text =~ s/^(-+ +(?:FirstByte|LastByte|Duration) +)\d+\.\d{3} ms$/$1TIME/mg;
    return $text;
}

# Traces a server that does this. Returns what is printed, and the tracer.
sub trace {
    my ($options, @lines) = @_;
    my $target = start_server();
    my $tracer = start_tracer({tracer => $web}, '-p', $target->pid, '-H', @$options);
    $target->ask($_) for @lines;
    $target->end_input;
    is($target->wait_end, 0, "@$options: the target lives as ever");
    is($tracer->wait_end, 0, '... and the tracer ends with it');
    is($tracer->complaints, '', '... without a complaint');
    return wantarray ? (timeless(slurp($tracer->out)), $tracer) : timeless(slurp($tracer->out));
}

# Two requests at a time on two threads, each of which is interrupted by the other one.
my @two = (
    '0 ask 1 1 257', '1 ask 2 8 512', '0 field 1 1 :method GET', '1 field 2 8 :method POST', '0 field 1 1 :path /a', '1 field 2 8 :path /b%20c',
    '0 field 1 1 host example', '1 answer 2 8 404', '1 tell 2 8 server web', '0 answer 1 1 200', '1 tell 2 8 x -', '0 tell 1 1 content-length 6',
);

sub refused {
    my ($why, $name, @arguments) = @_;
    my ($exit, $printed, $said) = run_program(@arguments);
    is("$exit, $printed", '2, ', "$name is wrong usage");
    like($said, $why, '... and says why');
}
# ---- line by line ----

is(trace([], @two, '0 other 5', '0 ask 3 0 768'), <<'END', 'lines as h2olog prints them, in the order of the events');
1 1 RxProtocol HTTP/1.1
2 8 RxProtocol HTTP/2.0
1 1 RxHeader   :method GET
2 8 RxHeader   :method POST
1 1 RxHeader   :path /a
2 8 RxHeader   :path /b c
1 1 RxHeader   host example
2 8 TxStatus   404
2 8 TxHeader   server web
1 1 TxStatus   200
2 8 TxHeader   x 
1 1 TxHeader   content-length 6
3 0 RxProtocol HTTP/3.0
END

# ---- what the network sends ----

# what is shown of the bytes: UTF-8 as it is, all else escaped, so that it reads back
my %shown = (
    'plain' => 'plain', 'a%5cb' => 'a\\\\b', '%1b[31mred' => '\\x1b[31mred', 'a%0a1%201%20TxStatus%20200' => 'a\\x0a1 1 TxStatus 200',
    'tab%09' => 'tab\\x09', '%c3%a9' => "\xc3\xa9", '%e9t%e9' => '\\xe9t\\xe9', '%c2%9b31m' => '\\xc2\\x9b31m', 'nul%00in' => 'nul\\x00in',
    '%e2%80%aeabc' => '\\xe2\\x80\\xaeabc', '%f0%9f%98%80' => "\xf0\x9f\x98\x80", '%ff%fe' => '\\xff\\xfe', '%7f' => '\\x7f', '%c3' => '\\xc3',
);
my @values = sort keys %shown;
my $out = trace([], map { ("0 field 1 1 v $_", "0 field 1 1 $_ v") } @values);
my @expected = map { ("1 1 RxHeader   v $shown{$_}", '1 1 RxHeader   ' . $shown{$_} =~ s/ /\\x20/gr . ' v') } @values;
is_deeply([split /\n/, $out], \@expected, 'what is not UTF-8 or would do something to a terminal is escaped, and so is the escape');
$out = trace(['-g', 'request'], '0 ask 1 1 512', (map { "0 field 1 1 v $_" } @values), '0 field 1 1 :path %1b]0;title%07%0a', '0 answer 1 1 200');
is_deeply([$out =~ /^-   RxHeader   v (.*)$/mg], [@shown{@values}], '... in blocks, too');
like($out, qr/^-   Request    - \\x1b\]0;title\\x07\\x0a$/m, '... and where else they stand');
unlike($out, qr/[^\n\x20-\x7e\x80-\xff]/, 'no control character is in it');
is(trace(['--string-limit=4'], '0 field 1 1 name abcd', '0 field 1 1 longer abcde'), "1 1 RxHeader   name abcd\n1 1 RxHeader   long\\... abcd\\...\n",
    'what is cut says so');

# ---- requests ----

# A block as it has to be: its head, what of the lines that all of them have is no dash, and the others.
sub block {
    my ($kind, $head, $has, @others) = @_;
    my ($level, @labels) = $kind eq 'Connection' ? (1, qw(Begin Peer Server Duration Requests))
        : (length $kind > 7 ? 2 : 1, qw(Begin Peer Server Protocol Request Status FirstByte LastByte Bytes));
    my ($star, $dash) = map { sprintf '%-4s', $_ x $level } '*', '-';
    my %value = (Begin => 'TIME', Request => '- -', %$has);
    my @lines = map { sprintf '%-10s %s', $_, $value{$_} // '-' } $level == 2 ? grep { !/^(?:Peer|Server)$/ } @labels : @labels;
    return join '', map({ "$_\n" } sprintf('%s<< %-8s >> %s', $star, $kind =~ s/ .*//r, $head), map { "$dash$_" } @lines, @others), $level == 1 ? "\n" : '';
}
sub request { return block('Request', @_) }
# of a connection, and the blocks inside of it
sub connection {
    my ($head, $has, $notes, @inner) = @_;
    return block('Connection', $head, $has, @$notes) =~ s/\n\z//r . join('', map { block('Request inside', @$_) } @inner) . "\n";
}

my $first = request('1 1', {Protocol => 'HTTP/1.1', Request => 'GET /a', Status => 200, FirstByte => 'TIME'},
    'RxHeader   :method GET', 'RxHeader   :path /a', 'RxHeader   host example', 'TxHeader   content-length 6');
my $second = request('2 8', {Protocol => 'HTTP/2.0', Request => 'POST /b c', Status => 404, FirstByte => 'TIME'},
    'RxHeader   :method POST', 'RxHeader   :path /b c', 'TxHeader   server web', 'TxHeader   x ');
is(trace(['-g', 'request'], @two, '0 other 1', '1 other 1', '1 go 9'), "$second$first", 'blocks of requests, as each is complete');
is(trace(['-g', 'request'], @two, '0 go 9', '1 go 9'), "$first$second", '... which is when its thread does something else');

my %seven = (Peer => '127.0.0.1:4321', Server => 'shop.example', Protocol => 'HTTP/3.0', FirstByte => 'TIME', LastByte => 'TIME');
is(trace(['-g', 'request'], '0 come 7 4321 shop.example', '0 ask 7 4 768', '0 field 7 4 :path /', '0 answer 7 4 200', '0 ask 7 8 768', '0 answer 7 8 500',
    '0 done 7 8 12', '0 done 7 4 3000', '0 done 7 4 1', '0 go 7'),
    request('7 8', {%seven, Status => 500, Bytes => 12}) . request('7 4', {%seven, Request => '- /', Status => 200, Bytes => 3000}, 'RxHeader   :path /'),
    'a request whose version has a probe at its end is complete then; its connection says whose it is');
is(trace(['-g', 'request'], '0 ask 1 1 257', '1 ask 1 2 257', '1 answer 1 2 200', '2 ask 1 3 257', '2 answer 1 3 201', '3 go 1'),
    request('1 1 (incomplete)', {Protocol => 'HTTP/1.1'}, 'Note       the next one has begun')
    . request('1 2', {Protocol => 'HTTP/1.1', Status => 200, FirstByte => 'TIME'}) . request('1 3', {Protocol => 'HTTP/1.1', Status => 201, FirstByte => 'TIME'}),
    'the next request on a connection of HTTP/1, and the end of a connection, end what was before, on whatever thread');

# ---- what is not complete ----

is(trace(['-g', 'request'], '0 answer 5 1 200', '0 tell 5 1 a b', '0 ask 5 2 512', '1 ask 5 3 768', '1 answer 5 3 200', '1 go 6', '1 ask 8 1 512', '1 go 8'),
    request('5 1 (incomplete)', {Begin => 'TIME or before', Status => 200}, 'TxHeader   a b', 'Note       its beginning is not in the trace')
    . request('8 1 (incomplete)', {Protocol => 'HTTP/2.0'}, 'Note       its connection has ended')
    . request('5 2 (incomplete)', {Protocol => 'HTTP/2.0'}, 'Note       the trace has ended')
    . request('5 3 (incomplete)', {Protocol => 'HTTP/3.0', Status => 200, FirstByte => 'TIME'}, 'Note       the trace has ended'),
    'what is incomplete says so, and why');

# silence says that there are no more headers, and time that there will be no answer
{
    my $target = start_server();
    my $tracer = start_tracer({tracer => $web}, '-p', $target->pid, '-H', '-g', 'request', '--patience=300ms');
    $target->ask($_) for '0 ask 1 1 512', '0 answer 1 1 200', '1 ask 2 1 512';
    ok(poll { slurp($tracer->out) =~ /^\*   << Request  >> 1 1$/m }, 'what nothing comes of any more is complete');
    ok(poll { slurp($tracer->out) =~ /^\*   << Request  >> 2 1 \(incomplete\)$/m }, 'what is not complete is printed when its time is over');
    like(slurp($tracer->out), qr/^-   Note       it was waited for long enough$/m, '... and says so');
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, 'the tracer ends');
}

my @heads = trace(['-g', 'request'], '0 many 1 1500') =~ /^(\*.*\n(?:-.*\n)*)/mg;
is(scalar @heads, 1500, 'of many requests at a time, none is missing');
is(scalar(grep { /too many/ } @heads), 500, '... and a thousand are waited for');
is(join(' ', map { /(\d+) 1 \(incomplete\)/ ? $1 : $_ } @heads), join(' ', 1 .. 1500), '... the oldest go first');
$out = trace(['-g', 'request'], '0 ask 1 1 512', '0 fields 1 1 400 ' . 'y' x 1000, '0 answer 1 1 200');
cmp_ok(length $out, '<', 300_000, 'a request does not take all memory');
like($out, qr/^-   Note       it has more headers/m, '... and says what is missing');
cmp_ok(scalar(() = $out =~ /RxHeader/g), '>', 200, '... with what there was room for');

# ---- connections ----

is(trace(['-g', 'connection'], '0 come 7 4321 shop.example', '1 come 8 99 x', '0 ask 7 1 257', '0 answer 7 1 200', '0 tell 7 1 a b', '0 ask 7 2 257',
    '0 field 7 2 :method PUT', '0 answer 7 2 500', '0 go 7', '1 ask 9 1 512', '1 answer 9 1 204', '1 go 8'),
    connection('7', {Peer => '127.0.0.1:4321', Server => 'shop.example', Duration => 'TIME', Requests => 2}, [],
        ['7 1', {Protocol => 'HTTP/1.1', Status => 200, FirstByte => 'TIME'}, 'TxHeader   a b'],
        ['7 2', {Protocol => 'HTTP/1.1', Request => 'PUT -', Status => 500, FirstByte => 'TIME'}, 'RxHeader   :method PUT'])
    . connection('8', {Peer => '127.0.0.1:99', Server => 'x', Duration => 'TIME', Requests => 0}, [])
    . connection('9 (incomplete)', {Begin => 'TIME or before', Requests => 1}, ['Note       the trace has ended'],
        ['9 1', {Protocol => 'HTTP/2.0', Status => 204, FirstByte => 'TIME'}]),
    'a block for each connection, with its requests');
$out = trace(['-g', 'connection'], '0 come 1 1 x', (map { ("0 ask 1 $_ 257", "0 answer 1 $_ 200") } 1 .. 1002), '0 go 1');
is_deeply([$out =~ /^-   Requests   (\d+)$/mg], [1000, 2], 'a connection with very many requests is printed in parts');
like($out, qr/^-   Note       it has more requests\n.*^-   Note       earlier requests are in an earlier block$/ms, '... which say so');
is(scalar(() = trace(['-g', 'connection'], '0 many 1 1500') =~ /^\*   << Connection >> \d+ \(incomplete\)$/mg), 1500, 'of many connections, none is missing');

# ---- whose connection it is ----

my @pipes = ('0 lay 1 192.0.2.1 4711 %1b[31m.example', '0 lay 2 2001:db8::7 -', '0 lay 3 10.0.0.9 - plain.example');
my %heard = (Protocol => 'HTTP/1.1', Status => 200, FirstByte => 'TIME', LastByte => 'TIME');
is(trace(['-g', 'request'], @pipes, '0 hear 11 1 257 1', '0 answer 11 1 200', '0 put 1 5', '0 hear 11 2 257 1', '0 hear 12 1 512 2', '0 hear 4294967295 1 512 3'),
    request('11 1', {%heard, Peer => '192.0.2.1:4711', Server => '\\x1b[31m.example'})
    . request('11 2 (incomplete)', {Peer => '192.0.2.1:4711', Server => '\\x1b[31m.example', Protocol => 'HTTP/1.1'}, 'Note       the trace has ended')
    . request('12 1 (incomplete)', {Peer => '2001:db8::7', Protocol => 'HTTP/2.0'}, 'Note       the trace has ended')
    . request('4294967295 1 (incomplete)', {Peer => '10.0.0.9', Server => 'plain.example', Protocol => 'HTTP/2.0'}, 'Note       the trace has ended'),
    'a request tells its peer and the name of the server, of a connection that was there before the trace, too; that is escaped');
{
    my $long = 'n' x 300;
    like(trace(['-g', 'request'], "0 lay 1 192.0.2.1 1 $long", '0 hear 1 1 512 1'), qr/^-   Server     n{255}\\\.\.\.$/m, 'a name that is too long is cut, and says so');
    like(trace(['-g', 'request'], '0 lay 1 :: - x', '0 hear 1 1 512 1'), qr/^-   Peer       -$/m, 'no address is none');
}
{
    my $blind = compile('blind', '-pthread', '-I' . tmp(''), 't/cases/http.c');
    my $target = start([$blind], in => 'pipe', answers => 1);
    my $tracer = start_tracer({tracer => $web}, '-p', $target->pid, '-H', '-g', 'request');
    $target->ask($_) for @pipes, '0 hear 11 1 512 1';
    $target->end_input;
    is($tracer->wait_end, 0, 'of a target without debug information, the tracer ends');
    is(scalar(() = $tracer->err =~ /addresses, and names of servers, of connections cannot be told: .+/g), 1, '... and says once what it cannot tell, and why');
    like(slurp($tracer->out), qr/^-   Peer       -\n-   Server     -$/m, '... and shows dashes');
}

# ---- the last byte of HTTP/1 ----

{
    my $target = start_server();
    my $tracer = start_tracer({tracer => $web}, '-p', $target->pid, '-H', '-g', 'request', '--patience=60s');
    $target->ask($_) for @pipes, '0 hear 11 1 257 1', '1 put 1 100', '0 answer 11 1 200', '0 other 1', '0 put 2 5', '1 put 1 100';
    my $begin = time;
    $target->ask('0 other 1') while time < $begin + 0.3;
    is(slurp($tracer->out), '', 'a request of HTTP/1 is waited for, whatever its headers are');
    $target->ask($_) for '1 put 1 100', '0 hear 11 2 257 1', '0 answer 11 2 201', '0 put 1 100', '0 put 1 -1', '0 hear 11 3 257 1', '0 answer 11 3 202', '0 put 1 -1',
        '0 put 1 5', '0 go 11';
    $target->end_input;
    is($tracer->wait_end, 0, 'the tracer ends');
    my %of = map { /^(\d+ \d+)/ ? ($1 => $_) : () } split /^\*   << Request  >> /m, slurp($tracer->out);
    my ($first_byte, $last_byte) = ($of{'11 1'} // '') =~ /FirstByte  ([\d.]+) ms\n-   LastByte   ([\d.]+) ms/;
    cmp_ok($last_byte // 0, '>=', 300 + ($first_byte // 0), 'the last byte is what was written last before the next request, however late');
    unlike($of{'11 1'}, qr/incomplete/, '... which is complete then');
    like($of{'11 2'}, qr/^11 2 \(incomplete\)\n(?:-.*\n)*-   Note       not all of the response could be sent$/m, 'what could not be written is no end');
    like($of{'11 3'}, qr/^11 3\n(?:-.*\n)*-   LastByte   \d/m, '... unless it could be later');
}

# ---- connections that events know by a pointer ----

is(trace(['-g', 'connection'], @pipes, '1 seal 1', '0 hear 11 1 512 1', '0 answer 11 1 200', '0 put 1 1', '1 unseal 1', '1 unseal 3', '0 hear 12 1 512 3', '0 unseal 3'),
    connection('11', {Peer => '192.0.2.1:4711', Server => '\\x1b[31m.example', Duration => 'TIME', Requests => 1}, [],
        ['11 1', {Protocol => 'HTTP/2.0', Status => 200, FirstByte => 'TIME'}])
    . connection('12', {Begin => 'TIME or before', Peer => '10.0.0.9', Server => 'plain.example', Requests => 1}, [],
        ['12 1 (incomplete)', {Protocol => 'HTTP/2.0'}, 'Note       its connection has ended']) =~ s/^\*   << Connection >> 12$/$& (incomplete)/mr
        =~ s/^(-   Requests   1\n)(?=\*\*  << Request  >> 12)/$1-   Note       its beginning is not in the trace\n/mr,
    'a connection begins and ends with a struct that it leads to');
{
    # where nothing says when connections of HTTP/2 end
    my $map = slurp('t/cases/http.map') =~ s/web:go = close/web:go = close_http1/r =~ s/web:leave\? = close, *//r =~ s/, web:leave\? = close;/;/r;
    local $web = cases_tracer('halftrace', 't/cases/http.d', spew(tmp('half.map'), $map));
    is(trace(['-g', 'connection'], @pipes, '0 hear 12 1 512 2', '0 answer 12 1 200', '0 hear 13 1 257 2', '0 answer 13 1 201', '0 hear 14 1 257 3'),
        connection('12 (end not visible)', {Begin => 'TIME or before', Peer => '2001:db8::7', Requests => 1}, ['Note       another connection has taken its place'],
            ['12 1', {Protocol => 'HTTP/2.0', Status => 200, FirstByte => 'TIME'}])
        . connection('13 (incomplete)', {Begin => 'TIME or before', Peer => '2001:db8::7', Requests => 1}, ['Note       the trace has ended'],
            ['13 1 (incomplete)', {Protocol => 'HTTP/1.1', Status => 201, FirstByte => 'TIME'}, 'Note       the trace has ended'])
        . connection('14 (incomplete)', {Begin => 'TIME or before', Peer => '10.0.0.9', Server => 'plain.example', Requests => 1}, ['Note       the trace has ended'],
            ['14 1 (incomplete)', {Protocol => 'HTTP/1.1'}, 'Note       the trace has ended']),
        'where nothing can tell the end of a connection, that is no defect; another one in its place ends it');
}

# ---- which of them ----

my @three = (
    '0 come 1 1 x', '0 ask 1 1 257', '0 field 1 1 :method GET', '0 field 1 1 agent robot', '0 answer 1 1 200', '0 tell 1 1 a b', '0 ask 1 2 257', '0 answer 1 2 503',
    '0 tell 1 2 a c', '0 go 1', '0 ask 2 1 512', '0 field 2 1 agent human', '0 answer 2 1 404', '0 tell 2 1 a d', '0 go 2',
);
sub chosen {
    my ($name, $options, $heads, $filtered) = @_;
    my $target = start_server();
    my $recording = give(spew(tmp('chosen.rec'), ''));
    chmod 0600, $recording;
    my $tracer = start_tracer({tracer => $web}, '-p', $target->pid, '-H', @$options);
    my $recorder = start_tracer({tracer => $web}, '-p', $target->pid, '-a', '--record', $recording);
    $target->ask($_) for @three;
    $target->end_input;
    is($_->wait_end, 0, "$name: a tracer ends") for $tracer, $recorder;
    is_deeply([slurp($tracer->out) =~ /^\*+ +<< \w+ +>> (.*)$/mg], $heads, '... which blocks there are');
    is(join(' ', $tracer->err =~ /: (\d+) events? of \d+ probes? in .*, (\d+) lost, (\d+) filtered$/m), (@three - $filtered) . " 0 $filtered",
        '... and each event was printed, lost, or filtered');
    my ($exit, $out, $said) = run_program($web, '--replay', $recording, '-H', @$options);
    is($exit, 0, '... the same of a recording');
    is(timeless($out), timeless(slurp($tracer->out)), '... blocks');
    is(join(' ', $said =~ /: (\d+) events? of \d+ probes? in .*, (\d+) lost, (\d+) filtered$/m), (@three - $filtered) . " 0 $filtered", '... and numbers');
}
chosen('by status', ['-g', 'request', '-e', 'web:answer.code >= 500'], ['1 2'], 9);
chosen('by a header', ['-g', 'request', '-e', 'key == "agent" && text =~ "ro*"'], ['1 1'], 7);
chosen('by either', ['-g', 'request', '-e', 'code == 503', '-e', 'text == "human"'], ['1 2', '2 1'], 5);
chosen('by connection', ['-g', 'request', '-e', 'who == 2'], ['2 1'], 8);
chosen('connections', ['-g', 'connection', '-e', 'code == 503'], ['1', '1 1', '1 2'], 5);
chosen('none', ['-g', 'connection', '-e', 'code == 999'], [], scalar @three);
refused(qr/has a field 'cod'; did you mean 'code'/, 'a field that is none', $web, '-p', $$, '-H', '-g', 'request', '-e', 'cod == 1');
{
    my $text = trace(['-g', 'request', '-s', 'agent'], '0 ask 1 1 512', '0 field 1 1 :method GET', '0 field 1 1 :path /x', '0 field 1 1 agent robot', '0 field 1 1 b c', '0 answer 1 1 200');
    is($text, request('1 1', {Protocol => 'HTTP/2.0', Request => 'GET /x', Status => 200, FirstByte => 'TIME'}, 'RxHeader   agent robot'),
        '-s: these headers, but method and path are in the head of a block all the same');
}

# what was kept until it was wanted
{
    my $target = start_server();
    my $tracer = start_tracer({tracer => $web}, '-p', $target->pid, '-H', '-g', 'request', '--ring', '10s', '--until', 'code == 500');
    $target->ask($_) for @pipes, '0 hear 11 1 512 1', '0 answer 11 1 200', '0 hear 11 3 512 1', '0 answer 11 3 500';
    is($tracer->wait_end, 0, 'a tracer that keeps what was last ends');
    my %has = (Peer => '192.0.2.1:4711', Server => '\\x1b[31m.example', Protocol => 'HTTP/2.0', FirstByte => 'TIME');
    is(timeless(slurp($tracer->out)), request('11 1', {%has, Status => 200})
        . request('11 3 (incomplete)', {%has, Status => 500}, 'Note       the trace has ended'), '... and shows whose it was');
    $target->end_input;
    $target->wait_end;
}

# headers that come after the last event that is taken
for my $case (['-c', 3], ['--until', 'code == 404'], ['--until', 'web:answer_field.key == "server"']) {
    my ($options, @headers) = ("@$case", $case->[1] =~ /server/ ? 'TxHeader   server web' : ());
    my $recording = give(spew(tmp('cut.rec'), ''));
    chmod 0600, $recording;
    my $target = start_server();
    my @tracers = map { start_tracer({tracer => $web}, '-p', $target->pid, @$case, @$_) } ['-H', '-g', 'request'], ['-a', '--record', $recording];
    $target->ask($_) for '0 ask 1 1 512', '1 ask 2 1 512';
    $target->ask($_) for '0 answer 1 1 404', '0 tell 1 1 server web', '0 tell 1 1 x y', '0 other 1';
    is($_->wait_end, 0, "$options: the tracer ends") for @tracers;
    my $want = request('1 1 (incomplete)', {Protocol => 'HTTP/2.0', Status => 404, FirstByte => 'TIME'}, @headers, 'Note       the trace has ended')
        . request('2 1 (incomplete)', {Protocol => 'HTTP/2.0'}, 'Note       the trace has ended');
    is(timeless(slurp($tracers[0]->out)), $want, '... a response whose headers may lack some is not called complete');
    my ($end, $shown) = run_program($web, '--replay', $recording, '-H', '-g', 'request');
    is(timeless($shown), $want, '... nor is it when what was recorded is shown');
    $target->end_input;
    $target->wait_end;
}

# what was not recorded is not waited for
{
    my $recording = give(spew(tmp('part.rec'), ''));
    chmod 0600, $recording;
    my $target = start_server();
    my $recorder = start_tracer({tracer => $web}, '-p', $target->pid, '-a', '-t', 'web:hear,web:answer', '--record', $recording);
    $target->ask($_) for @pipes, '0 hear 11 1 257 1', '0 answer 11 1 200', '0 put 1 5', '0 hear 11 2 257 1', '0 answer 11 2 201';
    $target->end_input;
    is($recorder->wait_end, 0, 'a recording of some probes');
    my ($exit, $out) = run_program($web, '--replay', $recording, '-H', '-g', 'request');
    my %has = (Peer => '192.0.2.1:4711', Server => '\\x1b[31m.example', Protocol => 'HTTP/1.1', FirstByte => 'TIME');
    is(timeless($out), request('11 1', {%has, Status => 200}) . request('11 2', {%has, Status => 201}), '... shows what is in it, as complete as it can be');
}

# who recorded was killed
{
    my $recording = give(spew(tmp('cut.rec'), ''));
    chmod 0600, $recording;
    my $target = start_server();
    my $recorder = start_tracer({tracer => $web}, '-p', $target->pid, '-a', '--record', $recording);
    $target->ask($_) for @pipes, '0 hear 11 1 512 1';
    $target->end_input;
    is($recorder->wait_end, 0, 'a recording');
    truncate $recording, (-s $recording) - 8;
    my ($exit, $out, $said) = run_program($web, '--replay', $recording, '-H', '-g', 'request');
    like($said, qr/is cut short/, '... that lacks its end');
    is(timeless($out), request('11 1 (incomplete)', {Peer => '192.0.2.1:4711', Server => '\\x1b[31m.example', Protocol => 'HTTP/2.0'}, 'Note       the trace has ended'),
        '... shows what was not complete then');

    # after a reboot, clocks and numbers begin anew: so they do with the same events once more
    my $once = slurp($recording);
    spew($recording, $once . $once);
    ($exit, my $twice, $said) = run_program($web, '--replay', $recording, '-H', '-g', 'request');
    is(timeless($twice), timeless($out) x 2, '... and once more, if it comes after itself: nothing is left of the one before');
    my $pipe = start_server();
    truncate $recording, 0;
    $recorder = start_tracer({tracer => $web}, '-p', $pipe->pid, '-a', '--record', $recording);
    $pipe->ask($_) for '0 ask 1 1 512', '0 answer 1 1 200', '0 go 1';
    my $end = time + 0.2;
    $pipe->ask('1 other 1') while time < $end;    # longer than is waited for anything
    $pipe->ask('0 ask 2 1 512');
    $pipe->end_input;
    $recorder->wait_end;
    my $ended = slurp($recording);
    ($exit, $out) = run_program($web, '--replay', $recording, '-H', '-g', 'request', '--patience=50ms');
    spew($recording, $ended . $ended);
    ($exit, $twice) = run_program($web, '--replay', $recording, '-H', '-g', 'request', '--patience=50ms');
    is($twice, $out x 2, '... and the same of one that has its end');
}

# ---- slow ones: what is asserted is on which side of the limit a request is that is made to take longer ----

{
    my $target = start_server();
    my $tracer = start_tracer({tracer => $web}, '-p', $target->pid, '-H', '-g', 'request', '--slower-than=100ms', '--patience=10s');
    $target->ask('0 ask 1 1 512');
    my $end = time + 0.3;
    $target->ask('1 ask 2 1 512'), $target->ask('1 answer 2 1 200'), $target->ask('1 other 1') while time < $end;
    $target->ask($_) for '0 answer 1 1 200', '0 go 9';
    $target->end_input;
    is($tracer->wait_end, 0, 'the tracer ends');
    my @slow = slurp($tracer->out) =~ /^\*   << Request  >> (.*)$/mg;
    is_deeply([grep { $_ !~ /^2 1/ } @slow], ['1 1'], '--slower-than: those that took as long');
    my @times = slurp($tracer->out) =~ /FirstByte  ([\d.]+) ms/g;
    is(scalar(grep { $_ < 100 } @times), 0, '... and none that did not');
}

# ---- several processes ----

{
    my @targets = map { start_server() } 1, 2;
    my @pids = map { $_->pid } @targets;
    my $tracer = start_tracer({tracer => $web}, '-p', join(',', @pids), '-H');
    $targets[$_]->ask('0 ask 1 1 512') for 0, 1;
    $_->end_input for @targets;
    is($tracer->wait_end, 0, 'the tracer of two ends');
    is_deeply([sort(split /\n/, slurp($tracer->out))], [sort map { "$_ 1 1 RxProtocol HTTP/2.0" } @pids], 'lines of several processes say which one');
}
{
    my @targets = map { start_server() } 1, 2;
    my @pids = map { $_->pid } @targets;
    my $tracer = start_tracer({tracer => $web}, '-p', join(',', @pids), '-H', '-g', 'request');
    for my $line ('0 ask 1 1 512', '0 answer 1 1 200', '0 tell 1 1 who PID') {
        $_->ask($line =~ s/PID/$_->pid/er) for @targets;
    }
    $_->end_input for @targets;
    is($tracer->wait_end, 0, 'the tracer of two ends');
    is_deeply([sort(slurp($tracer->out) =~ /^\*   << Request  >> (\d+ 1 1\n(?:-.*\n)*)/mg)],
        [sort map { my $pid = $_; slurp($tracer->out) =~ /^\*   << Request  >> ($pid 1 1\n(?:-.*\n)*-   TxHeader   who $pid\n)/m ? $1 : "none of $pid" } @pids],
        'numbers of two processes are not taken for each other');
}

# ---- what was lost ----

for my $group (qw(raw request)) {
    my $target = start_server();
    my $tracer = start_tracer({tracer => $web}, '-p', $target->pid, '-H', '-g', $group, '-b', '1M');
    $target->ask('0 ask 1 1 512');
    $tracer->stop;
    $target->ask('0 fields 1 1 20000 ' . 'y' x 200);
    $tracer->signal('CONT');
    $target->ask('0 answer 1 1 200');
    $target->end_input;
    is($tracer->wait_end, 0, "$group: the tracer that stood still ends");
    my ($num) = $tracer->err =~ /, (\d+) lost$/m;
    cmp_ok($num // 0, '>', 0, '... and has lost events');
    my $told = 0;
    $told += $_ for slurp($tracer->out) =~ ($group eq 'raw' ? qr/^- - Lost       (\d+) events?$/m : qr/^\*   << Lost     >> (\d+) events?$/m) ? $1 : 0;
    is($told, $num, '... as the output says where they are missing');
    next if $group eq 'raw';
    like(slurp($tracer->out), qr/^\*   << Request  >> 1 1 \(incomplete\)\n.*^-   Note       events were lost meanwhile$/ms, '... and in the request that may lack them');
}

# ---- the file, and what is refused ----

{
    my (undef, $tracer) = trace(['-w', '-', '-t', 'ask'], '0 ask 1 1 512', '0 field 1 1 a b');
    is(slurp($tracer->out), "1 1 RxProtocol HTTP/2.0\n", '-t says which events');
    my $file = give(spew(tmp('open'), ''));
    chmod 0644, $file;
    my $target = start_server();
    my ($exit, undef, $said) = run_program($web, '-p', $target->pid, '-H', '-w', $file);
    is($exit, 5, 'headers are not written where others can read them');
    like($said, qr/others can read/, '... as it says') or diag($said);
}

my $bare = cases_tracer('leaftrace', 't/cases/leaf.d');
refused(qr/leaftrace.* say of no probe what it is of HTTP \(http PROVIDER:PROBE = \.\.\.;\)/, '-H of a tracer whose maps say nothing of HTTP', $bare, '-p', $$, '-H');
refused(qr/-g says how -H/, '-g without -H', $web, '-p', $$, '-g', 'request');
refused(qr/--slower-than is about whole requests/, '--slower-than of single lines', $web, '-p', $$, '-H', '--slower-than=1s');
refused(qr/--patience is about whole requests/, '--patience of single lines', $web, '-p', $$, '-H', '--patience=1s');
refused(qr/-H shows none of the probes that -t selects/, '-H without its probes', $web, '-p', $$, '-H', '-t', 'other');
refused(qr/raw/, 'another grouping', $web, '-p', $$, '-H', '-g', 'session');

done_testing();
