//! A workload at work: its transactions, its files, and its end.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use super::acts::{Phase, Scene};
use super::happened::{Event, Happened};
use super::plan::{DatabasePlan, Ending, FilePlan, Workload};
use crate::database::Database;
use crate::environment::{Environment, Transaction};
use crate::error::Error;
use crate::options::{ByteOrder, DatabaseOptions, Duplicates, Method};
use crate::rng::Rng;

/// Names for new files of one database, and of several: so few that a name
/// comes again.
const NEW_NAMES: u32 = 3;
/// Children, and their children, of a transaction.
const DEEPEST: usize = 3;
/// Acts of one transaction, so that its locks do not run out.
const MOST_ACTS: u32 = 60;
const ENOENT: i32 = 2;
const ENOMEM: i32 = 12;
const EEXIST: i32 = 17;

pub(super) fn run(workload: &Workload, dir: &Path) -> Result<Happened, Error> {
    let environment = Environment::create(dir, &workload.environment)?;
    let mut run = Run {
        workload,
        dir,
        environment,
        rng: Rng::new(workload.seed, 1),
        happened: Happened::default(),
        phase: Phase::Growing,
        entries: Vec::new(),
        nests: Vec::new(),
        copies: Vec::new(),
        checkpointed: BTreeSet::new(),
    };
    let worked = run.work();
    let ended = run.end();
    worked.and(ended)
}

/// A database, as far as anybody has it open or has changed it.
struct Entry {
    file: String,
    plan: DatabasePlan,
    handle: Option<Database>,
    /// The nest that made or renamed its file and is not resolved: nobody else
    /// can see it.
    owner: Option<usize>,
    /// Which nests worked in it and are not resolved.
    users: BTreeSet<usize>,
}

impl Entry {
    fn is(&self, file: &str, name: Option<&str>) -> bool {
        self.file == file && self.plan.options.name.as_deref() == name
    }
}

/// What an abort has to take back in the list of entries.
enum Undo {
    /// A handle was come by in the transaction.
    Opened {
        file: String,
        name: Option<String>,
    },
    Created {
        file: String,
        name: Option<String>,
    },
    Removed(Vec<Entry>),
    Renamed {
        old: String,
        new: String,
        owner: Option<usize>,
    },
}

/// A transaction with its children, the innermost last; empty when there is
/// none.
#[derive(Default)]
struct Nest {
    levels: Vec<Level>,
    acts: u32,
}

struct Level {
    txn: Transaction,
    undo: Vec<Undo>,
}

/// How the changes of files of a transaction went, for the census.
#[derive(Clone, Copy)]
enum Fate {
    Committed,
    Aborted,
    InFlight,
}

struct Run<'a> {
    workload: &'a Workload,
    dir: &'a Path,
    environment: Environment,
    rng: Rng,
    happened: Happened,
    phase: Phase,
    entries: Vec<Entry>,
    nests: Vec<Nest>,
    /// Copies of the files, where these will not survive.
    copies: Vec<(String, Vec<u8>)>,
    /// The files that were there at the last checkpoint.
    checkpointed: BTreeSet<String>,
}

