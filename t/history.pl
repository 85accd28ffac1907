#!/usr/bin/perl
# What `make check-history` runs: of every version that h2o's definitions had on its mainline, a tracer is made with the maps of today, and traces
# the exerciser of that version. One line a version, and a sum. Argument: a git directory of h2o that has its history.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Live;
use Test::More;
use Version;

my ($repository) = @ARGV;
if (@ARGV != 1 || $repository eq '' || !-d $repository) {
    print STDERR "make check-history H2O_REPO=DIR: a git directory of h2o with its history\n";
    exit 2;
}
need_bpf();

sub git {
    open my $in, '-|', 'git', -d "$repository/.git" ? ('-C', $repository) : "--git-dir=$repository", @_ or die "git: $!";
    local $/;
    my $out = <$in> // '';
    close $in or die "git @_ fails\n";
    return $out;
}

my @names = map { "$_-probes.d" } qw(h2o quicly picotls);
my @maps = sort glob 'probes/*.map';

# {name => blob} at a commit, wherever it had the files
sub version_at {
    my ($commit) = @_;
    my %blobs;
    for (split /\n/, git('ls-tree', '-r', $commit)) {
        my ($blob, $path) = /^\d+ blob (\S+)\t(.*)$/ or next;
        my ($name) = grep { $path eq $_ || $path =~ m{/\Q$_\E$} } @names;
        # one of its own, not one of a dependency's dependency
        $blobs{$name} = {blob => $blob, depth => ($path =~ tr{/}{})} if $name && (!$blobs{$name} || $blobs{$name}{depth} > ($path =~ tr{/}{}));
    }
    return map { $_ => $blobs{$_}{blob} } keys %blobs;
}

my (%seen, @versions);
for (split /\n/, git('log', '--first-parent', '-m', '--reverse', '--format=%h %cs', '--', map { ":(glob)**/$_" } @names)) {
    my ($commit, $date) = split / /;
    my %blobs = version_at($commit);
    next if !%blobs || $seen{join ' ', map { $blobs{$_} // '-' } @names}++;
    push @versions, {commit => $commit, date => $date, blobs => \%blobs};
}
die "$repository has no version of @names\n" if !@versions;

my $num_good = 0;
$| = 1;
for my $version (@versions) {
    my $dir = tmp($version->{commit});
    mkdir "$dir.d" or die $!;
    my @files = map { spew("$dir.d/$_", git('cat-file', 'blob', $version->{blobs}{$_})) } grep { $version->{blobs}{$_} } @names;
    my $made = version_make($dir, @files, @maps);
    my $traced = $made->{error} eq '' ? version_trace($made) : {error => $made->{error}, probes => 0};
    my ($sums) = join ' ', map { s/^.*?([^\/]+\.map).*warning: (\d+) entries .*/$1: $2/r } grep { /entries of this map match nothing/ } split /\n/, $made->{warnings};
    my %other = ('W_SECRET' => 0, 'W_MAP_UNFIT' => 0, 'W_MAP_UNMATCHED' => 0);
    /\[(\w+)\]$/ && ++$other{$1} for grep { !/entries of this map match nothing/ } split /\n/, $made->{warnings};
    printf "%s %s  %s  %3d probes  %s\n", $version->{commit}, $version->{date}, $traced->{error} eq '' ? 'ok    ' : 'FAILED', $traced->{probes},
        join ', ', ($sums || ()), map { $other{$_} ? "$_ $other{$_}" : () } sort keys %other;
    print $traced->{error} =~ s/^/    /gmr, "\n" if $traced->{error} ne '';
    ++$num_good if $traced->{error} eq '';
    run_program('rm', '-rf', $dir, "$dir.d");
}
printf "%d of %d\n", $num_good, scalar @versions;
exit($num_good == @versions ? 0 : 1);
