/*
 * ASSERTION: generated files appear all at once or not at all; what would not change is not touched, nothing temporary stays,
 * whatever fails is told once.
 */

#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <time.h>
#include "base/out.h"
#include "lab.h"

static arena_t *arena;

/* ---- helpers ---- */

/* number of files of a directory, hidden ones included */
static int count_files(const char *name)
{
    DIR *dir = opendir(lab_path("%s", name));
    int n = 0;

    if (dir == NULL)
        return -1;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return n;
}

static struct stat stat_of(const char *name)
{
    struct stat st = {.st_ino = 0};

    if (stat(lab_path("%s", name), &st) != 0)
        bail_out("a file that should be there is not");
    return st;
}

static void make_old(const char *name)
{
    const struct timespec times[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};

    if (utimensat(AT_FDCWD, lab_path("%s", name), times, 0) != 0)
        bail_out("cannot set the time of a file");
}

static outdir_t *open_dir(diag_t *log, const char *name)
{
    return outdir_open(arena, log, arena_printf(arena, "%s", lab_path("%s", name)).p);
}

static int count_lines(const char *text)
{
    int n = 0;

    for (; text != NULL && (text = strchr(text, '\n')) != NULL; ++text)
        ++n;
    return n;
}

/* ---- what is written ---- */

static void test_commit(void)
{
    diag_t log = {0};
    outdir_t *dir = open_dir(&log, "new");
    out_t *out = out_begin(dir, "a.txt");

    out_text(out, "one\n");
    out_text(out, "2 two\n");
    out_bytes(out, "t\0e\n", 4);
    out_bytes(out, "four, and more", 4);
    out = out_begin(dir, "b.txt");
    out_text(out, "b");
    ok(lab_contents("new/a.txt") == NULL && lab_contents("new/b.txt") == NULL, "no file is there before the commit");
    is_int(out_commit(dir), 0, "the commit succeeds");
    char *text = lab_contents("new/a.txt");
    ok(text != NULL && memcmp(text, "one\n2 two\nt\0e\nfour", 19) == 0, "the file has what was printed");
    is_str(lab_contents("new/b.txt"), "b", "... and the second file its own");
    is_int(count_files("new"), 2, "nothing else is in the directory");
    is_int(log.num_errors, 0, "no error was counted");
}

static void test_unchanged(void)
{
    diag_t log = {0};
    struct stat before[2], after[2];

    make_old("new/a.txt");
    make_old("new/b.txt");
    before[0] = stat_of("new/a.txt"), before[1] = stat_of("new/b.txt");
    outdir_t *dir = open_dir(&log, "new");
    out_bytes(out_begin(dir, "a.txt"), "one\n2 two\nt\0e\nfour", 18);
    out_text(out_begin(dir, "b.txt"), "B");
    is_int(out_commit(dir), 0, "a second commit succeeds");
    after[0] = stat_of("new/a.txt"), after[1] = stat_of("new/b.txt");
    ok(before[0].st_mtime == after[0].st_mtime && before[0].st_ino == after[0].st_ino, "a file that is the same is not touched");
    ok(before[1].st_mtime != after[1].st_mtime, "one of the same length with other bytes is");
    is_str(lab_contents("new/b.txt"), "B", "... and has them");
    is_int(count_files("new"), 2, "nothing temporary stays");
}

/*
 * Files larger than the buffer, which has 256 KiB, written over each other: with more after the same bytes, with less, with other
 * bytes at the very end and at the edge of the buffer.
 */
static void test_large(void)
{
    static const struct {
        size_t size, changed; /* the byte at `changed` is another one */
    } files[] = {{262143, 0},      {262144, 0},
                 {262145, 0},      {524288, 0},
                 {700001, 0},      {700001, 700000},
                 {700001, 262144}, {700001, 262143},
                 {262145, 262143}, {262144, 262143},
                 {262143, 262000}, {524288, 300000},
                 {1, 0},           {0, 0}};
    static char bytes[700001];

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); ++i) {
        diag_t log = {0};
        size_t size = files[i].size;
        for (size_t j = 0; j < sizeof(bytes); ++j)
            bytes[j] = (char)('a' + j % 23);
        bytes[files[i].changed] = '!';
        for (int again = 0; again < 2; ++again) {
            outdir_t *dir = open_dir(&log, "large");
            out_t *out = out_begin(dir, "x");
            out_bytes(out, bytes, size / 3);
            out_bytes(out, bytes + size / 3, size - size / 3);
            char *text;
            ok(out_commit(dir) == 0 && (text = lab_contents("large/x")) != NULL && strlen(text) == size &&
                   memcmp(text, bytes, size) == 0,
               "a file of %zu bytes%s", size, again ? ", written again" : "");
        }
    }
    is_int(count_files("large"), 1, "nothing temporary stays");
}

/* ---- dependency file ---- */

