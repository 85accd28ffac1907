#!/usr/bin/perl
# ASSERTION: a Makefile that includes the installed probegen.mk, and one with rules written by hand and pkg-config, build the example, whose tracer
# traces it; each change of an input makes again what depends on it, and nothing else.

use strict;
use warnings;
use lib 't/lib';
use Example;
use Probegen;
use Test::More;

plan(skip_all => 'what is installed is built without sanitizers') if $SAN;
need_programs(qw(clang pkg-config));

my $dir = temp_dir();
my $prefix = install_to("$dir/in stalled", '/usr/local');
$ENV{PKG_CONFIG_PATH} = "$prefix/lib/pkgconfig";

# ---- the fragment ----

my $copy = copy_example("$dir/the example");
my $first = run_ok(['make', '-j2'], 'make builds the example, in folders with blanks in their names', dir => $copy);
is($first->{err}, '', '... without a word on standard error');
traces_orders("$copy/shop", "$copy/shoptrace", 'make');
my $exerciser = run_ok(["$copy/shop-exerciser"], '... and an exerciser', stdin => "fire 0\n");
is($exerciser->{out}, "fired 3\n", '... that fires all probes');
is(run(["$copy/shoptrace", '--version'])->{out} =~ /^shoptrace /, 1, 'the tracer has its name');

my @made = map { "$copy/$_" } qw(shop-probes.h shop.o shop shoptrace shop-exerciser shop-probes.h.probegen/stamp), map({ "shoptrace.probegen/$_" }
    qw(events.h json.c catalog.c tracer.bpf.c tracer.bpf.o json.o catalog.o embed.o)), map { "shop-exerciser.probegen/$_" } qw(exerciser.c exerciser.o main.o);

# Runs make after a change; these files, and no others, are made again.
sub makes
{
    my ($change, $expected, $what) = @_;
    my $before = stamps_of(@made);
    $change->();
    my $result = run(['make', '-j2'], dir => $copy);
    is($result->{status}, 0, "$what: make succeeds") or diag($result->{out}, $result->{err});
    is(renewed($before), $expected, "$what: " . ($expected ? 'these files are' : 'nothing is') . ' made again') or diag($result->{out});
    like(run(['make'], dir => $copy)->{out}, qr/\A(make: Nothing to be done.*\n)?\z/, '... once');
}

my $audit = run_ok(['make', 'audit'], 'make audit passes', dir => $copy);
like($audit->{out}, qr/^3 definitions, 3 probes at 3 sites, 3 calls$/m, '... of what the sources call and the program has');
my $definition = slurp("$copy/shop-probes.d");
spit("$copy/shop-probes.d", $definition =~ s/(?=\/\*\* It closes)/probe forgotten();\n/r);
my $forgotten = run(['make', 'audit'], dir => $copy);
is($forgotten->{status}, 2, 'make audit fails when a probe was forgotten');
like($forgotten->{out}, qr/P001 .*\n.*shop:forgotten/, '... and shows it');
spit("$copy/shop-probes.d", $definition);
run_ok(['make'], '... the definition as it was builds', dir => $copy);

makes(sub { }, '', 'no change');
makes(sub { touch("$copy/shop.c") }, 'shop shop.o', 'the program\'s source');
makes(sub { touch("$copy/shop-probes.d") }, 'stamp', 'a definition with the same text');
makes(sub { append("$copy/shop-probes.d", "\n/* the end */\n") }, 'stamp', 'a comment in the definition');
makes(sub { spit("$copy/shop-probes.d", slurp("$copy/shop-probes.d") =~ s/It closes\./It closes for the day./r) },
    'catalog.c catalog.o embed.o events.h exerciser.o json.o shop shop-exerciser shop-probes.h shop.o shoptrace stamp tracer.bpf.o', 'the documentation of a probe');
makes(sub { touch("$copy/shop.map") }, '', 'a map with the same text');
makes(sub { append("$copy/shop.map", "rename shop:order.item = what;\n") }, 
    'catalog.c catalog.o embed.o events.h exerciser.c exerciser.o json.c json.o shop-exerciser shoptrace tracer.bpf.c tracer.bpf.o', 'a name in a map');
makes(sub { touch("$prefix/include/probegen/bpf/prelude.bpf.h") }, 'embed.o shoptrace tracer.bpf.o', 'the fixed half of the BPF program');
makes(sub { touch("$prefix/lib/libprobetrace.a") }, 'shoptrace', 'the runtime');
makes(sub { touch("$prefix/share/probegen/embed.S") }, 'embed.o shoptrace', 'embed.S');
makes(sub { touch("$prefix/share/probegen/exerciser/main.c") }, 'main.o shop-exerciser', 'the fixed half of exercisers');
makes(sub { touch("$prefix/bin/probegen") }, 'stamp', 'probegen with the same outputs');
makes(sub { spit("$copy/Makefile", slurp("$copy/Makefile") =~ s/(probegen_tracer,shoptrace,shop-probes.d) shop.map/$1/r) },
    'catalog.c catalog.o embed.o events.h json.c json.o shoptrace tracer.bpf.c tracer.bpf.o', 'a list without the map');

spit("$copy/Makefile", slurp("$copy/Makefile") =~ s/(probegen_(?:tracer|exerciser),\S+ ?\S*shop-probes\.d[^),]*)\)/$1,-DBIG)/gr);
my $options = run_ok(['make'], 'more options of probegen', dir => $copy);
is(scalar(() = $options->{out} =~ /^.*probegen -o .* -DBIG shop-probes\.d/mg), 2, '... are what it is called with');

spit("$copy/shop-probes.d", slurp("$copy/shop-probes.d") =~ s/probe close\(/probe close((/r);
my $wrong = run(['make'], dir => $copy);
is($wrong->{status}, 2, 'a mistake in the definition fails');
like($wrong->{err}, qr/shop-probes\.d:\d+:\d+: error: /, '... with probegen\'s message');
run_ok(['make', 'clean'], 'make clean', dir => $copy);
is_deeply([list_files($copy, qr/[^.]/)], [list_files('t/example', qr/[^.]/)], '... leaves the sources');

# ---- errors ----

{
    local $ENV{PKG_CONFIG_PATH} = "$dir/nowhere";
    local $ENV{PKG_CONFIG_LIBDIR} = "$dir/nowhere";
    my $result = run(['make', '-f', "$prefix/share/probegen/probegen.mk"]);
    is($result->{status}, 2, 'the fragment without its pkg-config file fails');
    like($result->{err}, qr/pkg-config does not find probegen; set PKG_CONFIG_PATH/, '... and says what to do');
}

# ---- by hand ----

my $hand = copy_example("$dir/by hand");
run_ok(['make', '-f', 'hand.mk'], 'rules written by hand build it', dir => $hand);
traces_orders("$hand/shop", "$hand/shoptrace", 'by hand');

done_testing();
