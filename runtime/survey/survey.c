/*
 * The files of a target are read by a worker, since whoever made them may want to keep the tracer busy, eat the machine's memory,
 * or crash the libraries that read them: a few kilobytes of debug information can stand for hours of work, and libdw ends the
 * process that it is in when memory is short. The worker has limits; the tracer waits for its answers, and may be ended by a signal
 * at any moment, since nothing holds signals back before something is attached.
 *
 * The worker sends the sites of all files first, and then, file by file, where fields are. It uses debug information for the second
 * only, which is where the danger is. So if it does not come to its end, the fields of the file that it was at are given up, and a
 * new one goes on with the next file, as long as there is time. Without sites there is nothing to trace, and that is an error.
 *
 * What comes back is checked: the rest of the tracer relies on it. The worker has no rights but to read files (rights/reader.c), so
 * whoever makes it do something else has not won much.
 */
#include <elfutils/libdwelf.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/worker.h"
#include "rights/reader.h"
#include "structs/structs.h"
#include "survey/survey.h"
#include "usdt/operand.h"

/* for all files together */
#define MAX_CPU_SECONDS 10
#define MAX_SECONDS 30
#define MAX_MEMORY (1024ull * 1024 * 1024)
#define MAX_MESSAGE (4u * 1024 * 1024)
#define MAX_BYTES (256ull * 1024 * 1024) /* of all messages */

/* after which it is said what takes so long */
#define PATIENCE 1.0
/* after which survey_wish_t.idle is called again */
#define IDLE_SECONDS 0.02

typedef enum en_message_kind_t {
    MESSAGE_SAY,      /* text */
    MESSAGE_BUILD_ID, /* bytes */
    MESSAGE_SITE,     /* site_message_t and its operands */
    MESSAGE_SITES,    /* that were all; number: of those that are left out */
    MESSAGE_FILE,     /* now fields are looked for in that one; `file` */
    MESSAGE_PATH,     /* `file`, `number` of the path; struct pg_path */
    MESSAGE_LAYOUT,   /* the same; as layout_pack() makes it */
    MESSAGE_REASON,   /* the same; text: why it is null */
    MESSAGE_KIND,     /* `file`, `number` of the struct of a connection; uint64_t: a variable of it */
    MESSAGE_FAILED,   /* text */
    MESSAGE_END,
    MESSAGE_NUM_KINDS
} message_kind_t;

typedef struct st_message_t {
    uint32_t kind, file, number, size; /* `size` bytes follow */
} message_t;

typedef struct st_site_message_t {
    uint64_t address, offset, semaphore_offset;
    uint32_t module, pad;
    struct pg_site how;
} site_message_t;

typedef struct st_surveyor_t {
    survey_t *survey;
    const target_t *target;
    const survey_wish_t *wish;
    unsigned file; /* that fields are looked for in; the first one that the next worker has to look into */
    size_t first;  /* number of its first site */
    int has_sites, has_ended, out_of_memory; /* the last: in the tracer, not in the worker */
    int fd;                                  /* the worker's answer */
    double begun;
    unsigned long cpu_before; /* see cpu_seconds() */
    int has_told;             /* that it takes long */
    int is_given_up;
    uint64_t num_bytes;
    char *bytes; /* of a message, and a NUL */
    reason_t *reason;
} surveyor_t;

/* ---- in the worker ---- */

/* functions that say something do not know where to; the worker is a process of its own and has one answer */
static FILE *answer;

static void send(message_t message, const void *bytes)
{
    fwrite(&message, sizeof(message), 1, answer);
    if (message.size != 0)
        fwrite(bytes, 1, message.size, answer);
    if (message.kind != MESSAGE_SITE)
        fflush(answer);
}

static void send_text(message_t message, const char *text)
{
    size_t size = strlen(text);

    message.size = size < MAX_MESSAGE ? size : MAX_MESSAGE;
    send(message, text);
}

