#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/say.h"
#include "view/keylog.h"
#include "view/value.h"

/* connections that are known: buckets, and places in each */
#define NUM_BUCKETS 1024
#define NUM_PLACES 8
#define RANDOM_DIGITS 64
#define MAX_LABEL 64
/* kinds of secrets that a connection has */
#define MAX_LABELS 8

typedef struct st_keylog_connection_t {
    uint64_t pointer;
    uint64_t seen; /* 0: nobody is here */
    uint32_t pid;
    uint32_t num_labels;
    uint64_t labels[MAX_LABELS]; /* hashes of those that are written */
    char random[RANDOM_DIGITS];
} connection_t;

static uint64_t hash(const char *bytes, size_t n)
{
    uint64_t h = 0xcbf29ce484222325; /* FNV-1a */

    for (size_t i = 0; i < n; ++i)
        h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3;
    return h;
}

int keylog_open(keylog_t *keylog, const char *path, reason_t *reason)
{
    *keylog = (keylog_t){.file = {.fd = -1}};
    keylog->connections = calloc(NUM_BUCKETS * NUM_PLACES, sizeof(connection_t));
    if (keylog->connections == NULL)
        return reason_set(reason, "out of memory");
    if (outfile_open(&keylog->file, path, 1, reason) != 0)
        return -1;
    if (outfile_begin(&keylog->file, 0) != 0)
        return reason_set(reason, "cannot write %s: %s", path, strerror(errno));
    return 0;
}

void keylog_reopen(keylog_t *keylog)
{
    reason_t reason;

    if (outfile_reopen(&keylog->file, &reason) != 0)
        tracer_say("%s; going on with the file that is open", reason.text);
    else if (outfile_begin(&keylog->file, 0) != 0)
        keylog->error = errno;
}

/* ---- what fields say ---- */

/* @param number 1 and the index of the field; 0: the event does not have it */
static const catalog_field_t *field_of(const struct pg_head *record, unsigned number)
{
    return number != 0 ? catalog.probes[record->probe].fields + number - 1 : NULL;
}

static int is_hex(const char *text, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f') || (text[i] >= 'A' && text[i] <= 'F')))
            return 0;
    }
    return 1;
}

/* Text that is hex digits, or bytes, which become some. @return how many digits, 0: it is neither, or too long */
static size_t read_hex(const catalog_field_t *field, const struct pg_head *record, uint32_t show, char *digits, size_t max)
{
    static const char hex_digits[] = "0123456789abcdef";
    int is_text = field->value == CATALOG_VALUE_TEXT;
    value_text_t text;

    if (!value_text(field, record, show, &text) || text.is_cut || text.n > (is_text ? max : max / 2))
        return 0;
    if (is_text) {
        memcpy(digits, text.bytes, text.n);
        return text.n % 2 == 0 && is_hex(text.bytes, text.n) ? text.n : 0;
    }
    for (size_t i = 0; i < text.n; ++i) {
        digits[i * 2] = hex_digits[(unsigned char)text.bytes[i] >> 4];
        digits[i * 2 + 1] = hex_digits[text.bytes[i] & 15];
    }
    return text.n * 2;
}

