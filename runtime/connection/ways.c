/*
 * From a site to what tells its connection: the catalog says along which structs, the survey where their members are in this file.
 * A site may pass several arguments that lead to its connection; the first one that does is taken, pointers before ids.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "connection/ways.h"
#include "usdt/regs.h"

/* structs that a way leads along; the generator takes care that it is so */
#define MAX_STRUCTS 8
/* probes that are named in one line */
#define MAX_NAMED 4
#define OPTIONS_SIZE 16
/* DWARF's number of the register that functions with a frame keep its address in */
#define FRAME_POINTER (OWN_MACHINE == EM_X86_64 ? 6 : 29)

typedef struct st_finder_t {
    const survey_t *survey;
    const wanted_t *wanted;
    const site_t *site;
    unsigned file;
    unsigned first_name; /* number of its pattern */
    reason_t *reason;
} finder_t;

/* Where a member is in the file; NULL with a reason. */
static const struct pg_path *path_to(const finder_t *finder, int number)
{
    const fields_t *fields = &finder->survey->fields;
    size_t at = (size_t)finder->file * catalog.num_paths + (size_t)number;

    if (fields->paths[at].num_hops != 0)
        return fields->paths + at;
    reason_set(finder->reason, "%s", fields->reasons[at] != NULL ? fields->reasons[at] : "it is not known where its structs are");
    return NULL;
}

static int find_member(const finder_t *finder, int number, assemble_member_t *member)
{
    const struct pg_path *path = path_to(finder, number);

    if (path == NULL)
        return -1;
    if (path->num_hops != 1 || path->left % 8 != 0 || path->left != path->right)
        return reason_set(finder->reason, "%s of %s is a bit field", catalog.paths[number].path, catalog.paths[number].type);
    *member = (assemble_member_t){path->offsets[0], path->place != 0 ? path->whole_size : path->size};
    return 0;
}

/* The text or address itself, or a pointer to it. */
static int find_place(const finder_t *finder, int number, assemble_place_t *place)
{
    const struct pg_path *path = path_to(finder, number);

    if (path == NULL)
        return -1;
    place->num_pointers = path->num_hops - (path->place != 0);
    for (unsigned i = 0; i < place->num_pointers; ++i)
        place->pointers[i] = path->offsets[i];
    place->is_there = 1;
    place->at = path->place != 0 ? path->offsets[path->num_hops - 1] : 0;
    return 0;
}

/* What the program can read at once and compare. */
static int check_members(const finder_t *finder, const catalog_connection_t *connection, const assemble_way_t *way)
{
    const assemble_member_t *members[] = {&way->random, &way->address, &way->id};
    uint32_t begin = UINT32_MAX, end = 0;

    if (way->random.size != 0 && way->random.size != 4)
        return reason_set(finder->reason, "the random number of %s has %u bytes, not 4", connection->type, way->random.size);
    if (way->address.size != 0 && way->address.size != 4 && way->address.size != 16)
        return reason_set(finder->reason, "the address of %s has %u bytes, neither 4 nor 16", connection->type, way->address.size);
    for (unsigned i = 0; i < 3; ++i) {
        if (members[i]->size == 0)
            continue;
        begin = members[i]->at < begin ? members[i]->at : begin;
        end = members[i]->at + members[i]->size > end ? members[i]->at + members[i]->size : end;
    }
    if (end != 0 && end - begin > PG_MAX_SPAN - 8)
        return reason_set(finder->reason, "what tells connections is too far apart in %s", connection->type);
    return 0;
}

/* Sets a reason, if none is known that is nearer. */
static int lack(const finder_t *finder, const reason_t *nearer, const catalog_connection_t *connection, const char *what)
{
    if (nearer->text[0] != '\0')
        *finder->reason = *nearer;
    else
        reason_set(finder->reason, "%s has no %s", connection->type, what);
    return -1;
}

/* Nothing tells its number, neither it itself nor what it would be known by. */
static int lacks_id(const assemble_way_t *way)
{
    return way->id.size == 0 && (way->random.size == 0 || way->address.size == 0);
}

/*
 * What is asked for has to be there. Another version of the program may lack the rest.
 * @param has_id the struct that the way begins at has it @param why something is lacking that the catalog has
 */
