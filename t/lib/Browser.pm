package Browser;

# A headless Chromium, driven by chromedriver (W3C WebDriver over HTTP, on the loopback interface). Core modules only. Every request has a time
# limit; both processes end with the test, whatever happens.

use strict;
use warnings;
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Temp;
use Time::HiRes ();

our $TIMEOUT = 60;

# what is on this machine is not reached through a proxy
delete @ENV{qw(http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY)};

my $json = JSON::PP->new->utf8->allow_nonref->canonical;

my @started;
END { $_->end for @started }

sub new
{
    my ($class) = @_;
    my $self = bless {dir => temp_dir(), http => HTTP::Tiny->new(timeout => $TIMEOUT)}, $class;
    my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die "no free port: $!";
    $self->{port} = $socket->sockport;
    close $socket;

    $self->{pid} = fork;
    die "fork: $!" if !defined $self->{pid};
    push @started, $self if $self->{pid};
    if ($self->{pid} == 0) {
        POSIX::setpgid(0, 0);    # ends together with the browsers that it starts
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$self->{dir}/driver.log";
        open STDERR, '>&', \*STDOUT;
        $ENV{TMPDIR} = $self->{dir};    # Chromium leaves files
        { no warnings 'exec'; exec 'chromedriver', "--port=$self->{port}"; }
        POSIX::_exit(127);
    }
    my $end = Time::HiRes::time() + $TIMEOUT;
    until ($self->{http}->get("http://127.0.0.1:$self->{port}/status")->{success}) {
        die "chromedriver does not answer\n" if Time::HiRes::time() > $end || waitpid($self->{pid}, POSIX::WNOHANG()) != 0;
        select undef, undef, undef, 0.05;
    }
    my @args = map { "--$_" } qw(headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update
        disable-sync disable-dev-shm-usage), "user-data-dir=$self->{dir}/profile", 'window-size=1400,1000';
    my $session = $self->call('POST', '/session', {capabilities => {alwaysMatch => {
        browserName => 'chrome',
        'goog:loggingPrefs' => {browser => 'ALL', performance => 'ALL'},
        'goog:chromeOptions' => {args => \@args},
    }}});
    $self->{session} = "/session/$session->{sessionId}";
    $self->call('POST', "$self->{session}/url", {url => 'about:blank'});
    $self->logged($_) for qw(browser performance);    # of the browser's own first page
    return $self;
}

sub call
{
    my ($self, $method, $path, $body) = @_;
    my %options = defined $body ? (content => $json->encode($body), headers => {'Content-Type' => 'application/json'}) : ();
    my $response = $self->{http}->request($method, "http://127.0.0.1:$self->{port}$path", \%options);
    die "$method $path: $response->{status} " . substr($response->{content}, 0, 1000) . "\n" if !$response->{success};
    return $json->decode($response->{content})->{value};
}

sub open_page
{
    my ($self, $path, $hash) = @_;
    # another page first: a URL that differs in its hash only would not be loaded again
    $self->call('POST', "$self->{session}/url", {url => 'about:blank'});
    $self->call('POST', "$self->{session}/url", {url => "file://$path" . (defined $hash ? "#$hash" : '')});
}

# The body of a function; returns what it returns.
sub js
{
    my ($self, $script, @args) = @_;
    return $self->call('POST', "$self->{session}/execute/sync", {script => $script, args => \@args});
}

# A command of Chromium's own protocol.
sub cdp
{
    my ($self, $command, %params) = @_;
    return $self->call('POST', "$self->{session}/goog/cdp/execute", {cmd => $command, params => \%params});
}

sub element
{
    my ($self, $selector) = @_;
    my $found = $self->call('POST', "$self->{session}/element", {using => 'css selector', value => $selector});
    return (values %$found)[0];
}

sub click
{
    my ($self, $selector) = @_;
    # in the middle, where nothing that stands at the top is before it
    $self->js('document.querySelector(arguments[0]).scrollIntoView({block: "center"})', $selector);
    $self->call('POST', "$self->{session}/element/" . $self->element($selector) . '/click', {});
}

# Keys to what has the focus, one after the other.
sub type
{
    my ($self, @keys) = @_;
    $self->call('POST', "$self->{session}/actions", {actions => [{
        type => 'key', id => 'keyboard',
        actions => [map { ({type => 'keyDown', value => $_}, {type => 'keyUp', value => $_}) } @keys],
    }]});
}

# What was logged since the last time: "browser" is the console.
sub logged
{
    my ($self, $type) = @_;
    return @{$self->call('POST', "$self->{session}/se/log", {type => $type})};
}

sub end
{
    my ($self) = @_;
    local ($@, $?, $!);
    eval { $self->call('DELETE', $self->{session}) } if $self->{session};
    kill 'TERM', -$self->{pid};
    my $end = Time::HiRes::time() + 10;
    while (waitpid($self->{pid}, POSIX::WNOHANG()) == 0) {
        kill 'KILL', -$self->{pid} if Time::HiRes::time() > $end;
        select undef, undef, undef, 0.02;
    }
}

1;
