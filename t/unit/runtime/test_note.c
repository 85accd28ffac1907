/*
 * ASSERTION: the notes of a file are read as readelf(1) prints them, with the file offsets that the program headers give; and a
 * file that is damaged in any byte that matters makes nothing crash and yields no site outside of the file.
 */

#include <elf.h>
#include <inttypes.h>
#include <stdint.h>
#include <sys/mman.h>
#include "usdt/note.h"
#include "lab.h"

static const char source[] =
    "#ifdef SEMAPHORES\n"
    "#define _SDT_HAS_SEMAPHORES 1\n"
    "#endif\n"
    "#include <sys/sdt.h>\n"
    "#ifdef SEMAPHORES\n"
    "unsigned short lab_none_semaphore __attribute__((section(\".probes\"))) = 0x5ea0;\n"
    "unsigned short lab_args_semaphore __attribute__((section(\".probes\"))) = 0x5ea1;\n"
    "unsigned short other_twice_semaphore __attribute__((section(\".probes\"))) = 0x5ea2;\n"
    "#endif\n"
    "volatile int counter = 7;\n"
    "static volatile long table[4] = {1, 2, 3, 4};\n"
    "__thread int local;\n"
    "static volatile struct { long a, b; } s;\n"
    "static __attribute__((noinline)) long work(const char *p, int i, unsigned char c, short w)\n"
    "{\n"
    "    DTRACE_PROBE(lab, none);\n"
    "    STAP_PROBE6(lab, args, p, i, c, w, counter, table[i & 3]);\n"
    "    STAP_PROBE2(other, twice, 1, -5L);\n"
    "    s.b = i;\n"
    "    STAP_PROBE12(other, twice, s.a, s.b, i, i + 1L, c, w, p, &p, 0x123456789abcL, table[1], (char)3, sizeof(p));\n"
    "    return p[0] + i + c + w;\n"
    "}\n"
    "#ifdef BARE\n"
    "void _start(void) { work(\"x\", 1, 2, 3); for (;;) ; }\n"
    "#else\n"
    "int main(int argc, char **argv) { local = argc; return work(argv[0], argc, 2, 3) == 0; }\n"
    "#endif\n";

/* ---- the witness ---- */

typedef struct st_witness_t {
    char provider[64], name[64], args[512];
    uint64_t location, semaphore;
} witness_t;

typedef struct st_load_t {
    uint64_t offset, vaddr, filesz;
} load_t;

/* readelf -n */
static size_t witness_notes(const char *file, witness_t *list, size_t max)
{
    char *text = lab_output("readelf -nW '%s' 2>/dev/null", file), *save = NULL;
    size_t num = 0;

    memset(list, 0, max * sizeof(list[0]));

    for (char *line = strtok_r(text, "\n", &save); line != NULL && num < max; line = strtok_r(NULL, "\n", &save)) {
        uint64_t base;
        char *provider = strstr(line, "Provider: "), *args = strstr(line, "Arguments:");
        if ((provider != NULL && sscanf(provider, "Provider: %63s", list[num].provider) == 1) ||
            sscanf(line, " Name: %63s", list[num].name) == 1 ||
            sscanf(line, " Location: %" SCNx64 ", Base: %" SCNx64 ", Semaphore: %" SCNx64, &list[num].location, &base,
                   &list[num].semaphore) == 3)
            continue;
        if (args != NULL) {
            args += strlen("Arguments:");
            args += strspn(args, " ");
            snprintf(list[num].args, sizeof(list[num].args), "%s", args);
            ++num;
        }
    }
    free(text);
    return num;
}

/* readelf -l */
static size_t witness_loads(const char *file, load_t *list, size_t max)
{
    char *text = lab_output("readelf -lW '%s' 2>/dev/null", file), *save = NULL;
    size_t num = 0;

    for (char *line = strtok_r(text, "\n", &save); line != NULL && num < max; line = strtok_r(NULL, "\n", &save)) {
        uint64_t paddr;
        if (sscanf(line, " LOAD %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64, &list[num].offset, &list[num].vaddr, &paddr,
                   &list[num].filesz) == 4)
            ++num;
    }
    free(text);
    return num;
}

static uint64_t witness_offset(const load_t *loads, size_t num, uint64_t address)
{
    for (size_t i = 0; i < num; ++i)
        if (loads[i].vaddr <= address && address < loads[i].vaddr + loads[i].filesz)
            return address - loads[i].vaddr + loads[i].offset;
    return UINT64_MAX;
}

/* ---- whole files ---- */

static unsigned char *read_file(const char *path, size_t *size)
{
    FILE *fp = fopen(path, "r");
    unsigned char *bytes = malloc(1 << 24);

    if (fp == NULL || bytes == NULL || (*size = fread(bytes, 1, 1 << 24, fp)) == 0)
        bail_out("cannot read a file");
    fclose(fp);
    return bytes;
}

