#!/usr/bin/perl
# ASSERTION: of each connection that is wanted all events are shown, whatever they tell it by, and of others none: by a share (-S), address (-A), number (-C)
# and server name (-N), together, too. What cannot be told is said once, and what makes no sense is wrong usage.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Live;
use Test::More;

use constant N => 40;

need_bpf();

my $tracer_path = cases_tracer('posttrace', 't/cases/connections.d', 't/cases/connections.map');
my ($status, undef, $err) = run_program(build('bin/probegen'), 'dtrace', '-h', '-s', 't/cases/connections.d', '-o', tmp('probes.h'));
is($status, 0, 'the header') or diag($err);
my @sources = map { "t/cases/connections$_.c" } '', '_rural', '_city';
my $program = compile('post', '-g', '-pthread', '-I' . tmp(''), @sources);
my $bare = compile('bare', '-pthread', '-I' . tmp(''), @sources);
my $old = compile('old', '-g', '-pthread', '-DOLD', '-I' . tmp(''), @sources);

# ---- wrong usage ----

for my $case (
    ['-S 2', qr/-S wants a share from 0 to 1, such as 0\.01, not '2'/], ['-S x', qr/-S wants a share/], ['-S 0.1x', qr/-S wants a share/],
    ['-A 10.0.0', qr/-A wants an address of IPv4 or IPv6, or a network such as 10\.0\.0\.0\/8, not '10\.0\.0'/], ['-A 10.0.0.0/33', qr/-A wants an address/],
    ['-A ::/129', qr/-A wants an address/], ['-A ,::1', qr/-A wants an address/], ['-A 10.0.0.0/', qr/-A wants an address/],
    ['-C x', qr/-C wants the number of a connection, not 'x'/], ['-C -1', qr/-C wants the number/], ['-C 99999999999999999999', qr/-C wants the number/],
    ['-C ' . join(',', 1 .. 65), qr/-C takes 64 connections at most/], ['-N ' . 'x' x 64, qr/-N: 'x{64}': /], ['-N ,', qr/-N wants the name of a server/],
    (map { ["-N $_", qr/-N wants the name of a server, such as www\.example\.com or \*\.example\.com, not '\Q$_\E'/] } 'https://a.com', 'a/b', 'a.com:443', "b.example\xc3\xa9"),
    ['-S .', qr/-S wants a share/], ['-S -.5', qr/-S wants a share/],
    ['-l -C 1', qr/-l lists probes, and prints no events: -S, -A, -N and -C have no meaning then/],
    ['-t weather -S 1', qr/none of the selected probes tells which connection its events are of/],
) {
    my ($options, $why) = @$case;
    my ($end, $out, $said) = run_program($tracer_path, '-p', $$, split ' ', $options);
    is($end, 2, "$options: wrong usage");
    like($said, $why, '... with words');
}
{
    my $nothing = spew(tmp('nothing.d'), "provider nothing { probe at_all(struct st_x *x); };\n");
    my ($end, $out, $said) = run_program(cases_tracer('nothingtrace', $nothing), '-p', $$, '-S', '0.5');
    is($end, 2, 'a tracer whose maps say nothing of connections has no such option');
    my $partial = cases_tracer('partialtrace', $nothing, spew(tmp('partial.map'), "connection struct st_x { id x; }\n"));
    ($end, $out, $said) = run_program($partial, '-p', $$, '-A', '::1');
    is($end, 2, '... and one whose maps say nothing of addresses does not know these');
    like($said, qr/-A: none of the maps that this tracer was made of says what the address of a connection is/, '... with words');
}

# ---- which connections ----

