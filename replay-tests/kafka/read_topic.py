#!/usr/bin/env python3
"""Reads a Terminbuch topic with nothing of Terminbuch's code: confluent-kafka, hashlib, and the two pages that say what the bytes
are (schemas/BYTES.md) and which records count (the rules are repeated in `Chain.judge`).

    read_topic.py --brokers 127.0.0.1:9092 --topic terminbuch
    read_topic.py … --until '{"1": 500}' > middle.json       stops before offset 500 of partition 1
    read_topic.py … --from middle.json                       goes on from there, to the same end

Prints one JSON object: for each partition its end, epoch, seq, head and what was tallied; and the sums over all. Settings of the
client, for TLS and SCRAM: `--set security.protocol=SASL_SSL` and so on. Exit code 0: read to the end; 1: a partition halts; 2: the
topic cannot be read.
"""

import argparse
import hashlib
import json
import struct
import sys
from collections import Counter

MAGIC, FORMAT, PREFIX_BYTES, MOST_BYTES = b"TBUC", 1, 128, 60_000
GENESIS, CLAIM, DECISION, BARRIER, RAISE, HAND_OVER = range(6)
CHANNELS, KNOWN_FOLD, LATEST_MS = 8, 1, 253_370_764_799_999
PREFIX = struct.Struct("<4sHBBHHI16sQQ32sq16s16sII")
NIL_HEAD = bytes(32)
# Kind: (slug, versions that can be read).
EVENTS = {
    1: ("centre-described", (1, 2)), 2: ("rules-set", (1,)), 3: ("delivery-announced", (1,)), 4: ("delivery-received", (1,)),
    5: ("slots-released", (1,)), 6: ("contingents-returned", (1,)), 7: ("slots-shrunk", (1,)), 8: ("registration-accepted", (1,)),
    9: ("registration-amended", (1,)), 10: ("registration-withdrawn", (1,)), 13: ("access-reissued", (1,)),
    14: ("erasure-ordered", (1,)), 15: ("erasure-done", (1,)), 16: ("hold-placed", (1,)), 17: ("hold-extended", (1,)),
    18: ("hold-released", (1,)), 19: ("hold-expired", (1,)), 20: ("places-returned", (1,)), 21: ("booking-confirmed", (1,)),
    22: ("booking-rescheduled", (1,)), 23: ("booking-cancelled", (1,)), 24: ("channel-set", (1,)), 25: ("records-read", (1,)),
}


class Halt(Exception):
    """Reading cannot go on: the history is damaged, or of a newer program."""


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def text_at(payload, at):
    (length,) = struct.unpack_from("<Q", payload, at)
    end = at + 8 + length
    if end > len(payload):
        raise Halt("a text is longer than its payload")
    return payload[at + 8 : end].decode("utf-8"), end


def frame(body, newest=1):
    """The payload of a frame: u8 version, u32 length, payload, and nothing after it."""
    if len(body) < 5:
        raise Halt("a frame is cut short")
    version, length = struct.unpack_from("<BI", body)
    if not 1 <= version <= newest or length != len(body) - 5:
        raise Halt(f"a frame of version {version} and length {length}")
    return body[5:]


def decision(body):
    """The events of a decision: (kind, version, payload)."""
    if len(body) < 2:
        raise Halt("a decision is cut short")
    (count,), at, events = struct.unpack_from("<H", body), 2, []
    for _ in range(count):
        if at + 7 > len(body):
            raise Halt("an event is cut short")
        kind, version, length = struct.unpack_from("<HBI", body, at)
        at += 7
        if kind not in EVENTS or version not in EVENTS[kind][1]:
            raise Halt(f"event kind {kind}, version {version}, is unknown: a newer reader is needed")
        if at + length > len(body):
            raise Halt("an event is longer than its record")
        events.append((kind, version, body[at : at + length]))
        at += length
    if at != len(body):
        raise Halt("bytes follow the last event")
    return events


