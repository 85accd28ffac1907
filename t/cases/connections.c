/*
 * Fires the probes of connections.d for each of its connections, for each line that it reads. Connection n has the random number n / N, the
 * id n + 1, the address 10.0.0.n or, every fourth, 2001:db8::n, and the server hostn.example.net, every third none. The one after them is
 * nobody's: all zero.
 */
#include <arpa/inet.h>
#include <stddef.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "connections.h"
#include "probes.h"

#define N 40

static struct connection {
    struct st_line line;
    struct st_secure secure;
    struct st_call call;
    struct st_trunk trunk;
    struct st_slip slip;
    struct st_office *office;
} connections[N + 1];

static const uint8_t other[16] = {0x20, 0x01, 0x0d, 0xb8};

#ifdef OLD
static void tell(struct connection *connection, unsigned n)
{
    struct st_trunk *trunk = &connection->trunk;
    socklen_t len = n % 4 != 0 ? sizeof(trunk->remote.v4) : sizeof(trunk->remote.v6);

    if (n % 4 != 0) {
        trunk->remote.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = (in_port_t)n, .sin_addr = {htonl(0x0a000000 + n)}};
    } else {
        trunk->remote.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = (in_port_t)n};
        memcpy(&trunk->remote.v6.sin6_addr, other, sizeof(other));
        ((uint8_t *)&trunk->remote.v6.sin6_addr)[15] = (uint8_t)n;
    }
    connection->line.peer = malloc(offsetof(struct st_peer, address) + len);
    connection->line.peer->len = len;
    memcpy(&connection->line.peer->address, &trunk->remote.any, len);
}
#else
static void tell(struct connection *connection, unsigned n)
{
    static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 10};

    connection->line.random = connection->call.log.random = (float)n / N;
    memcpy(connection->line.address, n % 4 != 0 ? mapped : other, 16);
    connection->line.address[15] = (uint8_t)n;
    memcpy(connection->call.log.address, connection->line.address, 16);
    /* as where a layer does not know it */
    connection->call.log.id = n % 2 != 0 ? 0 : n + 1;
}
#endif

static void make(struct connection *connection, unsigned n)
{
    char *server = malloc(32);

    snprintf(server, 32, "Host%u.Example.net", n);
    connection->secure.server = server;
    connection->call.server = n % 3 != 0 ? server : NULL;
    connection->line.secure = n % 3 != 0 ? &connection->secure : NULL;
    tell(connection, n);
    connection->trunk.inner.call = &connection->call;
    connection->slip = (struct st_slip){.address = {10, 0, 0, (uint8_t)n}, .id = n + 1};
    strcpy(connection->slip.server, server);
    connection->office = n % 2 != 0 ? new_rural(n + 1, &connection->line) : new_city(n + 1, &connection->trunk);
}

/* a member in memory is what is passed */
static __attribute__((noipa)) void fire_letter(struct st_office *office, unsigned n)
{
    POST_LETTER(office->id, n);
}

static __attribute__((noipa)) void fire_copied(uint64_t id, unsigned n)
{
    __asm__ volatile("" : "+r"(id));
    POST_COPIED(id, n);
}

static void *deliver(void *arg)
{
    struct connection *connection = arg;

    POST_DELIVERED(&connection->trunk, (unsigned)(connection - connections));
    return NULL;
}

/* Stamps what was delivered, while another thread delivers what is another's; then what nobody has delivered. */
static void fire_stamps(struct connection *connection, unsigned n)
{
    pthread_t other;

    deliver(connection);
    pthread_create(&other, NULL, deliver, connections + (n + 1) % N);
    pthread_join(other, NULL);
    POST_STAMP(n);
    POST_STAMP(n);
    POST_DELIVERED(NULL, N);
    POST_STAMP(N + 1);
}

static void fire(struct connection *connection, unsigned n)
{
    POST_OPENED(&connection->line, n);
    if (connection->office != NULL) {
        fire_letter(connection->office, n);
        POST_OFFICE(connection->office, n);
        fire_copied(connection->office->id, n);
    }
    POST_LINE(&connection->line, n);
    POST_CALL(&connection->call, n);
    POST_TRUNK(n, &connection->trunk);
    POST_SLIP(&connection->slip, n);
    POST_WEATHER(n);
    fire_stamps(connection, n);
}

int main(void)
{
    char line[64];

    for (unsigned n = 0; n < N; ++n)
        make(connections + n, n);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        for (unsigned n = 0; n <= N; ++n)
            fire(connections + n, n);
        POST_LINE(NULL, N + 1);
        puts("fired");
        fflush(stdout);
    }
    return 0;
}