# Traces two rounds of firings; returns the tracer, and {probe => [[n, ...] of the first round, of the second]}.
sub trace {
    my ($target, @options) = @_;
    my $post = start([$target], in => 'pipe', answers => 1);
    my $tracer = start_tracer({tracer => $tracer_path}, '-p', $post->pid, @options);
    my @ends;
    for my $round (0, 1) {
        is($post->ask('fire'), 'fired', "@options: round $round");
    }
    $post->end_input;
    is($post->wait_end, 0, '... the target ends well');
    is($tracer->wait_end, 0, '... and the tracer');
    my (%seen, %last, %round, %stamped);
    for my $event (map { JSON::PP->new->decode($_) } lines($tracer->out)) {
        my ($type, $n) = @$event{qw(type n)};
        next if $type eq 'delivered' || ($type eq 'stamp' && $stamped{$n}++ % 2);    # there are two of each stamp
        $round{$type} = 1 if defined $last{$type} && $n <= $last{$type};
        $last{$type} = $n;
        push @{$seen{$type}[$round{$type} // 0]}, $n;
    }
    return ($tracer, \%seen);
}

my @all = 0 .. N - 1;
my @told = qw(opened letter office line call trunk slip stamp);

# What each probe has to show, both times. Options: of => {probe => what this one shows instead},
# first => {the same of the first round}, skips => {probe => 1, which is not looked at}.
sub shows {
    my ($name, $options, $want, %how) = @_;
    subtest $name => sub {
        my ($tracer, $seen) = trace($program, @$options);
        for my $type (grep { !$how{skips}{$_} } @told) {
            my $wanted = $how{of}{$type} // $want;
            my $first = $how{first}{$type} // $wanted;
            if (join(',', @$first) eq join(',', @$wanted)) {
                is_deeply([map { [@{$_ // []}] } @{$seen->{$type}}[0, 1]], @$wanted ? [$wanted, $wanted] : [[], []], "$type: all events of these connections, and no others");
            } else {
                is_deeply([map { @$_ } grep { $_ } @{$seen->{$type}}], [@$first, @$wanted], "$type: all from when they can be known");
            }
        }
        is(join(' ', grep { $seen->{$_} } 'copied', 'weather'), '', 'nothing of what cannot be told');
        like($tracer->err, qr/: 1 probe is left out, since nothing tells which connection their events are of: post:weather$/m, '... which is said');
        like($tracer->err, qr/: post:copied is left out, since the connection of its events cannot be told: argument 0 is not read where the struct of its connection has it$/m,
            '... of what a site does not tell, too');
        is(scalar(() = $tracer->err =~ /left out/g), 2, '... once each');
        like($tracer->err, qr/, 0 lost, \d+ filtered$/m, 'how many events were not wanted is told');
    };
}

# a slip has no random number: whichever they are is told by its id
sub sampled {
    my ($share) = @_;
    return [grep { $_ / N < $share } @all];
}
shows('all of them', ['-S', '1'], \@all);
shows('a quarter', ['-S', '0.25'], sampled(0.25), skips => {slip => 1});
shows('none', ['-S', '0'], []);
shows('of several shares the largest', ['-S', '0.1', '-S', '.5', '-S', '0.2'], sampled(0.5), skips => {slip => 1});
subtest 'connections without a random number of their own' => sub {
    my ($tracer, $seen) = trace($program, '-S', '0.5', '-t', 'slip');
    my ($first, $second) = map { $_ // [] } @{$seen->{slip}}[0, 1];
    is_deeply($second, $first, 'are in the sample always or never');
    ok(@$first > 0 && @$first < N, '... some of them') or diag(scalar @$first);
};

my @v6 = grep { $_ % 4 == 0 } @all;
my @v4 = grep { $_ % 4 != 0 } @all;
sub of_slips { return (of => {slip => $_[0]}) }
shows('an address', ['-A', '10.0.0.7'], [7]);
shows('an address of IPv6', ['-A', '2001:db8::8'], [8], of_slips([]));
shows('a network', ['-A', '10.0.0.16/28'], [grep { $_ % 4 != 0 } 16 .. 31], of_slips([16 .. 31]));
shows('networks', ['-A', '10.0.0.16/28,2001:db8::/32', '-A', '10.0.0.1'], [grep { $_ % 4 == 0 || $_ == 1 || ($_ >= 16 && $_ < 32) } @all], of_slips([1, 16 .. 31]));
shows('all addresses', ['-A', '::/0'], \@all);
shows('all of IPv4, as those of IPv6 are written', ['-A', '::ffff:0:0/96'], \@v4, of_slips(\@all));
shows('an address that nobody has', ['-A', '192.0.2.1'], []);

# what has no number is known when an event that has it has come
shows('a number', ['-C', '8'], [7], first => {opened => []});
shows('numbers', ['-C', '8,9', '-C', '40'], [7, 8, 39], first => {opened => []});
shows('a number that nobody has', ['-C', '1000'], []);

sub named { my ($of) = @_; return [grep { $_ % 3 != 0 && $of->() } @all] }
shows('a server', ['-N', 'host7.example.net'], [7]);
shows('a server that is none for some', ['-N', 'HOST9.example.net'], [], of_slips([9]));
shows('servers', ['-N', '*.example.net'], named(sub { 1 }), of_slips(\@all));
shows('several', ['-N', 'host1?.example.net,host2.*', '-N', 'nothing'], named(sub { $_ == 2 || ($_ >= 10 && $_ < 20) }), of_slips([2, 10 .. 19]));

shows('all of these together', ['-S', '0.5', '-A', '10.0.0.0/8', '-N', '*.example.net', '-C', '8,9,12,30'], [7, 11], first => {opened => []}, skips => {slip => 1});

# ---- a version of the program without random numbers ----

{
    my $post = start([$old], in => 'pipe', answers => 1);
    for my $case (['-S 0.5', '-S'], ['-A 10.0.0.7 -S 1', '-S, -A']) {
        my ($options, $names) = @$case;
        my ($end, undef, $said) = run_program($tracer_path, '-p', $post->pid, '-t', '!slip', split ' ', $options);
        is($end, 3, "$options: there is no random number, and no other stands for it");
        like($said, qr/no connection can be told by \Q$names\E: struct st_line has no member 'random'$/m, '... which is said');
    }
}
# What each probe shows of the same connections in both rounds; those of the first one are told once they can be known.
sub shows_of_old {
    my ($options, $want, $slips, $first) = @_;
    subtest "an old program, @$options" => sub {
        my ($tracer, $seen) = trace($old, @$options);
        for my $type (qw(opened letter office line trunk)) {
            is_deeply([map { @{$_ // []} } @{$seen->{$type}}[0, 1]], [@{$first->{$type} // $want}, @$want], "$type: all of these");
        }
        is_deeply($seen->{slip}[0], $slips, 'slip: has its own address, and number');
        like($tracer->err, qr/: post:call is left out, since the connection of its events cannot be told: struct st_call has no member 'log'$/m, 'what cannot be told is said');
        like($tracer->err, qr/: at \d+ of \d+ sites the connection is told by the address of its peer, once the program has that there$/m, '... and what is told by less');
    };
}
shows_of_old(['-A', '10.0.0.7'], [7], [7]);
shows_of_old(['-A', '2001:db8::/32'], \@v6, undef);
shows_of_old(['-A', '10.0.0.0/29', '-N', '*1.example.net,*7.example.net'], [1, 7], [1, 7]);
shows_of_old(['-C', '8,9'], [7, 8], [7, 8], {opened => []});

# ---- probes that follow others on their thread ----

{
    my ($tracer, $seen) = trace($program, '-A', '10.0.0.7,10.0.0.9', '-t', 'stamp');
    is_deeply($seen, {stamp => [[7, 9], [7, 9]]}, 'a probe is told by another one that is not shown');
    like($tracer->err, qr/^posttrace: 8 events of 1 probe in [\d.]+ s, 0 lost, 238 filtered$/m, '... nor counted');
    ($tracer, $seen) = trace($program, '-A', '10.0.0.7', '-t', 'delivered,stamp', '-e', 'n == 7');
    is_deeply($seen, {stamp => [[7], [7]]}, '... and choices of events have no part in that');
    my $post = start([$old], in => 'pipe', answers => 1);
    my ($end, undef, $said) = run_program($tracer_path, '-p', $post->pid, '-S', '1', '-t', 'stamp');
    is($end, 3, 'where the other one cannot be told, it cannot');
    like($said, qr/no connection can be told by -S: struct st_call has no member 'log'$/m, '... for the reason of that');
}

# ---- what cannot be told ----

{
    my $post = start([$bare], in => 'pipe', answers => 1);
    my ($end, undef, $said) = run_program($tracer_path, '-p', $post->pid, '-S', '0.5');
    is($end, 3, 'without debug information nothing tells a connection');
    like($said, qr/no connection can be told by -S: \S+ has no debug information/, '... with the reason');
}
{
    my ($tracer, $seen) = trace($program, '-N', 'host7*', '-t', 'opened,letter');
    is_deeply($seen, {opened => [[7], [7]], letter => [[7], [7]]}, 'patterns choose probes beside');
}
{
    my ($tracer, $seen) = trace($program, '-A', '10.0.0.7,10.0.0.9', '-e', 'n > 8');
    is_deeply([sort keys %$seen], [sort grep { $_ ne 'copied' } @told], 'expressions choose events beside');
    is_deeply($seen->{line}, [[9], [9]], '... of these connections');
}

done_testing();
