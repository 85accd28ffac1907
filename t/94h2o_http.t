#!/usr/bin/perl
# ASSERTION: -H shows of a real h2o what its clients sent and got, by HTTP/1, HTTP/2 and HTTP/3, and what its access log says: each request once,
# with all of its headers, as lines, and as blocks of requests and connections, which tell client and name of the server, and are whole.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use H2O;
use Live;
use Test::More;

need_h2o();
my $h2o = start_h2o(files => {big => 'x' x 300_000}, access => '%{connection-id}x %H %m %U%q %s %b');
my ($plain, $tls) = @$h2o{qw(plain tls)};

# ---- requests ----

my %tracer = map { $_ => start_tracer('-p', $h2o->pid, '-H', $_ ne 'raw' ? ('-g', $_) : ()) } qw(raw request connection);
my $client = h2o_client();
my @requests;    # {method, path, status, bytes, sent => {name => value}, got => {name => value}}

sub headers_of { return map { /^([^:\s]+): *(.*?)\r?$/ ? (lc $1 => $2) : () } split /\n/, $_[0] }

# One process of curl: its requests are on one connection, if they can be.
sub curl_all {
    my ($version, $options, @paths) = @_;
    my (@arguments, @made);
    for my $path (@paths) {
        my $number = @requests + @made;
        push @arguments, '--next' if @made;
        push @arguments, '-sSk', @$options, '-o', '/dev/null', '-D', tmp("head$number"), '-H', "x-test: number $number;\xc3\xa9", '-H', "x-odd: a\\b\xff",
            "https://localhost:$tls$path" =~ s/^https:\/\/localhost:$tls/$version eq '1.1' && @$options == 1 ? "http:\/\/127.0.0.1:$plain" : $&/er;
        push @made, {version => $version, path => $path, server => $version eq '1.1' && @$options == 1 ? '-' : 'localhost', head => tmp("head$number"), sent => {'x-test' => "number $number;\xc3\xa9", 'x-odd' => 'a\\\\b\\xff'}};
    }
    my ($exit, undef, $err) = run_program('curl', @arguments);
    is($exit, 0, "curl, HTTP/$version: @paths") or diag($err);
    $_->{got} = {headers_of(slurp($_->{head}))} for @made;
    push @requests, @made;
}
curl_all('1.1', ['--http1.1'], '/', '/not-there?a=1', '/big');
curl_all('1.1', ['--http1.1', '-4'], '/');
curl_all('2.0', ['--http2'], '/', '/big', '/not-there');
if ($client) {
    for my $path ('/', '/big?x', '/not-there') {
        my $number = @requests;
        my $head = http3("https://localhost:$tls$path", ['-H', "x-test:number $number"]);
        push @requests, {version => '3.0', server => 'localhost', path => $path, sent => {'x-test' => "number $number"}, got => {headers_of($head)}};
    }
}
is(scalar @requests, $client ? 10 : 7, 'requests were made');
my $num_closed = $client ? 6 : 3;    # connections
ok(poll { (() = slurp($tracer{connection}->out) =~ /^\*   << Connection >> \d+$/mg) >= $num_closed }, 'connections end');
ok(poll { (() = slurp($tracer{request}->out) =~ /^\*/mg) >= @requests }, 'requests, too');
for my $name (sort keys %tracer) {
    $tracer{$name}->signal('TERM');
    is($tracer{$name}->wait_end, 0, "$name: the tracer ends");
    like($tracer{$name}->err, qr/, 0 lost$/m, "$name: nothing is lost");
}
my @log = all_lines(tmp('access.log'));
is(scalar @log, scalar @requests, 'the access log has them');

# ---- blocks of requests ----