static __attribute__((format(printf, 1, 2))) void send_saying(const char *fmt, ...)
{
    char *text;
    va_list args;

    va_start(args, fmt);
    int len = vasprintf(&text, fmt, args);
    va_end(args);
    if (len != -1) {
        send_text((message_t){.kind = MESSAGE_SAY}, text);
        free(text);
    }
}

static void send_site(const surveyor_t *surveyor, const site_t *site)
{
    site_message_t fixed = {.address = site->address,
                            .offset = site->offset,
                            .semaphore_offset = site->semaphore_offset,
                            .module = site->module - surveyor->target->modules,
                            .how = site->how};
    size_t args_size = strlen(site->args);
    message_t message = {.kind = MESSAGE_SITE};

    args_size = args_size < MAX_MESSAGE - sizeof(fixed) ? args_size : MAX_MESSAGE - sizeof(fixed);
    message.size = sizeof(fixed) + args_size;
    fwrite(&message, sizeof(message), 1, answer);
    fwrite(&fixed, sizeof(fixed), 1, answer);
    fwrite(site->args, 1, args_size, answer);
}

/* Of the program itself. */
static void find_build_id(const surveyor_t *surveyor)
{
    int fd = surveyor->target->num_modules != 0 ? surveyor->target->modules[0].fd : -1;
    const void *bytes;

    elf_version(EV_CURRENT);
    Elf *elf = fd != -1 ? elf_begin(fd, ELF_C_READ_MMAP, NULL) : NULL;
    ssize_t size = elf != NULL ? dwelf_elf_gnu_build_id(elf, &bytes) : -1;
    if (size > 0 && size <= SURVEY_MAX_BUILD_ID)
        send((message_t){.kind = MESSAGE_BUILD_ID, .size = (uint32_t)size}, bytes);
    elf_end(elf);
}

/* Of the probes that tell of no connection those that there are. */
static void say_left_out(const sites_t *sites, const char *is_left_out)
{
    unsigned num = 0;
    char *names = NULL;
    size_t size;
    FILE *to = open_memstream(&names, &size);

    for (unsigned i = 0; to != NULL && i < catalog.num_probes; ++i) {
        if (is_left_out[i] && sites->is_there[i])
            fprintf(to, "%s%s:%s", num++ == 0 ? "" : ", ", catalog.probes[i].provider, catalog.probes[i].name);
    }
    if (to != NULL && fclose(to) == 0 && num != 0)
        send_saying("%u %s left out, since nothing tells which connection their events are of: %s", num,
                    num == 1 ? "probe is" : "probes are", names);
    free(names);
}

static int find_sites(surveyor_t *surveyor)
{
    sites_t *sites = &surveyor->survey->sites;
    reason_t reason;

    if (sites_find(sites, surveyor->target, surveyor->wish->is_selected, surveyor->wish->show, surveyor->wish->reads, send_saying,
                   surveyor->wish->is_detailed ? send_saying : NULL, &reason) != 0) {
        send_text((message_t){.kind = MESSAGE_FAILED}, reason.text);
        return -1;
    }
    if (surveyor->wish->is_left_out != NULL)
        say_left_out(sites, surveyor->wish->is_left_out);
    for (size_t i = 0; i < sites->num; ++i)
        send_site(surveyor, sites->list + i);
    send((message_t){.kind = MESSAGE_SITES, .number = sites->num_refused}, NULL);
    return 0;
}

static void send_layout(message_t message, const layout_t *layout)
{
    size_t size;
    char *bytes = layout_pack(layout, &size);

    if (bytes == NULL)
        _exit(1); /* as libdw does when memory is short */
    if (size <= MAX_MESSAGE) {
        message.kind = MESSAGE_LAYOUT;
        message.size = size;
        send(message, bytes);
    } else {
        message.kind = MESSAGE_REASON;
        send_text(message, "the struct has too many members");
    }
    free(bytes);
}

