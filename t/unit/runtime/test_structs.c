/*
 * ASSERTION: for every compiler, DWARF version and way to keep debug information, a path into a struct gives the offsets that the
 * program itself computes with offsetof(), a layout gives the values that the program itself prints, and what has no single answer
 * gets a reason.
 */

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include "structs/structs.h"
#include "lab.h"

/* ---- the programs ---- */

/* Types that both source files of the program know. */
static const char types_h[] =
    "#include <stddef.h>\n"
    "#include <stdint.h>\n"
    "#include <stdio.h>\n"
    "struct st_opaque_t;\n"
    "typedef struct st_opaque_t opaque_t;\n"
    "struct st_inner_t { char pad; uint16_t u16; int32_t i32; };\n"
    "typedef struct st_inner_t *inner_ptr_t;\n"
    "typedef const struct st_inner_t *const volatile inner_cptr_t;\n"
    "typedef struct { long before; unsigned char byte; } unnamed_t;\n"
    "union un_t { int64_t whole; struct { uint32_t low, high; } half; uint8_t bytes[8]; };\n"
    "enum en_small_t { SMALL_A, SMALL_B };\n"
    "enum en_signed_t { SIGNED_A = -1, SIGNED_B };\n"
    "struct st_outer_t {\n"
    "    char c;\n"
    "    _Bool flag;\n"
    "    int64_t i64;\n"
    "    struct st_inner_t in, ins[3], grid[2][3];\n"
    "    inner_ptr_t ptr;\n"
    "    inner_cptr_t cptr;\n"
    "    opaque_t *opaque;\n"
    "    unnamed_t *unnamed;\n"
    "    struct { int deep; union { long l; struct { short s0, s1; }; }; } sub;\n"
    "    union { uint64_t anon_u64; struct { uint32_t anon_low, anon_high; }; };\n"
    "    union un_t un;\n"
    "    enum en_small_t small;\n"
    "    enum en_signed_t neg;\n"
    "    unsigned bits0 : 3, bits1 : 7;\n"
    "    double d;\n"
    "    float f;\n"
    "    long double ld;\n"
    "    void *v;\n"
    "    int (*fn)(int);\n"
    "    struct st_outer_t *next;\n"
    "    struct st_inner_t *ptrs[2];\n"
    "    uint64_t ids[4];\n"
    "    const volatile unsigned short cv;\n"
    "    struct st_never_t *never;\n"
    "    struct st_twice_t *twice;\n"
    "    char tail[];\n"
    "};\n"
    "typedef struct st_outer_t outer_t;\n"
    "struct __attribute__((packed)) st_packed_t { char c; int32_t i; uint64_t q; };\n"
    "struct st_clash_t;\n"
    "struct st_bits_t {\n"
    "    unsigned a : 3, b : 7;\n"
    "    int c : 5;\n"
    "    uint64_t d : 40, e : 20;\n"
    "    _Bool f : 1;\n"
    "    uint8_t g : 4, h : 4;\n"
    "};\n"
    "struct __attribute__((packed)) st_packed_bits_t { uint8_t first; unsigned a : 3, b : 18; int c : 10; };\n"
    "struct st_all_t {\n"
    "    int8_t i8; uint8_t u8; int16_t i16; uint16_t u16; int32_t i32; uint32_t u32; int64_t i64; uint64_t u64;\n"
    "    _Bool b; char c; float f; double d; void *p; enum en_small_t small; enum en_signed_t neg;\n"
    "    char text[8]; uint8_t bytes[3]; int grid[2][2]; char names[2][4];\n"
    "    struct st_inner_t in, ins[2];\n"
    "    union { uint32_t whole; uint8_t first; };\n"
    "    struct { int x, y; };\n"
    "    union un_t un;\n"
    "    struct st_bits_t bits;\n"
    "    struct st_packed_bits_t packed;\n"
    "    int none[0];\n"
    "    const int *cp;\n"
    "};\n";

