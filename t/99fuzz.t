#!/usr/bin/perl
# ASSERTION: whatever bytes a definition or a map is made of, probegen ends by itself, with one of its exit statuses, well-formed messages and no
# report of a sanitizer; what it accepts it prints as JSON, can compare with something else, and can write whole.
#
# Inputs are the files of t/err, t/lang, t/golden and probes, changed at random: bytes, tokens, lines, pieces of other files. The same every time;
# FUZZ_SEED=N is another run, FUZZ_RUNS=N a longer one (default 2000 inputs, 600 with sanitizers). An input that fails is kept in $O/fuzz.

use strict;
use warnings;
use lib 't/lib';
use JSON::PP;
use Probegen;
use Test::More;
use Time::HiRes 'time';

my $seed = defined $ENV{FUZZ_SEED} ? $ENV{FUZZ_SEED} : 20260601;
my $num = $ENV{FUZZ_RUNS} || ($SAN ? 600 : 2000);
my $deadline = time + ($ENV{FUZZ_RUNS} ? 36000 : 240);

# ---- randomness that is the same in every version of Perl ----

my $state;
sub roll
{
    my ($n) = @_;
    $state ^= $state << 13 & 0xffffffff;
    $state ^= $state >> 17;
    $state ^= $state << 5 & 0xffffffff;
    return $state % $n;
}
sub pick { return $_[roll(scalar @_)] }

# ---- the corpus ----

my %corpus = map { $_ => slurp($_) } grep { !/too_many|parentheses/ }
    glob('t/err/*.d t/err/*.map t/err/with/*.d t/lang/*.d t/lang/*.map t/golden/*.d t/golden/*.map probes/*.map probes/picotls.d');
$corpus{"probes/$_.d"} = substr slurp("probes/$_.d"), 0, 4000 for 'h2o', 'quicly';
my @definitions = grep { /\.d$/ } sort keys %corpus;
my @maps = grep { /\.map$/ } sort keys %corpus;
ok(@definitions > 60 && @maps > 25, 'the corpus is there');

my @tokens = ('provider', 'probe', 'typedef', 'struct', 'union', 'enum', '{', '}', '(', ')', ';', ',', ':', '*', '[', ']', '=', '...', '/*', '*/', '//', "\n", "\\\n",
    '#define x', '#', '"', "'", '@appdata', '{"a": ["x"]}', 'void', 'const', 'unsigned', 'long', 'char *', 'int', 'x_t', '->', '.', 'as', 'length', 'flag',
    'app:a.x', '*:*', 'rename', 'whole', 'address', 'type', '32', '99999999999999999999', "\0", "\xff", "\xc3\xa9", "\xef\xbb\xbf", "\r\n", "\t", "<<<<<<< HEAD\n",
    "=======\n", ">>>>>>> x\n", '\\', '$', '_', '((((((((', '{{{{{{{{', 'a' x 300, ' ' x 5000, '*' x 40, '%s%n', '??/', 'translator', 'inline', 'time', 'app', 'conn');

sub mutate
{
    my ($text, @others) = @_;
    for (1 .. 1 + roll(4)) {
        my $n = length $text;
        my ($at, $how) = (roll($n + 1), roll(11));
        my $len = roll(2) ? roll(8) : roll(200);
        if ($how == 0) {
            substr($text, $at, 1) = chr roll(256) if $at < $n;
        } elsif ($how == 1) {
            substr($text, $at, $len) = '';
        } elsif ($how == 2) {
            substr($text, $at, 0) = pick(@tokens);
        } elsif ($how == 3) {
            substr($text, $at, $len < $n - $at ? $len : 0) = pick(@tokens);
        } elsif ($how == 4) {
            $text = substr $text, 0, $at;
        } elsif ($how == 5) {
            my $piece = substr $text, roll($n + 1), $len;
            substr($text, $at, 0) = $piece x (1 + roll(3));
        } elsif ($how == 6) {
            my $other = $corpus{pick(@others)};
            substr($text, $at, 0) = substr $other, roll(length($other) + 1), 300;
        } elsif ($how == 7) {
            my @lines = split /^/, $text;
            if (@lines > 1) {
                my ($i, $j) = (roll(scalar @lines), roll(scalar @lines));
                @lines[$i, $j] = @lines[$j, $i];
                $text = join '', @lines;
            }
        } elsif ($how == 8) {
            my @words = $text =~ /\w+/g;
            if (@words) {
                my ($from, $to) = (pick(@words), pick(@words, @tokens));
                $text =~ s/\b\Q$from\E\b/$to/g if length($text) < 20000;
            }
        } elsif ($how == 9) {
            substr($text, $at, 1) = chr(ord(substr $text, $at, 1) ^ 1 << roll(8)) if $at < $n;
        } else {
            $text =~ s/(\w+)(\W+)(\w+)/$3$2$1/ for 1 .. roll(3);
        }
    }
    return $text;
}

# ---- what has to hold ----

sub check_messages
{
    my ($err, $is_error) = @_;
    return 'a report of a sanitizer' if $err =~ /Sanitizer|runtime error:/;
    return 'bytes that a terminal should not see' if $err =~ /[\x00-\x08\x0b-\x1f\x7f]/;
    my $num = 0;
    for my $line (split /\n/, $err) {
        if ($line =~ /^\S+:\d+:\d+: (error|warning): \S.* \[[EW]_[A-Z_]+\]$/) {
            ++$num if $1 eq 'error';
        } elsif ($line =~ /^probegen: (too many errors, the rest is not shown|\S.* \[E_FILE\])$/) {
            ++$num;
        }
    }
    return 'an error without a message' if $is_error && $num == 0;
    return 'a message of an error, but none was counted' if !$is_error && $num != 0;
    return 'a message without its parts' if $err ne '' && $err !~ /\A(\S+:\d+:\d+: (error|warning): |probegen: )/;
    return '';
}

