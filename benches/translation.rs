//! Speed of every translator, each beside a reference that is measured in the same run.
//!
//! `cargo bench --bench translation` prints all tables, `-- swift_mt` those whose names are given.

#[path = "translation/iso20022.rs"]
mod iso20022;
#[path = "translation/iso8583.rs"]
mod iso8583;
#[path = "translation/swift_mt.rs"]
mod swift_mt;
#[path = "translation/fixed_width.rs"]
mod fixed_width;
#[path = "translation/character_sets.rs"]
mod character_sets;

fn main() {
    let tables: [(&str, fn()); 5] = [
        ("iso20022", iso20022::run),
        ("iso8583", iso8583::run),
        ("swift_mt", swift_mt::run),
        ("fixed_width", fixed_width::run),
        ("character_sets", character_sets::run),
    ];
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for (name, run) in tables {
        if wanted.is_empty() || wanted.iter().any(|it| it == name) {
            run();
        }
    }
}
