//! Entries of the delete log.

use super::calid::Calid;
use super::component::{self, values};
use super::rule::Rules;
use crate::record::content_line::Value;
use crate::record::fields::Field;
use crate::record::recognise::{Kind, Record};

/// An entry of the delete log: what was deleted, when and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Deleted<'r, 'a> {
    pub(super) record: &'r Record<'a>,
}

impl<'a> Deleted<'_, 'a> {
    /// The kind of what was deleted, if the entry tells.
    pub fn kind(&self) -> Option<Kind> {
        self.record.kind
    }

    /// The calendar it was in.
    pub fn calid(&self) -> Calid<'a> {
        Calid::new(self.record.key.calid())
    }

    /// What was deleted, by the entry or by its key.
    pub fn uid(&self) -> Option<Value<'a>> {
        component::uid(self.record).or_else(|| self.record.key.uid().map(Value::new))
    }

    /// Which instance was deleted; `None` for a whole component or series.
    pub fn rid(&self) -> Option<Value<'a>> {
        component::rid(self.record)
    }

    values! {
        /// When it started.
        start = Start;
        /// When it was last written (DTSTAMP).
        stamp = Stamp;
        /// When it was deleted.
        last_modified = LastModified;
        /// Who deleted it.
        triggered_by = TriggeredBy;
        /// The character set it declares.
        charset = Charset;
    }

    /// When it ended or was due.
    pub fn end(&self) -> Option<Value<'a>> {
        component::end(self.record)
    }

    /// The rules of a series that was deleted.
    pub fn rules(&self) -> Rules<'a> {
        Rules::of(self.record)
    }
}
