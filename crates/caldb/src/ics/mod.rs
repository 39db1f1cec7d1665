//! A calendar of a store as a text of RFC 5545, which any calendar program
//! reads.
//!
//! Only recognised records become text. What RFC 5545 demands and a record
//! lacks, and what a record has and RFC 5545 does not know, is handled by rules
//! that are all in one table, [`RULES`], with where each comes from; how often
//! each was applied is counted in a [`Tally`].
//!
//! * `calendar`: the text of a calendar, from its records in order.
//! * `component`: an event, a todo, a journal; `alarm`: what is in it.
//! * `property`: a property as RFC 5545 has it, or under a name of its own.
//! * `known`: which properties RFC 5545 knows, and where.
//! * `value`: which values are of the types that RFC 5545 gives them.
//! * `charset`: bytes of any character set as text.
//! * `zone`: the definitions of time zones.
//! * [`mod@line`]: content lines written: escaped and folded, in one place.
//! * `rules`: the rules and how often they were applied.
//!
//! ```
//! use caldb::Profile;
//! use caldb::ics::CalendarText;
//! use caldb::record::recognise;
//!
//! let profile = Profile::shipped();
//! let form = profile.file("ics50events.db").map(caldb::FileProfile::form);
//! let value = b"BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20060525T153000Z\r\nEND:VEVENT\r\n";
//! let record = form.and_then(|form| recognise(&form, b"jdoe\x001\x000", value).record());
//!
//! let mut calendar = CalendarText::begin(Vec::new(), b"jdoe");
//! for record in &record {
//!     calendar.add(record, "UTF-8")?;
//! }
//! let (text, tally) = calendar.finish()?;
//! assert_eq!(tally.events, 1);
//! assert!(text.starts_with(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"));
//! # Ok::<(), std::io::Error>(())
//! ```

mod alarm;
mod calendar;
mod charset;
mod component;
mod known;
pub mod line;
mod property;
mod rules;
mod value;
mod zone;

pub use calendar::{CalendarText, Place, place};
pub use rules::{Applied, RULES, Tally, WrittenRule};

#[cfg(test)]
mod tests;
