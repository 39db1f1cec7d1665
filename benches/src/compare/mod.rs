//! Whole stores, each migrated, copied, converted and verified in every way
//! there is, in one run on one machine.
//!
//! * `settings`: what is asked for.
//! * `shape`: the stores, made with the real library.
//! * `size`: sizes as they are asked for and told.
//! * `programs`: the programs that are run, and which are not there.
//! * `scene`: where a run reads and writes; what is done before each.
//! * `way`: what is run.
//! * `run`: the ways in turns.
//! * `judge`: whether the result of a way holds what its source holds.
//! * `wanted`: what is wanted of the figures, and whether they hold.
//! * `table`, `plot`: the figures as text and as a drawing.
//! * `machine`: what they were measured on.
//! * `child`: what this program does as a process of its own.

mod child;
mod judge;
mod machine;
mod plot;
mod programs;
mod run;
mod scene;
mod settings;
mod shape;
pub(crate) mod size;
mod table;
mod wanted;
mod way;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use machine::Machine;
use programs::Programs;
use run::Compared;
use settings::{Settings, usage};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The name of the file with the tables.
const TABLES: &str = "results.md";

/// The program: arguments to exit status.
pub fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let done = match arguments.split_first() {
        Some((first, rest)) if first == child::WORD => child::work(rest),
        _ => compare(arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(arguments: Vec<std::ffi::OsString>) -> Result<()> {
    let Some(settings) = Settings::parse(arguments)? else {
        print!("{}", usage());
        return Ok(());
    };
    let out = settings.out.clone().map_or_else(default_out, Ok)?;
    fs::create_dir_all(&out)?;
    let room = room(&settings)?;
    let programs = Programs::find(&settings)?;
    let machine = Machine::look(room.path())?;
    let mut stores = Vec::new();
    for order in &settings.stores {
        // A store that is not kept goes when it has been worked on.
        let made = tempfile::tempdir_in(room.path())?;
        let data = settings.data.as_deref().unwrap_or(made.path());
        let dir = shape::at_hand(order, data)?;
        let compared = run::compare(&settings, &programs, order, &dir, room.path())?;
        let svg = out.join(compared.svg_name());
        fs::write(&svg, plot::draw(&compared))?;
        stores.push(compared);
        // Written after each store: a long run that ends early leaves what it
        // has measured.
        fs::write(out.join(TABLES), tables(&settings, &machine, &stores))?;
    }
    print!("{}", tables(&settings, &machine, &stores));
    eprintln!("written to {}", out.display());
    Ok(())
}

fn tables(settings: &Settings, machine: &Machine, stores: &[Compared]) -> String {
    table::document(settings, machine, stores)
}

/// The directory that everything is done in: beside kept stores, so that all
/// is on one file system.
fn room(settings: &Settings) -> Result<tempfile::TempDir> {
    let Some(place) = settings.dir.as_ref().or(settings.data.as_ref()) else {
        return Ok(tempfile::tempdir()?);
    };
    fs::create_dir_all(place)?;
    Ok(tempfile::tempdir_in(place)?)
}

/// Where cargo puts what it makes.
fn target_dir() -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    let profile = this.parent().and_then(Path::parent);
    Ok(profile.ok_or("this program is nowhere")?.to_owned())
}

fn default_out() -> Result<PathBuf> {
    Ok(target_dir()?.join("compare"))
}
