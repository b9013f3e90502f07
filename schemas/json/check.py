#!/usr/bin/env python3
"""Holds the JSON of every golden event against the JSON Schema of its event, and checks that the schema refuses what it must.

It knows exactly the words of JSON Schema that our schemas use and stops at any other. Only Python's standard library.
Exit code 0: all agree; 1: something does not.
"""

import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
SILENT = {"$id", "$schema", "$defs", "title", "description", "format", "default"}
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}


def faults(value, schema, root, path="data"):
    """What is wrong with a value, one line each."""
    found = []
    for word, wanted in schema.items():
        if word in SILENT:
            continue
        check = CHECKS.get(word)
        if check is None:
            raise SystemExit(f"the schema word {word} is unknown to this check")
        found += check(value, wanted, schema, root, path)
    return found


def check_ref(value, wanted, _schema, root, path):
    return faults(value, root["$defs"][wanted.removeprefix("#/$defs/")], root, path)


def check_type(value, wanted, *rest):
    fits = isinstance(value, TYPES[wanted]) and not (wanted == "integer" and isinstance(value, bool))
    return [] if fits else [f"{rest[-1]} is no {wanted}"]


def check_properties(value, wanted, _schema, root, path):
    if not isinstance(value, dict):
        return []
    strangers = [f"{path}.{name} is unknown" for name in value if name not in wanted]
    known = (faults(value[name], wanted[name], root, f"{path}.{name}") for name in value if name in wanted)
    return strangers + sum(known, [])


def check_required(value, wanted, *rest):
    return [f"{rest[-1]}.{name} is missing" for name in wanted if isinstance(value, dict) and name not in value]


def check_items(value, wanted, _schema, root, path):
    items = enumerate(value if isinstance(value, list) else [])
    return sum((faults(item, wanted, root, f"{path}[{index}]") for index, item in items), [])


def check_pattern(value, wanted, *rest):
    fits = not isinstance(value, str) or re.search(wanted, value)
    return [] if fits else [f"{rest[-1]} is not like {wanted}"]


def check_one_of(value, wanted, _schema, root, path):
    fits = [choice for choice in wanted if not faults(value, choice, root, path)]
    return [] if len(fits) == 1 else [f"{path} fits {len(fits)} of {len(wanted)} choices"]


CHECKS = {
    "$ref": check_ref,
    "type": check_type,
    "properties": check_properties,
    "required": check_required,
    "items": check_items,
    "pattern": check_pattern,
    "oneOf": check_one_of,
    "const": lambda value, wanted, *rest: [] if value == wanted else [f"{rest[-1]} is not {wanted}"],
    "enum": lambda value, wanted, *rest: [] if value in wanted else [f"{rest[-1]} is none of {wanted}"],
    "minimum": lambda value, wanted, *rest: [] if not isinstance(value, int) or value >= wanted else [f"{rest[-1]} is under {wanted}"],
    "maximum": lambda value, wanted, *rest: [] if not isinstance(value, int) or value <= wanted else [f"{rest[-1]} is over {wanted}"],
}


def spoiled(data, schema):
    """The data with one thing wrong, in every way that is easy to think of."""
    for name in data:
        if name in schema["required"]:
            yield f"without {name}", {key: value for key, value in data.items() if key != name}
        yield f"{name} null", {**data, name: None}
        yield f"{name} of another type", {**data, name: 7 if isinstance(data[name], (str, list, dict)) else "x"}
        if isinstance(data[name], str) and "pattern" in schema["properties"][name]:
            yield f"{name} spoiled", {**data, name: "?" + data[name]}
        if isinstance(data[name], int):
            yield f"{name} negative", {**data, name: -1}


def main():
    checked, wrong, slugs = 0, [], set()
    for path in sorted((HERE.parent / "golden" / "events").glob("*.txt")):
        slug = re.match(r"\d+-([\w-]+?)\.v", path.name)[1]
        schema = json.loads((HERE / f"{slug}.json").read_text(encoding="utf-8"))
        data = json.loads(path.read_text(encoding="utf-8").split("\n\njson\n")[1].split("\n\nhex (")[0])
        wrong += [f"{path.name}: {fault}" for fault in faults(data, schema, schema)]
        accepted = (what for what, bad in spoiled(data, schema) if not faults(bad, schema, schema))
        wrong += [f"{path.name}: the schema takes it {what}" for what in accepted]
        slugs.add(slug)
        checked += 1
    wrong += [f"{path.name} describes no golden event" for path in HERE.glob("*.json") if path.stem not in slugs]
    print("\n".join(wrong) if wrong else f"{checked} golden events agree with their schemas")
    return 1 if wrong or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
