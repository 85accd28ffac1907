#!/usr/bin/perl
# ASSERTION: probegen, called as dtrace, does what builds want of dtrace(1): it takes what they pass, names files as SystemTap's does, makes headers and
# objects that link in every combination; wrong calls and bad files fail and change nothing; parallel calls do not disturb each other.

use strict;
use warnings;
use lib 't/lib';
use Cli;
use POSIX ();
use Probegen;
use Test::More;

my $dir = temp_dir();
my ($version) = slurp('Makefile') =~ /^VERSION := (\S+)$/m;
my $definition = <<'END';
/** what an application does */
provider app {
    probe one(int x);
    probe two__parts(const char *text, size_t text_len);
    probe none();
};
END
mkdir "$dir/bin" or die $!;
symlink $PROBEGEN, "$dir/bin/dtrace" or die $!;
my $dtrace = "$dir/bin/dtrace";
delete @ENV{qw(CC CFLAGS CPP PROBEGEN_DTRACEFLAGS DTRACEFLAGS)};

# a new folder with the definitions, also in a folder below
my $num_folders = 0;
sub folder
{
    my $path = "$dir/folder" . $num_folders++;
    mkdir $path or die $!;
    mkdir "$path/sub" or die $!;
    spit("$path/$_", $definition) for 'app.d', 'sub/app.d', 'two.dots.d', 'none', 'with blank.d', '.hidden.d';
    return $path;
}

# the files below a folder that are not definitions
sub made_in
{
    my ($path) = @_;
    return join ' ', sort grep { !/(?:\.d|none)$/ } map { s{^\./}{}r } split /\n/, run(['find', '.', '-type', 'f'], dir => $path)->{out};
}

# ---- called as dtrace ----

