#!/usr/bin/perl
# ASSERTION: every emitter writes exactly the files of t/golden/expected for the sample definitions; the same again, from elsewhere, in any
# folder; without date and path; what would not change is not touched; and the definitions of h2o, quicly and picotls are there to the last one.

use strict;
use warnings;
use lib 't/lib';
use JSON::PP;
use Probegen;
use Test::More;

my $accept = "to accept: make golden\n";
my $dir = temp_dir();
my @sample = ('t/golden/sample.d', 't/golden/sample.map');
my @options = ('--tracer=sample');

sub files_of
{
    my ($folder) = @_;
    return map { $_ => slurp("$folder/$_") } list_files($folder, qr/[^.]/);
}

# ---- against the golden files ----

my $result = run_ok([$PROBEGEN, '-o', "$dir/a", @options, @sample], 'all emitters write the sample');
my %expected = files_of('t/golden/expected');
my %got = files_of("$dir/a");
same_text($result->{err}, delete $expected{'warnings.txt'}, 'the warnings', $accept);
is($result->{out}, '', 'nothing is printed');
for my $kind ('json', 'ir', 'ast') {
    my $dump = run_ok([$PROBEGEN, "--dump=$kind", @sample], "--dump=$kind");
    same_text($dump->{out}, delete $expected{"dump.$kind"}, "--dump=$kind prints what it shall", $accept);
}
is(join(' ', sort keys %got), join(' ', sort keys %expected), 'the files are those that are expected') or diag($accept);
# the fixed text of headers for programs: once in each of them, and not in the golden files
my %fixed = map { $_ => slurp($_) } 'gen/emit/usdt/semaphore.h', 'gen/emit/usdt/site.h';
sub without_fixed
{
    my ($text) = @_;
    $text =~ s/\Q$fixed{$_}\E/[$_]\n/ for sort keys %fixed;
    return $text;
}
for my $name (sort keys %expected) {
    same_text(without_fixed($got{$name}), $expected{$name}, $name, $accept);
}

# ---- each emitter alone ----

my $list = run_ok([$PROBEGEN, '--list-emitters'], '--list-emitters');
my @emitters = $list->{out} =~ /^\s*(\w+)\s/mg;
ok(@emitters >= 7, 'emitters are listed');
my %union;
for my $name (@emitters) {
    run_ok([$PROBEGEN, '-o', "$dir/$name", '-e', $name, @options, @sample], "--emit=$name alone");
    my %alone = files_of("$dir/$name");
    ok(keys %alone > 0, '... writes files');
    is(join(' ', grep { !defined $got{$_} || $alone{$_} ne $got{$_} } sort keys %alone), '', '... the same as with the others');
    %union = (%union, %alone);
}
is(join(' ', sort keys %union), join(' ', sort keys %got), 'together they are all files');
my ($first, $second) = @emitters;
run_ok([$PROBEGEN, '-o', "$dir/two", "--emit=$first,$second", @options, @sample], '--emit with two names');
is(scalar(list_files("$dir/two", qr/[^.]/)), list_files("$dir/$first", qr/[^.]/) + list_files("$dir/$second", qr/[^.]/), '... writes the files of both');

# ---- the same everywhere ----

sub is_same_as_golden
{
    my ($folder, $what) = @_;
    my %again = files_of($folder);
    is(join(' ', grep { !defined $again{$_} || $again{$_} ne $got{$_} } sort keys %got), '', $what);
}

run_ok([$PROBEGEN, '-o', "$dir/b", @options, @sample], 'a second run');
is_same_as_golden("$dir/b", '... writes the same bytes');
mkdir "$dir/elsewhere" or die $!;
run_ok([$PROBEGEN, '-o', 'c', @options, map { "$ROOT/$_" } @sample], 'a run in another folder, with absolute paths', dir => "$dir/elsewhere");
is_same_as_golden("$dir/elsewhere/c", '... writes the same bytes');
run_ok([$PROBEGEN, '-o', "$dir/d", @options, reverse @sample], 'with the map before the definitions');
is_same_as_golden("$dir/d", '... it writes the same bytes');
{
    local $ENV{TZ} = 'Asia/Tokyo';
    local $ENV{LC_ALL} = 'de_DE.UTF-8';
    local $ENV{SOURCE_DATE_EPOCH} = 1;
    run_ok([$PROBEGEN, '-o', "$dir/e", @options, @sample], 'in another zone and language');
    is_same_as_golden("$dir/e", '... it writes the same bytes');
}

my $all = join '', map { $got{$_} } sort keys %got;
unlike($all, qr{t/golden|\Q$dir\E|\Q$ROOT\E|/tmp|/home}, 'no path in the output');
my ($year, $month) = ((localtime)[5] + 1900, (localtime)[4]);
unlike($all, qr/\b$year\b|\b\d\d:\d\d\b/, 'no date and no time');
unlike($all, qr/[ \t]$/m, 'no blanks at the end of a line');
unlike($all, qr/\r|\t/, 'no tabs');
is(join(' ', grep { $got{$_} !~ /[^\n]\n\z/ } sort keys %got), '', 'each file ends with one newline');

