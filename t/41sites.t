#!/usr/bin/perl
# ASSERTION: a probe site of our own header is what sys/sdt.h would make of it: the same note for every type of argument and the same machine code,
# in C and C++, with gcc and clang, at every level, in every kind of program; one no-op and nothing else where nobody listens; other tools read it.

use strict;
use warnings;
use lib 't/lib';
use Probegen;
use Test::More;

my $dir = temp_dir();

# readelf's view of the notes: [{name, semaphore, location, args}], in the order of the file
sub notes_of
{
    my ($path) = @_;
    my $text = run(['readelf', '-n', '-W', $path])->{out};
    my @notes;
    while ($text =~ /Provider: (\S+)\n\s+Name: (\S+)\n\s+Location: (\S+), Base: (\S+), Semaphore: (\S+)\n\s+Arguments:(.*)\n/g) {
        push @notes, {name => "$1:$2", location => $3, base => $4, semaphore => $5, args => [split ' ', $6]};
    }
    return @notes;
}

# ---- what an argument may be ----

# [what stands before it, the argument, its note without the operand in C and in C++ (x86-64), how gdb prints its value]
# Volatile variables keep compilers from knowing the values.
my @both = (
    ['signed char x = v_schar;', 'x', '-1'],
    ['char x = v_char;', 'x', '-1'],
    ['unsigned char x = v_uchar;', 'x', '1'],
    ['short x = v_short;', 'x', '-2'],
    ['unsigned short x = v_ushort;', 'x', '2'],
    ['int x = v_int;', 'x', '-4'],
    ['unsigned x = v_uint;', 'x', '4'],
    ['long x = v_long;', 'x', '-8'],
    ['unsigned long x = v_ulong;', 'x', '8'],
    ['long long x = v_long;', 'x', '-8'],
    ['unsigned long long x = v_ulong;', 'x', '8'],
    ['const int x = v_int;', 'x', '-4'],
    ['const char x = v_char;', 'x', '-1'],
    ['const unsigned long x = v_ulong;', 'x', '8'],
    ['volatile short x = v_short;', 'x', '-2'],
    ['const volatile unsigned char x = v_uchar;', 'x', '1'],
    ['static int x; x = v_int;', 'x', '-4'],
    ['', 'v_uint', '4'],
    ['enum some x = (enum some)v_int;', 'x', '4'],
    ['float x = v_float;', 'x', '4f', ''],
    ['double x = v_double;', 'x', '8f', ''],
    ['', '1.5', '8f', ''],
    ['', '2.5f', '4f', ''],
    ['void *x = (void *)v_ulong;', 'x', '8'],
    ['char *x = v_text;', 'x', '8', '(char *)'],
    ['const char *const x = v_text;', 'x', '8', '(char *)'],
    ['int **x = (int **)v_ulong;', 'x', '8'],
    ['struct st_pair *x = (struct st_pair *)v_ulong;', 'x', '8'],
    ['struct st_pair x; x.one = v_int; x.two = v_char;', 'x.one', '-4'],
    ['struct st_pair x; x.one = v_int; x.two = v_char;', 'x.two', '-1'],
    ['struct st_pair x, *p = &x; x.one = v_int; x.text[1] = v_char; x.text[0] = v_char;', 'p->text[1]', '-1'],
    ['char x[8] = "abcdefg"; x[2] = (char)v_int;', 'x', '8', '(char *)'],
    ['', '"literal"', '8', '(char *)'],
    ['', '&callback', '8', '(void (*)())'],
    ['void (*x)(int) = callback;', 'x', '8', '(void (*)())'],
    ['', '0', '-4'],
    ['', '-7', '-4'],
    ['', '4294967295u', '4'],
    ['', '1234567890123L', '-8'],
    ['', '0xfedcba9876543210ul', '8'],
    ['', '(char)-3', '-1'],
    ['', '(unsigned short)65535', '2'],
    ['', '(void *)0', '8'],
    ['', 'sizeof(long)', '8'],
    ['int x = v_int;', 'x + 1', '-4'],
    ['char x = v_char;', 'x + 1', '-4'],
    ['unsigned x = v_uint;', 'x >> 3', '4'],
    ['int x = v_int;', 'x++', '-4'],
    ['int x = v_int;', '(x++, x)', '-4'],
    ['int x = v_int;', 'x > 0 ? x : -x', '-4'],
    ['int x = v_int;', 'twice(x)', '-4'],
    ['long x = v_long;', '(short)x', '-2'],
    ['__int128 x = v_long;', '(long)(x >> 1)', '-8'],
    ['', 'nothing_else', '-4'],
);
my @c_only = (
    ['_Bool x = v_int != 0;', 'x', '1'],
    ['int x = v_int;', 'x == 3', '-4'],
    ['', "'x'", '-4'],
    ['enum negative x = (enum negative)v_int;', 'x', '-4'],
    ['', 'SOME_LAST', '-4'],
    ['', 'callback', '8', '(void (*)())'],
    ['struct st_bits { int i : 5; unsigned u : 3; } x = {3, 2};', 'x.i + 0', '-4'],
);
my @cxx_only = (
    ['bool x = v_int != 0;', 'x', '1'],
    ['int x = v_int;', 'x == 3', '1'],
    ['', "'x'", '-1'],
    ['', 'true', '1'],
    ['enum negative x = (enum negative)v_int;', 'x', '4'],
    ['', 'SOME_LAST', '4'],
    ['', 'scoped::last', '1'],
    ['scoped x = v_int ? scoped::last : scoped();', 'x', '1'],
    ['int y = v_int, &x = y;', 'x', '-4'],
    ['const long y = v_long, &x = y;', 'x', '-8'],
    ['', 'nullptr', '8'],
    ['decltype(nullptr) x = nullptr;', 'x', '8'],
    ['wchar_t x = (wchar_t)v_int;', 'x', '-4'],
    ['char16_t x = (char16_t)v_int;', 'x', '2'],
    ['char32_t x = (char32_t)v_int;', 'x', '4'],
    ['constexpr int x = 12;', 'x', '-4'],
    ['auto x = v_long;', 'x', '-8'],
    ['struct object { long x; void fire() { FIRE(x); } } o; o.x = v_long; o.fire();', 'o.x', '-8'],
    ['struct bits { int i : 5; } x; x.i = v_int;', 'x.i + 0', '-4'],
);

