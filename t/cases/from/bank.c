/* Fires the probes of bank.d with known values, once for each line of its input. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "bank.h"

#ifdef __clang__
#define noipa noinline
#endif

struct conn {
    uint32_t id;
    uint64_t total;
    const char *peer;
    unsigned bits : 3;
    struct {
        int16_t depth;
    } inner;
    void (*callback)(void);
};
typedef uint32_t account_t;

static int counter = 41;
volatile int opaque; /* so that nothing is a constant that shall be none */

__attribute__((noipa)) static void serve(struct conn *conn, int id, const char *name, double price)
{
    BANK_ORDER_START(id, name, price);
    BANK_CONN_OPEN(conn, conn->total);
    BANK_MEMBER(conn->inner.depth, conn->total, conn->peer);
    BANK_MEMBER(counter, 5, name);
    counter += id;
}

__attribute__((noipa)) static void widths(int8_t tiny, uint8_t byte, short little, uint16_t half, int whole, account_t account, long wide,
                                             bool is_open)
{
    BANK_WIDTHS(tiny, byte, little, half, whole, account, wide, is_open);
    opaque += tiny + byte + little + half + whole + (int)account + (int)wide + is_open;
}

__attribute__((noipa)) static void login(const char *password, const unsigned char *session_key, size_t session_key_size)
{
    BANK_LOGIN(password, session_key, session_key_size);
    BANK_BYTES(session_key, session_key_size);
    opaque += password[0] + session_key[0] + (int)session_key_size;
}

__attribute__((noipa)) static void odd(float rate, struct sockaddr *peer, void (*callback)(void))
{
    BANK_ODD_ONE(rate, peer, callback);
    opaque += (int)rate + peer->sa_family + (callback != NULL);
}

int main(int argc, char **argv)
{
    struct conn conn = {.id = 7, .total = 1ull << 40, .peer = "peer \"1\"", .inner = {.depth = -3}};
    struct sockaddr peer = {.sa_family = AF_UNSPEC};
    char line[64];

    (void)argv;
    while (fgets(line, sizeof(line), stdin) != NULL) {
        serve(&conn, argc + 12, "Ada", argc * 0.25);
        widths((int8_t)-argc, (uint8_t)(254 + argc), (short)-argc, (uint16_t)(65534 + argc), -argc, 4294967294u + (unsigned)argc, -(long)argc,
               argc == 1);
        login(argc == 1 ? "hunter2" : "", (const unsigned char *)"\1\2", (size_t)argc + 1);
        BANK_CONSTANTS(-1, NULL, 7);
        odd((float)argc / 2, &peer, NULL);
        BANK_NONE();
        puts("fired");
        fflush(stdout);
    }
    return 0;
}
