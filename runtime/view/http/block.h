#ifndef RUNTIME_VIEW_HTTP_BLOCK_H
#define RUNTIME_VIEW_HTTP_BLOCK_H

#include "view/http/groups.h"

/*
 * How groups look: blocks in the manner of varnishlog(1). The first line of a block says what it is of, the others begin with as
 * many dashes as it is deep.
 */

typedef struct st_block_style_t {
    uint64_t epoch; /* ns to be added to times to get ns since 1970-01-01 UTC */
    int shows_pid;
} block_style_t;

/* What the head of one says that is not as it could be. */
#define BLOCK_INCOMPLETE "(incomplete)"
#define BLOCK_WITHOUT_END "(end not visible)" /* nothing could have told of it */

/**
 * @param level 1, or 2 inside the block of its connection
 * @param why it is incomplete; NULL: it is not
 */
void block_request(screen_t *screen, const group_t *request, const block_style_t *style, unsigned level, const char *why);
/**
 * With the blocks of its requests, which are in `lines`.
 * @param mark BLOCK_*; NULL: all is well @param why it is printed though nothing has told of its end; NULL: something has
 */
void block_connection(screen_t *screen, const group_t *connection, const block_style_t *style, const char *mark, const char *why);
/** Events were lost here. */
void block_losses(screen_t *screen, uint64_t num);

#endif
