//! What is known of the records of a store: which of them are recognised, what
//! is odd about them, and what the rules make of them.

use std::ffi::OsStr;
use std::sync::Arc;

use bdbfile::read::Record;
use bdbfile::spill::SpillPlace;
use caldb::Profile;
use caldb::check::{CasesBefore, Gatherer, Keeping, RecordKind, RecordPlace};
use caldb::record::RecordForm;
use caldb::rules::{Change, RuleSet, Tally};

/// What is known of a store, and what is to be done to it.
#[derive(Debug)]
pub(crate) struct Knowledge<'a> {
    profile: &'a Profile,
    rules: &'a RuleSet,
    keeping: Arc<Keeping>,
}

/// What the checks keep of all records in memory, the rest goes into a file: so
/// much is 200,000 records.
const KEPT_IN_MEMORY: usize = 8 << 20;

/// What is known of the records of one file.
#[derive(Debug)]
pub(crate) struct FileKnowledge<'a> {
    form: Option<RecordForm>,
    rules: Option<&'a RuleSet>,
    keeping: Option<Arc<Keeping>>,
}

/// Records of one file, looked at one by one.
#[derive(Debug)]
pub(crate) struct Look<'k> {
    of: &'k FileKnowledge<'k>,
    /// Which piece it is, and what those before have.
    before: Option<(usize, &'k CasesBefore)>,
    seen: Seen,
}

/// What was seen of the records of a file.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// None where nothing is known of the file.
    pub(crate) gathered: Option<Gatherer>,
    /// What the rules changed.
    pub(crate) tally: Tally,
}

impl<'a> Knowledge<'a> {
    /// What a profile says and rules do. What the checks do not keep in memory
    /// goes where the system has its temporary files: a dry run writes nothing
    /// where the stores are, and a run wants the room there for the new one.
    pub(crate) fn new(profile: &'a Profile, rules: &'a RuleSet) -> Self {
        let spill = SpillPlace::Directory(std::env::temp_dir());
        Self {
            profile,
            rules,
            keeping: Arc::new(Keeping::new(KEPT_IN_MEMORY, spill)),
        }
    }

    /// What is known of the file of this name.
    pub(crate) fn of(&self, name: &OsStr) -> FileKnowledge<'a> {
        let file = name.to_str().and_then(|name| self.profile.file(name));
        FileKnowledge {
            form: file.map(caldb::FileProfile::form),
            rules: (!self.rules.changes_nothing()).then_some(self.rules),
            keeping: Some(Arc::clone(&self.keeping)),
        }
    }
}

impl FileKnowledge<'_> {
    /// Nothing is known, nothing is looked for and nothing is changed.
    pub(crate) const NONE: Self = Self {
        form: None,
        rules: None,
        keeping: None,
    };

    /// The same, with no record changed.
    pub(crate) fn without_rules(&self) -> Self {
        Self {
            form: self.form.clone(),
            rules: None,
            keeping: self.keeping.clone(),
        }
    }

    /// Whether a rule may change a record.
    pub(crate) fn may_change(&self) -> bool {
        self.rules.is_some() && self.form.is_some()
    }

    /// Begins to look at all records of a file, one after the other.
    pub(crate) fn look(&self) -> Look<'_> {
        self.look_after(None)
    }

    /// Begins to look at a piece of a file, by its place among all pieces.
    pub(crate) fn look_at<'k>(&'k self, piece: usize, before: &'k CasesBefore) -> Look<'k> {
        self.look_after(Some((piece, before)))
    }

    fn look_after<'k>(&'k self, before: Option<(usize, &'k CasesBefore)>) -> Look<'k> {
        let gatherer = |form| {
            let gatherer = match before {
                Some((_, before)) => Gatherer::new(form).after(before),
                None => Gatherer::new(form),
            };
            match &self.keeping {
                Some(keeping) => gatherer.kept_by(Arc::clone(keeping)),
                None => gatherer,
            }
        };
        Look {
            of: self,
            before,
            seen: Seen {
                gathered: self.form.as_ref().map(gatherer),
                tally: Tally::default(),
            },
        }
    }
}

impl Look<'_> {
    /// Looks at a record; gives what it is to be instead, if a rule says so.
    pub(crate) fn take(&mut self, record: &Record<'_>) -> Option<Change> {
        let gathered = self.seen.gathered.as_mut()?;
        let form = self.of.form.as_ref()?;
        let place = RecordPlace {
            page: record.page,
            slot: record.slot,
            number: record.number,
        };
        let kind = gathered.take(place, record.key, record.value);
        let rules = self
            .of
            .rules
            .filter(|_| matches!(kind, RecordKind::Recognised))?;
        rules.apply(form.role, record.key, record.value, &mut self.seen.tally)
    }

    /// What was seen: settled, but of a piece, which is to be appended to
    /// others.
    pub(crate) fn finish(self) -> Seen {
        let mut seen = self.seen;
        match (&seen.gathered, self.before) {
            (Some(gathered), Some((piece, before))) => before.count(piece, gathered),
            _ => seen.settle(),
        }
        seen
    }
}

impl Seen {
    /// Records of a form that is known.
    pub(crate) fn recognised(&self) -> u64 {
        self.gathered.as_ref().map_or(0, Gatherer::recognised)
    }

    /// Puts what is kept of the records to where it stays: in the memory that
    /// all files share, or beyond it in a file.
    pub(crate) fn settle(&mut self) {
        if let Some(gathered) = &mut self.gathered {
            gathered.settle();
        }
    }

    /// Adds what was seen of the records that follow.
    pub(crate) fn append(&mut self, after: Self) {
        self.tally.append(after.tally);
        match (&mut self.gathered, after.gathered) {
            (Some(all), Some(after)) => all.append(after),
            (all, after) => *all = all.take().or(after),
        }
    }
}
