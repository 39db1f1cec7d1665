//! `bdbfile convert` next to copying the same file with `cp`, and to copying
//! its records with the real library, each in a process of its own, all in one
//! run. The tables are for the machine at hand; what counts are the ratios.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use benches::measure::{Cost, Median, measure};
use benches::source::{self, RECORDS};
use lexopt::{Arg, Parser, ValueExt};
use oracle::BulkCopy;

const USAGE: &str = "\
usage: compare [options]

Makes a btree of 2,000,000 records (keys of 24 to 40 bytes, data of 300 to 600)
with the real Berkeley DB, copies it in turn with cp, cp and sync, the real
library (bulk reads and puts, no environment, no log; in two ways) and `bdbfile convert`, and
prints medians and ratios as a table.

  --dir DIR      where to work; a temporary directory unless told. It wants room
                 for three such files
  --source FILE  the btree: made if it is absent, and kept
  --records N    how many records to make (2000000)
  --runs N       how often each is run (5)
  --threads N    passed to `bdbfile convert`
  --bdbfile FILE the program; built from this workspace unless told
  --help         print this
";

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Copies by the real library: the usual way, and what was found to be the
/// fastest; each with the name of its work for a child process.
fn bulk_copies() -> [(&'static str, BulkCopy); 2] {
    let usual = BulkCopy::default();
    // A file that is read from end to end needs no cache, and a buffer that
    // stays in the processor's own is filled and emptied sooner.
    let fastest = BulkCopy {
        buffer: 256 << 10,
        source_cache: 1 << 20,
        ..usual
    };
    [("bulk-copy", usual), ("bulk-copy-fastest", fastest)]
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if let [work, source, target] = arguments.as_slice()
        && let Some((_, copy)) = bulk_copies().iter().find(|(name, _)| work == name)
    {
        copy.run(Path::new(source), Path::new(target))?;
        return Ok(());
    }
    let Some(settings) = Settings::from_arguments()? else {
        print!("{USAGE}");
        return Ok(());
    };
    compare(&settings)
}

struct Settings {
    dir: Option<PathBuf>,
    source: Option<PathBuf>,
    records: u32,
    runs: usize,
    threads: Option<String>,
    bdbfile: Option<PathBuf>,
}

impl Settings {
    /// Nothing if only help was asked for.
    fn from_arguments() -> Result<Option<Self>> {
        let mut settings = Self {
            dir: None,
            source: None,
            records: RECORDS,
            runs: 5,
            threads: None,
            bdbfile: None,
        };
        let mut parser = Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("dir") => settings.dir = Some(parser.value()?.into()),
                Arg::Long("source") => settings.source = Some(parser.value()?.into()),
                Arg::Long("records") => settings.records = parser.value()?.parse()?,
                Arg::Long("runs") => settings.runs = parser.value()?.parse()?,
                Arg::Long("threads") => settings.threads = Some(parser.value()?.string()?),
                Arg::Long("bdbfile") => settings.bdbfile = Some(parser.value()?.into()),
                Arg::Long("help") => return Ok(None),
                other => return Err(other.unexpected().into()),
            }
        }
        if settings.runs == 0 {
            return Err("--runs wants one at least".into());
        }
        Ok(Some(settings))
    }
}

/// One way to copy the source: commands that are run one after the other.
struct Way {
    name: String,
    commands: Vec<Command>,
}

