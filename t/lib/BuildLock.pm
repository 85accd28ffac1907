package BuildLock;

# Tests run beside each other (t/check.sh), and have one build folder. A test that makes something in it, or that looks whether something is made,
# holds this lock for as long as that takes; what is built already is read without it. It is not held while another is waited for: not
# while one of our other functions is called that takes it.

use strict;
use warnings;
use Exporter 'import';
use Fcntl qw(LOCK_EX);

our @EXPORT = qw(lock_build);

# Waits until no other test has it. @return what holds it; it is free when that goes, or with the test's end
sub lock_build
{
    my $path = ($ENV{O} || 'out') . '/lock';
    open my $lock, '>>', $path or die "$path: $!";
    flock $lock, LOCK_EX or die "$path: $!";
    return $lock;
}

1;
