/*
 * Connections. A map says of structs where they have what tells connections apart, and of arguments whether they are the id of one;
 * an argument that points to such a struct leads to its connection, too. A struct may have only a part of that: then one of its
 * members is a pointer to another struct that has the rest (`via`). And a struct may be the part that several others have in common
 * (`base`): which of them it is a part of is told by a pointer in it (`kind`), for each has variables of its own for that.
 *
 * A probe without any such argument may fire in what another one announces, on the same thread: that `leads`, and this `follows`.
 */
#include <string.h>
#include "model/sema_int.h"

/* structs that a connection is told by, one after the other */
#define MAX_WAY 4

/* A typedef of a struct is the struct. */
static str_t pointee_of(const sema_t *sema, str_t name, int tag)
{
    return type_of(&sema->typedefs, &(ctype_t){.name = name, .tag = tag, .num_pointers = 1}).pointee;
}

static ir_connection_t *find(const sema_t *sema, str_t type)
{
    ir_connection_t *connection = sema->ir->connections;

    while (connection != NULL && !str_eq(connection->type, type))
        connection = connection->next;
    return connection;
}

/* by its name alone: "st_x" of "struct st_x" */
static ir_connection_t *find_by_name(const sema_t *sema, str_t name)
{
    for (ir_connection_t *connection = sema->ir->connections; connection != NULL; connection = connection->next) {
        str_t type = connection->type;
        const char *blank = memchr(type.p, ' ', type.n), *start = blank != NULL ? blank + 1 : type.p;
        if (str_eq((str_t){start, (size_t)(type.p + type.n - start)}, name))
            return connection;
    }
    return NULL;
}

static void declare(sema_t *sema, const map_stmt_t *stmt, ir_connection_t ***next)
{
    str_t type = pointee_of(sema, stmt->struct_name, stmt->struct_tag);
    const ir_connection_t *earlier = find(sema, type);

    if (earlier != NULL) {
        diag_report(sema->diag, E_MAP, stmt->struct_span, "how '%.*s' leads to its connection is said twice: join the descriptions",
                    STR_ARG(stmt->struct_name));
        diag_note(sema->diag, earlier->at, "the earlier description is here");
        return;
    }
    ir_connection_t *connection = arena_alloc(sema->arena, sizeof(*connection));
    *connection = (ir_connection_t){.index = sema->ir->num_connections++, .at = stmt->struct_span, .type = type};
    **next = connection;
    *next = &connection->next;
}

/* ---- members ---- */

static void check_path(sema_t *sema, const map_field_t *field, int may_follow)
{
    unsigned num_derefs = 0;

    for (size_t i = 0; i + 1 < field->path.n; ++i)
        num_derefs += field->path.p[i] == '-' && field->path.p[i + 1] == '>';
    if (field->name_span.start > field->path_span.end || field->unless_span.src != NULL || field->length_span.src != NULL)
        diag_report(sema->diag, E_MAP, field->span, "what tells a connection is a member and no more: write '%.*s %.*s;'",
                    STR_ARG(field->type.text), STR_ARG(field->path));
    else if (!may_follow && num_derefs != 0)
        diag_report(sema->diag, E_MAP, field->path_span,
                    "this has to be a member of the struct itself: say it of the struct that has it");
    else if (num_derefs > IR_MAX_DEREFS)
        diag_report(sema->diag, E_LIMIT, field->path_span, "a path can follow at most %d pointers", IR_MAX_DEREFS);
}

static const ir_path_t *path_of(sema_t *sema, const ir_connection_t *connection, const map_field_t *field, ir_path_kind_t kind)
{
    scalar_t scalar = kind == PATH_FLOAT ? SCALAR_FLOAT : kind == PATH_NUMBER ? SCALAR_UINT : SCALAR_BYTES;

    return sema_path(sema, (ir_path_t){.kind = kind,
                                       .type = connection->type,
                                       .c_type = connection->type,
                                       .path = field->path,
                                       .scalar = scalar,
                                       .size = kind == PATH_FLOAT ? 4 : 8,
                                       .at = field->path_span});
}

static void set_once(sema_t *sema, const map_field_t *field, const ir_path_t **member, const ir_path_t *path)
{
    if (*member != NULL)
        diag_report(sema->diag, E_MAP, field->span, "this is said twice of one connection: remove one of both");
    *member = path;
}