# ---- files that would not change are not touched ----

my $long_ago = time - 100000;
my %before;
for my $name (sort keys %got) {
    utime $long_ago, $long_ago, "$dir/a/$name" or die $!;
    $before{$name} = join ' ', (stat "$dir/a/$name")[1, 9];
}
run_ok([$PROBEGEN, '-o', "$dir/a", @options, @sample], 'a run over the same files');
is(join(' ', grep { join(' ', (stat "$dir/a/$_")[1, 9]) ne $before{$_} } sort keys %got), '', '... touches none of them');
my $changed = slurp($sample[0]);
$changed =~ s/int rows/long rows/ or die;
spit("$dir/sample.d", $changed);
run_ok([$PROBEGEN, '-o', "$dir/a", @options, "$dir/sample.d", $sample[1]], 'a run with one type changed');
my @touched = grep { join(' ', (stat "$dir/a/$_")[1, 9]) ne $before{$_} } sort keys %got;
is(join(' ', @touched), 'catalog.c db__1-probes.h events.h exerciser.c probes.md', '... touches the files that depend on it, and no others');
is(scalar(list_files("$dir/a", qr/[^.]/)), scalar(keys %got), '... and leaves nothing else');

# ---- the definitions as a whole ----

# An independent look at the definitions: without comments, each `probe name(...)`, its arguments counted by their commas.
my %known = (h2o => 36, quicly => 93, picotls => 6);
my ($num_args, %args) = (0);
for my $provider (sort keys %known) {
    my $text = slurp("probes/$provider.d");
    $text =~ s{/\*.*?\*/|//[^\n]*}{ }sg;
    my @probes = $text =~ /\bprobe\s+(\w+)\s*\(([^)]*)\)\s*;/g;
    is(@probes / 2, $known{$provider}, "$provider.d has $known{$provider} probes");
    while (my ($name, $list) = splice @probes, 0, 2) {
        my @list = map { s/\s+/ /gr =~ s/^ | $//gr } grep { /\S/ } split /,/, $list;
        $args{"$provider:$name"} = \@list;
        $num_args += @list;
    }
}
is($num_args, 515, 'together they have 515 arguments');
my $model = decode_json(run_ok([$PROBEGEN, '--dump=json', glob('probes/*.d'), glob('probes/*.map')], '--dump=json of all definitions')->{out});
my %seen;
for my $provider (@{$model->{providers}}) {
    for my $probe (@{$provider->{probes}}) {
        my $key = "$provider->{name}:$probe->{name}";
        my @list = map { my $type = $_->{type}; defined $_->{name} ? $type . ($type =~ /\*$/ ? '' : ' ') . $_->{name} : $type } @{$probe->{args}};
        $seen{$key} = join ', ', @list;
        my $line = (split /\n/, slurp($provider->{file}))[$probe->{line} - 1];
        like($line, qr/\bprobe\s+$probe->{name}\b/, "$key: the line is right") if @list % 5 == 0;
    }
}
is(scalar(keys %seen), 135, 'the model has 135 probes');
is(join(' ', grep { !defined $seen{$_} || $seen{$_} ne join(', ', map { s/ ?\* ?/ */gr } @{$args{$_}}) } sort keys %args), '',
   'types and names of all arguments are those of the files');

# ---- files that are larger than what is kept of them in memory ----

# What is printed of thousands of probes differs from the old files at their end, in their midst and from the beginning.
sub large {
    my ($name, @first) = @_;
    return "provider large {\n" . join('', map { "    probe probe_$_(struct st_c *c, const char *name, size_t name_len, int $name);\n" } @first, 1 .. 2000)
        . "    probe last(int $name);\n};\n";
}
my @large = (large('x'), large('x') =~ s/last/least/r, large('x') =~ s/probe_1000\b/probe_x/r, large('y'), large('x', 'a' .. 'c'), large('x'));
my $large = temp_dir();
for my $i (0 .. $#large) {
    spit("$large/large.d", $large[$i]);
    my $again = run([$PROBEGEN, '-o', "$large/again", "$large/large.d"]);
    my $new = run([$PROBEGEN, '-o', "$large/new-$i", "$large/large.d"]);
    ok($again->{status} == 0 && $new->{status} == 0, "large definition $i is written over the one before") or diag($again->{err}, $new->{err});
    my $difference = run(['diff', '-r', "$large/again", "$large/new-$i"]);
    is($difference->{out}, '', '... with the same bytes as into a new folder, and nothing else is there');
}

done_testing();
