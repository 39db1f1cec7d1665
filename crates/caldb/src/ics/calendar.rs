//! The text of a calendar, from its records in order.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::alarm::AlarmText;
use super::charset::Charset;
use super::component::ComponentText;
use super::known::Within;
use super::line::ContentLine;
use super::property::{Gathered, Properties};
use super::rules::{Applied, Tally};
use super::zone;
use crate::files::Role;
use crate::record::Record;
use crate::record::content_line::nesting::{Step, Steps};
use crate::record::content_line::{Line, Lines, Value};
use crate::record::fields::Field;
use crate::record::form::Identifier;
use crate::record::recognise::Kind;

/// What made the text, as RFC 5545 wants it said.
const PRODUCT: &str = concat!(
    "-//csmigrate//csmigrate ",
    env!("CARGO_PKG_VERSION"),
    "//EN"
);

/// Where a record stands among all that are written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its calendar, which has no NUL in it.
    pub calid: Vec<u8>,
    /// Its place in the calendar, compared bytewise.
    pub within: Vec<u8>,
}

/// The place of a record, by which records are to be sorted; `None` of one that
/// is no content of a calendar, or does not tell of which.
pub fn place(record: &Record<'_>) -> Option<Place> {
    let section = match record.role() {
        Role::CalendarProperties => b'0',
        Role::Recurring => b'1',
        Role::Events => b'2',
        Role::Todos => b'3',
        Role::Journals => b'4',
        Role::Alarms => b'5',
        Role::SchedulingQueue | Role::DeleteLog | Role::VersionIdentifier => return None,
    };
    let own = record.field(Field::CalendarId).map(Value::unfolded);
    let calid = match record.key().calid() {
        [] => own.unwrap_or_default().into_owned(),
        calid => calid.to_vec(),
    };
    if calid.is_empty() || calid.contains(&0) {
        return None;
    }
    let mut within = Vec::new();
    if section == b'0' {
        within.push(section);
    } else {
        let (uid, rid) = identity(record);
        within.push(b'1');
        for part in [uid, rid] {
            within.extend_from_slice(&part);
            within.push(0);
        }
        within.push(section);
    }
    Some(Place { calid, within })
}

/// What names a component in its calendar, and all that belongs to it.
type Identity = (Vec<u8>, Vec<u8>);

fn identity(record: &Record<'_>) -> Identity {
    let key = record.key();
    let uid = match key.uid() {
        Some(uid) => uid.to_vec(),
        None => record
            .field(Field::Uid)
            .map_or_else(Vec::new, |uid| uid.unfolded().into_owned()),
    };
    (uid, key.part(Identifier::Rid).to_vec())
}

/// Writes the text of a calendar from its records, given in the order of their
/// [`place`]s. Beside the record at hand it holds no more than a hash of each
/// alarm of a component.
#[derive(Debug)]
pub struct CalendarText<W> {
    out: W,
    calid: String,
    /// What the calendar declares.
    declared: Option<Charset>,
    /// That of the record at hand, where it declares none.
    charset: Charset,
    begun: bool,
    gathered: Gathered,
    zone: Option<String>,
    group: Group,
}

/// What was met of one identity.
#[derive(Debug, Default)]
struct Group {
    identity: Option<Identity>,
    /// Master entries, at most one of each kind.
    masters: Vec<Master>,
    /// Components met, also those that are not written.
    components: u64,
    open: Option<Open>,
    alarms: BTreeSet<u128>,
}

/// A master entry as text, in case that no component comes.
#[derive(Debug)]
struct Master {
    component: ComponentText,
    gathered: Gathered,
    repeated: bool,
}

/// The component whose end is not written yet.
#[derive(Debug)]
struct Open {
    name: &'static str,
    title: String,
    charset: Charset,
}

impl<W: Write> CalendarText<W> {
    /// Begins the text of a calendar.
    pub fn begin(out: W, calid: &[u8]) -> Self {
        Self {
            out,
            calid: String::from_utf8_lossy(calid).into_owned(),
            declared: None,
            charset: Charset::of([]),
            begun: false,
            gathered: Gathered::default(),
            zone: None,
            group: Group::default(),
        }
    }

