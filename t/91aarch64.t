#!/usr/bin/perl
# ASSERTION: on aarch64, too, an argument is read right in every way that a note can say it is to be read, or it is null and the reason is told
# once; pointers with a tag are followed where the kernel lets the target use them.
use strict;
use warnings;
no warnings 'portable';    # numbers have 64 bits
use File::Path qw(make_path);
use FindBin;
use lib "$FindBin::Bin/lib";
use BuildLock;
use Live;
use Test::More;

use constant MAX_ARGS => 12;

need_bpf();
plan(skip_all => 'the operands of this test are those of aarch64') if (POSIX::uname())[4] ne 'aarch64';

# ---- forms: {operand, type (as declared), want (number or text, code that gets what the target says of itself; undef: null), is_told} ----

# What has to be printed of a number that is read as $size bytes.
sub printed {
    my ($raw, $size, $is_signed) = @_;
    my $bytes = substr pack('Q<', $raw), 0, $size;
    my $fill = $is_signed && ord(substr $bytes, -1) >= 0x80 ? "\xff" : "\0";
    return unpack $is_signed ? 'q<' : 'Q<', $bytes . $fill x (8 - $size);
}

sub form {
    my ($operand, $raw) = @_;
    my ($sign, $size) = $operand =~ /^(-?)(\d+)\@/ or die $operand;
    my $want = ref $raw ? sub { printed($raw->(@_), $size, $sign) } : printed($raw, $size, $sign);
    return {operand => $operand, type => ($sign ? 'int' : 'uint') . $size * 8 . '_t', want => $want};
}

# One that is null; it is told why if that is known when the tracer attaches.
sub null_form {
    my ($operand, $is_told) = @_;
    return {operand => $operand, type => 'uint64_t', want => undef, is_told => $is_told};
}

# each register has a number of its own, whose bytes are negative
my %value_of = map { ("x$_" => 0x8191a1b1c1d1e1f1 + $_ * 0x0101010101010101) } 0 .. 30;
my @of_registers;
for my $n (0 .. 30) {
    # gcc writes 1@x0, too
    push @of_registers, map { form($_, $value_of{"x$n"}) } "8\@x$n", "-8\@x$n", "4\@w$n", "-4\@w$n", "-4\@x$n", "2\@w$n", "-2\@x$n", "1\@w$n", "-1\@x$n";
}
push @of_registers, form('8@fp', $value_of{x29}), form('8@lr', $value_of{x30}), form('8@sp', sub { $_[0]{sp} }), form('8@xzr', 0), form('-4@wzr', 0),
    form('8@0', 0), form('-4@-1', -1), form('4@-1', -1), form('4@4294967295', 4294967295), form('8@#0x10', 16), form('-8@-9223372036854775808', 1 << 63),
    form('-8@20015998343868', 20015998343868), form('-1@255', 255), form('2@65535', 65535);
my $num_good = 0;
for my $operand ('8@d0', '4@s1', '8f@d0', '16@q0', '8@v0', '8@pc', '8@block', '8@w0', '8@x31', '8@[x0, w1, sxtw 3]', '8@[x0, w1, uxtw]', '8@[x0, #:lo12:block]',
    '4@[x0, :lo12:block]', '8@[x0, 8]!') {
    push @of_registers, null_form($operand, 1), form("8\@x$num_good", $value_of{"x$num_good"});
    ++$num_good;
}

my $block = join '', (map { chr((0x91 + 37 * $_) & 0xff) } 0 .. 63), pack('f<x4d<', 1.5, -2.25), "text of the target\0", "\0" x 40;
my %place_of = (x0 => 'block', x1 => 3, x2 => 8, x19 => 'block + 32', x20 => '-8', x21 => 0x10, x22 => 1 << 63, x25 => 'block + 80');
my @of_memory;
for my $place (['[x0]', 0], ['[x0, 8]', 8], ['[x0,#16]', 16], ['[x19, -8]', 24], ['[x0, x1]', 3], ['[x0, x1, lsl 3]', 24], ['[x0, x1, lsl #2]', 12], ['[x19, x20]', 24],
    ['[x0, x2, lsl 1]', 16], ['[sp]', 48], ['[sp, 8]', 56], ['[sp, x1]', 51]) {
    push @of_memory, map { form("$_\@$place->[0]", unpack 'Q<', substr $block, $place->[1], 8) } '8', '-8', '4', '-4', '2', '-2', '1', '-1';
}
push @of_memory, map({ null_form($_, 0) } '8@[x21]', '8@[x22]', '8@[x22, -8]'), {operand => '4f@[x0, 64]', type => 'float', want => '1.5'},
    {operand => '8f@[x0, 72]', type => 'double', want => '-2.25'}, {operand => '8@x25', type => 'const char *', want => '"text of the target"'},
    {operand => '8@[x21]', type => 'const char *', want => undef};

