//! Prints what is left of a damaged Berkeley DB file:
//!
//!     cargo run -p bdbfile --example salvage -- FILE
//!
//! Records are taken from the pages themselves: no tree is followed and no order
//! believed, so they come in no order that means anything. Where only a part is
//! left, that is said. What is odd is told on standard error.

use std::error::Error;
use std::path::PathBuf;

use bdbfile::salvage::{Mode, Salvaged, salvage_telling};
use bdbfile::source::FileSource;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("name a file")?;
    let source = FileSource::open(&PathBuf::from(path))?;
    let report = salvage_telling(
        source,
        // Mode::Aggressive takes deleted items and unsound pages too.
        Mode::Careful,
        |finding| eprintln!("{finding}"),
        |record: Salvaged<'_>| {
            let key = record.key.unwrap_or_default().escape_ascii();
            match record.loss() {
                None => println!("{key} = {}", record.value.escape_ascii()),
                Some(loss) => println!("{key}: page {}: {loss}", record.page),
            }
            Ok::<_, bdbfile::Error>(())
        },
    )?;
    eprintln!("{} records, {} whole", report.records, report.whole);
    Ok(())
}
