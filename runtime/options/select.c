/* What is selected: probes, what their events have to be like, and the view that shows them. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include "common/catalog.h"
#include "common/safe.h"
#include "common/say.h"
#include "options/options_int.h"
#include "stat/by.h"
#include "survey/select.h"

#define DEFAULT_PATIENCE (120ull * 1000000000) /* ns */

static int shows_any(const view_t *view, const view_wish_t *wish, const char *is_selected)
{
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        if ((is_selected == NULL || is_selected[i]) && view->shows(catalog.probes + i, wish))
            return 1;
    }
    return 0;
}

/* What HTTP is made of is application data. */
void options_choose_view(tracer_options_t *options)
{
    view_wish_t *wish = &options->view_wish;

    if (options->is_http && !shows_any(&view_http, wish, NULL))
        cmdline_refuse(&options_cmdline,
                       "-H: the maps that %s was made of say of no probe what it is of HTTP (http PROVIDER:PROBE = ...;)",
                       catalog.tracer);
    if (!options->is_http && wish->group != VIEW_RAW)
        cmdline_refuse(&options_cmdline, "-g says how -H puts events together: it needs -H");
    if (wish->group == VIEW_RAW && wish->patience != 0)
        cmdline_refuse(&options_cmdline, "--patience is about whole requests: it needs -H with -g request or -g connection");
    if (options->is_http && wish->group == VIEW_RAW && wish->slower_than != 0)
        cmdline_refuse(&options_cmdline, "--slower-than is about whole requests with -H: it needs -g request or -g connection");
    if (wish->patience == 0)
        wish->patience = DEFAULT_PATIENCE;
    if (options->is_http) {
        options->view = &view_http;
        options->show |= PG_SHOW_APPDATA;
    }
}

/* A key log is made of events that have secrets, and of those that have what tells of whom these are. */
static void check_keylog(const char *is_selected)
{
    const catalog_probe_t *missing = NULL;
    int has_any = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        if (probe->keylog.connection == 0)
            continue;
        has_any = 1;
        if (!is_selected[i])
            missing = probe;
    }
    if (!has_any)
        cmdline_refuse(&options_cmdline,
                       "--keylog: the maps that this tracer was made of do not say which events have TLS secrets");
    if (missing != NULL)
        cmdline_refuse(&options_cmdline,
                       "--keylog needs the events of %s:%s, which -t, -e, -s, --mask, -S, -A, -N or -C leaves out",
                       missing->provider, missing->name);
}

/* Probes whose events are not printed, and not needed otherwise, are not traced. @return how many are left */
static unsigned leave_out(const tracer_options_t *options, char *is_selected)
{
    unsigned num = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        int is_wanted = options->keylog != NULL && catalog.probes[i].keylog.connection != 0;
        is_selected[i] &= is_wanted || view_shows(&view_compat, catalog.probes + i, &options->view_wish);
        num += is_selected[i] != 0;
    }
    return num;
}

void tracer_options_find_fields(tracer_options_t *options, const char *is_selected)
{
    stat_wish_t *stat = &options->stat;
    reason_t reason;

    if (stat->by == NULL)
        return;
    stat->fields = by_find(stat->by, is_selected, options->show, &reason);
    if (stat->fields == NULL && reason.text[0] == '\0')
        options_out_of_memory();
    if (stat->fields == NULL)
        cmdline_refuse(&options_cmdline, "%s", reason.text);
}

void tracer_options_name_filters(const tracer_options_t *options, reason_t *names)
{
    uint32_t by = options->wanted.chosen.by;
    const struct {
        int is_given;
        const char *name;
    } filters[] = {{options->expressions.num != 0, "-e"},
                   {options->headers.num != 0, "-s"},
                   {(by & PG_BY_SAMPLE) != 0, "-S"},
                   {(by & PG_BY_ADDRESS) != 0, "-A"},
                   {(by & PG_BY_NAME) != 0, "-N"},
                   {(by & PG_BY_ID) != 0, "-C"},
                   {options->view_wish.slower_than != 0, "--slower-than"}};
    size_t num = 0, len = 0;

    names->text[0] = '\0';
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); ++i)
        num += filters[i].is_given != 0;
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); ++i) {
        if (filters[i].is_given)
            len += (size_t)snprintf(names->text + len, sizeof(names->text) - len, "%s%s", filters[i].name,
                                    --num == 0 ? ""
                                    : num == 1 ? " and "
                                               : ", ");
    }
}

