/*
 * BTF of a program, as the kernel's Documentation/bpf/btf.rst has it: one number type, prototypes, functions. It is made here,
 * since that of clang has all types of all functions, and the entry and the sites are not in it.
 */
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include "assemble/types.h"

#define MAX_PARAMETERS 4

/* Of the functions of prelude.bpf.h those that take nothing but numbers, and how many. */
static const struct st_number_function_t {
    const char *name;
    unsigned num_parameters;
} number_functions[] = {{"pg_strlen", 1},      {"pg_count_lost", 1},     {"pg_widen", 1},
                        {"pg_as_double", 2},   {"pg_count_filtered", 1}, {"pg_match", 3},
                        {"pg_match_chunk", 4}, {"pg_is_wanted_id", 1},   {"pg_is_wanted_address", 2},
                        {"pg_is_sampled", 2},  {"pg_num_bits", 1}};

enum { NUM_NUMBER_FUNCTIONS = sizeof(number_functions) / sizeof(number_functions[0]) };

/* types by their numbers; those of number_functions follow the last one */
enum { NUMBER = 1, PROTOTYPE /* of no parameter, of one, and so on */, OTHER = PROTOTYPE + MAX_PARAMETERS + 1, NUMBER_FUNCTION };

typedef struct st_writer_t {
    char *types, *names;
    size_t types_size, names_size;
} writer_t;

static void put_bytes(writer_t *writer, const void *bytes, size_t size)
{
    memcpy(writer->types + writer->types_size, bytes, size);
    writer->types_size += size;
}

/* @param number how many parts, or the linkage of a function @param of size of a number, or another type */
static void put_type(writer_t *writer, const char *name, unsigned kind, unsigned number, unsigned of)
{
    struct btf_type type = {.info = kind << 24 | number, .size = of};

    if (name != NULL) {
        type.name_off = (uint32_t)writer->names_size;
        strcpy(writer->names + writer->names_size, name);
        writer->names_size += strlen(name) + 1;
    }
    put_bytes(writer, &type, sizeof(type));
}

size_t types_make(char bytes[TYPES_MAX_SIZE])
{
    static const uint32_t bits = 64;
    static const struct btf_param parameter = {.name_off = 1, .type = NUMBER};
    char names[TYPES_MAX_SIZE / 2] = ""; /* the first one is that of what has none */
    writer_t writer = {.types = bytes + sizeof(struct btf_header), .names = names, .names_size = 1};

    put_type(&writer, "number", BTF_KIND_INT, 0, sizeof(uint64_t));
    put_bytes(&writer, &bits, sizeof(bits));
    for (unsigned i = 0; i <= MAX_PARAMETERS; ++i) {
        put_type(&writer, NULL, BTF_KIND_FUNC_PROTO, i, NUMBER);
        for (unsigned j = 0; j < i; ++j)
            put_bytes(&writer, &parameter, sizeof(parameter));
    }
    put_type(&writer, "pg_code", BTF_KIND_FUNC, BTF_FUNC_STATIC, PROTOTYPE);
    for (int i = 0; i < NUM_NUMBER_FUNCTIONS; ++i)
        put_type(&writer, number_functions[i].name, BTF_KIND_FUNC, BTF_FUNC_GLOBAL, PROTOTYPE + number_functions[i].num_parameters);
    struct btf_header header = {.magic = BTF_MAGIC,
                                .version = BTF_VERSION,
                                .hdr_len = sizeof(header),
                                .type_len = (uint32_t)writer.types_size,
                                .str_off = (uint32_t)writer.types_size,
                                .str_len = (uint32_t)writer.names_size};
    memcpy(bytes, &header, sizeof(header));
    memcpy(writer.types + writer.types_size, names, writer.names_size);
    return sizeof(header) + writer.types_size + writer.names_size;
}

static uint32_t type_of(const char *name)
{
    for (uint32_t i = 0; i < NUM_NUMBER_FUNCTIONS; ++i) {
        if (strcmp(number_functions[i].name, name) == 0)
            return NUMBER_FUNCTION + i;
    }
    return OTHER;
}

struct bpf_func_info *types_describe(const program_t *program, uint32_t *num)
{
    struct bpf_func_info *list = calloc(1 + program->num_sites + program->num_functions, sizeof(*list));

    *num = 0;
    if (list == NULL)
        return NULL;
    list[(*num)++] = (struct bpf_func_info){0, OTHER};
    for (size_t i = 0; i < program->num_sites; ++i)
        list[(*num)++] = (struct bpf_func_info){(uint32_t)program->places[i], OTHER};
    for (size_t i = 0; i < program->num_functions; ++i)
        list[(*num)++] = (struct bpf_func_info){(uint32_t)program->functions[i].at, type_of(program->functions[i].name)};
    return list;
}
