/*
 * ASSERTION: of a target's notes, those of the selected probes become sites, each once, in the order of modules and offsets; an
 * argument is read only where the target passes what the definition says, and what will be null or is remarkable is said, once.
 */

#include <inttypes.h>
#include "survey/sites.h"
#include "usdt/regs.h"
#include "lab.h"

#ifdef __x86_64__

/* Says where `counter` is. Its notes are written by hand: a site, and one more note of the site before. */
static const char program[] =
    "#define _GNU_SOURCE\n"
    "#include <dlfcn.h>\n"
    "#include <fcntl.h>\n"
    "#include <stdio.h>\n"
    "#include <sys/mman.h>\n"
    "#include <unistd.h>\n"
    "#define NOTE(provider, name, args) \\\n"
    "    \".pushsection .note.stapsdt,\\\"\\\",\\\"note\\\"\\n .balign 4\\n .4byte 992f-991f,994f-993f,3\\n\" \\\n"
    "    \"991: .asciz \\\"stapsdt\\\"\\n992: .balign 4\\n993: .8byte 990b,0,0\\n\" \\\n"
    "    \".asciz \\\"\" provider \"\\\",\\\"\" name \"\\\",\\\"\" args \"\\\"\\n994: .balign 4\\n .popsection\\n\"\n"
    "#define SITE(name, args) __asm__ volatile(\"990: nop\\n\" NOTE(\"lab\", name, args))\n"
    "#ifdef MANY\n"
    "void sites(void) { __asm__ volatile(\".rept 16385\\n 990: nop\\n\" NOTE(\"lab\", \"good\", \"\") \".endr\\n\"); }\n"
    "#elif defined(LIBRARY)\n"
    "void sites(void) { SITE(\"good\", \"-4@%edi 8@%rsi\"); }\n"
    "#else\n"
    "volatile int counter;\n"
    "extern char first[];\n"
    "void sites(void)\n"
    "{\n"
    "    __asm__ volatile(\".globl first\\nfirst:\");\n"
    "    SITE(\"few\", \"-4@%edi\");\n"
    "    SITE(\"good\", \"-4@%edi 8@%rsi\");\n"
    "    SITE(\"few\", \"-4@%esi\");\n"
    "    SITE(\"wide\", \"8@%rdi\");\n"
    "    SITE(\"many\", \"-4@%edi -4@%esi 8@%xmm0\");\n"
    "    SITE(\"kinds\", \"8f@%rax 8@%rdi 8f@%rsi 4f@%ecx\");\n"
    "    SITE(\"bad\", \"-4@%xmm0 -4@nothing(%rip)\");\n"
    "    SITE(\"symbol\", \"-4@counter+4(%rip)\");\n"
    "    SITE(\"text\", \"8@%rdi\");\n"
    "    SITE(\"shifted\", \"-4@%edi 8@%rsi\");\n"
    "    SITE(\"off\", \"-4@%xmm0\");\n"
    "    SITE(\"unknown\", \"-4@%xmm0\");\n"
    "    SITE(\"skipped\", \"\");\n"
    "    SITE(\"twice\", \"\");\n"
    "    __asm__ volatile(\"xor %eax,%eax\\n990: ret\\n\" NOTE(\"lab\", \"harmful\", \"\"));\n"
    "    __asm__ volatile(\"990: nop\\n\" NOTE(\"lab\", \"twice\", \"\") NOTE(\"lab\", \"twice\", \"\")\n"
    "                     NOTE(\"lab\", \"also\", \"\") NOTE(\"lab\", \"twice\", \"\") NOTE(\"other\", \"twice\", \"\"));\n"
    "}\n"
    "#endif\n"
    "#ifndef LIBRARY\n"
    "int main(int argc, char **argv)\n"
    "{\n"
    "    char c;\n"
    "    if (argc > 1 && dlopen(argv[1], RTLD_NOW) == NULL)\n"
    "        return 1;\n"
    "    if (mmap(NULL, 9, PROT_READ | PROT_EXEC, MAP_PRIVATE, open(DATA, O_RDONLY), 0) == MAP_FAILED)\n"
    "        return 1;\n"
    "#ifndef MANY\n"
    "    printf(\"%lx %lx\\n\", (unsigned long)&counter, (unsigned long)first);\n"
    "#endif\n"
    "    printf(\"ready\\n\");\n"
    "    fflush(stdout);\n"
    "    return read(0, &c, 1) != 0;\n"
    "}\n"
    "#endif\n";

