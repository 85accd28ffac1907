/*
 * Files, and what was found in them. A uprobe is at a place in a file, and serves every process that executes it. So a file is
 * looked at once, by whichever process it was found. It stays open from then on: as long as it is, its inode cannot become another
 * file's, and what we know by that number is true.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "targets/attachments.h"
#include "common/grow.h"

static int is_same_file(const mapped_file_t *a, const mapped_file_t *b)
{
    return a->inode == b->inode && a->major == b->major && a->minor == b->minor;
}

/* Whether a file of the process that is looked at was known before. */
static int is_known(void *data, const mapped_file_t *file)
{
    attachments_t *all = data;

    for (size_t i = 0; i < all->num_known; ++i) {
        if (is_same_file(&all->known[i].file, file)) {
            all->has_met_sites |= all->known[i].has_sites;
            return 1;
        }
    }
    return 0;
}

/* Whether one of the open files is that. The memory map may call it otherwise: see mapped_file_t. */
static const module_t *find_module(const attachment_t *attachment, const struct stat *file)
{
    struct stat st;

    for (size_t i = 0; i < attachment->target.num_modules; ++i) {
        const module_t *module = attachment->target.modules + i;
        if (module->fd != -1 && fstat(module->fd, &st) == 0 && st.st_ino == file->st_ino && st.st_dev == file->st_dev)
            return module;
    }
    return NULL;
}

int attachments_have_file(const attachments_t *all, const struct stat *file)
{
    for (size_t i = 0; i < all->num; ++i) {
        if (find_module(all->list[i], file) != NULL)
            return 1;
    }
    return 0;
}

static int remember(attachments_t *all, const mapped_file_t *file, int has_sites)
{
    known_file_t *known = grow_list(all->known, &all->known_capacity, all->num_known, sizeof(*known));

    if (known == NULL)
        return -1;
    all->known = known;
    known[all->num_known++] = (known_file_t){*file, has_sites};
    return 0;
}

/* Remembers the files of a target, and closes those that are open under another number. */
static int take_new(attachments_t *all, target_t *target)
{
    size_t num = 0;
    int failed = 0;

    for (size_t i = 0; i < target->num_modules; ++i) {
        module_t *module = target->modules + i;
        struct stat st;
        int is_open = module->fd != -1 && fstat(module->fd, &st) == 0 && attachments_have_file(all, &st);
        int has_sites = is_open && attachments_have_sites(all, &st);
        failed |= remember(all, &module->file, has_sites);
        all->has_met_sites |= has_sites;
        if (is_open) {
            close(module->fd);
            free(module->name);
            free(module->text);
        } else {
            target->modules[num++] = *module;
        }
    }
    target->num_modules = num;
    return failed;
}

/* The numbers of paths go on from those of the attachments before, and so do layouts. */
static int add_layouts(attachments_t *all, attachment_t *attachment)
{
    const fields_t *fields = &attachment->survey.fields;
    size_t old = (size_t)all->num_files * catalog.num_paths, num = (size_t)fields->num_files * catalog.num_paths;
    layout_t *layouts = realloc(all->layouts, (old + num + 1) * sizeof(*layouts));

    if (layouts == NULL)
        return -1;
    all->layouts = layouts;
    memcpy(layouts + old, fields->layouts, num * sizeof(*layouts));
    attachment->first_file = all->num_files;
    all->num_files += fields->num_files;
    return 0;
}

/* Which of its files have sites. */
static void note_sites(attachments_t *all, const attachment_t *attachment)
{
    const sites_t *sites = &attachment->survey.sites;

    for (size_t i = 0; i < sites->num; i = sites_end_of_file(sites, i)) {
        for (size_t j = 0; j < all->num_known; ++j)
            all->known[j].has_sites |= is_same_file(&all->known[j].file, &sites->list[i].module->file);
    }
    all->has_met_sites |= sites->num != 0;
}

static void close_one(attachment_t *attachment)
{
    programs_dispose(&attachment->programs);
    survey_dispose(&attachment->survey);
    target_close(&attachment->target);
    free(attachment);
}

/* Reads the files of an attachment, and puts it into the list. @return 0, or -1 with a reason: then it is closed */
static int take(attachments_t *all, attachment_t *attachment, reason_t *reason)
{
    attachment_t **list = grow_list(all->list, &all->capacity, all->num, sizeof(*list));
    int failed = list == NULL || take_new(all, &attachment->target) != 0;

    if (list != NULL)
        all->list = list;
    if (failed)
        reason_set(reason, "out of memory");
    if (all->wish.idle != NULL && attachment->target.pidfd != -1) {
        /* others may have these files, too: the end of this process is no reason to know less of them */
        close(attachment->target.pidfd);
        attachment->target.pidfd = -1;
    }
    if (!failed && attachment->target.num_modules != 0) {
        failed = survey_make(&attachment->survey, &attachment->target, &all->wish, reason) != 0;
        all->has_failed |= failed;
        if (!failed && !all->wish.sites_only && add_layouts(all, attachment) != 0)
            failed = reason_set(reason, "out of memory");
        if (!failed) {
            note_sites(all, attachment);
            list[all->num++] = attachment;
            return 0;
        }
    }
    close_one(attachment);
    return failed ? -1 : 0;
}

int attachments_look(attachments_t *all, pid_t pid, int *has_sites, reason_t *reason)
{
    attachment_t *attachment = calloc(1, sizeof(*attachment));

    if (attachment == NULL)
        return reason_set(reason, "out of memory");
    all->has_met_sites = 0;
    if (target_open_some(&attachment->target, pid, is_known, all, reason) != 0) {
        free(attachment);
        return -1;
    }
    if (take(all, attachment, reason) != 0)
        return -1;
    *has_sites = all->has_met_sites;
    return 0;
}

int attachments_look_at_file(attachments_t *all, const char *path, int is_library, reason_t *reason)
{
    attachment_t *attachment = calloc(1, sizeof(*attachment));

    if (attachment == NULL)
        return reason_set(reason, "out of memory");
    if (target_open_file(&attachment->target, path, reason) != 0) {
        free(attachment);
        return -1;
    }
    attachment->target.is_part = is_library;
    return take(all, attachment, reason);
}

size_t attachments_num_sites(const attachments_t *all)
{
    size_t num = 0;

    for (size_t i = 0; i < all->num; ++i)
        num += all->list[i]->survey.sites.num;
    return num;
}

size_t attachments_num_refused(const attachments_t *all)
{
    size_t num = 0;

    for (size_t i = 0; i < all->num; ++i)
        num += all->list[i]->survey.sites.num_refused;
    return num;
}

int attachments_have_sites(const attachments_t *all, const struct stat *file)
{
    for (size_t i = 0; i < all->num; ++i) {
        const sites_t *sites = &all->list[i]->survey.sites;
        const module_t *module = find_module(all->list[i], file);
        for (size_t j = 0; module != NULL && j < sites->num; ++j) {
            if (sites->list[j].module == module)
                return 1;
        }
    }
    return 0;
}

size_t attachments_num_unreachable(const attachment_t *attachment)
{
    const sites_t *sites = &attachment->survey.sites;
    size_t num = 0;

    for (size_t i = 0; attachment->target.pid != 0 && i < sites->num; ++i)
        num += !target_executes(sites->list[i].module, sites->list[i].offset);
    return num;
}

void attachments_close(attachments_t *all)
{
    for (size_t i = 0; i < all->num; ++i)
        close_one(all->list[i]);
    free(all->list);
    free(all->known);
    free(all->layouts);
    *all = (attachments_t){0};
}
