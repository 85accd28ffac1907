#!/usr/bin/perl
# ASSERTION: the page of `probegen audit --format=html` works in a browser: rows, search, filters, keys, the address; it stays fast, is readable in
# light and dark, on paper and on a phone; hostile text in it does nothing, nothing is loaded, the console stays empty.

use strict;
use warnings;
use lib 't/lib';
use Browser;
use JSON::PP;
use Probegen;
use Test::More;
use Unit;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);

need_programs(qw(chromedriver chromium));

my $dir = temp_dir();
my $print = unit_program('test_report');
$ENV{PROBEGEN_ROOT} = $ROOT;
for my $what (qw(shop bare big)) {
    spit("$dir/$what.html", run_ok([$print, 'html', $what], "a page is made: $what")->{out});
}
my $report = decode_json(run_ok([$print, 'json', 'shop'], 'the same as JSON')->{out});
my $browser = Browser->new;

# ---- helpers ----

# names of the probes that are shown
sub shown
{
    return @{$browser->js('return [...document.querySelectorAll(".probe:not([hidden])")].map((row) => row.dataset.name)')};
}

sub status
{
    return $browser->js('return document.getElementById("status").textContent');
}

sub address
{
    return $browser->js('return location.hash');
}

# Probes in the page's order: by provider, those that are not defined last.
my @providers;
for my $probe (@{$report->{probes}}) {
    push @providers, $probe->{provider} if !grep { $_ eq $probe->{provider} } @providers;
}
$report->{probes} = [map { my $name = $_; grep { $_->{provider} eq $name } @{$report->{probes}} } @providers];
# hostile names are escaped otherwise in JSON: they are known by their beginning
$_->{name} =~ /^\w+$/ or $_->{is_hostile} = 1 for @{$report->{probes}};

sub names_of
{
    my (@rows) = @_;
    return map { $_->{is_hostile} ? qr/^\Q$_->{provider}\E:<\/script>/ : "$_->{provider}:$_->{name}" } @rows;
}

# A test: these rows are shown, in this order, and no others.
sub shows
{
    my ($wanted, $what) = @_;
    my @names = names_of(grep { $wanted->($_) } @{$report->{probes}});
    my @got = shown();
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $same = @names == @got && !grep { ref $names[$_] ? $got[$_] !~ $names[$_] : $got[$_] ne $names[$_] } 0 .. $#names;
    ok(@names && $same, "$what: " . @names . ' rows') or diag("got: @got\nexpected: @names");
}

sub open_findings
{
    my ($probe) = @_;
    return grep { !defined $_->{suppressed} } @{$probe->{findings}};
}

sub has_kind
{
    my ($probe, $id) = @_;
    return scalar grep { $_->{id} eq $id } open_findings($probe);
}

# ---- the page as it is opened ----

$browser->open_page("$dir/shop.html");
my $num = @{$report->{probes}};
is($browser->js('return document.querySelectorAll(".probe").length'), $num, 'a row for each probe');
shows(sub { 1 }, 'all are shown');
is(status(), "$num probes", '... and counted');
is($browser->js('return document.querySelectorAll(".probe[open]").length'), 0, 'none is open');
like($browser->js('return document.title'), qr/^Failed: 6 errors, /, 'the title is the verdict');
is($browser->js('return document.querySelectorAll(".providers tbody tr").length'), 3, 'a bar for each provider');
is($browser->js('return document.querySelectorAll("article").length'), $browser->js('return new Set([...document.querySelectorAll("article")].map((a) => a.id)).size'),
   'explanations are there once');
ok($browser->js('return [...document.querySelectorAll("a[href^=\"#explain-\"]")].every((a) => document.getElementById(a.hash.slice(1)))'),
   'each finding leads to its explanation');

# ---- search ----