/* ---- what is defined ---- */

enum { FEW, GOOD, WIDE, MANY, KINDS, BAD, SYMBOL, TEXT, OFF, TWICE, ALSO, ABSENT, HARMFUL, SHIFTED, NUM_PROBES };

#define INT(text, n)                                                                                                               \
    {                                                                                                                              \
        .declaration = text, .name = n, .size = 4, .is_signed = 1                                                                  \
    }
static const catalog_arg_t two[] = {INT("int a", "a"), INT("int", NULL)};
static const catalog_arg_t good[] = {INT("int a", "a"), {.declaration = "const char *s", .name = "s", .size = 8, .is_text = 1}};
static const catalog_arg_t text[] = {
    {.declaration = "const char *s", .name = "s", .size = 8, .is_text = 1, .gate = PG_SHOW_APPDATA}};
static const catalog_arg_t kinds[] = {INT("int i", "i"),
                                      {.declaration = "double d", .name = "d", .size = 8, .is_float = 1},
                                      {.declaration = "float f", .name = "f", .size = 4, .is_float = 1},
                                      {.declaration = "float g", .name = "g", .size = 4, .is_float = 1}};
static const catalog_arg_t shifted[] = {
    INT("int a", "a"),
    {.declaration = "const char *s", .name = "s", .size = 8, .is_text = 1, .is_copied = 1},
    {.declaration = "const char *key", .name = "key", .size = 8, .is_text = 1, .is_copied = 1, .gate = PG_SHOW_SECRETS}};
static const catalog_probe_t probes[] = {
    [FEW] = {.provider = "lab", .name = "few", .args = two, .num_args = 2},
    [GOOD] = {.provider = "lab", .name = "good", .args = good, .num_args = 2},
    [WIDE] = {.provider = "lab", .name = "wide", .args = two, .num_args = 1},
    [MANY] = {.provider = "lab", .name = "many", .args = two, .num_args = 1},
    [KINDS] = {.provider = "lab", .name = "kinds", .args = kinds, .num_args = 4},
    [BAD] = {.provider = "lab", .name = "bad", .args = two, .num_args = 2},
    [SYMBOL] = {.provider = "lab", .name = "symbol", .args = two, .num_args = 1},
    [TEXT] = {.provider = "lab", .name = "text", .args = text, .num_args = 1},
    [OFF] = {.provider = "lab", .name = "off", .args = two, .num_args = 1},
    [TWICE] = {.provider = "lab", .name = "twice"},
    [ALSO] = {.provider = "lab", .name = "also"},
    [ABSENT] = {.provider = "lab", .name = "absent"},
    [HARMFUL] = {.provider = "lab", .name = "harmful"},
    [SHIFTED] = {.provider = "lab", .name = "shifted", .args = shifted, .num_args = 3},
};
static const char *const skipped[] = {"lab:skipped", NULL};
const catalog_t catalog = {.tracer = "lab", .probes = probes, .num_probes = NUM_PROBES, .skipped = skipped};
static const char most[NUM_PROBES] = {1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1};
static const char all[NUM_PROBES] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const char *is_selected = most;

/* ---- what is said ---- */

static char warnings[4096], remarks[4096];

static void append(char *to, const char *fmt, va_list args)
{
    size_t len = strlen(to);

    len += vsnprintf(to + len, sizeof(warnings) - len - 1, fmt, args);
    strcpy(to + len, "\n");
}

static __attribute__((format(printf, 1, 2))) void warn(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    append(warnings, fmt, args);
    va_end(args);
}

static __attribute__((format(printf, 1, 2))) void remark(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    append(remarks, fmt, args);
    va_end(args);
}

/* ---- one target ---- */

static lab_process_t process;
static target_t target;
static sites_t sites;
static reason_t reason;

static int find(const char *name, const char *arg, uint32_t show, say_fn debug)
{
    warnings[0] = remarks[0] = reason.text[0] = '\0';
    if (!lab_start(&process, lab_path("%s", name), arg) || target_open(&target, process.pid, &reason) != 0)
        bail_out("cannot start a target");
    return sites_find(&sites, &target, is_selected, show, NULL, warn, debug, &reason);
}

