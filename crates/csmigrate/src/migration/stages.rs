//! The stages of a migration in their order, and its threads.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bdbfile::Workers;
use bdbfile::source::{FileSource, MappedSource, PageSource, ReadAhead, ReadOnce, open_plain};
use bdbfile::write::{PageSink, SyncingSink};
use caldb::StoreFile;
use caldb::rules::RuleSet;

use crate::backup::{self, Made};
use crate::copy;
use crate::database::{Database, Overlay};
use crate::each::{at, each_file};
use crate::error::{Error, Result};
use crate::judgement::{self, Judgement};
use crate::knowledge::Knowledge;
use crate::observer::{Event, Observer, Stage};
use crate::plan::{Backup, Plan, Problems, Purpose};
use crate::progress::Step;
use crate::recovery;
use crate::report::{FileReport, Report, SavedFile, Warning};
use crate::rewrite::salvaged::{self, Listed};
use crate::rewrite::{self, Reading};
use crate::staging::{Published, Staging};
use crate::stop::{Stop, Watched};
use crate::syncing::Syncing;
use crate::system;
use crate::verify;

use super::ids::FileIds;
use super::times::SourceTimes;
use super::{Migration, Salvage};

/// What was read from a database, and how long that and its building took.
type Timed = (Reading, Duration);

/// What came of reading a database: that, or how it is damaged.
type Tried = (std::result::Result<Reading, Error>, Duration);

/// A new store that is not published, nor known to be synced.
struct Built {
    staging: Staging,
    syncing: Syncing,
    readings: Vec<Timed>,
    judgement: Judgement,
    overlay: Option<Overlay>,
}

/// The files of the backup, which a run reads.
struct Copies<'a> {
    dir: &'a Path,
    /// What was made of them in this run, not published yet.
    made: Option<&'a Made>,
    /// What replaying their logs changes.
    overlay: Option<Overlay>,
}

/// What a run brought, published or not.
type Outcome = (Option<Published>, Vec<FileReport>, Judgement);

impl Migration {
    pub(super) fn read_all(&self, observer: &mut dyn Observer) -> Result<Report> {
        let began = Instant::now();
        let plan = self.plan(Purpose::Look, observer)?;
        if let Some(recovery) = &plan.inspection.recovery {
            self.begin(Stage::Recover, observer);
            observer.event(Event::Recovered(recovery));
            observer.event(Event::Done(Stage::Recover, recovery.to_string()));
        }
        self.begin(Stage::Rewrite, observer);
        // The server may still run beside a dry run, so no mapping: a file cut
        // short under it must be an error and nothing worse.
        let open = |file: &Database| {
            if let Some(recovered) = plan.overlay.as_ref().and_then(|overlay| overlay.of(file)) {
                return Ok(ReadAhead::new(recovered));
            }
            let source = FileSource::open(&file.path);
            let source = source.map_err(Error::io(&file.path, "read the file"))?;
            let source: Arc<dyn PageSource> = Arc::new(source);
            Ok(ReadAhead::new(source))
        };
        let listed = |_: &Database, source: &_, listed: Listed| Ok(listed.reading(source));
        let (readings, judgement) = self.read(&plan, open, listed, true, observer)?;
        let reports: Vec<FileReport> = plan
            .databases
            .iter()
            .zip(&readings)
            .map(|(file, (reading, spent))| file_report(file, reading, (0, 0), *spent))
            .collect();
        for report in &reports {
            tell(observer, Stage::Rewrite, report);
        }
        plan.check_unchanged()?;
        let done = format!("{} records can be read", total(&reports));
        observer.event(Event::Done(Stage::Rewrite, done));
        let report = self.report(&plan, Vec::new(), false, reports, judgement, began);
        self.progress.finish();
        observer.event(Event::Completed(&report));
        ended(report)
    }

