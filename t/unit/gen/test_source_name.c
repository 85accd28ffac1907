/*
 * ASSERTION: names of source files are joined, shortened and compared as paths are: by their parts, "." and ".." taken out.
 */

#include "audit/binary/source_name.h"
#include "tap.h"

int main(void)
{
    static const struct {
        const char *folder, *path, *expected;
    } joins[] = {
        {"/a/b", "c.c", "/a/b/c.c"},
        {"/a/b", "/c.c", "/c.c"},
        {"/a/b", "../c.c", "/a/c.c"},
        {"/a", "../../../c.c", "/c.c"},
        {".", "lib/c.c", "lib/c.c"},
        {"", "./lib//x/../c.c", "lib/c.c"},
        {"", "../c.c", "../c.c"},
        {"", "../../c.c", "../../c.c"},
        {"a/b", "../../../c", "../c"},
        {"/", "c.c", "/c.c"},
        {"/a/", "b/", "/a/b"},
        {"", "", ""},
        {"/a/..", "..b/c", "/..b/c"},
        {"", "..", ".."},
        {"x", "..", ""},
        {"/x", "..", "/"},
    };
    static const struct {
        const char *path, *folder, *expected;
    } below[] = {
        {"/a/b/c", "/a", "b/c"}, {"/a/b", "/a/b", NULL}, {"/ab/c", "/a", NULL}, {"/a", "/", "a"},
        {"a/b", "", "a/b"},      {"/a", "", NULL},       {"a/b", "a", "b"},
    };
    static const struct {
        const char *folder, *other, *expected;
    } common[] = {
        {"/a/b", "/a/c", "/a"},
        {"/a/b", "/a/b/c", "/a/b"},
        {"/a/b/c", "/a/b", "/a/b"},
        {"/a", "/b", NULL},
        {"/abc", "/abd", NULL},
        {"/a/bc", "/a/b", "/a"},
        {"a/b", "a/c", "a"},
        {"a", "b", ""},
        {"a", "/a", NULL},
        {"/a/b", "/a/b", "/a/b"},
        {"", "a", ""},
    };
    char buf[SOURCE_NAME_MAX], long_path[3000];

    for (size_t i = 0; i < sizeof(joins) / sizeof(joins[0]); ++i) {
        int status = source_name_join(buf, joins[i].folder, joins[i].path);
        ok(status == 0 && strcmp(buf, joins[i].expected) == 0, "'%s' in '%s' is '%s'", joins[i].path, joins[i].folder, buf);
    }
    for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); ++i) {
        const char *rest = source_name_below(below[i].path, below[i].folder);
        is_str(rest, below[i].expected, below[i].path);
    }
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); ++i) {
        strcpy(buf, common[i].folder);
        int status = source_name_common(buf, common[i].other);
        ok(common[i].expected == NULL ? status == -1 : status == 0 && strcmp(buf, common[i].expected) == 0,
           "'%s' and '%s' have '%s'", common[i].folder, common[i].other, status == 0 ? buf : "nothing");
    }
    memset(long_path, 'x', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = '\0';
    is_int(source_name_join(buf, "/a", long_path), -1, "a long name is none");
    is_int(source_name_join(buf, long_path, "a"), -1, "a long folder is none");
    for (size_t i = 0; i + 1 < sizeof(long_path); i += 2)
        long_path[i] = '/';
    is_int(source_name_join(buf, "", long_path), -1, "so many folders are none");
    return done_testing();
}