# the same pointers with a tag in their top byte
sub of_tagged {
    my ($is_allowed) = @_;
    return ({operand => '8@[x23]', type => 'uint64_t', want => $is_allowed ? unpack('Q<', $block) : undef},
        {operand => '-4@[x23, 12]', type => 'int32_t', want => $is_allowed ? unpack('l<', substr $block, 12, 4) : undef},
        {operand => '8@x24', type => 'const char *', want => $is_allowed ? '"text of the target"' : undef}, form('8@x2', 8));
}

# ---- probes of them ----

my @probes;
for my $kind (['registers', @of_registers], ['memory', @of_memory], ['forbidden', of_tagged(0)], ['allowed', of_tagged(1)]) {
    my ($name, @forms) = @$kind;
    for (my $i = 0; @forms; ++$i) {
        push @probes, {name => "${name}_$i", kind => $name, forms => [splice @forms, 0, MAX_ARGS]};
    }
}

sub definitions {
    my $text = "/* Written by 91aarch64.t. */\nprovider forms {\n";
    for my $probe (@probes) {
        my $n = 0;
        $text .= "    probe $probe->{name}(" . join(', ', map { "$_->{type} a" . $n++ } @{$probe->{forms}}) . ");\n";
    }
    return "$text};\n";
}

# Sites with their notes; the format is that of sys/sdt.h.
sub sites_of {
    my ($kind) = @_;
    return join '', map {
        my $operands = join ' ', map { $_->{operand} } @{$_->{forms}};
        <<"END"
990: nop
    .pushsection .note.stapsdt, "", %note
    .balign 4
    .4byte 992f - 991f, 994f - 993f, 3
991: .asciz "stapsdt"
992: .balign 4
993: .8byte 990b, _.stapsdt.base, forms_semaphore
    .asciz "forms", "$_->{name}", "$operands"
994: .balign 4
    .popsection
END
    } grep { $_->{kind} eq $kind } @probes;
}

sub address { return "    adrp $_[0], here_block\n    add $_[0], $_[0], #:lo12:here_block\n" }