    pub(super) fn migrate(&self, observer: &mut dyn Observer) -> Result<Report> {
        let began = Instant::now();
        let plan = self.plan(Purpose::Run, observer)?;
        let times = SourceTimes::of(&plan);
        let (saved, unfinished) = self.back_up(&plan, observer)?;
        let (published, reports, judgement) = if plan.target_found {
            self.finish_backup(&plan, unfinished)?;
            self.look_again(&plan, observer)?
        } else {
            self.publish(&plan, unfinished, observer)?
        };
        drop(times);
        let done = published.is_some();
        if done {
            self.progress.finish();
        }
        let report = self.report(&plan, saved, done, reports, judgement, began);
        observer.event(Event::Completed(&report));
        // The last thing that is done: a run that is ended before it is known
        // by the next.
        if let Some(Err(error)) = published.map(Published::finish) {
            let text = format!("the target is complete, but {error}; it may be removed by hand");
            observer.event(Event::Warning(&Warning::new("marker-left", None, text)));
        }
        ended(report)
    }

    fn plan(&self, purpose: Purpose, observer: &mut dyn Observer) -> Result<Plan> {
        self.progress.begin();
        self.begin(Stage::Inspect, observer);
        let plan = Plan::make(&self.request, purpose, &self.stop)?;
        self.progress.plan(&plan);
        observer.event(Event::Inspected(&plan.inspection));
        for warning in &plan.inspection.warnings {
            observer.event(Event::Warning(warning));
        }
        let lens = plan.databases.iter().map(|file| file.len);
        let done = format!(
            "{} databases, {} bytes; release: {}",
            plan.databases.len(),
            lens.fold(0, u64::saturating_add),
            plan.inspection.detection.conclusion
        );
        observer.event(Event::Done(Stage::Inspect, done));
        Ok(plan)
    }

    /// Makes the backup, which is to be finished, or takes over the one that is
    /// there.
    fn back_up(
        &self,
        plan: &Plan,
        observer: &mut dyn Observer,
    ) -> Result<(Vec<SavedFile>, Option<Made>)> {
        self.begin(Stage::Backup, observer);
        let dir = plan.inspection.backup.dir().display();
        let what = format!(
            "{} files, {} bytes",
            plan.store.files().count(),
            plan.inspection.store_bytes
        );
        let (saved, made, done) = match &plan.backup {
            Backup::Make(place) => {
                let made = backup::make(plan, place, self.workers(), &self.stop, &self.progress)?;
                let saved = made.saved.clone();
                (saved, Some(made), format!("{what} copied to {dir}"))
            }
            Backup::Reuse {
                place,
                saved,
                unfinished,
            } => {
                if *unfinished {
                    backup::take_over(place)?;
                }
                let done = format!("{what} found identical in {dir}");
                (saved.clone(), None, done)
            }
        };
        observer.event(Event::BackedUp(&saved));
        observer.event(Event::Done(Stage::Backup, done));
        Ok((saved, made))
    }

    fn finish_backup(&self, plan: &Plan, made: Option<Made>) -> Result<()> {
        let Some(made) = made else { return Ok(()) };
        self.progress.step(Step::SyncBackup);
        made.finish(plan, &self.stop)
    }

    /// Builds the new store, looks at it, and makes it appear, unless it has
    /// what was salvaged and is not to be published.
    fn publish(
        &self,
        plan: &Plan,
        backup: Option<Made>,
        observer: &mut dyn Observer,
    ) -> Result<Outcome> {
        let copies = self.copies(plan, backup.as_ref(), observer);
        let built = copies.and_then(|copies| self.rewrite(plan, copies, observer));
        // The backup's syncs had that time. It is kept whatever came of the
        // building, and nothing else is published before it.
        let kept = self.finish_backup(plan, backup);
        let Built {
            staging,
            syncing,
            readings,
            judgement,
            overlay,
        } = built?;
        kept?;
        let copies = Copies::kept(plan, overlay);
        let reports = self.verify(plan, staging.dir(), &copies, &readings, observer)?;
        self.begin(Stage::Publish, observer);
        self.progress.step(Step::Sync);
        syncing.finish()?;
        self.progress.step(Step::Publish);
        plan.check_unchanged()?;
        self.stop.check()?;
        let damaged = readings.iter().any(|(one, _)| one.salvaged.is_some());
        if damaged && self.request.salvage != Salvage::Publish {
            let done =
                "not done: files are damaged, and what was saved of them was not to be published";
            observer.event(Event::Done(Stage::Publish, done.to_owned()));
            return Ok((None, reports, judgement));
        }
        let last = plan.store.conf.as_ref().map(|file| file.name.as_os_str());
        let published = staging.publish(&plan.source_dir, last)?;
        let done = format!("{} is in place", plan.inspection.target.display());
        observer.event(Event::Done(Stage::Publish, done));
        Ok((Some(published), reports, judgement))
    }

