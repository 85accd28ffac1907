/* The page, its style and script, and the hashes of these two, as parts of the program; the Makefile says where they are. */
    .section .rodata
    .global page_html, page_html_end, page_css, page_css_end, page_js, page_js_end
    .global page_css_hash, page_css_hash_end, page_js_hash, page_js_hash_end
page_html:
    .incbin PAGE_HTML
page_html_end:
page_css:
    .incbin PAGE_CSS
page_css_end:
page_js:
    .incbin PAGE_JS
page_js_end:
page_css_hash:
    .incbin PAGE_CSS_HASH
page_css_hash_end:
page_js_hash:
    .incbin PAGE_JS_HASH
page_js_hash_end:
    .section .note.GNU-stack, "", %progbits
