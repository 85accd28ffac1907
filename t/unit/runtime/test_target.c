/*
 * ASSERTION: what is known about a process is what the process knows about itself (its files, where they are mapped, the very files
 * even when their names lead elsewhere by now), and what cannot be traced is refused with a reason.
 */

#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include "usdt/target.h"
#include "lab.h"

/* Prints the address of its first segment and that of each library, then the id of a second thread. */
static const char program[] = "#define _GNU_SOURCE\n"
                              "#include <dlfcn.h>\n"
                              "#include <link.h>\n"
                              "#include <fcntl.h>\n"
                              "#include <pthread.h>\n"
                              "#include <stdio.h>\n"
                              "#include <sys/mman.h>\n"
                              "#include <sys/syscall.h>\n"
                              "#include <unistd.h>\n"
                              "static int print(struct dl_phdr_info *info, size_t size, void *arg)\n"
                              "{\n"
                              "    for (int i = 0; i < info->dlpi_phnum; ++i)\n"
                              "        if (info->dlpi_phdr[i].p_type == PT_LOAD) {\n"
                              "            unsigned long at = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;\n"
                              "            printf(\"module %lx %s\\n\", at & ~4095ul, info->dlpi_name);\n"
                              "            return 0;\n"
                              "        }\n"
                              "    return 0;\n"
                              "}\n"
                              "static void *thread(void *fd)\n"
                              "{\n"
                              "    printf(\"thread %ld\\nready\\n\", syscall(SYS_gettid));\n"
                              "    fflush(stdout);\n"
                              "    pause();\n"
                              "    return NULL;\n"
                              "}\n"
                              "int main(int argc, char **argv)\n"
                              "{\n"
                              "    char c;\n"
                              "    pthread_t tid;\n"
                              "    if (argc > 1 && dlopen(argv[1], RTLD_NOW) == NULL)\n"
                              "        return 1;\n"
                              "    if (mmap(NULL, 9, PROT_READ, MAP_PRIVATE, open(DATA, O_RDONLY), 0) == MAP_FAILED)\n"
                              "        return 1;\n"
                              "    dl_iterate_phdr(print, NULL);\n"
                              "    pthread_create(&tid, NULL, thread, NULL);\n"
                              "    return read(0, &c, 1) != 0;\n"
                              "}\n";

/* 32 bits, without a C library: says "ready", reads, exits */
static const char program32[] =
    "static long call(long n, long a, long b, long c)\n"
    "{\n"
    "    long r;\n"
    "    __asm__ volatile(\"int $0x80\" : \"=a\"(r) : \"a\"(n), \"b\"(a), \"c\"(b), \"d\"(c) : \"memory\");\n"
    "    return r;\n"
    "}\n"
    "void _start(void)\n"
    "{\n"
    "    char c;\n"
    "    call(4, 1, (long)\"ready\\n\", 6);\n"
    "    call(3, 0, (long)&c, 1);\n"
    "    call(1, 0, 0, 0);\n"
    "}\n";

static void refused(pid_t pid, const char *part, const char *what)
{
    target_t target;
    reason_t reason = {""};
    int status = target_open(&target, pid, &reason);

    ok(status == -1 && strstr(reason.text, part) != NULL, "%s: %s", what, status == -1 ? reason.text : "(opened)");
    ok(target.pidfd == -1 && target.modules == NULL, "%s: nothing is left open", what);
    target_close(&target);
}

static const module_t *find_module(const target_t *target, const char *name)
{
    for (size_t i = 0; i < target->num_modules; ++i)
        if (strcmp(target->modules[i].name, name) == 0)
            return &target->modules[i];
    return NULL;
}

/* Does the module's path lead to the file of that inode? */
static int leads_to(const module_t *module, ino_t inode)
{
    struct stat st;
    int fd, ret;

    if (module == NULL || (fd = open(module->path, O_RDONLY | O_CLOEXEC)) == -1)
        return 0;
    ret = fstat(fd, &st) == 0 && st.st_ino == inode;
    close(fd);
    return ret;
}

static ino_t inode_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* Compares the modules with what the process printed about itself. */
static void compare(const target_t *target, const char *said, const char *program_path, const char *what)
{
    char *text = strdup(said), *save = NULL;
    size_t num = 0;

    for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        uint64_t start;
        char name[512] = "", *real;
        if (sscanf(line, "module %" SCNx64 " %511[^\n]", &start, name) < 1 || strncmp(name, "linux-vdso", 10) == 0)
            continue;
        if ((real = realpath(name[0] != '\0' ? name : program_path, NULL)) == NULL)
            bail_out("realpath");
        const module_t *module = find_module(target, real);
        ++num;
        ok(module != NULL && module->start == start && module->offset == 0, "%s: a module at %" PRIx64, what, start);
        ok(leads_to(module, inode_of(real)), "%s: its path leads to it", what);
        free(real);
    }
    /* each once; all that the linker loaded was named; a file that is only read is none */
    ok(num >= 1 && target->num_modules == num, "%s: %zu modules", what, num);
    free(text);
}

