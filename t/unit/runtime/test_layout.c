/*
 * ASSERTION: a layout comes through a pipe as it was, and whatever comes instead of one is refused or is a layout: all steps are
 * within the struct, numbers have sizes that can be read, names need no escaping, and every container has its end.
 */

#include "common/layout.h"
#include "lab.h"

/* struct { int a; struct { char name[8]; double d; } in; short list[2]; unsigned f : 3; } */
static layout_step_t steps[] = {
    {.kind = LAYOUT_OBJECT, .size = 40},
    {.kind = LAYOUT_INT, .name = "a", .size = 4},
    {.kind = LAYOUT_OBJECT, .name = "in", .offset = 8, .size = 16},
    {.kind = LAYOUT_TEXT, .name = "name", .offset = 8, .size = 8},
    {.kind = LAYOUT_FLOAT, .name = "d", .offset = 16, .size = 8},
    {.kind = LAYOUT_END, .offset = 8, .size = 16},
    {.kind = LAYOUT_ARRAY, .name = "list", .offset = 24, .size = 4},
    {.kind = LAYOUT_INT, .offset = 24, .size = 2},
    {.kind = LAYOUT_INT, .offset = 26, .size = 2},
    {.kind = LAYOUT_END, .offset = 24, .size = 4},
    {.kind = LAYOUT_UINT, .name = "f", .offset = 28, .size = 1, .bit_offset = 2, .bit_size = 3},
    {.kind = LAYOUT_END, .size = 40},
};
#define NUM_STEPS (sizeof(steps) / sizeof(steps[0]))

static const layout_t whole = {.size = 40, .steps = steps, .num_steps = NUM_STEPS};

static char *bytes;
static size_t size;

static void pack(const layout_t *layout)
{
    if ((bytes = layout_pack(layout, &size)) == NULL)
        bail_out("no memory");
}

static int is_same(const layout_step_t *a, const layout_step_t *b)
{
    return a->kind == b->kind && a->offset == b->offset && a->size == b->size && a->bit_offset == b->bit_offset &&
           a->bit_size == b->bit_size && (a->name == NULL) == (b->name == NULL) &&
           (a->name == NULL || strcmp(a->name, b->name) == 0);
}

static void test_same(void)
{
    layout_t got;
    int same = 1;

    pack(&whole);
    if (!ok(layout_unpack(&got, bytes, size) == 0, "a layout is read"))
        return;
    ok(got.size == whole.size && got.num_steps == whole.num_steps, "... with all its steps");
    for (size_t i = 0; i < got.num_steps; ++i)
        same &= is_same(got.steps + i, steps + i);
    ok(same, "... which are as they were");
    layout_dispose(&got);
    free(bytes);
}

/* What layouts of layout.h are not. */
static void refused(size_t number, layout_step_t step, const char *what)
{
    layout_step_t was = steps[number];
    layout_t got;

    steps[number] = step;
    pack(&whole);
    is_int(layout_unpack(&got, bytes, size), -1, what);
    free(bytes);
    steps[number] = was;
}

