#ifndef RUNTIME_TARGETS_ATTACHMENTS_H
#define RUNTIME_TARGETS_ATTACHMENTS_H

#include <sys/stat.h>
#include "targets/programs.h"
#include "survey/survey.h"
#include "targets/uprobes.h"

/** What is done with files: they are looked at once, whichever process has them; programs are made for their sites, and attached.
 */
typedef struct st_attachment_t {
    target_t target; /* the files that came together; the process may have ended since */
    survey_t survey;
    programs_t programs;
    unsigned first_file; /* the number of its first file with sites, among those of all attachments */
    int is_attached;
} attachment_t;

/** A file that was looked at. */
typedef struct st_known_file_t {
    mapped_file_t file;
    int has_sites;
} known_file_t;

/** All of them. */
typedef struct st_attachments_t {
    attachment_t **list;
    size_t num, capacity;
    known_file_t *known; /* under all names that memory maps have for them */
    size_t num_known, known_capacity;
    unsigned num_files; /* with sites */
    layout_t *layouts;  /* of their structs: the elements are those of the surveys */
    survey_wish_t wish;
    int has_failed;    /* files could not be read, and that was none of the process's doing */
    int has_met_sites; /* the process that is looked at has a file with sites that was known */
} attachments_t;

/**
 * Looks at the files of a process that were not looked at before.
 * @param has_sites any of its files has some, known or not; only on success
 * @return 0, and maybe one attachment more; -1 with a reason
 */
int attachments_look(attachments_t *all, pid_t pid, int *has_sites, reason_t *reason);
/** The same for a file that a process may execute later. @param is_library of a program: it does not need to have all probes */
int attachments_look_at_file(attachments_t *all, const char *path, int is_library, reason_t *reason);
/** The number of sites in all files. */
size_t attachments_num_sites(const attachments_t *all);
size_t attachments_num_refused(const attachments_t *all);
/** Whether a file was looked at, and is open. */
int attachments_have_file(const attachments_t *all, const struct stat *file);
/** Whether a file has sites. */
int attachments_have_sites(const attachments_t *all, const struct stat *file);
/** How many sites that a process has are not executed from the file: uprobes do not reach them. @param target with its memory map
 */
size_t attachments_num_unreachable(const attachment_t *attachment);
void attachments_close(attachments_t *all);

#endif