static void test_depfile(void)
{
    const char *const inputs[] = {"a b.d", "c#d.d", "e$f.d"};
    diag_t log = {0};
    outdir_t *dir = open_dir(&log, "dep");

    out_text(out_begin(dir, "x.h"), "x");
    out_text(out_begin(dir, "y.h"), "y");
    out_depfile(dir, "all.d", inputs, 3);
    is_int(out_commit(dir), 0, "a dependency file is written");
    const char *text = lab_contents("dep/all.d");
    ok(strstr(text, "/x.h") != NULL && strstr(text, "/y.h") != NULL, "it names the files");
    ok(strstr(text, " a\\ b.d") != NULL && strstr(text, "c\\#d.d") != NULL && strstr(text, "e$$f.d") != NULL,
       "and the inputs, as make reads them");
    lab_write("dep/a b.d", ""), lab_write("dep/c#d.d", ""), lab_write("dep/e$f.d", "");
    lab_write("dep/Makefile", "include all.d\n%.h: ; @echo rebuild $(@F): '$^'\n");
    ok(lab_run("cd dep && env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -B \"$PWD/x.h\" > make.log && "
               "grep -qF \"rebuild x.h: a b.d c#d.d e\\$f.d\" make.log"),
       "make reads all of it back");
}

/* ---- what fails ---- */

static void write_much(const char *name)
{
    static char bytes[300000];
    diag_t log = {0};
    outdir_t *dir = open_dir(&log, name);

    memset(bytes, 'x', sizeof(bytes));
    out_text(out_begin(dir, "a.txt"), "changed");
    out_bytes(out_begin(dir, "b.txt"), bytes, sizeof(bytes));
    out_bytes(out_begin(dir, "c.txt"), bytes, sizeof(bytes));
    _exit(out_commit(dir) == -1 && log.num_errors == 1 && log.num_file_errors == 1 ? 0 : 1);
}

/* what must hold after each failure, in directory `name`, where a.txt was `before` */
static void check_untouched(const char *what, const char *name, int status)
{
    char path[64];

    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: the commit fails, with one error", what);
    snprintf(path, sizeof(path), "%s/a.txt", name);
    is_str(lab_contents(path), "before", "... what was there is as it was");
    is_int(count_files(name), 1, "... and nothing else is there");
    is_int(count_lines(lab_contents("log")), 1, "... and one line says so");
}

static void write_past_limit(void)
{
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {100000, 100000};
    setrlimit(RLIMIT_FSIZE, &limit);
    write_much("limit");
}

static void test_limit(void)
{
    lab_run("mkdir limit && printf before > limit/a.txt");
    int status = lab_child("log", write_past_limit);
    check_untouched("a write that fails", "limit", status);
    ok(strstr(lab_contents("log"), "File too large") != NULL, "... with the system's reason");
}

static void write_to_full_disk(void)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", lab_path("full"), "tmpfs", 0, "size=128k") != 0)
        _exit(77);
    FILE *fp = fopen(lab_path("full/a.txt"), "w");
    fputs("before", fp);
    fclose(fp);
    pid_t pid = fork();
    if (pid == 0)
        write_much("full");
    int status;
    waitpid(pid, &status, 0);
    char *text = lab_contents("full/a.txt");
    if (text == NULL || strcmp(text, "before") != 0 || count_files("full") != 1)
        _exit(2);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 3);
}

static void test_full_disk(void)
{
    lab_run("mkdir full");
    int status = lab_child("log", write_to_full_disk);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        skip("a full disk", "no right to mount a small one");
        return;
    }
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
       "a full disk: the commit fails, with one error, nothing has changed, nothing stays");
    ok(strstr(lab_contents("log"), "No space left") != NULL && count_lines(lab_contents("log")) == 1, "... and one line says so");
}

static void write_over_directory(void)
{
    write_much("taken");
}

static void test_directory_in_the_way(void)
{
    lab_run("mkdir -p taken/c.txt && printf before > taken/a.txt");
    int status = lab_child("log", write_over_directory);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a directory of the file's name: the commit fails, with one error");
    is_str(lab_contents("taken/a.txt"), "before", "... the other files are as they were");
    is_int(count_files("taken"), 2, "... and nothing else is there");
    is_int(count_lines(lab_contents("log")), 1, "... and one line says so");
}

static void open_file_as_dir(void)
{
    diag_t log = {0};
    outdir_t *dir = open_dir(&log, "file");

    _exit(dir == NULL && log.num_errors == 1 && log.num_file_errors == 1 ? 0 : 1);
}

static void open_in_nothing(void)
{
    diag_t log = {0};
    outdir_t *dir = open_dir(&log, "not/there");

    _exit(dir == NULL && log.num_errors == 1 && log.num_file_errors == 1 ? 0 : 1);
}

static void test_no_directory(void)
{
    lab_write("file", "");
    int status = lab_child("log", open_file_as_dir);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a file where the directory should be is an error");
    is_int(count_lines(lab_contents("log")), 1, "... told in one line");
    status = lab_child("log", open_in_nothing);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "so is a directory whose parent is missing");
    is_int(count_lines(lab_contents("log")), 1, "... told in one line");
}

int main(void)
{
    lab_init();
    arena = arena_create();

    test_commit();
    test_unchanged();
    test_large();
    test_depfile();
    test_limit();
    test_full_disk();
    test_directory_in_the_way();
    test_no_directory();

    arena_destroy(arena);
    return done_testing();
}
