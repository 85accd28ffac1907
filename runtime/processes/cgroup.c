#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include "processes/cgroup.h"

/* inode of the initial cgroup namespace: PROC_CGROUP_INIT_INO of the kernel's include/linux/proc_ns.h */
#define INITIAL_CGROUPNS 0xeffffffbu

/* where they are mounted; the second one where version 1 is in use, too */
static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

static int is_group(const char *path)
{
    struct statfs fs;

    return statfs(path, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* The path of the folder that a group is. @return 0, or -1: there is none */
static int find_folder(char folder[PATH_MAX], const char *path)
{
    if (path[0] == '/' && is_group(path))
        return snprintf(folder, PATH_MAX, "%s", path) < PATH_MAX ? 0 : -1;
    for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); ++i) {
        if (snprintf(folder, PATH_MAX, "%s/%s", mounts[i], path) < PATH_MAX && is_group(folder))
            return 0;
    }
    return -1;
}

/* The groups above one: their folders are on the same device, and the root's parent is not. */
static uint32_t count_above(const char *folder)
{
    char path[PATH_MAX + 256];
    struct stat own, parent;
    uint32_t num = 0;

    snprintf(path, sizeof(path), "%s", folder);
    while (stat(path, &own) == 0 && strlen(path) + 3 < sizeof(path)) {
        strcat(path, "/..");
        if (stat(path, &parent) != 0 || parent.st_dev != own.st_dev || parent.st_ino == own.st_ino)
            break;
        ++num;
    }
    return num;
}

int cgroup_find(cgroup_t *cgroup, const char *path, reason_t *reason)
{
    char folder[PATH_MAX];
    struct {
        struct file_handle head;
        uint64_t id;
    } handle = {.head.handle_bytes = sizeof(handle.id)};
    struct stat st;
    int mount_id;

    if (find_folder(folder, path) != 0)
        return reason_set(reason, "there is no control group %s (of version 2, below %s)", path, mounts[0]);
    if (stat("/proc/self/ns/cgroup", &st) == 0 && st.st_ino != INITIAL_CGROUPNS)
        return reason_set(reason, "control groups can be traced from the initial cgroup namespace only");
    /* what is behind the head is its number: see the kernel's FILEID_KERNFS */
    if (name_to_handle_at(AT_FDCWD, folder, &handle.head, &mount_id, 0) != 0)
        return reason_set(reason, "cannot get the number of the control group %s: %s", path, strerror(errno));
    memcpy(&cgroup->id, handle.head.f_handle, sizeof(cgroup->id));
    cgroup->level = count_above(folder);
    return 0;
}

static void each_process(const char *folder, proc_pid_fn *fn, void *data)
{
    char path[PATH_MAX];
    const struct dirent *entry;
    int pid;

    FILE *fp = snprintf(path, sizeof(path), "%s/cgroup.procs", folder) < (int)sizeof(path) ? fopen(path, "re") : NULL;
    while (fp != NULL && fscanf(fp, "%d", &pid) == 1) {
        if (pid > 0) /* 0: it is of another pid namespace */
            fn(data, pid);
    }
    if (fp != NULL)
        fclose(fp);
    DIR *dir = opendir(folder);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
            snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) < (int)sizeof(path))
            each_process(path, fn, data);
    }
    if (dir != NULL)
        closedir(dir);
}

void cgroup_each_process(const char *path, proc_pid_fn *fn, void *data)
{
    char folder[PATH_MAX];

    if (find_folder(folder, path) == 0)
        each_process(folder, fn, data);
}
