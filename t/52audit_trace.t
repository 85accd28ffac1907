#!/usr/bin/perl
# ASSERTION: the audit counts in traces what is there: every line that is an event, once, whatever its form, its length, its compression and the way
# it comes; values that are null, keys that nobody defined, losses; it reports what is damaged, fails when there is no event, and nothing in a trace
# makes it crash or fill the memory. Python is the witness for what an event is.

use strict;
use warnings;
use lib 't/lib';
use JSON::PP ();
use POSIX ();
use Probegen;
use Test::More;

my $dir = temp_dir();
my $begin = 1795364222938.463;    # ms
my ($max_line) = slurp('gen/audit/trace/stream.h') =~ /^#define STREAM_MAX_LINE \((\d+) \* 1024 \* 1024\)$/m;
$max_line *= 1 << 20;

spit("$dir/app.d", <<'EOT');
provider app {
    /** a request begins */
    probe start(uint64_t id, int flag, const char *name, size_t name_len);
    /** it ends */
    probe stop(uint64_t id, int status);
    /** nothing to tell */
    probe idle();
    /** what not everyone may see */
    probe login(uint64_t id, const char *password, size_t password_len);
};
provider web {
    /** has another name in events */
    probe get(int code);
};
EOT
spit("$dir/app.map", "rename app:stop.status = result;\nrename web:get = fetch;\nsecret app:login.password;\n");
my %fields = ('app:start' => [qw(id flag name name_len)], 'app:stop' => [qw(id result)], 'app:idle' => [], 'app:login' => [qw(id password password_len)],
    'web:fetch' => ['code']);

# ---- helpers ----

sub event
{
    my ($module, $type, $ms, $rest) = @_;
    return sprintf '{"module":"%s","type":"%s","tid":1,"time":%.3f%s}' . "\n", $module, $type, $begin + $ms, defined $rest ? ",$rest" : '';
}

# the arguments of an audit of traces, and how to run it
sub command { return [$PROBEGEN, 'audit', 'app.d', 'app.map', '--format=json', '--fail-on=error', map { ('--seen', $_) } @_] }

# Returns {status, err, trace (the first), traces, time, probes: "provider:name" -> seen, findings: [id, target, text]}
sub parse_report
{
    my ($result) = @_;
    my %audit = (status => $result->{status}, err => $result->{err});
    return \%audit if $result->{status} != 0 && $result->{status} != 1;
    my $report = JSON::PP->new->utf8->decode($result->{out});
    $audit{traces} = $report->{inputs}{traces};
    $audit{trace} = $audit{traces}[0];
    $audit{time} = $report->{time};
    $audit{probes} = {map { ("$_->{provider}:$_->{name}" => $_->{seen}) } @{$report->{probes}}};
    $audit{findings} = [map { [$_->{id}, $_->{target}, $_->{text}] } @{$report->{findings}}, map { @{$_->{findings}} } @{$report->{probes}}];
    return \%audit;
}

sub audit
{
    my ($traces, %options) = @_;
    return parse_report(run(command(@$traces), dir => $dir, %options));
}

# the audit of one trace with these bytes
sub audit_text
{
    my ($text) = @_;
    spit("$dir/trace", $text);
    return audit(['trace']);
}

sub counts { return {map { $_[0]{probes}{$_}{events} ? ($_ => $_[0]{probes}{$_}{events}) : () } keys %{$_[0]{probes}}} }
sub finding_texts { my ($audit, $id) = @_; return [map { $_->[2] } grep { $_->[0] eq $id } @{$audit->{findings}}] }

