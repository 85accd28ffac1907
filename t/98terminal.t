#!/usr/bin/perl
# ASSERTION: nothing that a target is made of or passes on (the name of its program, operands of its notes, what a client sent) does anything to a
# terminal: lists, messages and events show it escaped, and events read back as what was passed.
use strict;
use warnings;
use File::Copy qw(copy);
use FindBin;
use JSON::PP;
use lib "$FindBin::Bin/lib";
use Live;
use Test::More;

need_bpf();

my $tracer_path = cases_tracer('hosttrace', 't/cases/hostile.d');
my $plain = compile('hostile', 't/cases/hostile.c');
my $program = tmp("evil\e[31m\nhosttrace: 0 lost\xc2\x9b1m\xe2\x80\xae\x7f");
copy($plain, $program) or die "cannot copy: $!";
chmod 0755, $program or die $!;

# What a terminal gets: UTF-8, no control characters but ends of lines, no change of direction.
sub is_harmless {
    my ($text, $what) = @_;
    my $chars = $text;
    ok(utf8::decode($chars) && $chars !~ /[\0-\x09\x0b-\x1f\x7f-\x9f\x{61c}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}\x{feff}]/,
        "$what: nothing in it does anything to a terminal")
        or diag(map { sprintf ' %02x', ord } split //, $text);
}

my $target = start([$program], in => 'pipe', answers => 1);

# ---- the list of sites ----

# (the kernel tells an end of line in a path as \012)
my $name = qr/evil\\x1b\[31m\\(?:x5c)?(?:012|x0a)hosttrace: 0 lost\\xc2\\x9b1m\\xe2\\x80\\xae\\x7f/;
my ($status, $list, $err) = run_program($tracer_path, '-l', '-p', $target->pid);
is($status, 0, '-l lists it');
is_harmless($err, 'what it says beside');
is_harmless($list, '-l');
is(scalar(() = $list =~ /^/mg), 4, '... two probes, each with one site: four lines');
is(scalar(() = $list =~ /^    \S.*$name\+0x/mg), 2, '... with the path, readable');
like($list, qr/  8@\\x1b\]0;title\\x07\\x1b\[31m\\x0ahosttrace:\\xc2\\x9b0m\\xe2\\x80\\xae 8@\$8$/m, '... and with the operands');

# ---- messages ----

($status, undef, $err) = run_program(build('bin/h2otrace'), '-p', $target->pid);
is($status, 4, 'a target with none of the probes is refused');
is_harmless($err, 'the message');
like($err, qr/\Ah2otrace: process \d+ \(\S*$name\) has none of the probes[^\n]*\n\z/, '... names the program, and is one line');

# ---- a trace ----

my $tracer = start_tracer({tracer => $tracer_path}, '-dd', '-p', $target->pid);
is($target->ask('go'), 'fired 1', 'the target fires');
$target->end_input;
is($tracer->wait_end, 0, 'the trace ends with the target');
is_harmless($tracer->err, 'what -dd says');
like($tracer->err, qr/^hosttrace: hostile:odd argument 0 \(first\) will be null: [^\n]*\(8@\\x1b\]0;title\\x07\\x1b\[31m\\x0ahosttrace:/m, '... the operand that cannot be read is told');
is(scalar(grep { !/^(?:hosttrace: |  hostile:| +\d+: [a-z*])/ } split /^/, $tracer->err), 0, '... no line of it begins as another would have it');

my $events = slurp($tracer->out);
is_harmless($events, 'events');
json_lines_are_valid($tracer->out, 'events');
my @events = map { decode_json($_) } lines($tracer->out);
is($events[0]{text}, "\x{9b}31m\x7f\e[2J\x{202e}open\x{61c}\x{2028}\x{e9}\n", '... what was passed reads back');
like($events, qr/"text":"\\u009b31m\\u007f\\u001b\[2J\\u202eopen\\u061c\\u2028\xc3\xa9\\n"/, '... and is escaped only where it must be');
ok(!exists $events[0]{hex}, '... it is UTF-8 all the same');

done_testing();