$browser->type('/');
is($browser->js('return document.activeElement.id'), 'search', '/ leads to the search');
is($browser->js('return document.activeElement.value'), '', '... and is not typed there');
$browser->type(split //, 'shop:pAY');
shows(sub { $_[0]{name} eq 'pay' }, 'search for a name, in any case');
is(status(), "1 of $num probes", '... the count follows');
is(address(), '#q=shop%3ApAY', '... and the address');
is($browser->js('return document.querySelectorAll(".group:not([hidden])").length'), 1, '... providers without one are hidden');
is($browser->js('return document.querySelector(".group:not([hidden]) .shown").textContent'), '1 of 5 probes', '... and it counts its own');
$browser->type("\x{e00c}");
is($browser->js('return document.getElementById("search").value'), '', 'Escape empties it');
shows(sub { 1 }, '... and all are shown again');
is(address(), '', '... the address is clean');
$browser->type(split //, 'place_order 1203');
shows(sub { $_[0]{name} eq 'order' }, 'search for a function and a line, both words');
$browser->type("\x{e00c}", split //, 'no such thing');
is_deeply([shown()], [], 'search for nothing that is there');
ok($browser->js('return !document.getElementById("nothing").hidden'), '... says so');
$browser->click('#clear');
shows(sub { 1 }, 'the button clears it');
is($browser->js('return document.activeElement.id'), 'search', '... and leads back to the search');

# ---- filters ----

sub press
{
    my ($tag) = @_;
    $browser->js('document.querySelector(`button[data-tag="${arguments[0]}"]`).click()', $tag);
}

my %filters = (
    'not-called' => sub { $_[0]{defined} && !@{$_[0]{calls}} },
    'not-built' => sub { $_[0]{defined} && !@{$_[0]{sites}} },
    'not-seen' => sub { $_[0]{defined} && @{$_[0]{sites}} && !$_[0]{seen}{events} },
    'not-defined' => sub { !$_[0]{defined} },
    'clean' => sub { !open_findings($_[0]) },
    'suppressed' => sub { scalar grep { defined $_->{suppressed} } @{$_[0]{findings}} },
);
for my $severity (qw(error warning info)) {
    $filters{$severity} = sub { scalar grep { $_->{severity} eq $severity } open_findings($_[0]) };
}
my %ids = map { $_->{id} => 1 } map { open_findings($_) } @{$report->{probes}};
for my $id (keys %ids) {
    $filters{$id} = sub { has_kind($_[0], $id) };
}
my @tags = @{$browser->js('return [...document.querySelectorAll("#controls button[data-tag]")].map((button) => button.dataset.tag)')};
my @of_inputs = map { $_->{id} } grep { !defined $_->{suppressed} } @{$report->{findings}};
is_deeply([sort @tags], [sort keys %{{%filters, map { $_ => 1 } @of_inputs}}], 'there is a filter for everything, and no other');
for my $tag (sort keys %filters) {
    my $told = $browser->js('return document.querySelector(`button[data-tag="${arguments[0]}"] .num`).textContent', $tag);
    press($tag);
    shows($filters{$tag}, "filter $tag");
    is(address(), "#$tag", '... is in the address');
    is($browser->js('return document.querySelectorAll(".row:not([hidden])").length'), $told, '... and its count was right');
    is($browser->js('return document.querySelector(`button[data-tag="${arguments[0]}"]`).getAttribute("aria-pressed")', $tag), 'true', '... it is pressed');
    press($tag);
}
is(address(), '', 'pressed again they are gone');
$browser->click('button[data-tag="P006"]');
press('P018');
shows(sub { has_kind($_[0], 'P006') || has_kind($_[0], 'P018') }, 'two of a list: one or the other');
press('not-built');
shows(sub { (has_kind($_[0], 'P006') || has_kind($_[0], 'P018')) && $filters{'not-built'}->($_[0]) }, 'and one of another list: both');
is(address(), '#not-built&P006&P018', '... in the address');
$browser->type("\x{e00c}");
shows(sub { 1 }, 'Escape clears filters');

# ---- rows, the address ----

is($browser->js('return document.querySelector("[data-name=\"shop:pay\"] .body").checkVisibility()'), JSON::PP::false, 'a row is closed');
$browser->click('[data-name="shop:pay"] > summary');
ok($browser->js('return document.querySelector("[data-name=\"shop:pay\"]").open && document.querySelector("[data-name=\"shop:pay\"] .body").checkVisibility()'),
   'a click opens it');
is(address(), '#open=shop%3Apay', '... the address says which');
my $text = $browser->js('return document.querySelector("[data-name=\"shop:pay\"] .body").innerText');
like($text, qr/Paid, or not: is_paid\..*SHOP_PAY\(\).*width differs.*unsigned short.*-8\@%rsi.*8 bytes, signed.*pay here\.c:7.*1 event at 2026-06-12 09:20:30\.000/s,
     '... definition, findings, operands, calls, events are there');
is($browser->js('return document.querySelectorAll("[data-name=\"shop:pay\"] td.differs").length'), 2, '... what differs is marked');
$browser->js('document.querySelector("[data-name=\"shop:pay\"] > summary").focus()');
$browser->type("\x{e007}");
ok(!$browser->js('return document.querySelector("[data-name=\"shop:pay\"]").open'), 'Enter closes it');
is(address(), '', '... the address forgets it');

$browser->open_page("$dir/shop.html", 'P006&q=width&open=shop%3Aorder');
shows(sub { has_kind($_[0], 'P006') }, 'an address restores filters and search');
is($browser->js('return document.getElementById("search").value'), 'width', '... the search');
ok($browser->js('return document.querySelector("[data-name=\"shop:order\"]").open'), '... and opens a row');
is(address(), '#P006&q=width&open=shop%3Aorder', '... it stays what it is');
$browser->js('location.hash = "P001"');
shows(sub { has_kind($_[0], 'P001') }, 'a link in the page filters');
$browser->js('document.querySelector("#explain-P003 .filter a").click()');
shows(sub { has_kind($_[0], 'P003') }, '... from an explanation too');
$browser->js('location.hash = "explain-P005"');
shows(sub { has_kind($_[0], 'P003') }, 'a place in the page is no filter');
for my $hash ('%', '%ff%fe', '&&&=', 'q=%', 'open=nothing', 'x' x 5000) {
    $browser->open_page("$dir/shop.html", $hash);
    is($browser->js('return document.querySelectorAll(".probe").length'), $num, 'an address that makes no sense does no harm: ' . substr($hash, 0, 12));
}

# ---- hostile text ----

my $source = slurp("$dir/shop.html");
unlike($source, qr/[\x00-\x08\x0b-\x1f\x7f]/, 'no control characters in the page');
unlike($source, qr/\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]|\xef\xbb\xbf|\xc2[\x80-\x9f]/, 'none that change the direction of text');
ok(utf8::decode(my $copy = $source), 'it is UTF-8');
unlike($source, qr/<\w[^>]*\s(?:on\w+|style|src)=/, 'no handlers, no inline style, nothing to load');
is(scalar(() = $source =~ /<script/gi), 1, 'one script');
is($browser->js('return document.querySelectorAll("script").length'), 1, '... so the browser sees it');
is($browser->js('return document.querySelectorAll("img, iframe, object, embed, link, base, form, video, audio").length'), 0, 'nothing of what text contains is an element');
like($browser->js('return document.title'), qr/^Failed: /, 'the title was not taken over');
like($browser->js('return document.querySelector("[data-name=\"shop:order\"] .doc").textContent'),
    qr{</style></script><script>document\.title = "taken over"</script> <img src=x onerror=alert\(1\)>},
     'it is text');
my ($hostile) = grep { m{^stock:</script>} } shown();
like($hostile, qr/^stock:<\/script><script>.*&amp;\]\]>--><!--\\x1b\[31m\\x07\\x0d/s, 'in names too');
is($browser->js('document.querySelectorAll(".probe").forEach((row) => { row.open = true; }); return document.querySelectorAll(".probe[open]").length'), $num, 'all rows open');

# ---- colours, sizes, structure ----

# Text whose contrast to what is behind it is too low (WCAG 2.1, 1.4.3).
my $contrast = <<'JS';
    const parse = (text) => { const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number); return {r, g, b, a}; };
    const part = (c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
    const luminance = (c) => 0.2126 * part(c.r) + 0.7152 * part(c.g) + 0.0722 * part(c.b);
    const behind = (element) => {
        for (; element; element = element.parentElement) {
            const color = parse(getComputedStyle(element).backgroundColor);
            if (color.a === 1) { return color; }
        }
        return parse('rgb(255, 255, 255)');
    };
    const bad = new Set();
    let number = 0;
    for (const element of document.querySelectorAll('body *')) {
        if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '') || element.closest('script, svg') || !element.checkVisibility()) { continue; }
        const style = getComputedStyle(element);
        const [one, other] = [luminance(parse(style.color)), luminance(behind(element))];
        const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        const size = parseFloat(style.fontSize);
        number += 1;
        if (ratio < (size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5)) { bad.add(`${element.className || element.tagName} ${ratio.toFixed(2)}`); }
    }
    return [number, ...bad];