/* Shows the place in an expression, then why it is wrong. */
static _Noreturn void refuse_expression(const choose_error_t *error)
{
    char *before = NULL;
    size_t size = 0, column = 0;
    FILE *to = error->text != NULL ? open_memstream(&before, &size) : NULL;

    if (to != NULL) {
        safe_print(to, error->text, error->error.at);
        fclose(to);
        for (size_t i = 0; before != NULL && i < size; ++i)
            column += (before[i] & 0xc0) != 0x80; /* characters of UTF-8 */
        tracer_say("%s", error->text);
        tracer_say("%*s^", (int)column, "");
        free(before);
    }
    cmdline_refuse(&options_cmdline, "%s", error->error.reason.text);
}

static char *select_or_refuse(const char *const *globs, size_t num_globs)
{
    reason_t reason;
    char *is_selected = select_probes(globs, num_globs, &reason);

    if (is_selected == NULL && reason.text[0] == '\0')
        options_out_of_memory();
    if (is_selected == NULL)
        cmdline_refuse(&options_cmdline, "%s", reason.text);
    return is_selected;
}

static int has_patterns(const tracer_options_t *options)
{
    return options->num_globs != 0 || options->view == &view_http;
}

/* Leaves those that -H shows nothing of, if none were named. */
static void leave_to_view(const tracer_options_t *options, char *is_selected)
{
    if (options->view != &view_http)
        return;
    if (!shows_any(options->view, &options->view_wish, is_selected))
        cmdline_refuse(&options_cmdline, "-H shows none of the probes that -t selects");
    for (unsigned i = 0; i < catalog.num_probes && options->num_globs == 0; ++i)
        is_selected[i] = (char)(options->view->shows(catalog.probes + i, &options->view_wish) != 0);
}

/* What records have to be like: which probes are traced does not depend on it. */
static void choose_or_refuse(choose_t *choose, const choose_wish_t *wish, const char *is_selected)
{
    choose_error_t error;
    char *copy = malloc(catalog.num_probes + 1);

    if (copy == NULL)
        options_out_of_memory();
    memcpy(copy, is_selected, catalog.num_probes);
    if (choose_make(choose, wish, copy, &error) != 0)
        refuse_expression(&error);
    free(copy);
}

/* Whether requests, or connections, are shown as a whole. */
static int puts_together(const tracer_options_t *options)
{
    return options->is_http && options->view_wish.group != VIEW_RAW;
}

/* It is about events that are wanted: of all others there are no records. */
static void find_last(tracer_options_t *options, const char *is_selected)
{
    const choose_wish_t wish = {.expressions = options->untils,
                                .has_patterns = has_patterns(options),
                                .narrowed_by = options->expressions.num != 0 ? "-e"
                                               : options->headers.num != 0   ? "-s"
                                               : options->masks.num != 0     ? "--mask"
                                                                             : NULL,
                                .show = options->show,
                                .ends = 1};

    choose_or_refuse(&options->until, &wish, is_selected);
}

/* Expressions are about requests, or connections: these are put together of all their events before it is known which are shown. */
static void find_groups(tracer_options_t *options, const char *is_selected)
{
    const choose_wish_t wish = {
        .expressions = options->expressions, .has_patterns = has_patterns(options), .show = options->show, .of_groups = 1};

    choose_or_refuse(&options->groups, &wish, is_selected);
    options->view_wish.groups = &options->groups;
}

/* Adds a name to those of headers that are wanted. @return whether it was not one of them */
static int add_header(choose_texts_t *headers, const char *name)
{
    for (size_t i = 0; i < headers->num; ++i) {
        if (strcasecmp(headers->list[i], name) == 0)
            return 0;
    }
    const char **list = realloc((void *)headers->list, (headers->num + 1) * sizeof(*list));
    if (list == NULL)
        options_out_of_memory();
    list[headers->num++] = name;
    headers->list = list;
    return 1;
}

