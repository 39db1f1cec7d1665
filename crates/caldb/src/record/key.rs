//! Keys taken apart. COMPOSED: identifiers as text with a NUL between.

use memchr::memchr;

use super::form::{Identifier, KeyForm};
use super::view::time;

/// A key and its parts. Those that the file's keys do not have are empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Key<'a> {
    whole: &'a [u8],
    calid: &'a [u8],
    uid: &'a [u8],
    rid: &'a [u8],
    aid: &'a [u8],
    scheduled: &'a [u8],
    offset: &'a [u8],
    sequence: &'a [u8],
}

/// The recurrence id of what has none, as clients of the server write it.
const NO_RID: &[u8] = b"0";

impl<'a> Key<'a> {
    /// Takes a key apart; `None` when it has not this form.
    pub fn parse(form: &KeyForm, whole: &'a [u8]) -> Option<Self> {
        let KeyForm::Composed(identifiers) = form else {
            return None;
        };
        let mut key = Self {
            whole,
            ..Self::default()
        };
        let mut rest = Some(whole);
        for &identifier in identifiers {
            let tail = rest?;
            let end = memchr(0, tail).unwrap_or(tail.len());
            let part = tail.get(..end)?;
            rest = tail.get(end.saturating_add(1)..);
            if !fits(identifier, part) {
                return None;
            }
            *key.place(identifier) = part;
        }
        rest.is_none().then_some(key)
    }

    /// The key as it is.
    pub fn whole(&self) -> &'a [u8] {
        self.whole
    }

    /// The calendar.
    pub fn calid(&self) -> &'a [u8] {
        self.calid
    }

    /// The component; `None` when the key names none.
    pub fn uid(&self) -> Option<&'a [u8]> {
        (!self.uid.is_empty()).then_some(self.uid)
    }

    /// The instance of a series; `None` when the key names none.
    pub fn rid(&self) -> Option<&'a [u8]> {
        (!self.rid.is_empty() && self.rid != NO_RID).then_some(self.rid)
    }

    /// A part by its meaning, as it is written.
    pub fn part(&self, identifier: Identifier) -> &'a [u8] {
        let mut key = *self;
        key.place(identifier)
    }

    fn place(&mut self, identifier: Identifier) -> &mut &'a [u8] {
        match identifier {
            Identifier::Calid => &mut self.calid,
            Identifier::Uid => &mut self.uid,
            Identifier::Rid => &mut self.rid,
            Identifier::Aid => &mut self.aid,
            Identifier::Scheduled => &mut self.scheduled,
            Identifier::Offset => &mut self.offset,
            Identifier::Sequence => &mut self.sequence,
        }
    }
}

/// Whether a part of a key can be what the form says it is.
fn fits(identifier: Identifier, part: &[u8]) -> bool {
    match identifier {
        Identifier::Calid => !part.is_empty(),
        Identifier::Uid => true,
        Identifier::Rid => part == NO_RID || time::is_utc(part),
        Identifier::Scheduled => time::is_utc(part),
        Identifier::Aid | Identifier::Offset | Identifier::Sequence => {
            !part.is_empty() && part.iter().all(u8::is_ascii_digit)
        }
    }
}
