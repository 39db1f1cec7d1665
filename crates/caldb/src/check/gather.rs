//! The records of one unit of work.

use std::sync::Arc;

use super::CASES;
use super::calendars::Calendars;
use super::charset::{self, CharsetCode, EncodingSet};
use super::components::Starts;
use super::identity::{Entry, Identity, Traits};
use super::kept::{Keeping, Kept};
use super::shown::{CasesBefore, Shown, ShownCase};
use super::table::Check;
use crate::record::content_line::Value;
use crate::record::view::{Alarm, Component, Master, QueuedAlarm, Rules, View};
use crate::record::{Recognised, Record, RecordForm, ValueForm, recognise};

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RecordPlace {
    /// The page.
    pub page: u32,
    /// The slot on the page.
    pub slot: u16,
    /// Its number in a recno database or a queue.
    pub number: Option<u32>,
}

/// Whether a record was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// It has the form of its file.
    Recognised,
    /// It has not, and is carried as it is.
    Opaque,
}

/// Takes records one by one and keeps what the checks need.
#[derive(Debug)]
pub struct Gatherer {
    form: RecordForm,
    limit: usize,
    pub(super) recognised: u64,
    pub(super) carried: u64,
    /// By check; empty but for those that one record shows.
    pub(super) shown: Vec<Shown>,
    pub(super) kept: Kept,
    pub(super) starts: Starts,
    calendars: Calendars,
    scratch: Vec<u8>,
}

impl Gatherer {
    /// For the records of a file of this form.
    pub fn new(form: &RecordForm) -> Self {
        Self {
            form: form.clone(),
            limit: CASES,
            recognised: 0,
            carried: 0,
            shown: vec![Shown::default(); super::table::CHECKS.len()],
            kept: Kept::default(),
            starts: Starts::default(),
            calendars: Calendars::default(),
            scratch: Vec::new(),
        }
    }