static void test_file(const char *what, const char *name, int has_semaphores, unsigned machine, int is_64)
{
    static witness_t witness[16];
    load_t loads[16];
    notes_t notes;
    reason_t reason = {""};
    size_t num = witness_notes(name, witness, 16), num_loads = witness_loads(name, loads, 16), file_size;
    unsigned char *bytes = read_file(lab_path("%s", name), &file_size);
    int read = notes_read(&notes, lab_path("%s", name), &reason);

    ok(read == 0, "%s: read (%s)", what, reason.text);
    if (read != 0) {
        free(bytes);
        return;
    }
    ok(num == 4 && notes.num == num && notes.num_broken == 0, "%s: as many notes as readelf finds (%zu)", what, num);
    ok(notes.machine == machine && notes.is_64 == is_64, "%s: machine and class", what);
    for (size_t i = 0; i < num && i < notes.num; ++i) {
        const note_t *note = &notes.list[i];
        ok(strcmp(note->provider, witness[i].provider) == 0 && strcmp(note->name, witness[i].name) == 0 &&
               strcmp(note->args, witness[i].args) == 0,
           "%s: %s:%s %s", what, witness[i].provider, witness[i].name, witness[i].args);
        ok(note->pc == witness[i].location && note->offset == witness_offset(loads, num_loads, note->pc),
           "%s: location and its offset", what);
        ok(note->offset < file_size && bytes[note->offset] == 0x90, "%s: there is a nop", what);
        ok((note->semaphore_offset != 0) == has_semaphores && (witness[i].semaphore != 0) == has_semaphores, "%s: semaphore", what);
        if (has_semaphores) {
            uint16_t value = 0;
            ok(note->semaphore_offset == witness_offset(loads, num_loads, witness[i].semaphore), "%s: offset of the semaphore",
               what);
            if (note->semaphore_offset + sizeof(value) <= file_size)
                memcpy(&value, bytes + note->semaphore_offset, sizeof(value));
            ok(value == 0x5ea0 + (i < 2 ? i : 2), "%s: there is the semaphore's initial value", what);
        }
    }
    notes_dispose(&notes);
    free(bytes);
}

static void test_builds(void)
{
    struct build {
        const char *what, *command;
        int has_semaphores;
    } builds[] = {
        {"PIE", "gcc -O2 -o %s -pie -fPIE p.c", 0},
        {"PIE with semaphores", "gcc -O2 -DSEMAPHORES -pie -fPIE -o %s p.c", 1},
        {"fixed address", "gcc -O1 -DSEMAPHORES -no-pie -fno-pie -o %s p.c", 1},
        {"not optimised", "gcc -O0 -DSEMAPHORES -no-pie -fno-pie -o %s p.c", 1},
        {"shared library", "gcc -O2 -DSEMAPHORES -shared -fPIC -o %s p.c", 1},
        {"stripped", "gcc -O2 -DSEMAPHORES -s -o %s p.c", 1},
        {"static", "gcc -O2 -DSEMAPHORES -static -o %s p.c", 1},
        {"text segment apart", "gcc -O2 -DSEMAPHORES -Wl,-z,separate-code,-z,max-page-size=0x10000 -o %s p.c", 1},
        {"clang", "clang -O2 -DSEMAPHORES -o %s p.c", 1},
    };

    for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); ++i) {
        char name[32], command[512];
        snprintf(name, sizeof(name), "build%zu", i);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(command, sizeof(command), builds[i].command, name);
#pragma GCC diagnostic pop
        if (strncmp(command, "clang", 5) == 0 && !lab_can("clang --version")) {
            skip(builds[i].what, "no clang");
        } else if (!lab_run("%s", command)) {
            ok(0, "%s: build", builds[i].what);
        } else {
            test_file(builds[i].what, name, builds[i].has_semaphores, EM_X86_64, 1);
        }
    }
    /* without a C library for 32 bits the headers are still there */
    if (lab_can("gcc -m32 -O2 -DSEMAPHORES -DBARE -nostdlib -static -fno-pie -no-pie -fno-stack-protector -isystem "
                "/usr/include/$(gcc -print-multiarch) -Wl,-e,_start -o build32 p.c")) {
        test_file("32 bits", "build32", 1, EM_386, 0);
    } else {
        skip("32 bits", "gcc -m32 does not work");
    }
}

/* ---- symbols ---- */

/* What nm says of the first symbol that a pattern of grep finds. */
static uint64_t address_of(const char *file, const char *pattern)
{
    char *text = lab_output("nm '%s' | grep '%s'", file, pattern);
    uint64_t address = 0;

    sscanf(text, "%" SCNx64, &address);
    free(text);
    return address;
}

/* What a site's only operand means: its address, or 0 with the reason. */
static uint64_t meant(notes_t *notes, const char *probe, const char **why)
{
    for (size_t i = 0; i < notes->num; ++i) {
        const note_t *note = notes->list + i;
        const char *name = strchr(note->args, '@');
        uint64_t value = 0;
        if (strcmp(note->name, probe) != 0 || name == NULL)
            continue;
        *why = notes_symbol(notes, name + 1, strcspn(name + 1, "("), note->pc, &value);
        return *why == NULL ? value : 0;
    }
    *why = "there is no such site";
    return 0;
}