static void find_field(structs_t *structs, size_t module, unsigned file, unsigned number)
{
    message_t message = {.kind = MESSAGE_PATH, .file = file, .number = number, .size = sizeof(struct pg_path)};
    layout_t layout = {0};
    struct pg_path path;
    reason_t reason;

    if (fields_find(structs, module, number, &path, &layout, &reason) != 0) {
        message.kind = MESSAGE_REASON;
        send_text(message, reason.text);
    } else if (layout.size != 0) {
        send_layout(message, &layout);
    } else {
        send(message, &path);
    }
    layout_dispose(&layout);
}

/* The variables that tell of which struct another one is a part. */
static void find_kinds(structs_t *structs, size_t module, unsigned file)
{
    for (unsigned i = 0; i < catalog.num_connections; ++i) {
        uint64_t addresses[KINDS_MAX_VARIABLES];
        reason_t unused;
        int num = kinds_find(structs, module, i, addresses, &unused);
        for (int j = 0; j < num; ++j)
            send((message_t){.kind = MESSAGE_KIND, .file = file, .number = i, .size = sizeof(*addresses)}, addresses + j);
    }
}

static void find_fields(const surveyor_t *surveyor)
{
    const sites_t *sites = &surveyor->survey->sites;
    structs_t *structs = structs_open(surveyor->target);
    unsigned file = surveyor->file;

    if (structs == NULL)
        _exit(1);
    for (size_t first = surveyor->first; first < sites->num; first = sites_end_of_file(sites, first), ++file) {
        size_t module = sites->list[first].module - surveyor->target->modules;
        send((message_t){.kind = MESSAGE_FILE, .file = file}, NULL);
        for (unsigned i = 0; i < catalog.num_paths; ++i) {
            if (fields_are_needed(sites, first, i, surveyor->wish->by_connection))
                find_field(structs, module, file, i);
        }
        if (surveyor->wish->by_connection)
            find_kinds(structs, module, file);
    }
}

static void work(FILE *to, void *arg)
{
    surveyor_t *surveyor = arg;

    target_t target = *surveyor->target; /* its root is another path, for us */

    answer = to;
    surveyor->target = &target;
    if (reader_drop(target.root, sizeof(target.root)) != 0) {
        send_saying("cannot give up the rights that reading a target's files does not need: %s", strerror(errno));
        return;
    }
    worker_limit_memory(MAX_MEMORY);
    if (!surveyor->has_sites && find_sites(surveyor) != 0)
        return;
    if (!surveyor->wish->sites_only && surveyor->survey->build_id[0] == '\0')
        find_build_id(surveyor);
    if (!surveyor->wish->sites_only)
        find_fields(surveyor);
    send((message_t){.kind = MESSAGE_END}, NULL);
}

/* ---- in the tracer: what comes ---- */

/* What is good may be more than there is memory for. */
static int kept(surveyor_t *surveyor, int is_kept)
{
    surveyor->out_of_memory |= !is_kept;
    return is_kept ? 0 : -1;
}

static int take_site(surveyor_t *surveyor, const message_t *message)
{
    sites_t *sites = &surveyor->survey->sites;
    const site_t *last = sites->num != 0 ? sites->list + sites->num - 1 : NULL;
    site_message_t fixed;
    int hides = 0, is_sound = 1;

    if (surveyor->has_sites || message->size < sizeof(fixed) || sites->num == PG_MAX_SITES)
        return -1;
    memcpy(&fixed, surveyor->bytes, sizeof(fixed));
    if (fixed.how.probe >= catalog.num_probes || fixed.module >= surveyor->target->num_modules || fixed.how.num_args > PG_MAX_ARGS)
        return -1;
    site_t site = {.probe = catalog.probes + fixed.how.probe,
                   .module = surveyor->target->modules + fixed.module,
                   .address = fixed.address,
                   .offset = fixed.offset,
                   .semaphore_offset = fixed.semaphore_offset,
                   .how = fixed.how};
    for (unsigned i = 0; i < site.probe->num_args; ++i)
        hides |= (site.how.args[i].flags & PG_OPERAND_TEXT) && (site.probe->args[i].gate & ~surveyor->wish->show) != 0;
    for (unsigned i = 0; i < PG_MAX_ARGS; ++i)
        is_sound &= operand_is_sound(site.how.args + i);
    if (hides || !is_sound || !surveyor->wish->is_selected[site.how.probe] ||
        (last != NULL && (site.module < last->module || (site.module == last->module && site.offset < last->offset))))
        return -1;
    return kept(surveyor, sites_add(sites, &site, surveyor->bytes + sizeof(fixed)) == 0);
}