    /// Takes a record. Gives the rule by which it is left out, where it is.
    /// `charset` is the character set of a record of its file that declares
    /// none, nor its calendar.
    ///
    /// # Errors
    /// What `out` cannot take.
    pub fn add(&mut self, record: &Record<'_>, charset: &str) -> io::Result<Option<Applied>> {
        let of_file = || Charset::of([charset.as_bytes()]);
        self.charset = self.declared.unwrap_or_else(of_file);
        if record.role() == Role::CalendarProperties {
            self.properties(record)?;
            return Ok(None);
        }
        self.begin_calendar(None)?;
        let identity = identity(record);
        if self.group.identity.as_ref() != Some(&identity) {
            self.end_group()?;
            self.group.identity = Some(identity);
        }
        match record.role() {
            Role::Events | Role::Todos | Role::Journals => self.component(record),
            Role::Recurring => {
                self.master(record);
                Ok(None)
            }
            Role::Alarms => self.alarm(record),
            _ => Ok(None),
        }
    }

    /// Ends the text. Gives back what it was written to, and what became of the
    /// records.
    ///
    /// # Errors
    /// What `out` cannot take.
    pub fn finish(mut self) -> io::Result<(W, Tally)> {
        self.begin_calendar(None)?;
        self.end_group()?;
        let mut zones = std::mem::take(&mut self.gathered.zones);
        if self.gathered.tally.components() == 0 {
            self.gathered.tally.add(Applied::EmptyCalendar);
            let zone = self.zone.as_deref().and_then(zone::known);
            zones.insert(zone.unwrap_or_else(|| "UTC".to_owned()));
        }
        let mut text = Vec::new();
        for zone in &zones {
            zone::define(zone, &mut text);
            self.gathered.tally.add(Applied::Zone);
        }
        self.out.write_all(&text)?;
        self.out.write_all(b"END:VCALENDAR\r\n")?;
        Ok((self.out, self.gathered.tally))
    }

