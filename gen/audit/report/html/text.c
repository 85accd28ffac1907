#include <inttypes.h>
#include <string.h>
#include <time.h>
#include "audit/report/html/html.h"

void html_str(const html_t *html, str_t text)
{
    print_html(html->out, text);
}

void html_text(const html_t *html, const char *text)
{
    print_html(html->out, str_of(text));
}

/* one paragraph */
static void print_paragraph(const html_t *html, str_t text)
{
    const char *p = text.p, *end = text.p + text.n;

    fputs("<p>", html->out);
    while (p < end) {
        const char *open = memchr(p, '`', (size_t)(end - p));
        const char *close = open != NULL ? memchr(open + 1, '`', (size_t)(end - open - 1)) : NULL;
        if (close == NULL)
            break;
        html_str(html, (str_t){p, (size_t)(open - p)});
        fputs("<code>", html->out);
        html_str(html, (str_t){open + 1, (size_t)(close - open - 1)});
        fputs("</code>", html->out);
        p = close + 1;
    }
    html_str(html, (str_t){p, (size_t)(end - p)});
    fputs("</p>\n", html->out);
}

void html_doc(const html_t *html, str_t doc)
{
    while (doc.n != 0) {
        const char *end = memmem(doc.p, doc.n, "\n\n", 2);
        size_t n = end != NULL ? (size_t)(end - doc.p) : doc.n;
        if (n != 0)
            print_paragraph(html, (str_t){doc.p, n});
        n = end != NULL ? n + 2 : n;
        doc = (str_t){doc.p + n, doc.n - n};
    }
}

void html_count(const html_t *html, uint64_t n)
{
    char digits[32];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);

    for (int i = 0; i < len; ++i) {
        if (i != 0 && len > 4 && (len - i) % 3 == 0)
            fputs("\xe2\x80\xaf", html->out); /* narrow, and does not break */
        fputc(digits[i], html->out);
    }
}

/* the last millisecond of the year 9999: what is later was made up, and gmtime_r() may not know it */
#define MAX_TIME 253402300799999.0

void html_time(const html_t *html, double ms)
{
    char text[64];
    struct tm tm;

    if (!(ms >= 0 && ms <= MAX_TIME)) {
        fprintf(html->out, "%g ms", ms);
        return;
    }
    time_t seconds = (time_t)(ms / 1000);
    unsigned rest = (unsigned)(ms - (double)seconds * 1000);
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
    fprintf(html->out, "<time>%s.%03u</time>", text, rest);
}

void html_duration(const html_t *html, double ms)
{
    if (ms < 1000)
        fprintf(html->out, "%.3g ms", ms);
    else if (ms < 120000)
        fprintf(html->out, "%.3g s", ms / 1000);
    else if (ms < 7200000)
        fprintf(html->out, "%.3g min", ms / 60000);
    else
        fprintf(html->out, "%.3g h", ms / 3600000);
}
