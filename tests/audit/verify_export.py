#!/usr/bin/env python3
"""A second verifier of exchange log exports, written from gateway/audit/FORMAT.md alone.

Usage: verify_export.py FILE [VKEY [SEEN_SIZE SEEN_ROOT_BASE64]]
       verify_export.py --cases LIST     one case a line: FILE<tab>VKEY<tab>SIZE<tab>ROOT, empty where not known
Prints one line per file: "ok" or "FAULT<tab>FIRST_BAD" (FIRST_BAD may be empty). Standard library only.
"""
import base64
import binascii
import hashlib
import json
import re
import sys

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


# Ed25519 verification, RFC 8032 section 5.1.7, in extended coordinates.
def point_add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_mul(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        scalar >>= 1
    return result


def recover_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P:
        return None
    return P - x if x & 1 != sign else x


def decode_point(data):
    number = int.from_bytes(data, "little")
    y = number & ((1 << 255) - 1)
    x = recover_x(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)
VERIFIED = {}


def ed25519_holds(key, message, signature):
    memo = (key, message, signature)
    if memo not in VERIFIED:
        VERIFIED[memo] = ed25519_check(key, message, signature)
    return VERIFIED[memo]


def ed25519_check(key, message, signature):
    if len(signature) != 64:
        return False
    a, r = decode_point(key), decode_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = point_mul(s, BASE), point_add(r, point_mul(k, a))
    return ((left[0] * right[2] - right[0] * left[2]) % P == 0
            and (left[1] * right[2] - right[1] * left[2]) % P == 0)


class Bad(Exception):
    """A fault and the first entry that may be bad."""


def b64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data) == (text if isinstance(text, bytes) else text.encode()) else None


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def parse_vkey(text):
    """(name, key id, public key) of a verifier key, or None."""
    parts = text.split(b"+", 2)
    if len(parts) != 3:
        return None
    name, key = parts[0], b64(parts[2])
    if not name or not re.fullmatch(rb"[0-9a-fA-F]{8}", parts[1]) or not key or len(key) != 33 or key[0] != 1:
        return None
    key_id = sha256(name, b"\n", key)[:4]
    return (name, key_id, key[1:]) if key_id == bytes.fromhex(parts[1].decode()) else None


def open_checkpoint(note, key):
    """(size, root) of a checkpoint signed by `key`, or None."""
    text, blank, signatures = note.rpartition(b"\n\n")
    if not blank or not signatures.endswith(b"\n"):
        return None
    text += b"\n"
    signed = False
    for line in signatures[:-1].split(b"\n"):
        match = re.fullmatch("\u2014 (\\S+) (\\S+)".encode(), line)
        data = match and b64(match[2])
        if not data or len(data) < 5:
            return None
        if match[1] == key[0] and data[:4] == key[1]:
            if not ed25519_holds(key[2], text, data[4:]):
                return None
            signed = True
    lines = text.split(b"\n")
    if not signed or len(lines) < 4 or lines[0] != key[0] or b"" in lines[3:-1]:
        return None
    root = b64(lines[2])
    if not re.fullmatch(rb"0|[1-9][0-9]{0,19}", lines[1]) or not root or len(root) != 32:
        return None
    return int(lines[1]), root


DIGESTS = ("body_sha256", "commit", "prev")
WORDS = ("actor", "decision", "policy", "recipient", "request", "type")
INTEGERS = ("idx", "seq", "v")


def reject_twice(pairs):
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a member twice")
    return dict(pairs)


def read_entry(data):
    """The entry as a dict, or None when it is not canonical or not allowed."""
    try:
        entry = json.loads(data, object_pairs_hook=reject_twice)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or len(data) > 65535:
        return None
    for name, value in entry.items():
        if name in DIGESTS:
            good = isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value)
        elif name in WORDS:
            good = isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9._:/|@#=-]{1,128}", value)
        elif name in INTEGERS:
            good = type(value) is int and 0 <= value < 2**53
        else:
            good = name == "time" and isinstance(value, str) and re.fullmatch(
                r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value)
        if not good:
            return None
    if entry.get("v") != 1 or any(name not in entry for name in ("actor", "idx", "time", "type")):
        return None
    seq = entry.get("seq", 0)
    if ("request" in entry) != (seq > 0) or ("seq" in entry) != (seq > 0) or ("prev" in entry) != (seq > 1):
        return None
    canonical = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return entry if canonical == data else None


