/*
 * ASSERTION: only regular files are opened, by links, too, and within a root when there is one; anything else is refused without
 * being opened, as inotify(7) knows; so do those that read the files that programs and targets name.
 */

#include <sys/inotify.h>
#include "common/regular.h"
#include "usdt/debugfile.h"
#include "usdt/note.h"
#include "lab.h"

static int watch = -1;

/* how often what is watched was opened since the last call */
static unsigned num_opened(void)
{
    char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    unsigned num = 0;
    ssize_t n;

    while ((n = read(watch, buf, sizeof(buf))) > 0) {
        for (ssize_t at = 0; at < n; at += (ssize_t)(sizeof(struct inotify_event) + ((struct inotify_event *)(buf + at))->len))
            ++num;
    }
    return num;
}

static void begin_watch(const char *path)
{
    if (inotify_add_watch(watch, path, IN_OPEN) == -1)
        bail_out("cannot watch a file");
}

static int is_read(int root, const char *path)
{
    char text[16] = "";
    int fd = regular_open(root, path), is = fd != -1 && read(fd, text, sizeof(text) - 1) > 0 && strcmp(text, "here") == 0;

    if (fd != -1)
        close(fd);
    return is;
}

static void test_files(void)
{
    int root = open(lab_path("root"), O_PATH | O_DIRECTORY | O_CLOEXEC);

    ok(is_read(-1, lab_path("root/file")), "a file is opened");
    ok(num_opened() == 1, "... which is noticed");
    ok(is_read(-1, lab_path("link")), "by a link");
    ok(is_read(root, "/file") && is_read(root, "file") && is_read(root, "../../file"), "within a root");
    ok(is_read(root, "up"), "by a link that would lead out of it");
    ok(!is_read(root, lab_path("root/file")) && errno == ENOENT, "a path from elsewhere is not there");
    ok(regular_open(-1, lab_path("none")) == -1 && errno == ENOENT, "no file");
    ok(regular_open(-1, lab_dir) == -1 && errno == EINVAL, "a folder");
    ok(regular_open(-1, "/dev/null") == -1 && errno == EINVAL, "a device");
    num_opened();
    ok(regular_open(-1, lab_path("root/fifo")) == -1 && errno == EINVAL, "a FIFO");
    ok(regular_open(root, "fifo") == -1 && errno == EINVAL, "... within a root");
    ok(num_opened() == 0, "... is not opened");
    close(open(lab_path("root/fifo"), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    ok(num_opened() == 1, "... which would be noticed, too");
    close(root);
}

static void test_readers(void)
{
    debugfile_t file;
    notes_t notes;
    reason_t reason;
    int status = notes_read(&notes, lab_path("root/fifo"), &reason);

    ok(status == -1 && strstr(reason.text, "is not a regular file") != NULL && num_opened() == 0, "a program that is a FIFO: %s",
       reason.text);
    notes_dispose(&notes);
    ok(debugfile_find(&file, lab_path("root/fifo"), "/p", lab_path("root"), DEBUGFILE_DWARF, NULL) == -1 && num_opened() == 0,
       "a module that is one");
    if (!lab_run(
            "echo 'int main(void) { return 0; }' > p.c && gcc -g -o p p.c && objcopy --only-keep-debug p fifo.debug && strip p &&"
            " objcopy --add-gnu-debuglink=fifo.debug p && rm fifo.debug && mkfifo root/fifo.debug fifo.debug"))
        bail_out("cannot build a program with a debug link");
    begin_watch(lab_path("root/fifo.debug"));
    begin_watch(lab_path("fifo.debug"));
    ok(debugfile_find(&file, lab_path("p"), lab_path("p"), lab_path("root"), DEBUGFILE_DWARF, NULL) == -1,
       "a debug file that is one");
    ok(debugfile_find(&file, lab_path("p"), "/p", lab_path("root"), DEBUGFILE_DWARF, NULL) == -1, "... in the root of the target");
    ok(num_opened() == 0, "... is not opened");
}

int main(void)
{
    lab_init();
    if ((watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) == -1)
        bail_out("no inotify");
    if (!lab_run("mkdir root && printf here > root/file && mkfifo root/fifo && ln -s root/file link && ln -s /file root/up"))
        bail_out("cannot make files");
    begin_watch(lab_path("root/file"));
    begin_watch(lab_path("root/fifo"));
    test_files();
    test_readers();
    return done_testing();
}
