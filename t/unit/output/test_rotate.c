/*
 * ASSERTION: files of limited size and time: each event is whole and in one of them, names sort by time, nothing that is there is
 * written over, only full files are removed, and frames of compressed ones are whole.
 */

#include <dirent.h>
#include <regex.h>
#include <sys/resource.h>
#include <time.h>
#include "common/catalog.h"
#include "output/output.h"
#include "lab.h"

const catalog_t catalog = {.tracer = "labtrace"};

#define NAME "^log-[0-9]{8}T[0-9]{6}\\.[0-9]{3}Z(\\.zst|\\.gz)?$"

static unsigned num_put;

/* 100 bytes, numbered */
static void put(output_t *output)
{
    char *p = output_room(output, 200);
    int n = sprintf(p, "%08u", num_put++);

    memset(p + n, 'x', 99 - n);
    p[99] = '\n';
    output_advance(output, p + 100);
}

static void open_output(output_t *output, const char *name, rotation_t rotation, const char *first_line)
{
    const output_wish_t wish = {.path = lab_path("%s", name), .rotation = rotation};
    static output_head_t head;
    reason_t reason;

    head = (output_head_t){(char *)first_line, first_line != NULL ? strlen(first_line) : 0};
    if (output_open(output, &wish, NULL, &reason) != 0)
        bail_out(reason.text);
    output_begin(output, &head);
}

static int is_full_file(const struct dirent *entry)
{
    regex_t regex;

    if (regcomp(&regex, NAME, REG_EXTENDED | REG_NOSUB) != 0)
        bail_out("regcomp");
    int is_match = regexec(&regex, entry->d_name, 0, NULL, 0) == 0;
    regfree(&regex);
    return is_match;
}

/* @return how many full files there are; `all`: their names, in order */
static int full_files(struct dirent ***all)
{
    int num = scandir(lab_dir, all, is_full_file, alphasort);

    if (num < 0)
        bail_out("scandir");
    return num;
}

static int count_full_files(void)
{
    struct dirent **all;
    int num = full_files(&all);

    for (int i = 0; i < num; ++i)
        free(all[i]);
    free(all);
    return num;
}

/* Whether all that was put is in the files, in their order: each in one line. */
static void has_all(const char *cat, const char *current, const char *what)
{
    ok(lab_run("%s $(ls log-*Z* | sort) %s | grep -v first > all; grep -cx '[0-9]\\{8\\}x\\{91\\}' all | grep -qx %u &&"
               " [ $(wc -l < all) = %u ] && cut -c -8 all | sort -c",
               cat, current, num_put, num_put),
       "%s: %u lines, each whole and in order", what, num_put);
}

static void test_size(void)
{
    output_t output;

    num_put = 0;
    open_output(&output, "log", (rotation_t){.size = 1000}, "first\n");
    for (int i = 0; i < 50; ++i)
        put(&output);
    is_int(output_close(&output), 0, "files of limited size are written");
    is_int(count_full_files(), 4, "... as many as there have to be");
    has_all("cat", "log", "... and have all");
    ok(lab_run("[ $(grep -c first log-*Z log | grep -c ':1$') = 5 ]"), "... each begins with the first line");
    ok(lab_run("for f in log-*Z; do s=$(stat -c %%s $f); [ $s -ge 1000 ] && [ $s -lt 1100 ] || exit 1; done"),
       "... and is full, by no more than a line");
    lab_run("rm log*");
}

static void test_keep(void)
{
    output_t output;

    lab_run("touch log-20200101T000000.000Z log-20200101T000000.000Z.gz log-20200101T000000Z logs-20200101T000000.000Z log-old");
    num_put = 0;
    open_output(&output, "log", (rotation_t){.size = 100, .keep = 3}, NULL);
    for (int i = 0; i < 10; ++i)
        put(&output);
    output_close(&output);
    ok(lab_run("[ $(ls log-*.???Z | wc -l) = 3 ] && [ ! -e log-20200101T000000.000Z ]"), "only the last ones are kept");
    ok(lab_run("cat log-*.???Z log | cut -c -8 | tr '\\n' ' ' | grep -qx '00000006 00000007 00000008 00000009 '"),
       "... which are the last ones");
    ok(lab_run("[ -e log-20200101T000000.000Z.gz ] && [ -e log-20200101T000000Z ] && [ -e logs-20200101T000000.000Z ] && [ -e "
               "log-old ]"),
       "... what is called otherwise stays");
    lab_run("rm log*");
}

/* What others do to the file. */
static void test_others(void)
{
    output_t output;
    struct stat st;

    num_put = 0;
    lab_write("log", "");
    chmod(lab_path("log"), 0640);
    open_output(&output, "log", (rotation_t){.size = 1000}, NULL);
    for (int i = 0; i < 11; ++i)
        put(&output);
    output_flush(&output);
    ok(stat(lab_path("log"), &st) == 0 && (st.st_mode & 07777) == 0640, "the next file has the mode of the last one");
    lab_run("mv log moved; echo others > log");
    for (int i = 0; i < 11; ++i)
        put(&output);
    output_flush(&output);
    ok(lab_run("[ $(head -1 log) = others ] && [ $(wc -l < moved) = 10 ]") && count_full_files() == 1,
       "a file of others that has the name is not moved away, but gone on with");
    for (int i = 0; i < 11; ++i)
        put(&output);
    is_int(count_full_files(), 2, "... until it is full");
    output_close(&output);
    lab_run("rm log* moved");

    open_output(&output, "log", (rotation_t){.size = 100}, NULL);
    if (rename(lab_path("log"), lab_path("gone")) != 0 || mkdir(lab_path("log"), 0700) != 0)
        bail_out("mkdir");
    put(&output);
    put(&output);
    put(&output);
    is_int(output_close(&output), 0, "where there can be no next file, it is no failure");
    ok(lab_run("[ $(wc -l < gone) = 3 ]"), "... and all is in the one that there is");
    lab_run("rmdir log; rm gone");

    reason_t reason;
    const output_wish_t wish = {.path = "/dev/null", .rotation.size = 1};
    ok(output_open(&output, &wish, NULL, &reason) == -1 && strstr(reason.text, "no regular file") != NULL, "a device: %s",
       reason.text);
}

