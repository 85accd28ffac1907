#!/usr/bin/perl
# ASSERTION: find_package(Probegen) builds the example with Ninja and Make, its tracer traces it; each change of an input makes again what depends on
# it, and nothing else; a missing or old clang, another machine, another version of the generator are dealt with when CMake runs.

use strict;
use warnings;
use lib 't/lib';
use Example;
use Probegen;
use Test::More;

plan(skip_all => 'what is installed is built without sanitizers') if $SAN;
need_programs(qw(clang cmake ctest ninja));

my $dir = temp_dir();
my $prefix = install_to("$dir/in stalled", '/usr/local');
my ($version) = slurp('Makefile') =~ /^VERSION := (\S+)$/m;
delete @ENV{qw(CFLAGS CPPFLAGS LDFLAGS)};

# Configures a folder; returns what run() does, with all that was said in `out`.
sub configure
{
    my ($source, $build, @options) = @_;
    my $result = run(['cmake', '-G', 'Ninja', "-DCMAKE_PREFIX_PATH=$prefix", '-DCMAKE_BUILD_TYPE=RelWithDebInfo', @options, '-S', $source, '-B', $build]);
    $result->{out} .= $result->{err} =~ s/\n +/ /gr;    # messages are wrapped
    return $result;
}

sub configures
{
    my ($what, @arguments) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $result = configure(@arguments);
    is($result->{status}, 0, $what) or diag($result->{out});
    return $result;
}

# ---- both generators ----

my @made = ('shop', 'shoptrace', 'CMakeFiles/shop.dir/shop.c.o', 'probegen/shop-probes.nop/stamp', 'probegen/shop-probes.nop/shop-probes.h',
    map({ "probegen/shoptrace/$_" } qw(events.h json.c catalog.c tracer.bpf.c tracer.bpf.o embed.o)),
    map { "CMakeFiles/shoptrace.dir/probegen/shoptrace/$_.o" } qw(json.c catalog.c));

# Builds after a change; these files, and no others, are made again.
sub makes
{
    my ($build, $change, $expected, $what) = @_;
    my $before = stamps_of(map { "$build/$_" } @made);
    $change->();
    my $result = run(['cmake', '--build', $build, '--parallel', '2']);
    is($result->{status}, 0, "$what: the build succeeds") or diag($result->{out}, $result->{err});
    is(renewed($before), $expected, "$what: " . ($expected ? 'these files are' : 'nothing is') . ' made again') or diag($result->{out});
    my $again = stamps_of(map { "$build/$_" } @made);
    run(['cmake', '--build', $build]);
    is(renewed($again), '', '... once');
}

