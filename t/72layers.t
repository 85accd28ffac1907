#!/usr/bin/perl
# ASSERTION: the sources stand in layers, and include lines say which: no file includes one of a layer above its own, no modules include each
# other in a circle, a name stands in one header, and none of h2o's in any. Folders and functions stay small enough to be looked over. `prove -v`
# prints who includes whom.

use strict;
use warnings;
use lib 't/lib';
use File::Find ();
use JSON::PP;
use Probegen;
use Test::More;

# Folders, the lowest layer first. A file includes its own folder and layers below; folders in one row do not include each other.
my @common = (['runtime/common'], ['runtime/usdt']);
my @tracer = (@common, ['runtime/rights', 'runtime/choose'], ['runtime/assemble'], ['runtime/structs', 'runtime/bpf', 'runtime/output'], ['runtime/record'], ['runtime/survey', 'runtime/processes', 'runtime/view'], ['runtime/connection', 'runtime/stat', 'runtime/view/http'], ['runtime/doctor', 'runtime/options'], ['runtime/targets'], ['runtime']);
my @probegen = (
    @common, ['gen/temporary'], ['gen/base'], ['gen/print'], ['gen/syntax'], ['gen/d', 'gen/map'], ['gen/model'], ['gen/emit'], ['gen/emit/usdt'],
    ['gen/audit/evidence', 'gen/diff/side'],
    ['gen/audit/calls', 'gen/audit/binary', 'gen/audit/trace', 'gen/audit/report', 'gen/diff/compare'],
    ['gen/audit/report/html', 'gen/diff/report', 'gen/from/binary'],
    ['gen/audit', 'gen/diff', 'gen/dtrace', 'gen/from'], ['gen'],
);
my @exerciser = (['gen/exerciser']);
my %layers_of = (runtime => \@tracer, gen => \@probegen, 'gen/exerciser' => \@exerciser);
# where the compiler looks for what an include line names
my %include_path = (runtime => ['runtime'], gen => ['gen', 'runtime'], 'gen/exerciser' => ['gen/exerciser']);

my $MAX_FILES = 22;    # of a folder
my $MAX_LINES = 60;    # of a function

# text of the headers that probegen writes: no headers of its own
my %is_text = map { ("gen/emit/usdt/$_.h" => 1) } qw(site semaphore);

# ---- files, and what they include ----

sub folder_of { return $_[0] =~ s{/[^/]*$}{}r }
# a .c, .l or .y file and its headers are one: NAME.h for all, NAME_int.h for the files that do the same work
sub module_of { return $_[0] =~ s{(?:_int)?\.[^/]*$}{}r }
# what the files of a front end share among themselves is no module
sub is_shared { return $_[0] =~ m{^gen/(?:d|map)/front\.h$} }

sub program_of
{
    my ($file) = @_;
    return $file =~ m{^gen/exerciser/} ? 'gen/exerciser' : $file =~ s{/.*}{}r;
}

my (@files, %num_files);
File::Find::find({no_chdir => 1, wanted => sub {
    $File::Find::prune = 1 if $_ eq 'gen/made';    # of a tarball
    push @files, $_ if -f;
}}, 'gen', 'runtime');
@files = sort @files;
++$num_files{folder_of($_)} for @files, glob 't/unit/* t/unit/*/*';
my @sources = grep { /\.(?:c|h|l|y|def)$/ && !$is_text{$_} } @files;
my %text = map { $_ => slurp($_) } @sources;

