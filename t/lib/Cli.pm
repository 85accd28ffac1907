package Cli;

# What tests of command lines share: wrong usage is refused, help has every option.

use strict;
use warnings;
use Exporter 'import';
use Probegen;
use Test::More;

our @EXPORT = qw(is_refused is_helpful help_of table_of);

# Ends with status 2 and nothing on standard output; says this and how to get help.
sub is_refused
{
    my ($command, $message, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $result = run($command);
    is($result->{status}, 2, "$what: exit status 2");
    like($result->{err}, $message, "$what: the message");
    like($result->{err}, qr/\A([\w -]+): .*\nTry '\1 --help'\.\n\z/, "$what: one message, and how to get help");
    is($result->{out}, '', "$what: nothing on standard output");
}

# The rows of a program's table of options, in its source: {letter, name, arg}, the last two as --help shows them, or undef.
sub table_of
{
    my ($source) = @_;
    my ($table, @rows) = slurp($source) =~ /cmdline_option_t rows\[\] = \{\n(.*?)\n\};/s or die $source;
    while ($table =~ /^    \{(?:'(\w)'|0),\s*(?:"([\w-]+)"|NULL),\s*(?:"([^"]*)"|NULL),/mg) {
        push @rows, {letter => $1, name => $2, arg => $3};
    }
    die $source if @rows < 3;
    return @rows;
}

# What a command says of all its options.
sub help_of
{
    my (@command) = @_;
    my $help = run([@command, '--help'])->{out};
    return $help =~ /--help-all\b/ ? run([@command, '--help-all'])->{out} : $help;
}

# The options of a program's table stand in its help, and no others; those that take a value want one.
sub is_helpful
{
    my ($command, $source) = @_;
    my $what = join ' ', map { s{.*/}{}r } @$command;
    my $short = run_ok([@$command, '--help'], "$what --help")->{out};
    my $help = help_of(@$command);
    my %known;
    for my $row (table_of($source)) {
        my ($letter, $name, $arg) = @$row{qw(letter name arg)};
        my $text = join ', ', defined $letter ? "-$letter" : (), defined $name ? "--$name" : ();
        $known{$name} = 1 if defined $name;
        $text = "    $text" if !defined $letter;
        my $may_be_left_out = defined $arg && $arg =~ /^\[/;
        $text .= $may_be_left_out ? $arg =~ s/^\[/[=/r : (defined $name ? '=' : ' ') . $arg if defined $arg;
        like($help, qr/^  \Q$text\E\s/m, "--help says '$text'");
        next if !defined $arg || $may_be_left_out;
        is_refused([@$command, "--$name"], qr/\A\Q$what\E: option '--\Q$name\E' requires an argument\n/, "--$name without its argument") if defined $name;
        is_refused([@$command, "-$letter"], qr/\A\Q$what\E: option requires an argument -- '$letter'\n/, "-$letter without its argument") if defined $letter;
    }
    is(run([@$command, '-h'])->{out}, $short, '-h is --help') if $help =~ /^  -h, --help /m;
    is(join(' ', grep { !$known{$_} } $help =~ /(?:^ +(?:-\w, )?|, )--([\w-]+)/mg), '', '--help has no other options');
    is(join(' ', grep { $help !~ /^\Q$_\E$/m } $short =~ /^ +-.*/mg), '', '... nor any that --help-all has not');
    is(join("\n", grep { length > 80 } split /\n/, $help), '', 'no line is longer than 80 columns');
}

1;