static const char main_c[] =
    "#define _GNU_SOURCE\n"
    "#include <dlfcn.h>\n"
    "#include <string.h>\n"
    "#include <unistd.h>\n"
    "#include \"types.h\"\n"
    "struct st_clash_t { int a; long b; };\n"
    "struct st_twice_t { int x; };\n"
    "struct st_same_t { int first; long second; };\n"
    "extern opaque_t *other(void);\n"
    "struct st_outer_t outer; struct st_packed_t packed; struct st_all_t all; outer_t *typedefs; struct st_clash_t clash;\n"
    "struct st_twice_t twice; struct st_same_t same; union un_t un; struct { int huge[5000]; } huge; struct st_long_t { struct { "
    "int x; } m[3000]; } l;\n"
    "struct st_ld_t { int x; long double ld; } ld; struct st_name_t { int \\u00e4; } name;\n"
    "#define LINE(type, path, hops, size, sign) printf(\"path %s|%s|%d %d\", type, path, (int)(size), (int)(sign)); hops; "
    "printf(\"\\n\")\n"
    "#define AT(t, f) printf(\" %zu\", offsetof(t, f))\n"
    "#define O struct st_outer_t\n"
    "#define I struct st_inner_t\n"
    "#define ONE(type, t, f) LINE(type, #f, AT(t, f), sizeof(((t *)0)->f), (__typeof__(((t *)0)->f))-1 < (__typeof__(((t "
    "*)0)->f))1)\n"
    "static void paths(void)\n"
    "{\n"
    "    ONE(\"struct st_outer_t\", O, c); ONE(\"struct st_outer_t\", O, flag); ONE(\"struct st_outer_t\", O, i64);\n"
    "    ONE(\"outer_t\", O, i64); ONE(\"struct  st_outer_t\", O, i64);\n"
    "    ONE(\"struct st_outer_t\", O, in.i32); ONE(\"struct st_outer_t\", O, in.u16); ONE(\"struct st_outer_t\", O, ins[2].u16);\n"
    "    ONE(\"struct st_outer_t\", O, grid[1][2].i32); ONE(\"struct st_outer_t\", O, grid[0][1].u16);\n"
    "    ONE(\"struct st_outer_t\", O, sub.deep); ONE(\"struct st_outer_t\", O, sub.l); ONE(\"struct st_outer_t\", O, sub.s1);\n"
    "    ONE(\"struct st_outer_t\", O, anon_u64); ONE(\"struct st_outer_t\", O, anon_low); ONE(\"struct st_outer_t\", O, "
    "anon_high);\n"
    "    ONE(\"struct st_outer_t\", O, un.whole); ONE(\"struct st_outer_t\", O, un.half.high); ONE(\"struct st_outer_t\", O, "
    "un.bytes[5]);\n"
    "    ONE(\"union un_t\", union un_t, half.high); ONE(\"struct st_outer_t\", O, small); ONE(\"struct st_outer_t\", O, neg);\n"
    "    ONE(\"struct st_outer_t\", O, ids[3]); ONE(\"struct st_outer_t\", O, cv);\n"
    "    ONE(\"struct st_outer_t\", O, d); ONE(\"struct st_outer_t\", O, f);\n"
    "    ONE(\"struct st_packed_t\", struct st_packed_t, i); ONE(\"struct st_packed_t\", struct st_packed_t, q);\n"
    "    ONE(\"unnamed_t\", unnamed_t, byte); ONE(\"struct st_same_t\", struct st_same_t, second);\n"
    "    LINE(\"struct st_outer_t\", \"v\", AT(O, v), 8, 0); LINE(\"struct st_outer_t\", \"fn\", AT(O, fn), 8, 0);\n"
    "    LINE(\"struct st_outer_t\", \"ptr\", AT(O, ptr), 8, 0); LINE(\"struct st_outer_t\", \"cptr\", AT(O, cptr), 8, 0);\n"
    "    LINE(\"struct st_outer_t\", \"never\", AT(O, never), 8, 0); LINE(\"struct st_outer_t\", \"opaque\", AT(O, opaque), 8, "
    "0);\n"
    "    LINE(\"struct st_outer_t\", \"ptr->i32\", AT(O, ptr); AT(I, i32), 4, 1);\n"
    "    LINE(\"struct st_outer_t\", \"cptr->u16\", AT(O, cptr); AT(I, u16), 2, 0);\n"
    "    LINE(\"struct st_outer_t\", \"ptrs[1]->i32\", AT(O, ptrs[1]); AT(I, i32), 4, 1);\n"
    "    LINE(\"struct st_outer_t\", \"unnamed->byte\", AT(O, unnamed); AT(unnamed_t, byte), 1, 0);\n"
    "    LINE(\"struct st_outer_t\", \"ptr[3].i32\", AT(O, ptr); printf(\" %zu\", 3 * sizeof(I) + offsetof(I, i32)), 4, 1);\n"
    "    LINE(\"struct st_outer_t\", \"next->sub.s0\", AT(O, next); AT(O, sub.s0), 2, 1);\n"
    "    LINE(\"struct st_outer_t\", \"next->next->ptr->u16\", AT(O, next); AT(O, next); AT(O, ptr); AT(I, u16), 2, 0);\n"
    "}\n"
    "static char hide; /* the struct is filled with what is distinct in every byte, so that a wrong place shows */\n"
    "static void values(void)\n"
    "{\n"
    "    unsigned char *p = (unsigned char *)&all;\n"
    "    for (size_t i = 0; i < sizeof(all); ++i)\n"
    "        p[i] = (unsigned char)(i * 37 + 11);\n"
    "    all.b = 1; all.bits.f = 0; all.f = 1.5f; all.d = -2.25; all.small = SMALL_B; all.neg = SIGNED_A;\n"
    "    memcpy(all.text, \"text\\0xyz\", 8); memcpy(all.names, \"abcdef\\0\", 8);\n"
    "    printf(\"size %zu\\nbytes \", sizeof(all));\n"
    "    for (size_t i = 0; i < sizeof(all); ++i)\n"
    "        printf(\"%02x\", p[i]);\n"
    "#define D(n, f) printf(\"\\nvalue \" n \"=%lld\", (long long)(f))\n"
    "    D(\"i8\", all.i8); D(\"u8\", all.u8); D(\"i16\", all.i16); D(\"u16\", all.u16); D(\"i32\", all.i32); D(\"u32\", all.u32); "
    "D(\"i64\", all.i64);\n"
    "    printf(\"\\nvalue u64=%llu\", (unsigned long long)all.u64);\n"
    "    printf(\"\\nvalue b=true\"); D(\"c\", all.c); printf(\"\\nvalue f=1.5\\nvalue d=-2.25\\nvalue p=0x%llx\", (unsigned long "
    "long)(size_t)all.p);\n"
    "    D(\"small\", all.small); D(\"neg\", all.neg); printf(\"\\nvalue text='text'\\nvalue bytes[\");\n"
    "    for (int i = 0; i < 3; ++i) D(\"\", all.bytes[i]);\n"
    "    printf(\"\\nvalue ]\\nvalue grid[\");\n"
    "    for (int i = 0; i < 2; ++i) { printf(\"\\nvalue [\"); D(\"\", all.grid[i][0]); D(\"\", all.grid[i][1]); printf(\"\\nvalue "
    "]\"); }\n"
    "    printf(\"\\nvalue ]\\nvalue names[\\nvalue ='abcd'\\nvalue ='ef'\\nvalue ]\\nvalue in{\");\n"
    "#define INNER(x) D(\"pad\", (x).pad); D(\"u16\", (x).u16); D(\"i32\", (x).i32); printf(\"\\nvalue }\")\n"
    "    INNER(all.in); printf(\"\\nvalue ins[\\nvalue {\"); INNER(all.ins[0]); printf(\"\\nvalue {\"); INNER(all.ins[1]);\n"
    "    printf(\"\\nvalue ]\"); D(\"whole\", all.whole); D(\"first\", all.first); D(\"x\", all.x); D(\"y\", all.y);\n"
    "    printf(\"\\nvalue un{\"); D(\"whole\", all.un.whole); printf(\"\\nvalue half{\"); D(\"low\", all.un.half.low); "
    "D(\"high\", all.un.half.high);\n"
    "    printf(\"\\nvalue }\\nvalue bytes[\"); for (int i = 0; i < 8; ++i) D(\"\", all.un.bytes[i]); printf(\"\\nvalue ]\\nvalue "
    "}\\nvalue bits{\");\n"
    "    D(\"a\", all.bits.a); D(\"b\", all.bits.b); D(\"c\", all.bits.c); D(\"d\", all.bits.d); D(\"e\", all.bits.e); "
    "printf(\"\\nvalue f=false\");\n"
    "    D(\"g\", all.bits.g); D(\"h\", all.bits.h); printf(\"\\nvalue }\\nvalue packed{\");\n"
    "    D(\"first\", all.packed.first); D(\"a\", all.packed.a); D(\"b\", all.packed.b); D(\"c\", all.packed.c);\n"
    "    printf(\"\\nvalue }\\nvalue cp=0x%llx\\n\", (unsigned long long)(size_t)all.cp);\n"
    "}\n"
    "int main(int argc, char **argv)\n"
    "{\n"
    "    char c;\n"
    "    if (argc > 1 && strcmp(argv[1], \"chroot\") == 0 && (chroot(\".\") != 0 || chdir(\"/\") != 0))\n"
    "        return 1;\n"
    "#ifndef STATIC\n"
    "    if (argc > 1 && argv[1][0] == '/' && dlopen(argv[1], RTLD_NOW) == NULL)\n"
    "        return 1;\n"
    "#endif\n"
    "    outer.opaque = other(); outer.c = hide;\n"
    "    paths();\n"
    "    values();\n"
    "    printf(\"ready\\n\");\n"
    "    fflush(stdout);\n"
    "    return read(0, &c, 1) != 0 && outer.c == 9 && outer.opaque && packed.c && typedefs && clash.a && twice.x && same.first && "
    "un.whole &&\n"
    "           huge.huge[1] && l.m[1].x && ld.x && sizeof(name);\n"
    "}\n";

/* The definition of what main.c only declares, and one that clashes with main.c's. */
static const char other_c[] =
    "#include \"types.h\"\n"
    "struct st_clash_t { long b; int a; };\n"
    "struct st_twice_t { long y; int x; };\n"
    "struct st_same_t { int first; long second; };\n"
    "struct st_opaque_t { char c[5]; struct st_outer_t *back; struct st_inner_t in; };\n"
    "struct st_opaque_t opaque; struct st_clash_t clash2; struct st_twice_t twice2; struct st_same_t same2;\n"
    "opaque_t *other(void)\n"
    "{\n"
    "    printf(\"path struct st_outer_t|opaque->in.i32|4 1 %zu %zu\\n\", offsetof(struct st_outer_t, opaque),\n"
    "           offsetof(struct st_opaque_t, in.i32));\n"
    "    printf(\"path opaque_t|back->opaque->in.u16|2 0 %zu %zu %zu\\n\", offsetof(struct st_opaque_t, back),\n"
    "           offsetof(struct st_outer_t, opaque), offsetof(struct st_opaque_t, in.u16));\n"
    "    printf(\"path opaque_t|c[4]|1 %d 4\\n\", (char)-1 < 0);\n"
    "    return &opaque + (clash2.a + twice2.x + same2.first);\n"
    "}\n";

