//! The options, as a table: parsing and the usage text are both made from it.

use std::ffi::OsString;
use std::fmt::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

use super::Result;
use super::shape::{Order, Shape};
use super::size::{GB, Size};

/// What an option means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Id {
    Shape,
    Size,
    BriefFrom,
    Runs,
    SlowRuns,
    Threads,
    Data,
    Dir,
    Out,
    Csmigrate,
    Bdbfile,
    Profile,
    Quick,
    Help,
}

/// An option; all have long names.
struct Flag {
    id: Id,
    name: &'static str,
    /// The name of its value, if it has one.
    value: Option<&'static str>,
    help: &'static str,
}

const fn flag(id: Id, name: &'static str, value: Option<&'static str>, help: &'static str) -> Flag {
    Flag {
        id,
        name,
        value,
        help,
    }
}

const FLAGS: &[Flag] = &[
    flag(
        Id::Shape,
        "shape",
        Some("NAME[:SIZE]"),
        "a store to make, below; may come repeatedly (all)",
    ),
    flag(
        Id::Size,
        "size",
        Some("SIZE"),
        "of the shapes that name none: 100MB, 5GB; may come repeatedly (1GB)",
    ),
    flag(
        Id::BriefFrom,
        "brief-from",
        Some("SIZE"),
        "of stores this large and larger only cp and csmigrate are run (none)",
    ),
    flag(Id::Runs, "runs", Some("N"), "how often each way is run (5)"),
    flag(
        Id::SlowRuns,
        "runs-slow",
        Some("N"),
        "the same of db5.3_dump and db5.3_load, which take minutes (1)",
    ),
    flag(
        Id::Threads,
        "threads",
        Some("N"),
        "for csmigrate and bdbfile convert (one a processor)",
    ),
    flag(
        Id::Data,
        "data",
        Some("DIR"),
        "keep the stores here, and use those that are here",
    ),
    flag(
        Id::Dir,
        "dir",
        Some("DIR"),
        "where to work (DIR of --data, else a temporary directory): wants room for three such stores",
    ),
    flag(
        Id::Out,
        "out",
        Some("DIR"),
        "where results.md and the plots go (compare in cargo's target directory)",
    ),
    flag(
        Id::Csmigrate,
        "csmigrate",
        Some("FILE"),
        "the program; built from this workspace unless told",
    ),
    flag(Id::Bdbfile, "bdbfile", Some("FILE"), "the same"),
    flag(
        Id::Profile,
        "profile",
        Some("NAME"),
        "cargo's profile for what is built (release)",
    ),
    flag(
        Id::Quick,
        "quick",
        None,
        "20MB and 1 run: shows that it works, and nothing of speed",
    ),
    flag(Id::Help, "help", None, "print this"),
];

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settings {
    /// The stores, in the order they are worked on.
    pub(super) stores: Vec<Order>,
    /// From which size on only copies and migrations are run.
    pub(super) brief_from: Option<Size>,
    pub(super) runs: NonZeroUsize,
    pub(super) slow_runs: NonZeroUsize,
    pub(super) threads: Option<NonZeroUsize>,
    pub(super) data: Option<PathBuf>,
    pub(super) dir: Option<PathBuf>,
    pub(super) out: Option<PathBuf>,
    pub(super) csmigrate: Option<PathBuf>,
    pub(super) bdbfile: Option<PathBuf>,
    pub(super) profile: String,
}

const RUNS: NonZeroUsize = NonZeroUsize::new(5).unwrap();
const QUICK: Size = Size(20_000_000);

