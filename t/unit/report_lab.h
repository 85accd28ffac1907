#ifndef T_UNIT_REPORT_LAB_H
#define T_UNIT_REPORT_LAB_H

/*
 * Reports to print, without sources, binaries and traces: the definitions are t/golden/audit/shop.d, all evidence is made up here,
 * of every kind of value that there is, and some of it is what an attacker would write. So the formats can be tested where no
 * compiler and no tracer is, and do not change when the readers do.
 */

#include "audit/report/report.h"
#include "model/load.h"
#include "model/sema.h"
#include "tap.h"

/** text that is trouble in every format: markup, ends of literals, control characters, direction, no UTF-8, mentions */
#define LAB_HOSTILE                                                                                                                \
    "</script><script>document.title='x'</script></style>\"'`|&amp;]]>--><!--\x1b[31m\x07\r\n\t\x7f\xc2\x9b"                       \
    "\xe2\x80\xae\xe2\x81\xa6\xff\xfe\xed\xa0\x80\xef\xbf\xbf *x* _y_ [z](javascript:1) @someone #12 http://x.example \\ %s$(1)"

typedef struct st_report_lab_t {
    arena_t *arena;
    diag_t diag;
    audit_t audit;
    audit_report_t report;
} report_lab_t;

/* ---- rows ---- */

static inline audit_row_t *lab_row(report_lab_t *lab, const char *provider, const char *name)
{
    audit_row_t *row = audit_row(&lab->audit, (str_t){provider, strlen(provider)}, (str_t){name, strlen(name)});

    if (row == NULL)
        bail_out("no room for a row");
    return row;
}

static inline void lab_call(report_lab_t *lab, audit_row_t *row, audit_call_t call)
{
    audit_call_t **next = &row->calls, *copy = arena_alloc(lab->arena, sizeof(*copy));

    while (*next != NULL)
        next = &(*next)->next;
    *copy = call;
    *next = copy;
    ++row->num_calls;
    ++lab->audit.sources.num_calls;
}

static inline audit_site_t *lab_site(report_lab_t *lab, audit_row_t *row, audit_binary_t *binary, audit_site_t site)
{
    audit_site_t **next = &row->sites, *copy = arena_alloc(lab->arena, sizeof(*copy));

    while (*next != NULL)
        next = &(*next)->next;
    *copy = site;
    copy->binary = binary;
    *next = copy;
    ++row->num_sites;
    ++binary->num_sites;
    return copy;
}

static inline void lab_operand(report_lab_t *lab, audit_site_t *site, audit_operand_t operand)
{
    audit_operand_t *operands = arena_alloc(lab->arena, (site->num_operands + 1) * sizeof(*operands));

    if (site->num_operands != 0)
        memcpy(operands, site->operands, site->num_operands * sizeof(*operands));
    operands[site->num_operands++] = operand;
    site->operands = operands;
}

static inline audit_seen_t *lab_seen(report_lab_t *lab, audit_row_t *row, uint64_t num_events, uint64_t num_lost)
{
    audit_seen_t *seen = row->seen = arena_alloc(lab->arena, sizeof(*seen));
    unsigned num_fields = row->probe != NULL ? row->probe->num_fields : 0;

    *seen = (audit_seen_t){.num_events = num_events, .num_lost = num_lost};
    if (row->probe == NULL)
        return seen;
    seen->num_present = arena_alloc(lab->arena, (num_fields + 1) * sizeof(*seen->num_present));
    seen->num_nulls = arena_alloc(lab->arena, (num_fields + 1) * sizeof(*seen->num_nulls));
    for (unsigned i = 0; i < num_fields; ++i)
        seen->num_present[i] = row->probe->fields[i].gate == GATE_NONE ? num_events : 0;
    return seen;
}

/* ---- the whole ---- */

/** What the findings come to: as audit.c judges. */
static inline void lab_judge(report_lab_t *lab, severity_t fail_on, double fail_under_seen)
{
    audit_verdict_t *verdict = &lab->report.verdict;

    *verdict = (audit_verdict_t){.fail_on = fail_on, .fail_under_seen = fail_under_seen};
    for (const audit_finding_t *finding = lab->audit.findings; finding != NULL; finding = finding->next) {
        if (finding->suppressed.p != NULL)
            ++verdict->num_suppressed;
        else
            ++verdict->num_findings[finding_infos[finding->kind].severity];
        verdict->is_failed |= finding_fails(finding, verdict);
    }
    for (unsigned i = 0; i < lab->audit.num_rows; ++i) {
        const audit_row_t *row = lab->audit.rows[i];
        verdict->num_defined += row->probe != NULL;
        verdict->num_built += row->probe != NULL && row->sites != NULL;
        verdict->num_sites += row->num_sites;
        if (!audit_is_expected(&lab->audit, row))
            continue;
        ++verdict->num_expected;
        verdict->num_seen += row->seen != NULL && row->seen->num_events != 0;
    }
    verdict->is_under_seen = fail_under_seen >= 0 && verdict_seen_percent(verdict) < fail_under_seen;
    verdict->is_failed |= verdict->is_under_seen;
}

