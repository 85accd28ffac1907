/*
 * Markup is made in the arena, so that a whole line of HTML is one format with %s where text goes. Text that came from a file goes
 * through html_str(), which leaves nothing of it that is markup.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include "audit/report/html/parts.h"
#include "base/text.h"

const char *html_str(const html_t *html, str_t text)
{
    return escaped_text(html->arena, print_html, text);
}

const char *html_around(const html_t *html, const char *before, str_t text, const char *after)
{
    return text.n != 0 ? arena_printf(html->arena, "%s%s%s", before, html_str(html, text), after).p : "";
}

static void put(text_t *markup, const char *text)
{
    text_put(markup, text, strlen(text));
}

/* one paragraph */
static void put_paragraph(const html_t *html, text_t *markup, str_t text)
{
    const char *p = text.p, *end = text.p + text.n;

    put(markup, "<p>");
    while (p < end) {
        const char *open = memchr(p, '`', (size_t)(end - p));
        const char *close = open != NULL ? memchr(open + 1, '`', (size_t)(end - open - 1)) : NULL;
        if (close == NULL)
            break;
        put(markup, html_str(html, (str_t){p, (size_t)(open - p)}));
        put(markup, "<code>");
        put(markup, html_str(html, (str_t){open + 1, (size_t)(close - open - 1)}));
        put(markup, "</code>");
        p = close + 1;
    }
    put(markup, html_str(html, (str_t){p, (size_t)(end - p)}));
    put(markup, "</p>\n");
}

const char *html_doc(const html_t *html, str_t doc)
{
    text_t markup = {.arena = html->arena};

    while (doc.n != 0) {
        const char *end = memmem(doc.p, doc.n, "\n\n", 2);
        size_t n = end != NULL ? (size_t)(end - doc.p) : doc.n;
        if (n != 0)
            put_paragraph(html, &markup, (str_t){doc.p, n});
        n = end != NULL ? n + 2 : n;
        doc = (str_t){doc.p + n, doc.n - n};
    }
    text_put(&markup, "", 1);
    return markup.p;
}

/* in groups of three digits */
static const char *grouped(arena_t *arena, uint64_t n)
{
    if (n < 1000)
        return arena_printf(arena, "%" PRIu64, n).p;
    /* the blank is narrow, and does not break */
    return arena_printf(arena, "%s\xe2\x80\xaf%03" PRIu64, grouped(arena, n / 1000), n % 1000).p;
}

const char *html_count(const html_t *html, uint64_t n)
{
    return n < 10000 ? arena_printf(html->arena, "%" PRIu64, n).p : grouped(html->arena, n);
}

/* the last millisecond of the year 9999: what is later was made up, and gmtime_r() may not know it */
#define MAX_TIME 253402300799999.0

const char *html_time(const html_t *html, double ms)
{
    char text[64];
    struct tm tm;

    if (!(ms >= 0 && ms <= MAX_TIME))
        return arena_printf(html->arena, "%g ms", ms).p;
    time_t seconds = (time_t)(ms / 1000);
    unsigned rest = (unsigned)(ms - (double)seconds * 1000);
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
    return arena_printf(html->arena, "<time>%s.%03u</time>", text, rest).p;
}

const char *html_duration(const html_t *html, double ms)
{
    str_t text = ms < 1000      ? arena_printf(html->arena, "%.3g ms", ms)
                 : ms < 120000  ? arena_printf(html->arena, "%.3g s", ms / 1000)
                 : ms < 7200000 ? arena_printf(html->arena, "%.3g min", ms / 60000)
                                : arena_printf(html->arena, "%.3g h", ms / 3600000);

    return text.p;
}

const char *html_badge(const html_t *html, finding_kind_t kind, unsigned num)
{
    const finding_info_t *info = finding_infos + kind;
    const char *severity = severity_name(info->severity),
               *times = num > 1 ? arena_printf(html->arena, "<span class=\"times\">×%u</span>", num).p : "";

    return arena_printf(html->arena, "<span class=\"badge %s\" title=\"%s: %s\"><span class=\"vh\">%s </span>%s%s</span>", severity,
                        severity, info->title, severity, info->id, times)
        .p;
}