JS
my %background;
for my $scheme (qw(light dark)) {
    $browser->cdp('Emulation.setEmulatedMedia', media => '', features => [{name => 'prefers-color-scheme', value => $scheme}]);
    $browser->js('document.querySelector("[data-tag=error]").setAttribute("aria-pressed", "true")');
    my ($count, @bad) = @{$browser->js($contrast)};
    ok($count > 300 && !@bad, "$scheme: all text has contrast") or diag("$count texts: ", join '; ', @bad);
    $background{$scheme} = $browser->js('return getComputedStyle(document.body).backgroundColor');
    $browser->js('document.querySelector("[data-tag=error]").setAttribute("aria-pressed", "false")');
}
isnt($background{light}, $background{dark}, 'dark is not light');

for my $width (360, 390, 800, 1100, 1400, 2500) {
    $browser->cdp('Emulation.setDeviceMetricsOverride', width => $width, height => 900, deviceScaleFactor => 1, mobile => $width < 600 ? JSON::PP::true : JSON::PP::false);
    cmp_ok($browser->js('return document.documentElement.scrollWidth'), '<=', $width, "$width pixels: nothing stands out at the side");
}
$browser->cdp('Emulation.clearDeviceMetricsOverride');

is_deeply($browser->js(<<'JS'), [], 'headings go down by one');
    const levels = [...document.querySelectorAll('h1, h2, h3, h4')].map((heading) => Number(heading.tagName[1]));
    return levels.filter((level, i) => level > (i === 0 ? 0 : levels[i - 1]) + 1);