for my $generator ('Ninja', 'Unix Makefiles') {
    my $copy = copy_example("$dir/$generator");
    my $build = "$copy/the build";
    configures("$generator: configures", $copy, $build, '-G', $generator);
    my $first = run_ok(['cmake', '--build', $build, '--parallel', '4'], '... builds, in folders with blanks in their names');
    is($first->{err}, '', '... without a word on standard error');
    is(join(' ', list_files($copy, qr/[^.]/)), join(' ', sort(list_files('t/example', qr/[^.]/), 'the build')), '... nothing is written beside the sources');
    ok(!-e "$build/shop-exerciser", '... but what EXCLUDE_FROM_ALL says');
    traces_orders("$build/shop", "$build/shoptrace", $generator);

    my $audit = run_ok(['ctest', '--test-dir', $build, '--verbose'], 'ctest: the audit passes');
    like($audit->{out}, qr/^1: 3 definitions, 3 probes at 3 sites, 3 calls$/m, '... of what the sources call and the program has');
    spit("$copy/shop-probes.d", slurp("$copy/shop-probes.d") =~ s/(?=\/\*\* It closes)/probe forgotten();\n/r);
    my $failed = run(['ctest', '--test-dir', $build, '--output-on-failure']);
    isnt($failed->{status}, 0, 'ctest: the audit fails when a probe was forgotten');
    like($failed->{out}, qr/P001 .*\n.*shop:forgotten/, '... and shows it');
    spit("$copy/shop-probes.d", slurp("$copy/shop-probes.d") =~ s/probe forgotten\(\);\n//r);
    run_ok(['cmake', '--build', $build], '... the definition as it was builds');

    makes($build, sub { }, '', 'no change');
    makes($build, sub { touch("$copy/shop.c") }, 'shop shop.c.o', 'the program\'s source');
    makes($build, sub { touch("$copy/shop-probes.d") }, 'stamp', 'a definition with the same text');
    makes($build, sub { touch("$copy/shop.map") }, '', 'a map with the same text');
    makes($build, sub { append("$copy/shop.map", "rename shop:order.item = what;\n") },
        'catalog.c catalog.c.o embed.o events.h json.c json.c.o shoptrace tracer.bpf.c tracer.bpf.o', 'a name in a map');
    makes($build, sub { spit("$copy/shop-probes.d", slurp("$copy/shop-probes.d") =~ s/It closes\./It closes for the day./r) },
        'catalog.c catalog.c.o embed.o events.h json.c.o shop shop-probes.h shop.c.o shoptrace stamp tracer.bpf.o', 'the documentation of a probe');
    makes($build, sub { touch("$prefix/include/probegen/bpf/prelude.bpf.h") }, 'embed.o shoptrace tracer.bpf.o', 'the fixed half of the BPF program');
    makes($build, sub { touch("$prefix/lib/libprobetrace.a") }, 'shoptrace', 'the runtime');
    makes($build, sub { touch("$prefix/share/probegen/embed.S") }, 'embed.o shoptrace', 'embed.S');
    makes($build, sub { touch("$prefix/bin/probegen") }, 'stamp', 'probegen with the same outputs');
    makes($build, sub { spit("$copy/CMakeLists.txt", slurp("$copy/CMakeLists.txt") =~ s/(shoptrace PROVIDERS \S+) MAPS \S+\)/$1)/r) },
        'catalog.c catalog.c.o embed.o events.h json.c json.c.o shoptrace tracer.bpf.c tracer.bpf.o', 'a list without the map');

    run_ok(['cmake', '--build', $build, '--target', 'shop-exerciser'], 'the exerciser builds');
    is(run(["$build/shop-exerciser"], stdin => "fire 0\n")->{out}, "fired 3\n", '... and fires all probes');
    run_ok(['cmake', '--install', $build, '--prefix', "$dir/$generator installed"], 'the tracer is installed like any other program');
    is(run(["$dir/$generator installed/bin/shoptrace", '--version'])->{out}, "shoptrace (probegen $version)\n", '... and runs');

    spit("$copy/shop-probes.d", slurp("$copy/shop-probes.d") =~ s/probe close\(/probe close((/r);
    my $wrong = run(['cmake', '--build', $build]);
    isnt($wrong->{status}, 0, 'a mistake in the definition fails');
    like($wrong->{out} . $wrong->{err}, qr/shop-probes\.d:\d+:\d+: error: /, '... with probegen\'s message');
}

# ---- several targets, folders and kinds of sites ----

my $several = "$dir/several";
run_ok(['mkdir', '-p', "$several/sub"], 'a project with several targets');
spit("$several/sub/app.d", "provider app {\n    probe tick(int x);\n};\n");
spit("$several/either.d", "provider either {\n#ifdef BIG\n    probe put(long v);\n#else\n    probe put(int v);\n#endif\n};\n");
spit("$several/put.c", "#include \"either.h\"\nint main(int argc, char **argv)\n{\n    (void)argv;\n    EITHER_PUT(argc);\n    return 0;\n}\n");
spit("$several/tick.c", "#include \"app.h\"\nint main(int argc, char **argv)\n{\n    (void)argv;\n    APP_TICK(argc);\n    return APP_TICK_ENABLED();\n}\n");
spit("$several/CMakeLists.txt", <<'CMAKE');
cmake_minimum_required(VERSION 3.16)
project(several C)
set(CMAKE_C_FLAGS "-std=c99 -Wall -Wextra -Wpedantic -Werror")
find_package(Probegen REQUIRED)
foreach(name one two three)
    add_executable(${name} tick.c)
endforeach()
probegen_add_header(TARGET one two PROVIDERS sub/app.d)
probegen_add_header(TARGET three PROVIDERS sub/app.d SITE nop5)
probegen_add_tracer(apptrace PROVIDERS sub/app.d EXCLUDE_FROM_ALL)
foreach(name big small)
    add_executable(${name} put.c)
endforeach()
probegen_add_header(TARGET big PROVIDERS either.d OPTIONS -C -DBIG)
probegen_add_header(TARGET small PROVIDERS either.d OPTIONS -C)
probegen_add_tracer(bigtrace PROVIDERS either.d OPTIONS -DBIG)
probegen_add_exerciser(big-exerciser PROVIDERS either.d OPTIONS -DBIG)
add_subdirectory(sub)
CMAKE
spit("$several/sub/CMakeLists.txt", <<'CMAKE');
add_executable(four ../tick.c)
probegen_add_header(TARGET four PROVIDERS app.d)
probegen_add_tracer(apptrace2 PROVIDERS app.d)
CMAKE
for my $generator ('Ninja', 'Unix Makefiles') {
    my $build = "$several/$generator";
    configures("$generator: several targets configure", $several, $build, '-G', $generator);
    run_ok(['cmake', '--build', $build, '--parallel', '4'], '... and build, at once, whatever warnings the project wants');
    my %sites = map { my $name = $_; $name => scalar(() = run(['readelf', '-n', "$build/$name"])->{out} =~ /Name: tick/g) } qw(one two three sub/four);
    is_deeply(\%sites, {one => 1, two => 1, three => 1, 'sub/four' => 1}, '... each with its site');
    like(run(['objdump', '-d', "$build/three"])->{out}, qr/0f 1f 44 00 00/, '... of the kind that was asked for');
    like(run(["$build/bigtrace", '-l'])->{out}, qr/\Aeither:put\(long v\)\n\z/, '... a tracer of what the preprocessor leaves, by its options');
    ok(-x "$build/big" && -x "$build/small" && -x "$build/big-exerciser", '... and headers of either, and an exerciser');
    ok(!-e "$build/apptrace" && -x "$build/sub/apptrace2", '... a tracer that is not part of all is not built');
}

# ---- what is missing ----

my $copy = copy_example("$dir/copy");
spit("$dir/clang-old", <<'SH');
#!/bin/sh
[ "$1" = --version ] && echo "clang version 6.0.1" && exit
echo "error: unknown target CPU 'v3'" >&2
exit 1
SH
chmod 0755, "$dir/clang-old";
my %lacking = (
    'no clang' => ['-DPROBEGEN_CLANG=', qr/the tracer shoptrace is not built: clang is not found: install it, or set PROBEGEN_CLANG/],
    'an old clang' => ["-DPROBEGEN_CLANG=$dir/clang-old", qr/is not built: \S+clang-old \(6\.0\.1\) cannot compile BPF programs: error: unknown target CPU 'v3'/],
    'no libbcc' => ['-DPROBEGEN_LIB_bcc_bpf=', qr/is not built: the library bcc_bpf is not found \(Debian: .*libbpfcc-dev/],
    'another processor' => ['-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=riscv64 -DPROBEGEN_EXECUTABLE=' . "$prefix/bin/probegen",
        qr/is not built: probegen has no tracers for the processor 'riscv64'/],
);
for my $what (sort keys %lacking) {
    my ($options, $message) = @{$lacking{$what}};
    my $build = "$dir/build $what";
    my $result = configures("$what: CMake succeeds", $copy, $build, split / (?=-D)/, $options);
    like($result->{out}, $message, '... and says so');
    run_ok(['cmake', '--build', $build], '... the rest of the tree builds');
    ok(-x "$build/shop" && !-e "$build/shoptrace", '... without the tracer');
}
my $later = configures('when clang is there later', $copy, "$dir/build no clang", '-UPROBEGEN_CLANG');
unlike($later->{out}, qr/is not built/, '... the tracer is found');

for my $calls ('probegen_add_header(PROVIDERS shop-probes.d)', 'probegen_add_tracer(x MAPS shop.map)', 'probegen_add_tracer(x ELSE PROVIDERS a.d)',
    'probegen_add_exerciser(x)', 'probegen_add_audit_test(NAME x)') {
    my $wrong = "$dir/wrong";
    mkdir $wrong;
    spit("$wrong/CMakeLists.txt", "cmake_minimum_required(VERSION 3.16)\nproject(wrong C)\nfind_package(Probegen REQUIRED)\n$calls\n");
    my $result = configure($wrong, "$wrong/build");
    isnt($result->{status}, 0, "$calls is refused");
    my ($function) = $calls =~ /^(\w+)/;
    like($result->{out}, qr/ \(message\): $function\([A-Z].*\n.* CMakeLists\.txt:4 /, '... with its arguments');
}

# ---- another generator, another machine ----

spit("$dir/probegen", "#!/bin/sh\necho probegen 99.9\n");
chmod 0755, "$dir/probegen";
my $other = configure($copy, "$dir/build other", "-DPROBEGEN_EXECUTABLE=$dir/probegen");
isnt($other->{status}, 0, 'a generator of another version is refused');
like($other->{out}, qr/\Q$dir\E\/probegen is not probegen \Q$version\E, as the runtime/, '... with a message');
my $wanted = configure($copy, "$dir/build wanted", '-DCMAKE_FIND_PACKAGE_PREFER_CONFIG=1', '-DProbegen_DIR=' . "$prefix/lib/cmake/Probegen");
is($wanted->{status}, 0, 'Probegen_DIR finds the package, too');

# A root with what the other machine has: its probegen does not run here. The compiler is ours; CMake is made to believe that it compiles for the other machine.
my $root = "$dir/root of the other";
run_ok(['cp', '-r', "$dir/in stalled", $root], 'the files of another machine');
spit("$root/usr/local/bin/probegen", "not for this machine\n");
mkdir "$root/usr/lib" or die $!;
for my $library (qw(bcc_bpf bpf cap seccomp dw elf zstd z)) {
    my $path = run(['cc', "-print-file-name=lib$library.so"])->{out} =~ s/\s+\z//r;
    symlink $path, "$root/usr/lib/lib$library.so" or die $!;
}
spit("$dir/toolchain.cmake", <<"CMAKE");
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER cc)
set(CMAKE_C_FLAGS_INIT "-DFOR_THE_OTHER=1")
set(CMAKE_FIND_ROOT_PATH "$root")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
CMAKE
{
    local $ENV{PATH} = "$prefix/bin:$ENV{PATH}";
    my $build = "$dir/build for another machine";
    my @cross = ("-DCMAKE_TOOLCHAIN_FILE=$dir/toolchain.cmake", '-UCMAKE_PREFIX_PATH');
    my $result = configures('cross-compiling: configures', $copy, $build, @cross);
    unlike($result->{out}, qr/is not built/, '... with the tracer');
    my $talk = run_ok(['cmake', '--build', $build, '--verbose'], '... builds')->{out};
    like($talk, qr{\Q$prefix\E/bin/probegen.* -o }, '... with the generator of this machine');
    like($talk, qr/^.*--target=bpf .*tracer\.bpf\.c"? /m, '... BPF');
    like($talk, qr/-DFOR_THE_OTHER=1 .*embed\.S/, '... everything else with its compiler and flags');
    like($talk, qr{\Q$root\E/usr/local/lib/libprobetrace\.a}, '... and its runtime');
    like($talk, qr{\Q$root\E/usr/lib/libbcc_bpf\.so}, '... and libraries');
}
{
    local $ENV{PATH} = '/usr/bin:/bin';
    my $result = configure($copy, "$dir/build without", "-DCMAKE_TOOLCHAIN_FILE=$dir/toolchain.cmake", '-UCMAKE_PREFIX_PATH');
    isnt($result->{status}, 0, 'cross-compiling without a generator is refused');
    like($result->{out}, qr/there is no program 'probegen' that runs on this machine; set PROBEGEN_EXECUTABLE/, '... with a message');
}

done_testing();