# Runs PROBEGEN in all ways, in one shell, since a fork of this process takes longer than probegen does. Its arguments: PROBEGEN, FOLDER,
# --map=FILE or nothing, FILE... Prints the exit statuses, more than 128 for signals; what each way says is in FOLDER.
my $script = <<'SH';
probegen=$1 folder=$2 map=$3
shift 3
try()
{
    name=$1
    shift
    status=0
    "$probegen" "$@" >"$folder/$name.out" 2>"$folder/$name.err" || status=$?
    echo $status
}
try messages -n "$@"
is_good=$status
try json --dump=json "$@"
try diff diff --format=json --fail-on=none ${map:+"$map"} "$folder/old.d" "$1"
[ $is_good != 0 ] || try written -o "$folder/out" "$@"
SH

# @return what is wrong, or ''
sub try_input
{
    my ($folder, @files) = @_;
    my ($map) = map { "--map=$_" } grep { /\.map$/ } @files;
    my $all = run(['sh', '-c', $script, 'sh', $PROBEGEN, $folder, $map || '', @files], timeout => 60);
    return 'time is over' if $all->{timeout};
    my ($status, $dump, $diff, $written) = split /\n/, $all->{out};
    return "the shell: $all->{err}" if !defined $diff;

    return 'killed by signal ' . ($status - 128) if $status > 128;
    return "exit status $status" if $status !~ /^[013]$/;
    return 'something on standard output' if -s "$folder/messages.out";
    my $messages = slurp("$folder/messages.err");
    my $wrong = check_messages($messages, $status != 0);
    return $wrong if $wrong ne '';

    return '--dump=json: killed by signal ' . ($dump - 128) if $dump > 128;
    return "--dump=json: exit status $dump" if $dump !~ /^[013]$/ || ($dump != 0 && $status == 0);
    return '--dump=json: something in spite of an error' if $dump != 0 && -s "$folder/json.out";
    $wrong = check_messages(slurp("$folder/json.err"), $dump != 0);
    return "--dump=json: $wrong" if $wrong ne '';
    return '--dump=json: no JSON' if $dump == 0 && !eval { decode_json(slurp("$folder/json.out")) };

    return 'diff: killed by signal ' . ($diff - 128) if $diff > 128;
    return "diff: exit status $diff" if $diff !~ /^[03]$/ || ($diff != 0 && $status == 0);
    return 'diff: a report of a sanitizer' if slurp("$folder/diff.err") =~ /Sanitizer|runtime error:/;
    return 'diff: something in spite of an error' if $diff != 0 && -s "$folder/diff.out";
    return 'diff: no JSON' if $diff == 0 && !eval { decode_json(slurp("$folder/diff.out")) };

    return '' if $status != 0;
    unlink glob "$folder/out/*";
    my $said = slurp("$folder/written.err");
    # a provider may have a name that is too long for a file
    return '' if $written == 3 && $said =~ /File name too long/;
    return "-o: exit status $written" if $written != 0;
    return "-o: $said" if $said ne $messages;
    return '';
}

# ---- run, in two processes ----

my $workers = 2;
my @logs = map { temp_dir() . '/log' } 1 .. $workers;
my @pids;
for my $worker (0 .. $workers - 1) {
    my $pid = fork;
    die "fork: $!" if !defined $pid;
    push @pids, $pid;
    next if $pid;
    my $folder = temp_dir();
    my ($tried, $accepted, @failed) = (0, 0);
    for (my $i = $worker; $i < $num && time < $deadline && @failed < 10; $i += $workers) {
        # each input has a seed of its own, so that one can be looked at alone
        $state = ($seed * 2654435761 + $i * 40503 + 1) & 0xffffffff || 1;
        roll(2) for 1 .. 8;
        my $is_map = roll(3) == 0;
        spit("$folder/old.d", $corpus{pick('t/golden/sample.d', 'probes/picotls.d')});
        spit("$folder/x.d", $is_map ? $corpus{pick('t/golden/sample.d', 't/err/with/app.d')} : mutate($corpus{pick(@definitions)}, @definitions));
        spit("$folder/x.map", mutate($corpus{pick(@maps)}, @maps)) if $is_map;
        my $wrong = try_input($folder, "$folder/x.d", $is_map ? "$folder/x.map" : ());
        ++$tried;
        next if $wrong eq '';
        mkdir "$O/fuzz";
        spit("$O/fuzz/$seed-$i.$_", slurp("$folder/x.$_")) for 'd', $is_map ? 'map' : ();
        push @failed, "$O/fuzz/$seed-$i.*: $wrong";
    }
    spit($logs[$worker], "$tried\n" . join '', map { "$_\n" } @failed);
    POSIX::_exit(0);
}
waitpid $_, 0 for @pids;

my ($tried, @failed) = (0);
for my $log (@logs) {
    my ($count, @lines) = split /\n/, slurp($log);
    $tried += $count || 0;
    push @failed, @lines;
}
is(join("\n", @failed), '', 'no input is more than a mistake');
ok($tried >= $num / 4, "$tried of $num inputs were tried") or diag('the machine was too slow for more');

done_testing();
