#!/usr/bin/perl
# ASSERTION: the audit finds the calls of probes in C and C++ sources that the preprocessor finds, with their arguments, through whatever macros wrap
# them; it reports the conditions they are under, and calls of what is no probe; nothing in a source, or in a folder, makes it crash, hang or grow.

use strict;
use warnings;
use lib 't/lib';
use File::Path qw(make_path);
use JSON::PP;
use POSIX qw(mkfifo);
use Probegen;
use Test::More;

my $cases = 't/cases/calls';
my $dir = temp_dir();
my $definitions = "$cases/app.d";

# Runs probegen audit on sources. Its calls are returned as "provider:probe file:line args macro [condition]", files without the first folder; those of
# probes that are not defined are apart; findings about sources as "id file:line text", but for P029, that nothing is called.
sub audit
{
    my ($sources, %options) = @_;
    my @sources = ref $sources ? @$sources : ($sources);
    my @command = ($PROBEGEN, 'audit', '--format=json', '--fail-on=error', @{$options{definitions} || [$definitions]}, map { "--source=$_" } @sources);
    # address space in KiB; the sanitizers take more than there is
    my @limited = $SAN ? () : ('sh', '-c', 'ulimit -v 400000; exec "$@"', 'sh');
    my $result = run([@limited, @command], timeout => $options{timeout} || $TIMEOUT);
    my $report = eval { decode_json($result->{out}) } || {};
    my (@calls, @undefined);
    for my $probe (@{$report->{probes} || []}) {
        for my $call (@{$probe->{calls} || []}) {
            my $file = $call->{file} =~ s{^\Q$sources[0]\E/}{}r;
            my $condition = defined $call->{condition} ? " [$call->{condition}]" : '';
            push @{$probe->{defined} ? \@calls : \@undefined}, "$probe->{provider}:$probe->{name} $file:$call->{line} $call->{args} $call->{macro}$condition";
        }
    }
    my @findings = map { "$_->{id} " . ($_->{file} =~ s{^\Q$sources[0]\E/}{}r) . (defined $_->{line} ? ":$_->{line}" : '') . " $_->{text}" }
        grep { $_->{id} ne 'P029' } @{$report->{findings} || []};
    return {%$result, report => $report, calls => \@calls, undefined => \@undefined, findings => \@findings};
}

