//! The two forms of recurring data: a master, and exceptions to it.

use super::calid::Calid;
use super::component::{self, Component, values};
use super::rule::{self, Rules};
use crate::record::content_line::Value;
use crate::record::fields::Field;
use crate::record::recognise::{Kind, Record};

/// The master of a series, as the file of recurring data has it.
#[derive(Debug, Clone, Copy)]
pub struct Master<'r, 'a> {
    pub(super) record: &'r Record<'a>,
}

impl<'a> Master<'_, 'a> {
    /// Event or todo.
    pub fn kind(&self) -> Kind {
        self.record.kind.unwrap_or(Kind::Event)
    }

    /// The calendar it is in.
    pub fn calid(&self) -> Calid<'a> {
        Calid::new(self.record.key.calid())
    }

    /// What names the series.
    pub fn uid(&self) -> Option<Value<'a>> {
        component::uid(self.record)
    }

    values! {
        /// When the first instance starts.
        start = Start;
        /// The character set it declares.
        charset = Charset;
    }

    /// When the first instance ends or is due.
    pub fn end(&self) -> Option<Value<'a>> {
        component::end(self.record)
    }

    /// Its recurrence rules.
    pub fn rules(&self) -> Rules<'a> {
        Rules::of(self.record)
    }

    /// Whether it has a rule, or dates.
    pub fn recurs(&self) -> bool {
        rule::recurs(self.record)
    }
}

/// An instance of a series that differs from its master.
#[derive(Debug, Clone, Copy)]
pub struct Exception<'r, 'a> {
    pub(super) component: Component<'r, 'a>,
    pub(super) rid: Value<'a>,
}

impl<'r, 'a> Exception<'r, 'a> {
    /// Which instance it replaces: when that was to start.
    pub fn rid(&self) -> Value<'a> {
        self.rid
    }

    /// What names its series.
    pub fn uid(&self) -> Option<Value<'a>> {
        self.component.uid()
    }

    /// All it says.
    pub fn component(&self) -> Component<'r, 'a> {
        self.component
    }
}
