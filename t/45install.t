#!/usr/bin/perl
# ASSERTION: make install puts what README says into any folder, as another user and without writing into the tree; the installation can be moved;
# make uninstall removes it and nothing else; man pages and completion have every option that there is, and no other.

use strict;
use warnings;
use lib 't/lib';
use BuildLock;
use Cli;
use Probegen;
use Test::More;

need_programs(qw(bash cc groff mandoc pkg-config python3 setpriv));

my $dir = temp_dir();
chmod 0755, $dir;
my @san = $SAN ? 'SAN=1' : ();

# path -> "type mode size mtime ctime" of everything below a folder
sub tree_of
{
    my ($folder, $format) = @_;
    my %tree = map { split /\t/, $_, 2 } split /\n/, run(['find', $folder, '-mindepth', '1', '-printf', "%P\\t$format\\n"])->{out};
    return \%tree;
}

# ---- install ----

my $lock = lock_build();
run_ok(['make', @san, 'all'], 'make', timeout => 300);
my @as = $> == 0 ? qw(setpriv --reuid=65534 --regid=65534 --clear-groups) : ();
my $stage = "$dir/st age";
mkdir $stage or die $!;
chown 65534, 65534, $stage if $> == 0;
my @place = ("DESTDIR=$stage", 'PREFIX=/opt/my tracers');
my $before = tree_of($ROOT, '%y %m %U %s %T@ %C@');
run_ok([@as, 'make', @san, @place, 'install'], 'make install as another user, blanks in the paths', timeout => 60);
my $after = tree_of($ROOT, '%y %m %U %s %T@ %C@');
undef $lock;
delete $after->{$_}, delete $before->{$_} for grep { m{^\.git/|^t$|\.swp$} } keys %$after, keys %$before;
is_deeply($after, $before, '... changes nothing in the tree');

my @includes = map { "$_.h" } 'bpf/prelude.bpf', 'common/catalog', 'common/layout', 'common/record', 'output/json';
my @expected = sort('bin/probegen', 'bin/h2otrace', 'lib/libprobetrace.a', 'lib/libprobeusdt.a', 'lib/pkgconfig/probegen.pc',
    (map { "include/probegen/$_" } @includes, 'exerciser.h'),
    (map { "lib/cmake/Probegen/Probegen$_.cmake" } qw(Config ConfigVersion Functions)),
    (map { "share/probegen/$_" } 'audit.schema.json', 'diff.schema.json', 'embed.S', 'exerciser/main.c', 'probegen.mk'),
    (map { "share/probegen/maps/$_" } qw(h2o.map picotls.map quicly.map v1.map v2.map)),
    (map { "share/man/man1/$_" } list_files('share/man', qr/\.1$/)),
    'etc/logrotate.d/h2otrace', 'lib/systemd/system/h2otrace@.service',
    (map { "share/bash-completion/completions/$_" } qw(h2otrace probegen)));
