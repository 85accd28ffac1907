#!/usr/bin/perl
# ASSERTION: the audit says of every site of a binary what readelf, nm and addr2line say: probe, address, operands, semaphore, function and source
# line; of programs and libraries of every kind and machine, with debug information in them, beside them or nowhere, and of processes. What has
# nothing to be audited is never "clean".

use strict;
use warnings;
use Cwd ();
use File::Basename qw(basename dirname);
use File::Path qw(make_path);
use IO::Socket::UNIX;
use JSON::PP;
use lib 't/lib';
use Probegen;
use Socket qw(AF_UNIX SOCK_STREAM);
use Test::More;

my $dir = Cwd::realpath(temp_dir());
chmod 0755, $dir;
my $definitions = "$ROOT/t/cases/audit/forms.d";
my $forms = "$ROOT/t/cases/audit/forms.c";
my $library = "$ROOT/t/cases/audit/library.c";
my @gcc = ($ENV{CC} || 'gcc', '-std=gnu11', '-Wall', '-Wextra', '-O2');
chomp(my $multiarch = `$gcc[0] -print-multiarch`);

# A program that tests need: without it they are skipped, in CI they fail.
sub has
{
    my ($what, @command) = @_;
    return 1 if run(\@command)->{status} == 0;
    ok(0, "$what is there") if $ENV{CI};
    return 0;
}

# ---- the audit ----

# Runs it. Options: definitions, status (what it may end with, default 1: findings), dir. @return {sites, binaries, findings, err}; sites: each with
# "provider:name" as `probe`
sub audit
{
    my ($what, $arguments, %options) = @_;
    my $result = run([$PROBEGEN, 'audit', $options{definitions} || $definitions, '--format', 'json', @$arguments], dir => $options{dir}, timeout => 120);
    my $report = eval { decode_json($result->{out}) };
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok($result->{status} == (defined $options{status} ? $options{status} : 1) && $report, "$what: audited")
        or diag("status $result->{status}\n$result->{err}", substr $result->{out}, 0, 1000);
    is($result->{err}, defined $options{err} ? $options{err} : '', '... without a word');
    my %audit = (sites => [], binaries => [], findings => [], out => $result->{out});
    return \%audit if !$report;
    $audit{binaries} = $report->{inputs}{binaries};
    $audit{findings} = $report->{findings};
    for my $probe (@{$report->{probes}}) {
        push @{$audit{sites}}, map { {%$_, probe => "$probe->{provider}:$probe->{name}"} } @{$probe->{sites}};
        push @{$audit{findings}}, @{$probe->{findings}};
    }
    return \%audit;
}

# An audit that cannot be: status 3 and this message, nothing on standard output.
sub is_refused
{
    my ($what, $arguments, $message, %options) = @_;
    my $result = run([$PROBEGEN, 'audit', $definitions, @$arguments], %options);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok($result->{status} == 3 && $result->{out} eq '' && $result->{err} =~ $message, "$what: refused")
        or diag("status $result->{status}\n$result->{out}$result->{err}");
}

sub findings_of
{
    my ($audit, @ids) = @_;
    my %is_wanted = map { $_ => 1 } @ids;
    return map { "$_->{id} $_->{target}" . (defined $_->{arg} ? " $_->{arg}" : '') } grep { $is_wanted{$_->{id}} } @{$audit->{findings}};
}

# ---- the witnesses ----

# readelf -n: {probe, address, semaphore, args} of each note
sub notes_of
{
    my ($file) = @_;
    my (@notes, %note);
    for my $line (split /\n/, run(['readelf', '-nW', $file])->{out}) {
        if ($line =~ /Provider: (.*)/) {
            %note = (provider => $1);
        } elsif ($line =~ /^\s+Name: (.*)/) {
            $note{name} = $1;
        } elsif ($line =~ /Location: 0x([0-9a-f]+), Base: \S+, Semaphore: 0x([0-9a-f]+)/) {
            @note{'address', 'semaphore'} = (sprintf('0x%x', hex $1), hex $2 != 0 ? 1 : 0);
        } elsif ($line =~ /Arguments: ?(.*)/) {
            push @notes, {probe => "$note{provider}:$note{name}", address => $note{address}, semaphore => $note{semaphore}, args => $1};
        }
    }
    return @notes;
}

# nm: the functions, by address: [start, end, name]
sub functions_of
{
    my ($file, @options) = @_;
    return map { /^([0-9a-f]+) ([0-9a-f]+) [tTwWiu] (.+?)(?:@.*)?$/ ? [hex $1, hex($1) + hex($2), $3] : () } split /\n/,
        run(['nm', '-S', @options, $file])->{out};
}

# addr2line: "file:line" of each address; whole paths, without "." and ".."
sub lines_of
{
    my ($file, $addr2line, @addresses) = @_;
    my @lines = map { /^(.*:\d+)(?: \(.*\))?$/ ? $1 : '' } split /\n/, run([$addr2line, '-e', $file, @addresses])->{out};
    for my $line (@lines) {
        1 while $line =~ s{/\.(?=/)}{} || $line =~ s{/(?!\.\./)[^/]+/\.\.(?=/)}{};
    }
    return @lines;
}

sub operand_of
{
    my ($text) = @_;
    my ($sign, $size, $float) = $text =~ /^(-?)(\d+)(f?)@/ or die $text;
    return {text => $text, size => $size, signed => $sign ne '', float => $float ne ''};
}

# Compares the sites of one file with what the witnesses say. Options: functions (file that nm reads; '': none is known), nm (its options), lines (file
# that addr2line reads; '': none is known), addr2line, provider
sub agrees
{
    my ($what, $audit, $file, $shown, %options) = @_;
    my $provider = $options{provider} || 'forms';
    my @notes = sort { hex $a->{address} <=> hex $b->{address} } grep { $_->{probe} =~ /^$provider:/ } notes_of($file);
    my @sites = sort { hex $a->{address} <=> hex $b->{address} } grep { $_->{binary} eq $shown && $_->{probe} =~ /^$provider:/ } @{$audit->{sites}};
    my @wrong;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    ok(scalar @notes, "$what: readelf finds notes");
    is_deeply([map { "$_->{probe} $_->{address} " . ($_->{semaphore} ? 1 : 0) } @sites], [map { "$_->{probe} $_->{address} $_->{semaphore}" } @notes],
        '... and the audit has the same: probe, address, semaphore');
    is_deeply([map { join ' ', map { $_->{text} } @{$_->{operands}} } @sites], [map { $_->{args} =~ s/\s+/ /gr } @notes], '... the same operands');
    for my $operand (map { @{$_->{operands}} } @sites) {
        my $expected = operand_of($operand->{text});
        push @wrong, $operand->{text}
            if $operand->{size} != $expected->{size} || !!$operand->{signed} != $expected->{signed} || !!$operand->{float} != $expected->{float};
    }
    is("@wrong", '', '... with the size and the sign that they begin with');

    my @functions = $options{functions} ? functions_of($options{functions}, @{$options{nm} || []}) : ();
    my $function = sub {
        my ($address) = @_;
        return join '|', map { $_->[2] } grep { $_->[0] <= $address && $address < $_->[1] } @functions;
    };
    is_deeply([map { defined $_->{function} ? $_->{function} : '' } @sites], [map { $function->(hex $_->{address}) } @sites], '... the functions that nm names');

    my $has_witness = !exists $options{lines} || defined $options{lines};
    my @lines = $options{lines} ? lines_of($options{lines}, $options{addr2line} || 'addr2line', map { $_->{address} } @sites) : ('') x @sites;
    @wrong = ();
    for my $i (0 .. $#sites) {
        my $line = defined $sites[$i]{file} ? "$sites[$i]{file}:$sites[$i]{line}" : '';
        push @wrong, "$line, not $lines[$i]" if $has_witness && $lines[$i] ne $line && ($line eq '' || $lines[$i] !~ m{/\Q$line\E$});
    }
    is(join("\n", @wrong), '', '... the lines that addr2line finds') and ok(!$options{lines} || @lines == @sites, '... of all');
}