static const char library_c[] = "struct st_library_t { int skip; short field; };\n"
                                "struct st_twice_t { char far[99]; int x; };\n"
                                "struct st_never_t { double d; int far; };\n"
                                "struct st_library_t library; struct st_twice_t library_twice; struct st_never_t never;\n";

/* ---- paths ---- */

typedef struct st_opened_t {
    lab_process_t process;
    target_t target;
    structs_t *structs;
    size_t module; /* that is asked */
} opened_t;

static int open_program(opened_t *opened, const char *name, const char *arg, const char *what)
{
    reason_t reason = {""};

    opened->target = (target_t){.pidfd = -1};
    opened->structs = NULL;
    opened->module = 0;
    if (!lab_start(&opened->process, lab_path("%s", name), arg))
        return ok(0, "%s: start", what);
    if (target_open(&opened->target, opened->process.pid, &reason) != 0)
        return ok(0, "%s: target: %s", what, reason.text);
    if ((opened->structs = structs_open(&opened->target)) == NULL)
        return ok(0, "%s: structs_open", what);
    return 1;
}

static void close_program(opened_t *opened)
{
    structs_close(opened->structs);
    target_close(&opened->target);
    lab_end(&opened->process);
}

/* The kind of a field is that which the path leads to: a floating-point number, or another one. */
static int find_path(opened_t *opened, const char *type, const char *path, struct pg_path *found, reason_t *reason)
{
    int is_float = strcmp(path, "d") == 0 || strcmp(path, "f") == 0;
    catalog_path_t wanted = {.type = type, .path = path, .kind = is_float ? CATALOG_FLOAT : CATALOG_NUMBER};

    return structs_path(opened->structs, opened->module, &wanted, found, reason);
}

/* Every line "path TYPE|PATH|SIZE SIGN OFFSET..." that the program printed. */
static void check_paths(opened_t *opened, const char *what)
{
    char *text = strdup(opened->process.said), *save = NULL;
    size_t num = 0, num_wrong = 0;

    for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        char type[64], path[64], got[256];
        reason_t reason = {""};
        int at = 0;
        struct pg_path found;
        if (sscanf(line, "path %63[^|]|%63[^|]|%n", type, path, &at) < 2 || at == 0)
            continue;
        ++num;
        int status = find_path(opened, type, path, &found, &reason);
        /* in C a floating-point number is signed, in a pg_path it is a kind of its own */
        int len = snprintf(got, sizeof(got), "%d %d", found.size, found.is_signed || found.is_float);
        for (int i = 0; i < found.num_hops; ++i)
            len += snprintf(got + len, sizeof(got) - (size_t)len, " %u", found.offsets[i]);
        if (status != 0 || strcmp(got, line + at) != 0 || found.whole_size != 0) {
            ++num_wrong;
            diag("%s %s: got %s, expected %s %s", type, path, got, line + at, reason.text);
        }
    }
    ok(num >= 40 && num_wrong == 0, "%s: %zu paths as offsetof() has them", what, num);
    free(text);
}

static void check_reason(opened_t *opened, const char *type, const char *path, const char *part, const char *what)
{
    struct pg_path found;
    reason_t reason = {""};
    int status = find_path(opened, type, path, &found, &reason);

    if (!ok(status == -1 && strstr(reason.text, part) != NULL && found.num_hops == 0, "%s: %s %s: %s", what, type, path,
            reason.text))
        diag("status %d, expected '%s'", status, part);
}

static void check_reasons(opened_t *opened, const char *what)
{
    static const struct {
        const char *type, *path, *part;
    } reasons[] = {
        {"struct st_missing_t", "a", "struct st_missing_t is not in the debug information"},
        {"missing_t", "a", "missing_t is not in the debug information"},
        {"union st_outer_t", "c", "union st_outer_t is not in the debug information"},
        {"st_outer_t", "c", "st_outer_t is not in the debug information"},
        {"struct ", "c", "is not in the debug information"},
        {"", "c", "is not in the debug information"},
        {"uint64_t", "c", "uint64_t is neither a struct nor a union"},
        {"inner_ptr_t", "u16", "inner_ptr_t is neither a struct nor a union"},
        {"struct st_outer_t", "nope", "struct st_outer_t has no member 'nope'"},
        {"struct st_outer_t", "in.nope", "struct st_inner_t has no member 'nope'"},
        {"struct st_outer_t", "i6", "has no member 'i6'"},
        {"struct st_outer_t", "i644", "has no member 'i644'"},
        {"struct st_outer_t", "sub.nope", "an unnamed struct has no member 'nope'"},
        {"struct st_outer_t", "in", "the field is a struct"},
        {"struct st_outer_t", "un", "the field is a union"},
        {"struct st_outer_t", "ins", "the field is an array"},
        {"struct st_outer_t", "grid[1]", "the field is an array"},
        {"struct st_outer_t", "tail", "the field is an array"},
        {"struct st_outer_t", "tail[0]", "outside of the array"},
        {"struct st_outer_t", "ids[4]", "outside of the array"},
        {"struct st_outer_t", "ids[99999999999999999999]", "outside of the array"},
        {"struct st_outer_t", "ids[-1]", "malformed"},
        {"struct st_outer_t", "ids[]", "malformed"},
        {"struct st_outer_t", "ids[1", "malformed"},
        {"struct st_outer_t", "ids[x]", "malformed"},
        {"struct st_outer_t", "ids[1]x", "malformed"},
        {"struct st_outer_t", "ids[1][1]", "there is neither an array nor a pointer"},
        {"struct st_outer_t", "ptr[0]", "the field is a struct"},
        {"struct st_outer_t", "v[1]", "leads to no type"},
        {"struct st_outer_t", "opaque[0].nope", "struct st_opaque_t has no member"},
        {"struct st_outer_t", "next[0].next[1].next[2].next[3].c", "too many dereferences"},
        {"struct st_outer_t", "ptr[4294967295].i32", "too far"},
        {"struct st_outer_t", "grid[1].u16", "there is an array in front of"},
        {"struct st_outer_t", "ins.u16", "there is no struct in front of"},
        {"struct st_outer_t", "ptr.i32", "but a pointer"},
        {"struct st_outer_t", "in->i32", "there is no pointer"},
        {"struct st_outer_t", "i64->x", "there is no pointer"},
        {"struct st_outer_t", "v->x", "does not lead to a struct"},
        {"struct st_outer_t", "fn->x", "does not lead to a struct"},
        {"struct st_outer_t", "c.x", "there is no struct in front of"},
        {"struct st_outer_t", "never->x", "struct st_never_t is declared in the debug information of"},
        {"struct st_outer_t", "ld", "the field's"},
        {"struct st_outer_t", "", "malformed"},
        {"struct st_outer_t", ".c", "malformed"},
        {"struct st_outer_t", "c.", "there is no struct"},
        {"struct st_outer_t", "in.", "malformed"},
        {"struct st_outer_t", "in..u16", "malformed"},
        {"struct st_outer_t", "ptr-i32", "malformed"},
        {"struct st_outer_t", "ptr->", "malformed"},
        {"struct st_outer_t", "in u16", "malformed"},
        {"struct st_outer_t", "2c", "malformed"},
        {"struct st_outer_t", "next->next->next->next->c", "too many dereferences"},
        {"struct st_clash_t", "a", "several definitions that differ"},
        {"struct st_outer_t", "twice->x", "several definitions that differ"},
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); ++i)
        check_reason(opened, reasons[i].type, reasons[i].path, reasons[i].part, what);
}

