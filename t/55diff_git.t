#!/usr/bin/perl
# ASSERTION: `probegen diff git:REV:PATH ...` compares files and folders of revisions as git names them, from every folder of a checkout and in a bare
# repository; names that look like options or commands are names; nothing that a repository configures is run, and what it lacks is not fetched; all
# that can be missing, wrong or too large is reported, with exit status 3.

use strict;
use warnings;
use lib 't/lib';
use JSON::PP;
use Probegen;
use Test::More;

if (run(['git', '--version'])->{status} != 0) {
    ok(0, 'git is there') if $ENV{CI};
    plan(skip_all => 'no git') if !$ENV{CI};
    done_testing();
    exit;
}

my $dir = temp_dir();
my $repo = "$dir/repo";
my $ran = "$dir/something-ran";
delete @ENV{grep { /^GIT_/ } keys %ENV};
$ENV{HOME} = $dir;
$ENV{GIT_CONFIG_NOSYSTEM} = 1;
$ENV{"GIT_$_->[0]"} = $_->[1] for map { ["${_}_NAME", 'Ada'], ["${_}_EMAIL", 'ada@example.org'], ["${_}_DATE", '2026-01-01T00:00:00Z'] } 'AUTHOR', 'COMMITTER';

sub git
{
    my $result = run(['git', @_], dir => $repo);
    BAIL_OUT("git @_: $result->{err}") if $result->{status} != 0;
    return $result->{out} =~ s/\n\z//r;
}

sub commit
{
    git('add', '-A');
    git('commit', '-q', '-m', $_[0]);
}

sub diff
{
    my (@args) = @_;
    my %options = ref $args[-1] ? %{pop @args} : ();
    return run([$PROBEGEN, 'diff', @args], dir => $repo, %options);
}

sub kinds_of
{
    my $result = diff('--format=json', '--fail-on=none', @_);
    my $json = eval { decode_json($result->{out}) };
    return $json ? join ' ', map { $_->{kind} } @{$json->{changes}} : "status $result->{status}: $result->{err}";
}

# Ends with status 3, nothing on standard output, and one line that says this.
sub fails
{
    my ($side, $message, $what, %options) = @_;
    my $result = diff($side, 'h2o-probes.d', {%options});
    is($result->{status}, 3, "$what: exit status 3");
    is($result->{out}, '', '... nothing is printed');
    like($result->{err}, qr/\Aprobegen: .*$message.* \[E_FILE\]\n\z/, '... but one line that says why');
    ok(!-e $ran, '... and nothing was run');
}

mkdir $repo or die $!;
mkdir "$repo/$_" or die $! for 'deps', 'deps/quicly', 'sub dir';
run(['git', 'init', '-q', '-b', 'trunk', $repo]);
spit("$repo/h2o-probes.d", "provider h2o {\n    probe a(int x);\n    probe b(int y);\n};\n");
spit("$repo/deps/quicly/quicly-probes.d", "provider quicly {\n    probe c(int x);\n};\n");
spit("$repo/sub dir/some.d", "provider some {\n    probe d(int x);\n};\n");
commit('one');
git('tag', 'v1');
spit("$repo/h2o-probes.d", "provider h2o {\n    probe a(int x, uint64_t z);\n    probe b(int y);\n};\n");
commit('two');
git('tag', '-a', '-m', 'annotated', 'v2');
spit("$repo/deps/quicly/quicly-probes.d", "provider quicly {\n    probe c(long x);\n};\n");
spit("$repo/sub dir/some.map", "flag some:d.x;\n");
commit('three');

# ---- what can be named ----

my $result = diff('git:v1:h2o-probes.d', 'git:v2:h2o-probes.d');
is($result->{status}, 1, 'a file in two revisions');
is($result->{err}, '', '... without a word of git');
like($result->{out}, qr/^old  git:v1:h2o-probes\.d: 2 probes\nnew  git:v2:h2o-probes\.d: 2 probes\n.*^      arg1 added: 'uint64_t z' .*^FAILED: 1 change;/ms,
    '... differs by what was changed');