impl Run<'_> {
    fn work(&mut self) -> Result<(), Error> {
        for file in &self.workload.files {
            self.make_at_once(file)?;
        }
        for step in 0..self.workload.steps {
            if self.workload.copies_files_at == Some(step) {
                self.copy_files()?;
            }
            if self.rng.once_in(30) {
                self.phase = self
                    .rng
                    .choose(&[Phase::Growing, Phase::Mixed, Phase::Shrinking]);
            }
            self.step()?;
        }
        if self.workload.ending != Ending::InFlight {
            for number in 0..self.nests.len() {
                while !self.nests[number].levels.is_empty() {
                    self.resolve(number)?;
                }
            }
        }
        if self.workload.ending == Ending::Checkpointed {
            self.checkpoint()?;
        }
        Ok(())
    }

    /// Leaves everything as it is, and then does to the files what the workload
    /// says.
    fn end(mut self) -> Result<Happened, Error> {
        for nest in &self.nests {
            for (level, depth) in nest.levels.iter().zip(0..) {
                let event = if depth == 0 {
                    Event::InFlight
                } else {
                    Event::ChildInFlight
                };
                self.happened.note(event);
                note_fates(&mut self.happened, &level.undo, Fate::InFlight);
            }
        }
        self.environment.abandon();
        let failed = |error: &io::Error| Error::io(error, "leave the files of a workload");
        if self.workload.is_catastrophic() {
            for name in database_files(self.dir)? {
                fs::remove_file(self.dir.join(name)).map_err(|error| failed(&error))?;
            }
            for (name, bytes) in &self.copies {
                fs::write(self.dir.join(name), bytes).map_err(|error| failed(&error))?;
            }
        }
        if self.workload.loses_new_files {
            for name in database_files(self.dir)? {
                if !self.checkpointed.contains(&name) {
                    self.happened.note(Event::NewFilesLost);
                    fs::remove_file(self.dir.join(name)).map_err(|error| failed(&error))?;
                }
            }
        }
        Ok(self.happened)
    }

    fn step(&mut self) -> Result<(), Error> {
        match self.rng.below(1000) {
            0..12 => self.checkpoint(),
            12..24 => self.sync_one(),
            24..40 => {
                self.happened.note(Event::PagesWritten);
                let percent = self.rng.choose(&[10, 50, 100]);
                self.environment.trickle(percent)
            }
            40..46 => {
                self.happened.note(Event::LogFlushed);
                self.environment.flush_log()
            }
            46..55 if self.workload.removes_logs => {
                self.happened.note(Event::LogsRemoved);
                self.environment.remove_old_logs()
            }
            _ => {
                let number = self.rng.below(self.workload.side_by_side) as usize;
                self.go_on(number)
            }
        }
    }

    fn checkpoint(&mut self) -> Result<(), Error> {
        self.happened.note(Event::Checkpoint);
        self.environment.checkpoint()?;
        self.checkpointed = database_files(self.dir)?.into_iter().collect();
        Ok(())
    }

    fn sync_one(&mut self) -> Result<(), Error> {
        let open: Vec<_> = self
            .entries
            .iter()
            .filter_map(|entry| entry.handle.as_ref())
            .collect();
        if !open.is_empty() {
            self.happened.note(Event::DatabaseSynced);
            self.rng.choose(&open).sync()?;
        }
        Ok(())
    }

    fn copy_files(&mut self) -> Result<(), Error> {
        self.happened.note(Event::FilesCopied);
        for name in database_files(self.dir)? {
            let path = self.dir.join(&name);
            let bytes = fs::read(&path)
                .map_err(|error| Error::io(&error, format!("copy {}", path.display())))?;
            self.copies.push((name, bytes));
        }
        Ok(())
    }

    /// A step of a nest.
    fn go_on(&mut self, number: usize) -> Result<(), Error> {
        while self.nests.len() <= number {
            self.nests.push(Nest::default());
        }
        let nest = &mut self.nests[number];
        let Some(level) = nest.levels.last() else {
            let txn = self.environment.begin()?;
            nest.levels.push(Level {
                txn,
                undo: Vec::new(),
            });
            nest.acts = 0;
            if self
                .nests
                .iter()
                .filter(|nest| !nest.levels.is_empty())
                .count()
                > 1
            {
                self.happened.note(Event::SideBySide);
            }
            return Ok(());
        };
        if nest.acts >= MOST_ACTS {
            return self.resolve(number);
        }
        nest.acts += 1;
        let done = match self.rng.below(100) {
            0..8 if nest.levels.len() < DEEPEST => {
                let txn = level.txn.begin_child()?;
                nest.levels.push(Level {
                    txn,
                    undo: Vec::new(),
                });
                Ok(())
            }
            8..24 => return self.resolve(number),
            24..36 if self.may_change_files(number) => self.change_files(number),
            _ => self.change_records(number),
        };
        match done {
            Err(error) if error.is_conflict() || error.code() == ENOMEM => {
                self.happened.note(Event::Conflict);
                let all = self.rng.percent(50);
                self.abort(number)?;
                while all && !self.nests[number].levels.is_empty() {
                    self.abort(number)?;
                }
                Ok(())
            }
            done => done,
        }
    }

    /// Commits or aborts the innermost transaction of a nest.
    fn resolve(&mut self, number: usize) -> Result<(), Error> {
        if self.rng.percent(30) {
            self.abort(number)
        } else {
            self.commit(number)
        }
    }

    fn commit(&mut self, number: usize) -> Result<(), Error> {
        let Some(level) = self.nests[number].levels.pop() else {
            return Ok(());
        };
        level.txn.commit()?;
        if let Some(parent) = self.nests[number].levels.last_mut() {
            self.happened.note(Event::ChildCommitted);
            parent.undo.extend(level.undo);
            return Ok(());
        }
        self.happened.note(Event::Committed);
        note_fates(&mut self.happened, &level.undo, Fate::Committed);
        for entry in &mut self.entries {
            if entry.owner == Some(number) {
                entry.owner = None;
            }
            entry.users.remove(&number);
        }
        Ok(())
    }

    fn abort(&mut self, number: usize) -> Result<(), Error> {
        let Some(level) = self.nests[number].levels.pop() else {
            return Ok(());
        };
        level.txn.abort()?;
        note_fates(&mut self.happened, &level.undo, Fate::Aborted);
        for undo in level.undo.into_iter().rev() {
            self.take_back(undo);
        }
        if self.nests[number].levels.is_empty() {
            self.happened.note(Event::Aborted);
            for entry in &mut self.entries {
                entry.users.remove(&number);
            }
        } else {
            self.happened.note(Event::ChildAborted);
        }
        Ok(())
    }

    fn take_back(&mut self, undo: Undo) {
        match undo {
            Undo::Opened { file, name } => {
                for entry in &mut self.entries {
                    if entry.is(&file, name.as_deref()) {
                        entry.handle = None;
                    }
                }
            }
            Undo::Created { file, name } => {
                self.entries
                    .retain(|entry| !entry.is(&file, name.as_deref()));
            }
            Undo::Removed(entries) => self.entries.extend(entries),
            Undo::Renamed { old, new, owner } => {
                for entry in &mut self.entries {
                    if entry.file == new {
                        entry.file.clone_from(&old);
                        entry.handle = None;
                        entry.owner = owner;
                    }
                }
            }
        }
    }

    fn change_records(&mut self, number: usize) -> Result<(), Error> {
        let Some(index) = self.choose(number) else {
            return Ok(());
        };
        if !self.opened(number, index)? {
            return Ok(());
        }
        let entry = &mut self.entries[index];
        let level = self.nests[number].levels.last();
        let (Some(database), Some(level)) = (&entry.handle, level) else {
            return Ok(());
        };
        entry.users.insert(number);
        let mut scene = Scene {
            rng: &mut self.rng,
            happened: &mut self.happened,
            plan: &entry.plan,
            database,
            txn: &level.txn,
            phase: self.phase,
        };
        scene.act()
    }

    /// A database for a nest to work in: mostly one that it has for itself, so
    /// that not all end in conflicts.
    fn choose(&mut self, number: usize) -> Option<usize> {
        let seen = |entry: &Entry| entry.owner.is_none_or(|owner| owner == number);
        let all: Vec<_> = (0..self.entries.len())
            .filter(|index| seen(&self.entries[*index]))
            .collect();
        let own: Vec<_> = all
            .iter()
            .copied()
            .filter(|index| {
                self.entries[*index]
                    .users
                    .iter()
                    .all(|user| *user == number)
            })
            .collect();
        let from = if own.is_empty() || self.rng.percent(5) {
            &all
        } else {
            &own
        };
        (!from.is_empty()).then(|| self.rng.choose(from))
    }

    /// Sees to it that a database is open; false where somebody else has a lock
    /// on its file.
    fn opened(&mut self, number: usize, index: usize) -> Result<bool, Error> {
        let entry = &mut self.entries[index];
        if entry.handle.is_some() {
            return Ok(true);
        }
        let options = DatabaseOptions {
            name: entry.plan.options.name.clone(),
            ..DatabaseOptions::default()
        };
        let path = Path::new(&entry.file);
        if entry.owner.is_none() {
            match Database::open(Some(&self.environment), path, &options) {
                Ok(database) => entry.handle = Some(database),
                Err(error) if error.is_conflict() => return Ok(false),
                Err(error) => return Err(error),
            }
            return Ok(true);
        }
        let Some(level) = self.nests[number].levels.last_mut() else {
            return Ok(false);
        };
        let database = Database::open_within(&self.environment, &level.txn, path, &options)?;
        level.undo.push(Undo::Opened {
            file: entry.file.clone(),
            name: options.name,
        });
        entry.handle = Some(database);
        Ok(true)
    }

    fn make_at_once(&mut self, file: &FilePlan) -> Result<(), Error> {
        for plan in &file.databases {
            let path = Path::new(&file.name);
            let database = Database::create(Some(&self.environment), path, &plan.options)?;
            self.enter(file.name.clone(), plan.clone(), database, None);
        }
        Ok(())
    }

    fn enter(
        &mut self,
        file: String,
        plan: DatabasePlan,
        database: Database,
        owner: Option<usize>,
    ) {
        let options = &plan.options;
        self.happened.note(match options.method {
            Method::Btree => Event::Btree,
            Method::Recno => Event::Recno,
            Method::Hash => Event::Hash,
            Method::Queue => Event::Queue,
        });
        for (is, event) in [
            (
                options.duplicates == Duplicates::Unsorted,
                Event::UnsortedDuplicates,
            ),
            (
                options.duplicates == Duplicates::Sorted,
                Event::SortedDuplicates,
            ),
            (options.record_numbers, Event::RecordNumbers),
            (options.renumber, Event::Renumbering),
            (options.byte_order == ByteOrder::Big, Event::OtherByteOrder),
            (options.checksums, Event::Checksums),
            (options.name.is_some(), Event::NamedDatabase),
        ] {
            if is {
                self.happened.note(event);
            }
        }
        self.entries.push(Entry {
            file,
            plan,
            handle: Some(database),
            owner,
            users: owner.into_iter().collect(),
        });
    }

    /// Files are changed by one nest at a time: libdb waits for the name of a
    /// file, and for ever in a single thread.
    fn may_change_files(&self, number: usize) -> bool {
        let changes = |nest: &Nest| nest.levels.iter().any(|level| !level.undo.is_empty());
        let mut others = self
            .nests
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != number);
        self.workload.changes_files && !others.any(|(_, nest)| changes(nest))
    }

    /// Makes, removes or renames a file or a database of one, in the innermost
    /// transaction of a nest.
    fn change_files(&mut self, number: usize) -> Result<(), Error> {
        let done = match self.rng.below(10) {
            0..4 => self.make(number),
            4..7 => self.remove(number),
            _ => self.rename(number),
        };
        // Else what is done to the files is there, and not its record.
        if self.rng.percent(70) {
            self.environment.flush_log()?;
        }
        match done {
            // The name is taken, or not to be seen yet.
            Err(error) if [EEXIST, ENOENT].contains(&error.code()) => Ok(()),
            done => done,
        }
    }

    /// A name for a new file. The library's recovery opens a file by its name,
    /// and fails if what it finds there by now is one of several databases
    /// instead of one, or the other way round: so each name is for either.
    fn new_name(&mut self, several: bool) -> String {
        let number = 2 * self.rng.below(NEW_NAMES) + u32::from(several);
        format!("new{number}.db")
    }

    fn make(&mut self, number: usize) -> Result<(), Error> {
        let several = self.rng.percent(35);
        let name = self.new_name(several);
        let plan = FilePlan::random(&mut self.rng, name, several);
        if self.entries.iter().any(|entry| entry.file == plan.name) {
            return Ok(());
        }
        for database in plan.databases {
            let Some(level) = self.nests[number].levels.last_mut() else {
                break;
            };
            let path = Path::new(&plan.name);
            let options = &database.options;
            let made = Database::create_within(&self.environment, &level.txn, path, options)?;
            level.undo.push(Undo::Created {
                file: plan.name.clone(),
                name: options.name.clone(),
            });
            self.enter(plan.name.clone(), database, made, Some(number));
        }
        Ok(())
    }

    /// A file that no unresolved transaction works in.
    fn idle_file(&mut self, number: usize) -> Option<String> {
        let entry = self.choose(number)?;
        let file = self.entries[entry].file.clone();
        let idle = |entry: &Entry| entry.owner.is_none() && entry.users.is_empty();
        self.entries
            .iter()
            .filter(|entry| entry.file == file)
            .all(idle)
            .then_some(file)
    }

    /// Closes the databases of a file, and flushes them now and then.
    fn close(&mut self, file: &str) -> Result<(), Error> {
        let flush = self.rng.percent(30);
        for entry in &mut self.entries {
            if entry.file == file
                && let Some(database) = entry.handle.take()
            {
                if flush {
                    database.close()?;
                } else {
                    database.close_unflushed()?;
                }
            }
        }
        Ok(())
    }

    fn remove(&mut self, number: usize) -> Result<(), Error> {
        let Some(file) = self.idle_file(number) else {
            return Ok(());
        };
        self.close(&file)?;
        let Some(level) = self.nests[number].levels.last_mut() else {
            return Ok(());
        };
        let names: Vec<_> = self
            .entries
            .iter()
            .filter(|entry| entry.file == file)
            .filter_map(|entry| entry.plan.options.name.clone())
            .collect();
        // One of several databases, or all with their file.
        let name = (names.len() > 1 && self.rng.percent(50)).then(|| names[0].as_str());
        self.environment
            .remove(Some(&level.txn), Path::new(&file), name)?;
        let gone = |entry: &mut Entry| match name {
            Some(name) => entry.is(&file, Some(name)),
            None => entry.file == file,
        };
        let removed = self.entries.extract_if(.., gone).collect();
        level.undo.push(Undo::Removed(removed));
        Ok(())
    }

    /// The library's recovery passes over changes of a file under an earlier
    /// name, so there is a checkpoint before each renaming, and none where all
    /// changes will be wanted.
    fn rename(&mut self, number: usize) -> Result<(), Error> {
        if self.workload.is_catastrophic() {
            return Ok(());
        }
        let Some(old) = self.idle_file(number) else {
            return Ok(());
        };
        let named = |entry: &Entry| entry.file == old && entry.plan.options.name.is_some();
        let several = self.entries.iter().any(named);
        let new = self.new_name(several);
        if self.entries.iter().any(|entry| entry.file == new) {
            return Ok(());
        }
        self.checkpoint()?;
        self.close(&old)?;
        let Some(level) = self.nests[number].levels.last_mut() else {
            return Ok(());
        };
        // The file lasts under either name.
        self.checkpointed.insert(new.clone());
        self.environment
            .rename(Some(&level.txn), Path::new(&old), None, &new)?;
        let mut owner = None;
        for entry in &mut self.entries {
            if entry.file == old {
                owner = entry.owner.replace(number);
                entry.file.clone_from(&new);
            }
        }
        level.undo.push(Undo::Renamed { old, new, owner });
        Ok(())
    }
}

/// Counts the changes of files of a transaction.
fn note_fates(happened: &mut Happened, undo: &[Undo], fate: Fate) {
    for undo in undo {
        let fates = match undo {
            Undo::Opened { .. } => continue,
            Undo::Created { .. } => [
                Event::CreationCommitted,
                Event::CreationAborted,
                Event::CreationInFlight,
            ],
            Undo::Removed(_) => [
                Event::RemovalCommitted,
                Event::RemovalAborted,
                Event::RemovalInFlight,
            ],
            Undo::Renamed { .. } => [
                Event::RenamingCommitted,
                Event::RenamingAborted,
                Event::RenamingInFlight,
            ],
        };
        happened.note(fates[fate as usize]);
    }
}

/// The names of all files of a directory that are neither logs nor regions.
fn database_files(dir: &Path) -> Result<Vec<String>, Error> {
    let failed = |error: &io::Error| Error::io(error, format!("list {}", dir.display()));
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(|error| failed(&error))? {
        let name = entry.map_err(|error| failed(&error))?.file_name();
        let name = name.to_string_lossy().into_owned();
        let region = name.len() == "__db.001".len() && name.starts_with("__db.");
        if !region && !name.starts_with("log.") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