JS
is_deeply($browser->js(<<'JS'), [], 'what can be pressed or filled in has a name, ids are there once');
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    return [
        ...[...document.querySelectorAll('button, summary, a')].filter((element) => element.textContent.trim() === ''),
        ...[...document.querySelectorAll('input')].filter((element) => element.labels.length === 0),
        ...ids.filter((id, i) => ids.indexOf(id) !== i),
        ...[...document.querySelectorAll('[aria-labelledby]')].filter((element) => !document.getElementById(element.getAttribute('aria-labelledby'))),
    ].map(String);
JS
is($browser->js('return document.getElementById("status").getAttribute("aria-live")'), 'polite', 'the count is read out to those who hear the page');

# ---- paper ----

$browser->open_page("$dir/shop.html");
$browser->cdp('Emulation.setEmulatedMedia', media => 'print', features => [{name => 'prefers-color-scheme', value => 'dark'}]);
my $closed = 'return [...document.querySelectorAll(".probe")].filter((row) => !row.querySelector(".body").checkVisibility()
    || row.querySelector(".body").offsetHeight < 20).length';
is($browser->js($closed), 0, 'on paper all rows are open');
ok(!$browser->js('return document.getElementById("controls").checkVisibility()'), '... there are no controls');
is($browser->js('return getComputedStyle(document.body).backgroundColor'), 'rgb(255, 255, 255)', '... and it is white');
my ($count, @bad) = @{$browser->js($contrast)};
ok($count > 100 && !@bad, '... all text has contrast') or diag("$count texts: ", join '; ', @bad);
$browser->cdp('Emulation.setEmulatedMedia', media => '', features => []);
is($browser->js($closed), $num, 'on the screen they are closed');