# [.d, source in C or C++, [expected note...], [how to print...]] of a list
sub make_types
{
    my (@list) = @_;
    my ($d, $fires, $calls, @notes, @prints) = ('', '', '');
    for my $i (0 .. $#list) {
        my ($before, $arg, $note, $print) = @{$list[$i]};
        $d .= "    probe p$i(int x);\n";
        $before =~ s/FIRE\(/ONE_P$i(/;
        $fires .= "static __attribute__((noinline)) void fire$i(void)\n{\n    $before\n    if (ONE_P${i}_ENABLED() || v_int)\n        ONE_P$i($arg);\n}\n";
        $calls .= "    fire$i();\n";
        push @notes, ($before =~ /ONE_P/ ? ('-8', $note) : $note);
        push @prints, $print // '(long)';
    }
    my @twelve = map { "t$_" } 1 .. 12;
    $d .= '    probe twelve(' . join(', ', ('int') x 12) . ");\n    probe nothing();\n";
    my $source = <<"END";
#include "one.h"
enum some { SOME_FIRST, SOME_LAST };
enum negative { NEGATIVE = -1, POSITIVE };
#ifdef __cplusplus
enum class scoped : unsigned char { first, last };
#endif
struct st_pair { int one; char two; char text[3]; };
#define nothing_else 42
#define one hit
#define p0 hit
volatile signed char v_schar = -3;
volatile char v_char = -4;
volatile unsigned char v_uchar = 250;
volatile short v_short = -500;
volatile unsigned short v_ushort = 65000;
volatile int v_int = 3;
volatile unsigned v_uint = 4000000000u;
volatile long v_long = -5000000000;
volatile unsigned long v_ulong = 0xfedcba9876543210ul;
volatile float v_float = 1.25f;
volatile double v_double = 2.5;
char text[] = "some text";
char *volatile v_text = text;
void callback(int x) { (void)x; }
static __attribute__((noinline)) int twice(int x) { return x * 2; }
#undef one
#undef p0
$fires
static __attribute__((noinline)) void fire_twelve(signed char t1, unsigned char t2, short t3, unsigned short t4, int t5, unsigned t6, long t7,
                                                  unsigned long t8, float t9, double t10, char *t11, void *t12)
{
    ONE_TWELVE(${\ join ', ', @twelve});
    ONE_NOTHING();
}
int main(void)
{
$calls
    fire_twelve(v_schar, v_uchar, v_short, v_ushort, v_int, v_uint, v_long, v_ulong, v_float, v_double, v_text, 0);
    return v_int * 0 + twice(0);
}
END
    return {d => "provider one {\n$d};\n", source => $source, notes => \@notes, prints => \@prints, num => scalar @list};
}

my %types = (c => make_types(@both, @c_only), cc => make_types(@both, @cxx_only));
for my $kind (sort keys %types) {
    spit("$dir/$kind.d", $types{$kind}{d});
    for my $site ('nop', 'nop5', 'sdt') {
        mkdir "$dir/$kind-$site" or die $!;
        run_ok([$PROBEGEN, 'dtrace', '-h', '-s', "$dir/$kind.d", '-o', "$dir/$kind-$site/one.h", "--site=$site"], "a header for $kind, --site=$site");
    }
    spit("$dir/types.$kind", $types{$kind}{source});
}

# ---- notes and code, against those of sys/sdt.h ----

# The instructions of each function of an object, without what depends on where they are: addresses, and the padding between functions.
sub code_of
{
    my ($path) = @_;
    my $text = run(['objdump', '-dr', '--no-show-raw-insn', '-M', 'suffix', $path])->{out};
    my (%code, $function);
    for my $line (split /\n/, $text) {
        if ($line =~ /^[0-9a-f]+ <(.*)>:$/) {
            $function = $1;
        } elsif ($line =~ s/^\s+[0-9a-f]+:\s*// && $line !~ /^(?:cs |data16 )*(?:nop[wl] |xchgw %ax,%ax)/) {
            $line =~ s/<(\w+)\+0x[0-9a-f]+>/<$1>/g;
            $line =~ s/\b[0-9a-f]+ </</g;
            $code{$function} .= "$line\n";
        }
    }
    return \%code;
}

my @compilers = (
    ['c', 'gcc', 'c99', 'c11'], ['c', 'clang', 'c99', 'c11'],
    ['cc', 'g++', 'c++11', 'c++20'], ['cc', 'clang++', 'c++11', 'c++20'],
);
my @quiet = qw(-Wno-unused-variable -Wno-unused-but-set-variable -Wno-overflow);
my (@jobs, @pairs);
for my $compiler (@compilers) {
    my ($kind, $cc, @stds) = @$compiler;
    for my $std (@stds) {
        for my $level ('-O0', '-O3') {
            my $name = "$cc-$std$level";
            my @flags = ($cc, "-std=$std", $level, '-Wno-pedantic', '-c', "$dir/types.$kind");
            push @jobs, ["$cc, $std, $level: the sites of all types", [@flags, qw(-Wall -Wextra -Werror), @quiet, "-I$dir/$kind-nop", '-o', "$dir/$name.own.o"]];
            push @jobs, ["... those of sys/sdt.h", [@flags, '-w', "-I$dir/$kind-sdt", '-o', "$dir/$name.sdt.o"]];
            push @jobs, ["... those with five bytes", [@flags, qw(-Wall -Wextra -Werror), @quiet, "-I$dir/$kind-nop5", '-o', "$dir/$name.nop5.o"]];
            push @pairs, [$kind, $name];
        }
    }
}
in_parallel(@jobs);

# Whether an operand can be read with nothing but the registers: a constant, a register, memory that registers lead to. A name is of no use in a
# stripped file, and `.LC0`, GOT entries and variables of a thread (%fs:x@tpoff) are not found at all.
sub is_plain { return $_[0] =~ /^-?\d+f?\@(?:\$-?\d+|%\w+|-?\d*\(%(?!rip)\w+(?:,%\w+(?:,[1248])?)?\))$/ && $_[0] !~ /%[cdefgs]s\b/ }

# names and arguments of all notes; which registers compilers choose is up to them
sub kinds_of
{
    my ($left_out, @notes) = @_;
    my $text = join '', sort map { "$_->{name} @{$_->{args}}\n" } grep { !$left_out->{$_->{name}} } @notes;
    return $text =~ s/%\w+/%REGISTER/gr;
}

# the sizes and signs that the notes have, in the order of the probes
sub sizes_of
{
    my ($kind, @notes) = @_;
    my %sizes;
    push @{$sizes{$_->{name}}}, map { s/\@.*//r } @{$_->{args}} for @notes;
    return (join ' ', map { @{$sizes{"one:p$_"} || ['none']} } 0 .. $types{$kind}{num} - 1), "@{$sizes{'one:twelve'}}";
}

for my $pair (@pairs) {
    my ($kind, $name) = @$pair;
    my @own = notes_of("$dir/$name.own.o");
    my @sdt = notes_of("$dir/$name.sdt.o");
    # what sys/sdt.h names where nobody finds it; and twelve arguments, beside which hardly a register is free
    my %better = ('one:twelve' => 1, map { $_->{name} => 1 } grep { grep { !is_plain($_) } @{$_->{args}} } @sdt);
    my @unreadable = map { "$_->{name} @{$_->{args}}" } grep { grep { !is_plain($_) } @{$_->{args}} } @own;
    is("@unreadable", '', "$name: every operand is read with registers alone");
    same_text(kinds_of(\%better, @own), kinds_of(\%better, @sdt), "$name: names and arguments of all other notes are those of sys/sdt.h") if $name !~ /^clang/;
    my ($sizes, $twelve) = sizes_of($kind, @own);
    is($sizes, "@{$types{$kind}{notes}}", "$name: ... and sizes and signs those of the types");
    is($twelve, '-1 1 -2 2 -4 4 -8 8 4f 8f 8 8', "$name: ... of twelve arguments, too");
    is(join(' ', sizes_of($kind, notes_of("$dir/$name.nop5.o"))), "$sizes $twelve", "$name: ... with five bytes, too");

    my ($code, $sdt_code) = (code_of("$dir/$name.own.o"), code_of("$dir/$name.sdt.o"));
    my @differ = grep { $code->{$_} ne ($sdt_code->{$_} // '') } sort keys %$code;
    # other registers; or less, where sys/sdt.h wants variables in memory before the site
    my %longer = map { $_ => ($code->{$_} =~ tr/\n//) - (($sdt_code->{$_} // '') =~ tr/\n//) } @differ;
    my @longer = grep { $longer{$_} > 0 && !(/fire(_twelve|\d+)/ && $better{"one:" . ($1 eq '_twelve' ? 'twelve' : "p$1")}) } @differ;
    is("@longer", '', "$name: no function has more instructions than with sys/sdt.h, but where that names what nobody finds");
    my @much = grep { $longer{$_} > (/twelve/ ? 4 : 1 + grep { /^R_/ } split /\n/, $code->{$_}) } @differ;
    is("@much", '', "$name: ... and there, one");
    # clang stores every argument for sys/sdt.h
    ok($name =~ /^clang/ || @differ < keys(%$code) / 10, "$name: nearly all have the same") or diag(diff_text($sdt_code->{$differ[0]}, $code->{$differ[0]}, $differ[0]));
}

# ---- what compilers have names for ----

# Constants of floating point, addresses, variables of threads, bit-fields; in every language that sys/sdt.h compiles in. Their values: t/96sites.t
my %dialects = (
    gcc       => [['c', '-std=gnu90'], ['c', '-std=c99'], ['c', '-std=gnu17']],
    clang     => [['c', '-std=gnu90', '-Wno-overlength-strings'], ['c', '-std=c99'], ['c', '-std=gnu17']],
    'g++'     => [['c++', '-std=c++98'], ['c++', '-std=c++20', '-Wno-register', '-Wno-volatile']],
    'clang++' => [['c++', '-std=c++98'], ['c++', '-std=c++20', '-Wno-register']],
);
# the last: how many operands may be in memory that only readers of Intel's syntax understand
my @ways = (['-O0'], ['-O1'], ['-Os'], ['-O2'], ['-O3'], ['-O2', '-fPIC'], ['-O0', '-fPIC'], ['-O2', '-fPIE'], ['-O2', '-fno-pic'], ['-O2', '-fPIC', '-fno-plt'],
    ['-O2', '-fPIC', '-ftls-model=initial-exec'], ['-O2', '-mcmodel=large'], ['-O1', '-masm=intel'], ['-O2', '-fPIC', '-masm=intel']);
my (@named, @named_objects);
for my $site ('nop', 'nop5') {
    mkdir "$dir/operands-$site" or die $!;
    run_ok([$PROBEGEN, 'dtrace', "--site=$site", '-h', '-s', 't/cases/operands.d', '-o', "$dir/operands-$site/operands.h"], "a header of t/cases/operands.d, --site=$site");
    for my $cc (sort keys %dialects) {
        for my $dialect (@{$dialects{$cc}}) {
            for my $way (@ways) {
                next if $site eq 'nop5' && "@$way" !~ /O2$/;
                my ($language, $std, @more) = @$dialect;
                my $object = "$dir/named-" . @named . '.o';
                my $name = "$cc, $std, @$way, --site=$site: constants, addresses, variables of threads";
                push @named, [$name, [$cc, '-x', $language, $std, @more, @$way, qw(-pedantic-errors -Wall -Wextra -Werror), "-I$dir/operands-$site", '-c', 't/cases/operands.c', '-o', $object]];
                push @named_objects, [$name, $object, "@$way"];
            }
        }
    }
}
in_parallel(@named);
for my $one (@named_objects) {
    my ($name, $object, $way) = @$one;
    my @notes = notes_of($object);
    is(scalar @notes, 10, "$name: every site has its note");
    my @bad = grep { !is_plain($_) } map { @{$_->{args}} } @notes;
    # the third and further operands in memory are left to readers of Intel's syntax
    @bad = grep { !/^(?:-?[1248]f?\@[A-Z]+|PTR|[^\@]*\[r.*\])$/ } @bad if $way =~ /intel/;
    is("@bad", '', "$name: all is read with registers alone");
}

# ---- one no-op ----

spit("$dir/nop.d", "provider app { probe one(int x); probe none(); };\n");
spit("$dir/nop.c", <<'END');
#include "app.h"
int costly(void);
void fires(int x) { APP_ONE(x); APP_NONE(); }
void fires_not(int x) { (void)x; }
void asks(void) { if (APP_ONE_ENABLED()) APP_ONE(costly()); }
long leaf(long x) { volatile long local[2]; local[0] = x; APP_ONE((int)x); return local[0]; }
END
# by site: what the processor does when nobody listens
my %noop = (nop => 'nop', nop5 => 'nopl   0x0(%rax,%rax,1)', sdt => 'nop');
for my $site (sort keys %noop) {
    mkdir "$dir/one-$site" or die $!;
    run_ok([$PROBEGEN, 'dtrace', "--site=$site", '-h', '-s', "$dir/nop.d", '-o', "$dir/one-$site/app.h"], "--site=$site");
    for my $cc ('gcc', 'clang') {
        my $object = "$dir/one-$site.$cc.o";
        run_ok([$cc, qw(-O2 -Wall -Wextra -Wpedantic -Wno-variadic-macros -fno-pie -fcf-protection=none -fno-asynchronous-unwind-tables -c),
            "-I$dir/one-$site", '-o', $object, "$dir/nop.c"], "$cc compiles it");
        my $text = run(['objdump', '-d', '--no-show-raw-insn', $object])->{out};
        my %code;
        while ($text =~ /<(\w+)>:\n(.*?)(?=\n\n|\z)/sg) {
            my ($name, $lines) = ($1, $2);
            $code{$name} = [map { s/\s+$//r } map { /^\s+[0-9a-f]+:\s+(.*)/ ? $1 : () } split /\n/, $lines];
        }
        my @fires = @{$code{fires}};
        # after the end, up to the next function, the assembler pads with no-ops of its own
        splice @fires, 1 + (grep { $fires[$_] eq 'ret' } 0 .. $#fires)[0];
        # clang stores an argument that it has in a register, for sys/sdt.h as well
        @fires = grep { !/^mov +%edi,-0x4\(%rsp\)$/ } @fires if $cc eq 'clang';
        is_deeply([grep { !/^(push|pop|mov +%edi,0x4\(%rsp\))/ } @fires], [($noop{$site}) x 2, 'ret'], "$cc, --site=$site: a site is one no-op, two are two");
        my $asks = join "\n", @{$code{asks}};
        my ($before) = $asks =~ /\A(.*?)call/s;
        like($before, qr/\A(?:push.*\n|sub .*rsp\n)*cmpw? +\$0x0,.*\nj\w+ /, "$cc, --site=$site: what is asked for first is the semaphore, before the argument is made");
        my @leaf = grep { /rsp/ } @{$code{leaf}};
        if ($site eq 'nop5') {
            ok(!(grep { /-0x\w+\(%rsp/ } @leaf), "$cc, --site=$site: nothing is kept below the stack pointer") or diag(join "\n", @{$code{leaf}});
        }
    }
}

# ---- every kind of program ----

spit("$dir/first.d", <<'END');
provider first {
    /** all of its arguments */
    probe twelve(char a, unsigned char b, short c, unsigned short d, int e, unsigned f, long g, size_t h, float i, double j, const char *k, void *l);
    probe only__one(int x);
    probe none();
};
provider linux { probe unix(int NULL); };
END
spit("$dir/second.d", "provider second { probe one(int x); };\nprovider first { probe more(const char *text); };\n");
mkdir "$dir/headers" or die $!;
run_ok([$PROBEGEN, 'dtrace', '-h', '-s', "$dir/$_.d", '-o', "$dir/headers/$_.h"], "a header of $_.d") for 'first', 'second';
run_ok([$PROBEGEN, 'dtrace', '-h', '--site=nop5', '-s', "$dir/second.d", '-o', "$dir/headers/second5.h"], '... with five bytes');

# PART is what a source file is called, SECOND which of the second headers it has
my $program = <<'END';
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#include "first.h"
}
#else
#include "first.h"
#endif
#include "SECOND.h"
#include "first.h"
/* some programs have both */
#ifdef WITH_SDT
#include <sys/sdt.h>
#include "SECOND.h"
#endif
static int fire(int x, const char *text, double y)
{
    FIRST_TWELVE((char)x, (unsigned char)x, (short)x, (unsigned short)x, x, (unsigned)x, (long)x, (size_t)x, (float)y, y, text, NULL);
    if (FIRST_ONLY_ONE_ENABLED())
        FIRST_ONLY_ONE(x + 1);
    else
        FIRST_NONE();
    FIRST_MORE(text);
    if (LINUX_UNIX_ENABLED())
        LINUX_UNIX(x);
    SECOND_ONE(x);
    return x;
}
#ifdef __cplusplus
template <typename T> T generic(T x) { FIRST_ONLY_ONE(x); return x; }
struct object {
    int x;
    object(int y) : x(y) { FIRST_ONLY_ONE(x); }
    inline int twice() const { SECOND_ONE(x); return x * 2; }
};
inline int shared(int x) { LINUX_UNIX(x); return x; }
extern "C" int PART(int x, const char *text);
extern "C" int PART(int x, const char *text)
{
    object o(generic(x));
    auto closure = [&](int y) { FIRST_ONLY_ONE(y + x); return y; };
    return fire(generic(x), text, generic(1.5)) - (closure(o.twice()) - 2 * shared(x));
}
#else
int PART(int x, const char *text);
int PART(int x, const char *text) { return fire(x, text, 1.5); }
#endif
END
for my $kind ('c', 'cc') {
    my $c = $kind eq 'cc' ? 'extern "C" ' : '';
    spit("$dir/part1.$kind", $program =~ s/PART/part1/gr =~ s/SECOND\.h/second.h/gr);
    spit("$dir/part2.$kind", $program =~ s/PART/part2/gr =~ s/SECOND\.h/second5.h/gr =~ s/first\.h"\n#else/first.h"\n#define WITH_SDT\n#else/r);
    spit("$dir/main.$kind", "${c}int part1(int, const char *);\n${c}int part2(int, const char *);\nint main(void) { return part1(1, \"one\") - part2(1, \"two\"); }\n");
}
# flags for objects, flags for linking
my %programs = (
    pie => [['-fPIE'], ['-pie']],
    shared => [['-fPIC'], ['-shared']],
    static => [['-fno-pie'], ['-static']],
    'no pie' => [['-fno-pic'], ['-no-pie']],
    'sections, garbage collected' => [[qw(-ffunction-sections -fdata-sections)], ['-Wl,--gc-sections']],
    'link-time optimization' => [['-flto'], ['-flto']],
    'link-time optimization, shared' => [[qw(-flto -fPIC)], [qw(-flto -shared)]],
);
my %lto = map { $_ => 1 } grep { /^link-time/ } keys %programs;
my @names = ('first:more', 'first:none', 'first:only__one', 'first:twelve', 'linux:unix', 'second:one');
my (@compile, @link, @built);
for my $compiler (@compilers) {
    my ($kind, $cc, @stds) = @$compiler;
    for my $std (@stds) {
        for my $level ('-O0', '-O3') {
            for my $how (sort keys %programs) {
                my ($compile, $link) = @{$programs{$how}};
                next if $lto{$how} && ($level eq '-O0' || $std eq $stds[0]);
                my $built = "$dir/built-" . @built;
                my $name = "$cc, $std, $level, $how";
                my @flags = ($cc, "-std=$std", $level, @$compile, qw(-Wall -Wextra -Werror), "-I$dir/headers");
                # sys/sdt.h is not as strict as our header
                push @compile, ["$name: one file", [@flags, '-Wpedantic', '-c', "$dir/part1.$kind", '-o', "$built.1.o"]];
                push @compile, ["$name: another", [@flags, '-c', "$dir/part2.$kind", '-o', "$built.2.o"]];
                push @link, ["$name: together", [@flags, @$link, "$dir/main.$kind", "$built.1.o", "$built.2.o", '-o', $built], talk => $lto{$how}];
                push @built, [$name, $built, $kind, $how, $level];
            }
        }
    }
}
in_parallel(@compile);
in_parallel(@link);
for my $one (@built) {
    my ($name, $path, $kind, $how, $level) = @$one;
    my (%semaphores, %count);
    my @notes = notes_of($path);
    for my $note (@notes) {
        $semaphores{$note->{name}}{$note->{semaphore}} = 1;
        ++$count{$note->{name}};
    }
    is(join(' ', sort keys %count), "@names", "$name: all probes are there");
    my %different = map { %$_ } values %semaphores;
    ok(keys %different == @names && !$different{'0x0000000000000000'}, "$name: each has one semaphore of its own");
    # what the linker dropped, sites in equal functions of two files, has no note: it would be at address 0
    is(join(' ', grep { hex $_->{location} == 0 } @notes), '', "$name: each note has its site");
    is($count{'first:twelve'}, 2, "$name: ... in both files") if $kind eq 'c' && !$lto{$how};
    is($count{'linux:unix'}, 3, "$name: ... once where the linker keeps one of two inline functions") if $kind eq 'cc' && $level eq '-O0' && !$lto{$how};
    run_ok([$path], "$name: it runs") if $how !~ /shared/;
}

# The strictest compiler has nothing to say of our text.
for my $kind ('c', 'cc') {
    for my $site ('nop', 'nop5') {
        my $said = run(['clang', "-std=" . ($kind eq 'c' ? 'c11' : 'c++20'), qw(-Weverything -Wno-c++98-compat -Wno-c++98-compat-pedantic
            -fsyntax-only), "-I$dir/$kind-$site", "$dir/types.$kind"])->{err};
        is(join("\n", grep { m{/one\.h:\d+:\d+: warning} } split /\n/, $said), '', "clang -Weverything finds nothing in the header: $kind, --site=$site");
    }
}

# Intel's syntax changes how operands are written in notes, with sys/sdt.h too, but nothing else.
run_ok(['gcc', qw(-masm=intel -O2 -Wall -Wextra -Werror -c), "-I$dir/headers", '-o', "$dir/intel.o", "$dir/part1.c"], 'with -masm=intel it compiles');
is(scalar(notes_of("$dir/intel.o")), 6, '... and has its notes');

# ---- other machines ----

for my $target ('x86_64-linux-gnu', 'aarch64-linux-gnu', 'i686-linux-gnu', 'armv7-linux-gnueabihf', 'powerpc64le-linux-gnu', 's390x-linux-gnu') {
    my $object = "$dir/$target.o";
    for my $site ('nop', 'nop5') {
        my $source = "$dir/types.other.c";
        # no 128 bits on 32-bit machines, 8 bytes are no long there
        spit($source, $types{c}{source} =~ s/__int128/long/gr =~ s/-5000000000;/-5;/r =~ s/0xfedcba9876543210ul/0xfedcba98ul/gr =~ s/1234567890123L/12345L/r);
        run_ok(['clang', "--target=$target", qw(-O2 -std=c99 -Wall -Wextra -Werror -ffreestanding -fno-pie -c), @quiet, "-I$dir/c-$site", '-o', $object, $source],
               "clang compiles sites of all types for $target, --site=$site");
        my @notes = notes_of($object);
        my ($sizes, $twelve) = sizes_of('c', @notes);
        my @expected = @{$types{c}{notes}};
        # char has no sign there
        my @list = (@both, @c_only);
        for my $i (0 .. $#list) {
            my ($before, $arg) = @{$list[$i]};
            $expected[$i] = '1' if $target =~ /aarch64|arm|powerpc|s390/ && $expected[$i] eq '-1' && "$before $arg" !~ /signed char/;
            $expected[$i] =~ s/^(-?)8$/${1}4/ if $target =~ /i686|arm/ && "$before $arg" !~ /long long/;
        }
        is($sizes, "@expected", '... sizes and signs are those of the types');
    }
}

# ---- other tools ----

# A type that they cannot read, floating-point, is in a probe of its own.
spit("$dir/tools.d", "provider tools { probe one(int a, long b, unsigned char c, const char *d); probe two(); };\n");
spit("$dir/tools.c", <<'END');
#include "tools.h"
volatile int number = -5;
__attribute__((noinline)) static void fire(int a, long b, unsigned char c, const char *d)
{
    if (TOOLS_TWO_ENABLED() || number)
        TOOLS_TWO();
    TOOLS_ONE(a, b, c, d);
}
int main(void) { fire(number, number * 1000000000000L, (unsigned char)(number * 2), number ? "a text" : ""); return 0; }
END
for my $site ('nop', 'nop5', 'sdt') {
    mkdir "$dir/tools-$site" or die $!;
    run_ok([$PROBEGEN, 'dtrace', "--site=$site", '-h', '-s', "$dir/tools.d", '-o', "$dir/tools-$site/tools.h"], "for other tools: --site=$site");
    # all in one folder, so that paths are as long as each other
    run_ok(['gcc', '-O2', '-g', "-I$dir/tools-$site", '-o', "$dir/tools-$site/tools", "$dir/tools.c"], '... compiles');
}

# What a tool prints of each of the three programs has to be the same; `pattern` has to be in it.
sub tool_reads
{
    my ($tool, $command, $pattern, $clean) = @_;
    my $there = grep { -x "$_/$tool" } split /:/, $ENV{PATH};
  SKIP: {
        ok($there, "$tool is there") if !$there && ($ENV{CI} // '') eq 'true';
        skip "no $tool here", 4 if !$there;
        my %said;
        for my $site ('nop', 'nop5', 'sdt') {
            my $result = run($command->("$dir/tools-$site/tools"));
            $said{$site} = $clean->($result->{out} =~ s/tools-$site/tools-X/gr);
            like($said{$site}, $pattern, "$tool reads sites of --site=$site") or diag($result->{out}, $result->{err});
        }
        same_text($said{$_}, $said{sdt}, "$tool says the same of --site=$_ as of sys/sdt.h") for 'nop';
    }
}

tool_reads('gdb', sub { ['gdb', '-q', '-nx', '-batch', '-ex', 'info probes stap tools', '-ex', 'break -probe-stap tools:two',
    '-ex', 'break -probe-stap tools:one', '-ex', 'run', '-ex', 'continue',
    map({ ('-ex', "print $_") } '$_probe_argc', '(int)$_probe_arg0', '(long)$_probe_arg1', '(int)$_probe_arg2', '(char *)$_probe_arg3'), '-ex', 'kill', $_[0]] },
    qr/stap.*one.*\n.*stap.*two.*\$1 = 4\n\$2 = -5\n\$3 = -5000000000000\n\$4 = 246\n\$5 = 0x[0-9a-f]+ "a text"/s,
    sub { join '', map { "$_\n" } grep { /^stap|^\$/ } split /\n/, $_[0] });
tool_reads('bpftrace', sub { ['bpftrace', '-l', "usdt:$_[0]:*"] }, qr/:tools:one\n.*:tools:two\n/s, sub { $_[0] });
my $perf = "perf --buildid-dir '$dir/perf'";
tool_reads('perf', sub { "$perf buildid-cache --add '$_[0]' && $perf list --no-desc 'sdt_tools:*' | cat; rm -rf '$dir/perf'" },
    qr/sdt_tools:one.*\n.*sdt_tools:two/s, sub { join '', map { s/\s+/ /gr . "\n" } grep { /sdt_tools/ } split /\n/, $_[0] });

# libbcc, as a library
spit("$dir/bcc.c", <<'END');
#include <stdint.h>
#include <stdio.h>
#include <bcc/bcc_usdt.h>
static void *usdt;
static void look(struct bcc_usdt *probe)
{
    printf("%s:%s semaphore %d locations %d arguments %d:", probe->provider, probe->name, probe->semaphore != 0, probe->num_locations, probe->num_arguments);
    for (int i = 0; i < probe->num_arguments; ++i) {
        struct bcc_usdt_argument argument;
        if (bcc_usdt_get_argument(usdt, probe->provider, probe->name, 0, i, &argument) == 0)
            printf(" %d", argument.size);
    }
    printf("\n");
}
int main(int argc, char **argv)
{
    if (argc != 2 || (usdt = bcc_usdt_new_frompath(argv[1])) == NULL)
        return 1;
    bcc_usdt_foreach(usdt, look);
    return 0;
}
END
run_ok(['gcc', '-o', "$dir/bcc", "$dir/bcc.c", '-lbcc'], 'a program with libbcc');
for my $site ('nop', 'nop5', 'sdt') {
    my $said = run(["$dir/bcc", "$dir/tools-$site/tools"])->{out};
    is(join("\n", sort split /\n/, $said),
        "tools:one semaphore 1 locations 1 arguments 4: -4 -8 1 8\ntools:two semaphore 1 locations 1 arguments 0:", "libbcc reads sites of --site=$site");
}

done_testing();