    /// Looks at what an interrupted run published as if it had been built now.
    fn look_again(&self, plan: &Plan, observer: &mut dyn Observer) -> Result<Outcome> {
        let copies = self.copies(plan, None, observer)?;
        let copy_dir = copies.dir;
        let differs = |why: String| Error::PublishedDiffers {
            path: plan.inspection.target.clone(),
            why,
        };
        self.begin(Stage::Rewrite, observer);
        let open = |file: &Database| copies.open(file);
        let workers = self.workers();
        let rebuilt = |file: &Database, source: &_, listed| {
            salvaged::rehearse(source, listed, &copy_dir.join(&file.name), workers)
        };
        let (readings, judgement) = self.read(plan, open, rebuilt, false, observer)?;
        observer.event(Event::Done(
            Stage::Rewrite,
            "not done again: an interrupted run had published the target".to_owned(),
        ));
        let dir = &plan.target.path;
        let reports = self
            .verify(plan, dir, &copies, &readings, observer)
            .map_err(|error| match error {
                Error::Mismatch { .. } => differs(error.to_string()),
                error => error,
            })?;
        if let Some(conf) = &plan.store.conf {
            let path = dir.join(&conf.name);
            let hash = |path: &Path| {
                copy::hash(path, workers, &self.stop).map_err(Error::io(path, "read the file"))
            };
            let wanted = match &plan.identifier {
                Some(text) => blake3::hash(text),
                None => hash(&copy_dir.join(&conf.name))?,
            };
            if hash(&path)? != wanted {
                return Err(differs(format!("{}: other bytes", conf.name.display())));
            }
        }
        self.begin(Stage::Publish, observer);
        plan.check_unchanged()?;
        self.stop.check()?;
        let published = Published::found(plan.target.clone())?;
        let done = format!(
            "{} was in place already, and is what this run would have made",
            plan.inspection.target.display()
        );
        observer.event(Event::Done(Stage::Publish, done));
        Ok((Some(published), reports, judgement))
    }

