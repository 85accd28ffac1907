#!/usr/bin/perl
# ASSERTION: `probegen diff` tells every kind of change, and whom it breaks, as t/cases/diff has them; of random pairs of definitions it says "breaking"
# exactly where an oracle that reads only --dump=ir and the declarations finds that names, numbers or layouts are not what they were; a definition has
# no difference with itself; binaries are compared with binaries and with definitions; each format says the same, is safe whatever names are made of,
# and JSON agrees with its schema; the policy and the exit statuses are as --help says; large definitions take no time to speak of.

use strict;
use warnings;
use lib 't/lib';
use Cli;
use JSON::PP;
use Probegen;
use Test::More;

my $accept = "to accept: make golden\n";
my $dir = temp_dir();
my @users = qw(scripts json records);

sub diff
{
    return run([$PROBEGEN, 'diff', @_], dir => $dir);
}

sub diff_json
{
    my $result = diff('--format=json', '--fail-on=none', @_);
    return eval { decode_json($result->{out}) } || {changes => [], error => $result->{err}};
}

# A program that tests need: without it they are skipped, in CI they fail.
sub has
{
    my ($what, @command) = @_;
    return 1 if run(\@command)->{status} == 0;
    ok(0, "$what is there") if $ENV{CI};
    return 0;
}

# "kind:BCB" for each change: B breaking, C compatible, U unknown for scripts, JSON, records
sub told
{
    my ($json) = @_;
    return join ' ', map { my $change = $_; "$change->{kind}:" . join '', map { uc substr $change->{$_}, 0, 1 } @users } @{$json->{changes}};
}

# ---- the cases ----

