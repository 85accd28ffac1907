#include <stdlib.h>
#include "common/grow.h"
#include "structs/structs.h"
#include "survey/kinds.h"

int kinds_find(structs_t *structs, size_t module, unsigned connection, uint64_t addresses[KINDS_MAX_VARIABLES], reason_t *reason)
{
    const catalog_connection_t *whole = catalog.connections + connection;

    if (whole->base == -1)
        return 0;
    return structs_variables(structs, module, catalog.paths + catalog.connections[whole->base_of].kind, whole->type, addresses,
                             KINDS_MAX_VARIABLES, reason);
}

int kinds_add(kinds_t *kinds, const kind_t *kind)
{
    kind_t *list = grow_list(kinds->list, &kinds->capacity, kinds->num, sizeof(*list));

    if (list == NULL)
        return -1;
    kinds->list = list;
    list[kinds->num++] = *kind;
    return 0;
}

void kinds_dispose(kinds_t *kinds)
{
    free(kinds->list);
    *kinds = (kinds_t){0};
}