# A test: two lists have the same elements, in whatever order.
sub same_list
{
    my ($got, $expected, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return same_text(join('', map { "$_\n" } sort @$got), join('', map { "$_\n" } sort @$expected), $what);
}

# ---- the preprocessor as the witness ----

my @probes = do {
    my $model = decode_json(run([$PROBEGEN, '--dump=json', $definitions])->{out});
    map { my $provider = $_->{name}; map { [$provider, $_->{name}] } @{$_->{probes}} } @{$model->{providers}};
};
is(scalar @probes, 16, 'the definitions of the sample');

# Headers in which each probe is a mark that says provider, name, file, line and arguments: as they are written, and expanded.
my $marks = "$dir/marks";
make_path("$marks/sys");
for my $provider ('app', 'other') {
    my $header = '';
    for my $name (map { $_->[1] } grep { $_->[0] eq $provider } @probes) {
        my $macro = uc "${provider}_" . $name =~ s/__/_/gr;
        $header .= "#define $macro(...) \@CALL $provider $name __FILE__ __LINE__ #__VA_ARGS__ (__VA_ARGS__)\n#define ${macro}_ENABLED() enabled\n";
    }
    spit("$marks/$provider-probes.h", "#pragma once\n$header");
}
spit("$marks/sys/sdt.h", join '', map {
    my $n = $_;
    map { "#define ${_}_PROBE$n(provider, name, ...) \@CALL provider name __FILE__ __LINE__ #__VA_ARGS__ (__VA_ARGS__)\n" } 'DTRACE', 'STAP';
} '', 1 .. 12);
spit("$marks/sys/sdt.h", slurp("$marks/sys/sdt.h") . "#define STAP_PROBEV STAP_PROBE\n");

# number of arguments in a list
sub count_args
{
    my ($text) = @_;
    my ($depth, $num, $is_empty) = (0, 1, 1);
    while ($text =~ /\G(?:\s+|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\w\x80-\xff]+(?:'\w+)*|.))/gcs) {
        next if !defined $1;
        ++$num if $1 eq ',' && $depth == 0;
        $depth += $1 eq '(' ? 1 : $1 eq ')' ? -1 : 0;
        $is_empty = 0;
    }
    return $is_empty ? 0 : $num;
}

# What the preprocessor makes of a file: "provider:probe file:line args", in a list; undef when it does not like it.
sub witness
{
    my ($file, @options) = @_;
    my @language = $file =~ /\.cc$/ ? ('g++', '-std=gnu++20') : ('gcc', '-std=gnu17', '-x', 'c');
    my $result = run([@language[0, 1], '-E', '-P', '-w', "-I$marks", '-It/cases/calls/src', @options, @language[2 .. $#language], $file]);
    return undef if $result->{status} != 0;
    my @calls;
    while ($result->{out} =~ /\@\s*CALL (\w+) (\w+) "([^"]*)" (\d+) "((?:[^"\\]|\\.)*)"/g) {
        my ($provider, $name, $path, $line, $args) = ($1, $2, $3, $4, $5);
        $path =~ s{^t/cases/calls/src/}{};
        push @calls, "$provider:$name $path:$line " . count_args($args =~ s/\\(.)/$1/gr);
    }
    return \@calls;
}

my @simple = ([], ['-DUSE_PROBES=1']);
my @configurations = (@simple, ['-DCONFIG_A=1'], map { my $b = $_; map { ["-DCONFIG_B=$b", @$_] } [], ['-DCONFIG_A=1'] } 1, 2);
my $sample = audit("$cases/src");
my %witnessed;
for my $file (grep { !/\.[hl]$/ } map { "$cases/src/$_" } list_files("$cases/src", qr/\w\.\w/)) {
    my %calls = map { $_ => 1 } map { @{witness($file, @$_) || []} } slurp($file) =~ /CONFIG_/ ? @configurations : @simple;
    ok(%calls > 0, "the preprocessor finds calls in $file");
    $witnessed{$_} = 1 for keys %calls;
}
my %found = map { (split ' ')[1] !~ /^words\.l:/ ? (join(' ', (split ' ')[0, 1, 2]) => 1) : () } @{$sample->{calls}};
cmp_ok(scalar keys %witnessed, '>', 120, 'the preprocessor finds calls in the sample');
same_list([keys %found], [keys %witnessed], '... and the audit finds the same, in all configurations together');
same_list($sample->{undefined}, [], '... and no call of what is no probe');
is($sample->{err}, '', '... without a message');
is($sample->{report}{inputs}{sources}{files}, scalar(() = run(['find', "$cases/src", '-type', 'f'])->{out} =~ /\n/g), '... in all files');
is((grep { $_ eq 'app:one words.l:5 1 PROBE' } @{$sample->{calls}}), 1, '... also after a pattern of lex');

# ---- small sources: what is reported of a call ----

# [what, source, expected calls, expected calls of what is no probe]; line numbers begin at the first line of the source
sub check_sources
{
    my ($what, @tests) = @_;
    my $folder = temp_dir();
    spit(sprintf("$folder/%03d.c", $_), $tests[$_][1]) for 0 .. $#tests;
    my $result = audit($folder);
    is($result->{err}, '', "$what: no message");
    for my $i (0 .. $#tests) {
        my ($name, undef, $expected, $undefined) = @{$tests[$i]};
        my $file = sprintf '%03d.c', $i;
        my @got = map { [map { s/ \Q$file\E:/ /r } grep { / \Q$file\E:/ } @$_] } $result->{calls}, $result->{undefined};
        same_list($got[0], [lines($expected)], "$what: $name");
        same_list($got[1], [lines($undefined || '')], '... and what is no probe') if defined $undefined || @{$got[1]};
    }
}

sub lines
{
    return map { s/^\s+|\s+$//gr } grep { /\S/ } split /\n/, $_[0];
}

check_sources('conditions',
    ['each kind', <<'C', <<'CALLS'],
#if A > 1
APP_NONE();
#elif defined B && C
APP_NONE();
#else
APP_NONE();
#endif
#ifdef A
APP_NONE();
#elifndef B
APP_NONE();
#elifdef C
APP_NONE();
#else
APP_NONE();
#endif
#ifndef A
APP_NONE();
#else
APP_NONE();
#endif
APP_NONE();
C
app:none 2 0 APP_NONE [A > 1]
app:none 4 0 APP_NONE [!(A > 1) && defined B && C]
app:none 6 0 APP_NONE [!(A > 1) && !(defined B && C)]
app:none 9 0 APP_NONE [defined(A)]
app:none 11 0 APP_NONE [!defined(A) && !defined(B)]
app:none 13 0 APP_NONE [!defined(A) && defined(B) && defined(C)]
app:none 15 0 APP_NONE [!defined(A) && defined(B) && !defined(C)]
app:none 18 0 APP_NONE [!defined(A)]
app:none 20 0 APP_NONE [defined(A)]
app:none 22 0 APP_NONE
CALLS
    ['one in another; their text', <<'C', <<'CALLS'],
#if A || /* why */ B // because
#  if   C	<  1 \
   && D
APP_NONE();
#  endif
#  if E ? F : G
APP_NONE();
#  endif
APP_NONE();
#else
# ifdef   X // Y
APP_NONE();
# endif
#endif
C
app:none 4 0 APP_NONE [(A || B) && C < 1 && D]
app:none 7 0 APP_NONE [(A || B) && (E ? F : G)]
app:none 9 0 APP_NONE [(A || B)]
app:none 12 0 APP_NONE [!(A || B) && defined(X)]
CALLS
    ['literal ones', <<'C', <<'CALLS'],
#if 0
APP_NONE();
#if A
APP_NONE();
#else
APP_NONE();
#endif
#elif 0 /* nor this */
APP_NONE();
#else
APP_NONE();
#endif
#if (1)
APP_NONE();
#elif A
APP_NONE();
#else
APP_NONE();
#endif
#if A
#elif 0x00UL
APP_NONE();
#elif 1
APP_NONE();
#else
APP_NONE();
#endif
C
app:none 11 0 APP_NONE
app:none 14 0 APP_NONE
app:none 24 0 APP_NONE [!(A)]
CALLS
    ['an include guard', "/* a header */\n#ifndef A_H\n#define A_H 1\nAPP_NONE();\n#if B\nAPP_NONE();\n#endif\n#endif /* A_H */\n",
     "app:none 4 0 APP_NONE\napp:none 6 0 APP_NONE [B]\n"],
    ['... in other words', "#pragma once\n#if !defined(A_H)\n#define A_H\nAPP_NONE();\n#endif\n", "app:none 4 0 APP_NONE\n"],
    ['... that something stands before', "int x;\n#ifndef A_H\n#define A_H\nAPP_NONE();\n#endif\n", "app:none 4 0 APP_NONE [!defined(A_H)]\n"],
    ['... that defines something else', "#ifndef A_H\n#define B_H\nAPP_NONE();\n#endif\n", "app:none 3 0 APP_NONE [!defined(A_H)]\n"],
    ['in arguments', <<'C', <<'CALLS'],
#define EACH(list, block) for (;;) block
#define SKIP(block)
EACH(x, {
#if A
    APP_ONE(1);
#endif
    APP_TWO(1,
#if A
    2
#elif B
    3, 4
#else
    5, 6
#endif
    );
});
SKIP({ APP_ONE(1); });
APP_ONE
#if A
(1);
#endif
C
app:one 5 1 APP_ONE [A]
app:two 7 2 APP_TWO
CALLS
    ['that are not closed, or not opened', "#endif\n#else\n#elif X\nAPP_ONE(1);\n#if A\nAPP_ONE(1);\n#else\nAPP_ONE(1);",
     "app:one 4 1 APP_ONE\napp:one 6 1 APP_ONE [A]\napp:one 8 1 APP_ONE [!(A)]\n"],
    ['a long one', '#if ' . 'LONG_NAME && ' x 100 . "X\nAPP_ONE(1);\n#endif\n", 'app:one 2 1 APP_ONE [' . 'LONG_NAME && ' x 30 . 'LONG_NAME & ...]'],
    ['with what does not belong there', "#if #A\nAPP_ONE(1);\n#elif #B ## C\nAPP_ONE(1);\n#endif\n#ifdef \"A\"\nAPP_ONE(1);\n#endif\n",
     "app:one 2 1 APP_ONE [#A]\napp:one 4 1 APP_ONE [!(#A) && #B ## C]\napp:one 7 1 APP_ONE [defined(\"A\")]\n"],
    ['with what is not printable', "#if A\0 && \x01\xff\xc3\xa4\nAPP_ONE(1);\n#endif\n", "app:one 2 1 APP_ONE [A && \x01\x{fffd}\xe4]\n"],
);

check_sources('text',
    ['a file that ends at once', 'APP_ONE(1)', 'app:one 1 1 APP_ONE'],
    ['a file without anything', '', ''],
    ['a byte order mark', "\xef\xbb\xbf#define X APP_ONE(1)\nX;\n", 'app:one 2 1 X'],
    ['NUL bytes', "\0APP_ONE\0(1\0,\0\0 2)\0;\nAPP_\0TWO(1, 2);\n", 'app:one 1 2 APP_ONE'],
    ['no UTF-8', "\xff\xfe APP_ONE(\xe4); \xe4APP_ONE(1); APP_ONE(\"\xe4\");\n", "app:one 1 1 APP_ONE\napp:one 1 1 APP_ONE\n"],
    ['CRLF', "#define X(y) \\\r\n  APP_ONE(y)\r\n\r\nX(1);\r\n// \\\r\nX(2);\r\nAPP_\\\r\nTWO(1,\r\n2);\r\n", "app:one 4 1 X\napp:two 7 2 APP_TWO\n"],
    ['a backslash with blanks after it', "#define X(y) \\ \t\n  APP_ONE(y)\nX(1);\n", 'app:one 3 1 X'],
    ['a backslash at the end', "APP_ONE(1); \\", 'app:one 1 1 APP_ONE'],
    ['a string that is not closed', "const char *x = \"APP_ONE(1);\nAPP_ONE(2); 'APP_ONE(3);\nAPP_ONE(4);\n", "app:one 2 1 APP_ONE\napp:one 3 1 APP_ONE\n"],
    ['a raw string that is not closed', "x = R\"(APP_ONE(1);\nAPP_ONE(2);\n", 'app:one 2 1 APP_ONE'],
    ['a comment that is not closed', "APP_ONE(1); /* \nAPP_ONE(2);\n", 'app:one 1 1 APP_ONE'],
    ['a list that is not closed', "#define X(y) y\nX(APP_ONE(1)\nAPP_ONE(2\nAPP_TWO(1, 2)\n", "app:one 2 1 APP_ONE\napp:two 4 2 APP_TWO\n"],
    ['parentheses too many', "#define X(y) y\n) X(APP_ONE(1))) APP_ONE(2);\n", "app:one 2 1 APP_ONE\napp:one 2 1 APP_ONE\n"],
    ['directives without sense', "#\n#define\n#define 1\n#define X(\n#define Y(a,\n#define Z(a b) APP_ONE(1)\n#undef\n#include\n#include \"\n#include <\n#if\n#endif\n#x\nZ(1);"
     . "X(1); Y(1);\nAPP_ONE(1);\n", 'app:one 15 1 APP_ONE'],
    ['bodies without sense', "#define A(x) ## x\n#define B(x) x ##\n#define C(x) # APP_ONE(x) #\n#define D APP_ONE ## (1)\n#define E(x) APP_ONE ## x\n"
     . "A(APP_ONE(1)); B(APP_ONE(1)); C(1); D; E((1)); E(); E(,);\n",
     "app:one 6 1 APP_ONE\napp:one 6 1 APP_ONE\napp:one 6 1 C\napp:one 6 1 D\napp:one 6 1 E\n"],
    ['wrong numbers of arguments', "#define A(x, y) APP_TWO(x, y)\n#define B() APP_NONE()\nA(1); A(1, 2, 3); A(); B(1);\nA(APP_ONE(1));\nA(,); B();\n",
     "app:one 4 1 APP_ONE\napp:two 5 2 A\napp:none 5 0 B\n"],
    ['lists without arguments', "APP_NONE( ); APP_NONE(/**/); APP_ONE(); APP_TWO(,); APP_ONE(());\n",
     "app:none 1 0 APP_NONE\napp:none 1 0 APP_NONE\napp:one 1 0 APP_ONE\napp:two 1 2 APP_TWO\napp:one 1 1 APP_ONE\n"],
    ['macros of sys/sdt.h with too few', "DTRACE_PROBE(app); STAP_PROBEV(); DTRACE_PROBE1(app, 1, 2); DTRACE_PROBE1(app, one + 1, 2); DTRACE_PROBE1(app, one, 2);\n",
     'app:one 1 1 DTRACE_PROBE1'],
    ['a name that a macro gives in arguments', "#define NAME ONE\n#define A(x) APP_##x(1)\n#define B(x) A(x)\nA(NAME); B(NAME);\n", 'app:one 4 1 B', 'app:name 4 1 A'],
    ['what the probe itself is called with', "#define ARGS 1, 2\n#define X(...) APP_TWO(__VA_ARGS__)\nAPP_TWO(ARGS);\nX(ARGS);\n",
     "app:two 3 1 APP_TWO\napp:two 4 2 X\n"],
    ['a header that dtrace or probegen has made', "#define APP_ONE(a) DTRACE_PROBE1(app, one, a)\n#define APP_ONE_ENABLED() __builtin_expect(app_one_semaphore, 0)\n"
     . "#define X(a) if (APP_ONE_ENABLED()) APP_ONE(a)\nX(1);\nAPP_ONE(1);\n", "app:one 4 1 X\napp:one 5 1 APP_ONE\n"],
);

check_sources('macros that are given provider and probe',
    ['of known headers', "FOLLY_SDT(app, one, 1); FOLLY_SDT_WITH_SEMAPHORE(app, two, 1, 2); USDT(app, none); USDT_WITH_SEMA(app, one, 1); USDT_WITH_EXPLICIT_SEMA(sema, app, one, x);\n"
     . "STAP_PROBEV(app, two, 1, 2); DTRACE_PROBE2(app, two, 1, 2); STAP_PROBE1(app, one, 1);\n",
     "app:one 1 1 FOLLY_SDT\napp:two 1 2 FOLLY_SDT_WITH_SEMAPHORE\napp:none 1 0 USDT\napp:one 1 1 USDT_WITH_SEMA\napp:one 1 1 USDT_WITH_EXPLICIT_SEMA\n"
     . "app:two 2 2 STAP_PROBEV\napp:two 2 2 DTRACE_PROBE2\napp:one 2 1 STAP_PROBE1\n"],
    ['through macros', "#define PROVIDER app\n#define P(n, ...) USDT(PROVIDER, n, __VA_ARGS__)\nP(two, 1, 2);\n", 'app:two 3 2 P'],
);

check_sources('names of no probe',
    ['given to a macro', "#define PROBE(label, ...) if (APP_##label##_ENABLED()) APP_##label(__VA_ARGS__)\nPROBE(ONE, 1); PROBE(LOST, 1, 2);\n",
     'app:one 2 1 PROBE', 'app:lost 2 2 PROBE'],
    ['... and no other', "#define PROBE(label, ...) do { if (APP_##label##_ENABLED()) APP_##label(__VA_ARGS__); } while (0)\n#if X\nPROBE(LOST_2, 1);\n#endif\n",
     '', 'app:lost_2 3 1 PROBE [X]'],
    ['put together elsewhere', "#define PASTE(a, b) PASTE_(a, b)\n#define PASTE_(a, b) a##b\n#define PROBE(label) PASTE(APP_, label)()\nPROBE(NONE); PROBE(LOST_3);\n",
     'app:none 4 0 PROBE', 'app:lost_3 4 0 PROBE'],
    ['that macros of sys/sdt.h are given', "DTRACE_PROBE1(app, lost_4, 1); DTRACE_PROBE1(elsewhere, lost, 1); DTRACE_PROBE1(app, lost, 1);\n", '',
     "app:lost 1 1 DTRACE_PROBE1\napp:lost_4 1 1 DTRACE_PROBE1\n"],
    ['that is written out: every build that has it fails', "#define BOTH(x) do { APP_ONE(x); APP_LOST_6(x); } while (0)\nvoid f(void) { BOTH(1); APP_LOST_5(1); }\n",
     'app:one 2 1 BOTH', ''],
    ['that only look similar', "#define M(x) app_##x(1); APPLE_##x(1); XAPP_##x(1); APP_##x; P(APP_##x); APP_ONE(1)\n#define P(x)\nvoid f(void) { M(LOST_7); }\n", 'app:one 3 1 M', ''],
    ['made where no probe is made', "#define PROBE(label, x) do { APP_##label(x); TRACER(label, x); } while (0)\n#define TRACER(label, x) APP_TRACER_##label(x)\n"
     . "void f(void) { PROBE(ONE, 1); PROBE(CLOSE, 1); }\n", "app:one 3 1 PROBE\napp:close 3 1 PROBE\n", ''],
    ['made, and macros', "#define PROBE(label, x) APP_##label(x)\nvoid f(void) { PROBE(ONE, 1); PROBE(ELSEWHERE, 1); PROBE(MACRO, 1); }\n", 'app:one 2 1 PROBE', ''],
    ['... which are in another file', "#define APP_ELSEWHERE(x) x\n#define APP_MACRO(x)\n", '', ''],
    ['with _ENABLED', "#define IS_ON(label) APP_##label##_ENABLED()\n#define PROBE(label, x) APP_##label(x)\nvoid f(void) { if (IS_ON(ONE) && IS_ON(LOST_9)) PROBE(ONE, 1); }\n",
     'app:one 3 1 PROBE', ''],
);

# ---- which definition a place sees ----

# a folder with these files: {path => text}; undef is a folder
sub make_tree
{
    my (%files) = @_;
    my $folder = temp_dir();
    for my $path (sort keys %files) {
        make_path("$folder/" . (defined $files{$path} ? $path =~ s{/?[^/]*$}{}r : $path));
        spit("$folder/$path", $files{$path}) if defined $files{$path};
    }
    return $folder;
}

sub check_tree
{
    my ($what, $files, $expected, $undefined) = @_;
    my $result = audit(make_tree(%$files));
    same_list($result->{calls}, [lines($expected)], "scope: $what");
    same_list($result->{undefined}, [lines($undefined || '')], '... and what is no probe') if defined $undefined || @{$result->{undefined}};
}

check_tree('two headers define one name, and each file sees its own',
    {'a/trace.h' => "#define TRACE(x) APP_ONE(x)\n", 'a/a.c' => "#include \"trace.h\"\nTRACE(1);\n",
     'b/trace.h' => "#define TRACE(x) APP_TWO(x, x)\n", 'b/b.c' => "#include \"trace.h\"\nTRACE(1);\n",
     'c/c.c' => "#include \"../a/trace.h\"\nTRACE(1);\n", 'd/d.c' => "#include <b/trace.h>\nTRACE(1);\n"},
    "app:one a/a.c:2 1 TRACE\napp:two b/b.c:2 2 TRACE\napp:one c/c.c:2 1 TRACE\napp:two d/d.c:2 2 TRACE\n");
check_tree('through other headers, which include each other',
    {'include/lib/all.h' => "#include \"lib/base.h\"\n", 'include/lib/base.h' => "#include \"lib/all.h\"\n#include \"./deep/../deep/trace.h\"\n",
     'include/lib/deep/trace.h' => "#include \"trace.h\"\n#define TRACE(x) INNER(x)\n#define INNER(x) APP_ONE(x)\n", 'src/a.c' => "#include <lib/all.h>\nTRACE(1);\n",
     'other.h' => "#define TRACE(x) APP_TWO(x, x)\n#define INNER(x) APP_NONE()\n"},
    'app:one src/a.c:2 1 TRACE');
check_tree('when it is not known which header it is, each is',
    {'a.h' => "#define TRACE(x) APP_ONE(x)\n", 'b.h' => "#define TRACE(x) APP_TWO(x, x)\n", 'c.h' => "#define TRACE(y) APP_ONE( y )\n", 'a.c' => "TRACE(1);\n"},
    "app:one a.c:1 1 TRACE\napp:two a.c:1 2 TRACE\n");
check_tree('what a source defines is seen by itself only',
    {'a.c' => "#define TRACE(x) APP_ONE(x)\nTRACE(1);\n", 'b.c' => "TRACE(1);\n", 'c.h' => "TRACE(1);\n"}, 'app:one a.c:2 1 TRACE');
check_tree('... and by what it includes',
    {'a.c' => "#define TRACE(x) APP_ONE(x)\n#include \"part.h\"\n#undef TRACE\n", 'part.h' => "#include \"deeper.h\"\nTRACE(1);\n", 'deeper.h' => "TRACE(1);\n"},
    "app:one part.h:2 1 TRACE\napp:one deeper.h:1 1 TRACE\n");
check_tree('what a header undefines is not seen',
    {'a.h' => "#define TRACE(x) APP_ONE(x)\nTRACE(1);\n#undef TRACE\n", 'a.c' => "#include \"a.h\"\nTRACE(1);\n"}, 'app:one a.h:2 1 TRACE');
check_tree('a definition for the case that there is none',
    {'a.h' => "#if HAVE_PROBES\n#define TRACE(x) APP_ONE(x)\n#endif\n", 'a.c' => "#include \"a.h\"\n#ifndef TRACE\n#define TRACE(x) APP_TWO(x, x)\n#endif\nTRACE(1);\n",
     'b.c' => "#include \"a.h\"\n#if !HAVE_PROBES\n#define TRACE(x)\n#endif\nTRACE(1);\n", 'c.c' => "#include \"a.h\"\n#ifdef TRACE\n#undef TRACE\n#endif\nTRACE(1);\n"},
    "app:one a.c:5 1 TRACE\napp:two a.c:5 2 TRACE\napp:one b.c:5 1 TRACE\n");
check_tree('definitions in one file: those of both branches',
    {'a.c' => "#if A\n#define TRACE(x) APP_ONE(x)\n#else\n#define TRACE(x) APP_TWO(x, x)\n#endif\nTRACE(1);\n#undef TRACE\n#define TRACE(x) APP_NONE()\nTRACE(1);\n"
     . "#if B\n#undef TRACE\n#define TRACE(x) APP_ONE(x)\n#endif\nTRACE(1);\n"},
    "app:one a.c:6 1 TRACE\napp:two a.c:6 2 TRACE\napp:none a.c:9 0 TRACE\napp:none a.c:14 0 TRACE\napp:one a.c:14 1 TRACE\n");
check_tree('each of several, with each of another one',
    {'a.h' => "#if A\n#define INNER(x) APP_ONE(x)\n#else\n#define INNER(x) APP_TWO(x, x)\n#endif\n#if B\n#define OUTER(x) INNER(x)\n"
     . "#elif C\n#define OUTER(x) APP_NONE(); INNER(x)\n#else\n#define OUTER(x) ((void)0)\n#endif\n", 'a.c' => "#include \"a.h\"\nOUTER(APP_CLOSE(INNER(1)));\n"},
    "app:one a.c:2 1 OUTER\napp:two a.c:2 2 OUTER\napp:none a.c:2 0 OUTER\napp:close a.c:2 1 APP_CLOSE\napp:one a.c:2 1 INNER\napp:two a.c:2 2 INNER\n");
# ---- macros that the build gives other names ----

my %renamed = ('TRACE_APP_' => 'all of it', 'APP_TRACE_' => 'one that begins like the provider', 'TRACE_' => 'another one', 'PyApp_' => 'not only capitals');
for my $prefix (sort keys %renamed) {
    my $source = "#include \"probes.h\"\n#define W(label, x) if (${prefix}##label##_ENABLED()) ${prefix}##label(x)\n"
        . "void f(void) { ${prefix}NONE(); W(ONE, 1); ${prefix}DOUBLE_UNDERSCORE(f(1, 2)); ${prefix}OTHER(1); }\n";
    my $calls = "app:none src/a.c:3 0 ${prefix}NONE\napp:one src/a.c:3 1 W\napp:double__underscore src/a.c:3 1 ${prefix}DOUBLE_UNDERSCORE\n";
    for my $site ('nop', 'nop5', 'sdt') {
        my $header = run([$PROBEGEN, 'dtrace', '-h', "--site=$site", '-s', $definitions, '-o', '/dev/stdout'])->{out} =~ s/\bAPP_/$prefix/gr;
        check_tree("macros with other names ($renamed{$prefix}, $site) in a header beside the sources", {'src/a.c' => $source, 'out/probes.h' => $header}, $calls, '');
    }
    check_tree('... and without their header nothing is said', {'src/a.c' => $source}, '', '');
}

# ---- folders ----

my $tree = make_tree(
    (map { ("many/x.$_" => "APP_ONE(1);\n") } qw(c h cc cpp cxx c++ C hh hpp hxx inc inl ipp tcc def m mm y l cu)),
    (map { ("many/none.$_" => "APP_ONE(1);\n") } qw(txt o d md py), 'c~', 'c.orig'), 'many/c' => "APP_ONE(1);\n",
    'many/.hidden.c' => "APP_ONE(1);\n", 'many/.git/x.c' => "APP_ONE(1);\n", 'empty' => undef, 'others/readme.txt' => 'APP_ONE(1);',
    'order/b.c' => "APP_ONE(1);\n", 'order/a/z.c' => "APP_ONE(1);\n", 'order/a.c' => "APP_ONE(2);\n\nAPP_ONE(1); APP_ONE(2);\n", 'order/B.c' => "APP_ONE(1);\n",
    'two words/and "quotes".c' => "APP_ONE(1);\n");
is(audit("$tree/many")->{report}{sums}{calls}, 20, 'folders: sources of all kinds, and nothing else');
is(join(' ', map { /(\S+:\d+)/ } @{audit("$tree/order")->{calls}}), 'a.c:1 a.c:3 a.c:3 a/z.c:1 b.c:1 B.c:1' =~ s/(.*) (B.c:1)/$2 $1/r, '... in the order of their paths');
is(audit("$tree/order///")->{report}{probes}[1]{calls}[0]{file}, "$tree/order/B.c", '... which have no slash twice');
is(audit("$tree/many/none.txt")->{report}{sums}{calls}, 1, '... a file that is given is read whatever its name');
is(audit(["$tree/order", "$tree/order/a", "$tree/order/./b.c", $tree])->{report}{sums}{calls}, 27, '... each file once, however it is reached');
is(audit("$tree/two words")->{calls}[0], 'app:one and "quotes".c:1 1 APP_ONE', '... whatever it is called');
is(run([$PROBEGEN, 'audit', '--source=.', '--format=json', "$ROOT/$definitions"], dir => "$tree/order")->{out} =~ /"file":"\.\/B\.c"/, 1, '... also the folder where one is');
my $header = make_tree('include/wrap.h' => "#define WRAP(x) APP_ONE(x)\n", 'src/a.c' => "#include <wrap.h>\nWRAP(1);\n");
same_list(audit(["$header/src", "$header/include"])->{calls}, ['app:one a.c:2 1 WRAP'], '... macros of one folder are used in another');

sub is_failure
{
    my ($sources, $message, $what) = @_;
    my $result = audit($sources);
    ok($result->{status} == 3 && $result->{out} eq '' && $result->{err} =~ /\Aprobegen: $message \[E_FILE\]\n\z/, "folders: $what") or diag("$result->{status}: $result->{err}");
}
is_failure("$tree/gone", qr/cannot read '.*gone': No such file or directory/, 'one that is missing');
is_failure("$tree/empty", qr/'.*empty' has no C or C\+\+ source/, 'one that is empty');
is_failure("$tree/others", qr/'.*others' has no C or C\+\+ source/, 'one without a source');
is_failure(["$tree/order", "$tree/empty"], qr/'.*empty' has no C or C\+\+ source/, 'one of two without a source');
is_failure('/dev/zero', qr/'\/dev\/zero' is neither a file nor a folder/, 'a device');
is_failure('', qr/cannot read '': No such file or directory/, 'no name at all');

my $links = make_tree('a/x.c' => "#include \"y.h\"\nWRAP(1);\n", 'b/y_.h' => "#define WRAP(x) APP_ONE(x)\n", 'b/other.h' => "#define WRAP(x) APP_NONE()\n");
symlink '..', "$links/a/up" or die $!;
symlink '.', "$links/self" or die $!;
symlink '../b/y_.h', "$links/a/y.h" or die $!;
symlink 'x.c', "$links/a/x2.c" or die $!;
symlink '/', "$links/root" or die $!;
mkfifo("$links/a/fifo.c", 0600) or die $!;
same_list(audit($links)->{calls}, ['app:one a/x.c:2 1 WRAP'], 'links: those to folders are not followed, those to files are other names of theirs; a pipe is no source');
is_failure("$links/a/fifo.c", qr/'.*fifo\.c' is neither a file nor a folder/, 'a pipe');
symlink $links, "$tree/link" or die $!;
is(scalar @{audit("$tree/link")->{calls}}, 1, '... but one that is given is followed');
symlink 'gone.c', "$links/a/dangling.c" or die $!;
is_failure($links, qr/cannot read '.*dangling\.c': No such file or directory/, 'a link to nowhere');
SKIP: {
    skip 'root reads everything', 2 if $> == 0;
    chmod 0, "$tree/order/b.c", "$tree/many";
    is_failure("$tree/order", qr/cannot read '.*b\.c': Permission denied/, 'a file that may not be read');
    is_failure($tree, qr/cannot read '.*many': Permission denied/, 'a folder that may not be read');
    chmod 0755, "$tree/order/b.c", "$tree/many";
}

my $deep = temp_dir();
make_path("$deep/" . 'd/' x 1500);
spit("$deep/" . 'd/' x 1500 . 'x.c', "APP_ONE(1);\n");
is(scalar @{audit($deep)->{calls}}, 1, 'folders: 1500 in one another');

# ---- limits ----

my $large = make_tree('a.c' => "APP_ONE(1);\n", 'large.c' => '');
truncate "$large/large.c", (64 << 20) + 1 or die $!;
my $result = audit($large);
same_list($result->{findings}, ['P026 large.c it is larger than 64 MiB'], 'a source that is too large is a finding');
same_list($result->{calls}, ['app:one a.c:1 1 APP_ONE'], '... and the others are read');
truncate "$large/large.c", 64 << 20 or die $!;
same_list(audit($large)->{findings}, [], '... one that is just not is not');

# [what, source, expected calls (without the last one, a call after it all), expected findings]
my @hostile = (
    ['a line of a megabyte', 'x = "' . 'y' x 1000000 . '"; APP_ONE(' . '1 + ' x 100000 . "1);\n", 'app:one 1 1 APP_ONE'],
    ['a name of a megabyte', 'APP_' . 'X' x 1000000 . "(1);\n#define " . 'N' x 1000000 . " APP_ONE(1)\n" . 'N' x 1000000 . ";\n", 'app:one 3 1 ' . 'N' x 1000000],
    ['nested parentheses', 'APP_ONE(' . '(' x 100000 . ')' x 100000 . ");\n", 'app:one 1 1 APP_ONE'],
    ['parentheses that are not closed', "#define W(x) x\n" . 'W(' x 100000 . "\n", ''],
    ['... with calls', "#define W(x) x\n" . 'W(APP_ONE(1) ' x 20000 . "\n", join '', map { "app:one 2 1 APP_ONE\n" } 1 .. 20000],
    ['calls in arguments, deeply', "#define W(x) x\n" . 'W(' x 500 . 'APP_ONE(1)' . ')' x 500 . "\n", '', 'P026 FILE:2 W() is nested too deeply'],
    ['... more deeply', "#define W(x) x\n" . 'W(' x 60000 . 'APP_ONE(1)' . ')' x 60000 . "\n", '', 'P026 FILE:2 W() expands to too much'],
    ['a list that is too long', "#define W(x) x\n#define APP_LIST\nW(APP_ONE(1)" . '+ 1' x 300000 . ");\nAPP_ONE(" . '+ 1' x 300000 . ");\n",
        'app:one 3 1 APP_ONE', 'P026 FILE:3 W() has too much in its parentheses'],
    ['... not as deeply', "#define W(x) x\n" . 'W(' x 150 . 'APP_ONE(1)' . ')' x 150 . "\n", 'app:one 2 1 APP_ONE'],
    ['calls in arguments of probes, deeply', 'APP_ONE(' x 500 . ')' x 500 . "\n", "app:one 1 1 APP_ONE\n" x 499 . 'app:one 1 0 APP_ONE'],
    ['macros that double each other', (join '', map { "#define B$_ B" . ($_ - 1) . ' B' . ($_ - 1) . "\n" } 1 .. 100) . "#define B0 APP_ONE(1);\nB100\n",
     'app:one 102 1 B100', 'P026 FILE:102 B100() expands to too much'],
    ['... with arguments', "#define D(x) x x\n#define E(x) D(D(D(D(x))))\n#define F(x) E(E(E(E(x))))\n#define G(x) F(F(F(F(x)))) APP_ONE(x)\nG(G(1));\n",
     '', 'P026 FILE:5 G() expands to too much'],
    ['... many times', (join '', map { "#define B$_ B" . ($_ - 1) . ' B' . ($_ - 1) . "\n" } 1 .. 40) . "#define B0 APP_ONE(1);\n" . "B40\n" x 300,
     undef, 'P026 FILE:42 B40() expands to too much'],
    ['names that double', "#define P(x) P_(x, x)\n#define P_(x, y) x##y\n" . (join '', map { "#define N$_ P(N" . ($_ - 1) . ")\n" } 1 .. 60) . "#define N0 APP_\n"
     . "#define Q(x) x(1)\nQ(N60); Q(N3); Q(P_(APP_, ONE));\n", 'app:one 65 1 P_'],
    ['macros that use each other', (join '', map { "#define R$_(x) R" . (($_ + 1) % 1000) . "(x) APP_ONE(x)\n" } 0 .. 999) . "R0(1);\n", 'app:one 1001 1 R0'],
    ['a chain of macros', (join '', map { "#define C$_(x) C" . ($_ - 1) . "(x)\n" } reverse 1 .. 20000) . "#define C0(x) APP_ONE(x)\nC20000(1);\n", 'app:one 20002 1 C20000'],
    ['a choice of definitions', (join '', map { my $n = $_; "#if A$n\n#define O$n(x) APP_ONE(x)" . ($n ? ' O' . ($n - 1) . '(x)' : '') . "\n#else\n#define O$n(x) APP_TWO(x, x)"
                                                    . ($n ? ' O' . ($n - 1) . '(x)' : '') . "\n#endif\n" } 0 .. 30) . "O30(1);\n",
     "app:one 156 1 O30\napp:two 156 2 O30\n", 'P026 FILE:156 O30() expands to too much'],
    ['many definitions', (join '', map { "#if A$_\n#define M(x) APP_ONE(x + $_)\n#endif\n" } 1 .. 20000) . "M(1);\n" x 20000, join '', map { "app:one $_ 1 M\n" } 60001 .. 80000],
    ['many parameters', '#define M(' . join(', ', map { "p$_" } 1 .. 20000) . ') APP_ONE(' . join(' + ', map { "p$_" } 1 .. 20000) . ")\nM(" . join(', ', 1 .. 20000) . ");\n",
     'app:one 2 1 M'],
    ['many arguments', "#define M(...) APP_ONE(__VA_ARGS__)\nM(" . '1, ' x 50000 . "1);\n", 'app:one 2 50001 M'],
    ['many conditionals', "#if A\n" x 100000 . "APP_ONE(1);\n" . "#endif\n" x 100000, 'app:one 100001 1 APP_ONE [' . join(' && ', ('A') x 81) . ' ...]'],
    ['many branches', "#if A\n" . "#elif B\n" x 100000 . "APP_ONE(1);\n#endif\n", 'app:one 100002 1 APP_ONE [!(A) && ' . join(' && ', ('!(B)') x 50) . ' ...]'],
    ['many raw strings that are not closed', "x = R\"a(x;\n" x 100000, ''],
    ['many quotes', "'\"" x 100000 . "\n" . '"\\' x 100000 . "\n", ''],
    ['many backslashes', '\\ ' x 200000 . "\n" . "\\\n" x 200000, ''],
    ['many calls at a place', "#define M(...) " . 'APP_ONE(__VA_ARGS__) ' x 20000 . "\nM(1);\n", 'app:one 2 1 M'],
    ['different calls at a place', "#define M " . (join ' ', map { 'APP_ONE(' . '1,' x $_ . '1)' } 1 .. 400) . "\nM;\n", join '', map { "app:one 2 $_ M\n" } 2 .. 401],
    ['options in a body', "#define M(x, ...) " . '__VA_OPT__(' x 50000 . ')' x 50000 . " APP_ONE(x)\nM(1, 2); M(1);\n#define N(x, ...) __VA_OPT__( APP_ONE(x)\nN(1, 2);\n",
     "app:one 2 1 M\napp:one 2 1 M\n"],
    ['a list that opens in a body', "#define OPEN APP_ONE(\n" . "OPEN\n" x 300, ''],
);
my $hostile = temp_dir();
for my $i (0 .. $#hostile) {
    my ($what, $source, $expected, $findings) = @{$hostile[$i]};
    my $folder = "$hostile/$i";
    mkdir $folder or die $!;
    spit("$folder/x.c", $source);
    spit("$folder/y.c", "APP_NONE();\n");
    my $found = audit($folder);
    ok($found->{status} == 0 || $found->{status} == 1, "hostile: $what: it ends well") or diag("$found->{status}: " . substr $found->{err}, 0, 3000);
    is(pop @{[grep { / y\.c/ } @{$found->{calls}}]}, 'app:none y.c:1 0 APP_NONE', '... and the next file is read');
    same_list([map { s/ x\.c:/ /r } grep { / x\.c/ } @{$found->{calls}}], [lines($expected)], '... and the calls are found') if defined $expected;
    same_list($found->{findings}, [lines($findings ? $findings =~ s/FILE/x.c/gr : '')], '... and what was given up is reported');
}


# ---- at random: FUZZ_SEED=N is another run, FUZZ_RUNS=N a longer one, of N / 100 rounds (default 4000, 1500 with sanitizers) ----

my $state = defined $ENV{FUZZ_SEED} ? $ENV{FUZZ_SEED} + 1 : 20260601;
my $num_rounds = int(($ENV{FUZZ_RUNS} || ($SAN ? 1500 : 4000)) / 100) || 1;
sub roll
{
    my ($n) = @_;
    $state ^= $state << 13 & 0xffffffff;
    $state ^= $state >> 17;
    $state ^= $state << 5 & 0xffffffff;
    return $state % $n;
}
sub pick { return $_[roll(scalar @_)] }

# Macros that use each other: what the preprocessor makes of them is what the audit makes of them. Parameters that begin with l are labels, others are
# anything; programs are mostly without mistakes.
my @signatures;
sub random_args
{
    my ($depth, $params, @names) = @_;
    return join ', ', map {
        $_ eq '__VA_ARGS__' ? map({ random_text($depth - 1, @names) } 1 .. roll(3))
            : /^l/ ? pick('ONE', 'TWO', 'NONE', grep { /^l/ } @names) : random_text($depth - 1, @names)
    } @$params;
}

sub random_text
{
    my ($depth, @names) = @_;
    my ($i, @labels) = (roll(10), grep { /^l/ } @names);
    my $is_variadic = grep { $_ eq '__VA_ARGS__' } @names;
    my $part = sub { random_text($depth - 1, @names) };
    my $call = sub { $signatures[$i] ? "M$i(" . random_args($depth, $signatures[$i], @names) . ')' : "M$i" };
    return pick(@names, 0, 1, 'x', '"("', "','", 'ONE', "M$i") if $depth <= 0;
    return pick(
        $call, $call, $call,
        sub { 'APP_ONE(' . $part->() . ')' },
        sub { 'APP_TWO(' . $part->() . ', ' . $part->() . ')' },
        sub { $part->() . pick(' ', '; ', ', ', ' + ') . $part->() },
        sub { '(' . $part->() . ')' },
        sub { "M$i" },
        sub { @labels ? 'APP_##' . pick(@labels) . '(' . $part->() . ')' : 'APP_NONE()' },
        sub { @names ? '#' . pick(@names) : 'L"x"' },
        sub { 'CAT(APP_, ' . pick('ONE', 'TWO', @labels) . ')(' . $part->() . ')' },
        sub { @names ? pick(@names) . '(' . $part->() . ')' : 'GET(ONE)(' . $part->() . ')' },
        sub { $signatures[$i] ? 'CALL(' . join(', ', "M$i", random_args($depth, $signatures[$i], @names)) . ')' : 'CALL(APP_ONE, ' . $part->() . ')' },
        sub { $is_variadic ? pick('APP_ONE(0, ##__VA_ARGS__)', '__VA_OPT__(' . $part->() . ')', 'APP_TWO(__VA_ARGS__)', 'APP_TWO(0 __VA_OPT__(,) __VA_ARGS__)') : $part->() },
        sub { 'CAT(APP_, GET_(' . pick('ONE', 'TWO', @labels) . '))(' . $part->() . ')' },
    )->();
}

sub random_program
{
    my ($num_alternatives) = @_;
    my $program = "#include \"app-probes.h\"\n#define CAT(a, b) CAT_(a, b)\n#define CAT_(a, b) a##b\n#define CALL(f, ...) f(__VA_ARGS__)\n#define GET(l) CAT(APP_, l)\n"
        . "#define GET_(l) l\n";
    @signatures = map { pick(undef, [], ['a'], ['l'], ['a', 'b'], ['l', 'a'], ['a', '__VA_ARGS__'], ['l', '__VA_ARGS__'], ['__VA_ARGS__'], ['l1', 'l2', '__VA_ARGS__']) } 0 .. 9;
    for my $i (0 .. 9) {
        my @names = @{$signatures[$i] || []};
        my $params = $signatures[$i] ? '(' . join(', ', map { s/__VA_ARGS__/.../r } @names) . ')' : '';
        my $body = random_text(2, @names);
        $body =~ s/#(?!#)(\w)/$1/g if !$signatures[$i];
        my $definition = "#define M$i$params $body\n";
        $program .= $i < $num_alternatives ? "#if C$i\n$definition#else\n#define M$i$params APP_CLOSE($i) " . (grep({ $_ eq 'a' } @names) ? 'a' : '') . "\n#endif\n" : $definition;
    }
    return $program . join '', map { random_text(3) =~ s/##?//gr . ";\n" } 1 .. 12;
}

my ($num_calls, %programs) = (0);
for (1 .. $num_rounds * 2) {
    my ($name, $num_alternatives) = ("p$_.c", $_ % 5 == 0 ? 2 : 0);
    spit("$dir/$name", my $program = random_program($num_alternatives));
    my @calls = map { my $set = $_; witness("$dir/$name", map { "-DC$_=" . ($set >> $_ & 1) } 0 .. 1) } 0 .. ($num_alternatives ? 3 : 0);
    $programs{$name} = [$program, map { s{ \Q$dir\E/}{ }r } map { @$_ } @calls] if !grep { !defined } @calls;
}
my $programs = make_tree(map { $_ => $programs{$_}[0] } keys %programs);
my $agreed = audit($programs);
my %agreed;
for my $call (@{$agreed->{calls}}) {
    my ($probe, $at, $args) = split ' ', $call;
    $agreed{$at =~ s/:.*//r}{"$probe $at $args"} = 1;
}
for my $name (sort keys %programs) {
    my ($program, @calls) = @{$programs{$name}};
    my %expected = map { $_ => 1 } @calls;
    my ($got, $expected) = map { join '', map { "$_\n" } sort keys %$_ } $agreed{$name} || {}, \%expected;
    $num_calls += keys %expected;
    next if $got eq $expected;
    ok(0, "random macros: $name") or diag("$program\n", diff_text($expected, $got, $name));
}
cmp_ok(scalar keys %programs, '>', $num_rounds, 'random macros: ' . (keys %programs) . " programs, $num_calls calls, are understood as the preprocessor does");

# The sample, changed at random: it ends well, whatever is found.
my @pieces = ('APP_ONE(', 'PROBE(ONE, 1)', '(', ')', ',', '##', '#', '"', "'", '/*', '*/', '//', "\n", "\\\n", "\r\n", "\0", "\xff", "\xc3\xa9",
    '#if 0', "\n#if A\n", "\n#else\n", "\n#endif\n",
    "\n#define PROBE(x, ...) PROBE(APP_##x, x(__VA_ARGS__))\n", "\n#define APP_ X\n", "\n#undef PROBE\n", "\n#include \"wrappers.h\"\n",
    '__VA_OPT__(', '__VA_ARGS__', 'R"x(', ')x"', '...',
    '1\'0', 'APP_LOST(1);', 'DTRACE_PROBE1(app, ', '{', '}', ';', 'else', 'PASTE(', 'CALL(', 'LAYER1(', 'SELF', '((((((((((((((((', '))))))))))))))))', 'x' x 300);
sub mutate
{
    my ($text) = @_;
    for (1 .. 1 + roll(6)) {
        my $at = roll(1 + length $text);
        my $len = roll(2) ? roll(8) : roll(200);
        $len = length($text) - $at if $len > length($text) - $at;
        pick(
            sub { substr($text, $at, $len) = '' },
            sub { substr($text, $at, 0) = pick(@pieces) },
            sub { substr($text, $at, $len) = pick(@pieces) },
            sub { substr($text, $at, 0) = substr($text, roll(1 + length $text), $len) },
            sub { substr($text, $at, 1) = chr roll(256) if $at < length $text },
            sub { $text = substr($text, 0, $at) },
        )->();
    }
    return $text;
}

my @sample = split /\n/, run(['find', 'src', '-type', 'f'], dir => $cases)->{out};
my %sample = map { $_ => slurp("$cases/$_") } @sample;
my $num_bad = 0;
for my $round (1 .. $num_rounds) {
    my $folder = make_tree(map { $_ => roll(3) ? mutate($sample{$_}) : $sample{$_} } sort @sample);
    my $found = audit($folder);
    next if $found->{status} =~ /^[01]$/ && $found->{err} eq '' && $found->{report}{sums};
    diag("round $round, status $found->{status}, signal $found->{signal}: " . substr $found->{err}, 0, 3000);
    run(['sh', '-c', "mkdir -p $O/fuzz && cp -r $folder $O/fuzz/calls-$round"]);
    ++$num_bad;
}
is($num_bad, 0, "the sample, changed at random $num_rounds times, is read to the end; what is not is in $O/fuzz");

done_testing();