# A test: the audit could not be completed, and says this.
sub is_failed
{
    my ($audit, $message, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($audit->{status}, 3, "$what: exit status 3");
    like($audit->{err}, $message, '... and why');
}

sub filter
{
    my ($command, $text) = @_;
    my $result = run($command, stdin => $text, timeout => 120);
    $result->{status} == 0 or die "$command: $result->{err}";
    return $result->{out};
}
sub gzip { return filter('gzip -c -n ' . ($_[1] || ''), $_[0]) }
sub zstd { return filter('zstd -q -c ' . ($_[1] || ''), $_[0]) }

# the histogram has all events, each probe's in its own row, and the axis has them all
sub histogram_is_right
{
    my ($audit, $what) = @_;
    my $time = $audit->{time};
    my @wrong = grep {
        my $seen = $audit->{probes}{$_};
        my $sum = 0;
        $sum += $_ for @{$seen->{buckets}};
        my ($first, $last) = map { $seen->{events} ? POSIX::floor(($seen->{$_} - $time->{start}) / $time->{bucket_size} + 1e-3) : undef } qw(first last);
        $sum != $seen->{events} || $seen->{events} && !($seen->{buckets}[$first] && $seen->{buckets}[$last]);
    } sort keys %{$audit->{probes}};
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is("@wrong", '', $what);
}

# ---- what is counted ----

my $trace = join '',
    event('app', 'start', 0, '"id":1,"flag":-1,"name":"a","name_len":1'), event('app', 'start', 10, '"id":2,"flag":null,"name":null,"name_len":5'),
    event('app', 'start', 5, '"id":3,"flag":null,"name":"c","name_len":1,"truncated":{"name":5000},"hex":{"name":"63"},"unreadable":["flag"]'),
    event('app', 'stop', 20, '"id":1,"result":200'), event('app', 'idle', 100), event('app', 'login', 7, '"id":9,"password_len":3'),
    event('web', 'fetch', 8, '"code":200'), event('other', 'thing', 9999999, '"id":null,"more":[1,2,{"x":null}]');
my $audit = audit_text($trace);
is($audit->{err}, '', 'a trace is read without a word');
is_deeply(counts($audit), {'app:start' => 3, 'app:stop' => 1, 'app:idle' => 1, 'app:login' => 1, 'web:get' => 1}, 'the events of each probe are counted');
is_deeply($audit->{trace}, {path => 'trace', lines => 8, events => 8, foreign => 1, lost => 0, bad_lines => 0, first_bad_line => undef, cut => JSON::PP::false()},
    '... and those of the trace');
my $start = $audit->{probes}{'app:start'};
is_deeply($start->{fields}, {id => {present => 3, null => 0}, flag => {present => 3, null => 2}, name => {present => 3, null => 1}, name_len => {present => 3, null => 0}},
    '... values that are null');
is_deeply($start->{unknown_keys}, [], '... keys that every event may have are not unknown');
is_deeply([@$start{qw(first last)}], [$begin, $begin + 10], '... the first and the last time');
is_deeply($audit->{probes}{'app:login'}{fields}{password}, {present => 0, null => 0}, '... fields that are not shown');
is_deeply(finding_texts($audit, 'P016'), ["'flag' is null in 2 of 3 events", "'name' is null in 1 of 3 events"], 'unreadable values are findings');
is_deeply(finding_texts($audit, $_), [], "... and none of $_") for qw(P015 P017 P019 P020);
is_deeply([@{$audit->{time}}{qw(first last)}], [$begin, $begin + 100], 'the axis goes from the first to the last event of all probes, not of others');
histogram_is_right($audit, 'the histogram has all events in their place');

my $table = run([$PROBEGEN, 'audit', 'app.d', 'app.map', '--seen', 'trace'], dir => $dir);
like($table->{out}, qr/^app +seen  findings\n  start +3  ?.*\n  stop +1/m, 'the table has a column for it');
like($table->{out}, qr/, 1 trace \(100\.0 % seen\)$/m, '... and the sum');

$audit = audit_text(event('app', 'start', 0, '"id":1,"flag":2,"name":"a","name_len":1'));
is(scalar @{finding_texts($audit, 'P015')}, 4, 'a probe that is not seen is a finding');
is(run([$PROBEGEN, 'audit', 'app.d', 'app.map', '--seen', 'trace', '--fail-under-seen=20', '--fail-on=error'], dir => $dir)->{status}, 0, '--fail-under-seen: enough');
is(run([$PROBEGEN, 'audit', 'app.d', 'app.map', '--seen', 'trace', '--fail-under-seen=20.1', '--fail-on=error'], dir => $dir)->{status}, 1, '... not enough');

# ---- other definitions ----

$audit = audit_text(event('app', 'start', 0, '"id":1,"flag":2,"name":"a","length":1,"extra":null,"extra":2') x 3 . event('app', 'stop', 0, '"id":1,"status":1')
        . event('app', 'gone', 1, '"x":1') x 2 . event('web', 'get', 0, '"code":1') . $trace);
is_deeply($audit->{probes}{'app:start'}{unknown_keys}, [{name => 'length', events => 3}, {name => 'extra', events => 3}], 'unknown keys are counted, once an event');
is_deeply($audit->{probes}{'app:stop'}{unknown_keys}, [{name => 'status', events => 1}], '... also one that a map renames');
is($audit->{probes}{'app:gone'}{events}, 2, 'events of a probe that is not defined have a row');
is($audit->{probes}{'web:get'}{events}, 1, 'the name that a map takes away is none of the probe');
is(scalar(grep { /of a probe that is not defined/ } @{finding_texts($audit, 'P017')}), 2, '... and both are findings');
$audit = audit_text(event('app', 'idle', 0, join ',', map { "\"key$_\":1" } 1 .. 40) . event('app', 'idle', 0, '"key39":1,"key3":1'));
is_deeply([map { "$_->{name} $_->{events}" } @{$audit->{probes}{'app:idle'}{unknown_keys}}], ['key1 1', 'key2 1', 'key3 2', map { "key$_ 1" } 4 .. 16],
    'of unknown keys, the first 16 are kept');
my $long = "\xc3\xa4" x 101;
$audit = audit_text(event('app', 'idle', 0, "\"x$long\":1"));
is_deeply([map { $_->{name} } @{$audit->{probes}{'app:idle'}{unknown_keys}}], ['x' . "\xe4" x 99], '... not more than 200 bytes of each, whole characters');
$audit = audit_text(join '', map { event('app', "gone$_", $_) . event('app', "gone$_", $_) } 1 .. 1500);
is(scalar(keys %{counts($audit)}), 1000, 'rows of probes that are not defined are limited');
is_deeply([@{$audit->{trace}}{qw(events foreign)}], [3000, 0], '... their events all the same are events');

# ---- what is an event ----

my $good = '"module":"app","type":"idle","time":1795364222938.463';
my @events = ("{$good}", " { \"time\" : 1 ,\t\"type\" : \"idle\" , \"module\" : \"app\" } \t",
    '{"x":[[1,{"y":null}]],"time":1e3,"modul\u0065":"a\u0070\u0070","\u0074ype":"i\u0064le"}',
    "{$good}\r", '{"module":"x","type":"y","time":5,"module":"app","type":"idle"}', '{"module":1,"module":"app","type":null,"type":"idle","time":"x","time":0}',
    "{$good,\"deep\":" . '[' x 63 . ']' x 63 . '}', "{$good,\"\":\"\\ud800\"}", '{"module":"app","type":"idle","time":253402300799999}', "{$good,\"time\":-0}");
my @others = ('{}', '[]', '1', 'null', 'x', '{', "{$good", "{$good}}", "{$good}{$good}", "$good}", "{$good,}", "{${good}x}",
    '{"module":"app","type":"idle"}', '{"module":"app","time":1}',
    '{"type":"idle","time":1}', '{"module":"app","type":"idle","time":"1"}', '{"module":"app","type":null,"time":1}', '{"module":["app"],"type":"idle","time":1}',
    '{"module":"app","type":"idle","time":null}', '{"module":"app","type":"idle","time":true}', '{"module":"app","type":"idle","time":-1}',
    '{"module":"app","type":"idle","time":-1e300}', '{"module":"app","type":"idle","time":1e300}', '{"module":"app","type":"idle","time":1e999}',
    '{"module":"app","type":"idle","time":253402300800000}', '{"module":"app","type":"idle","time":NaN}', '{"module":"app","type":"idle","time":01}',
    '{"module":"app","type":"idle","time":.5}', '{"module":"app","type":"idle","time":' . '9' x 5000 . '}', "{$good,\"module\":2}", "{$good,\"time\":{}}", "{$good,\"a\":\"\xff\"}",
    "{$good,\"a\":\"\xed\xa0\x80\"}", "{$good,\"a\":\"\t\"}", "{$good,\"a\":\"\0\"}", "{$good}\0", "\0", "{$good,\"a\":\"\\x\"}", "{$good,\"deep\":" . '[' x 64 . ']' x 64 . '}',
    "{'module':'app','type':'idle','time':1}", "{$good}\x1b[2J", '["module","type","time"]', "\xef\xbb\xbf{$good}", '{"type":"lost","time":1,"probes":{},"count":1}');
for my $line (@events) {
    $audit = audit_text("{$good}\n$line\n{$good}\n");
    is_deeply([counts($audit)->{'app:idle'}, $audit->{trace}{bad_lines}], [3, 0], "an event: $line") or diag($audit->{err});
}
$audit = audit_text(join "\n", "{$good}", @others, "{$good}", '');
is_deeply([counts($audit)->{'app:idle'}, @{$audit->{trace}}{qw(lines events bad_lines first_bad_line)}], [2, @others + 2, 2, scalar(@others), 2], 'none of these is an event');
for my $line (@others) {
    $audit = audit_text("{$good}\n$line\n");
    next if $audit->{trace}{bad_lines} == 1 && $audit->{trace}{events} == 1;
    fail("no event: $line");
}
is_deeply(finding_texts(audit_text("x\n{$good}\n\n[]\n"), 'P020'), ['2 of 4 lines are no events, the first is line 1'], 'such lines are a finding');

$audit = audit_text("\xef\xbb\xbf{$good}\r\n\r\n\n  \t\n{$good}");
is_deeply([@{$audit->{trace}}{qw(lines events bad_lines)}], [5, 2, 0], 'a byte order mark, CRLF, blank lines and an end without newline do no harm');
$audit = audit_text("{$good}\n{$good");
is_deeply([@{$audit->{trace}}{qw(lines events bad_lines first_bad_line)}], [2, 1, 1, 2], 'half a line at the end is reported');

# ---- length ----

for my $case ([$max_line - 1, 1], [$max_line, 0], [$max_line + 1, 0], [5 * $max_line, 0], [5 * $max_line + 7, 0]) {
    my ($size, $is_event) = @$case;
    my $line = "{$good,\"x\":\"";
    $line .= 'y' x ($size - 2 - length $line) . '"}';
    $audit = audit_text("{$good}\n$line\n{$good}\n");
    is_deeply([@{$audit->{trace}}{qw(lines events bad_lines)}], [3, 2 + $is_event, 1 - $is_event], "a line of $size bytes");
    $audit = audit_text("{$good}\n$line");
    is_deeply([@{$audit->{trace}}{qw(lines events bad_lines)}], [2, 1 + $is_event, 1 - $is_event], '... without a newline');
}
$audit = audit_text("{$good}\n" . '[' x ($max_line - 2) . "\n{$good," . join(',', map { "\"k$_\":{\"a\":[]}" } 1 .. 40000) . "}\n");
is_deeply([@{$audit->{trace}}{qw(lines events bad_lines)}], [3, 2, 1], 'many brackets, many keys');

# ---- losses ----

sub loss { return "{\"module\":\"$_[0]\",\"type\":\"lost\",\"time\":1795364222938.463,\"probes\":{$_[1]},\"count\":$_[2]}\n" }
$audit = audit_text($trace . loss('h2otrace', '"app:start":12,"web:get":3', 15) . loss('mytrace', '"app:start":1,"other:x":7,"app:unheard":2,"app:stop":0', 10));
is($audit->{trace}{lost}, 25, 'losses are counted');
is($audit->{trace}{events}, 8, '... and are no events');
is_deeply({map { $audit->{probes}{$_}{lost} ? ($_ => $audit->{probes}{$_}{lost}) : () } keys %{$audit->{probes}}}, {'app:start' => 13, 'web:get' => 3, 'app:unheard' => 2},
    '... for each probe, by its own name');
is_deeply(finding_texts($audit, 'P019'), ['13 beside 3 that were written', '3 beside 1 that were written'], '... and are findings');
$audit = audit_text($trace . loss('app', '"app:start":12', 12) . loss('x', '"app:start":12', '"12"') . loss('x', '"app:start":12', '1.5')
    . '{"module":"x","type":"lost","time":1,"count":3}' . "\n"
    . '{"module":"x","type":"lost","time":1,"count":3,"probes":[]}' . "\n");
is_deeply([@{$audit->{trace}}{qw(lost events foreign)}, $audit->{probes}{'app:lost'}{events}], [0, 13, 5, 1], 'what only looks like a loss is an event');
$audit = audit_text($trace . loss('x', '"app:start":900000000000000000', '900000000000000000') x 30);
is($audit->{trace}{lost}, '18446744073709551615', 'sums stop at the largest number') if $] >= 5.024;
is_failed(audit_text(loss('h2otrace', '"app:start":12', 12)), qr/^probegen: cannot use 'trace' as a trace: no line is an event \[E_FILE\]\n\z/, 'a trace of losses only');

