//! What a salvage gives out, and its report.

use std::ops::{Deref, DerefMut};

use crate::error::{Place, Rule};
use crate::layout::{PageLayout, PageNo};
use crate::read::Finding;

/// The most findings a report lists; the rest are counted.
const FINDINGS_LISTED: usize = 100;

/// How much is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Pages whose structure is sound and that are in use, items that are not
    /// marked deleted. On a sound file: the records of a scan, exactly.
    Careful,
    /// Everything that still looks like an item: on unsound pages and free
    /// ones, and what is marked deleted. Each labelled by its [`Origin`].
    Aggressive,
}

/// How much of a record is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// All of it. In recno databases and queues a record is its value.
    Whole,
    /// The key is whole; the value is the beginning of one that is longer.
    ValueCut {
        /// The length that the item states.
        stated: u32,
    },
    /// The value is whole, its key is not known.
    KeyLost,
    /// The key is not known and the value is the beginning of a longer one.
    Fragment {
        /// The length that the item states.
        stated: u32,
    },
    /// A key or a value on its own, and it cannot be told which: from an
    /// overflow chain that no item names, or a free page without index.
    Loose,
}

/// Where a record comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// An item in use on a sound page.
    Live,
    /// The same, but an entry of the directory of named databases: a name and
    /// the number of a metadata page.
    Directory,
    /// An item that is marked deleted.
    Deleted,
    /// A page that is damaged, but has items that look right.
    UnsoundPage,
    /// A free page.
    FreePage,
}

/// A record that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salvaged<'a> {
    /// The key; `None` where it is lost, and in recno databases and queues.
    pub key: Option<&'a [u8]>,
    /// The data, or what is left of them.
    pub value: &'a [u8],
    /// The record's number in recno databases and queues, where it is known.
    pub number: Option<u32>,
    /// The page its data item stands on.
    pub page: PageNo,
    /// The slot of its data item.
    pub slot: u16,
    /// How much of it is there.
    pub state: State,
    /// Where it comes from.
    pub origin: Origin,
}

impl Salvaged<'_> {
    /// What of it is lost, in words; `None` where it is whole.
    pub fn loss(&self) -> Option<String> {
        let len = self.value.len();
        Some(match self.state {
            State::Whole => return None,
            State::ValueCut { stated } => {
                format!("the value is cut short: {len} of {stated} bytes are left")
            }
            State::KeyLost => format!("the key of a value of {len} bytes is lost"),
            State::Fragment { stated } => {
                format!("the key is lost, and {len} of {stated} bytes of the value are left")
            }
            State::Loose => {
                format!("{len} bytes are a key or a value, and cannot be told which")
            }
        })
    }
}

/// What a salvage found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SalvageReport {
    /// How the pages are laid out.
    pub layout: Option<PageLayout>,
    /// Whether the metadata page of the file was of no use.
    pub metadata_lost: bool,
    /// Records given out, of all states and origins.
    pub records: u64,
    /// Of these: whole ones.
    pub whole: u64,
    /// Of these: values that are cut short.
    pub value_cut: u64,
    /// Of these: values whose key is lost.
    pub key_lost: u64,
    /// Of these: parts of values whose key is lost.
    pub fragments: u64,
    /// Of these: keys or values on their own.
    pub loose: u64,
    /// Of all given out: entries of the directory of named databases.
    pub directory: u64,
    /// Of all given out: items marked deleted.
    pub deleted: u64,
    /// Of all given out: items on unsound pages.
    pub from_unsound: u64,
    /// Of all given out: items on free pages.
    pub from_free: u64,
    /// Items passed over because they are marked deleted.
    pub deleted_passed_over: u64,
    /// Items in use that gave nothing: damaged, or what they name is.
    pub lost: u64,
    /// Pages looked at.
    pub pages: PageNo,
    /// Pages with a sound structure, free and internal ones among them.
    pub sound: PageNo,
    /// Pages of zeros.
    pub zeros: PageNo,
    /// Free pages.
    pub free: PageNo,
    /// Pages that gave out something, or a part of it.
    pub used: PageNo,
    /// Pages that the system could not read.
    pub unreadable: PageNo,
    /// Pages whose structure is broken.
    pub unsound: PageNo,
    /// What was odd, at most 100.
    pub findings: Vec<Finding>,
    /// Findings beyond those listed.
    pub more_findings: u64,
}

/// A report being made, and who is told of each finding meanwhile.
pub(super) struct Reporter<'f> {
    pub(super) report: SalvageReport,
    told: &'f mut dyn FnMut(&Finding),
}

impl<'f> Reporter<'f> {
    pub(super) fn new(told: &'f mut dyn FnMut(&Finding)) -> Self {
        Self {
            report: SalvageReport::default(),
            told,
        }
    }

    /// Tells of something that is no finding: it may be as it should.
    pub(super) fn mention(&mut self, place: Place, rule: Rule) {
        (self.told)(&Finding {
            place,
            rule,
            detail: String::new(),
        });
    }

    pub(super) fn find(&mut self, place: Place, rule: Rule, detail: impl Into<String>) {
        let finding = Finding {
            place,
            rule,
            detail: detail.into(),
        };
        (self.told)(&finding);
        if self.findings.len() < FINDINGS_LISTED {
            self.findings.push(finding);
        } else {
            self.more_findings = self.more_findings.saturating_add(1);
        }
    }
}

impl Deref for Reporter<'_> {
    type Target = SalvageReport;

    fn deref(&self) -> &SalvageReport {
        &self.report
    }
}

impl DerefMut for Reporter<'_> {
    fn deref_mut(&mut self) -> &mut SalvageReport {
        &mut self.report
    }
}

impl SalvageReport {
    pub(super) fn pass_over(&mut self, deleted: bool) {
        self.deleted_passed_over = self.deleted_passed_over.saturating_add(deleted.into());
    }

    pub(super) fn count(&mut self, record: &Salvaged<'_>) {
        self.records = self.records.saturating_add(1);
        match record.state {
            State::Whole => self.whole = self.whole.saturating_add(1),
            State::ValueCut { .. } => self.value_cut = self.value_cut.saturating_add(1),
            State::KeyLost => self.key_lost = self.key_lost.saturating_add(1),
            State::Fragment { .. } => self.fragments = self.fragments.saturating_add(1),
            State::Loose => self.loose = self.loose.saturating_add(1),
        }
        match record.origin {
            Origin::Live => {}
            Origin::Directory => self.directory = self.directory.saturating_add(1),
            Origin::Deleted => self.deleted = self.deleted.saturating_add(1),
            Origin::UnsoundPage => self.from_unsound = self.from_unsound.saturating_add(1),
            Origin::FreePage => self.from_free = self.from_free.saturating_add(1),
        }
    }
}
