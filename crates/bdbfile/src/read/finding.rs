//! What is odd in a file though it costs no record, and the report of a scan.

use crate::error::{Place, Rule};
use crate::layout::Lsn;

/// The most findings a report lists; the rest are counted.
const FINDINGS_LISTED: usize = 100;

/// Something odd that costs no record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// The rule that is broken.
    pub rule: Rule,
    /// What was found, in words; may be empty.
    pub detail: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.place.page.is_some() {
            write!(f, "{}: ", self.place)?;
        }
        write!(f, "{}", self.rule)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

/// What a whole scan found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScanReport {
    /// Records given out.
    pub records: u64,
    /// Items passed over because they are marked deleted: not records.
    pub deleted: u64,
    /// What was odd, at most 100.
    pub findings: Vec<Finding>,
    /// Findings beyond those listed.
    pub more_findings: u64,
    /// The newest position in the log on any page.
    pub newest_lsn: Lsn,
}

impl ScanReport {
    pub(super) fn add(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_LISTED {
            self.findings.push(finding);
        } else {
            self.more_findings = self.more_findings.saturating_add(1);
        }
    }

    /// How many findings there are in all.
    pub fn finding_count(&self) -> u64 {
        (self.findings.len() as u64).saturating_add(self.more_findings)
    }
}
