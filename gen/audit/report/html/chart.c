/*
 * Charts are inline SVG without text, stretched to the room that they have; what stands at their axes is HTML, so that it stays
 * readable and can be selected.
 */
#include "audit/report/html/parts.h"

/* ---- providers ---- */

void html_bar(const html_t *html, const provider_sums_t *sums)
{
    double x = 0;
    int is_first = 1;

    fputs("<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"", html->out);
    for (int stage = STAGE_SEEN; stage >= 0; --stage) {
        if (sums->num_at_stage[stage] == 0)
            continue;
        fprintf(html->out, "%s%u %s", is_first ? "" : ", ", sums->num_at_stage[stage],
                stage == STAGE_DEFINED ? "only defined" : stage_names[stage]);
        is_first = 0;
    }
    fputs("\">", html->out);
    for (int stage = STAGE_SEEN; stage >= 0; --stage) {
        if (sums->num_at_stage[stage] == 0)
            continue;
        double width = 100.0 * sums->num_at_stage[stage] / sums->num[STAGE_DEFINED];
        fprintf(html->out, "<rect class=\"stage%d\" x=\"%.2f\" width=\"%.2f\" height=\"10\"/>", stage, x, width);
        x += width;
    }
    fputs("</svg>", html->out);
}

/* ---- events over time ---- */

static uint64_t highest_bucket(const audit_seen_t *seen)
{
    uint64_t highest = 0;

    for (unsigned i = 0; i < AUDIT_NUM_BUCKETS; ++i) {
        if (seen->buckets[i] > highest)
            highest = seen->buckets[i];
    }
    return highest;
}

/* how many buckets there are up to the last event */
static unsigned count_columns(const html_t *html)
{
    const audit_time_t *time = &html->audit->time;
    double num = time->bucket_size > 0 ? (time->last - time->start) / time->bucket_size : AUDIT_NUM_BUCKETS;

    return num >= 0 && num < AUDIT_NUM_BUCKETS - 1 ? (unsigned)num + 1 : AUDIT_NUM_BUCKETS;
}

/*
 * A column for each bucket, in a box of so many x 100: a line, as wide as page.css says. A bucket that has an event has a column
 * that can be seen.
 */
static void print_columns(const html_t *html, const audit_seen_t *seen)
{
    uint64_t highest = highest_bucket(seen);
    unsigned num = count_columns(html);

    fprintf(html->out, "viewBox=\"-.5 0 %u 100\" preserveAspectRatio=\"none\"><path d=\"", num);
    for (unsigned i = 0; i < num; ++i) {
        if (seen->buckets[i] == 0)
            continue;
        unsigned height = (unsigned)(100.0 * (double)seen->buckets[i] / (double)highest + 0.5);
        fprintf(html->out, "M%u 100V%u", i, 100 - (height > 4 ? height : 4));
    }
    fputs("\"/></svg>", html->out);
}

void html_spark(const html_t *html, const audit_seen_t *seen)
{
    if (seen == NULL || highest_bucket(seen) == 0)
        return;
    fputs("<svg class=\"columns\" aria-hidden=\"true\" ", html->out);
    print_columns(html, seen);
}

static void print_figure(const html_t *html, const audit_seen_t *seen)
{
    const audit_time_t *time = &html->audit->time;
    uint64_t highest = highest_bucket(seen);

    if (highest == 0 || !(time->bucket_size > 0))
        return;
    fprintf(html->out,
            "<figure class=\"chart\"><div class=\"y\" aria-hidden=\"true\"><span>%s</span><span>0</span></div>"
            "<svg class=\"columns\" role=\"img\" aria-label=\"events over time\" ",
            html_count(html, highest));
    print_columns(html, seen);
    fprintf(html->out,
            "<div class=\"x\" aria-hidden=\"true\"><span>%s</span><span>%s</span></div>"
            "<figcaption>Each column is %s. All probes have the same axis of time, UTC.</figcaption></figure>\n",
            html_time(html, time->start), html_time(html, time->start + time->bucket_size * count_columns(html)),
            html_duration(html, time->bucket_size));
}

/* fields of events that were null, or missing */
static void print_fields(const html_t *html, const audit_row_t *row)
{
    const audit_seen_t *seen = row->seen;

    for (unsigned i = 0; row->probe != NULL && seen->num_present != NULL && i < row->probe->num_fields; ++i) {
        if (seen->num_nulls[i] != 0)
            fprintf(html->out, "<li><code>%s</code> could not be read in %s of %s</li>\n",
                    html_str(html, row->probe->fields[i].name), html_count(html, seen->num_nulls[i]),
                    html_count(html, seen->num_present[i]));
    }
    for (const audit_key_t *key = seen->unknown_keys; key != NULL; key = key->next)
        fprintf(html->out, "<li><code>%s</code> is in %s event%s, and not in the definition</li>\n", html_str(html, key->name),
                html_count(html, key->count), plural_of(key->count));
}

/* "12 events, from … to …; 3 more were lost" */
static void print_sums(const html_t *html, const audit_seen_t *seen)
{
    fprintf(html->out, "%s event%s", html_count(html, seen->num_events), plural_of(seen->num_events));
    if (seen->num_events != 0 && seen->first == seen->last)
        fprintf(html->out, " at %s", html_time(html, seen->first));
    else if (seen->num_events != 0)
        fprintf(html->out, ", from %s to %s", html_time(html, seen->first), html_time(html, seen->last));
    if (seen->num_lost != 0)
        fprintf(html->out, "; <strong>%s more were lost</strong>", html_count(html, seen->num_lost));
}

void html_chart(const html_t *html, const audit_row_t *row)
{
    const audit_seen_t *seen = row->seen;

    fputs("<section><h4>Seen</h4>\n", html->out);
    if (seen == NULL || (seen->num_events == 0 && seen->num_lost == 0)) {
        fputs("<p class=\"none\">No trace has an event of it.</p></section>\n", html->out);
        return;
    }
    fputs("<p>", html->out);
    print_sums(html, seen);
    fputs(".</p>\n<ul class=\"plain\">", html->out);
    print_fields(html, row);
    fputs("</ul>\n", html->out);
    print_figure(html, seen);
    fputs("</section>\n", html->out);
}
