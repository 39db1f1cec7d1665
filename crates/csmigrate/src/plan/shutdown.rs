//! Was the store cleanly shut down?

use std::path::PathBuf;

use bdbfile::log::{Environment, EnvironmentFiles, NewestPage, Reason, Verdict};
use caldb::Store;

use crate::error::{Error, Result};
use crate::inspect::Shutdown;
use crate::plan::Request;
use crate::report::Warning;

/// Judges by logs and regions whether the store was cleanly shut down.
pub(super) fn judge(
    request: &Request,
    store: &Store,
    environment: &Environment,
    warnings: &mut Vec<Warning>,
) -> Result<Shutdown> {
    let newest = newest_page(store, environment, |error| {
        if !request.salvage.takes(&error) {
            return Err(error);
        }
        let text = format!("its pages say nothing of how the store was shut down: {error}");
        warnings.push(Warning::new("pages-not-judged", None, text));
        Ok(())
    })?;
    match environment.judge(newest.as_ref()) {
        Verdict::Clean { why } => Ok(Shutdown::Clean(why)),
        Verdict::NoEnvironment => {
            let text = "there are no logs and no region files: whether the store was cleanly shut down cannot be told";
            warnings.push(Warning::new("shutdown-unknown", None, text));
            Ok(Shutdown::Unknown)
        }
        Verdict::Unclean { reasons } => {
            let reasons: Vec<String> = reasons.iter().map(Reason::to_string).collect();
            if !request.ignore_logs {
                return Err(Error::Unclean {
                    path: request.source.clone(),
                    reasons,
                });
            }
            let text = format!(
                "the store was not cleanly shut down ({}); its files are taken as they are, without what only the logs hold",
                reasons.join("; ")
            );
            warnings.push(Warning::new("unclean-ignored", None, text));
            Ok(Shutdown::Unclean(reasons))
        }
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
/// `damaged` is asked what to do about a file that cannot be looked through.
pub(crate) fn newest_page(
    store: &Store,
    environment: &Environment,
    mut damaged: impl FnMut(Error) -> Result<()>,
) -> Result<Option<NewestPage>> {
    let mut newest: Option<NewestPage> = None;
    if environment.logs.is_none() {
        return Ok(newest);
    }
    for file in &store.databases {
        let page = match NewestPage::of_file(&file.path).map_err(failed) {
            Ok(page) => page,
            Err(error @ Error::Database { .. }) => {
                damaged(error)?;
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