my (%rank, @lost, @unnamed, @upwards, %includes, %matrix);
for my $program (keys %layers_of) {
    my $rows = $layers_of{$program};
    for my $row (0 .. $#$rows) {
        $rank{$program}{$_} = $row for @{$rows->[$row]};
    }
}
for my $file (@sources) {
    my ($program, $folder) = (program_of($file), folder_of($file));
    my $rank = $rank{$program};
    while ($text{$file} =~ /^[ \t]*#[ \t]*include[ \t]+"([^"]+)"/mg) {
        my $name = $1;
        my $made = $name =~ s/\.h$//r;
        # what flex and bison make stands in the folder of what it is made of
        my ($path) = grep { -e } map { ("$_/$name", "$_/$made.l", "$_/$made.y") } @{$include_path{$program}};
        if (!defined $path) {
            push @lost, "$file: $name";
            next;
        }
        my $to = folder_of($path);
        push @unnamed, "$file: $name" if $name !~ m{/} && $to ne $program;
        push @upwards, "$file: $name" if $to ne $folder && ($rank->{$to} // 99) >= ($rank->{$folder} // -1);
        $includes{module_of($file)}{module_of($path)} = 1
            if module_of($path) ne module_of($file) && !is_shared($file) && !is_shared($path);
        ++$matrix{$folder}{$to};
    }
}
is(join("\n", uniq(grep { !defined $rank{program_of("$_/")}{$_} } map { folder_of($_) } @sources)), '', 'every folder is in a layer');
is(join("\n", @lost), '', 'every include line names a file that is there');
is(join("\n", @unnamed), '', '... and its layer');
is(join("\n", @upwards), '', 'no file includes one of the same layer elsewhere, or of a layer above');

sub uniq
{
    my %seen;
    return grep { !$seen{$_}++ } @_;
}

# ---- circles ----

# everything that can be reached from a module
sub reached_from
{
    my ($module) = @_;
    my %reached;
    my @open = keys %{$includes{$module} || {}};
    while (defined(my $next = pop @open)) {
        push @open, keys %{$includes{$next} || {}} if !$reached{$next}++;
    }
    return \%reached;
}

my %reached = map { $_ => reached_from($_) } keys %includes;
my %circles;
for my $module (sort keys %reached) {
    next if !$reached{$module}{$module};
    my @members = grep { $reached{$_} && $reached{$_}{$module} } sort keys %{$reached{$module}};
    $circles{"@members"} = 1;
}
is(join("\n", sort keys %circles), '', 'no modules include each other in a circle');

# ---- who includes whom ----

my @folders = uniq(map { @$_ } @tracer, @probegen, @exerciser);
my ($width) = sort { $b <=> $a } map { length } @folders;
note('lines of the folder on the left that include the one with that number');
note(sprintf "%2s %-${width}s%s", '', '', join '', map { sprintf '%4d', $_ + 1 } 0 .. $#folders);
for my $i (0 .. $#folders) {
    my $row = join '', map { sprintf '%4s', $matrix{$folders[$i]}{$_} || ($_ eq $folders[$i] ? '-' : '') } @folders;
    note(sprintf "%2d %-${width}s%s", $i + 1, $folders[$i], $row =~ s/ +$//r);
}

# ---- names in headers ----

# C without comments, strings and directives; and the names of its macros
sub strip
{
    my ($text) = @_;
    my %macros;
    $text =~ s{/\*.*?\*/|//[^\n]*|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')}{defined $1 ? '""' : ' '}gse;
    $text =~ s/\\\n/ /g;
    while ($text =~ /^[ \t]*#[ \t]*(define|undef)[ \t]+(\w+)/mg) {
        $1 eq 'define' ? $macros{$2} = 1 : delete $macros{$2};
    }
    $text =~ s/^[ \t]*#.*$//mg;
    return ($text, keys %macros);
}

# What a header exports: macros, types, tags, enumeration constants, functions and variables.
sub names_of
{
    my ($path) = @_;
    my ($text, @names) = strip($text{$path});
    @names = grep { $_ ne guard_of($path) } @names;
    my $parentheses = qr/(\((?:[^()]++|(?-1))*\))/;
    my $braces = qr/(\{(?:[^{}]++|(?-1))*\})/;
    $text =~ s/__attribute__\s*$parentheses//g;

    push @names, map { "$_->[0] $_->[1]" } grep { defined $_->[1] } map { [split] } $text =~ /\b((?:struct|union|enum)\s+\w+)\s*\{/g;
    while ($text =~ /\benum\b\s*\w*\s*\{([^}]*)\}/g) {
        push @names, map { /^\s*(\w+)/ ? $1 : () } split /,/, $1 =~ s/$parentheses//gr;
    }
    # what is left at the top: declarations; the body of a function ends one like a semicolon
    $text =~ s/extern\s*""\s*\{//g;
    $text =~ s/\)\s*$braces/);/g;
    $text =~ s/$braces//g;
    for my $declaration (split /;/, $text) {
        if ($declaration =~ /^\s*typedef\b(.*)/s) {
            my $rest = $1;
            push @names, $rest =~ /\(\s*\*\s*(\w+)/ || $rest =~ /(\w+)\s*(?:\[.*)?$/s || $rest =~ /(\w+)\s*\(/ ? $1 : ();
        } elsif ($declaration =~ /(\w+)\s*\(/ || $declaration =~ /\bextern\b.*?(\w+)\s*(?:\[.*)?$/s) {
            push @names, $1;
        }
    }
    return uniq(@names);
}

sub guard_of
{
    return uc($_[0]) =~ s/\W/_/gr;
}

my @headers = grep { /\.h$/ } @sources;
my %exported;    # name -> its headers
for my $path (@headers) {
    push @{$exported{$_}}, $path for names_of($path);
}
cmp_ok(scalar keys %exported, '>=', 3 * @headers, scalar(keys %exported) . ' names of ' . @headers . ' headers were found')
    or diag(join ' ', sort keys %exported);
# one of each kind
is(join(' ', grep { !$exported{$_} } 'PG_RESERVE', 'str_t', 'struct st_json_t', 'DIAG_NUM_TAGS', 'diag_report', 'emitters'), '', '... of every kind');
is(join("\n", map { "$_: @{$exported{$_}}" } grep { @{$exported{$_}} > 1 } sort keys %exported), '', 'no name is exported by two headers');

my @misguarded = grep { my $guard = guard_of($_); $text{$_} !~ /^#ifndef $guard\n#define $guard$/m } @headers;
is(join("\n", @misguarded), '', 'the guard of a header follows its path');

# ---- sizes ----

is(join("\n", map { "$_: $num_files{$_}" } grep { $num_files{$_} > $MAX_FILES } sort keys %num_files), '', "no folder has more than $MAX_FILES files");

my (@long, $num_functions);
for my $file (grep { /\.[chly]$/ } @sources) {
    # a function begins with its declaration at the margin, and ends with the next brace there
    while ($text{$file} =~ /^(\w[^\n;{}#]*\n(?:[ \t]+[^\n;{}#]*\n)*)\{\n(.*?)^\}$/msg) {
        my ($declaration, $body) = ($1, $2);
        my $num = "$declaration$body" =~ tr/\n// + 2;
        ++$num_functions;
        push @long, "$file: " . ($declaration =~ /(\w+)\(/)[0] . ", $num lines" if $num > $MAX_LINES;
    }
}
cmp_ok($num_functions, '>', 1000, "$num_functions functions were found");
is(join("\n", @long), '', "none of them is longer than $MAX_LINES lines");

# ---- what belongs to probes/ ----

my $model = decode_json(run_ok([$PROBEGEN, '--dump=json', glob('probes/*.d'), glob('probes/*.map')], 'h2o\'s definitions are read')->{out});
my %is_h2o = map { $_->{name} => 1, map({ $_->{name} => 1 } grep { $_->{name} =~ /_/ } @{$_->{probes}}) } @{$model->{providers}};
for my $path (glob 'probes/*.d probes/*.map') {
    my ($code) = strip(slurp($path));
    $is_h2o{$1} = 1 while $code =~ /\bstruct (st_\w+)/g;
}
cmp_ok(scalar keys %is_h2o, '>', 100, scalar(keys %is_h2o) . ' names of providers, probes and structs were found');
my @named;
for my $file (@sources) {
    my ($code) = strip($text{$file});
    push @named, map { "$file: $_" } uniq(grep { $is_h2o{$_} } $code =~ /(\w+)/g);
}
is(join("\n", @named), '', 'no source knows one of them');

done_testing();
