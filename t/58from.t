#!/usr/bin/perl
# ASSERTION: what probegen from makes of a binary, a library or a process is a definition of all its probes, with the number, width and sign of
# arguments that readelf shows, names and types where debug information has them, and a map whose every suggestion can be taken; the definition has
# no contradiction to the binary, and the tracer made of it shows the values that were passed. No binary makes it crash or write what cannot be read.

use strict;
use warnings;
use JSON::PP;
use lib 't/lib';
use BuildLock;
use Cli;
use Live ();
use Probegen;
use Test::More;

my $dir = temp_dir();
chmod 0755, $dir;
my @gcc = ($ENV{CC} || 'gcc', '-Wall', '-Wextra', "-I$dir");
my ($bank, $cases) = ("$dir/bank", "$ROOT/t/cases/from");
run_ok([$PROBEGEN, 'dtrace', '-h', '-s', "$cases/bank.d", '-o', "$dir/bank.h"], 'the header of the programs');
run_ok([@gcc, '-O2', '-g', '-o', $bank, "$cases/bank.c"], 'a program in C');

# ---- helpers ----

# The probes of a definition: "provider:name" => [[type, name], ...]
sub probes_of
{
    my @files = @_;
    my $model = decode_json(run([$PROBEGEN, '--dump=json', @files])->{out} || '{"providers": []}');
    my %probes;
    for my $provider (@{$model->{providers}}) {
        $probes{"$provider->{name}:$_->{name}"} = [map { [$_->{type}, $_->{name}] } @{$_->{args}}] for @{$provider->{probes}};
    }
    return \%probes;
}

# What readelf says: "provider:name" => [operands of each site]
sub sites_of
{
    my ($file) = @_;
    my (%sites, $provider, $name);
    for (split /\n/, run(['readelf', '-n', $file])->{out}) {
        $provider = $1 if /^    Provider: (\S+)/;
        $name = $1 if /^    Name: (\S+)/;
        push @{$sites{"$provider:$name"}}, [split ' ', $1] if /^    Arguments: ?(.*)/;
    }
    return \%sites;
}

