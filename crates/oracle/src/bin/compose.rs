//! Composes a sample calendar store with the real Berkeley DB.

use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt};
use oracle::compose::{
    End, Format, Library, Machine, Nature, Special, StoreFile, StorePlan, StoreRelease,
    Surroundings, compose,
};
use oracle::{ByteOrder, HashFunction, Method, Order};

const USAGE: &str = "\
usage: compose [options] DIR

Writes a composed calendar store (nothing in it is real) into DIR, which must be
absent or empty, and prints how many records each file holds.

  --seed N           seed of all chance (1)
  --calendars N      calendars (12)
  --components N     events and todos in each calendar (40)
  --page-size N      page size of the files (4096)
  --lorder le|be     byte order of the files (this machine's)
  --end clean|nockp|abandon|active
                     how the environment is left: checkpointed and closed;
                     closed without a checkpoint; died after commits that are
                     only in the log; died with a transaction open (clean)
  --release 5.x|6.0|6.1|6.2|6.3|6.3-solaris-x86
                     a store as this release left it: it stands for the options
                     below as docs/oracle.md says, and comes before them
  --format current|4|3.3|3.2|2
                     version of the format, by the Berkeley DB that wrote it
  --surroundings library|none|2.6|3.2|4.1|4.2
                     logs and regions: the library's own, none, or composed
                     ones of an older library that was closed
  --machine le|be    byte order of composed logs and regions (the files')
  --nature NAME      no-last-page, last-page-too-high, directory-order,
                     bit-fields, key-lengths, checksums; may come repeatedly
  --identifier TEXT  the version in ics50caldb.conf (3.0.0); empty: no file
  --without-file NAME  leave a file out; may come repeatedly
  --hash             hash files instead of btrees
  --own-hash         the same with a hash function of the application's own
  --reversed         btrees with keys in reversed order
  --named            two named databases in each file
  --checksums        checksums on all pages
  --with NAME        special records to put in, --without NAME to leave out:
                     the sorts of docs/oracle.md, or all; may come repeatedly
  --duplicates       the delete log has sets of duplicates
  --deletes          delete a share of the records in the end
  --cache BYTES      cache of the environment
  --log-max BYTES    largest size of one log file (10485760)
  --help             print this
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compose: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let Some((plan, dir)) = arguments()? else {
        print!("{USAGE}");
        return Ok(());
    };
    let composed = compose(&plan, &dir)?;
    for (file, count) in &composed.records {
        println!("{file:20} {count:>9}");
    }
    if composed.uncommitted > 0 {
        println!("{:20} {:>9}", "(not committed)", composed.uncommitted);
    }
    println!();
    for (name, count) in composed.census.entries() {
        println!("{name:30} {count:>9}");
    }
    Ok(())
}

/// The plan and the directory, or nothing if only help was asked for.
fn arguments() -> Result<Option<(StorePlan, PathBuf)>, lexopt::Error> {
    let mut plan = StorePlan::default();
    let (mut machine, mut library) = (None, None);
    let mut dir = None;
    let mut parser = Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("release") => {
                let release = parser.value()?.parse_with(release)?;
                plan = StorePlan::of(release, plan.byte_order);
            }
            Arg::Long("seed") => plan.seed = parser.value()?.parse()?,
            Arg::Long("calendars") => plan.calendars = parser.value()?.parse()?,
            Arg::Long("components") => plan.components = parser.value()?.parse()?,
            Arg::Long("page-size") => plan.page_size = parser.value()?.parse()?,
            Arg::Long("lorder") => plan.byte_order = parser.value()?.parse_with(byte_order)?,
            Arg::Long("end") => plan.end = parser.value()?.parse_with(end)?,
            Arg::Long("duplicates") => plan.duplicates = true,
            Arg::Long("deletes") => plan.deletes = true,
            Arg::Long("cache") => plan.cache_bytes = Some(parser.value()?.parse()?),
            Arg::Long("log-max") => plan.log_file_max = parser.value()?.parse()?,
            Arg::Long("format") => plan.format = parser.value()?.parse_with(format)?,
            Arg::Long("surroundings") => {
                library = Some(parser.value()?.parse_with(surroundings)?);
            }
            Arg::Long("machine") => machine = Some(parser.value()?.parse_with(byte_order)?),
            Arg::Long("nature") => {
                plan.natures.insert(parser.value()?.parse_with(nature)?);
            }
            Arg::Long("identifier") => {
                plan.identifier = Some(parser.value()?.string()?).filter(|text| !text.is_empty());
            }
            Arg::Long("without-file") => plan.absent.push(parser.value()?.parse_with(file)?),
            Arg::Long("hash") => plan.method = Method::Hash,
            Arg::Long("own-hash") => {
                plan.method = Method::Hash;
                plan.hash_function = HashFunction::Times33;
            }
            Arg::Long("reversed") => plan.order = Order::Reversed,
            Arg::Long("named") => plan.named = true,
            Arg::Long("checksums") => plan.checksums = true,
            Arg::Long("with") => plan.specials.extend(parser.value()?.parse_with(specials)?),
            Arg::Long("without") => {
                for special in parser.value()?.parse_with(specials)? {
                    plan.specials.remove(&special);
                }
            }
            Arg::Long("help") => return Ok(None),
            Arg::Value(value) if dir.is_none() => dir = Some(PathBuf::from(value)),
            other => return Err(other.unexpected()),
        }
    }
    match library {
        None => {}
        Some(Left::Own) => plan.surroundings = Surroundings::Library,
        Some(Left::Nothing) => plan.surroundings = Surroundings::Nothing,
        Some(Left::Of(library)) => {
            plan.surroundings = Surroundings::Machine(Machine {
                library,
                byte_order: plan.byte_order,
            });
        }
    }
    // A machine is of its files' order, unless something else is said.
    if let Surroundings::Machine(left) = &mut plan.surroundings {
        left.byte_order = machine.unwrap_or(plan.byte_order);
    }
    let dir = dir.ok_or("no directory named")?;
    Ok(Some((plan, dir)))
}