static int take_end_of_sites(surveyor_t *surveyor, const message_t *message)
{
    if (surveyor->has_sites)
        return -1;
    surveyor->has_sites = 1;
    surveyor->survey->sites.num_refused = message->number;
    return kept(surveyor, fields_init(&surveyor->survey->fields, &surveyor->survey->sites) == 0);
}

static int take_file(surveyor_t *surveyor, const message_t *message)
{
    const sites_t *sites = &surveyor->survey->sites;

    if (!surveyor->has_sites || message->file >= surveyor->survey->fields.num_files || message->file < surveyor->file)
        return -1;
    for (; surveyor->file < message->file; ++surveyor->file)
        surveyor->first = sites_end_of_file(sites, surveyor->first);
    return 0;
}

/* Of a message about a field of the file that the worker is at: its number among all; -1: it is none. */
static long field_of(const surveyor_t *surveyor, const message_t *message)
{
    if (!surveyor->has_sites || message->file != surveyor->file || message->file >= surveyor->survey->fields.num_files ||
        message->number >= catalog.num_paths)
        return -1;
    return (long)message->file * catalog.num_paths + message->number;
}

static int take_path(surveyor_t *surveyor, const message_t *message)
{
    long at = field_of(surveyor, message);
    struct pg_path path;

    if (at == -1 || message->size != sizeof(path) || catalog.paths[message->number].kind == CATALOG_WHOLE)
        return -1;
    memcpy(&path, surveyor->bytes, sizeof(path));
    if (!structs_path_is_sound(&path))
        return -1;
    surveyor->survey->fields.paths[at] = path;
    return 0;
}

static int take_layout(surveyor_t *surveyor, const message_t *message)
{
    fields_t *fields = &surveyor->survey->fields;
    long at = field_of(surveyor, message);

    if (at == -1 || catalog.paths[message->number].kind != CATALOG_WHOLE || fields->layouts[at].size != 0 ||
        layout_unpack(fields->layouts + at, surveyor->bytes, message->size) != 0)
        return -1;
    fields->paths[at] = (struct pg_path){.whole_size = fields->layouts[at].size};
    return 0;
}

static int take_reason(surveyor_t *surveyor, const message_t *message)
{
    fields_t *fields = &surveyor->survey->fields;
    long at = field_of(surveyor, message);

    if (at == -1 || fields->reasons[at] != NULL)
        return -1;
    return kept(surveyor, (fields->reasons[at] = strdup(surveyor->bytes)) != NULL);
}

static int take_kind(surveyor_t *surveyor, const message_t *message)
{
    kind_t kind = {.file = message->file, .connection = message->number};

    if (!surveyor->has_sites || message->file != surveyor->file || message->number >= catalog.num_connections ||
        message->size != sizeof(kind.address) || surveyor->survey->kinds.num == KINDS_MAX)
        return -1;
    memcpy(&kind.address, surveyor->bytes, sizeof(kind.address));
    return kept(surveyor, kinds_add(&surveyor->survey->kinds, &kind) == 0);
}

static int take_saying(surveyor_t *surveyor, const message_t *message)
{
    (void)message;
    surveyor->wish->say("%s", surveyor->bytes);
    return 0;
}

static int take_build_id(surveyor_t *surveyor, const message_t *message)
{
    if (message->size > SURVEY_MAX_BUILD_ID)
        return -1;
    for (uint32_t i = 0; i < message->size; ++i)
        sprintf(surveyor->survey->build_id + 2 * i, "%02x", (unsigned char)surveyor->bytes[i]);
    return 0;
}

