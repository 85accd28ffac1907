#!/usr/bin/perl
# `make bench-linear`: what has to cost probegen time in proportion to the input, at n, 2n and 4n: CPU seconds as multiples of those for half as
# much. Arguments: names of families, a part is enough (default: all).
# O is the build folder.
use strict;
use warnings;
use FindBin;
use File::Temp ();
use File::Path qw(make_path remove_tree);
use List::Util ();

chdir "$FindBin::Bin/../.." or die "cannot enter the project's folder: $!\n";
my $O = $ENV{O} // 'out';
my $probegen = "$O/bin/probegen";
my $dir = File::Temp::tempdir(CLEANUP => 1);

my $MOST = 2.6;    # of a time and the one for half as much; 2, and what caches and the noise of other programs add

# ---- inputs: each writes its files for a size ----

sub write_file {
    my ($name, @text) = @_;
    open my $file, '>', "$dir/in/$name" or die "cannot write $dir/in/$name: $!\n";
    print $file @text;
    close $file or die "cannot write $dir/in/$name: $!\n";
}

# $n probes; $probe makes one of its number
sub write_probes {
    my ($name, $n, $probe) = @_;
    write_file($name, "provider app {\n", (map { '    ' . $probe->($_) . "\n" } 1 .. $n), "};\n");
}

sub one_probe { write_file('app.d', "provider app {\n    probe one(int a);\n};\n") }

sub source {
    my (@text) = @_;
    one_probe();
    make_path("$dir/in/tree");
    write_file('tree/a.c', @text);
}

# $n notes in a shared library
sub write_notes {
    my ($n) = @_;
    write_probes('app.d', $n, sub { "probe p$_[0](int a, uint64_t b);" });
    write_file('notes.s', '.text', "\n", (map { <<"END" } 1 .. $n), qq(.section .stapsdt.base,"aG","progbits",.stapsdt.base,comdat\n_.stapsdt.base: .space 1\n));
site_$_: nop
.pushsection .note.stapsdt,"","note"
.balign 4
.4byte 8, 2f-1f, 3
.asciz "stapsdt"
1: .8byte site_$_, _.stapsdt.base, 0
.asciz "app"
.asciz "p$_"
.asciz "-4\@\$$_ 8\@\$7"
2: .balign 4
.popsection
END
    system('gcc', '-shared', '-nostdlib', '-o', "$dir/in/notes.so", "$dir/in/notes.s") == 0 or die "the library with $n notes cannot be made\n";
}

my @all = ("$dir/in/app.d", '-o', "$dir/out");
my @mapped = ("$dir/in/app.d", "$dir/in/app.map", '-o', "$dir/out");
my @audit = ('audit', "$dir/in/app.d", '-o', '/dev/null');
my @sources = (@audit, '--source', "$dir/in/tree");
my @diff = ('diff', '--fail-on=none', '-o', '/dev/null', "$dir/in/app.d", "$dir/in/new.d");