static void test_modules(const char *name, const char *library, const char *what)
{
    lab_process_t process;
    target_t target;
    reason_t reason = {""};
    char *real = realpath(lab_path("%s", name), NULL);

    if (!lab_start(&process, lab_path("%s", name), library) || real == NULL) {
        ok(0, "%s: start", what);
        goto Exit;
    }
    if (!ok(target_open(&target, process.pid, &reason) == 0, "%s: open %s", what, reason.text))
        goto Exit;
    is_int(target.pid, process.pid, "pid");
    is_str(target.modules[0].name, real, "the program is the first module");
    compare(&target, process.said, real, what);

    struct pollfd pfd = {.fd = target.pidfd, .events = POLLIN};
    is_int(poll(&pfd, 1, 0), 0, "pidfd: not readable while it runs");
    kill(process.pid, SIGKILL);
    is_int(poll(&pfd, 1, LAB_TIMEOUT), 1, "pidfd: readable when it has ended");
    target_close(&target);

Exit:
    free(real);
    lab_end(&process);
}

static int skips_all_but(void *data, const mapped_file_t *file)
{
    return file->inode != *(ino_t *)data;
}

/* Some of the files of a process; a file alone; what is executed of it. */
static void test_parts(void)
{
    ino_t library = inode_of(lab_path("library.so")), none = 0;
    lab_process_t process;
    target_t target;
    reason_t reason = {""};

    if (!ok(lab_start(&process, lab_path("pie"), lab_path("library.so")), "start"))
        return;
    ok(target_open_some(&target, process.pid, skips_all_but, &library, &reason) == 0, "some files %s", reason.text);
    ok(target.num_modules == 1 && leads_to(target.modules, library), "that is the one that is wanted");
    ok(target.is_part && strstr(target.name, "/pie") != NULL, "not a whole program, but the name is that of the program");
    is_int(target_view(process.pid), process.pid, "its main thread has the memory map");
    const file_part_t *text = target.modules[0].text;
    ok(target.modules[0].num_text != 0 && text->begin < text->end, "a part of it is executed");
    ok(target_executes(target.modules, text->begin) && target_executes(target.modules, text->end - 1), "from its begin to its end");
    ok(!target_executes(target.modules, 1ull << 40), "but not what it does not have");
    target_close(&target);
    ok(target_open_some(&target, process.pid, skips_all_but, &none, &reason) == 0 && target.num_modules == 0, "no files");
    target_close(&target);
    lab_end(&process);

    ok(target_open_file(&target, lab_path("library.so"), &reason) == 0, "a file %s", reason.text);
    ok(target.num_modules == 1 && leads_to(target.modules, library) && target.pid == 0, "is that file, of no process");
    ok(!target_has_ended(&target), "so it does not end");
    target_close(&target);
    ok(target_open_file(&target, lab_path("no such file"), &reason) != 0 && strstr(reason.text, "No such file") != NULL,
       "no such file: %s", reason.text);
    ok(target_open_file(&target, "/", &reason) != 0, "no file: %s", reason.text);
}

/* `how` is done to the program's file while it runs. */
static void test_changed_file(const char *how, const char *what)
{
    lab_process_t process = {.pid = -1, .to = -1};
    target_t target;
    reason_t reason = {""};
    ino_t inode, library_inode;

    if (!lab_run("cp pie changed && cp library.so changed.so") ||
        !lab_start(&process, lab_path("changed"), lab_path("changed.so"))) {
        ok(0, "%s: start", what);
        goto Exit;
    }
    inode = inode_of(lab_path("changed"));
    library_inode = inode_of(lab_path("changed.so"));
    if (!lab_run("%s", how) || !ok(target_open(&target, process.pid, &reason) == 0, "%s: open %s", what, reason.text))
        goto Exit;
    ok(strstr(target.modules[0].name, "/changed (deleted)") != NULL, "%s: named %s", what, target.modules[0].name);
    ok(inode != 0 && leads_to(&target.modules[0], inode), "%s: the path leads to the file that runs", what);
    const module_t *library = NULL;
    for (size_t i = 0; i < target.num_modules; ++i)
        if (strstr(target.modules[i].name, "/changed.so") != NULL)
            library = &target.modules[i];
    if (geteuid() == 0) {
        ok(library_inode != 0 && leads_to(library, library_inode), "%s: that of the library too", what);
    } else {
        /* which takes a privilege; but nothing else may be opened in its place */
        ok(library != NULL && (leads_to(library, library_inode) || open(library->path, O_RDONLY) == -1), "%s: no other library",
           what);
    }
    target_close(&target);

Exit:
    lab_end(&process);
}

