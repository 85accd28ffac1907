#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/catalog.h"
#include "choose/pattern.h"
#include "common/clock.h"
#include "connection/wanted.h"

/* characters of an address, a number, a name, at most */
#define MAX_ITEM 256
/* bits of the form ::ffff:192.0.2.1 before those of the address */
#define MAPPED_BITS 96

int wanted_add_sample(wanted_t *wanted, const char *text, reason_t *reason)
{
    char *end;
    double share = strtod(text, &end);
    float ratio = (float)share, before;

    if (!isdigit((unsigned char)text[*text == '.']) || *end != '\0' || !(share >= 0 && share <= 1))
        return reason_set(reason, "-S wants a share from 0 to 1, such as 0.01, not '%s'", text);
    memcpy(&before, &wanted->chosen.ratio, sizeof(before));
    if ((wanted->chosen.by & PG_BY_SAMPLE) && before > ratio)
        return 0;
    wanted->chosen.by |= PG_BY_SAMPLE;
    memcpy(&wanted->chosen.ratio, &ratio, sizeof(ratio));
    wanted->chosen.limit = (uint64_t)(share * 4294967296.0);
    wanted->chosen.seed = clock_ns(CLOCK_REALTIME);
    return 0;
}

/* The first of a list with commas, and what follows it. @return 0, or -1: it is empty, or too long */
static int take_item(const char **list, char item[MAX_ITEM])
{
    size_t len = strcspn(*list, ",");

    if (len == 0 || len >= MAX_ITEM)
        return -1;
    memcpy(item, *list, len);
    item[len] = '\0';
    *list += len + ((*list)[len] == ',');
    return 0;
}

/* "24", of at most `max`; NULL: all. @return 0 or -1 */
static int read_bits(const char *text, unsigned max, unsigned *bits)
{
    char *end;

    *bits = max;
    if (text == NULL)
        return 0;
    unsigned long n = strtoul(text, &end, 10);
    *bits = (unsigned)n;
    return isdigit((unsigned char)*text) && *end == '\0' && n <= max ? 0 : -1;
}

/* "10.0.0.0/8" @return 0 or -1 */
static int read_network(char *text, struct pg_network *network)
{
    unsigned char address[16] = {[10] = 0xff, [11] = 0xff}, mask[16] = {0};
    char *slash = strchr(text, '/');
    unsigned bits;

    if (slash != NULL)
        *slash = '\0';
    if (inet_pton(AF_INET, text, address + 12) == 1) {
        if (read_bits(slash != NULL ? slash + 1 : NULL, 32, &bits) != 0)
            return -1;
        bits += MAPPED_BITS;
    } else if (inet_pton(AF_INET6, text, address) != 1 || read_bits(slash != NULL ? slash + 1 : NULL, 128, &bits) != 0) {
        return -1;
    }
    for (unsigned i = 0; i < bits; ++i)
        mask[i / 8] |= (unsigned char)(0x80 >> i % 8);
    for (unsigned i = 0; i < sizeof(address); ++i)
        address[i] &= mask[i];
    memcpy(network->address, address, sizeof(address));
    memcpy(network->mask, mask, sizeof(mask));
    return 0;
}

int wanted_add_addresses(wanted_t *wanted, const char *text, reason_t *reason)
{
    struct pg_wanted *chosen = &wanted->chosen;
    const char *rest = text;
    char item[MAX_ITEM];

    chosen->by |= PG_BY_ADDRESS;
    do {
        if (chosen->num_networks == PG_MAX_WANTED)
            return reason_set(reason, "-A takes %d addresses at most", PG_MAX_WANTED);
        if (take_item(&rest, item) != 0 || read_network(item, chosen->networks + chosen->num_networks) != 0)
            return reason_set(reason, "-A wants an address of IPv4 or IPv6, or a network such as 10.0.0.0/8, not '%s'", text);
        ++chosen->num_networks;
    } while (*rest != '\0');
    return 0;
}

int wanted_add_ids(wanted_t *wanted, const char *text, reason_t *reason)
{
    struct pg_wanted *chosen = &wanted->chosen;
    const char *rest = text;
    char item[MAX_ITEM], *end;

    chosen->by |= PG_BY_ID;
    do {
        if (chosen->num_ids == PG_MAX_WANTED)
            return reason_set(reason, "-C takes %d connections at most", PG_MAX_WANTED);
        errno = 0;
        if (take_item(&rest, item) != 0 || !isdigit((unsigned char)*item) ||
            (chosen->ids[chosen->num_ids] = strtoull(item, &end, 10), *end != '\0' || errno != 0))
            return reason_set(reason, "-C wants the number of a connection, not '%s'", text);
        ++chosen->num_ids;
    } while (*rest != '\0');
    return 0;
}