# [name, n, arguments of probegen, what writes the input for a size]
my @families = (
    ['definitions: probes', 3000, \@all, sub { write_probes('app.d', $_[0], sub { "probe p$_[0](int a, const char *b, uint64_t c);" }) }],
    ['definitions: providers', 200, \@all, sub { write_file('app.d', map { "provider app$_ {\n    probe p(int a, const char *b);\n};\n" } 1 .. $_[0]) }],
    ['definitions: twelve arguments', 1500, \@all, sub {
        write_probes('app.d', $_[0], sub { my $p = $_[0]; "probe p$p(" . join(', ', map { "uint32_t a${p}_$_" } 1 .. 12) . ');' });
    }],
    ['definitions: arguments of one probe, refused', 70000, ['-n', $all[0]], sub {
        write_file('app.d', 'provider app { probe p(', join(', ', map { "int a$_" } 1 .. $_[0]), "); };\n");
    }],
    ['definitions: types', 20000, \@all, sub {
        write_file('app.d', (map { "typedef uint32_t t$_;\n" } 1 .. $_[0]), "provider app {\n", (map { "    probe p$_(t$_ a);\n" } 1 .. $_[0] / 4), "};\n");
    }],
    ['definitions: comments', 4000, \@all, sub { write_probes('app.d', $_[0], sub { "/** what number $_[0] is about */ probe p$_[0](int a);" }) }],
    ['definitions: one long comment', 30000, \@all, sub {
        write_file('app.d', "provider app {\n/**\n", (map { " * line $_ of it\n" } 1 .. $_[0]), " */\nprobe p(int a);\n};\n");
    }],
    ['definitions: all on one line', 3000, \@all, sub { write_file('app.d', 'provider app { ', (map { "probe p$_(int a, const char *b); " } 1 .. $_[0]), '};') }],
    ['maps: a statement for each probe', 3000, \@mapped, sub {
        write_probes('app.d', $_[0], sub { "probe p$_[0](int a, const char *b, uint64_t c);" });
        write_file('app.map', map { "flag app:p$_.a;\nsecret app:p$_.b;\n" } 1 .. $_[0]);
    }],
    ['maps: a statement with all probes', 3000, \@mapped, sub {
        write_probes('app.d', $_[0], sub { "probe p$_[0](int a, const char *b, uint64_t c);" });
        write_file('app.map', 'flag ', join(', ', map { "app:p$_.a" } 1 .. $_[0]), ";\n");
    }],
    ['maps: fields', 2000, \@mapped, sub {
        write_probes('app.d', $_[0], sub { "probe p$_[0](struct st_$_[0] *a);" });
        write_file('app.map', map { "struct st_$_ {\n    uint32_t first;\n    uint64_t next->second;\n    string name;\n}\n" } 1 .. $_[0]);
    }],
    ['maps: fields of one struct, which do not fit', 80000, ['-n', @mapped[0, 1]], sub {
        write_probes('app.d', 1, sub { 'probe p(struct st_x *a);' });
        write_file('app.map', "struct st_x {\n", (map { "    uint32_t m$_;\n" } 1 .. $_[0]), "}\n");
    }],
    ['dtrace: a header', 8000, ['dtrace', '-h', '-s', $all[0], '-o', "$dir/out.h"], sub {
        write_probes('app.d', $_[0], sub { "probe p$_[0](int a, const char *b, uint64_t c);" });
    }],
    ['audit: macros under conditions', 4000, \@sources, sub {
        source((map { "#if A$_\n#define M(x) APP_ONE(x + $_)\n#endif\n" } 1 .. $_[0]), "M(1);\n" x $_[0]);
    }],
    ['audit: other macros under conditions', 20000, \@sources, sub {
        source((map { "#ifdef A$_\n#define M$_(x) APP_ONE(x)\n#else\n#define M$_(x)\n#endif\n" } 1 .. $_[0]), map { "M$_(1);\n" } 1 .. $_[0]);
    }],
    ['audit: a chain of macros', 30000, \@sources, sub {
        source("#define M0(x) APP_ONE(x)\n", (map { "#define M$_(x) M" . ($_ - 1) . "(x)\n" } 1 .. $_[0]), "M$_[0](1);\n");
    }],
    ['audit: calls', 60000, \@sources, sub { source(map { "void f$_(void)\n{\n    APP_ONE($_);\n}\n" } 1 .. $_[0]) }],
    ['audit: a chain of includes', 1500, \@sources, sub {
        my ($n) = @_;
        source("#include \"h1.h\"\nM1(1);\n");
        write_file("tree/h$_.h", $_ < $n ? '#include "h' . ($_ + 1) . ".h\"\n#define M$_(x) M" . ($_ + 1) . "(x)\n" : "#define M$_(x) APP_ONE(x)\n") for 1 .. $n;
    }],
    ['audit: files that include one', 1500, \@sources, sub {
        source("#include \"all.h\"\n");
        write_file('tree/all.h', "#define M(x) APP_ONE(x)\n");
        write_file("tree/b$_.c", "#include \"all.h\"\nM($_);\n") for 1 .. $_[0];
    }],
    ['audit: nested conditions', 250000, \@sources, sub { source("#if A\n" x $_[0], "APP_ONE(1);\n", "#endif\n" x $_[0]) }],
    ['audit: calls in nested conditions', 60000, \@sources, sub { source("#if A\nAPP_ONE(1);\n" x $_[0], "#endif\n" x $_[0]) }],
    ['audit: branches of a condition', 40000, \@sources, sub { source("#if A\n", map({ "#elif B$_\nAPP_ONE($_);\n" } 1 .. $_[0]), "#endif\n") }],
    ['audit: a long line of calls', 60000, \@sources, sub { source(map { "APP_ONE($_); " } 1 .. $_[0]) }],
    ['audit: a long argument', 600000, \@sources, sub { source('APP_ONE(', '1 + ' x $_[0], "1);\n") }],
    ['audit: lines that go on', 600000, \@sources, sub { source('APP_ONE(1', "\\\n + 1" x $_[0], ");\n") }],
    ['audit: notes of a binary', 10000, [@audit, '--binary', "$dir/in/notes.so"], \&write_notes],
    ['from: notes of a binary', 10000, ['from', "$dir/in/notes.so", '-o', "$dir/out"], \&write_notes],
    ['audit: lines of a trace', 200000, [@audit, '--seen', "$dir/in/trace"], sub {
        one_probe();
        write_file('trace', map { qq({"module":"app","type":"one","tid":1,"time":1.5,"a":$_}\n) } 1 .. $_[0]);
    }],
    ['audit: probes in a trace', 10000, [@audit, '--seen', "$dir/in/trace"], sub {
        write_probes('app.d', $_[0], sub { "probe p$_[0](int a);" });
        write_file('trace', map { qq({"module":"app","type":"p$_","tid":1,"time":1.5,"a":$_}\n) } 1 .. $_[0]);
    }],
    ['diff: probes with another type', 5000, \@diff, sub {
        write_probes('app.d', $_[0], sub { "probe p$_[0](int a$_[0], const char *b, uint64_t c);" });
        write_probes('new.d', $_[0], sub { "probe p$_[0](int a$_[0], const char *b, int c);" });
    }],
    ['diff: probes in another order', 5000, \@diff, sub {
        my ($n) = @_;
        write_probes('app.d', $n, sub { "probe p$_[0](int a$_[0], const char *b);" });
        write_probes('new.d', $n, sub { my $p = $n + 1 - $_[0]; "probe p$p(int a$p, const char *b);" });
    }],
    ['diff: probes with another name', 5000, \@diff, sub {
        write_probes('app.d', $_[0], sub { "probe p$_[0](int a$_[0], const char *b);" });
        write_probes('new.d', $_[0], sub { "probe q$_[0](int a$_[0], const char *b);" });
    }],
);

