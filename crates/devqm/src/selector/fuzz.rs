//! Whatever text comes is a selector, or is refused at a place within it; and no selector takes long or much.

use fuzz::{Shape, assert_in_proportion, bytes_at_once, each_case, mutated};

use super::{Selector, Value};

const SAMPLES: [&str; 6] = [
    "colour = 'red' AND size > 10",
    "NOT (size * 2 - 10 / weight <= 0x1F OR urgent) AND TRUE",
    "name LIKE 'a%_!%' ESCAPE '!' OR name NOT IN ('it''s', 'b')",
    "size NOT BETWEEN -1 AND +1.5e-3 AND nothing IS NOT NULL",
    "\"a name\" <> 'b' AND usr.deep.name = 1L",
    "((((a = b))))",
];
const SPLINTERS: [&[u8]; 12] =
    [b"(", b")", b"'", b"''", b" NOT ", b" AND ", b" IS NULL", b"%", b"-", b"1e", b"\"", "ü".as_bytes()];

fn field(name: &str) -> Option<Value> {
    match name {
        "size" => Some(Value::Exact(7)),
        "weight" => Some(Value::Approximate(0.0)),
        "name" | "colour" => Some(Value::Text("aaaaaaaa".repeat(50))),
        "urgent" => Some(Value::Boolean(true)),
        _ => None,
    }
}

#[test]
fn any_text_is_a_selector_or_refused_at_its_place() {
    each_case(1, |random| {
        for sample in SAMPLES {
            let bytes = mutated(sample.as_bytes(), &SPLINTERS, random);
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let peak = bytes_at_once(|| match Selector::parse(&text) {
                Ok(selector) => _ = selector.selects(&field),
                Err(error) => assert!(error.at <= text.len() && text.is_char_boundary(error.at), "{text:?}"),
            });
            assert!(peak < 30_000 + 500 * text.len() as u64, "{peak} bytes for {}", text.len());
        }
    });
}

#[test]
fn work_grows_no_faster_than_the_selector() {
    let shapes = [
        Shape {
            name: "conditions",
            size: 100,
            make: |size| format!("size = 7{}", " AND size = 7".repeat(size)),
        },
        Shape { name: "sums", size: 500, make: |size| format!("size = 7{}", " + 1".repeat(size)) },
        Shape { name: "parentheses not closed", size: 1_000, make: |size| "(".repeat(size) },
        Shape { name: "negations", size: 500, make: |size| format!("{}urgent", "NOT ".repeat(size)) },
        Shape { name: "patterns", size: 500, make: |size| format!("name LIKE '{}'", "%a".repeat(size)) },
        Shape { name: "texts", size: 500, make: |size| format!("name IN ('a'{})", ", 'b'".repeat(size)) },
    ];
    assert_in_proportion(
        "selector::fuzz::work_grows_no_faster_than_the_selector",
        &shapes,
        |text: &String| {
            _ = Selector::parse(text).map(|selector| selector.selects(&field));
        },
    );
}