is(diff('git:v1:h2o-probes.d', 'git:v1:h2o-probes.d')->{out}, "no changes: 2 probes\n", '... and not from itself');
is(kinds_of('git:v1:', 'git:v2:'), 'argument-added', 'the whole tree, with what stands in deps');
is(kinds_of('git:v2:', 'git:HEAD:'), 'argument-type', '... where deps have changed');
is(kinds_of('git:HEAD~2:', 'git:trunk:'), 'argument-added argument-type', 'HEAD~2 and a branch');
is(kinds_of('git:' . git('rev-parse', '--short', 'v1') . ':', '.'), 'argument-added argument-type', 'an abbreviated id, and the checkout itself');
is(kinds_of('git:v1:sub dir', 'git:HEAD:sub dir'), 'member-shown', 'a folder: its map is applied');
is(kinds_of('git:v1:sub dir/', 'git:v1:sub dir'), '', '... with a slash after it or without');
is(kinds_of('git:v1:deps/quicly/quicly-probes.d', 'git:HEAD:deps/quicly'), 'argument-type', 'a file in a folder, and the folder');
is(kinds_of('git:v1:./some.d', 'git:HEAD:../h2o-probes.d', {dir => "$repo/sub dir"}),
    'provider-removed probe-removed provider-added probe-added probe-added', 'in a folder of the checkout, ./ and ../ are as git has them')
    || diag(diff('git:v1:./some.d', 'git:HEAD:../h2o-probes.d', {dir => "$repo/sub dir"})->{err});
is(run([$PROBEGEN, 'diff', '--format=json', '--fail-on=none', 'git:v1:./some.d', 'some.d'], dir => "$repo/sub dir")->{status}, 0, '... really');
spit("$repo/h2o-probes.d", "provider h2o {\n    probe a(int x, uint64_t z);\n};\n");
git('add', 'h2o-probes.d');
is(kinds_of('git:HEAD:h2o-probes.d', 'git::h2o-probes.d'), 'probe-removed', 'without a revision it is the index');
git('reset', '-q', '--hard');
is(kinds_of('git:HEAD^{/two}:h2o-probes.d', 'git:HEAD:h2o-probes.d'), '', 'HEAD^{/two}: a revision by its message');
run(['git', 'clone', '-q', '--bare', $repo, "$dir/bare.git"]);
is(run([$PROBEGEN, 'diff', 'git:v1:', 'git:v2:', '--fail-on=scripts'], dir => "$dir/bare.git")->{status}, 0, 'a bare repository');
{
    local $ENV{GIT_DIR} = "$repo/.git";
    is(run([$PROBEGEN, 'diff', 'git:v1:', 'git:v2:', '--fail-on=scripts'], dir => $dir)->{status}, 0, 'one that $GIT_DIR names');
}
run(['git', 'init', '-q', '--object-format=sha256', "$dir/sha256"]);
run(['sh', '-c', "cp -r deps h2o-probes.d '$dir/sha256' && cd '$dir/sha256' && git add -A && git commit -q -m x"], dir => $repo);
is(run([$PROBEGEN, 'diff', 'git:HEAD:', '.'], dir => "$dir/sha256")->{out}, "no changes: 3 probes\n", 'one with ids of SHA-256');

# ---- names that look like something else ----

