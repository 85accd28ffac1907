package Soak;

# A tracer that is left running (t/long/soak*.t): looked at once a second, for memory, descriptors and what it writes.
#
# Now and then it is stopped for two seconds under a burst, so that events are lost.
#
# How growth is judged: the time is cut in three. The first third is for what has to become as large as it will be (pages of the ring, the
# allocator's), then the median of the last third must not be above that of the second one by more than the tolerance. A run
# of less than five minutes has not become as large as it will be by then, and may grow by a megabyte.

use strict;
use warnings;
use Exporter 'import';
use List::Util qw(max sum0);
use Live;
use Server;
use Test::More;
use Time::HiRes qw(time);

our @EXPORT = qw(soak);

# kB, and numbers of descriptors. What is private is mostly the heap; the rest are pages of the ring, of files and of libraries. Pages that the heap
# has already get resident for a long time, as chunks of other sizes come to lie in them, so that says little of a slow leak. But `data`, what the
# heap has, resident or not, would have to grow with one: it may not at all.
use constant {MAX_DATA_GROWTH => 0, MAX_PRIVATE_GROWTH => 128, MAX_RESIDENT_GROWTH => 512, MAX_FD_GROWTH => 1};
use constant SHORT_GROWTH => 1024;
# full files, and seconds of each: the test has KEEP times that to read one before it goes
use constant {KEEP => 4, SECONDS => 5};

# ---- the tracer's own ----

sub sample {
    my ($pid) = @_;
    my %kb = slurp("/proc/$pid/status") =~ /^(\w+):\s+(\d+) kB$/mg;
    my @fds = glob "/proc/$pid/fd/*";
    return {resident => $kb{VmRSS}, private => $kb{RssAnon}, data => $kb{VmData}, fds => scalar @fds};
}