static void end(void)
{
    sites_dispose(&sites);
    target_close(&target);
    lab_end(&process);
}

static const site_t *site_of(unsigned probe)
{
    for (size_t i = 0; i < sites.num; ++i) {
        if (sites.list[i].probe == probes + probe)
            return sites.list + i;
    }
    return NULL;
}

static unsigned flags_of(unsigned probe, unsigned arg)
{
    const site_t *site = site_of(probe);

    return site != NULL ? site->how.args[arg].flags : ~0u;
}

static void test_selection(void)
{
    static const unsigned numbers[NUM_PROBES] = {[FEW] = 2,    [GOOD] = 2, [WIDE] = 1,  [MANY] = 1, [KINDS] = 1,  [BAD] = 1,
                                                 [SYMBOL] = 1, [TEXT] = 1, [TWICE] = 2, [ALSO] = 1, [SHIFTED] = 1};
    char *library = strdup(lab_path("library.so"));
    int is_sorted = 1;

    is_int(find("program", library, 0, NULL), 0, "the sites of a program and its library are found");
    is_int(sites.num, 14, "as many as there are notes of selected probes, none twice");
    for (unsigned i = 0; i < NUM_PROBES; ++i)
        is_int(sites.of_probe[i], numbers[i], probes[i].name);
    for (size_t i = 1; i < sites.num; ++i)
        is_sorted &= sites.list[i - 1].module < sites.list[i].module || sites.list[i - 1].offset <= sites.list[i].offset;
    ok(is_sorted, "they are in the order of modules and offsets");
    if (sites.num != 0)
        is_str(sites.list[sites.num - 1].module->name, library, "the last one is the library's");
    is_str(remarks, "", "nothing is remarked when nobody wants it");
    free(library);
    end();
}

static void test_operands(void)
{
    const site_t *site;
    uint64_t counter, code;

    is_int(find("program", NULL, 0, NULL), 0, "without the library");
    ok((site = site_of(GOOD)) != NULL && site->how.probe == GOOD && site->how.num_args == 2 &&
           site->how.args[0].flags == (PG_OPERAND_READABLE | PG_OPERAND_SIGNED) && site->how.args[0].size == 4 &&
           site->how.args[1].flags == (PG_OPERAND_READABLE | PG_OPERAND_TEXT) && site->how.args[1].index == PG_REG_NONE,
       "good: a signed number of 4 bytes, a text");
    is_int(flags_of(FEW, 0), PG_OPERAND_READABLE | PG_OPERAND_SIGNED, "few: the argument that is passed");
    is_int(flags_of(FEW, 1), 0, "few: the one that is not");
    is_int(site_of(MANY)->how.num_args, 3, "many: all that are passed");
    is_int(flags_of(MANY, 2), 0, "many: what is not defined and cannot be read");
    is_int(flags_of(WIDE, 0), PG_OPERAND_READABLE, "wide: another width can be read");
    is_int(flags_of(KINDS, 0), 0, "kinds: a floating-point number for an integer cannot");
    is_int(flags_of(KINDS, 1), 0, "kinds: nor an integer for a floating-point number");
    is_int(flags_of(KINDS, 2), PG_OPERAND_READABLE, "kinds: a double for a float can");
    is_int(flags_of(KINDS, 3), PG_OPERAND_READABLE | PG_OPERAND_FLOAT, "kinds: and a float, which is made a double");
    ok(((flags_of(BAD, 0) | flags_of(BAD, 1)) & PG_OPERAND_READABLE) == 0,
       "bad: neither a vector register nor a symbol that is not there");
    /* in the process, `sites` is where its first site is, which is of `few` */
    ok(sscanf(process.said, "%" SCNx64 " %" SCNx64, &counter, &code) == 2 && (site = site_of(SYMBOL)) != NULL &&
           site->how.args[0].base == 16 && site->how.args[0].index == PG_REG_NONE &&
           code + (site->address - site_of(FEW)->address) + (uint64_t)site->how.args[0].disp == counter + 4 &&
           (site->how.args[0].flags & PG_OPERAND_DEREF),
       "symbol: its address in the process, seen from the site");
    is_int(flags_of(SHIFTED, 0), PG_OPERAND_READABLE | PG_OPERAND_SIGNED, "shifted: a number is read");
    is_int(flags_of(SHIFTED, 1), 0, "shifted: a text is not, since it may be the secret of the definition");
    is_int(flags_of(TEXT, 0), PG_OPERAND_READABLE, "text: the length of what will not be shown is not wanted");
    end();
    is_int(find("program", NULL, PG_SHOW_SECRETS, NULL), 0, "with secrets");
    is_int(flags_of(SHIFTED, 1), PG_OPERAND_READABLE | PG_OPERAND_TEXT, "shifted: now it is");
    end();
    is_int(find("program", NULL, PG_SHOW_APPDATA, NULL), 0, "with application data");
    is_int(flags_of(TEXT, 0), PG_OPERAND_READABLE | PG_OPERAND_TEXT, "text: now it is");
    end();
}

