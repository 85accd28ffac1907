#include <stdlib.h>
#include "view/http/handles.h"

/* that are of no connection so far; the oldest go */
#define MAX_UNKNOWN 10000

static handle_t **bucket_of(const handles_t *handles, uint32_t tgid, uint64_t pointer)
{
    uint64_t x = (pointer ^ (uint64_t)tgid << 48) * 0x9e3779b97f4a7c15u;

    return (handle_t **)&handles->buckets[x >> 54];
}

handle_t *handles_find(const handles_t *handles, uint32_t tgid, uint64_t pointer)
{
    handle_t *handle = *bucket_of(handles, tgid, pointer);

    while (handle != NULL && (handle->pointer != pointer || handle->tgid != tgid))
        handle = handle->next_in_bucket;
    return handle;
}

static void leave_row(handles_t *handles, handle_t *handle)
{
    *(handle->older != NULL ? &handle->older->newer : &handles->oldest) = handle->newer;
    *(handle->newer != NULL ? &handle->newer->older : &handles->newest) = handle->older;
    --handles->num;
}

handle_t *handles_take(handles_t *handles, uint32_t tgid, uint64_t pointer)
{
    handle_t *handle = handles_find(handles, tgid, pointer), **bucket = bucket_of(handles, tgid, pointer);

    if (handle != NULL)
        return handle;
    if (handles->num == MAX_UNKNOWN)
        handles_remove(handles, handles->oldest);
    if ((handle = calloc(1, sizeof(*handle))) == NULL)
        return NULL;
    *handle = (handle_t){.pointer = pointer, .tgid = tgid, .next_in_bucket = *bucket, .older = handles->newest};
    *bucket = handle;
    *(handles->newest != NULL ? &handles->newest->newer : &handles->oldest) = handle;
    handles->newest = handle;
    ++handles->num;
    return handle;
}

void handles_give(handles_t *handles, handle_t *handle, struct st_group_t *connection, handle_t **place)
{
    if (handle->connection == NULL)
        leave_row(handles, handle);
    else
        *handle->place = NULL;
    handle->connection = connection;
    handle->place = place;
    *place = handle;
}

void handles_remove(handles_t *handles, handle_t *handle)
{
    handle_t **place = bucket_of(handles, handle->tgid, handle->pointer);

    while (*place != handle)
        place = &(*place)->next_in_bucket;
    *place = handle->next_in_bucket;
    if (handle->connection == NULL)
        leave_row(handles, handle);
    else
        *handle->place = NULL;
    free(handle);
}
