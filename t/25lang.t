#!/usr/bin/perl
# ASSERTION: the language is read as t/lang says, file by file; --dump=json is JSON to other readers; SystemTap's dtrace makes headers with the same
# macros of the same files, and a program that is compiled with either header has the same notes.

use strict;
use warnings;
use lib 't/lib';
use JSON::PP;
use Probegen;
use Test::More;

my $dir = temp_dir();
my @files = list_files('t/lang', qr/\.(d|map)$/);
ok(@files >= 13, 'the files are there');
is(join(' ', grep { my $name = $_ =~ s/\.ast$//r; !grep { /^\Q$name\E\.(d|map)$/ } @files } list_files('t/lang', qr/\.ast$/)), '', 'every tree has a file');

# ---- trees ----

for my $file (@files) {
    my $result = run_ok([$PROBEGEN, '--dump=ast', "t/lang/$file"], "$file is read");
    same_text($result->{out}, slurp('t/lang/' . $file =~ s/\.\w+$/.ast/r), "$file: the tree", "to accept: make golden\n");
    is($result->{err}, '', "$file: no message");
    run_ok([$PROBEGEN, '--dump=tokens', "t/lang/$file"], "$file: its tokens are printed");
}

# ---- JSON, read by others ----

my @definitions = ((map { "t/lang/$_" } grep { /\.d$/ } @files), 't/golden/sample.d', glob 'probes/*.d');
for my $file (@definitions) {
    my $json = run_ok([$PROBEGEN, '--dump=json', $file], "$file: --dump=json")->{out};
    run_ok(['python3', '-m', 'json.tool'], "$file: Python reads it", stdin => $json);
    my $count = run(['jq', '-r', '[.providers[].probes[].args | length] | "\(length) \(add // 0)"'], stdin => $json);
    my $model = decode_json($json);
    my @probes = map { @{$_->{probes}} } @{$model->{providers}};
    my $num_args = 0;
    $num_args += @{$_->{args}} for @probes;
    is($count->{out}, @probes . " $num_args\n", "$file: jq counts the same probes and arguments as Perl");
}

# ---- names of any length ----

# A pattern of a map holds for every name that it fits, a length is found beside every string: if not, a secret would be shown in silence.
for my $n (10, 255, 256, 300, 5000) {
    my ($probe, $arg) = ('x' x $n, 'y' x $n);
    spit("$dir/long.d", "provider app {\n    probe ok(char *key);\n    probe $probe(char *key, char *$arg, int ${arg}_len, char *$probe, int num_$probe);\n};\n");
    spit("$dir/long.map", "secret app:*.k*y;\nsecret app:x*x.*y*y;\n");
    my $result = run_ok([$PROBEGEN, '--dump=ir', "$dir/long.d", "$dir/long.map"], "names of $n characters");
    is(scalar(() = $result->{out} =~ /^.* key: .*, secret$/mg), 2, '... a secret is one in both probes');
    like($result->{out}, qr/ \Q$arg\E: .*, length in argument 2 .*, secret$/m, '... the pattern fits the argument, whose length is known');
    like($result->{out}, qr/ \Q$probe\E: .*, length in argument 4 \S+$/m, '... and no other');
}
spit("$dir/stars.d", 'provider app { probe ' . 'a' x 10000 . "(int x); };\n");
spit("$dir/stars.map", 'secret app:' . 'a*' x 1000 . "b.x;\n");
my $stars = run([$PROBEGEN, '-n', "$dir/stars.d", "$dir/stars.map"], timeout => 20);
is($stars->{status}, 0, 'that a pattern of a thousand stars fits nothing is soon found');
like($stars->{err}, qr/no probe matches/, '... and told');

# ---- maps with as many entries as there are probes ----

# Both may come from a tool, so the time for them must not be that of their product.
{
    my $n = 20000;
    spit("$dir/many.d", "provider app {\n" . join('', map { "    probe p$_(char *b, struct s$_ *s, char *c);\n" } 1 .. $n) . "};\n");
    spit("$dir/many.map", join '', map { "rename app:p$_ = q$_;\nbytes app:p$_.b;\nlength app:p$_.b = 4;\nsecret app:p$_.key?;\nstruct s$_ { int a; }\n" } 1 .. $n);
    my @limited = ('sh', '-c', 'ulimit -t 10; exec "$@"', 'sh');
    my $many = run_ok([@limited, $PROBEGEN, '--strict', '--dump=ir', "$dir/many.d", "$dir/many.map"], "$n probes and a map with entries for each", timeout => 100);
    is(scalar(() = $many->{out} =~ / bytes +b: .*, slot 0, 4 bytes$/mg), $n, '... each is applied') or diag(substr $many->{out}, 0, 600);
    spit("$dir/many.map", 'secret ' . join(', ', map { "app:p$_.c" } 1 .. $n) . ";\nflag " . join(', ', map { "app:pp$_.x" } 1 .. $n) . ";\n");
    $many = run_ok([@limited, $PROBEGEN, '--dump=ir', "$dir/many.d", "$dir/many.map"], '... one entry with as many targets', timeout => 100);
    is(scalar(() = $many->{out} =~ / c: .*, secret$/mg), $n, '... each is applied');
    like($many->{err}, qr/: warning: $n entries of this map match nothing: 'app:pp1\.x' \(line 2; there is 'app:p1'\), /, '... and what fits nothing is told');
}

# ---- arguments without a name ----

# They are called by their place, in values, too, whatever they are renamed to.
spit("$dir/unnamed.d", "provider app { probe a(char *, long, const uint8_t *, int arg1); };\n");
spit("$dir/unnamed.map", "rename app:a.arg1 = text_len, app:a.arg0 = text, app:a = event;\nlength app:a.arg0, app:a.arg2 = arg1;\n");
{
    my $unnamed = run_ok([$PROBEGEN, '--dump=ir', "$dir/unnamed.d", "$dir/unnamed.map"], 'arguments without a name');
    like($unnamed->{out}, qr/ text: .*, length in argument 3 \(arg1\)$/m, '... a named one comes first');
    spit("$dir/unnamed.d", "provider app { probe a(char *, long, const uint8_t *, int); };\n");
    $unnamed = run_ok([$PROBEGEN, '--strict', '--dump=ir', "$dir/unnamed.d", "$dir/unnamed.map"], '... without that');
    like($unnamed->{out}, qr/ string +text: .*, length in argument 1 \(arg1\)$/m, '... text has its length');
    like($unnamed->{out}, qr/ bytes +arg2: .*, length in argument 1 \(arg1\)$/m, '... and so have bytes');
    like($unnamed->{out}, qr/ int +text_len: argument 1, /m, '... several renames in one statement');
    my $json = decode_json(run_ok([$PROBEGEN, '--dump=json', "$dir/unnamed.d", "$dir/unnamed.map"], '--dump=json')->{out});
    is($json->{providers}[0]{probes}[0]{args}[0]{length}, 'arg1', '... the argument is named');
}

# ---- as many secrets as one likes ----

spit("$dir/many.d", "provider app {\n" . join('', map { "probe p$_(const char *key_$_);\n" } 1 .. 1000) . "};\n");
{
    my $many = run_ok([$PROBEGEN, '-n', "$dir/many.d"], 'a thousand that nobody has marked');
    is(scalar(() = $many->{err} =~ /W_SECRET/g), 51, '... do not flood');
    like($many->{err}, qr/^probegen: 950 more arguments look like secrets /m, '... but are all told of');
}

# ---- headers against dtrace -h ----

sub macros
{
    my ($text) = @_;
    my %names = map { $_ => 1 } grep { !/^(_SDT_HAS_SEMAPHORES|STAP_HAS_SEMAPHORES|PROBEGEN_.*)$/ && !/_semaphore$/ } $text =~ /^#define ([\w\$]+)/mg;
    return join '', map { "$_\n" } sort keys %names;
}

# what SystemTap's dtrace, which is made of regular expressions, cannot do
my %refused = ('t/lang/encodings.d' => 'it reads UTF-8 only');
my %partial = ('t/lang/arguments.d' => 'it loses the thread at an argument called "probe"',
    't/lang/providers.d' => 'it wants a semicolon after a provider');
for my $file (@definitions) {
    # it joins no lines, so it gets them joined
    spit("$dir/joined.d", slurp($file) =~ s/\\\r?\n//gr);
    my $witness = run(['dtrace', '-h', '-s', slurp($file) =~ /\\\r?\n/ ? "$dir/joined.d" : $file, '-o', "$dir/witness.h"]);
    if (defined $refused{$file}) {
        ok($witness->{status} != 0, "$file: dtrace refuses it still ($refused{$file})");
        next;
    }
    is($witness->{status}, 0, "$file: dtrace reads it") or next;
    mkdir "$dir/headers";
    unlink glob "$dir/headers/*";
    run_ok([$PROBEGEN, '-o', "$dir/headers", '--emit=usdt', $file], "$file: headers are written") or next;
    my $headers = join '', map { slurp("$dir/headers/$_") } list_files("$dir/headers", qr/\.h$/);
    my ($ours, $theirs) = (macros($headers), macros(slurp("$dir/witness.h")));
    if (defined $partial{$file}) {
        my @theirs = grep { !/^words$/i } split /\n/, $theirs;
        my %ours = map { $_ => 1 } split /\n/, $ours;
        ok(@theirs > 0 && @theirs < keys %ours && !(grep { !$ours{$_} } @theirs), "$file: what dtrace finds we find ($partial{$file})")
            or diag($theirs);
        next;
    }
    same_text($ours, $theirs, "$file: the macros are those of dtrace");
}

# ---- notes against dtrace -h ----

# A program with a function for every probe, whose parameters have the types of the definition.
sub program
{
    my ($model, @headers) = @_;
    my $text = "#include <stdbool.h>\n#include <stdint.h>\n#include <stddef.h>\n#include <sys/types.h>\n" . join '', map { "#include \"$_\"\n" } @headers;
    my (%is_declared, @calls);

    for my $provider (@{$model->{providers}}) {
        for my $probe (@{$provider->{probes}}) {
            my ($n, @parameters) = (0);
            for my $arg (@{$probe->{args}}) {
                $text .= "$1;\n" if $arg->{type} =~ /(struct \w+)/ && !$is_declared{$1}++;
                push @parameters, "$arg->{type} a" . $n++;
            }
            my $list = join ', ', map { "a$_" } 0 .. $n - 1;
            my $name = "f_$provider->{name}_$probe->{name}";
            $text .= "void __attribute__((noinline)) $name(" . (join(', ', @parameters) || 'void') . ")\n{\n    if ($probe->{macro}_ENABLED())\n"
                . "        $probe->{macro}($list);\n}\n";
            push @calls, "    $name(" . join(', ', ('0') x $n) . ");\n";
        }
    }
    return "${text}int main(void)\n{\n@calls    return 0;\n}\n";
}

# provider, name, arguments and whether there is a semaphore of each note, sorted: addresses may differ
sub notes
{
    my ($binary) = @_;
    my $text = run(['readelf', '-n', '-W', $binary])->{out};
    my @notes;
    while ($text =~ /Provider: (\S+)\n\s+Name: (\S+)\n\s+Location: \S+, Base: \S+, Semaphore: (\S+)\n\s+Arguments:([^\n]*)/g) {
        my ($provider, $name, $semaphore, $args) = ($1, $2, hex $3, $4);
        push @notes, "$provider:$name" . ($semaphore ? '' : ' without semaphore') . $args . "\n";
    }
    return join '', sort @notes;
}

for my $provider ('h2o', 'quicly', 'picotls') {
    my $file = "probes/$provider.d";
    my $model = decode_json(run([$PROBEGEN, '--dump=json', $file])->{out});
    my $num = @{$model->{providers}[0]{probes}};
    run_ok([$PROBEGEN, '-o', $dir, '--emit=usdt', $file], "$file: our header");
    run_ok(['dtrace', '-h', '-s', $file, '-o', "$dir/$provider.h"], "$file: the header of dtrace");
    run_ok(['dtrace', '-G', '-s', $file, '-o', "$dir/$provider.o"], "$file: the semaphores of dtrace");
    spit("$dir/ours.c", program($model, "$provider-probes.h"));
    spit("$dir/theirs.c", program($model, "$provider.h"));
    for my $optimize ('-O0', '-O2') {
        run_ok(['gcc', '-std=gnu11', $optimize, "-I$dir", '-o', "$dir/ours", "$dir/ours.c"], "$file: a program with our header, $optimize");
        run_ok(['gcc', '-std=gnu11', $optimize, "-I$dir", '-o', "$dir/theirs", "$dir/theirs.c", "$dir/$provider.o"], "$file: one with dtrace's");
        my $notes = notes("$dir/ours");
        is(scalar(() = $notes =~ /\n/g), $num, "$file: $num notes");
        unlike($notes, qr/without semaphore/, "$file: each with a semaphore");
        same_text($notes, notes("$dir/theirs"), "$file: the same notes as with dtrace's header, $optimize");
        run_ok(["$dir/ours"], "$file: the program runs");
    }
}

done_testing();