static int check_wanted(const finder_t *finder, const catalog_connection_t *connection, const assemble_way_t *way, int has_id,
                        const reason_t *why)
{
    uint32_t by = finder->wanted->chosen.by;
    int has_name = connection->name != -1 && way->name.is_there;

    if ((by & PG_BY_SAMPLE) && way->random.size + way->id.size + way->address.size == 0)
        return lack(finder, why, connection, "member that a sample could be taken by");
    if ((by & PG_BY_ADDRESS) && way->address.size == 0 && !way->peer.is_there)
        return lack(finder, why, connection, "address");
    if ((by & PG_BY_NAME) && !has_name)
        return lack(finder, why, connection, "name of a server");
    if ((by & PG_BY_ID) && !has_id && lacks_id(way) && !way->peer.is_there)
        return lack(finder, why, connection, "number of its connection");
    return 0;
}

/* What tells the connection, as far as the file has it. @param why the first thing that it lacks; "": nothing */
static void find_told(const finder_t *finder, const catalog_connection_t *connection, assemble_way_t *way, reason_t *why)
{
    const int numbers[] = {connection->random, connection->address, connection->id};
    assemble_member_t *members[] = {&way->random, &way->address, &way->id};
    reason_t reason;
    finder_t other = *finder;

    why->text[0] = '\0';
    other.reason = &reason;
    for (unsigned i = 0; i < 3; ++i) {
        if (numbers[i] != -1 && find_member(&other, numbers[i], members[i]) != 0 && why->text[0] == '\0')
            *why = reason;
    }
    if (connection->name != -1 && find_place(&other, connection->name, &way->name) != 0 && why->text[0] == '\0')
        *why = reason;
    if (way->name.is_there)
        way->num_holder_pointers = path_to(finder, connection->name)->num_hops - 1u;
}

/* Where the struct, as it is in the file, has the address of its peer, if there is none yet. */
static void find_peer(const finder_t *finder, const catalog_connection_t *connection, assemble_way_t *way)
{
    reason_t unused;
    finder_t other = *finder;

    other.reason = &unused;
    for (unsigned i = 0; i < connection->num_peers && !way->peer.is_there; ++i) {
        if (find_place(&other, (int)connection->peers[i], &way->peer) == 0)
            way->peer_after = way->num_pointers;
    }
}

/* From a struct to the members of the one that tells its connection. */
static int find_way(const finder_t *finder, unsigned number, int has_id, assemble_way_t *way)
{
    const catalog_connection_t *connection = catalog.connections + number;
    uint32_t by = finder->wanted->chosen.by;
    const struct pg_path *path;
    reason_t why;

    find_peer(finder, connection, way);
    for (unsigned i = 0; i < MAX_STRUCTS && connection->via != -1; ++i) {
        if ((path = path_to(finder, connection->via)) == NULL)
            return -1;
        if (way->num_pointers + path->num_hops > ASSEMBLE_MAX_POINTERS)
            return reason_set(finder->reason, "too many pointers lead to what tells its connection");
        for (unsigned j = 0; j < path->num_hops; ++j)
            way->pointers[way->num_pointers++] = path->offsets[j];
        connection = catalog.connections + connection->via_to;
        find_peer(finder, connection, way);
    }
    find_told(finder, connection, way, &why);
    if (by != 0 && (way->address.size != 0 || !(by & (PG_BY_ADDRESS | (lacks_id(way) ? PG_BY_ID : 0u)))))
        way->peer.is_there = 0;
    return check_members(finder, connection, way) == 0 ? check_wanted(finder, connection, way, has_id, &why) : -1;
}

/* One way for each variable that tells of which struct the one at hand is a part. */
static int find_ways_of_kinds(const finder_t *finder, unsigned number, assemble_connection_t *out)
{
    const kinds_t *kinds = &finder->survey->kinds;
    const catalog_connection_t *connection = catalog.connections + number;
    reason_t first = {.text = ""};

    if (find_member(finder, connection->kind, &out->kind) != 0)
        return -1;
    if (out->id.size != 0 && (out->id.at > out->kind.at ? out->id.at - out->kind.at : out->kind.at - out->id.at) > PG_MAX_SPAN - 16)
        return reason_set(finder->reason, "id and kind are too far apart in %s", connection->type);
    for (size_t i = 0; i < kinds->num && out->num_ways != ASSEMBLE_MAX_WAYS; ++i) {
        const kind_t *kind = kinds->list + i;
        const catalog_connection_t *whole = catalog.connections + kind->connection;
        assemble_way_t way = {.variable = kind->address - finder->site->address};
        const struct pg_path *base;
        if (kind->file != finder->file || whole->base == -1 || whole->base_of != number)
            continue;
        if ((base = path_to(finder, whole->base)) == NULL || find_way(finder, kind->connection, out->id.size != 0, &way) != 0) {
            if (first.text[0] == '\0')
                first = *finder->reason;
            continue;
        }
        way.base = base->offsets[0];
        out->ways[out->num_ways++] = way;
    }
    if (out->num_ways != 0)
        return 0;
    return reason_set(finder->reason, "%s",
                      first.text[0] != '\0' ? first.text : "no variable tells of which struct its own is a part");
}