/* ---- layouts ---- */

/* Prints what a step shows of the bytes, in the same way as the program printed it from the C members. */
static void print_step(FILE *fp, const layout_step_t *step, const unsigned char *bytes, const char **closing, size_t *depth)
{
    const char *name = step->name != NULL ? step->name : "";
    uint64_t value = 0;
    unsigned num_bits = step->bit_size != 0 ? step->bit_size : step->size * 8;
    float f;
    double d;

    switch (step->kind) {
    case LAYOUT_OBJECT:
        fprintf(fp, "%s{\n", name);
        closing[(*depth)++] = "}";
        return;
    case LAYOUT_ARRAY:
        fprintf(fp, "%s[\n", name);
        closing[(*depth)++] = "]";
        return;
    case LAYOUT_END:
        fprintf(fp, "%s\n", closing[--*depth]);
        return;
    case LAYOUT_TEXT:
        fprintf(fp, "%s='%.*s'\n", name, (int)step->size, (const char *)bytes + step->offset);
        return;
    default:
        break;
    }
    memcpy(&value, bytes + step->offset, step->size <= 8 ? step->size : 0);
    value >>= step->bit_offset;
    if (num_bits < 64)
        value &= (1ull << num_bits) - 1;
    if (step->kind == LAYOUT_INT) {
        fprintf(fp, "%s=%" PRId64 "\n", name, (int64_t)(value << (64 - num_bits)) >> (64 - num_bits));
    } else if (step->kind == LAYOUT_BOOL) {
        fprintf(fp, "%s=%s\n", name, value ? "true" : "false");
    } else if (step->kind == LAYOUT_POINTER) {
        fprintf(fp, "%s=0x%" PRIx64 "\n", name, value);
    } else if (step->kind == LAYOUT_FLOAT && step->size == 4) {
        memcpy(&f, bytes + step->offset, sizeof(f));
        fprintf(fp, "%s=%g\n", name, (double)f);
    } else if (step->kind == LAYOUT_FLOAT) {
        memcpy(&d, bytes + step->offset, sizeof(d));
        fprintf(fp, "%s=%g\n", name, d);
    } else {
        fprintf(fp, "%s=%" PRIu64 "\n", name, value);
    }
}

/* What the program said of itself: the size and the bytes of its struct, and (the caller frees it) the values. */
static char *expected_values(const char *said, size_t *size, unsigned char *bytes, size_t max)
{
    char *text = strdup(said), *save = NULL, *expected = NULL;
    size_t expected_size;
    FILE *fp = open_memstream(&expected, &expected_size);

    fprintf(fp, "{\n");
    for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, "value ", 6) == 0)
            fprintf(fp, "%s\n", line + 6);
        sscanf(line, "size %zu", size);
        if (strncmp(line, "bytes ", 6) == 0)
            for (size_t i = 0; i < max && line[6 + i * 2] != '\0'; ++i)
                sscanf(line + 6 + i * 2, "%2hhx", &bytes[i]);
    }
    fprintf(fp, "}\n");
    fclose(fp);
    free(text);
    return expected;
}

static void check_layout(opened_t *opened, const char *what)
{
    unsigned char bytes[1024] = {0};
    const char *closing[64];
    size_t size = 0, got_size, depth = 0;
    char *expected = expected_values(opened->process.said, &size, bytes, sizeof(bytes)), *got = NULL;
    reason_t reason = {""};
    layout_t layout;
    int inside = 1;

    if (!ok(structs_layout(opened->structs, opened->module, "struct st_all_t", &layout, &reason) == 0, "%s: layout %s", what,
            reason.text)) {
        free(expected);
        return;
    }
    FILE *fp = open_memstream(&got, &got_size);
    for (size_t i = 0; i < layout.num_steps; ++i) {
        const layout_step_t *step = &layout.steps[i];
        inside = inside && step->offset + step->size <= layout.size && (step->kind != LAYOUT_END || depth > 0);
        if (inside)
            print_step(fp, step, bytes, closing, &depth);
    }
    fclose(fp);
    ok(inside && depth == 0 && layout.size == size && size <= sizeof(bytes), "%s: all steps are within the struct of %zu bytes",
       what, size);
    if (!ok(strcmp(got, expected) == 0, "%s: a layout shows the values that the program has", what))
        diag("got:\n%s\nexpected:\n%s", got, expected);
    layout_dispose(&layout);
    free(got);
    free(expected);
}

/* The bytes that a path says are read, shifted as it says. */
static uint64_t value_by_path(const struct pg_path *path, const unsigned char *bytes)
{
    uint64_t x = 0;

    memcpy(&x, bytes + path->offsets[0], path->size <= 8 ? path->size : 0);
    x <<= path->left;
    return path->is_signed ? (uint64_t)((int64_t)x >> path->right) : x >> path->right;
}

/* Paths to bit fields say the same as layouts, which have been compared with what the program prints. */
static void check_bits(opened_t *opened, const char *what)
{
    static const char *const structs[] = {"bits", "packed"};
    unsigned char bytes[1024] = {0};
    size_t size = 0, num = 0, num_wrong = 0;
    const char *in = NULL;
    reason_t reason = {""};
    layout_t layout;

    free(expected_values(opened->process.said, &size, bytes, sizeof(bytes)));
    if (structs_layout(opened->structs, opened->module, "struct st_all_t", &layout, &reason) != 0) {
        ok(0, "%s: layout %s", what, reason.text);
        return;
    }
    for (size_t i = 0; i < layout.num_steps; ++i) {
        const layout_step_t *step = &layout.steps[i];
        struct pg_path found;
        uint64_t value = 0;
        if (step->kind == LAYOUT_OBJECT)
            in = step->name;
        if (step->bit_size == 0 || in == NULL || (strcmp(in, structs[0]) != 0 && strcmp(in, structs[1]) != 0))
            continue;
        memcpy(&value, bytes + step->offset, step->size);
        value = value >> step->bit_offset << (64 - step->bit_size);
        value = step->kind == LAYOUT_INT ? (uint64_t)((int64_t)value >> (64 - step->bit_size)) : value >> (64 - step->bit_size);
        ++num;
        if (find_path(opened, "struct st_all_t", lab_path("%s.%s", in, step->name) + strlen(lab_path("%s", "")), &found, &reason) !=
                0 ||
            value_by_path(&found, bytes) != value) {
            ++num_wrong;
            diag("%s.%s: %s", in, step->name, reason.text);
        }
    }
    ok(num >= 11 && num_wrong == 0, "%s: %zu bit fields have the values that the program has", what, num);
    layout_dispose(&layout);
}

static void check_layout_reason(opened_t *opened, const char *type, const char *part, const char *what)
{
    layout_t layout;
    reason_t reason = {""};
    int status = structs_layout(opened->structs, opened->module, type, &layout, &reason);

    ok(status == -1 && strstr(reason.text, part) != NULL && layout.steps == NULL, "%s: layout of %s: %s", what, type, reason.text);
    layout_dispose(&layout);
}

/* ---- builds ---- */