/// What is left beside the databases.
enum Left {
    Own,
    Nothing,
    Of(Library),
}

fn surroundings(text: &str) -> Result<Left, &'static str> {
    Ok(match text {
        "library" => Left::Own,
        "none" => Left::Nothing,
        "2.6" => Left::Of(Library::V2_6),
        "3.2" => Left::Of(Library::V3_2),
        "4.1" => Left::Of(Library::V4_1),
        "4.2" => Left::Of(Library::V4_2),
        _ => return Err("none of library, none, 2.6, 3.2, 4.1, 4.2"),
    })
}

fn release(text: &str) -> Result<StoreRelease, &'static str> {
    let mut all = StoreRelease::ALL.into_iter();
    all.find(|release| release.name() == text)
        .ok_or("no release of the server")
}

fn format(text: &str) -> Result<Format, &'static str> {
    Ok(match text {
        "current" => Format::Current,
        "4" => Format::V4,
        "3.3" => Format::V3_3,
        "3.2" => Format::V3_2,
        "2" => Format::V2,
        _ => return Err("none of current, 4, 3.3, 3.2, 2"),
    })
}

fn nature(text: &str) -> Result<Nature, &'static str> {
    let mut all = Nature::ALL.into_iter();
    all.find(|nature| nature.name() == text)
        .ok_or("no nature of that name")
}

fn file(text: &str) -> Result<StoreFile, &'static str> {
    let mut all = StoreFile::ALL.into_iter();
    all.find(|file| file.name() == text)
        .ok_or("no file of a store")
}

fn specials(text: &str) -> Result<Vec<Special>, &'static str> {
    if text == "all" {
        return Ok(Special::ALL.to_vec());
    }
    Special::named(text)
        .map(|special| vec![special])
        .ok_or("no sort of special records")
}

fn byte_order(text: &str) -> Result<ByteOrder, &'static str> {
    match text {
        "le" => Ok(ByteOrder::Little),
        "be" => Ok(ByteOrder::Big),
        _ => Err("neither le nor be"),
    }
}

fn end(text: &str) -> Result<End, &'static str> {
    match text {
        "clean" => Ok(End::Clean),
        "nockp" => Ok(End::NoCheckpoint),
        "abandon" => Ok(End::Abandoned),
        "active" => Ok(End::Active),
        _ => Err("none of clean, nockp, abandon, active"),
    }
}