static int take_failure(surveyor_t *surveyor, const message_t *message)
{
    (void)message;
    surveyor->has_ended = 1;
    return reason_set(surveyor->reason, "%s", surveyor->bytes);
}

static int take_end(surveyor_t *surveyor, const message_t *message)
{
    (void)message;
    surveyor->has_ended = surveyor->has_sites;
    return -1;
}

static int (*const takers[MESSAGE_NUM_KINDS])(surveyor_t *surveyor, const message_t *message) = {
    [MESSAGE_SAY] = take_saying,    [MESSAGE_SITE] = take_site,         [MESSAGE_SITES] = take_end_of_sites,
    [MESSAGE_FILE] = take_file,     [MESSAGE_PATH] = take_path,         [MESSAGE_LAYOUT] = take_layout,
    [MESSAGE_REASON] = take_reason, [MESSAGE_KIND] = take_kind,         [MESSAGE_FAILED] = take_failure,
    [MESSAGE_END] = take_end,       [MESSAGE_BUILD_ID] = take_build_id,
};

/* ---- in the tracer: waiting for it ---- */

static void tell(surveyor_t *surveyor)
{
    surveyor->has_told = 1;
    if (surveyor->has_sites && surveyor->first < surveyor->survey->sites.num)
        tracer_say("looking for fields of structs in the debug information of %s",
                   surveyor->survey->sites.list[surveyor->first].module->name);
    else
        tracer_say("looking for sites in the files of %s", surveyor->target->name);
}

/* Seconds that may pass until something else has to be done. @param until a time since the begin */
static double to_wait(const surveyor_t *surveyor, double until)
{
    double left = until - (clock_now() - surveyor->begun);

    return surveyor->wish->idle != NULL && left > IDLE_SECONDS ? IDLE_SECONDS : left;
}

/* Fails when the worker, the target or the time has ended. */
static int receive(surveyor_t *surveyor, void *to, size_t size)
{
    struct pollfd fds[] = {{.fd = surveyor->fd, .events = POLLIN}, {.fd = surveyor->target->pidfd, .events = POLLIN}};

    for (char *p = to, *end = p + size; p != end;) {
        double until = surveyor->has_told ? MAX_SECONDS : PATIENCE, left = to_wait(surveyor, until);
        int num = left > 0 ? poll(fds, 2, (int)(left * 1000) + 1) : 0;
        if (surveyor->wish->idle != NULL && surveyor->wish->idle(surveyor->wish->data) != 0)
            surveyor->is_given_up = 1;
        if (surveyor->is_given_up || (num == 0 && left <= 0 && surveyor->has_told))
            return -1;
        if (num == 0 && left <= 0)
            tell(surveyor);
        if (num <= 0)
            continue;
        ssize_t got = fds[1].revents == 0 ? read(surveyor->fd, p, end - p) : 0;
        if (got <= 0)
            return -1;
        p += got;
    }
    return 0;
}

static int take_message(surveyor_t *surveyor)
{
    message_t message;
    int result;

    if (receive(surveyor, &message, sizeof(message)) != 0 || message.kind >= MESSAGE_NUM_KINDS || message.size > MAX_MESSAGE ||
        (surveyor->num_bytes += message.size) > MAX_BYTES ||
        kept(surveyor, (surveyor->bytes = malloc(message.size + 1)) != NULL) != 0)
        return -1;
    if ((result = receive(surveyor, surveyor->bytes, message.size)) == 0) {
        surveyor->bytes[message.size] = '\0';
        result = takers[message.kind](surveyor, &message);
    }
    free(surveyor->bytes);
    return result;
}

/* ---- in the tracer: workers, one after the other ---- */

/* Whole seconds that are left; of the machine's time, and of a processor's. */
static unsigned seconds_left(const surveyor_t *surveyor)
{
    double left = surveyor->begun + MAX_SECONDS - clock_now();

    return left > 0 ? (unsigned)left + 1 : 0;
}