/* Two source files that have a static `level` each and share `both`; a.c's `own` sites are in a function that is its own. */
static const char meaning[] = "#include <sys/sdt.h>\n"
                              "#if defined(A)\n"
                              "static volatile int level = 1;\n"
                              "volatile int both = 3;\n"
                              "#define NAME(x) a_##x\n"
                              "#elif defined(B)\n"
                              "static volatile int level = 2;\n"
                              "extern volatile int both;\n"
                              "#define NAME(x) b_##x\n"
                              "#else\n"
                              "volatile int level = 4;\n"
                              "extern volatile int both;\n"
                              "#define NAME(x) c_##x\n"
                              "#endif\n"
                              "static volatile int NAME(alone) = 5;\n"
                              "static __attribute__((noinline)) void NAME(work)(void)\n"
                              "{\n"
                              "    STAP_PROBE1(lab, NAME(own_level), level);\n"
                              "    STAP_PROBE1(lab, NAME(own_both), both);\n"
                              "}\n"
                              "void NAME(run)(void)\n"
                              "{\n"
                              "    NAME(work)();\n"
                              "    STAP_PROBE1(lab, NAME(level), level);\n"
                              "    STAP_PROBE1(lab, NAME(both), both);\n"
                              "    STAP_PROBE1(lab, NAME(alone), NAME(alone));\n"
                              "    static volatile int calls;\n"
                              "    STAP_PROBE1(lab, NAME(calls), calls);\n"
                              "}\n"
                              "#ifdef A\n"
                              "void b_run(void);\n"
                              "int main(void) { a_run(); b_run(); return 0; }\n"
                              "#endif\n";

typedef struct st_meaning_t {
    const char *site, *symbol, *why; /* what nm calls it, or why it is not known */
} meaning_t;

static void test_meanings(const char *what, const char *file, const char *symbols_of, const meaning_t *list)
{
    notes_t notes;
    reason_t reason = {""};

    if (!ok(notes_read(&notes, lab_path("%s", file), &reason) == 0, "%s: read %s", what, reason.text))
        return;
    notes.place = (variables_place_t){lab_path("%s", file), lab_path("%s", file), NULL};
    for (; list->site != NULL; ++list) {
        const char *why;
        uint64_t value = meant(&notes, list->site, &why);
        if (list->symbol != NULL)
            ok(value != 0 && value == address_of(symbols_of, list->symbol), "%s: %s (%s)", what, list->site, why);
        else
            ok(why != NULL && strstr(why, list->why) != NULL, "%s: %s: %s", what, list->site, why);
    }
    notes_dispose(&notes);
}

/* Where symbols leave doubt, debug information knows. What was discarded has its address all the same: `whole` has them. */
static void test_debug_info(void)
{
    static const meaning_t known[] = {
        {"a_level", " d level$", NULL}, {"c_level", " D level$", NULL}, {"a_own_level", " d level$", NULL},
        {"a_both", " both$", NULL},     {"c_both", " both$", NULL},     {"c_own_both", " both$", NULL},
        {"a_alone", " a_alone$", NULL}, {"c_alone", " c_alone$", NULL}, {NULL, NULL, NULL}};
    static const meaning_t optimized[] = {{"a_both", " both", NULL}, {NULL, NULL, NULL}};
    notes_t notes;
    reason_t reason;
    const char *why;

    if (!lab_run("for x in A C; do gcc -Db_run=c_run -g -O1 -fPIE -D$x -c -o $x.o m.c || exit; done; gcc -o whole A.o C.o && "
                 "gcc -Wl,-x -o linked A.o C.o && objcopy --only-keep-debug whole whole.debug && "
                 "objcopy --strip-all --add-gnu-debuglink=whole.debug whole apart && "
                 "gcc -g -O2 -flto -Db_run=c_run -DA -c -o A.o m.c && gcc -g -O2 -flto -DC -c -o C.o m.c && gcc -flto -g -O2 -o "
                 "lto A.o C.o")) {
        ok(0, "build with debug information");
        return;
    }
    test_meanings("debug information", "whole", "whole", known);
    test_meanings("debug information, ld -x", "linked", "whole", known);
    test_meanings("debug information elsewhere", "apart", "whole", known);
    test_meanings("link-time optimization", "lto", "lto", optimized);
    if (notes_read(&notes, lab_path("whole"), &reason) == 0) {
        notes.place = (variables_place_t){lab_path("whole"), lab_path("whole"), NULL};
        uint64_t a = meant(&notes, "a_calls", &why), c = meant(&notes, "c_calls", &why);
        ok(a != 0 && c != 0 && a != c, "static variables of functions, of one name (%s)", why);
        notes_dispose(&notes);
    }
}

