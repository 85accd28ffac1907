#!/usr/bin/perl
# ASSERTION: an argument is read right in every way that a note can say it is to be read, or it is null and the reason is told once; in programs
# and libraries of every kind.
use strict;
use warnings;
no warnings 'portable';    # numbers have 64 bits
use File::Copy qw(copy);
use File::Path qw(make_path);
use FindBin;
use lib "$FindBin::Bin/lib";
use BuildLock;
use Live;
use Test::More;

use constant MAX_ARGS => 12;

need_bpf();
plan(skip_all => 'the operands of this test are those of x86-64') if (POSIX::uname())[4] ne 'x86_64';

# ---- how values are made ----

# Extends the low bytes of a number to 64 bits.
sub extend {
    my ($raw, $size, $is_signed) = @_;
    my $bytes = substr pack('Q<', $raw), 0, $size;
    my $fill = $is_signed && ord(substr $bytes, -1) >= 0x80 ? "\xff" : "\0";
    return unpack 'Q<', $bytes . $fill x (8 - $size);
}

# What has to be printed of a number that is read as $size bytes and declared as $type.
sub printed {
    my ($raw, $size, $is_signed, $type) = @_;
    my $x = extend($raw, $size, $is_signed);
    return sprintf '"0x%x"', $x if $type eq 'void *';
    my ($sign, $bits) = $type =~ /^(u?)int(\d+)_t$/ or die $type;
    $x = extend($x, $bits / 8, $sign eq '');
    return $sign eq '' ? unpack('q<', pack 'Q<', $x) : $x;
}

# A form: {operand, type (as declared), want (number | undef: null), is_told: the reason for null is told}. `want` may be code, which gets
# what the target says of itself.
sub form {
    my ($operand, $raw, %more) = @_;
    my ($sign, $size) = $operand =~ /^(-?)(\d+)f?\@/;
    my $type = $more{type} // (($size // 0) =~ /^[1248]$/ ? ($sign ? 'int' : 'uint') . $size * 8 . '_t' : 'uint64_t');
    my $want = exists $more{want} ? $more{want}
        : ref $raw        ? sub { printed($raw->(@_), $size, $sign, $type) }
        : defined $raw    ? printed($raw, $size, $sign, $type)
                          : undef;
    return {operand => $operand, type => $type, want => $want, is_told => !defined $raw, %more};
}

# ---- forms that read registers ----

# Each byte of these registers is negative and differs from all the others.
my @registers = (
    ['rax', 'eax', 'ax', 'al'], ['rbx', 'ebx', 'bx', 'bl'], ['rcx', 'ecx', 'cx', 'cl'], ['rdx', 'edx', 'dx', 'dl'],
    ['rsi', 'esi', 'si', 'sil'], ['rdi', 'edi', 'di', 'dil'], ['rbp', 'ebp', 'bp', 'bpl'], map { ["r$_", "r${_}d", "r${_}w", "r${_}b"] } 8 .. 15
);
my %value_of = map { $registers[$_][0] => unpack('Q<', pack 'C8', map { $_ } reverse 0x80 + 8 * $_ .. 0x87 + 8 * $_) } 0 .. $#registers;

my @of_registers;
for my $register (@registers) {
    for my $sign ('', '-') {
        push @of_registers, map { form($sign . (8 >> $_) . "\@%$register->[$_]", $value_of{$register->[0]}) } 0 .. 3;
    }
}
push @of_registers,
    # a register that is wider than the value
    (map { form($_, $value_of{rax}) } '1@%eax', '-1@%rax', '2@%rax', '-4@%rax'),
    # read in one width and sign, declared in another
    form('-4@%ebx', $value_of{rbx}, type => 'int64_t'), form('-4@%ebx', $value_of{rbx}, type => 'uint64_t'),
    form('4@%ebx', $value_of{rbx}, type => 'int64_t'), form('4@%ebx', $value_of{rbx}, type => 'int32_t'),
    form('8@%rbx', $value_of{rbx}, type => 'int16_t'), form('-8@%rbx', $value_of{rbx}, type => 'uint8_t'),
    form('8@%rcx', $value_of{rcx}, type => 'void *'), form('-4@%ecx', $value_of{rcx}, type => 'void *'),
    # constants
    (map { form("8\@\$$_->[0]", $_->[1]) } ['0', 0], ['1', 1], ['9223372036854775807', ~0 >> 1], ['18446744073709551615', ~0], ['-1', ~0]),
    form('4@$0xffffffff', 0xffffffff), form('4@$-1', 0xffffffff), form('-4@$-1', ~0), form('-4@$4294967295', ~0), form('-4@$2147483647', 0x7fffffff),
    form('-8@$-9223372036854775808', 1 << 63), form('1@$255', 255), form('1@$-1', 255), form('-1@$255', 255), form('-2@$-2', 0xfffe),
    form('-4@$1', 1, type => 'uint8_t'),
    # addresses as values
    form('8@%rsp', sub { $_[0]{sp} }), form('8@$block', sub { $_[0]{block} }, has_symbol => 1),
    form('8@$block+16', sub { $_[0]{block} + 16 }, has_symbol => 1, type => 'void *');

# what cannot be read, each between two that can
my @unreadable = ('8@%xmm0', '4f@%xmm1', '8f@%rax', '4f@%eax', '16@%xmm2', '1@%ah', '8@%fs:0x10', '8@%eax', '4@%ax', '8@%rip', '8@', '@%rax', '3@%rax', '%rax',
    '8@%unknown', '8@no_such_symbol(%rip)', '8@(%eax)', '8@block@GOTPCREL(%rip)');
for my $i (0 .. $#unreadable) {
    push @of_registers, form($unreadable[$i], undef), form('8@%' . $registers[$i % @registers][0], $value_of{$registers[$i % @registers][0]});
}