/* The model of what was parsed, and no evidence yet. */
static inline void lab_begin_inputs(report_lab_t *lab, const inputs_t *inputs)
{
    const ir_t *ir = lab->diag.num_errors == 0
                         ? sema(lab->arena, &lab->diag, inputs->files, inputs->maps, &(sema_wish_t){.records = RECORDS_SHOWN})
                         : NULL;

    if (ir == NULL || lab->diag.num_errors != 0)
        bail_out("the definitions have mistakes");
    audit_init(&lab->audit, lab->arena, &lab->diag, ir);
    lab->report.audit = &lab->audit;
    lab->report.sums = arena_printf(lab->arena, "%u definitions", ir->num_probes);
    lab_judge(lab, SEVERITY_WARNING, -1);
}

/** Definitions and nothing else. */
static inline void lab_begin(report_lab_t *lab, const char *const *paths, size_t num_paths)
{
    inputs_t inputs;
    const char **list;

    *lab = (report_lab_t){.arena = arena_create()};
    inputs_init(&inputs);
    list = arena_alloc(lab->arena, (num_paths + 1) * sizeof(*list));
    for (size_t i = 0; i < num_paths; ++i)
        inputs_read(&inputs, lab->arena, &lab->diag, list[i] = paths[i]);
    lab_begin_inputs(lab, &inputs);
    lab->report.definitions = (audit_paths_t){.list = list, .num = num_paths};
}

/** The same of a text, with two NUL bytes after it. */
static inline void lab_begin_text(report_lab_t *lab, const char *text, size_t n)
{
    static const char *list[] = {"big.d"};
    inputs_t inputs;

    *lab = (report_lab_t){.arena = arena_create()};
    inputs_init(&inputs);
    inputs_parse(&inputs, lab->arena, &lab->diag, src_from_memory(lab->arena, list[0], text, (uint32_t)n));
    lab_begin_inputs(lab, &inputs);
    lab->report.definitions = (audit_paths_t){.list = list, .num = 1};
}

static inline void lab_end(report_lab_t *lab)
{
    arena_destroy(lab->arena);
}

/* ---- the shop ---- */

static inline void lab_fill_calls(report_lab_t *lab)
{
    static const char *sources[] = {"src", "/opt/shop/lib"};

    lab->audit.sources = (audit_sources_t){.is_given = 1, .num_files = 12};
    lab->report.sources = (audit_paths_t){.list = sources, .num = 2};
    lab_call(lab, lab_row(lab, "shop", "order"),
             (audit_call_t){.file = STR("src/order.c"), .line = 81, .num_args = 6, .macro = STR("SHOP_ORDER")});
    lab_call(lab, lab_row(lab, "shop", "order"),
             (audit_call_t){.file = STR("src/order.c"),
                            .line = 1203,
                            .num_args = 5,
                            .macro = STR("SHOP_PROBE"),
                            .condition = STR("defined(WITH_CARDS) && VERSION >= 3")});
    lab_call(lab, lab_row(lab, "shop", "pay"),
             (audit_call_t){.file = STR("/opt/shop/lib/pay here.c"), .line = 7, .num_args = 4, .macro = STR("SHOP_PAY")});
    lab_call(lab, lab_row(lab, "shop", "trouble"),
             (audit_call_t){.file = STR("src/" LAB_HOSTILE ".c"),
                            .line = 5,
                            .num_args = 3,
                            .macro = STR("SHOP_TROUBLE"),
                            .condition = STR(LAB_HOSTILE)});
    lab_call(lab, lab_row(lab, "shop", "debug_dump"),
             (audit_call_t){.file = STR("src/debug.c"),
                            .line = 33,
                            .num_args = 2,
                            .macro = STR("SHOP_DEBUG_DUMP"),
                            .condition = STR("0 && DEBUG")});
    lab_call(lab, lab_row(lab, "stock", "refill"),
             (audit_call_t){.file = STR("src/stock.cc"), .line = 19, .num_args = 2, .macro = STR("STOCK_REFILL")});
    lab_call(lab, lab_row(lab, "stock", "lost_and_found"),
             (audit_call_t){.file = STR("src/stock.cc"), .line = 99, .num_args = 1, .macro = STR("STOCK_PROBE")});
}

