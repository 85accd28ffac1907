#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/file.h"
#include "d/preprocess.h"

src_t *preprocess(arena_t *arena, diag_t *diag, const command_t *args, const char *path)
{
    command_t command = {.arena = arena};
    src_t *src = NULL;
    int fd = memfd_create("preprocessed", MFD_CLOEXEC);

    if (fd < 0) {
        diag_report(diag, E_FILE, (span_t){.src = NULL}, "cannot preprocess '%s': %s", path, strerror(errno));
        return NULL;
    }
    if (command_begin(&command, diag, "CPP", "cpp") != 0)
        goto Exit;
    for (size_t i = 0; i < args->num; ++i)
        command_add(&command, args->words[i]);
    /* comments are documentation, and some say what must not be shown */
    command_add(&command, "-C");
    /* whatever its name ends in: a compiler that is called with -E wants to know */
    command_add(&command, "-x");
    command_add(&command, "c");
    command_add_path(&command, path);
    if (child_run(diag, &command, -1, fd) == 0) {
        if (lseek(fd, 0, SEEK_SET) == 0 && (src = src_read(arena, fd, path)) != NULL)
            src->is_preprocessed = 1;
        else
            diag_report(diag, E_FILE, (span_t){.src = NULL}, "cannot read what '%s' made of '%s': %s", command.words[0], path,
                        strerror(errno));
    }

Exit:
    close(fd);
    return src;
}
