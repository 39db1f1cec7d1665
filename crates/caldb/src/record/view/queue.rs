//! Requests in the group scheduling queue.

use super::calid::Calid;
use super::component::values;
use crate::record::content_line::Value;
use crate::record::fields::Field;
use crate::record::form::Identifier;
use crate::record::recognise::{Kind, Record};

/// A request in the group scheduling queue.
#[derive(Debug, Clone, Copy)]
pub struct QueueEntry<'r, 'a> {
    pub(super) record: &'r Record<'a>,
}

impl<'a> QueueEntry<'_, 'a> {
    /// The calendar it is for.
    pub fn calid(&self) -> Calid<'a> {
        Calid::new(self.record.key.calid())
    }

    /// When it is due.
    pub fn scheduled(&self) -> &'a [u8] {
        self.record.key.part(Identifier::Scheduled)
    }

    /// Which of the entries of that time it is.
    pub fn offset(&self) -> &'a [u8] {
        self.record.key.part(Identifier::Offset)
    }

    /// The component, by the key.
    pub fn uid(&self) -> Option<&'a [u8]> {
        self.record.key.uid()
    }

    /// The instance, by the key.
    pub fn rid(&self) -> Option<&'a [u8]> {
        self.record.key.rid()
    }

    /// The component's sequence number, by the key.
    pub fn sequence(&self) -> &'a [u8] {
        self.record.key.part(Identifier::Sequence)
    }

    /// What is asked: PUBLISH, REQUEST, REPLY or CANCEL.
    pub fn method(&self) -> Option<Value<'a>> {
        self.record.method
    }

    /// The kind of the component.
    pub fn kind(&self) -> Kind {
        self.record.kind.unwrap_or(Kind::Event)
    }

    values! {
        /// The component's title.
        summary = Summary;
        /// What became of the request.
        request_status = RequestStatus;
        /// The character set the component declares.
        charset = Charset;
    }
}
