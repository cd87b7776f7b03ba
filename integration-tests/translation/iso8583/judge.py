"""Reads messages with pyiso8583 or cardutil: lines of JSON in, lines of JSON out.

A line in is {"hex": …, "spec": {…}} in pyiso8583's vocabulary, {"hex": …, "dialect": file} by a dialect file of ours, or
{"hex": …, "ipm": "ascii" | "cp500"} for cardutil. A line out is the fields, {"error": …}, or null where a dialect has what
the judge does not.
"""

import json
import pathlib
import sys
import tomllib

import cardutil.iso8583
import ebcdic  # noqa: F401 - registers character sets
import iso8583

DIALECTS = pathlib.Path(__file__).parents[3] / "dialects"


def merged(element, base):
    if element is False or base is None or base is False:
        return element
    base = dict(base)
    if "length" in element:
        base.pop("max", None), base.pop("prefix", None)
    if "max" in element or "prefix" in element:
        base.pop("length", None)
    return base | element


def dialect(text):
    file = tomllib.loads(text)
    if "extends" not in file:
        return file
    base = dialect((DIALECTS / (file["extends"] + ".toml")).read_text())
    elements = dict(base.get("elements", {}))
    for number, element in file.get("elements", {}).items():
        elements[number] = merged(element, elements.get(number))
    return base | file | {"elements": elements}


def text(encoding, file):
    encoding = file.get("charset", "ascii") if encoding == "text" else encoding
    return encoding if encoding in ("ascii", "bcd", "binary") else "cp%s" % encoding


def length_of(element, file, spec):
    if "length" in element:
        spec |= {"len_enc": "ascii", "len_type": 0, "max_len": element["length"]}
        return spec
    form = str(element.get("prefix_encoding", file.get("lengths", "text")))
    digits = element["prefix"]
    spec["max_len"] = element["max"]
    if form.startswith("binary"):
        return spec | {"len_enc": "b", "len_type": int(form.split()[1]) if " " in form else (digits + 1) // 2}
    if form == "bcd":
        return spec | {"len_enc": "bcd", "len_type": (digits + 1) // 2}
    return spec | {"len_enc": text(form if not form.isdigit() else int(form), file), "len_type": digits}


def field(element, file):
    kind = element.get("type", "ans")
    usual = {"n": "numbers", "z": "numbers", "x+n": "numbers"}.get(kind)
    encoding = element.get("encoding", file.get(usual, "text") if usual else "text")
    if kind == "b" and "encoding" not in element:
        encoding = "binary"
    spec = {"desc": element.get("name", "")}
    if kind == "b" and encoding == "hex":
        element = element | {"length": 2 * element["length"]}
        encoding = "text"
    if kind == "x+n" and encoding == "bcd":
        return None
    if encoding == "bcd":
        spec |= {"data_enc": "b", "len_count": "nibbles", "left_pad": "0"}
    elif encoding == "binary":
        spec |= {"data_enc": "b"}
    else:
        spec |= {"data_enc": text(encoding, file)}
    return length_of(element, file, spec)


def specification(file):
    header = sum(
        {"length": part.get("bytes", 0) + part.get("reserved", 0), "visa": 22}.get(part["part"], 0)
        for part in file.get("header", [])
    )
    bitmap = file.get("bitmap", "binary")
    mti = file.get("mti", file.get("numbers", "text"))
    bits = {"data_enc": "b" if bitmap == "binary" else text("text", file), "len_enc": "ascii", "len_type": 0, "max_len": 16}
    spec = {
        "h": {"data_enc": "b", "len_enc": "ascii", "len_type": 0, "max_len": header},
        "t": {"data_enc": "b" if mti == "bcd" else text(mti, file), "len_enc": "ascii", "len_type": 0, "max_len": 4},
        "p": bits,
        "1": bits,
    }
    for number, element in file["elements"].items():
        described = field(element, file) if element else None
        if described:
            spec[number] = described
    return spec


def judged(line):
    data = bytes.fromhex(line["hex"])
    if "ipm" in line:
        return cardutil.iso8583.loads(data, encoding=line["ipm"], hex_bitmap=line.get("hex_bitmap", False))
    if "dialect" in line:
        file = dialect(line["dialect"])
        if file.get("mti") == "absent" or file.get("charset") == "message":
            return None
        return iso8583.decode(data, specification(file))[0]
    return iso8583.decode(data, line["spec"])[0]


for line in sys.stdin:
    try:
        answer = judged(json.loads(line))
    except (iso8583.DecodeError, KeyError) as error:
        answer = {"error": repr(error)}
    print(json.dumps(answer, default=str))