sub code {
    my $text = "// Written by 91aarch64.t.\n    .text\n    .globl fire_forms\n    .type fire_forms, %function\nfire_forms:\n    stp x29, x30, [sp, -112]!\n";
    $text .= '    stp x' . (19 + 2 * $_) . ', x' . (20 + 2 * $_) . ', [sp, ' . (16 + 16 * $_) . "]\n" for 0 .. 4;
    $text .= "    adrp x0, here_sp\n    mov x1, sp\n    str x1, [x0, #:lo12:here_sp]\n";
    $text .= "    ldr $_, =$value_of{$_}\n" for sort keys %value_of;
    $text .= sites_of('registers');
    for my $register (sort keys %place_of) {
        my $add = $place_of{$register} =~ /^block(?: \+ (\d+))?$/ ? $1 // 0 : undef;
        $text .= defined $add ? address($register) . "    add $register, $register, $add\n" : "    ldr $register, =$place_of{$register}\n";
    }
    $text .= "    orr x23, x0, #0x3c00000000000000\n    orr x24, x25, #0x3c00000000000000\n    ldp x3, x4, [x0, 48]\n    stp x3, x4, [sp, -16]!\n";
    $text .= sites_of('memory') . sites_of('forbidden');
    # prctl(PR_SET_TAGGED_ADDR_CTRL, PR_TAGGED_ADDR_ENABLE, 0, 0, 0)
    $text .= "    mov x8, 167\n    mov x0, 55\n    mov x1, 1\n    mov x2, 0\n    mov x3, 0\n    mov x4, 0\n    svc 0\n    mov x2, 8\n" . sites_of('allowed');
    $text .= "    add sp, sp, 16\n";
    $text .= '    ldp x' . (19 + 2 * $_) . ', x' . (20 + 2 * $_) . ', [sp, ' . (16 + 16 * $_) . "]\n" for 0 .. 4;
    $text .= "    ldp x29, x30, [sp], 112\n    ret\n    .size fire_forms, . - fire_forms\n    .ltorg\n\n    .data\n    .globl block, forms_sp\n";
    $text .= "    .balign 64\nblock:\nhere_block: .byte " . join(', ', unpack 'C*', $block) . "\n    .balign 8\nforms_sp:\nhere_sp: .8byte 0\n\n";
    $text .= "    .section .probes, \"aw\"\n    .globl forms_semaphore\n    .type forms_semaphore, %object\nforms_semaphore: .2byte 0\n    .size forms_semaphore, 2\n\n";
    $text .= "    .section .stapsdt.base, \"aG\", %progbits, .stapsdt.base, comdat\n    .weak _.stapsdt.base\n    .hidden _.stapsdt.base\n";
    return "$text\_.stapsdt.base: .space 1\n    .size _.stapsdt.base, 1\n\n    .section .note.GNU-stack, \"\", %progbits\n";
}

# ---- tracing them ----

# a file of the build folder is written only if it changes: the tracer is then not built again
my $definitions = build('cases/forms.d');
{
    my $lock = lock_build();
    make_path(build('cases'));
    spew($definitions, definitions()) if slurp($definitions) ne definitions();
}
my $tracer_path = cases_tracer('formtrace', $definitions);
my $code = spew(tmp('forms.s'), code());

for my $case (['PIE', '-pie'], ['no PIE', '-no-pie'], ['static', '-static']) {
    my ($name, $flag) = @$case;
    my $target = start([compile("forms$flag", $flag, 't/cases/forms_main.c', $code)], in => 'pipe', answers => 1);
    $target->next_line;
    my $tracer = start_tracer({tracer => $tracer_path}, '-a', '-p', $target->pid);
    my ($sp, $semaphore) = $target->ask('fire') =~ /^fired 1 (\S+) (\d+)$/;
    is($semaphore // 'no answer', 65535 & scalar @probes, "$name: the semaphore was raised for each site");
    $target->end_input;
    is($tracer->wait_end, 0, "$name: the tracer ends with the target");
    my @want = map {
        my ($probe, $n) = ($_, 0);
        "{\"module\":\"forms\",\"type\":\"$probe->{name}\"" . join('', map {
            my $want = ref $_->{want} ? $_->{want}->({sp => hex($sp // 0)}) : $_->{want};
            ',"a' . $n++ . '":' . ($want // 'null')
        } @{$probe->{forms}}) . '}';
    } @probes;
    # memory that is not there is named in `unreadable`; that is what t/90exerciser.t tests
    my @got = map { scalar(event_text($_)) =~ s/,"unreadable":\[.*?\]//r } lines($tracer->out);
    is(scalar @got, scalar @want, "$name: each probe was fired once");
    for my $i (0 .. $#want) {
        is($got[$i] // 'nothing', $want[$i], "$name: $probes[$i]{name}") if ($got[$i] // 'nothing') ne $want[$i];
    }
    is_deeply(\@got, \@want, "$name: every operand is read right");
    my @who = sort map { /^formtrace: (forms:\w+ argument \d+ \(a\d+\)) will be null: \S.{8}/ ? $1 : "not understood: $_" } split /\n/, $tracer->complaints;
    my @told = map { my $probe = $_; map { $probe->{forms}[$_]{is_told} ? "forms:$probe->{name} argument $_ (a$_)" : () } 0 .. $#{$probe->{forms}} } @probes;
    is_deeply(\@who, [sort @told], "$name: each argument that cannot be read is told once, with a reason");
    note($tracer->err);
}

done_testing();