my $root = "$stage/opt/my tracers";
my $installed = tree_of($root, '%y %m');
my @files = sort grep { $installed->{$_} =~ /^f/ } keys %$installed;
is_deeply(\@files, \@expected, 'these files are installed');
is(join(' ', grep { $installed->{$_} ne ($_ =~ /^bin\// ? 'f 755' : 'f 644') } @files), '', '... programs can be executed, all can be read');
is(join(' ', grep { $installed->{$_} ne 'd 755' } grep { $installed->{$_} =~ /^[^f]/ } keys %$installed), '', '... and folders entered');
is(join(' ', grep { slurp("$root/$_") =~ /\Q$stage\E|my tracers/ } @files), '', 'no file knows where it is installed');
is(join(' ', grep { slurp("$root/$_") =~ /\Q$ROOT\E/ } @files), '', '... nor where it was built') if !$SAN;
is(join(' ', grep { slurp("$root/$_") =~ /\@[A-Z_]+\@/ } grep { !/^bin\// } @files), '', 'no placeholder is left');
is(join(' ', grep { /"(\w[\w.\/]*\.h)"/ && !-e "$root/include/probegen/$1" } map { /^#include .*/mg } map { slurp("$root/include/probegen/$_") } @includes), '',
    'headers include each other and nothing that is not installed');

# ---- hardened ----

# As distributions build: what may be done with a mistake of ours is made harder. CFLAGS come after these flags.
for my $name ($SAN ? () : qw(probegen h2otrace)) {
    my $elf = run(['readelf', '-hldW', '--dyn-syms', "$root/bin/$name"])->{out};
    like($elf, qr/^ +Type: +DYN /m, "$name can be loaded anywhere (PIE)");
    like($elf, qr/^ +GNU_RELRO /m, '... relocated data is read-only');
    like($elf, qr/\(FLAGS(?:_1)?\) .*\b(?:BIND_)?NOW\b/, '... from the start');
    like($elf, qr/^ +GNU_STACK .* RW +0x/m, '... its stack is not executable');
    like($elf, qr/ __stack_chk_fail\b/, '... and guarded');
    like($elf, qr/ __(?:vsn|sn|f|vf)printf_chk\b/, '... sizes of buffers are known to the C library');
    my $num = () = slurp("$root/bin/$name") =~ /\xf3\x0f\x1e\xfa/g;
    ok($num > 100, '... functions begin with what jumps to them want') if run(['uname', '-m'])->{out} eq "x86_64\n";
}
for my $case (['', qr/-D_FORTIFY_SOURCE=2/, 1], ['CFLAGS=-O3', qr/-D_FORTIFY_SOURCE=2 .*-O3/, 1], ['CFLAGS=-O0 -g', qr/-O0/, 0], ['CPPFLAGS=-D_FORTIFY_SOURCE=3', qr/-D_FORTIFY_SOURCE=3/, 0],
    ['SAN=1', qr/-fsanitize=address,undefined/, 0], ['HARDENING=', qr/-O2 -g/, 0]) {
    my ($setting, $wanted, $is_fortified) = @$case;
    my ($line) = run(['make', '-nB', 'V=1', ($setting) x ($setting ne ''), ($setting =~ /SAN/ ? 'out/san' : 'out') . '/obj/gen/base/arena.o'])->{out} =~ /^(\S.* -c -o \S*arena\.o .*)$/m;
    like($line // '', $wanted, "make $setting: its flags");
    is(($line // '') =~ /_FORTIFY_SOURCE=2/ ? 1 : 0, $is_fortified, '... with checks of sizes where they can be, and are not said twice');
    is(($line // '') =~ /-fstack-protector-strong/ ? 1 : 0, $setting eq 'HARDENING=' ? 0 : 1, '... and a guarded stack');
}

# ---- moved ----

my $new = "$dir/moved to";
rename $root, $new or die $!;
is(run(["$new/bin/probegen", '--version'])->{status}, 0, 'moved, probegen runs');
is(run(["$new/bin/h2otrace", '--version'])->{status}, 0, '... and h2otrace');
local $ENV{PKG_CONFIG_PATH} = "$new/lib/pkgconfig";
# pkg-config escapes blanks as the shell reads them
sub pkg_config
{
    return run("pkg-config @_ probegen")->{out} =~ s/\s+\z//r =~ s/\\(.)/$1/gr;
}
my ($version) = slurp('Makefile') =~ /^VERSION := (\S+)$/m;
is(pkg_config('--modversion'), $version, 'pkg-config has the version');
is(run([pkg_config('--variable=generator'), '--version'])->{out}, "probegen $version\n", '... the generator');
for my $variable (qw(embed exerciser makefile)) {
    ok(-f pkg_config("--variable=$variable"), "... $variable");
}
is(join(' ', list_files(pkg_config('--variable=mapdir'), qr/[^.]/)), 'h2o.map picotls.map quicly.map v1.map v2.map', '... the maps');
like(pkg_config('--variable=bpf_cflags'), qr/--target=bpf .*-idirafter \/usr\/include\//, '... the flags for BPF');
SKIP: {
    skip 'the library is linked without sanitizers', 3 if $SAN;
    spit("$dir/own.c", <<'C');
#include <common/catalog.h>
#include <exerciser.h>
#include <output/json.h>
const catalog_t catalog = {.tracer = "own"};
const char pg_bpf_object[1], pg_bpf_object_end[1];
C
    # eval: blanks in what pkg-config prints are escaped
    run_ok('eval cc -Wall -Wextra -Werror -o own own.c "$(pkg-config --cflags --libs probegen)"', 'what generated sources have compiles and links', dir => $dir);
    is(run_ok(["$dir/own", '-V'], '... and runs')->{out}, "own (probegen $version)\n", '... as a tracer');
}

# ---- another layout ----

my @debian = ("DESTDIR=$dir/debian", 'PREFIX=/usr', 'LIBDIR=/usr/lib/some-machine', 'BINDIR=/opt/bin');
run_ok(['make', @san, @debian, 'install'], 'make install with other folders');
{
    local $ENV{PKG_CONFIG_PATH} = "$dir/debian/usr/lib/some-machine/pkgconfig";
    ok(-x pkg_config('--variable=generator'), '... pkg-config finds the generator');
    ok(-f pkg_config('--variable=libdir') . '/libprobetrace.a', '... the library');
    ok(-f pkg_config('--variable=embed'), '... and what does not depend on the machine');
}

# ---- uninstall ----

spit("$dir/debian/usr/share/probegen/maps/mine.map", '');
run_ok(['make', @san, @debian, 'uninstall'], 'make uninstall');
my $left = tree_of("$dir/debian", '%y');
is(join(' ', grep { $left->{$_} ne 'd' } sort keys %$left), 'usr/share/probegen/maps/mine.map', '... leaves no file but that of somebody else');
run_ok(['make', @san, @debian, $_], "make $_ again") for 'install', 'uninstall', 'uninstall';
unlink "$dir/debian/usr/share/probegen/maps/mine.map" or die $!;
run_ok(['make', @san, @debian, 'uninstall'], '... now that it is gone');
$left = tree_of("$dir/debian", '%y');
is(join(' ', grep { /probegen/i } sort keys %$left), '', '... no folder of ours is left');
ok(-d "$dir/debian/usr/share/man/man1", '... and those that others have, too, are');

my $unbuilt = run(['make', 'O=nowhere', 'install', "DESTDIR=$dir/none"]);
is($unbuilt->{status}, 2, 'make install before make fails');
like($unbuilt->{err}, qr{nowhere/bin/probegen is not there: run 'make' first}, '... and says what to do');
ok(!-e "$dir/none", '... and installs nothing');

# ---- man pages ----

# Each option -> its letter, and whether it has a value; from the lines of --help or of a page that begin with options.
sub options_of
{
    my ($text) = @_;
    my %options;
    while ($text =~ /^ +(-.*)/mg) {
        my @items = grep { /^-/ } split /, /, $1 =~ s/  .*//r;
        my @names = map { /^(--?[\w-]+)/ } @items;
        my $value = (grep { /^(--[\w-]+=|-\w [^-])/ } @items) ? '=' : '';
        my $letter = @names == 2 && $names[0] =~ /^-\w$/ ? $names[0] : '';
        $options{$_} = "$letter$value" for @names;
    }
    return \%options;
}

# a man page as text
sub text_of
{
    return run(['mandoc', '-Tascii', '-Owidth=160', $_[0]])->{out} =~ s/.\x08//gr;
}

sub words_of
{
    my ($text, $pattern) = @_;
    my %found = map { $_ => 1 } $text =~ /$pattern/g;
    return join ' ', sort keys %found;
}

my $help = run([$PROBEGEN, '--help'])->{out};
my ($list) = $help =~ /^Commands.*\n((?:  .*\n)+)/m;
my @commands = $list =~ /^  ([a-z]+)/mg;
my %program_of = ('probegen.1' => [$PROBEGEN], 'h2otrace.1' => [$TRACER], map { ("probegen-$_.1" => [$PROBEGEN, $_]) } grep { $_ ne 'explain' } @commands);
is_deeply([list_files('share/man', qr/[^.]/)], [sort keys %program_of], 'there is a page of every program and command');
for my $page (sort keys %program_of) {
    my $path = "share/man/$page";
    my @lint = grep { !/referenced manual not found|outdated mandoc.db/ } split /\n/, run(['mandoc', '-Tlint', $path])->{out};
    is(join("\n", @lint), '', "$page: mandoc finds nothing");
    my $groff = run(['groff', '-ww', '-mdoc', '-Tutf8', '-z', $path]);
    is("$groff->{status}$groff->{err}", '0', '... nor does groff');
    my $text = text_of($path);
    my $told = help_of(@{$program_of{$page}});
    my $items = join "\n", $text =~ /\n\n( +-.*)/g;    # not lines of running text
    is_deeply(options_of($items), options_of($told), "... it has all options of --help, with their letters and values, and no others");
    is(words_of($text =~ s/[\s\S]*^EXIT STATUS//mr =~ s/^EXAMPLES[\s\S]*//mr, qr/^ +(\d)\b/m), words_of($told =~ s/[\s\S]*Exit status://r, qr/\b(\d)\b/),
        '... and all exit statuses');
    my @unknown = grep { !exists options_of($told)->{$_} } $text =~ /(--[a-z][a-z-]+)/g;
    is(join(' ', grep { !/^--(cflags|libs|variable|reuid|regid|init-groups|inh-caps|ambient-caps|now)$/ } @unknown), '', '... mentions no other') if $page ne 'probegen.1';
}

# the examples of probegen.1
mkdir "$dir/examples" or die $!;
spit("$dir/examples/shop-probes.d", "provider shop {\n    probe enter(int who);\n    probe order(const char *name, size_t n);\n};\n");
spit("$dir/examples/shop.map", "length shop:order.name = n;\n");
my ($examples) = text_of('share/man/probegen.1') =~ /^EXAMPLES\n(.*?)^SEE ALSO/ms;
my @commands_shown = $examples =~ /^ +\$ (probegen .*(?:(?<=\|)\n.*)?)$/mg;
is(scalar @commands_shown, 4, 'probegen.1 has examples');
my $last;
for my $command (@commands_shown) {
    $last = run_ok("PATH='$ROOT/$O/bin':\$PATH; $command", "... that work: $command", dir => "$dir/examples");
    is($last->{err}, '', '... without a word');
}
is($last->{out}, "shop:enter\nshop:order\n", '... and print what they promise');

# ---- completion ----

# what bash offers for a line
sub offered
{
    my ($program, $line) = @_;
    my $script = <<'BASH';
shopt -s extglob
compopt() { :; }
. "$1"
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
read -ra COMP_WORDS <<<"$2"
[[ $2 == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
"_${1##*/}" "$3" && [[ ${#COMPREPLY[@]} == 0 ]] || printf '%s\n' "${COMPREPLY[@]}"
BASH
    my $result = run(['bash', '-c', $script, 'bash', "share/completion/" . ($program =~ s{.*/}{}r), $line, $program]);
    diag($result->{err}) if $result->{err} ne '';
    return join ' ', split /\n/, $result->{out};
}

sub offers
{
    my ($program, $line, $expected, $what) = @_;
    is(offered($program, $line), $expected, "completion: $what");
}

for my $page (sort keys %program_of) {
    my ($program, @command) = @{$program_of{$page}};
    my $told = options_of(help_of($program, @command));
    my %wanted = map { (/^--/ && $told->{$_} =~ /=$/ ? "$_=" : $_) => 1 } keys %$told;
    my $line = join ' ', $program =~ s{.*/}{}r, @command, '-';
    is(join(' ', sort keys %{{map { $_ => 1 } split / /, offered($program, $line)}}), join(' ', sort keys %wanted), "completion of '$line': all options");
}
my @probes = map { s/\(.*//r } split /\n/, run([$TRACER, '-l'])->{out};
my @picotls = map { s/.*://r } grep { /^picotls:/ } @probes;
offers($TRACER, 'h2otrace -t ', join(' ', map { my $p = $_; ("$p:*", grep { /^$p:/ } @probes) } qw(h2o picotls quicly)), 'all probes, and all of a provider');
offers($TRACER, 'h2otrace -t picotls:', "* @picotls", 'after a colon, what stands after it');
offers($TRACER, 'h2otrace --trace=picotls:n', join(' ', grep { /^n/ } @picotls), 'a value after =');
offers($TRACER, "h2otrace -t 'picotls:n", join(' ', map { "picotls:$_" } grep { /^n/ } @picotls), 'in quotes');
offers($TRACER, 'h2otrace -a -t quicly:* -t picotls:cl', 'client_random', 'the second glob');
offers($TRACER, 'h2otrace -t quicly:*,picotls:cl', 'client_random', 'the second of a list');
offers($TRACER, "h2otrace -t 'h2o:*,!picotls:cl", 'h2o:*,!picotls:client_random', '... excluded, in quotes');
offers($TRACER, "h2otrace -t '!picotls:cl", '!picotls:client_random', 'an exclusion alone');
offers($TRACER, 'h2otrace --trace=h2o:*,!picotls:cl', 'client_random', '... and in a list after =');
offers($TRACER, 'h2otrace -t nothing:', '', 'nothing where nothing fits');
offers($TRACER, "h2otrace -e 'bufc", 'bufcnt', 'fields');
offers($TRACER, 'h2otrace -e picotls:free.', 'free.tls free.conn_id free.duration', 'fields of a probe');
offers($TRACER, "h2otrace -e '!(bufc", '!(bufcnt', 'a field behind an operator');
offers($TRACER, "h2otrace -p $$", $$, 'processes');
offers($TRACER, 'h2otrace -w READ', 'README.md', 'files');
offers($TRACER, 'h2otrace do', 'doctor', 'the command');
offers($TRACER, 'h2otrace doctor READ', 'README.md', '... files for it');
offers($TRACER, 'h2otrace doctor --', '--pid= --help --version', '... and its options');
offers($TRACER, 'h2otrace --user nobo', 'nobody', 'users');
offers($PROBEGEN, 'probegen ' . substr($_, 0, 4), $_, "the command $_") for @commands;
offers($PROBEGEN, 'probegen -e ', join(' ', slurp('gen/emit/emitters.def') =~ /^EMITTER\((\w+),/mg), 'emitters');
offers($PROBEGEN, 'probegen --emit=json,ca', 'json,catalog', 'the second emitter');
offers($PROBEGEN, 'probegen --dump=', 'json tokens ast ir', 'what can be dumped');
offers($PROBEGEN, 'probegen -n probes/R', '', 'files that are neither a definition nor a map are not offered');
offers($PROBEGEN, 'probegen -n probes/picotls.m', 'probes/picotls.map', 'maps');
offers($PROBEGEN, 'probegen audit probes/picotls.d', 'probes/picotls.d', 'definitions');
offers($PROBEGEN, 'probegen audit --format ', join(' ', slurp('gen/audit/report/formats.def') =~ /^AUDIT_FORMAT\((\w+),/mg), 'formats of reports');
offers($PROBEGEN, 'probegen audit --fail-on=', 'error warning info', 'severities');
offers($PROBEGEN, 'probegen audit --binary READ', 'README.md', 'files');
offers($PROBEGEN, 'probegen audit --source pro', 'probes', 'folders');
offers($PROBEGEN, "probegen $_--site=", 'nop nop5 sdt', "kinds of sites: $_") for '', 'dtrace ';
offers($PROBEGEN, 'probegen dtrace -h -s probes/pico', 'probes/picotls.d', 'definitions, but no maps');
offers($PROBEGEN, 'probegen from READ', 'README.md', 'any file');
offers($PROBEGEN, 'probegen from -o pro', 'probes', 'folders');
offers($PROBEGEN, 'probegen explain ', join(' ', map { /^(P\d+) / ? $1 : () } split /\n/, run([$PROBEGEN, 'explain'])->{out}), 'findings');

# A bash with a terminal: what is typed, and what stands there after the tab key.
my %typed = (
    'h2otrace -t picotls:cl' => 'h2otrace -t picotls:client_random ',
    'h2otrace --trace=picotls:cl' => 'h2otrace --trace=picotls:client_random ',
    "h2otrace -t 'picotls:cl" => "h2otrace -t 'picotls:client_random' ",
    'h2otrace -t h2o:h1_accept,picotls:cl' => 'h2otrace -t h2o:h1_accept,picotls:client_random ',
    "h2otrace -t '!picotls:cl" => "h2otrace -t '!picotls:client_random' ",
    'h2otrace --tra' => 'h2otrace --trace=',
    'probegen -e events,bp' => 'probegen -e events,bpf ',
    'probegen audit --format=tab' => 'probegen audit --format=table ',
    'probegen --output-dir=pro' => 'probegen --output-dir=probes/',
);
for my $line (sort keys %typed) {
    my $result = run(['python3', '-c', <<'PYTHON', $ROOT . "/$O/bin", $line, $typed{$line}]);
import os, pty, select, sys, time

bin, line, expected = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(PS1='ready> ', TERM='dumb', PATH=bin + ':' + os.environ['PATH'])
    os.execvp('bash', ['bash', '--norc', '--noprofile', '-i'])

def wait_for(text):
    seen, end = '', time.time() + 30
    while text not in seen and time.time() < end and select.select([fd], [], [], 30)[0]:
        seen += os.read(fd, 4096).decode()
    return seen

wait_for('ready> ')
os.write(fd, b'. share/completion/%s; echo so""urced\n' % line.split()[0].encode())
wait_for('sourced\r\nready> ')
os.write(fd, line.encode() + b'\t')
seen = wait_for(expected)
os.write(fd, b'\x03')
os.close(fd)
os.waitpid(pid, 0)
print(seen, end='')
sys.exit(expected not in seen)
PYTHON
    is($result->{out}, $typed{$line}, "the tab key after: $line") or diag($result->{err});
}

done_testing();
