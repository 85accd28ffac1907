# What test_json prints of strings is checked here, by Python's own decoders. Each line of standard input:
# BYTES-IN-HEX IS_TEXT IS_CUT MARKED_HEX MARKED_TRUNCATED JSON
import itertools
import json
import re
import sys

# what must not stand in a line as it is: it does something to a terminal, or to those who read a line
UNSAFE = re.compile("[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
ESCAPE = re.compile(r"\\(?:u(....)|.)")


def is_beginning(data):
    """whether some bytes after these would make a character of them"""
    for n in range(1, 4):
        for rest in itertools.product((0x80, 0x90, 0xA0), repeat=n):
            try:
                return len((data + bytes(rest)).decode("utf-8")) == 1
            except UnicodeDecodeError:
                continue
    return False


BEGINNINGS = {}

def expected(data, is_text, is_cut):
    """text that shall be shown, whether all was UTF-8, whether it counts as cut"""
    if is_text and 0 in data:
        data = data[: data.index(0)]
        is_cut = False
    try:
        return data.decode("utf-8"), True, is_cut
    except UnicodeDecodeError:
        pass
    text, valid, i = "", True, 0
    while i < len(data):
        for n in range(1, 5 if data[i] >= 0x80 else 2):
            try:
                char = data[i : i + n].decode("utf-8")
            except UnicodeDecodeError:
                continue
            text += char
            i += n
            break
        else:
            rest = data[i:]
            if is_cut and len(rest) < 4:
                if rest not in BEGINNINGS:
                    BEGINNINGS[rest] = is_beginning(rest)
                if BEGINNINGS[rest]:
                    break
            text += "\ufffd"
            valid = False
            i += 1
    return text, valid, is_cut




def is_well_escaped(line):
    """nothing unsafe is as it is, and nothing else but U+FFFD, which stands for bytes, is in hex"""
    codes = (int(code, 16) for code in ESCAPE.findall(line) if code)
    return not UNSAFE.search(line) and all(code == 0xFFFD or UNSAFE.match(chr(code)) for code in codes)


num = wrong = 0
for line in sys.stdin.buffer:
    fields = line.rstrip(b"\n").split(b" ", 5)
    data = bytes.fromhex(fields[0].decode())
    is_text, is_cut, marked_hex, marked_truncated = (f == b"1" for f in fields[1:5])
    num += 1
    try:
        shown = fields[5].decode("utf-8")
        got = json.loads(shown)
        if not is_well_escaped(shown):
            got = shown
    except ValueError as error:
        got = str(error)
    text, valid, cut = expected(data, is_text, is_cut)
    if got != text or marked_hex == valid or marked_truncated != cut:
        wrong += 1
        if wrong <= 20:
            print("# %s text=%d cut=%d: got %r hex=%d truncated=%d, expected %r" % (data.hex(), is_text, is_cut, got, marked_hex, marked_truncated, text))
print("# %d strings, %d wrong" % (num, wrong))
sys.exit(num == 0 or wrong != 0)
