#!/usr/bin/perl
# ASSERTION: make dist makes a tarball of what git knows, with the same bytes each time; it builds where flex, bison and git are not there, and what is
# installed of that build, in another folder, has the same bytes as what is installed of this one. A build for another machine runs the generator
# that it is told to, and finds that machine's headers.

use strict;
use warnings;
use lib 't/lib';
use BuildLock;
use Probegen;
use Test::More;

plan(skip_all => 'what is distributed is built without sanitizers') if $SAN;
plan(skip_all => 'make dist needs a git checkout') if !-e '.git';
need_programs(qw(git gzip tar));

$ENV{TZ} = 'UTC';
my $dir = temp_dir();
my ($version) = slurp('Makefile') =~ /^VERSION := (\S+)$/m;
my $tarball = "$O/probegen-$version.tar.gz";

# ---- for another machine: what make would do ----

{
    my $steps = run_ok(['make', '-n', 'CC=gcc --sysroot=/other', 'PROBEGEN=/bin/true', 'TRACER=other', "$O/bin/other"], 'make with another generator and root')->{out};
    like($steps, qr{inputs\.files /bin/true -o \Q$O\E/gen/other }, '... runs that generator');
    unlike($steps, qr{bin/probegen -o}, '... and not the one that it builds');
    like($steps, qr{--target=bpf .*-idirafter /other/usr/include/\S+ .*tracer\.bpf\.c}, '... compiles the BPF program with the headers of that root');
}

# ---- the tarball ----

my $lock = lock_build();
run_ok(['make', 'all'], 'make', timeout => 300);
run_ok(['make', 'dist'], 'make dist');
my $first = slurp($tarball);
run_ok('umask 077; make dist', '... again, by somebody with another umask');
ok(slurp($tarball) eq $first, '... the same bytes');
run_ok(['make', 'dist', 'SOURCE_DATE_EPOCH=1000000000'], '... with another time');
ok(slurp($tarball) ne $first, '... others');
my @entries = split /\n/, run(['tar', '-tvzf', $tarball, '--numeric-owner', '--full-time'], timeout => 60)->{out};
is(join("\n", grep { !m{^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x) 0/0 +\d+ 2001-09-09 01:46:40 probegen-\Q$version\E/} } @entries), '',
    'all files have one owner, time and folder, and plain modes');
my @files = map { m{ probegen-[^/]*/(.*[^/])$} } @entries;
my @made = map { my $name = $_; map { "gen/made/$name.$_" } 'c', 'h' } qw(d/lex d/parse map/lex map/parse);
is_deeply([sort @files], [sort @made, split /\0/, run(['git', 'ls-files', '-z'])->{out}], 'it has what git knows, and what flex and bison make');

# ---- a build of it ----

run_ok(['make', 'dist'], 'make dist');
run_ok(['tar', '-xzf', $tarball, '-C', $dir], 'the tarball is unpacked');
undef $lock;
my $there = "$dir/another folder";
rename "$dir/probegen-$version", $there or die $!;
mkdir "$dir/bin" or die $!;
for my $name (qw(flex bison git)) {
    spit("$dir/bin/$name", "#!/bin/sh\necho $name is not there >&2\nexit 127\n");
    chmod 0755, "$dir/bin/$name";
}
local $ENV{PATH} = "$dir/bin:$ENV{PATH}";
my $build = run_ok(['make', '-j2', 'all'], 'it builds, in a folder with blanks, without flex, bison and git', dir => $there, timeout => 300);
is($build->{err}, '', '... and without a word on standard error');
run_ok([@$_], 'make install') for ['make', 'install', "DESTDIR=$dir/here"], ['make', '-C', $there, 'install', "DESTDIR=$dir/there"];
my $difference = run(['diff', '-r', "$dir/here", "$dir/there"]);
is($difference->{out} . $difference->{err}, '', 'both installations have the same bytes');
is($difference->{status}, 0, '... all of them');
ok(-x "$dir/there/usr/local/bin/h2otrace" && -f "$dir/there/usr/local/lib/libprobetrace.a", '... programs and the library among them');
is(run(["$dir/there/usr/local/bin/probegen", '-n', glob('probes/*.d'), glob('probes/*.map')])->{status}, 0, '... probegen works');

# an edited grammar is not passed over
utime undef, undef, "$there/gen/d/parse.y" or die $!;
my $edited = run(['make'], dir => $there);
is($edited->{status}, 2, 'a grammar that was changed needs bison');
like($edited->{err}, qr/bison is not there/, '... and says so');

done_testing();
