package H2O;

# A real h2o for tests, which is the program $H2O: how it is configured and started, and requests by all versions of HTTP.

use strict;
use warnings;
use Exporter 'import';
use File::Basename qw(dirname);
use File::Copy qw(copy);
use IO::Socket::INET;
use Live;
use Server qw(free_port);
use Test::More;

our @EXPORT = qw(need_h2o has_program why_no_h2o start_h2o start_master install_h2o start_h2olog curl http3 h2o_client end_h2o);

# ---- what there is ----

sub has_program {
    my ($name) = @_;
    return scalar grep { -x "$_/$name" } split /:/, $ENV{PATH};
}

# h2o-httpclient, which is built beside h2o: the only client of HTTP/3; undef: there is none.
sub h2o_client {
    my $path = dirname($ENV{H2O}) . '/h2o-httpclient';
    return -x $path ? $path : undef;
}

# Skips the test if there is no h2o, or one of these programs is missing; the program 'h2o-httpclient' is the one beside h2o.
sub need_h2o {
    my (@programs) = @_;
    plan(skip_all => 'no h2o to be traced: set H2O=/path/to/h2o') if !$ENV{H2O} || !-x $ENV{H2O};
    need_bpf();
    for my $program (qw(curl openssl), @programs) {
        my $is_there = $program eq 'h2o-httpclient' ? defined h2o_client() : has_program($program);
        plan(skip_all => "$program is missing") if !$is_there;
    }
}

# ---- a server ----

# Lines of its configuration. Options: see start_h2o().
sub configuration {
    my ($server, %options) = @_;
    my $user = getpwuid($>);
    my $text = "user: $user\nnum-threads: $options{threads}\nlisten:\n  host: 127.0.0.1\n  port: $server->{plain}\n";
    $text .= 'pid-file: ' . tmp('h2o.pid') . "\n" if $options{has_master};
    $text .= 'access-log: {path: ' . tmp('access.log') . ", format: \"$options{access}\"}\n" if defined $options{access};
    $text .= <<"END" if $server->{tls};
listen: &tls
  host: 127.0.0.1
  port: $server->{tls}
  ssl:
    certificate-file: ${\tmp('crt')}
    key-file: ${\tmp('key')}
listen:
  <<: *tls
  type: quic
END
    $text .= "hosts:\n  default:\n    paths:\n      \"/\":\n";
    $text .= qq{        - proxy.connect: ["+*"]\n} if $options{tunnels};
    $text .= defined $options{backend} ? "        - proxy.reverse.url: http://127.0.0.1:$options{backend}/\n" : '        - file.dir: ' . tmp('htdocs') . "\n";
    $text .= <<"END" if $options{log};
  h2olog:
    h2olog: $options{log}
    listen:
      type: unix
      port: ${\tmp('h2olog.socket')}
    paths: {}
END
    return $text;
}

# Waits until it listens; else the test ends.
sub wait_for {
    my ($h2o, $port) = @_;
    my $is_up = poll { $h2o->status ne '' || IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Proto => 'tcp') };
    return if $is_up && $h2o->status eq '';
    fail('h2o listens');
    diag($h2o->err, slurp($h2o->out));
    done_testing();
    exit 1;
}

sub make_certificate {
    my ($exit, undef, $err) = run_program('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', tmp('key'), '-out', tmp('crt'));
    is($exit, 0, 'a certificate') or diag($err);
}