static void test_builds(void)
{
    static const struct {
        const char *what, *command;
    } builds[] = {
        {"gcc", "gcc -g -o p main.c other.c"},
        {"gcc -O2", "gcc -g -O2 -o p main.c other.c"},
        {"gcc, fixed address", "gcc -g -no-pie -fno-pie -o p main.c other.c"},
        {"gcc, DWARF 4", "gcc -gdwarf-4 -o p main.c other.c"},
        {"gcc, DWARF 3", "gcc -gdwarf-3 -gstrict-dwarf -o p main.c other.c"},
        {"gcc, DWARF 2", "gcc -gdwarf-2 -gstrict-dwarf -o p main.c other.c"},
        {"gcc, 64-bit DWARF", "gcc -g -gdwarf64 -o p main.c other.c"},
        {"gcc, type units", "gcc -g -fdebug-types-section -o p main.c other.c"},
        {"gcc, DWARF 4 type units", "gcc -gdwarf-4 -fdebug-types-section -o p main.c other.c"},
        {"gcc, split", "gcc -g -gsplit-dwarf -c main.c other.c && gcc -o p main.o other.o"},
        {"gcc, DWARF 4 split", "gcc -gdwarf-4 -gsplit-dwarf -c main.c other.c && gcc -o p main.o other.o"},
        {"gcc, compressed", "gcc -g -gz -o p main.c other.c"},
        {"gcc, link-time optimisation", "gcc -g -O2 -flto=1 -o p main.c other.c"},
        {"clang", "clang -g -fno-limit-debug-info -fstandalone-debug -o p main.c other.c"},
        {"clang, DWARF 4", "clang -gdwarf-4 -fstandalone-debug -o p main.c other.c"},
        {"clang, type units", "clang -g -fdebug-types-section -fstandalone-debug -o p main.c other.c"},
        {"dwz", "gcc -g -o p main.c other.c && dwz p"},
        {"dwz -m", "gcc -g -o p main.c other.c && cp p p2 && dwz -m common p p2"},
    };

    for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); ++i) {
        opened_t opened;
        const char *what = builds[i].what;
        if ((strncmp(what, "clang", 5) == 0 && !lab_can("clang --version")) ||
            (strncmp(what, "dwz", 3) == 0 && !lab_can("dwz --version"))) {
            skip(what, "not installed");
            continue;
        }
        if (!lab_run("rm -f p *.o *.dwo && %s", builds[i].command)) {
            ok(0, "%s: build", what);
            continue;
        }
        if (open_program(&opened, "p", NULL, what)) {
            check_paths(&opened, what);
            check_layout(&opened, what);
            check_reason(&opened, "struct st_clash_t", "a", "several definitions that differ", what);
            check_bits(&opened, what);
            check_reason(&opened, "struct st_outer_t", "never->x", "but defined in that of no file", what);
        }
        close_program(&opened);
    }
}

static void test_reasons(void)
{
    opened_t opened;

    if (!lab_run("rm -f p && gcc -g -o p main.c other.c")) {
        ok(0, "build");
        return;
    }
    if (open_program(&opened, "p", NULL, "reasons")) {
        check_reasons(&opened, "reasons");
        check_paths(&opened, "and afterwards");
        check_layout_reason(&opened, "struct st_missing_t", "not in the debug information", "reasons");
        check_layout_reason(&opened, "struct st_clash_t", "several definitions that differ", "reasons");
        check_layout_reason(&opened, "struct st_long_t", "too many members", "reasons");
        check_layout_reason(&opened, "struct st_ld_t", "member 'ld'", "reasons");
        check_layout_reason(&opened, "struct st_name_t", "name is malformed", "reasons");
        check_layout_reason(&opened, "uint64_t", "neither a struct nor a union", "reasons");
    }
    close_program(&opened);
}

/* Whether a path of a kind is found, and leads there: what stands there itself has its size, a pointer has none. */
static void check_end(opened_t *opened, catalog_path_t path, uint32_t offset, unsigned size, unsigned whole_size, const char *part)
{
    struct pg_path found;
    reason_t reason = {""};
    int status = structs_path(opened->structs, opened->module, &path, &found, &reason);

    if (part != NULL)
        ok(status == -1 && strstr(reason.text, part) != NULL && found.num_hops == 0, "%s: %s", path.path, reason.text);
    else
        ok(status == 0 && found.offsets[found.num_hops - 1] == offset && found.size == size && found.whole_size == whole_size,
           "%s: at %u, %u bytes, itself %u bytes %s", path.path, found.offsets[found.num_hops - 1], found.size, found.whole_size,
           reason.text);
}

static const char ends_c[] =
    "#include <stdio.h>\n#include <unistd.h>\n#include <stddef.h>\n#include <netinet/in.h>\n"
    "struct st_cid { unsigned char cid[20]; unsigned char len; float f; unsigned bits : 3; };\n"
    "struct st_path { int skip; union { struct sockaddr sa; struct sockaddr_in6 sin6; } remote; struct sockaddr *local; };\n"
    "struct st_ends { int skip; struct st_cid cid, cids[3]; struct st_path *paths[2]; char name[16], grid[2][8]; const char "
    "*text;\n"
    "    void *data; unsigned char flexible[]; } ends;\n"
    "int main(void)\n"
    "{\n"
    "    char c;\n"
    "    printf(\"%zu %zu %zu %zu %zu ready\\n\", offsetof(struct st_ends, cid), offsetof(struct st_ends, cids[2]),\n"
    "        offsetof(struct st_ends, name), offsetof(struct st_ends, text), offsetof(struct st_path, remote));\n"
    "    fflush(stdout);\n"
    "    return read(0, &c, 1) != 0 && ends.skip;\n"
    "}\n";

/* What is wanted decides on what may be there. */
static void test_ends(void)
{
    opened_t opened;
    unsigned cid = 0, third = 0, name = 0, text = 0, remote = 0;

    lab_write("ends.c", ends_c);
    if (!lab_run("gcc -g -o ends ends.c")) {
        ok(0, "ends: build");
        return;
    }
#define END(p, k, ...) ((catalog_path_t){.type = "struct st_ends", .path = p, .kind = k, __VA_ARGS__})
    if (open_program(&opened, "ends", NULL, "ends") &&
        ok(sscanf(opened.process.said, "%u %u %u %u %u", &cid, &third, &name, &text, &remote) == 5, "places")) {
        check_end(&opened, END("cid.cid", CATALOG_BYTES, 0), cid, 0, 20, NULL);
        check_end(&opened, END("cid.cid", CATALOG_BYTES, .fixed_length = 20), cid, 0, 20, NULL);
        check_end(&opened, END("cid.cid", CATALOG_BYTES, .fixed_length = 21), 0, 0, 0, "it has 20 bytes, not 21");
        check_end(&opened, END("cids[2].cid", CATALOG_BYTES, .has_length = 1), third, 0, 20, NULL);
        check_end(&opened, END("cids[3].cid", CATALOG_BYTES, .has_length = 1), 0, 0, 0, "outside of the array (3 elements)");
        check_end(&opened, END("cids[2].len", CATALOG_LENGTH, 0), third + 20, 1, 0, NULL);
        check_end(&opened, END("cid.f", CATALOG_LENGTH, 0), 0, 0, 0, "it is a floating-point number of 4 bytes");
        check_end(&opened, END("text", CATALOG_LENGTH, 0), 0, 0, 0, "it is no integer");
        check_end(&opened, END("cid", CATALOG_LENGTH, 0), 0, 0, 0, "the field is a struct");
        check_end(&opened, END("cid.len", CATALOG_FLOAT, 0), 0, 0, 0, "it is no floating-point number");
        check_end(&opened, END("cid", CATALOG_BYTES, 0), cid, 0, 32, NULL);
        check_end(&opened, END("data", CATALOG_BYTES, .has_length = 1), text + 8, 8, 0, NULL);
        check_end(&opened, END("data", CATALOG_BYTES, .fixed_length = 4), text + 8, 8, 0, NULL);
        check_end(&opened, END("data", CATALOG_BYTES, 0), 0, 0, 0, "write a length in brackets");
        check_end(&opened, END("flexible", CATALOG_BYTES, .has_length = 1), text + 16, 0, 0, NULL);
        check_end(&opened, END("flexible", CATALOG_BYTES, 0), 0, 0, 0, "write a length in brackets");
        check_end(&opened, END("cid.bits", CATALOG_BYTES, 0), 0, 0, 0, "the field is a bit field");
        check_end(&opened, END("text", CATALOG_TEXT, 0), text, 8, 0, NULL);
        check_end(&opened, END("name", CATALOG_TEXT, 0), name, 0, 16, NULL);
        check_end(&opened, END("grid[1]", CATALOG_TEXT, 0), name + 24, 0, 8, NULL);
        check_end(&opened, END("skip", CATALOG_TEXT, 0), 0, 0, 0, "it is neither a pointer nor an array");
        check_end(&opened, END("paths[1]->remote.sa", CATALOG_ADDRESS, 0), remote, 0, 16, NULL);
        check_end(&opened, END("paths[1]->remote", CATALOG_ADDRESS, 0), remote, 0, 28, NULL);
        check_end(&opened, END("paths[0]->local", CATALOG_ADDRESS, 0), remote + 28, 8, 0, NULL);
        check_end(&opened, END("paths[0]->skip", CATALOG_ADDRESS, 0), 0, 0, 0, "it is neither a struct nor a pointer to one");
    }
    close_program(&opened);
}