my $header = do {
    my $in = folder();
    run_ok([$dtrace, '-h', '-s', 'app.d'], 'a link that is called dtrace', dir => $in);
    slurp("$in/app.h");
};
{
    my $in = folder();
    run_ok([$PROBEGEN, 'dtrace', '-h', '-s', 'app.d'], 'probegen dtrace', dir => $in);
    same_text(slurp("$in/app.h"), $header, '... does the same');
    mkdir "$in/bin" or die $!;
    run_ok(['cp', $PROBEGEN, "$in/bin/dtrace"], 'a copy of it');
    local $ENV{PATH} = "$in/bin:$ENV{PATH}";
    run_ok(['dtrace', '-h', '-s', 'app.d', '-o', 'copy.h'], '... that is found in PATH', dir => $in);
    same_text(slurp("$in/copy.h"), $header, '... does, too');
    is(run([$PROBEGEN, '-n', "$in/app.d"])->{status}, 0, 'probegen is still probegen');
}
like($header, qr/^#define APP_TWO_PARTS\(arg1, arg2\) /m, 'the header has the macros');
like($header, qr/^#define APP_TWO_PARTS_ENABLED\(\) /m, '... those that ask');
like($header, qr/ \* what an application does|app:two__parts\(const char \*text, size_t text_len\)/, '... and says what was declared');
unlike($header, qr/#include/, '... and stands alone');

# ---- names of output, beside SystemTap's ----

my @names = (
    [qw(-h -s app.d)], [qw(-G -s app.d)], [qw(-h -s sub/app.d)], [qw(-G -s sub/app.d)], [qw(-h -s two.dots.d)], [qw(-G -s two.dots.d)],
    [qw(-h -s none)], [qw(-G -s none)], ['-h', '-s', 'with blank.d'], ['-G', '-s', 'with blank.d'], [qw(-h -s .hidden.d)], [qw(-G -s ./app.d)],
    [qw(-h -o out -s app.d)], [qw(-o out.h -h -s app.d)], [qw(-s app.d -o sub/out.hpp -h)], [qw(-G -o out -s app.d)], [qw(-G -s app.d -o sub/out.o)],
    [qw(-C -h -s app.d -o out.h)], [qw(-C -G -s app.d -o out.o -I. -DX -DY=1)], [qw(-64 -h -s app.d)], [qw(-G -fPIC -s app.d)], [qw(-x nolibs -h -s app.d)],
    [qw(--types -h -s app.d)], [qw(--no-pyparsing -h -s app.d)], [qw(-k -h -s app.d)],
);
for my $args (@names) {
    my ($ours, $theirs) = (folder(), folder());
    run_ok([$dtrace, @$args], "dtrace @$args", dir => $ours);
    my $witness = run(['dtrace', @$args], dir => $theirs);
    is($witness->{status}, 0, '... SystemTap takes that, too') or diag($witness->{out}, $witness->{err});
    is(made_in($ours), made_in($theirs) =~ s/\.dtrace-temp\S+ ?//gr, '... the same file was written');
}
{
    my ($ours, $theirs) = (folder(), folder());
    run_ok([$dtrace, qw(-C -h -s app.d)], 'with -C and without -o', dir => $ours);
    is(made_in($ours), 'app.h', '... the name is that of the definitions');
    run(['dtrace', qw(-C -h -s app.d)], dir => $theirs);
    like(made_in($theirs), qr/^\.dtrace-temp\.\w+\.h$/, '... where that of SystemTap is one of a temporary file');
}

# ---- what builds pass ----

my %takes = (
    '-64' => 'hG', '-32' => 'h', '-fpic' => 'hG', '-fPIC' => 'hG', '-k' => 'hG', '-q' => 'hG', '-w' => 'hG', '-Z' => 'hG', '-x nolibs' => 'hG', '-xlazyload' => 'hG',
    '-L /usr/lib' => 'hG', '-L.' => 'hG', '-C' => 'hG', '-I.' => 'hG', '-I sub' => 'hG', '-DNAME' => 'hG', '-D NAME=1' => 'hG', '-UNAME' => 'hG', '-U NAME' => 'hG',
    '--types' => 'hG', '--no-pyparsing' => 'hG', '--site=nop' => 'hG', '--site nop' => 'hG',
);
for my $option (sort keys %takes) {
    for my $mode (split //, $takes{$option}) {
        my $in = folder();
        my $result = run_ok([$dtrace, "-$mode", (split ' ', $option), '-s', 'app.d'], "-$mode takes $option", dir => $in);
        is("$result->{out}$result->{err}", '', '... without a word');
        is(made_in($in), $mode eq 'h' ? 'app.h' : 'app.o', '... and writes what it should');
        is(slurp("$in/app.h"), $header, '... the same as without') if $mode eq 'h' && $option !~ /-C/;
    }
}
for my $args ([qw(-hs app.d)], [qw(-happ.d -s app.d)], [qw(-hCs app.d)], [qw(-Chqs app.d)], [qw(-sapp.d -h)], [qw(-h -sapp.d -oapp.h)], [qw(-s app.d -h -- )]) {
    my $in = folder();
    my $result = run([$dtrace, @$args], dir => $in);
    is($result->{status}, "@$args" =~ /happ/ ? 2 : 0, "letters together: @$args") or diag($result->{err});
}
{
    my $in = folder();
    run_ok([$dtrace, qw(-Gs app.d)], '-Gs app.d', dir => $in);
    is(made_in($in), 'app.o', '... makes an object');
}

# How builds of well-known programs call it; OBJECTS are files that they link, which other systems' dtrace changes.
my @builds = (
    'dtrace -o .tmp.dprobes.h -s app.d -h',    # h2o
    'dtrace -o app.o -s app.d -G',
    'dtrace -C -h -s app.d -o probes.h.tmp',    # PostgreSQL
    'dtrace -C -G -s app.d OBJECTS -o probes.o',
    'dtrace -o app_dtrace.h -h -s app.d',    # Python
    'dtrace -o app_dtrace.o -G -s app.d OBJECTS',
    'dtrace -h -C -s app.d -o app.bak',    # PHP
    'CFLAGS="-g -O2" dtrace -G -o app.o -s app.d OBJECTS',
    'dtrace -xnolibs -h -C -I. -s app.d -o probes.h',    # Ruby
    'dtrace -xnolibs -G -C -I. -s app.d -o probes.o OBJECTS',
    'dtrace -C -h -s app.d -o app-gen.h',    # GLib
    'dtrace -G -s app.d -o app.o',    # libvirt, MySQL, QEMU
    'dtrace -C -Isub -h -s app.d -o - >/dev/null; test -f ./-',    # a file, as with SystemTap's
);
for my $build (@builds) {
    my $in = folder();
    spit("$in/$_.o", '') for 'a', 'b';
    local $ENV{PATH} = "$dir/bin:$ENV{PATH}";
    run_ok($build =~ s/OBJECTS/a.o b.o/r, "as a build does it: $build", dir => $in);
    is(slurp("$in/a.o"), '', '... objects are left as they are') if $build =~ /OBJECTS/;
}

# ---- wrong calls ----

my $in = folder();
chdir $in or die $!;
is_refused([$dtrace, '-h'], qr/\Aprobegen dtrace: no definitions given: -s FILE\n/, '-h alone');
is_refused([$dtrace, '-s', 'app.d'], qr/\Aprobegen dtrace: nothing to do: -h makes a header, -G an object\n/, 'no mode');
is_refused([$dtrace], qr/\Aprobegen dtrace: nothing to do/, 'nothing at all');
is_refused([$dtrace, qw(-h -G -s app.d)], qr/\Aprobegen dtrace: -h and -G exclude each other\n/, 'both modes');
is_refused([$dtrace, qw(-h -s app.d more)], qr/\Aprobegen dtrace: 'more' is not an option\n/, 'an argument too many');
is_refused([$dtrace, qw(-h -s app.d -s none)], qr/\Aprobegen dtrace: several files with definitions, and no name .*: -o FILE\n/, 'several files without -o');
is_refused([$dtrace, '-h', '-s', 'app.d', '-o', ''], qr/\Aprobegen dtrace: -o wants the name of a file\n/, 'an empty name');
is_refused([$dtrace, '-h', '-s', ''], qr/\Aprobegen dtrace: no name for the output can be derived of '': -o FILE\n/, 'an empty name of definitions');
is_refused([$dtrace, qw(-h -s app.d --site=nope)], qr/\Aprobegen dtrace: --site takes nop, nop5 or sdt, not 'nope'\n/, 'an unknown kind of site');
is_refused([$dtrace, qw(-h -s app.d --nothing)], qr/unrecognized option '--nothing'/, 'an unknown option');
is_refused([$dtrace, qw(-h -s app.d -j)], qr/invalid option -- 'j'/, 'an unknown letter');
is_refused([$dtrace, qw(-h -s)], qr/option requires an argument -- 's'/, '-s without a file');
is_refused([$dtrace, qw(-h -s app.d -31)], qr/\Aprobegen dtrace: unknown option '-31'\n/, '-31');
is_refused([$dtrace, qw(-h -s app.d -65)], qr/\Aprobegen dtrace: unknown option '-65'\n/, '-65');
for my $option ('-n syscall:::entry', '-p 1', '-c ls', '-P syscall', '-f read', '-m libc', '-i 1', '-l', '-a', '-A', '-e', '-F', '-H', '-S', '-b 4m', '-X s', '-B') {
    my ($letter) = $option =~ /^(-\w)/;
    is_refused([$dtrace, '-s', 'app.d', split ' ', $option], qr/\Aprobegen dtrace: \Q$letter\E is for tracing, which this dtrace does not do\n/, $option);
}
{
    local $ENV{PROBEGEN_DTRACEFLAGS} = q{-D'A};
    is_refused([$dtrace, qw(-h -s app.d)], qr/\Aprobegen dtrace: PROBEGEN_DTRACEFLAGS has a quote or backslash without end: -D'A\n/,
        'options in the environment with half a quote');
    $ENV{PROBEGEN_DTRACEFLAGS} = '--site=nope';
    is_refused([$dtrace, qw(-h -s app.d)], qr/--site takes/, 'a wrong option in the environment');
}
is(made_in($in), '', 'none of them has written anything');
chdir $ROOT or die $!;

# ---- help, version, talk ----

my $text = run_ok([$dtrace, '--help'], '--help')->{out};
is_helpful([$PROBEGEN, 'dtrace'], 'gen/dtrace/options.c');
like($text, qr/^  -32 /m, '--help has -32');
like($text, qr/^Taken, [^.]*-$_\b/m, "--help has -$_ among those without a meaning") for qw(64 k q w Z L x fpic fPIC);
is(run_ok([$dtrace, $_], $_)->{out}, "dtrace: probegen $version\n", '... says the version') for '-V', '--version';
for my $option ('--help', '-V') {
    my $result = run([$dtrace, $option], stdout => '/dev/full');
    is($result->{status}, 3, "$option to a full device: exit status 3");
    like($result->{err}, qr/\Aprobegen: cannot write .*: No space left on device/, '... and one message');
}
$in = folder();
is(run_ok([$dtrace, qw(-v -h -s app.d)], '-v', dir => $in)->{err}, "probegen dtrace: 'app.h' has 3 probes\n", '... says what was written');

# ---- bad definitions ----

# by SystemTap's dtrace they are taken, with exit status 0 and a header of what it makes of them
my @mistakes = (
    ['provider app { probe a(int x int y); };', 'E_SYNTAX'],
    ['provider app { prob a(int); };', 'E_SYNTAX'],
    ['probe a(int);', 'E_OUTSIDE'],
    ['', 'E_NO_PROVIDER'],
    ['provider app { probe a(int); probe a(long); };', 'E_DUP_PROBE'],
    ['provider app { probe a__b(int); probe a_b(int); };', 'E_COLLISION'],
    ['provider app { probe a(int,); };', 'E_COMMA'],
    ['provider app { probe a(int', 'E_UNCLOSED'],
    ['provider app { probe a(void, int); };', 'E_VOID'],
    ['provider app { probe a(' . join(', ', ('int') x 13) . '); };', 'E_TOO_MANY_ARGS'],
    ['/* provider app { probe a(int); };', 'E_COMMENT'],
);
for my $mistake (@mistakes) {
    my ($wrong, $tag) = @$mistake;
    my $in = folder();
    spit("$in/wrong.d", "$wrong\n");
    spit("$in/wrong.h", 'as it was');
    my $result = run([$dtrace, qw(-h -s wrong.d)], dir => $in);
    is($result->{status}, 1, "'$wrong': exit status 1");
    like($result->{err}, qr/\Awrong\.d:\d+:\d+: error: .* \[$tag\]\n/, '... and says what and where');
    is($result->{err}, run([$PROBEGEN, '-n', '-e', 'usdt', 'wrong.d'], dir => $in)->{err}, '... as probegen does');
    is(slurp("$in/wrong.h"), 'as it was', '... the header is as it was');
    # an object has semaphores, no macros that could meet
    my $has_object = $tag eq 'E_COLLISION' ? 1 : 0;
    is(run([$dtrace, qw(-G -s wrong.d)], dir => $in)->{status}, 1 - $has_object, $has_object ? '... an object' : '... no object either');
    is(made_in($in), 'wrong.h' . ' wrong.o' x $has_object, '... nothing else is written');
    my $witness = folder();
    spit("$witness/wrong.d", "$wrong\n");
    is(run(['dtrace', qw(-h -s wrong.d)], dir => $witness)->{status}, 0, '... where SystemTap guesses');
}

# ---- what SystemTap's dtrace takes ----

# It skips all that is no probe, and a comment never keeps a program from being built. [definitions, the macros of both, what is said of it]
my @taken = (
    ["provider app { probe a(int n)\n probe b(int n) }", 'APP_A APP_B', 'W_SEMICOLON'],
    ["typedef int x_t\nprovider app { probe a(x_t n); };", 'APP_A', 'W_SEMICOLON'],
    ['provider app { probe a(int n, /* @appdata */ const void *bytes, int bytes_len); };', 'APP_A', 'W_APPDATA'],
    ['/* @appdata {"a": [1]} */' . "\n" . 'provider app { probe a(int n); };', 'APP_A', 'W_APPDATA'],
    ['/* @appdata {"a": ["n"] */' . "\n" . 'provider app { probe a(int n); };', 'APP_A', 'W_APPDATA'],
    ["provider app {\nprobe a(int n);\n};\nBEGIN { exit(0); }\napp\$target:::a /arg0 > 3/ { \@[arg0] = count(); }", 'APP_A', 'W_CLAUSE'],
    ["provider app {\nprobe a(int n, char b[16]);\n};\nint f(int x) { return x; }", 'APP_A', ''],
);
for my $case (@taken) {
    my ($text, $macros, $tag) = @$case;
    my ($in, $witness) = (folder(), folder());
    spit("$_/taken.d", "$text\n") for $in, $witness;
    my $result = run([$dtrace, qw(-h -s taken.d)], dir => $in);
    is($result->{status}, 0, "'$text': a header");
    like($result->{err}, $tag ne '' ? qr/\Ataken\.d:\d+:\d+: warning: .* \[$tag\]\n/ : qr/\A\z/, $tag ne '' ? "... and $tag" : '... and nothing is said');
    is(run([$dtrace, qw(-G -s taken.d)], dir => $in)->{status}, 0, '... and an object');
    run(['dtrace', qw(-h -s taken.d)], dir => $witness);
    for my $made ($in, $witness) {
        my %names = map { $_ => 1 } slurp("$made/taken.h") =~ /^#define (APP_\w+)\(arg/mg;
        is(join(' ', sort keys %names), $macros, $made eq $in ? '... with these macros' : "... as SystemTap's");
    }
}

# ---- files that cannot be read or written ----

sub fails
{
    my ($command, $message, $what, %options) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $result = run($command, %options);
    is($result->{status}, 3, "$what: exit status 3");
    like($result->{err}, $message, "$what: the message");
}

$in = folder();
mkdir "$in/is.h" or die $!;
fails([$dtrace, qw(-h -s gone.d)], qr/\Aprobegen: cannot read 'gone\.d': No such file or directory \[E_FILE\]\n\z/, 'definitions that are not there', dir => $in);
fails([$dtrace, qw(-h -s sub)], qr/\Aprobegen: cannot read 'sub': Is a directory \[E_FILE\]\n\z/, 'a folder', dir => $in);
fails([$dtrace, qw(-h -s app.d -s gone.d -o x.h)], qr/cannot read 'gone\.d'/, 'one of two files', dir => $in);
fails([$dtrace, qw(-G -s app.d gone.o)], qr/\Aprobegen: cannot read 'gone\.o': No such file or directory \[E_FILE\]\n\z/, 'an object that is not there', dir => $in);
fails([$dtrace, qw(-h -s app.d -o gone/x.h)], qr/\Aprobegen: cannot write 'gone\/x\.h': No such file or directory \[E_FILE\]\n\z/, 'a folder that is not there', dir => $in);
fails([$dtrace, qw(-h -s app.d -o is.h)], qr/\Aprobegen: cannot write 'is\.h': Is a directory \[E_FILE\]\n\z/, 'a folder of that name', dir => $in);
fails([$dtrace, qw(-h -s app.d -o), 'n' x 300], qr/cannot write 'n+': File name too long/, 'a name that is too long', dir => $in);
run_ok([$dtrace, qw(-h -s app.d -o), 'n' x 255], 'the longest name there is', dir => $in);
unlink "$in/" . 'n' x 255 or die $!;
is(made_in($in), '', '... leave nothing');

# ---- several files, devices, links ----

spit("$in/other.d", "provider other { probe one(int x); };\nprovider app { probe more(int x); };\n");
run_ok([$dtrace, qw(-h -s app.d -s other.d -o both.h)], 'two files, one header', dir => $in);
like(slurp("$in/both.h"), qr/#define APP_ONE\(.*#define OTHER_ONE\(.*#define APP_MORE\(/s, '... has the probes of both');
my $said = run_ok([$dtrace, qw(-h -s app.d -o /dev/stdout)], 'to standard output', dir => $in);
same_text($said->{out}, $header, '... everything comes');
ok(-l '/dev/stdout' || -c '/dev/stdout', '... and it is still what it was');
run_ok([$dtrace, qw(-h -s app.d -o /dev/stdout)], 'to standard output that is a file', dir => $in, stdout => "$in/stdout.h");
same_text(slurp("$in/stdout.h"), $header, '... everything is there');
POSIX::mkfifo("$in/pipe", 0600) or die $!;
$said = run_ok("cat pipe & $dtrace -h -s app.d -o pipe; wait", 'to a pipe', dir => $in);
same_text($said->{out}, $header, '... everything comes');
ok(-p "$in/pipe", '... and it is still a pipe');
SKIP: {
    skip 'no way to make a device', 3 if run(['mknod', "$in/full", 'c', '1', '7'])->{status} != 0 || !open my $try, '>', "$in/full";
    fails([$dtrace, qw(-h -s app.d -o full)], qr/cannot write 'full': No space left on device/, 'to a full device', dir => $in);
    ok(-c "$in/full", '... it is still a device');
}
spit("$in/target.h", 'old');
symlink 'target.h', "$in/link.h" or die $!;
run_ok([$dtrace, qw(-h -s app.d -o link.h)], 'to a symbolic link', dir => $in);
ok(-l "$in/link.h", '... it is still one');
same_text(slurp("$in/target.h"), $header, '... what it points to is written');

# A file that would not change gets a new time: else make would make it again and again.
spit("$in/Makefile", "app.h: app.d\n\t\@echo made; $dtrace -h -s app.d\n");
is(run(['make', '-s'], dir => $in)->{out}, "made\n", 'make makes a header');
my $later = time + 2;
utime $later - 100, $later - 100, "$in/app.h";
is(run(['make', '-s'], dir => $in)->{out}, "made\n", '... again when the definitions are newer');
is(run(['make', '-s'], dir => $in)->{out}, '', '... and not again, though nothing was different');

# ---- the C preprocessor ----

$in = folder();
mkdir "$in/include" or die $!;
spit("$in/include/types.h", "#define NUMBER int\n#define EXTRA probe extra(NUMBER n);\n");
spit("$in/cpp.d", <<'END');
#include "types.h"
// a comment
#pragma D option quiet
#ifdef WITH_EXTRA
#define MAYBE EXTRA
#else
#define MAYBE
#endif
provider NAME {
    probe one(NUMBER x);
    MAYBE
};
END
run_ok([$dtrace, qw(-C -h -s cpp.d -o plain.h -Iinclude -DNAME=app)], '-C with -I and -D', dir => $in);
like(slurp("$in/plain.h"), qr/app:one\(int x\)/, '... includes and defines');
unlike(slurp("$in/plain.h"), qr/APP_EXTRA/, '... and leaves out');
run_ok([$dtrace, qw(-C -h -s cpp.d -o extra.h -I include -D NAME=app -DWITH_EXTRA)], '... or takes in', dir => $in);
like(slurp("$in/extra.h"), qr/APP_EXTRA\(arg1\)/, '... what is asked for');
run_ok([$dtrace, qw(-C -h -s cpp.d -o less.h -I include -D NAME=app -DWITH_EXTRA -UWITH_EXTRA)], '-U', dir => $in);
same_text(slurp("$in/less.h"), slurp("$in/plain.h"), '... takes it back');
for my $cpp ('gcc -E', 'clang -E', 'cpp', q{"cpp"  -DSPACES='a  b'}) {
    local $ENV{CPP} = $cpp;
    run_ok([$dtrace, qw(-C -h -s cpp.d -o other.h -Iinclude -DNAME=app)], "CPP=$cpp", dir => $in);
    same_text(slurp("$in/other.h"), slurp("$in/plain.h"), '... makes the same');
}
spit("$in/bad.d", "#include \"types.h\"\n\n#define X y\nprovider app {\n    probe a(int,,NUMBER X);\n};\n#include \"worse.h\"\n");
spit("$in/include/worse.h", "\n\nprovider more { probe b(int } ;\n");
my $bad = run([$dtrace, qw(-C -h -s bad.d -Iinclude)], dir => $in);
is($bad->{status}, 1, 'a mistake in what was preprocessed: exit status 1');
like($bad->{err}, qr/^bad\.d:5:17: error: .*\[E_COMMA\]\n +probe a\(int,,int y\);\n +\^\n/m, '... is reported where it is in the source');
like($bad->{err}, qr/^include\/worse\.h:3:\d+: error: /m, '... and in which file');
fails([$dtrace, qw(-C -h -s cpp.d -DNAME=app)], qr/types\.h: No such file.*'cpp' failed with status 1 \[E_FILE\]\n\z/s, 'an include that is not there', dir => $in);
{
    local $ENV{CPP} = 'no-such-preprocessor';
    fails([$dtrace, qw(-C -h -s cpp.d)], qr/\Aprobegen: cannot run 'no-such-preprocessor': No such file or directory \[E_FILE\]\n\z/, 'no preprocessor', dir => $in);
    $ENV{CPP} = '"cpp';
    fails([$dtrace, qw(-C -h -s cpp.d)], qr/\Aprobegen: environment variable CPP has a quote or backslash without end \[E_FILE\]\n\z/, 'half a quote', dir => $in);
    $ENV{CPP} = 'sh -c "kill -9 $$"';
    fails([$dtrace, qw(-C -h -s cpp.d)], qr/\Aprobegen: 'sh' was ended by signal 9 \[E_FILE\]\n\z/, 'a preprocessor that dies', dir => $in);
}
# every header of the system that a C preprocessor takes by itself: inline functions, attributes, names for the assembler, types of all kinds
my @headers = map { glob "/usr/include/$_" } '*.h', '*/sys/*.h', 'linux/[a-f]*.h', 'net*/*.h', 'openssl/[a-e]*.h';
my $all = folder();
for my $i (0 .. $#headers) {
    spit("$all/$i.d", "#define _GNU_SOURCE 1\n#include \"$headers[$i]\"\nprovider sys { probe one(pid_t pid, uint64_t n); };\n");
}
my @status = run_parallel(map { [['sh', '-c', 'i=$1; while [ $i -lt $2 ]; do "$3" dtrace -C -h -s $i.d -o $i.h 2>&1 || cpp -x c $i.d > $i.i 2>/dev/null || rm $i.i; i=$((i + 1)); done',
    'all', $_, $_ + 50 < @headers ? $_ + 50 : scalar @headers, $PROBEGEN], dir => $all] } grep { $_ % 50 == 0 } 0 .. $#headers);
cmp_ok(scalar(grep { -e "$all/$_.h" } 0 .. $#headers), '>', 100, 'many headers of the system are there');
is(join(' ', map { $headers[$_] } grep { -e "$all/$_.i" } 0 .. $#headers), '', '-C with any header of the system') or diag(map { $_->{out} } @status);

is(made_in($in) =~ s/(?:^| )include\S+//gr, ' extra.h less.h other.h plain.h' =~ s/^ //r, 'nothing is left of it') or diag(made_in($in));

# ---- the object ----

# [name, bind, visibility, size, section] of each semaphore
sub semaphores_of
{
    my ($path) = @_;
    return map { /\s(\d+) OBJECT\s+(\w+)\s+(\w+)\s+(\w+)\s+(\w+_semaphore)$/ ? "$5 $2 $3 $1" : () } split /\n/, run(['readelf', '-sW', $path])->{out};
}

sub machine_of
{
    return run(['readelf', '-h', $_[0]])->{out} =~ /Class:\s+(\w+).*Machine:\s+(.*?)\n/s ? "$1 $2" : 'none';
}

$in = folder();
run_ok([$dtrace, qw(-G -s app.d)], 'an object', dir => $in);
is(join(', ', sort(semaphores_of("$in/app.o"))), join(', ', map { "app_${_}_semaphore WEAK HIDDEN 2" } qw(none one two__parts)), '... has the semaphores');
my $sections = run(['readelf', '-SW', "$in/app.o"])->{out};
like($sections, qr/ \.probes +PROGBITS +\w+ \w+ 000006 00 +WA +0 +0 +2\n/, '... in .probes, which can be written');
like($sections, qr/\.note\.GNU-stack/, '... and wants no executable stack');
my @objects = (
    ['CFLAGS', '-flto -O2', 'link-time optimization'], ['CFLAGS', '-Wall -Wextra -Werror -pedantic-errors -std=c99', 'warnings as errors'],
    ['CFLAGS', '-ansi -Wmissing-declarations -Werror', 'old C'], ['CFLAGS', q{-DTEXT='"a b"' -DMORE="c d" -De\ f}, 'quotes'], ['CFLAGS', "-O2 \\\n -g", 'a line that goes on'],
    ['CFLAGS', '--coverage -MMD -save-temps=obj', 'what leaves files'], ['CC', 'clang', 'clang'], ['CC', 'clang -flto=thin -Werror -Weverything', 'clang with much'],
    ['CC', 'g++', 'a compiler of C++'], ['CC', '', 'nothing'], ['CFLAGS', '-fsanitize=address,undefined', 'sanitizers'],
);
for my $case (@objects) {
    my ($variable, $value, $what) = @$case;
    my $in = folder();
    mkdir "$in/tmp" or die $!;
    local $ENV{TMPDIR} = "$in/tmp";
    local $ENV{$variable} = $value;
    my $result = run_ok([$dtrace, qw(-G -s app.d)], "an object with $what: $variable=$value", dir => $in);
    is($result->{out} . $result->{err}, '', '... without a word');
    is(join(', ', sort(semaphores_of("$in/app.o"))), join(', ', map { "app_${_}_semaphore WEAK HIDDEN 2" } qw(none one two__parts)), '... has the semaphores');
    is(made_in($in), 'app.o', '... and nothing is left');
    is(join(' ', list_files("$in/tmp", qr/[^.]/)), '', '... in the folder for temporary files neither');
}
my @machines = (
    ['ELF32 Intel 80386', '-32', CFLAGS => ''], ['ELF32 Intel 80386', '-64', CFLAGS => '-m32'], ['ELF64 Advanced Micro Devices X86-64', '-64', CFLAGS => ''],
    ['ELF64 AArch64', '-q', CC => 'clang --target=aarch64-linux-gnu'], ['ELF32 ARM', '-q', CC => 'clang --target=armv7-linux-gnueabihf'],
    ['ELF64 IBM S/390', '-q', CC => 'clang --target=s390x-linux-gnu'],
);
for my $case (@machines) {
    my ($machine, $option, $variable, $value) = @$case;
    my $in = folder();
    local $ENV{$variable} = $value;
    run_ok([$dtrace, '-G', $option, qw(-s app.d)], "an object: $option, $variable=$value", dir => $in);
    is(machine_of("$in/app.o"), $machine, "... is for $machine");
    is(scalar(() = semaphores_of("$in/app.o")), 3, '... with the semaphores');
}
{
    my $in = folder();
    local $ENV{CFLAGS} = '-fcf-protection=full';
    run_ok([$dtrace, qw(-G -s app.d)], 'an object with control-flow protection', dir => $in);
    like(run(['readelf', '-n', "$in/app.o"])->{out}, qr/x86 feature: IBT, SHSTK/, '... says so, so that the program keeps it');
    local $ENV{CC} = 'no-such-compiler';
    fails([$dtrace, qw(-G -s app.d -o new.o)], qr/\Aprobegen: cannot run 'no-such-compiler': No such file or directory \[E_FILE\]\n\z/, 'no compiler', dir => $in);
    $ENV{CC} = 'false';
    fails([$dtrace, qw(-G -s app.d -o new.o)], qr/\Aprobegen: 'false' failed with status 1 \[E_FILE\]\n\z/, 'a compiler that fails', dir => $in);
    $ENV{CC} = 'true';
    fails([$dtrace, qw(-G -s app.d -o new.o)], qr/\Aprobegen: cannot read what the compiler wrote: No such file/, 'a compiler that does nothing', dir => $in);
    $ENV{CC} = q{cc 'half};
    fails([$dtrace, qw(-G -s app.d -o new.o)], qr/environment variable CC has a quote/, 'half a quote', dir => $in);
    $ENV{CC} = 'cc';
    $ENV{CFLAGS} = '-DX="';
    fails([$dtrace, qw(-G -s app.d -o new.o)], qr/environment variable CFLAGS has a quote/, '... in CFLAGS', dir => $in);
    $ENV{CFLAGS} = '';
    local $ENV{TMPDIR} = "$in/app.d";
    fails([$dtrace, qw(-G -s app.d -o new.o)], qr/\Aprobegen: cannot make a folder for temporary files: Not a directory/, 'no folder for temporary files', dir => $in);
    ok(!-e "$in/new.o", '... make nothing');
}

# ---- headers and objects of both, together ----

$in = folder();
spit("$in/program.c", <<'END');
#include <stddef.h>
#include "app.h"
extern int fire(void);
int fire(void)
{
    if (APP_ONE_ENABLED())
        APP_ONE(1);
    APP_TWO_PARTS("text", 4);
    if (APP_NONE_ENABLED())
        APP_NONE();
    return APP_ONE_ENABLED() || APP_TWO_PARTS_ENABLED();
}
END
spit("$in/main.c", "int fire(void);\nint main(void) { return fire(); }\n");
my %made_by = (ours => $dtrace, theirs => 'dtrace', sdt => $dtrace);
for my $who (sort keys %made_by) {
    mkdir "$in/$who" or die $!;
    my @site = $who eq 'sdt' ? '--site=sdt' : ();
    run_ok([$made_by{$who}, @site, qw(-h -s app.d -o), "$who/app.h"], "header: $who", dir => $in);
    run_ok([$made_by{$who}, qw(-G -s app.d -o), "$who/app.o"], "object: $who", dir => $in) if $who ne 'sdt';
    run_ok(['gcc', '-O2', "-I$who", '-c', 'program.c', '-o', "$who/program.o"], '... compiles', dir => $in);
}
for my $headers ('ours', 'theirs', 'sdt') {
    for my $objects ([], ['ours'], ['theirs'], ['ours', 'ours2'], ['ours', 'theirs'], ['archive']) {
        next if $headers eq 'theirs' && !@$objects;    # needs an object
        run_ok(['cp', "$in/ours/app.o", "$in/ours2.o"], 'the same object again') if "@$objects" =~ /ours2/;
        my @files = map { $_ eq 'ours2' ? 'ours2.o' : $_ eq 'archive' ? 'lib.a' : "$_/app.o" } @$objects;
        run_ok('rm -f lib.a && ar rcs lib.a ours/app.o', 'an archive', dir => $in) if "@files" =~ /lib\.a/;
        for my $how (['-pie'], ['-shared', '-fPIC', '-Wl,-z,defs']) {
            next if "@$how" =~ /shared/ && $headers ne 'ours';
            my $name = "headers: $headers, objects: " . (join(' and ', @$objects) || 'none') . ", @$how";
            my @program = "@$how" =~ /shared/ ? (@$how, 'main.c', 'program.c', '-Iours') : (@$how, 'main.c', "$headers/program.o");
            run_ok(['gcc', @program, @files, '-o', 'program'], "$name: links", dir => $in);
            my $notes = run(['readelf', '-nW', "$in/program"])->{out};
            is(join(' ', sort $notes =~ /Name: (\w+)/g), 'none one two__parts', '... has the probes') if "@$how" =~ /pie/;
            my %semaphores = map { $_ => 1 } $notes =~ /Semaphore: (\S+)/g;
            is(scalar(grep { hex $_ } keys %semaphores), 3, '... and a semaphore for each');
            run_ok(['./program'], '... and runs', dir => $in) if "@$how" =~ /pie/;
        }
    }
}

# ---- options in the environment ----

$in = folder();
{
    local $ENV{PROBEGEN_DTRACEFLAGS} = "  --site=nop5 -C\t-D'ONE=one' ";
    spit("$in/env.d", "provider app { probe ONE(int x); };\n");
    run_ok([$dtrace, qw(-h -s env.d)], 'options in the environment', dir => $in);
    like(slurp("$in/env.h"), qr/PROBEGEN_NO_RED_ZONE\(\); PROBEGEN_SITE1\(PROBEGEN_NOP5, "app", "one", arg1\)/, '... count');
    run_ok([$dtrace, qw(-h -s env.d --site=nop)], '... less than those of the command line', dir => $in);
    like(slurp("$in/env.h"), qr/\) PROBEGEN_SITE1\(PROBEGEN_NOP, "app", "one", arg1\)/, '... which come last');
}

# ---- fifty at a time ----

sub all_at_once
{
    my ($what, @commands) = @_;
    my %running;
    for my $i (0 .. $#commands) {
        my $pid = fork;
        die "fork: $!" if !defined $pid;
        if ($pid == 0) {
            my $result = run($commands[$i], dir => $in);
            print STDERR $result->{err} if $result->{status} != 0;
            POSIX::_exit($result->{status} == 0 ? 0 : 1);
        }
        $running{$pid} = 1;
    }
    my $failed = 0;
    while (%running) {
        my $pid = wait;
        $failed += $? != 0;
        delete $running{$pid};
    }
    is($failed, 0, "$what: all succeed");
}

$in = folder();
run_ok([$dtrace, qw(-G -s app.d -o expected.o)], 'an object, alone', dir => $in);
my $object = slurp("$in/expected.o");
all_at_once('fifty headers', map { [$dtrace, qw(-C -h -s app.d -o), "out$_.h"] } 1 .. 50);
my $preprocessed = slurp("$in/out1.h");
is(join(' ', grep { slurp("$in/out$_.h") ne $preprocessed } 1 .. 50), '', '... each is whole');
all_at_once('fifty times the same header', ([$dtrace, qw(-h -s app.d)]) x 50);
same_text(slurp("$in/app.h"), $header, '... is whole');
all_at_once('fifty times the same object', ([$dtrace, qw(-G -s app.d)]) x 50);
ok(slurp("$in/app.o") eq $object, '... is whole');
all_at_once('both of both', map { ([$dtrace, qw(-h -s app.d)], [$dtrace, qw(-G -s app.d)],
    [$dtrace, qw(-h -s sub/app.d -o sub/app.h)], [$dtrace, qw(-G -s sub/app.d -o sub/app.o)]) } 1 .. 12);
ok(slurp("$in/app.h") eq $header && slurp("$in/sub/app.h") eq $header && slurp("$in/app.o") eq $object && slurp("$in/sub/app.o") eq $object, '... all are whole');
is(made_in($in), join(' ', sort 'app.h', 'app.o', 'expected.o', 'sub/app.h', 'sub/app.o', map { "out$_.h" } 1 .. 50), 'nothing is left');

done_testing();