    /// The files of the backup, with their logs replayed over them where that
    /// is wanted. What it does must be what it did over the source.
    fn copies<'a>(
        &self,
        plan: &'a Plan,
        made: Option<&'a Made>,
        observer: &mut dyn Observer,
    ) -> Result<Copies<'a>> {
        let mut copies = Copies {
            dir: made.map_or(plan.inspection.backup.dir(), Made::dir),
            made,
            overlay: None,
        };
        let Some(recovery) = &plan.inspection.recovery else {
            return Ok(copies);
        };
        self.begin(Stage::Recover, observer);
        let logs = plan.store.logs.iter();
        let logs: Vec<PathBuf> = logs.map(|log| copies.dir.join(&log.name)).collect();
        let open = |file: &StoreFile| copies.open_for_recovery(&file.name);
        let overlay = recovery::replay_copies(&plan.store, &logs, open, recovery, &self.stop)?;
        self.progress.step_done(Step::Recover);
        copies.overlay = Some(overlay);
        observer.event(Event::Recovered(recovery));
        observer.event(Event::Done(Stage::Recover, recovery.to_string()));
        Ok(copies)
    }

    /// Reads every database, as `open` opens it, and writes nothing. What was
    /// found in a damaged one is completed by `salvaged`.
    fn read<S: PageSource>(
        &self,
        plan: &Plan,
        open: impl Fn(&Database) -> Result<S> + Sync,
        salvaged: impl Fn(&Database, &Watched<S>, Listed) -> Result<Reading>,
        examples: bool,
        observer: &mut dyn Observer,
    ) -> Result<(Vec<Timed>, Judgement)> {
        let rules = self.rule_set();
        let knowledge = Knowledge::new(&self.request.profile, &rules);
        let read = |_, file: &Database, workers| {
            let began = Instant::now();
            let counting = self.progress.file(Step::Rewrite, &file.name);
            let source = self.stop.counting(&counting).watch(open(file)?);
            let reading = rewrite::read_only(source, &knowledge.of(&file.name), workers);
            counting.finish();
            self.tried(reading, began)
        };
        let databases: Vec<&Database> = plan.databases.iter().collect();
        let tried = each_file(&databases, self.workers(), read, &mut |_| {})?;
        let salvage = |_, file: &Database, damage: &Error, observer: &mut dyn Observer| {
            let source = self.stop.watch(open(file)?);
            let known = knowledge.of(&file.name);
            let (stop, name) = (&self.stop, &file.name);
            let listed = salvaged::list(&source, name, damage, &known, stop, observer)?;
            salvaged(file, &source, listed)
        };
        let mut readings = Self::salvaged(plan, tried, salvage, observer)?;
        let judgement = self.judge(plan, &mut readings, &rules, examples, observer)?;
        Ok((readings, judgement))
    }

    /// Builds every database from its copy in a new staging directory.
    fn rewrite(
        &self,
        plan: &Plan,
        copies: Copies<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Built> {
        self.begin(Stage::Rewrite, observer);
        let mut staging = Staging::begin(plan.target.clone())?;
        let databases: Vec<&Database> = plan.databases.iter().collect();
        let (files, workers) = (databases.len(), self.workers());
        let syncing = Syncing::begin(files, workers, &self.progress, Step::Sync);
        let outputs: Vec<File> = databases
            .iter()
            .map(|file| staging.create(&file.name))
            .collect::<Result<_>>()?;
        let rules = self.rule_set();
        let knowledge = Knowledge::new(&self.request.profile, &rules);
        if let Some(conf) = &plan.store.conf {
            let text = plan.identifier.as_deref();
            carry(&mut staging, &syncing, conf, copies.dir, text, &self.stop)?;
        }
        let ids = FileIds::new(plan);
        let open = |file: &Database, stop: &Stop| {
            // What is built takes the memory that the copy had.
            let source = ReadOnce::new(copies.open(file)?);
            Ok::<_, Error>(stop.watch(source))
        };
        let build = |index: usize, file: &Database, workers| {
            let output = at(&outputs, index)?;
            let began = Instant::now();
            let path = staging.path_of(&file.name);
            let counting = self.progress.file(Step::Rewrite, &file.name);
            let source = open(file, &self.stop.counting(&counting))?;
            let id = ids.of(&file.name);
            let known = knowledge.of(&file.name);
            let built = rewrite::rewrite(source, &path, output, id, &known, workers);
            system::take_after(output, &path, &file.metadata)?;
            let reading = built.and_then(|(reading, sink)| {
                syncing.add(path, sink)?;
                Ok(reading)
            });
            counting.finish();
            self.tried(reading, began)
        };
        let tried = each_file(&databases, self.workers(), build, &mut |_| {})?;
        let salvage = |index, file: &Database, damage: &Error, observer: &mut dyn Observer| {
            let output = at(&outputs, index)?;
            let path = staging.path_of(&file.name);
            let source = open(file, &self.stop)?;
            let known = knowledge.of(&file.name);
            let (stop, name, id) = (&self.stop, &file.name, ids.of(&file.name));
            let listed = salvaged::list(&source, name, damage, &known, stop, observer)?;
            let workers = self.workers();
            let (reading, sink) = salvaged::rewrite(&source, listed, &path, output, id, workers)?;
            syncing.add(path, sink)?;
            Ok(reading)
        };
        let mut readings = Self::salvaged(plan, tried, salvage, observer)?;
        let judgement = self.judge(plan, &mut readings, &rules, false, observer)?;
        let records: u64 = readings
            .iter()
            .map(|(reading, _)| reading.scan.records)
            .sum();
        let done = format!("{records} records written");
        observer.event(Event::Done(Stage::Rewrite, done));
        Ok(Built {
            staging,
            syncing,
            readings,
            judgement,
            overlay: copies.overlay,
        })
    }

    /// What came of reading a database; damage that is gone round is no error.
    fn tried(&self, reading: Result<Reading>, began: Instant) -> Result<Tried> {
        match reading {
            Err(error) if !self.request.salvage.takes(&error) => Err(error),
            tried => Ok((tried, began.elapsed())),
        }
    }

    /// Salvages the databases that are damaged, one after the other. All are
    /// listed, also where one makes the run fail.
    fn salvaged(
        plan: &Plan,
        tried: Vec<Tried>,
        salvage: impl Fn(usize, &Database, &Error, &mut dyn Observer) -> Result<Reading>,
        observer: &mut dyn Observer,
    ) -> Result<Vec<Timed>> {
        let mut readings = Vec::with_capacity(tried.len());
        let mut problems = Problems::default();
        for (index, (file, (tried, spent))) in plan.databases.iter().zip(tried).enumerate() {
            let began = Instant::now();
            let reading = match tried {
                Ok(reading) => Ok(reading),
                Err(damage) => salvage(index, file, &damage, observer),
            };
            match reading {
                Ok(reading) => readings.push((reading, spent.saturating_add(began.elapsed()))),
                Err(error @ Error::NothingSaved { .. }) => problems.add(error),
                Err(error) => return Err(error),
            }
        }
        problems.finish()?;
        Ok(readings)
    }

    /// Tells that a stage begins.
    fn begin(&self, stage: Stage, observer: &mut dyn Observer) {
        self.progress.step(stage.into());
        observer.event(Event::Begins(stage));
    }

    /// All threads.
    fn workers(&self) -> Workers {
        self.request.workers
    }

    /// The rules that are on.
    fn rule_set(&self) -> RuleSet {
        let mut rules = RuleSet::choose(&self.request.profile, self.request.rules);
        for rule in &self.added.0 {
            rules.add(Box::new(Arc::clone(rule)));
        }
        rules
    }

    /// Judges what was seen of the records, and tells of what is odd.
    fn judge(
        &self,
        plan: &Plan,
        readings: &mut [Timed],
        rules: &RuleSet,
        examples: bool,
        observer: &mut dyn Observer,
    ) -> Result<Judgement> {
        let seen = readings
            .iter_mut()
            .map(|(reading, _)| std::mem::take(&mut reading.seen));
        let names = plan.databases.iter().map(|file| file.name.as_os_str());
        let files = names.zip(seen);
        let profile = &self.request.profile;
        let judged = judgement::judge(files, profile, rules, self.workers(), examples);
        let judged = judged.map_err(|error| Error::Database { error, copy: false })?;
        observer.event(Event::Judged(&judged));
        for warning in &judged.warnings {
            observer.event(Event::Warning(warning));
        }
        Ok(judged)
    }

    /// Reads every new database, which lies in `dir`, again.
    fn verify(
        &self,
        plan: &Plan,
        dir: &Path,
        copies: &Copies<'_>,
        readings: &[Timed],
        observer: &mut dyn Observer,
    ) -> Result<Vec<FileReport>> {
        self.begin(Stage::Verify, observer);
        let databases: Vec<&Database> = plan.databases.iter().collect();
        let read_again = |index: usize, file: &Database, workers| {
            let (reading, spent) = at(readings, index)?;
            let began = Instant::now();
            let path = dir.join(&file.name);
            let name = Path::new(&file.name);
            let copy = || copies.open(file);
            let counting = self.progress.file(Step::Verify, &file.name);
            let stop = self.stop.counting(&counting);
            let written = verify::verify(&path, &copy, name, reading, workers, &stop)?;
            counting.finish();
            let spent = spent.saturating_add(began.elapsed());
            Ok(file_report(file, reading, written, spent))
        };
        let mut told = |report: &FileReport| tell(observer, Stage::Verify, report);
        let reports = each_file(&databases, self.workers(), read_again, &mut told)?;
        let found: u64 = reports.iter().map(|report| report.records_written).sum();
        let done = format!("{found} records found again, counts and digests equal");
        observer.event(Event::Done(Stage::Verify, done));
        Ok(reports)
    }

    fn report(
        &self,
        plan: &Plan,
        backup_files: Vec<SavedFile>,
        published: bool,
        files: Vec<FileReport>,
        judgement: Judgement,
        began: Instant,
    ) -> Report {
        let mut warnings = plan.inspection.warnings.clone();
        warnings.extend(judgement.warnings);
        Report {
            dry_run: plan.purpose == Purpose::Look,
            source: self.request.source.clone(),
            target: self.request.target.clone(),
            backup: plan.inspection.backup.dir().to_owned(),
            backup_reused: matches!(plan.backup, Backup::Reuse { .. }),
            backup_files,
            target_found: plan.target_found,
            published,
            files,
            detection: plan.inspection.detection.clone(),
            recovery: plan.inspection.recovery.clone(),
            checks: judgement.checks,
            rules: judgement.rules,
            violations: judgement.violations,
            warnings,
            elapsed: began.elapsed(),
        }
    }
}