impl Settings {
    /// Nothing if only help was asked for.
    pub(super) fn parse(arguments: Vec<OsString>) -> Result<Option<Self>> {
        let mut settings = Self {
            stores: Vec::new(),
            brief_from: None,
            runs: RUNS,
            slow_runs: NonZeroUsize::MIN,
            threads: None,
            data: None,
            dir: None,
            out: None,
            csmigrate: None,
            bdbfile: None,
            profile: "release".to_owned(),
        };
        let (mut shapes, mut sizes, mut quick, mut runs) = (Vec::new(), Vec::new(), false, None);
        let mut parser = Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            let Arg::Long(name) = argument else {
                return Err(argument.unexpected().into());
            };
            let Some(flag) = FLAGS.iter().find(|flag| flag.name == name) else {
                return Err(argument.unexpected().into());
            };
            let value = match flag.value {
                Some(_) => parser.value()?,
                None => OsString::new(),
            };
            match flag.id {
                Id::Shape => shapes.push(value.parse_with(shape)?),
                Id::Size => sizes.push(value.parse()?),
                Id::BriefFrom => settings.brief_from = Some(value.parse()?),
                Id::Runs => runs = Some(value.parse()?),
                Id::SlowRuns => settings.slow_runs = value.parse()?,
                Id::Threads => settings.threads = Some(value.parse()?),
                Id::Data => settings.data = Some(value.into()),
                Id::Dir => settings.dir = Some(value.into()),
                Id::Out => settings.out = Some(value.into()),
                Id::Csmigrate => settings.csmigrate = Some(value.into()),
                Id::Bdbfile => settings.bdbfile = Some(value.into()),
                Id::Profile => settings.profile = value.string()?,
                Id::Quick => quick = true,
                Id::Help => return Ok(None),
            }
        }
        if shapes.is_empty() {
            shapes = Shape::ALL.map(|shape| (shape, None)).to_vec();
        }
        if sizes.is_empty() {
            sizes = vec![if quick { QUICK } else { Size(GB) }];
        }
        settings.runs = runs.unwrap_or(if quick { NonZeroUsize::MIN } else { RUNS });
        settings.stores = stores(&shapes, &sizes);
        Ok(Some(settings))
    }
}

/// Each store once.
fn stores(shapes: &[(Shape, Option<Size>)], sizes: &[Size]) -> Vec<Order> {
    let mut stores = Vec::new();
    for (shape, own) in shapes {
        let own = own.as_ref().map(std::slice::from_ref);
        for size in own.unwrap_or(sizes) {
            let order = Order {
                shape: *shape,
                size: *size,
            };
            if !stores.contains(&order) {
                stores.push(order);
            }
        }
    }
    stores
}

fn shape(text: &str) -> std::result::Result<(Shape, Option<Size>), String> {
    let (name, size) = match text.split_once(':') {
        Some((name, size)) => (name, Some(size.parse()?)),
        None => (text, None),
    };
    let shape = Shape::ALL.into_iter().find(|shape| shape.name() == name);
    let shape = shape.ok_or_else(|| format!("there is no shape {name:?}"))?;
    Ok((shape, size))
}

/// The usage text.
pub(super) fn usage() -> String {
    let mut text = String::from(
        "\
usage: compare [options]

Makes calendar stores with the real Berkeley DB and runs csmigrate and bdbfile
on them, next to copying and to the real library, in turns. Prints medians and
ratios as tables, and writes them and a plot of each store.

",
    );
    let mut entry = |left: String, help: &str| {
        let _ = writeln!(text, "  {left:<20} {help}");
    };
    for flag in FLAGS {
        let value = flag.value.map(|value| format!(" {value}"));
        entry(
            format!("--{}{}", flag.name, value.unwrap_or_default()),
            flag.help,
        );
    }
    text.push_str("\nShapes:\n");
    for shape in Shape::ALL {
        let _ = writeln!(text, "  {:<20} {}", shape.name(), shape.what());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Settings {
        let arguments = arguments.iter().map(OsString::from).collect();
        Settings::parse(arguments).unwrap().unwrap()
    }

    fn names(settings: &Settings) -> Vec<String> {
        settings.stores.iter().map(Order::name).collect()
    }

    #[test]
    fn a_shape_has_its_own_size_or_all_that_are_asked_for() {
        let settings = parse(&[
            "--size",
            "100MB",
            "--shape",
            "calendars",
            "--shape",
            "overflow:5GB",
            "--size",
            "1GB",
            "--shape",
            "calendars:1GB",
        ]);
        assert_eq!(
            names(&settings),
            ["calendars-100MB", "calendars-1GB", "overflow-5GB"]
        );
        let all = parse(&[]);
        assert_eq!(all.stores.len(), Shape::ALL.len());
        assert!(names(&all).iter().all(|name| name.ends_with("-1GB")));
    }

    #[test]
    fn quick_gives_way_to_what_is_told() {
        let quick = parse(&["--quick"]);
        assert!(quick.stores.iter().all(|order| order.size == QUICK));
        assert_eq!(quick.runs.get(), 1);
        let told = parse(&["--runs", "3", "--quick", "--size", "1MB"]);
        assert!(
            told.stores
                .iter()
                .all(|order| order.size == Size(1_000_000))
        );
        assert_eq!(told.runs.get(), 3);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for arguments in [
            &["--shape", "cubes"][..],
            &["--shape", "calendars:big"],
            &["--runs", "0"],
            &["--threads", "0"],
            &["--size", "1"],
            &["--quick=yes"],
            &["-q"],
            &["store"],
        ] {
            let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            assert!(Settings::parse(arguments.clone()).is_err(), "{arguments:?}");
        }
    }
}