class Chain:
    """One partition: which records count, and the head after them."""

    def __init__(self, partition, state=None):
        self.partition = partition
        state = state or {}
        self.next_offset = state.get("next_offset", 0)
        self.ledger = bytes.fromhex(state.get("ledger", ""))
        self.partitions = state.get("partitions", 0)
        self.epoch = state.get("epoch", 0)
        self.next_seq = state.get("next_seq", 0)
        self.head = bytes.fromhex(state.get("head", NIL_HEAD.hex()))
        self.fold = state.get("fold", 0)
        self.tally = Counter(state.get("tally", {}))
        self.void = Counter(state.get("void", {}))
        self.events = Counter(state.get("events", {}))
        self.bookings = dict(state.get("bookings", {}))
        self.centres = {int(number): id for number, id in state.get("centres", {}).items()}

    def state(self):
        return {
            "next_offset": self.next_offset, "ledger": self.ledger.hex(), "partitions": self.partitions, "epoch": self.epoch,
            "next_seq": self.next_seq, "head": self.head.hex(), "fold": self.fold, "tally": dict(self.tally),
            "void": dict(self.void), "events": dict(self.events), "bookings": self.bookings, "centres": self.centres,
        }

    def read(self, offset, value):
        """Judges the value at the next offset; its prefix when it counts."""
        if offset != self.next_offset:
            raise Halt(f"offset {offset} follows where {self.next_offset} is due")
        prefix = self.judge(offset, value)
        self.next_offset += 1
        return prefix

    def judge(self, offset, value):
        if offset == 0:
            return self.genesis(value)
        whole = PREFIX_BYTES <= len(value) <= MOST_BYTES and value[:4] == MAGIC
        fields = PREFIX.unpack_from(value) if whole else None
        if not whole or fields[15] != len(value) - PREFIX_BYTES:
            return self.passes("no record")
        _, form, kind, channel, fold, _, partition, ledger, epoch, seq, prev, time_ms, _, _, centre, _ = fields
        body = value[PREFIX_BYTES:]
        if kind == GENESIS:
            return self.passes("a second genesis")
        if ledger != self.ledger:
            return self.passes("of another ledger")
        if partition != self.partition:
            return self.passes("of another partition")
        if kind == CLAIM:
            return self.claim(fields, value, body)
        if epoch == self.epoch and seq < self.next_seq:
            self.tally["repeats"] += 1
            return None
        if epoch != self.epoch:
            return self.passes("of another epoch")
        if seq != self.next_seq:
            return self.passes("of another seq")
        if prev != self.head:
            return self.passes("follows another head")
        if fold != self.fold:
            return self.passes("of another fold version")
        self.readable(form, channel, time_ms)
        self.body(kind, centre, body)
        return self.counts(value, fields)

    def genesis(self, value):
        if len(value) < PREFIX_BYTES or value[:4] != MAGIC or value[6] != GENESIS:
            raise Halt("there is no genesis at offset 0")
        fields = PREFIX.unpack_from(value)
        payload = frame(value[PREFIX_BYTES:])
        if fields[6] != self.partition or (self.ledger and self.ledger != fields[7]) or fields[8] != 0 or fields[9] != 0:
            raise Halt("genesis names another ledger, partition or place")
        self.ledger = fields[7]
        self.partitions, self.fold, _clock = struct.unpack("<IHB", payload)
        self.head, self.next_seq = sha256(b"terminbuch/1", value), 1
        self.tally["counts"] += 1
        return fields

    def claim(self, fields, value, body):
        if fields[8] != self.epoch + 1:
            return self.passes("a claim of another epoch")
        # What cannot be read halts, never void: nobody knows what it says of its claimant.
        self.readable(fields[1], fields[3], fields[11])
        payload = frame(body, newest=255)
        if len(payload) < 35:
            raise Halt("a claim is cut short")
        (knows,) = struct.unpack_from("<H", payload, 32)
        if knows < self.fold:
            return self.passes("a claimant that is too old")
        self.epoch += 1
        return self.counts(value, fields)

    def readable(self, form, channel, time_ms):
        if form != FORMAT or channel >= CHANNELS or not 0 <= time_ms <= LATEST_MS:
            raise Halt(f"record {self.next_seq} counts and cannot be read: format {form}, channel {channel}, time {time_ms}")

    def body(self, kind, centre, body):
        if kind == DECISION:
            for event in decision(body):
                self.event(centre, *event)
        elif kind == RAISE:
            self.fold = max(self.fold, struct.unpack("<H", frame(body))[0])
            if self.fold > KNOWN_FOLD:
                raise Halt(f"fold version {self.fold} is unknown: a newer reader is needed")
        elif not (kind in (BARRIER, HAND_OVER) and not body):
            raise Halt(f"record kind {kind} with {len(body)} bytes is unknown: a newer reader is needed")

    def event(self, centre, kind, _version, payload):
        slug = EVENTS[kind][0]
        self.events[slug] += 1
        if slug == "centre-described":
            self.centres[centre] = text_at(payload, 8)[0]
        elif slug == "booking-confirmed":
            self.bookings[payload[:16].hex()] = 2
        elif slug == "booking-cancelled":
            # Both doses, or the second alone, after which there is no pair any more.
            self.bookings[payload[:16].hex()] = {1: 0, 2: 1}[payload[16]]

    def counts(self, value, fields):
        self.head = sha256(self.head, value)
        self.next_seq += 1
        self.tally["counts"] += 1
        return fields

    def passes(self, reason):
        self.tally["void"] += 1
        self.void[reason] += 1
        return None

    def report(self):
        return {
            "partition": self.partition, "end": self.next_offset, "epoch": self.epoch, "seq": self.next_seq - 1,
            "head": self.head.hex(), "counts": self.tally["counts"], "repeats": self.tally["repeats"],
            "void": self.tally["void"], "void_reasons": dict(self.void), "events": dict(self.events),
            "pairs": sum(1 for doses in self.bookings.values() if doses == 2),
        }


