#!/usr/bin/perl
# ASSERTION: sites of our own are traced, whatever they are made of: every value is read as from those of sys/sdt.h; a program computes the same
# while it is traced, though the kernel makes calls of its no-ops; a program and its library are kept apart when somebody listens to one of them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Live;
use Notes;
use POSIX ();
use Test::More;

need_bpf();

my $probegen = build('bin/probegen');
my @definitions = (glob('probes/*.d'), glob('probes/*.map'));

sub run_ok {
    my ($what, @command) = @_;
    my ($status, $out, $err) = run_program(@command);
    ok($status eq '0', $what) or diag("$status: @command\n$out$err");
    return $out;
}

# Does the kernel call a trampoline at sites of the process, so that there is no trap?
sub is_optimized { return slurp('/proc/' . $_[0]->pid . '/maps') =~ /\[uprobes-trampoline\]/ ? 1 : 0 }

# ---- every value of every probe ----

my @rounds = (0 .. 7, 1000, 8919, 1000, 8919);
my $num_optimized = 0;
for my $case (['nop', 'clang'], ['nop5', 'gcc'], ['nop5', 'clang'], ['sdt', 'gcc']) {
    my ($site, $cc) = @$case;
    my $name = "--site=$site, $cc";
    my $folder = tmp("$site-$cc");
    run_ok("$name: the exerciser is generated", $probegen, '-o', $folder, '-e', 'usdt,exerciser', "--site=$site", '--tracer=h2otrace', @definitions);
    run_ok("$name: ... and compiled", $cc, qw(-std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -Igen/exerciser), "-I$folder", '-o', "$folder/exerciser",
        "$folder/exerciser.c", 'gen/exerciser/main.c', '-lm');
    my $expect = "$folder/expect";
    my $target = start(["$folder/exerciser", "--expect=$expect", '--appdata', '--secrets'], in => 'pipe', answers => 1);
    is($target->ask_number('enabled'), 0, "$name: nobody listens");
    my $tracer = start_tracer({}, '-p', $target->pid, '-a', '--secrets');
    cmp_ok($target->ask_number('enabled'), '>', 100, "$name: somebody listens");
    $target->ask("fire $_") for @rounds;
    $num_optimized += is_optimized($target) if $site eq 'nop5';
    is(is_optimized($target), 0, "$name: sites of one byte are not optimized") if $site ne 'nop5';
    $target->end_input;
    is($target->wait_end, 0, "$name: the target ends as ever");
    is($tracer->wait_end(60), 0, "$name: the tracer ends with it");
    my @want = map { canonical($_) } lines($expect);
    my @got = map { scalar event_text($_) } lines($tracer->out);
    is(scalar @got, scalar @want, "$name: as many events as were fired");
    my @bad = grep { ($got[$_] // 'nothing') ne $want[$_] } 0 .. $#want;
    is(scalar @bad, 0, "$name: every event is as expected") or diag("event $bad[0]:\n  got  $got[$bad[0]]\n  want $want[$bad[0]]");
    is($tracer->complaints, '', "$name: no complaints");
}
diag("this kernel does not optimize sites of five bytes, so only their default is tested") if !$num_optimized;

# ---- what compilers have names for ----

# t/cases/operands.c in the ways in which programs are built: every value is as it stands there. [name, compiler, flags of the probes, of the program,
# whether the probes are in a shared library]
my @built = (
    ['gcc, no optimization', 'gcc -std=c99', '-O0'],
    ['gcc', 'gcc -std=gnu17', '-O2'],
    ['gcc, position-dependent', 'gcc -std=gnu90', '-O3 -fno-pic', '-no-pie'],
    ['gcc, static, stripped', 'gcc -std=gnu17', '-O2', '-static -s'],
    ['gcc, library', 'gcc -std=gnu17', '-O2 -fPIC', '', 1],
    ['gcc, large model', 'gcc -std=gnu17', '-O2 -fno-pic -mcmodel=large', '-no-pie -mcmodel=large'],
    ['gcc, link-time optimization', 'gcc -std=gnu17', '-O2 -flto', '-O2 -flto'],
    ["gcc, Intel's syntax", 'gcc -std=gnu17', '-O0 -masm=intel'],
    ['clang, no optimization', 'clang -std=c99', '-O0'],
    ['clang', 'clang -std=gnu17', '-O2'],
    ['clang, library, stripped', 'clang -std=gnu17', '-O3 -fPIC', '-s', 1],
    ["clang, Intel's syntax", 'clang -std=gnu17', '-O2 -masm=intel'],
    ['g++, C++98', 'g++ -x c++ -std=c++98', '-O2'],
    ['g++, library', 'g++ -x c++ -std=c++17 -Wno-register', '-O2 -fPIC', '', 1],
    ['clang++, C++98, no optimization', 'clang++ -x c++ -std=c++98', '-O0'],
    ['clang++', 'clang++ -x c++ -std=c++17 -Wno-register', '-O2 -fPIE', '-pie'],
);
# by probe: keys and values; F, V and A are addresses that the program tells
my %values = (
    floats          => '"a":1.25,"b":0.5,"c":0,"d":-2.5,"e":1.0000000000000001e+300,"f":0.333333343,"g":-1.0000000000000001e-05,"h":16777216',
    addresses       => '"array":"array","element":"ray","literal":"literal","local":"local","unknown_size":"unknown","function":F,"variable":V,"member":M',
    cast            => '"address":A,"function":F',
    threads         => '"exported":77,"hidden":-78',
    'thread_struct' => '"number":-79,"text":"of a thread"',
    globals         => '"exported":1234567890123,"hidden":-5',
    'global_floats' => '"exported":-0.125,"hidden":3.5',
    bits            => '"few":-7,"fewer":5,"many":-500000000000,"one":true',
    kinds           => '"changes":11,"in_register":12,"fixed":13,"comma":2,"statement":22,"packed":305419896,"negative":-1,"compared":true',
    twelve          => '"a":1.5,"b":"array","c":2.5,"d":"literal","e":1,"f":-0.5,"g":"local","h":9000000000,"i":8,"j":true,"k":1,"l":13',
);
my $witness = cases_tracer('witness', 't/cases/operands.d');
for my $site ('nop', 'nop5') {
    my $headers = tmp("operands-$site");
    mkdir $headers or die $!;
    run_ok("$site: a header", $probegen, 'dtrace', "--site=$site", '-h', '-s', 't/cases/operands.d', '-o', "$headers/operands.h");
    for my $case ($site eq 'nop' ? @built : grep { $_->[0] =~ /^(gcc|clang)$/ } @built) {
        my ($how, $cc, $flags, $link, $is_library) = @$case;
        my ($name, $folder) = ("operands, $site, $how", "$headers/" . ($how =~ s/\+/x/gr =~ s/\W//gr));
        mkdir $folder or die $!;
        my @cc = split / /, $cc;
        my @link = split / /, $link // '';
        my $probes = "$folder/" . ($is_library ? 'liboperands.so' : 'operands.o');
        run_ok("$name: the probes", @cc, split(/ /, $flags), qw(-Wall -Wextra -Werror), "-I$headers", $is_library ? ('-shared', @link) : '-c', '-o', $probes, 't/cases/operands.c');
        run_ok("$name: the program", @cc, qw(-Wall -Wextra), '-o', "$folder/program", 't/cases/operands_main.c', '-x', 'none', $probes, @link);
        my $target = start(["$folder/program"], in => 'pipe', answers => 1);
        my $tracer = start_tracer({tracer => $witness}, '-p', $target->pid);
        my ($function, $variable, $array, $member) = split ' ', $target->ask('1');
        $target->end_input;
        is($target->wait_end, 0, "$name: the target ends as ever");
        is($tracer->wait_end(60), 0, "$name: the tracer ends with it");
        my %want = map { $_ => $values{$_} =~ s/:F\b/:"$function"/gr =~ s/:V\b/:"$variable"/gr =~ s/:A\b/:$array/gr =~ s/:M\b/:"$member"/gr } keys %values;
        my %got = map { scalar event_text($_) =~ /^\{"module":"witness","type":"(\w+)",(.*)\}$/ ? ($1 => $2) : ('what' => $_) } lines($tracer->out);
        is_deeply(\%got, \%want, "$name: every value is that of the source") or diag($tracer->err);
        is($tracer->complaints, '', "$name: no complaints");
    }
}

# ---- uprobes without a tracer ----

# the offsets of the only site of a file and of its semaphore
sub site_of {
    my ($path) = @_;
    my ($note) = notes_of($path, 'leaf') or die "no site in $path";
    return @{$note}{qw(site semaphore)};
}

# Listens to a site of a process until the handle is closed: a perf event that counts, see perf_event_open(2). `config` is the offset of the
# semaphore in its upper half (/sys/bus/event_source/devices/uprobe/format).
sub listen_to {
    my ($pid, $path) = @_;
    my ($site, $semaphore) = site_of($path);
    my $type = slurp('/sys/bus/event_source/devices/uprobe/type') + 0;
    my $attr = pack('L2 Q x40 p Q x56', $type, 128, $semaphore << 32, $path, $site);
    my %number = ('x86_64' => 298, 'aarch64' => 241);
    my $fd = syscall($number{(POSIX::uname())[4]}, $attr, $pid, -1, -1, 8);
    die "perf_event_open: $!" if $fd < 0;
    open my $handle, '<&=', $fd or die $!;
    return $handle;
}

sub count_of {
    my ($handle) = @_;
    sysread $handle, my $bytes, 8;
    return unpack 'Q', $bytes;
}

sub start_leaf {
    my ($folder) = @_;
    return start(["$folder/leaf"], in => 'pipe', answers => 1);
}

my $num_calls = 2000;
for my $cc ('gcc', 'clang') {
    for my $site ('nop', 'nop5', 'unguarded') {
        my $name = "$cc, $site";
        my $folder = tmp("leaf-$cc-$site");
        mkdir $folder or die $!;
        run_ok("$name: the header", $probegen, 'dtrace', '-h', '-s', 't/cases/leaf.d', '-o', "$folder/leaf.h", $site eq 'nop' ? () : '--site=nop5');
        spew("$folder/leaf.h", slurp("$folder/leaf.h") =~ s/PROBEGEN_NO_RED_ZONE\(\); //gr) if $site eq 'unguarded';
        run_ok("$name: the library", $cc, qw(-O2 -Wall -Wextra -Werror -fPIC -shared), "-I$folder", '-o', "$folder/leaf.so", 't/cases/leaf_library.c');
        run_ok("$name: the program", $cc, qw(-O2 -Wall -Wextra -Werror), "-I$folder", '-o', "$folder/leaf", 't/cases/leaf.c', "$folder/leaf.so");

        my $target = start_leaf($folder);
        is($target->ask("run $num_calls"), 'wrong 0', "$name: all is right when nobody listens");
        is($target->ask('enabled'), 'enabled 00', "$name: nobody does");
        my $handle = listen_to($target->pid, "$folder/leaf");
        is($target->ask('enabled'), 'enabled 10', "$name: somebody listens to the program");
        my $answer = $target->ask("run $num_calls");
        is(count_of($handle), $num_calls, "$name: every call was counted");
        if ($site eq 'unguarded') {
            # a test of this test: such is what the guard is for
            my $is_wrong = $answer =~ /^wrong [1-9]/ ? 1 : 0;
            is($is_wrong, is_optimized($target), "$name: without the guard results are wrong where sites are optimized");
        } else {
            is($answer, 'wrong 0', "$name: all is right while somebody listens");
        }
        is(is_optimized($target), $num_optimized ? 1 : 0, "$name: the kernel has optimized it as the others") if $site eq 'nop5';

        my $second = listen_to($target->pid, "$folder/leaf.so");
        is($target->ask('enabled'), 'enabled 11', "$name: somebody listens to both");
        is($target->ask('library 7'), 'fired 7', "$name: the library fires");
        is(count_of($second), 1, "$name: ... which is seen");
        is(count_of($handle), $num_calls, "$name: ... as that of the library");
        close $handle;
        is($target->ask('enabled'), 'enabled 01', "$name: somebody listens to the library only");
        close $second;
        is($target->ask('enabled'), 'enabled 00', "$name: nobody listens");
        is($target->ask("run $num_calls"), 'wrong 0', "$name: all is right again");
        $target->end_input;
        is($target->wait_end, 0, "$name: the target ends as ever");
    }
}

done_testing();
