//! Results that the corpus records beside a sample, compared with our documents: assertions of Prowide's tests, and
//! transactions as `mt-940` keeps them in YAML.

use serde_json::Value;

/// Compares a document with what is recorded of its sample, but for the members of `wrong`; tells how many values agree, or
/// the first that does not.
pub(crate) fn compare(document: &Value, recorded: &Value, wrong: &[&str]) -> Result<usize, String> {
    let mut count = 0;
    for (name, expected) in recorded.as_object().unwrap() {
        if wrong.contains(&name.as_str()) {
            continue;
        }
        count += match name.as_str() {
            "type" => kind(document, expected.as_str().unwrap())?,
            "counts" => counts(document, expected)?,
            "yaml" => transactions(document, expected.as_str().unwrap())?,
            "block1" | "block2" => header(document, &name[5..], expected)?,
            "block3" | "block4" | "block5" => fields(document, &name[5..], expected)?,
            // MT to MX is another translation.
            "mx_path" | "mx_xml" | "source" | "yaml_path" => 0,
            other => return Err(format!("{other} is not known here")),
        };
    }
    Ok(count)
}

/// Messages between the network and a terminal have no type there; ours is the service, `ACK` or `NAK`.
fn kind(document: &Value, expected: &str) -> Result<usize, String> {
    let kind = document["type"].as_str().unwrap();
    let application = document["messages"][0]["blocks"].get("2").is_some();
    let same = if expected.is_empty() { !application } else { kind.split('.').next() == Some(expected) };
    if same { Ok(1) } else { Err(format!("type {kind}, not {expected}")) }
}

fn counts(document: &Value, expected: &Value) -> Result<usize, String> {
    for (block, count) in expected.as_object().unwrap() {
        let found = document["messages"][0]["blocks"][&block[5..]].as_array().map_or(0, Vec::len);
        if Some(found as u64) != count.as_u64() {
            return Err(format!("{found} fields in {block}, not {count}"));
        }
    }
    Ok(expected.as_object().unwrap().len())
}

fn header(document: &Value, block: &str, expected: &Value) -> Result<usize, String> {
    let message = &document["messages"][0];
    for (name, expected) in expected.as_object().unwrap() {
        let component = match name.as_str() {
            "BlockValue" => &message["blocks"][block],
            "ApplicationId" => &message["components"][block]["application"],
            "ServiceId" => &message["components"][block]["service"],
            "LogicalTerminal" => &message["components"][block]["logicalTerminal"],
            "SessionNumber" => &message["components"][block]["session"],
            "SequenceNumber" => &message["components"][block]["sequence"],
            "MessageType" => &message["components"][block]["type"],
            "ReceiverAddress" => &message["components"][block]["receiver"],
            "MessagePriority" => &message["components"][block]["priority"],
            "SenderInputTime" => &message["components"][block]["inputTime"],
            "ReceiverOutputDate" => &message["components"][block]["outputDate"],
            "ReceiverOutputTime" => &message["components"][block]["outputTime"],
            "MIR" => &message["components"][block]["mir"],
            "DeliveryMonitoring" => &message["components"][block]["deliveryMonitoring"],
            "ObsolescencePeriod" => &message["components"][block]["obsolescence"],
            other => return Err(format!("{other} of block {block} is not known here")),
        };
        if component != expected {
            return Err(format!("{name} of block {block} is {component}, not {expected}"));
        }
    }
    Ok(expected.as_object().unwrap().len())
}

fn fields(document: &Value, block: &str, expected: &Value) -> Result<usize, String> {
    let pairs = document["messages"][0]["blocks"][block].as_array();
    let pairs = pairs.ok_or_else(|| format!("no fields in block {block}"))?;
    for (tag, expected) in expected.as_object().unwrap() {
        // Of several fields of a tag the assertions are about one.
        let mut values = pairs.iter().filter(|pair| pair[0] == **tag).map(|pair| &pair[1]);
        if !values.any(|value| value == expected) {
            return Err(format!("no field {tag} with the value expected"));
        }
    }
    Ok(expected.as_object().unwrap().len())
}

/// What the lines of a transaction are called there, and where it is in ours.
const TRANSACTION: [(&str, &str); 4] = [
    ("    id: ", "transactionType"),
    ("    status: ", "mark"),
    ("    customer_reference: ", "customerReference"),
    ("    bank_reference: ", "bankReference"),
];

fn transactions(document: &Value, yaml: &str) -> Result<usize, String> {
    let (_, listed) = yaml.split_once("\ntransactions:").unwrap_or_default();
    let entries = entries(document);
    let listed: Vec<&str> = listed.split("- !!python/object:mt940.models.Transaction\n").skip(1).collect();
    let listed: Vec<&str> = listed.into_iter().filter(|text| text.contains("\n    id: ")).collect();
    if entries.len() != listed.len() {
        return Err(format!("{} entries, not {}", entries.len(), listed.len()));
    }
    let mut count = 0;
    for (entry, text) in entries.iter().zip(listed) {
        let amount = text.split("decimal.Decimal\n      - '").nth(1).and_then(|rest| rest.split('\'').next());
        let amount = amount.unwrap_or_default().trim_start_matches('-');
        if !same_decimal(entry["decimal"].as_str().unwrap(), amount) {
            return Err(format!("{} is not {amount}", entry["decimal"]));
        }
        for (name, ours) in TRANSACTION {
            let Some(line) = text.lines().find_map(|line| line.strip_prefix(name)) else { continue };
            let value = line.trim_matches(['\'', '"']);
            let ours = entry.get(ours).and_then(Value::as_str).unwrap_or_default();
            if !same_reference(ours, value) && !(entry["structured"] == true && name.contains("customer")) {
                return Err(format!("{name}{value} is {ours}"));
            }
            count += 1;
        }
        count += 1;
    }
    Ok(count)
}

/// Whether two references are the same: `mt-940` has `null` where there is none.
pub(crate) fn same_reference(ours: &str, theirs: &str) -> bool {
    let theirs = if theirs == "null" { "" } else { theirs };
    ours.trim() == theirs.trim()
}

/// The components of all statement lines, in order. `structured`: sub-fields follow, and there `mt-940` takes the customer's
/// reference from them, or gives up the one that the line has.
pub(crate) fn entries(document: &Value) -> Vec<Value> {
    let mut entries = Vec::new();
    for message in document["messages"].as_array().unwrap() {
        let fields = message["blocks"]["4"].as_array().unwrap();
        for entry in message["components"]["4"]["61"].as_array().into_iter().flatten() {
            let at: usize = entry["at"].as_str().unwrap().parse().unwrap();
            let details = fields.get(at + 1).filter(|field| field[0] == "86");
            let details = details.and_then(|field| field[1].as_str()).unwrap_or_default();
            let mut entry = entry.clone();
            entry["structured"] = Value::Bool(details.contains("?20") || details.contains("?00"));
            entries.push(entry);
        }
    }
    entries
}

/// Whether two decimals are the same number.
pub(crate) fn same_decimal(first: &str, second: &str) -> bool {
    let plain = |text: &str| {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let whole = whole.trim_start_matches('0').to_owned();
        (whole, fraction.trim_end_matches('0').to_owned())
    };
    plain(first) == plain(second)
}
