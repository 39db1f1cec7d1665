//! What a recognised record says. An accessor cannot fail: what a record does
//! not say is `None`, and what it says is given as it is written.

mod ace;
mod alarm;
mod calendar;
mod calid;
mod component;
mod deleted;
mod queue;
mod rule;
mod series;
pub(crate) mod time;

pub use ace::Ace;
pub use alarm::{Alarm, QueuedAlarm};
pub use calendar::CalendarProperties;
pub use calid::Calid;
pub use component::Component;
pub use deleted::Deleted;
pub use queue::QueueEntry;
pub use rule::{Rule, Rules};
pub use series::{Exception, Master};

use super::recognise::Record;
use crate::files::Role;

/// A recognised record as what its file holds.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum View<'r, 'a> {
    /// The properties of a calendar.
    Calendar(CalendarProperties<'r, 'a>),
    /// An event, a todo, a journal.
    Component(Component<'r, 'a>),
    /// An alarm in the queue.
    Alarm(QueuedAlarm<'r, 'a>),
    /// A request in the scheduling queue.
    QueueEntry(QueueEntry<'r, 'a>),
    /// The master of a series.
    Master(Master<'r, 'a>),
    /// An entry of the delete log.
    Deleted(Deleted<'r, 'a>),
}

impl<'r, 'a> View<'r, 'a> {
    pub(super) fn of(record: &'r Record<'a>) -> Self {
        match record.role() {
            Role::CalendarProperties => Self::Calendar(CalendarProperties { record }),
            Role::Alarms => Self::Alarm(QueuedAlarm { record }),
            Role::SchedulingQueue => Self::QueueEntry(QueueEntry { record }),
            Role::Recurring => Self::Master(Master { record }),
            Role::DeleteLog => Self::Deleted(Deleted { record }),
            Role::Events | Role::Todos | Role::Journals | Role::VersionIdentifier => {
                Self::Component(Component { record })
            }
        }
    }
}