/* Whether the operand can be where the struct has its id: memory, and not that of a function. */
static int check_operand(const finder_t *finder, unsigned arg, int has_kind)
{
    const struct pg_operand *how = finder->site->how.args + arg;

    if (!(how->flags & PG_OPERAND_READABLE))
        return reason_set(finder->reason, "argument %u cannot be read", arg);
    if (!finder->site->probe->args[arg].is_member)
        return 0;
    if (!(how->flags & PG_OPERAND_DEREF))
        return reason_set(finder->reason, "argument %u is not read where the struct of its connection has it", arg);
    /* the kind would tell; without one there has to be no doubt */
    if (how->base == PG_REG_SP || (!has_kind && how->base == reg_of_dwarf(OWN_MACHINE, FRAME_POINTER)))
        return reason_set(finder->reason, "argument %u is a copy on the stack", arg);
    return 0;
}

/*
 * What no other connection has. Without it nothing is remembered of connections, which costs no more than that. Where the id alone
 * decides, nothing is to be remembered.
 */
static void find_key(const finder_t *finder, const catalog_connection_t *connection, assemble_connection_t *out)
{
    const assemble_member_t *members[] = {&out->id, &out->kind, &out->key};
    uint32_t begin = UINT32_MAX, end = 0, size;
    finder_t other = *finder;
    reason_t unused;

    other.reason = &unused;
    if (connection->key == -1 || out->id.size == 0 || (out->by & ~PG_BY_ID) == 0 ||
        find_member(&other, connection->key, &out->key) != 0)
        return;
    for (unsigned i = 0; i < 3; ++i) {
        if (members[i]->size == 0)
            continue;
        begin = members[i]->at < begin ? members[i]->at : begin;
        end = members[i]->at + members[i]->size > end ? members[i]->at + members[i]->size : end;
    }
    size = out->key.size;
    if (size > PG_MAX_KEY || (size & (size - 1)) != 0 || end - begin > PG_MAX_SPAN - 8)
        out->key.size = 0;
}

static int find_connection(const finder_t *finder, unsigned arg, assemble_connection_t *out)
{
    const catalog_arg_t *declared = finder->site->probe->args + arg;
    unsigned number = declared->connection - 1u;
    const catalog_connection_t *connection = catalog.connections + number;

    *out = (assemble_connection_t){.arg = arg,
                                   .is_member = declared->is_member,
                                   .by = finder->wanted->chosen.by,
                                   .ratio = finder->wanted->chosen.ratio,
                                   .first_name = finder->first_name,
                                   .num_names = finder->wanted->num_names};
    if (check_operand(finder, arg, connection->kind != -1) != 0)
        return -1;
    if ((declared->is_member || connection->kind != -1 || connection->via != -1) && connection->id != -1 &&
        find_member(finder, connection->id, &out->id) != 0)
        return -1;
    if (connection->kind != -1) {
        if (find_ways_of_kinds(finder, number, out) != 0)
            return -1;
    } else {
        if (find_way(finder, number, out->id.size != 0, out->ways) != 0)
            return -1;
        out->num_ways = 1;
    }
    find_key(finder, connection, out);
    return 0;
}

/* Looks for the first argument that leads to its connection. @param has_id it has to know the number that is asked for at once */
static int find_first(const finder_t *finder, int is_member, int has_id, assemble_connection_t *out)
{
    const catalog_probe_t *probe = finder->site->probe;
    reason_t later;
    finder_t other = *finder;

    for (unsigned i = 0; i < probe->num_args; ++i) {
        if (probe->args[i].connection == 0 || probe->args[i].is_member != is_member)
            continue;
        if (find_connection(&other, i, out) == 0 && (!has_id || out->id.size != 0))
            return 0;
        other.reason = &later;
    }
    return -1;
}

/* Pointers come first, since an id has to be where its struct is. @return 0, or -1 with the first reason */
static int find_any(const finder_t *finder, assemble_connection_t *out)
{
    finder_t other = *finder;
    reason_t later;

    finder->reason->text[0] = '\0';
    for (int has_id = (finder->wanted->chosen.by & PG_BY_ID) != 0; has_id >= 0; --has_id) {
        for (int is_member = 0; is_member < 2; ++is_member) {
            if (find_first(&other, is_member, has_id, out) == 0)
                return 0;
            if (finder->reason->text[0] != '\0')
                other.reason = &later;
        }
    }
    *out = (assemble_connection_t){.num_ways = 0};
    return -1;
}