static void test_refused(void)
{
    static char long_name[LAYOUT_MAX_NAME + 2];

    memset(long_name, 'x', LAYOUT_MAX_NAME + 1);
    refused(0, (layout_step_t){.kind = LAYOUT_ARRAY, .size = 40}, "the whole is an array");
    refused(0, (layout_step_t){.kind = LAYOUT_OBJECT, .size = 41}, "larger than itself");
    refused(0, (layout_step_t){.kind = LAYOUT_OBJECT, .name = "x", .size = 40}, "the whole has a name");
    refused(1, (layout_step_t){.kind = LAYOUT_INT, .size = 4}, "a member without a name");
    refused(1, (layout_step_t){.kind = LAYOUT_INT, .name = "a\"b", .size = 4}, "a name with a quote");
    refused(1, (layout_step_t){.kind = LAYOUT_INT, .name = long_name, .size = 4}, "a name without end");
    refused(1, (layout_step_t){.kind = LAYOUT_INT, .name = "a", .size = 3}, "an integer of 3 bytes");
    refused(1, (layout_step_t){.kind = LAYOUT_INT, .name = "a", .size = 16}, "an integer of 16 bytes");
    refused(1, (layout_step_t){.kind = LAYOUT_FLOAT, .name = "a", .size = 2}, "half a float");
    refused(1, (layout_step_t){.kind = LAYOUT_INT, .name = "a", .offset = 37, .size = 4}, "a member that ends outside");
    refused(1, (layout_step_t){.kind = LAYOUT_INT, .name = "a", .offset = UINT32_MAX - 1, .size = 4}, "an offset that wraps");
    refused(1, (layout_step_t){.kind = LAYOUT_TEXT, .name = "a", .size = UINT32_MAX}, "endless text");
    refused(1, (layout_step_t){.kind = LAYOUT_TEXT + 1, .name = "a", .size = 4}, "a kind that there is not");
    refused(1, (layout_step_t){.kind = LAYOUT_OBJECT, .name = "a", .size = 4}, "an object without an end");
    refused(5, (layout_step_t){.kind = LAYOUT_INT, .name = "a", .size = 4}, "a missing end");
    refused(2, (layout_step_t){.kind = LAYOUT_END, .size = 40}, "an end too early");
    refused(7, (layout_step_t){.kind = LAYOUT_INT, .name = "x", .offset = 24, .size = 2}, "an element with a name");
    refused(10, (layout_step_t){.kind = LAYOUT_UINT, .name = "f", .size = 1, .bit_offset = 6, .bit_size = 3},
            "bits outside of their byte");
    refused(10, (layout_step_t){.kind = LAYOUT_UINT, .name = "f", .size = 9, .bit_size = 3}, "bits of 9 bytes");
    refused(10, (layout_step_t){.kind = LAYOUT_FLOAT, .name = "f", .size = 4, .bit_size = 3}, "a float of bits");
    refused(10, (layout_step_t){.kind = LAYOUT_UINT, .name = "f", .size = 8, .bit_offset = 200}, "an offset of no bits");
    refused(11, (layout_step_t){.kind = LAYOUT_UINT, .name = "f", .size = 1}, "no end of the whole");
}

/* Is it what layout.h says? */
static int is_layout(const layout_t *layout)
{
    int depth = 0;

    for (size_t i = 0; i < layout->num_steps; ++i) {
        const layout_step_t *step = layout->steps + i;
        if ((uint64_t)step->offset + step->size > layout->size ||
            (step->name != NULL && !layout_is_name(step->name, strlen(step->name))))
            return 0;
        depth += step->kind == LAYOUT_OBJECT || step->kind == LAYOUT_ARRAY ? 1 : step->kind == LAYOUT_END ? -1 : 0;
        if (depth < 0 || depth >= 64 || (depth == 0 && i + 1 != layout->num_steps))
            return 0;
    }
    return depth == 0;
}

static void test_damaged(void)
{
    unsigned num_good = 0, num_refused = 0, num_bad = 0;
    layout_t got;

    pack(&whole);
    for (size_t i = 0; i < size; ++i)
        num_bad += layout_unpack(&got, bytes, i) == 0;
    is_int(num_bad, 0, "none that is cut short is read");
    for (size_t i = 0; i < size; ++i) {
        char was = bytes[i];
        for (unsigned change = 1; change < 256; ++change) {
            bytes[i] = (char)(was ^ change);
            if (layout_unpack(&got, bytes, size) != 0) {
                ++num_refused;
                continue;
            }
            ++num_good;
            num_bad += !is_layout(&got);
            layout_dispose(&got);
        }
        bytes[i] = was;
    }
    is_int(num_bad, 0, "whatever byte is another one, it is refused or is a layout");
    ok(num_good > 100 && num_refused > 1000, "... %u are, %u are refused", num_good, num_refused);
    free(bytes);
}

int main(void)
{
    test_same();
    test_refused();
    test_damaged();
    return done_testing();
}