static void test_symbols(void)
{
    static const meaning_t two_statics[] = {{"a_own_both", " both$", NULL},     {"b_own_both", " both$", NULL},
                                            {"a_both", " both$", NULL},         {"a_level", NULL, "more than one"},
                                            {"b_level", NULL, "more than one"}, {"a_alone", " a_alone$", NULL},
                                            {"b_alone", " b_alone$", NULL},     {NULL, NULL, NULL}};
    static const meaning_t discarded[] = {{"a_own_level", NULL, "lost its local"},
                                          {"a_level", NULL, "lost its local"},
                                          {"a_alone", NULL, "lost its local"},
                                          {NULL, NULL, NULL}};
    static const meaning_t own[] = {{"c_own_level", " D level$", NULL},
                                    {"a_own_level", " d level$", NULL},
                                    {"a_level", NULL, "more than one"},
                                    {NULL, NULL, NULL}};
    static const meaning_t no_files[] = {
        {"a_own_both", " both$", NULL}, {"a_alone", " a_alone$", NULL}, {"a_own_level", NULL, "more than one"}, {NULL, NULL, NULL}};
    static const meaning_t stripped[] = {{"a_both", NULL, "stripped"}, {"a_alone", NULL, "stripped"}, {NULL, NULL, NULL}};
    static const meaning_t separate[] = {{"a_both", " both$", NULL}, {"a_own_level", " d level$", NULL}, {NULL, NULL, NULL}};
    static const meaning_t none[] = {{"gone", NULL, "does not have"},   {"local", NULL, "thread-local"},
                                     {"chosen", NULL, "IFUNC"},         {"elsewhere", NULL, "another file"},
                                     {"common", " common$", NULL},      {"weak", " weak$", NULL},
                                     {"version", " version@V1$", NULL}, {NULL, NULL, NULL}};

    lab_write("m.c", meaning);
    if (!lab_run("for x in A B C; do gcc -O1 -fPIE -D$x -c -o $x.o m.c || exit; done; gcc -o statics A.o B.o && "
                 "gcc -Db_run=c_run -O1 -fPIE -DA -c -o A2.o m.c && gcc -o own A2.o C.o && gcc -o discarded -Wl,-x A2.o C.o && "
                 "strip -x -o discarded2 own && strip -g -o no_files statics && strip -o stripped own && "
                 "gcc -rdynamic -s -o dynamic A2.o C.o && "
                 "objcopy --only-keep-debug own own.debug && objcopy --strip-all --add-gnu-debuglink=own.debug own separate") ||
        !lab_run("echo '{ global: main; local: *; };' > script && gcc -fPIC -Db_run=c_run -DA -O1 -c -o A3.o m.c && "
                 "gcc -fPIC -DC -O1 -c -o C3.o m.c && gcc -shared -Wl,-x -Wl,--version-script=script -o localized A3.o C3.o")) {
        ok(0, "build");
        return;
    }
    test_meanings("two statics", "statics", "statics", two_statics);
    test_meanings("a static and a global", "own", "own", own);
    test_meanings("ld -x", "discarded", "discarded", discarded);
    test_meanings("strip -x", "discarded2", "discarded2", discarded);
    test_meanings("ld -x with a version script", "localized", "localized", discarded);
    test_meanings("strip -g", "no_files", "no_files", no_files);
    test_meanings("stripped", "stripped", "own", stripped);
    test_meanings("only dynamic symbols", "dynamic", "own", stripped);
    test_debug_info();
    test_meanings("a separate debug file", "separate", "own", separate);

    lab_write("kinds.c",
              "#define NOTE(name, args) __asm__ volatile(\"990: nop\\n.pushsection .note.stapsdt,\\\"\\\",\\\"note\\\"\\n\" \\\n"
              "    \".balign 4\\n.4byte 992f-991f,994f-993f,3\\n991: .asciz \\\"stapsdt\\\"\\n992: .balign 4\\n993: .8byte "
              "990b,0,0\\n\" \\\n"
              "    \".asciz \\\"lab\\\",\\\"\" name \"\\\",\\\"\" args \"\\\"\\n994: .balign 4\\n.popsection\\n\")\n"
              "__thread int local;\n"
              "static void one(void) {}\n"
              "static void (*choose(void))(void) { return one; }\n"
              "void chosen(void) __attribute__((ifunc(\"choose\")));\n"
              "extern int elsewhere __attribute__((weak));\n"
              "__attribute__((common)) int common;\n"
              "__attribute__((weak)) int weak = 1;\n"
              "int version1 = 1;\n"
              "__asm__(\".symver version1, version@V1\");\n"
              "static int of_this_file;\n"
              "int run(void)\n"
              "{\n"
              "    NOTE(\"gone\", \"4@gone(%rip)\");\n"
              "    NOTE(\"local\", \"4@local(%rip)\");\n"
              "    NOTE(\"chosen\", \"8@chosen(%rip)\");\n"
              "    NOTE(\"elsewhere\", \"4@elsewhere(%rip)\");\n"
              "    NOTE(\"common\", \"4@common(%rip)\");\n"
              "    NOTE(\"weak\", \"4@weak(%rip)\");\n"
              "    NOTE(\"version\", \"4@version(%rip)\");\n"
              "    return &elsewhere != 0 && of_this_file++;\n"
              "}\n");
    lab_write("versions", "V1 { global: *; };\n");
    if (lab_run("gcc -O1 -fPIC -shared -Wl,--version-script=versions -o kinds kinds.c"))
        test_meanings("kinds", "kinds", "kinds", none);
    else
        ok(0, "build of kinds of symbols");
}