/* `peer x;`, which may be said for several versions of a program */
static void add_peer(sema_t *sema, ir_connection_t *connection, const map_field_t *field)
{
    unsigned num = 0;

    while (num != IR_MAX_PEERS && connection->peers[num] != NULL)
        ++num;
    check_path(sema, field, 1);
    if (num == IR_MAX_PEERS)
        diag_report(sema->diag, E_LIMIT, field->span, "a connection can have at most %d members that are its 'peer'", IR_MAX_PEERS);
    else
        connection->peers[num] = path_of(sema, connection, field, PATH_ADDRESS);
}

/* `random x;`, `kind x;` @return whether it is one of these */
static int add_member(sema_t *sema, ir_connection_t *connection, const map_field_t *field)
{
    const struct {
        const char *word;
        const ir_path_t **member;
        ir_path_kind_t kind;
        int may_follow;
    } members[] = {
        {"random", &connection->random, PATH_FLOAT, 0}, {"address", &connection->address, PATH_BYTES, 0},
        {"id", &connection->id, PATH_NUMBER, 0},        {"name", &connection->name, PATH_TEXT, 1},
        {"kind", &connection->kind, PATH_NUMBER, 0},    {"key", &connection->key, PATH_BYTES, 0},
    };

    if (field->type.tag != CTYPE_NO_TAG || field->type.num_pointers != 0)
        return 0;
    if (str_is(field->type.name, "peer")) {
        add_peer(sema, connection, field);
        return 1;
    }
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); ++i) {
        if (!str_is(field->type.name, members[i].word))
            continue;
        check_path(sema, field, members[i].may_follow);
        set_once(sema, field, members[i].member, path_of(sema, connection, field, members[i].kind));
        return 1;
    }
    return 0;
}

/* `struct st_x *x;`, `struct st_x x;` */
static void add_other(sema_t *sema, ir_connection_t *connection, const map_field_t *field)
{
    const ir_connection_t *other = find(sema, pointee_of(sema, field->type.name, field->type.tag));
    int is_pointer = field->type.num_pointers != 0;

    if (other == NULL && field->type.tag != CTYPE_NO_TAG) {
        /* it is in a map that is not used here */
        diag_report(sema->diag, W_MAP_UNMATCHED, field->type_span,
                    "no 'connection' is about '%.*s', so that of '%.*s' cannot be told", STR_ARG(field->type.name),
                    STR_ARG(connection->type));
        connection->is_lost = 1;
        return;
    }
    if (other == NULL || field->type.num_pointers > 1 || field->type.has_parens) {
        diag_report(
            sema->diag, E_MAP, field->type_span,
            "'%.*s' is neither 'random', 'address', 'peer', 'id', 'name', 'kind' or 'key' nor a struct, or a pointer to one, that "
            "another 'connection' is about",
            STR_ARG(field->type.text));
        return;
    }
    check_path(sema, field, is_pointer);
    if (is_pointer) {
        set_once(sema, field, &connection->via, path_of(sema, connection, field, PATH_NUMBER));
        connection->via_to = other;
    } else {
        set_once(sema, field, &connection->base, path_of(sema, connection, field, PATH_ADDRESS));
        connection->base_of = other;
    }
}

/* ---- the whole ---- */

/* A way that has no end would be followed without one; what tells nothing is a mistake. */
static void check_way(sema_t *sema, const ir_connection_t *connection)
{
    const ir_connection_t *at = connection;
    unsigned num = 0;

    for (; at->via_to != NULL && num <= MAX_WAY; at = at->via_to)
        ++num;
    if (num > MAX_WAY)
        diag_report(sema->diag, E_MAP, connection->at, "the way from '%.*s' to its connection has no end, or more than %d structs",
                    STR_ARG(connection->type), MAX_WAY);
    else if (!at->is_lost && at->random == NULL && at->address == NULL && at->id == NULL && at->name == NULL &&
             at->peers[0] == NULL)
        diag_report(
            sema->diag, E_MAP, at->at,
            "nothing tells connections of '%.*s' apart: say which of its members is 'random', 'address', 'peer', 'id' or 'name'",
            STR_ARG(at->type));
    else if (connection->kind != NULL && (connection->via != NULL || connection->random != NULL || connection->address != NULL ||
                                          connection->name != NULL || connection->peers[0] != NULL))
        diag_report(sema->diag, E_MAP, connection->at,
                    "'%.*s' is a part of others, as its 'kind' says: 'id' and 'key' are all else that it can have",
                    STR_ARG(connection->type));
    else if (connection->key != NULL && connection->id == NULL)
        diag_report(sema->diag, E_MAP, connection->at, "'%.*s' has a 'key', but no 'id' that it belongs to",
                    STR_ARG(connection->type));
    else if (connection->base_of != NULL && connection->base_of->kind == NULL)
        diag_report(sema->diag, E_MAP, connection->at, "'%.*s' is a part of others, but does not say by which 'kind' they are told",
                    STR_ARG(connection->base_of->type));
}

