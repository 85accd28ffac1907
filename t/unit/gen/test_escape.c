/*
 * ASSERTION: text is text in every format, whatever its bytes: nothing of it is markup, nothing invisible passes, what is harmless
 * is as it was.
 */

#include "print/escape.h"
#include "print/json_text.h"
#include "tap.h"

typedef void (*print_t)(FILE *out, str_t text);

static char *escaped(print_t print, const char *text, size_t n)
{
    static char buffer[1 << 16];
    FILE *out = fmemopen(buffer, sizeof(buffer), "w");

    if (out == NULL)
        bail_out("out of memory");
    buffer[0] = '\0';
    print(out, (str_t){text, n});
    fclose(out);
    return buffer;
}

#define ESCAPED(print, text) escaped(print, text, sizeof(text) - 1)

static void test_examples(void)
{
    is_str(ESCAPED(print_xml, "a<b>&\"'\n\tc"), "a&lt;b&gt;&amp;&quot;&#39;&#10;&#9;c", "XML: markup, quotes, ends of lines");
    is_str(ESCAPED(print_xml, "]]>\x1b\r\x7f"), "]]&gt;\\x1b\\x0d\\x7f", "XML: end of a section, control characters");
    is_str(ESCAPED(print_xml, "\xef\xbf\xbe\xef\xbf\xbf"), "\\xef\\xbf\\xbe\\xef\\xbf\\xbf",
           "XML: characters that it does not have");
    is_str(ESCAPED(print_html, "<a href='x' b=\"y\">&amp;\n\t"), "&lt;a href=&#39;x&#39; b=&quot;y&quot;&gt;&amp;amp;\n ", "HTML");
    is_str(ESCAPED(print_html, "\xe2\x80\xae"
                               "evil\xe2\x80\x8f"),
           "\\xe2\\x80\\xaeevil\\xe2\\x80\\x8f", "HTML: direction");
    is_str(ESCAPED(print_html, "\xff\xc3\xc0\x80\xed\xa0\x80"), "\\xff\\xc3\\xc0\\x80\\xed\\xa0\\x80", "HTML: no UTF-8");
    is_str(ESCAPED(print_html, "Stra\xc3\x9f"
                               "e \xe5\xba\x97 \xf0\x9f\x8f\xaa"),
           "Stra\xc3\x9f"
           "e \xe5\xba\x97 \xf0\x9f\x8f\xaa",
           "HTML: other scripts as they are");
    is_str(ESCAPED(print_markdown, "a_b*c`d|e~f[g]\\h$"), "a\\_b\\*c\\`d\\|e\\~f\\[g\\]\\\\h\\$", "Markdown: markup");
    is_str(ESCAPED(print_markdown, "<!-- &x; -->"), "&lt;!-- &amp;x; --&gt;", "Markdown: HTML");
    is_str(ESCAPED(print_markdown, "@someone org/x#12 8@%rax # \n- x"), "@<!-- -->someone org/x#<!-- -->12 8@%rax \\#  - x",
           "Markdown: mentions, references, lists");
    is_str(ESCAPED(print_markdown, "http://x www.x WWW.x a.c:12"), "http\\://x www\\.x WWW\\.x a.c:12", "Markdown: links");
    is_str(ESCAPED(print_markdown, "\x1b\xff"), "\\\\x1b\\\\xff", "Markdown: bytes");
    is_str(ESCAPED(json_print_string, "a\"\\\n\x01\xff\xe2\x80\xa8/</script>"), "\"a\\\"\\\\\\n\\u0001\\ufffd\\u2028/</script>\"",
           "JSON");
    is_str(ESCAPED(print_xml, ""), "", "nothing");
}

static void test_uris(void)
{
    arena_t *arena = arena_create();

#define URI(text) arena_strdup(arena, uri_of_path(arena, STR(text))).p
    is_str(URI("src/a-b_c.d~1.c"), "src/a-b_c.d~1.c", "URI: a relative path");
    is_str(URI("./src/../x.c"), "src/../x.c", "URI: of the current folder");
    is_str(URI("/a b/\xc3\xb6#?%\"<>.c"), "file:///a%20b/%C3%B6%23%3F%25%22%3C%3E.c", "URI: an absolute path");
    is_str(URI("javascript:alert(1)"), "javascript%3Aalert%281%29", "URI: no scheme but our own");
    is_str(URI("\xff\n\x01"), "%FF%0A%01", "URI: any byte");
#undef URI
    arena_destroy(arena);
}

/* Every byte, and every pair of bytes: nothing gets through that could do anything. */
static void test_all_bytes(void)
{
    static const struct {
        const char *name;
        print_t print;
        const char *forbidden;
    } formats[] = {{"XML", print_xml, "<>\"'"}, {"HTML", print_html, "<>\"'"}};

    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); ++i) {
        int num_bad = 0;
        for (unsigned pair = 0; pair < 0x10000; ++pair) {
            const char text[] = {'a', (char)(pair >> 8), (char)pair, 'z'};
            const char *got = escaped(formats[i].print, text, sizeof(text));
            for (const unsigned char *p = (const unsigned char *)got; *p != '\0'; ++p)
                num_bad += (*p < 0x20 && *p != '\n') || *p == 0x7f || strchr(formats[i].forbidden, *p) != NULL;
            num_bad += got[0] != 'a' || got[strlen(got) - 1] != 'z';
        }
        ok(num_bad == 0, "%s: no pair of bytes gets through as markup or control character", formats[i].name);
    }
}

int main(void)
{
    test_examples();
    test_uris();
    test_all_bytes();
    return done_testing();
}