# ---- the first and the last line of a tracer ----

my @frames = map { "{\"module\":\"$_->[0]\",\"type\":\"$_->[1]\",\"time\":1795364222938.463,$_->[2]}\n" } ['h2otrace', 'start', '"version":"1","definitions":"00"'],
    ['mytrace', 'end', '"why":"count","probes":{"app:start":{"events":1,"lost":0}}'];
$audit = audit_text($frames[0] . $trace . $frames[1]);
is_deeply([@{$audit->{trace}}{qw(lines events foreign)}], [10, 8, 1], 'the lines in which a tracer tells of itself are no events');
$audit = audit_text($trace . join '', map { s/"(definitions|why)":"[^"]*"/"$1":1/r, s/h2otrace|mytrace/web/r } @frames);
is_deeply([@{$audit->{trace}}{qw(lines events foreign)}], [12, 12, 3], '... but what only looks like them is one');
is_failed(audit_text($frames[0] . $frames[1]), qr/^probegen: cannot use 'trace' as a trace: no line is an event \[E_FILE\]\n\z/, 'a trace of nothing');

# ---- compression ----

srand 20260702;
my @many = map { my $i = $_; $i % 7 == 0 ? event('app', 'idle', $i) : event('app', 'stop', $i, '"id":' . int(rand 1e9) . ',"result":' . int(rand 1e6)) } 1 .. 7000;
my $many = join '', @many;
my %wanted = ('app:idle' => 1000, 'app:stop' => 6000);
my ($one, $two) = (join('', @many[0 .. 3331]), join('', @many[3332 .. 6999]));
my $half = length($one) + 7;    # within a line
my $skip = pack('V V', 0x184d2a57, 20) . 'x' x 20;
sub raw_frame { my ($text, $window_log) = @_; return pack('V C C', 0xfd2fb528, 0, ($window_log - 10) << 3) . substr(pack('V', length($text) << 3 | 1), 0, 3) . $text }
my %forms = (
    'plain' => $many, 'gzip' => gzip($many), 'gzip -1' => gzip($many, '-1'), 'gzip -9' => gzip($many, '-9'), 'gzip with a name' => filter('gzip -c', $many), 'zstd' => zstd($many),
    'zstd -1' => zstd($many, '-1'), 'zstd -19' => zstd($many, '-19'), 'zstd without checksum' => zstd($many, '--no-check'),
    'zstd with a window of 128 MB' => zstd($many, '--long=27'),
    'two gzip members' => gzip($one) . gzip($two), 'two zstd frames' => zstd($one) . zstd($two),
    'members that end within a line' => gzip(substr $many, 0, $half) . gzip(substr $many, $half),
    'gzip, then zstd' => gzip($one) . zstd($two), 'zstd, then gzip' => zstd($one) . gzip($two), 'a frame to be skipped first' => $skip . zstd($many),
    'frames to be skipped' => $skip . zstd($one) . $skip . $skip . zstd($two) . $skip, 'an empty member first' => gzip('') . gzip($many),
    'an empty frame last' => zstd($many) . zstd(''),
    'a thousand members' => join('', (gzip('') x 500, gzip($many), gzip('') x 500)),
    'frames that were written by hand' => raw_frame('', 27) . raw_frame("{$good}\n", 10) . zstd(substr $many, 1 + index $many, "\n"),
);
for my $form (sort keys %forms) {
    $audit = audit_text($forms{$form});
    $wanted{'app:idle'} += $form =~ /hand/;
    $wanted{'app:stop'} -= $form =~ /hand/;
    is_deeply(counts($audit), \%wanted, "$form: all events") or diag($audit->{err});
    $wanted{'app:idle'} -= $form =~ /hand/;
    $wanted{'app:stop'} += $form =~ /hand/;
    ok(!$audit->{trace}{cut} && $audit->{trace}{bad_lines} == 0, '... and no damage');
}
is($audit->{probes}{'app:stop'}{first}, $begin + 1, 'the time of the first');
histogram_is_right($audit, 'and their histogram');
spit("$dir/x.zst", gzip($one));
spit("$dir/x.gz", $two);
is_deeply(counts(audit(['x.zst', 'x.gz'])), \%wanted, 'names do not matter');

is_failed(audit_text(raw_frame("{$good}\n", 28)), qr/cannot read 'trace': zstd wants more than 128 MB of memory for it; compress it without --long/, 'a window of 256 MB');
is_failed(audit_text(zstd($many) . raw_frame("{$good}\n", 31)), qr/cannot read 'trace': zstd wants more than 128 MB/, '... in the last frame');

# ---- damage ----

# The audit of damaged data has what came before, and says so. What a mistake was made of may look like more lines that are no events.
sub is_cut
{
    my ($text, $least, $what, $max_bad) = @_;
    my $cut = audit_text($text);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($num) = map { ($_->{'app:idle'} || 0) + ($_->{'app:stop'} || 0) } counts($cut);
    ok($cut->{status} == 0 && $num >= $least && $num <= 7000 && $cut->{trace}{cut} && $cut->{trace}{bad_lines} <= ($max_bad || 0), $what)
        or diag($cut->{err}, "$num events, ", JSON::PP->new->canonical->encode($cut->{trace} || {}));
    return $num;
}

for my $kind (['gzip', \&gzip, ''], ['zstd', \&zstd, '-1'], ['zstd without checksum', \&zstd, '--no-check'], ['a member and one more', sub { gzip($one) . zstd($two) }, '']) {
    my ($name, $compress, $option) = @$kind;
    my $whole = $compress->($many, $option);
    my ($last, $num_wrong) = (0, 0);
    for my $i (12 .. 40) {
        my $num = is_cut(substr($whole, 0, length($whole) * $i / 41), $i < 20 ? 1 : 2000, "$name, cut at $i/41");
        ++$num_wrong if $num < $last;
        $last = $num;
    }
    is($num_wrong, 0, "$name: the more there is, the more is counted");
    is_cut(substr($whole, 0, -1), 6000, "$name, cut before the last byte") if $option ne '--no-check';
}
is_deeply(finding_texts(audit_text(substr gzip($many), 0, -9), 'P020'), ['its compressed data end early, or are damaged'],
    'damage is a finding, and half a line there is not reported twice');
my $gzip = gzip($many);
substr($gzip, -8, 1) ^= "\x01";
is(is_cut($gzip, 7000, 'a wrong checksum of gzip'), 7000, '... of which all is counted');
$gzip = gzip($many);
substr($gzip, length($gzip) / 2, 2) = "\xff\xff";
is_cut($gzip, 2000, 'a mistake in the middle of gzip', 7000);
my $zstd = zstd($many, '-1');
substr($zstd, length($zstd) * 2 / 3, 4) ^= "\xff\xff\xff\xff";
is_cut($zstd, 2000, 'a mistake in the middle of zstd', 7000);
is_cut(gzip($many) . "\0" x 512, 7000, 'zeros after gzip');
is_cut(zstd($many) . "{$good}\n", 7000, 'text after zstd');
is_cut(gzip($many) . "\x1f", 7000, 'one byte more');
is_cut(gzip($many) . "\x1f\x8b\x08\0", 7000, 'the beginning of another member');

for my $case (['nothing', ''], ['blank lines', "\n\r\n  \n"], ['no events', "hello\n[]\n"], ['half an event', "{$good"],
    ['nothing in gzip', gzip('')], ['nothing in zstd', zstd('')],
    ['nothing but a frame to be skipped', $skip], ['no text', join '', map { chr int rand 256 } 1 .. 5000]) {
    is_failed(audit_text($case->[1]), qr/^probegen: cannot use 'trace' as a trace: no line is an event \[E_FILE\]\n\z/, $case->[0]);
}
for my $case (['two bytes of gzip', "\x1f\x8b"], ['a beginning of zstd', "\x28\xb5\x2f\xfd"],
    ['gzip of nothing known', "\x1f\x8b\x07\0" . 'x' x 50],
    ['zstd of garbage', "\x28\xb5\x2f\xfd" . "\xff" x 50], ['a block of zstd that is none', "\x28\xb5\x2f\xfd\0\x58\x07\0\0"],
    ['too little of gzip', substr gzip($many), 0, 15]) {
    is_failed(audit_text($case->[1]), qr/no line is an event; its compressed data are damaged \[E_FILE\]\n\z/, $case->[0]);
}

# ---- ways to come ----

my $nothing_read = qr/^probegen: cannot read '(\S+)': .+ \[E_FILE\]\n\z/;
is_failed(audit(['none']), qr/^probegen: cannot read 'none': No such file or directory \[E_FILE\]\n\z/, 'a file that is missing');
is_failed(audit(['.']), qr/^probegen: cannot read '\.': Is a directory \[E_FILE\]\n\z/, 'a folder');
is_failed(audit(['/proc/self/mem']), qr{^probegen: cannot read '/proc/self/mem': Input/output error \[E_FILE\]\n\z}, 'a file that cannot be read');
spit("$dir/one", $one);
is_failed(audit(['one', 'none']), qr/'none'/, 'one of several that is missing');
is_deeply(counts(audit(['-'], stdin => $many)), \%wanted, '- is standard input');
is_deeply(counts(audit(['-'], stdin => gzip($many))), \%wanted, '... compressed, too');
is_deeply(counts(audit(['/dev/stdin'], stdin => zstd($many))), \%wanted, '... and so is /dev/stdin');
is(audit(['-'], stdin => $trace)->{trace}{path}, '-', '... under that name');
is_failed(audit([@$_], stdin => $many), qr/^probegen: standard input is given twice as a trace, and can be read only once \[E_FILE\]\n/, "@$_") for ['-', '-'], ['-', '/dev/stdin'];
is_failed(parse_report(run('exec "$@" <&-' =~ s/"\$@"/@{command('-')}/r, dir => $dir)), qr{cannot read '-': Bad file descriptor}, 'standard input that is closed');

# through pipes, a few bytes at a time: the bytes that show the compression come in pieces
spit("$dir/drip", <<'EOT');
$| = 1;
open my $in, '<:raw', $ARGV[0] or die;
binmode STDOUT;
my $n = 1;
while (read $in, my $part, $n) { print $part; select undef, undef, undef, 0.001 if $n < 64; $n = $n < 64 ? $n + 1 : 5003; }
EOT
for my $form ('plain', 'gzip', 'zstd', 'a frame to be skipped first') {
    spit("$dir/whole", $forms{$form});
    my $result = run("perl drip whole | @{command('-')}", dir => $dir);
    is_deeply(counts(parse_report($result)), \%wanted, "$form, in pieces through a pipe");
    $result = run(['bash', '-c', "@{command('<(cat whole)', '<(perl drip one)')}"], dir => $dir);
    my $both = parse_report($result);
    is(($both->{traces}[0]{events} || 0) + ($both->{traces}[1]{events} || 0), 7000 + 3332, '... and two FIFOs');
}

# ---- several ----

spit("$dir/part$_", join '', @many[grep { $_ % 3 == $_[0] } 0]) for ();
my @parts = map { my $i = $_; join '', map { $many[$_] } grep { $_ % 3 == $i } 0 .. $#many } 0 .. 2;
spit("$dir/part0", zstd($parts[0]));
spit("$dir/part1", $parts[1]);
spit("$dir/part2", gzip($parts[2]));
my $whole = audit_text($many);
$audit = audit(['part2', 'part0', 'part1']);
is_deeply($audit->{probes}, $whole->{probes}, 'traces that are merged are as if they were one, histograms included');
is_deeply($audit->{time}, $whole->{time}, '... on the same axis');
is_deeply([map { $_->{path} } @{$audit->{traces}}], ['part2', 'part0', 'part1'], '... and each is reported');
histogram_is_right($audit, '... the histogram is right');
spit("$dir/far", '{"module":"app","type":"idle","time":0}' . "\n" . '{"module":"app","type":"stop","time":253402300799999}' . "\n");
$audit = audit(['part0', 'far', 'part1']);
is_deeply([@{$audit->{time}}{qw(first last)}], [0, 253402300799999], 'the axis goes as far as times do');
histogram_is_right($audit, '... with all events');

# ---- Python as witness ----

my @tokens = ('"', '\\', ',', ':', '{', '}', '[', ']', 'null', 'true', '-', '0', '1.5', 'e5', ' ', "\t", "\r", "\n", '\u00e4', '\ud83d\ude00',
    '\ud800', "\xc3\xa4", "\xff", "\x01", '""',
    '"module":"app",', '"module":"web",', '"type":"fetch",', '"type":"idle",', '"time":1,', '"time":-1,', '"id":null,', '"id":1,', '"new":null,',
    '{"b":{}}', 'module', 'type', 'time', 'app', 'start',
    '"modul\u0065":"w\u0065b",', '"flag":null,"flag":1,', '1e400', '9' x 30, 'lost', '"probes":{"app:start":3,"web:get":2},"count":5,', '"count":1.0,');
my @seeds = ((split /^/, $trace), loss('h2otrace', '"app:start":12,"web:get":3', 15), $many[1], "{\"id\":4,\"result\":null,\"time\":7,\"type\":\"stop\",\"module\":\"app\"}\n");

sub mutated_line
{
    my $text = $seeds[int rand @seeds];
    for (1 .. int rand 4) {
        my $at = int rand length $text;
        my $how = int rand 5;
        if ($how == 0) {
            substr($text, $at, 1) = chr int rand 256;
        } elsif ($how == 1) {
            substr($text, $at, 1 + int rand 8) = '';
        } elsif ($how == 2) {
            my @places = (1, map { $_ + 1 } grep { substr($text, $_, 1) eq ',' } 0 .. length($text) - 1);
            substr($text, $places[int rand @places], 0) = $tokens[int rand @tokens];
        } else {
            substr($text, $at, 0) = $tokens[int rand @tokens];
        }
        last if $text eq '';
    }
    return $text;
}

my $num_runs = $ENV{FUZZ_RUNS} || 5;
for my $i (1 .. $num_runs) {
    my $text = join '', map { mutated_line() } 1 .. 5000;
    spit("$dir/mutated", $text);
    my $expected = JSON::PP->new->utf8->decode(run_ok(['python3', 't/lib/trace_witness.py', "$dir/mutated", JSON::PP->new->encode(\%fields)], 'the witness')->{out});
    my $got = audit_text($i % 3 == 0 ? gzip($text) : $i % 3 == 1 ? $text : zstd($text));
    my %sums = map { ($_ => $got->{trace}{$_}) } keys %{$expected->{sums}};
    is_deeply(\%sums, $expected->{sums}, "$sums{lines} lines, $sums{events} of them events, $sums{bad_lines} bad ones, $sums{lost} losses: the same sums") or keep($text);
    # the report has names of definitions, events have others
    my %seen = map { (($_ eq 'web:get' ? 'web:fetch' : $_) => $got->{probes}{$_}) } grep { $got->{probes}{$_}{events} } keys %{$got->{probes}};
    for my $seen (values %seen) {
        delete @$seen{qw(buckets lost)};
        $seen->{unknown_keys} = {map { ($_->{name} => $_->{events}) } @{$seen->{unknown_keys}}};
        $seen->{$_} = sprintf '%.3f', $seen->{$_} for qw(first last);
    }
    my %expected = map { ($_ => $expected->{probes}{$_}) } grep { $expected->{probes}{$_}{events} } keys %{$expected->{probes}};
    for my $wanted (values %expected) {
        delete $wanted->{lost};
        $wanted->{$_} = sprintf '%.3f', $wanted->{$_} for qw(first last);
    }
    is_deeply(\%seen, \%expected, '... the same counts of ' . keys(%seen) . ' probes, their fields and unknown keys') or keep($text);
}

sub keep
{
    mkdir "$O/fuzz";
    spit("$O/fuzz/trace", $_[0]);
    diag("kept as $O/fuzz/trace");
}

# ---- whatever bytes ----

my @corpus = ($trace, gzip($trace), zstd($trace), gzip($many), zstd($many, '-1'), $skip . zstd($one) . gzip($two), raw_frame($trace, 20), substr($forms{'zstd -19'}, 0, 3000));
my ($num_tried, @wrong) = (0);
for my $i (1 .. ($SAN ? 100 : 400) * ($ENV{FUZZ_RUNS} || 1)) {
    my $text = $corpus[int rand @corpus];
    for (1 .. 1 + int rand 5) {
        my $at = int rand 3 ? int rand length $text : int rand(length $text < 30 ? length $text : 30);
        my $how = int rand 4;
        substr($text, $at, 1) = chr int rand 256 if $how == 0;
        substr($text, $at, 1 + int rand 20) = '' if $how == 1;
        substr($text, $at, 0) = join '', map { chr int rand 256 } 1 .. 1 + int rand 8 if $how == 2;
        substr($text, $at, 1) ^= chr 1 << int rand 8 if $how == 3;
        $text = "\x1f\x8b" if $text eq '';
    }
    spit("$dir/fuzz", $text);
    my $result = run(command('fuzz'), dir => $dir, timeout => 20);
    ++$num_tried;
    next if $result->{status} =~ /^[013]$/ && $result->{err} !~ /Sanitizer|runtime error/ && ($result->{status} == 3) == ($result->{err} =~ /^probegen: cannot (?:read|use) /);
    push @wrong, "status $result->{status}: $result->{err}";
    keep($text);
}
is("@wrong", '', "$num_tried damaged traces are no more than damaged");

# ---- memory ----

# more than the memory there is, without a newline, then an event: what is read needs no memory
for my $kind (['gzip', '| gzip -1'], ['zstd', '| zstd -q -19 --long=23'], ['plain', '']) {
    my ($name, $compress) = @$kind;
    next if $SAN && $name ne 'zstd';    # which needs much memory of its own to find out that ours is needed
    my $size = $SAN ? '50M' : '200M';
    # address space, of which the C library and its threads take some; a sanitizer takes terabytes
    my $limit = $SAN ? '' : 'ulimit -v 120000; ';
    my $result = run("(head -c $size /dev/zero; echo; echo '{$good}') $compress | ($limit exec @{command('-')})", dir => $dir, timeout => 120);
    is_deeply([@{parse_report($result)->{trace}}{qw(lines events bad_lines)}], [2, 1, 1], "$size in one line, $name: read in bounded memory") or diag($result->{err});
}

# ---- members that are left out when they are 0 ----

{
    spit("$dir/left.d", "provider app {\n    /** one */\n    probe a(struct st_x *x);\n};\n");
    spit("$dir/left.map", "struct st_x { int id unless 0; int n; }\n");
    spit("$dir/left.json", event('app', 'a', 0, '"x":"0x1"'));
    my $left = parse_report(run([$PROBEGEN, 'audit', 'left.d', 'left.map', '--format=json', '--fail-on=error', '--seen', 'left.json'], dir => $dir));
    is_deeply(finding_texts($left, 'P017'), ["no event has 'n'"], 'a member that is left out when it is 0 is not missed, another is');
}

done_testing();
