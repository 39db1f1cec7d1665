//! Was the store cleanly shut down, and if not, can its logs be replayed?

use std::path::PathBuf;

use bdbfile::log::{Environment, EnvironmentFiles, NewestPage, Reason, Verdict};
use caldb::Store;

use crate::database::{Database, Overlay};
use crate::error::{Error, Result};
use crate::inspect::Shutdown;
use crate::plan::{Request, Unclean};
use crate::recovery::{self, Replayed, Tried};
use crate::report::Warning;
use crate::stop::Stop;

/// How the store was shut down, and what comes of that.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) shutdown: Shutdown,
    /// The store after recovery, where it was not cleanly shut down and is not
    /// taken as it is.
    pub(super) replayed: Option<Box<Replayed>>,
    pub(super) warnings: Vec<Warning>,
}

/// Judges by logs and regions whether the store was cleanly shut down. If not,
/// its logs are replayed, unless it is `held`: what others still change is
/// refused for that.
pub(super) fn judge(
    request: &Request,
    store: &Store,
    environment: &Environment,
    held: bool,
    stop: &Stop,
) -> Result<Judged> {
    let mut warnings = Vec::new();
    let mut damage = None;
    let newest = newest_page(store, environment, |error| {
        if request.salvage.takes(&error) {
            let text = format!("its pages say nothing of how the store was shut down: {error}");
            warnings.push(Warning::new("pages-not-judged", None, text));
        } else {
            damage.get_or_insert(error);
        }
    })?;
    let reasons: Vec<String> = match environment.judge(newest.as_ref()) {
        Verdict::Unclean { reasons } => reasons.iter().map(Reason::to_string).collect(),
        clean => {
            return match damage {
                Some(error) => Err(error),
                None => Ok(Judged::not_unclean(clean, warnings)),
            };
        }
    };
    let unclean = |replayed, warnings| Judged {
        shutdown: Shutdown::Unclean(reasons.clone()),
        replayed,
        warnings,
    };
    let path = request.source.clone();
    let wanted = request.unclean();
    let recovers = wanted == Unclean::Recover && !store.logs.is_empty();
    // What is damaged may be what recovery puts right.
    if let Some(error) = damage.filter(|_| !recovers) {
        return Err(error);
    }
    match wanted {
        _ if recovers => {
            if held {
                return Ok(unclean(None, warnings));
            }
            match recovery::replay_source(store, stop)? {
                Tried::Replayed(replayed) => {
                    let warnings = replayed.recovery.warnings(&reasons);
                    Ok(unclean(Some(replayed), warnings))
                }
                Tried::Refused(why) => Err(Error::NotRecoverable { path, why, reasons }),
            }
        }
        Unclean::Recover | Unclean::Refuse => Err(Error::Unclean { path, reasons }),
        Unclean::Ignore => {
            let text = format!(
                "the store was not cleanly shut down ({}); its files are taken as they are, without what only the logs hold",
                reasons.join("; ")
            );
            warnings.push(Warning::new("unclean-ignored", None, text));
            Ok(unclean(None, warnings))
        }
    }
}

impl Judged {
    fn not_unclean(verdict: Verdict, mut warnings: Vec<Warning>) -> Self {
        let shutdown = if let Verdict::Clean { why } = verdict {
            Shutdown::Clean(why)
        } else {
            let text = "there are no logs and no region files: whether the store was cleanly shut down cannot be told";
            warnings.push(Warning::new("shutdown-unknown", None, text));
            Shutdown::Unknown
        };
        Self {
            shutdown,
            replayed: None,
            warnings,
        }
    }
}

/// What is migrated of a store, and what recovery changes of it.
pub(super) fn databases<'j>(
    store: &Store,
    judged: Option<&'j Result<Judged>>,
) -> (Vec<Database>, Option<&'j Overlay>) {
    match judged {
        Some(Ok(Judged {
            replayed: Some(replayed),
            ..
        })) => (replayed.databases.clone(), Some(&replayed.overlay)),
        _ => (Database::all_as_found(store), None),
    }
}

/// What the logs and regions of a store say.
pub(crate) fn environment(store: &Store) -> Result<Environment> {
    let files = EnvironmentFiles {
        logs: store.logs.iter().map(|file| file.path.clone()).collect(),
        regions: store.regions.clone(),
    };
    bdbfile::log::inspect(&files).map_err(failed)
}

/// The newest page of all databases, where there are logs to compare it with.
/// `damaged` is told of a file that cannot be looked through.
pub(crate) fn newest_page(
    store: &Store,
    environment: &Environment,
    mut damaged: impl FnMut(Error),
) -> Result<Option<NewestPage>> {
    let mut newest: Option<NewestPage> = None;
    if environment.logs.is_none() {
        return Ok(newest);
    }
    for file in &store.databases {
        let page = match NewestPage::of_file(&file.path).map_err(failed) {
            Ok(page) => page,
            Err(error @ Error::Database { .. }) => {
                damaged(error);
                continue;
            }
            Err(error) => return Err(error),
        };
        if let Some(page) = page
            && newest.as_ref().is_none_or(|newest| page.lsn > newest.lsn)
        {
            newest = Some(page);
        }
    }
    Ok(newest)
}

fn failed(error: bdbfile::Error) -> Error {
    match error {
        bdbfile::Error::Io { file, source, .. } => Error::Unreadable {
            path: PathBuf::from(file),
            source,
        },
        error => Error::Database { error, copy: false },
    }
}