impl<'a> Copies<'a> {
    /// The files of a backup that is in its place.
    fn kept(plan: &'a Plan, overlay: Option<Overlay>) -> Self {
        Self {
            dir: plan.inspection.backup.dir(),
            made: None,
            overlay,
        }
    }

    /// What a database is read from.
    fn open(&self, database: &Database) -> Result<Arc<dyn PageSource>> {
        let overlay = self.overlay.as_ref();
        match overlay.and_then(|overlay| overlay.of(database)) {
            Some(recovered) => Ok(recovered),
            None => self.open_file(&database.name),
        }
    }

    /// Maps a file.
    fn open_file(&self, name: &OsStr) -> Result<Arc<dyn PageSource>> {
        if let Some(mapped) = self.made.and_then(|made| made.mapped(name)) {
            return Ok(mapped);
        }
        let copy = self.dir.join(name);
        let mapped = MappedSource::open(&copy).map_err(Error::io(&copy, "read the backup"))?;
        Ok(Arc::new(mapped))
    }

    /// The same of a file that may be empty, which cannot be mapped: its first
    /// page may be in the logs alone.
    fn open_for_recovery(&self, name: &OsStr) -> Result<Arc<dyn PageSource>> {
        self.open_file(name).or_else(|_| {
            let copy = self.dir.join(name);
            let source = FileSource::open(&copy).map_err(Error::io(&copy, "read the backup"))?;
            Ok(Arc::new(source) as Arc<dyn PageSource>)
        })
    }
}

