//! What is run on a store.

use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::child::{self, bulk_copy};
use super::programs::{DUMP, LOAD, Programs, TASKSET, VERIFY};
use super::scene::Scene;
use crate::measure::Step;

/// Something that is run on a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// What the copying of the files costs: the measure of all.
    Copies,
    /// One copy: nobody writes as much sooner.
    Copy,
    /// All bytes read by all processors, and nothing done with them.
    Read,
    Migrate,
    MigrateOnOne,
    DryRunOnOne,
    DryRunOnTwo,
    /// Two of them side by side, each with a processor of its own: they share
    /// nothing that a program could divide better.
    TwoDryRuns,
    DumpAndLoad,
    BulkCopy,
    FastestBulkCopy,
    Convert,
    RealVerify,
    Verify,
}

/// What a way leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaves {
    /// Two copies of the store, byte for byte.
    Copies,
    /// One, in the place of the target.
    Copy,
    /// A backup, and a store of the same records.
    Store,
    /// Databases of the same records.
    Databases,
    /// Nothing but logs.
    Nothing,
}

/// Files that a program is given at a time: the system bounds an argument list.
const FILES: usize = 1000;

impl Way {
    /// All of them, in the order they are run and told.
    pub(super) const ALL: [Self; 14] = [
        Self::Copies,
        Self::Copy,
        Self::Read,
        Self::Migrate,
        Self::MigrateOnOne,
        Self::DryRunOnOne,
        Self::DryRunOnTwo,
        Self::TwoDryRuns,
        Self::DumpAndLoad,
        Self::BulkCopy,
        Self::FastestBulkCopy,
        Self::Convert,
        Self::RealVerify,
        Self::Verify,
    ];

    /// What it is called in tables and plots.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Copies => "cp -r twice, sync",
            Self::Copy => "cp -r once, sync",
            Self::Read => "every byte read",
            Self::Migrate => "csmigrate",
            Self::MigrateOnOne => "csmigrate, 1 processor",
            Self::DryRunOnOne => "csmigrate -d, 1 processor",
            Self::DryRunOnTwo => "csmigrate -d, 2 processors",
            Self::TwoDryRuns => "csmigrate -d, two on 1 processor each",
            Self::DumpAndLoad => "db5.3_dump | db5.3_load",
            Self::BulkCopy => "C interface, bulk copy",
            Self::FastestBulkCopy => "C interface, bulk copy, tuned",
            Self::Convert => "bdbfile convert",
            Self::RealVerify => "db5.3_verify",
            Self::Verify => "bdbfile verify",
        }
    }

    /// Whether it is a program of this project.
    pub(super) const fn is_ours(self) -> bool {
        matches!(
            self,
            Self::Migrate
                | Self::MigrateOnOne
                | Self::DryRunOnOne
                | Self::DryRunOnTwo
                | Self::TwoDryRuns
                | Self::Convert
                | Self::Verify
        )
    }

    /// Whether it takes minutes where others take seconds.
    pub(super) const fn is_slow(self) -> bool {
        matches!(self, Self::DumpAndLoad)
    }

    pub(super) const fn leaves(self) -> Leaves {
        match self {
            Self::Copies => Leaves::Copies,
            Self::Copy => Leaves::Copy,
            Self::Migrate | Self::MigrateOnOne => Leaves::Store,
            Self::DumpAndLoad | Self::BulkCopy | Self::FastestBulkCopy | Self::Convert => {
                Leaves::Databases
            }
            Self::Read
            | Self::DryRunOnOne
            | Self::DryRunOnTwo
            | Self::TwoDryRuns
            | Self::RealVerify
            | Self::Verify => Leaves::Nothing,
        }
    }

    /// What it wants that is not there.
    pub(super) fn lacks(self, programs: &Programs) -> Option<&'static str> {
        let processors = match self {
            Self::MigrateOnOne | Self::DryRunOnOne => 1,
            Self::DryRunOnTwo | Self::TwoDryRuns => 2,
            _ => 0,
        };
        let wants_tools = matches!(self, Self::DumpAndLoad | Self::RealVerify);
        if wants_tools && !programs.has_tools {
            Some("the db5.3 tools are not installed")
        } else if processors > 0 && !programs.has_taskset {
            Some("taskset is not installed")
        } else if processors > programs.processors.len() {
            Some("there is 1 processor")
        } else {
            None
        }
    }

    /// What is run, one after the other.
    pub(super) fn steps(
        self,
        programs: &Programs,
        scene: &Scene,
        threads: Option<NonZeroUsize>,
    ) -> Vec<Step> {
        let maker = Maker { programs, scene };
        match self {
            Self::Copies => vec![
                maker.copy(&scene.backup),
                maker.copy(&scene.target),
                maker.command("sync").into(),
            ],
            Self::Copy => vec![maker.copy(&scene.target), maker.command("sync").into()],
            Self::Read => maker.all_files(|| {
                let mut read = maker.command(&programs.this);
                read.args([child::WORD, child::READ]);
                read
            }),
            Self::Migrate => {
                let mut command = maker.command(&programs.csmigrate);
                if let Some(threads) = threads {
                    command.arg("--threads").arg(threads.to_string());
                }
                vec![maker.migration(command, &[]).into()]
            }
            Self::MigrateOnOne => {
                vec![maker.migration(maker.kept_on(0..1), &[]).into()]
            }
            Self::DryRunOnOne => vec![maker.dry_run(0..1).into()],
            Self::DryRunOnTwo => vec![maker.dry_run(0..2).into()],
            Self::TwoDryRuns => {
                vec![Step::beside(maker.dry_run(0..1), maker.dry_run(1..2))]
            }
            Self::DumpAndLoad => maker.each_file(|source, target| {
                let (mut dump, mut load) = (maker.command(DUMP), maker.command(LOAD));
                dump.arg(source);
                load.arg(target);
                Step::piped(dump, load)
            }),
            Self::BulkCopy | Self::FastestBulkCopy => {
                let (work, _) = bulk_copy(self == Self::FastestBulkCopy);
                maker.each_file(|source, target| {
                    let mut copy = maker.command(&programs.this);
                    copy.args([child::WORD, work]).arg(source).arg(target);
                    copy.into()
                })
            }
            Self::Convert => maker.each_file(|source, target| {
                let mut convert = maker.command(&programs.bdbfile);
                convert.arg("convert").arg(source).arg(target);
                if let Some(threads) = threads {
                    convert.arg("--threads").arg(threads.to_string());
                }
                convert.into()
            }),
            // Of several files that it is given it looks at the first, as often
            // as there are files.
            Self::RealVerify => maker.each_file(|source, _| {
                let mut verify = maker.command(VERIFY);
                verify.arg("-q").arg(source);
                verify.into()
            }),
            Self::Verify => maker.all_files(|| {
                let mut verify = maker.command(&programs.bdbfile);
                verify.arg("verify");
                verify
            }),
        }
    }
}