fn compare(settings: &Settings) -> Result<()> {
    let room = match &settings.dir {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    let made = room.path().join("source.db");
    let source = settings.source.as_deref().unwrap_or(&made);
    if !source.exists() {
        println!("making {} records with the real library", settings.records);
        source::make(source, settings.records)?;
    }
    let bdbfile = match &settings.bdbfile {
        Some(program) => program.clone(),
        None => build()?,
    };
    let target = room.path().join("target.db");
    // The library may write to what it reads, so it gets a copy; and this
    // brings the source into memory, for all of them.
    let copy = room.path().join("copy.db");
    fs::copy(source, &copy)?;

    let mut ways = ways(settings, &bdbfile, source, &copy, &target)?;
    let mut costs: Vec<Vec<Cost>> = ways.iter().map(|_| Vec::new()).collect();
    // In turns, so that what else the machine does falls on all of them.
    for run in 0..settings.runs {
        for (way, costs) in ways.iter_mut().zip(&mut costs) {
            if target.exists() {
                fs::remove_file(&target)?;
            }
            rustix::fs::sync();
            costs.push(measure(&mut way.commands)?);
            if run == 0 {
                check(&way.name, source, &target, settings.records)?;
            }
        }
    }
    let bytes = fs::metadata(source)?.len();
    print(settings, bytes, &ways, &costs);
    Ok(())
}

fn ways(
    settings: &Settings,
    bdbfile: &Path,
    source: &Path,
    copy: &Path,
    target: &Path,
) -> Result<Vec<Way>> {
    let command = |program: &OsStr, arguments: &[&OsStr]| {
        let mut command = Command::new(program);
        command.args(arguments).stdout(Stdio::null());
        command
    };
    let cp = || command("cp".as_ref(), &[source.as_ref(), target.as_ref()]);
    let sync = command("sync".as_ref(), &[target.as_ref()]);
    let mut convert = command(
        bdbfile.as_ref(),
        &["convert".as_ref(), source.as_ref(), target.as_ref()],
    );
    if let Some(threads) = &settings.threads {
        convert.args(["--threads", threads]);
    }
    let way = |name: String, commands| Way { name, commands };
    let mut ways = vec![
        way("`cp`".into(), vec![cp()]),
        way("`cp` and `sync`".into(), vec![cp(), sync]),
    ];
    let (major, minor, patch) = oracle::version();
    let this = std::env::current_exe()?;
    for (work, how) in bulk_copies() {
        let name = format!(
            "bulk copy, Berkeley DB {major}.{minor}.{patch}: buffer of {} KiB, caches of {} and \
             {} MiB",
            how.buffer >> 10,
            how.source_cache >> 20,
            how.target_cache >> 20,
        );
        let bulk = command(
            this.as_ref(),
            &[work.as_ref(), copy.as_ref(), target.as_ref()],
        );
        ways.push(way(name, vec![bulk]));
    }
    ways.push(way("`bdbfile convert`".into(), vec![convert]));
    Ok(ways)
}

/// The release build of the program, made by the cargo that made this one.
fn build() -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let profile_dir = here.parent().ok_or("this program is nowhere")?;
    let target_dir = profile_dir.parent().ok_or("this program is nowhere")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--release", "-p", "bdbfile-cli"])
        .arg("--target-dir")
        .arg(target_dir)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    if !status.success() {
        return Err("bdbfile does not build".into());
    }
    Ok(target_dir.join("release").join("bdbfile"))
}

/// Whether a result has the records of its source, for the real library.
fn check(name: &str, source: &Path, target: &Path, records: u32) -> Result<()> {
    oracle::verify(target)?;
    let (found, size) = (source::count(target)?, fs::metadata(target)?.len());
    if found != u64::from(records) {
        return Err(format!("{name}: {found} records").into());
    }
    let per_mille = size * 1000 / fs::metadata(source)?.len();
    println!(
        "{name}: verified, {found} records, {size} bytes, {per_mille} per mille of the source"
    );
    Ok(())
}

#[allow(clippy::cast_precision_loss)]
fn print(settings: &Settings, bytes: u64, ways: &[Way], costs: &[Vec<Cost>]) {
    let medians: Vec<Median> = costs.iter().map(|costs| Median::of(costs)).collect();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    println!();
    println!(
        "{} records, {:.2} GB, {processors} processors, medians of {} runs.",
        settings.records,
        bytes as f64 / 1e9,
        settings.runs,
    );
    println!("Anonymous memory: the largest `RssAnon` and `RssShmem` of `/proc/PID/status`.");
    println!();
    println!("| | wall s | fastest to slowest | CPU s | anonymous MiB | times faster than it |");
    println!("|---|---:|---:|---:|---:|---:|");
    let convert = medians.last().map_or(0.0, |median| median.wall);
    for (way, median) in ways.iter().zip(&medians) {
        println!(
            "| {} | {:.2} | {:.2} to {:.2} | {:.2} | {:.1} | {:.2} |",
            way.name,
            median.wall,
            median.fastest,
            median.slowest,
            median.cpu,
            median.anonymous as f64 / f64::from(1 << 20),
            median.wall / convert,
        );
    }
    println!();
    println!("The last column is how many times as fast `bdbfile convert` is.");
}
