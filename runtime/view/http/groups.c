#include <stdlib.h>
#include "view/http/groups.h"

static group_t **bucket_of(const groups_t *groups, const group_key_t *key)
{
    uint64_t x = key->connection * 0x9e3779b97f4a7c15u ^ key->id * 0xc2b2ae3d27d4eb4fu ^ key->tgid * 0x165667b19e3779f9u;

    x = (x ^ x >> 32) * 0x9e3779b97f4a7c15u;
    return (group_t **)&groups->buckets[x >> 54];
}

static int is_same(const group_key_t *a, const group_key_t *b)
{
    return a->connection == b->connection && a->id == b->id && a->tgid == b->tgid;
}

group_t *groups_find(const groups_t *groups, const group_key_t *key)
{
    group_t *group = *bucket_of(groups, key);

    while (group != NULL && !is_same(&group->key, key))
        group = group->next_in_bucket;
    return group;
}

static void append(groups_t *groups, group_t *group)
{
    group->older = groups->newest;
    group->newer = NULL;
    *(groups->newest != NULL ? &groups->newest->newer : &groups->oldest) = group;
    groups->newest = group;
}

static void unlink_group(groups_t *groups, group_t *group)
{
    *(group->older != NULL ? &group->older->newer : &groups->oldest) = group->newer;
    *(group->newer != NULL ? &group->newer->older : &groups->newest) = group->older;
}

group_t *groups_add(groups_t *groups, const group_key_t *key)
{
    group_t *group = calloc(1, sizeof(*group)), **bucket = bucket_of(groups, key);

    if (group == NULL)
        return NULL;
    group->key = *key;
    group->next_in_bucket = *bucket;
    *bucket = group;
    append(groups, group);
    ++groups->num;
    return group;
}

void groups_renew(groups_t *groups, group_t *group)
{
    if (group == groups->newest)
        return;
    unlink_group(groups, group);
    append(groups, group);
}

void groups_count(groups_t *groups, group_t *group)
{
    size_t capacity = group->lines.capacity + group->method.capacity + group->path.capacity;

    groups->bytes += capacity - group->counted;
    group->counted = capacity;
}

void groups_remove(groups_t *groups, group_t *group)
{
    group_t **place = bucket_of(groups, &group->key);

    while (*place != group)
        place = &(*place)->next_in_bucket;
    *place = group->next_in_bucket;
    unlink_group(groups, group);
    --groups->num;
    groups->bytes -= group->counted;
    screen_dispose(&group->lines);
    screen_dispose(&group->method);
    screen_dispose(&group->path);
    screen_dispose(&group->peer);
    screen_dispose(&group->server);
    free(group->num_events);
    free(group);
}