static void test_not_processes(void)
{
    lab_process_t process;
    siginfo_t info;
    pid_t pid;
    int tid = 0;
    FILE *fp;
    char comm[32] = "";

    refused(0, "no such process", "pid 0");
    refused(-1, "no such process", "pid -1");
    refused(INT_MAX, "no such process", "a pid that cannot be");

    if ((pid = fork()) == 0)
        _exit(0);
    if (pid == -1 || waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) != 0)
        bail_out("fork");
    refused(pid, "zombie", "a zombie");
    waitpid(pid, NULL, 0);
    refused(pid, "no such process", "a process that was");

    if (lab_start(&process, lab_path("pie"), NULL) && sscanf(strstr(process.said, "thread"), "thread %d", &tid) == 1 && tid != 0) {
        refused(tid, "is a thread of process", "a thread");
    } else {
        ok(0, "a thread");
    }
    lab_end(&process);

    if ((fp = fopen("/proc/2/comm", "r")) != NULL) {
        if (fgets(comm, sizeof(comm), fp) == NULL)
            comm[0] = '\0';
        fclose(fp);
    }
    if (strcmp(comm, "kthreadd\n") == 0) {
        refused(2, "kernel thread", "a kernel thread");
    } else {
        skip("a kernel thread", "process 2 is none here");
    }
}

static void test_32_bits(void)
{
    lab_process_t process;

    lab_write("program32.c", program32);
    if (!lab_can("gcc -m32 -O1 -ffreestanding -fno-stack-protector -fno-pie -no-pie -static -nostdlib -o program32 program32.c")) {
        skip("a 32-bit program", "gcc -m32 does not work");
        return;
    }
    if (lab_start(&process, lab_path("program32"), NULL)) {
        refused(process.pid, "32-bit", "a 32-bit program");
    } else {
        skip("a 32-bit program", "the kernel does not run them");
    }
    lab_end(&process);
}

/* The same as an ordinary user, who may not open /proc/PID/map_files. */
static void test_unprivileged(void)
{
    int status;
    pid_t pid;

    if (geteuid() != 0) {
        skip("unprivileged", "these tests are");
        return;
    }
    if (!lab_run("rm -rf changed changed.so && chown -R 65534:65534 ."))
        bail_out("chown");
    fflush(stdout);
    if ((pid = fork()) == 0) {
        tap_num = tap_num_failed = 0;
        /* its own numbers would disturb the ones of this test: only what fails is shown */
        if (freopen(lab_path("unprivileged.tap"), "w", stdout) == NULL || setgroups(0, NULL) != 0 || setgid(65534) != 0 ||
            setuid(65534) != 0)
            _exit(99);
        test_modules("pie", lab_path("library.so"), "unprivileged");
        test_changed_file("rm changed", "unprivileged, deleted");
        test_changed_file("rm changed changed.so && cp library.so changed.so", "unprivileged, library replaced");
        test_changed_file("rm changed changed.so && cp library.so 'changed.so (deleted)'", "unprivileged, library posed as");
        refused(1, "process 1", "somebody else's process");
        fflush(stdout);
        _exit(tap_num > 10 && tap_num_failed == 0 ? 0 : 1);
    }
    ok(pid != -1 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0, "unprivileged");
    char *text = lab_output("grep -A3 '^not ok' unprivileged.tap"), *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
        diag("%s", line);
    free(text);
}

int main(void)
{
    lab_init();
    lab_write("program.c", program);
    lab_write("library.c", "int library(void) { return 1; }\n");
    if (!lab_run("data=-DDATA='\"'\"$PWD/program.c\"'\"' && gcc $data -o pie program.c -pthread &&"
                 "gcc $data -no-pie -fno-pie -o fixed program.c -pthread &&"
                 "gcc -shared -fPIC -o library.so library.c && cp library.so 'with blank.so' && cp pie 'new\nline'"))
        bail_out("cannot build");
    test_modules("pie", NULL, "PIE");
    test_modules("pie", lab_path("library.so"), "PIE and dlopen");
    test_modules("pie", lab_path("with blank.so"), "a name with a blank");
    test_modules("new\nline", NULL, "a name with a newline");
    test_modules("fixed", lab_path("library.so"), "fixed address");
    test_changed_file("rm changed changed.so", "deleted");
    test_changed_file("cp pie new && mv new changed && rm changed.so && cp library.so changed.so", "replaced");
    test_parts();
    test_not_processes();
    test_32_bits();
    test_unprivileged();
    return done_testing();
}
