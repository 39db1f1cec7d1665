//! `--report`: all that a run found and did, as one JSON document.
//! `docs/report.md` describes the fields.
//!
//! * `known`: what the run has told so far.
//! * `document`: that, as JSON.
//! * `place`: where it goes; a file appears whole or not at all.

mod document;
mod known;
mod place;

use std::ffi::OsString;

use csmigrate::observer::Event;

use crate::settings::Settings;
use csmigrate::bdbfile::escape::escaped;
use known::Known;
use place::Place;

/// The report of a run, if one was asked for.
#[derive(Debug)]
pub(crate) struct Reporter<'a> {
    settings: &'a Settings,
    known: Known,
    place: Option<Place>,
    /// Whether what is known is written.
    written: bool,
    /// Why it could not be written, the last time.
    trouble: Option<String>,
}

impl<'a> Reporter<'a> {
    /// Makes sure that the report can be written, before anything is done.
    pub(crate) fn begin(settings: &'a Settings, args: &[OsString]) -> Result<Self, String> {
        let place = settings.report.as_ref();
        let place = place.map(|to| Place::prepare(to, settings)).transpose();
        Ok(Self {
            settings,
            known: Known::begin(args),
            place: place.map_err(|error| escaped(&error))?,
            written: false,
            trouble: None,
        })
    }

    /// Takes an event. With the one that says that all is done the report is
    /// written.
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        if self.place.is_none() {
            return;
        }
        self.known.event(event);
        self.written = false;
        if matches!(event, Event::Completed(_)) {
            self.write();
        }
    }

    /// Writes the report of a run that failed, or that had something to tell
    /// after all was done.
    pub(crate) fn end(&mut self, done: Result<(), &csmigrate::Error>) {
        if let Err(error) = done {
            self.known.failed(error);
            self.written = false;
        }
        if !self.written {
            self.write();
        }
    }

    /// A line on a report that could not be written.
    pub(crate) fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.as_ref()?;
        Some(escaped(&format!("warning: report {trouble}")))
    }

    fn write(&mut self) {
        let Some(place) = &mut self.place else {
            return;
        };
        let text = document::text(&self.known, self.settings);
        self.trouble = text.and_then(|text| place.write(&text)).err();
        self.written = true;
    }
}
