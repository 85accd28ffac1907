#ifndef GEN_AUDIT_REPORT_HTML_PARTS_H
#define GEN_AUDIT_REPORT_HTML_PARTS_H

#include "audit/report/report.h"

/** The page that is being printed. The parts of it that html.c puts together end all elements that they begin. */
typedef struct st_html_t {
    const audit_report_t *report;
    const audit_t *audit;
    const audit_summary_t *summary;
    arena_t *arena;
    FILE *out;
} html_t;

/* ---- text.c: markup, in the arena ---- */

/**
 * Text as markup. Whatever comes from outside goes through here; all else that is printed is ours, and page.css and page.js know
 * its classes and data attributes.
 */
const char *html_str(const html_t *html, str_t text);
/** Text between markup; nothing at all if there is no text. */
const char *html_around(const html_t *html, const char *before, str_t text, const char *after);
/** Paragraphs of a comment; what is between backticks is code. */
const char *html_doc(const html_t *html, str_t doc);
/** A count; more than four digits are in groups of three: "12 345". */
const char *html_count(const html_t *html, uint64_t n);
/** ms since 1970-01-01 UTC as a <time>. */
const char *html_time(const html_t *html, double ms);
/** "350 ms", "2.5 s", "1.2 h" */
const char *html_duration(const html_t *html, double ms);
/** "P003", in the colour of its severity. */
const char *html_badge(const html_t *html, finding_kind_t kind, unsigned num);

/* ---- chart.c ---- */

/** A provider's bar: how far its probes came. */
void html_bar(const html_t *html, const provider_sums_t *sums);
/** Events over time, without axes: a cell of a row. */
void html_spark(const html_t *html, const audit_seen_t *seen);
/** The same as a figure, with axes and what there is to say of the events. */
void html_chart(const html_t *html, const audit_row_t *row);

/* ---- sites.c ---- */

/** Arguments of a probe, and how each site passes them. */
void html_arguments(const html_t *html, const audit_row_t *row);

/* ---- probe.c ---- */

/** A probe: one line, that opens to all that is known of it. */
void html_probe(const html_t *html, const audit_row_t *row);
/** What the list item of a finding contains; the page shows it beside the probe that it is about. */
void html_finding(const html_t *html, const audit_finding_t *finding);

#endif