    /// The lines before the first component.
    fn begin_calendar(&mut self, name: Option<String>) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        let name = name.filter(|name| !name.is_empty());
        let mut text = Vec::new();
        let head = [
            ("BEGIN", "VCALENDAR"),
            ("VERSION", "2.0"),
            ("PRODID", PRODUCT),
            ("CALSCALE", "GREGORIAN"),
        ];
        for (name, value) in head {
            ContentLine::new(name).raw(value).print(&mut text);
        }
        let name = name.unwrap_or_else(|| self.calid.clone());
        ContentLine::new("X-WR-CALNAME")
            .text(&name)
            .print(&mut text);
        ContentLine::new("X-WR-RELCALID")
            .text(&self.calid)
            .print(&mut text);
        self.out.write_all(&text)
    }

    /// The properties of the calendar.
    fn properties(&mut self, record: &Record<'_>) -> io::Result<()> {
        let field = |field| record.field(field);
        let declared = field(Field::CalendarCharset);
        if let Some(declared) = declared.and_then(|it| Charset::declared(&it.unfolded())) {
            self.declared = Some(declared);
            self.charset = declared;
        }
        let text = |it: Value<'_>| self.charset.decode(&it.text()).0;
        let name = field(Field::CalendarName).map(text);
        let beside = [
            ("X-WR-CALDESC", field(Field::CalendarDescription).map(text)),
            ("X-WR-TIMEZONE", field(Field::CalendarZone).map(text)),
        ];
        let first = !self.begun;
        self.begin_calendar(name)?;
        let mut lines = Vec::new();
        if first {
            for (name, value) in &beside {
                if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
                    ContentLine::new(name).text(value).print(&mut lines);
                }
            }
            self.zone = beside.into_iter().last().and_then(|(_, zone)| zone);
        }
        let mut properties = Properties::new(Within::CALENDAR, self.charset, None);
        for property in Lines::new(record.value()).filter_map(Line::property) {
            if let Some(written) = properties.take(&property, &mut self.gathered) {
                written.line.print(&mut lines);
            }
        }
        self.out.write_all(&lines)
    }

    fn component(&mut self, record: &Record<'_>) -> io::Result<Option<Applied>> {
        self.close()?;
        self.group.components = self.group.components.saturating_add(1);
        let kind = record.kind();
        let masters = self.group.masters.iter_mut();
        let mut masters = masters.filter(|master| Some(master.component.kind) == kind);
        let master = masters.next().map(|master| {
            master.repeated = true;
            &master.component
        });
        if record.field(Field::Tombstone).is_some_and(|it| it.is(b"1")) {
            self.gathered.tally.add(Applied::Tombstone);
            return Ok(Some(Applied::Tombstone));
        }
        let component = ComponentText::of(record, self.charset, master, &mut self.gathered);
        match component {
            Some(component) => {
                self.open(component)?;
                Ok(None)
            }
            None => Ok(Some(Applied::NoStart)),
        }
    }

    /// Keeps a master entry until it is known whether its component is there.
    fn master(&mut self, record: &Record<'_>) {
        let mut gathered = Gathered::default();
        let component = ComponentText::of(record, self.charset, None, &mut gathered);
        let masters = &mut self.group.masters;
        match component {
            Some(component) => {
                if masters.iter().any(|it| it.component.kind == component.kind) {
                    self.gathered.tally.add(Applied::MasterRepeats);
                    return;
                }
                masters.push(Master {
                    component,
                    gathered,
                    repeated: false,
                });
            }
            None => self.gathered.append(gathered),
        }
    }

    fn alarm(&mut self, record: &Record<'_>) -> io::Result<Option<Applied>> {
        if self.group.components == 0 && self.group.masters.len() == 1 {
            self.open_masters()?;
        }
        let charset = self
            .group
            .open
            .as_ref()
            .map_or(self.charset, |open| open.charset);
        let mut alarm = AlarmText::new(charset);
        let mut gathered = Gathered::default();
        for step in Steps::new(record.value()).flatten() {
            if let Step::Property { property, depth: 1 } = step {
                alarm.take(&property, &mut gathered);
            }
        }
        let title = self
            .group
            .open
            .as_ref()
            .map_or("", |open| open.title.as_str());
        let Some(finished) = alarm.finish(title, &mut gathered) else {
            let left_out = if gathered.tally.count(Applied::ZeroAlarm) > 0 {
                Applied::ZeroAlarm
            } else {
                Applied::AlarmWithoutTrigger
            };
            self.gathered.append(gathered);
            return Ok(Some(left_out));
        };
        let left_out = if self.group.alarms.contains(&finished.hash) {
            Some(Applied::AlarmRepeats)
        } else if self.group.components != 1 || self.group.open.is_none() {
            Some(Applied::AlarmAlone)
        } else {
            None
        };
        if let Some(left_out) = left_out {
            self.gathered.tally.add(left_out);
            return Ok(Some(left_out));
        }
        self.group.alarms.insert(finished.hash);
        self.gathered.append(gathered);
        self.gathered.tally.add(Applied::QueuedAlarm);
        self.out.write_all(&finished.text)?;
        Ok(None)
    }

    /// Writes a component but for its end.
    fn open(&mut self, component: ComponentText) -> io::Result<()> {
        self.close()?;
        let tally = &mut self.gathered.tally;
        let count = match component.kind {
            Kind::Todo => &mut tally.todos,
            Kind::Journal => &mut tally.journals,
            Kind::Event | Kind::Alarm | Kind::FreeBusy => &mut tally.events,
        };
        *count = count.saturating_add(1);
        if component.starts_utc && !component.rules.is_empty() {
            tally.add(Applied::Times);
        }
        self.out.write_all(&component.text)?;
        self.group.alarms.extend(&component.alarms);
        self.group.open = Some(Open {
            name: component.name(),
            title: component.title,
            charset: component.charset,
        });
        Ok(())
    }

    /// Writes the end of the component that has none yet.
    fn close(&mut self) -> io::Result<()> {
        let Some(open) = self.group.open.take() else {
            return Ok(());
        };
        self.out.write_all(b"END:")?;
        self.out.write_all(open.name.as_bytes())?;
        self.out.write_all(b"\r\n")
    }

    /// Writes the master entries that no component repeats.
    fn open_masters(&mut self) -> io::Result<()> {
        for master in std::mem::take(&mut self.group.masters) {
            if master.repeated {
                self.gathered.tally.add(Applied::MasterRepeats);
                continue;
            }
            self.gathered.append(master.gathered);
            self.gathered.tally.add(Applied::MasterAlone);
            self.group.components = self.group.components.saturating_add(1);
            self.open(master.component)?;
        }
        Ok(())
    }

    /// Nothing more comes of the identity.
    fn end_group(&mut self) -> io::Result<()> {
        self.open_masters()?;
        self.close()?;
        self.group = Group::default();
        Ok(())
    }
}
