#!/usr/bin/perl
# ASSERTION: whatever is generated compiles without a warning: C with gcc and clang, the headers for programs also as old C and as C++, the BPF
# program with clang for BPF; for h2o's definitions, the sample, all of t/lang, and sets that are as large and as nasty as they may be.

use strict;
use warnings;
use lib 't/lib';
use JSON::PP;
use Probegen;
use Test::More;

my $dir = temp_dir();
my $multiarch = run(['gcc', '-print-multiarch'])->{out} =~ s/\s//gr;
my @c = qw(-std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Iruntime -Igen/exerciser);
my @bpf = (qw(-std=gnu11 --target=bpf -mcpu=v3 -O2 -Wall -Wextra -Werror -Iruntime), "-I/usr/include/$multiarch");

# ---- the sets ----

# Names that generated code, the headers it includes, C or C++ have for themselves; only keywords of D cannot be names.
my @names = qw(head module type tid time truncated hex unreadable fields e p x call slot slots nulls marks names json record args a0 t0 arg0 main errno stdin stdout
    stderr linux unix NULL EOF INT_MAX AF_INET bool true false asm typeof class new delete this namespace template public operator catch throw
    using virtual mutable alignas nullptr constexpr _Bool _Generic __u32 __s64 size_t uint32_t _ __ ___ x_ x__ _x probe provider translator
    inline static extern offset member event data size count list free signal read write string memcpy pg_head on_a ev_a json_int restrict_);
my @types = ('char', 'signed char', 'unsigned char', 'short', 'unsigned short', 'int', 'unsigned', 'long', 'unsigned long', 'long long', 'unsigned long long',
    'bool', 'float', 'double', 'int8_t', 'uint64_t', 'size_t', 'enum color', 'char *', 'const char *', 'unsigned char *', 'void *', 'uint8_t *', 'int *',
    'char **', 'struct st_x *', 'const struct st_x *', 'union un *', 'x_t *', 'struct sockaddr *', 'struct st_whole *', 'void (*)(int)', 'char [16]', 'Oid');

# names that the language accepts, found out one by one: a definition of all would stop at the first that is none
my @accepted = grep {
    spit("$dir/name.d", "provider app { probe a(int $_, char *); };\n");
    run([$PROBEGEN, '--dump=json', "$dir/name.d"])->{out} =~ /"name":"\Q$_\E","app/;
} @names;
ok(@accepted > 80, scalar(@accepted) . ' of ' . @names . ' nasty names are accepted as arguments') or diag("@accepted");
# names of macros, too: our sites have them in strings
my @probe_names = grep {
    spit("$dir/name.d", "provider $_ { probe $_(int x); };\n");
    run([$PROBEGEN, '-n', "$dir/name.d"])->{status} == 0;
} @names, qw(return default goto switch);
ok(@probe_names > 60, scalar(@probe_names) . ' are accepted as providers and probes') or diag("@probe_names");

sub nasty_names
{
    my ($text, @rest) = ("provider nasty {\n", @accepted);
    for (my $i = 0; @rest; ++$i) {
        $text .= "    probe ints$i(" . join(', ', map { "int $_" } splice @rest, 0, 12) . ");\n";
    }
    @rest = @accepted;
    for (my $i = 0; @rest; ++$i) {
        $text .= "    probe texts$i(" . join(', ', map { "char *$_" } splice @rest, 0, 8) . ");\n";
    }
    return "$text};\n" . join '', map { "provider $_ {\n    probe $_(int $_);\n};\n" } grep { !/^(nasty|_+)$/ } @probe_names;
}

