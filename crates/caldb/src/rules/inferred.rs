//! Rules that rest on reasoning. None drops anything, none makes anything up:
//! what they write is in the record already, in another spelling.

use super::lines::{lines, unfolded, value_at};
use super::{Change, Rule};
use crate::fact::Fact;
use crate::files::Role;

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
        change_lines(key, value, |name, line| {
            name.eq_ignore_ascii_case(b"X-NSCP-CALPROPS-ACCESS-CONTROL-ENTRY")
                .then(|| lower_ace(line))
                .flatten()
        })
    }
}

/// An entry is who^what^how^grant; who may be a name, whose case matters.
fn lower_ace(line: &[u8]) -> Option<Vec<u8>> {
    // A folded one is rare and is left as it is.
    let end = line
        .iter()
        .rposition(|byte| !matches!(byte, b'\r' | b'\n'))?
        + 1;
    let (text, line_end) = line.split_at(end);
    if text.contains(&b'\n') {
        return None;
    }
    let at = value_at(text)?;
    let (head, entry) = text.split_at(at);
    let who = entry.iter().position(|byte| *byte == b'^')?;
    let (who, rest) = entry.split_at(who);
    // Three carets at most, and letters between them: else it is no entry.
    let letters = rest.iter().all(|b| b.is_ascii_alphabetic() || *b == b'^');
    if !letters || rest.split(|byte| *byte == b'^').count() > 4 {
        return None;
    }
    let lower = rest.to_ascii_lowercase();
    (lower != rest).then(|| [head, who, &lower, line_end].concat())
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
        change_lines(key, value, |name, line| {
            if name.eq_ignore_ascii_case(b"BEGIN") || name.eq_ignore_ascii_case(b"END") {
                let alarm = unfolded(line).to_ascii_uppercase();
                match alarm.as_slice() {
                    b"BEGIN:VALARM" => inside_alarm = true,
                    b"END:VALARM" => inside_alarm = false,
                    _ => {}
                }
            }
            let one =
                name.eq_ignore_ascii_case(b"ORGANIZER") || name.eq_ignore_ascii_case(b"ATTENDEE");
            (one && !inside_alarm)
                .then(|| with_address(name, line))
                .flatten()
        })
    }
}

fn with_address(name: &[u8], line: &[u8]) -> Option<Vec<u8>> {
    const SCHEME: &[u8] = b"mailto:";
    let text = unfolded(line);
    let (head, value) = text.split_at(value_at(&text)?);
    let value = value.trim_ascii();
    let mail = value
        .get(..SCHEME.len())
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME));
    let (parameter, address): (&[u8], &[u8]) = if mail {
        (b"X-S1CS-EMAIL=", value.get(SCHEME.len()..)?)
    } else {
        (b"X-S1CS-CALID=", value)
    };
    let there = head
        .to_ascii_uppercase()
        .windows(parameter.len())
        .any(|window| window == parameter);
    let odd = |byte: &u8| *byte == b'"' || byte.is_ascii_control();
    if there || address.is_empty() || address.iter().any(odd) {
        return None;
    }
    let quote: &[u8] = if address.iter().any(|byte| b";:,".contains(byte)) {
        b"\""
    } else {
        b""
    };
    // On a line of its own, so that what was folded stays as it was folded.
    let line_end: &[u8] = if line.ends_with(b"\r\n") {
        b"\r\n"
    } else {
        b"\n"
    };
    let rest = line.get(name.len()..)?;
    Some(
        [
            name, line_end, b" ;", parameter, quote, address, quote, line_end, b" ", rest,
        ]
        .concat(),
    )
}

/// The record with each line that `change` gives another text for; `None`
/// where it gives none.
fn change_lines(
    key: &[u8],
    value: &[u8],
    mut change: impl FnMut(&[u8], &[u8]) -> Option<Vec<u8>>,
) -> Option<Change> {
    let mut changed = false;
    let mut out = Vec::with_capacity(value.len());
    for line in lines(value) {
        match change(line.name, line.bytes) {
            Some(text) => {
                changed = true;
                out.extend_from_slice(&text);
            }
            None => out.extend_from_slice(line.bytes),
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