static int is_lost(const ir_connection_t *connection)
{
    while (connection->via_to != NULL)
        connection = connection->via_to;
    return connection->is_lost;
}

static void find_member_of(sema_t *sema, ir_arg_t *arg)
{
    arg->connection = find_by_name(sema, arg->member_of);
    arg->is_member = 1;
    if (arg->connection == NULL)
        diag_report(sema->diag, E_MAP, arg->member_at, "no 'connection' is about '%.*s'", STR_ARG(arg->member_of));
    else if (arg->connection->id == NULL)
        diag_report(sema->diag, E_MAP, arg->member_at, "'%.*s' has no 'id' that the argument could be", STR_ARG(arg->member_of));
}

static void find_of_args(sema_t *sema, ir_probe_t *probe)
{
    for (unsigned i = 0; i < probe->num_args; ++i) {
        ir_arg_t *arg = probe->args + i;
        if (arg->member_of.n != 0)
            find_member_of(sema, arg);
        else if (arg->meaning.scalar == SCALAR_POINTER && arg->meaning.pointee.n != 0)
            arg->connection = find(sema, arg->meaning.pointee);
        if (arg->connection != NULL && is_lost(arg->connection))
            arg->connection = NULL;
    }
}

/* ---- probes that are joined by their thread ---- */

static int tells_connection(const ir_probe_t *probe)
{
    unsigned i = 0;

    while (i < probe->num_args && probe->args[i].connection == NULL)
        ++i;
    return i < probe->num_args;
}

static void check_joined(sema_t *sema)
{
    unsigned num_leads = 0;

    for (unsigned i = 0; i < sema->ir->num_probes; ++i) {
        ir_probe_t *probe = sema->ir->probes + i;
        if (probe->leads && !tells_connection(probe)) {
            diag_report(
                sema->diag, W_MAP_UNFIT, probe->leads_at,
                "'leads' is said of probes with an argument that leads to a connection, and '%.*s' has none: it is left alone",
                STR_ARG(probe->name));
            diag_note(sema->diag, probe->at, "the probe is declared here");
            probe->leads = 0;
        }
        num_leads += probe->leads != 0;
    }
    for (unsigned i = 0; i < sema->ir->num_probes && num_leads == 0; ++i) {
        ir_probe_t *probe = sema->ir->probes + i;
        if (probe->follows)
            diag_report(sema->diag, W_MAP_UNFIT, probe->follows_at,
                        "no probe 'leads', so the connection of what follows cannot be told");
        probe->follows = 0;
    }
}

/* ---- all statements ---- */

static void add_members(sema_t *sema, const map_stmt_t *stmt)
{
    ir_connection_t *connection = find(sema, pointee_of(sema, stmt->struct_name, stmt->struct_tag));

    for (const map_field_t *field = stmt->fields; field != NULL; field = field->next) {
        if (!add_member(sema, connection, field))
            add_other(sema, connection, field);
    }
}

static void each_statement(sema_t *sema, ir_connection_t ***next)
{
    for (const map_file_t *file = sema->maps; file != NULL; file = file->next) {
        for (const map_stmt_t *stmt = file->stmts; stmt != NULL; stmt = stmt->next) {
            if (stmt->kind != MAP_CONNECTION)
                continue;
            if (next != NULL)
                declare(sema, stmt, next);
            else
                add_members(sema, stmt);
        }
    }
}

void sema_find_connections(sema_t *sema)
{
    ir_connection_t **next = &sema->ir->connections;
    int num_errors = sema->diag->num_errors;

    each_statement(sema, &next);
    each_statement(sema, NULL);
    if (sema->diag->num_errors != num_errors)
        return;
    for (const ir_connection_t *at = sema->ir->connections; at != NULL; at = at->next)
        check_way(sema, at);
    if (sema->diag->num_errors != num_errors)
        return;
    for (unsigned i = 0; i < sema->ir->num_probes; ++i)
        find_of_args(sema, sema->ir->probes + i);
    check_joined(sema);
}
