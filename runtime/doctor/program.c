/*
 * What of the probes a program has. It is looked at as for a trace (survey/), by the same worker with the same limits; what that
 * has to say becomes lines here. Nothing is attached.
 */
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/regular.h"
#include "common/worker.h"
#include "common/say.h"
#include "doctor/machine.h"
#include "doctor/program.h"
#include "doctor/report.h"
#include "rights/capability.h"
#include "rights/reader.h"
#include "survey/survey.h"
#include "usdt/debugfile.h"
#include "usdt/regs.h"

#define MAX_SECONDS 10

/* Gets what the survey says. */
static __attribute__((format(printf, 1, 2))) void take_saying(const char *fmt, ...)
{
    char *text;
    va_list args;

    va_start(args, fmt);
    int len = vasprintf(&text, fmt, args);
    va_end(args);
    if (len == -1)
        return;
    doctor_say(DOCTOR_WARN, "probes", "%s", text);
    free(text);
}

/* ---- the file ---- */

/* @return e_machine, or -1 with a reason: no ELF file, or one for 32 bits */
static int machine_of(int fd, reason_t *reason)
{
    Elf64_Ehdr header;

    if (pread(fd, &header, sizeof(header), 0) < (ssize_t)sizeof(Elf32_Ehdr) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return reason_set(reason, "no ELF file");
    if (header.e_ident[EI_CLASS] != ELFCLASS64)
        return reason_set(reason, "a 32-bit program; only those of 64 bits can be traced");
    return header.e_machine;
}

static void examine_machine(const module_t *module)
{
    const int own = OWN_MACHINE;
    reason_t reason;
    int machine = machine_of(module->fd, &reason);

    if (machine == -1)
        doctor_say(DOCTOR_FAIL, "program", "%s: %s", module->name, reason.text);
    else if (machine != own)
        doctor_say(DOCTOR_FAIL, "program",
                   "%s: made for another machine (e_machine %d, here it is %d); 'probegen audit --binary' can look at it",
                   module->name, machine, own);
    else
        doctor_say(DOCTOR_OK, "program", "%s: 64 bits, of this machine", module->name);
}

/* ---- probes and sites ---- */

static void examine_probes(const sites_t *sites)
{
    unsigned num = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i)
        num += sites->of_probe[i] != 0;
    if (sites->num_refused != 0)
        doctor_say(DOCTOR_WARN, "probes", "%zu %s left out, since to attach there would harm the program", sites->num_refused,
                   sites->num_refused == 1 ? "site is" : "sites are");
    if (num == 0)
        doctor_say(DOCTOR_FAIL, "probes",
                   "none of the %u that are defined; was it built with USDT (sys/sdt.h)? 'readelf -n' shows what a file has",
                   catalog.num_probes);
    else
        doctor_say(num == catalog.num_probes ? DOCTOR_OK : DOCTOR_WARN, "probes", "%u of the %u that are defined, at %zu site%s",
                   num, catalog.num_probes, sites->num, say_s(sites->num));
}

enum { NOP, NOP5, NOP10, OTHER, NUM_KINDS };

/* The no-ops that kernels know how to replace are these alone. */
static int kind_of(const site_t *site)
{
    static const unsigned char nop5[] = {0x0f, 0x1f, 0x44, 0x00, 0x00};
    static const unsigned char nop10[] = {0x66, 0x2e, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00};
    unsigned char bytes[sizeof(nop10)] = {0};

    if (pread(site->module->fd, bytes, sizeof(bytes), (off_t)site->offset) <= 0)
        return OTHER;
    return bytes[0] == 0x90                           ? NOP
           : memcmp(bytes, nop5, sizeof(nop5)) == 0   ? NOP5
           : memcmp(bytes, nop10, sizeof(nop10)) == 0 ? NOP10
                                                      : OTHER;
}

static void examine_sites(const sites_t *sites)
{
    size_t num[NUM_KINDS] = {0}, num_semaphores = 0;

    for (size_t i = 0; i < sites->num; ++i) {
        ++num[kind_of(sites->list + i)];
        num_semaphores += sites->list[i].semaphore_offset != 0;
    }
    doctor_say(DOCTOR_OK, "sites",
               "%zu nop, %zu nop5, %zu nop10, %zu others; %zu have a semaphore: arguments cost nothing while nobody listens",
               num[NOP], num[NOP5], num[NOP10], num[OTHER], num_semaphores);
    if (num[NOP5] != 0 && doctor_calls_at_nop5())
        doctor_say(DOCTOR_WARN, "sites",
                   "this kernel makes calls of the nop5 sites, which write below the stack pointer: tracing is safe if the headers "
                   "are made by "
                   "'probegen dtrace --site=nop5'; other functions may keep variables there (the red zone), unless built with "
                   "-mno-red-zone");
}

/* ---- debug information ---- */

typedef struct st_search_t {
    const target_t *target;
    const module_t *module;
} search_t;

