/*
 * Fires the probes of 91operands.t, which writes fire_forms() in assembly: once for each line on standard input. At first it tells
 * the address of the memory that they read, and then each time the stack pointer that they had and whether somebody listens to the
 * one with a semaphore: "fired 1 0x7ffd12345678 1". With an argument they are in a library that is loaded at run time.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef LOAD
#define SYMBOL(type, name) type *name = find(#name)

static void *find(const char *name)
{
    static void *library;
    void *p;

    if (library == NULL && (library = dlopen(LOAD, RTLD_NOW)) == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    if ((p = dlsym(library, name)) == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    return p;
}
#else
#define SYMBOL(type, name) type *name = &name##_
void fire_forms_(void) __asm__("fire_forms");
extern char block_ __asm__("block");
extern void *forms_sp_ __asm__("forms_sp");
extern unsigned short forms_semaphore_ __asm__("forms_semaphore");
#endif

typedef void fire_fn(void);

int main(void)
{
    SYMBOL(fire_fn, fire_forms);
    SYMBOL(char, block);
    SYMBOL(void *, forms_sp);
    SYMBOL(unsigned short, forms_semaphore);
    char line[64];

    printf("block %p\n", (void *)block);
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        fire_forms();
        printf("fired 1 %p %u\n", *forms_sp, *forms_semaphore);
        fflush(stdout);
    }
    return 0;
}
