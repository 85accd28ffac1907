#include <string.h>
#include "d/front.h"

typedef struct st_reader_t {
    const char *p, *end;
} reader_t;

static int starts_with(const reader_t *in, const char *s)
{
    size_t n = strlen(s);

    return (size_t)(in->end - in->p) >= n && memcmp(in->p, s, n) == 0;
}

/* blanks, comments and continued lines */
static void skip_blanks(reader_t *in)
{
    while (in->p != in->end) {
        if (*in->p == ' ' || *in->p == '\t' || *in->p == '\r' || *in->p == '\f' || *in->p == '\v') {
            ++in->p;
        } else if (starts_with(in, "\\\n")) {
            in->p += 2;
        } else if (starts_with(in, "\\\r\n")) {
            in->p += 3;
        } else if (starts_with(in, "//")) {
            in->p = in->end;
        } else if (starts_with(in, "/*")) {
            const char *close = memmem(in->p + 2, (size_t)(in->end - in->p) - 2, "*/", 2);
            in->p = close != NULL ? close + 2 : in->end;
        } else {
            return;
        }
    }
}

/** @return an identifier; n == 0 when there is none */
static str_t read_word(reader_t *in)
{
    str_t word = {in->p, 0};

    if (in->p != in->end && *in->p >= '0' && *in->p <= '9')
        return word;
    while (in->p != in->end && char_is_word(*in->p))
        ++in->p;
    word.n = (size_t)(in->p - word.p);
    return word;
}

void d_directive(d_state_t *st, uint32_t start, uint32_t end)
{
    const char *source = st->src->text;
    reader_t in = {source + start + 1, source + end};
    ctype_log_t *log = &st->defines;

    skip_blanks(&in);
    str_t directive = read_word(&in);
    if (directive.n >= 2 && memcmp(directive.p, "if", 2) == 0) /* ifdef, ifndef */
        ++st->branch;
    else if (str_is(directive, "else") || str_is(directive, "elif") || str_is(directive, "endif"))
        ++st->branch;
    if (!str_is(directive, "define"))
        return;
    skip_blanks(&in);
    str_t name = read_word(&in);
    if (name.n == 0 || (in.p != in.end && *in.p == '('))
        return; /* a macro with parameters */
    log->num = 0;
    while (skip_blanks(&in), in.p != in.end) {
        str_t token = {in.p, 1};
        if (*in.p == '*')
            ++in.p;
        else
            token = read_word(&in);
        if (token.n == 0 || (log->num == 0 && *token.p == '*'))
            return; /* no type */
        uint32_t at = (uint32_t)(token.p - source);
        ctype_log(log, at, at + (uint32_t)token.n);
    }
    if (log->num != 0) {
        ast_typedef_t *added = arena_alloc(st->arena, sizeof(*added));
        uint32_t at = (uint32_t)(name.p - source);
        added->name = (span_t){st->src, at, at + (uint32_t)name.n};
        ctype_read(log, &added->type, (span_t){st->src, log->tokens[0].start, end}, (span_t){.src = NULL});
        ctype_finish(log, &added->type, log->tokens[0].start);
        added->is_define = 1;
        *st->tree.next_typedef = added;
        st->tree.next_typedef = &added->next;
    }
}
