#!/usr/bin/perl
# Usage: relay.pl ADDRESS PORT
# Relays UDP to PORT of 127.0.0.1, from ADDRESS: for clients that cannot choose where they come from. It says "listening PORT", and ends with its input.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my ($address, $port) = @ARGV;
my $front = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'udp') or die "no socket: $!";
my $select = IO::Select->new($front, \*STDIN);
my (%to_server, %client_of);    # sockets by client, clients by socket

$| = 1;
print 'listening ', $front->sockport, "\n";
while (1) {
    for my $socket ($select->can_read) {
        exit 0 if $socket == \*STDIN && !sysread STDIN, my $input, 1;
        next if $socket == \*STDIN;
        my $from = recv $socket, my $packet, 65536, 0;
        next if !defined $from;
        if ($socket != $front) {
            send $front, $packet, 0, $client_of{$socket};
            next;
        }
        my $server = $to_server{$from} //= IO::Socket::INET->new(LocalAddr => $address, PeerAddr => '127.0.0.1', PeerPort => $port, Proto => 'udp') // die "$address: $!";
        $client_of{$server} = $from;
        $select->add($server);
        send $server, $packet, 0;
    }
}
