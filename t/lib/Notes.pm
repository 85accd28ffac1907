package Notes;

# Where the sites of a file are, by readelf: a witness that knows nothing of our own reader of notes.

use strict;
use warnings;
use Exporter 'import';
use Live;

our @EXPORT = qw(notes_of);

sub readelf {
    my (@arguments) = @_;
    my ($status, $out, $err) = run_program('readelf', @arguments);
    $status eq '0' or die "readelf @arguments: $err";
    return $out;
}

# Where an address of an ELF file is in it.
sub offset_of {
    my ($path, $address) = @_;
    for my $line (split /\n/, readelf('-lW', $path)) {
        my ($offset, $start, undef, $size) = $line =~ /^\s+LOAD\s+(0x\w+) (0x\w+) (0x\w+) (0x\w+)/ or next;
        return hex($offset) + $address - hex $start if $address >= hex $start && $address < hex($start) + hex $size;
    }
    die "$address is not in $path";
}

# The sites of a provider: {probe, site => offset in the file, semaphore => the same, 0 for none, arguments => as they stand there}.
sub notes_of {
    my ($path, $provider) = @_;
    my @notes;
    for my $note (split /^(?=.*NT_STAPSDT)/m, readelf('-nW', $path)) {
        my ($probe, $site, $semaphore, $arguments) =
            $note =~ /Provider: \Q$provider\E\n\s+Name: (\S+)\n\s+Location: (0x\w+), .* Semaphore: (0x\w+)\n\s+Arguments: (.*)/ or next;
        push @notes, {
            probe => $probe, site => offset_of($path, hex $site), semaphore => hex $semaphore ? offset_of($path, hex $semaphore) : 0,
            arguments => $arguments
        };
    }
    return @notes;
}

1;