static void test_messages(void)
{
    is_int(find("program", NULL, 0, remark), 0, "with remarks");
    char *place = strstr(warnings, " at 0x"), *place_end = place != NULL ? strstr(place, "program: ") : NULL;
    if (ok(place_end != NULL, "where a site is left out is said"))
        memmove(place, place_end + strlen("program"), strlen(place_end + strlen("program")) + 1);
    is_str(
        warnings,
        "lab:kinds argument 0 (i) will be null: its operand is a floating-point number, the definition has none (8f@%rax)\n"
        "lab:kinds argument 1 (d) will be null: the definition has a floating-point number, its operand is none (8@%rdi)\n"
        "lab:bad argument 0 (a) will be null: a vector register is not supported (-4@%xmm0)\n"
        "lab:bad argument 1 will be null: its operand names a symbol that the file does not have (-4@nothing(%rip))\n"
        "lab:shifted argument 1 (s) will be null: the target passes another number of arguments, so this may be what is not to be "
        "shown (8@%rsi)\n"
        "lab:harmful is left out: at its place there is no no-op, but another instruction or the middle of one\n"
        "target and definitions differ in their probes: the target lacks 1 (lab:absent); of another number of arguments are 3 "
        "(lab:few: 1, not 2, lab:many: 3, not 1, lab:shifted: 2, not 3)\n",
        "each argument that will be null is said once, with the reason; so are sites that are left out, and what differs");
    is_int(sites.num_refused, 1, "what is left out is counted");
    char *at = strstr(remarks, " is passed over: ");
    ok(at != NULL && strstr(at, "is not an ELF file\n") != NULL && strncmp(remarks, "/", 1) != 0,
       "a file that is executed but is no ELF file is remarked, after the program");
    if (at != NULL) {
        while (at > remarks && at[-1] != '\n')
            --at;
        char *rest = strchr(at, '\n') + 1;
        memmove(at, rest, strlen(rest) + 1);
    }
    is_str(remarks,
           "lab:wide argument 0 (a) is declared as 'int a', but 8@%rdi reads 8 bytes, unsigned\n"
           "lab:kinds argument 2 (f) is declared as 'float f', but 8f@%rsi reads 8 bytes, a floating-point number\n",
           "what is remarkable is remarked");
    end();

    is_selected = all;
    is_int(find("program", NULL, 0, NULL), 0, "with all probes selected");
    ok(strstr(warnings, " probes: the target lacks 1 (lab:absent); the definitions lack 1 (lab:unknown); of another") != NULL,
       "what the definitions lack is said, too, but not what a map leaves out");
    end();
    is_selected = most;
}

static void test_limit(void)
{
    ok(find("many", NULL, 0, NULL) == -1 && strcmp(reason.text, "the target has more than 16384 sites") == 0,
       "more sites than the map has room for: %s", reason.text);
    end();
}

int main(void)
{
    lab_init();
    lab_write("program.c", program);
    if (!lab_run("data=-DDATA='\"'\"$PWD/program.c\"'\"' && gcc $data -o program program.c && gcc $data -DMANY -o many program.c &&"
                 "gcc -DLIBRARY -shared -fPIC -o library.so program.c"))
        bail_out("cannot build");
    test_selection();
    test_operands();
    test_messages();
    test_limit();
    return done_testing();
}

#else

const catalog_t catalog = {.tracer = "lab"};

int main(void)
{
    skip("sites", "the notes here are of x86-64");
    return done_testing();
}

#endif
