#ifndef T_UNIT_CHOOSE_LAB_H
#define T_UNIT_CHOOSE_LAB_H

/* Probes with fields of all types, for the tests of what chooses events. */

#include "choose/choose.h"
#include "tap.h"

/* name, type, argument, size, place in the record */
#define NUMBER(n, v, a, s, o)                                                                                                      \
    .name = n, .value = CATALOG_VALUE_##v, .arg = a, .bit = a, .size = s, .offset = o, .slot = -1, .path = -1
/* ... of a member of the struct that argument 7 points to: its path and bit */
#define MEMBER(n, v, b, s, o, p)                                                                                                   \
    .name = n, .value = CATALOG_VALUE_##v, .arg = 7, .bit = b, .size = s, .offset = o, .slot = -1, .path = p
/* name, type, argument, slot, what says how long it is */
#define STRING(n, v, a, s, kind)                                                                                                   \
    .name = n, .value = CATALOG_VALUE_##v, .arg = a, .bit = a, .offset = 64 + 16 * (s), .slot = s, .path = -1,                     \
    .length_kind = CATALOG_LENGTH_##kind

static const catalog_field_t number_fields[] = {
    {NUMBER("u8", INTEGER, 0, 1, 32)},
    {NUMBER("i8", INTEGER, 1, 1, 33), .is_signed = 1},
    {NUMBER("u16", INTEGER, 2, 2, 34)},
    {NUMBER("i32", INTEGER, 3, 4, 36), .is_signed = 1},
    {NUMBER("u64", INTEGER, 4, 8, 40)},
    {NUMBER("i64", INTEGER, 5, 8, 48), .is_signed = 1},
    {NUMBER("flag", BOOLEAN, 6, 1, 56)},
    {NUMBER("ptr", POINTER, 7, 8, 64)},
    {MEMBER("lifted", INTEGER, 12, 4, 72, 0), .is_signed = 1},
    {MEMBER("optional", INTEGER, 13, 2, 76, 1), .is_optional = 1},
    {MEMBER("on", BOOLEAN, 14, 1, 78, 2)},
};
static const catalog_lift_t number_lifts[] = {
    {.path = 0, .arg = 7, .bit = 12, .word = 23}, {.path = 1, .arg = 7, .bit = 13, .word = 22}, /* that of "on" is read late */
};
enum { NUM_NUMBERS = sizeof(number_fields) / sizeof(number_fields[0]) };

static const catalog_field_t text_fields[] = {
    {STRING("name", TEXT, 0, 0, NUL)},
    {STRING("value", TEXT, 1, 1, ARG), .length = 2, .gate = PG_SHOW_APPDATA},
    {NUMBER("value_len", INTEGER, 2, 4, 32), .is_signed = 1},
    {STRING("raw", BYTES, 3, 2, FIXED), .length = 4},
    {STRING("key", TEXT, 4, 3, NUL), .gate = PG_SHOW_SECRETS},
    {NUMBER("ratio", FLOAT, 5, 8, 40)},
    {NUMBER("peer", ADDRESS, 6, 0, 144)},
    {.name = "member",
     .value = CATALOG_VALUE_TEXT,
     .arg = 7,
     .bit = 12,
     .offset = 128,
     .slot = 4,
     .path = 3,
     .length_kind = CATALOG_LENGTH_PATH},
};
static const catalog_field_t whole_fields[] = {{NUMBER("whole", OBJECT, 0, 0, 32)}};
static const catalog_lift_t text_lifts[] = {{.path = 3, .arg = 7, .bit = 12, .word = 12},
                                            {.path = 4, .arg = 7, .bit = 12, .word = 13}};
enum { NUM_TEXTS = sizeof(text_fields) / sizeof(text_fields[0]) };

static const catalog_arg_t args[8] = {[2] = {.size = 4, .is_signed = 1}};
static const catalog_header_t header = {.name = 0, .value = 1};
static const catalog_probe_t probes[] = {
    {.provider = "app",
     .name = "numbers",
     .args = args,
     .num_args = 8,
     .fields = number_fields,
     .num_fields = NUM_NUMBERS,
     .size = 80,
     .lifts = number_lifts,
     .num_lifts = 2,
     .function = "on_event"},
    {.provider = "app",
     .name = "texts",
     .args = args,
     .num_args = 8,
     .fields = text_fields,
     .num_fields = NUM_TEXTS,
     .size = 256,
     .num_slots = 5,
     .lifts = text_lifts,
     .num_lifts = 2,
     .header = &header,
     .function = "on_event"},
    {.provider = "lib",
     .name = "texts",
     .args = args,
     .num_args = 8,
     .fields = text_fields,
     .num_fields = 3,
     .num_slots = 5,
     .size = 256},
    {.provider = "lib", .name = "stats", .args = args, .num_args = 8, .fields = whole_fields, .num_fields = 1, .size = 64},
};
enum { NUMBERS, TEXTS, LIB_TEXTS, LIB_STATS, NUM_PROBES };
static const catalog_path_t paths[] = {
    {"struct st_x", "lifted", CATALOG_NUMBER, 0, 0, 0},     {"struct st_x", "optional", CATALOG_NUMBER, 0, 0, 0},
    {"struct st_x", "on", CATALOG_NUMBER, 0, 0, 0},         {"struct st_x", "member", CATALOG_TEXT, 1, 4, 0},
    {"struct st_x", "member_len", CATALOG_LENGTH, 0, 0, 0},
};
const catalog_t catalog = {.tracer = "test", .probes = probes, .num_probes = NUM_PROBES, .paths = paths, .num_paths = 5};

/* What several expressions come to. */
static choose_t lab_choice;
static choose_error_t lab_error;
static char lab_selected[NUM_PROBES + 1];

/* @param selected probes that -t selects, one 'x' or '.' each; NULL: there is no -t @return whether they are taken */
static inline int lab_choose(const choose_wish_t *wish, const char *selected)
{
    choose_wish_t with_patterns = *wish;

    choose_dispose(&lab_choice);
    with_patterns.has_patterns = selected != NULL;
    for (int i = 0; i < NUM_PROBES; ++i)
        lab_selected[i] = selected == NULL || selected[i] == 'x';
    return choose_make(&lab_choice, &with_patterns, lab_selected, &lab_error) == 0;
}

/* The same for one expression. */
static inline int lab_choose_one(const char *expression, const char *selected)
{
    const choose_wish_t wish = {.expressions = {(const char *[]){expression}, 1}};

    return lab_choose(&wish, selected);
}

#endif
