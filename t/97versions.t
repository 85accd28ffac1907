#!/usr/bin/perl
# ASSERTION: one map goes with other versions of the definitions that it was made for: probes and arguments that go, come, change their names or
# types, or move to another file. Each version makes a tracer, which traces its exerciser; what no longer fits is told, secrets first of all.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Live;
use Test::More;
use Version;

need_bpf();

my %probe = (
    request => 'struct st_conn *conn, const char *path, size_t path_size, int is_tls, int ret',
    header => 'struct st_conn *conn, const char *name, size_t name_len, uint8_t *raw, size_t raw_size',
    login => 'struct st_conn *conn, const char *user, const char *token, const char *session_key',
    close => 'struct st_stats *stats, int was_idle',
);
my $map = spew(tmp('shop.map'), <<'END');
struct st_conn { uint64_t id as conn_id unless 0; const char *peer->name as peer; }
struct st_stats whole;
flag shop:*.is_*, shop:close.was_idle;
length shop:request.path = path_size, shop:header.raw = raw_size;
appdata shop:header.name;
secret shop:login.token;
rename shop:request.ret = result, shop:request = begin, shop:close = end;
public shop:login.session_key;
END

# The definitions of a version: a provider in each of the files.
my $num_versions = 0;
sub definitions {
    my (@files) = @_;
    my $dir = tmp('definitions-' . ++$num_versions);
    mkdir $dir or die $!;
    return map { my ($provider, $probes) = @$_; spew("$dir/$provider.d", join '', "provider $provider {\n", (map { "    probe $_($probes->{$_});\n" } sort keys %$probes), "};\n") } @files;
}

# Makes a tracer of a version and traces it; returns its warnings and its events, decoded.
sub try_version {
    my ($name, $files, @options) = @_;
    my @definitions = definitions(@$files);
    my $made = version_make(tmp("made-$num_versions"), @definitions, $map);
    is($made->{error}, '', "$name: a tracer and an exerciser are made");
    return ($made->{warnings}) if $made->{error} ne '';
    my $traced = version_trace($made, @options);
    is($traced->{error}, '', "$name: it traces every probe as it shall");
    my ($status) = run_program(build('bin/probegen'), '-n', '--strict', @definitions, $map);
    is($status, $made->{warnings} eq '' ? 0 : 1, "$name: --strict " . ($status eq 0 ? 'takes' : 'refuses') . ' the map');
    return ($made->{warnings}, map { JSON::PP->new->decode($_) } @{$traced->{events}});
}

# The messages without their places in files: "text [TAG]"
sub messages {
    my ($warnings) = @_;
    return join "\n", map { / warning: (.*)$/ ? $1 : () } split /\n/, $warnings;
}

sub event_of {
    my ($type, @events) = @_;
    return (grep { $_->{type} eq $type } @events)[0] // {};
}

