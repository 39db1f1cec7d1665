//! What happened in a workload, to be counted.

use std::collections::BTreeMap;
use std::fmt;

/// Something that a workload does or comes upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Event {
    Btree,
    Recno,
    Hash,
    Queue,
    UnsortedDuplicates,
    SortedDuplicates,
    RecordNumbers,
    Renumbering,
    OtherByteOrder,
    Checksums,
    NamedDatabase,
    Committed,
    Aborted,
    InFlight,
    ChildCommitted,
    ChildAborted,
    ChildInFlight,
    SideBySide,
    Conflict,
    Checkpoint,
    DatabaseSynced,
    PagesWritten,
    LogFlushed,
    LogsRemoved,
    FilesCopied,
    NewFilesLost,
    CreationCommitted,
    CreationAborted,
    CreationInFlight,
    RemovalCommitted,
    RemovalAborted,
    RemovalInFlight,
    RenamingCommitted,
    RenamingAborted,
    RenamingInFlight,
    OverflowKey,
    OverflowValue,
    PartReplaced,
    ReplacedByCursor,
    PutBeside,
    PileOfDuplicates,
    PairDeleted,
    KeyDeleted,
    RunDeleted,
    Truncated,
    Compacted,
    Appended,
    Consumed,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 48] = [
        Self::Btree,
        Self::Recno,
        Self::Hash,
        Self::Queue,
        Self::UnsortedDuplicates,
        Self::SortedDuplicates,
        Self::RecordNumbers,
        Self::Renumbering,
        Self::OtherByteOrder,
        Self::Checksums,
        Self::NamedDatabase,
        Self::Committed,
        Self::Aborted,
        Self::InFlight,
        Self::ChildCommitted,
        Self::ChildAborted,
        Self::ChildInFlight,
        Self::SideBySide,
        Self::Conflict,
        Self::Checkpoint,
        Self::DatabaseSynced,
        Self::PagesWritten,
        Self::LogFlushed,
        Self::LogsRemoved,
        Self::FilesCopied,
        Self::NewFilesLost,
        Self::CreationCommitted,
        Self::CreationAborted,
        Self::CreationInFlight,
        Self::RemovalCommitted,
        Self::RemovalAborted,
        Self::RemovalInFlight,
        Self::RenamingCommitted,
        Self::RenamingAborted,
        Self::RenamingInFlight,
        Self::OverflowKey,
        Self::OverflowValue,
        Self::PartReplaced,
        Self::ReplacedByCursor,
        Self::PutBeside,
        Self::PileOfDuplicates,
        Self::PairDeleted,
        Self::KeyDeleted,
        Self::RunDeleted,
        Self::Truncated,
        Self::Compacted,
        Self::Appended,
        Self::Consumed,
    ];
}

/// How often each event happened.
///
/// As text it is a line for each event that did, which [`Happened::parse`]
/// takes back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Happened(BTreeMap<Event, u32>);

impl Happened {
    pub(super) fn note(&mut self, event: Event) {
        *self.0.entry(event).or_default() += 1;
    }

    /// How often an event happened.
    pub fn count(&self, event: Event) -> u32 {
        self.0.get(&event).copied().unwrap_or(0)
    }

    /// What was shown as text; nothing if that has any other line.
    pub fn parse(text: &str) -> Option<Self> {
        let parse = |line: &str| {
            let (name, count) = line.split_once(' ')?;
            let event = Event::ALL
                .into_iter()
                .find(|event| format!("{event:?}") == name)?;
            Some((event, count.parse().ok()?))
        };
        text.lines().map(parse).collect::<Option<_>>().map(Self)
    }
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (event, count) in &self.0 {
            writeln!(f, "{event:?} {count}")?;
        }
        Ok(())
    }
}
