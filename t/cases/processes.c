/*
 * A service of several processes. With arguments, "fire WHO N" fires N times and ends, "tick WHO" fires until it is ended, or until
 * whoever started it ends. Without any it is the master, which obeys commands on standard input and answers each with a line:
 *
 *     fire N           fires itself, as "master"
 *     enabled          whether somebody listens
 *     fork N           a child fires, and has a child that fires; both have ended then. "forked PID"
 *     worker           a child that ticks. "worker PID"
 *     spawn PROGRAM N  a child that executes "PROGRAM fire spawned N" at once, and has ended then. "spawned PID"
 *     start PROGRAM    a child that executes "PROGRAM tick started". "started PID"
 *     become PROGRAM   executes it as another master. "became"
 *     pass PROGRAM     the same by another thread, which becomes the main one by that. "passed"
 *     load LIBRARY     loads it; "plugin N" fires in it; "unload"
 *     hide N           after "load": moves its own code to anonymous memory
 *     leave            the main thread ends, and another one obeys
 *     exit N, die N    ends so: with this status, by this signal
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "processes.h"

static void *library;

static void fire(const char *who, int num)
{
    for (int i = 0; i < num; ++i)
        SERVICE_STEP(who, i);
}

static void tick(const char *who)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; getppid() != 1; ++i) {
        SERVICE_STEP(who, i);
        usleep(5000);
    }
    exit(0);
}

static pid_t fire_in_family(int num)
{
    pid_t pid = fork();

    if (pid == 0) {
        fire("child", num);
        pid_t grandchild = fork();
        if (grandchild == 0) {
            fire("grandchild", num);
            _exit(0);
        }
        waitpid(grandchild, NULL, 0);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    return pid;
}

static pid_t start(const char *program, const char *what, const char *who, const char *num)
{
    pid_t pid = fork();

    if (pid == 0) {
        execl(program, program, what, who, num, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static void *become(void *path)
{
    execl(path, path, (char *)NULL);
    _exit(127);
}

static void pass(char *path)
{
    pthread_t thread;

    pthread_create(&thread, NULL, become, path);
    pthread_join(thread, NULL);
}

static void call(const char *name, int num)
{
    void (*fn)(int) = NULL;

    *(void **)&fn = library != NULL ? dlsym(library, name) : NULL;
    if (fn != NULL)
        fn(num);
    printf("plugin %d\n", fn != NULL ? num : -1);
}

static void obey(const char *line)
{
    char path[512], num[16];
    int n;
    pid_t pid;

    if (sscanf(line, "fire %d", &n) == 1) {
        fire("master", n);
        printf("fired %d\n", n);
    } else if (strcmp(line, "enabled") == 0) {
        printf("enabled %d\n", SERVICE_STEP_ENABLED() != 0);
    } else if (sscanf(line, "fork %d", &n) == 1) {
        printf("forked %d\n", (int)fire_in_family(n));
    } else if (strcmp(line, "worker") == 0) {
        if ((pid = fork()) == 0)
            tick("worker");
        printf("worker %d\n", (int)pid);
    } else if (sscanf(line, "spawn %511s %15s", path, num) == 2) {
        pid = start(path, "fire", "spawned", num);
        waitpid(pid, NULL, 0);
        printf("spawned %d\n", (int)pid);
    } else if (sscanf(line, "start %511s", path) == 1) {
        printf("started %d\n", (int)start(path, "tick", "started", NULL));
    } else if (sscanf(line, "become %511s", path) == 1) {
        puts("became");
        execl(path, path, (char *)NULL);
    } else if (sscanf(line, "pass %511s", path) == 1) {
        puts("passed");
        pass(path);
    } else if (sscanf(line, "load %511s", path) == 1) {
        printf("loaded %d\n", (library = dlopen(path, RTLD_NOW)) != NULL);
    } else if (strcmp(line, "unload") == 0) {
        printf("unloaded %d\n", dlclose(library));
        library = NULL;
    } else if (sscanf(line, "plugin %d", &n) == 1) {
        call("plugin", n);
    } else if (sscanf(line, "hide %d", &n) == 1) {
        call("hide", n);
    } else if (sscanf(line, "exit %d", &n) == 1) {
        exit(n);
    } else if (sscanf(line, "die %d", &n) == 1) {
        raise(n);
    } else {
        puts("what?");
    }
}

static void *obey_all(void *arg)
{
    char line[1024];

    /* byte by byte: what follows may be for another program */
    setvbuf(stdin, NULL, _IONBF, 0);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "leave") == 0) {
            pthread_t thread;
            pthread_create(&thread, NULL, obey_all, arg);
            puts("left");
            pthread_exit(NULL);
        }
        obey(line);
    }
    exit(0);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 4 && strcmp(argv[1], "fire") == 0)
        fire(argv[2], atoi(argv[3]));
    else if (argc == 3 && strcmp(argv[1], "tick") == 0)
        tick(argv[2]);
    else
        obey_all(NULL);
    return 0;
}
