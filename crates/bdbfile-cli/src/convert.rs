//! `bdbfile convert` and `bdbfile rebuild`: a file into a new one.

use std::io::Write;
use std::process::ExitCode;

use bdbfile::Error;
use bdbfile::convert::{ConvertOptions, NewKind, rebuild as rebuild_file};
use bdbfile::write::{SortBudget, SyncingSink};

use crate::complain;
use crate::failure::Failure;
use crate::input::Input;
use crate::output::{Output, fresh_file_id};
use crate::report::Report;
use crate::salvage::{loss, oddities, summary};
use crate::settings::{self, Convert};
use bdbfile::escape::escaped;

/// Writes the databases of a file into a new one.
pub(crate) fn convert(settings: &Convert, out: &mut impl Write) -> Result<(), Failure> {
    let input = Input::open_to_convert(&settings.source)?;
    let file = input.databases()?;
    // One that the log alone holds has no permissions to take over.
    let source =
        Some(&*settings.source.path).filter(|path| settings.source.logs.is_none() || path.exists());
    let output = Output::begin(&settings.target, source)?;
    let options = options(settings, &output)?;
    let sink = || sink(&output);
    let (sink, converted) = bdbfile::convert::convert(&file, sink, &options)?;
    output.publish(sink)?;
    Report::from(&converted).print(&settings.target, out)
}

/// Writes what is left in a damaged file into a new one, and tells what is
/// lost.
pub(crate) fn rebuild(settings: &Convert, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let input = Input::open_whole(&settings.source)?;
    let output = Output::begin(&settings.target, Some(&settings.source.path))?;
    let options = options(settings, &output)?;
    let name = input.path();
    let tell = |line: &str| complain(&escaped(&format!("{name}: {line}")));
    let (sink, rebuilt) = rebuild_file(
        &input,
        || sink(&output),
        &options,
        |record| {
            if let Some(loss) = loss(record) {
                tell(&loss);
            }
        },
    )?;
    output.publish(sink)?;
    if !rebuilt.undamaged {
        for line in oddities(&rebuilt.found) {
            tell(&line);
        }
    }
    let whole = rebuilt.is_whole();
    if !whole {
        tell(&summary(&rebuilt.found, rebuilt.parts));
    }
    Report::from(&rebuilt.written).print(&settings.target, out)?;
    Ok(if whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn sink(output: &Output) -> Result<SyncingSink, Error> {
    output.sink().map_err(|source| Error::Io {
        file: output.name(),
        action: "write the file".to_owned(),
        source,
    })
}

fn options(settings: &Convert, output: &Output) -> Result<ConvertOptions, Failure> {
    let kind = settings.kind.and_then(|kind| match kind {
        settings::NewKind::Btree => Some(NewKind::Btree),
        settings::NewKind::Hash => Some(NewKind::Hash),
        settings::NewKind::Recno => Some(NewKind::Recno),
        // The words of --kind have none.
        settings::NewKind::Queue => None,
    });
    Ok(ConvertOptions {
        endian: settings.endian,
        page_size: settings.page_size,
        format_version: settings.file.format_version,
        kind,
        checksums: settings.checksums,
        file_id: match settings.file.file_id {
            Some(id) => id,
            None => fresh_file_id()?,
        },
        threads: settings.threads,
        sort: SortBudget {
            bytes: settings.file.memory,
            spill: output.spill(),
        },
    })
}
