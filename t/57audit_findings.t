#!/usr/bin/perl
# ASSERTION: `probegen audit` finds what sources, a binary and traces have that contradicts the definitions, each thing where it is and nothing
# else; a finding needs its evidence; what was read stands in the last line; what is seen is measured against what is built. What all probes of
# a provider have in common is told in one line; a build that renames the macros makes one finding, not one for each probe.

use strict;
use warnings;
use lib 't/lib';
use JSON::PP;
use Probegen;
use Test::More;

my $dir = temp_dir();
my %line;    # mark in a source -> its line

# a file; `@name@` in it marks a line
sub source
{
    my ($name, $text) = @_;
    my $number = 0;
    for my $line (split /\n/, $text) {
        ++$number;
        $line{$1} = $number if $line =~ /\@(\w+)\@/;
    }
    spit("$dir/$name", $text =~ s/ *\@\w+\@//gr);
}

mkdir "$dir/src" or die $!;
source('app.d', <<'EOT');
provider app {
    /** all is well with it */
    probe good(uint32_t id, const char *url, size_t url_len);
    /** nothing calls it */
    probe idle(int a);               @idle@
    /** only in some builds */
    probe optional(int a);           @optional@
    /** one is forgotten in a call, and in a site */
    probe count(int a, int b);       @count@
    /** an int is passed */
    probe width(size_t n);
    /** a signed one is passed */
    probe sign(uint64_t n);
    /** a double is passed */
    probe number(int n);             @number@
    /** without a semaphore */
    probe plain(int a);              @plain@
    /** its events are read badly */
    probe nulls(const char *text, size_t text_len);   @nulls@
    /** its events are of other definitions */
    probe renamed(int before);       @renamed@
    /** some are lost */
    probe lost(int a);               @lost@
};
EOT
source('src/main.c', <<'EOT');
#include <stddef.h>
#include <stdint.h>
#include "app-probes.h"
#include "wrap.h"
int main(int argc, char **argv)
{
    WRAP(GOOD, (uint32_t)argc, argv[0], (size_t)1);
    APP_WIDTH(argc);                 @width_call@
    APP_SIGN((long)argc);            @sign_call@
    APP_NUMBER((double)argc);        @number_call@
    APP_NULLS(argv[0], (size_t)argc);
    APP_RENAMED(argc);
    APP_LOST(argc);
#if defined(WITH_OPTIONAL) && 1
    APP_OPTIONAL(argc);
#endif
#ifdef NEVER
    APP_COUNT(argc);                 @count_call@
    WRAP(FORGOTTEN, argc);           @forgotten_call@
#endif
    return plain(argc);
}
EOT
source('src/wrap.h', "#define WRAP(name, ...) APP_##name(__VA_ARGS__)\nint plain(int);\n");
source('src/plain.c', <<'EOT');
#include <sys/sdt.h>
int plain(int argc)
{
    STAP_PROBE1(app, plain, argc);   @plain_site@
    STAP_PROBE1(app, count, argc);   @count_site@
    STAP_PROBE1(app, extra, argc);   @extra_site@
    return 0;
}
EOT
run_ok([$PROBEGEN, '-e', 'usdt', '-o', "$dir/gen", "$dir/app.d"], 'the header');
run_ok("cd $dir && gcc -g -O1 -Igen -Isrc -o app src/main.c src/plain.c", 'the program');

my $head = '"module":"app","tid":1,"time":';
spit("$dir/trace", join '', map { "$_\n" } (
    "{$head 1000.5,\"type\":\"good\",\"id\":1,\"url\":\"/\",\"url_len\":1}",
    "{$head 1001.5,\"type\":\"good\",\"id\":2,\"url\":\"/\",\"url_len\":1}",
    (map { "{$head 1002,\"type\":\"$_->[0]\",\"$_->[1]\":1}" } ['width', 'n'], ['sign', 'n'], ['number', 'n'], ['lost', 'a'], ['extra', 'x']),
    "{$head 1003,\"type\":\"nulls\",\"text\":null,\"text_len\":3}",
    "{$head 1004,\"type\":\"nulls\",\"text\":\"x\",\"text_len\":3}",
    "{$head 1005,\"type\":\"renamed\",\"after\":3}",
    "{$head 1006,\"type\":\"count\",\"a\":3,\"b\":null}",
    '{"module":"tracer","type":"lost","time":1007,"probes":{"app:lost":41},"count":41}',
    '{"module":"app","type":"go'));

# everything that an audit finds: "ID target file:line"
sub audit
{
    my ($status, @options) = @_;
    my $what = "audit @options";
    my $result = run([$PROBEGEN, 'audit', 'app.d', '--format=json', @options], dir => $dir);
    is($result->{status}, $status, "$what: exit status $status") or diag($result->{err});
    is($result->{err}, '', '... without a word on standard error');
    my $report = decode_json($result->{out});
    my @findings = @{$report->{findings}};
    for my $probe (@{$report->{probes}}) {
        push @findings, map { {%$_, target => "$probe->{provider}:$probe->{name}"} } @{$probe->{findings}};
    }
    return ($report, map { join ' ', $_->{id}, $_->{target} // '-', ($_->{file} // '-') . (defined $_->{line} ? ":$_->{line}" : '') } @findings);
}

sub found
{
    my ($got, $expected, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is_deeply([sort @$got], [sort @$expected], $what) or diag(join "\n", @$got);
}

my @called = (
    "P001 app:idle app.d:$line{idle}",
    "P002 app:forgotten src/main.c:$line{forgotten_call}",
    "P005 app:count src/main.c:$line{count_call}",
    "P005 app:count src/plain.c:$line{count_site}",
    "P002 app:extra src/plain.c:$line{extra_site}");
my @built = (
    "P003 app:idle app.d:$line{idle}",
    "P003 app:optional app.d:$line{optional}",
    "P004 app:extra src/plain.c:$line{extra_site}",
    "P005 app:count src/plain.c:$line{count_site}",
    "P027 app:width src/main.c:$line{width_call}",
    "P007 app:sign src/main.c:$line{sign_call}",
    "P008 app:number src/main.c:$line{number_call}",
    "P014 app:count src/plain.c:$line{count_site}",
    "P014 app:plain src/plain.c:$line{plain_site}");
my @seen = (
    "P016 app:nulls app.d:$line{nulls}",
    "P016 app:count app.d:$line{count}",
    "P017 app:renamed app.d:$line{renamed}",    # what is missing
    "P017 app:renamed app.d:$line{renamed}",    # what is there instead
    "P017 app:extra -",
    "P019 app:lost app.d:$line{lost}",
    'P020 trace trace');

# ---- each kind of evidence ----

my ($report, @findings) = audit(0);
found(\@findings, [], 'definitions alone have nothing wrong');
is($report->{sums}{text}, '11 definitions', '... and the last line has only them');

($report, @findings) = audit(1, '--source=src');
found(\@findings, \@called, 'sources');
($report, @findings) = audit(1, '--binary=app');
found(\@findings, \@built, 'a binary');
($report, @findings) = audit(1, '--seen=trace');
found(\@findings, [@seen, map { "P015 app:$_ app.d:$line{$_}" } qw(idle optional plain)], 'a trace');

($report, @findings) = audit(1, '--source=src', '--binary', 'app', '--seen', 'trace');
my %once = map { $_ => 1 } @called, @built;
found(\@findings, [keys %once, @seen, "P015 app:plain app.d:$line{plain}"],
      'all of them; what is not built need not be seen; what a call has wrong is not reported of its site again');

# ---- the table ----

my $table = run([$PROBEGEN, 'audit', 'app.d', '--source=src', '--binary=app', '--seen=trace'], dir => $dir)->{out};
like($table, qr/^  good +1 +1 +2$/m, 'a row without findings');
like($table, qr/^  count +2 +1 +1  P005\*2 P014 P016$/m, 'a row with some');
like($table, qr/^app \(not defined\).*\n  extra +1 +1 +1 .*\n  forgotten +1 +- +- /m, 'what is not defined has rows of its own');
like($table, qr/^  app:optional  its calls are under defined\(WITH_OPTIONAL\) && 1$/m, 'a probe that is not built has the conditions of its calls');
like($table, qr/^  app:idle  nothing calls it$/m, '... or that there is none');
like($table, qr/\n11 definitions, 9 probes at 10 sites, 13 calls, 1 trace \(88\.9 % seen\)\n\z/, 'the last line says what was read');
is((grep { length > 80 } split /\n/, $table), 0, 'the table fits 80 columns');

# ---- macros that the build has renamed ----

mkdir "$dir/$_" or die $! for qw(renamed renamed/src renamed/build);
spit("$dir/renamed/bank.d", "provider bank {\n    /** x */\n    probe order__start(int id);\n    /** x */\n    probe order__done(int id);\n    /** x */\n    probe login(int id);\n};\n");
spit("$dir/renamed/src/main.c", <<'EOT');
#include "probes.h"
void f(int id) { TRACE_BANK_ORDER_START(id); TRACE_BANK_ORDER_DONE(id); TRACE_BANK_LOGIN(id); }
int main(int argc, char **argv) { f(argc); return 0; }
EOT
my $header = run_ok([$PROBEGEN, 'dtrace', '-h', '-s', "$dir/renamed/bank.d", '-o', '/dev/stdout'], 'a header')->{out};
spit("$dir/renamed/build/probes.h", $header =~ s/\bBANK_/TRACE_BANK_/gr);
run_ok("cd $dir/renamed && gcc -Ibuild -o bank src/main.c", 'a program whose build renames the macros');
# "ID target: text" of all findings
sub told
{
    my ($definitions, @options) = @_;
    my $report = decode_json(run([$PROBEGEN, 'audit', $definitions, '--format=json', @options], dir => "$dir/renamed")->{out});
    return map { "$_->{id} $_->{target}: $_->{text}" } @{$report->{findings}}, map { @{$_->{findings}} } @{$report->{probes}};
}
my $rename = ': if the build renames the macros, give the folder with the header that it makes to --source, too';
is_deeply([told('bank.d', '--source=src', '--binary=bank')], ["P029 bank:*: none of its 3 probes is called in the sources, though binaries have them all$rename"],
    'a provider that nothing in the sources calls is one finding, and no probe that is built is one that never fires');
is_deeply([told('bank.d', '--source=src')], ["P029 bank:*: none of its 3 probes is called in the sources$rename"], '... without a binary, too');
my $known = run([$PROBEGEN, 'audit', 'bank.d', '--source=src', '--format=sarif'], dir => "$dir/renamed")->{out};
like($known, qr/"ruleId":"P029".*"uri":"bank\.d"\},"region":\{"startLine":1,/, '... which is about the provider');
like(run([$PROBEGEN, 'explain', 'P029'])->{out}, qr/goes\s+through\s+sed.*--source\s+src\s+--source\s+build\/include/s, '... whose explanation says what a build does, and what to give');

# a call of one probe was found: another one is missing, unless a binary has it
spit("$dir/renamed/src/own.c", "#include <sys/sdt.h>\nvoid g(int id) { STAP_PROBE1(bank, login, id); }\n");
is_deeply([told('bank.d', '--source=src')], ['P001 bank:order__start: ', 'P001 bank:order__done: '], 'where some are called, the others are not');
is_deeply([told('bank.d', '--source=src', '--binary=bank')], [], '... unless a binary has them');

# macros that begin like those of the provider
spit("$dir/renamed/src/main.c", "#include <sys/sdt.h>\nvoid f(int id) { BANK_DTRACE_ORDER_START(id); BANK_DTRACE_FLUSH(id); }\n");
is_deeply([grep { /^P002/ } told('bank.d', '--source=src')], [], 'what only begins like the provider is no probe that someone forgot to define');
spit("$dir/renamed/src/main.c", "#include <sys/sdt.h>\n#define FIRE(name, id) BANK_##name(id)\nvoid f(int id) { FIRE(LOST, id); FIRE(ORDER_DONE, id); }\n");
is_deeply([map { /^(P002 \S+):/ } told('bank.d', '--source=src')], ['P002 bank:lost'], '... but what a wrapper makes of it is one');

# ---- what all probes have in common ----

spit("$dir/common.d", "provider one {\n" . join('', map { "    probe p$_(char *text);\n" } 1 .. 5) . "};\nprovider two {\n    /** x */\n    probe q0(char *text, char *more);\n"
    . join('', map { "    probe q$_(int a);\n" } 1 .. 5) . "};\nprovider few {\n" . join('', map { "    probe r$_(int a);\n" } 1 .. 3) . "};\n");
spit("$dir/common.known", "P010 one:* they end in NUL\n");
my %common = map { $_ => run([$PROBEGEN, 'audit', 'common.d', "--format=$_", '--suppress=common.known'], dir => $dir)->{out} } qw(table markdown html junit json sarif);
like($common{table}, qr/^info P018 not documented \(13\)\n  all 5 probes of one  two:q1  two:q2  two:q3  two:q4  two:q5  few:r1  few:r2\n  few:r3\n/m,
      'the table says it in one line, where all have it and they are many') or diag($common{table});
like($common{table}, qr/^suppressed \(5\)\n  P010 all 5 texts of one  they end in NUL$/m, '... of what is suppressed, too');
unlike($common{table}, qr/^  p1 .*P0/m, '... and not beside each probe again');
like($common{table}, qr/^  q1 .*P018/m, '... unless it is not one of all');
like($common{markdown}, qr/^- <code>all 5 probes of one<\/code>$/m, 'so does Markdown');
unlike($common{markdown}, qr/one:p/, '... and no probe');
like($common{html}, qr/<h3 id="provider-1">one .*?<ul class="findings">\n.*?<li class="row" data-tags="info P018">.*?<\/a>: all 5 probes of one<\/span>/s, 'the page has it at the provider');
is(scalar(() = $common{html} =~ /data-name="one:p\d" data-tags="defined clean"/g), 5, '... and not at its probes');
like($common{junit}, qr/<testcase classname="one" name="all probes" time="0">\n +<skipped message="P010 suppressed: they end in NUL"\/>\n +<system-out>info P010 .*: all 5 texts of one; suppressed: they end in NUL\ninfo P018 not documented: all 5 probes of one\n/,
     'JUnit has a case for all of them');
is(scalar(() = $common{junit} =~ /<testcase classname="one" name="p\d"[^>]*\/>/g), 5, '... and theirs pass');
is(scalar(() = $common{json} =~ /"id":"P018"/g), 13, 'JSON has each');
is(scalar(() = $common{sarif} =~ /"ruleId":"P018"/g), 13, '... and SARIF');
like($common{$_}, qr/0 errors, 0 warnings, 15 infos; 5 suppressed/, "$_ counts each") for qw(table markdown html);

# ---- many conditions ----

mkdir "$dir/many" or die $!;
spit("$dir/many/x.c", join '', "void f(int x)\n{\n", (map { "#ifdef C$_\n    APP_OPTIONAL(x);\n#endif\n" } 1 .. 3000), "}\n");
my $many = run([$PROBEGEN, 'audit', 'app.d', '--source=many', '--binary=app'], dir => $dir);
like($many->{out}, qr/^  app:optional\s+its calls are under defined\(C1\); defined\(C2\); defined\(C3\); defined\(C4\);\s+\.\.\.$/m,
     'of 3000 conditions some are shown');

# ---- long names ----

mkdir "$dir/long" or die $!;
my $long = 'p' . 'x' x 599;
spit("$dir/long.d", "provider app {\n    /** x */\n    probe $long(int a);\n};\n");
spit("$dir/long/x.c", "#include \"long.h\"\nint main(void)\n{\n    APP_\U$long\E(1);\n    return 0;\n}\n");
spit("$dir/long.trace", "{\"module\":\"app\",\"type\":\"$long\",\"tid\":1,\"time\":1002,\"a\":1}\n");
is(run([$PROBEGEN, 'dtrace', '-h', '-s', 'long.d', '-o', 'long/long.h'], dir => $dir)->{status}, 0, 'a probe with a name of 600 bytes');
is(run([$ENV{CC} || 'gcc', '-o', 'long.out', 'long/x.c'], dir => $dir)->{status}, 0, '... is built');
my $one = run([$PROBEGEN, 'audit', 'long.d', '--source=long', '--binary=long.out', '--seen=long.trace'], dir => $dir);
like($one->{out}, qr/^  $long\s+1 +1 +1$/m, '... called, built and seen') or diag($one->{err});
is($one->{status}, 0, '... and nothing is wrong with it');

# ---- how much is seen ----

for my $case ([88, 1, 'ok'], [89, 1, 'too few']) {
    my ($percent, $status, $what) = @$case;
    my $result = run([$PROBEGEN, 'audit', 'app.d', '--binary=app', '--seen=trace', '--fail-on=error', "--fail-under-seen=$percent"], dir => $dir);
    is($result->{out} =~ /; 88\.9 % of the probes are seen, $percent % are asked for$/m ? 'too few' : 'ok', $what, "--fail-under-seen=$percent: $what");
}
spit("$dir/one.d", "provider app {\n    /** x */\n    probe lost(int a);\n};\n");
for my $case ([100, 0]) {
    is(run([$PROBEGEN, 'audit', 'one.d', '--seen=one', "--fail-under-seen=$case->[0]"], dir => $dir)->{status}, 3, 'a trace that is missing');
    spit("$dir/one", "{$head 1002,\"type\":\"lost\",\"a\":1}\n");
    is(run([$PROBEGEN, 'audit', 'one.d', '--seen=one', "--fail-under-seen=$case->[0]"], dir => $dir)->{status}, $case->[1], 'all seen: exit status 0');
    spit("$dir/one", "{$head 1002,\"type\":\"lost\",\"a\":1}\n" =~ s/app/other/r);
    is(run([$PROBEGEN, 'audit', 'one.d', '--seen=one', '--fail-on=error', '--fail-under-seen=1'], dir => $dir)->{status}, 1, 'none seen: exit status 1');
}

done_testing();
