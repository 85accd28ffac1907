#include <stdlib.h>
#include "connections.h"

struct st_city {
    struct st_trunk *trunk;
    struct st_office super; /* not at its beginning */
};

struct st_office *new_city(uint64_t id, struct st_trunk *trunk)
{
    static const struct st_table table = {NULL};
    struct st_city *city = calloc(1, sizeof(*city));

    city->super = (struct st_office){.table = &table, .id = id};
    city->trunk = trunk;
    return &city->super;
}
