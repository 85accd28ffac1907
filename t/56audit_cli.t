#!/usr/bin/perl
# ASSERTION: the options of `probegen audit` and `probegen explain` do what their help says; what the definitions alone can have wrong is found;
# suppressions take findings away only with a reason, and are themselves found when they do nothing, unless they say that builds differ; every documented exit status is given, and
# an input that is missing or wrong is never "clean".

use strict;
use warnings;
use lib 't/lib';
use Cli;
use Probegen;
use Test::More;

my $dir = temp_dir();

# definitions with one of each kind of mistake that the audit finds in them
spit("$dir/app.d", <<'EOT');
/* @appdata
{ "request": ["url", "gone"], "gone": ["x"] }
 */
typedef struct point { int x; } point_t;
provider app {
    /** a request begins */
    probe request(uint64_t id, const char *url, size_t url_len);
    probe login(const char *user_name, const char *password, const uint8_t *blob, void *pointer);
    /** too many */
    probe crowd(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l, int m);
    /** odd types */
    probe odd(struct point where, mystery_t what);
};
EOT
spit("$dir/app.map", "secret app:gone.x;\npointer app:login.pointer;\n");
spit("$dir/clean.d", "provider tidy {\n    /** documented */\n    probe a(int x);\n};\n");
spit("$dir/bad.d", "provider app {\n    probe a(int x int y);\n};\n");

sub audit
{
    return run([$PROBEGEN, 'audit', @_], dir => $dir);
}

# {id of a finding} -> [its lines in the table]
sub findings_of
{
    my ($text) = @_;
    my ($id, %findings);
    for my $line (split /\n/, $text) {
        if ($line =~ /^(?:error|warning|info) (P\d+) .* \((\d+)\)$/) {
            $findings{$id = $1} = [];
        } elsif ($line !~ /^  /) {
            $id = undef;
        } elsif (defined $id) {
            push @{$findings{$id}}, $line;
        }
    }
    return \%findings;
}

# ---- the command line ----

is_helpful([$PROBEGEN, 'audit'], 'gen/audit/options.c');
is_refused([$PROBEGEN, 'audit'], qr/\Aprobegen audit: no definitions given\n/, 'no definitions');
is_refused([$PROBEGEN, 'audit', "$dir/clean.d", '--nothing'], qr/unrecognized option '--nothing'/, 'an unknown option');
is_refused([$PROBEGEN, 'audit', "$dir/clean.d", '/bin/true'], qr{'/bin/true' is no definition: its name ends in neither \.d nor \.map}, 'a file of no kind');
is_refused([$PROBEGEN, 'audit', "$dir/clean.d", '--format=nothing'], qr/--format takes table, .* or html, not 'nothing'\n/, 'an unknown format');
is_refused([$PROBEGEN, 'audit', "$dir/clean.d", '--fail-on=never'], qr/--fail-on takes error, warning or info, not 'never'/, 'an unknown severity');
is_refused([$PROBEGEN, 'audit', "$dir/clean.d", "--pid=$_"], qr/--pid takes the number of a process, not '\Q$_\E'/, "--pid=$_") for '', '0', '-1', '1x', '99999999999';
is_refused([$PROBEGEN, 'audit', "$dir/clean.d", '--seen=x', "--fail-under-seen=$_"], qr/takes a number from 0 to 100, not '\Q$_\E'/, "--fail-under-seen=$_")
    for '', 'all', '101', '-1', 'nan', '50%';