static void test_dashes(void)
{
    notes_t notes;
    reason_t reason = {""};

    lab_write("dash.c", "#include <sys/sdt.h>\nint main(void) { DTRACE_PROBE(lab, order-start); DTRACE_PROBE(lab, order__start); "
                        "DTRACE_PROBE(lab, a-b-c); return 0; }\n");
    if (!lab_run("gcc -o dash dash.c") || notes_read(&notes, lab_path("dash"), &reason) != 0) {
        ok(0, "build, read %s", reason.text);
        return;
    }
    ok(notes.num == 3 && strcmp(notes.list[0].name, "order__start") == 0 && strcmp(notes.list[1].name, "order__start") == 0 &&
           strcmp(notes.list[2].name, "a__b__c") == 0,
       "a dash in a name is two underscores");
    notes_dispose(&notes);
}

/* Notes, and of each whether its operand can be read. */
static void test_syntax_of(const char *what, const char *const *args, const char *expected)
{
    char text[4096] = "    .macro note args\n    .pushsection .note.stapsdt,\"\",\"note\"\n    .balign 4\n"
                      "    .4byte 992f-991f,994f-993f,3\n991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte 1b,0,0\n"
                      "    .asciz \"lab\",\"a\",\"\\args\"\n994: .balign 4\n    .popsection\n    .endm\n"
                      "    .file \"syntax.s\"\n    .data\nr9: .quad 0\n    .text\n    .globl _start\n_start:\n1: nop\n    ret\n";
    char got[16] = "";
    notes_t notes;
    reason_t reason = {""};

    for (size_t i = 0; args[i] != NULL; ++i)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "    note \"%s\"\n", args[i]);
    lab_write("syntax.s", text);
    if (!lab_run("as -o syntax.o syntax.s && ld -o syntax syntax.o") || notes_read(&notes, lab_path("syntax"), &reason) != 0) {
        ok(0, "%s: build, read %s", what, reason.text);
        return;
    }
    for (size_t i = 0; i < notes.num && i < sizeof(got) - 1; ++i) {
        const char *pos = notes.list[i].args;
        operand_t operand;
        uint64_t value;
        got[i] = operand_next(&pos, notes.list[i].syntax, &operand) && operand.reason == NULL &&
                         notes_address(&notes, notes.list + i, &operand, &value) == NULL
                     ? 'y'
                     : 'n';
    }
    is_str(got, expected, what);
    notes_dispose(&notes);
}

static void test_syntax(void)
{
    static const char *const att[] = {"4@5", "4@ebx", "-4@%eax", "-4@$5", NULL}, *const nothing[] = {"4@5", "4@6", NULL},
                             *const registers[] = {"4@5", "4@ebx", "8@rax", NULL}, *const brackets[] = {"4@5", "4@[rsp-4]", NULL},
                             *const mixed[] = {"4@5", "-4@%eax", "4@[rax] 4@5", "4@ebx", NULL},
                             *const own[] = {"4@5 4@[rax]", "-4@%eax", "4@eax 4@DWORD PTR r8", NULL},
                             *const rival[] = {"8@r9", "4@[rsp-4]", NULL};

    test_syntax_of("AT&T's syntax", att, "nnyy");
    test_syntax_of("a syntax that nothing shows", nothing, "nn");
    test_syntax_of("Intel's, shown by registers", registers, "yyy");
    test_syntax_of("Intel's, shown by brackets", brackets, "yy");
    test_syntax_of("both, each in notes of its own", mixed, "nyyn");
    test_syntax_of("both, shown by the note itself", own, "yyy");
    test_syntax_of("a variable that is called like a register", rival, "ny");
}

/* ---- sites that would harm the target ---- */

static void test_faults(void)
{
    static const struct {
        const char *name, *fault;
    } expected[] = {
        {"inside", "no no-op"}, {"other", "no no-op"}, {"outside", "no executable segment"}, {"unwritable", "no writable"}};
    notes_t notes;
    reason_t reason = {""};

    lab_write("faults.s",
              "    .macro note pc, base, semaphore, name\n    .pushsection .note.stapsdt,\"\",\"note\"\n    .balign 4\n"
              "    .4byte 992f-991f,994f-993f,3\n991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte \\pc,\\base,\\semaphore\n"
              "    .asciz \"lab\",\"\\name\",\"\"\n994: .balign 4\n    .popsection\n    .endm\n"
              "    .section .stapsdt.base,\"a\"\nbase: .byte 0\n    .section .rodata\nconst: .2byte 0\n    .data\nsema: .2byte 0\n"
              "    .text\n    .globl _start\n_start:\n1: nop\n2: lea 0x12345678(%rax),%rax\n3: ret\n"
              "    note 1b,base,sema,good\n    note 1b,0,sema,nobase\n    note 2b+2,base,0,inside\n    note 3b,base,0,other\n"
              "    note base+0x7777777,base,0,outside\n    note 1b,base,const,unwritable\n");
    if (!lab_run("as -o faults.o faults.s && ld -o faults faults.o") || notes_read(&notes, lab_path("faults"), &reason) != 0) {
        ok(0, "build, read %s", reason.text);
        return;
    }
    ok(notes.num == 2 && strcmp(notes.list[0].name, "good") == 0 && notes.num_broken == 0, "what can be attached to is a site");
    ok(notes.num == 2 && notes.list[1].offset == notes.list[0].offset &&
           notes.list[1].semaphore_offset == notes.list[0].semaphore_offset,
       "a note that knows no base is not moved");
    is_int(notes.num_refused, 4, "what cannot is apart");
    for (size_t i = 0; i < notes.num_refused && i < 4; ++i)
        ok(strcmp(notes.refused[i].name, expected[i].name) == 0 && strstr(notes.refused[i].fault, expected[i].fault) != NULL,
           "%s: %s", notes.refused[i].name, notes.refused[i].fault);
    notes_dispose(&notes);
}