/* Types of a library that is loaded later, and names that both it and the program have. The struct is that of the file whose site
 * it is, never one of a file that has nothing to do with it. */
static void test_library(void)
{
    opened_t opened;
    struct pg_path found;
    reason_t reason = {""};

    if (!lab_run("gcc -g -shared -fPIC -o library.so library.c && gcc -g -o p main.c other.c && gcc -o bare main.c other.c && "
                 "strip bare")) {
        ok(0, "library: build");
        return;
    }
    if (open_program(&opened, "p", lab_path("library.so"), "library")) {
        check_reason(&opened, "struct st_library_t", "field", "struct st_library_t is not in the debug information of",
                     "library: a program that does not know its struct");
        ok(find_path(&opened, "struct st_outer_t", "never->far", &found, &reason) == 0 && found.offsets[1] == 8,
           "library: what the program only declares is defined there %s", reason.text);
        check_paths(&opened, "library");
        check_reason(&opened, "struct st_twice_t", "x", "several definitions that differ", "library: the program's come first");
        while (opened.module + 1 < opened.target.num_modules &&
               strstr(opened.target.modules[opened.module].name, "/library.so") == NULL)
            ++opened.module;
        ok(find_path(&opened, "struct st_library_t", "field", &found, &reason) == 0 && found.offsets[0] == 4 && found.size == 2,
           "library: its struct, at its own sites %s", reason.text);
        ok(find_path(&opened, "struct st_twice_t", "x", &found, &reason) == 0 && found.offsets[0] == 100,
           "library: its own definition of a name that the program has %s", reason.text);
    }
    close_program(&opened);
    if (open_program(&opened, "bare", lab_path("library.so"), "library of a stripped program")) {
        check_reason(&opened, "struct st_library_t", "field", "/bare has no debug information", "library of a stripped program");
        check_reason(&opened, "struct st_outer_t", "c", "/bare has no debug information", "library of a stripped program");
    }
    close_program(&opened);
}

/* Two libraries have a struct that the program only declares: it cannot be told whose it is. */
static void test_two_libraries(void)
{
    opened_t opened;
    struct pg_path found;
    reason_t reason = {""};

    lab_write("second.c", "struct st_never_t { int far; }; struct st_never_t second;\n");
    if (!lab_run("gcc -g -shared -fPIC -o library.so library.c && gcc -g -shared -fPIC -o second.so second.c && "
                 "gcc -g -shared -fPIC -o same.so library.c && "
                 "gcc -g -o p main.c other.c -Wl,--no-as-needed ./second.so -Wl,-rpath,. && "
                 "gcc -g -o p2 main.c other.c -Wl,--no-as-needed ./same.so -Wl,-rpath,.") ||
        chdir(lab_dir) != 0) {
        ok(0, "two libraries: build");
        return;
    }
    if (open_program(&opened, "p", lab_path("library.so"), "two libraries"))
        check_reason(&opened, "struct st_outer_t", "never->far", "struct st_never_t is another one in", "two libraries");
    close_program(&opened);
    if (open_program(&opened, "p2", lab_path("library.so"), "two equal libraries"))
        ok(find_path(&opened, "struct st_outer_t", "never->far", &found, &reason) == 0 && found.offsets[1] == 8,
           "two libraries that have the same %s", reason.text);
    close_program(&opened);
}

static void test_split(void)
{
    opened_t opened;

    if (!lab_run("rm -f p *.o *.dwo && gcc -g -gsplit-dwarf -c main.c other.c && gcc -o p main.o other.o && rm *.dwo")) {
        ok(0, "split: build");
        return;
    }
    if (open_program(&opened, "p", NULL, "split, without .dwo files"))
        check_reason(&opened, "struct st_outer_t", "c", "it is split", "split, without .dwo files");
    close_program(&opened);
}

/* ---- C++ ---- */

static const char names_cc[] =
    "#include <cstdio>\n#include <cstddef>\n#include <unistd.h>\n"
    "struct global_t { int a, b; };\n"
    "namespace shop { struct item_t { char pad[12]; int id; struct inner_t { long skip; int n; } in; };\n"
    "    typedef struct { int skip, x; } unnamed_t;\n"
    "    namespace deep { struct item_t { int id; }; struct only_t { short skip, s; struct later_t *later; }; }\n"
    "    inline namespace v1 { struct versioned_t { int skip, v; }; }\n"
    "    template <typename T> struct box_t { T skip; int value; };\n"
    "    struct base_t { int base_id; }; struct derived_t : base_t { int own; static int shared; }; int derived_t::shared; }\n"
    "namespace other { struct global_t { int b, a; }; }\n"
    "namespace shop { namespace deep { struct later_t { int skip[3], z; }; } }\n"
    "namespace { struct hidden_t { int skip, h; }; }\n"
    "class klass { public: int x; class nested { public: int skip, y; }; nested n; };\n"
    "union un { int i; };\n"
    "shop::item_t item; shop::unnamed_t unnamed; shop::deep::item_t deep_item; shop::deep::only_t only; shop::versioned_t "
    "versioned;\n"
    "shop::box_t<int> box_int; shop::box_t<char[9]> box_chars; global_t global; other::global_t other_global; hidden_t hidden;\n"
    "shop::derived_t derived; klass k; un u;\n"
    "int main()\n"
    "{\n"
    "    char c;\n"
    "    puts(\"ready\"); fflush(stdout);\n"
    "    return read(0, &c, 1) != 0 && hidden.h + item.id + unnamed.x + deep_item.id + only.s + versioned.v + box_int.value +\n"
    "        box_chars.value + global.a + other_global.a + derived.own + k.n.y + u.i;\n"
    "}\n";

