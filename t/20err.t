#!/usr/bin/perl
# ASSERTION: every mistake that a definition or a map can have gives exactly the message that stands beside it in t/err, nothing on standard
# output, the exit status of its kind, and no file; it stops what it hinders and nothing else; every tag of gen/base/diag.def has an input; files that cannot be read or written are reported.
#
# t/err/NAME.TAG.d or .map is an input, NAME.TAG.txt what has to be on standard error. A line `# WITH: FILE` (or in a .d file's comment) names
# definitions, relative to t/err, that are given before it.

use strict;
use warnings;
use lib 't/lib';
use Probegen;
use Test::More;

my $dir = temp_dir();
my @inputs = list_files('t/err', qr/\.(d|map)$/);
ok(@inputs > 60, 'the inputs are there');

# ---- every input ----

my %is_seen;
for my $input (@inputs) {
    subtest $input => sub {
        my ($tag) = $input =~ /\.([EW]_[A-Z_]+)\.(?:d|map)$/;
        ok(defined $tag, 'it is called after its tag') or return;
        my $text = slurp("t/err/$input");
        my $expected = slurp($input =~ s{^(.*)\.(?:d|map)$}{t/err/$1.txt}r);
        my @files = ((map { "t/err/$_" } $text =~ /^(?:# |\/\* )WITH: (\S+)/mg), "t/err/$input");

        like($expected, qr/\[\Q$tag\E\]$/m, 'its message has the tag');
        $is_seen{$_} = 1 for $expected =~ /\[([EW]_[A-Z_]+)\]$/mg;
        my $status = $tag =~ /^W_/ ? 0 : $tag eq 'E_FILE' ? 3 : 1;
        my $result = run([$PROBEGEN, '-n', @files]);
        is($result->{status}, $status, "exit status $status");
        same_text($result->{err}, $expected, 'the message', "to accept: make golden\n");
        is($result->{out}, '', 'nothing on standard output');

        # every message says where, what and which; the line under it is as long as the caret is far
        for my $line (split /\n/, $expected) {
            next if $line !~ /: (error|warning|note): /;
            like($line, $1 eq 'note' ? qr/^\S+:\d+:\d+: note: \S.*[^.!]$/ : qr/^\S+:\d+:\d+: \w+: \S.*[^.!] \[[EW]_[A-Z_]+\]$/, 'well-formed');
        }

        return if $status == 0;
        my $written = run([$PROBEGEN, '-o', "$dir/out", @files]);
        same_text($written->{err}, $expected, 'the same when files are wanted');
        ok($written->{status} == $status && !-e "$dir/out", 'nothing is written');
    };
}

# ---- every tag ----

my @tags = slurp('gen/base/diag.def') =~ /^DIAG\(([EW]_[A-Z_]+), /mg;
ok(@tags >= 25, 'gen/base/diag.def has tags');
is(join(' ', grep { !$is_seen{$_} } @tags), '', 'every tag has an input');

# every .txt belongs to an input
is(join(' ', grep { my $name = $_ =~ s/\.txt$//r; !-e "t/err/$name.d" && !-e "t/err/$name.map" } list_files('t/err', qr/\.txt$/)), '',
   'every expected message has an input');

# ---- what stops what ----

# A mistake is an error where it hinders: the records of a tracer, the macros of a header. Elsewhere it is a warning, or nothing.
my $tracer = 'events,bpf,json,catalog';
my @commands = (
    ['a tracer', ['-e', $tracer, '-o', "$dir/made"]], ['a header', ['-e', 'usdt', '-o', "$dir/made"]], ['dtrace -h', ['dtrace', '-h', '-o', "$dir/made.h", '-s']],
    ['a reference', ['-e', 'doc', '-o', "$dir/made"]], ['--dump=json', ['--dump=json']], ['diff', ['diff', "$dir/other.d"]], ['audit', ['audit', '--fail-on=error']]);
my $texts = join ', ', map { "char *a$_" } 0 .. 9;
my $many = join ', ', map { "int a$_" } 0 .. 16;
# [what, definition, tag, statuses in the order of @commands, what the audit finds]
for my $case (
    ['ten texts', "provider app { probe a($texts); probe b(int x); };", 'E_LIMIT', [1, 0, 0, 0, 0, 0, 0], 'P030'],
    ['17 arguments', "provider app { probe a($many); probe b(int x); };", 'E_TOO_MANY_ARGS', [1, 1, 1, 0, 0, 0, 1], 'P009'],
    ['two arguments of one name', 'provider app { probe a(some_t, some_t x, int x); probe b(int x); };', 'E_DUP_ARG', [1, 0, 0, 0, 0, 0, 0], 'P030'],
    ['two fields of one name', 'provider app { probe a(int arg1, int); probe b(int x); };', 'E_DUP_FIELD', [1, 0, 0, 0, 0, 0, 0], 'P030'],
    ['a struct', 'provider app { probe a(struct st_x x); probe b(int x); };', 'E_TYPE', [1, 0, 0, 0, 0, 0, 1], 'P022'],
    ['two probes with one macro', 'provider app { probe b(int x); probe B(int x); };', 'E_COLLISION', [0, 1, 1, 0, 0, 0, 0], 'P031'],
) {
    my ($what, $definition, $tag, $statuses, $finding) = @$case;
    spit("$dir/case.d", "$definition\n");
    spit("$dir/other.d", "provider app { probe b(int x); probe gone(int x); };\n");
    for my $i (0 .. $#commands) {
        my ($command, $args) = @{$commands[$i]};
        my @args = $command eq 'diff' ? (@$args, "$dir/case.d", '--fail-on=none') : $command eq 'audit' ? ($args->[0], "$dir/case.d", $args->[1]) : (@$args, "$dir/case.d");
        my $result = run([$PROBEGEN, @args]);
        is($result->{status}, $statuses->[$i], "$what: $command" . ($statuses->[$i] && $command ne 'audit' ? ' is stopped' : ' goes on')) or diag($result->{err});
        if ($command eq 'audit') {
            like($result->{out}, qr/^\w+ $finding /m, "... and finds $finding");
            like($result->{out}, qr/^  b /m, '... beside the other probe');
        } elsif ($command eq 'diff') {
            like($result->{out}, qr/gone/, '... and compares the other probe');
            like($result->{err}, qr/: warning: .* \[$tag\]$/m, '... with a warning');
        } elsif ($statuses->[$i]) {
            like($result->{err}, qr/: error: .* \[$tag\]$/m, '... by an error');
        }
        unlike($result->{err}, qr/: error: /, '... without an error') if !$statuses->[$i];
    }
}

# ---- --strict ----

{
    my $strict = run([$PROBEGEN, '-n', '--strict', 't/err/with/app.d', 't/err/map_stale.W_MAP_UNMATCHED.map', 't/err/map_kind.W_MAP_UNFIT.map']);
    is($strict->{status}, 1, '--strict: exit status 1 for maps that do not fit');
    unlike($strict->{err}, qr/: warning: |entries of this map/, '... all are errors, and nothing is summed up');
    my %num;
    ++$num{$1} while $strict->{err} =~ /: error: .* \[(\w+)\]$/mg;
    is_deeply(\%num, {W_MAP_UNMATCHED => 16, W_MAP_UNFIT => 14}, '... one for each entry');
    is(run([$PROBEGEN, '-n', '--strict', 't/err/secret.W_SECRET.d'])->{status}, 1, '... nor for secrets without a mark');
    my $type = run([$PROBEGEN, '-n', '--strict', 't/err/unknown.W_TYPE.d']);
    ok($type->{status} == 0 && $type->{err} =~ /: warning: /, '... other warnings stay what they are');
    my $own = run_ok([$PROBEGEN, '-n', '--strict', glob('probes/*.d'), glob('probes/*.map')], '... which the maps of this project are good for');
    is($own->{err}, '', '... without a warning');
    # what make does with them, whatever it built before
    my @commands = map { run(['make', '-nB', "O=$dir/none", @$_, "$dir/none/gen/h2otrace/stamp"])->{out} =~ /^(.*probegen -o .*)$/m ? $1 : 'none' } [], ['PROBES=t/golden/sample.d'];
    like($commands[0], qr/ --strict /, '... and make is strict with them');
    unlike($commands[1], qr/--strict|^none$/, '... and with no others');
}

# ---- files that cannot be read ----

my $good = "$dir/good.d";
spit($good, "provider app {\n    probe a(int x);\n};\n");

for my $case (['missing', "$dir/none.d", 'No such file or directory'], ['a directory', $dir, 'Is a directory'],
    ['below a file', "$good/x.d", 'Not a directory'], ['an empty name', '', 'No such file or directory']) {
    my ($what, $path, $reason) = @$case;
    my $result = run([$PROBEGEN, '-o', "$dir/out", $good, $path]);
    is($result->{status}, 3, "a file that is $what: exit status 3");
    is($result->{err}, "probegen: cannot read '$path': $reason [E_FILE]\n", '... and the reason');
    ok(!-e "$dir/out" && $result->{out} eq '', '... and nothing is written');
}

SKIP: {
    spit("$dir/closed.d", slurp($good));
    chmod 0, "$dir/closed.d";
    chmod 0755, $dir;
    my @as = $> == 0 ? qw(setpriv --reuid=65534 --regid=65534 --clear-groups) : ();
    skip 'no way to be another user', 2 if @as && run([@as, $PROBEGEN, '--version'])->{status} != 0;
    my $result = run([@as, $PROBEGEN, '-n', "$dir/closed.d"]);
    is($result->{status}, 3, 'a file without permission: exit status 3');
    is($result->{err}, "probegen: cannot read '$dir/closed.d': Permission denied [E_FILE]\n", '... and the reason');
}

my $twice = run([$PROBEGEN, '-n', "$dir/none1.d", "$dir/none2.d"]);
is(scalar(() = $twice->{err} =~ /\n/g), 2, 'each of two files that are missing is reported');

# ---- output that cannot be written ----

for my $case (['where a file is', $good, "cannot create directory '$good': Not a directory"],
    ['whose parent is missing', "$dir/x/y", "cannot create directory '$dir/x/y': No such file or directory"]) {
    my ($what, $path, $reason) = @$case;
    my $result = run([$PROBEGEN, '-o', $path, $good]);
    is($result->{status}, 3, "a directory $what: exit status 3");
    is($result->{err}, "probegen: $reason [E_FILE]\n", '... and one message');
}

mkdir "$dir/taken" or die $!;
mkdir "$dir/taken/events.h" or die $!;
my $taken = run([$PROBEGEN, '-o', "$dir/taken", $good]);
is($taken->{status}, 3, 'a directory in the place of a file: exit status 3');
is($taken->{err}, "probegen: cannot write '$dir/taken/events.h': Is a directory [E_FILE]\n", '... and one message');
is(join(' ', list_files("$dir/taken", qr/[^.]/)), 'events.h', '... and nothing is written');

SKIP: {
    my @as = $> == 0 ? qw(setpriv --reuid=65534 --regid=65534 --clear-groups) : ();
    skip 'no way to be another user', 3 if @as && run([@as, $PROBEGEN, '--version'])->{status} != 0;
    mkdir "$dir/readonly" or die $!;
    chmod 0555, "$dir/readonly";
    my $result = run([@as, $PROBEGEN, '-o', "$dir/readonly", $good]);
    is($result->{status}, 3, 'a directory without permission: exit status 3');
    like($result->{err}, qr/\Aprobegen: cannot write '\Q$dir\E\/readonly\/[^']+': Permission denied \[E_FILE\]\n\z/, '... and one message');
    is(join(' ', list_files("$dir/readonly", qr/[^.]/)), '', '... and nothing is written');
}

for my $what ('json', 'ast', 'tokens', 'ir') {
    my $result = run([$PROBEGEN, "--dump=$what", 'probes/h2o.d'], stdout => '/dev/full');
    is($result->{status}, 3, "--dump=$what to a full device: exit status 3");
    is($result->{err}, "probegen: cannot write to standard output: No space left on device\n", '... and one message');
}
for my $option ('--help', '--version', '--list-emitters') {
    my $result = run([$PROBEGEN, $option], stdout => '/dev/full');
    is($result->{status}, 3, "$option to a full device: exit status 3");
    is($result->{err}, "probegen: cannot write to standard output: No space left on device\n", '... and one message');
}

# ---- streams, and names of files ----

mkdir "$dir/it's \xc3\xa9" or die $!;
spit("$dir/it's \xc3\xa9/a b.d", "provider app {\n    probe a(int x int y);\n};\n");
my $named = run([$PROBEGEN, '-n', "it's \xc3\xa9/a b.d"], dir => $dir);
is($named->{err}, "it's \xc3\xa9/a b.d:2:18: error: missing ',' between two arguments [E_SYNTAX]\n    probe a(int x int y);\n                 ^\n",
   'a file is called as it was called on the command line');
run_ok("cat '$good' | $PROBEGEN -n /dev/stdin", 'definitions can come from a pipe');
run_ok([$PROBEGEN, '-n', '--', $good], '-- ends the options');

done_testing();
