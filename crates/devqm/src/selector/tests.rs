//! Selection strings as tables: what they say of one message, and what is none.

use super::{Error, Selector, Value};

/// A message with one field of each kind.
fn field(name: &str) -> Option<Value> {
    Some(match name {
        "colour" => Value::Text("red".into()),
        "quoted" => Value::Text("it's 100%_".into()),
        "empty" => Value::Text(String::new()),
        "size" => Value::Exact(20),
        "big" => Value::Exact(i64::MAX),
        "weight" => Value::Approximate(0.25),
        "urgent" => Value::Boolean(true),
        "late" => Value::Boolean(false),
        "usr.dotted" | "$odd_1" | "größe" => Value::Exact(1),
        "number in text" => Value::Text("20".into()),
        _ => return None,
    })
}

#[track_caller]
fn check(table: &[(&str, bool)]) {
    for (text, expected) in table {
        let selector = Selector::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(selector.selects(&field), *expected, "{text}");
    }
}

#[test]
fn like_values_are_compared() {
    check(&[
        ("colour = 'red'", true),
        ("colour <> 'red'", false),
        ("colour = 'Red'", false),
        ("'red' = colour", true),
        ("quoted = 'it''s 100%_'", true),
        ("size = 20", true),
        ("size > 19 and size < 21", true),
        ("size >= 20 AND size <= 20", true),
        ("size = 20.0", true),
        ("weight = 0.25", true),
        ("weight < 1", true),
        ("urgent = TRUE", true),
        ("urgent <> false", true),
        ("big = 9223372036854775807", true),
        ("usr.dotted = 1 AND $odd_1 = 1 AND größe = 1", true),
        ("\"number in text\" = '20'", true),
        ("COLOUR = 'red'", false),
    ]);
}

#[test]
fn unlike_values_are_neither_equal_nor_different() {
    check(&[
        ("colour = 20", false),
        ("colour <> 20", false),
        ("\"number in text\" = 20", false),
        ("urgent = 1", false),
        ("urgent > FALSE", false),
        ("colour > 'a'", false),
        ("colour >= 'red'", false),
        ("size = '20'", false),
        ("NOT size = '20'", true),
    ]);
}

#[test]
fn numbers_are_read_as_java_writes_them() {
    check(&[
        ("size = 20L", true),
        ("size = 0x14", true),
        ("size = 0X14", true),
        ("size = 024", true),
        ("size = 2e1", true),
        ("size = 2E+1", true),
        ("size = 200e-1", true),
        ("weight = .25", true),
        ("weight = 0.25f", true),
        ("weight = 25E-2D", true),
        ("size = 20.", true),
    ]);
}

#[test]
fn arithmetic_binds_as_in_sql() {
    check(&[
        ("size * 2 - 10 = 30", true),
        ("10 + size * 2 = 50", true),
        ("(10 + size) * 2 = 60", true),
        ("size / 3 = 6", true),
        ("size / 3.0 > 6.6", true),
        ("-size = -20", true),
        ("+size = - -20", true),
        ("size - 1 - 1 = 18", true),
        ("100 / 10 / 5 = 2", true),
        ("size / 0 = 0", false),
        ("NOT (size / 0 = 0)", false),
        ("big + 1 < 0", true),
        ("colour + 1 = 2", false),
        ("NOT colour + 1 = 2", false),
        ("size + weight = 20.25", true),
    ]);
}

#[test]
fn what_is_missing_makes_it_unknown() {
    check(&[
        ("nothing = 1", false),
        ("nothing <> 1", false),
        ("NOT nothing = 1", false),
        ("nothing = 1 OR size = 20", true),
        ("nothing = 1 AND size = 20", false),
        ("NOT (nothing = 1 AND size = 21)", true),
        ("NOT (nothing = 1 OR size = 21)", false),
        ("nothing IS NULL", true),
        ("nothing IS NOT NULL", false),
        ("colour is null", false),
        ("colour IS NOT NULL", true),
        ("empty IS NULL", false),
        ("nothing IN ('a')", false),
        ("nothing NOT IN ('a')", false),
        ("nothing LIKE '%'", false),
        ("nothing NOT LIKE '%'", false),
        ("nothing BETWEEN 1 AND 2", false),
        ("nothing NOT BETWEEN 1 AND 2", false),
        ("size BETWEEN nothing AND 10", false),
        ("NOT (size BETWEEN nothing AND 10)", true),
        ("nothing", false),
        ("NOT nothing", false),
    ]);
}

