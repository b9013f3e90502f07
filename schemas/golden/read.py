#!/usr/bin/env python3
"""An independent reader of Terminbuch's bytes, written from BYTES.md alone, with nothing but Python's standard library.

It takes every table (prefix, bodies, events, structures, words) from BYTES.md itself, so that the document is what
decodes. Without arguments it reads all golden vectors beside it, compares them with the JSON that stands there, follows
the chain of heads, and checks the worked examples of the document. Exit code 0: all agree; 1: something does not.

    read.py [--golden FOLDER] [--explain FILE]
"""

import datetime
import hashlib
import json
import pathlib
import re
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
DOCUMENT = (HERE.parent / "BYTES.md").read_text(encoding="utf-8")
MAX_RECORD = 60_000
INTEGERS = {"u8": "<B", "u16": "<H", "u32": "<I", "u64": "<Q", "i32": "<i", "i64": "<q"}
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U"


class Damaged(Exception):
    """The bytes are not what the document says."""


def tables_of_the_document():
    """Every heading of third rank with the rows of the table under it, cells stripped of back quotes."""
    tables, heading = {}, None
    for line in DOCUMENT.splitlines():
        if line.startswith("### "):
            heading = line[4:]
            tables[heading] = []
        elif line.startswith("## "):
            heading = None
        elif heading and line.startswith("| ") and not re.match(r"\| (field|number|at) \|", line):
            tables[heading].append([cell.strip().strip("`") for cell in line.strip("|").split(" | ")])
    return tables


TABLES = tables_of_the_document()
EVENTS = {}
for heading_text, rows in TABLES.items():
    found = re.fullmatch(r"(\d+) (\w+) \(`([\w-]+)`\), version (\d+)(, retired)?", heading_text)
    if found:
        EVENTS[int(found[1]), int(found[4])] = (found[2], rows)
RECORD_KINDS = {int(number): word for number, word, *_ in TABLES["RecordKind"]}


class Reader:
    """Reads from the front of some bytes and remembers what each of them meant."""

    def __init__(self, data):
        self.data, self.at, self.trace = data, 0, []

    def take(self, count):
        if count > len(self.data) - self.at:
            raise Damaged(f"{count} bytes wanted at {self.at}, {len(self.data) - self.at} are left")
        self.at += count
        return self.data[self.at - count : self.at]

    def end(self):
        if self.at != len(self.data):
            raise Damaged(f"{len(self.data) - self.at} bytes are left over")

    def number(self, kind):
        return struct.unpack(INTEGERS[kind], self.take(struct.calcsize(INTEGERS[kind])))[0]

    def noted(self, name, kind, read):
        """What `read` gives, with a line for whoever wants to see it."""
        start, line = self.at, len(self.trace)
        value = read()
        if len(self.trace) == line:
            self.trace.append((start, self.data[start : self.at], name, kind, value))
        return value

    def value(self, kind, name):
        if kind.startswith("option of "):
            present = self.noted(f"{name}: present", "u8", lambda: self.number("u8"))
            if present not in (0, 1):
                raise Damaged(f"an option of {present}")
            return self.value(kind[10:], name) if present else None
        if kind.startswith("list of "):
            count = self.noted(f"{name}: count", "u64", lambda: self.number("u64"))
            if count > len(self.data) - self.at:
                raise Damaged(f"a list of {count}")
            return [self.value(kind[8:], f"{name}[{index}]") for index in range(count)]
        if kind in TABLES and TABLES[kind] and not TABLES[kind][0][0].isdigit():
            return self.fields(TABLES[kind], name + ".")
        return self.noted(name, kind, lambda: self.scalar(kind))

    def fields(self, rows, path=""):
        """A structure: its fields in the order of the table; what is absent is left out."""
        found = [(name, self.value(kind, path + name)) for name, kind, *_ in rows]
        return {name: value for name, value in found if value is not None}

    def scalar(self, kind):
        if kind in INTEGERS:
            return self.number(kind)
        if kind in TABLES:
            return self.word(kind)
        if kind.startswith("bytes "):
            return self.take(int(kind[6:])).hex()
        return getattr(self, "read_" + kind.replace(" ", "_"))()

    def word(self, kind):
        number = self.number("u8")
        for row in TABLES[kind]:
            if int(row[0]) == number:
                return row[1]
        raise Damaged(f"{number} is no {kind}")

    def read_bool(self):
        number = self.number("u8")
        if number not in (0, 1):
            raise Damaged(f"a bool of {number}")
        return number == 1

    def read_uuid(self):
        digits = self.take(16).hex()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def read_text(self):
        try:
            return self.take(self.number("u64")).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Damaged(str(error)) from error

    def read_instant(self):
        return instant_text(self.number("i64"))

    def read_date(self):
        days = self.number("i32")
        if not -62_091 <= days <= 2_932_531:
            raise Damaged(f"a date of {days}")
        return (datetime.date(1970, 1, 1) + datetime.timedelta(days=days)).isoformat()

    def read_district(self):
        number = self.number("u32")
        if not 1_000 <= number <= 99_999:
            raise Damaged(f"a district of {number}")
        return f"{number:05}"

    def read_age_band(self):
        number = self.number("u8")
        if number > 18:
            raise Damaged(f"an age band of {number}")
        return "90+" if number == 18 else f"{5 * number}-{5 * number + 4}"

    def read_share(self):
        number = self.number("u16")
        if number > 10_000:
            raise Damaged(f"a share of {number}")
        return number

    def read_reference(self):
        prefix, number = self.read_text(), self.number("u64")
        if number >= 1 << 40 or not re.fullmatch("[A-Z]{3}", prefix):
            raise Damaged(f"a reference of {prefix} and {number}")
        digits = "".join(CROCKFORD[number >> shift & 31] for shift in range(35, -1, -5))
        return f"{prefix}-{digits[:4]}-{digits[4:]}-{CROCKFORD[number % 37]}"