# Writes the definition and the map of a binary; returns the name of the definition and its text.
my $num = 0;
sub definition_of
{
    my ($what, @arguments) = @_;
    my $base = "$dir/made-" . ++$num;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $made = run_ok([$PROBEGEN, 'from', @arguments], "$what: a definition");
    spit("$base.d", $made->{out});
    spit("$base.map", run_ok([$PROBEGEN, 'from', '--map', @arguments], "$what: a map")->{out});
    my $check = run_ok([$PROBEGEN, '-n', "$base.d", "$base.map"], "$what: both are right");
    is($check->{err}, '', '... without a warning');
    spit("$base.all.map", slurp("$base.map") =~ s/^#(?=[a-z}]| {4})//mgr);
    $check = run_ok([$PROBEGEN, '-n', "$base.d", "$base.all.map"], '... with every suggestion taken, too');
    is($check->{err}, '', '... without a warning');
    run_ok([$PROBEGEN, 'dtrace', '-h', '-s', "$base.d", '-o', "$base.h"], "$what: and a header");
    return ("$base.d", $made->{out}, $made->{err});
}

my %size_of = (char => 1, bool => 1, int8_t => 1, uint8_t => 1, int16_t => 2, uint16_t => 2, int => 4, 'unsigned int' => 4, uint32_t => 4, float => 4);

# The definition has what readelf has: the probes, how many arguments, how wide the widest value of each is.
sub is_as_readelf
{
    my ($what, $definition, @files) = @_;
    my ($probes, %sites) = (probes_of($definition));
    for my $file (@files) {
        my $of_file = sites_of($file);
        push @{$sites{$_}}, @{$of_file->{$_}} for keys %$of_file;
    }
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok(keys %sites > 0, "$what: readelf shows probes");
    is(join(' ', sort keys %$probes), join(' ', sort keys %sites), '... and the definition has them');
    my @wrong;
    for my $probe (sort keys %sites) {
        my (@widest, @is_float);
        for my $site (@{$sites{$probe}}) {
            for my $i (0 .. $#$site) {
                my ($size, $float) = $site->[$i] =~ /^-?(\d+)(f?)\@/;
                $widest[$i] = $size if $size > ($widest[$i] // 0);
                $is_float[$i] = 1 if $float;
            }
        }
        my @args = @{$probes->{$probe} || []};
        push @wrong, "$probe has " . @args . ', not ' . @widest if @args != @widest;
        for my $i (0 .. $#widest) {
            my $type = $args[$i] ? $args[$i][0] : '';
            push @wrong, "$probe $i is $type, not of $widest[$i]" if ($size_of{$type} // ($type =~ /^enum/ ? 4 : 8)) != $widest[$i];
            push @wrong, "$probe $i is $type" if !$is_float[$i] != ($type !~ /^(float|double)$/);
        }
    }
    is(join("\n", @wrong), '', '... with as many arguments of the same width and kind');
}

# An audit has nothing against it but what is unknown of lengths.
sub is_audited
{
    my ($what, $definition, $binary) = @_;
    my $audit = run([$PROBEGEN, 'audit', $definition, $definition =~ s/\.d$/.map/r, '--format=json', '--fail-on=error', '--binary', $binary]);
    my $report = decode_json($audit->{out} || '{}');
    my @findings = map { "$_->{id} $_->{target} $_->{text}" } map { @{$_->{findings}} } @{$report->{probes}};
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($audit->{status}, 0, "$what: the audit finds no error");
    # the sites of bank:member differ in width
    is(join("\n", grep { !/^P0(07|10|11|14|18) |^P027 bank:member\./ } sort @findings), '', '... and no warning');
    my $diff = run([$PROBEGEN, 'diff', $definition, $binary]);
    is($diff->{status}, 0, '... nor has diff') or diag($diff->{out});
}

# ---- C, with debug information ----

my ($made, $text) = definition_of('C', $bank);
is_as_readelf('C', $made, $bank);
is_audited('C', $made, $bank);
my $probes = probes_of($made);
sub args_are { is(join(', ', map { join ' ', @$_ } @{$probes->{"bank:$_[0]"}}), $_[1], "$_[0]: names and types") }
args_are('order__start', 'int id, const char * name, double arg2');
args_are('conn__open', 'struct conn * conn, uint64_t total');
args_are('member', 'int depth, uint64_t total, const char * peer');
args_are('login', 'const char * password, const uint8_t * session_key, size_t session_key_size');
args_are('bytes', 'const uint8_t * session_key, size_t session_key_size');
args_are('odd__one', 'float arg0, struct sockaddr * peer, void * callback');
args_are('none', '');
like($text, qr{^    /\* 1 site: serve\(\) at .*bank\.c:\d+; a semaphore \*/\n    probe conn__open\(struct conn \*conn /\* guess: a parameter \*/, uint64_t total /\* guess: a member of a struct \*/\);$}m,
    'it says where a probe fires, and what is a guess');
like($text, qr{^        int depth, /\* guess: a member of a struct, without its type; 2 bytes at some sites \*/$}m, '... and where sites differ');
my $map = slurp($made =~ s/\.d$/.map/r);
like($map, qr/^secret bank:login\.password;\nsecret bank:login\.session_key;$/m, 'the map: what sounds like a secret is one');
like($map, qr/^#appdata bank:order__start\.name;$/m, '... text can be application data');
like($map, qr/^#length bank:bytes\.session_key = session_key_size;$/m, '... lengths');
like($map, qr/^#struct conn \{\n#    uint32_t id;\n#    uint64_t total;\n#    const char \*peer;\n#\}$/m, '... fields of structs');
like($map, qr/^#struct sockaddr address;$/m, '... addresses');
unlike($map, qr/^(?!#|secret |$)/m, '... nothing else is in force');

# ---- other compilers, other debug information ----

for my $variant ('-O0', '-O1', '-O3 -flto', '-O2 -gdwarf-4', '-O2 -gdwarf-4 -gsplit-dwarf', '-O2 -gsplit-dwarf', '-O2 -fdebug-types-section', '-O2 -fPIE -pie', '-O2 -static') {
    my $program = "$dir/variant";
    run_ok(join(' ', @gcc, '-g', $variant, '-o', $program, "$cases/bank.c"), "gcc $variant", dir => $dir);
    my ($definition) = definition_of("gcc $variant", $program);
    is_as_readelf("gcc $variant", $definition, $program);
    is_audited("gcc $variant", $definition, $program);
    is(probes_of($definition)->{'bank:conn__open'}[0][1], 'conn', '... names are found');
}
if (run(['clang', '--version'])->{status} == 0) {
    run_ok(['clang', "-I$dir", '-O2', '-g', '-o', "$dir/clanged", "$cases/bank.c"], 'clang');
    my ($definition) = definition_of('clang', "$dir/clanged");
    is_as_readelf('clang', $definition, "$dir/clanged");
    is_audited('clang', $definition, "$dir/clanged");
}

# ---- without, and with a separate file ----

run_ok(['objcopy', '--only-keep-debug', $bank, "$dir/bank.debug"], 'a separate debug file');
run_ok(['objcopy', '--strip-all', $bank, "$dir/stripped"], 'a program without any');
my ($stripped, $plain) = definition_of('stripped', "$dir/stripped");
is_as_readelf('stripped', $stripped, "$dir/stripped");
is_audited('stripped', $stripped, "$dir/stripped");
like($plain, qr/There is no debug information/, '... which is said');
like($plain, qr{^    probe conn__open\(void \*arg0 /\* or uint64_t \*/, void \*arg1 /\* or uint64_t \*/\);$}m, '... an address may be a number');
like(slurp($stripped =~ s/\.d$/.map/r), qr/^#string bank:conn__open\.arg0;$/m, '... or text');
run_ok(['objcopy', "--add-gnu-debuglink=$dir/bank.debug", "$dir/stripped"], '... that names it');
my (undef, $linked) = definition_of('a separate debug file', "$dir/stripped");
same_text($linked =~ s/\Q$dir\E\/stripped/$bank/gr, $text, '... gives the same as debug information in the program');

# ---- C++ ----

run_ok([($ENV{CXX} || 'g++'), "-I$dir", '-O2', '-g', '-o', "$dir/shop", "$cases/shop.cc"], 'a program in C++');
my ($shop) = definition_of('C++', "$dir/shop");
is_as_readelf('C++', $shop, "$dir/shop");
is_audited('C++', $shop, "$dir/shop");
$probes = probes_of($shop);
args_are('conn__open', 'const struct Order * order, void * box');
args_are('order__start', 'enum Kind kind, const char * name, double arg2');
is($probes->{'bank:member'}[2][1], 'customer', 'a member of a struct');

# ---- libraries and processes ----

my ($library) = run(['ldd', "$dir/shop"])->{out} =~ m{libstdc\+\+\S* => (\S+)};
SKIP: {
    skip 'libstdc++ has no probes here', 1 if !keys %{sites_of($library)};
    my ($definition) = definition_of('libstdc++', $library);
    is_as_readelf('libstdc++', $definition, $library);
    is_audited('libstdc++', $definition, $library);
    my $process = Live::start([$bank], in => 'pipe', answers => 1);
    my ($of_process) = definition_of('a process', '-p', $process->pid);
    is_deeply(probes_of($of_process), probes_of($made), '... has the probes of its program');
    $process->end;
    run_ok([@gcc, '-x', 'c++', '-O2', '-o', "$dir/probeless", '-', '-lstdc++'], 'a program whose library alone has probes',
        stdin => 'int main() { try { throw 1; } catch (int) {} }');
    my $none = run([$PROBEGEN, 'from', "$dir/probeless"]);
    is($none->{status}, 3, 'a program without probes is refused');
    like($none->{err}, qr/\Aprobegen: '\S+probeless' has no USDT probes of its own; these libraries that it needs have some: \S*libstdc\+\+\S*/, '... and the library is named');
    definition_of('both', $bank, $library);
    my $only = run_ok([$PROBEGEN, 'from', '--provider', 'bank', $bank, $library], 'one provider of two')->{out};
    is(join(' ', $only =~ /^provider (\w+)/mg), 'bank', '... is what it prints');
}

# ---- what nobody meant ----

# Assembles a program with these notes: [provider, name, operands]
sub with_notes
{
    my ($name, @notes) = @_;
    my $source = ".section .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n.weak _.stapsdt.base\n.hidden _.stapsdt.base\n_.stapsdt.base: .space 1\n.text\n.globl main\nmain:\n"
        . join('', map { ".L$_: nop\n" } 0 .. $#notes) . "xor %eax, %eax\nret\n.section .note.GNU-stack,\"\",\"progbits\"\n";
    for my $i (0 .. $#notes) {
        my @quoted = map { s/(["\\])/\\$1/gr =~ s/([^ -~])/sprintf '\\%03o', ord $1/gre } @{$notes[$i]};
        $source .= ".pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 2f-1f, 4f-3f, 3\n1: .asciz \"stapsdt\"\n2: .balign 4\n3: .8byte .L$i, _.stapsdt.base, 0\n"
            . join('', map { ".asciz \"$_\"\n" } @quoted) . "4: .balign 4\n.popsection\n";
    }
    spit("$dir/$name.s", $source);
    run_ok([@gcc, '-o', "$dir/$name", "$dir/$name.s"], "a program of notes: $name");
    return "$dir/$name";
}

SKIP: {
    skip 'the assembly is for x86-64', 1 if (POSIX::uname())[4] ne 'x86_64';
    my $odd = with_notes('odd', ['app', 'order-start', '-4@%edi'], ['app', 'order__start', '-4@$5'], ['app', 'a.b', ''], ['app', 'open__door', ''], ['app', 'open_door', ''],
        ['app', 'int', ''], ['app', 'return', '8@%rdi'], ['app', '2nd', ''], ['struct', 'x', ''], ['9x', 'x', ''], ['my app', 'x', ''], ['app', '*/ probe evil(); /* @appdata {', ''],
        ['app', "\xc3\xa9\e[2J", ''], ['app', 'x' x 300, ''], ['app', 'many', join ' ', ('8@%rdi') x 14], ['app', 'texts', join ' ', ('8@%rdi') x 12],
        ['app', 'unread', '8@%xmm0 8f@%rcx 4@%fs:8 16@%rdi x'], ['app', 'mixed', '8f@%rdi 1@%dil -4@$3'], ['app', 'mixed', '8@%rdi'], ['app', 'mixed', '8f@%rsi 4@%edi -8@%rsi']);
    my ($definition, $said, $told) = definition_of('odd notes', $odd);
    is(join(' ', sort keys %{probes_of($definition)}), join(' ', map { "app:$_" } qw(2nd many mixed open__door order__start return texts unread)), '... those that can be declared are');
    is(scalar(() = $told =~ /^probegen from: .* is left out: no definition can have this name$/mg), 8, '... others are told');
    like($told, qr/^probegen from: app:open_door is left out: it needs the header macro APP_OPEN_DOOR\(\), which 'app:open__door' has$/m, '... two with one macro');
    unlike("$said$told", qr/[\e\x80-\xff]\[/, '... nothing of a name gets to the terminal');
    like($said, qr{^    /\* 2 sites \*/\n    probe order__start\(int arg0\);$}m, 'a dash is two underscores, as in definitions');
    like($said, qr{of 14 arguments, more than a definition can have, the first 12}, 'too many arguments');
    like($said, qr{^        double arg0, /\* floating-point at 2 of 3 sites, else an integer \*/\n        unsigned int arg1, /\* passed at 2 of 3 sites; 1 byte at some sites \*/\n        int64_t arg2 /\* passed at 2 of 3 sites \*/$}m,
        'sites that contradict each other');
    like($said, qr{null: a vector register is not supported}, 'what cannot be read');
    my $forbidden = run([$PROBEGEN, 'from', with_notes('forbidden', ['9x', 'x', ''])]);
    is($forbidden->{status}, 3, 'only names that cannot be declared: refused');
    like($forbidden->{err}, qr/^probegen: no definition can have any of these probes \[E_FILE\]$/m, '... and told');
    is_as_readelf('a constant', (definition_of('a constant', with_notes('constant', ['app', 'a', '8@$5 -4@$-1 4@$7'])))[0], "$dir/constant");
}

# ---- the command line ----

is_helpful([$PROBEGEN, 'from'], 'gen/from/options.c');
like(run([$PROBEGEN, '--help'])->{out}, qr/^  from +a first definition from a binary/m, 'probegen --help has it');
is_refused([$PROBEGEN, 'from'], qr/\Aprobegen from: no binary given\n/, 'no binary');
is_refused([$PROBEGEN, 'from', '-p', '1', $bank], qr/-p and '\Q$bank\E' exclude each other/, 'a process and a file');
is_refused([$PROBEGEN, 'from', '-p', 'x'], qr/--pid takes the number of a process/, 'no number');
is_refused([$PROBEGEN, 'from', '--map', '-o', $dir, $bank], qr/--map is about what is printed/, '--map with -o');
is_refused([$PROBEGEN, 'from', '--force', $bank], qr/--force is about what -o writes/, '--force without -o');
for my $case (["$dir/bank.h", qr/is not an ELF file/], ["$dir/none", qr/No such file/], [$dir, qr/\Q$dir\E/], ['/usr/bin/true', qr/has no USDT probes/]) {
    my $result = run([$PROBEGEN, 'from', $case->[0]]);
    is($result->{status}, 3, "$case->[0]: exit status 3");
    like($result->{err}, $case->[1], '... and why');
    is($result->{out}, '', '... nothing is printed');
}
my $absent = run([$PROBEGEN, 'from', '--provider=nothing', $bank]);
is($absent->{status} . $absent->{err}, "3probegen: no such provider; there are: bank [E_FILE]\n", 'a provider that is not there');
is(run([$PROBEGEN, 'from', $bank], stdout => '/dev/full')->{status}, 3, 'a full device: exit status 3');

my $out = "$dir/out";
is(run_ok([$PROBEGEN, 'from', '-o', $out, $bank], '-o')->{out}, '', '... prints nothing');
is(join(' ', list_files($out, qr/[^.]/)), 'bank.d bank.map', '... and writes two files');
same_text(slurp("$out/bank.d"), $text, '... the definition that is printed without it');
same_text(slurp("$out/bank.map"), $map, '... and the map');
spit("$out/bank.d", "mine\n");
unlink "$out/bank.map";
my $there = run([$PROBEGEN, 'from', '-o', $out, $bank]);
is($there->{status}, 3, 'a file that is there is not overwritten: exit status 3');
like($there->{err}, qr/\Aprobegen: '\Q$out\E\/bank\.d' is there already; 'probegen diff' says what differs from it, and --force overwrites it \[E_FILE\]\n\z/, '... and what to do');
is(slurp("$out/bank.d") . join(' ', list_files($out, qr/[^.]/)), "mine\nbank.d", '... nothing is written at all');
run_ok([$PROBEGEN, 'from', '--force', '-o', $out, $bank], '--force');
same_text(slurp("$out/bank.d"), $text, '... overwrites it');

# ---- a hostile binary ----

my $seed = 7;
sub roll { $seed = ($seed * 1103515245 + 12345) & 0x7fffffff; return ($seed >> 8) % $_[0] }
my $bytes = slurp($bank);
# what it reads: notes, and debug information
my @ranges = map { /^\s*\[\s*\d+\]\s+(\.note\.stapsdt|\.debug_\w+|\.eh_frame)\s+\w+\s+\w+\s+(\w+)\s+(\w+)/ ? [hex $2, hex $3] : () } split /\n/, run(['readelf', '-SW', $bank])->{out};
ok(@ranges >= 6, 'sections to be changed');
my @failures;
for my $i (1 .. ($SAN ? 40 : 150)) {
    my $changed = $bytes;
    for (1 .. 1 + roll(12)) {
        my ($at, $size) = roll(8) ? @{$ranges[roll(scalar @ranges)]} : (0, length $bytes);
        substr($changed, $at + roll($size), 1) = chr roll(256);
    }
    $changed = substr $changed, 0, roll(length $changed) if roll(20) == 0;
    spit("$dir/hostile", $changed);
    my $result = run([$PROBEGEN, 'from', "$dir/hostile"], timeout => 100);
    my $wrong = $result->{signal} ? "signal $result->{signal}" : $result->{status} !~ /^[03]$/ ? "status $result->{status}" : $result->{err} =~ /Sanitizer|runtime error/ ? $result->{err} : '';
    if ($wrong eq '' && $result->{status} == 0) {
        spit("$dir/hostile.d", $result->{out});
        spit("$dir/hostile.map", run([$PROBEGEN, 'from', '--map', "$dir/hostile"], timeout => 100)->{out} =~ s/^#(?=[a-z}]| {4})//mgr);
        my $check = run([$PROBEGEN, '-n', "$dir/hostile.d", "$dir/hostile.map"]);
        $wrong = "what it writes is wrong: $check->{err}" if $check->{status} != 0;
    }
    next if $wrong eq '';
    push @failures, "$i: $wrong";
    run(['sh', '-c', "mkdir -p '$O/fuzz' && cp '$dir/hostile' '$O/fuzz/from-$i'"]);
}
is(join("\n", @failures), '', 'changed at random, it ends by itself, and what it writes can be read');

# ---- live ----

my $why_not = Live::why_no_bpf();
SKIP: {
    skip $why_not, 1 if $why_not ne '';
    my $name = "from-t58-$$";
    my $tracer = Live::cases_tracer($name, "$out/bank.d", "$out/bank.map");
    my $process = Live::start([$bank], in => 'pipe', answers => 1);
    my $trace = Live::start_tracer({tracer => $tracer}, '-p', $process->pid);
    is($process->ask('go'), 'fired', 'a program that is traced');
    $process->end_input;
    is($trace->wait_end, '0', '... and its tracer');
    my @events = map { s/,"tid":\d+,"time":[\d.]+//r } Live::lines($trace->out);
    my %event = map { /"type":"(\w+)"(.*)\}/ ? ($1 => $2) : () } @events;
    is(scalar @events, 10, 'every call is an event');
    is($event{order__start}, ',"id":13,"name":"Ada","arg2":0.25', 'names, text, floating-point');
    like($event{conn__open}, qr/^,"conn":"0x[0-9a-f]+","total":1099511627776$/, 'a struct, a member');
    like($events[2], qr/"depth":-3,"total":1099511627776,"peer":"peer \\"1\\""/, 'narrow members');
    like($events[3], qr/"depth":41,"total":5,"peer":"Ada"/, '... and their other site');
    is($event{widths} =~ s/"\w+"://gr, ',-1,255,-1,65535,-1,4294967295,-1,1', 'widths and signs') if $event{widths} !~ /true/;
    is($event{login}, ',"session_key_size":2', 'nothing of a secret') if $event{login} !~ /session_key":/;
    my $lock = lock_build();
    run(['rm', '-rf', "$O/gen/$name", "$O/bin/$name"]);
}

done_testing();
