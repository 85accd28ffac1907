#include <string.h>
#include "audit/binary/source_name.h"

/* Adds the parts of a path, one after the other. */
static int add_parts(char *to, size_t *n, const char *path)
{
    while (*path != '\0') {
        size_t len = strcspn(path, "/");
        if (len == 2 && memcmp(path, "..", 2) == 0 && *n != 0 && !(*n == 1 && to[0] == '/') &&
            !(*n >= 2 && memcmp(to + *n - 2, "..", 2) == 0 && (*n == 2 || to[*n - 3] == '/'))) {
            while (*n != 0 && to[*n - 1] != '/')
                --*n;
            if (*n > 1)
                --*n;
        } else if (len == 2 && memcmp(path, "..", 2) == 0 && *n == 1 && to[0] == '/') {
            ; /* above the root is the root */
        } else if (len != 0 && !(len == 1 && path[0] == '.')) {
            if (*n + 1 + len >= SOURCE_NAME_MAX)
                return -1;
            if (*n != 0 && to[*n - 1] != '/')
                to[(*n)++] = '/';
            memcpy(to + *n, path, len);
            *n += len;
        }
        path += len;
        path += *path == '/';
    }
    return 0;
}

int source_name_join(char *to, const char *folder, const char *path)
{
    size_t n = 0;

    if (path[0] == '/')
        folder = "/";
    if (folder[0] == '/')
        to[n++] = '/';
    if (add_parts(to, &n, folder) != 0 || add_parts(to, &n, path) != 0)
        return -1;
    to[n] = '\0';
    return 0;
}

const char *source_name_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);

    if (n == 0)
        return path[0] != '/' ? path : NULL;
    if (strncmp(path, folder, n) != 0)
        return NULL;
    if (folder[n - 1] == '/')
        return path + n;
    return path[n] == '/' ? path + n + 1 : NULL;
}

int source_name_common(char *folder, const char *other)
{
    size_t n = 0, end = 0; /* of the last part that both have */

    if ((folder[0] == '/') != (other[0] == '/'))
        return -1;
    while (folder[n] != '\0' && folder[n] == other[n]) {
        if (folder[n] == '/')
            end = n;
        ++n;
    }
    if ((folder[n] == '\0' || folder[n] == '/') && (other[n] == '\0' || other[n] == '/'))
        end = n;
    if (folder[0] == '/' && end <= 1)
        return -1;
    folder[end] = '\0';
    return 0;
}

void source_name_parent(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash == NULL)
        path[0] = '\0';
    else
        slash[slash == path] = '\0';
}