/* Whether it can be the name of a server, or matches some: of what is no ASCII, names have another form. */
static int can_be_name(const char *item)
{
    for (; *item != '\0'; ++item) {
        if (!isalnum((unsigned char)*item) && strchr("-._*?", *item) == NULL)
            return 0;
    }
    return 1;
}

int wanted_add_names(wanted_t *wanted, const char *text, reason_t *reason)
{
    const char *rest = text;
    char item[MAX_ITEM];
    size_t unused;

    wanted->chosen.by |= PG_BY_NAME;
    do {
        struct pg_pattern *names = realloc(wanted->names, (wanted->num_names + 1) * sizeof(*names));
        reason_t why;
        if (names == NULL)
            return reason_set(reason, "out of memory");
        wanted->names = names;
        if (wanted->num_names == WANTED_MAX_NAMES)
            return reason_set(reason, "-N takes %d names at most", WANTED_MAX_NAMES);
        if (take_item(&rest, item) != 0 || !can_be_name(item))
            return reason_set(reason, "-N wants the name of a server, such as www.example.com or *.example.com, not '%s'", text);
        if (pattern_make(names + wanted->num_names, item, strlen(item), PATTERN_GLOB | PATTERN_IGNORE_CASE, &unused, &why) != 0)
            return reason_set(reason, "-N: '%s': %s", item, why.text);
        ++wanted->num_names;
    } while (*rest != '\0');
    return 0;
}

void wanted_dispose(wanted_t *wanted)
{
    free(wanted->names);
    free(wanted->attached);
    free(wanted->is_left_out);
    *wanted = (wanted_t){.names = NULL};
}

/* ---- probes ---- */

/* The first thing that is asked for and that no connection of this tracer has; NULL: there is none. */
static const char *find_lacking(uint32_t by)
{
    uint32_t has = 0;

    for (unsigned i = 0; i < catalog.num_connections; ++i) {
        const catalog_connection_t *connection = catalog.connections + i;
        has |= PG_BY_SAMPLE | (connection->address != -1 ? PG_BY_ADDRESS : 0u) | (connection->id != -1 ? PG_BY_ID : 0u) |
               (connection->name != -1 ? PG_BY_NAME : 0u);
    }
    if (by & ~has & PG_BY_SAMPLE)
        return "-S: none of the maps that this tracer was made of says what a connection is";
    if (by & ~has & PG_BY_ADDRESS)
        return "-A: none of the maps that this tracer was made of says what the address of a connection is";
    if (by & ~has & PG_BY_ID)
        return "-C: none of the maps that this tracer was made of says what the number of a connection is";
    if (by & ~has & PG_BY_NAME)
        return "-N: none of the maps that this tracer was made of says what the name of a connection's server is";
    return NULL;
}

static int tells_connection(const catalog_probe_t *probe)
{
    unsigned i = 0;

    while (i < probe->num_args && probe->args[i].connection == 0)
        ++i;
    return i != probe->num_args || probe->follows;
}

/* Those that are selected, and, if one of these follows others, these. */
static char *find_attached(const char *is_selected)
{
    char *attached = calloc(catalog.num_probes + 1, 1);
    int has_followers = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i)
        has_followers |= is_selected[i] && catalog.probes[i].follows;
    for (unsigned i = 0; attached != NULL && i < catalog.num_probes; ++i)
        attached[i] = is_selected[i] ? WANTED_SHOWN : has_followers && catalog.probes[i].leads ? WANTED_LEADING : WANTED_NOT;
    return attached;
}

int wanted_limit(wanted_t *wanted, char *is_selected, reason_t *reason)
{
    const char *lacking = find_lacking(wanted->chosen.by);
    char *is_left_out = calloc(catalog.num_probes + 1, 1);
    unsigned num_left = 0;

    wanted->is_left_out = is_left_out;
    if (lacking != NULL || is_left_out == NULL)
        return lacking == NULL ? reason_set(reason, "out of memory") : reason_set(reason, "%s", lacking);
    for (unsigned i = 0; i < catalog.num_probes && wanted->chosen.by != 0; ++i) {
        is_left_out[i] = is_selected[i] && !tells_connection(catalog.probes + i);
        is_selected[i] = is_selected[i] && !is_left_out[i];
        num_left += is_selected[i] != 0;
    }
    if (wanted->chosen.by != 0 && num_left == 0)
        return reason_set(reason, "none of the selected probes tells which connection its events are of");
    if (wanted->chosen.by != 0 && (wanted->attached = find_attached(is_selected)) == NULL)
        return reason_set(reason, "out of memory");
    return 0;
}
