package Cli;

# What tests of command lines share: wrong usage is refused, help tells every option.

use strict;
use warnings;
use Exporter 'import';
use Probegen;
use Test::More;

our @EXPORT = qw(is_refused is_helpful);

# Ends with status 2 and nothing on standard output; says this and how to get help.
sub is_refused
{
    my ($command, $message, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $result = run($command);
    is($result->{status}, 2, "$what: exit status 2");
    like($result->{err}, $message, "$what: the message");
    like($result->{err}, qr/\ATry|\nTry '[\w -]+ --help'\.\n\z/, "$what: how to get help");
    is($result->{out}, '', "$what: nothing on standard output");
}

# The options that the source of a command (a list) gives to getopt_long() stand in its help, and no others.
sub is_helpful
{
    my ($command, $source) = @_;
    my $name = join ' ', map { s{.*/}{}r } @$command;
    my $help = run_ok([@$command, '--help'], "$name --help")->{out};
    is(run([@$command, '-h'])->{out}, $help, '-h is --help');
    my ($table) = slurp($source) =~ /longopts\[\] = \{(.*?)\{NULL/s or die;
    my @options;
    while ($table =~ /\{"([\w-]+)", (\w+), NULL, (?:'(\w)'|\w+)\}/g) {
        my ($long, $has_arg, $short) = ($1, $2, $3);
        push @options, $long;
        my $text = (defined $short ? "-$short, " : '    ') . "--$long" . ($has_arg eq 'required_argument' ? '=' : '');
        like($help, qr/^  \Q$text\E/m, "--help tells --$long");
        next if $has_arg ne 'required_argument';
        is_refused([@$command, "--$long"], qr/option '--\Q$long\E' requires an argument/, "--$long without its argument");
        is_refused([@$command, "-$short"], qr/option requires an argument -- '$short'/, "-$short without its argument") if defined $short;
    }
    ok(@options >= 2, 'the table was found');
    my %known = map { $_ => 1 } @options;
    is(join(' ', grep { !$known{$_} } $help =~ /^\s+(?:-\w, )?--([\w-]+)/mg), '', '--help tells no other options');
    is((grep { length > 132 } split /\n/, $help), 0, 'no line is too long');
}

1;
