#!/usr/bin/perl
# ASSERTION: dpkg-buildpackage makes a source package and the packages probegen and h2otrace, in which lintian finds no error; unpacked, they
# pass the test that comes with the source package: h2otrace traces an exerciser, and a tracer that probegen made traces another.

use strict;
use warnings;
use lib 't/lib';
use Live ();
use Probegen;
use Test::More;

plan(skip_all => 'packages are built without sanitizers') if $SAN;
plan(skip_all => 'a copy of the tree needs a git checkout') if !-e '.git';
need_programs(qw(clang dh dpkg-buildpackage git jq lintian pkg-config));

my $dir = temp_dir();
my $source = "$dir/probegen";
mkdir $source or die $!;
run_ok("git ls-files -z | xargs -0 cp --parents -t '$source'", 'a copy of the tree');
my ($version) = slurp('Makefile') =~ /^VERSION := (\S+)$/m;
like(slurp('debian/changelog'), qr/\Aprobegen \(\Q$version\E\) /, 'the changelog has the version of the Makefile');

# make's own variables, and the flags of whoever runs the tests, are not for the package
delete @ENV{qw(CFLAGS CPPFLAGS LDFLAGS)};
local $ENV{DEB_BUILD_OPTIONS} = 'parallel=2';
# what is packed is soon unpacked
local $ENV{DPKG_DEB_COMPRESSOR_LEVEL} = 0;
my $build = run(['dpkg-buildpackage', '-us', '-uc', '--source-option=-z1'], dir => $source, timeout => 600);
is($build->{status}, 0, 'dpkg-buildpackage succeeds') or diag(substr($build->{out}, -5000), substr($build->{err}, -3000));
my @warnings = grep { /warning:/ && !/^dpkg-/ } split /\n/, "$build->{out}\n$build->{err}";
is(join("\n", @warnings), '', '... without a warning of a compiler');
my ($arch) = run(['dpkg', '--print-architecture'])->{out} =~ /(\S+)/;
# lintian leaves files in TMPDIR
my $lintian = run(['env', "TMPDIR=$dir", 'lintian', '--allow-root', '--fail-on', 'error', glob("$dir/*.changes")], timeout => 200);
is($lintian->{status}, 0, 'lintian finds no error') or diag($lintian->{out}, $lintian->{err});
is(join("\n", grep { /^[EW]: / } split /\n/, $lintian->{out}), '', '... and no warning');

my @promised = map { "usr/$_" } ('bin/probegen', 'bin/h2otrace', 'share/man/man1/h2otrace.1.gz', 'share/probegen/maps/h2o.map');
for my $package (qw(probegen h2otrace)) {
    run_ok(['dpkg-deb', '-x', "$dir/${package}_${version}_$arch.deb", "$dir/root"], "the package $package is unpacked");
}
is(join(' ', grep { !-e "$dir/root/$_" } @promised), '', 'programs, pages and maps are in them');
my @left = map { s{^\./}{}r } grep { !m{/$} } split /\n/, run("cd '$source/debian/tmp' && find . -type f")->{out};
is(join(' ', grep { !-e "$dir/root/$_" && !-e "$dir/root/$_.gz" } @left), '', 'all that make install installs is in one of them');

SKIP: {
    my $why = Live::why_no_bpf();
    skip "BPF cannot be used: $why", 1 if $why ne '' && !$ENV{CI};
    local $ENV{PATH} = "$dir/root/usr/bin:$ENV{PATH}";
    my ($multiarch) = run(['dpkg-architecture', '-qDEB_HOST_MULTIARCH'])->{out} =~ /(\S+)/;
    local $ENV{PKG_CONFIG_PATH} = "$dir/root/usr/lib/$multiarch/pkgconfig";
    my $test = run_ok(['debian/tests/trace'], 'the test of the source package passes', dir => $source, timeout => 200);
    like($test->{out}, qr/^(\d+) of \1 probes were seen$/m, '... all probes were seen');
}

done_testing();