def instant_text(millis):
    if not 0 <= millis <= 253_370_764_799_999:
        raise Damaged(f"an instant of {millis}")
    at = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=millis)
    return at.isoformat(timespec="milliseconds") + "Z"


def read_event(reader, kind, version):
    """The data of a framed event, in its newest version, and that version."""
    if (kind, version) not in EVENTS:
        raise Damaged(f"event kind {kind} version {version} is unknown: a newer reader is needed")
    name, rows = EVENTS[kind, version]
    data = reader.fields(rows)
    if (kind, version) == (1, 1):
        version, data["time_zone"] = 2, "Europe/Berlin"
    return {"kind": kind, "version": version, "name": name, "data": data}


def framed(reader, read):
    """What stands in a frame of a length u32, all of it."""
    length = reader.noted("length of the payload", "u32", lambda: reader.number("u32"))
    end = reader.at + length
    if end > len(reader.data):
        raise Damaged("a frame ends early")
    value = read()
    if reader.at != end:
        raise Damaged(f"a frame of {length} ends at {reader.at}, not at {end}")
    return value


def read_decision(reader):
    events = []
    for _ in range(reader.noted("count of events", "u16", lambda: reader.number("u16"))):
        kind = reader.noted("event kind", "u16", lambda: reader.number("u16"))
        version = reader.noted("event version", "u8", lambda: reader.number("u8"))
        events.append(framed(reader, lambda kind=kind, version=version: read_event(reader, kind, version)))
    return events


def read_record(value):
    """Prefix and body of a stored value, and the reader that knows what each byte meant."""
    if not 128 <= len(value) <= MAX_RECORD:
        raise Damaged(f"a record of {len(value)} bytes")
    reader = Reader(value)
    prefix = {}
    for at, name, kind, *_ in TABLES["Prefix"]:
        if reader.at != int(at):
            raise Damaged(f"{name} should stand at {at}, not at {reader.at}")
        prefix[name] = reader.value(kind, name)
    if bytes.fromhex(prefix.pop("magic")) != b"TBUC" or prefix.pop("body_length") != len(value) - 128:
        raise Damaged("no record")
    prefix.pop("zero")
    prefix["time"] = instant_text(prefix["time"])
    name = RECORD_KINDS.get(prefix["kind"])
    if name == "decision":
        body = read_decision(reader)
    elif name in ("barrier", "hand-over"):
        body = {}
    elif name in ("genesis", "claim", "raise"):
        version = reader.noted("body version", "u8", lambda: reader.number("u8"))
        if version != 1:
            raise Damaged(f"a {name} of version {version}")
        body = framed(reader, lambda: reader.fields(TABLES[name.capitalize()]))
    else:
        raise Damaged(f"record kind {prefix['kind']} is unknown")
    reader.end()
    return {"prefix": prefix, "body": body}, reader


