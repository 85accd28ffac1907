/* What the source files of connections.c share. */
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
struct st_line {
    long before;
    float random;
    uint8_t address[16];
    struct st_secure *secure;
};
struct st_call {
    char *server;
    struct {
        float random;
        uint8_t address[16];
        uint64_t id;
    } log;
};
struct st_trunk {
    short before;
    struct {
        struct st_call *call;
    } inner;
};
/* without a random number, and with an address of IPv4 */
struct st_slip {
    uint8_t address[4];
    uint32_t id;
    char server[32];
};

struct st_office *new_rural(uint64_t id, struct st_line *line);
struct st_office *new_city(uint64_t id, struct st_trunk *trunk);
