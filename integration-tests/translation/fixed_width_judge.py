"""Writes random records as a mainframe program would, and what they say, with nothing but Python's own codecs, struct and
decimal. Each line: a record in hexadecimal, a tab, its values as JSON."""

import json
import random
import struct
import sys
from decimal import Decimal


def packed(number, digits):
    text = str(abs(number)).rjust(digits, "0") + ("D" if number < 0 else "C")
    return bytes.fromhex(text if len(text) % 2 == 0 else "0" + text)


def zoned(number, digits, codec):
    data = bytearray(str(abs(number)).rjust(digits, "0").encode(codec))
    data[-1] = (data[-1] & 0x0F) | (0xD0 if number < 0 else 0xC0)
    return bytes(data)


def separate(number, digits, codec):
    return (("-" if number < 0 else "+") + str(abs(number)).rjust(digits, "0")).encode(codec)


def scaled(number, scale):
    return format(Decimal(number).scaleb(-scale), "f")


def text_of(number):
    """Sixty-fourths have an exact decimal form, without the zeros at its end."""
    text = format(Decimal(number), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed(digits):
    return random.choice([-1, 1]) * random.randrange(1, 10 ** random.randint(1, digits))


def main(seed, codec):
    random.seed(seed)
    # Letters, digits, and what differs between code pages.
    letters = "ABCXYZabcxyz0189 .,-/&@#$[]{}!|^~\u00a3\u00e4\u00d8\u00df"
    for _ in range(300):
        amount, total, rate, share = signed(11), signed(9), signed(18), signed(7)
        branch, code, weight = random.randrange(65536), random.randrange(10**6), random.randrange(-(10**9), 10**9) / 64
        text = "".join(random.choice(letters) for _ in range(random.randint(0, 12))).rstrip()
        record = b"".join([
            text.ljust(12).encode(codec), packed(amount, 11), zoned(total, 9, codec), struct.pack(">q", rate),
            struct.pack("<H", branch), separate(share, 7, codec), str(code).rjust(6, "0").encode(codec),
            struct.pack(">d", weight),
        ])
        values = {
            "text": text, "amount": scaled(amount, 2), "total": scaled(total, 3), "rate": scaled(rate, 9),
            "branch": str(branch), "share": str(share), "code": str(code).rjust(6, "0"),
            "weight": text_of(weight),
        }
        print(record.hex() + "\t" + json.dumps(values))


main(int(sys.argv[1]), sys.argv[2])
