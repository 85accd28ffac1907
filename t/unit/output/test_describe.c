/*
 * ASSERTION: the lines in which a stream tells of itself are JSON, whatever the program is called, and have what they were told;
 * the number of the definitions is another one when anything of them is.
 */

#include <signal.h>
#include "output/describe.h"
#include "tap.h"

static catalog_arg_t args[] = {{.declaration = "int x", .name = "x"}, {.declaration = "char *y", .name = "y", .gate = 1}};
static catalog_probe_t probes[] = {{.provider = "lab", .name = "one", .args = args, .num_args = 2},
                                   {.provider = "lab", .name = "two"},
                                   {.provider = "other", .name = "one"}};
static catalog_path_t paths[] = {{.type = "struct a", .path = "b.c"}};
const catalog_t catalog = {.tracer = "labtrace", .probes = probes, .num_probes = 3, .paths = paths, .num_paths = 1};

static const char is_selected[] = {1, 1, 0}, is_attached[] = {1, 0, 0};
static describe_start_t start = {.time = 1719830000123456789,
                                 .pid = 7,
                                 .program = "/usr/bin/lab",
                                 .build_id = "0123ab",
                                 .is_selected = is_selected,
                                 .is_attached = is_attached,
                                 .num_sites = 5,
                                 .filters = ""};

/* The number of the definitions; the rest of the line is as expected. */
static void definitions(char number[17])
{
    char *line = describe_start(&start);

    if (line == NULL || sscanf(strstr(line, "\"definitions\":\""), "\"definitions\":\"%16[0-9a-f]", number) != 1)
        bail_out("no number");
    free(line);
}

static void starts(const char *expected, const char *what)
{
    char *line = describe_start(&start), *target = strstr(line, ",\"target\"");

    is_str(target, expected, what);
    ok(strncmp(line, "{\"module\":\"labtrace\",\"type\":\"start\",\"time\":1719830000123.456,\"version\":\"", 72) == 0, "... %.90s",
       line);
    free(line);
}

static void test_start(void)
{
    starts(",\"target\":{\"pid\":7,\"program\":\"/usr/bin/lab\",\"build_id\":\"0123ab\"},\"sites\":5,\"probes\":[\"lab:one\"],"
           "\"missing\":[\"lab:two\"],\"show\":[],\"filters\":[]}\n",
           "what is traced");
    start.program = "/a \"b\"\n\x1b[31m\xff (deleted)";
    start.build_id = "";
    start.show = PG_SHOW_APPDATA;
    starts(",\"target\":{\"pid\":7,\"program\":\"/a \\\"b\\\"\\n\\u001b[31m\\ufffd "
           "(deleted)\",\"build_id\":null},\"sites\":5,\"probes\":["
           "\"lab:one\"],\"missing\":[\"lab:two\"],\"show\":[\"appdata\"],\"filters\":[]}\n",
           "a program with an odd name, without a build-id");
    start.show = PG_SHOW_SECRETS;
    start.program = "";
    starts(
        ",\"target\":{\"pid\":7,\"program\":\"\",\"build_id\":null},\"sites\":5,\"probes\":[\"lab:one\"],\"missing\":[\"lab:two\"],"
        "\"show\":[\"secrets\"],\"filters\":[]}\n",
        "what is shown");
    start.show = PG_SHOW_SECRETS | PG_SHOW_APPDATA;
    starts(
        ",\"target\":{\"pid\":7,\"program\":\"\",\"build_id\":null},\"sites\":5,\"probes\":[\"lab:one\"],\"missing\":[\"lab:two\"],"
        "\"show\":[\"appdata\",\"secrets\"],\"filters\":[]}\n",
        "... both");
    start.filters = "--filter=name == \"a\"\n--sample=0.5\n";
    starts(
        ",\"target\":{\"pid\":7,\"program\":\"\",\"build_id\":null},\"sites\":5,\"probes\":[\"lab:one\"],\"missing\":[\"lab:two\"],"
        "\"show\":[\"appdata\",\"secrets\"],\"filters\":[\"--filter=name == \\\"a\\\"\",\"--sample=0.5\"]}\n",
        "... and which events");
    start.filters = "";
}

static void differs(const char *what)
{
    static char seen[8][17];
    static unsigned num;
    unsigned i = 0;

    definitions(seen[num]);
    while (strcmp(seen[i], seen[num]) != 0)
        ++i;
    ok(i == num, "%s: %s", what, seen[num]);
    ++num;
}

static void test_definitions(void)
{
    differs("some definitions");
    args[0].declaration = "long x";
    differs("another type");
    args[1].name = "z";
    differs("another name");
    args[1].gate = 2;
    differs("a secret");
    probes[1].name = "three";
    differs("another probe");
    probes[1].provider = "la", probes[1].name = "bthree";
    differs("the same letters");
    paths[0].path = "b.d";
    differs("another field of a struct");
}

static void ends(const describe_end_t *end, const account_t *account, const char *expected, const char *what)
{
    char *line = describe_end(end, account);

    is_str(line, expected, what);
    free(line);
}

#define HEAD "{\"module\":\"labtrace\",\"type\":\"end\",\"time\":5.007,\"why\":"
#define SUMS                                                                                                                       \
    ",\"seconds\":1.500,\"events\":7,\"lost\":3,\"probes\":{\"lab:one\":{\"events\":7,\"lost\":1},\"other:one\":{\"events\":0,"    \
    "\"lost\":2}}}\n"

static void test_end(void)
{
    uint64_t printed[] = {7, 0, 0}, kernel[] = {0, 1, 0, 2}, sum = 3;
    account_t account = {.printed = printed, .num_printed = 7, .kernel = kernel, .sum = &sum};
    describe_end_t end = {.time = 5007000, .seconds = 1.5, .why = "signal", .signal = SIGTERM, .target_status = -1};

    ends(&end, &account, HEAD "\"signal\",\"signal\":\"SIGTERM\"" SUMS, "a signal");
    end = (describe_end_t){.time = 5007000, .seconds = 1.5, .why = "target", .target_status = 3 << 8};
    ends(&end, &account, HEAD "\"target\",\"target\":{\"status\":3}" SUMS, "the target, with a status");
    end.target_status = SIGSEGV | 0x80;
    ends(&end, &account, HEAD "\"target\",\"target\":{\"signal\":\"SIGSEGV\"}" SUMS, "... by a signal, with a core");
    end.target_status = SIGRTMIN + 1;
    char expected[1024];
    snprintf(expected, sizeof(expected), HEAD "\"target\",\"target\":{\"signal\":%d}" SUMS, SIGRTMIN + 1);
    ends(&end, &account, expected, "... by one without a name");
    end.target_status = -1;
    ends(&end, &account, HEAD "\"target\"" SUMS, "... nobody knows how");
    const uint64_t filtered[] = {0, 0, 4, 1};
    account.filtered = filtered;
    ends(&end, &account,
         HEAD
         "\"target\",\"seconds\":1.500,\"events\":7,\"lost\":3,\"probes\":{\"lab:one\":{\"events\":7,\"lost\":1,\"filtered\":0},"
         "\"la:bthree\":{\"events\":0,\"lost\":0,\"filtered\":4},\"other:one\":{\"events\":0,\"lost\":2,\"filtered\":1}}}\n",
         "what was not wanted");
}

int main(void)
{
    test_start();
    test_definitions();
    test_end();
    return done_testing();
}
