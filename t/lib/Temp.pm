package Temp;

# A test has one folder for everything temporary, which goes with the test, also when that is interrupted. What the test itself makes is in one
# part of it. The other part is TMPDIR for the programs that it starts: they have to leave it empty, or the test fails.

use strict;
use warnings;
use Exporter 'import';
use File::Path ();
use File::Temp ();

our @EXPORT = qw(temp_dir);

my $owner = $$;
my $dir = File::Temp::tempdir('h2otrace-t-XXXXXX', TMPDIR => 1);
my $num_made = 0;
# readable for everybody, since programs are started as other users, too
mkdir "$dir/$_" or die "$dir/$_: $!" for 'test', 'programs';
chmod 0755, $dir, "$dir/test" or die "$dir: $!";
chmod 01777, "$dir/programs" or die "$dir: $!";
$ENV{TMPDIR} = "$dir/programs";

$SIG{INT} = $SIG{TERM} = $SIG{HUP} = sub { exit 1 };    # so that END runs

# A new folder of the test.
sub temp_dir
{
    my $made = "$dir/test/$$-" . ++$num_made;
    mkdir $made or die "$made: $!";
    return $made;
}

END {
    if ($$ == $owner) {
        my $status = $?;
        my @left = map { s{.*/}{}r } glob "$dir/programs/{*,.[!.]*}";
        chdir '/';
        File::Path::remove_tree($dir);
        print STDERR "# left in the folder for temporary files: @left\n" if @left;
        $? = $status || (@left ? 1 : 0);
    }
}

1;