is_refused([$PROBEGEN, 'audit', "$dir/clean.d", '--fail-under-seen=5'], qr/--fail-under-seen needs traces: --seen/, '--fail-under-seen without traces');
is_refused([$PROBEGEN, 'audit', "$dir/clean.d", '--', 'x.d'], qr/'x\.d' stands after '--'; say '\.\/x\.d' instead/, 'a file after --');
my $help = run([$PROBEGEN, 'audit', '--help'])->{out};
like($help, qr/^ +$_ +\S/m, "--help has the format $_") for map { /^AUDIT_FORMAT\((\w+),/ ? $1 : () } split /\n/, slurp('gen/audit/report/formats.def');
for my $command ([$PROBEGEN, 'audit', '--help'], [$PROBEGEN, 'audit', "$dir/clean.d"], [$PROBEGEN, 'explain']) {
    my $result = run($command, stdout => '/dev/full');
    is($result->{status}, 3, "@$command[1 .. $#$command] to a full device: exit status 3");
    is($result->{err}, "probegen: cannot write to standard output: No space left on device\n", '... and one message');
}

# ---- what definitions alone have ----

my $clean = audit('clean.d');
is($clean->{status}, 0, 'nothing wrong: exit status 0');
is($clean->{err}, '', '... without a word on standard error');
is($clean->{out}, "tidy                    findings\n  a\n\nok: 0 errors, 0 warnings, 0 infos\n1 definition\n", '... and the table');

my $result = audit('app.d', 'app.map');
is($result->{status}, 1, 'findings: exit status 1');
is($result->{err}, '', '... all of them in the report');
my $found = findings_of($result->{out});
is_deeply([sort keys %$found], [qw(P009 P010 P011 P012 P013 P018 P022 P023)], 'each kind of mistake is found');
like("@{$found->{P009}}", qr/^  app:crowd  13 arguments$/, '... more than 12 arguments');
is("@{$found->{P010}}", '  app:login.user_name  app:login.password', '... text without a length');
is("@{$found->{P011}}", '  app:login.blob', '... bytes without a length; a map that says "pointer" settles it');
like("@{$found->{P012}}", qr/^  app:login\.password  /, '... what looks like a secret');
is(scalar(grep { /app\.(?:d|map):/ } @{$found->{P013}}), 3, '... names in @appdata and in a map that nothing has');
like("@{$found->{P013}}", qr/app\.d:2 .*'gone'.*app\.map:1 .*'app:gone'/s, '... with their places');
is("@{$found->{P018}}", '  app:login', '... no documentation');
like("@{$found->{P022}}", qr/app\.d:12 .*'struct point'/s, '... a type that cannot be read');
like("@{$found->{P023}}", qr/app\.d:12 .*'mystery_t'/s, '... a type that nothing declares');
is((grep { length > 80 } split /\n/, $result->{out}), 0, 'the table fits 80 columns');
unlike($result->{out}, qr/\e/, '... without colours when it is no terminal');

spit("$dir/marked.map", "secret app:login.password;\n");
is(findings_of(audit('app.d', 'marked.map')->{out})->{P012}, undef, 'a secret that is marked is none to find');
spit("$dir/public.map", "public app:login.password;\n");
is(findings_of(audit('app.d', 'public.map')->{out})->{P012}, undef, '... nor is what a map says to be public');
spit("$dir/unfit.map", "flag app:login.password;\nlength app:login.blob = size;\nsecret app:login.old?;\n");
$found = findings_of(audit('app.d', 'unfit.map')->{out});
is(scalar(grep { /unfit\.map:[12]$/ } @{$found->{P013}}), 2, 'what a map says and does not fit is found, but not what need not match');

# what no event can have is a finding in a map, too, and diff goes on as well
spit("$dir/lifted.d", "provider app {\n    /** x */\n    probe a(struct st_x *x, struct st_y y);\n};\n");
spit("$dir/lifted.map", "struct st_x {\n    struct st_z z;\n    long double d;\n    mystery_t m;\n}\n");
$result = audit('lifted.d', 'lifted.map');
is($result->{status}, 1, 'fields of a struct that cannot be read') or diag($result->{out}, $result->{err});
is(scalar(() = join('', @{findings_of($result->{out})->{P022} || []}) =~ /lifted\.map:\d/g), 3, '... are found, each');
mkdir "$dir/lifted" or die $!;
rename "$dir/lifted.$_", "$dir/lifted/x.$_" or die $! for 'd', 'map';
is(run([$PROBEGEN, 'diff', 'lifted', 'lifted'], dir => $dir)->{status}, 0, '... and have not changed in themselves');

# ---- policy ----

for my $case (['error', 1], ['warning', 1], ['info', 1]) {
    is(audit('app.d', '--fail-on', $case->[0])->{status}, $case->[1], "--fail-on=$case->[0] with errors");
}
spit("$dir/info.d", "provider app {\n    probe a(int x);\n};\n");
is(audit('info.d')->{status}, 0, 'an info does not fail by default');
like(audit('info.d')->{out}, qr/^ok: 0 errors, 0 warnings, 1 info$/m, '... and is reported');
is(audit('info.d', '--fail-on=info')->{status}, 1, '--fail-on=info makes it fail');
like(audit('info.d', '--fail-on=info')->{out}, qr/^FAILED: 0 errors, 0 warnings, 1 info$/m, '... and says so');
spit("$dir/warning.d", "provider app {\n    /** documented */\n    probe a(mystery_t x);\n};\n");
is(audit('warning.d')->{status}, 1, 'a warning fails by default');
is(audit('warning.d', '--fail-on=error')->{status}, 0, '... not with --fail-on=error');

# ---- suppressions ----

spit("$dir/known", <<'EOT');
# comments and empty lines do not count

P018 app:* written next week
type-unknown *warning.d   known by its slug, and by the file
EOT
$result = audit('warning.d', 'info.d', '--suppress', 'known', '--fail-on=info');
is($result->{status}, 3, 'two providers that have a probe of one name are a mistake in the definitions') or diag($result->{out}, $result->{err});
like($result->{err}, qr/info\.d:2:\d+: error: .*\[E_DUP_PROBE\]/, '... that is reported');

$result = audit('info.d', '--suppress', 'known', '--fail-on=info');
is($result->{status}, 1, 'a suppression that matches nothing is a finding');
like(join('', @{findings_of($result->{out})->{P025}}), qr/^  known:4  'type-unknown \*warning\.d'$/, '... with its place');
like($result->{out}, qr/^suppressed \(1\)\n  P018 app:a  written next week$/m, '... and the one that matches has its reason');
like($result->{out}, qr/^FAILED: 0 errors, 1 warning, 0 infos; 1 suppressed$/m, '... and is counted as such');

# builds differ: with liburing the probes are there, and without it they are not
spit("$dir/maybe", "maybe P018 app:a true of some builds\nmaybe P003 app:io_* only built with liburing\n  maybe  P001  app:x  too\n");
$result = audit('info.d', '--suppress', 'maybe', '--fail-on=info');
is($result->{status}, 0, 'a suppression that may match nothing is none, if it says so') or diag($result->{out});
like($result->{out}, qr/^suppressed \(1\)\n  P018 app:a  true of some builds$/m, '... and suppresses what is there');
for my $case (['maybe', q('': there is no such finding)], ['maybe P018', 'it does not say what it is about'], ['maybe P018 app:a', 'it does not say why'],
    ['maybe P099 app:a why', 'there is no such finding'], ['MAYBE P018 app:a why', 'there is no such finding'], ['P018 maybe app:a', 'P018 maybe']) {
    spit("$dir/maybe", "$case->[0]\n");
    $result = audit('info.d', '--suppress', 'maybe');
    is($result->{status}, 1, "'$case->[0]' is a mistake");
    like($result->{out} =~ s/\s+/ /gr, qr/maybe:1 .*\Q$case->[1]\E/, '... that is found');
}

spit("$dir/all", "not-documented app:a\tfor now\r\n");
$result = audit('info.d', '--suppress', 'all', '--fail-on=info');
is($result->{status}, 0, 'what is suppressed does not fail') or diag($result->{out});

for my $case (['P018 app:a', 'it does not say why'], ['P018', 'it does not say what it is about'], ['P999 app:a why', 'there is no such finding'],
    ['P024 * why', 'there is no such finding that can be suppressed'], ["\xff\0\e[31m \xfe \xfd", 'there is no such finding']) {
    my ($line, $message) = @$case;
    spit("$dir/incomplete", "$line\n");
    $result = audit('info.d', '--suppress', 'incomplete');
    is($result->{status}, 1, "a suppression of which $message fails");
    like(join('', @{findings_of($result->{out})->{P024}}), qr/incomplete:1\s+.*\Q$message\E/, '... and is found');
    like($result->{out}, qr/^FAILED: 1 error/m, '... as an error');
    unlike($result->{out}, qr/[\e\xff\0]/, '... harmless to a terminal');
}
$result = audit('info.d', '--suppress', 'none');
is($result->{status}, 3, 'a suppression file that is missing: exit status 3');
is($result->{err}, "probegen: cannot read 'none': No such file or directory [E_FILE]\n", '... and one message');

spit("$dir/endless", "P018 app:b why\n" x 10001);
$result = audit('info.d', '--suppress', 'endless');
is($result->{status}, 3, 'more suppressions than anybody has written: exit status 3');
like($result->{err}, qr/^probegen: 'endless' has more than 10000 suppressions: use patterns \[E_FILE\]$/m, '... and one message');

# ---- what cannot be audited ----

for my $case (['a definition with mistakes', ['bad.d'], qr/^bad\.d:2:18: error: /], ['a definition that is missing', ['none.d'], qr/cannot read 'none\.d'/],
    ['only a map', ['app.map'], qr/only \.map files given/]) {
    my ($what, $files, $message) = @$case;
    $result = audit(@$files);
    is($result->{status}, 3, "$what: exit status 3");
    like($result->{err}, $message, '... and the reason');
    is($result->{out}, '', '... and no report');
}

# ---- where the report goes ----

run_ok([$PROBEGEN, 'audit', 'clean.d', '-o', 'report'], '-o', dir => $dir);
is(slurp("$dir/report"), $clean->{out}, '... has the report');
spit("$dir/report", 'old');
is(audit('bad.d', '--output=report')->{status}, 3, 'an audit that could not be completed');
is(slurp("$dir/report"), 'old', '... leaves the report that was there');
is(audit('clean.d', '-o', 'none/x/report')->{status}, 3, 'a report that cannot be written: exit status 3');

# ---- explain ----

my @kinds = slurp('gen/audit/evidence/findings.def') =~ /^FINDING\((P\d+), "([\w-]+)", \w+, "([^"]+)"/mg;
my $list = run_ok([$PROBEGEN, 'explain'], 'explain')->{out};
is(scalar(() = $list =~ /^P\d+ /mg), @kinds / 3, '... lists all findings');
my %ids;
while (my ($id, $slug, $title) = splice @kinds, 0, 3) {
    my $text = run_ok([$PROBEGEN, 'explain', $id], "explain $id")->{out};
    like($text, qr/\A$id \Q$slug: $title\E \((?:error|warning|info)\)\n\n.{40,}\n\n.+/s, '... says what it means and what to do');
    is((grep { length > 80 } split /\n/, $text), 0, '... in lines that fit');
    is(run([$PROBEGEN, 'explain', $slug])->{out}, $text, "... and so does explain $slug");
    ok(!$ids{$id}++, '... and its id is its own');
}
is(run([$PROBEGEN, 'explain', 'p001'])->{status}, 0, 'an id in lower case');
for my $arguments (['P999'], [''], ['P001', 'P002']) {
    $result = run([$PROBEGEN, 'explain', @$arguments]);
    is($result->{status}, 2, "explain @$arguments: exit status 2");
    like($result->{err}, qr/\nTry 'probegen explain', which lists them\.\n\z/, '... and how to get on');
}
like(run_ok([$PROBEGEN, 'explain', '--help'], 'explain --help')->{out}, qr/\AUsage: probegen explain/, '... says how it is used');

done_testing();