for my $rev ("--output=$ran", "--upload-pack=touch $ran", '-h', '--help', '-', '--', "; touch $ran", "\$(touch $ran)", "`touch $ran`",
    "| touch $ran", "ext::sh -c touch% $ran", '..', '*', '@{x', '^', 'v1 v2', "v1\tblob", '%(rest)') {
    fails("git:$rev:h2o-probes.d", qr/(?:the repository has no revision|git says) '/, "the revision '$rev'");
}
fails("git:v1:$_", qr/revision 'v1' has no '/, "the path '$_'") for '--help', '-', "; touch $ran", 'h2o-probes.d ', 'h2o-probes.d missing',
    'h2o-probes.d/', '.git/config', 'H2O-PROBES.D';
fails("git:v1\nv1:h2o-probes.d", qr/on one line/, 'a line feed in a revision');
fails("git:v1:h2o-probes.d\nv1:h2o-probes.d", qr/on one line/, 'a line feed in a path');
fails("git:v1:a\e[31mb", qr/has no 'a\\x1b\[31mb'/, 'what a terminal would obey in a path');
spit("$repo/\e[31m.d", "provider app {\n    probe a(int x int y);\n};\n");
git('add', '-A');
git('commit', '-q', '-m', 'odd', '--', "\e[31m.d");
run(['git', 'mv', "\e[31m.d", "sub dir/\e[31m.d"], dir => $repo);
commit('odd');
unlike(diff('git:HEAD:sub dir', 'h2o-probes.d')->{err}, qr/\e/, '... or in the name of a file');
git('rm', '-q', "sub dir/\e[31m.d");
commit('gone');

# ---- what is missing ----

fails('git:v9:h2o-probes.d', qr/the repository has no revision 'v9'/, 'an unknown revision');
fails('git:v1:nothing.d', qr/revision 'v1' has no 'nothing\.d'/, 'a path that is not there');
fails('git::nothing.d', qr/there is no file 'nothing\.d' in the index/, '... in the index');
fails('git:v1:../outside.d', qr/git says '.*outside/, 'a path that leaves the repository');
fails('git:v1:deps', qr/'git:v1:deps' has no definitions/, 'a folder without definitions');
{
    my $nowhere = run([$PROBEGEN, 'diff', 'git:v1:x.d', 'git:v2:x.d'], dir => $dir);
    is($nowhere->{status}, 3, 'outside of a repository');
    is((() = $nowhere->{err} =~ /^probegen: cannot read 'git:v[12]:x\.d': git says 'fatal: not a git repository/mg), 2, '... git says it');
    local $ENV{PATH} = "$dir/nothing";
    my $none = diff('git:v1:h2o-probes.d', 'h2o-probes.d');
    is($none->{status}, 3, 'without git');
    like($none->{err}, qr/\Aprobegen: cannot run git: it is not installed, or not in a folder of \$PATH \[E_FILE\]\n\z/, '... is reported');
    mkdir "$dir/nothing" or die $!;
    spit("$dir/nothing/git", "#!/bin/sh\necho nonsense\n");
    chmod 0755, "$dir/nothing/git";
    like(diff('git:v1:h2o-probes.d', 'h2o-probes.d')->{err}, qr/git ended without an answer/, 'a git that is none');
    spit("$dir/nothing/git", "#!/bin/sh\necho '" . ('0' x 40) . " blob 99999999999999999999999'\n");
    is(diff('git:v1:h2o-probes.d', 'h2o-probes.d')->{status}, 3, '... or that promises too much');
    spit("$dir/nothing/git", "#!/bin/sh\necho '" . ('0' x 40) . " blob 1000'\necho x\n");
    is(diff('git:v1:h2o-probes.d', 'h2o-probes.d')->{status}, 3, '... or breaks off');
    spit("$dir/nothing/git", "#!/bin/sh\necho '" . ('0' x 40) . " tree 5'\nprintf '40000\\n'\n");
    is(diff('git:v1:', 'h2o-probes.d')->{status}, 3, '... or has folders that are none');
    spit("$dir/nothing/git", "#!/bin/sh\nexit 1\n");
    is(diff('git:v1:h2o-probes.d', 'h2o-probes.d')->{status}, 3, '... or ends at once');
}

# ---- what is no definition ----

symlink 'h2o-probes.d', "$repo/link-probes.d" or die $!;
git('add', '-A');
git('commit', '-q', '-m', 'link');
fails('git:HEAD:', qr/cannot read 'git:HEAD:link-probes\.d': it is a symbolic link/, 'a symbolic link in a folder');
git('rm', '-q', 'link-probes.d');
commit('no link');
spit("$repo/program.d", "\177ELF" . "\0" x 100);
commit('binary');
fails('git:HEAD:program.d', qr/binaries are compared only on disk/, 'a binary');
git('update-index', '--add', '--cacheinfo', '160000,' . git('rev-parse', 'v1^{commit}') . ',module');
git('commit', '-q', '-m', 'submodule');
fails('git:HEAD:module', qr/cannot read 'git:HEAD:module'/, 'a submodule');
is(kinds_of('git:v2:', 'git:HEAD:'), 'argument-type', '... in a folder is nothing');

my $large = run("head -c 67108865 /dev/zero | git hash-object -w --stdin", dir => $repo)->{out} =~ s/\n//r;
git('update-index', '--add', '--cacheinfo', "100644,$large,large.d");
fails('git::large.d', qr/cannot read 'git::large\.d': more than 64 MiB would have to be read/, 'a file that is too large');
git('reset', '-q', '--hard');

my $blob = git('rev-parse', 'v1:h2o-probes.d');
rename "$repo/.git/objects/" . substr($blob, 0, 2) . '/' . substr($blob, 2), "$dir/blob" or die $!;
fails('git:v1:h2o-probes.d', qr/git:v1:h2o-probes\.d/, 'an object that is gone');
rename "$dir/blob", "$repo/.git/objects/" . substr($blob, 0, 2) . '/' . substr($blob, 2) or die $!;

# ---- repositories that would run something ----

spit("$dir/run", "#!/bin/sh\ntouch '$ran'\nexit 1\n");
chmod 0755, "$dir/run";
spit("$repo/.gitattributes", "*.d diff=evil filter=evil merge=evil textconv=evil\n");
commit('attributes');
git('config', $_, "$dir/run")
    for qw(core.pager pager.cat-file core.editor core.fsmonitor core.sshCommand core.askPass core.gitProxy
    diff.evil.textconv diff.evil.command filter.evil.smudge filter.evil.process
    diff.external gpg.program credential.helper uploadpack.packObjectsHook core.alternateRefsCommand);
git('config', 'alias.cat-file', "!$dir/run");
git('config', 'core.hooksPath', $dir);
spit("$dir/$_", "#!/bin/sh\ntouch '$ran'\n") for my @hooks = qw(post-checkout post-index-change reference-transaction);
chmod 0755, map { "$dir/$_" } @hooks;
unlink $ran;
is(kinds_of('git:v1:', 'git:HEAD:'), 'argument-added argument-type', 'a repository with filters, converters, pagers and hooks is read');
is(kinds_of('git:v1:h2o-probes.d', 'git::h2o-probes.d'), 'argument-added', '... its index, too');
ok(!-e $ran, '... and none of them was run');

# a partial clone whose remote is a command; git fetches what is missing from it when it is asked for
git('config', $_->[0], $_->[1]) for ['core.repositoryFormatVersion', 1], ['extensions.partialClone', 'origin'],
    ['remote.origin.promisor', 'true'], ['remote.origin.url', "ext::$dir/run"],
    ['remote.origin.partialclonefilter', 'blob:none'], ['protocol.ext.allow', 'always'];
rename "$repo/.git/objects/" . substr($blob, 0, 2) . '/' . substr($blob, 2), "$dir/blob" or die $!;
{
    # the witness: git by itself does run it
    run(['sh', '-c', "echo v1:h2o-probes.d | git cat-file --batch"], dir => $repo, timeout => 20);
    ok(-e $ran, 'git by itself would fetch what is missing by a command of the repository');
    unlink $ran;
}
fails('git:v1:h2o-probes.d', qr/git:v1:h2o-probes\.d/, '... here it is missing');

done_testing();
