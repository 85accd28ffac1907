#ifndef RUNTIME_VIEW_KEYLOG_H
#define RUNTIME_VIEW_KEYLOG_H

#include "common/record.h"
#include "output/file.h"

/**
 * The TLS key log (NSS format: "LABEL RANDOM SECRET"), beside the events. Which of them have what of it, maps say. The random bytes
 * of the client and the secrets come in different events: they are joined by process and pointer, for as many connections as there
 * is room for; then the oldest is forgotten.
 */
typedef struct st_keylog_t {
    outfile_t file; /* private; each line is written at once */
    struct st_keylog_connection_t *connections;
    uint64_t clock;                       /* of what was seen last, for the oldest */
    uint64_t num_secrets;                 /* written */
    uint64_t num_unknown, num_unreadable; /* secrets of connections whose random bytes were not seen; no such thing at all */
    int error;                            /* errno of the first line that could not be written; nothing is written any more */
} keylog_t;

/** Secrets that are longer are none: hex digits. */
#define KEYLOG_MAX_SECRET 256

/** Opens the file to append. @param path stays the caller's @return 0, or -1 with a reason */
int keylog_open(keylog_t *keylog, const char *path, reason_t *reason);
/** Goes on with the file that has the name by now; where that fails, with the one that is open, which is said. */
void keylog_reopen(keylog_t *keylog);
/** Takes an event, whatever it is. @param show PG_SHOW_* of its record */
void keylog_take(keylog_t *keylog, const struct pg_head *record, uint32_t show);
/** Events were lost: what is known of connections may be of others that were there before. */
void keylog_forget(keylog_t *keylog);
/** Says what became of it. @param path of its file */
void keylog_report(const keylog_t *keylog, const char *path);
/** Removes a file that it has made, if nothing is in it, and closes it. */
void keylog_close(keylog_t *keylog);

#endif
