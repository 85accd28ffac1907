#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "common/version.h"
#include "output/describe.h"
#include "output/json.h"

/* ---- which definitions: two tracers with the same number print the same probes in the same way ---- */

/* FNV-1a; the NUL is a part of it, so that it matters where a text ends */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (const char *p = text != NULL ? text : "";; ++p) {
        hash = (hash ^ (unsigned char)*p) * 0x100000001b3;
        if (*p == '\0')
            return hash;
    }
}

static uint64_t hash_definitions(void)
{
    uint64_t hash = 0xcbf29ce484222325;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        hash = hash_text(hash_text(hash, probe->provider), probe->name);
        for (unsigned j = 0; j < probe->num_args; ++j) {
            const char gate[] = {(char)('0' + probe->args[j].gate), '\0'};
            hash = hash_text(hash_text(hash_text(hash, probe->args[j].declaration), probe->args[j].name), gate);
        }
    }
    for (unsigned i = 0; i < catalog.num_paths; ++i)
        hash = hash_text(hash_text(hash, catalog.paths[i].type), catalog.paths[i].path);
    return hash;
}

/* ---- parts ---- */

static void put_head(FILE *out, const char *type, uint64_t time)
{
    fprintf(out, "{\"module\":\"%s\",\"type\":\"%s\",\"time\":%" PRIu64 ".%03" PRIu64, catalog.tracer, type, time / 1000000,
            time / 1000 % 1000);
}

/* A text that may come from anywhere. */
static void put_string(FILE *out, const char *text, size_t n)
{
    const struct pg_span span = {.len = n, .got = (uint32_t)n};
    json_marks_t marks = {0};
    char *string = malloc(6 * n + 3);

    if (string == NULL) {
        fputs("null", out);
        return;
    }
    fwrite(string, 1, (size_t)(json_string(string, &span, text, 0, 0, &marks) - string), out);
    free(string);
}

/* An array of the lines. */
static void put_filters(FILE *out, const char *filters)
{
    const char *comma = "";

    putc('[', out);
    for (const char *p = filters; *p != '\0'; comma = ",") {
        size_t n = strcspn(p, "\n");
        fputs(comma, out);
        put_string(out, p, n);
        p += n + (p[n] != '\0');
    }
    putc(']', out);
}

/* The names of the selected probes that are attached, or are not. */
static void put_probes(FILE *out, const describe_start_t *start, int is_attached)
{
    const char *comma = "";

    putc('[', out);
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        if (!start->is_selected[i] || (start->is_attached != NULL && start->is_attached[i] != 0) != is_attached)
            continue;
        fprintf(out, "%s\"%s:%s\"", comma, catalog.probes[i].provider, catalog.probes[i].name);
        comma = ",";
    }
    putc(']', out);
}

/* What is shown on demand. */
static void put_show(FILE *out, uint32_t show)
{
    static const char *const words[] = {"appdata", "secrets", "durations"}; /* by the bits of PG_SHOW_* */
    const char *comma = "";

    fputs(",\"show\":[", out);
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        if ((show >> i & 1) == 0)
            continue;
        fprintf(out, "%s\"%s\"", comma, words[i]);
        comma = ",";
    }
    putc(']', out);
}

static void put_signal(FILE *out, int signal)
{
    const char *name = sigabbrev_np(signal);

    if (name != NULL)
        fprintf(out, "\"signal\":\"SIG%s\"", name);
    else
        fprintf(out, "\"signal\":%d", signal);
}

static void put_sums(FILE *out, const account_t *account)
{
    const char *comma = "";

    fprintf(out, ",\"events\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"probes\":{", account->num_printed, *account->sum);
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        uint64_t printed = account->printed[i], lost = account->kernel[1 + i], filtered = account_filtered(account, i);
        if (printed == 0 && lost == 0 && filtered == 0)
            continue;
        fprintf(out, "%s\"%s:%s\":{\"events\":%" PRIu64 ",\"lost\":%" PRIu64, comma, catalog.probes[i].provider,
                catalog.probes[i].name, printed, lost);
        if (account->filtered != NULL)
            fprintf(out, ",\"filtered\":%" PRIu64, filtered);
        putc('}', out);
        comma = ",";
    }
    putc('}', out);
}

/* ---- lines ---- */

static char *end_line(FILE *out, char **line)
{
    fputs("}\n", out);
    if (fclose(out) == 0)
        return *line;
    free(*line);
    return NULL;
}

char *describe_start(const describe_start_t *start)
{
    char *line = NULL;
    size_t size;
    FILE *out = open_memstream(&line, &size);

    if (out == NULL)
        return NULL;
    put_head(out, "start", start->time);
    fprintf(out, ",\"version\":\"%s\",\"definitions\":\"%016" PRIx64 "\",\"target\":{", PROBEGEN_VERSION, hash_definitions());
    if (start->pid != 0)
        fprintf(out, "\"pid\":%d,", (int)start->pid);
    fputs("\"program\":", out);
    if (start->program != NULL)
        put_string(out, start->program, strlen(start->program));
    else
        fputs("null", out);
    fprintf(out, start->build_id[0] != '\0' ? ",\"build_id\":\"%s\"}" : ",\"build_id\":null%s}", start->build_id);
    fprintf(out, ",\"sites\":%zu,\"probes\":", start->num_sites);
    put_probes(out, start, 1);
    fputs(",\"missing\":", out);
    put_probes(out, start, 0);
    put_show(out, start->show);
    fputs(",\"filters\":", out);
    put_filters(out, start->filters);
    return end_line(out, &line);
}

char *describe_end(const describe_end_t *end, const account_t *account)
{
    char *line = NULL;
    size_t size;
    FILE *out = open_memstream(&line, &size);

    if (out == NULL)
        return NULL;
    put_head(out, "end", end->time);
    fprintf(out, ",\"why\":\"%s\"", end->why);
    if (end->signal != 0) {
        putc(',', out);
        put_signal(out, end->signal);
    }
    if (end->target_status != -1 && WIFEXITED(end->target_status)) {
        fprintf(out, ",\"target\":{\"status\":%d}", WEXITSTATUS(end->target_status));
    } else if (end->target_status != -1) {
        fputs(",\"target\":{", out);
        put_signal(out, WTERMSIG(end->target_status));
        putc('}', out);
    }
    fprintf(out, ",\"seconds\":%.3f", end->seconds);
    put_sums(out, account);
    return end_line(out, &line);
}