static void check_names(opened_t *opened, const char *what)
{
    static const struct {
        const char *type, *path;
        int offset; /* -1: there is a reason */
        const char *part;
    } names[] = {
        {"struct global_t", "b", 4, NULL},
        {"struct other::global_t", "b", 0, NULL},
        {"struct shop::item_t", "id", 12, NULL},
        {"struct shop::deep::item_t", "id", 0, NULL},
        {"struct item_t", "id", -1, "write which"},
        {"struct deep::item_t", "id", -1, "struct deep::item_t is not in the debug information"},
        {"struct only_t", "s", 2, NULL},
        {"struct only_t", "later->z", 12, NULL},
        {"struct versioned_t", "v", 4, NULL},
        {"struct hidden_t", "h", 4, NULL},
        {"struct shop::item_t::inner_t", "n", 8, NULL},
        {"struct inner_t", "n", 8, NULL},
        {"shop::unnamed_t", "x", 4, NULL},
        {"unnamed_t", "x", 4, NULL},
        {"struct shop::box_t<int>", "value", 4, NULL},
        {"struct derived_t", "base_id", 0, NULL},
        {"struct derived_t", "own", 4, NULL},
        {"struct klass", "n.y", 8, NULL},
        {"struct klass::nested", "y", 4, NULL},
        {"union un", "i", 0, NULL},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        struct pg_path found;
        reason_t reason = {""};
        if (names[i].offset < 0) {
            check_reason(opened, names[i].type, names[i].path, names[i].part, what);
            continue;
        }
        int status = find_path(opened, names[i].type, names[i].path, &found, &reason);
        ok(status == 0 && found.offsets[found.num_hops - 1] == (uint32_t)names[i].offset, "%s: %s %s %s", what, names[i].type,
           names[i].path, reason.text);
    }
}

static void test_namespaces(void)
{
    static const char *const builds[] = {"g++ -g", "g++ -g -O2 -fdebug-types-section", "g++ -g -gdwarf-4 -fdebug-types-section",
                                         "g++ -g -gsplit-dwarf -c names.cc && g++", "clang++ -g -fstandalone-debug"};

    lab_write("names.cc", names_cc);
    for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); ++i) {
        const char *input = strstr(builds[i], " -c ") != NULL ? "names.o" : "names.cc";
        opened_t opened;
        if (!lab_can(i < 4 ? "g++ --version" : "clang++ --version")) {
            skip(builds[i], "not installed");
            continue;
        }
        if (!ok(lab_run("rm -f names && %s -o names %s", builds[i], input), "%s: build", builds[i]))
            continue;
        if (open_program(&opened, "names", NULL, builds[i])) {
            struct pg_path found;
            reason_t reason = {""};
            check_names(&opened, builds[i]);
            /* neither DWARF 4 nor a unit of a single type says that a namespace is inline */
            const char *scoped = i == 1 || i == 2 ? "struct shop::v1::versioned_t" : "struct shop::versioned_t";
            ok(find_path(&opened, scoped, "v", &found, &reason) == 0, "%s: %s %s", builds[i], scoped, reason.text);
        }
        close_program(&opened);
    }
}

/* ---- separate debug files ---- */

/* The programs are static: the system's C library may have debug information. */

static void test_separate(void)
{
    opened_t opened;
    static const struct {
        const char *what, *command, *lacks; /* of the reason; NULL: it is found */
    } builds[] = {
        {"stripped", "strip p", "/p has no debug information; there is no /usr/lib/debug/.build-id/"},
        {"stripped, and what to do", "strip p", "what 'debuginfod-find debuginfo "},
        {"stripped, without a build-id", "objcopy --remove-section=.note.gnu.build-id p && strip p",
         "/p has no debug information, and names no debug file by a build-id or .gnu_debuglink: build it with -g"},
        {"debuglink to nothing", "touch p.debug && strip p && objcopy --add-gnu-debuglink=p.debug p && rm p.debug", ", no "},
        {"debuglink and build-id", "objcopy --only-keep-debug p p.debug && strip p && objcopy --add-gnu-debuglink=p.debug p", NULL},
        {"debuglink in .debug/",
         "mkdir -p .debug && objcopy --only-keep-debug p p.debug && strip p && objcopy --add-gnu-debuglink=p.debug p && mv p.debug "
         ".debug/",
         NULL},
        {"debuglink, compressed",
         "objcopy --only-keep-debug --compress-debug-sections p p.debug && strip p && objcopy --add-gnu-debuglink=p.debug p", NULL},
        {"debuglink with CRC only",
         "objcopy --remove-section=.note.gnu.build-id p && objcopy --only-keep-debug p p.debug && strip p &&"
         "objcopy --add-gnu-debuglink=p.debug p",
         NULL},
        {"debuglink with a wrong CRC",
         "objcopy --remove-section=.note.gnu.build-id p && objcopy --only-keep-debug p p.debug && strip p &&"
         "objcopy --add-gnu-debuglink=p.debug p && echo >> p.debug",
         "/p.debug is of another build (its CRC is not the one that .gnu_debuglink has); there is no "},
        {"debug file of another build",
         "gcc -g -O1 -DANOTHER -Wl,--build-id=0x0123456789abcdef01234567 -static -DSTATIC -o p3 main.c other.c && objcopy "
         "--only-keep-debug p3 p.debug "
         "&& strip p &&"
         "objcopy --add-gnu-debuglink=p.debug p",
         "/p.debug is of another build (it has another build-id); there is no /usr/lib/debug/.build-id/"},
        {"debuglink to itself", "strip p && cp p p.debug && objcopy --add-gnu-debuglink=p.debug p && cp p p.debug",
         "/p.debug has none either; there is no "},
        {"debuglink to a FIFO",
         "objcopy --only-keep-debug p p.debug && strip p && objcopy --add-gnu-debuglink=p.debug p && rm p.debug && mkfifo p.debug",
         "/p.debug is no regular file; there is no "},
        {"debuglink to text", "strip p && echo text >p.debug && objcopy --add-gnu-debuglink=p.debug p",
         "/p.debug is no ELF file, or one of more than 8 GiB; there is no "},
    };

    for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); ++i) {
        const char *what = builds[i].what;
        if (!lab_run("rm -rf p p.debug .debug && gcc -g -static -DSTATIC -Wl,--build-id -o p main.c other.c && %s",
                     builds[i].command)) {
            ok(0, "%s: build", what);
            continue;
        }
        if (open_program(&opened, "p", NULL, what)) {
            if (builds[i].lacks == NULL) {
                check_paths(&opened, what);
                check_layout(&opened, what);
            } else {
                check_reason(&opened, "struct st_outer_t", "c", "/p has no debug information", what);
                check_reason(&opened, "struct st_outer_t", "c", builds[i].lacks, what);
                check_layout_reason(&opened, "struct st_outer_t", builds[i].lacks, what);
            }
        }
        close_program(&opened);
    }
}

/* The build-id directory is looked for in the file system of the target, and absolute symbolic links in it lead to places in there.
 */
static void test_build_id(void)
{
    opened_t opened;

    if (geteuid() != 0) {
        skip("debug file by build-id", "chroot() takes root");
        return;
    }
    if (!lab_run(
            "rm -rf p p.debug .debug && gcc -g -static -DSTATIC -Wl,--build-id -o p main.c other.c && objcopy --only-keep-debug p "
            "p.debug &&"
            "strip p && id=$(readelf -n p | sed -n 's/.*Build ID: //p') && dir=usr/lib/debug/.build-id/$(echo $id | cut -c1-2) &&"
            "mkdir -p $dir away && mv p.debug away/ && ln -s /away/p.debug $dir/$(echo $id | cut -c3-).debug")) {
        ok(0, "build-id: build");
        return;
    }
    if (chdir(lab_dir) != 0)
        bail_out("chdir");
    if (open_program(&opened, "p", "chroot", "build-id"))
        check_paths(&opened, "build-id, in the target's root");
    close_program(&opened);
    if (open_program(&opened, "p", NULL, "build-id"))
        check_reason(&opened, "struct st_outer_t", "c", "no debug information", "build-id: the tracer's own has none");
    close_program(&opened);
    if (lab_run("gcc -g -O1 -DANOTHER -Wl,--build-id=0x0123456789abcdef01234567 -static -DSTATIC -o p3 main.c other.c && "
                "objcopy --only-keep-debug p3 away/p.debug") &&
        open_program(&opened, "p", "chroot", "build-id"))
        check_reason(&opened, "struct st_outer_t", "c", ".debug is of another build (it has another build-id). Install",
                     "build-id, but the file of that name is of another build");
    close_program(&opened);
}

