/*
 * ASSERTION: the verifier is told a type of each function of a program, in their order; those that are verified once are functions
 * of the object that tracers have, take and return numbers, and are global ones; all others are not. libbpf reads the types.
 */

#include <bpf/btf.h>
#include <stdlib.h>
#include "assemble/types.h"
#include "tap.h"

static struct btf *types;

static const char *name_of(const struct btf_type *type)
{
    return btf__name_by_offset(types, type->name_off);
}

/* A function is a global one by its linkage, which is where other types have the number of their parts. */
static int is_once(const struct btf_type *function)
{
    return btf_vlen(function) == BTF_FUNC_GLOBAL;
}

static int is_number(uint32_t id)
{
    const struct btf_type *type = btf__type_by_id(types, id);

    return btf_is_int(type) && type->size == 8 && btf_int_bits(type) == 64;
}

/* Whether a function takes and returns what a kernel lets a global one have here. */
static int is_of_numbers(const struct btf_type *function)
{
    const struct btf_type *prototype = btf__type_by_id(types, function->type);
    int is_good = btf_is_func_proto(prototype) && is_number(prototype->type);

    for (unsigned i = 0; i < btf_vlen(prototype); ++i)
        is_good = is_good && is_number(btf_params(prototype)[i].type);
    return is_good;
}

static void test_types(void)
{
    unsigned num_global = 0;

    for (uint32_t id = 1; id < btf__type_cnt(types); ++id) {
        const struct btf_type *type = btf__type_by_id(types, id);
        if (!btf_is_func(type))
            continue;
        int is_global = is_once(type);
        num_global += (unsigned)is_global;
        ok(is_of_numbers(type), "%s%s takes and returns numbers", name_of(type), is_global ? ", verified once," : "");
    }
    ok(num_global >= 3, "%u functions are verified once", num_global);
}

/* The type of function `i` of those that were described. */
static const struct btf_type *type_of(const struct bpf_func_info *list, size_t i)
{
    return btf__type_by_id(types, list[i].type_id);
}

static void test_description(void)
{
    size_t places[] = {5, 40, 90};
    program_function_t functions[] = {{90, "pg_begin"}, {120, "pg_strlen"}, {170, "pg_text_otherwise"}, {200, "pg_widen"}};
    program_t program = {.places = places, .num_sites = 2, .functions = functions, .num_functions = 4};
    static const uint32_t begins[] = {0, 5, 40, 90, 120, 170, 200};
    uint32_t num;
    struct bpf_func_info *list = types_describe(&program, &num);
    int is_good = list != NULL && num == 7;

    for (size_t i = 0; is_good && i < num; ++i)
        is_good = list[i].insn_off == begins[i] && btf_is_func(type_of(list, i));
    ok(is_good, "the entry, sites and functions are described where they begin");
    for (size_t i = 0; is_good && i < num; ++i) {
        int is_named = i == 4 || i == 6;
        is_good =
            is_once(type_of(list, i)) == is_named && (!is_named || strcmp(name_of(type_of(list, i)), functions[i - 3].name) == 0);
    }
    ok(is_good, "... those of numbers are verified once, and keep their names");
    free(list);
}

/* With the object of h2otrace: a function that got another name would be verified for each call again. */
static void test_object(const char *path)
{
    static char bytes[4 << 20];
    FILE *fp = fopen(path, "r");
    size_t size = fp != NULL ? fread(bytes, 1, sizeof(bytes), fp) : 0;
    object_t object;
    reason_t reason;

    if (fp != NULL)
        fclose(fp);
    if (object_open(&object, bytes, size, &reason) != 0)
        bail_out(reason.text);
    for (uint32_t id = 1; id < btf__type_cnt(types); ++id) {
        const struct btf_type *type = btf__type_by_id(types, id);
        if (btf_is_func(type) && is_once(type))
            ok(object_function_named(&object, name_of(type)) != object.num_functions, "%s is in the object", name_of(type));
    }
    object_dispose(&object);
}

int main(void)
{
    char bytes[TYPES_MAX_SIZE];
    size_t size = types_make(bytes);
    const char *path = getenv("PROBEGEN_OBJECT");

    types = btf__new(bytes, (uint32_t)size);
    if (types == NULL)
        bail_out("libbpf does not read the types");
    ok(size <= TYPES_MAX_SIZE, "types: %zu bytes", size);
    test_types();
    test_description();
    if (path == NULL)
        bail_out("no BPF object to be read: PROBEGEN_OBJECT names it");
    test_object(path);
    btf__free(types);
    return done_testing();
}
