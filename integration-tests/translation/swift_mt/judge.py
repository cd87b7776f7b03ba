"""What the Python package mt940 reads in statements: a JSON object a line, with a list of transactions each.

The arguments are files, each with its encoding before it.
"""

import json
import sys

import mt940


def balance(data, name):
    found = data.get(name)
    return found and [found.status, str(abs(found.amount.amount)), found.amount.currency]


def transaction(data):
    return {
        "mark": data["status"],
        "amount": str(abs(data["amount"].amount)),
        "type": data["id"],
        "own": data["customer_reference"],
        "bank": data["bank_reference"],
        "date": data["date"].strftime("%y%m%d"),
        "supplementary": data.get("extra_details"),
    }


for encoding, file in zip(sys.argv[1::2], sys.argv[2::2]):
    with open(file, encoding=encoding, newline="") as source:
        text = source.read()
    try:
        read = mt940.models.Transactions()
        found = [t.data for t in read.parse(text)]
        # A file may have fields without any entry; then mt940 gives one transaction without an amount.
        entries = [transaction(data) for data in found if "id" in data]
        print(json.dumps({
            "entries": entries,
            "opening": balance(read.data, "final_opening_balance"),
            "closing": balance(read.data, "final_closing_balance"),
            "account": read.data.get("account_identification"),
            "reference": read.data.get("transaction_reference"),
        }))
    except Exception as error:
        print(json.dumps({"error": type(error).__name__}))