/* In a worker: '+' and where it is, or '-' and what was tried. */
static void look_for_dwarf(FILE *answer, void *arg)
{
    const search_t *search = arg;
    debugfile_t file;
    reason_t reason;
    char link[64], path[4096], root[sizeof(search->target->root)];

    memcpy(root, search->target->root, sizeof(root));
    if (reader_drop(root, sizeof(root)) != 0)
        return;
    if (debugfile_find(&file, search->module->path, search->module->name, root[0] != '\0' ? root : NULL, DEBUGFILE_DWARF,
                       &reason) != 0) {
        fprintf(answer, "-%s", reason.text);
        return;
    }
    snprintf(link, sizeof(link), "/proc/self/fd/%d", file.fd);
    ssize_t len = readlink(link, path, sizeof(path));
    fprintf(answer, "+%.*s", len > 0 ? (int)len : 0, path);
    debugfile_close(&file);
}

static void examine_dwarf(const search_t *search)
{
    char answer[sizeof(reason_t) + 1];
    worker_t worker;

    if (worker_start(&worker, MAX_SECONDS, MAX_SECONDS, look_for_dwarf, (void *)search) != 0) {
        doctor_say(DOCTOR_WARN, "debug info", "cannot start a process: %s", strerror(errno));
        return;
    }
    size_t len = fread(answer, 1, sizeof(answer) - 1, worker.answer);
    answer[len] = '\0';
    if (worker_end(&worker) != WORKER_DONE || len == 0)
        doctor_say(DOCTOR_WARN, "debug info", "looking for that of %s has failed: the file may be damaged", search->module->name);
    else if (answer[0] == '+')
        doctor_say(DOCTOR_OK, "debug info", "of %s: in %s", search->module->name, answer + 1);
    else
        doctor_say(DOCTOR_WARN, "debug info", "%s has none%s", search->module->name, answer + 1);
}

static void examine_fields(const survey_t *survey)
{
    unsigned num = 0, num_null = 0;

    for (unsigned i = 0; i < survey->fields.num_files * catalog.num_paths; ++i)
        num_null += survey->fields.reasons[i] != NULL;
    for (size_t first = 0; first < survey->sites.num; first = sites_end_of_file(&survey->sites, first)) {
        for (unsigned i = 0; i < catalog.num_paths; ++i)
            num += fields_are_needed(&survey->sites, first, i, 0);
    }
    if (num != 0 && num_null == 0)
        doctor_say(DOCTOR_OK, "fields", "all %u of structs that are to be in events are found", num);
    else if (num != 0)
        doctor_say(DOCTOR_WARN, "fields", "%u of %u of structs that are to be in events will be null", num_null, num);
}

/* ---- the whole ---- */

static void examine(const target_t *target)
{
    char *is_selected = malloc(catalog.num_probes + 1);
    const survey_wish_t wish = {.is_selected = is_selected, .show = PG_SHOW_APPDATA | PG_SHOW_SECRETS, .say = take_saying};
    survey_t survey;
    reason_t reason;

    if (is_selected == NULL) {
        doctor_say(DOCTOR_FAIL, "program", "out of memory");
        return;
    }
    memset(is_selected, 1, catalog.num_probes);
    examine_machine(target->modules);
    if (survey_make(&survey, target, &wish, &reason) != 0) {
        doctor_say(DOCTOR_FAIL, "probes", "%s", reason.text);
    } else {
        examine_probes(&survey.sites);
        if (survey.sites.num != 0)
            examine_sites(&survey.sites);
        for (size_t i = 0; i < survey.sites.num; i = sites_end_of_file(&survey.sites, i))
            examine_dwarf(&(search_t){target, survey.sites.list[i].module});
        examine_fields(&survey);
    }
    survey_dispose(&survey);
    free(is_selected);
}

void doctor_examine_process(pid_t pid)
{
    target_t target;
    reason_t reason;

    if (capability_may_look(pid, &reason) != 0 || target_open(&target, pid, &reason) != 0) {
        doctor_say(DOCTOR_FAIL, "process", "%s", reason.text);
        return;
    }
    doctor_say(DOCTOR_OK, "process", "%d, %zu file%s with code", (int)pid, target.num_modules, say_s(target.num_modules));
    examine(&target);
    target_close(&target);
}

void doctor_examine_file(const char *path)
{
    module_t module = {.name = realpath(path, NULL), .fd = regular_open(-1, path)};
    const target_t target = {.pidfd = -1, .modules = &module, .num_modules = 1};

    if (module.fd == -1 || module.name == NULL) {
        doctor_say(DOCTOR_FAIL, "program", "cannot open %s: %s", path, strerror(errno));
    } else {
        snprintf(module.path, sizeof(module.path), "/proc/self/fd/%d", module.fd);
        examine(&target);
    }
    if (module.fd != -1)
        close(module.fd);
    free(module.name);
}