static inline void lab_fill_sites_of_order(report_lab_t *lab, audit_binary_t *binary)
{
    static const char *const operands[2][6] = {{"8@%rax", "-4@$1", "8@%rdx", "8@32(%rbp)", "8@(%rsi)", "8@0(%rbp,%rdx)"},
                                               {"8@%rbx", "8@%rcx", "8@%rdx", "4@%r13d", "8@%xmm0", "8@global+16(%rip)"}};
    static const unsigned sizes[2][6] = {{8, 4, 8, 8, 8, 8}, {8, 8, 8, 4, 8, 8}};

    for (int i = 0; i < 2; ++i) {
        audit_site_t *site = lab_site(lab, lab_row(lab, "shop", "order"), binary,
                                      (audit_site_t){.address = i == 0 ? 0x401234 : 0xffffffff80000010, .has_semaphore = i == 0});
        if (i == 0) {
            site->function = STR("place_order");
            site->file = STR("src/order.c");
            site->line = 81;
        }
        for (int j = 0; j < 6; ++j)
            lab_operand(lab, site,
                        (audit_operand_t){.text = {operands[i][j], strlen(operands[i][j])},
                                          .size = sizes[i][j],
                                          .is_signed = i == 0 && j == 1,
                                          .reason = i == 1 && j == 4 ? "vector registers cannot be read" : NULL});
    }
}

static inline void lab_fill_binaries(report_lab_t *lab)
{
    audit_binary_t *binary = arena_alloc(lab->arena, 2 * sizeof(*binary)), *library = binary + 1;

    *binary = (audit_binary_t){.next = library,
                               .path = STR("build/shop server"),
                               .machine = STR("x86-64"),
                               .bits = 64,
                               .is_readable = 1,
                               .has_functions = 1,
                               .num_notes = 9,
                               .num_probes = 4,
                               .num_broken = 2};
    *library = (audit_binary_t){.path = STR("/usr/lib/" LAB_HOSTILE ".so"),
                                .machine = STR("machine 4711"),
                                .bits = 32,
                                .num_notes = 1,
                                .num_probes = 1,
                                .num_dropped = 3};
    lab->audit.binaries = binary;
    lab_fill_sites_of_order(lab, binary);

    audit_site_t *site = lab_site(lab, lab_row(lab, "shop", "pay"), binary,
                                  (audit_site_t){.address = 0x402000,
                                                 .has_semaphore = 1,
                                                 .function = STR("pay(Order const&, std::vector<int>)"),
                                                 .file = STR("/opt/shop/lib/pay here.c"),
                                                 .line = 7});
    lab_operand(lab, site, (audit_operand_t){.text = STR("8@%rdi"), .size = 8});
    lab_operand(lab, site, (audit_operand_t){.text = STR("-4@%esi"), .size = 4, .is_signed = 1});
    lab_operand(lab, site, (audit_operand_t){.text = STR("-8@%rsi"), .size = 8, .is_signed = 1});
    lab_operand(lab, site,
                (audit_operand_t){.text = STR("8f@%xmm1"), .size = 8, .is_float = 1, .reason = "floating-point register"});
    site = lab_site(lab, lab_row(lab, "shop", "trouble"), library, (audit_site_t){.address = 0, .function = STR(LAB_HOSTILE)});
    lab_operand(lab, site, (audit_operand_t){.text = STR(LAB_HOSTILE)});
    lab_site(lab, lab_row(lab, "stock", "refill"), binary, (audit_site_t){.address = 0x403000, .has_semaphore = 1});
    lab_site(lab, lab_row(lab, "stock", "ghost"), binary, (audit_site_t){.address = 0x404000});
}

static inline void lab_fill_buckets(audit_seen_t *seen, unsigned from, unsigned to, uint64_t step)
{
    for (unsigned i = from; i < to; ++i)
        seen->buckets[i] = 1 + (i * 7 % 11) * step;
}

