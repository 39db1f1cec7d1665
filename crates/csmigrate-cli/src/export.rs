//! `--export-ics`: each calendar as a text of RFC 5545. What was not exported is
//! counted and named, and makes the exit status 255.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use csmigrate::bdbfile::escape::escaped;
use csmigrate::caldb::ics::Tally;
use csmigrate::export::{CalendarExport, ExportReport, FileExport};
use csmigrate::observer::{Event, Stage};

use crate::Failure;
use crate::recovery;
use crate::screen;
use crate::settings::ExportSettings;
use crate::table;

/// Exports the store and prints what came of it.
pub(crate) fn run(settings: &ExportSettings, stop: Arc<AtomicUsize>) -> Result<(), Failure> {
    let line = |text: &str| {
        if !settings.quiet {
            screen::print(&format!("{}\n", escaped(text)));
        }
    };
    let (source, target) = (settings.source.display(), settings.target.display());
    line(&format!("exporting: {source} to {target}"));
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    let mut observer = |event: Event<'_>| match event {
        Event::Recovered(recovery) => {
            for detail in recovery::details(recovery) {
                line(&format!("{:<8} {detail}", Stage::Recover.name()));
            }
        }
        Event::Done(stage, what) => line(&format!("{:<8} {what}", stage.name())),
        Event::Warning(warning) => {
            line(&format!("warning: {warning}"));
            for case in &warning.cases {
                line(&format!("  {case}"));
            }
        }
        Event::Exported(calendar) if !settings.quiet => rows.push(row(calendar)),
        _ => {}
    };
    let export = settings.export.clone().stop_when(stop);
    let report = export.run(&mut observer)?;
    rows.push(numbers("total".to_owned(), String::new(), &report.tally));
    line("");
    for row in table::aligned(&rows, 2) {
        line(&row);
    }
    let told = notes(&report);
    if !told.is_empty() {
        line("");
    }
    for note in told {
        line(&note);
    }
    let lost = lost(&report);
    if lost.is_empty() {
        return Ok(());
    }
    Err(Failure(lost.iter().map(|text| escaped(text)).collect()))
}

const HEADINGS: [&str; 6] = ["calendar", "file", "events", "todos", "journals", "alarms"];

fn row(calendar: &CalendarExport) -> [String; 6] {
    // A line end in a calendar id would end the row.
    let calid = escaped(&String::from_utf8_lossy(&calendar.calid));
    numbers(calid, calendar.file.display().to_string(), &calendar.tally)
}

fn numbers(calendar: String, file: String, tally: &Tally) -> [String; 6] {
    [
        calendar,
        file,
        tally.events.to_string(),
        tally.todos.to_string(),
        tally.journals.to_string(),
        tally.alarms.to_string(),
    ]
}

/// What was done to records that are not just as RFC 5545 wants them, and what
/// is no content of a calendar.
fn notes(report: &ExportReport) -> Vec<String> {
    let applied = report.tally.applied();
    let mut notes: Vec<String> = applied
        .map(|(rule, count)| format!("{}: {count}", rule.counts))
        .collect();
    let beside = report.files.iter().filter(|file| file.beside > 0);
    notes.extend(beside.map(|file| {
        let (name, count) = (file.name.display(), file.beside);
        format!("records of {name}, no content of a calendar, left out: {count}")
    }));
    notes
}

/// What should have been exported and was not, a sentence each.
fn lost(report: &ExportReport) -> Vec<String> {
    let mut lost = Vec::new();
    for FileExport {
        name,
        unrecognised,
        without_calendar,
        ..
    } in &report.files
    {
        let name = name.display();
        if *unrecognised > 0 {
            lost.push(format!(
                "{unrecognised} records of {name} are not recognised and are not exported; a migration keeps them byte for byte"
            ));
        }
        if *without_calendar > 0 {
            lost.push(format!(
                "{without_calendar} records of {name} tell of no calendar and are not exported; a migration keeps them byte for byte"
            ));
        }
    }
    let no_start = report.warnings.iter().find(|one| one.code == "no-start");
    lost.extend(no_start.map(|warning| format!("{warning}; a migration keeps them byte for byte")));
    if !report.published {
        lost.push("nothing was exported: there is no calendar to write".to_owned());
    }
    lost
}
