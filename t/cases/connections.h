/* What the source files of connections.c share. OLD: a version of the program that draws no random numbers, and has addresses elsewhere. */
#include <netinet/in.h>
#include <stdint.h>

struct st_table {
    void (*close)(void);
};
struct st_office {
    uint32_t before;
    const struct st_table *table;
    uint64_t id;
    uint32_t since[2];
};
struct st_secure {
    long before;
    char *server;
};
struct st_peer {
    socklen_t len;
    struct sockaddr address;
};
struct st_line {
    long before;
#ifdef OLD
    struct st_peer *peer; /* NULL: nobody has asked for it */
#else
    float random;
    uint8_t address[16];
#endif
    struct st_secure *secure;
};
struct st_call {
    char *server;
#ifndef OLD
    struct {
        float random;
        uint8_t address[16];
        uint64_t id;
    } log;
#endif
};
struct st_trunk {
    short before;
    struct {
        struct st_call *call;
    } inner;
#ifdef OLD
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } remote;
#endif
};
/* without a random number, and with an address of IPv4 */
struct st_slip {
    uint8_t address[4];
    uint32_t id;
    char server[32];
};

struct st_office *new_rural(uint64_t id, struct st_line *line);
struct st_office *new_city(uint64_t id, struct st_trunk *trunk);