# the text in the source that a site is at
sub calls_are_there
{
    my ($what, $audit, $folder) = @_;
    my (@wrong, %text);
    for my $site (@{$audit->{sites}}) {
        push @wrong, "$site->{probe}: no line in the folder" and next if !defined $site->{file} || !-e "$folder/$site->{file}";
        my @lines = @{$text{$site->{file}} ||= [split /\n/, slurp("$folder/$site->{file}")]};
        my ($name) = $site->{probe} =~ /:(?:.*_)?(\w+?)$/;
        push @wrong, "$site->{probe}: $site->{file}:$site->{line}: $lines[$site->{line} - 1]" if $lines[$site->{line} - 1] !~ /\Q$name\E/i;
    }
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is(join("\n", @wrong), '', "$what: at each line of a site stands its call");
}

sub binary_is
{
    my ($what, $binary, %expected) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is_deeply({map { $_ => ref $binary->{$_} ? !!$binary->{$_} + 0 : $binary->{$_} } keys %expected}, \%expected, $what);
}

# ---- builds ----

run_ok([$PROBEGEN, '-o', $dir, '-e', 'usdt', $definitions], 'a header with semaphores is made');
my @semaphores = ('-DSEMAPHORES', "-I$dir");

# what, command without output and source, options of agrees()
my %own = (functions => 1, lines => 1);
my @builds = (
    ['PIE', [@gcc, '-g', '-pie', '-fPIE'], %own],
    ['PIE with semaphores', [@gcc, '-g', '-pie', '-fPIE', @semaphores], %own, semaphore => 1],
    ['at a fixed address', [@gcc, '-g', '-no-pie', '-fno-pie', @semaphores], %own, semaphore => 1],
    ['not optimised', [@gcc, '-g', '-O0', '-no-pie', '-fno-pie'], %own],
    ['static', [@gcc, '-g', '-static', @semaphores], %own, semaphore => 1],
    ['without debug information', [@gcc, @semaphores], functions => 1, semaphore => 1],
    ['DWARF 4, compressed', [@gcc, '-g', '-gdwarf-4', '-gz'], %own],
    # addr2line knows neither of them
    ['optimised when linked', [@gcc, '-g', '-flto'], functions => 1, has_lines => 1],
    ['in sections, unused ones removed', [@gcc, '-g', '-ffunction-sections', '-Wl,--gc-sections'], %own],
    ['DWARF in .dwo files', [@gcc, '-g', '-gsplit-dwarf'], functions => 1, has_lines => 1],
    ['shared library', [@gcc, '-g', '-shared', '-fPIC', '-DLIBRARY', @semaphores], %own, semaphore => 1],
    ['clang', ['clang', '-O2', '-g', @semaphores], %own, semaphore => 1],
);
in_parallel(map { ["$builds[$_][0]: build", [@{$builds[$_][1]}, '-o', "$dir/build$_", $forms], dir => $dir, timeout => 120] } 0 .. $#builds);

for my $i (0 .. $#builds) {
    my ($what, undef, %options) = @{$builds[$i]};
    my $file = "$dir/build$i";
    my $audit = audit($what, ['--binary', $file]);
    agrees($what, $audit, $file, $file, functions => $file, lines => $options{has_lines} ? undef : $options{lines} ? $file : '');
    calls_are_there($what, $audit, "$ROOT/t/cases/audit") if $options{lines} || $options{has_lines};
    is_deeply([findings_of($audit, 'P014')], [map { "P014 $_" } $options{semaphore} ? () : sort_of_definitions($audit)], '... semaphores');
    binary_is('... one binary', $audit->{binaries}[0], path => $file, machine => 'x86-64', bits => 64, readable => 1, functions => 1, notes => 11, sites => 11,
        probes => 9, broken => 0, dropped => 0);
    is(scalar @{$audit->{binaries}}, 1, '... and no other');
    is_deeply([sort(findings_of($audit, qw(P003 P004 P005 P006 P007 P008 P021 P027 P028)))],
        ['P003 forms:absent', 'P007 forms:differs.sign 1', 'P027 forms:differs.wide 0'],
        '... what differs is found, and nothing else')
        if $what ne 'not optimised' && $what ne 'clang';
}

# probes that have sites, in the order of the definitions
sub sort_of_definitions
{
    my ($audit) = @_;
    my %seen;
    return grep { !$seen{$_}++ } map { $_->{probe} } @{$audit->{sites}};
}

# ---- every form of an operand ----

# Writes an assembly source with one function, in which there is one site for each list of operands.
sub write_assembly
{
    my ($path, $word, $nop, @sites) = @_;
    my ($code, $notes) = ('', '');
    for my $i (0 .. $#sites) {
        my ($probe, $args, %options) = @{$sites[$i]};
        my ($provider, $name) = split /:/, $probe;
        my $label = defined $options{at} ? $options{at} : $i;
        $code .= "site$i: $nop\n";
        $notes .= ".balign 4\n.4byte 8, desc_end$i - desc$i, 3\n.asciz \"stapsdt\"\ndesc$i: $word site$label\n$word _.stapsdt.base\n"
            . "$word " . ($options{semaphore} || '0') . "\n.asciz \"$provider\"\n.asciz \"$name\"\n.asciz \"$args\"\ndesc_end$i: .balign 4\n";
    }
    spit($path, ".file \"sites.s\"\n.text\n.globl _start\n.type _start, %function\n_start:\n$nop\n$code$nop\n.size _start, . - _start\n.data\n.globl variable\n.type variable, %object\n"
        . "variable: .8byte 1, 2\n.size variable, 16\n.section .note.stapsdt, \"\", %note\n$notes"
        . ".section .stapsdt.base, \"a\", %progbits\n_.stapsdt.base: .space 1\n");
}

# Assembles and links it. @return whether that worked
sub assemble
{
    my ($name, $as, $ld) = @_;
    return run([@$as, '-o', "$dir/$name.o", "$dir/$name.s"])->{status} == 0 && run([@$ld, '-e', '_start', '-o', "$dir/$name", "$dir/$name.o"])->{status} == 0;
}

my @words = ('not supported', 'narrower', 'malformed', 'not an argument', 'none of 1, 2, 4, 8', 'no size', 'not the name', 'does not have', 'out of range');
# operand, size, signed, float, why it cannot be read (a part of the reason)
my @operands = (
    ['8@%rax', 8, 0, 0], ['-4@%ecx', 4, 1, 0], ['2@%r10w', 2, 0, 0], ['-1@%dil', 1, 1, 0], ['1@%al', 1, 0, 0], ['4@%rsi', 4, 0, 0],
    ['8@$0', 8, 0, 0], ['-4@$-1', 4, 1, 0], ['4@$0xff', 4, 0, 0], ['8@$variable+8', 8, 0, 0],
    ['-4@-20(%rbp)', 4, 1, 0], ['8@(%rsi)', 8, 0, 0], ['8@0(%rbp,%rdx)', 8, 0, 0], ['2@8(%rax,%rbx,4)', 2, 0, 0], ['1@(,%r9,8)', 1, 0, 0],
    ['-8@variable(%rip)', 8, 1, 0], ['4@8+variable(%rip)', 4, 0, 0], ['4@variable', 4, 0, 0], ['8f@%rax', 8, 0, 1], ['4f@%edx', 4, 0, 1], ['8f@8(%rsp)', 8, 0, 1],
    ['8@missing(%rip)', 8, 0, 0, 'names a symbol that the file does not have'], ['8@$missing', 8, 0, 0, 'names a symbol that the file does not have'],
    ['8@%xmm0', 8, 0, 0, 'vector register'], ['8f@%xmm1', 8, 0, 1, 'vector register'], ['16@%rax', 16, 0, 0, 'size is none of'], ['-4f@%eax', 4, 1, 1, 'floating-point'],
    ['8@%fs:16', 8, 0, 0, 'segment'], ['1@%ah', 1, 0, 0, 'second byte'], ['8@%eax', 8, 0, 0, 'narrower'], ['8@%rip', 8, 0, 0, 'instruction pointer'],
    ['8@', 8, 0, 0, 'malformed'], ['@%rax', undef, 0, 0, 'no size'], ['%rax', undef, 0, 0, 'no size'], ['8@%bogus', 8, 0, 0, 'not the name of a register'],
    ['4@DWORD PTR -4[rbp]', 4, 0, 0], ['8@rax', 8, 0, 0, 'Intel'], ['-4@dword ptr [rsp - 28]', 4, 1, 0], ['8@16', 8, 0, 0, 'Intel'],
    ['8@[rsp - 8]', 8, 0, 0], ['8@OFFSET FLAT:variable', 8, 0, 0], ['8@[rax*3]', 8, 0, 0, 'scale'],
    ['8@variable@GOTPCREL(%rip)', 8, 0, 0, 'relocation'], ['8@(%eax)', 8, 0, 0, '64 bits'], ['8@$99999999999999999999', 8, 0, 0, 'out of range'],
);
{
    # each beside one that can be read, so that places are seen to be kept
    my @sites = map { ['forms:differs', "$_->[0] -4\@%eax $_->[0]"] } @operands;
    write_assembly("$dir/operands.s", '.8byte', 'nop', @sites);
    ok(assemble('operands', ['as', '--64'], ['ld']), 'operands are assembled');
    my $audit = audit('operands', ['--binary', "$dir/operands"]);
    is_deeply([map { "$_->{address} " . join ' ', map { $_->{text} } @{$_->{operands}} } @{$audit->{sites}}], [map { "$_->{address} $_->{args}" } notes_of("$dir/operands")],
        '... and are those that readelf has');
    is(scalar @{$audit->{sites}}, scalar @operands, 'as many sites as there are notes');
    for my $i (0 .. $#{$audit->{sites}}) {
        my ($text, $size, $signed, $float, $reason) = @{$operands[$i]};
        my ($first, $second, $third, @rest) = @{$audit->{sites}[$i]{operands}};
        is_deeply([map { [$_->{text}, $_->{size}, $_->{signed} ? 1 : 0, $_->{float} ? 1 : 0] } $first, $second, $third, @rest],
            [[$text, $size, $signed, $float], ['-4@%eax', 4, 1, 0], [$text, $size, $signed, $float]], "'$text'");
        my $got = $first->{reason};
        ok(defined $reason ? defined $got && $got =~ /\Q$reason\E/ : !defined $got, defined $reason ? "... cannot be read: $reason" : '... can be read')
            or diag(defined $got ? $got : 'it can be read');
    }
    my @unreadable = grep { defined $_->[4] } @operands;
    is(scalar(findings_of($audit, 'P008')), 2 * @unreadable + 2 * grep({ $_->[3] && !defined $_->[4] } @operands),
        'each that cannot be read, or is floating-point where the definition is not, is a finding');
    is($audit->{sites}[0]{function}, '_start', 'a function of assembly');
}

# ---- sizes: what is lost, and what is not ----

# [type in the definition, operand, finding]
my @widths = (
    # constants that the type can hold, whatever size and sign a literal has
    ['long', '-4@$0', ''], ['bool', '-4@$1', ''], ['size_t', '-4@$8', ''], ['uint8_t', '-4@$255', ''], ['int8_t', '-4@$-128', ''], ['const char *', '-4@$0', ''],
    ['void *', '8@$-1', ''], ['unsigned int', '-4@$7', ''], ['int', '8@$0x7fffffff', ''],
    # ... and those that it cannot
    ['uint8_t', '-4@$256', 'P006'], ['int8_t', '-4@$-129', 'P006'], ['unsigned short', '-4@$-32769', 'P006'], ['int', '8@$0x100000000', 'P006'],
    ['int8_t', '-4@$255', 'P007'], ['unsigned int', '-4@$-1', 'P007'], ['uint64_t', '-4@$-1', 'P007'], ['int64_t', '8@$0xffffffffffffffff', 'P007'],
    # narrower: all is there, but of a pointer
    ['int', '-2@%ax', 'P027'], ['unsigned int', '-2@4(%rbx)', 'P027'], ['size_t', '4@%eax', 'P027'], ['double', '4f@%eax', 'P027'],
    ['const char *', '4@%eax', 'P006'], ['void *', '-4@(%rsp)', 'P006'],
    # wider: it may be cut off, but for what is only true or false
    ['uint8_t', '8@%rbx', 'P006'], ['int', '-8@8(%rbx)', 'P006'], ['float', '8f@%rbx', 'P006'], ['bool', '-4@%eax', 'P027'],
    # as wide as it should be
    ['int', '-4@%eax', ''], ['int', '4@%eax', 'P007'], ['bool', '1@%al', ''], ['const char *', '-8@%rax', ''], ['mystery_t', '-2@%ax', ''],
);
{
    spit("$dir/widths.d", "typedef int8_t byte_t;\nprovider forms {\n" . join('', map { "    probe w$_($widths[$_][0] x);\n" } 0 .. $#widths) . "};\n");
    write_assembly("$dir/widths.s", '.8byte', 'nop', map { ["forms:w$_", $widths[$_][1]] } 0 .. $#widths);
    ok(assemble('widths', ['as', '--64'], ['ld']), 'sizes are assembled');
    my $audit = audit('sizes', ['--binary', "$dir/widths"], definitions => "$dir/widths.d");
    my %of = map { $_->{target} =~ /:w(\d+)\.x$/ ? ($1 => $_->{id}) : () } grep { $_->{id} =~ /^P0(06|07|08|27|28)$/ } @{$audit->{findings}};
    is($of{$_} || '', $widths[$_][2], "'$widths[$_][0]' as $widths[$_][1]: " . ($widths[$_][2] || 'nothing is wrong')) for 0 .. $#widths;
    like($audit->{out}, qr/: 8\@%rbx has 8 bytes, 'uint8_t x' has 1: larger values are cut off"/, '... what may be lost is told');
    like($audit->{out}, qr/: 4\@%eax has 4 bytes, 'const char \* ?x' has 8: the pointer is cut off"/, '... of a pointer, too');
    like($audit->{out}, qr/: -4\@\$256 does not fit into 'uint8_t x'"/, '... and a constant that does not fit');
}

# macros that cast all integers to a word say nothing of what was passed
my @cast = ['forms:cast', '-8@%rax -8@%rbx -8@8(%rsp) -8@%rdx -8@%rdi -8@$0'];
for my $case (['a cast of all', [@cast], ['P028 forms:*'], 0], ['... but of one', [@cast, ['forms:other', '-4@%eax']], [map({ "P006 forms:cast.$_" } 'a 0', 'b 1', 'c 2', 'd 3'), 'P007 forms:cast.e 4'], 1],
    ['... or of another sign', [@cast, ['forms:other', '8@%rax']], [map({ "P006 forms:cast.$_" } 'a 0', 'b 1', 'c 2', 'd 3'), 'P006 forms:other.x 0', 'P007 forms:cast.e 4'], 1]) {
    my ($what, $sites, $expected, $status) = @$case;
    spit("$dir/cast.d", "provider forms {\n    probe cast(int a, short b, unsigned char c, int d, unsigned long e, int f);\n    probe other(int x);\n};\n");
    write_assembly("$dir/cast.s", '.8byte', 'nop', @$sites);
    ok(assemble('cast', ['as', '--64'], ['ld']), "$what is assembled");
    my $audit = audit($what, ['--binary', "$dir/cast"], definitions => "$dir/cast.d", status => @$sites == 1 ? 1 : $status);
    is_deeply([sort(findings_of($audit, qw(P006 P007 P027 P028)))], [sort @$expected], '... is told once, and only then');
}

# ---- what is reported of the whole file ----

{
    # the same site twice; two probes at one place; a probe of another provider; many that are not defined
    my @sites = (
        ['forms:inlined', '-4@%eax'], ['forms:inlined', '-4@%ebx', at => 0], ['forms:none', '', at => 0], ['other:inlined', '-4@%eax'],
        ['forms:real', '4f@%eax 8f@%rax', semaphore => 'variable'], map { ["forms:extra$_", ''] } 1 .. 1200
    );
    write_assembly("$dir/table.s", '.8byte', 'nop', @sites);
    ok(assemble('table', ['as', '--64'], ['ld']), 'a table of notes is assembled');
    my $audit = audit('table', ['--binary', "$dir/table"]);
    my %by_probe;
    push @{$by_probe{$_->{probe}}}, $_ for @{$audit->{sites}};
    is(scalar @{$by_probe{'forms:inlined'}}, 1, 'a site that the file has twice is one');
    is($by_probe{'forms:inlined'}[0]{operands}[0]{text}, '-4@%eax', '... the first counts');
    is($by_probe{'forms:none'}[0]{address}, $by_probe{'forms:inlined'}[0]{address}, 'two probes can be at one place');
    ok($by_probe{'forms:real'}[0]{semaphore} && !$by_probe{'forms:none'}[0]{semaphore}, 'one has a semaphore');
    is($by_probe{'other:inlined'}, undef, 'other providers are not audited');
    binary_is('all notes are counted, and those that are too many are dropped', $audit->{binaries}[0], notes => 1205, sites => 1003, probes => 1003, dropped => 200, broken => 0);
    is(scalar(findings_of($audit, 'P004')), 1000, 'what is not defined is a finding');

    # a note that points to nowhere
    write_assembly("$dir/broken.s", '.8byte', 'nop', ['forms:inlined', '-4@%eax'], ['forms:none', '', at => '0 + 0x7777777']);
    ok(assemble('broken', ['as', '--64'], ['ld']), 'a broken note is assembled');
    $audit = audit('a broken note', ['--binary', "$dir/broken"]);
    binary_is('it is counted', $audit->{binaries}[0], notes => 1, sites => 1, broken => 1);
    is_deeply([findings_of($audit, 'P021')], ["P021 $dir/broken"], '... and a finding');
    like((map { $_->{text} } grep { $_->{id} eq 'P021' } @{$audit->{findings}})[0], qr/^1 of its notes: forms:none at 0x\w+: its place is in no executable segment/, '... which names it');

    # a note into the middle of an instruction, and one that says nothing of where it was linked
    write_assembly("$dir/middle.s", '.8byte', 'lea 0x12345678(%rax), %rax', ['forms:inlined', '-4@%eax', at => '0 + 2'], ['forms:none', '', at => '0 - 1']);
    my $middle = slurp("$dir/middle.s");
    $middle =~ s/^lea .*\n(?=site0)/nop\n/m;
    $middle =~ s/_\.stapsdt\.base(?=\n.*\n\.asciz "forms"\n\.asciz "none")/0/;
    spit("$dir/middle.s", $middle);
    ok(assemble('middle', ['as', '--64'], ['ld']), 'a note into an instruction is assembled');
    $audit = audit('a note into an instruction', ['--binary', "$dir/middle"]);
    binary_is('the other one is a site', $audit->{binaries}[0], notes => 1, sites => 1, broken => 1);
    like((map { $_->{text} } grep { $_->{id} eq 'P021' } @{$audit->{findings}})[0], qr/^1 of its notes: forms:inlined at 0x\w+: at its place there is no no-op/, '... and the first is named');

    # sys/sdt.h called with a dash
    spit("$dir/dash.d", "provider shop { probe order__start(int n); };\n");
    spit("$dir/dash.c", "#include <sys/sdt.h>\nint main(void) { DTRACE_PROBE1(shop, order-start, 1); return 0; }\n");
    run_ok([@gcc, '-g', '-o', "$dir/dash", "$dir/dash.c"], 'a note with a dash is made');
    $audit = audit('a dash in a note', ['--binary', "$dir/dash"], definitions => "$dir/dash.d", status => 0);
    is_deeply([map { $_->{probe} } @{$audit->{sites}}], ['shop:order__start'], '... it is that of the definition');
    is_deeply([findings_of($audit, qw(P003 P004))], [], '... so nothing is missing');
}

# ---- other machines ----

my $example = sub {
    my ($word, $nop, $name, $as, $ld, @operands) = @_;
    write_assembly("$dir/$name.s", $word, $nop, ['forms:memory', join ' ', @operands], ['forms:constants', join(' ', reverse @operands), semaphore => 'variable']);
    return assemble($name, $as, $ld);
};
my @assembled = (
    # name, machine, bits, readable, word, nop, assembler, linker, operands
    ['i386', 'i386', 32, 0, '.4byte', 'nop', ['as', '--32'], ['ld', '-m', 'elf_i386'], '-4@8(%ebp)', '8f@%xmm0', '4@$variable', '-4@DWORD PTR -4[ebp]', '1@%ah', '%eax'],
    ['aarch64', 'aarch64', 64, 1, '.8byte', 'nop', ['aarch64-linux-gnu-as'], ['aarch64-linux-gnu-ld'], '8@[sp, 24]', '-4@w1', '8@[x0, x1, lsl 3]', '-8@5', '8@[x0]', '1@w3'],
    ['s390x', 's390x', 64, 0, '.8byte', 'nopr', ['s390x-linux-gnu-as'], ['s390x-linux-gnu-ld'], '8@160(%r15)', '-4@%r2', '8f@%f0', '-8@-5', '4@8(%r1,%r15)', '2@%r3'],
    ['ppc', 'ppc', 32, 0, '.4byte', 'nop', ['powerpc-linux-gnu-as'], ['powerpc-linux-gnu-ld'], '4@8(31)', '-4@9', '8f@0(4)', '-4@i-5', '4@variable@l(9)', '2@3'],
);
for my $case (@assembled) {
    my ($name, $machine, $bits, $readable, $word, $nop, $as, $ld, @texts) = @$case;
    SKIP: {
        skip("no assembler for $name", 1) if !has("an assembler for $name", $as->[0], '--version');
        ok($example->($word, $nop, $name, $as, $ld, @texts), "$name: notes are assembled");
        my $audit = audit($name, ['--binary', "$dir/$name"]);
        my @notes = notes_of("$dir/$name");
        my @sites = sort { hex $a->{address} <=> hex $b->{address} } @{$audit->{sites}};
        is_deeply([map { "$_->{probe} $_->{address} " . ($_->{semaphore} ? 1 : 0) } @sites], [map { "$_->{probe} $_->{address} $_->{semaphore}" } @notes],
            '... as readelf has them');
        is_deeply([map { $_->{text} } @{$sites[0]{operands}}], \@texts, '... operands are taken apart');
        is_deeply([grep { defined } map { $_->{reason} } map { @{$_->{operands}} } @sites], [], '... none is said to be unreadable');
        is_deeply([map { $_->{function} } @sites], ['_start', '_start'], '... in a function');
        binary_is('... machine', $audit->{binaries}[0], machine => $machine, bits => $bits, readable => $readable, functions => 1, notes => 2, sites => 2, broken => 0);
    }
}

# machines that nothing here makes programs for: the number in the header is changed
for my $case (['arm', 40], ['riscv', 243], ['mips', 8], ['loongarch', 258], ['machine 2', 2], ['machine 4711', 4711]) {
    my ($machine, $number) = @$case;
    my $image = slurp("$dir/i386");
    substr($image, 18, 2) = pack 'v', $number;
    spit("$dir/other", $image);
    my $audit = audit($machine, ['--binary', "$dir/other"]);
    binary_is('... it is called so', $audit->{binaries}[0], machine => $machine, bits => 32, readable => 0, sites => 2);
    is($audit->{sites}[0]{operands}[1]{text}, '8f@%xmm0', '... and its operands are there');
}

# C for other machines: clang knows them all
for my $case (['s390x', 64], ['powerpc', 32], ['aarch64', 64], ['i386', 32]) {
    my ($machine, $bits) = @$case;
    my $tools = $machine eq 'i386' ? '' : "$machine-linux-gnu-";
    my @ld = $machine eq 'i386' ? ('ld', '-m', 'elf_i386') : ("${tools}ld");
    SKIP: {
        skip("no linker for $machine", 1) if !has("a linker for $machine", $ld[0], '--version');
        my $built = run(['clang', "--target=$machine-linux-gnu", '-O2', '-g', '-DBARE', @semaphores, '-ffreestanding', '-fno-pic', '-isystem', "/usr/include/$multiarch", '-c',
            '-o', "$dir/c.$machine.o", $forms], dir => $dir)->{status} == 0 && run([@ld, '-e', '_start', '-o', "$dir/c.$machine", "$dir/c.$machine.o"])->{status} == 0;
        ok($built, "C for $machine: build");
        my $file = "$dir/c.$machine";
        my $audit = audit("C for $machine", ['--binary', $file]);
        agrees("C for $machine", $audit, $file, $file, functions => $file, lines => $file, addr2line => "${tools}addr2line");
        calls_are_there("C for $machine", $audit, "$ROOT/t/cases/audit");
        is_deeply([findings_of($audit, qw(P005 P006 P007 P008 P014 P021 P027 P028))], [$bits == 64 ? 'P027 forms:differs.wide 0' : (), 'P007 forms:differs.sign 1'],
            '... what differs is found, by the sizes of that machine');
    }
}

# ---- debug information elsewhere ----

my $whole = "$dir/build2";
my %whole = (functions => $whole, lines => $whole);

# Makes files of a copy of the program. @return what is audited
sub separate
{
    my ($name, $command) = @_;
    make_path("$dir/$name");
    run_ok("cp $whole p && $command", "$name: made", dir => "$dir/$name");
    return "$dir/$name/p";
}

for my $case (
    ['stripped', 'strip p'],
    ['stripped of debug information', 'strip -g p', functions => $whole],
    ['debuglink', 'objcopy --only-keep-debug p p.debug && strip p && objcopy --add-gnu-debuglink=p.debug p', %whole],
    ['debuglink, symbols here', 'objcopy --only-keep-debug p p.debug && strip -g p && objcopy --add-gnu-debuglink=p.debug p', %whole],
    ['debuglink in .debug', 'mkdir .debug && objcopy --only-keep-debug p .debug/p.debug && strip p && objcopy --add-gnu-debuglink=.debug/p.debug p', %whole],
    ['debuglink to symbols only', 'strip -g -o p.debug p && strip p && objcopy --add-gnu-debuglink=p.debug p', functions => $whole],
    ['debuglink to another file',
        'objcopy --only-keep-debug p p.debug && strip p && objcopy --add-gnu-debuglink=p.debug p && objcopy --remove-section=.note.gnu.build-id p && echo >> p.debug'],
    ['debuglink to a FIFO', 'objcopy --only-keep-debug p p.debug && strip p && objcopy --add-gnu-debuglink=p.debug p && rm p.debug && mkfifo p.debug'],
    ['no symbol table', 'strip -s --keep-section=".debug_*" p', %whole],
) {
    my ($what, $command, %options) = @$case;
    my $file = separate($what, $command);
    my $audit = audit($what, ['--binary', $file]);
    agrees($what, $audit, $file, $file, %options);
    binary_is('... whether functions are known', $audit->{binaries}[0], functions => %options ? 1 : 0);
    if (%options) {
        # another way to it
        symlink $file, "$dir/$what/link";
        is_deeply([map { $_->{line} } @{audit("$what, by a link", ['--binary', "$dir/$what/link"])->{sites}}], [map { $_->{line} } @{$audit->{sites}}], '... is the same');
    }
}

SKIP: {
    skip('dwz is not there', 1) if !has('dwz', 'dwz', '--version');
    my $file = separate('dwz', "cp $whole q && dwz -m common.debug -M $dir/dwz/common.debug p q");
    my $audit = audit('dwz', ['--binary', $file]);
    agrees('dwz', $audit, $file, $file, functions => $file, lines => $whole);
}

# By build-id in a folder of the system: in a mount namespace of our own, so that nothing is left there.
SKIP: {
    my @own_mounts = ('unshare', '-m', '--propagation', 'private');
    skip('no mount namespaces', 1) if !-d '/usr/lib/debug' || !has('mount namespaces', @own_mounts, 'true');
    my $file = separate('build-id', 'objcopy --only-keep-debug p p.debug && strip p');
    my ($id) = run(['readelf', '-n', $file])->{out} =~ /Build ID: ([0-9a-f]+)/;
    my ($first, $rest) = $id =~ /^(..)(.*)$/;
    make_path("$dir/build-id/debug/.build-id/$first");
    rename "$dir/build-id/p.debug", "$dir/build-id/debug/.build-id/$first/$rest.debug" or die $!;
    my $result = run([@own_mounts, 'sh', '-c', 'mount --bind "$1" /usr/lib/debug && shift && exec "$@"', 'sh', "$dir/build-id/debug", $PROBEGEN, 'audit', $definitions,
        '--format', 'json', '--binary', $file]);
    is($result->{status}, 1, 'build-id: audited') or diag($result->{err});
    is_deeply([map { $_->{line} } map { @{$_->{sites}} } @{decode_json($result->{out})->{probes}}],
        [map { $_->{line} } @{audit('build-id: the whole program', ['--binary', $whole])->{sites}}], '... with its source lines');
}

# ---- short names of source files ----

{
    my $source = slurp($forms);
    my $expected = join ' ', ('lib/core/a.c') x 11, ('src/b.c') x 1;
    my $second = "#include <sys/sdt.h>\nint second_caller(int x);\nint b(void);\nint b(void) { DTRACE_PROBE1(forms, inlined, 5); return 0; }\n";
    my %seen;
    for my $place ('one', 'another/much deeper') {
        my $tree = "$dir/$place/tree";
        make_path("$tree/lib/core", "$tree/src", "$dir/$place/build/sub");
        spit("$tree/lib/core/a.c", $source);
        spit("$tree/src/b.c", $second);
        my @ways = (
            ['in the tree', $tree, 'lib/core/a.c', 'src/b.c'],
            ['in the tree, whole paths', $tree, "$tree/lib/core/a.c", "$tree/src/b.c"],
            ['in a folder of its own, whole paths', "$dir/$place/build", "$tree/lib/core/a.c", "$tree/src/b.c"],
            ['in a folder of its own, relative paths', "$dir/$place/build/sub", '../../tree/lib/core/a.c', '../../tree/src/b.c'],
            ['in the tree, crooked paths', $tree, './src/..//lib/./core/a.c', 'lib/../src/b.c'],
            ['without the path of the tree', $tree, "-ffile-prefix-map=$tree=.", 'lib/core/a.c', 'src/b.c'],
        );
        for my $way (@ways) {
            my ($what, $folder, @sources) = @$way;
            run_ok([@gcc, '-g', '-o', "$dir/$place/p", @sources], "$place, $what: build", dir => $folder, timeout => 120);
            my $audit = audit($what, ['--binary', "$dir/$place/p"]);
            is(join(' ', sort map { $_->{file} } @{$audit->{sites}}), $expected, '... files are named by their places in the tree');
        }
        # each file in its own folder, as recursive makes do
        run_ok([@gcc, '-g', '-c', '-o', 'a.o', 'a.c'], "$place, in each folder: build", dir => "$tree/lib/core");
        run_ok([@gcc, '-g', '-c', '-o', 'b.o', 'b.c'], '... the other', dir => "$tree/src");
        run_ok([@gcc, '-o', "$dir/$place/p", "$tree/lib/core/a.o", "$tree/src/b.o"], '... linked');
        is(join(' ', sort map { $_->{file} } @{audit('in each folder', ['--binary', "$dir/$place/p"])->{sites}}), $expected, '... the same');
    }
}

# ---- shared libraries ----

{
    my $top = "$dir/libraries";
    make_path(map { "$top/$_" } qw(bin lib other empty));
    my @shared = (@gcc, '-g', '-shared', '-fPIC');
    my $n = '-Wl,--no-as-needed';
    in_parallel(
        ['a library is built', [@shared, '-DFUNCTION=fire_second', '-Wl,-soname,libsecond.so', '-o', "$top/lib/libsecond.so", $library]],
        ['a library of no probe', [@shared, '-DSILENT', '-DFUNCTION=silent', '-Wl,-soname,libsilent.so', '-o', "$top/lib/libsilent.so", $library]],
        ['a library of another provider', [@shared, '-DPROVIDER=other', '-DFUNCTION=fire_other', '-Wl,-soname,libother.so', '-o', "$top/lib/libother.so", $library]],
    );
    run_ok([@shared, '-DNEXT=fire_second', '-Wl,-soname,libfirst.so', '-o', "$top/lib/libfirst.so", $library, $n, "-L$top/lib", '-lsecond',
        '-lsilent', '-lother'], 'a library that needs them');
    my @main = (@gcc, '-g', '-DNEEDS', $forms, $n, "-L$top/lib", '-Wl,-rpath-link,' . "$top/lib", '-lfirst');
    my ($first, $second) = ("$top/bin/../lib/libfirst.so", "$top/bin/../lib/libsecond.so");

    my $check = sub {
        my ($what, $audit, $program, @libraries) = @_;
        local $Test::Builder::Level = $Test::Builder::Level + 1;
        is_deeply([map { $_->{path} } @{$audit->{binaries}}], [$program, @libraries], "$what: the program and those libraries that have sites");
        agrees("$what, program", $audit, $program, $program, functions => $program, lines => $program);
        for my $path (@libraries) {
            agrees("$what, " . basename($path), $audit, $path, $path, functions => $path, nm => ['-D'], lines => $path);
        }
    };
    my @ways = (
        # RUNPATH is for what the file itself needs: the library needs one of its own
        ['RUNPATH', '--enable-new-dtags', '$ORIGIN/../lib', [$first]],
        ['RPATH is for what its libraries need, too', '--disable-new-dtags', '$ORIGIN/../lib', [$first, $second]],
        ['${ORIGIN}, after folders that lead to nothing', '--disable-new-dtags', "/nowhere:\$PLATFORM:$top/bin:\${ORIGIN}/../lib", [$first, $second]],
        ['files of other machines are passed over', '--disable-new-dtags', '$ORIGIN/../other:$ORIGIN/../empty:$ORIGIN/../lib', [$first, $second]],
    );
    run_ok("cp $dir/i386 $top/other/libfirst.so && cp $dir/" . (-e "$dir/aarch64" ? 'aarch64' : 'i386') . " $top/other/libsecond.so", 'decoys');
    for my $way (@ways) {
        my ($what, $tags, $rpath, $libraries) = @$way;
        run_ok([@main, '-o', "$top/bin/p", "-Wl,$tags,-rpath,$rpath"], "$what: build", timeout => 120);
        $check->($what, audit($what, ['--binary', "$top/bin/p"]), "$top/bin/p", @$libraries);
        # the loader is the witness
        is_deeply([sort map { m{=> (/\S+/lib(?:first|second)\.so) } ? Cwd::realpath($1) : () } split /\n/, run(['ldd', "$top/bin/p"])->{out}],
            [sort map { Cwd::realpath($_) } @$libraries], '... as ldd finds them');
    }

    # a library that says itself where those are that it needs; asked for itself
    run_ok([@shared, '-DNEXT=fire_second', '-Wl,-soname,libfirst.so', '-o', "$top/lib/libfirst.so", $library, $n, "-L$top/lib", '-lsecond',
        '-Wl,--enable-new-dtags,-rpath,$ORIGIN'], 'a library with RUNPATH');
    run_ok([@main, '-o', "$top/bin/p", '-Wl,--enable-new-dtags,-rpath,$ORIGIN/../lib'], 'RUNPATH of each: build');
    $check->('RUNPATH of each', audit('RUNPATH of each', ['--binary', "$top/bin/p"]), "$top/bin/p", $first, $second);
    symlink 'libfirst.so', "$top/lib/libfirst.so.1";
    my $audit = audit('a library by a link', ['--binary', "$top/lib/libfirst.so.1"]);
    is_deeply([map { $_->{path} } @{$audit->{binaries}}], ["$top/lib/libfirst.so.1", "$top/lib/libsecond.so"], '... is audited under the name that was given');

    # what is reached twice counts once, in whatever order
    for my $order (["$top/bin/p", "$top/lib/libfirst.so.1", "$top/bin/p"], ["$top/lib/libfirst.so.1", "$top/bin/p"]) {
        $audit = audit('the same file several times', [map { ('--binary', $_) } @$order]);
        is(scalar @{$audit->{sites}}, 13, '... its sites count once');
        is(scalar @{$audit->{binaries}}, 3, '... and so does it');
    }

    # only a library has sites; only a library that cannot be found has
    spit("$top/main.c", "int fire_library(int x);\nint main(void) { return fire_library(1); }\n");
    run_ok([@gcc, '-o', "$top/bin/plain", "$top/main.c", $n, "-L$top/lib", '-lfirst', "-Wl,-rpath-link,$top/lib", '-Wl,-rpath,$ORIGIN/../lib'], 'a program without probes: build');
    $audit = audit('a program without probes', ['--binary', "$top/bin/plain"]);
    is_deeply([map { "$_->{path} $_->{sites}" } @{$audit->{binaries}}], ["$top/bin/plain 0", "$first 1", "$second 1"], '... has libraries with some');
    run_ok([@gcc, '-o', "$top/bin/lost", "$top/main.c", $n, "-L$top/lib", '-lfirst', "-Wl,-rpath-link,$top/lib"], 'a program whose library is not found: build');
    is_refused('... not audited', ['--binary', "$top/bin/lost"], qr/bin\/lost has no stapsdt notes.*not found: libfirst\.so/);
    is_refused('another provider only', ['--binary', "$top/lib/libother.so"], qr/libother\.so has notes of other providers only: other/);
    is_refused('one of two has none', ['--binary', "$top/lib/libfirst.so", "$top/lib/libsilent.so"], qr/libsilent\.so has no stapsdt notes/);

    # libraries that need each other
    run_ok([@shared, '-DNEXT=fire_library', '-DFUNCTION=fire_second', '-Wl,-soname,libsecond.so', '-o', "$top/lib/libsecond.so", $library, $n,
        "-L$top/lib", '-lfirst', '-Wl,-rpath,$ORIGIN'],
        'libraries that need each other: build');
    is(scalar @{audit('libraries that need each other', ['--binary', "$top/bin/p"])->{binaries}}, 3, '... are each audited once');
}

# ---- processes ----

# Starts a program that says "ready" and ends with its standard input. @return [pid, socket]
sub start
{
    my (@command) = @_;
    socketpair my $ours, my $theirs, AF_UNIX, SOCK_STREAM, 0 or die $!;
    my $pid = fork;
    die $! if !defined $pid;
    if ($pid == 0) {
        close $ours;
        POSIX::dup2(fileno $theirs, 0);
        POSIX::dup2(fileno $theirs, 1);
        exec { $command[0] } @command or POSIX::_exit(127);
    }
    close $theirs;
    my $ready = '';
    my $select = IO::Select->new($ours);
    sysread $ours, $ready, 100, length $ready while $ready !~ /ready/ && $select->can_read(30) && $ours;
    return [$pid, $ours];
}

sub stop
{
    my ($process) = @_;
    kill 'KILL', $process->[0];
    waitpid $process->[0], 0;
    close $process->[1];
}

{
    my $top = "$dir/process";
    make_path("$top/lib", "$top/usr/lib/debug/.build-id");
    run_ok([@gcc, '-g', '-shared', '-fPIC', '-o', "$top/lib/libfirst.so", $library], 'a process: a library');
    run_ok([@gcc, '-g', '-DWAIT', '-DNEEDS', @semaphores, '-o', "$top/p", $forms, "-L$top/lib", '-lfirst', '-Wl,-rpath,$ORIGIN/lib'], '... a program');
    my $process = start("$top/p");
    my $audit = audit('a process', ['-p', $process->[0]]);
    is_deeply([map { $_->{path} } @{$audit->{binaries}}], ["$top/p", "$top/lib/libfirst.so"], '... its program and library');
    agrees('... program', $audit, "$top/p", "$top/p", functions => "$top/p", lines => "$top/p");
    agrees('... library', $audit, "$top/lib/libfirst.so", "$top/lib/libfirst.so", functions => "$top/lib/libfirst.so", lines => "$top/lib/libfirst.so");
    is(scalar @{audit('with its program', ['--binary', "$top/p", '-p', $process->[0]])->{sites}}, 12, '... sites count once');
    rename "$top/p", "$top/away" or die $!;
    unlink "$top/lib/libfirst.so";
    my $deleted = audit('a process whose files are gone', ['-p', $process->[0]]);
    is_deeply([map { $_->{binary} =~ s/.*\///r . ' ' . $_->{address} . " $_->{line}" } @{$deleted->{sites}}],
        [map { $_->{binary} =~ s/.*\/p$/away/r =~ s/.*\/(lib.*)/$1 (deleted)/r . " $_->{address} $_->{line}" } @{$audit->{sites}}], '... is audited all the same');
    SKIP: {
        skip('setpriv takes root', 2) if $> != 0 || !has('setpriv', 'setpriv', '--version');
        # the project may be where nobody else can go
        my $open = temp_dir();
        chmod 0755, $open;
        run_ok(['cp', $PROBEGEN, $definitions, $open], 'copies for somebody else');
        my $result = run(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', "$open/probegen", 'audit', glob("$open/*.d"), '-p', $process->[0]]);
        ok($result->{status} == 3 && $result->{err} =~ /process $process->[0]: Permission denied/, 'a process of somebody else') or diag("$result->{status} $result->{err}");
    }
    stop($process);
    is_refused('a process that has ended', ['-p', $process->[0]], qr/no such process: $process->[0]/);
    is_refused('a process without probes', ['-p', $$], qr/process $$ has (?:no stapsdt notes|notes of other providers only)/);

    # in a root of its own, where its debug file is
    SKIP: {
        skip('chroot takes root', 1) if $> != 0;
        run_ok([@gcc, '-g', '-DWAIT', '-static', '-Wl,--build-id', '-o', "$top/static", $forms], 'a static program: build');
        my ($id) = run(['readelf', '-n', "$top/static"])->{out} =~ /Build ID: ([0-9a-f]+)/;
        my ($first, $rest) = $id =~ /^(..)(.*)$/;
        run_ok("cd $top && cp static whole && objcopy --only-keep-debug static static.debug && strip static && mkdir usr/lib/debug/.build-id/$first "
            . "&& mv static.debug usr/lib/debug/.build-id/$first/$rest.debug", '... its debug file is apart');
        my $other = start("$top/static", $top);
        $audit = audit('in a root of its own', ['-p', $other->[0]]);
        is(scalar(grep { defined $_->{line} && $_->{file} =~ /forms\.c$/ } @{$audit->{sites}}), 11, '... debug information is found there');
        stop($other);
    }
}

# A process that has a file of another machine mapped, as emulators do: it can be audited, but not traced.
for my $machine ('s390x', 'aarch64', 'i386') {
    SKIP: {
        skip("no program for $machine", 1) if !-e "$dir/$machine";
        my $program = "import mmap, os, sys; fd = os.open(sys.argv[1], os.O_RDONLY); "
            . 'm = mmap.mmap(fd, 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_EXEC); print("ready", flush=True); sys.stdin.read()';
        my $process = start('/usr/bin/python3', '-c', $program, "$dir/$machine");
        is_deeply([map { "$_->{path} $_->{machine}" } grep { $_->{sites} } @{audit("a process with a file for $machine", ['-p', $process->[0]])->{binaries}}],
            ["$dir/$machine $machine"], '... its sites');
        my $result = run([$TRACER, '-d', '-l', '-p', $process->[0]]);
        ok($result->{status} == 4 && $result->{err} =~ m{^h2otrace: \Q$dir\E/$machine is passed over: it is of another machine$}m, '... the tracer passes it over')
            or diag("$result->{status} $result->{err}");
        stop($process);
    }
}

# ---- what cannot be audited ----

spit("$dir/empty", '');
spit("$dir/text", "not a program\n");
run_ok(['mkfifo', "$dir/fifo"], 'a FIFO');
run_ok([@gcc, '-c', '-o', "$dir/object.o", $forms], 'an object file');
run_ok(['ar', 'rc', "$dir/archive.a", "$dir/object.o"], 'an archive');
spit("$dir/plain.c", "int main(void) { return 0; }\n");
run_ok([@gcc, '-o', "$dir/plain", "$dir/plain.c"], 'a program without probes');
spit("$dir/cut", substr slurp($whole), 0, 5000);
spit("$dir/header", substr slurp($whole), 0, 64);
write_assembly("$dir/all_broken.s", '.8byte', 'nop', ['forms:none', '', at => '0 + 0x7777777']);
ok(assemble('all_broken', ['as', '--64'], ['ld']), 'broken notes only');
for my $case (
    ['missing', qr{cannot open \S+/missing: No such file}], ['', qr/is not a regular file/], ['empty', qr/empty is empty/], ['text', qr/text is not an ELF file/],
    ['fifo', qr/fifo is not a regular file/], ['object.o', qr/object\.o is an object file.*link it first/], ['archive.a', qr/is not an ELF file/],
    ['plain', qr/plain has no stapsdt notes/], ['cut', qr/cut is truncated/], ['header', qr/header is truncated/],
    ['all_broken', qr/all_broken has no stapsdt notes but 1 that are malformed/],
) {
    is_refused("'$case->[0]'", ['--binary', "$dir/$case->[0]"], qr/^probegen: .*$case->[1]/);
    is_refused("'$case->[0]' beside a good one", ['--binary', "$dir/build0", "$dir/$case->[0]"], qr/^probegen: .*$case->[1]/);
}

# ---- the same each time ----

{
    my @outs = map { audit("again, $_", ['--binary', "$dir/build0", "$dir/build10", "$dir/table"])->{out} } 1 .. 3;
    ok($outs[0] eq $outs[1] && $outs[1] eq $outs[2], 'an audit says the same each time');
}

# ---- debug information that is nested ----

{
    # blocks within blocks, which one could follow until the stack is full; there is no symbol, so only they have the function
    my $range = ".8byte _start\n.8byte end - _start\n";
    for my $depth (10, 300000) {
        write_assembly("$dir/deep.s", '.8byte', 'nop', ['forms:inlined', '-4@%eax']);
        spit("$dir/deep.s", slurp("$dir/deep.s")
            . ".text\nend:\n.section .debug_abbrev, \"\", %progbits\nabbrev: .byte 1, 0x11, 1, 0x11, 1, 0x12, 7, 3, 8, 0, 0\n.byte 2, 0x0b, 1, 0x11, 1, 0x12, 7, 0, 0\n"
            . ".byte 3, 0x2e, 1, 0x11, 1, 0x12, 7, 3, 8, 0, 0\n.byte 0\n.section .debug_info, \"\", %progbits\n.4byte info_end - info\ninfo: .2byte 4\n.4byte abbrev\n"
            . ".byte 8\n.byte 1\n$range.asciz \"deep.c\"\n.byte 3\n$range.asciz \"by_dwarf\"\n.rept $depth\n.byte 2\n$range.endr\n.fill $depth + 2, 1, 0\ninfo_end:\n");
        ok(assemble('deep', ['as', '--64'], ['ld']), "$depth blocks within each other are assembled");
        run_ok("strip -s --keep-section='.debug_*' deep", '... without symbols', dir => $dir);
        is(audit("$depth blocks within each other", ['--binary', "$dir/deep"])->{sites}[0]{function}, 'by_dwarf', '... the function is found');
    }
}

# ---- names of C++ ----

SKIP: {
    skip('no g++ or c++filt', 1) if !has('g++', 'g++', '--version') || !has('c++filt', 'c++filt', '--version');
    spit("$dir/names.d", "provider forms {\n    probe none();\n    probe inlined(long where);\n};\n");
    spit("$dir/names.cc", <<'EOT');
#include <sys/sdt.h>
namespace pool {
template <typename T> struct list { __attribute__((noinline)) T take(T x) const { STAP_PROBE1(forms, inlined, x); return x + 1; } };
namespace { __attribute__((noinline)) void hidden(const char *) { STAP_PROBE(forms, none); } }
__attribute__((noinline)) int operator+(const list<long> &l, int) { STAP_PROBE1(forms, inlined, 1); STAP_PROBE1(forms, inlined, 2); return (int)l.take(1); }
}
extern "C" __attribute__((noinline)) void plain(void) { STAP_PROBE(forms, none); }
int main(int argc, char **argv) { pool::list<int> l; pool::hidden(argv[0]); plain(); return l.take(argc) + (pool::list<long>() + 1); }
EOT
    for my $how (['with debug information', '-g'], ['with symbols', '-g0']) {
        run_ok(['g++', '-O1', $how->[1], '-o', "$dir/names", "$dir/names.cc"], "a program in C++ $how->[0]");
        my $audit = audit("C++ $how->[0]", ['--binary', "$dir/names"], definitions => "$dir/names.d", status => 0);
        my @got = map { "$_->{symbol}\t$_->{function}" } @{$audit->{sites}};
        is(scalar(grep { /^_Z/ } @got), 5, '... has mangled names');
        is_deeply(\@got, [map { "$_->{symbol}\t" . (run(['c++filt', $_->{symbol}])->{out} =~ s/\n//r) } @{$audit->{sites}}], '... which are shown as c++filt shows them, and as they are');
    }
    my $table = run([$PROBEGEN, 'audit', "$dir/names.d", '--binary', "$dir/names", '--format=html'])->{out};
    like($table, qr{<code>pool::list&lt;int&gt;::take\(int\) const</code>}, '... on the page, too');
}

{
    # each argument has the one before it twice: a name of 900 bytes stands for more than there is memory, or time
    my @digits = (0 .. 9, 'A' .. 'Z');
    my $bomb = '_Z1f1aI1bE';
    for (my $i = 1; length $bomb < 900; ++$i) {
        my $again = 'S' . ($i >= 36 ? $digits[$i / 36] : '') . $digits[$i % 36] . '_';
        $bomb .= "S_I$again${again}E";
    }
    my $long = '_ZN' . '1a' x 500 . 'Ev';
    for my $case (['that explodes', $bomb, $bomb], ['that is too long', $long . 'i' x 500, $long . 'i' x 500], ['that is nested deeply', '_Z1f' . 'P' x 900 . 'i', undef],
        ['that is none', '_Z', '_Z'], ['that ends early', '_ZN3app', '_ZN3app']) {
        my ($what, $symbol, $expected) = @$case;
        write_assembly("$dir/mangled.s", '.8byte', 'nop', ['forms:inlined', '-4@%eax']);
        spit("$dir/mangled.s", slurp("$dir/mangled.s") =~ s/^(\.type |\.size )_start, (.*)/$1$symbol, $2/mgr =~ s/^(_start:)/$1\n$symbol:/mr);
        ok(assemble('mangled', ['as', '--64'], ['ld']), "a name $what is assembled");
        my $start = time;
        my $site = audit("a name $what", ['--binary', "$dir/mangled"])->{sites}[0];
        ok(defined $site && $site->{address}, '... the site is there');
        is($site->{function}, $expected, '... under its own name') if defined $expected && length $expected <= 1024;
        cmp_ok(time - $start, '<', 30, '... in bounded time');
    }
}

# ---- a real program ----

SKIP: {
    skip('no h2o to be audited: set H2O=/path/to/h2o', 1) if !$ENV{H2O};
    my $h2o = $ENV{H2O};
    my $audit = audit('h2o', ['--binary', $h2o, glob('probes/*.map'), glob('probes/h2o.d probes/quicly.d')], definitions => 'probes/picotls.d');
    agrees("h2o, $_", $audit, $h2o, $h2o, functions => $h2o, lines => $h2o, provider => $_) for qw(h2o quicly picotls);
    my @operands = map { @{$_->{operands}} } @{$audit->{sites}};
    is(scalar(grep { defined $_->{reason} } @operands), 0, 'every operand of h2o can be read');
    my %num;
    ++$num{$_->{id}} for @{$audit->{findings}};
    note(sprintf '%d sites of %d probes, %d operands, %d differ in width, %d in sign', scalar @{$audit->{sites}}, $audit->{binaries}[0]{probes}, scalar @operands,
        $num{P006} || 0, $num{P007} || 0);
    # with its sources beside it
    SKIP: {
        my $sources = $ENV{H2O_SOURCE} || dirname($h2o) . '/../src';
        skip('no sources of h2o: set H2O_SOURCE=DIR', 1) if !-e "$sources/lib/core";
        calls_are_there('h2o', $audit, $sources);
    }
}

done_testing();