/* ---- probes that are joined by their thread ---- */

static int has_followers(const char *attached)
{
    unsigned i = 0;

    while (i < catalog.num_probes && !(attached[i] != WANTED_NOT && catalog.probes[i].follows))
        ++i;
    return i < catalog.num_probes;
}

/* Sites that follow others know their connection if these do; else for the reason of these. @return how many do */
static size_t join_threads(const sites_t *sites, const wanted_t *wanted, assemble_connection_t *list, reason_t *reasons)
{
    int is_followed = has_followers(wanted->attached);
    const reason_t *why = NULL;
    size_t num_leads = 0, num = 0;

    for (size_t i = 0; i < sites->num; ++i) {
        const catalog_probe_t *probe = sites->list[i].probe;
        list[i].leads = is_followed && probe->leads;
        num_leads += list[i].leads && list[i].num_ways != 0;
        if (list[i].leads && list[i].num_ways == 0)
            why = reasons + i;
    }
    for (size_t i = 0; i < sites->num; ++i) {
        if (!sites->list[i].probe->follows || list[i].num_ways != 0)
            continue;
        list[i].follows = num_leads != 0;
        num += num_leads != 0;
        if (num_leads != 0)
            reasons[i].text[0] = '\0';
        else if (why != NULL)
            reasons[i] = *why;
        else
            reason_set(reasons + i, "there is no probe that it follows on its thread");
    }
    for (size_t i = 0; i < sites->num; ++i) { /* nobody has asked for these */
        if (wanted->attached[sites->list[i].how.probe] != WANTED_SHOWN)
            reasons[i].text[0] = '\0';
    }
    return num;
}

/* ---- what is left out ---- */

typedef struct st_left_out_t {
    const survey_t *survey;
    const assemble_connection_t *list;
    reason_t *reasons; /* by site; "": it is not left out, or that was said */
} left_out_t;

/* Says of all sites with the reason of the first one that they are left out. */
static void say_like(left_out_t *left_out, size_t first, say_fn say)
{
    const sites_t *sites = &left_out->survey->sites;
    const catalog_probe_t *last = NULL;
    reason_t reason = left_out->reasons[first];
    char names[512] = "";
    unsigned num = 0;
    size_t len = 0;

    for (size_t i = first; i < sites->num; ++i) {
        const catalog_probe_t *probe = sites->list[i].probe;
        if (strcmp(left_out->reasons[i].text, reason.text) != 0)
            continue;
        left_out->reasons[i].text[0] = '\0';
        if (probe != last && num++ < MAX_NAMED && len < sizeof(names))
            len +=
                (size_t)snprintf(names + len, sizeof(names) - len, "%s%s:%s", len != 0 ? ", " : "", probe->provider, probe->name);
        last = probe;
    }
    if (num > MAX_NAMED)
        say("%s and %u more are left out, since the connection of their events cannot be told: %s", names, num - MAX_NAMED,
            reason.text);
    else
        say("%s %s left out, since the connection of %s events cannot be told: %s", names, num == 1 ? "is" : "are",
            num == 1 ? "its" : "their", reason.text);
}

/* The options that say which connections are wanted: "-S, -A" */
static void name_options(uint32_t by, char text[OPTIONS_SIZE])
{
    static const char *const names[] = {"-S", "-A", "-C", "-N"}; /* in the order of PG_BY_* */
    size_t len = 0;

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        if (by & 1u << i)
            len += (size_t)snprintf(text + len, OPTIONS_SIZE - len, "%s%s", len != 0 ? ", " : "", names[i]);
    }
}

/* @param reasons of all sites; some may have none */
static void refuse_all(const wanted_t *wanted, const reason_t *reasons, size_t num, reason_t *reason)
{
    char options[OPTIONS_SIZE];
    size_t i = 0;

    while (i + 1 < num && reasons[i].text[0] == '\0')
        ++i;

    name_options(wanted->chosen.by, options);
    reason_set(reason, "no connection can be told by %s: %s", options, reasons[i].text);
}

static int is_told_by_peer(const assemble_connection_t *connection)
{
    unsigned i = 0;

    while (i < connection->num_ways && !connection->ways[i].peer.is_there)
        ++i;
    return i < connection->num_ways;
}

/* Another version of the program has more there. */
static void say_peers(const assemble_connection_t *list, size_t num_sites, say_fn say)
{
    size_t num = 0;

    for (size_t i = 0; i < num_sites; ++i)
        num += is_told_by_peer(list + i);
    if (num != 0)
        say("at %zu of %zu sites the connection is told by the address of its peer, once the program has that there", num,
            num_sites);
}

