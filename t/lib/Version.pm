package Version;

# A version of definitions, and maps that are made for another: tracer and exerciser are made of them, and the one traces the other.

use strict;
use warnings;
use Exporter 'import';
use Live;

our @EXPORT = qw(version_make version_trace);

chomp(my $multiarch = `\${CC:-gcc} -print-multiarch`);
my @bpf = (qw(-std=gnu11 --target=bpf -mcpu=v3 -O2 -Wall -Wextra -Werror), '-idirafter', "/usr/include/$multiarch");
my @c = ($ENV{CC} || 'gcc', qw(-std=gnu11 -D_GNU_SOURCE -O1 -Wall -Wextra -Werror));
# as the runtime is built
my @sanitize = $ENV{SAN} ? ('-fsanitize=address,undefined', qw(-fno-sanitize-recover=undefined -fno-omit-frame-pointer)) : ();
my @runtime = ((map { build("lib/lib$_.a") } qw(probetrace probeusdt)), qw(-lbcc_bpf -lbpf -lcap -lseccomp -ldw -lelf -lzstd -lz));

# Runs commands until one fails. @return what that one says, '' if none did
sub failure_of {
    for my $command (@_) {
        my ($status, $out, $err) = run_program({timeout => 120}, @$command);
        return "@$command: status $status\n$out$err" if $status ne 0;
    }
    return '';
}

# Makes a tracer and an exerciser in a new folder. @return {error => why not, or '', warnings, dir}
sub version_make {
    my ($dir, @files) = @_;
    mkdir $dir or die "$dir: $!";
    my ($status, undef, $err) = run_program(build('bin/probegen'), '-o', $dir, '--tracer=tracer', @files);
    return {error => $err, warnings => '', dir => $dir} if $status ne 0;
    my $error = failure_of(
        [@c, @sanitize, '-Iruntime', "-I$dir", '-c', '-o', "$dir/json.o", "$dir/json.c"],
        [@c, @sanitize, '-Iruntime', "-I$dir", '-c', '-o', "$dir/catalog.o", "$dir/catalog.c"],
        [$ENV{CLANG} || 'clang', @bpf, '-Iruntime', "-I$dir", '-c', '-o', "$dir/tracer.bpf.o", "$dir/tracer.bpf.c"],
        [@c, "-DBPF_OBJECT=\"$dir/tracer.bpf.o\"", '-c', '-o', "$dir/embed.o", 'runtime/bpf/embed.S'],
        [@c, @sanitize, '-o', "$dir/tracer", (map { "$dir/$_.o" } qw(json catalog embed)), @runtime],
        [@c, '-g', '-Igen/exerciser', "-I$dir", '-o', "$dir/exerciser", "$dir/exerciser.c", 'gen/exerciser/main.c'],
    );
    return {error => $error, warnings => $err, dir => $dir};
}

# Fires every probe of a version once and traces it. @return {error => what is wrong, or '', probes => how many, events => as they came}
sub version_trace {
    my ($made, @options) = @_;
    my $dir = $made->{dir};
    my $target = start(["$dir/exerciser", "--expect=$dir/expect"], in => 'pipe', answers => 1);
    my $tracer = start_tracer({tracer => "$dir/tracer"}, '-p', $target->pid, @options);
    my $fired = $target->ask_number('fire 0');
    $target->end_input;
    $target->wait_end;
    my $status = $tracer->wait_end;
    my @events = lines($tracer->out);
    my ($got, $want) = map { join "\n", @$_ } [map { scalar event_text($_) } @events], [map { canonical($_) } lines("$dir/expect")];
    my $error = $status ne '0' ? 'the tracer ended with ' . ($status eq '' ? 'nothing' : $status)
        : $tracer->complaints ne '' ? $tracer->complaints
        : $fired == 0 || $fired != @events ? "$fired probes were fired, and " . @events . ' events were seen'
        : $got ne $want ? 'the events are not as expected' : '';
    return {error => $error, probes => scalar @events, events => \@events};
}

1;