# Starts an h2o that serves the files of the folder htdocs; it listens. Options:
#   threads => N (2); files => {name => text}, beside index.html; tunnels => 1: it is a proxy for CONNECT, too; backend => PORT: it asks that instead;
#   access => the format of an access log, access.log; log => 'on' or 'appdata': h2o's own log, if this h2o has one, as {has_log} says.
# Returns it: {plain} is its port for HTTP in the clear, {tls} that for TLS and QUIC.
sub start_h2o {
    my (%options) = (threads => 2, @_);
    my %server = (plain => free_port(), tls => free_port());

    make_certificate();
    mkdir tmp('htdocs');
    my %files = ('index.html' => "hello\n", %{$options{files} // {}});
    spew(tmp("htdocs/$_"), $files{$_}) for keys %files;
    my $conf = spew(tmp('h2o.conf'), configuration(\%server, %options));
    if ($options{log}) {
        my ($exit) = run_program($ENV{H2O}, '-t', '-c', $conf);
        $server{has_log} = $exit == 0;
        spew($conf, configuration(\%server, %options, log => undef)) if $exit != 0;
    }
    my $h2o = start([$ENV{H2O}, '-m', 'worker', '-c', $conf]);
    $h2o->{$_} = $server{$_} for keys %server;
    wait_for($h2o, $h2o->{plain});
    return $h2o;
}

sub end_h2o {
    my ($h2o) = @_;
    is($h2o->status, '', 'h2o has not noticed');
    $h2o->signal('TERM');
    isnt($h2o->wait_end, '', 'h2o ends');
}

# h2o's own log from now on, of a server that has_log.
sub start_h2olog {
    my ($query) = @_;
    my $head = tmp('h2olog.head');
    my $log = start(['curl', '-sN', '-D', $head, '--unix-socket', tmp('h2olog.socket'), 'http://h2olog/.well-known/h2olog' . ($query // '')]);
    ok(poll { slurp($head) =~ m{^HTTP/\S+ 200 .*\r\n\r\n}s }, 'h2o writes its log');
    return $log;
}

# ---- requests ----

# One that is answered with 200.
sub curl {
    my (@arguments) = @_;
    my ($exit, $out, $err) = run_program('curl', '-sSk', '-o', '/dev/null', '-w', '%{http_code}', @arguments);
    is("$exit $out", '0 200', "curl @arguments") or diag($err);
}

# One by HTTP/3, in a name space of its own if $hosts is another /etc/hosts; returns what the client says: the head of the answer.
sub http3 {
    my ($url, $arguments, $hosts) = @_;
    my @command = (h2o_client(), '-3', '100', '-k', @{$arguments // []}, $url);
    @command = ('unshare', '-m', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', $hosts, @command) if defined $hosts;
    my ($exit, undef, $err) = run_program(@command);
    is($exit, 0, "h2o-httpclient $url") or diag($err);
    return $err;
}

# ---- one that its master starts ----

# where start_server is: the source tree beside what was built, or what H2O_ROOT says
sub h2o_root {
    return (grep { -x "$_/share/h2o/start_server" } $ENV{H2O_ROOT} // (), map { dirname($ENV{H2O}) . "/$_" } '.', '..', '../src')[0];
}

# Why there is no h2o that can be started by its master; '' if there is.
sub why_no_h2o {
    return 'no h2o to be traced: set H2O=/path/to/h2o' if !$ENV{H2O} || !-x $ENV{H2O};
    return 'there is no share/h2o/start_server; set H2O_ROOT' if !defined h2o_root();
    return '';
}

# Puts a copy of h2o to this path, as an upgrade does: in place of what is there.
sub install_h2o {
    my ($binary) = @_;
    copy($ENV{H2O}, "$binary.new") && chmod 0755, "$binary.new" or die "$binary: $!";
    rename "$binary.new", $binary or die "$binary: $!";
}

# A copy of it, in the test's folder, which can be replaced; returns the master: {port}, {binary}, {pid_file}. It listens, or the test ends.
sub start_master {
    my $port = free_port();
    my $binary = tmp('h2o');
    install_h2o($binary);
    mkdir tmp('htdocs');
    spew(tmp('htdocs/index.html'), "hello\n");
    spew(tmp('h2o.conf'), configuration({plain => $port}, threads => 2, has_master => 1));
    my $master = start([$binary, '-m', 'master', '-c', tmp('h2o.conf')], env => {H2O_ROOT => h2o_root()});
    @$master{qw(port binary pid_file)} = ($port, $binary, tmp('h2o.pid'));
    wait_for($master, $port);
    return $master;
}

1;
