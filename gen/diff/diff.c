/*
 * `probegen diff`: what changed between two versions of definitions, or binaries, and whom it breaks.
 *
 *     side_load, twice -> diff_compare: changes -> diff_judge: their effects -> a report
 *
 * A side is loaded as the tracer's definitions are, so that what is compared is the model that a tracer would be made of: names in
 * JSON, ids and offsets of records are those that it would have. changes.def is the list of what can change, with the rules for
 * whom it breaks. What comes from files is hostile: definitions of any size, names that are no names, repositories that would run
 * programs.
 */
#include "diff/diff.h"
#include "base/exit.h"
#include "diff/compare/compare.h"
#include "diff/options.h"
#include "print/print.h"

/* Reads both sides, also after mistakes in the first, so that all are reported. @return 0, or -1: reported */
static int load_sides(diff_t *diff, const diff_options_t *options)
{
    int before = side_load(&diff->before, diff->arena, options->before, &options->maps),
        after = side_load(&diff->after, diff->arena, options->after, &options->maps);

    if (before != 0 || after != 0)
        return -1;
    diff->has_binary = diff->before.ir == NULL || diff->after.ir == NULL;
    if (diff->has_binary && diff->before.ir != NULL)
        side_add_ways(&diff->before, diff->arena, diff->after.is_32);
    if (diff->has_binary && diff->after.ir != NULL)
        side_add_ways(&diff->after, diff->arena, diff->before.is_32);
    return 0;
}

int diff_main(int argc, char **argv)
{
    arena_t *arena = arena_create();
    diag_t diag = {0};
    diff_t diff = {.arena = arena};
    diff_options_t options;
    int status = EXIT_FILE;

    diff_options_parse(&options, arena, argc, argv);
    if (load_sides(&diff, &options) != 0)
        goto Exit;
    diff_compare(&diff);
    diff_judge(&diff);
    diff_report_t report = {
        .diff = &diff,
        .fail_on = options.fail_on,
        .is_failed = diff_is_failed(&diff, options.fail_on),
        .is_color = print_has_color(options.output),
    };
    status = print_report(arena, &diag, options.output, diff_formats[options.format].print, &report);
    if (status == EXIT_OK && report.is_failed)
        status = EXIT_MISTAKES;

Exit:
    arena_destroy(arena);
    return status;
}