/* Requests have method and path in their heads, whatever headers are wanted. */
static void add_target(tracer_options_t *options)
{
    view_wish_t *wish = &options->view_wish;

    if (!puts_together(options) || options->headers.num == 0)
        return;
    wish->hides_method = add_header(&options->headers, ":method");
    wish->hides_path = add_header(&options->headers, ":path");
}

static int has_beginning(const char *is_selected)
{
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_http_t *http = catalog.probes[i].http;
        if (is_selected[i] && http != NULL && http->event == CATALOG_HTTP_REQUEST)
            return 1;
    }
    return 0;
}

/* Whether it is told whose requests are: where they are put together, or may be when what was recorded is shown. */
static int tells_connections(const tracer_options_t *options, const char *is_selected)
{
    int is_recorded = options->view == &view_record && (options->show & PG_SHOW_APPDATA) != 0;

    return catalog.num_connections != 0 && options->replay == NULL && has_beginning(is_selected) &&
           (is_recorded || puts_together(options));
}

/* Whether durations are looked for, and what for that is attached to beside what is shown. */
static void find_begins(tracer_options_t *options, char *is_selected)
{
    options->is_shown = malloc(catalog.num_probes + 1);
    options->pairs_asked = calloc(catalog.num_pairs + 1u, 1);
    if (options->is_shown == NULL || options->pairs_asked == NULL)
        options_out_of_memory();
    memcpy(options->is_shown, is_selected, catalog.num_probes);
    if (choose_asks_durations(&options->choose) || choose_asks_durations(&options->until) ||
        choose_asks_durations(&options->groups))
        options->show |= PG_SHOW_DURATIONS;
    if ((options->show & PG_SHOW_DURATIONS) == 0)
        return;
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        for (unsigned j = 0; j < probe->num_roles && is_selected[i]; ++j)
            options->pairs_asked[probe->roles[j].pair] |= probe->roles[j].is_end;
    }
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        for (unsigned j = 0; j < probe->num_roles; ++j)
            is_selected[i] |= !probe->roles[j].is_end && options->pairs_asked[probe->roles[j].pair];
    }
    if (catalog.num_pairs == 0)
        cmdline_refuse(
            &options_cmdline,
            "--durations: the maps that %s was made of say of no probes that they are begin and end (pair PROVIDER:PROBE -> ...;)",
            catalog.tracer);
    if (memchr(options->pairs_asked, 1, catalog.num_pairs) == NULL)
        cmdline_refuse(&options_cmdline,
                       "--durations: no probe that is selected ends something; -l -v says which ones have a duration");
}

char *tracer_options_select(tracer_options_t *options)
{
    reason_t reason;
    choose_error_t error;
    const catalog_compat_t *compat = options->view_wish.compat;
    char *is_selected = select_or_refuse(options->globs, options->num_globs);
    add_target(options);
    int has_groups = puts_together(options) && options->expressions.num != 0;
    const choose_wish_t wish = {.expressions = has_groups ? (choose_texts_t){.num = 0} : options->expressions,
                                .headers = options->headers,
                                .masks = options->masks,
                                .has_patterns = has_patterns(options),
                                .show = options->show,
                                .slower_than = options->is_http ? 0 : options->view_wish.slower_than};

    leave_to_view(options, is_selected);
    if (compat != NULL && leave_out(options, is_selected) == 0)
        cmdline_refuse(&options_cmdline, "--compat=%s has no events of the probes that -t selects", compat->name);
    if (choose_make(&options->choose, &wish, is_selected, &error) != 0)
        refuse_expression(&error);
    if (has_groups)
        find_groups(options, is_selected);
    find_last(options, is_selected);
    options->tells_connections = tells_connections(options, is_selected);
    if (wanted_limit(&options->wanted, is_selected, &reason) != 0)
        cmdline_refuse(&options_cmdline, "%s", reason.text);
    if (options->keylog != NULL)
        check_keylog(is_selected);
    find_begins(options, is_selected);
    for (unsigned i = 0; options->wanted.attached != NULL && i < catalog.num_probes; ++i)
        is_selected[i] |= options->wanted.attached[i] == WANTED_LEADING;
    return is_selected;
}