/* ---- damaged files ---- */

/* A copy of a file in memory, to be damaged; it has a path all the same. */
typedef struct st_copy_t {
    int fd;
    char path[64];
    unsigned char *bytes; /* as they were */
    size_t size;
} copy_t;

static void copy_open(copy_t *copy, const char *name)
{
    copy->bytes = read_file(lab_path("%s", name), &copy->size);
    if ((copy->fd = memfd_create("copy", MFD_CLOEXEC)) == -1 || write(copy->fd, copy->bytes, copy->size) != (ssize_t)copy->size)
        bail_out("no memfd");
    snprintf(copy->path, sizeof(copy->path), "/proc/self/fd/%d", copy->fd);
}

static void copy_close(copy_t *copy)
{
    close(copy->fd);
    free(copy->bytes);
}

static void copy_set(copy_t *copy, size_t at, const void *bytes, size_t size)
{
    if (pwrite(copy->fd, bytes, size, (off_t)at) != (ssize_t)size)
        bail_out("cannot write to a memfd");
}

static void copy_restore(copy_t *copy, size_t at, size_t size)
{
    copy_set(copy, at, copy->bytes + at, size);
}

static Elf64_Shdr *find_section(const copy_t *copy, const char *name)
{
    Elf64_Ehdr *header = (Elf64_Ehdr *)copy->bytes;
    Elf64_Shdr *sections = (Elf64_Shdr *)(copy->bytes + header->e_shoff);

    for (unsigned i = 0; i < header->e_shnum; ++i)
        if (strcmp((char *)copy->bytes + sections[header->e_shstrndx].sh_offset + sections[i].sh_name, name) == 0)
            return &sections[i];
    bail_out("no such section");
}

/* Reads the file, whatever became of it. Returns 0 if what it gives cannot be true. */
static int is_sane(const copy_t *copy, uint64_t file_size)
{
    notes_t notes;
    reason_t reason = {""};
    int sane = 1;

    if (notes_read(&notes, copy->path, &reason) != 0)
        return reason.text[0] != '\0' && notes.fd == -1 && notes.elf == NULL && notes.list == NULL;
    for (size_t i = 0; i < notes.num; ++i) {
        const note_t *note = &notes.list[i];
        sane = sane && note->offset < file_size && note->semaphore_offset < file_size && note->provider[0] != '\0' &&
               note->name[0] != '\0' && strlen(note->args) < file_size && note->fault == NULL;
    }
    for (size_t i = 0; i < notes.num_refused; ++i)
        sane = sane && notes.refused[i].fault != NULL && notes.refused[i].name[0] != '\0';
    notes_dispose(&notes);
    return sane;
}

static void test_flips(copy_t *copy, size_t from, size_t to, const char *what)
{
    static const unsigned char masks[] = {0xff, 0x01, 0x80, 0x10};
    int sane = 1;

    for (size_t at = from; at < to && sane; ++at) {
        for (size_t i = 0; i < sizeof(masks) && sane; ++i) {
            unsigned char c = copy->bytes[at] ^ masks[i];
            copy_set(copy, at, &c, 1);
            if (!(sane = is_sane(copy, copy->size)))
                diag("byte %zu, mask %02x", at, masks[i]);
        }
        copy_restore(copy, at, 1);
    }
    ok(sane, "flipped: each of the %zu bytes of the %s", to - from, what);
}

static void test_damage(void)
{
    copy_t copy;
    copy_open(&copy, "build1");
    Elf64_Ehdr *header = (Elf64_Ehdr *)copy.bytes;
    Elf64_Shdr *section = find_section(&copy, ".note.stapsdt");
    size_t section_at = (size_t)((unsigned char *)section - copy.bytes), num_segments = header->e_phnum, sane = 1;

    test_flips(&copy, section->sh_offset, section->sh_offset + section->sh_size, "notes");
    test_flips(&copy, 0, sizeof(*header), "ELF header");
    test_flips(&copy, header->e_phoff, header->e_phoff + num_segments * sizeof(Elf64_Phdr), "program headers");
    test_flips(&copy, header->e_shoff, header->e_shoff + header->e_shnum * sizeof(Elf64_Shdr), "section headers");
    ok(is_sane(&copy, copy.size), "the copy is whole again");

    for (size_t size = 0; size <= section->sh_size && sane; ++size) {
        Elf64_Shdr shorter = *section;
        shorter.sh_size = size;
        copy_set(&copy, section_at, &shorter, sizeof(shorter));
        sane = is_sane(&copy, copy.size);
    }
    ok(sane, "the section of the notes cut at each byte");
    copy_restore(&copy, section_at, sizeof(*section));

    /* a section at the very end, so that the byte after it is not in the file */
    sane = 1;
    for (size_t size = copy.size - 1; size > 0 && sane; size -= size > copy.size - 300 || size < 300 ? 1 : 97) {
        if (ftruncate(copy.fd, (off_t)size) != 0)
            bail_out("cannot truncate");
        sane = (size_t)is_sane(&copy, size);
    }
    ok(sane, "the file cut at many places");
    copy_restore(&copy, 0, copy.size);
    sane = 1;
    for (size_t at = section->sh_offset + section->sh_size; at > section->sh_offset && sane; --at) {
        if (ftruncate(copy.fd, (off_t)at) != 0)
            bail_out("cannot truncate");
        sane = (size_t)is_sane(&copy, at);
    }
    ok(sane, "the file cut at each byte of the notes");
    copy_close(&copy);
}

