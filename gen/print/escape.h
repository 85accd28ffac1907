#ifndef GEN_PRINT_ESCAPE_H
#define GEN_PRINT_ESCAPE_H

#include <stdio.h>
#include "base/arena.h"

/**
 * Printing text that may come from anywhere (a definition, a source, a binary, a trace), for each format: it is text there,
 * whatever its bytes are, and never markup. What is not UTF-8, and characters that are treacherous (utf8.h), are shown as \xNN,
 * byte by byte. For JSON see json_text.h.
 */

/** For people: nothing in it can do anything to a terminal. */
void print_safely(FILE *out, str_t text);
/** For XML 1.0, in elements and in attributes. */
void print_xml(FILE *out, str_t text);
/** For HTML, in elements (neither script nor style) and in quoted attributes; ends of lines stay. */
void print_html(FILE *out, str_t text);
/**
 * For GitHub's Markdown, inside of a paragraph or a cell of a table: no markup, no link, nobody is mentioned, ends of lines are
 * blanks.
 */
void print_markdown(FILE *out, str_t text);
/** What one of these functions prints of a text, NUL-terminated, in the arena: to be a part of a format. */
const char *escaped_text(arena_t *arena, void (*print)(FILE *out, str_t text), str_t text);
/**
 * A path as a URI reference (RFC 3986): relative paths stay relative, absolute ones become file:///…; what URIs do not have is
 * percent-encoded.
 */
str_t uri_of_path(arena_t *arena, str_t path);

#endif
