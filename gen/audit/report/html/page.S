/* The page, its style and script, and the hashes of these two, as parts of the program; the Makefile says where they are. */
    .macro part name, file
    .global \name, \name\()_end
\name:
    .incbin "\file"
\name\()_end:
    .endm

    .section .rodata
    part page_html, PAGE_HTML
    part page_css, PAGE_CSS
    part page_css_hash, PAGE_CSS_HASH
    part page_js, PAGE_JS
    part page_js_hash, PAGE_JS_HASH
    .section .note.GNU-stack, "", %progbits
#ifdef __CET__ /* a program is protected if all of its parts say that they may be */
#include <cet.h>
#endif
