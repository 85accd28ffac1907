#!/usr/bin/perl
# A large recording for the benchmark: that of a short trace, with its records over and over. recording.pl FILE NUMBER >LARGER
use strict;
use warnings;

my ($path, $wanted) = @ARGV;
open my $in, '<:raw', $path or die "$path: $!\n";
my $bytes = do { local $/; <$in> };
my ($at, $num, $head, $records, $end) = (24, 0, substr($bytes, 0, 24), '', '');

# runtime/record/format.h: the kind is in the low 8 bits, the size above, and blocks are padded to 8 bytes
while ($at < length $bytes) {
    my $word = unpack 'L', substr $bytes, $at, 4;
    my ($kind, $size) = ($word & 0xff, 8 + (($word >> 8) + 7 & ~7));
    my $block = substr $bytes, $at, $size;
    $at += $size;
    if ($kind == 5) {
        $records .= $block;
        ++$num;
    } elsif ($kind < 5) {
        $head .= $block;
    } else {
        $end .= $block;
    }
}
die "$path has no records\n" if $num == 0;
binmode STDOUT;
print $head;
print $records for 1 .. $wanted / $num;
print $end;
