#!/usr/bin/perl
# ASSERTION: text up to its NUL is shown whole, or what the limit leaves of it with its length, however long it is and wherever its memory ends.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Live;
use Test::More;

use constant MAX_STRING => 32768;     # of a record; see runtime/common/record.h
use constant MAX_COUNTED => 65535;    # see runtime/bpf/prelude.bpf.h

need_bpf();

# at the sizes of slots, at pages, and at what is counted
my @lengths = (0 .. 70, (map { $_ - 1, $_, $_ + 1 } 128, 512, 4096, 8192, MAX_STRING), MAX_COUNTED - 2 .. MAX_COUNTED + 1, 100_000);
my $tracer_path = cases_tracer('casetrace', 't/cases/cases.d', 't/cases/cases.map');
my $program = compile('texts', '-std=gnu11', '-D_GNU_SOURCE', 't/cases/texts.c');

# the same bytes that the target writes, from the end
my $text = join '', map { chr(97 + $_ % 26) } reverse 0 .. 100_000;

sub expected {
    my ($len, $limit) = @_;
    my $head = qq({"module":"cases","type":"tock","thread":0,"seq":$len);
    my $shown = substr $text, length($text) - $len, $len < $limit ? $len : $limit;
    my $whole = $len < MAX_COUNTED ? $len : 'null';
    return qq($head,"text":"$shown") . ($len > $limit ? qq(,"truncated":{"text":$whole}}) : '}');
}

for my $limit (undef, 1, 2, 10, 62 .. 66, 511 .. 513, MAX_STRING) {
    my $name = defined $limit ? "--string-limit=$limit" : 'no limit given';
    my $target = start([$program], in => 'pipe', answers => 1);
    my $tracer = start_tracer({tracer => $tracer_path}, '-p', $target->pid, '-t', 'cases:tock', defined $limit ? "--string-limit=$limit" : ());

    is($target->ask("@lengths"), 'fired ' . (@lengths + 2), "$name: fired");
    $target->end_input;
    is($tracer->wait_end, 0, "$name: the tracer ends well");
    my @events = map { scalar event_text($_) } lines($tracer->out);
    my @want = map { expected($_, $limit // 4096) } @lengths;
    push @want, '{"module":"cases","type":"tock","thread":0,"seq":0,"text":null}',
        '{"module":"cases","type":"tock","thread":0,"seq":1,"text":null,"unreadable":["text"]}';
    my @differ = grep { ($events[$_] // '') ne ($want[$_] // '') } 0 .. ($#events > $#want ? $#events : $#want);
    is(scalar @differ, 0, "$name: every event is right") or diag(map { substr($events[$_] // 'nothing', 0, 300) . "\n" . substr($want[$_] // 'nothing', 0, 300) . "\n" } @differ[0 .. ($#differ < 3 ? $#differ : 3)]);
}
done_testing();