/// Writes a file that is no database: `text`, or its copy byte for byte.
fn carry(
    staging: &mut Staging,
    syncing: &Syncing,
    file: &StoreFile,
    copy_dir: &Path,
    text: Option<&[u8]>,
    stop: &Stop,
) -> Result<()> {
    let copy = copy_dir.join(&file.name);
    let path = staging.path_of(&file.name);
    let output = staging.create(&file.name)?;
    let handle = output.try_clone();
    let handle = handle.map_err(Error::io(&path, "open the file again"))?;
    let to = SyncingSink::new(path.display().to_string(), handle);
    let wanted = if let Some(text) = text {
        to.write_at(0, text)
            .map_err(Error::io(&path, "write the file"))?;
        blake3::hash(text)
    } else {
        let from = open_plain(&copy).map_err(Error::io(&copy, "read the backup"))?;
        copy::copy(&from, &to, Workers::ALONE, stop)
            .map_err(Error::io(&path, "write the file"))?
            .hash
    };
    system::take_after(&output, &path, &file.metadata)?;
    syncing.add(path.clone(), to)?;
    let written =
        copy::hash(&path, Workers::ALONE, stop).map_err(Error::io(&path, "read the new file"))?;
    if wanted != written {
        return Err(Error::Mismatch {
            file: PathBuf::from(&file.name),
            what: "the bytes",
            read: wanted.to_hex().to_string(),
            written: written.to_hex().to_string(),
        });
    }
    Ok(())
}

fn tell(observer: &mut dyn Observer, stage: Stage, report: &FileReport) {
    observer.event(Event::File(stage, report));
    for warning in &report.warnings {
        observer.event(Event::Warning(warning));
    }
}

/// The report of a run that came to its end, or what is lost.
fn ended(report: Report) -> Result<Report> {
    match report.losses() {
        Some(losses) => Err(losses),
        None => Ok(report),
    }
}

fn total(reports: &[FileReport]) -> u64 {
    reports.iter().map(|report| report.records_read).sum()
}

fn file_report(
    file: &Database,
    reading: &Reading,
    (records_written, bytes_out): (u64, u64),
    elapsed: Duration,
) -> FileReport {
    let name: OsString = file.name.clone();
    FileReport {
        holds: file.holds,
        version: reading.version,
        endian: reading.endian,
        page_size: reading.page_size,
        order: reading.order,
        records_read: match &reading.salvaged {
            Some(salvaged) => salvaged.saved,
            None => reading.scan.records,
        },
        records_written,
        unrecognised: reading.unrecognised,
        deleted: reading.scan.deleted,
        digest: reading.digest,
        bytes_in: file.len,
        bytes_out,
        elapsed,
        warnings: rewrite::warnings(&name, reading),
        salvaged: reading.salvaged.clone(),
        name,
    }
}
