# What the audit has to find in a trace, by Python's own JSON reader: a witness for t/52audit_trace.t. Arguments: the trace, and as JSON the names
# of the fields of each probe by "provider:type" of its events. Prints JSON.
import json
import re
import sys

HEAD = {"module", "type", "tid", "time", "truncated", "hex", "unreadable"}
MAX_TIME = 253402300800000
MAX_UNKNOWN = 16


class Integer(int):
    """a number that was written without point and exponent"""


def no_constant(text):
    raise ValueError(text)


def text(string):
    """halves of surrogate pairs cannot be printed"""
    return re.sub("[\ud800-\udfff]", "\ufffd", string)


def unique(members):
    return {text(key): value for key, value in members}


DECODER = json.JSONDecoder(object_pairs_hook=unique, parse_constant=no_constant, parse_int=Integer)


def event_of(line):
    """the line as an event; None if it is none"""
    try:
        event = DECODER.decode(line.decode("utf-8"))
    except ValueError:
        return None
    if not isinstance(event, dict) or not all(isinstance(event.get(key), str) for key in ("module", "type")):
        return None
    time = event.get("time")
    if isinstance(time, bool) or not isinstance(time, (int, float)) or not 0 <= time < MAX_TIME:
        return None
    return event


def is_count(value):
    return isinstance(value, Integer) and 0 <= value < 9e17


class Trace:
    def __init__(self, fields):
        self.fields = fields
        self.providers = {name.split(":")[0] for name in fields}
        self.sums = {"lines": 0, "events": 0, "foreign": 0, "lost": 0, "bad_lines": 0, "first_bad_line": None}
        self.probes = {}

    def row(self, name):
        if name not in self.probes:
            fields = {field: {"present": 0, "null": 0} for field in self.fields.get(name, [])}
            self.probes[name] = {"events": 0, "lost": 0, "first": None, "last": None, "fields": fields, "unknown_keys": {}}
        return self.probes[name]

    def take_loss(self, event):
        if event["type"] != "lost" or not isinstance(event.get("probes"), dict) or not is_count(event.get("count")):
            return False
        self.sums["lost"] += event["count"]
        for name, count in event["probes"].items():
            if ":" in name and name.split(":")[0] in self.providers and is_count(count) and count != 0:
                self.row(name)["lost"] += count
        return True

    def is_frame(self, event):
        return event["type"] in ("start", "end") and isinstance(event.get({"start": "definitions", "end": "why"}[event["type"]]), str)

    def take_event(self, event):
        self.sums["events"] += 1
        if event["module"] not in self.providers:
            self.sums["foreign"] += 1
            return
        name = text(event["module"] + ":" + event["type"])
        row = self.row(name)
        row["events"] += 1
        row["first"] = event["time"] if row["first"] is None else min(row["first"], event["time"])
        row["last"] = event["time"] if row["last"] is None else max(row["last"], event["time"])
        for key, value in event.items():
            if key in row["fields"]:
                row["fields"][key]["present"] += 1
                row["fields"][key]["null"] += value is None
            elif key not in HEAD and name in self.fields and (key in row["unknown_keys"] or len(row["unknown_keys"]) < MAX_UNKNOWN):
                row["unknown_keys"][key] = row["unknown_keys"].get(key, 0) + 1

    def take_line(self, line):
        self.sums["lines"] += 1
        if not line.strip(b" \t\r"):
            return
        event = event_of(line)
        if event is None:
            self.sums["bad_lines"] += 1
            if self.sums["first_bad_line"] is None:
                self.sums["first_bad_line"] = self.sums["lines"]
        elif event["module"] in self.providers or not (self.take_loss(event) or self.is_frame(event)):
            self.take_event(event)


trace = Trace(json.loads(sys.argv[2]))
with open(sys.argv[1], "rb") as file:
    for line in file.read().removesuffix(b"\n").split(b"\n"):
        trace.take_line(line)
print(json.dumps({"sums": trace.sums, "probes": trace.probes}))
