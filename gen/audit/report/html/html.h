#ifndef GEN_AUDIT_REPORT_HTML_HTML_H
#define GEN_AUDIT_REPORT_HTML_HTML_H

#include "print/escape.h"
#include "audit/report/summary.h"

/**
 * The parts of the page that format_html.c puts together. All that they print is complete: elements that they begin, they end. Text
 * goes through print_html(), whoever wrote it; page.css and page.js know the classes and data attributes.
 */
typedef struct st_html_t {
    const audit_report_t *report;
    const audit_summary_t *summary;
    FILE *out;
} html_t;

/* ---- html_text.c ---- */

void html_str(const html_t *html, str_t text);
void html_text(const html_t *html, const char *text);
/** Paragraphs of a comment; what is between backticks is code. */
void html_doc(const html_t *html, str_t doc);
/** A count; more than four digits are in groups of three: "12 345". */
void html_count(const html_t *html, uint64_t n);
/** ms since 1970-01-01 UTC as a <time>. */
void html_time(const html_t *html, double ms);
/** "350 ms", "2.5 s", "1.2 h" */
void html_duration(const html_t *html, double ms);

/* ---- html_chart.c ---- */

/** A provider's bar: how far its probes came. */
void html_bar(const html_t *html, const provider_sums_t *sums);
/** Events over time, without axes: a cell of a row. */
void html_spark(const html_t *html, const audit_seen_t *seen);
/** The same as a figure, with axes and what there is to say of the events. */
void html_chart(const html_t *html, const audit_row_t *row);

/* ---- html_sites.c ---- */

/** Arguments of a probe, and how each site passes them. */
void html_arguments(const html_t *html, const audit_row_t *row);

/* ---- html_inputs.c ---- */

/** What was read, and what makes the audit fail. */
void html_inputs(const html_t *html);

/* ---- html_probe.c ---- */

/** A probe: one line, that opens to all that is known of it. */
void html_probe(const html_t *html, const audit_row_t *row);
/** "P003", in the colour of its severity. */
void html_badge(const html_t *html, finding_kind_t kind, unsigned num);
/** A finding, what an item of a list contains; of a probe that is at hand. */
void html_finding(const html_t *html, const audit_finding_t *finding);

#endif
