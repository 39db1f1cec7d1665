//! The properties of a calendar.

use super::ace::Ace;
use super::calid::Calid;
use crate::record::content_line::{Line, Lines, Value};
use crate::record::fields::Field;
use crate::record::recognise::Record;

/// The properties of a calendar.
#[derive(Debug, Clone, Copy)]
pub struct CalendarProperties<'r, 'a> {
    pub(super) record: &'r Record<'a>,
}

impl<'a> CalendarProperties<'_, 'a> {
    /// The calendar, by its key.
    pub fn calid(&self) -> Calid<'a> {
        Calid::new(self.record.key.calid())
    }

    /// The calendar, by its property.
    pub fn relative_calid(&self) -> Option<Value<'a>> {
        self.record.fields.value(Field::CalendarId)
    }

    /// Its name, which may be empty.
    pub fn name(&self) -> Option<Value<'a>> {
        self.record.fields.value(Field::CalendarName)
    }

    /// Its description.
    pub fn description(&self) -> Option<Value<'a>> {
        self.record.fields.value(Field::CalendarDescription)
    }

    /// Its primary owner.
    pub fn primary_owner(&self) -> Option<Value<'a>> {
        self.record.fields.value(Field::CalendarOwner)
    }

    /// Its other owners.
    pub fn owners(&self) -> Option<Value<'a>> {
        self.record.fields.value(Field::CalendarOwners)
    }

    /// Its character set.
    pub fn charset(&self) -> Option<Value<'a>> {
        self.record.fields.value(Field::CalendarCharset)
    }

    /// Its language.
    pub fn language(&self) -> Option<Value<'a>> {
        self.record.fields.value(Field::CalendarLanguage)
    }

    /// Its time zone.
    pub fn zone(&self) -> Option<Value<'a>> {
        self.record.fields.value(Field::CalendarZone)
    }

    /// Whether it is that of a room or a thing.
    pub fn is_resource(&self) -> bool {
        let resource = self.record.fields.value(Field::CalendarResource);
        resource.is_some_and(|value| value.is(b"1"))
    }

    /// Its access control entries; the first that matches wins. Each may have
    /// a line of its own, or several stand in one with semicolons between.
    pub fn access(&self) -> impl Iterator<Item = Ace<'a>> + use<'a> {
        let any = self.record.fields.value(Field::CalendarAccess).is_some();
        Lines::new(if any { self.record.value } else { &[] })
            .filter_map(Line::property)
            .filter(|property| property.is("X-NSCP-CALPROPS-ACCESS-CONTROL-ENTRY"))
            .flat_map(|property| property.value().split(b';'))
            .filter(|entry| !entry.is_empty())
            .map(|entry| Ace::new(entry.unfolded()))
    }

    /// Whether it names an owner: by its calid and as a property.
    pub fn has_owner(&self) -> bool {
        let named = self.primary_owner().is_some_and(|owner| !owner.is_empty());
        named && !self.calid().is_without_owner()
    }
}