static inline void lab_fill_traces(report_lab_t *lab)
{
    audit_trace_t *trace = arena_alloc(lab->arena, 2 * sizeof(*trace));
    audit_key_t *keys = arena_alloc(lab->arena, 2 * sizeof(*keys));
    audit_seen_t *seen;

    trace[0] =
        (audit_trace_t){.next = trace + 1, .path = STR("monday.jsonl.gz"), .num_lines = 18446744073709551615u, .num_events = 12345};
    trace[1] = (audit_trace_t){.path = STR("-"),
                               .num_lines = 100,
                               .num_events = 90,
                               .num_foreign = 7,
                               .num_lost = 4,
                               .num_bad_lines = 3,
                               .first_bad_line = 17,
                               .is_cut = 1};
    lab->audit.traces = trace;
    lab->audit.time =
        (audit_time_t){.first = 1781256000123.456, .last = 1781256061000.5, .start = 1781256000000, .bucket_size = 1050};

    seen = lab_seen(lab, lab_row(lab, "shop", "order"), 12000, 4);
    seen->first = 1781256000123.456;
    seen->last = 1781256061000.5;
    seen->num_nulls[1] = 37;
    lab_fill_buckets(seen, 0, 58, 40);
    keys[0] = (audit_key_t){.next = keys + 1, .name = STR("colour"), .count = 12};
    keys[1] = (audit_key_t){.name = STR(LAB_HOSTILE), .count = 1};
    seen->unknown_keys = keys;
    seen = lab_seen(lab, lab_row(lab, "shop", "pay"), 1, 0);
    seen->first = seen->last = 1781256030000;
    seen->buckets[28] = 1;
    lab_seen(lab, lab_row(lab, "shop", "trouble"), 0, 9);
    seen = lab_seen(lab, lab_row(lab, "stock", "refill"), 12345678901, 0);
    seen->first = 1781256010000;
    seen->last = 1781256020000;
    seen->buckets[10] = 12345678000;
    seen->buckets[11] = 901;
    seen = lab_seen(lab, lab_row(lab, "stock", LAB_HOSTILE), 3, 0);
    seen->first = seen->last = 1781256055000;
    seen->buckets[52] = 3;
}

/* @param file NULL: at the definition of the probe, or of the argument */
static inline audit_finding_t *lab_finding(report_lab_t *lab, audit_row_t *row, finding_kind_t kind, int arg, const char *text,
                                           const char *file, unsigned line, unsigned col)
{
    audit_finding_t *finding = finding_add(&lab->audit, row, kind, "%s", text);

    finding->arg = arg;
    if (file == NULL) {
        finding_at(finding, arg >= 0 ? row->probe->args[arg].at : row->probe->at);
        return finding;
    }
    finding->file = (str_t){file, strlen(file)};
    finding->line = line;
    finding->col = finding->col_chars = col;
    return finding;
}

static const char lab_shop[] = "t/golden/audit/shop.d";

