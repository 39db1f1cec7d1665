//! `--report`: all that a run found and did, for programs and for people.
//! `docs/report.md` describes both.
//!
//! * `known`: what the run has told so far.
//! * `document`: that, as one document; as JSON it is the report for programs.
//! * `page`: the same document as a page of HTML.
//! * `place`: where a report goes; a file appears whole or not at all.

mod document;
mod known;
mod page;
mod place;

use std::ffi::OsString;

use csmigrate::caldb::rules::RuleSet;
use csmigrate::observer::Event;

use crate::settings::{Destination, Settings};
use csmigrate::bdbfile::escape::escaped;
use known::Known;
use place::Place;

/// The reports of a run, if any were asked for.
#[derive(Debug)]
pub(crate) struct Reporter<'a> {
    settings: &'a Settings,
    known: Known,
    reports: Vec<Report>,
    /// Whether what is known is written.
    written: bool,
}

/// A report that was asked for.
#[derive(Debug)]
struct Report {
    place: Place,
    for_people: bool,
    /// Why it could not be written, the last time.
    trouble: Option<String>,
}

impl<'a> Reporter<'a> {
    /// Makes sure that the reports can be written, before anything is done.
    pub(crate) fn begin(settings: &'a Settings, args: &[OsString]) -> Result<Self, String> {
        let mut reports: Vec<Report> = Vec::new();
        for to in &settings.report {
            let place = Place::prepare(to, settings).map_err(|error| escaped(&error))?;
            if reports.iter().any(|report| report.place.is(&place)) {
                return Err("two reports would go to the same place; name another".to_owned());
            }
            reports.push(Report {
                place,
                for_people: matches!(to, Destination::Page(_)),
                trouble: None,
            });
        }
        Ok(Self {
            settings,
            known: Known::begin(args),
            reports,
            written: false,
        })
    }

    /// Takes an event. With the one that says that all is done the reports are
    /// written.
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        if self.reports.is_empty() {
            return;
        }
        self.known.event(event);
        self.written = false;
        if matches!(event, Event::Completed(_)) {
            self.write();
        }
    }

    /// Writes the reports of a run that failed, or that had something to tell
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

    /// A line on each report that could not be written.
    pub(crate) fn trouble(&self) -> Vec<String> {
        let troubles = self.reports.iter().filter_map(|it| it.trouble.as_ref());
        troubles
            .map(|trouble| escaped(&format!("warning: report {trouble}")))
            .collect()
    }

    fn write(&mut self) {
        self.written = true;
        if self.reports.is_empty() {
            return;
        }
        let settings = self.settings;
        let rules = RuleSet::choose(&settings.profile, settings.rules);
        let document = document::document(&self.known, settings, &rules);
        for report in &mut self.reports {
            let text = if report.for_people {
                Ok(page::text(&document))
            } else {
                document::text(&document)
            };
            report.trouble = text.and_then(|text| report.place.write(&text)).err();
        }
    }
}