#[test]
fn truths_stand_alone_and_are_combined() {
    check(&[
        ("urgent", true),
        ("late", false),
        ("NOT late", true),
        ("NOT NOT urgent", true),
        ("TRUE", true),
        ("FALSE OR urgent", true),
        ("late OR urgent AND late", false),
        ("(late OR urgent) AND urgent", true),
        ("(size > 10) = TRUE", true),
        ("colour", false),
        ("((((size)) = ((20))))", true),
    ]);
}

#[test]
fn lists_ranges_and_patterns() {
    check(&[
        ("colour IN ('blue', 'red')", true),
        ("colour NOT IN ('blue', 'red')", false),
        ("colour IN ('blue')", false),
        ("size IN ('20')", false),
        ("size BETWEEN 20 AND 30", true),
        ("size BETWEEN 10 AND 20", true),
        ("size NOT BETWEEN 1 AND 5", true),
        ("size BETWEEN 30 AND 10", false),
        ("size + 1 BETWEEN 20 + 1 AND 2 * 20 AND urgent", true),
        ("colour LIKE 'r_d'", true),
        ("colour LIKE 'r%'", true),
        ("colour LIKE '%ed'", true),
        ("colour LIKE '%'", true),
        ("colour LIKE 'r'", false),
        ("colour LIKE '_'", false),
        ("colour LIKE 'red%%'", true),
        ("colour NOT LIKE 'b%'", true),
        ("empty LIKE '%'", true),
        ("empty LIKE '_'", false),
        ("quoted LIKE '%100!%!_' ESCAPE '!'", true),
        ("quoted LIKE '%!_!_' ESCAPE '!'", false),
        ("quoted LIKE 'it''s%'", true),
        ("size LIKE '2%'", false),
    ]);
}

#[test]
fn what_is_no_selector_is_refused_at_its_place() {
    let table = [
        ("", 0),
        ("colour =", 8),
        ("colour = = 'red'", 9),
        ("colour = 'red", 9),
        ("colour = 'red' urgent", 15),
        ("colour LIKE red", 12),
        ("colour LIKE 'a' ESCAPE 'bc'", 27),
        ("colour LIKE 'a!b' ESCAPE '!'", 28),
        ("colour IN ()", 11),
        ("colour IN ('a' 'b')", 15),
        ("'red' IN ('a')", 0),
        ("5 IS NULL", 0),
        ("size BETWEEN 1", 14),
        ("size NOT 5", 9),
        ("(size = 1", 9),
        ("size = 1)", 8),
        ("size + 1", 8),
        ("'red'", 5),
        ("-'red' = 1", 7),
        ("size = 1x", 7),
        ("size # 1", 5),
        ("NULL = 1", 0),
        ("(size + 1) AND urgent", 11),
        ("(urgent AND (size + 1))", 22),
        ("(NOT size + 1) = 2", 13),
        ("(size = 1 (", 10),
        ("size = 99999999999999999999", 7),
    ];
    for (text, at) in table {
        match Selector::parse(text) {
            Err(Error { at: found, .. }) => assert_eq!(found, at, "{text}"),
            Ok(selector) => panic!("{text}: {selector:?}"),
        }
    }
}

#[test]
fn long_and_deep_selectors_end() {
    let many = |part: &str, count: usize| part.repeat(count);
    let selects = |text: &str| Selector::parse(text).map(|selector| selector.selects(&field));
    assert_eq!(selects(&format!("size = 20{}", many(" AND size = 20", 600))), Ok(true));
    assert_eq!(selects(&format!("size = 20{}", many(" + 1 - 1", 1_000))), Ok(true));
    assert_eq!(selects(&format!("{}urgent", many("NOT ", 2_000))), Ok(true));
    assert_eq!(selects(&format!("size = {}20", many("-", 10_000))), Ok(true));
    assert!(selects(&format!("{}urgent{}", many("(", 20), many(")", 20))).unwrap());
    assert!(selects(&format!("{}urgent{}", many("(", 4_000), many(")", 4_000))).is_err());
    assert!(selects(&many("x", super::TEXT_BYTES_MAX + 1)).is_err());
    assert!(selects(&format!("{}size = 1 =", many("(", 90))).is_err());
    let pattern = format!("quoted LIKE '{}!'", many("%a", 3_000));
    assert_eq!(selects(&pattern), Ok(false));
}