/// Makes the commands of a way.
struct Maker<'a> {
    programs: &'a Programs,
    scene: &'a Scene,
}

impl Maker<'_> {
    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.scene.elsewhere)
            // Cargo puts the linked library's directory here, and the tools
            // would take that library for theirs.
            .env_remove("LD_LIBRARY_PATH")
            .env_remove("DB_HOME")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    /// The store copied.
    fn copy(&self, to: &Path) -> Step {
        let mut copy = self.command("cp");
        copy.arg("-r").arg(&self.scene.store).arg(to);
        copy.into()
    }

    /// `csmigrate` on some of the processors, with as many threads.
    fn kept_on(&self, processors: Range<usize>) -> Command {
        let threads = processors.len();
        let list: Vec<String> = self
            .programs
            .processors
            .iter()
            .skip(processors.start)
            .take(threads)
            .map(usize::to_string)
            .collect();
        let mut command = self.command(TASKSET);
        command
            .args(["-c", &list.join(",")])
            .arg(&self.programs.csmigrate)
            .args(["--threads", &threads.to_string()]);
        command
    }

    fn dry_run(&self, processors: Range<usize>) -> Command {
        self.migration(self.kept_on(processors), &["-d"])
    }

    fn migration(&self, mut command: Command, more: &[&str]) -> Command {
        let scene = self.scene;
        command.args(more).arg("-q").arg("-b").arg(&scene.backup);
        command.arg("--log-dir").arg(&scene.logs);
        command.arg(&scene.store).arg(&scene.target);
        command
    }

    /// A step for each database: from where, to where.
    fn each_file(&self, step: impl Fn(&Path, &Path) -> Step) -> Vec<Step> {
        let files = self.scene.databases.iter();
        files
            .map(|source| step(source, &self.scene.target_of(source)))
            .collect()
    }

    /// Steps for all databases, many at a time.
    fn all_files(&self, command: impl Fn() -> Command) -> Vec<Step> {
        let step = |files: &[PathBuf]| {
            let mut command = command();
            command.args(files);
            command.into()
        };
        self.scene.databases.chunks(FILES).map(step).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Given all files at once, `db5.3_verify` looked at the first as often as
    /// there were files: who read the results saw the time of that one.
    #[test]
    fn the_real_library_is_asked_of_each_file_by_itself() {
        let room = tempfile::tempdir().unwrap();
        let store = room.path().join("store");
        fs::create_dir(&store).unwrap();
        for name in ["ics50alarms.db", "ics50events.db", "ics50todos.db"] {
            fs::write(store.join(name), "").unwrap();
        }
        let scene = Scene::new(&store, room.path()).unwrap();
        let programs = Programs {
            csmigrate: PathBuf::new(),
            bdbfile: PathBuf::new(),
            this: PathBuf::new(),
            has_tools: true,
            has_taskset: true,
            processors: vec![0],
        };
        assert_eq!(scene.databases.len(), 3);
        let steps = |way: Way| way.steps(&programs, &scene, None).len();
        assert_eq!(steps(Way::RealVerify), 3);
        assert_eq!(steps(Way::Verify), 1);
    }
}
