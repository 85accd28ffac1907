#ifndef RUNTIME_VIEW_HTTP_GROUPS_H
#define RUNTIME_VIEW_HTTP_GROUPS_H

#include "view/http/handles.h"
#include "view/http/screen.h"

#define GROUP_NUM_HANDLES 2

/** What names a request or, with `id` 0, a connection; numbers of connections are those of a process. */
typedef struct st_group_key_t {
    uint64_t connection, id;
    uint32_t tgid;
} group_key_t;

/** What is known of a request or of a connection that has not been printed yet. Times are ns, CLOCK_MONOTONIC; 0: not known. */
typedef struct st_group_t {
    group_key_t key;
    struct st_group_t *next_in_bucket, *older, *newer;
    uint64_t begin, last; /* its first and its last event */
    int has_begin;        /* the first one was its beginning */
    int has_lost;         /* events were lost meanwhile, which may have been its */
    screen_t lines;       /* headers of a request; blocks of a connection's requests */
    size_t counted;       /* what of its memory groups_t.bytes has */
    uint64_t version;     /* of HTTP: 256 * major + minor */
    int has_version;
    uint32_t *num_events; /* by probe, where those of groups that are not wanted are filtered; NULL: they are not counted */
    int is_wanted;        /* one of its events is as it has to be */

    /* a request */
    struct st_group_t *connection, *next_of_connection, *previous_of_connection;
    struct st_group_t *next_responding; /* its response's headers may come yet, on thread `tid` */
    int is_responding;
    uint32_t tid;
    unsigned tick;          /* when the last of them came */
    uint64_t response, end; /* when these were */
    uint64_t status, bytes;
    int has_status, has_bytes;
    int has_failed; /* not all of the response could be sent */
    screen_t method, path;
    int is_cut; /* some lines were left out */

    /* a connection */
    struct st_group_t *requests;
    uint64_t first;                       /* its first event, other than what was told of it */
    handle_t *handles[GROUP_NUM_HANDLES]; /* by which events know it that do not have its number; NULL: none */
    screen_t peer, server;
    size_t num_requests; /* in `lines` */
    int is_continued;    /* others were printed before */
} group_t;

/** Requests or connections: by their keys, and in a row. */
typedef struct st_groups_t {
    group_t *buckets[1024];
    group_t *oldest, *newest;
    size_t num;
    size_t bytes; /* of their text */
} groups_t;

group_t *groups_find(const groups_t *groups, const group_key_t *key);
/** Adds one, as the newest. @return NULL: out of memory */
group_t *groups_add(groups_t *groups, const group_key_t *key);
/** Makes it the newest. */
void groups_renew(groups_t *groups, group_t *group);
/** Takes its memory into the sum. */
void groups_count(groups_t *groups, group_t *group);
/** Removes and frees it. */
void groups_remove(groups_t *groups, group_t *group);

#endif