{
    my ($warnings, @events) = try_version('the version of the map', [[shop => \%probe]]);
    is($warnings, '', '... without a word');
    is(join(' ', sort map { $_->{type} } @events), 'begin end header login', '... with the names of the map');
    ok(!exists event_of('login', @events)->{token}, '... without the secret');
}
{
    my %fewer = %probe;
    delete @fewer{'header', 'close'};
    my ($warnings, @events) = try_version('probes that are gone', [[shop => \%fewer]]);
    is(messages($warnings), join("\n",
        "4 entries of this map match nothing: 'struct st_stats' (line 2), 'shop:close.was_idle' (line 3), 'shop:header.raw' (line 4), 'shop:close' (line 7); --strict tells of each [W_MAP_UNMATCHED]",
        "no probe matches 'shop:header', so this hides no application data: correct the name, or remove this [W_MAP_UNMATCHED]"),
        '... are summed up, but for what is not to be shown');
    is(scalar @events, 2, '... the others are traced');
}
{
    my %fewer = (%probe, request => 'struct st_conn *conn, const char *path', header => 'struct st_conn *conn, uint8_t *raw', close => 'int reason');
    my ($warnings, @events) = try_version('arguments that are gone', [[shop => \%fewer]], '-a');
    like(messages($warnings), qr/^probe 'request' has no integer argument 'path_size' to take the length from: 'path' is shown as a pointer \[W_MAP_UNFIT\]$/m,
        '... the length of a text');
    like(messages($warnings), qr/^no argument of 'shop:header' matches 'name', so this hides no application data.* \[W_MAP_UNMATCHED\]$/m, '... application data');
    like(event_of('begin', @events)->{path}, qr/^0x[0-9a-f]+$/, '... text without its length is not shown');
    like(event_of('header', @events)->{raw}, qr/^0x[0-9a-f]+$/, '... nor are bytes');
}
{
    my %more = (%probe, login => "$probe{login}, const char *password", pay => 'uint64_t amount',
        request => "$probe{request}, int result", end => 'int x');
    my ($warnings, @events) = try_version('probes and arguments that are new', [[shop => \%more]]);
    is(messages($warnings), join("\n",
        "the events of 'shop:close' would be named like those of 'shop:end': it keeps its name [W_MAP_UNFIT]",
        "the events of 'shop:request' have a field 'result' already: 'ret' keeps its name [W_MAP_UNFIT]",
        "'shop:login.password' looks like a secret and is shown to everyone: say 'secret shop:login.password;' in a map, or 'public ...;' if it is none [W_SECRET]"),
        '... a name that is taken, and a secret that nobody has marked');
    is(join(' ', sort map { $_->{type} } @events), 'begin close end header login pay', '... all are traced');
}
{
    my %renamed = %probe;
    $renamed{request_begin} = delete $renamed{request};
    $renamed{login} =~ s/token/auth_token/;
    $renamed{header} =~ s/\bname\b/field_name/;
    $renamed{header} =~ s/name_len/field_name_len/;
    my ($warnings) = try_version('names that have changed', [[shop => \%renamed]]);
    like(messages($warnings), qr/'shop:request\.path' \(line 4; there is 'shop:request_begin'\)/, '... of a probe');
    like(messages($warnings), qr/^no argument of 'shop:login' matches 'token', so this keeps nothing secret; it may be 'auth_token' now: .* \[W_MAP_UNMATCHED\]$/m,
        '... of a secret');
    like(messages($warnings), qr/^'shop:login\.auth_token' looks like a secret and is shown to everyone.* \[W_SECRET\]$/m, '... which is known by its name, too');
    like(messages($warnings), qr/^no argument of 'shop:header' matches 'name', so this hides no application data; it may be 'field_name' now: /m, '... of application data');
}
{
    my %other = %probe;
    $other{login} =~ s/token/material/;
    my ($warnings) = try_version('a secret under a name that tells nothing', [[shop => \%other]]);
    like(messages($warnings), qr/^no argument of 'shop:login' matches 'token', so this keeps nothing secret; it may be 'shop:login\.user' now: .* \[W_MAP_UNMATCHED\]$/m,
        '... is told, with what everybody sees of the probe');
}
{
    my %types = (%probe, request => 'void *conn, const char *path, const char *path_size, struct st_x *is_tls, int ret', close => 'uint64_t stats, const char *was_idle',
        login => 'struct st_connection *conn, const char *user, uint64_t token');
    my ($warnings, @events) = try_version('types that have changed', [[shop => \%types]]);
    is(scalar(() = messages($warnings) =~ /\[W_MAP_UNFIT\]$/mg), 3, '... flags and a length do not fit');
    like(event_of('begin', @events)->{path}, qr/^0x/, '... text whose length is no integer is not shown');
    ok(!exists event_of('login', @events)->{token}, '... a secret is one, whatever its type');
}
{
    my %rest = %probe;
    my %moved = (login => delete $rest{login}, header => delete $rest{header});
    my @files = ([shop => \%rest], [account => \%moved]);
    my ($warnings) = try_version('probes in another provider and file', \@files);
    like(messages($warnings), qr/^no probe matches 'shop:login', so this keeps nothing secret; it may be 'account:login' now: /m, '... the secret among them');
    my @definitions = definitions([shop => \%rest], [shop2 => {other => 'int x'}]);
    spew($definitions[1], "provider shop {\n" . join('', map { "probe $_($moved{$_});\n" } sort keys %moved) . "};\n");
    my ($status, undef, $err) = run_program(build('bin/probegen'), '-n', @definitions, $map);
    unlike($err, qr/W_MAP/, '... in another file, but the same provider, the map finds them');
}

# ---- the history of a repository, as make check-history walks it ----

{
    my $repository = tmp('repository');
    my $git = sub {
        my ($status, undef, $err) = run_program('git', '-C', $repository, '-c', 'user.name=T', '-c', 'user.email=t@example', '-c', 'commit.gpgsign=false', @_);
        die "git @_: $err" if $status ne 0;
    };
    # a commit with these files; those that are not named stay
    my $commit = sub {
        my (%files) = @_;
        for my $path (sort keys %files) {
            run_program('mkdir', '-p', "$repository/" . ($path =~ s{[^/]*$}{}r));
            spew("$repository/$path", $files{$path});
        }
        $git->('add', '-A');
        $git->('commit', '-q', '-m', 'change');
    };
    my $secrets = 'probe new_secret(struct st_ptls_t *tls, const char *label, const char *secret_hex);';
    run_program('git', 'init', '-q', '-b', 'main', $repository);
    $commit->('README' => "no definitions\n", 'h2o-probes.d' => "provider h2o { probe h1_accept(uint64_t conn_id, struct st_h2o_socket_t *sock); };\n");
    $commit->('deps/quicly/quicly-probes.d' => "provider quicly { probe free(struct st_quicly_conn_t *conn, int64_t at); };\n");
    $git->('checkout', '-q', '-b', 'topic');
    $commit->('h2o-probes.d' => "broken {\n");
    $commit->('h2o-probes.d' => "provider h2o { probe h1_accept(uint64_t conn_id); };\n", 'old/picotls-probes.d' => "provider picotls { $secrets };\n");
    $git->('checkout', '-q', 'main');
    $git->('merge', '-q', '--no-ff', '-m', 'merge', 'topic');
    $git->('mv', 'old/picotls-probes.d', 'deps/picotls-probes.d');
    $git->('commit', '-q', '-m', 'move');
    my ($status, $out) = run_program({timeout => 120}, 't/history.pl', $repository);
    is($status, 0, 'history: every version of a mainline is good');
    like($out, qr/\A\w+ [\d-]+  ok .* 1 probes .*\n\w+ [\d-]+  ok .* 2 probes .*\n\w+ [\d-]+  ok .* 3 probes .*\n3 of 3\n\z/,
        '... each once: not what a branch had before it was merged, nor a file that only moved')
        or diag($out);
    $commit->('h2o-probes.d' => "broken {\n");
    ($status, $out) = run_program({timeout => 120}, 't/history.pl', "$repository/.git");
    is($status, 1, '... one that is not good fails');
    like($out, qr/FAILED .*\n.* error: .*3 of 4\n\z/s, '... with the reason') or diag($out);
    is((run_program('t/history.pl', ''))[0], 2, '... and no repository is wrong usage');
}

done_testing();