# {head, LABEL => value, sent => [...], got => [...]} of each block
sub blocks_of {
    my ($text, $stars, $dashes) = @_;
    return map {
        my ($head, @lines) = split /\n/;
        my %block = (head => $head, sent => {}, got => {});
        for my $line (@lines) {
            my ($label, $value) = $line =~ /^$dashes +(\S+) +(.*)$/ or die "'$line'";
            if ($label =~ /^[RT]xHeader$/) {
                my ($name, $text) = $value =~ /^(\S+) (.*)$/ or die "'$line'";
                $block{$label eq 'RxHeader' ? 'sent' : 'got'}{$name} = $text;
            } else {
                $block{$label} = $value;
            }
        }
        \%block;
    } $text =~ /^\Q$stars\E +(<< Request  >> .*\n(?:$dashes .*\n)*)/mg;
}
my @blocks = blocks_of(slurp($tracer{request}->out), '*', '-');
is(scalar @blocks, scalar @requests, 'a block for each request');
is(join(', ', map { $_->{head} } grep { $_->{head} =~ /incomplete/ } @blocks), '', '... all of them complete');
my %by_number = map { ($_->{sent}{'x-test'} // '') =~ /^number (\d+)/ ? ($1 => $_) : () } @blocks;
for my $number (0 .. $#requests) {
    my ($request, $block) = ($requests[$number], $by_number{$number});
    my $what = "request $number (HTTP/$request->{version} $request->{path})";
    ok($block, "$what has a block") or next;
    is("$block->{Protocol} $block->{Request}", "HTTP/$request->{version} GET $request->{path}", '... with its protocol, method and path');
    is_deeply({map { $_ => $block->{sent}{$_} } keys %{$request->{sent}}}, $request->{sent}, '... with what was sent');
    is("$block->{sent}{':method'} $block->{sent}{':path'}", "GET $request->{path}", '... with its pseudo-headers');
    is($block->{Status}, $request->{path} =~ /not-there/ ? 404 : 200, '... with its status');
    is_deeply({map { $_ => $request->{got}{$_} } keys %{$block->{got}}}, $block->{got}, '... with what the client got');
    cmp_ok(scalar keys %{$block->{got}}, '>=', 2, '... of headers');
    like($block->{FirstByte}, qr/^\d+\.\d{3} ms$/, '... with the time to the first byte');
    like($block->{LastByte}, $request->{version} eq '2.0' ? qr/^-$/ : qr/^\d+\.\d{3} ms$/, '... and to the last one, if that can be known');
    is($block->{Bytes}, $request->{version} eq '3.0' ? $block->{got}{'content-length'} : '-', '... with the bytes of its body, if these are told');
    like($block->{Peer}, qr/^(?:127\.0\.0\.1|\[::1\]):\d+$/, '... its peer');
    is($block->{Server}, $request->{server}, '... and the name of the server');
}
my @from_log = map { my ($id, $protocol, @rest) = split / /; "$id " . ($protocol =~ /\./ ? $protocol : "$protocol.0") . " @rest" } @log;
my @from_blocks = map { my ($id) = $_->{head} =~ />> (\d+) /; "$id $_->{Protocol} $_->{Request} $_->{Status} $_->{got}{'content-length'}" } @blocks;
is_deeply([sort @from_blocks], [sort @from_log], 'the access log says the same of connection, protocol, method, path, status and bytes');

# ---- the others show the same ----

my $lines = slurp($tracer{raw}->out);
my %raw;
push @{$raw{"$1 $2"}}, $3 while $lines =~ /^(\d+) (\d+) (.*)$/mg;
is(scalar(() = $lines =~ /\n/g), scalar(map { @$_ } values %raw), 'raw lines are all of requests');
for my $block (@blocks) {
    my ($id) = $block->{head} =~ />> (\d+ \d+)$/;
    my ($protocol, @rest) = @{$raw{$id} // ['']};
    is($protocol, "RxProtocol $block->{Protocol}", "lines of $id begin with the protocol");
    my %has = (sent => {}, got => {});
    my $status;
    for my $line (@rest) {
        $has{$1 eq 'Rx' ? 'sent' : 'got'}{$2} = $3 if $line =~ /^(Rx|Tx)Header   (\S+) (.*)$/;
        $status = $1 if $line =~ /^TxStatus   (\d+)$/;
    }
    is_deeply([$status, @has{qw(sent got)}], [@$block{qw(Status sent got)}], '... and have the same headers');
}
my $connections = slurp($tracer{connection}->out);
my @inner = blocks_of($connections, '**', '--');
my $plainly = sub { [sort { $a->{head} cmp $b->{head} } map { my %copy = %$_; delete @copy{qw(Begin FirstByte LastByte Peer Server)}; \%copy } @_] };
is_deeply($plainly->(@inner), $plainly->(@blocks), 'connections have the same requests');
my %num_of;
++$num_of{(split / /)[0]} for @from_log;
my %told = $connections =~ /^\*   << Connection >> (\d+)\n(?:-   (?!Requests).*\n)*-   Requests   (\d+)$/mg;
delete @told{grep { $told{$_} == 0 } keys %told};    # of QUIC, which h2o did not take
is_deeply(\%told, \%num_of, '... each its own');
is(scalar(() = $connections =~ /^\*.*\)$/mg), 0, '... and all of them are whole') or diag($connections =~ /^(\*.*\)\n(?:-.*\n)+)/mg);
is_deeply([grep { !/^\d+\.\d{3} ms$/ } $connections =~ /^-   Duration   (.*)$/mg], [], '... and have lasted some time');

# ---- slow clients: what is asserted is that the last byte is no earlier than the client lets it be ----

# What a client asks for that takes so long to read it; its block.
sub slowly {
    my ($name, $seconds, @arguments) = @_;
    my $tracer = start_tracer('-p', $h2o->pid, '-H', '-g', 'request', '-e', 'value == "/slow"');
    my $begin = time;
    my ($exit, $out, $err) = run_program('curl', '-sSk', '--http1.1', '-o', '/dev/null', @arguments);
    is($exit, 0, "$name: curl") or diag($err);
    ok(poll { slurp($tracer->out) =~ /^\n/m }, '... a block');
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, '... the tracer ends');
    my ($block) = blocks_of(slurp($tracer->out), '*', '-');
    my ($first, $last) = map { ($block->{$_} // '') =~ /^([\d.]+) ms$/ ? $1 : 0 } qw(FirstByte LastByte);
    cmp_ok($last, '>', 1000 * $seconds, '... the last byte is the last one');
    cmp_ok($last, '<=', 1000 * (time - $begin), '... and no later than the client had it');
    cmp_ok($first, '<', $last, '... the first one was earlier');
    return $block;
}
# the kernel takes up to some MB before the client has read anything
spew(tmp('htdocs/slow'), 'x' x 24_000_000);
slowly('a file', 1, '--limit-rate', '8M', "http://127.0.0.1:$plain/slow");
slowly('a file, by TLS', 1, '--limit-rate', '8M', "https://localhost:$tls/slow");

# ---- which ones ----

{
    my $tracer = start_tracer('-p', $h2o->pid, '-H', '-g', 'request', '-e', 'h2o:send_response.status >= 400');
    run_program('curl', '-sSk', $_, '-o', '/dev/null', "https://localhost:$tls/", '-o', '/dev/null', "https://localhost:$tls/not-$_") for '--http1.1', '--http2';
    ok(poll { (() = slurp($tracer->out) =~ /^$/mg) >= 2 }, 'blocks of what has failed');
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, '... the tracer ends');
    is_deeply([sort map { "$_->{Request} $_->{Status} " . ($_->{head} =~ /incomplete/ ? 'incomplete' : 'complete') } blocks_of(slurp($tracer->out), '*', '-')],
        ['GET /not---http1.1 404 complete', 'GET /not---http2 404 complete'], '... and these only, as a whole');
    like($tracer->err, qr/, 0 lost, [1-9]\d* filtered$/m, '... others are counted as filtered');
}

# ---- HTTP/2 in the clear: nothing tells of its end ----

{
    my $tracer = start_tracer('-p', $h2o->pid, '-H', '-g', 'connection');
    my ($exit, undef, $err) = run_program('curl', '-sS', '--http2-prior-knowledge', '-o', '/dev/null', "http://127.0.0.1:$plain/");
    is($exit, 0, 'HTTP/2 in the clear') or diag($err);
    $tracer->signal('TERM');
    is($tracer->wait_end, 0, '... the tracer ends');
    like(slurp($tracer->out), qr/\A\*   << Connection >> \d+ \(end not visible\)\n-   Begin      \S+\n-   Peer       127\.0\.0\.1:\d+\n-   Server     -\n/, '... its end is not visible');
    unlike(slurp($tracer->out), qr/incomplete/, '... which is no defect');
}

end_h2o($h2o);
done_testing();
