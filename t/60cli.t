#!/usr/bin/perl
# ASSERTION: the options of probegen and of the tracer do what --help says, mistakes in them end with status 2 and one message, every documented exit
# status is given; a dependency file is one; make builds a tracer of any definitions, and builds nothing twice.

use strict;
use warnings;
use lib 't/lib';
use BuildLock;
use Cli;
use JSON::PP;
use Probegen;
use Test::More;

my $dir = temp_dir();
chmod 0755, $dir;
my ($version) = slurp('Makefile') =~ /^VERSION := (\S+)$/m;
my $good = "$dir/good.d";
spit($good, "provider app {\n    probe a(int x);\n};\n");
spit("$dir/bad.d", "provider app {\n    probe a(int x int y);\n};\n");
spit("$dir/good.map", "flag app:a.x;\n");

# ---- probegen ----

is_helpful([$PROBEGEN], 'gen/main.c');
is(run_ok([$PROBEGEN, '--version'], '--version')->{out}, "probegen $version\n", '... has the version of the Makefile');
is(run([$PROBEGEN, '-V'])->{out}, "probegen $version\n", '-V is --version');

is_refused([$PROBEGEN, '--nothing'], qr/unrecognized option '--nothing'/, 'an unknown option');
is_refused([$PROBEGEN, $_], qr/unrecognized option '\Q$_\E'; did you mean --output-dir\?\n/, "$_") for '--ouput-dir', '--ouput-dir=x';
is_refused([$TRACER, "--$_", '-p', 1], qr/unrecognized option '--\Q$_\E'; did you mean --duration\?\n/, "--$_") for 'duratoin', 'duratoin=5s';
is_refused([$PROBEGEN, '--output-dirs-of-all'], qr/unrecognized option '--output-dirs-of-all'\nTry/, 'an unknown option that is like no other');
is_refused([$PROBEGEN, '-x', $good], qr/invalid option -- 'x'/, 'an unknown letter');
is_refused([$PROBEGEN], qr/\Aprobegen: no definitions given\n/, 'no files');
is_refused([$PROBEGEN, '-n'], qr/\Aprobegen: no definitions given\n/, 'no files to check');
is_refused([$PROBEGEN, '-n', "$dir/good.map"], qr/\Aprobegen: only \.map files given, no definitions\n/, 'only maps');
is_refused([$PROBEGEN, '--emit=events,nothing', $good], qr/\Aprobegen: --emit takes events, bpf, json, catalog, usdt, exerciser or doc, not 'nothing'\n/, 'an unknown emitter');
is_refused([$PROBEGEN, "--emit=$_", $good], qr/\Aprobegen: --emit takes .* or doc, not '$_'\n/, "--emit=$_") for '', ',';
is_refused([$PROBEGEN, '--dump=nothing', $good], qr/\Aprobegen: --dump takes json, tokens, ast or ir, not 'nothing'\n/, 'an unknown dump');

