# What test_jsonline finds in lines is checked here, by Python's own decoders. Each line of standard input:
# LINE-IN-HEX and then, if it is an object, KEY-IN-HEX:KIND:VALUE-IN-HEX[:NUMBER] for each member, else "-"
import json
import re
import struct
import sys

NULL, BOOL, NUMBER, STRING, ARRAY, OBJECT = range(6)
sys.set_int_max_str_digits(0)


class Number:
    """a number as it was written, which Python's own types would lose"""

    def __init__(self, text):
        self.text = text


def no_constant(text):
    raise ValueError(text)


def pairs(members):
    return ("object", members)


DECODER = json.JSONDecoder(object_pairs_hook=pairs, parse_constant=no_constant, parse_int=Number, parse_float=Number)


def utf8(text):
    """as bytes; halves of surrogate pairs are U+FFFD"""
    return re.sub("[\ud800-\udfff]", "\ufffd", text).encode()


def kind_of(value):
    if value is None:
        return NULL
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, Number):
        return NUMBER
    if isinstance(value, str):
        return STRING
    return ARRAY if isinstance(value, list) else OBJECT


def check(line, shown):
    """@return what is wrong, or None"""
    try:
        document = DECODER.decode(line.decode("utf-8"))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, tuple):
        return None if shown == [b"-"] else "Python refuses it"
    if shown == [b"-"]:
        return "Python takes it"
    if len(shown) != len(document[1]):
        return "Python finds %d members" % len(document[1])
    for text, (key, value) in zip(shown, document[1]):
        parts = text.split(b":")
        if bytes.fromhex(parts[0].decode()) != utf8(key) or int(parts[1]) != kind_of(value):
            return "Python finds the key %r of kind %d" % (key, kind_of(value))
        raw = bytes.fromhex(parts[2].decode())
        if isinstance(value, str) and raw != utf8(value):
            return "Python finds the value %r" % value
        if isinstance(value, Number):
            same = struct.pack("d", float(parts[3])) == struct.pack("d", float(value.text))
            if raw != value.text.encode() or not same:
                return "Python finds the number %s" % value.text
    return None


num = num_objects = num_wrong = 0
for entry in sys.stdin.buffer:
    fields = entry.rstrip(b"\n").split(b" ")
    text = bytes.fromhex(fields[0].decode())
    wrong = check(text, fields[1:])
    num += 1
    num_objects += fields[1:] != [b"-"]
    if wrong is not None:
        num_wrong += 1
        if num_wrong <= 20:
            print("# %r: %s" % (text, wrong))
print("# %d lines, %d of them objects, %d wrong" % (num, num_objects, num_wrong))
sys.exit(num_wrong != 0 or not num / 10 < num_objects < num * 9 / 10)
