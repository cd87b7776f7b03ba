//! What a condition says about a message: true, false, or unknown (none), which a missing field makes it.
//!
//! Only like values compare: numbers with numbers, texts with texts, truths with truths; anything else is false. Texts and
//! truths are equal or not, and have no order.

use std::cmp::Ordering;

use super::Value;
use super::parse::{Comparison, Condition, Operand, Operation, Wanted};

type Fields<'f> = &'f dyn Fn(&str) -> Option<Value>;

impl Condition {
    pub(super) fn holds(&self, field: Fields<'_>) -> Option<bool> {
        match self {
            Condition::Any(of) => or(of.iter().map(|each| each.holds(field))),
            Condition::All(of) => {
                or(of.iter().map(|each| each.holds(field).map(|holds| !holds))).map(|some| !some)
            }
            Condition::Not(condition) => condition.holds(field).map(|holds| !holds),
            Condition::Compare { left, how, right } => {
                compare(&left.value(field)?, *how, &right.value(field)?)
            }
            Condition::Between { what, low, high } => between(what, low, high, field),
            Condition::In { name, texts } => Some(match field(name)? {
                Value::Text(text) => texts.contains(&text),
                _ => false,
            }),
            Condition::Like { name, pattern } => Some(match field(name)? {
                Value::Text(text) => like(&text.chars().collect::<Vec<_>>(), pattern),
                _ => false,
            }),
            Condition::IsNull(name) => Some(field(name).is_none()),
            Condition::Is(operand) => match operand.value(field)? {
                Value::Boolean(is) => Some(is),
                _ => Some(false),
            },
        }
    }
}

/// True as soon as one is true; else unknown where one is unknown.
fn or(each: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(false);
    for holds in each {
        match holds {
            Some(true) => return Some(true),
            Some(false) => {}
            None => result = None,
        }
    }
    result
}

/// As `what >= low AND what <= high`.
fn between(what: &Operand, low: &Operand, high: &Operand, field: Fields<'_>) -> Option<bool> {
    let what = what.value(field);
    let against = |how, bound: &Operand| compare(what.as_ref()?, how, &bound.value(field)?);
    let bounds = [against(Comparison::GreaterOrEqual, low), against(Comparison::LessOrEqual, high)];
    or(bounds.into_iter().map(|holds| holds.map(|holds| !holds))).map(|outside| !outside)
}

fn compare(left: &Value, how: Comparison, right: &Value) -> Option<bool> {
    let equality = |equal: bool| match how {
        Comparison::Equal => equal,
        Comparison::NotEqual => !equal,
        _ => false,
    };
    Some(match (left, right) {
        (Value::Text(left), Value::Text(right)) => equality(left == right),
        (Value::Boolean(left), Value::Boolean(right)) => equality(left == right),
        (Value::Exact(left), Value::Exact(right)) => ordered(Some(left.cmp(right)), how),
        _ => match (left.approximate(), right.approximate()) {
            (Some(left), Some(right)) => ordered(left.partial_cmp(&right), how),
            _ => false,
        },
    })
}

fn ordered(ordering: Option<Ordering>, how: Comparison) -> bool {
    let Some(ordering) = ordering else {
        // Not a number: equal to nothing.
        return how == Comparison::NotEqual;
    };
    match how {
        Comparison::Equal => ordering.is_eq(),
        Comparison::NotEqual => ordering.is_ne(),
        Comparison::Less => ordering.is_lt(),
        Comparison::LessOrEqual => ordering.is_le(),
        Comparison::Greater => ordering.is_gt(),
        Comparison::GreaterOrEqual => ordering.is_ge(),
    }
}

impl Operand {
    /// The value; none where a field is missing, or is no number and would have to be one.
    fn value(&self, field: Fields<'_>) -> Option<Value> {
        match self {
            Operand::Literal(value) => Some(value.clone()),
            Operand::Field(name) => field(name),
            Operand::Condition(condition) => condition.holds(field).map(Value::Boolean),
            Operand::Negated(operand) => {
                calculate(&Value::Exact(0), Operation::Subtract, &operand.value(field)?)
            }
            Operand::Chain(first, rest) => {
                let mut value = first.value(field)?;
                for (operation, operand) in rest {
                    value = calculate(&value, *operation, &operand.value(field)?)?;
                }
                Some(value)
            }
        }
    }
}

/// Exact numbers are calculated exactly, as Java does with `long`; a division by zero is unknown.
#[expect(
    clippy::float_arithmetic,
    reason = "a selection string may calculate with approximate numbers; no amount is kept"
)]
fn calculate(left: &Value, operation: Operation, right: &Value) -> Option<Value> {
    if let (Value::Exact(left), Value::Exact(right)) = (left, right) {
        return match operation {
            Operation::Add => Some(left.wrapping_add(*right)),
            Operation::Subtract => Some(left.wrapping_sub(*right)),
            Operation::Multiply => Some(left.wrapping_mul(*right)),
            Operation::Divide => (*right != 0).then(|| left.wrapping_div(*right)),
        }
        .map(Value::Exact);
    }
    let (left, right) = (left.approximate()?, right.approximate()?);
    Some(Value::Approximate(match operation {
        Operation::Add => left + right,
        Operation::Subtract => left - right,
        Operation::Multiply => left * right,
        Operation::Divide => left / right,
    }))
}

impl Value {
    #[expect(
        clippy::cast_precision_loss,
        reason = "an exact number meets an approximate one as an approximate one"
    )]
    fn approximate(&self) -> Option<f64> {
        match self {
            Value::Exact(number) => Some(*number as f64),
            Value::Approximate(number) => Some(*number),
            Value::Boolean(_) | Value::Text(_) => None,
        }
    }
}

/// Whether a text is as the pattern wants it. Only the last `%` is ever gone back to, so that no pattern takes long.
fn like(text: &[char], pattern: &[Wanted]) -> bool {
    let (mut at, mut wanted) = (0, 0);
    let mut last_many: Option<(usize, usize)> = None;
    while let Some(character) = text.get(at) {
        match pattern.get(wanted) {
            Some(Wanted::This(expected)) if expected == character => (at, wanted) = (at + 1, wanted + 1),
            Some(Wanted::One) => (at, wanted) = (at + 1, wanted + 1),
            Some(Wanted::Many) => {
                last_many = Some((at, wanted));
                wanted += 1;
            }
            _ => match last_many {
                Some((taken, many)) => {
                    last_many = Some((taken + 1, many));
                    (at, wanted) = (taken + 1, many + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(wanted).all(|rest| *rest == Wanted::Many)
}