/* ---- damaged files ---- */

/* Asks about the damaged file. Returns 0 if something is neither an answer nor a reason. */
static int is_sane(const target_t *target)
{
    struct pg_path found;
    layout_t layout;
    reason_t reason = {""};
    structs_t *structs = structs_open(target);
    const catalog_path_t path = {.type = "struct st_outer_t", .path = "next->b[1].y[2]", .kind = CATALOG_NUMBER};
    int status = structs_path(structs, 0, &path, &found, &reason);
    int sane = (status == 0) == (reason.text[0] == '\0') && (status == 0) == (found.num_hops != 0) && structs_path_is_sound(&found);

    reason.text[0] = '\0';
    status = structs_layout(structs, 0, "struct st_outer_t", &layout, &reason);
    sane = sane && (status == 0) == (reason.text[0] == '\0') && (status == 0) == (layout.num_steps != 0);
    layout_dispose(&layout);
    structs_close(structs);
    return sane;
}

/* The same with other bytes in one place of the file. */
static int is_sane_with(const target_t *target, int fd, unsigned at, const void *bytes, size_t size)
{
    unsigned char whole[8];
    int sane;

    if (size > sizeof(whole) || pread(fd, whole, size, at) != (ssize_t)size || pwrite(fd, bytes, size, at) != (ssize_t)size)
        bail_out("cannot damage the file");
    sane = is_sane(target);
    if (pwrite(fd, whole, size, at) != (ssize_t)size)
        bail_out("cannot repair the file");
    return sane;
}

static void find_section(const char *name, unsigned *at, unsigned *size)
{
    char *text = lab_output(
        "readelf -SW whole.debug 2>/dev/null | sed -n 's/.*\\%s *[A-Z]* *[0-9a-f]* \\([0-9a-f]* [0-9a-f]*\\).*/\\1/p'", name);

    if (sscanf(text, "%x %x", at, size) != 2 || *size == 0)
        bail_out("readelf");
    free(text);
}

static void test_flips(const target_t *target, int fd, const char *section)
{
    static const unsigned char masks[] = {0xff, 0x01, 0x08};
    unsigned at, size, num_sane = 0;

    find_section(section, &at, &size);
    for (unsigned i = 0; i < size * 3; ++i) {
        unsigned char c;
        if (pread(fd, &c, 1, at + i / 3) != 1)
            bail_out("read");
        c ^= masks[i % 3];
        num_sane += is_sane_with(target, fd, at + i / 3, &c, 1);
    }
    ok(num_sane == size * 3, "damage: every byte of %s", section);
}

/* Every reference to a type is made to lead to every type: typedefs of themselves, structs and arrays that contain themselves. */
static void test_loops(const target_t *target, int fd)
{
    char *text = lab_output("readelf --debug-dump=info whole.debug 2>/dev/null"), *save = NULL;
    unsigned at, size, num = 0, num_sane = 0, num_types = 0;
    uint32_t types[64];

    find_section(".debug_info", &at, &size);
    for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
        if (sscanf(line, " <1><%x>", &types[num_types]) == 1 && num_types < 63)
            ++num_types;
    free(text);
    for (unsigned i = 0; i + 4 <= size; ++i) {
        for (unsigned type = 0; type < num_types; ++type) {
            num_sane += is_sane_with(target, fd, at + i, &types[type], sizeof(types[type]));
            ++num;
        }
    }
    ok(num_types > 8 && num_sane == num, "damage: references to each of %u types everywhere", num_types);
}

/* Whatever the DWARF says, there is an answer or a reason. libdw is trusted to check bounds; this is about loops and depth. */
static void test_damage(void)
{
    opened_t opened;
    size_t num_modules;
    int fd;

    lab_write("small.c",
              "#include <stdio.h>\n#include <unistd.h>\n"
              "struct st_in_t { int x, y[3]; }; typedef struct st_in_t in_t;\n"
              "struct st_outer_t { in_t *a; struct st_outer_t *next; in_t b[2]; union { int c; unsigned d : 3; }; char t[4]; } o;\n"
              "int main(void) { char c; puts(\"ready\"); fflush(stdout); return read(0, &c, 1) != 0 && o.a != 0; }\n");
    if (!lab_run("rm -rf p p.debug && gcc -g -o p small.c && objcopy --only-keep-debug p whole.debug && objcopy "
                 "--remove-section=.note.gnu.build-id p &&"
                 "objcopy --remove-section=.note.gnu.build-id whole.debug && strip p")) {
        ok(0, "damage: build");
        return;
    }
    /* the module's own DWARF is not checked against anything, so the debug file takes the place of the program's path */
    if (!open_program(&opened, "p", NULL, "damage")) {
        close_program(&opened);
        return;
    }
    /* nor are the C library's types looked through, time and again */
    num_modules = opened.target.num_modules;
    opened.target.num_modules = 1;
    if ((fd = open(lab_path("whole.debug"), O_RDWR | O_CLOEXEC)) == -1)
        bail_out("open");
    snprintf(opened.target.modules[0].path, sizeof(opened.target.modules[0].path), "/proc/self/fd/%d", fd);
    test_flips(&opened.target, fd, ".debug_info");
    test_flips(&opened.target, fd, ".debug_abbrev");
    test_loops(&opened.target, fd);
    close(fd);
    opened.target.num_modules = num_modules;
    close_program(&opened);
}

/* A server that would be asked for debug information, if any were. */
static int listen_for_debuginfod(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    char url[64];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1 || bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 1) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        bail_out("no socket");
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", ntohs(address.sin_port));
    setenv("DEBUGINFOD_URLS", url, 1);
    return fd;
}

/* paths that somebody else says to have found */
static void test_sound(void)
{
    static const struct pg_path good = {.num_hops = PG_MAX_HOPS, .size = 8, .left = 63, .right = 63}, none = {0};
    struct pg_path path;

    ok(structs_path_is_sound(&good) && structs_path_is_sound(&none), "a path that can be");
    path = good;
    path.num_hops = PG_MAX_HOPS + 1;
    ok(!structs_path_is_sound(&path), "... of too many steps is none");
    path = good;
    path.size = 9;
    ok(!structs_path_is_sound(&path), "... nor one to more than 8 bytes");
    path = good;
    path.left = 64;
    ok(!structs_path_is_sound(&path), "... shifted to the left by 64 bits");
    path = good;
    path.right = 255;
    ok(!structs_path_is_sound(&path), "... or to the right");
}

int main(void)
{
    struct pollfd asked = {.fd = listen_for_debuginfod(), .events = POLLIN};

    lab_init();
    lab_write("types.h", types_h);
    lab_write("main.c", main_c);
    lab_write("other.c", other_c);
    lab_write("library.c", library_c);
    test_builds();
    test_reasons();
    test_library();
    test_two_libraries();
    test_split();
    test_ends();
    test_namespaces();
    test_separate();
    test_build_id();
    test_damage();
    test_sound();
    is_int(poll(&asked, 1, 0), 0, "no debuginfod server was asked");
    close(asked.fd);
    return done_testing();
}