    /// Keeps so many cases of each check instead of [`CASES`].
    #[must_use]
    pub fn keep_cases(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Keeps what it must within the memory that the gatherers of a store share,
    /// instead of in memory without a bound.
    #[must_use]
    pub fn kept_by(mut self, keeping: Arc<Keeping>) -> Self {
        self.kept = Kept::by(keeping);
        self
    }

    /// Keeps fewer cases, as units of the same file that stand before have some.
    #[must_use]
    pub fn after(mut self, cases: &CasesBefore) -> Self {
        cases.tell(&mut self.shown);
        self
    }

    /// Takes the next record of the file.
    pub fn take(&mut self, place: RecordPlace, key: &[u8], value: &[u8]) -> RecordKind {
        match &recognise(&self.form, key, value) {
            Recognised::Lines(record) => {
                self.look(place, record);
                self.recognised = self.recognised.saturating_add(1);
                RecordKind::Recognised
            }
            Recognised::Opaque => {
                self.carried = self.carried.saturating_add(1);
                RecordKind::Opaque
            }
        }
    }

    /// Records taken that have the form of the file.
    pub fn recognised(&self) -> u64 {
        self.recognised
    }

    /// Records taken that have not.
    pub fn carried(&self) -> u64 {
        self.carried
    }

    /// Puts what is kept of the records so far to where it stays, so that no
    /// more memory than that of [`Keeping`] is needed for it; more may follow.
    pub fn settle(&mut self) {
        self.hand_over_calendars();
        self.kept.settle();
    }

    /// Takes in the records that follow in the file.
    pub fn append(&mut self, mut after: Self) {
        after.hand_over_calendars();
        self.hand_over_calendars();
        let base = self.order();
        self.recognised = self.recognised.saturating_add(after.recognised);
        self.carried = self.carried.saturating_add(after.carried);
        for (mine, more) in self.shown.iter_mut().zip(after.shown) {
            mine.records = mine.records.saturating_add(more.records);
            let free = self.limit.saturating_sub(mine.cases.len());
            mine.cases
                .extend(more.cases.into_iter().take(free).map(|case| ShownCase {
                    order: case.order.saturating_add(base),
                    ..case
                }));
        }
        self.starts.append(&after.starts);
        self.kept.append(after.kept, base);
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// The number of the next record.
    fn order(&self) -> u64 {
        self.recognised.saturating_add(self.carried)
    }

    fn look(&mut self, place: RecordPlace, record: &Record<'_>) {
        let order = self.order();
        let calid = record.key().calid();
        let mut charset = None;
        match record.view() {
            View::Calendar(calendar) => {
                charset = calendar.charset();
                let (mut upper_case, mut cut_off) = (false, false);
                for ace in calendar.access() {
                    upper_case |= ace.is_upper_case();
                    cut_off |= ace.is_cut_off();
                }
                self.show(Check::UpperCaseAce, upper_case, place, record);
                self.show(Check::CutOffAce, cut_off, place, record);
            }
            View::Component(component) => {
                charset = component.charset();
                self.look_at_component(place, record, component);
            }
            View::Master(master) => {
                charset = master.charset();
                self.look_at_master(place, record, master);
            }
            View::Alarm(alarm) => self.look_at_alarm(place, record, alarm),
            View::QueueEntry(entry) => charset = entry.charset(),
            View::Deleted(entry) => charset = entry.charset(),
        }
        if let Some(calendar) = self.calendars.named(calid, place, order)
            && let View::Calendar(properties) = record.view()
        {
            calendar.without_owner |= !properties.has_owner();
            if let (CharsetCode::NONE, Some(charset)) = (calendar.charset, charset) {
                calendar.charset = CharsetCode::of(&charset.unfolded());
            }
        }
        if self.calendars.are_full() {
            self.hand_over_calendars();
        }
        self.look_at_bytes(place, record, charset);
    }

    fn hand_over_calendars(&mut self) {
        for calendar in self.calendars.take() {
            self.kept.push_calendar(&calendar);
        }
    }

    fn look_at_component(
        &mut self,
        place: RecordPlace,
        record: &Record<'_>,
        component: Component<'_, '_>,
    ) {
        self.show(Check::MissingUid, component.uid().is_none(), place, record);
        self.show(Check::Tombstone, component.is_tombstone(), place, record);
        self.show(Check::NoneText, component.has_none_text(), place, record);
        self.starts.count(component.start());
        let mut traits = Traits::COMPONENT;
        traits.add(Traits::RECURS, component.recurs());
        if has_unbounded(component.rules()) {
            traits.add(Traits::UNBOUNDED, true);
            self.show(Check::UnboundedRule, true, place, record);
        }
        if component.has_zero_alarm() {
            traits.add(Traits::ZERO_TRIGGER, true);
            self.show(Check::ZeroTrigger, true, place, record);
        }
        self.enter(place, record, component.uid(), component.rid(), traits);
    }

    fn look_at_master(&mut self, place: RecordPlace, record: &Record<'_>, master: Master<'_, '_>) {
        let mut traits = Traits::MASTER;
        if has_unbounded(master.rules()) {
            traits.add(Traits::UNBOUNDED, true);
            self.show(Check::UnboundedRule, true, place, record);
        }
        let rid = record.key().rid().map(Value::new);
        self.enter(place, record, master.uid(), rid, traits);
    }

    fn look_at_alarm(
        &mut self,
        place: RecordPlace,
        record: &Record<'_>,
        queued: QueuedAlarm<'_, '_>,
    ) {
        let alarm: Alarm<'_> = queued.alarm();
        let mut traits = Traits::ALARM;
        if alarm.is_zero() {
            traits.add(Traits::ZERO_TRIGGER, true);
            self.show(Check::ZeroTrigger, true, place, record);
        }
        self.enter(place, record, None, queued.rid().map(Value::new), traits);
    }

    /// Keeps the identity of a record: by its properties, or else by its key.
    fn enter(
        &mut self,
        place: RecordPlace,
        record: &Record<'_>,
        uid: Option<Value<'_>>,
        rid: Option<Value<'_>>,
        mut traits: Traits,
    ) {
        let key = record.key();
        let uid = uid.or_else(|| key.uid().map(Value::new));
        traits.add(Traits::NAMELESS, uid.is_none());
        traits.add(Traits::INSTANCE, rid.is_some());
        let uid = uid.unwrap_or_default().unfolded();
        let rid = rid.map(Value::unfolded);
        let identity = Identity::new(key.calid(), &uid, rid.as_deref(), &mut self.scratch);
        self.kept.push(Entry {
            identity,
            order: self.order(),
            page: place.page,
            slot: place.slot,
            traits,
            records: 0,
        });
    }

    fn look_at_bytes(
        &mut self,
        place: RecordPlace,
        record: &Record<'_>,
        charset: Option<Value<'_>>,
    ) {
        let declared = charset.filter(|charset| !charset.is_empty());
        let order = self.order();
        if let Some(charset) = declared {
            let odd = !charset::is_in(&charset.unfolded(), record);
            self.show(Check::NotInCharset, odd, place, record);
        } else if !self.is_in_default(record) {
            let properties = matches!(record.view(), View::Calendar(_));
            self.show(Check::NotInCharset, properties, place, record);
            if !properties {
                let valid_in = EncodingSet::of(record.not_plain());
                self.kept.push(Entry {
                    identity: Identity::of_undeclared(record.key().calid(), valid_in),
                    order,
                    page: place.page,
                    slot: place.slot,
                    traits: Traits::UNDECLARED,
                    records: 0,
                });
            }
        }
    }

    /// Whether a record is in the character set of those that declare none.
    fn is_in_default(&self, record: &Record<'_>) -> bool {
        match &self.form.value {
            ValueForm::ContentLines { charset } => charset::is_in(charset.as_bytes(), record),
            ValueForm::Opaque => true,
        }
    }

    /// Counts a record for a check, if it is a case of it.
    fn show(&mut self, check: Check, is_case: bool, place: RecordPlace, record: &Record<'_>) {
        if !is_case {
            return;
        }
        let order = self.order();
        if let Some(shown) = self.shown.get_mut(check as usize) {
            shown.add(order, place, record.key().whole(), self.limit);
        }
    }
}

fn has_unbounded(mut rules: Rules<'_>) -> bool {
    rules.any(|rule| !rule.is_bounded())
}