static void test_time(void)
{
    output_t output;
    struct timespec pause = {.tv_nsec = 10000000};

    num_put = 0;
    open_output(&output, "log", (rotation_t){.seconds = 1}, NULL);
    put(&output);
    while (count_full_files() == 0) {
        output_tick(&output);
        nanosleep(&pause, NULL);
    }
    uint64_t period = output.period;
    while ((uint64_t)time(NULL) < period + 2) {
        output_tick(&output);
        nanosleep(&pause, NULL);
    }
    is_int(count_full_files(), 1, "where there was nothing to write, no file is begun");
    put(&output);
    output_close(&output);
    has_all("cat", "log", "files of limited time");
    lab_run("rm log*");
}

static void test_compressed(const char *name, const char *cat)
{
    output_t output;

    num_put = 0;
    open_output(&output, name, (rotation_t){.size = 1000}, "first\n");
    for (int i = 0; i < 5; ++i) {
        for (int j = 0; j < 30000; ++j)
            put(&output);
        output_tick(&output);
        ok(lab_run("%s %s > /dev/null", cat, name), "%s: whatever is in the file so far can be read", name);
    }
    is_int(output_close(&output), 0, "... it is closed");
    has_all(cat, name, "... all is there");
    ok(count_full_files() >= 3, "... in files of limited size");
    ok(lab_run("[ $(stat -c %%s %s | sort -n | tail -1) -lt 1000000 ]", name), "... that are smaller");
    lab_run("rm log*");
}

/* What was written to a compressed file before, and may have been cut off anywhere. */
static void test_cut(const char *name, const char *cat)
{
    const output_wish_t wish = {.path = lab_path("%s", name)};
    struct stat st;
    output_t output;
    reason_t reason;
    int num_wrong = 0;

    num_put = 0;
    for (int i = 0; i < 3; ++i) {
        open_output(&output, name, (rotation_t){0}, NULL);
        put(&output);
        output_close(&output);
    }
    has_all(cat, name, name);
    if (stat(lab_path("%s", name), &st) != 0 || !lab_run("cp %s whole", name))
        bail_out("cp");
    for (int cut = 1; cut < st.st_size / 3 - 8; ++cut) {
        lab_run("head -c -%d whole > %s", cut, name);
        open_output(&output, name, (rotation_t){0}, NULL);
        put(&output);
        output_close(&output);
        num_wrong += !lab_run("[ \"$(%s %s | cut -c -8 | tr '\\n' ' ')\" = '00000000 00000001 %08u ' ]", cat, name, num_put - 1);
    }
    is_int(num_wrong, 0, "wherever the last frame was cut off, what is appended can be read");
    lab_run("head -c -5 whole > %s", name);
    is_int(output_open(&output, &wish, NULL, &reason), 0, "a file that was cut off is opened");
    output_abandon(&output);
    ok(lab_run("[ $(stat -c %%s %s) = %d ]", name, (int)st.st_size - 5), "... and stays as it is, if nothing comes");
    lab_write(name, "{\"module\":\"x\"}\n");
    ok(output_open(&output, &wish, NULL, &reason) == -1 && strstr(reason.text, "--truncate") != NULL,
       "a file of another format: %s", reason.text);
    lab_run("rm log* whole");
}

/* A disk that is full takes the first part of a frame. */
static void test_full(const char *name, const char *cat)
{
    struct rlimit all, few = {.rlim_cur = 3000};
    output_t output;

    num_put = 0;
    open_output(&output, name, (rotation_t){0}, NULL);
    if (getrlimit(RLIMIT_FSIZE, &all) != 0)
        bail_out("getrlimit");
    few.rlim_max = all.rlim_max;
    setrlimit(RLIMIT_FSIZE, &few);
    for (int i = 0; i < 1000; ++i) {
        put(&output);
        output_flush(&output);
    }
    setrlimit(RLIMIT_FSIZE, &all);
    ok(output.error == EFBIG && output_close(&output) == -1, "%s may not grow: that is an error", name);
    ok(lab_run("[ $(%s %s | grep -acx '[0-9]\\{8\\}x\\{91\\}') -gt 10 ] && %s %s > /dev/null", cat, name, cat, name),
       "... it has whole frames and nothing else");
    lab_run("rm log*");
}

int main(void)
{
    signal(SIGXFSZ, SIG_IGN);
    lab_init();
    test_size();
    test_keep();
    test_others();
    test_time();
    test_compressed("log.zst", "zstd -dcq");
    test_compressed("log.gz", "gzip -dc");
    test_full("log.zst", "zstd -dcq");
    test_full("log.gz", "gzip -dc");
    test_cut("log.zst", "zstd -dcq");
    test_cut("log.gz", "gzip -dc");
    ok(compressor_for("zst") == NULL && compressor_for(".zst") == NULL && compressor_for("x.zst.json") == NULL &&
           compressor_for("x.json.gz") != NULL,
       "the end of the name says whether a file is compressed");
    return done_testing();
}