/* Sections that do not overlap the end can be cut only by moving the section headers in front of them. */
static void test_cut_behind_headers(void)
{
    copy_t copy;
    copy_open(&copy, "build1");
    Elf64_Ehdr header = *(Elf64_Ehdr *)copy.bytes;
    Elf64_Shdr *sections = (Elf64_Shdr *)(copy.bytes + header.e_shoff);
    size_t table_size = header.e_shnum * sizeof(Elf64_Shdr), names_size = sections[header.e_shstrndx].sh_size;
    Elf64_Shdr *note = find_section(&copy, ".note.stapsdt");
    size_t notes_at = copy.size + table_size + names_size, size = note->sh_size, num_full = 0, num_less = 0;
    int sane = 1;

    copy_set(&copy, copy.size + table_size, copy.bytes + sections[header.e_shstrndx].sh_offset, names_size);
    copy_set(&copy, notes_at, copy.bytes + note->sh_offset, size);
    sections[header.e_shstrndx].sh_offset = copy.size + table_size;
    note->sh_offset = notes_at;
    for (size_t cut = 0; cut <= size && sane; ++cut) {
        notes_t notes;
        reason_t reason;
        note->sh_size = size - cut;
        copy_set(&copy, copy.size, sections, table_size);
        header.e_shoff = copy.size;
        copy_set(&copy, 0, &header, sizeof(header));
        if (ftruncate(copy.fd, (off_t)(notes_at + size - cut)) != 0)
            bail_out("cannot truncate");
        sane = is_sane(&copy, notes_at + size - cut);
        if (notes_read(&notes, copy.path, &reason) == 0) {
            ++*(notes.num == 4 ? &num_full : &num_less);
            notes_dispose(&notes);
        }
    }
    ok(sane, "the notes at the end of the file, cut with it at each byte");
    /* the last note may end with up to 3 bytes of padding */
    ok(num_full >= 1 && num_full <= 4 && num_full + num_less == size + 1, "which are read as far as they go (%zu whole)", num_full);
    copy_close(&copy);
}

/* What a file says many times over must not be read many times. */
static void test_repeated(void)
{
    copy_t copy;
    notes_t notes;
    reason_t reason = {""};
    copy_open(&copy, "build1");
    Elf64_Ehdr header = *(Elf64_Ehdr *)copy.bytes;
    Elf64_Shdr *sections = (Elf64_Shdr *)(copy.bytes + header.e_shoff), *note = find_section(&copy, ".note.stapsdt"), whole = *note;
    size_t table_size = header.e_shnum * sizeof(Elf64_Shdr);

    for (unsigned i = 1; i < header.e_shnum; ++i) {
        if (i != header.e_shstrndx)
            sections[i] = whole;
    }
    copy_set(&copy, header.e_shoff, sections, table_size);
    ok(notes_read(&notes, copy.path, &reason) == 0 && notes.num > 4, "small sections may be there several times");
    notes_dispose(&notes);
    whole.sh_offset = 0;
    whole.sh_size = copy.size;
    for (unsigned i = 1; i < header.e_shnum; ++i) {
        if (i != header.e_shstrndx)
            sections[i] = whole;
    }
    copy_set(&copy, header.e_shoff, sections, table_size);
    ok(notes_read(&notes, copy.path, &reason) == -1 && strstr(reason.text, "overlap") != NULL,
       "sections that are each as large as the file are refused: %s", reason.text);
    notes_dispose(&notes);

    Elf64_Phdr segment = {.p_type = PT_LOAD, .p_flags = PF_R};
    for (size_t i = 0; i < 2000; ++i)
        copy_set(&copy, copy.size + i * sizeof(segment), &segment, sizeof(segment));
    header.e_phoff = copy.size;
    header.e_phnum = 2000;
    copy_set(&copy, 0, &header, sizeof(header));
    ok(notes_read(&notes, copy.path, &reason) == -1 && strstr(reason.text, "segments") != NULL,
       "more segments than can be loaded: %s", reason.text);
    notes_dispose(&notes);
    copy_close(&copy);
}