sub all_types
{
    my $text = "typedef struct st_typed x_t;\nprovider types {\n";
    for my $i (0 .. $#types) { # each twelve times, since the kinds of a record's members must not depend on each other
        next if $types[$i] =~ /char \*|char \[|st_whole/;
        my $num = $types[$i] =~ /struct st_x/ ? 3 : 12;
        $text .= "    probe twelve$i(" . join(', ', map { $types[$i] =~ /^(.*\(\*)(.*)$/ ? "$1 a$_$2" : "$types[$i] a$_" } 1 .. $num) . ");\n";
    }
    for my $i (0 .. $#types) { # and all of them at each place
        my @rotated = map { $types[($i + $_ * 7) % @types] } 0 .. 11;
        $text .= "    probe mixed$i(" . join(', ', @rotated) . ");\n";
    }
    $text .= "    probe strings(" . join(', ', map { "const char *s$_" } 1 .. 8) . ");\n";
    $text .= "    probe sized(const char *s1, int s1_len, void *s2, unsigned char s2_len, uint8_t *s3, size_t num_s3, char *s4, long long s4_len);\n";
    return "$text};\n";
}

my $types_map = <<'END';
struct sockaddr address;
struct st_whole whole;
struct st_x {
    int8_t i8; uint16_t a.u16; int32_t a.b.i32; uint64_t p->u64; bool p->q.is_yes; float f; double p->q.r->s->d; const char *text; void *next;
    char ch as head; unsigned errno_ as errno; int value as time;
}
type x_t { uint32_t id as typed_id; }
union un { int first as chosen; }
flag types:twelve5.*;
secret types:strings.s1, types:twelve25.a1, types:twelve29.a1;
appdata types:strings.s2, types:twelve25.a2, types:twelve29.a2, types:twelve5.a3;
END

sub many_providers
{
    return join '', map { my $i = $_; "/** Provider $i. */\nprovider many$i {\n" . join('', map { "    probe p$_(int a, const char *b);\n" } 1 .. 2) . "};\n" } 1 .. 100;
}

my ($long, $longer) = ('n' x 200, 'n' x 600); # one is part of a file's name
spit("$dir/nasty.d", nasty_names());
# structs that headers of the system declare too
spit("$dir/system.d", "provider system { probe tick(struct timeval *when, struct tm *day, struct sockaddr *who); };\n");
spit("$dir/system.map", "struct timeval { long tv_sec; }\nstruct tm { int tm_year as year; }\nstruct sockaddr address;\n");
spit("$dir/types.d", all_types());
spit("$dir/types.map", $types_map);
spit("$dir/many.d", many_providers());
spit("$dir/empty.d", "provider none {\n};\n");
spit("$dir/long.d", "provider long_$long {\n    probe probe_$longer(int int_$longer, const char *text_$longer, struct st_$longer *conn_$longer);\n};\n");
spit("$dir/long.map", "struct st_$longer { int " . join('->', map { "m$_$longer" } 1 .. 3) . " as lifted_$longer; }\n");

my @lang = grep { run([$PROBEGEN, '-n', "t/lang/$_"])->{status} == 0 } list_files('t/lang', qr/\.d$/);
# they have a struct by value, and two arguments of one name
is(join(' ', grep { my $file = $_; !grep { $_ eq $file } @lang } list_files('t/lang', qr/\.d$/)), 'arguments.d hash_lines.d', 'all but two files of t/lang can be traced');

my %sets = (
    h2o => [glob('probes/*.d'), glob('probes/*.map')],
    sample => ['t/golden/sample.d', 't/golden/sample.map'],
    lifted => ['t/cases/lifted.d', 't/cases/lifted.map'],
    nasty => ["$dir/nasty.d"],
    types => ["$dir/types.d", "$dir/types.map"],
    many => ["$dir/many.d"],
    empty => ["$dir/empty.d"],
    system => ["$dir/system.d", "$dir/system.map"],
    long => ["$dir/long.d", "$dir/long.map"],
    map { ('lang_' . s/\.d$//r => ["t/lang/$_"]) } @lang,
);

# ---- generate, compile ----

# fires every probe of a set once, in C or C++
sub program
{
    my ($set) = @_;
    my $model = decode_json(run([$PROBEGEN, '--dump=json', @{$sets{$set}}])->{out});
    my $text = join '', map { "#include \"$_->{name}-probes.h\"\n" } @{$model->{providers}};
    $text .= "int main(void)\n{\n";
    for my $probe (map { @{$_->{probes}} } @{$model->{providers}}) {
        # 32 constants are what an asm statement may have in all; twelve are the limit of sys/sdt.h
        $text .= "    if ($probe->{macro}_ENABLED())\n        $probe->{macro}(" . join(', ', map { "$_" } 1 .. @{$probe->{args}}) . ");\n";
    }
    return "$text    return 0;\n}\n";
}

my @jobs;
for my $set (sort keys %sets) {
    my $out = "$dir/$set";
    my $result = run([$PROBEGEN, '-o', $out, "--tracer=$set", @{$sets{$set}}]);
    is($result->{status}, 0, "$set: is generated") or diag($result->{err}), next;
    spit("$out/program.c", program($set));
    spit("$out/program.cc", program($set));
    # some warnings come with optimizing only, which takes its time
    my $optimize = $set =~ /^(h2o|sample|nasty)$/ ? '-O2' : '-O0';
    for my $cc ('gcc', 'clang') {
        push @jobs, ["$set: $cc compiles $_", [$cc, @c, $optimize, "-I$out", '-c', '-o', "$out/$cc.$_.o", "$out/$_"], timeout => 120] for 'json.c', 'catalog.c';
        push @jobs, ["$set: $cc compiles exerciser.c", [$cc, @c, $optimize, "-I$out", '-c', '-o', "$out/$cc.exerciser.o", "$out/exerciser.c"], timeout => 120];
        push @jobs, ["$set: $cc compiles a program of C99 with the headers", [$cc, qw(-std=c99 -pedantic -Wall -Wextra -Werror),
            $cc eq 'clang' ? '-Wno-dollar-in-identifier-extension' : (), "-I$out", '-c', '-o', "$out/$cc.program.o", "$out/program.c"], timeout => 120];
    }
    push @jobs, ["$set: clang compiles the BPF program", ['clang', @bpf, "-I$out", '-c', '-o', "$out/tracer.bpf.o", "$out/tracer.bpf.c"], timeout => 120];
    push @jobs, ["$set: g++ compiles a program of $_ with the headers", ['g++', "-std=$_", qw(-Wall -Wextra -Werror), "-I$out", '-c', '-o',
        "$out/$_.o", "$out/program.cc"], timeout => 120] for 'c++11', 'c++20';
}
in_parallel(@jobs);

# ---- what was compiled holds together ----

for my $set ('sample', 'nasty', 'system') {
    my $out = "$dir/$set";
    run_ok(['gcc', '-o', "$out/exerciser", "$out/gcc.exerciser.o", qw(-D_GNU_SOURCE -Igen/exerciser gen/exerciser/main.c), '-lm'], "$set: the exerciser is linked");
    my $result = run_ok(["$out/exerciser"], "$set: ... and runs", stdin => "enabled\nfire 0\nfire 4\n");
    like($result->{out}, qr/^enabled 0\nfired \d+\n/, "$set: ... and fires");
}

# One semaphore for each probe, whatever files of C and C++ have the header.
my $out = "$dir/sample";
spit("$out/more.c", slurp("$out/program.c") =~ s/int main\(void\)/int more(void);\nint more(void)/r);
run_ok(['gcc', '-Wall', '-Wextra', '-Werror', "-I$out", '-c', '-o', "$out/more.o", "$out/more.c"], 'a second file of the program');
run_ok(['g++', '-o', "$out/program", "$out/c++11.o", "$out/more.o"], 'a program of C and C++');
my (%semaphores, %count);
my $notes = run(['readelf', '-n', '-W', "$out/program"])->{out};
while ($notes =~ /Provider: (\S+)\n\s+Name: (\S+)\n\s+Location: \S+, Base: \S+, Semaphore: (\S+)/g) {
    $semaphores{"$1:$2"}{$3} = 1;
    ++$count{"$1:$2"};
}
is(scalar(keys %count), 13, 'has all probes of the sample');
is(join(' ', grep { $count{$_} != 2 || keys %{$semaphores{$_}} != 1 } sort keys %count), '', '... each twice, with one semaphore');
my %all = map { %{$semaphores{$_}} } keys %semaphores;
is(scalar(keys %all), 13, '... and no two probes share one');

# A field of an event may be called like a macro that some header defines, if sema_record.c knows of it.
my ($list) = slurp('gen/model/sema_record.c') =~ /c_reserved\[\] = \{(.*?)\}/s or die;
my %is_reserved = map { $_ => 1 } $list =~ /"(\w+)"/g;
for my $case (['json.c', 'gcc', @c], ['catalog.c', 'gcc', @c], ['tracer.bpf.c', 'clang', @bpf]) {
    my ($file, $cc, @flags) = @$case;
    my $macros = run_ok([$cc, @flags, "-I$out", '-dM', '-E', "$out/$file"], "macros of $file")->{out};
    my @open = grep { /[a-z]/ && !/_$/ && !$is_reserved{$_} } $macros =~ /^#define ([A-Za-z]\w*) /mg;
    # a macro that is defined as itself changes nothing
    @open = grep { $macros !~ /^#define \Q$_\E \Q$_\E$/m } @open;
    is(join(' ', @open), '', "$file: no macro can hit the name of a field");
}

# what the benchmark measures with is built only when it runs
run_ok(['gcc', qw(-std=gnu11 -D_GNU_SOURCE -fsyntax-only -Wall -Wextra -Werror -Iruntime), '-I' . ($ENV{O} || 'out') . '/gen/h2otrace', "t/bench/$_.c"],
    "the benchmark's $_.c compiles")
    for qw(floor json cost);

done_testing();
