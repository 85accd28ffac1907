/*
 * The list of changes, in the order in which compare.c finds them, and the words for kinds, users and effects that all formats
 * share. What can change is a table, changes.def; whom it breaks is for rules.c to say, later.
 */
#include "diff/compare/change.h"

static const struct {
    const char *slug, *title;
} infos[] = {
#define CHANGE(id, slug, title, scripts, json, records) {slug, title},
#include "diff/compare/changes.def"
#undef CHANGE
};

const char *change_slug(change_kind_t kind)
{
    return infos[kind].slug;
}

const char *change_title(change_kind_t kind)
{
    return infos[kind].title;
}

const char *user_title(diff_user_t user)
{
    static const char *const titles[] = {[USER_SCRIPTS] = "scripts", [USER_JSON] = "JSON", [USER_RECORDS] = "records"};

    return titles[user];
}

const char *user_slug(diff_user_t user)
{
    return user == USER_JSON ? "json" : user_title(user);
}

const char *effect_slug(diff_effect_t effect)
{
    static const char *const slugs[] = {
        [EFFECT_COMPATIBLE] = "compatible", [EFFECT_BREAKING] = "breaking", [EFFECT_UNKNOWN] = "unknown"};

    return slugs[effect];
}

change_t *change_add(diff_t *diff, change_kind_t kind, change_end_t before, change_end_t after)
{
    change_t *change = arena_alloc(diff->arena, sizeof(*change));

    *change = (change_t){.kind = kind, .before = before, .after = after};
    change->text = str_of(infos[kind].title);
    *diff->next = change;
    diff->next = &change->next;
    ++diff->num_changes;
    return change;
}
