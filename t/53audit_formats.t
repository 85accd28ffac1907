#!/usr/bin/perl
# ASSERTION: each format of `probegen audit` prints what it shall for every kind of evidence, hostile text included; independent parsers understand
# it: JSON agrees with its schema, JUnit's XML is well-formed and counts right, SARIF has what GitHub's code scanning wants, Markdown says
# nothing but text; and all formats have the same findings.

use strict;
use warnings;
use lib 't/lib';
use Digest::SHA ();
use JSON::PP;
use Probegen;
use Test::More;
use Unit;

my $accept = "to accept: make golden\n";
my $dir = temp_dir();
my @formats = qw(json junit sarif markdown html);
my $print = unit_program('test_report');
$ENV{PROBEGEN_ROOT} = $ROOT;

# ---- what is printed ----

# all evidence but what this trace has comes from the readers
spit("$dir/trace", <<'TRACE');
{"module":"h2o","type":"h1_close","tid":1,"time":1781256000123.456,"conn_id":1}
{"module":"h2o","type":"h1_close","tid":1,"time":1781256060123.456,"conn_id":null}
{"module":"h2o","type":"h2_close","tid":1,"time":1781256060123.456,"conn_id":1}
{"module":"picotls","type":"free","tid":2,"time":1781256061000.000,"tls":"0x1","colour":"red"}
{"module":"picotls","type":"fre
TRACE

my %printed;    # format -> what -> text
for my $format (@formats) {
    for my $what (qw(shop bare)) {
        my $text = run_ok([$print, $format, $what], "$format, $what")->{out};
        # style and script of the page are files of their own
        my $golden = $format eq 'html' ? $text =~ s{<(style|script)>.*?</\1>|sha256-\K[^']*}{}gsr : $text;
        same_text($golden, -e "t/golden/audit/$what.$format" ? slurp("t/golden/audit/$what.$format") : undef, '... as it shall be', $accept);
        $printed{$format}{$what} = $text;
    }
    my $real = run([$PROBEGEN, 'audit', glob('probes/*.d'), glob('probes/*.map'), '--source', "$O/gen/h2otrace/exerciser.c",
        '--binary', "$O/bin/h2otrace-exerciser", '--seen', "$dir/trace", '--format', $format]);
    is($real->{status}, 1, "$format of the project's own definitions and exerciser, and of a trace") or diag($real->{err});
    $printed{$format}{real} = $real->{out};
}

# ---- witnesses ----

# A program that tests need: without it they are skipped, in CI they fail.
sub has
{
    my ($what, @command) = @_;
    return 1 if run(\@command)->{status} == 0;
    ok(0, "$what is there") if $ENV{CI};
    return 0;
}

# What a program says of a text that it reads from a file.
sub is_taken_by
{
    my ($what, $text, @command) = @_;
    spit("$dir/text", $text);
    return run_ok([@command, "$dir/text"], $what)->{out};
}

sub texts_of
{
    my ($format) = @_;
    return map { ["$format, $_", $printed{$format}{$_}] } sort keys %{$printed{$format}};
}

SKIP: {
    skip 'no jq', 1 if !has('jq', 'jq', '--version');
    is_taken_by("jq reads $_->[0]", $_->[1], 'jq', '-e', '.') for texts_of('json'), texts_of('sarif');
}

SKIP: {
    skip 'no python3', 1 if !has('python3', 'python3', '--version');
    my $json = 'import json, sys; json.loads(open(sys.argv[1], "rb").read().decode("utf-8", "strict"))';
    my $xml = 'import sys, xml.etree.ElementTree as t; t.parse(sys.argv[1])';
    is_taken_by("python reads $_->[0]", $_->[1], 'python3', '-c', $json) for texts_of('json'), texts_of('sarif');
    is_taken_by("python reads $_->[0]", $_->[1], 'python3', '-c', $xml) for texts_of('junit');
}

SKIP: {
    skip 'no python3', 1 if !has('python3', 'python3', '--version');
    my $html = <<'PYTHON';
import html.parser, sys
void = {"meta", "input", "rect", "path"}

class Parser(html.parser.HTMLParser):
    stack = []
    def handle_starttag(self, tag, attributes):
        names = [name for name, value in attributes]
        if len(names) != len(set(names)):
            print("twice the same attribute", self.getpos(), tag, names)
        if tag not in void:
            self.stack.append(tag)
    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in void:
            self.handle_endtag(tag)
    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            print("ends what was not begun", self.getpos(), tag)
    def unknown_decl(self, data):
        print("declaration", data)

parser = Parser()
parser.feed(open(sys.argv[1], "rb").read().decode("utf-8", "strict"))
parser.close()
print(*parser.stack)
PYTHON
    is(is_taken_by("python reads $_->[0]", $_->[1], 'python3', '-c', $html), "\n", '... all elements end where they should') for texts_of('html');
}

SKIP: {
    skip 'no xmllint', 1 if !has('xmllint', 'xmllint', '--version');
    is_taken_by("xmllint reads $_->[0]", $_->[1], 'xmllint', '--nonet', '--huge', '--noout') for texts_of('junit');
}

SKIP: {
    skip 'no python3-jsonschema', 1 if !has('python3-jsonschema', 'python3', '-W', 'ignore', '-c', 'import jsonschema; jsonschema.Draft202012Validator');
    my $check = <<'PYTHON';
import json, sys, jsonschema
schema = json.load(open("gen/audit/report/audit.schema.json"))
jsonschema.Draft202012Validator.check_schema(schema)
for error in jsonschema.Draft202012Validator(schema).iter_errors(json.load(open(sys.argv[1]))):
    print(list(error.absolute_path), error.message[:300])
PYTHON
    is(is_taken_by("the schema is one, and is asked of $_->[0]", $_->[1], 'python3', '-c', $check), '', '... which agrees with it') for texts_of('json');
    my $extra = decode_json($printed{json}{shop});
    $extra->{probes}[0]{surprise} = 1;
    delete $extra->{probes}[1]{sites};
    my $told = is_taken_by('... and of one with a member too many and one too few', encode_json($extra), 'python3', '-c', $check);
    like($told, qr/surprise.*\n.*sites|sites.*\n.*surprise/, '... which does not');
}

# every member of the schema has its title and description
{
    my @untold;
    my $look;
    $look = sub {
        my ($node, $path) = @_;
        for my $name (sort keys %{$node->{properties} || {}}) {
            my $member = $node->{properties}{$name};
            push @untold, "$path.$name" if !$member->{title} || !$member->{description};
            $look->($member, "$path.$name");
        }
        $look->($node->{items}, "$path\[]") if $node->{items};
        my $more = $node->{additionalProperties};
        push @untold, "$path: additionalProperties" if $node->{properties} && (!defined $more || $more);
    };
    my $schema = decode_json(slurp('gen/audit/report/audit.schema.json'));
    $look->($schema, '');
    $look->($schema->{'$defs'}{$_}, $_) for sort keys %{$schema->{'$defs'}};
    is_deeply(\@untold, [], 'the schema describes each member, and allows no others');
}

# ---- JSON: what is null and what is empty ----

my %json = map { $_ => decode_json($printed{json}{$_}) } sort keys %{$printed{json}};

sub findings_of
{
    my ($json) = @_;
    return (map({ @{$_->{findings}} } @{$json->{probes}}), @{$json->{findings}});
}

{
    my ($bare) = @{$json{bare}{probes}};
    is_deeply([@{$bare}{qw(calls sites seen)}], [undef, undef, undef], 'JSON: columns without input are null');
    is_deeply([@{$json{bare}{inputs}}{qw(sources binaries traces)}], [undef, undef, undef], '... and inputs that were not given');
    my ($idle) = grep { $_->{name} eq 'idle' } @{$json{shop}{probes}};
    is_deeply([@{$idle}{qw(calls sites)}, $idle->{seen}{events}], [[], [], 0], '... what was looked for and not found is empty');
    my ($ghost) = grep { $_->{name} eq 'ghost' } @{$json{shop}{probes}};
    is($ghost->{defined}, undef, '... what is not defined has no definition');
    my ($order) = grep { $_->{name} eq 'order' } @{$json{shop}{probes}};
    is($order->{sites}[1]{address}, '0xffffffff80000010', '... addresses are text');
    is($order->{defined}{args}[2]{length}, 'note_len', '... a length that is an argument');
    is_deeply($order->{seen}{fields}{items}, {present => 12000, null => 37}, '... fields have their counts');
    my %count;
    ++$count{defined $_->{suppressed} ? 'suppressed' : $_->{severity}} for findings_of($json{shop});
    is_deeply(\%count, $json{shop}{verdict}{findings}, '... the verdict counts its findings');
}

{
    my $real = $json{real};
    is($real->{sums}{defined}, 135, 'JSON, real: definitions');
    is($real->{sums}{calls}, 135, '... calls');
    is_deeply([grep { @{$_->{calls}} != 1 } grep { $_->{defined} } @{$real->{probes}}], [], '... one of each probe');
    is($real->{sums}{sites}, scalar(map { @{$_->{sites}} } @{$real->{probes}}), '... as many sites as it says');
    cmp_ok($real->{sums}{sites}, '>=', 135, '... of all probes');
    my ($close) = grep { $_->{name} eq 'h1_close' } @{$real->{probes}};
    is_deeply([@{$close->{seen}}{qw(events lost first last)}], [2, 0, 1781256000123.456, 1781256060123.456], '... events, first and last');
    is_deeply($close->{seen}{fields}{conn_id}, {present => 2, null => 1}, '... fields');
    my ($free) = grep { $_->{provider} eq 'picotls' && $_->{name} eq 'free' } @{$real->{probes}};
    is_deeply($free->{seen}{unknown_keys}, [{name => 'colour', events => 1}], '... keys that are not known');
    my ($unknown) = grep { $_->{name} eq 'h2_close' } @{$real->{probes}};
    is($unknown->{seen}{events}, 1, '... an event of no probe');
    is($real->{inputs}{traces}[0]{first_bad_line}, 5, '... a line that is no event');
    my $sum = 0;
    $sum += $_ for map { @{$_->{seen}{buckets}} } @{$real->{probes}};
    is($sum, 4, '... all events are in the histograms');
}

# ---- JUnit ----

# A look at its own XML: elements with their attributes and text.
sub elements_of
{
    my ($xml, $name) = @_;
    my @elements;
    while ($xml =~ m{<$name((?:\s+\w+="[^"<]*")*)\s*(?:/>|>(.*?)</$name>)}sg) {
        my ($attributes, $content) = ($1, $2);
        push @elements, {content => $content || '', $attributes =~ /(\w+)="([^"]*)"/g};
    }
    return @elements;
}

# How many findings these lines tell: one that stands for all probes of a provider says how many.
sub count_told
{
    my $num = 0;
    $num += /\ball (\d+) [a-z ]+ of / ? $1 : 1 for @_;
    return $num;
}

for my $what (sort keys %json) {
    my $xml = $printed{junit}{$what};
    my ($all) = elements_of($xml, 'testsuites');
    my @suites = elements_of($xml, 'testsuite');
    my (%sum, @wrong);
    for my $suite (@suites) {
        my @cases = elements_of($suite->{content}, 'testcase');
        my %count = (tests => scalar @cases, errors => 0);
        $count{failures} = grep { elements_of($_->{content}, 'failure') } @cases;
        $count{skipped} = grep { elements_of($_->{content}, 'skipped') } @cases;
        push @wrong, "$suite->{name}: $_" for grep { $suite->{$_} != $count{$_} } sort keys %count;
        $sum{$_} += $count{$_} for keys %count;
        my %names;
        push @wrong, grep { $names{"$_->{classname} $_->{name}"}++ } @cases;
    }
    is_deeply(\@wrong, [], "JUnit, $what: counts of suites are right, names are there once");
    is_deeply({map { $_ => $all->{$_} } keys %sum}, \%sum, '... and those of all together');
    is(!!$sum{failures}, !!$json{$what}{verdict}{failed}, '... something fails when the audit does');

    my %fails = (error => 1, warning => 1);
    my ($failures, $others) = (0, 0);
    $failures += count_told(split /\n/, $_->{content}) for map { elements_of($_->{content}, 'failure') } grep { $_->{name} ne 'policy' } @suites;
    $others += count_told(split /\n/, $_->{content}) for map { elements_of($_->{content}, 'system-out') } @suites;
    my @findings = findings_of($json{$what});
    my @failing = grep { !defined $_->{suppressed} && $fails{$_->{severity}} } @findings;
    is($failures, @failing, '... failures have a line for each finding that fails');
    is($others, @findings - @failing, '... the others stand beside them');
}

# ---- SARIF ----

for my $what (sort keys %json) {
    my $sarif = decode_json($printed{sarif}{$what});
    is($sarif->{version}, '2.1.0', "SARIF, $what: its version");
    is(@{$sarif->{runs}}, 1, '... one run');
    my ($run) = @{$sarif->{runs}};
    my @rules = @{$run->{tool}{driver}{rules}};
    my @bad_rules = grep {
        my $rule = $_;
        $rule->{id} !~ /^P\d{3}$/ || $rule->{name} !~ /^([A-Z][a-z]+)+$/ || $rule->{defaultConfiguration}{level} !~ /^(error|warning|note)$/
            || grep { !$rule->{$_}{text} } qw(shortDescription fullDescription help)
    } @rules;
    ok(@rules >= 25 && !@bad_rules, '... rules have what GitHub asks for') or diag(explain(\@bad_rules));

    my (@bad, %fingerprints);
    for my $result (@{$run->{results}}) {
        my $where = $result->{locations}[0]{physicalLocation};
        my $uri = $where->{artifactLocation}{uri};
        my $region = $where->{region};
        push @bad, $result
            if $rules[$result->{ruleIndex}]{id} ne $result->{ruleId} || $result->{level} !~ /^(?:error|warning|note)$/ || !length $result->{message}{text}
            || @{$result->{locations}} != 1
            || !defined $uri || $uri !~ m{^(?:file:///)?(?!/)(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+$}
            || $region && ($region->{startLine} < 1 || defined $region->{startColumn} && $region->{startColumn} < 1)
            || grep { !length $_->{fullyQualifiedName} } @{$result->{locations}[0]{logicalLocations} || []};
        ++$fingerprints{join ' ', map { "$_=$result->{partialFingerprints}{$_}" } keys %{$result->{partialFingerprints}}};
    }
    ok(!@bad, '... results have what GitHub asks for: rule, message, a place in a file') or diag(explain($bad[0]));
    is_deeply([grep { $fingerprints{$_} != 1 || !/^probegen\/v1=/ } keys %fingerprints], [], '... each has a fingerprint of its own');

    my @findings = findings_of($json{$what});
    is(@{$run->{results}}, @findings, '... there is a result for each finding');
    is(scalar(grep { @{$_->{suppressions} || []} } @{$run->{results}}), scalar(grep { defined $_->{suppressed} } @findings), '... and suppressions');
}

# fingerprints do not change when lines move
{
    my $text = slurp('t/golden/audit/shop.d');
    mkdir "$dir/$_" or die $! for 'before', 'after';
    spit("$dir/before/shop.d", $text);
    spit("$dir/after/shop.d", "\n\n// moved\n" . $text =~ s/\n(?=provider)/\n\n\n/gr);
    my @all = map { decode_json(run([$PROBEGEN, 'audit', 'shop.d', '--format=sarif'], dir => "$dir/$_")->{out})->{runs}[0]{results} } 'before', 'after';
    my @prints = map { [sort map { $_->{partialFingerprints}{'probegen/v1'} } @$_] } @all;
    my @lines = map { join ' ', map { $_->{locations}[0]{physicalLocation}{region}{startLine} } @$_ } @all;
    ok(@{$prints[0]} > 2, 'SARIF: there are results');
    isnt($lines[0], $lines[1], '... whose lines move');
    is_deeply($prints[0], $prints[1], '... and whose fingerprints do not');
    my ($accented) = grep { $_->{message}{text} =~ /debug_dump\.text/ } @{$all[0]};
    is($accented->{locations}[0]{logicalLocations}[0]{fullyQualifiedName}, 'shop:debug_dump.text', '... what it is about has a name');
}

# ---- HTML: what it says; t/54audit_html.t has a browser look at it ----

for my $what (sort keys %json) {
    my $html = $printed{html}{$what};
    my @names = map { "$_->{provider}:$_->{name}" } @{$json{$what}{probes}};
    is(scalar(() = $html =~ /<details class="row probe"/g), @names, "HTML, $what: a row for each probe");
    is(count_told($html =~ /<span class="what">(.*?)<span class="told">/g), scalar(() = findings_of($json{$what})), '... all findings');
    my ($css, $js) = map { $html =~ m{<$_>(.*?)</$_>}s } qw(style script);
    is($css, slurp('gen/audit/report/html/page.css'), '... its style is page.css');
    is($js, slurp('gen/audit/report/html/page.js'), '... its script is page.js');
    is(join(' ', $html =~ /'sha256-([^']*)'/g), join(' ', map { Digest::SHA::sha256_base64($_) . '=' } $css, $js), '... whose hashes its policy has');
}

# ---- Markdown ----

{
    my $text = $printed{markdown}{shop};
    ok(length $printed{markdown}{$_} < 65536, "Markdown, $_: short enough for a comment") for sort keys %json;
    my @tags = $text =~ /<(\/?\w+|!-- -->)/g;
    is_deeply([grep { !/^(?:\/?(?:details|summary|code|b)|!-- -->)$/ } @tags], [], '... no tags but its own');
    unlike($text, qr/(?<!\\)(?:[`~]|\]\(|:\/\/)|@\w|#\d|www\./, '... no code, links, mentions, references');
    for my $tag (qw(details summary code b)) {
        is(scalar(grep { $_ eq $tag } @tags), scalar(grep { $_ eq "/$tag" } @tags), "... each <$tag> ends");
    }
    my @rows = $text =~ /^(\|.*\|)$/mg;
    my %widths = map { scalar(() = /(?<!\\)\|/g) => 1 } @rows;
    is_deeply([@rows > 4, keys %widths], [1, 6], '... all rows of the table have as many cells');
    my %kinds = map { $_->{id} => 1 } grep { !defined $_->{suppressed} } findings_of($json{shop});
    is(join(' ', sort $text =~ /<b>(P\d+)</g), join(' ', sort keys %kinds), '... all kinds of findings are there');
    is(scalar(() = $text =~ /^- /mg), scalar(() = findings_of($json{shop})), '... and all findings');
}

done_testing();