class Tree:
    """Perfect subtrees as (size, hash), left to right."""

    def __init__(self):
        self.size = 0
        self.parts = []

    def append(self, leaf):
        self.size += 1
        self.parts.append((1, leaf))
        while len(self.parts) > 1 and self.parts[-1][0] == self.parts[-2][0]:
            (size, right), (_, left) = self.parts.pop(), self.parts.pop()
            self.parts.append((2 * size, sha256(b"\x01", left, right)))

    def root(self):
        if not self.parts:
            return sha256()
        root = self.parts[-1][1]
        for _, left in reversed(self.parts[:-1]):
            root = sha256(b"\x01", left, root)
        return root


def verify(lines, pinned, seen):
    def line():
        text = next(lines, b"")
        return text[:-1] if text.endswith(b"\n") and len(text) <= 128 * 1024 else (
            None if not text else b"\0cut")

    if line() != b"tsunagi-log-export 1":
        raise Bad("not-an-export", "")
    text = line() or b""
    key = parse_vkey(text[4:]) if text.startswith(b"key ") else None
    if key is None or (pinned and text[4:] != pinned):
        raise Bad("wrong-key", "")
    tree, chains, held, covered = Tree(), {}, 0, False

    def check_seen():
        if seen and seen[0] == tree.size and seen[1] != tree.root():
            raise Bad("not-extending", held)

    check_seen()
    while True:
        text, index = line(), tree.size
        if text is None:
            raise Bad("unfinished", index)
        if text.startswith(b"entry "):
            data = text[71:]
            if not re.fullmatch(rb".{64} .*", text[6:], re.DOTALL):
                raise Bad("unreadable-entry", index)
            leaf = sha256(b"\x00", data)
            if leaf.hex().encode() != text[6:70]:
                raise Bad("leaf-mismatch", index)
            entry = read_entry(data)
            if entry is None:
                raise Bad("unreadable-entry", index)
            if entry["idx"] != index:
                raise Bad("wrong-index", index)
            if "request" in entry:
                seq, before, previous = chains.get(entry["request"], (0, 0, None))
                if entry["seq"] != seq + 1:
                    raise Bad("broken-chain", index)
                if entry.get("prev") != previous:
                    raise Bad("broken-chain", before)
                chains[entry["request"]] = (seq + 1, index, leaf.hex())
            tree.append(leaf)
            covered = False
            check_seen()
        elif text.startswith(b"checkpoint "):
            note = b64(text[11:])
            checkpoint = open_checkpoint(note, key) if note else None
            if checkpoint is None or checkpoint[0] != index:
                raise Bad("bad-checkpoint", "")
            if checkpoint[1] != tree.root():
                raise Bad("root-mismatch", held)
            held, covered = index, True
        elif text.startswith(b"end "):
            if text[4:] != str(index).encode() or next(lines, b""):
                raise Bad("unfinished", index)
            if not covered:
                raise Bad("not-covered", held)
            if seen and seen[0] > index:
                raise Bad("not-extending", index)
            return
        else:
            raise Bad("unfinished" if text == b"\0cut" else "unreadable-line", index)


def report(path, pinned, size, root):
    seen = (int(size), base64.b64decode(root)) if size else None
    try:
        with open(path, "rb") as lines:
            verify(iter(lines), pinned.encode(), seen)
        return "ok"
    except Bad as bad:
        return f"{bad.args[0]}\t{bad.args[1]}"


def main(arguments):
    if arguments[:1] == ["--cases"]:
        with open(arguments[1], encoding="utf-8") as cases:
            rows = [case.rstrip("\n").split("\t") for case in cases]
    else:
        rows = [(arguments + ["", "", ""])[:4]]
    results = [report(*row) for row in rows]
    print("\n".join(results))
    return 0 if all(result == "ok" for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
