//! The text of the table: what holds for most namespaces that have a parent and child, and the exceptions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::facts::{Fact, Facts, Pair, Shape};

const HEAD: &str = "\
# Written by tools/iso20022-table from ISO 20022 schemas. Do not edit: run it again.
#
# A mark behind a child: * may repeat, { has element content, @ is text with attributes.
";

/// The namespace of nearly all messages, without its last part.
const COMMON_NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:";

const LINE_WIDTH: usize = 140;

/// Writes the table.
pub(crate) fn write(facts: &Facts) -> String {
    let mut by_pair: BTreeMap<&Pair, BTreeMap<&str, Fact>> = BTreeMap::new();
    for (namespace, pairs) in facts {
        for (pair, &fact) in pairs {
            by_pair.entry(pair).or_default().insert(namespace, fact);
        }
    }
    let usual: BTreeMap<&Pair, Fact> =
        by_pair.iter().map(|(pair, seen)| (*pair, most_frequent(seen))).collect();
    let mut text = HEAD.to_owned();
    write_children(&mut text, &usual);
    write_names(&mut text, &usual);
    let unknown = by_pair.iter().map(|(pair, seen)| (*pair, union(seen.values()))).collect();
    write_unknown(&mut text, &usual, &unknown);
    write_families(&mut text, facts, &unknown);
    write_namespaces(&mut text, facts, &usual);
    text
}

fn write_children(text: &mut String, usual: &BTreeMap<&Pair, Fact>) {
    text.push_str("\n[children]\n");
    let mut lines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ((parent, child), &fact) in usual {
        if fact != Fact::default() {
            lines.entry(parent).or_default().push(format!("{child}{}", marks(fact)));
        }
    }
    for (parent, children) in lines {
        let _ = writeln!(text, "{parent}: {}", children.join(" "));
    }
}

/// Names that no line above has.
fn write_names(text: &mut String, usual: &BTreeMap<&Pair, Fact>) {
    text.push_str("\n[names]\n");
    let mut written = BTreeSet::new();
    let mut others = BTreeSet::new();
    for ((parent, child), &fact) in usual {
        let names = [parent.as_str(), child.as_str()];
        if fact == Fact::default() { others.extend(names) } else { written.extend(names) }
    }
    let mut line = String::new();
    for name in others.difference(&written) {
        if line.len() + name.len() > LINE_WIDTH {
            let _ = writeln!(text, "{}", line.trim_end());
            line.clear();
        }
        let _ = write!(line, "{name} ");
    }
    let _ = writeln!(text, "{}", line.trim_end());
}

/// What namespaces without a schema get where it is not the usual.
fn write_unknown(text: &mut String, usual: &BTreeMap<&Pair, Fact>, unknown: &BTreeMap<&Pair, Fact>) {
    text.push_str("\n[unknown]\n");
    for (pair, &fact) in unknown {
        if usual.get(pair) != Some(&fact) {
            let _ = writeln!(text, "{}/{}{}", pair.0, pair.1, marks(fact));
        }
    }
}

/// Messages of which some version has a schema, with what its other versions get where that is not what unknown
/// namespaces get: `camt.053.001` for `camt.053.001.02`.
fn write_families(text: &mut String, facts: &Facts, unknown: &BTreeMap<&Pair, Fact>) {
    let _ = writeln!(text, "\n[families {COMMON_NAMESPACE}]");
    let mut families: BTreeMap<&str, BTreeMap<&Pair, Vec<Fact>>> = BTreeMap::new();
    for (namespace, pairs) in facts {
        let version = namespace.strip_prefix(COMMON_NAMESPACE).and_then(|kind| kind.rsplit_once('.'));
        if let Some((family, _)) = version {
            for (pair, &fact) in pairs {
                families.entry(family).or_default().entry(pair).or_default().push(fact);
            }
        }
    }
    for (family, pairs) in families {
        let pairs = pairs.into_iter().map(|(pair, seen)| (pair, union(&seen)));
        write_exceptions(text, family, pairs, unknown);
    }
}

/// Every namespace that has a schema, with what is not as usual in it.
fn write_namespaces(text: &mut String, facts: &Facts, usual: &BTreeMap<&Pair, Fact>) {
    let _ = writeln!(text, "\n[namespaces {COMMON_NAMESPACE}]");
    for (namespace, pairs) in facts {
        let name = namespace.strip_prefix(COMMON_NAMESPACE).unwrap_or(namespace);
        write_exceptions(text, name, pairs.iter().map(|(pair, &fact)| (pair, fact)), usual);
    }
}

fn write_exceptions<'a>(
    text: &mut String,
    name: &str,
    facts: impl Iterator<Item = (&'a Pair, Fact)>,
    rule: &BTreeMap<&Pair, Fact>,
) {
    text.push_str(name);
    for (pair, fact) in facts {
        if rule.get(pair) != Some(&fact) {
            let _ = write!(text, " {}/{}{}", pair.0, pair.1, marks(fact));
        }
    }
    text.push('\n');
}

/// A child that repeats anywhere may repeat; it has a shape only if all agree.
fn union<'a>(seen: impl IntoIterator<Item = &'a Fact> + Clone) -> Fact {
    let shapes: BTreeSet<Shape> = seen.clone().into_iter().map(|fact| fact.shape).collect();
    let shape = shapes.first().copied().filter(|_| shapes.len() == 1).unwrap_or_default();
    Fact { repeats: seen.into_iter().any(|fact| fact.repeats), shape }
}

fn most_frequent(seen: &BTreeMap<&str, Fact>) -> Fact {
    let mut counts: BTreeMap<Fact, usize> = BTreeMap::new();
    for &fact in seen.values() {
        *counts.entry(fact).or_default() += 1;
    }
    counts.into_iter().max_by_key(|&(_, count)| count).map(|(fact, _)| fact).unwrap_or_default()
}

fn marks(fact: Fact) -> String {
    let repeats = if fact.repeats { "*" } else { "" };
    let shape = match fact.shape {
        Shape::Plain => "",
        Shape::Elements => "{",
        Shape::AttributedText => "@",
    };
    format!("{repeats}{shape}")
}