my @cases = list_files('t/cases/diff', qr/^\w+$/);
ok(@cases > 50, 'there are cases');
my (%documents, %kinds);
for my $case (@cases) {
    my $folder = "t/cases/diff/$case";
    my $table = run([$PROBEGEN, 'diff', 'old', 'new'], dir => $folder);
    same_text($table->{out}, -e "$folder/table.txt" ? slurp("$folder/table.txt") : undef, "$case: the table", $accept);
    is($table->{status}, $table->{out} =~ /BREAKING/ ? 1 : 0, '... and the exit status');
    is(run([$PROBEGEN, 'diff', 'old', 'new'], dir => $folder)->{out}, $table->{out}, '... which is the same every time');
    for my $side ('old', 'new') {
        my $itself = run([$PROBEGEN, 'diff', $side, $side], dir => $folder);
        like("$itself->{status} $itself->{out}", qr/\A0 no changes: \d+ probes?\n\z/, "... the $side side has no difference with itself");
    }

    my $json = $documents{$case} = decode_json(run([$PROBEGEN, 'diff', '--format=json', 'old', 'new'], dir => $folder)->{out});
    ++$kinds{$_->{kind}} for @{$json->{changes}};
    my %breaking = map { my $user = $_; ($user => scalar grep { $_->{$user} eq 'breaking' } @{$json->{changes}}) } @users;
    is_deeply($json->{verdict}{breaking}, \%breaking, '... JSON counts what breaks');
    is($json->{verdict}{failed}, $table->{status} ? JSON::PP::true : JSON::PP::false, '... and tells the exit status');
    like($table->{out}, qr/^\Q$json->{verdict}{text}\E\n\z/m, '... the last line of the table is the verdict');
    my $flat = $table->{out} =~ s/ +(?:BREAKING|ok|\?)(?: +(?:BREAKING|ok|\?)){2}$//mgr =~ s/\s+//gr;
    my @untold = grep { index($flat, $_->{text} =~ s/\s+//gr) < 0 } grep { $_->{kind} !~ /^probe-(?:added|removed)$/ } @{$json->{changes}};
    is(join(', ', map { $_->{text} } @untold), '', '... the table has all that JSON has');
    is((grep { length > 80 } split /\n/, $table->{out}), 0, '... in 80 columns');
    my $markdown = run([$PROBEGEN, 'diff', '--format=markdown', 'old', 'new'], dir => $folder)->{out};
    my $rows = () = $markdown =~ /^\| .* \| (?:\*\*BREAKING\*\*|ok) \| \S+ \| \S+ \|$/mg;
    is($rows, (grep { $_->{kind} !~ /^probe-(?:added|removed)$/ || !grep { $_->{kind} =~ /^provider-(?:added|removed)$/ } @{$json->{changes}} }
        @{$json->{changes}}) + ($case eq 'source_tree'), '... Markdown has a row for each change') if $case ne 'source_tree';
}
my @defined = slurp('gen/diff/compare/changes.def') =~ /^CHANGE\(\w+, "([\w-]+)",/mg;
is_deeply([sort keys %kinds], [sort grep { $_ ne 'argument-operands' } @defined], 'there is a case of every kind of change that definitions can have');

# the same told in the shape of sentences that can be read without the goldens
sub tells
{
    my ($old, $new, $expected, $what) = @_;
    spit("$dir/old.d", "provider app {\n$old\n};\n");
    spit("$dir/new.d", "provider app {\n$new\n};\n");
    my $got = told(diff_json('old.d', 'new.d'));
    is($got, $expected, $what);
}
my ($a, $b, $c) = ('probe a(int x);', 'probe b(long x);', 'probe c(int x);');
tells("$a $b", "$a $b $c", 'probe-added:CCC', 'a probe after all others breaks nobody');
tells("$a $b", "$c $a $b", 'probe-added:CCB record-ids:CCB', 'in front of them it breaks records');
tells($a, "$b $c $a", 'probe-added:CCB probe-added:CCB record-ids:CCB', '... two of them as well, though the second has an id that is new');
tells("$a $b", $a, 'probe-removed:BBB', 'a probe that goes breaks all');
tells("$a $b $c", 'probe z(int x); probe b(long x); probe c(int x);', 'probe-renamed:BBC', 'one that is renamed breaks who names it');
tells("$a $c", 'probe y(int x); probe z(int x);', 'probe-removed:BBB probe-removed:BBB probe-added:CCB probe-added:CCB', 'which of two was renamed is not guessed');
tells('probe a(int x, int y);', 'probe a(int x, int z);', 'argument-renamed:CBC', 'an argument that is renamed breaks JSON alone');
tells('probe a(int x, long y);', 'probe a(long y, int x);', 'argument-moved:BCB', 'arguments that change places do not break JSON');
tells('probe a(int x);', 'probe a(unsigned x);', 'argument-type:CCC', 'a sign breaks nobody');
tells('probe a(int x);', 'probe a(int x, const char *s);', 'argument-added:CCB', 'an argument after the others breaks records alone');
tells('probe a(int x, long y, long z);', 'probe a(int x, const char *s);', 'argument-removed:BBB argument-removed:BBB argument-added:BCB',
    'a string needs a slot, though the members are as large as before');
tells('probe a(int x, int y, long z, long w);', 'probe a(int x, int v, long w, long z);', 'argument-removed:BBB argument-added:BCB argument-moved:BCB',
    'what stands before another one is not at the same place');
tells('probe a(const char *s, size_t s_len);', 'probe a(int x, const char *s, size_t s_len);', 'argument-added:BCB', 'a length that moves with its text is the same length');

# ---- an oracle ----

# what --dump=ir says: probe -> {id, size, slots, fields => {name => [...]}}
sub records_of
{
    my ($file) = @_;
    my (%records, $probe);
    for my $line (split /\n/, run([$PROBEGEN, '--dump=ir', $file], dir => $dir)->{out}) {
        if ($line =~ /^(\d+) \w+:(\w+): (\d+) bytes and (\d+) slots$/) {
            $probe = $records{$2} = {id => $1, size => $3, slots => $4, fields => {}};
        } elsif ($line =~ /^ +(\d+) +(\d+) (\w+) +(\w+): argument \d+, bit (\d+)(.*)/) {
            my ($offset, $size, $kind, $name, $bit, $rest) = ($1, $2, $3, $4, $5, $6);
            my $form = $kind =~ /^(?:u?int|bool|pointer)$/ ? 'i' : $kind =~ /^(?:string|bytes)$/ ? 's' : $kind;
            $probe->{fields}{$name} = {kind => $kind, place => join ' ', $offset, $size, $bit, $form, $rest =~ /slot (\d+)/};
        }
    }
    return \%records;
}

my %class = ((map { $_ => 'integer' } 'int', 'unsigned', 'long', 'uint8_t', 'size_t', 'bool'), (map { $_ => $_ } 'float', 'double'),
    (map { $_ => 'text' } 'char *', 'const char *'), (map { $_ => 'bytes' } 'void *', 'const void *'), 'struct st_a *' => 'a', 'struct st_b *' => 'b');
my @types = sort keys %class;
my @names = qw(id fd name name_len data data_len num_data extra);

sub reads_same
{
    my ($old, $new) = @_;
    return $old eq $new || ($old eq 'bytes' && $new =~ /^(?:text|a|b)$/);
}

sub shows_same
{
    my ($old, $new) = @_;
    return $old eq $new || ($old =~ /^(?:u?int|float)$/ && $new =~ /^u?int$/);
}

my $state = 20261122;
sub roll
{
    my ($n) = @_;
    $state = ($state * 1103515245 + 12345) & 0x7fffffff;
    return int($state / 65536) % $n;
}
sub pick { return $_[roll(scalar @_)] }

sub random_args
{
    my %used;
    return map { {type => pick(@types), name => $_} } grep { !$used{$_}++ } map { pick(@names) } 1 .. roll(6);
}

# a new version of a list of {name, args}
sub change_probes
{
    my @probes = map { {name => $_->{name}, args => [map { {%$_} } @{$_->{args}}]} } @_;
    for (1 .. 1 + roll(4)) {
        my ($how, $at) = (roll(10), roll(scalar @probes));
        my $args = $probes[$at]{args};
        my $i = @$args ? roll(scalar @$args) : 0;
        my ($name) = grep { my $n = $_; !grep { $_->{name} eq $n } @$args } pick(@names), 'fresh', 'newer', 'newest';
        if ($how == 0) {
            splice @probes, $at, 0, {name => 'p' . (100 + roll(900)), args => [random_args()]};
        } elsif ($how == 1) {
            splice @probes, $at, 1 if @probes > 2;
        } elsif ($how == 2) {
            $probes[$at]{name} = 'p' . (1000 + roll(9000));
        } elsif ($how == 3) {
            my ($probe) = splice @probes, $at, 1;
            splice @probes, roll(@probes + 1), 0, $probe;
        } elsif ($how <= 5) {
            splice @$args, $i, 0, {type => pick(@types), name => $name} if @$args < 7;
        } elsif ($how == 6) {
            splice @$args, $i, 1;
        } elsif ($how == 7) {
            $args->[$i]{name} = $name if @$args;
        } elsif ($how == 8) {
            $args->[$i]{type} = pick(@types) if @$args;
        } else {
            push @$args, shift @$args if @$args;
        }
    }
    my %used;
    return grep { !$used{$_->{name}}++ } @probes;
}

sub definition_of
{
    return "provider app {\n" . join('', map { "    probe $_->{name}(" . join(', ', map { "$_->{type} $_->{name}" } @{$_->{args}}) . ");\n" } @_) . "};\n";
}

sub is_any_breaking
{
    my ($user, @changes) = @_;
    return (grep { $_->{$user} eq 'breaking' } @changes) ? 1 : 0;
}

# what the oracle thinks of a pair; @return disagreements
sub ask_oracle
{
    my ($old_probes, $new_probes, $json) = @_;
    my ($old_records, $new_records) = (records_of('old.d'), records_of('new.d'));
    my %new = map { $_->{name} => $_ } @$new_probes;
    my %renamed = map { $_->{old}{probe} => $_->{probe} } grep { $_->{kind} eq 'probe-renamed' } @{$json->{changes}};
    my (@wrong, $has_other_id, %seen);
    for my $probe (@$old_probes) {
        my $name = $renamed{$probe->{name}} || $probe->{name};
        my ($record, $now) = ($old_records->{$probe->{name}}, $new_records->{$name});
        my @changes = grep { defined $_->{probe} && $_->{probe} eq $name && $_->{kind} !~ /^probe-/ } @{$json->{changes}};
        if (!$new{$name}) {
            push @wrong, "$name is gone, and that is not told" if !grep { $_->{kind} eq 'probe-removed' && $_->{probe} eq $name } @{$json->{changes}};
            next;
        }
        $seen{$name} = 1;
        $has_other_id = 1 if $record->{id} != $now->{id};
        my %arg_now = map { $_->{old}{argument}{name} => $_->{new}{argument}{name} } grep { $_->{kind} eq 'argument-renamed' } @changes;
        my ($scripts, $members, $layout) = (0, 0, $record->{size} != $now->{size} || $record->{slots} != $now->{slots} ? 1 : 0);
        for my $i (0 .. $#{$probe->{args}}) {
            my $arg = $probe->{args}[$i];
            my $arg_name = $arg_now{$arg->{name}} || $arg->{name};
            my $other = $new{$name}{args}[$i];
            $scripts = 1 if !$other || $other->{name} ne $arg_name || !reads_same($class{$arg->{type}}, $class{$other->{type}});
            my ($field, $same_name, $same_arg) = ($record->{fields}{$arg->{name}}, $now->{fields}{$arg->{name}}, $now->{fields}{$arg_name});
            $members = 1 if !$same_name || !shows_same($field->{kind}, $same_name->{kind});
            $layout = 1 if !$same_arg || $same_arg->{place} ne $field->{place};
        }
        my %mine = (scripts => $scripts, json => $members, records => $layout);
        for my $user (@users) {
            push @wrong, "$name: $user: oracle says $mine{$user}" if is_any_breaking($user, @changes) != $mine{$user};
        }
    }
    for my $probe (@$new_probes) {
        next if $seen{$probe->{name}};
        my ($change) = grep { $_->{kind} eq 'probe-added' && $_->{probe} eq $probe->{name} } @{$json->{changes}};
        push @wrong, "$probe->{name} is new, and that is not told" if !$change;
        my $id = $new_records->{$probe->{name}}{id};
        push @wrong, "$probe->{name} has the id of an old one" if $change && $change->{records} ne 'breaking' && $id < keys %$old_records;
    }
    push @wrong, 'record ids' if is_any_breaking('records', grep { $_->{kind} eq 'record-ids' } @{$json->{changes}}) != ($has_other_id || 0);
    return @wrong;
}

my ($num_pairs, $num_changes, @disagreements) = ($SAN ? 60 : 250, 0);
for my $i (1 .. $num_pairs) {
    my %used;
    my @old = map { {name => $_, args => [random_args()]} } grep { !$used{$_}++ } map { 'p' . roll(40) } 0 .. 2 + roll(6);
    my @new = change_probes(@old);
    spit("$dir/old.d", definition_of(@old));
    spit("$dir/new.d", definition_of(@new));
    my $json = diff_json('old.d', 'new.d');
    $num_changes += @{$json->{changes}};
    push @disagreements, map { "pair $i: $_\n" . definition_of(@old) . definition_of(@new) . diff('old.d', 'new.d')->{out} } ask_oracle(\@old, \@new, $json);
    last if @disagreements;
}
is(join("\n", @disagreements), '', "the oracle agrees on $num_pairs random pairs");
ok($num_changes > $num_pairs, "... with $num_changes changes");

# ---- the project's own ----

is(run([$PROBEGEN, 'diff', 'probes', 'probes'])->{out}, "no changes: 135 probes\n", 'the definitions of this project have no difference with themselves');
is(run([$PROBEGEN, 'diff', "probes/$_.d", "probes/$_.d"])->{status}, 0, "... nor has $_.d") for qw(h2o picotls quicly);
{
    my $json = decode_json(run([$PROBEGEN, 'diff', '--format=json', 'probes/h2o.d', 'probes'])->{out});
    is($json->{old}{providers}, 1, 'a file of them');
    is($json->{new}{providers}, 3, '... and all of them');
    is($json->{kinds}{'provider-added'}, 2, '... differ by two providers');
    is($json->{verdict}{breaking}{scripts}, 0, '... which breaks no script');
}

# ---- maps for both sides ----

spit("$dir/old.d", "provider app { probe a(int x, const char *s); };\n");
spit("$dir/new.d", "provider app { probe a(int x, const char *s, int y); };\n");
spit("$dir/both.map", "flag app:a.y, app:a.x;\nsecret app:a.s;\nskip app:none;\nlength app:a.s = y;\n");
is(told(diff_json('--map=both.map', 'old.d', 'new.d')), 'argument-added:CCB member-shown:CBB', '--map: what one side does not have is no mistake there');
is(diff('--map=both.map', 'old.d', 'new.d')->{err}, '', '... nor worth a word');
is(diff('--map=none.map', 'old.d', 'new.d')->{status}, 3, '... but a map that is not there is');

# ---- old mistakes ----

spit("$dir/strange.d", "/* \@appdata {a} */\nprovider app {\n    probe a(struct st_x x, some_t y);\n    probe b(int x, int x);\n    probe B(int x);\n};\n");
{
    my $strange = diff('--fail-on=none', 'strange.d', 'new.d');
    is($strange->{status}, 0, 'definitions that no tracer can be made of are compared all the same');
    is(join(' ', sort $strange->{err} =~ /^strange\.d:\d+:\d+: (?:note|warning): .* \[(\w+)\]$/mg), 'E_APPDATA E_COLLISION E_DUP_ARG E_TYPE',
        '... with messages that say what is wrong');
    unlike($strange->{err}, qr/error/, '... and no error');
}
for my $bad ("provider app { probe a(int x int y); };\n", "provider app { probe a(int x); probe a(int x); };\n", '',
    "provider app { probe a(" . join(', ', map { "int x$_" } 1 .. 65) . "); };\n") {
    spit("$dir/bad.d", $bad);
    for my $sides (['bad.d', 'new.d'], ['new.d', 'bad.d']) {
        my $result = diff(@$sides);
        is($result->{status}, 3, 'mistakes that keep them from being compared: exit status 3');
        is($result->{out}, '', '... nothing is printed');
        like($result->{err}, qr/^bad\.d:\d+:\d+: error: .* \[E_\w+\]$/m, '... but the message');
    }
}
{
    spit("$dir/worse.d", "provider app { probe a(int x; };\n");
    my $result = diff('bad.d', 'worse.d');
    like($result->{err}, qr/^bad\.d:.*^worse\.d:/ms, 'mistakes of both sides are told');
    spit("$dir/notes.d", "provider app {\n" . join('', map { "probe p$_(struct st_x x);\n" } 1 .. 1000) . "};\n");
    my $told = diff('notes.d', 'notes.d')->{err};
    is(scalar(() = $told =~ /: warning: /g), 100, 'a thousand warnings are not: 50 of each side');
    is(scalar(() = $told =~ /^probegen: too many warnings of this kind, the rest is not shown$/mg), 2, '... and it is said that there are more');
}

# ---- binaries ----

# Makes a binary whose notes are [provider, name, operands], in assembler, so that nothing checks them.
sub make_binary
{
    my ($name, $bits, @notes) = @_;
    my $word = $bits == 64 ? '.8byte' : '.4byte';
    my $quote = sub { join ', ', map({ ord } split //, $_[0]), 0 };
    my $text = ".text\n.globl _start\n_start: nop\n.section .note.stapsdt, \"\", \"note\"\n";
    $text .= ".balign 4\n.4byte 8, 2f - 1f, 3\n.asciz \"stapsdt\"\n1: $word _start, 0, 0\n" . join('', map { '.byte ' . $quote->($_) . "\n" } @$_) . "2: .balign 4\n" for @notes;
    spit("$dir/$name.s", $text);
    run_ok(['gcc', "-m$bits", '-nostdlib', '-static', '-o', $name, "$name.s"], "$name is built", dir => $dir);
}

make_binary('one', 64, ['app', 'a', '-4@%edi 8@%rsi'], ['app', 'b', '4@%eax'], ['app', 'b', '8@%rax'], ['lib', 'x', '']);
make_binary('two', 64, ['app', 'a', '-8@%rdi 8@%rsi 8f@%xmm0'], ['app', 'b', '8@%rax'], ['app', 'b', '4@8(%rbp)'], ['lib', 'x', '']);
make_binary('float', 64, ['app', 'a', '4f@%xmm1 8@%rsi'], ['app', 'b', '4@%eax'], ['app', 'b', ''], ['app', 'c', 'what']);
make_binary('mixed', 64, ['app', 'c', '4@%eax'], ['app', 'c', '4f@%xmm0']);
make_binary('floats', 64, ['app', 'c', '4f@%xmm0']);
make_binary('small', 32, ['app', 'a', '-4@%edi 4@%esi'], ['app', 'b', '4@%eax']);
is(told(diff_json('one', 'one')), '', 'a binary has no difference with itself');
is(told(diff_json('one', 'two')), 'argument-operands:CUU argument-added:CUU', 'binaries: widths, and an argument after the others; the order of sites says nothing');
is(told(diff_json('two', 'one')), 'argument-operands:CUU argument-removed:BUU', '... and the other way round');
is(told(diff_json('one', 'float')), 'argument-operands:BUU argument-operands:BUU probe-added:CCU provider-removed:BBU probe-removed:BBU',
    '... a number that is a floating-point one now, a site that does not pass it, probes and providers');
is(told(diff_json('mixed', 'floats')), 'argument-operands:BUU', '... or one that is no integer anywhere now');
spit("$dir/app.d", "provider lib { probe x(void); };\nprovider app { probe a(int x, const char *s); probe b(unsigned y); };\n");
is(told(diff_json('app.d', 'one')), 'argument-operands:CUU', 'a definition and a binary: b has two widths, and their order is nothing');
like(diff('app.d', 'one')->{out}, qr/^      arg0 passed in 4 bytes -> 4 bytes or 8 bytes +ok +\? +\?$/m, '... told in words');
like(diff('app.d', 'one')->{out}, qr/^new  one: 3 probes, as they are built$/m, '... and that it is one');
is(told(diff_json('app.d', 'small')), 'provider-removed:BBU probe-removed:BBU', 'a definition and a binary of 32 bits: pointers have 4 bytes');
is(diff('app.d', 'small', '--fail-on=records')->{status}, 0, 'what is not known does not fail');
{
    make_binary('silent', 64);
    my $result = diff('app.d', 'silent');
    is($result->{status}, 3, 'a binary without probes is no side');
    like($result->{err}, qr/has no USDT probes/, '... and says so');
    my $bytes = slurp("$dir/one");
    spit("$dir/cut", substr $bytes, 0, 100);
    is(diff('app.d', 'cut')->{status}, 3, 'nor is one that is cut');
    my $at = index $bytes, "stapsdt\0";
    substr($bytes, $at + 8, 8) = "\xff" x 8;
    spit("$dir/elsewhere", $bytes);
    is(told(diff_json('one', 'elsewhere')), '', '... where a note points to is of no concern');
    substr($bytes, $at - 8, 4) = "\xff" x 4;
    spit("$dir/broken", $bytes);
    my $broken = diff('app.d', 'broken');
    is($broken->{status}, 3, '... but a note that is malformed is');
    like($broken->{err}, qr/1 note/, '... which is told');
    # a name with a dash, as sys/sdt.h takes it
    spit("$dir/dash.d", "provider app { probe order__start(int n); };\n");
    make_binary('dash', 64, ['app', 'order-start', '-4@%edi']);
    is(told(diff_json('dash.d', 'dash')), '', 'a dash in a name is two underscores');
}

# ---- text that is no name ----

my $evil = "a\e[31m|<script>\@root #1 [x](http://x) `b` *c* \x{85}\n\\";
utf8::encode($evil);
make_binary('evil', 64, [$evil, $evil, '4@%eax'], ['app', 'a', '-4@%edi 8@%rsi']);
for my $format ('table', 'json', 'markdown') {
    my $out = diff("--format=$format", 'one', 'evil')->{out};
    unlike($out, qr/[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]/, "names made of anything: nothing happens to the terminal ($format)");
    if ($format eq 'markdown') {
        my ($row) = grep { /root/ } split /\n/, $out;
        my $cells = () = $row =~ /(?<!\\)\|/g;
        is($cells, 6, '... a row of the table in Markdown is still one');
        unlike($row, qr/<script|\@root|(?<!\\)`|(?<!\\)\*c|(?<!\\)\[x/, '... and its cells are text');
    } elsif ($format eq 'json') {
        my ($change) = grep { $_->{kind} eq 'provider-added' } @{decode_json($out)->{changes}};
        my $name = $evil;
        utf8::decode($name);
        is($change->{provider}, $name, '... JSON has the name as it is');
    }
}

SKIP: {
    skip 'no cmark-gfm', 2 if !has('cmark-gfm', 'cmark-gfm', '--version');
    spit("$dir/evil.md", diff('--format=markdown', 'one', 'evil')->{out});
    my $html = run_ok(['cmark-gfm', '--unsafe', '-e', 'table', '-e', 'autolink', '-e', 'strikethrough', 'evil.md'], 'a renderer reads the Markdown', dir => $dir)->{out};
    my %tags = map { $_ => 1 } $html =~ /<(\w+)/g;
    is(join(' ', sort keys %tags), 'code h3 p strong table tbody td th thead tr', '... and makes no other elements of it');
}

# ---- the schema ----

SKIP: {
    skip 'no python3-jsonschema', 1 if !has('python3-jsonschema', 'python3', '-W', 'ignore', '-c', 'import jsonschema; jsonschema.Draft202012Validator');
    my @documents = map { [$_, $documents{$_}] } @cases;
    push @documents, ["$_->[0] $_->[1]", diff_json(@$_)] for ['one', 'two'], ['app.d', 'float'], ['one', 'evil'], ['strange.d', 'new.d'];
    my $extra = decode_json(encode_json($documents{together}));
    $extra->{changes}[0]{surprise} = 1;
    delete $extra->{changes}[1]{text};
    $extra->{changes}[2]{kind} = 'miracle';
    push @documents, ['wrong', $extra];
    spit("$dir/documents.json", encode_json(\@documents));
    my $check = <<'PYTHON';
import json, sys, jsonschema
schema = json.load(open("gen/diff/report/diff.schema.json"))
jsonschema.Draft202012Validator.check_schema(schema)
for name, document in json.load(open(sys.argv[1])):
    for error in jsonschema.Draft202012Validator(schema).iter_errors(document):
        print(name, list(error.absolute_path), error.message[:200])
PYTHON
    my $said = run_ok(['python3', '-W', 'ignore', '-c', $check, "$dir/documents.json"], 'the schema is one')->{out};
    is($said =~ s/^wrong .*\n//mgr, '', '... and all documents agree with it');
    is((() = $said =~ /^wrong .*(?:surprise|'text'|miracle)/mg), 3, '... but not one with a member too many, one too few and one that is wrong');
    my @slugs = @{decode_json(slurp('gen/diff/report/diff.schema.json'))->{'$defs'}{kind}{enum}};
    is_deeply([sort @slugs], [sort @defined], '... its kinds are those of changes.def');
}

# ---- the command line ----

is_helpful([$PROBEGEN, 'diff'], 'gen/diff/options.c');
is_refused([$PROBEGEN, 'diff', @$_], qr/\Aprobegen diff: it takes two things to compare, OLD and NEW, not ${\ scalar @$_}\n/,
    scalar(@$_) . ' sides') for [], ['a.d'], ['a.d', 'b.d', 'c.d'];
is_refused([$PROBEGEN, 'diff', 'a.d', 'b.map'], qr/\Aprobegen diff: 'b\.map' is a map, and says nothing without definitions/, 'a map as a side');
is_refused([$PROBEGEN, 'diff', 'git:HEAD', 'b.d'], qr/\Aprobegen diff: 'git:HEAD' names no file or folder: git:REV:PATH\n/, 'a revision without a path');
is_refused([$PROBEGEN, 'diff', '--map=a.d', 'a.d', 'b.d'], qr/'a\.d' is no map/, 'a map that is none');
is_refused([$PROBEGEN, 'diff', '--format=xml', 'a.d', 'b.d'], qr/--format takes table, json or markdown, not 'xml'\n/, 'an unknown format');
is_refused([$PROBEGEN, 'diff', "--fail-on=$_->[0]", 'a.d', 'b.d'], $_->[1], "--fail-on=$_->[0]")
    for ['everyone', qr/not 'everyone'/],
    ['json,none,x', qr/not 'x'/], ['', qr/, change or none, not ''/], [',', qr/not ','/];
my $help = run([$PROBEGEN, 'diff', '--help'])->{out};
like($help, qr/^ +$_ /m, "--help tells the format $_") for slurp('gen/diff/report/formats.def') =~ /^DIFF_FORMAT\((\w+),/mg;

my %policy = (
    'probe a(int x, int y);|probe a(int x, int z);' => {scripts => 0, json => 1, records => 0, 'scripts,json' => 1, change => 1, none => 0, 'scripts,records' => 0},
    'probe a(int x, int y);|probe a(int y, int x);' => {scripts => 1, json => 0, records => 1, json => 0, change => 1, none => 0},
    'probe a(int x);|probe a(unsigned x);' => {scripts => 0, json => 0, records => 0, change => 1, 'none,change' => 1, 'scripts,json,records' => 0},
    'probe a(int x);|probe a(int x);' => {scripts => 0, json => 0, records => 0, change => 0},
);
for my $pair (sort keys %policy) {
    my ($old, $new) = split /\|/, $pair;
    spit("$dir/old.d", "provider app { $old };\n");
    spit("$dir/new.d", "provider app { $new };\n");
    for my $list (sort keys %{$policy{$pair}}) {
        my $result = diff("--fail-on=$list", 'old.d', 'new.d');
        is($result->{status}, $policy{$pair}{$list}, "$pair: --fail-on=$list");
        like($result->{out}, $result->{status} ? qr/^FAILED: /m : qr/^(?:ok: \d|no changes: )/m, '... as the last line says');
    }
}

is(diff('old.d', 'none.d')->{status}, 3, 'a file that is not there: exit status 3');
like(diff('old.d', 'none.d')->{err}, qr/\Aprobegen: cannot read 'none\.d': No such file or directory \[E_FILE\]\n\z/, '... and one message');
mkdir "$dir/empty" or die $!;
like(diff('old.d', 'empty')->{err}, qr/'empty' has no definitions/, 'a folder without definitions');
spit("$dir/empty/only.map", "flag app:a.x;\n");
is(diff('old.d', 'empty')->{status}, 3, '... or with maps alone');
spit("$dir/empty/x.d", "provider app { probe a(int x); };\n");
mkdir "$dir/empty/folder.d" or die $!;
spit("$dir/empty/.hidden.d", "no definition\n");
is(diff('old.d', 'empty')->{status}, 1, '... folders in it and hidden files are not read');
run(['mkfifo', "$dir/empty/pipe.d"]);
is(diff('old.d', 'empty')->{status}, 3, '... and a pipe is no definition');
is(run("'$PROBEGEN' diff '$dir/old.d' /dev/stdin <'$dir/old.d'")->{out}, "no changes: 1 probe\n", 'but a side may be a pipe');

my $out = diff('-o', 'report.txt', '--fail-on=change', 'app.d', 'one');
is("$out->{status}$out->{out}$out->{err}", '1', '-o: nothing is printed');
is(slurp("$dir/report.txt"), diff('app.d', 'one', '--fail-on=change')->{out}, '... it is in the file');
is(diff('-o', 'report.txt', 'app.d', 'none.d')->{status}, 3, '... which stays as it is when something is missing');
ok(-s "$dir/report.txt", '... really');
is(diff('-o', 'report.txt/x', 'app.d', 'one')->{status}, 3, '... and one that cannot be written: exit status 3');
is(run([$PROBEGEN, 'diff', "$dir/app.d", "$dir/one"], stdout => '/dev/full')->{status}, 3, 'a full disk: exit status 3') if -w '/dev/full';

# ---- colours ----

SKIP: {
    skip 'no python3', 4 if !has('python3', 'python3', '--version');
    my $pty = 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)';
    my @command = ('python3', '-c', $pty, $PROBEGEN, 'diff', "$dir/app.d", "$dir/one");
    my $plain = diff("$dir/app.d", "$dir/one")->{out};
    unlike($plain, qr/\e/, 'no colours in a pipe');
    # what a wrapper of python3 may have to say comes first
    my $color = run(\@command)->{out} =~ s/\r//gr =~ s/\A.*?(?=^old  )//msr;
    like($color, qr/\e\[/, '... but on a terminal');
    is($color =~ s/\e\[\d+m//gr, $plain, '... of the same text');
    is(run(['env', 'NO_COLOR=1', @command])->{out} =~ s/\r//gr =~ s/\A.*?(?=^old  )//msr, $plain, '... unless NO_COLOR is set');
    unlike(run(['python3', '-c', $pty, $PROBEGEN, 'diff', '-o', "$dir/colors", "$dir/app.d", "$dir/one"])->{out} . slurp("$dir/colors"), qr/\e/, '... and never in a file');
}

# ---- large definitions ----

sub many
{
    my ($name, $num, $make) = @_;
    spit("$dir/$name", "provider app {\n" . join('', map { $make->($_) } 1 .. $num) . "};\n");
}
my $many = $SAN ? 2000 : 10000;
many('many.d', $many, sub { "    probe p$_[0](int a$_[0], const char *b, uint64_t c);\n" });
many('renamed.d', $many, sub { "    probe q$_[0](int a$_[0], const char *b, uint64_t c);\n" });
many('types.d', $many, sub { "    probe p$_[0](int x, struct st_$_[0] *y);\n" });
many('reversed.d', $many, sub { "    probe p" . ($many + 1 - $_[0]) . "(int a$_[0], const char *b, uint64_t c);\n" });
many('halves.d', $many, sub { $_[0] % 2 ? "    probe p$_[0](int a$_[0], const char *b, uint64_t c);\n" : "    probe q$_[0](struct st_$_[0] *x);\n" });
for my $pair (['many.d', 'renamed.d', 2 * $many], ['many.d', 'types.d', undef], ['many.d', 'reversed.d', undef], ['many.d', 'halves.d', undef],
    ['types.d', 'halves.d', undef], ['many.d', 'many.d', 0]) {
    my ($old, $new, $expected) = @$pair;
    my $result = diff('--format=json', '--fail-on=none', $old, $new);
    is($result->{status}, 0, "$many probes on each side: $old, $new") or diag($result->{err});
    my $changes = () = $result->{out} =~ /^  \{"kind"/mg;
    ok(defined $expected ? $changes == $expected : $changes >= $many / 2, "... $changes changes");
    my $markdown = diff('--format=markdown', '--fail-on=none', $old, $new)->{out};
    ok(length $markdown < 65536, '... of which a comment has as many as fit');
    is($markdown =~ /^… and \d+ more changes$/m ? 1 : 0, $changes ? 1 : 0, '... and says so');
}

done_testing();
