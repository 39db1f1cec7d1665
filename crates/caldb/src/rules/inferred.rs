//! Rules that rest on reasoning. None drops anything, none makes anything up:
//! what they write is in the record already, in another spelling.

use super::{Change, Rule};
use crate::fact::Fact;
use crate::files::Role;
use crate::record::content_line::{Lines, Property};

/// Letters of access control entries in lower case.
pub(super) struct AceLowerCase {
    fact: Fact<String>,
}

impl AceLowerCase {
    pub(super) fn new(fact: Fact<String>) -> Self {
        Self { fact }
    }
}

impl Rule for AceLowerCase {
    fn fact(&self) -> Fact<&str> {
        borrowed(&self.fact)
    }

    fn apply(&self, role: Role, key: &[u8], value: &[u8]) -> Option<Change> {
        if role != Role::CalendarProperties {
            return None;
        }
        change_lines(key, value, |line, out| {
            let lower = line
                .is("X-NSCP-CALPROPS-ACCESS-CONTROL-ENTRY")
                .then(|| lower_ace(line.value().raw()))
                .flatten();
            lower.is_some_and(|lower| {
                line.print_with_value(&lower, out);
                true
            })
        })
    }
}

/// An entry is who^what^how^grant; who may be a name, whose case matters.
fn lower_ace(entry: &[u8]) -> Option<Vec<u8>> {
    let who = entry.iter().position(|byte| *byte == b'^')?;
    let (who, rest) = entry.split_at(who);
    // Three carets at most, and letters between them: else it is no entry. A
    // folded one is rare and is left as it is.
    let letters = rest.iter().all(|b| b.is_ascii_alphabetic() || *b == b'^');
    let folded = who.iter().any(|byte| matches!(byte, b'\r' | b'\n'));
    if folded || !letters || rest.split(|byte| *byte == b'^').count() > 4 {
        return None;
    }
    let lower = rest.to_ascii_lowercase();
    (lower != rest).then(|| [who, &lower].concat())
}

/// The parameters that 6.3 shows beside addresses and calids.
pub(super) struct AddressParameters {
    fact: Fact<String>,
}

impl AddressParameters {
    pub(super) fn new(fact: Fact<String>) -> Self {
        Self { fact }
    }
}

impl Rule for AddressParameters {
    fn fact(&self) -> Fact<&str> {
        borrowed(&self.fact)
    }

    fn apply(&self, role: Role, key: &[u8], value: &[u8]) -> Option<Change> {
        if !matches!(role, Role::Events | Role::Todos) {
            return None;
        }
        // The attendees of an alarm have none of these parameters.
        let mut inside_alarm = false;
        change_lines(key, value, |line, out| {
            if line.value().is_ignoring_case(b"VALARM") {
                if line.is("BEGIN") {
                    inside_alarm = true;
                } else if line.is("END") {
                    inside_alarm = false;
                }
            }
            if inside_alarm || !(line.is("ORGANIZER") || line.is("ATTENDEE")) {
                return false;
            }
            address_param(line).is_some_and(|param| {
                line.print_with_param(&param, out);
                true
            })
        })
    }
}

/// The parameter that repeats the address or the calid of a line, where it has
/// none yet.
fn address_param(line: &Property<'_>) -> Option<Vec<u8>> {
    const SCHEME: &[u8] = b"mailto:";
    let value = line.value().unfolded();
    let value = value.trim_ascii();
    let mail = value
        .get(..SCHEME.len())
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME));
    let (name, address) = if mail {
        ("X-S1CS-EMAIL", value.get(SCHEME.len()..)?)
    } else {
        ("X-S1CS-CALID", value)
    };
    let odd = |byte: &u8| *byte == b'"' || byte.is_ascii_control();
    if line.param(name).is_some() || address.is_empty() || address.iter().any(odd) {
        return None;
    }
    let quote: &[u8] = if address.iter().any(|byte| b";:,".contains(byte)) {
        b"\""
    } else {
        b""
    };
    Some([name.as_bytes(), b"=", quote, address, quote].concat())
}

/// The record with each line that `change` prints otherwise; `None` where it
/// prints none (and says so by `false`).
fn change_lines(
    key: &[u8],
    value: &[u8],
    mut change: impl FnMut(&Property<'_>, &mut Vec<u8>) -> bool,
) -> Option<Change> {
    let mut changed = false;
    let mut out = Vec::with_capacity(value.len());
    for line in Lines::new(value) {
        match line.property() {
            Some(property) if change(&property, &mut out) => changed = true,
            _ => line.print(&mut out),
        }
    }
    changed.then(|| Change {
        key: key.to_vec(),
        value: out,
    })
}

fn borrowed(fact: &Fact<String>) -> Fact<&str> {
    Fact {
        id: &fact.id,
        text: &fact.text,
        provenance: fact.provenance.borrowed(),
    }
}
