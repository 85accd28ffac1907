/*
 * Fires the probes of refused.d for connections that it is told. Commands, each of which is answered with what it has done:
 *
 *     guest SLOT ID SINCE RANDOM BYTE SERVER     slot number SLOT has this connection now, at the address that the one before had: of
 *                                                127.0.0.BYTE, and of that server; "-": its name is not known yet
 *     fire SLOT                                  both probes
 *     many FIRST NUM                             both probes for each of NUM connections, whose random numbers are the last two digits of their ids
 *     fork                                       goes on as a child, and the parent ends with it; "forked PID"
 *     exec                                       executes itself anew
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "probes.h"

#define NUM_SLOTS 4

struct st_room {
    float random;
    uint8_t address[4];
    char *server;
};
struct st_guest {
    uint64_t id;
    uint64_t since[2];
    struct st_room *room;
};

static struct st_room rooms[NUM_SLOTS];
static struct st_guest guests[NUM_SLOTS];
static char servers[NUM_SLOTS][32];
static unsigned n;

/* a member in memory is what is passed */
static __attribute__((noipa)) void fire(struct st_guest *guest)
{
    ++n;
    INN_ARRIVE(guest, n);
    ++n;
    INN_STAY(guest->id, n);
}

static void set(unsigned slot, uint64_t id, uint64_t since, float random, unsigned byte, const char *server)
{
    snprintf(servers[slot], sizeof(servers[slot]), "%s", server);
    rooms[slot] = (struct st_room){random, {127, 0, 0, (uint8_t)byte}, strcmp(server, "-") != 0 ? servers[slot] : NULL};
    guests[slot] = (struct st_guest){.id = id, .since = {1, since}, .room = rooms + slot};
}

static void fire_many(uint64_t first, uint64_t num)
{
    for (uint64_t id = first; id < first + num; ++id) {
        set(0, id, 0, (float)(id % 100) / 100, 1, "-");
        fire(guests);
    }
}

static void go_on_as_child(void)
{
    pid_t pid = fork();
    int status;

    if (pid != 0) {
        waitpid(pid, &status, 0);
        exit(WEXITSTATUS(status));
    }
}

int main(int argc, char **argv)
{
    char line[128], server[32];
    unsigned long long a, b, c;
    unsigned slot, byte;
    float random;

    (void)argc;
    setvbuf(stdin, NULL, _IONBF, 0);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (sscanf(line, "guest %u %llu %llu %f %u %31s", &slot, &a, &b, &random, &byte, server) == 6)
            set(slot % NUM_SLOTS, a, b, random, byte, server);
        else if (sscanf(line, "fire %u", &slot) == 1)
            fire(guests + slot % NUM_SLOTS);
        else if (sscanf(line, "many %llu %llu", &a, &c) == 2)
            fire_many(a, c);
        else if (strcmp(line, "fork\n") == 0)
            go_on_as_child();
        else if (strcmp(line, "exec\n") == 0)
            execv(argv[0], argv);
        printf("done %d\n", (int)getpid());
        fflush(stdout);
    }
    return 0;
}
