/*
 * A target for the benchmark: a connection that is told as those of h2o are, over three structs. It takes the commands of every
 * exerciser: gen/exerciser/main.c.
 */
#include "exerciser.h"
#include "bench-probes.h"

struct st_callbacks {
    void (*close)(void);
};
struct st_conn {
    uint64_t connected_at[2];
    uint64_t id;
    const struct st_callbacks *callbacks;
};
struct st_socket {
    float random;
    uint8_t address[16];
};
struct st_http_conn {
    struct st_conn super;
    struct st_socket *sock;
};

static const struct st_callbacks callbacks;
static struct st_socket sock = {0.5f, {[15] = 1}};
static struct st_http_conn conn = {{{1, 2}, 3, &callbacks}, &sock};
/* the compiler does not know where it leads, and cannot take the members for constants */
static struct st_conn *volatile where = &conn.super;

static void fire_request(ex_t *x)
{
    const struct st_conn *c = where;

    ex_ready(x);
    BENCH_REQUEST(c->id, 1);
}

static int is_enabled(void)
{
    return BENCH_REQUEST_ENABLED();
}

const ex_probe_t ex_probes[] = {{"bench:request", fire_request, is_enabled}, {NULL, NULL, NULL}};
const unsigned ex_num_probes = 1;
