//! Each new file read again: does it hold what was read?

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bdbfile::read::{Finding, ScanReport};
use bdbfile::source::{MappedSource, PageSource};
use bdbfile::verify::Problem;
use bdbfile::{Rule, Workers};

use crate::digest::{RecordDigest, SequenceDigest};
use crate::error::{Error, Result};
use crate::knowledge::FileKnowledge;
use crate::rewrite::{self, Reading, salvaged};
use crate::stop::Stop;

/// What a new file holds.
struct Written {
    scan: ScanReport,
    digest: RecordDigest,
    sequence: SequenceDigest,
}

/// Reads a written database and compares it with what was read from the
/// source, which `copy` opens as it was read: number of records, digest, order,
/// structure. Returns the records found and the size of the file.
pub(crate) fn verify(
    path: &Path,
    copy: &dyn Fn() -> Result<Arc<dyn PageSource>>,
    name: &Path,
    read: &Reading,
    workers: Workers,
    stop: &Stop,
) -> Result<(u64, u64)> {
    let mapped = MappedSource::open(path).map_err(Error::io(path, "read the new file"))?;
    let source = stop.watch(&mapped);
    let len = std::fs::metadata(path)
        .map_err(Error::io(path, "read the new file"))?
        .len();
    stop.counts().expect(len);
    let mismatch = |what, read: String, written: String| {
        Err(Error::Mismatch {
            file: name.to_owned(),
            what,
            read,
            written,
        })
    };
    // A scan goes by the leaves. Whether a server finds a key depends on the
    // pages above them too.
    let structure = || bdbfile::verify::verify(stop.watch(&mapped));
    let again = if read.salvaged.is_some() {
        salvaged::read_again(source).map(|(scan, digest)| {
            let written = Written {
                scan,
                digest,
                sequence: read.sequence,
            };
            (written, structure())
        })
    } else {
        let again = rewrite::read_beside(source, &FileKnowledge::NONE, workers, structure);
        again.map(|(again, structure)| {
            let written = Written {
                scan: again.scan,
                digest: again.digest,
                sequence: again.sequence,
            };
            (written, structure)
        })
    };
    let (written, structure) = match again {
        Ok(again) => again,
        // What is wrong here is what was written, not a file of the source.
        Err(Error::Database { error, .. }) if error.rule().is_some() => {
            return mismatch(
                "the structures",
                "a sound tree".to_owned(),
                error.to_string(),
            );
        }
        Err(Error::Database { error, .. }) => {
            return Err(Error::Database { error, copy: false });
        }
        Err(error) => return Err(error),
    };
    if written.scan.records != read.scan.records {
        return mismatch(
            "the numbers of records",
            read.scan.records.to_string(),
            written.scan.records.to_string(),
        );
    }
    if written.digest != read.digest {
        return mismatch(
            "the digests of the records",
            read.digest.to_string(),
            written.digest.to_string(),
        );
    }
    if written.sequence != read.sequence {
        return mismatch(
            "the orders of the records",
            read.sequence.to_string(),
            written.sequence.to_string(),
        );
    }
    let structure = structure.map_err(|error| Error::Database { error, copy: false })?;
    // A hash function of the application's own is not known here either; the
    // buckets are those of the source.
    let own_hash = |rule: Rule| {
        let known = |finding: &Finding| finding.rule == Rule::HashFunction;
        rule == Rule::HashFunction && read.scan.findings.iter().any(known)
    };
    let problem = structure
        .findings
        .iter()
        .find(|problem| !own_hash(problem.rule))
        .map(ToString::to_string);
    let finding = written
        .scan
        .findings
        .iter()
        .find(|finding| !own_hash(finding.rule))
        .map(ToString::to_string);
    if let Some(found) = problem.or(finding) {
        let copy = copy()?;
        let file = PathBuf::from(copy.name());
        if let Some(misplaced) = misplaced(copy, stop)? {
            return Err(Error::Misplaced {
                file,
                found: misplaced.to_string(),
            });
        }
        return mismatch("the structures", "a sound tree".to_owned(), found);
    }
    Ok((written.scan.records, len))
}

/// A key of the source that does not stand where it is looked for. What is
/// built from it in the order found has the same fault.
fn misplaced(copy: Arc<dyn PageSource>, stop: &Stop) -> Result<Option<Problem>> {
    let structure = bdbfile::verify::verify(stop.watch(copy))
        .map_err(|error| Error::Database { error, copy: true })?;
    let of_keys = |rule| matches!(rule, Rule::KeyOrder | Rule::KeyBounds | Rule::BucketKey);
    let mut findings = structure.findings.into_iter();
    Ok(findings.find(|finding| of_keys(finding.rule)))
}