my $list = run_ok([$PROBEGEN, '--list-emitters'], '--list-emitters')->{out};
is(join(' ', $list =~ /^\s*(\w+) /mg), join(' ', slurp('gen/emit/emitters.def') =~ /^EMITTER\((\w+),/mg), '... lists those of gen/emit/emitters.def');

my $checked = run_ok([$PROBEGEN, '-n', $good, "$dir/good.map"], '-n', dir => $dir);
is($checked->{out} . $checked->{err}, '', '... says nothing when all is right');
is(join(' ', list_files($dir, qr/[^.]/)), 'bad.d good.d good.map', '... and writes nothing');
is(run([$PROBEGEN, '--check', $good])->{status}, 0, '--check is -n');
is(run([$PROBEGEN, '-n', "$dir/bad.d"])->{status}, 1, 'mistakes in the definitions: exit status 1');
is(run([$PROBEGEN, '-n', "$dir/bad.d", "$dir/none.d"])->{status}, 3, 'mistakes and a missing file: exit status 3');

mkdir "$dir/cwd" or die $!;
run_ok([$PROBEGEN, $good], 'without -o', dir => "$dir/cwd");
ok(-e "$dir/cwd/events.h" && -e "$dir/cwd/app-probes.h", '... files are written into the working folder');
run_ok([$PROBEGEN, '--output-dir', "$dir/new", '--emit', 'events', '--tracer', 'name', $good], 'options in long form, their values apart');
is(join(' ', list_files("$dir/new", qr/[^.]/)), 'events.h', '... write what is asked for');
like(run([$PROBEGEN, '-o', "$dir/new", '--tracer=odd "name\\', $good]) && slurp("$dir/new/catalog.c"), qr/\.tracer = "odd \\"name\\\\"/,
     'a name of the tracer with quotes is a C string all the same');

# the preprocessor
mkdir "$dir/include" or die $!;
spit("$dir/include/extra.h", "#define NUMBER int\n");
spit("$dir/either.d", "provider app {\n    probe same(int x);\n#ifdef BIG\n    probe put(long v, int extra);\n    probe both(int x);\n#else\n    probe put(int v);\n    probe both(int x);\n#endif\n"
    . "#ifdef EXTRA_H\n#include EXTRA_H\n    /** more\n     \@appdata {\"extra\": [\"x\"]} */\n    probe extra(NUMBER x);\n#endif\n};\n");
my $neither = run([$PROBEGEN, '-n', "$dir/either.d"]);
is($neither->{status}, 1, 'a probe that the branches of an #if declare in two ways');
like($neither->{err}, qr/\A\S+:7:11: error: probe 'app:put' is declared twice: remove one declaration, or let the preprocessor choose: -C, .*\n.*\n.*\n\S+:4:11: note: .*\n.*\n.*\n\z/,
    '... is the only mistake: one that they declare in the same way is one probe');
for my $case ([['-C'], 'put(int v) both(int x)'], [['-DBIG'], 'put(long v, int extra) both(int x)'], [['-D', 'BIG=1', '-UBIG'], 'put(int v) both(int x)'],
    [["-I$dir/include", '-DEXTRA_H="extra.h"'], 'put(int v) both(int x) extra(int x)']) {
    my ($options, $probes) = @$case;
    my $json = run_ok([$PROBEGEN, '--dump=json', @$options, "$dir/either.d", "$dir/good.map" =~ s/good/either/r], "@$options") if spit("$dir/either.map", "flag app:same.x;\n") || 1;
    my @found = map { my $probe = $_; "$probe->{name}(" . join(', ', map { "$_->{type} $_->{name}" } @{$probe->{arguments} // $probe->{args}}) . ')' }
        map { @{$_->{probes}} } @{decode_json($json->{out})->{providers}};
    is("@found", "same(int x) $probes", '... chooses');
    is(scalar(() = $json->{out} =~ /"appdata":true/g), $probes =~ /extra/ && $probes !~ /int extra/ ? 1 : 0, '... and comments count');
}
like(run([$PROBEGEN, '-n', '-C', "$dir/bad.d"])->{err}, qr/\A\Q$dir\E\/bad\.d:2:/, '-C: a mistake is where it is in the source');
is(run([$PROBEGEN, '-n', "-I$dir/none", '-DEXTRA_H="none.h"', "$dir/either.d"])->{status}, 3, 'an include that is not there: exit status 3');

# files whose names a preprocessor would take for options, or for a file with options
for my $name ('-fplugin=none.so', '-include', '@options.d', '-') {
    spit("$dir/cwd/$name", "#define TYPE int\nprovider app { probe a(TYPE x); };\n");
    my $found = run([$PROBEGEN, '-C', '--dump=ir', '--', $name], dir => "$dir/cwd");
    ok($found->{status} == 0 && $found->{out} =~ / app:a: /, "-C with a file that is called $name") or diag($found->{err});
    run_ok([$PROBEGEN, 'dtrace', '-C', '-h', '-s', $name, '-o', 'named.h'], '... dtrace -C -h', dir => "$dir/cwd");
    like(-e "$dir/cwd/named.h" ? slurp("$dir/cwd/named.h") : '', qr/APP_A\(/, '... its probes are there');
    run_ok([$PROBEGEN, 'dtrace', '-C', '-G', '-s', $name, '-o', 'named.o'], '... dtrace -C -G', dir => "$dir/cwd");
    unlink map { "$dir/cwd/$_" } $name, 'named.h', 'named.o';
}

# two probes of one macro
spit("$dir/case.d", "provider app { probe Open(int x); probe open(int x); };\n");
is(run([$PROBEGEN, '-e', 'usdt', '-o', "$dir/case", "$dir/case.d"])->{status}, 1, 'Open and open: no header');
is(run_ok([$PROBEGEN, '-e', 'events,bpf,json,catalog', '-o', "$dir/case", "$dir/case.d"], '... a tracer')->{err}, '', '... without a word');
like(run_ok([$PROBEGEN, '-o', "$dir/case", "$dir/case.d"], '... and everything')->{err}, qr/\A\S+: warning: probe 'app:open' needs the header macro APP_OPEN\(\).*\[W_COLLISION\]/,
    '... where the second is left out of the header');
is(scalar(() = slurp("$dir/case/app-probes.h") =~ /^#define APP_OPEN\(/mg), 1, '... which has one of them');
like(slurp("$dir/case/tracer.bpf.c"), qr/app_Open\b.*app_open\b/s, '... and the tracer both');
unlink map { "$dir/$_" } 'either.d', 'either.map', 'case.d';

for my $kind ('tokens', 'ast', 'ir', 'json') {
    my $dump = run_ok([$PROBEGEN, "--dump=$kind", $good], "--dump=$kind", dir => "$dir/new");
    ok(length $dump->{out} > 20 && $dump->{err} eq '', '... prints something');
    my $failed = run([$PROBEGEN, "--dump=$kind", "$dir/bad.d"]);
    is($failed->{status}, $kind eq 'tokens' ? 0 : 1, "--dump=$kind of a mistake: its exit status");
    is($failed->{out}, '', "... nothing is printed") if $kind eq 'ir' || $kind eq 'json';
}
is(run([$PROBEGEN, '-n', '--dump=json', $good])->{out}, '', '-n wins over --dump');

# ---- the dependency file ----

my $old = time - 1000;
mkdir "$dir/make" or die $!;
spit("$dir/make/a b.d", slurp($good));
spit("$dir/make/a.map", slurp("$dir/good.map"));
spit("$dir/make/Makefile", "out/events.h:\n\t\@echo build; $PROBEGEN -o out --depfile=deps.mk 'a b.d' a.map\n-include out/deps.mk\n");
sub make_says
{
    my ($expected, $what) = @_;
    my $result = run(['make', '-s'], dir => "$dir/make");
    ok($result->{status} == 0 && $result->{out} eq $expected, $what) or diag($result->{out}, $result->{err});
}
utime $old, $old, "$dir/make/a b.d", "$dir/make/a.map";
make_says("build\n", 'make builds with a dependency file');
make_says('', '... once');
for my $input ('a b.d', 'a.map') {
    utime $old + 500, $old + 500, "$dir/make/$input";
    utime $old, $old, "$dir/make/out/events.h";
    make_says("build\n", "... again when $input has changed");
    utime undef, undef, "$dir/make/out/events.h";
}
rename "$dir/make/a.map", "$dir/make/b.map" or die $!;
utime $old, $old, "$dir/make/out/events.h";
my $gone = run(['make', '-s'], dir => "$dir/make");
like($gone->{err}, qr/probegen: cannot read 'a\.map': No such file/, 'an input that is gone is reported by probegen, not by make');

# ---- the tracer, without BPF ----

is_helpful([$TRACER], 'runtime/options/options.c');
like(help_of($TRACER), qr/^  -a, --appdata +show application data too \(\d+ arguments, such as\n +\w+:\w+\.\w+\)\n +--secrets +show secrets too \(\d+ arguments, such as\n +\w+:\w+\.\w+\)$/m,
    '... and what is marked');
my @help = split /\n/, run([$TRACER, '--help'])->{out};
cmp_ok(scalar @help, '<=', 50, '... on a screen');
is(run_ok([$TRACER, '--version'], '--version')->{out}, "h2otrace (probegen $version)\n", '... says what made it');
is(run([$TRACER, '-V'])->{out}, "h2otrace (probegen $version)\n", '-V is --version');
for my $option ('--help', '--version', '-l') {
    my $result = run([$TRACER, $option], stdout => '/dev/full');
    is($result->{status}, 5, "$option to a full device: exit status 5");
    like($result->{err}, qr/\Ah2otrace: cannot write .*: No space left on device\n\z/, '... and one message');
}

is_refused([$TRACER], qr/\Ah2otrace: no process given: -p PID, -x FILE, --cgroup=PATH, or -- COMMAND\n/, 'no process');
is_refused([$TRACER, '--nothing'], qr/unrecognized option '--nothing'/, 'an unknown option');
is_refused([$TRACER, '-p', '1', 'more'], qr/\Ah2otrace: 'more' is not an option\n/, 'an argument too many');
is_refused([$TRACER, '-p', $_], qr/\Ah2otrace: -p wants a process id, and got none: is the program running\?\n/, "-p '$_'") for '', ' ', "\n";
for my $pid ('x', '0', '-1', '1x', '1.5', '0x10', ' 1', '1,x', '1,,-2', '2147483648', '99999999999999999999999') {
    is_refused([$TRACER, '-p', $pid], qr/\Ah2otrace: -p wants a process id, not '\Q$pid\E'\n/, "-p '$pid'");
}
for my $limit ('', '0', '32769', '-5', '4K', 'x') {
    is_refused([$TRACER, '-l', "--string-limit=$limit"], qr/\Ah2otrace: --string-limit wants a number from 1 to 32768, not '\Q$limit\E'\n/, "--string-limit=$limit");
}
for my $size ('', '0', '1', '64', '1X', '1.5M', '1023K', '1048575', '2G', '1025M', 'M', '1MM', '1 M', '1Mi', '99999999999999999999999', '18014398509481984K') {
    is_refused([$TRACER, '-p', '1', '-b', $size], qr/\Ah2otrace: -b wants a size from 1M to 1G, such as 64M, not '\Q$size\E'\n/, "-b '$size'");
}
for my $count ('', '0', '-1', 'x', '18446744073709551616') {
    is_refused([$TRACER, '-p', '1', '-c', $count], qr/\Ah2otrace: -c wants a number of events, not '\Q$count\E'\n/, "-c '$count'");
}
for my $glob ('', ',', ',,') {
    is_refused([$TRACER, '-l', '-t', $glob], qr/\Ah2otrace: -t wants 'PROVIDER:PROBE', not '\Q$glob\E'\n/, "-t '$glob'");
}
for my $glob (':', 'h2o:nothing', 'nothing:*', 'nothing', '!nothing', 'h2o:receive_request,nothing') {
    my $named = $glob =~ s/^!|^.*,//r;
    is_refused([$TRACER, '-l', '-t', $glob], qr/\Ah2otrace: no probe matches '\Q$named\E'; -l lists them\n/, "-t '$glob'");
}
my %meant = ('h2o:recieve_request' => "'h2o:receive_request'", 'h2o.receive_request' => "'h2o:receive_request'", ':receive_request' => "'h2o:receive_request'",
    'send_respose' => "'h2o:send_response'", 'quickly' => "'quicly:*'", 'quickly:*' => "'quicly:*'", 'h2o:' => "'h2o:*'", 'H2O:recieve*' => "'h2o:receive_request' or 'h2o:receive_request_header'");
is_refused([$TRACER, '-l', '-t', $_], qr/\Ah2otrace: no probe matches '\Q$_\E'; did you mean \Q$meant{$_}\E\?\n/, "-t '$_'") for sort keys %meant;
is_refused([$TRACER, '-l', '-t', 'h*'], qr/\Ah2otrace: 'h\*' may be a provider or a probe: 'h\*:\*' or '\*:h\*'\n/, "-t 'h*'");
is_refused([$TRACER, '-l', '-t', 'h2o,!h2o'], qr/\Ah2otrace: what -t excludes is all that it selects\n/, 'an exclusion of everything');
is_refused([$TRACER, '-l', '-t', 'h2o:*', '-t', 'x:y'], qr/no probe matches 'x:y'/, 'one glob of two that matches nothing');
for my $option ('-c 5', '-a', '--secrets', '--string-limit=5', '-w none', '-b 64M', '--duration=5s', '--rotate=1h', '--keep=3', '--truncate', '--strict', '-q') {
    my ($named) = $option =~ /^([\w-]+)/;
    is_refused([$TRACER, @$_], qr/\Ah2otrace: \Q$named\E has no meaning with -l, which lists probes, and prints no events\n/, "@$_")
        for ['-l', split / /, $option], [split(/ /, $option), '--list', '-p', '1'];
}
ok(!-e 'none', '... and no file is written');

# What is accepted comes to the process, which is none.
my $ended = fork // die "fork: $!";
POSIX::_exit(0) if $ended == 0;
waitpid $ended, 0;
sub is_accepted
{
    my ($message, @options) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
  SKIP: {
        skip 'not root', 2 if $> != 0;
        my $result = run([$TRACER, '-p', $ended, @options]);
        is($result->{status}, 4, "@options: is taken");
        is($result->{err}, "${message}h2otrace: no such process: $ended\n", '... and what is not as it was asked for is told');
    }
}
is_accepted('', '-b', $_) for '1M', '1048576', '1024K', '64M', '64m', '64MB', '64MiB', '1G', '1048576K';
is_accepted("h2otrace: -b: the buffer has 128M, the next power of 2\n", '-b', $_) for '65M', '100MB', '68157440';
is_accepted('', "--string-limit=$_") for '1', '32768';
is_accepted('', '-c', '18446744073709551615');
is_accepted('', '-b', '100M', '-b', '64M');    # of two values, the last one counts
for my $time ('', '0', '-1', 'x', '5x', '1hm', '366d', ' 1', '99999999999999999999') {
    is_refused([$TRACER, '-p', '1', "--duration=$time"], qr/\Ah2otrace: --duration wants a time up to 365d, such as 10s, 5m or 1h, not '\Q$time\E'\n/, "--duration=$time");
}
is_accepted('', "--duration=$_") for '1', '10s', '5m', '24h', '365d', '1.5h', '250ms';

# the list, against the definitions
my $model = decode_json(run([$PROBEGEN, '--dump=json', glob('probes/*.d'), glob('probes/*.map')])->{out});
my @expected;
for my $provider (@{$model->{providers}}) {
    push @expected, map { my @args = map { $_->{type} . (!defined $_->{name} ? '' : $_->{type} =~ /\*$/ ? $_->{name} : " $_->{name}") } @{$_->{args}};
        "$provider->{name}:$_->{name}(" . join(', ', @args) . ")\n" } grep { !$_->{skipped} } @{$provider->{probes}};
}
my $listed = run_ok([$TRACER, '-l'], '-l');
is($listed->{err}, '', '... without a message');
same_text($listed->{out}, join('', @expected), '... lists all probes as they were declared');
same_text(run([$TRACER, '-l', '-t', 'picotls:*'])->{out}, join('', grep { /^picotls:/ } @expected), '-l with a glob');
for my $case (['picotls', qr/^picotls:/], ['receive_request', qr/^h2o:receive_request\(/], ['H2O:Receive_Request', qr/^h2o:receive_request\(/], ['*', qr//],
    ['free,h2o:h1_*', qr/^(?:\w+:free|h2o:h1_\w+)\(/], ['!quicly:*', qr/^(?!quicly:)/], ['h2o:*,!*_header,!h3*', qr/^h2o:(?!h3)(?!\w+_header\()/])
{
    my ($globs, $selected) = @$case;
    same_text(run([$TRACER, '-l', '-t', $globs])->{out}, join('', grep { /$selected/ } @expected), "-l -t '$globs'");
}
same_text(run([$TRACER, '-l', '-t', '*:free', '-t', 'h2o:h?_accept'])->{out}, join('', grep { /^(\w+:free|h2o:h\w_accept)\(/ } @expected), '-l with two');

# ... and in detail, against the dump
my %told = (int => 'integer', uint => 'integer', bool => 'true or false', pointer => 'pointer, "0x..."', string => 'text', bytes => 'bytes, in hex',
    address => 'address, as text',
    whole => 'object', float => 'number');
my ($event, %fields);
for my $line (split /\n/, run([$PROBEGEN, '--dump=ir', glob('probes/*.d'), glob('probes/*.map')])->{out}) {
    $event = $1 if $line =~ /^\d+ (\S+): /;
    push @{$fields{$event}}, "$1 duration in ms; only with --durations" if $line =~ /^ +\d+ +\d+ duration (\S+): pair /;
    my ($kind, $field, $path, $gate) = $line =~ /^ +\d+ +\d+ (\w+) +(\S+): argument \d+, bit \d+(?:, path \d+ \((.*?) ?\))?.*?(?:, (secret|application data))?$/ or next;
    push @{$fields{$event}}, "$field $told{$kind}" . ($path ? " of $path" : '') . (!$gate ? '' : $gate eq 'secret' ? '; only with --secrets' : '; only with -a');
}
my %doc = map { my $provider = $_->{name}; map { ("$provider:$_->{name}" => join ' ', split ' ', $_->{doc} // '') } @{$_->{probes}} } @{$model->{providers}};
my $detailed = run_ok([$TRACER, '-lv'], '-l -v')->{out};
is(join("\n", grep { length > 80 } split /\n/, $detailed), '', '... in 80 columns');
like($detailed, qr/\n\nEvery event has the keys module, type, tid and time /, '... says what all events have');
$detailed =~ s/\n\nEvery event.*//s;
$detailed =~ s/\n(?: {6}| {10,})(?=\S)/ /g;    # lines that were broken: declarations, fields
same_text(join('', map { "$_\n" } grep { /^\S/ } split /\n/, $detailed), $listed->{out}, '... has what -l has');
my (%got, %got_doc);
for my $line (split /\n/, $detailed) {
    $event = $1 if $line =~ /^(\w+:\w+)\(/;
    if (my ($field, $kind, $place, $gate) = $line =~ /^ {8}(\S+) +([^;]+); (.*?)(; only with .*?)?(?:; not there if it is 0)?$/) {
        my $path = $place =~ /^\w+->(\S+) of (.*)$/ ? " of $2 $1" : $place =~ /^\*\w+ of (.*)$/ ? " of $1" : '';
        push @{$got{$event}}, "$field $kind$path" . ($gate // '');
    }
    push @{$got_doc{$event}}, split ' ', $1 if $line =~ /^ {4}(\S.*)/;
}
is_deeply(\%got, \%fields, '... and all that events have, in their order');
is_deeply({map { $_ => join ' ', @{$got_doc{$_}} } keys %got_doc}, {map { $_ => $doc{$_} } grep { $doc{$_} ne '' } keys %doc}, '... and all that definitions say');
is_refused([$TRACER, '-v', '-p', '1'], qr/\Ah2otrace: -v is about what -l lists\n/, '-v without -l');

# processes
for my $options ([], ['-l']) {
    my $result = run([$TRACER, @$options, '-p', $ended]);
    SKIP: {
        skip 'not root', 2 if $> != 0 && !@$options;
        is($result->{status}, 4, "@$options -p of no process: exit status 4");
        is($result->{err}, "h2otrace: no such process: $ended\n", '... and one message');
    }
}
my $other = run([$TRACER, '-l', '-p', $$]);
is($other->{status}, 4, '-l -p of a process without probes: exit status 4');
like($other->{err}, qr/\Ah2otrace: process $$ \(.*\) has none of the probes; .*readelf -n.*\n\z/, '... and one message');

SKIP: {
    my @as = $> == 0 ? qw(setpriv --reuid=65534 --regid=65534 --clear-groups) : ();
    skip 'no way to be another user', 5 if @as && run([@as, $TRACER, '--version'])->{status} != 0;
    my $result = run([@as, $TRACER, '-p', $$]);
    is($result->{status}, 3, 'tracing without the rights for it: exit status 3');
    like($result->{err}, qr/\Ah2otrace: tracing needs CAP_BPF and CAP_PERFMON, .*: run it as root, or .*\n\z/, '... and one message, which names them');
    is(run([@as, $TRACER, '-l'])->{out}, $listed->{out}, 'the list needs none');
    skip 'not root', 2 if $> != 0;
    $result = run([@as, $TRACER, '-l', '-p', $$]);
    is($result->{status}, 3, '-l of another user\'s process: exit status 3');
    like($result->{err}, qr/\Ah2otrace: looking at process $$ needs CAP_SYS_PTRACE, .*\n\z/, '... and one message, which names what it takes');
}

# ---- make ----

my @san = $SAN ? 'SAN=1' : ();
my $help = run_ok(['make', 'help'], 'make help')->{out};
my @targets = map { s/test-%/test-NAME/r } grep { !/^(\.|FORCE$|\$|(GEN|O)\b)/ } slurp('Makefile') =~ /^([a-z][\w%-]*):/mg;
ok(@targets >= 9, 'targets of the Makefile');
like($help, qr/^  make \Q$_\E +\S/m, "make help has $_") for @targets;

my $lock = lock_build();
run_ok(['make', @san, 'all'], 'make', timeout => 300);
my %before = map { $_ => join ' ', (stat $_)[1, 9] } glob("$O/bin/* $O/lib/* $O/gen/h2otrace/*.[cho] $O/obj/*/*.o $O/obj/*/*/*.o");
ok(keys %before > 50, 'has built things');
my $second = run_ok(['make', @san, 'all'], 'make again', timeout => 300);
like($second->{out}, qr/\A(make: Nothing to be done for 'all'\.\n)?\z/, '... says nothing');
is(join(' ', grep { join(' ', (stat $_)[1, 9]) ne $before{$_} } sort keys %before), '', '... and makes nothing');

# ---- what PROBES stands for ----

# Makes files below a folder: name => text.
sub lay_out
{
    my ($folder, %files) = @_;
    for my $file (sort keys %files) {
        run(['mkdir', '-p', "$folder/$file" =~ s{/[^/]*$}{}r]);
        spit("$folder/$file", $files{$file});
    }
    return $folder;
}

# The files that PROBES stands for, without the folder of the test.
sub found
{
    my ($probes) = @_;
    my $result = run(['probes/find.sh', $probes]);
    return join ' ', map { s{^\Q$dir\E/}{}r } split /\n/, $result->{status} ? "$result->{status}: $result->{err}" : $result->{out};
}

my $one = "provider one { probe a(int x); };\n";
my $tree = lay_out("$dir/tree", 'README' => '', 'src/one.d' => "/* provider of nothing */\n$one", 'src/one.map' => "flag one:a.x;\n",
    'src/one.o.d' => "one.o: one.c \\\n provider.h ../provider /usr/include/stdio.h\n", 'src/deep/er/two.d' => "provider\n two\n{ probe b(int x); };\n",
    'src/deep/er/wrong.d' => "provider { probe b(int x); };\n", 'src/language.d' => "module app; // the provider of all\nvoid main() {}\n", 'build/one.d' => "/* provider of nothing */\n$one",
    '.git/three.d' => $one, 'libtwo.map' => "TWO_1 {\n  global: two;\n  local: *;\n};\n", 'top.map' => "flag two:b.x;\n", 'src/other.map' => 'no map');
is(found($tree), 'tree/build/one.d tree/src/deep/er/two.d tree/src/deep/er/wrong.d tree/src/one.map tree/top.map',
    'a source tree: definitions wherever they are, each once, no lists of dependencies, no D programs, no maps of linkers');
unlink "$tree/build/one.d";
is(found($tree), 'tree/src/deep/er/two.d tree/src/deep/er/wrong.d tree/src/one.map tree/src/one.d tree/top.map', '... and the map that stands beside one');
is(found("  $tree/  "), found($tree), 'blanks around it, and a slash behind it');
is(found(" $dir/good.d\t $dir/good.map "), 'good.d good.map', 'blanks around a list');
is(found("$dir/goo?.d $tree/src"), 'good.d ' . found("$tree/src"), 'patterns and folders in a list');
my $odd = lay_out("$dir/it's odd", q{a b;#%:[1]=&~,($x)"'.d} => $one);
is(found($odd), q{it's odd/a b;#%:[1]=&~,($x)"'.d}, 'a folder and a file with odd names');
is(found("$odd/a b;#%:[1]=&~,(\$x)\"'.d"), found($odd), '... and that file alone');
is(found("$dir/new"), "1: PROBES: no definitions in '$dir/new': no file *.d in it, or below it, has a provider ('probegen from BINARY' writes a first one)",
    'a folder without definitions is told');
is(found("$dir/good.d $dir/none.d"), "1: PROBES: '$dir/none.d' is not there", 'a file that is not there is told');
is(found(' '), '1: PROBES: it is empty: it names a folder, a source tree, or files', 'nothing is told');
my $h2o = lay_out("$dir/h2o", 'h2o-probes.d' => $one, 'deps/b/b-probes.d' => $one, 'deps/a/a-probes.d' => $one, 'deps/a/t/c-probes.d' => $one, 'x.map' => '');
is(found($h2o), join(' ', (map { "h2o/$_" } qw(h2o-probes.d deps/a/a-probes.d deps/b/b-probes.d)), glob('probes/*.map')), 'a tree of h2o: its own three kinds of files, with our maps');
is(run(['make', @san, "TRACER=none-t60-$$", "PROBES=$dir/new", 'all'])->{err} =~ /^PROBES: no definitions in '\Q$dir\E\/new'/m, 1, 'make says the same');
run(['rm', '-rf', "$O/gen/none-t60-$$"]);

# Definitions that have nothing to do with h2o: build, and look who traces.
my $name = "foreign-t60-$$";
my @foreign = ("TRACER=$name", "PROBES=t/golden/sample.d t/golden/sample.map", q{DEFS=-Ulinux -DNOTHING='a "b"'});
run_ok(['make', @san, @foreign, 'all'], 'make with other definitions and another name', timeout => 300);
my $mine = run_ok(["$ROOT/$O/bin/$name", '-l'], '... makes a tracer');
like($mine->{out}, qr/^app:pointers\(int \*numbers, void \*data, char \*\*texts, void \(\*callback\)\(int, char \*\), /m, '... that has these probes');
is(scalar(() = $mine->{out} =~ /\n/g), 12, '... all but the skipped one');
like(run(["$ROOT/$O/bin/$name", '--help'])->{out}, qr/\AUsage: \Q$name\E -p PID/, '... and its own name');
like(run(["$ROOT/$O/bin/$name"])->{err}, qr/\A\Q$name\E: no process given/, '... in messages too');
my $exerciser = run_ok(["$ROOT/$O/bin/$name-exerciser"], '... and an exerciser', stdin => "enabled\nfire 0\n");
like($exerciser->{out}, qr/^enabled 0\nfired 12\n/, '... that fires them');
is(run(['make', @san, @foreign, 'all'])->{out}, '', '... once');
run_ok(['make', @san, "TRACER=$name", 'PROBES= ' . ($odd =~ s/\$/\$\$/gr) . ' ', 'all'], 'make with a folder and a file with odd names, and blanks around', timeout => 300);
my $plain_help = help_of("$ROOT/$O/bin/$name");
like($plain_help, qr/show application data too \(nothing is marked as such\s+here\)\n +--secrets +show secrets too \(nothing is marked as such here\)\n/, '... whose help says that all text is shown');
unlike($plain_help, qr/header|(?<!no)body|bodies|TLS|token|cookie|h2o|quic/i, '... and has no words of others');
is(run_ok(["$ROOT/$O/bin/$name", '-l'], '... makes its tracer')->{out}, "one:a(int x)\n", '... that has its probe');
spit("$odd/" . (list_files($odd, qr/\.d$/))[0], $one =~ s/int x/int y/r);
run_ok(['make', @san, "TRACER=$name", "PROBES=$odd", 'all'], '... again when the file has changed', timeout => 300);
is(run(["$ROOT/$O/bin/$name", '-l'])->{out}, "one:a(int y)\n", '... that has the change');
run(['rm', '-rf', "$O/gen/$name", "$O/bin/$name", "$O/bin/$name-exerciser"]);
is(join(' ', grep { join(' ', (stat $_)[1, 9]) ne $before{$_} } sort keys %before), '', '... and nothing of h2otrace has changed');

is_refused([$TRACER, '-p', 1, '--stat', '5'], qr/\Ah2otrace: '5' is not an option; the time of --stat is joined to it: --stat=5\n/, '--stat with a time apart');

# ---- expressions that are wrong ----

for my $case (
    ['h2o:send_response.stauts >= 400', 18, "'h2o:send_response' has no field 'stauts'; did you mean 'status'?"],
    ['status >= "x"', 7, "'h2o:send_response.status' is an integer, which is compared with a number"],
    ["name == \"\xc3\xa9\" && ", 15, 'a field is missing at the end'],
    ["stat\x1bus == 1", 4, "a comparison, '&&' or '||' is wanted here"],
    ['secret_hex == "x"', 0, 'this is a secret: to choose events by it takes --secrets'],
) {
    my ($text, $column, $why) = @$case;
    my $result = run([$TRACER, '-p', 1, '-e', $text]);
    my $shown = $text =~ s/\x1b/\\x1b/r;
    is($result->{status}, 2, "-e: wrong usage: $why");
    is($result->{err}, "h2otrace: $shown\nh2otrace: " . ' ' x $column . "^\nh2otrace: $why\nTry 'h2otrace --help'.\n", '... with its place');
}
my $impossible = run([$TRACER, '-p', 1, '-e', 'status == 1 && bufcnt == 1']);
is($impossible->{status}, 2, '-e: what no event can be is wrong usage');
like($impossible->{err}, qr/^h2otrace: no event can be as -e wants it: /, '... which is said');
{
    my $headers = run_ok([$TRACER, '-l', '-s', 'user-agent'], '-l -s')->{out};
    like($headers, qr/^h2o:receive_request_header\(/m, '... lists probes whose events are headers');
    unlike($headers, qr/^h2o:receive_request\(|^quicly:/m, '... and no others');
    same_text(run([$TRACER, '-l', '--mask', 'cookie'])->{out}, $headers, '--mask selects the same');
    same_text(run([$TRACER, '-l', '--mask', 'cookie', '-t', 'h2o:receive_request*'])->{out}, run([$TRACER, '-l', '-t', 'h2o:receive_request*'])->{out}, '... unless -t does');
    same_text(run([$TRACER, '-l', '--mask', 'cookie', '-e', 'status >= 400 || name == "cookie"'])->{out},
        run([$TRACER, '-l', '-e', 'status >= 400 || name == "cookie"'])->{out}, '... or -e');
}
is(run([$TRACER, '-l', '-e', 'status >= 400'])->{out}, run([$TRACER, '-l', '-t', 'h2o:send_response'])->{out}, '-l lists whom -e is about');

done_testing();