sub median {
    my @sorted = sort { $a <=> $b } @_;
    return $sorted[$#sorted / 2];
}

sub does_not_grow {
    my ($name, $what, $tolerance, @samples) = @_;
    my @values = map { $_->{$what} } @samples;
    my $third = int(@values / 3);
    my ($second, $last) = (median(@values[$third .. 2 * $third - 1]), median(@values[2 * $third .. $#values]));
    cmp_ok($last - $second, '<=', @samples < 300 && $what ne 'fds' ? SHORT_GROWTH : $tolerance, "$name: $what does not grow");
    diag("$name: $what: at first $values[0], median of the second third $second, of the last $last, at the end $values[-1], at most " . max(@values));
    my $tenth = int(@values / 10) or return;
    diag("$name: $what: medians of the tenths: ", join ' ', map { median(@values[$_ * $tenth .. ($_ + 1) * $tenth - 1]) } 0 .. 9);
}

# ---- its files ----

# Reads a compressed file, and adds what was printed and lost to the sums. @return what is wrong with it, '' if nothing is
sub read_file {
    my ($path, $sums) = @_;
    open my $lines, '-|', 'sh', '-c', 'exec zstd -dcq <"$0" 2>&1', $path or die "zstd: $!";
    my $wrong = '';
    while (my $line = <$lines>) {
        if ($line =~ /^\{"module":"(\w+)","type":"(\w+)",.*\}\n\z/) {
            next if is_frame($line);
            if ($2 eq 'lost' && $line =~ /"probes":\{([^}]*)\}/) {
                my %lost = $1 =~ /"([^"]+)":(\d+)/g;
                $sums->{lost}{$_} += $lost{$_} for keys %lost;
            } else {
                ++$sums->{printed}{"$1:$2"};
            }
        } else {
            $wrong ||= "$path: $line";
        }
    }
    close $lines or $wrong ||= "$path: zstd ends with $?\n";
    return $wrong;
}

sub full_files {
    my ($dir) = @_;
    return sort glob "$dir/soak.json-*.zst";
}

# While the tracer runs: reads the file that is being written, and counts the full ones. @return what is wrong
sub look_at_current {
    my ($dir, $file) = @_;
    my ($wrong, @full);
    # at the moment that a frame is being written its end is not there; when a file is full, the next one is not, and the oldest one still is
    poll { ($wrong = read_file($file, {})) eq '' && KEEP >= (@full = full_files($dir)) } 5;
    return ($wrong ne '' ? $wrong : (), @full > KEEP ? "there are @full\n" : ());
}

# ---- all of it ----

# Names, and functions that load the server: {name, tracer => path, options => [of the tracer], program => the file that is executed, providers
# => [...], start => begins to load it, burst => loads it more, calm => as before, stop => ends all load}
sub soak {
    my (%of) = @_;
    my ($name, $duration) = ($of{name}, $ENV{DURATION} || 600);
    my $dir = tmp("soak-$name");
    mkdir $dir and chmod 0777, $dir or die $!;
    my $file = "$dir/soak.json.zst";
    my $tracer = start_tracer({tracer => $of{tracer}}, @{$of{options}}, '-b', '1M', '-w', $file, '--rotate', SECONDS . 's', '--keep', KEEP);
    my $witness = start_witness($of{program}, @{$of{providers}});
    my (@samples, %is_read, @wrong);
    my %sums = (printed => {}, lost => {});

    $of{start}->();
    my $end = time + $duration;
    for (my $second = 0; time < $end && $tracer->status eq ''; ++$second) {
        if ($second % 20 == 10) {
            $of{burst}->();
            $tracer->stop;
        } elsif ($second % 20 == 12) {
            $tracer->signal('CONT');
            $of{calm}->();
        }
        push @samples, sample($tracer->pid);
        for my $full (grep { !$is_read{$_}++ } full_files($dir)) {
            my $wrong = read_file($full, \%sums);
            push @wrong, $wrong if $wrong ne '';
        }
        push @wrong, look_at_current($dir, $file) if $second % 20 < 10 || $second % 20 >= 12;
        select undef, undef, undef, max(0, $end - $duration + $second + 1 - time);
    }
    is($tracer->status, '', "$name: the tracer runs");
    $tracer->signal('CONT');
    $of{calm}->();
    $of{stop}->();

    my $counts = '';
    poll { my $now = join ' ', %{$witness->{by_probe}->()}; my $is_same = $now eq $counts; $counts = $now; select undef, undef, undef, 0.5; $is_same };
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, "$name: it ends well");
    my $fired = $witness->{by_probe}->();
    my @full = full_files($dir);
    for my $last (grep { !$is_read{$_}++ } @full, $file) {
        my $wrong = read_file($last, \%sums);
        push @wrong, $wrong if $wrong ne '';
    }
    is(join('', @wrong), '', "$name: all files could be read at any time, and all lines are whole");
    is(scalar(@full), KEEP, "$name: so many files are kept") if $duration > (KEEP + 2) * SECONDS;
    my %seen = map { $_ => ($sums{printed}{$_} // 0) + ($sums{lost}{$_} // 0) } keys %{$sums{printed}}, keys %{$sums{lost}};
    is_deeply(\%seen, $fired, "$name: printed and lost are what the kernel has counted, for each probe");
    my ($printed, $lost) = map { sum0(values %{$sums{$_}}) } qw(printed lost);
    like($tracer->err, qr/: $printed events of \d+ probes? in [\d.]+ s, $lost lost/, "$name: the summary says the same");
    cmp_ok($lost, '>', 0, "$name: some were lost while it stood still");
    does_not_grow($name, 'data', MAX_DATA_GROWTH, @samples);
    does_not_grow($name, 'private', MAX_PRIVATE_GROWTH, @samples);
    does_not_grow($name, 'resident', MAX_RESIDENT_GROWTH, @samples);
    does_not_grow($name, 'fds', MAX_FD_GROWTH, @samples);
    diag("$name: $printed events, $lost lost, in " . (keys(%is_read) - 1) . " full files and the last one");
    return {fired => $fired, tracer => $tracer};
}

1;