/* Seconds of a processor that our children have taken, as far as they have ended. */
static unsigned long cpu_seconds(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_CHILDREN, &usage) == 0 ? (unsigned long)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) : 0;
}

static unsigned cpu_seconds_left(const surveyor_t *surveyor)
{
    unsigned long used = cpu_seconds() - surveyor->cpu_before;

    return used < MAX_CPU_SECONDS ? MAX_CPU_SECONDS - used : 0;
}

/* One worker. Returns whether it has come to its end; if not, why that is. */
static int ask(surveyor_t *surveyor, reason_t *why)
{
    worker_t worker;

    if (seconds_left(surveyor) == 0 || cpu_seconds_left(surveyor) == 0) {
        reason_set(why, "there was no time left");
        return 0;
    }
    if (worker_start(&worker, cpu_seconds_left(surveyor), seconds_left(surveyor), work, surveyor) != 0) {
        reason_set(why, "cannot start a process: %s", strerror(errno));
        return 0;
    }
    surveyor->fd = fileno(worker.answer);
    while (take_message(surveyor) == 0)
        ;
    int is_late = seconds_left(surveyor) == 0;
    worker_end_t end = worker_end(&worker);
    if (is_late || end == WORKER_TOO_LONG)
        reason_set(why, "it takes too long: after %d seconds of work, or %d in all, it is given up", MAX_CPU_SECONDS, MAX_SECONDS);
    else
        reason_set(why, "that failed; the file is damaged, or needs more than %llu MB of memory", MAX_MEMORY >> 20);
    return surveyor->has_ended;
}

/* Gives up the file that a worker could not cope with. */
static int give_up(surveyor_t *surveyor, const reason_t *why)
{
    survey_t *survey = surveyor->survey;
    const sites_t *sites = &survey->sites;
    reason_t reason;

    if (surveyor->first == sites->num)
        return 0;
    reason_set(&reason, "looking for it in debug information: %s", why->text);
    if (fields_give_up(&survey->fields, sites, surveyor->file, surveyor->first, surveyor->wish->by_connection, reason.text) != 0)
        return reason_set(surveyor->reason, "out of memory");
    surveyor->first = sites_end_of_file(sites, surveyor->first);
    ++surveyor->file;
    return 0;
}

static int ask_until_end(surveyor_t *surveyor)
{
    reason_t why;

    surveyor->reason->text[0] = '\0';
    while (!ask(surveyor, &why)) {
        if (surveyor->out_of_memory)
            return reason_set(surveyor->reason, "out of memory");
        if (surveyor->is_given_up)
            return reason_set(surveyor->reason, "given up");
        if (target_has_ended(surveyor->target))
            return reason_set(surveyor->reason, "process %d has ended", (int)surveyor->target->pid);
        if (!surveyor->has_sites)
            return reason_set(surveyor->reason, "cannot read the files of %s: %s", surveyor->target->name, why.text);
        if (give_up(surveyor, &why) != 0)
            return -1;
        if (surveyor->first == surveyor->survey->sites.num)
            break;
    }
    return surveyor->reason->text[0] == '\0' ? 0 : -1;
}

int survey_make(survey_t *survey, const target_t *target, const survey_wish_t *wish, reason_t *reason)
{
    surveyor_t surveyor = {
        .survey = survey, .target = target, .wish = wish, .begun = clock_now(), .cpu_before = cpu_seconds(), .reason = reason};

    *survey = (survey_t){.sites.num = 0};
    if (sites_init(&survey->sites) != 0)
        return reason_set(reason, "out of memory");
    if (ask_until_end(&surveyor) != 0)
        return -1;
    if (!wish->sites_only)
        fields_say_null(&survey->fields, &survey->sites, wish->say);
    return 0;
}

void survey_dispose(survey_t *survey)
{
    sites_dispose(&survey->sites);
    kinds_dispose(&survey->kinds);
    fields_dispose(&survey->fields);
}
