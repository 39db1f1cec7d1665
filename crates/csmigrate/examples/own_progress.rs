//! Migrates a store with a progress of one's own:
//!
//!     cargo run -p csmigrate --example own_progress -- SOURCE TARGET
//!
//! The backup goes to `SOURCE/backup`. The library prints nothing: all it has to
//! tell comes to the observer, on the thread that called. `Ctrl-C` would end this
//! program at once, as it does any; `Migration::stop_when` takes a number that a
//! signal handler sets, and clears up.

use std::error::Error;

use csmigrate::Migration;
use csmigrate::observer::{Event, Observer};

/// Counts the files as they are verified.
struct Progress {
    files: usize,
    done: usize,
}

impl Observer for Progress {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Inspected(inspection) => {
                self.files = inspection.databases.len();
                println!("{}", inspection.detection.conclusion);
            }
            Event::Begins(stage) => println!("{} ...", stage.name()),
            Event::File(stage, file) => {
                self.done += 1;
                println!(
                    "{}: {} of {}: {}, {} records",
                    stage.name(),
                    self.done,
                    self.files,
                    file.name.display(),
                    file.records_written
                );
            }
            Event::Warning(warning) => println!("  {}: {warning}", warning.code),
            // There will be more kinds of events.
            _ => {}
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1);
    let source = args.next().ok_or("name the old store")?;
    let target = args.next().ok_or("name the new store")?;
    let mut progress = Progress { files: 0, done: 0 };
    let report = Migration::new(source, target).run(&mut progress)?;
    println!("{} records", report.records_written());
    Ok(())
}