assemble_connection_t *ways_make(const survey_t *survey, const wanted_t *wanted, unsigned first_name, say_fn say, reason_t *reason)
{
    const sites_t *sites = &survey->sites;
    assemble_connection_t *list = calloc(sites->num + 1, sizeof(*list));
    left_out_t left_out = {.survey = survey, .list = list, .reasons = calloc(sites->num + 1, sizeof(*left_out.reasons))};
    finder_t finder = {.survey = survey, .wanted = wanted, .first_name = first_name};
    size_t num_told = 0;

    for (size_t i = 0; list != NULL && left_out.reasons != NULL && i < sites->num; ++i) {
        finder.file += i != 0 && sites->list[i].module != sites->list[i - 1].module;
        finder.site = sites->list + i;
        finder.reason = left_out.reasons + i;
        if (find_any(&finder, list + i) == 0) {
            left_out.reasons[i].text[0] = '\0';
            ++num_told;
        }
    }
    if (list != NULL && left_out.reasons != NULL)
        num_told += join_threads(sites, wanted, list, left_out.reasons);
    if (list == NULL || left_out.reasons == NULL)
        reason_set(reason, "out of memory");
    else if (num_told == 0)
        refuse_all(wanted, left_out.reasons, sites->num, reason);
    for (size_t i = 0; num_told != 0 && i < sites->num; ++i) {
        if (left_out.reasons[i].text[0] != '\0')
            say_like(&left_out, i, say);
    }
    free(left_out.reasons);
    if (num_told != 0)
        say_peers(list, sites->num, say);
    if (num_told != 0)
        return list;
    free(list);
    return NULL;
}

/* ---- what is told of connections ---- */

/* The number of the connection that an event begins something of, if that is an argument; NULL: none. */
static const catalog_field_t *number_of(const catalog_probe_t *probe)
{
    const catalog_http_t *http = probe->http;
    int begins = http != NULL &&
                 (http->event == CATALOG_HTTP_REQUEST || (http->event >= CATALOG_HTTP_OPEN && http->event < CATALOG_HTTP_CLOSE));
    int n = begins ? http->fields[CATALOG_HTTP_CONNECTION] : 0;

    return n != 0 && probe->fields[n - 1].path == -1 ? probe->fields + n - 1 : NULL;
}

static int tells_of(const assemble_connection_t *told, int (*what)(const assemble_way_t *way))
{
    for (unsigned i = 0; i < told->num_ways; ++i) {
        if (what(told->ways + i))
            return 1;
    }
    return 0;
}

static int has_address(const assemble_way_t *way)
{
    return way->peer.is_there || way->address.size != 0;
}

static int has_name(const assemble_way_t *way)
{
    return way->name.is_there;
}

/* Says what no site tells, with the reason of the first one. */
static void say_untold(const survey_t *survey, const told_t *list, const reason_t *first, say_fn say)
{
    size_t num = 0, num_addresses = 0, num_names = 0;

    for (size_t i = 0; i < survey->sites.num; ++i) {
        num += number_of(survey->sites.list[i].probe) != NULL;
        num_addresses += tells_of(&list[i].connection, has_address) != 0;
        num_names += tells_of(&list[i].connection, has_name) != 0;
    }
    const char *why = first->text[0] != '\0' ? first->text : "what leads to them is not in its debug information";
    if (num != 0 && (num_addresses == 0 || num_names == 0))
        say("%s of connections cannot be told: %s",
            num_names != 0       ? "addresses"
            : num_addresses != 0 ? "names of servers"
                                 : "addresses, and names of servers,",
            why);
}

told_t *ways_tell(const survey_t *survey, say_fn say)
{
    const sites_t *sites = &survey->sites;
    told_t *list = calloc(sites->num + 1, sizeof(*list));
    const wanted_t whatever = {.num_names = 0};
    finder_t finder = {.survey = survey, .wanted = &whatever};
    reason_t reason, first = {.text = ""};

    for (size_t i = 0; list != NULL && i < sites->num; ++i) {
        finder.file += i != 0 && sites->list[i].module != sites->list[i - 1].module;
        finder.site = sites->list + i;
        finder.reason = &reason;
        list[i].number = number_of(sites->list[i].probe);
        reason.text[0] = '\0';
        if (list[i].number != NULL && find_any(&finder, &list[i].connection) != 0 && first.text[0] == '\0')
            first = reason;
    }
    if (list != NULL && say != NULL)
        say_untold(survey, list, &first, say);
    return list;
}