# ---- measuring ----

sub cpu_of {
    my ($arguments) = @_;
    remove_tree("$dir/out");
    my $said = `$dir/cost $probegen @$arguments 2>$dir/err`;
    # 1: what was asked for, an input that is refused or a difference
    die "probegen @$arguments: status ", $? >> 8, ', signal ', $? & 127, "\n", `head -5 $dir/err` if $? >> 8 > 1 || $? & 127;
    return (split ' ', $said)[2];
}

# The input for a size is at $dir/in.
sub use_input {
    my ($size) = @_;
    unlink "$dir/in";
    symlink "in.$size", "$dir/in" or die "cannot link $dir/in: $!\n";
}

sub median { return (sort { $a <=> $b } @_)[$#_ / 2] }

# Least CPU seconds for each size, and their ratios, in two rounds, or in five if one is over. Other programs make times longer, now and then all
# of one size: a ratio is that of the least times, or the middle one of the rounds, whichever is less.
sub measure {
    my ($n, $arguments, $write) = @_;
    my @sizes = ($n, 2 * $n, 4 * $n);
    my (@seconds, @ratios, @of_rounds);
    for my $size (@sizes) {
        make_path("$dir/in.$size");
        use_input($size);
        $write->($size);
    }
    for my $round (1 .. 5) {
        last if $round > 2 && !grep { $_ > $MOST } @ratios;
        my @times;
        for my $i (0 .. 2) {
            use_input($sizes[$i]);
            push @times, cpu_of($arguments);
            $seconds[$i] = $times[$i] if !defined $seconds[$i] || $times[$i] < $seconds[$i];
            push @{$of_rounds[$i]}, $times[$i] / $times[$i - 1] if $i > 0;
        }
        @ratios = map { List::Util::min($seconds[$_] / $seconds[$_ - 1], median(@{$of_rounds[$_]})) } 1, 2;
    }
    remove_tree(map { "$dir/in.$_" } @sizes);
    return (\@seconds, \@ratios);
}

my @cc = qw(gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra);
system(@cc, '-o', "$dir/cost", 't/bench/cost.c') == 0 or die "t/bench/cost.c cannot be built\n";
$| = 1;
printf "%-62s %-16s %s\n", 'CPU seconds of probegen for 2n as a multiple of n, 4n of 2n', 'at most', 'measured';
my $num_over = 0;
for my $family (@families) {
    my ($name, $n, $arguments, $write) = @$family;
    next if @ARGV && !grep { index($name, $_) >= 0 } @ARGV;
    my ($seconds, $ratios) = measure($n, $arguments, $write);
    my $is_over = grep { $_ > $MOST } @$ratios;
    printf "%-62s %-16s %.2f %.2f  (%.2f s for %d)%s\n", $name, $MOST, @$ratios, $seconds->[0], $n, $is_over ? '  NOT LINEAR' : '';
    $num_over += $is_over;
}
exit($num_over != 0);
