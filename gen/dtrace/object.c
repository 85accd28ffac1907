/*
 * The object of `dtrace -G`: the semaphores, and nothing else. Headers of probegen define them, too, each of them weak, so such an
 * object is needed only by builds that want to have one, and by headers of SystemTap's.
 *
 * It is compiled from C by $CC with $CFLAGS, not written by hand and not assembled. An object has to agree with those that it is
 * linked with in more than its machine: flags in the ELF header for floating-point conventions (ARM, RISC-V, MIPS), and
 * notes about control-flow protection, which the linker gives up for the whole program if a single object has none. Only
 * the compiler of the build knows all that, in a cross build as well. -fno-lto, since link-time optimization does not see that
 * notes refer to the semaphores.
 *
 * Other files that the compiler writes with such flags (dependencies, coverage) are removed with the folder that it works in.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/child.h"
#include "base/file.h"
#include "dtrace/object.h"
#include "base/out.h"
#include "emit/usdt.h"
#include "temporary/temporary.h"

#define MAX_OBJECT_SIZE ((size_t)1 << 30)

static void report(diag_t *diag, const char *what)
{
    diag_report(diag, E_FILE, (span_t){.src = NULL}, "cannot %s: %s", what, strerror(errno));
}

/* @return a file with the source, at its beginning; NULL: reported */
static FILE *open_source(const ir_t *ir, diag_t *diag)
{
    int fd = memfd_create("semaphores.c", MFD_CLOEXEC);
    FILE *file = fd >= 0 ? fdopen(fd, "w+") : NULL;

    if (file != NULL)
        usdt_semaphores(ir, file);
    if (file != NULL && fflush(file) == 0 && lseek(fd, 0, SEEK_SET) == 0)
        return file;
    report(diag, "write what is to be compiled");
    return NULL;
}

static int compile(arena_t *arena, diag_t *diag, const dtrace_options_t *options, int source, const char *object)
{
    static const char *const last[] = {"-fno-lto", "-w", "-Wno-unused-command-line-argument", "-c", "-x", "c", "-o"};
    command_t command = {.arena = arena};

    if (command_begin(&command, diag, "CC", "cc") != 0 || command_add_variable(&command, diag, "CFLAGS") != 0)
        return -1;
    for (size_t i = 0; i < options->cpp_args.num; ++i) /* $CFLAGS may include a file that wants them */
        command_add(&command, options->cpp_args.words[i]);
    if (options->is_32)
        command_add(&command, "-m32");
    for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); ++i)
        command_add(&command, last[i]);
    command_add_path(&command, object);
    command_add(&command, "-");
    return child_run(diag, &command, source, -1);
}

static void copy(arena_t *arena, diag_t *diag, const char *object, const char *path)
{
    char *text = NULL;
    size_t n, capacity = 0;
    outdir_t *dir;
    int fd = open(object, O_RDONLY | O_CLOEXEC);
    int is_read = fd >= 0 && file_read(fd, &text, &n, &capacity, MAX_OBJECT_SIZE) == 0;

    if (is_read && n == 0) {
        diag_report(diag, E_FILE, (span_t){.src = NULL}, "the compiler wrote an empty object: look what $CC and $CFLAGS are");
    } else if (is_read) {
        out_bytes(out_begin_file(arena, diag, path, &dir), text, n);
        out_commit(dir);
    } else {
        report(diag, "read what the compiler wrote");
    }
    free(text);
    if (fd >= 0)
        close(fd);
}

void write_object(const ir_t *ir, diag_t *diag, const dtrace_options_t *options)
{
    const char *parent = getenv("TMPDIR");
    char *folder =
        (char *)arena_printf(ir->arena, "%s/probegen-XXXXXX", parent != NULL && *parent != '\0' ? parent : "/tmp").p; /* own copy */
    static temporary_t temporary; /* exit() in what is called looks at it */
    FILE *source = open_source(ir, diag);

    if (source == NULL)
        return;
    if (temporary_folder(&temporary, folder) != 0) {
        report(diag, "make a folder for temporary files");
    } else {
        const char *object = arena_printf(ir->arena, "%s/semaphores.o", folder).p;
        if (compile(ir->arena, diag, options, fileno(source), object) == 0)
            copy(ir->arena, diag, object, options->output);
        if (temporary_remove(&temporary) != 0)
            report(diag, arena_printf(ir->arena, "remove the folder for temporary files, '%s'", folder).p);
    }
    fclose(source);
}