def golden(path):
    """Title, JSON and bytes of a golden file."""
    title, rest = path.read_text(encoding="utf-8").split("\n\njson\n", 1)
    expected, rest = rest.split("\n\nhex (", 1)
    count, digits = rest.split(" bytes)\n", 1)
    data = bytes.fromhex(digits)
    if int(count) != len(data):
        raise Damaged(f"{path.name} says {count} bytes and has {len(data)}")
    return title, json.loads(expected), data


def read_payload(path, data):
    kind, version = re.match(r"(\d+)-[\w-]+?\.v(\d+)", path.name).groups()
    reader = Reader(data)
    event = read_event(reader, int(kind), int(version))
    reader.end()
    return event, reader


def must_equal(what, found, expected):
    if found != expected:
        raise Damaged(f"{what}:\n  found    {found}\n  expected {expected}")


def must_be_damaged(what, path, data):
    try:
        read_payload(path, data)
    except Damaged:
        return
    raise Damaged(f"{what} was read as if it were sound")


def check_events(folder):
    paths = sorted(folder.glob("*.txt"))
    for path in paths:
        _, expected, data = golden(path)
        event, _ = read_payload(path, data)
        must_equal(path.name, event["data"], expected)
        for length in range(len(data)):
            must_be_damaged(f"{path.name} cut to {length} bytes", path, data[:length])
        must_be_damaged(f"{path.name} and one byte", path, data + b"\0")
    return len(paths)


def check_history(folder):
    """Reads the records in order, and follows the chain: SHA-256 over the head before and the value as stored."""
    head, seq = None, -1
    paths = sorted(folder.glob("*.txt"))
    for path in paths:
        _, expected, value = golden(path)
        record, _ = read_record(value)
        before = b"terminbuch/1" if head is None else head
        seq += 1
        if RECORD_KINDS[record["prefix"]["kind"]] not in ("genesis", "claim"):
            must_equal(f"{path.name}: prev", record["prefix"]["prev"], head.hex())
            must_equal(f"{path.name}: seq", record["prefix"]["seq"], seq)
        head = hashlib.sha256(before + value).digest()
        record["head"] = head.hex()
        record["position"] = f"{record['prefix']['partition']}@{seq}-{head[:8].hex()}"
        must_equal(path.name, record, expected)
    return len(paths)


def check_partitions(path):
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        centre, partitions, partition = line.split("\t")
        number = int.from_bytes(hashlib.sha256(centre.encode()).digest()[:8], "big")
        must_equal(f"partition of {line}", 1 + number % (int(partitions) - 1), int(partition))


def explain(path):
    """A golden file, byte for byte."""
    _, _, data = golden(path)
    _, reader = read_record(data) if path.parent.name == "history" else read_payload(path, data)
    lines = []
    for at, piece, name, kind, value in reader.trace:
        digits = [piece[start : start + 8].hex(" ") for start in range(0, len(piece), 8)] or [""]
        shown = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else value
        lines.append(f"{at:4}  {digits[0]:23}  {name} ({kind}) = {shown}")
        lines += [f"      {more}" for more in digits[1:]]
    return "\n".join(lines)


def check_examples():
    examples = re.findall(r"```text (golden/\S+)\n(.*?)\n```", DOCUMENT, re.DOTALL)
    for name, text in examples:
        must_equal(f"the example {name} of BYTES.md", text, explain(HERE.parent / name))
    return len(examples)


def main(arguments):
    if arguments[:1] == ["--explain"]:
        print(explain(pathlib.Path(arguments[1]).resolve()))
        return 0
    folder = pathlib.Path(arguments[1]) if arguments[:1] == ["--golden"] else HERE
    try:
        events, records = check_events(folder / "events"), check_history(folder / "history")
        check_partitions(folder / "partitions.tsv")
        examples = check_examples()
    except (Damaged, KeyError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(f"{events} events, {records} records and {examples} examples agree with BYTES.md")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