# ---- other pages ----

$browser->open_page("$dir/bare.html");
is($browser->js('return document.querySelectorAll(".probe").length'), 9, 'a page of definitions only');
is($browser->js('return document.querySelectorAll(".called, .built, .seen, .spark").length'), 0, '... has no columns without evidence');
is($browser->js('return document.querySelectorAll("[data-tag=not-called], [data-tag=not-built], [data-tag=not-seen]").length'), 0, '... and no filters for them');

# what all probes of a provider have in common stands at the provider, and is found there
spit("$dir/common.d", "provider one {\n" . join('', map { "    probe p$_(int a);\n" } 1 .. 5) . "};\nprovider two {\n    /** x */\n    probe q(int a);\n    probe r(int a);\n};\n");
spit("$dir/common.html", run([$PROBEGEN, 'audit', "$dir/common.d", '--format=html'])->{out});
$browser->open_page("$dir/common.html");
is($browser->js('return document.querySelectorAll(".group")[0].querySelector("ul.findings").innerText.replace(/\s+/g, " ").trim()'), 'info P018 not documented: all 5 probes of one',
   'what all probes have in common is one line at their provider');
is($browser->js('return document.querySelector("button[data-tag=P018] .num").textContent'), '2', '... which a filter counts, beside the probe of another provider');
press('P018');
is($browser->js('return [...document.querySelectorAll(".row:not([hidden])")].map((row) => row.dataset.name || "all of them").join()'), 'all of them,two:r', '... and shows');
is($browser->js('return [...document.querySelectorAll(".group:not([hidden]) .shown")].map((shown) => shown.textContent).join()'), '0 of 5 probes,1 of 2 probes', '... probes are counted without it');
is(status(), '1 of 7 probes, 1 about inputs and providers', '... and told from it');
press('P018');

$browser->open_page("$dir/big.html");
my @rows = @{$browser->js(<<'JS')};
    const search = document.getElementById('search');
    const result = [document.querySelectorAll('.probe').length];
    for (const words of ['number_7', 'number_77 depth', 'function_123', '']) {
        search.value = words;
        search.dispatchEvent(new Event('input'));
        result.push(document.querySelectorAll('.probe:not([hidden])').length);
    }
    return result;
JS
is_deeply(\@rows, [1000, 111, 11, 2, 1000], 'a thousand probes are searched');

# ---- what was logged ----

is_deeply([map { "$_->{level} $_->{message}" } $browser->logged('browser')], [], 'the console is empty');
my @requests = grep { !m{^(?:file:///|about:blank)} } map { $_->{params}{request}{url} } grep { $_->{method} eq 'Network.requestWillBeSent' }
    map { decode_json($_->{message})->{message} } $browser->logged('performance');
is_deeply(\@requests, [], 'nothing is loaded from anywhere');

# even if text became markup, it would do nothing
is($browser->js(<<'JS'), 'nothing', 'scripts that are not of the page are not run');
    const script = document.createElement('script');
    script.textContent = 'document.body.dataset.hacked = "yes"';
    document.body.append(script);
    document.body.insertAdjacentHTML('beforeend', '<p onclick="document.body.dataset.hacked = 1" style="position:fixed">x</p>');
    document.body.lastChild.click();
    return document.body.dataset.hacked || (getComputedStyle(document.body.lastChild).position === 'fixed' ? 'styled' : 'nothing');
JS
like(join("\n", map { $_->{message} } $browser->logged('browser')), qr/Content Security Policy/, '... and the browser says why');

done_testing();
