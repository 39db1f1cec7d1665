//! Records: recognised, viewed, or left alone.
//!
//! The bytes of a real store's records were never published. What is known
//! here is the COMPOSED form, that of this project's own samples: keys are
//! identifiers joined by NUL, values are iCalendar content lines. A record of
//! a real store that has another form is [`Recognised::Opaque`]: it is carried
//! byte for byte, and nothing is said of what is in it.
//!
//! * [`content_line`]: iCalendar content lines, kept to the byte.
//! * [`form`]: the form the records of a file are expected to have.
//! * [`key`]: keys taken apart.
//! * [`mod@recognise`]: whether a record has the form of its file.
//! * [`view`]: what a recognised record says.
//! * [`known`]: which properties and shapes are known, and from where.

#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable
    )
)]

pub mod content_line;
pub(crate) mod fields;
pub mod form;
pub mod key;
pub mod known;
pub mod recognise;
pub mod view;

pub use form::{Identifier, KeyForm, RecordForm, ValueForm};
pub use key::Key;
pub use recognise::{Recognised, Record, recognise};
pub use view::View;

#[cfg(test)]
mod tests;
