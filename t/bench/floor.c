/*
 * The floor: an empty BPF program on the same sites that the tracer attaches to. What it adds to a firing is the kernel's own
 * share; nothing that uses uprobes can be cheaper.
 *
 * Usage: floor PID GLOB; attaches to the sites of the probes that match, says "attached", and detaches when standard input ends.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpf/attach.h"
#include "bpf/bcc.h"
#include "survey/sites.h"

static __attribute__((format(printf, 1, 2))) void ignore(const char *fmt, ...)
{
    (void)fmt;
}

static char *select_probes(const char *glob)
{
    char *is_selected = calloc(catalog.num_probes + 1, 1), name[256];

    for (unsigned i = 0; is_selected != NULL && i < catalog.num_probes; ++i) {
        snprintf(name, sizeof(name), "%s:%s", catalog.probes[i].provider, catalog.probes[i].name);
        is_selected[i] = fnmatch(glob, name, 0) == 0;
    }
    return is_selected;
}

int main(int argc, char **argv)
{
    struct bpf_insn empty[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}};
    program_t program = {.insns = empty, .num_insns = 2};
    attach_t attach = {0};
    target_t target;
    sites_t sites;
    reason_t reason;
    char byte;
    char *is_selected;

    if (argc != 3 || (is_selected = select_probes(argv[2])) == NULL)
        return 2;
    if (target_open(&target, atoi(argv[1]), &reason) != 0 ||
        sites_find(&sites, &target, is_selected, 0, ignore, NULL, &reason) != 0 || sites.num == 0) {
        fprintf(stderr, "floor: no sites: %s\n", reason.text);
        return 1;
    }
    attach_sites_t to = {.path = sites.list[0].module->path, .num = sites.num};
    to.offsets = calloc(sites.num, sizeof(*to.offsets));
    to.semaphores = calloc(sites.num, sizeof(*to.semaphores));
    to.cookies = calloc(sites.num, sizeof(*to.cookies));
    to.errors = calloc(sites.num, sizeof(*to.errors));
    for (size_t i = 0; i < sites.num; ++i) {
        to.offsets[i] = sites.list[i].offset;
        to.semaphores[i] = sites.list[i].semaphore_offset;
    }
    const bcc_kind_t kind = {.license = "GPL", .name = "floor", .is_multi = 1, .can_sleep = 1};
    int prog_fd = bcc_load(&kind, &program, &reason);
    if (prog_fd < 0 || attach_multi(&attach, prog_fd, &to, target.pid) != 0) {
        perror("floor: cannot attach");
        return 1;
    }
    puts("attached");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    attach_dispose(&attach);
    return 0;
}
