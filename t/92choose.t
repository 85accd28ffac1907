#!/usr/bin/perl
# ASSERTION: -e, -s and --mask choose, in the kernel, just the events that an expression says of those that a tracer without them prints at the same
# time: every type and operator, values at their limits, null, unreadable, not resident; and what is not printed is counted, to the last event.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use List::Util qw(sum0);
use Live;
use Math::BigInt;
use Test::More;

use constant {COLD => 6, LIMIT => 256, NUM_SETS => 5};

need_bpf();
srand 4;

my $tracer = build('bin/h2otrace');
my $json = JSON::PP->new->utf8->allow_bignum;

# ---- which fields there are ----

my (%fields, @probes);    # probe -> [[field, type], ...]
{
    my (undef, $list) = run_program($tracer, '-l', '-v');
    for my $line (split /\n/, $list) {
        push @probes, $1 if $line =~ /^(\w+:\w+)\(/;
        push @{$fields{$probes[-1]}}, [$1, $2] if $line =~ /^ {8}(\w+) {2,}(integer|pointer|true or false|text|bytes\b|floating-point number)/;
    }
}
cmp_ok(scalar(map { @$_ } values %fields), '>', 400, 'the tracer lists its fields');

# The events of a tracer: [{probe, event, text}, ...].
sub events_of {
    return map {
        my $event = $json->decode($_);
        {probe => "$event->{module}:$event->{type}", event => $event, text => scalar event_text($_)}
    } lines($_[0]->out);
}

# ---- expressions: a text, and what it means, as Perl ----

# The bytes of a text or of bytes; undef: it is null.
sub bytes_of {
    my ($event, $field, $type) = @_;
    my $value = $event->{$field};
    return undef if !defined $value;
    return pack 'H*', $value if $type =~ /^bytes/;
    my $bytes = $event->{hex} && exists $event->{hex}{$field} ? pack('H*', $event->{hex}{$field}) : $value;
    utf8::encode($bytes) if !($event->{hex} && exists $event->{hex}{$field});
    return $bytes;
}

my %compare = (
    '==' => sub { $_[0] == 0 }, '!=' => sub { $_[0] != 0 }, '<' => sub { $_[0] < 0 }, '<=' => sub { $_[0] <= 0 }, '>' => sub { $_[0] > 0 }, '>=' => sub { $_[0] >= 0 },
);

sub pick { return $_[rand @_] }

sub number_term {
    my ($field, $type, $seen) = @_;
    my $op = pick(keys %compare);
    # 16 bits, 32 and so on, and one more or less; what was seen, and one more or less; what no field can have
    my $value = Math::BigInt->new(rand() < 0.5 && @$seen ? pick(@$seen) : pick(0, 1, 127, 128, 255, 32767, 65535, '2147483647', '4294967295', '9223372036854775807', '18446744073709551615'));
    $value = $type eq 'pointer' && "$value" eq 'NaN' ? Math::BigInt->new(16) : $value;
    $value += pick(-1, 0, 0, 0, 1);
    my $most = Math::BigInt->new('18446744073709551615');    # that can be written
    $value = $most if $value->bacmp($most) > 0;
    $value = -$value if rand() < 0.2;
    my $text = $value->is_neg || rand() < 0.7 ? "$value" : $value->as_hex;
    return ["$field $op $text", sub {
        my $x = $_[0]{$field};
        return 0 if !defined $x;
        return $compare{$op}->(Math::BigInt->new($x)->bcmp($value));
    }];
}

sub boolean_term {
    my ($field) = @_;
    my ($op, $is_true) = (pick('', '==', '!='), int rand 2);
    return [$field, sub { $_[0]{$field} ? 1 : 0 }] if $op eq '';
    return ["$field $op " . ($is_true ? 'true' : 'false'), sub { defined $_[0]{$field} && ((!!$_[0]{$field} eq !!$is_true) == ($op eq '==')) }];
}

sub text_term {
    my ($field, $type, $seen) = @_;
    my $is_bytes = $type =~ /^bytes/;
    my $op = pick('==', '!=', '=~', '=~');
    my $sample = @$seen ? pick(@$seen) : '';
    my @places = map { [$_] } split //, substr $sample, 0, pick(0, 1, 5, 31, 32, 33, 60);
    if ($op eq '=~') {
        $_ = rand() < 0.1 ? ['?', '?'] : $_ for @places;
        push @places, ['*', '*'] if rand() < 0.6;
        unshift @places, ['*', '*'] if rand() < 0.3;
    }
    my $pattern = join '', map { @$_ > 1 ? $_->[1] : $is_bytes ? unpack('H*', $_->[0]) : $_->[0] =~ s/(["\\*?])/\\$1/r } @places;
    return [$field . ' != null', sub { defined $_[0]{$field} }] if $pattern =~ /[\0]/ || @places > 63;
    my $regex = join '', map { @$_ == 1 ? quotemeta $_->[0] : $_->[1] eq '*' ? '.*' : '.' } @places;
    my $is_open = @places && @{$places[-1]} > 1 && $places[-1][1] eq '*';
    return ["$field $op \"$pattern\"", sub {
        my $bytes = bytes_of($_[0], $field, $type);
        return 0 if !defined $bytes;
        my $is_long = length $bytes >= LIMIT;
        my $matches = substr($bytes, 0, LIMIT) =~ /\A$regex\z/s && (!$is_long || $is_open);
        return ($matches ? 1 : 0) == ($op eq '!=' ? 0 : 1);
    }];
}

# @param $seen the values of each field in an earlier run
sub term {
    my ($probe, $seen) = @_;
    my ($field, $type) = @{pick(@{$fields{$probe}})};
    my $name = rand() < 0.5 ? $field : "$probe.$field";
    my $term;
    if (rand() < 0.15 || $type =~ /^floating/) {
        my $op = pick('==', '!=');
        $term = ["$field $op null", sub { (defined $_[0]{$field} ? 1 : 0) == ($op eq '!=' ? 1 : 0) }];
    } else {
        my $make = $type eq 'true or false' ? \&boolean_term : $type =~ /^(?:text|bytes)/ ? \&text_term : \&number_term;
        $term = $make->($field, $type, $seen->{$probe}{$field} // []);
    }
    # in full, so that it is about no other probe
    return ["$probe.$term->[0]", $term->[1]];
}

sub expression {
    my ($probe, $seen, $depth) = @_;
    my $kind = $depth ? pick(qw(term term not and or)) : 'term';
    return term($probe, $seen) if $kind eq 'term';
    my ($left, $right) = map { expression($probe, $seen, $depth - 1) } 1 .. 2;
    return ["!($left->[0])", sub { !$left->[1]->(@_) }] if $kind eq 'not';
    return ["($left->[0] && $right->[0])", sub { $left->[1]->(@_) && $right->[1]->(@_) }] if $kind eq 'and';
    return ["($left->[0] || $right->[0])", sub { $left->[1]->(@_) || $right->[1]->(@_) }];
}

# ---- the runs ----

my @all = ('-a', '--secrets');
my $target = start_exerciser('--secrets');
my @rounds = (0 .. $target->ask_number('rounds') - 1, 1000, 8919);

# what values there are
my %seen;
{
    my $watcher = start_tracer('-p', $target->pid, @all, '-b', '64M');
    $target->ask("fire $_") for @rounds;
    $watcher->signal('TERM');
    is($watcher->wait_end, 0, 'a tracer of all events ends');
    for my $event (events_of($watcher)) {
        for (@{$fields{$event->{probe}}}) {
            my ($field, $type) = @$_;
            my $value = $type =~ /^(?:text|bytes)/ ? bytes_of($event->{event}, $field, $type) : $event->{event}{$field};
            push @{$seen{$event->{probe}}{$field}}, $value if defined $value && !JSON::PP::is_bool($value);
        }
    }
}
cmp_ok(scalar keys %seen, '>', 100, 'values of all probes have been seen');

sub sums_of {
    my ($run) = @_;
    my ($end) = grep { is_frame($_) && /"why"/ } all_lines($run->out);
    return $json->decode($end // '{}')->{probes} // {};
}

# Fires all rounds at a tracer of everything and at those with the expressions of a set: [probe => expression].
for my $set (1 .. NUM_SETS) {
    my %is = map { @{$fields{$_} // []} ? ($_ => expression($_, \%seen, 2)) : () } @probes;
    my $watcher = start_tracer('-p', $target->pid, @all, '-b', '64M');
    my @shown = $set % 2 ? @all : ();
    my $chooser = start_tracer('-p', $target->pid, '--secrets', @shown, '-t', '*', '-b', '64M', map { ('-e' => $_->[0]) } values %is);
    $target->ask("fire $_") for @rounds;
    for ($watcher, $chooser) {
        $_->signal('TERM');
        is($_->wait_end, 0, "set $set: a tracer ends");
    }
    my (%want, %fired, @want);
    for my $event (events_of($watcher)) {
        ++$fired{$event->{probe}};
        next if $is{$event->{probe}} && !$is{$event->{probe}}[1]->($event->{event});
        ++$want{$event->{probe}};
        push @want, $event;
    }
    my @got = events_of($chooser);
    my (%got, %bad);
    ++$got{$_->{probe}} for @got;
    $bad{$_} = 1 for grep { ($got{$_} // 0) != ($want{$_} // 0) } @probes;
    is(join("\n", map { "$_: $is{$_}[0]: " . ($got{$_} // 0) . ' printed, not ' . ($want{$_} // 0) } sort keys %bad), '',
        "set $set: as many events as the expressions say, for every probe");
    is_deeply([map { $_->{text} } @got], [map { $_->{text} } @want], "set $set: ... and just those") if @shown && !%bad;
    cmp_ok(scalar @got, '>', 100, "set $set: ... some");
    cmp_ok(scalar @got, '<', 0.9 * sum0(values %fired), "set $set: ... not all");

    my $sums = sums_of($chooser);
    is_deeply({map { $_ => sum0(@{$sums->{$_}}{qw(events lost filtered)}) } keys %$sums}, {map { $sums->{$_} ? ($_ => $fired{$_}) : () } keys %fired},
        "set $set: fired = printed + lost + filtered, for every probe");
    my ($num_filtered) = $chooser->err =~ /, 0 lost, (\d+) filtered$/m;
    is($num_filtered, sum0(map { $_->{filtered} } values %$sums), "set $set: the summary says the same");
}

# Nobody else has read what is not resident.
{
    my @texts = grep { my $probe = $_; grep { $_->[1] =~ /^text/ } @{$fields{$probe} // []} } @probes;
    my %is;
    for my $probe (@texts) {
        my ($field) = map { $_->[1] =~ /^text/ ? $_->[0] : () } @{$fields{$probe}};
        $is{$probe} = "$probe.$field =~ \"*\"";
    }
    my $chooser = start_tracer('-p', $target->pid, @all, map { ('-e' => $_) } values %is);
    $target->ask('fire ' . COLD) for 1 .. 3;
    $chooser->signal('TERM');
    is($chooser->wait_end, 0, 'not resident: the tracer ends');
    my %got;
    ++$got{$_->{probe}} for events_of($chooser);
    is_deeply(\%got, {map { $_ => 3 } keys %is}, 'not resident: what is read to choose by it is faulted in');
}

# ---- what is not asked about ----

{
    my $chooser = start_tracer('-p', $target->pid, '-e', 'h2o:send_response.status >= -2147483648');
    $target->ask('fire 0');
    $chooser->signal('TERM');
    $chooser->wait_end;
    is(join(' ', map { $_->{probe} } events_of($chooser)), 'h2o:send_response', 'without -t, only probes that -e is about are traced');
    like($chooser->err, qr/: 1 probe at 1 site,/, '... nothing is attached to others');
}
{
    my $chooser = start_tracer('-p', $target->pid, '-e', 'h2o:send_response.status == 1 && tid == ' . $target->pid, '-t', 'h2o:send_response,h2o:h1_close');
    $target->ask("fire $_") for 0 .. 3;
    $chooser->signal('USR1');
    ok(poll { $chooser->err =~ / so far$/m }, 'USR1 is answered');
    like($chooser->err, qr/: 4 events of 1 probe in [\d.]+ s, 0 lost, 4 filtered so far$/m, '... with what was not wanted');
    $chooser->signal('TERM');
    $chooser->wait_end;
    is(join(' ', map { $_->{probe} } events_of($chooser)), join(' ', ('h2o:h1_close') x 4), 'with -t, others are traced unfiltered');
}

# ---- headers ----

{
    my $probe = 'h2o:receive_request_header';
    my ($name) = grep { length $_ > 3 && /^[a-z]+\z/ && length $_ < 63 } @{$seen{$probe}{name}};
    my $watcher = start_tracer('-p', $target->pid, '-a');
    my $chooser = start_tracer('-p', $target->pid, '-a', '-s', 'no-such-header', '-s', uc $name, '-t', 'h2o:*');
    my $masker = start_tracer('-p', $target->pid, '-a', '--mask', ucfirst $name, '-t', 'h2o:*');
    $target->ask("fire $_") for @rounds;
    for ($watcher, $chooser, $masker) {
        $_->signal('TERM');
        is($_->wait_end, 0, 'headers: a tracer ends');
    }
    my @fired = grep { $_->{event}{module} eq 'h2o' } events_of($watcher);
    my $is_named = sub { lc($_[0]{name} // '') eq $name };
    my @want = grep { $_->{probe} !~ /_header$/ || $is_named->($_->{event}) } @fired;
    is_deeply([map { $_->{text} } events_of($chooser)], [map { $_->{text} } @want], '-s: of headers those of the name in any case, and all other events');
    cmp_ok(scalar(grep { $_->{probe} =~ /_header$/ } @want), '>', 0, '... there are some');
    # of a header whose name cannot be read the value is hidden, too, and not looked for
    my @masked = map {
        my $event = $_;
        $event->{probe} =~ /_header$/ && (!defined $event->{event}{name} || $is_named->($event->{event}))
            ? $event->{text} =~ s/"value":"(?:[^"\\]|\\.)*"/"value":null/r =~ s/"unreadable":\["name","value"\]/"unreadable":["name"]/r
            : $event->{text}
    } @fired;
    is_deeply([map { $_->{text} } events_of($masker)], \@masked, '--mask: their value is null, the length of it is told, and all else is the same');
    unlike($masker->err, qr/filtered/, '... nothing is left out');
}

$target->end_input;
is($target->wait_end, 0, 'the target ends as ever');
done_testing();