/* Names without an end, or packed: no symbol is found, and nothing is looked through more than once. */
static void test_names(void)
{
    copy_t copy;
    notes_t notes;
    reason_t reason = {""};
    uint64_t value;
    copy_open(&copy, "own");
    Elf64_Shdr *strings = find_section(&copy, ".strtab"), packed = *strings;
    size_t at = (size_t)((unsigned char *)strings - copy.bytes);
    char *xs = malloc(strings->sh_size);

    if (xs == NULL)
        bail_out("out of memory");
    memset(xs, 'x', strings->sh_size);
    copy_set(&copy, strings->sh_offset, xs, strings->sh_size);
    ok(notes_read(&notes, copy.path, &reason) == 0 && notes_symbol(&notes, "both", 4, 0, &value) != NULL &&
           notes_symbol(&notes, "x", 1, 0, &value) != NULL,
       "names that do not end are none %s", reason.text);
    notes_dispose(&notes);
    copy_set(&copy, strings->sh_offset, copy.bytes + strings->sh_offset, strings->sh_size);
    packed.sh_flags |= SHF_COMPRESSED;
    copy_set(&copy, at, &packed, sizeof(packed));
    ok(notes_read(&notes, copy.path, &reason) == 0 && notes_symbol(&notes, "both", 4, 0, &value) == NULL,
       "names are read as they are, whatever is said of them %s", reason.text);
    notes_dispose(&notes);
    free(xs);
    copy_close(&copy);
}

static void test_prelink(void)
{
    copy_t copy;
    notes_t before, after;
    reason_t reason = {""};
    copy_open(&copy, "build1");
    Elf64_Shdr *base = find_section(&copy, ".stapsdt.base"), moved = *base;
    int passed = 1;

    moved.sh_addr -= 2;
    copy_set(&copy, (size_t)((unsigned char *)base - copy.bytes), &moved, sizeof(moved));
    /* the code does not move in this file: no-ops have to stand where it would be */
    if (notes_read(&before, lab_path("build1"), &reason) == 0) {
        for (size_t i = 0; i < before.num; ++i)
            copy_set(&copy, before.list[i].offset - 2, "\x90", 1);
        notes_dispose(&before);
    }
    if (notes_read(&before, lab_path("build1"), &reason) != 0 || notes_read(&after, copy.path, &reason) != 0 ||
        before.num != after.num) {
        ok(0, "prelink: read %s", reason.text);
    } else {
        for (size_t i = 0; i < before.num; ++i)
            passed = passed && after.list[i].pc == before.list[i].pc - 2 && after.list[i].offset == before.list[i].offset - 2 &&
                     after.list[i].semaphore_offset == before.list[i].semaphore_offset - 2;
        ok(passed, "prelink: locations and semaphores move with .stapsdt.base");
    }
    notes_dispose(&before);
    notes_dispose(&after);

    /* moved so far that they are in no segment */
    moved.sh_addr += 1ull << 40;
    copy_set(&copy, (size_t)((unsigned char *)base - copy.bytes), &moved, sizeof(moved));
    ok(notes_read(&after, copy.path, &reason) == 0 && after.num == 0 && after.num_refused == 4,
       "notes that point outside of any segment are refused");
    notes_dispose(&after);
    copy_close(&copy);
}

static void test_refused(void)
{
    notes_t notes;
    reason_t reason;
    copy_t copy;
    unsigned char c;

#define REFUSED(path, part, what)                                                                                                  \
    do {                                                                                                                           \
        int status = notes_read(&notes, path, &reason);                                                                            \
        ok(status == -1 && strstr(reason.text, part) != NULL, "%s: %s", what, status == -1 ? reason.text : "(read)");              \
        notes_dispose(&notes);                                                                                                     \
    } while (0)
    REFUSED(lab_path("no-such-file"), "No such file", "no file");
    REFUSED(lab_dir, "not a regular file", "a directory");
    if (mkfifo(lab_path("fifo"), 0600) == 0)
        REFUSED(lab_path("fifo"), "not a regular file", "a FIFO");
    REFUSED(lab_path("p.c"), "not an ELF file", "a text");
    lab_write("empty", "");
    REFUSED(lab_path("empty"), "is empty", "an empty file");
    if (lab_run("gcc -c -o p.o p.c"))
        REFUSED(lab_path("p.o"), "neither a program nor a shared library", "an object file");
    if (lab_run("ar rc p.a p.o"))
        REFUSED(lab_path("p.a"), "not an ELF file", "an archive");

    copy_open(&copy, "build1");
    c = ELFDATA2MSB;
    copy_set(&copy, EI_DATA, &c, 1);
    REFUSED(copy.path, "", "a header that lies about the byte order");
    copy_close(&copy);
#undef REFUSED

    lab_write("plain.c", "int main(void) { return 0; }\n");
    ok(lab_run("gcc -o plain plain.c") && notes_read(&notes, lab_path("plain"), &reason) == 0 && notes.num == 0 &&
           notes.num_broken == 0,
       "a program without probes has no notes");
    notes_dispose(&notes);
}

int main(void)
{
    lab_init();
    lab_write("p.c", source);
    test_builds();
    test_symbols();
    test_dashes();
    test_syntax();
    test_faults();
    test_damage();
    test_cut_behind_headers();
    test_prelink();
    test_repeated();
    test_names();
    test_refused();
    return done_testing();
}
