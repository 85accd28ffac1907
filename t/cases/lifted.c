/* Fires the probes of lifted.d. With -DLIBRARY it is a library that has other structs of the names that the program has. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "lifted.h"

#ifdef LIBRARY
struct st_shared {
    long before;
    int x;
};
struct st_picture {
    short width, height;
};

void fire_library(void)
{
    struct st_shared shared = {1, 2};
    struct st_picture picture = {3, 4};

    LIFTED_SHARED(&shared, &picture, NULL);
}
#else
struct st_number {
    long before;
    int number;
};
struct st_peer {
    int before;
    struct sockaddr_in addr;
    struct sockaddr *pointer;
};
struct st_cid {
    uint8_t cid[20];
    uint8_t len;
};
struct st_all {
    int before;
    struct st_peer *peer;
    union {
        struct sockaddr sa;
        struct sockaddr_in6 sin6;
    } local;
    struct st_cid cid, cids[2];
    uint8_t digest[4];
    const void *data;
    short data_len;
    struct st_number *paths[2], *list;
    int grid[2][3];
    int wide;
    unsigned other : 3, bit : 1;
    int signed_bits : 5;
    enum { RED, GREEN } colour;
    float single;
    double twice;
    int minus;
    char name[4]; /* without a NUL */
    char *rest;
    size_t rest_len;
    struct st_number *nothing, *nowhere;
};
struct st_shared {
    int x;
};
struct st_picture {
    int width;
};

void fire_library(void);

static void fire_all(void)
{
    struct st_number number = {0, 7}, list[3] = {{0, 1}, {0, 2}, {0, 3}};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(0xc0000201)};
    struct st_peer peer = {.addr = v4, .pointer = (struct sockaddr *)&v4};
    struct st_all all = {.peer = &peer,
                         .local.sin6 = {.sin6_family = AF_INET6, .sin6_port = htons(443), .sin6_addr = IN6ADDR_LOOPBACK_INIT},
                         .cid = {{1, 2, 3, 4}, 3},
                         .cids[1] = {{0xff, 0xee}, 200}, /* longer than there is room for */
                         .digest = {0xaa, 0xbb, 0xcc, 0xdd},
                         .data = "data",
                         .data_len = 4,
                         .paths[1] = &number,
                         .list = list,
                         .grid[1][2] = 12,
                         .wide = 0x100,
                         .bit = 1,
                         .signed_bits = -7,
                         .colour = GREEN,
                         .single = 0.1f,
                         .twice = 0.1,
                         .minus = -1,
                         .name = {'n', 'a', 'm', 'e'},
                         .rest = "rest and more",
                         .rest_len = 4,
                         .nowhere = (void *)16};

    LIFTED_ALL(&all);
    all.data_len = -1;
    all.peer = NULL;
    all.data = NULL;
    LIFTED_ALL(&all);
    LIFTED_ALL((struct st_all *)NULL);
}

int main(void)
{
    static char large[70001];
    char line[16];
    struct st_shared shared = {1};
    struct st_picture picture = {5};

    memset(large, 'x', 70000);
    puts("ready");
    fflush(stdout);
    if (fgets(line, sizeof(line), stdin) == NULL)
        return 1;
    fire_all();
    LIFTED_TEXTS((char *)NULL, (char *)16, (void *)16, 3u, (struct sockaddr *)16);
    LIFTED_TEXTS((char *)16, (char *)NULL, (void *)NULL, 3u, (struct sockaddr *)NULL);
    LIFTED_LENGTHS(large, 70000u, large, 5000000000ull, large, -1, large, (size_t)65535);
    LIFTED_LENGTHS(large, 4294967295u, large, ~0ull, large, 2147483647, large, (size_t)65536);
    LIFTED_SHARED(&shared, &picture, large);
    fire_library();
    return 0;
}
#endif