/* one of every kind at least, some of them suppressed */
static inline void lab_fill_findings(report_lab_t *lab)
{
    audit_row_t *order = lab_row(lab, "shop", "order"), *pay = lab_row(lab, "shop", "pay"), *idle = lab_row(lab, "shop", "idle"),
                *trouble = lab_row(lab, "shop", "trouble"), *dump = lab_row(lab, "shop", "debug_dump"),
                *refill = lab_row(lab, "stock", "refill"), *out = lab_row(lab, "stock", "out");

    lab_finding(lab, order, FINDING_P005, -1, "src/order.c:1203: 5 are passed, 6 are defined", "src/order.c", 1203, 0);
    lab_finding(lab, order, FINDING_P006, 1, "0xffffffff80000010: 8@%rcx has 8 bytes, 'int items' has 4: larger values are cut off",
                "build/shop server", 0, 0);
    lab_finding(lab, order, FINDING_P027, 3, "0xffffffff80000010: 4@%r13d has 4 bytes, 'size_t note_len' has 8",
                "build/shop server", 0, 0);
    lab_finding(lab, order, FINDING_P007, 1, "0xffffffff80000010: 8@%rcx is unsigned, 'int items' is not", "build/shop server", 0,
                0)
        ->suppressed = STR("never negative; " LAB_HOSTILE);
    lab_finding(lab, order, FINDING_P008, 4, "8@%xmm0: vector registers cannot be read", "build/shop server", 0, 0);
    lab_finding(lab, order, FINDING_P014, -1, "0xffffffff80000010", "build/shop server", 0, 0);
    lab_finding(lab, order, FINDING_P016, 1, "'items' is null in 37 of 12000 events", NULL, 0, 0);
    lab_finding(lab, order, FINDING_P017, -1, "12 events have 'colour', which the definition does not have", NULL, 0, 0);
    lab_finding(lab, order, FINDING_P019, -1, "4 beside 12000 that were written", NULL, 0, 0);
    lab_finding(lab, order, FINDING_P012, 4, "'const char * card_token' is shown to everyone", NULL, 0, 0)->suppressed =
        STR("test cards only");
    lab_finding(lab, pay, FINDING_P006, 2,
                "/opt/shop/lib/pay here.c:7: -8@%rsi has 8 bytes, 'unsigned short cents' has 2: larger values are cut off",
                "/opt/shop/lib/pay here.c", 7, 0);
    lab_finding(lab, pay, FINDING_P007, 2, "/opt/shop/lib/pay here.c:7: -8@%rsi is signed, 'unsigned short cents' is not",
                "/opt/shop/lib/pay here.c", 7, 0);
    lab_finding(lab, idle, FINDING_P001, -1, "", NULL, 0, 0);
    lab_finding(lab, idle, FINDING_P003, -1, "nothing calls it", NULL, 0, 0)->suppressed = STR("see above");
    lab_finding(lab, trouble, FINDING_P010, 0, "", NULL, 0, 0);
    lab_finding(lab, trouble, FINDING_P018, -1, LAB_HOSTILE, "src/" LAB_HOSTILE ".c", 17, 11);
    lab_finding(lab, trouble, FINDING_P015, -1, "", NULL, 0, 0);
    lab_finding(lab, dump, FINDING_P003, -1, "its calls are under 0 && DEBUG", NULL, 0, 0)->suppressed = STR("debug builds only");
    lab_finding(lab, dump, FINDING_P009, -1, "13 arguments", NULL, 0, 0);
    lab_finding(lab, dump, FINDING_P011, 0, "", NULL, 0, 0);
    lab_finding(lab, out, FINDING_P001, -1, "", NULL, 0, 0);
    lab_finding(lab, out, FINDING_P003, -1, "nothing calls it", NULL, 0, 0);
    lab_finding(lab, refill, FINDING_P005, -1, "0x403000: the site has 0, 2 are defined", "build/shop server", 0, 0);
    lab_finding(lab, lab_row(lab, "stock", "lost_and_found"), FINDING_P002, -1, "src/stock.cc:99: by STOCK_PROBE()", "src/stock.cc",
                99, 0);
    lab_finding(lab, lab_row(lab, "stock", "ghost"), FINDING_P004, -1, "1 site, the first in build/shop server",
                "build/shop server", 0, 0);
    lab_finding(lab, lab_row(lab, "stock", LAB_HOSTILE), FINDING_P017, -1, "3 events of a probe that is not defined", "", 0, 0);
    lab_finding(lab, lab_row(lab, "empty_", "nothing"), FINDING_P018, -1, "", NULL, 0, 0);
    lab_finding(lab, NULL, FINDING_P013, -1, "@appdata names 'shop:order.colour'; " LAB_HOSTILE, lab_shop, 2, 4);
    lab_finding(lab, NULL, FINDING_P020, -1, "3 of 100 lines are no events, the first is line 17", "-", 0, 0);
    lab_finding(lab, NULL, FINDING_P020, -1, "its compressed data end early", "-", 0, 0);
    lab_finding(lab, NULL, FINDING_P021, -1, "2 of its notes", "build/shop server", 0, 0)->suppressed = STR("old linker");
    lab_finding(lab, NULL, FINDING_P022, -1, "'struct st_x' cannot be read", lab_shop, 30, 4);
    lab_finding(lab, NULL, FINDING_P023, -1, "unknown type 'Oid'", lab_shop, 31, 4);
    lab_finding(lab, NULL, FINDING_P024, -1, "'P003 shop:*'", "known.txt", 3, 1);
    lab_finding(lab, NULL, FINDING_P025, -1, "'P003 shop:x'", "known.txt", 4, 1);
    lab_finding(lab, NULL, FINDING_P026, -1, "it has more than 64 MiB", "src/huge.c", 0, 0);
}

/** Everything. */
static inline void lab_fill(report_lab_t *lab)
{
    lab_fill_calls(lab);
    lab_fill_binaries(lab);
    lab_fill_traces(lab);
    lab_fill_findings(lab);
    lab->report.suppress = "known.txt";
    lab->report.sums = STR("9 definitions, 4 probes at 6 sites, 7 calls, 2 traces (75.0 % seen)");
    lab_judge(lab, SEVERITY_WARNING, 95);
}

#endif