def disagreements(chain, message, fields):
    """Key and headers are copies that no rule reads; tells which do not say what the record says."""
    found = []
    centre = chain.centres.get(fields[14])
    key = message.key().decode() if message.key() else None
    if key != centre:
        found.append(f"key {key!r}, centre {centre!r}")
    headers = {name: value.decode() for name, value in message.headers() or []}
    if headers:
        if headers.get("ce_specversion") != "1.0":
            found.append("ce_specversion")
        if centre is not None and headers.get("ce_subject") != centre:
            found.append("ce_subject")
    return found


def read(arguments, chains):
    from confluent_kafka import Consumer, TopicPartition

    settings = {
        "bootstrap.servers": arguments.brokers, "group.id": "read-topic", "enable.auto.commit": False,
        "isolation.level": "read_uncommitted", "auto.offset.reset": "error", "check.crcs": True,
        "enable.partition.eof": False, "allow.auto.create.topics": False,
    }
    settings.update(setting.split("=", 1) for setting in arguments.set)
    consumer = Consumer(settings)
    topic = consumer.list_topics(arguments.topic, timeout=20).topics[arguments.topic]
    if topic.error:
        raise OSError(f"{arguments.topic}: {topic.error}")
    middle = json.load(open(arguments.start)) if arguments.start else {}
    until = {int(partition): end for partition, end in json.loads(arguments.until).items()}
    ends, checks = {}, Counter()
    for partition in sorted(topic.partitions):
        chains[partition] = Chain(partition, middle.get("state", {}).get(str(partition)))
        low, high = consumer.get_watermark_offsets(TopicPartition(arguments.topic, partition), timeout=20)
        if low != 0:
            raise Halt(f"partition {partition} begins at offset {low}: records were deleted")
        ends[partition] = min(high, until.get(partition, high))
    waits = {partition for partition, chain in chains.items() if chain.next_offset < ends[partition]}
    consumer.assign([TopicPartition(arguments.topic, partition, chains[partition].next_offset) for partition in waits])
    quiet = 0
    while waits:
        messages = consumer.consume(10_000, timeout=1)
        quiet = 0 if messages else quiet + 1
        if quiet > 30:
            raise OSError(f"nothing came for 30 s; still to be read: {sorted(waits)}")
        for message in messages:
            if message.error():
                raise OSError(str(message.error()))
            chain = chains[message.partition()]
            if chain.next_offset >= ends[chain.partition]:
                continue
            fields = chain.read(message.offset(), message.value() or b"")
            if fields:
                checks.update(disagreements(chain, message, fields))
                checks["headers"] += bool(message.headers())
            if chain.next_offset >= ends[chain.partition]:
                waits.discard(chain.partition)
    consumer.close()
    return checks


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--from", dest="start", help="what an earlier run with --until printed")
    parser.add_argument("--until", default="{}", help="JSON: partition to the offset before which to stop")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the Kafka client")
    arguments = parser.parse_args()
    chains, halted, checks = {}, None, Counter()
    try:
        checks = read(arguments, chains)
    except Halt as halt:
        halted = str(halt)
    except (OSError, KeyError) as error:
        print(f"read_topic: {error}", file=sys.stderr)
        return 2
    reports = [chains[partition].report() for partition in sorted(chains)]
    total = lambda field: sum(report[field] for report in reports)
    headers = checks.pop("headers", 0)
    print(json.dumps({
        "kind": "report", "halted": halted, "records": total("counts"), "repeats": total("repeats"), "void": total("void"),
        "pairs": total("pairs"), "with_headers": headers, "copies_that_disagree": dict(checks), "partitions": reports,
        "state": {str(partition): chain.state() for partition, chain in chains.items()},
    }))
    return 1 if halted else 0


if __name__ == "__main__":
    sys.exit(main())