/* A label is all that stands before the first blank of a line: nothing else may come out of the target. */
static int read_label(const catalog_field_t *field, const struct pg_head *record, uint32_t show, value_text_t *label)
{
    if (!value_text(field, record, show, label) || label->is_cut || label->n == 0 || label->n > MAX_LABEL)
        return 0;
    for (size_t i = 0; i < label->n; ++i) {
        char c = label->bytes[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
            return 0;
    }
    return 1;
}

/* ---- connections ---- */

/* @param is_new whether one that is not known is to be; @return NULL: it is not known */
static connection_t *find(keylog_t *keylog, uint32_t pid, uint64_t pointer, int is_new)
{
    uint64_t key[2] = {pointer, pid};
    connection_t *bucket = keylog->connections + hash((const char *)key, sizeof(key)) % NUM_BUCKETS * NUM_PLACES, *oldest = bucket;

    for (connection_t *place = bucket; place != bucket + NUM_PLACES; ++place) {
        if (place->seen != 0 && place->pid == pid && place->pointer == pointer)
            return place;
        if (place->seen < oldest->seen)
            oldest = place;
    }
    return is_new ? oldest : NULL;
}

/* A connection begins, if need be at the address of one that has ended. */
static void take_random(keylog_t *keylog, const struct pg_head *record, uint64_t pointer, const char *random)
{
    connection_t *connection = find(keylog, record->tgid, pointer, 1);

    *connection = (connection_t){.pointer = pointer, .pid = record->tgid, .seen = ++keylog->clock};
    memcpy(connection->random, random, RANDOM_DIGITS);
}

/* Later keys of a connection come under the label of the first, which others are derived from: they are not for a key log. */
static int is_written(connection_t *connection, const value_text_t *label)
{
    uint64_t h = hash(label->bytes, label->n);

    for (unsigned i = 0; i < connection->num_labels; ++i) {
        if (connection->labels[i] == h)
            return 1;
    }
    if (connection->num_labels == MAX_LABELS)
        return 1;
    connection->labels[connection->num_labels++] = h;
    return 0;
}

static void write_line(keylog_t *keylog, const char *line, size_t n)
{
    ssize_t written = write(keylog->file.fd, line, n);

    if (written == (ssize_t)n)
        ++keylog->num_secrets;
    else
        keylog->error = written == -1 ? errno : ENOSPC;
}

static void take_secret(keylog_t *keylog, const struct pg_head *record, uint64_t pointer, const value_text_t *label,
                        const char *secret, size_t num_digits)
{
    char line[MAX_LABEL + RANDOM_DIGITS + KEYLOG_MAX_SECRET + 4];
    connection_t *connection = find(keylog, record->tgid, pointer, 0);

    if (connection == NULL) {
        ++keylog->num_unknown;
        return;
    }
    connection->seen = ++keylog->clock;
    if (is_written(connection, label))
        return;
    int n = snprintf(line, sizeof(line), "%.*s %.*s %.*s\n", (int)label->n, label->bytes, RANDOM_DIGITS, connection->random,
                     (int)num_digits, secret);
    write_line(keylog, line, (size_t)n);
}

/* ---- events ---- */

void keylog_take(keylog_t *keylog, const struct pg_head *record, uint32_t show)
{
    const catalog_keylog_t *about = &catalog.probes[record->probe].keylog;
    char digits[KEYLOG_MAX_SECRET];
    value_text_t label;
    uint64_t pointer;

    if (about->connection == 0 || keylog->error != 0 || !value_number(field_of(record, about->connection), record, show, &pointer))
        return;
    if (about->random != 0) {
        if (read_hex(field_of(record, about->random), record, show, digits, sizeof(digits)) == RANDOM_DIGITS)
            take_random(keylog, record, pointer, digits);
        else
            ++keylog->num_unreadable;
    }
    if (about->label != 0 && about->secret != 0) {
        size_t n = read_hex(field_of(record, about->secret), record, show, digits, sizeof(digits));
        if (n != 0 && read_label(field_of(record, about->label), record, show, &label))
            take_secret(keylog, record, pointer, &label, digits, n);
        else
            ++keylog->num_unreadable;
    }
}

void keylog_forget(keylog_t *keylog)
{
    memset(keylog->connections, 0, NUM_BUCKETS * NUM_PLACES * sizeof(connection_t));
}

void keylog_report(const keylog_t *keylog, const char *path)
{
    if (keylog->error != 0)
        tracer_say("cannot write %s: %s: secrets after that are not there", path, strerror(keylog->error));
    if (keylog->num_unreadable != 0)
        tracer_say("%llu event%s had no TLS secret that can be read, or not the random bytes of its client",
                   (unsigned long long)keylog->num_unreadable, say_s(keylog->num_unreadable));
    tracer_note("%s: %llu secret%s; %llu of connections that were there before, or before events were lost, cannot be used", path,
                (unsigned long long)keylog->num_secrets, say_s(keylog->num_secrets), (unsigned long long)keylog->num_unknown);
}

void keylog_close(keylog_t *keylog)
{
    if (keylog->connections == NULL)
        return;
    if (keylog->file.fd != -1 && keylog->num_secrets == 0)
        outfile_abandon(&keylog->file);
    else
        outfile_close(&keylog->file);
    free(keylog->connections);
}
