//! Was the store cleanly shut down?

use std::path::PathBuf;

use bdbfile::log::{EnvironmentFiles, NewestPage, Reason, Verdict};
use caldb::Store;

use crate::error::{Error, Result};
use crate::plan::Request;
use crate::report::Warning;

/// Judges by logs and regions whether the store was cleanly shut down.
pub(super) fn judge(
    request: &Request,
    store: &Store,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<String>> {
    let failed = |error| match error {
        bdbfile::Error::Io { file, source, .. } => Error::Unreadable {
            path: PathBuf::from(file),
            source,
        },
        error => Error::Database { error, copy: false },
    };
    let files = EnvironmentFiles {
        logs: store.logs.iter().map(|file| file.path.clone()).collect(),
        regions: store.regions.clone(),
    };
    let environment = bdbfile::log::inspect(&files).map_err(failed)?;
    let mut newest: Option<NewestPage> = None;
    if environment.logs.is_some() {
        for file in &store.databases {
            let page = NewestPage::of_file(&file.path).map_err(failed)?;
            if let Some(page) = page
                && newest.as_ref().is_none_or(|newest| page.lsn > newest.lsn)
            {
                newest = Some(page);
            }
        }
    }
    match environment.judge(newest.as_ref()) {
        Verdict::Clean { why } => Ok(why),
        Verdict::NoEnvironment => {
            let text = "there are no logs and no region files: whether the store was cleanly shut down cannot be told";
            warnings.push(Warning::new(None, text));
            Ok(Vec::new())
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
            warnings.push(Warning::new(None, text));
            Ok(Vec::new())
        }
    }
}