# booleans: whatever is read is true unless it is 0, also above the byte that is declared
push @of_registers, map { form($_->[0], 0, type => $_->[1] // 'bool', want => $_->[2] // 'true') } ['4@$256'], ['8@$0x10000000000'], ['-8@$-9223372036854775808'],
    ['-4@$-256', 'boolean_t'], ['2@%ax'], ['1@$0', 'bool', 'false'], ['8@$0', 'bool', 'false'], ['-4@$0', 'boolean_t', 'false'];

# a floating-point number is that number, in whichever width it is passed
sub real {
    my ($operand, $type, $number) = @_;
    return form($operand, 0, type => $type, want => $number);
}

# ---- forms that read memory ----

my $block = join '', map { chr((0x91 + 37 * $_) & 0xff) } 0 .. 63;
my %place_of = (
    rbx => 'block', rbp => 'block+32', r12 => 'block+16', r13 => 'block+8', r14 => 'block / 8', rcx => 3, rdx => -8, r15 => 0x10, r11 => 1 << 63
);
my @of_memory;

sub in_block {
    my ($where, $offset, %more) = @_;
    my $raw = unpack 'Q<', substr($block, $offset, 8);
    return map { my $size = $_; map { form("$_$size\@$where", $raw, %more) } '', '-' } 1, 2, 4, 8;
}
push @of_memory, map { in_block(@$_) } ['(%rbx)', 0], ['0(%rbx)', 0], ['8(%rbx)', 8], ['-8(%rbp)', 24], ['0x1c(%rbx)', 28], ['(%rbx,%rcx)', 3],
    ['0(%rbp,%rdx)', 24], ['4(%rbx,%rcx,1)', 7], ['4(%rbx,%rcx,2)', 10], ['(%rbx,%rcx,4)', 12], ['16(%rbx,%rcx,8)', 40], ['-3(%r12,%rcx)', 16], ['(%r13)', 8],
    ['(,%r14,8)', 0], ['21(,%r14,8)', 21], ['(%rsp)', 48], ['1(%rsp)', 49], ['block(%rip)', 0, has_symbol => 1],
    ['block+8(%rip)', 8, has_symbol => 1], ['8+block(%rip)', 8, has_symbol => 1], ['block-8+24(%rip)', 16, has_symbol => 1], ['block+9', 9, has_symbol => 1];
my %reals = (one => 1.5, minus => -0.25, tiny => 2 ** -149, subnormal => 3 * 2 ** -130, largest => (2 - 2 ** -23) * 2 ** 127, zero => 0, tenth => 0.1);
my (%float_at, $reals);
for my $name (sort keys %reals) {
    $float_at{$name} = length($reals // '');
    $reals .= pack 'f<x4 d<', $reals{$name}, $reals{$name};
}
$float_at{$_->[0]} = length $reals and $reals .= pack 'L<x4 Q<', $_->[1], $_->[2] for ['inf', 0x7f800000, 0x7ff << 52], ['nan', 0xffc00000, 0xfff8 << 48];
for my $name (sort keys %float_at) {
    my $single = exists $reals{$name} ? unpack 'f<', pack 'f<', $reals{$name} : undef;
    my $want = $name eq 'inf' ? sub { '"Infinity"' } : $name eq 'nan' ? sub { '"NaN"' } : undef;
    push @of_memory, real("4f\@here_reals+$float_at{$name}(%rip)", $_->[0], $want // sprintf($_->[1], $single)) for ['float', '%.9g'], ['double', '%.17g'];
    my $at = $float_at{$name} + 8;
    my $is_single = !$want && $single == $reals{$name};
    push @of_memory, real("8f\@here_reals+$at(%rip)", $_->[0], $want // sprintf($_->[1], $reals{$name}))
        for ['float', $is_single ? '%.9g' : '%.17g'], ['double', '%.17g'];
}
$_->{has_symbol} = 1 for grep { $_->{operand} =~ /here_reals/ } @of_memory;
# nothing is there: null, which is nobody's mistake
push @of_memory, map { form($_, undef, is_told => 0) } '8@(%r15)', '-4@8(%r15)', '1@(%r11)', '8@-1(%r11)';
push @of_memory, form('8@(%rbx)', unpack 'Q<', $block);
# Intel's syntax, where it cannot be the other one
push @of_memory, map { form($_->[0], unpack('Q<', substr($block, $_->[1], 8)), has_symbol => $_->[2]) } ['4@DWORD PTR -8[rbp]', 24], ['-1@[rbp - 8]', 24],
    ['-2@WORD PTR [rbx+rcx*4]', 12], ['8@[2*rcx + rbx]', 6], ['8@QWORD PTR [rbx+rcx]', 3], ['4@DWORD PTR block[rip+8]', 8, 1], ['8@qword ptr [rip + block]', 0, 1],
    ['2@WORD PTR 16[rbx+rcx*8]', 40];

# ---- probes of them ----

# {name, sites => [[operand, ...], ...], types => [...], forms (one list for each site)}
my @probes;

sub add_probes {
    my ($name, @forms) = @_;
    for (my $i = 0; @forms; ++$i) {
        my @part = splice @forms, 0, MAX_ARGS;
        push @probes, {name => "${name}_$i", kind => $name, forms => \@part, operands => join(' ', map { $_->{operand} } @part)};
    }
}
add_probes(registers => @of_registers);
add_probes(memory => @of_memory);

my @ax = (form('8@%rax', $value_of{rax}), form('-4@%ebx', $value_of{rbx}));
my @null = map { form("8\@", undef, is_told => 0) } 1 .. 2;
push @probes, (map { {kind => 'registers', %$_} }
    # two sites, each with operands of its own
    {name => 'two', forms => \@ax, operands => '8@%rax -4@%ebx'},
    {name => 'two', forms => [form('8@$77', 77), form('-4@$-78', -78)], operands => '8@$77 -4@$-78', is_again => 1},
    # fewer and more arguments than declared, none at all
    {name => 'fewer', forms => [@ax, @null], operands => '8@%rax -4@%ebx'},
    {name => 'more', forms => \@ax, operands => '8@%rax -4@%ebx 8@%rcx 4f@%xmm0'},
    {name => 'none', forms => [], operands => ''},
    {name => 'nothing_passed', forms => [@null], operands => ''},
    {name => 'listened', forms => \@ax, operands => '8@%rax -4@%ebx', semaphore => 'forms_semaphore'},
    # two probes at one instruction
    {name => 'first_of_two', forms => \@ax, operands => '8@%rax -4@%ebx', shares_place => 1},
    {name => 'second_of_two', forms => [$ax[0]], operands => '8@%rax'});

# ---- definitions and code of them ----

sub definitions {
    my $text = "/* Written by 91operands.t. */\nprovider forms {\n";
    for my $probe (grep { !$_->{is_again} } @probes) {
        my $n = 0;
        $text .= "    probe $probe->{name}(" . join(', ', map { "$_->{type} a" . $n++ } @{$probe->{forms}}) . ");\n";
    }
    return "$text};\n";
}

# A site with its note; the format is that of sys/sdt.h.
sub site {
    my ($probe) = @_;
    my $semaphore = $probe->{semaphore} // 0;
    return <<"END" . ($probe->{shares_place} ? '' : "    nop\n");
990:
    .pushsection .note.stapsdt, "", \@note
    .balign 4
    .4byte 992f - 991f, 994f - 993f, 3
991: .asciz "stapsdt"
992: .balign 4
993: .8byte 990b, _.stapsdt.base, $semaphore
    .asciz "forms", "$probe->{name}", "$probe->{operands}"
994: .balign 4
    .popsection
END
}

sub sites_of { return join '', map { site($_) } grep { $_->{kind} eq $_[0] } @probes }

sub code {
    my @saved = qw(rbx rbp r12 r13 r14 r15);
    my $text = "# Written by 91operands.t.\n    .text\n    .globl fire_forms\n    .type fire_forms, \@function\nfire_forms:\n";
    $text .= "    push %$_\n" for @saved;
    $text .= "    mov %rsp, here_sp(%rip)\n";
    $text .= "    movabs \$$value_of{$_}, %$_\n" for sort keys %value_of;
    $text .= sites_of('registers');
    for my $register (sort keys %place_of) {
        my ($symbol, $add, $divide) = $place_of{$register} =~ m{^(block)(\+\d+)?( / 8)?$};
        $text .= $symbol ? '    lea here_block' . ($add // '') . "(%rip), %$register\n" : "    movabs \$$place_of{$register}, %$register\n";
        $text .= "    shr \$3, %$register\n" if $divide;
    }
    $text .= "    push here_block+56(%rip)\n    push here_block+48(%rip)\n" . sites_of('memory') . "    add \$16, %rsp\n";
    $text .= "    pop %$_\n" for reverse @saved;
    $text .= "    ret\n    .size fire_forms, . - fire_forms\n\n    .data\n    .globl block, forms_sp\n    .type block, \@object\n    .type forms_sp, \@object\n";
    $text .= "    .balign 64\nblock:\nhere_block: .byte " . join(', ', unpack 'C*', $block) . "\n    .size block, 64\n";
    $text .= "here_reals: .byte " . join(', ', unpack 'C*', $reals) . "\n";
    $text .= "forms_sp:\nhere_sp: .8byte 0\n    .size forms_sp, 8\n\n";
    $text .= "    .section .probes, \"aw\"\n    .globl forms_semaphore\n    .type forms_semaphore, \@object\nforms_semaphore: .2byte 0\n    .size forms_semaphore, 2\n\n";
    $text .= "    .section .stapsdt.base, \"aG\", \@progbits, .stapsdt.base, comdat\n    .weak _.stapsdt.base\n    .hidden _.stapsdt.base\n";
    return "$text\_.stapsdt.base: .space 1\n    .size _.stapsdt.base, 1\n\n    .section .note.GNU-stack, \"\", \@progbits\n";
}

# a file of the build folder is written only if it changes: the tracer is then not built again
my $definitions = build('cases/forms.d');
{
    my $lock = lock_build();
    make_path(build('cases'));
    spew($definitions, definitions()) if slurp($definitions) ne definitions();
}
my $forms_tracer = cases_tracer('formtrace', $definitions);
my $code = spew(tmp('forms.s'), code());
my $main = 't/cases/forms_main.c';

# ---- what readelf says of a file, and what the tracer says ----

# "NAME+0xOFFSET  OPERANDS" of each note, as -l has it.
sub sites_by_readelf {
    my ($file, $name) = @_;
    my (undef, $headers) = run_program('readelf', '-lW', $file);
    my (undef, $notes) = run_program('readelf', '-nW', $file);
    my @segments = map { [map { hex } @$_] } map { /^\s+LOAD\s+(\S+)\s+(\S+)\s+\S+\s+(\S+)/ ? [$1, $2, $3] : () } split /\n/, $headers;
    my @sites;
    while ($notes =~ /Name: (\S+)\n\s+Location: (\S+), Base: \S+, Semaphore: (\S+)\n\s+Arguments: *(.*)\n/g) {
        my ($probe, $address, $semaphore, $operands) = ($1, hex $2, hex $3, $4);
        my ($segment) = grep { $address >= $_->[1] && $address < $_->[1] + $_->[2] } @segments;
        push @sites, sprintf '%s %s+0x%x%s  %s', $probe, $name, $address - $segment->[1] + $segment->[0], $semaphore ? '' : ' (no semaphore)', $operands;
    }
    return [sort @sites];
}

sub sites_by_tracer {
    my ($tracer, $pid) = @_;
    my (undef, $out) = run_program($tracer, '-l', '-p', $pid);
    my (@sites, $probe);
    for my $line (split /\n/, $out) {
        $probe = $1 if $line =~ /^\w+:(\w+)\(/;
        push @sites, "$probe $1" if $line =~ /^    (.*)/;
    }
    return [sort @sites];
}

# ---- tracing them ----

# What must be printed for a site.
sub expected_event {
    my ($probe, $target, $has_symbols) = @_;
    my ($n, $text) = (0, "{\"module\":\"forms\",\"type\":\"$probe->{name}\"");
    for my $form (@{$probe->{forms}}) {
        my $want = !$has_symbols && $form->{has_symbol} ? undef : ref $form->{want} ? $form->{want}->($target) : $form->{want};
        $text .= ",\"a$n\":" . ($want // 'null');
        ++$n;
    }
    return "$text}";
}

# What must be told, once each: the arguments that are always null at a site.
sub expected_complaints {
    my ($has_symbols) = @_;
    my @who;
    for my $probe (@probes) {
        my @forms = @{$probe->{forms}};
        push @who, map { "forms:$probe->{name} argument $_ (a$_)" }
            grep { $forms[$_]{is_told} || (!$has_symbols && $forms[$_]{has_symbol}) } 0 .. $#forms;
    }
    return [sort @who];
}

# `file` is where the notes are, `module` what the target calls it.
sub trace_forms {
    my ($name, $program, %how) = @_;
    my $target = start([$program], in => 'pipe', answers => 1, env => $how{env} || {});
    my %says = ($target->next_line // '') =~ /^(block) (\S+)/;
    my $has_symbols = !$how{is_stripped};
    my $readelf = sites_by_readelf($how{file} // $program, ($how{module} // $program) . ($how{is_deleted} ? ' (deleted)' : ''));
    unlink $how{file} // $program if $how{is_deleted};

    is_deeply(sites_by_tracer($forms_tracer, $target->pid), $readelf, "$name: -l tells the sites that readelf tells");
    my $tracer = start_tracer({tracer => $forms_tracer}, '-p', $target->pid);
    my $answer = $target->ask('fire');
    $target->end_input;
    is($tracer->wait_end, 0, "$name: the tracer ends with the target");

    my ($sp, $semaphore) = $answer =~ /^fired 1 (\S+) (\d+)$/;
    my $about = {block => hex($says{block} // 0), sp => hex($sp // 0)};
    is($semaphore, 1, "$name: the semaphore was raised");
    my @got = map { scalar event_text($_) } lines($tracer->out);
    my @want = map { expected_event($_, $about, $has_symbols) } (grep { $_->{kind} eq 'registers' } @probes), (grep { $_->{kind} eq 'memory' } @probes);
    # which of the probes at one instruction comes first is the kernel's choice
    is_deeply([sort @got], [sort @want], "$name: every operand is read right");
    my $differ = 'formtrace: target and definitions differ in their probes: of another number of arguments are 3 (forms:fewer: 2, not 4, forms:more: 4, not 2, '
        . 'forms:nothing_passed: 0, not 2)';
    my @complaints = split /\n/, $tracer->complaints;
    is_deeply([grep { /differ/ } @complaints], [$differ], "$name: other numbers of arguments are told in one line");
    my @who = sort map { /^formtrace: (.*) will be null: \S.{8}/ ? $1 : "not understood: $_" } grep { !/differ/ } @complaints;
    is_deeply(\@who, expected_complaints($has_symbols), "$name: each argument that cannot be read is told once, with a reason");
    return \@got;
}

my $pie = compile('forms-pie', '-pie', $main, $code);
my $library = compile('libforms.so', '-shared', $code);
my $got = trace_forms('PIE', $pie);
json_lines_are_valid(spew(tmp('forms.json'), join '', map { "$_\n" } @$got), 'forms');
trace_forms('no PIE', compile('forms-no-pie', '-no-pie', $main, $code));
trace_forms('static', compile('forms-static', '-static', $main, $code));
trace_forms('static PIE', compile('forms-static-pie', '-static-pie', $main, $code));

my $stripped = tmp('forms-stripped');
is((run_program('strip', '-o', $stripped, $pie))[0], 0, 'strip');
trace_forms('stripped', $stripped, is_stripped => 1);

my $deleted = tmp('forms-deleted');
copy($pie, $deleted);
chmod 0755, $deleted;
trace_forms('deleted', $deleted, is_deleted => 1);

my @linked = ('-DLOAD=NULL', $main, '-rdynamic', '-Wl,--no-as-needed,-rpath,' . tmp(''), $library);
trace_forms('linked library', compile('forms-linked', @linked), file => $library, module => $library);

my $loaded = tmp('libloaded.so');
copy($library, $loaded);
my $loader = compile('forms-loader', "-DLOAD=\"$loaded\"", $main, '-ldl');
trace_forms('library loaded at run time', $loader, file => $loaded, module => $loaded);
trace_forms('library that was deleted', $loader, file => $loaded, module => $loaded, is_deleted => 1);

{
    my $target = start([$pie], in => 'pipe', answers => 1);
    $target->next_line;
    my $tracer = start_tracer({tracer => $forms_tracer}, '-d', '-p', $target->pid);
    $target->ask('fire');
    $target->end_input;
    $tracer->wait_end;
    like($tracer->err, qr/^formtrace: \S+ argument \d+ \(a\d+\) is declared as 'int16_t a\d+', but 8\@%rbx reads 8 bytes, unsigned$/m, '-d tells of other widths');
    unlike($tracer->err, qr/goto/, '... and prints no program');
}

# ---- what -dd says of the programs ----

# What is printed of each site, {name, arguments => [text, ...], reads => [arguments that are read at once, ...], code => "..."}, and whether all
# instructions of each program are there, in their order.
sub parse_programs {
    my ($text) = @_;
    my (@sites, @gaps, $site, $next, $num);
    for my $line (split /\n/, $text) {
        if ($line =~ /^formtrace: program for \d+ sites?: (\d+) instructions, and [1-9]\d* in [1-9]\d* functions that they call$/) {
            push @gaps, "it ends at $next, not $num" if defined $num && $next != $num;
            ($next, $num, $site) = (0, $1, {});
        } elsif ($line =~ /^formtrace: site \d+: forms:(\w+) at 0x[0-9a-f]+ of \S+$/) {
            push @sites, $site = {name => $1, arguments => [], reads => [], code => ''};
        } elsif ($line =~ /^formtrace:   argument (\d+): (.*)$/) {
            $site->{arguments}[$1] = $2;
        } elsif ($line =~ /^formtrace:   read at once: \d+ bytes?, for arguments?((?: \d+)+)$/) {
            push @{$site->{reads}}, split ' ', $1;
        } elsif ($line eq 'formtrace: end of all sites:') {
            $site = {};
        } elsif ($line =~ /^ +(\d+): (.*)$/) {
            my ($at, $code) = ($1, $2);
            push @gaps, "$at comes, not $next" if $at != $next;
            $next = $at + ($code =~ / ll$| = map\[/ ? 2 : 1);
            $site->{code} .= "$code\n";
        }
    }
    push @gaps, "it ends at $next, not $num" if $next != $num;
    return (\@sites, \@gaps);
}

# What has to be printed of the arguments of a probe; all that are declared are needed.
sub expected_arguments {
    my ($probe) = @_;
    my @operands = $probe->{operands} =~ /\S/ ? map { $_->{operand} } @{$probe->{forms}} : ('') x @{$probe->{forms}};
    my @arguments = map {
        my ($operand, $form) = ($operands[$_], $probe->{forms}[$_]);
        $operand eq '' || ($operand eq '8@' && !$form->{is_told}) ? 'not passed, null' : $form->{is_told} ? "$operand, null" : $operand;
    } 0 .. $#operands;
    push @arguments, '8@%rcx, not needed', '4f@%xmm0, null, not needed' if $probe->{name} eq 'more';
    return \@arguments;
}

# Who reads an argument decides what is said of it: nobody where events are counted, but for what they are counted by, or chosen by.
{
    my %said;
    for my $name ('', 'all', 'by', 'chosen') {
        my ($unreadable) = sort keys %{$said{''}{null} // {}};
        my @options = $name eq '' ? () : ('--stat=1s', $name eq 'by' ? "--by=a$unreadable" : $name eq 'chosen' ? ('-e', "a$unreadable != null") : ());
        my $target = start([$pie], in => 'pipe', answers => 1);
        $target->next_line;
        my $tracer = start_tracer({tracer => $forms_tracer}, '-dd', '-p', $target->pid, @options);
        $target->end_input;
        $tracer->wait_end;
        my $err = $tracer->err;
        $said{$name}{null} = {map { $_ => 1 } $err =~ /argument (\d+) \(a\d+\) will be null/g};
        $said{$name}{read} = {map { $_ => 1 } $err =~ /  argument (\d+): (?!.*not (?:needed|passed)).*$/mg};
    }
    cmp_ok(scalar keys %{$said{''}{null}}, '>', 2, 'where events are shown, arguments that cannot be read are told');
    is_deeply($said{all}, {null => {}, read => {}}, 'where they are counted, none is read, and none told');
    my ($one) = sort keys %{$said{''}{null}};
    is_deeply($said{$_}, {null => {$one => 1}, read => {$one => 1}}, "... but one ($_)") for qw(by chosen);
}

{
    # words of struct pt_regs, in bytes (arch/x86/include/asm/ptrace.h)
    my %word_of = (rax => 80, rbx => 40, rcx => 88, rdx => 96, rsi => 104, rdi => 112, rbp => 32, rsp => 152, r8 => 72, r9 => 64, r10 => 56, r11 => 48,
        r12 => 24, r13 => 16, r14 => 8, r15 => 0);
    my %whole = map { my $register = $_; map { $_ => $register->[0] } @$register } @registers, ['rsp'];
    my $target = start([$pie], in => 'pipe', answers => 1);
    $target->next_line;
    my $tracer = start_tracer({tracer => $forms_tracer}, '-dd', '-p', $target->pid);
    $target->end_input;
    $tracer->wait_end;

    my ($sites, $gaps) = parse_programs($tracer->err);
    my @in_file = ((grep { $_->{kind} eq 'registers' } @probes), (grep { $_->{kind} eq 'memory' } @probes));
    is_deeply($gaps, [], '-dd prints all instructions of the sites');
    is_deeply([map { [$_->{name}, $_->{arguments}] } @$sites], [map { [$_->{name}, expected_arguments($_)] } @in_file], '... their operands, and what is null or not needed');
    is_deeply([map { [sort { $a <=> $b } @{$_->{reads}}] } @$sites], [map { $_->{kind} eq 'memory' ? [0 .. $#{$_->{forms}}] : [] } @in_file], '... each that is read of memory, once');
    my @unread;
    for my $i (0 .. $#in_file) {
        for my $form (grep { !$_->{is_told} && $_->{operand} =~ /\@%\w+$/ } @{$in_file[$i]{forms}}) {
            my $word = $word_of{$whole{$form->{operand} =~ s/.*%//r}};
            push @unread, "$sites->[$i]{name}: $form->{operand}" if $sites->[$i]{code} !~ /^r\d = \*\(u64 \*\)\(r\d \+ $word\)$/m;
        }
        push @unread, $in_file[$i]{name} if $in_file[$i]{kind} eq 'memory' && $sites->[$i]{code} !~ /^call bpf_probe_read_user#112$/m;
    }
    is_deeply(\@unread, [], '... instructions that read each register, and memory');
    is(scalar(() = $tracer->err =~ /^\w+:   on_forms_\w+\(\):$/mg), scalar(@$sites), '... where what the function of a probe does begins');
    like($tracer->err, qr/^ +\d+: call pc\+\d+ <pg_begin>$/m, '... and calls of functions by their names');
}

# ---- programs that use sys/sdt.h ----

my $sdt_tracer = cases_tracer('casetrace', 't/cases/cases.d', 't/cases/cases.map');
my @source = ('-std=gnu11', '-pthread', 't/cases/cases.c');
my $head = '{"module":"cases","type"';
my @always = (
    "$head:\"twelve\",\"a\":-1,\"b\":255,\"c\":-2,\"d\":65534,\"e\":-3,\"f\":4294967293,\"g\":-9223372036854775808,\"h\":18446744073709551615,"
        . '"i":"twelve \"arguments\"","j":"0001ff","j_len":3,"k":"0x123456789abcdef0"}',
    "$head:\"real\",\"single\":1.5,\"twice\":-2.25,\"pi\":3.1415926535897931}",
    "$head:\"other_kind\",\"from_int\":null,\"from_double\":null}",
);
my @with_debug = (
    "$head:\"holder\",\"holder\":POINTER,\"small\":65535,\"next_value\":-9000000000000000000,\"name\":\"holder\"}",
    "$head:\"whole\",\"whole\":{\"first\":-2,\"bits\":5,\"ratio\":0.25,\"name\":\"whole\"}}",
);
my @without_debug = (
    "$head:\"holder\",\"holder\":POINTER,\"small\":null,\"next_value\":null,\"name\":null}",
    "$head:\"whole\",\"whole\":null}",
);

sub trace_cases {
    my ($name, $program, %how) = @_;
    my $target = start([$program], in => 'pipe', answers => 1);
    my $tracer = start_tracer({tracer => $sdt_tracer}, '-p', $target->pid);

    is_deeply(sites_by_tracer($sdt_tracer, $target->pid), sites_by_readelf($program, $program), "$name: -l tells the sites that readelf tells");
    is($target->ask('enabled'), 'enabled ' . ($how{has_semaphores} ? 7 : 0), "$name: semaphores");
    $target->ask('all');
    $target->end_input;
    is($tracer->wait_end, 0, "$name: the tracer ends with the target");
    my @got = map { scalar event_text($_) =~ s/"holder":"0x[0-9a-f]+"/"holder":POINTER/r } lines($tracer->out);
    is_deeply(\@got, [map { canonical($_) } @always, $how{has_debug} ? @with_debug : @without_debug], "$name: every argument is read right");
    my @complaints = map { /^casetrace: (.*) will be null(?: in events of \d probes?)?: \S.{8}/ ? split /, /, $1 : "not understood: $_" } split /\n/, $tracer->complaints;
    my @want = ('cases:other_kind argument 0 (from_int)', 'cases:other_kind argument 1 (from_double)');
    push @want, qw(name next_value small whole) if !$how{has_debug};
    is_deeply([sort @complaints], [sort @want], "$name: what cannot be read is told once, with a reason");
    is(scalar(() = $tracer->complaints =~ /^/mg), $how{has_debug} ? 2 : 3, "$name: ... one line for one reason");
}

my $debug = compile('cases-debug', '-g', '-DSEMAPHORES', @source);
trace_cases('-O2 -g, semaphores', $debug, has_debug => 1, has_semaphores => 1);
trace_cases('-O0 -g', compile('cases-O0', '-g', '-O0', @source), has_debug => 1);
# with -masm=intel the operands are written in another syntax
trace_cases('Intel, gcc', compile('cases-intel', '-g', '-masm=intel', '-DSEMAPHORES', @source), has_debug => 1, has_semaphores => 1);
{
    my $target = start([tmp('cases-intel')], in => 'pipe', answers => 1);
    my (undef, $list) = run_program($sdt_tracer, '-l', '-p', $target->pid);
    my $tracer = start_tracer({tracer => $sdt_tracer}, '-dd', '-p', $target->pid);
    $target->end_input;
    $tracer->wait_end;
    my (%listed, %told, $site);
    $listed{$1} = $2 while $list =~ /^    \S+\+(0x[0-9a-f]+).*?  (.*)$/mg;
    for (split /\n/, $tracer->err) {
        $site = $1 if /: site \d+: .* at (0x[0-9a-f]+) of /;
        push @{$told{$site}}, $1 =~ s/(?:, null|, not needed)+$//r if /:   argument \d+: (.*)$/;
    }
    is_deeply({map { $_ => join ' ', @{$told{$_}} } keys %told}, \%listed, 'Intel, gcc: -dd shows the operands that -l does');
    ok(keys %listed >= 7 && "@listed{keys %listed}" =~ / PTR /, '... of ' . keys(%listed) . ' sites, with blanks in them');
}
trace_cases('Intel, gcc -O0', compile('cases-intel-O0', '-g', '-O0', '-masm=intel', @source), has_debug => 1);
SKIP: {
    skip('there is no clang', 5) if (run_program('clang', '--version'))[0] ne '0';
    local $ENV{CC} = 'clang';
    trace_cases('Intel, clang', compile('cases-intel-clang', '-g', '-gdwarf-4', '-masm=intel', '-Wno-unused-command-line-argument', @source), has_debug => 1);
}
trace_cases('no debug information', compile('cases-plain', '-DSEMAPHORES', @source), has_semaphores => 1);

# where fields of structs are: gdb is the witness
{
    my ($target, @lifted) = (start([$debug], in => 'pipe', answers => 1));
    my $tracer = start_tracer({tracer => $sdt_tracer}, '-dd', '-p', $target->pid);
    $target->end_input;
    $tracer->wait_end;
    my %size_of = ('inner.small' => 2, 'next->value' => 8, name => 8);
    my %way_to = ('inner.small' => [['struct st_holder_t', 'inner.small']], 'next->value' => [['struct st_holder_t', 'next'], ['struct st_next_t', 'value']],
        name => [['struct st_holder_t', 'name']]);
    for my $path (sort keys %way_to) {
        my @offsets = map { (run_program('gdb', '-batch', '-ex', "print (long)&(($_->[0] *)0)->$_->[1]", $debug))[1] =~ /= (\d+)$/m ? $1 : 'unknown' } @{$way_to{$path}};
        push @lifted, "lifted from argument 0: struct st_holder_t $path, $size_of{$path} bytes at " . join ' -> ', @offsets;
    }
    is_deeply([sort $tracer->err =~ /^casetrace:   (lifted .*)$/mg], [sort @lifted], '-dd prints where fields of structs are');
}

# debug information in a file of its own
my ($apart, $its_debug) = (tmp('cases-apart'), tmp('cases-apart.debug'));
is((run_program('objcopy', '--only-keep-debug', $debug, $its_debug))[0], 0, 'objcopy --only-keep-debug');
is((run_program('objcopy', '--strip-debug', "--add-gnu-debuglink=$its_debug", $debug, $apart))[0], 0, 'objcopy --add-gnu-debuglink');
trace_cases('debug information elsewhere', $apart, has_debug => 1, has_semaphores => 1);

# ... which is not there any more, or that of another build
my $other_build = compile('cases-other', '-g', '-O1', '-Wl,--build-id=0x0123456789abcdef0123', @source);
for my $case (['no file there', sub { unlink $its_debug }, qr/; there is no [^;]*\Q$its_debug\E/],
    ['a file of another build', sub { run_program('objcopy', '--only-keep-debug', $other_build, $its_debug) }, qr/; \Q$its_debug\E is of another build \(.*?\); there is no /])
{
    my ($name, $prepare, $reason) = @$case;
    $prepare->();
    my $target = start([$apart], in => 'pipe', answers => 1);
    my $tracer = start_tracer({tracer => $sdt_tracer}, '-p', $target->pid);
    $target->end_input;
    $tracer->wait_end;
    my @told = grep { /no debug information/ } split /\n/, $tracer->complaints;
    is(scalar @told, 1, "debug information elsewhere, $name: one line");
    like($told[0] // '', qr/^casetrace: small, next_value, name, whole will be null in events of 2 probes: \Q$apart\E has no debug information$reason.*\. Install the package with its debug information/,
        '... has the names of JSON, and what was tried');
}

# all probes of h2o, quicly and picotls
{
    my $stripped = tmp('exerciser-stripped');
    is((run_program('strip', '-o', $stripped, build('bin/h2otrace-exerciser')))[0], 0, 'a stripped exerciser');
    my $target = start([$stripped], in => 'pipe', answers => 1);
    my $tracer = start_tracer('-p', $target->pid);
    $target->end_input;
    $tracer->wait_end;
    like($tracer->complaints, qr/\Ah2otrace: (?:\w+, ){3}\w+ and \d+ more will be null in events of \d+ probes: \Q$stripped\E has no debug information; there is no .*\n\z/,
        '... has one line about all that is null');
    like($tracer->complaints, qr/ what 'debuginfod-find debuginfo [0-9a-f]+' fetches$/m, '... which says where debug information is to be had') if $tracer->complaints =~ /build-id/;
}

# ---- names of variables ----

# A library that is loaded anew, elsewhere, each time; two variables of one name in the program.
my $moving_tracer = cases_tracer('movetrace', 't/cases/moving.d');
# `mine` and `other` are what these probes of the program have to show, `why` the reason for null; `link` and `then` make the program.
sub trace_moving {
    my ($name, %how) = @_;
    my $base = 'moving-' . $name =~ s/\W/-/gr;
    my $folder = tmp($base);
    mkdir $folder or die "$folder: $!";
    my @flags = ('-O1', @{$how{flags} || []});
    for my $half ('mine', 'other') {
        my ($status, undef, $err) = run_program('gcc', @flags, '-fPIE', $half eq 'other' ? '-DOTHER' : (), '-c', '-o', "$folder/$half.o", 't/cases/moving.c');
        is($status, 0, "$name: $half") or diag($err);
    }
    my $moving_library = compile("$base/libmoving.so", @flags, '-fPIC', '-shared', 't/cases/moving_library.c');
    my $program = compile("$base/moving", @{$how{link} || []}, "$folder/mine.o", "$folder/other.o", '-ldl');
    is((run_program(@{$how{then}}, $program))[0], 0, "$name: made") if $how{then};
    my $target = start([$program, $moving_library], in => 'pipe', answers => 1);
    poll { slurp('/proc/' . $target->pid . '/maps') =~ /libmoving/ };
    my $tracer = start_tracer({tracer => $moving_tracer, env => $how{env}}, '-p', $target->pid);
    my @said = map { $target->ask('x') } 1 .. 4;
    $target->end_input;
    is($tracer->wait_end, 0, "$name: the tracer ends with the target");
    my @lines = lines($tracer->out);
    is_deeply([map { /"type":"level".*"n":(\w+),"address":"(\w+)"/ ? "$1 $2" : () } @lines], \@said, "$name: what the library has is read where it is");
    cmp_ok(scalar(keys %{{map { (split)[1] => 1 } @said}}), '>', 1, "$name: ... which is not where it was");
    for my $probe (qw(mine other)) {
        is_deeply([map { /"type":"$probe".*"n":(\w+)/ ? $1 : () } @lines], [($how{$probe} // 'null') x 4], "$name: the program's '$probe'");
        like($tracer->err, qr/moving:$probe argument 0 \(n\) will be null: .*$how{why}.* \(-4\@level\(%rip\)\)\n/, "$name: ... and why") if !defined $how{$probe};
    }
}
trace_moving('both known', mine => 1112, other => undef, why => 'more than one of that name');
trace_moving('perf events', mine => 1112, other => undef, why => 'more than one of that name', env => {PROBEGEN_ATTACH_PERF => 1});
trace_moving('debug information', mine => 1112, other => 2222, flags => ['-g']);
trace_moving('sites that the kernel optimizes', mine => 1112, other => 2222, flags => ['-g', '-DNOP=".byte 0x0f,0x1f,0x44,0,0"']);
trace_moving('no PIE', mine => 1112, other => undef, why => 'more than one of that name', link => ['-no-pie']);
trace_moving('locals discarded by ld', why => 'lost its local symbols', link => ['-Wl,-x']);
trace_moving('locals discarded by strip', why => 'lost its local symbols', then => ['strip', '-x']);
trace_moving('no symbols at all', why => 'stripped', then => ['strip']);

# ---- what is lifted out of structs; what cannot be read; structs that are others in another file ----

{
    my $tracer = cases_tracer('lifttrace', 't/cases/lifted.d', 't/cases/lifted.map');
    is((run_program(build('bin/probegen'), 'dtrace', '-h', '-s', 't/cases/lifted.d', '-o', tmp('lifted.h')))[0], 0, 'header of lifted.d');
    my @c = ('-std=gnu11', '-g', '-I', tmp(''), 't/cases/lifted.c');
    my $library = compile('liblifted.so', '-shared', '-DLIBRARY', @c);
    my $target = start([compile('lifted', @c, '-Wl,-rpath,' . tmp(''), $library)], in => 'pipe', answers => 1);
    $target->next_line;
    my $tracing = start_tracer({tracer => $tracer}, '-p', $target->pid, '--string-limit=8');
    $target->ask('fire');
    $target->end_input;
    is($tracing->wait_end, 0, 'lifted: the tracer ends with the target');
    my @got = map { s/"(?:0x[1-9a-f][0-9a-f]{3,})"/POINTER/gr } map { scalar event_text($_) } lines($tracing->out);
    my $all = '{"module":"lifted","type":"all","all":';
    my $rest = '"number":7,"third":3,"element":12,"wide":true,"bit":true,"signed_bits":-7,"colour":1,"single":0.10000000149011612,'
        . '"twice":0.10000000000000001,"minus":-1,"name":"name","rest":"rest","of_null":null,"of_nowhere":null';
    my $second = 'ffee000000000000';
    is_deeply(\@got, [map { canonical($_) }
        "${all}POINTER,\"peer\":\"192.0.2.1:80\",\"by_pointer\":\"192.0.2.1:80\",\"local\":\"[::1]:443\",\"dcid\":\"010203\",\"second\":\"$second\","
            . "\"digest\":\"aabbccdd\",\"short_digest\":\"aabb\",\"data\":\"64617461\",$rest,\"truncated\":{\"second\":200},\"unreadable\":[\"of_nowhere\"]}",
        "${all}POINTER,\"peer\":null,\"by_pointer\":null,\"local\":\"[::1]:443\",\"dcid\":\"010203\",\"second\":\"$second\","
            . "\"digest\":\"aabbccdd\",\"short_digest\":\"aabb\",\"data\":null,$rest,\"truncated\":{\"second\":200},\"unreadable\":[\"of_nowhere\"]}",
        "$all\"0x0\"," . join(',', map { "\"$_\":null" } qw(peer by_pointer local dcid second digest short_digest data number third element wide bit
            signed_bits colour single twice minus name rest of_null of_nowhere)) . '}',
        '{"module":"lifted","type":"texts","none":null,"nowhere":null,"data":null,"size":3,"peer":null,"unreadable":["nowhere","data","peer"]}',
        '{"module":"lifted","type":"texts","none":null,"nowhere":null,"data":null,"size":3,"peer":null,"unreadable":["none"]}',
        '{"module":"lifted","type":"lengths","a":"7878787878787878","a_len":70000,"b":"7878787878787878","b_len":5000000000,"c":null,"c_len":-1,'
            . '"d":"xxxxxxxx","d_len":65535,"truncated":{"a":70000,"b":5000000000,"d":65535}}',
        '{"module":"lifted","type":"lengths","a":"7878787878787878","a_len":4294967295,"b":null,"b_len":18446744073709551615,"c":"7878787878787878",'
            . '"c_len":2147483647,"d":"xxxxxxxx","d_len":65536,"truncated":{"a":4294967295,"c":2147483647,"d":65536}}',
        '{"module":"lifted","type":"shared","shared":POINTER,"x":1,"picture":{"width":5},"arg_unreadable":"xxxxxxxx","truncated":{"arg_unreadable":null}}',
        '{"module":"lifted","type":"shared","shared":POINTER,"x":2,"picture":{"width":3,"height":4},"arg_unreadable":null}'
    ], 'lifted: every value is right, and what could not be read is named') or diag(join "\n", @got);
    is($tracing->complaints, '', 'lifted: no complaints');
}

# the exerciser has as many sites as there are probes
{
    my $exerciser = start_exerciser();
    my $path = build('bin/h2otrace-exerciser');
    is_deeply(sites_by_tracer(build('bin/h2otrace'), $exerciser->pid), sites_by_readelf($path, POSIX::getcwd() . "/$path"),
        'the exerciser: -l tells the sites that readelf tells');
}

done_testing();
