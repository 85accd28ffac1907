#!/usr/bin/perl
# ASSERTION: the documents say what is so: every example of probes/README.md is taken, or refused, as it says there; its tables are those of the
# programs; the documents name options, make targets and files that exist.

use strict;
use warnings;
use lib 't/lib';
use Cli;
use JSON::PP ();
use Probegen;
use Test::More;

my $dir = temp_dir();
my $reference = slurp('probes/README.md');

# ---- examples ----

# {language, tag, text, line} of each fenced block
sub blocks_of
{
    my ($text) = @_;
    my @blocks;
    while ($text =~ /^```(\w*)(?: (\w+))?\n(.*?)^```$/msg) {
        my ($language, $tag, $block, $start) = ($1, $2, $3, $-[0]);
        my $line = 1 + (substr($text, 0, $start) =~ tr/\n//);
        push @blocks, {language => $language, tag => $tag, text => $block, line => $line};
    }
    return @blocks;
}

my @blocks = blocks_of($reference);
my ($definition) = grep { $_->{language} eq 'd' } @blocks;
spit("$dir/shop.d", $definition->{text});

# what the command line for an example is made of
sub files_of
{
    my ($block) = @_;
    my $name = "example.$block->{language}";
    spit("$dir/$name", $block->{text});
    return $block->{language} eq 'map' ? ('shop.d', $name) : ($name);
}

# the comment of each line that has one: what the message there has to contain
sub promises_of
{
    my ($block) = @_;
    my $mark = $block->{language} eq 'map' ? qr/#/ : qr{//};
    my ($number, %promises) = (0);
    for my $line (split /\n/, $block->{text}) {
        ++$number;
        $promises{$number} = $1 if $line =~ /$mark\s*(.+)$/;
    }
    return %promises;
}

my %statements;    # that an example shows
for my $block (grep { $_->{language} =~ /^(d|map)$/ } @blocks) {
    my $what = "probes/README.md:$block->{line}: the example";
    my $result = run([$PROBEGEN, '-n', files_of($block)], dir => $dir);

    if (!defined $block->{tag}) {
        ok($result->{status} == 0 && $result->{err} eq '', "$what is taken without a word")
            or diag("status $result->{status}\n$result->{err}");
        $statements{$1} = 1 while $block->{language} eq 'map' && $block->{text} =~ /^(\w+)/mg;
        next;
    }
    my %promises = promises_of($block);
    my (%messages, @others);
    for my $message (split /\n/, $result->{err}) {
        next if $message !~ /^example\.\w+:(\d+):\d+: (?:error|warning): (.*) \[(\w+)\]$/;
        $messages{$1} .= "$2\n";
        push @others, $message if $3 ne $block->{tag};
    }
    my $is_error = $block->{tag} =~ /^E_/;
    my @wrong = grep { index($messages{$_} || '', $promises{$_}) < 0 } sort { $a <=> $b } keys %promises;
    my @untold = %promises ? grep { !exists $promises{$_} } keys %messages : ();
    ok($result->{status} == ($is_error ? 1 : 0) && $result->{err} =~ /\Q[$block->{tag}]\E$/m && !@others && !@wrong && !@untold,
        "$what gives $block->{tag} as it says")
        or diag("status $result->{status}; lines whose comment is not what the message says: @wrong\n$result->{err}");
}

my $refusal = run([$PROBEGEN, '-n', '/dev/stdin'], stdin => '')->{err};
like($refusal, qr/E_NO_PROVIDER/, 'an empty definition is none');
spit("$dir/unknown.map", "lenght shop:tick;\n");
my ($words) = run([$PROBEGEN, '-n', 'shop.d', 'unknown.map'], dir => $dir)->{err} =~ /: there are (.*) \[E_SYNTAX\]/;
is_deeply([sort keys %statements], [sort split / and |, /, $words], 'there is an example of every statement');

# ---- events ----

# the fields that an event is printed with by default, from --dump=ir: provider:probe -> [name]
sub fields_of
{
    my (@files) = @_;
    my ($probe, %fields);
    for my $line (split /\n/, run([$PROBEGEN, '--dump=ir', @files], dir => $dir)->{out}) {
        if ($line =~ /^\d+ (\S+): /) {
            $fields{$probe = $1} = [];
        } elsif ($line =~ /^ +\d+ +\d+ \w+ +(\S+): argument/ && $line !~ /, (?:secret|application data)$/) {
            push @{$fields{$probe}}, $1;
        }
    }
    return %fields;
}

my $map;
for my $block (@blocks) {
    $map = $block if $block->{language} eq 'map' && !defined $block->{tag};
    next if $block->{language} ne 'json';
    my %fields = fields_of(files_of($map));
    my %seen;
    for my $line (split /\n/, $block->{text}) {
        my $event = JSON::PP->new->decode($line);
        my $name = "$event->{module}:$event->{type}";
        my @keys = sort grep { !/^(?:module|type|tid|time|truncated|hex|unreadable)$/ } keys %$event;
        is_deeply(\@keys, [sort @{$fields{$name} || []}], "the event of $name has the fields of the definition and the map above it");
        $seen{$name} = 1;
    }
    is_deeply([sort keys %seen], [sort keys %fields], 'there is an event of every probe');
}

# ---- tables ----

sub rows_of
{
    my ($heading) = @_;
    my ($section) = $reference =~ /^## \Q$heading\E\n(.*?)(?=^## |\z)/ms or die "no section '$heading'";
    my @rows;
    while ($section =~ /^\| (.*) \|$/mg) {
        push @rows, [split / *\| */, $1, -1];
    }
    return @rows[2 .. $#rows];
}

# "x" declared with a type
sub declare
{
    my ($type, $name) = @_;
    return $type if $type =~ s/\(\*\)/(*$name)/;
    return "$1$name$2" if $type =~ /^(.*)(\[.*)$/;
    return "$type $name";
}

my (%is_listed, @bytes);
for my $row (rows_of('What becomes of a type')) {
    my ($cell, $field, $size) = @$row;
    my @types = $cell =~ /`([^`]+)`/g;
    $is_listed{$_} = 1 for @types;
    my $with_length = $cell =~ /with a length$/;
    @bytes = @types if $with_length;
    unshift @types, @bytes if $cell =~ /^the same without a length/;
    @types = ('shop_unknown_t') if !@types;
    my $tag = $row->[3] =~ /`([EW]_\w+)`/ ? $1 : '';

    my @wrong;
    for my $type (@types) {
        my $list = declare($type, 'x') . ($with_length ? ', size_t x_len' : '');
        spit("$dir/type.d", "provider p { probe q($list); };\n");
        my $result = run([$PROBEGEN, '--dump=ir', 'type.d'], dir => $dir);
        my $got = $result->{out} =~ /^ +\d+ +(\d+) (\w+) +x:/m ? ($size ne '' ? "$2 $1" : $2) : '';
        my $got_tag = $result->{err} =~ /\[(\w+)\]$/m ? $1 : '';
        push @wrong, "$type: '$got' $got_tag" if $got ne join(' ', grep { $_ ne '' } $field, $size) || $got_tag ne $tag;
    }
    ok(!@wrong, "types that become '" . ($field || $tag) . " $size' do so: $types[0], ...") or diag(join "\n", @wrong);
}
my @names = slurp('gen/model/types.def') =~ /^TYPE\("(\w+)"/mg;
is_deeply([grep { !$is_listed{$_} } @names], [], 'all names of gen/model/types.def are in the table of types');

my @tags = map { [$_->[0] =~ /`(\w+)`/, $_->[1]] } rows_of('Messages');
my $known = slurp('gen/base/diag.def');
my @known;
push @known, [$1, $2] while $known =~ /^DIAG\((\w+), "(.*)"\)$/mg;
is_deeply(\@tags, \@known, 'the table of messages is gen/base/diag.def');

# ---- options ----

my %options;    # program -> option -> 1
for my $program (['probegen', $PROBEGEN, 'gen/main.c'], ['probegen audit', "$PROBEGEN audit", 'gen/audit/options.c'],
    ['probegen diff', "$PROBEGEN diff", 'gen/diff/options.c'], ['probegen from', "$PROBEGEN from", 'gen/from/options.c'], ['h2otrace', $TRACER, 'runtime/options/options.c'], ['h2otrace doctor', "$TRACER doctor", 'runtime/doctor.c']) {
    my ($name, $path, $source) = @$program;
    for my $row (table_of($source)) {
        $options{$name}{"--$row->{name}"} = 1 if defined $row->{name};
        $options{$name}{"-$row->{letter}"} = 1 if defined $row->{letter};
    }
    my @mentioned = grep { !$options{$name}{$_} } run_ok("$path --help", "$name --help succeeds")->{out} =~ /(--[\w-]+)/g;
    is_deeply(\@mentioned, [], "$name --help mentions only options that exist");
}

# ---- make targets, options and files in the documents ----

# code of a document: inline, and lines of blocks
sub code_of
{
    my ($text) = @_;
    my @code = map { split /\n/, $_->{text} } grep { $_->{language} !~ /^(d|map|json|c)$/ } blocks_of($text);
    $text =~ s/^```.*?^```$//msg;
    s/\s*\n\s*/ / for my @inline = $text =~ /`([^`]+)`/g;
    return @code, @inline;
}

my %targets = map { $_ => 1 } run_ok(['make', '--no-print-directory', 'help'], 'make help succeeds')->{out} =~ /^  make (\S+)/mg;

sub is_target
{
    my ($target) = @_;
    return 1 if $targets{$target};
    return $targets{'test-NAME'} && $target =~ /^test-(.+)$/ && (() = glob "t/*$1*.t") > 0;
}

for my $document (qw(README.md probes/README.md gen/NOTES.md runtime/NOTES.md)) {
  SKIP: {
        skip "$document does not exist yet", 4 if !-e $document;
        my (@bad_targets, @bad_options, @bad_files);
        for my $code (code_of(slurp($document))) {
            (my $command = $code) =~ s/^\s*[#\$] //;
            $command =~ s/\s+#.*//;
            if ($command =~ /^make\s+(.*)/) {
                push @bad_targets, grep { !/^-|=/ && !is_target($_) } split ' ', $1 =~ s/[;&|].*//r =~ s/"[^"]*"//gr;
            }
            if ($command =~ m{^(?:out/bin/)?(probegen(?: audit| diff| from)?|h2otrace(?: doctor)?)\s+(.*)}) {
                my ($program, $rest) = ($1, $2);
                $rest =~ s/\$\([^)]*\)|'[^']*'//g;
                push @bad_options, grep { !$options{$program}{$_} } map { s/=.*//r } grep { /^-/ } split ' ', $rest;
            }
            # NAME and SLUG stand for something
            push @bad_files, grep { !/NAME|SLUG/ && !-e } grep { m{^(?:gen|runtime|probes|t|\.ci)/[\w./-]*\w$} } split ' ', $command;
        }
        my $folder = $document =~ m{^(.*/)} ? $1 : '';
        my @bad_links = grep { !m{^https?://} && !-e "$folder$_" } slurp($document) =~ /\]\(([^)#]+)\)/g;
        is_deeply(\@bad_links, [], "$document links only to files that exist");
        is_deeply(\@bad_targets, [], "$document names only targets that make help lists");
        is_deeply(\@bad_options, [], "$document names only options that the programs have");
        is_deeply(\@bad_files, [], "$document names only files that exist");
    }
}

# what has to be there to build; gcc brings the C library's headers, and Debian has what is in build-essential anyway
my @to_build = slurp('.ci/packages') =~ /^\[build\]\n(.*?)^\[/ms ? split(' ', $1) : ();
my ($named) = slurp('README.md') =~ /^\* To build: the Debian packages (.*?)\./ms;
is_deeply([sort split /,\s+/, $named], [grep { $_ ne 'libc6-dev' } sort @to_build], 'README.md names the packages to build with');
my ($depends) = slurp('debian/control') =~ /^Build-Depends:\n((?: .*\n)+)/m;
is_deeply([sort grep { $_ ne 'debhelper-compat' } $depends =~ /^ ([\w-]+)/mg], [grep { !/^(?:gcc|libc6-dev|make)$/ } sort @to_build],
    '... and so does debian/control');

# each folder's notes say what each of its files is for
for my $folder (qw(gen runtime)) {
  SKIP: {
        skip "$folder/NOTES.md does not exist yet", 1 if !-e "$folder/NOTES.md";
        my $notes = slurp("$folder/NOTES.md");
        my @sources = map { s{^\Q$folder\E/}{}r } split /\n/, run(['find', $folder, '-type', 'f'])->{out};
        my @missing = grep { $notes !~ /`\Q$_\E`/ } grep { /\.(?:c|l|y|def|S|bpf\.h)$/ } @sources;
        my @gone = grep { my $name = $_; !/NAME/ && !grep { -e "$_/$name" } '.', 'gen', 'runtime', "$O/gen/h2otrace" } $notes =~ /`([\w.\/]+\.(?:c|h|l|y|def|S))`/g;
        is_deeply([@missing], [], "$folder/NOTES.md names every source file of its folder");
        is_deeply([@gone], [], "$folder/NOTES.md names no file that is not there");
    }
}
done_testing();
