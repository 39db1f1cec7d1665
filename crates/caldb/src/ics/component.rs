//! An event, a todo, a journal.

use xxhash_rust::xxh3::xxh3_128;

use super::alarm::AlarmText;
use super::charset::Charset;
use super::known::Within;
use super::line::ContentLine;
use super::property::{Gathered, Properties};
use super::rules::Applied;
use super::value;
use crate::record::Record;
use crate::record::content_line::nesting::{Step, Steps};
use crate::record::content_line::{Line, Lines};
use crate::record::fields::Field;
use crate::record::recognise::Kind;

/// The names of the properties by which a series comes again.
const RULES: [&str; 4] = ["RRULE", "RDATE", "EXRULE", "EXDATE"];

/// A component as text, without its end: alarms may follow.
#[derive(Debug)]
pub(super) struct ComponentText {
    pub(super) kind: Kind,
    /// From `BEGIN` on, alarms included.
    pub(super) text: Vec<u8>,
    /// The lines of its rules, which are in the text too.
    pub(super) rules: Vec<u8>,
    /// Whether its start is a UTC time.
    pub(super) starts_utc: bool,
    /// The hashes of its alarms.
    pub(super) alarms: Vec<u128>,
    /// Its title, for alarms that have none.
    pub(super) title: String,
    pub(super) charset: Charset,
}

impl ComponentText {
    /// What its component is called.
    pub(super) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Todo => "VTODO",
            Kind::Journal => "VJOURNAL",
            Kind::Event | Kind::Alarm | Kind::FreeBusy => "VEVENT",
        }
    }

    /// A record of a component as text; `None` where RFC 5545 has no way to
    /// write it. `calendar` is the character set of what declares none;
    /// `master` has the rules of what has none.
    pub(super) fn of(
        record: &Record<'_>,
        calendar: Charset,
        master: Option<&Self>,
        gathered: &mut Gathered,
    ) -> Option<Self> {
        let declared = record.field(Field::Charset);
        let declared = declared.and_then(|label| Charset::declared(&label.unfolded()));
        let charset = declared.unwrap_or(calendar);
        let within = match record.kind()? {
            Kind::Event => Within::EVENT,
            Kind::Todo => Within::TODO,
            Kind::Journal => Within::JOURNAL,
            Kind::Alarm | Kind::FreeBusy => return None,
        };
        let title = record.field(Field::Summary);
        let mut component = Self {
            kind: record.kind()?,
            text: Vec::new(),
            rules: Vec::new(),
            starts_utc: false,
            alarms: Vec::new(),
            title: title.map_or_else(String::new, |title| charset.decode(&title.text()).0),
            charset,
        };
        // What says when it ends has no length too.
        let ends = ["DTEND", "DUE"].iter().any(|end| has(record, end));
        let mut properties = Properties::new(within, charset, organizer_mail(record, charset))
            .without(ends.then_some("DURATION"));
        component.add(&ContentLine::new("BEGIN").raw(component.name()));
        let mut alarms = Vec::new();
        let mut alarm: Option<AlarmText> = None;
        for step in Steps::new(record.value()).flatten() {
            match step {
                Step::Property { property, depth: 1 } => {
                    if let Some(written) = properties.take(&property, gathered) {
                        written.line.print(&mut component.text);
                        if RULES.contains(&written.name.as_str()) {
                            written.line.print(&mut component.rules);
                        }
                        component.starts_utc |=
                            written.name == "DTSTART" && written.value.ends_with('Z');
                    }
                }
                Step::Begin { kind, depth: 1, .. } => {
                    if kind.is_ignoring_case(b"VALARM") {
                        alarm = Some(AlarmText::new(charset));
                    } else {
                        gathered.tally.add(Applied::Inner);
                    }
                }
                Step::Property { property, depth: 2 } => {
                    if let Some(alarm) = &mut alarm {
                        alarm.take(&property, gathered);
                    }
                }
                Step::End { depth: 1 } => alarms.extend(alarm.take()),
                Step::Begin { depth: 2, .. } => gathered.tally.add(Applied::Inner),
                Step::Begin { .. } | Step::Property { .. } | Step::End { .. } => {}
            }
        }
        component.complete(record, &properties, gathered)?;
        if let Some(master) = master
            && component.rules.is_empty()
            && !properties.has("RECURRENCE-ID")
            && !master.rules.is_empty()
        {
            gathered.tally.add(Applied::MasterRules);
            component.text.extend_from_slice(&master.rules);
            component.rules.clone_from(&master.rules);
        }
        for alarm in alarms {
            component.add_alarm(alarm, gathered);
        }
        Some(component)
    }

    /// Adds an alarm, if it is one.
    fn add_alarm(&mut self, alarm: AlarmText, gathered: &mut Gathered) {
        if let Some(finished) = alarm.finish(&self.title, gathered) {
            self.alarms.push(finished.hash);
            self.text.extend_from_slice(&finished.text);
        }
    }

    /// Adds what RFC 5545 demands and the record has not.
    fn complete(
        &mut self,
        record: &Record<'_>,
        properties: &Properties,
        gathered: &mut Gathered,
    ) -> Option<()> {
        let tally = &mut gathered.tally;
        if self.kind == Kind::Event && !properties.has("DTSTART") {
            tally.add(Applied::NoStart);
            return None;
        }
        if !properties.has("UID") {
            tally.add(Applied::Uid);
            let uid = match record.key().uid() {
                Some(uid) => self.charset.decode(uid).0,
                None => made_uid(record),
            };
            self.add(&ContentLine::new("UID").text(&uid));
        }
        if !properties.has("DTSTAMP") {
            tally.add(Applied::Stamp);
            let times = [Field::LastModified, Field::Created].into_iter();
            let times = times.filter_map(|field| record.field(field));
            let mut times = times.map(|time| self.charset.decode(&time.unfolded()).0);
            let stamp = times.find(|time| value::time(time) == Some(value::Time::Utc));
            let stamp = stamp.unwrap_or_else(|| "19700101T000000Z".to_owned());
            self.add(&ContentLine::new("DTSTAMP").raw(&stamp));
        }
        if let Some(rid) = record.key().rid()
            && !properties.has("RECURRENCE-ID")
        {
            // A key has a UTC time or nothing.
            let rid = self.charset.decode(rid).0;
            self.add(&ContentLine::new("RECURRENCE-ID").raw(&rid));
        }
        Some(())
    }

    fn add(&mut self, line: &ContentLine) {
        line.print(&mut self.text);
    }
}

/// A UID for a component that has none: the same of the same record.
fn made_uid(record: &Record<'_>) -> String {
    let mut bytes = record.key().calid().to_vec();
    bytes.push(0);
    bytes.extend_from_slice(record.value());
    format!("csmigrate-{:032x}", xxh3_128(&bytes))
}

/// The address of the organizer, where a property of its own has it.
fn organizer_mail(record: &Record<'_>, charset: Charset) -> Option<String> {
    let mut properties = Lines::new(record.value()).filter_map(Line::property);
    let mail = properties.find(|property| property.is("X-NSCP-ORGANIZER-EMAIL"))?;
    Some(charset.decode(&mail.value().unfolded()).0)
}

/// Whether a component has a property.
fn has(record: &Record<'_>, name: &str) -> bool {
    Steps::new(record.value())
        .flatten()
        .any(|step| matches!(step, Step::Property { property, depth: 1 } if property.is(name)))
}
