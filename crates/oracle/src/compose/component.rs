//! Events and todos, alone or in series, with their alarms.

use super::calendar::{Calendar, CalendarRecords};
use super::file::StoreFile;
use super::key;
use super::lines::Lines;
use super::special::Special;
use super::text;
use super::time::{BASE, DAY, HOUR, date, stamp};
use crate::rng::Rng;

/// An event or a todo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Event,
    Todo,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Event => "VEVENT",
            Self::Todo => "VTODO",
        }
    }

    fn end_name(self) -> &'static str {
        match self {
            Self::Event => "DTEND",
            Self::Todo => "DUE",
        }
    }
}

/// What is special about a component. Each sort has fixed places, so that every
/// store of 12 calendars with 20 components has them all.
fn special_of(calendar: &Calendar<'_>, component: u32) -> Option<Special> {
    let index = calendar.index;
    let special = match component {
        3 if index % 4 == 1 => Special::LongText,
        5 if index % 6 == 2 => Special::LongKey,
        7 if index % 6 == 3 => Special::OrphanException,
        9 if index.is_multiple_of(3) => Special::Tombstone,
        12 if index.is_multiple_of(2) => Special::NoneTexts,
        13 if index % 6 == 5 => Special::ZeroTrigger,
        15 if index % 3 == 2 => Special::UnboundedRule,
        17 if index % 12 == 8 => Special::WithoutUid,
        _ => return None,
    };
    calendar.plan.has(special).then_some(special)
}

/// What several records tell of one component.
#[derive(Debug, Clone)]
pub(super) struct Outline {
    pub(super) kind: Kind,
    /// Number of the first component of its series (its own when alone).
    pub(super) series: u32,
    pub(super) uid: String,
    /// Recurrence id of an exception.
    pub(super) rid: Option<i64>,
    /// Rule of a master.
    pub(super) rule: Option<String>,
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) created: i64,
    special: Option<Special>,
}

impl Outline {
    pub(super) fn rid_text(&self) -> String {
        self.rid.map_or_else(|| key::NO_RID.into(), stamp)
    }

    /// The lines that say when the component is, and when it comes again.
    pub(super) fn add_times(&self, lines: &mut Lines) {
        lines.add("DTSTART", stamp(self.start));
        lines.add(self.kind.end_name(), stamp(self.end));
        self.add_rule(lines);
    }

    fn add_rule(&self, lines: &mut Lines) {
        if let Some(rule) = &self.rule {
            lines.add("RRULE", rule);
            lines.add("EXDATE", stamp(self.start + 21 * DAY));
        }
    }
}

/// The component of a number, or the series that begins with it, as long as the
/// calendar still has room.
pub(super) fn outlines(calendar: &Calendar<'_>, number: u32, rng: &mut Rng) -> Vec<Outline> {
    let special = special_of(calendar, number);
    let kind = if rng.once_in(4) {
        Kind::Todo
    } else {
        Kind::Event
    };
    let start =
        BASE + i64::from(rng.below(730)) * DAY + i64::from(rng.below(20)) * HOUR / 2 + 7 * HOUR;
    let created = start - i64::from(1 + rng.below(60)) * DAY;
    let plain = Outline {
        kind,
        series: number,
        uid: uid(calendar, number, created, special, rng),
        rid: None,
        rule: None,
        start,
        end: start + i64::from(1 + rng.below(6)) * HOUR / 2,
        created,
        special,
    };
    match special {
        Some(Special::OrphanException) => vec![Outline {
            rid: Some(start - 2 * HOUR),
            ..plain
        }],
        Some(Special::UnboundedRule) => vec![Outline {
            rule: Some("FREQ=WEEKLY;INTERVAL=1".into()),
            ..plain
        }],
        None if rng.once_in(8) => series(plain, room(calendar, number), rng),
        _ => vec![plain],
    }
}

/// How many instances may follow the master of this number: as many as the
/// calendar has room for, and none in the place of a special component.
fn room(calendar: &Calendar<'_>, number: u32) -> u32 {
    let free = (number + 1..calendar.plan.components)
        .take_while(|&next| special_of(calendar, next).is_none())
        .take(3);
    u32::try_from(free.count()).expect("at most three")
}

/// A master and a few moved instances of it.
fn series(plain: Outline, room: u32, rng: &mut Rng) -> Vec<Outline> {
    let count = 8 + rng.below(40);
    let exceptions = rng.below(4).min(room);
    let master = Outline {
        rule: Some(format!("FREQ=WEEKLY;COUNT={count}")),
        ..plain
    };
    let moved = |week: u32| {
        let offset = i64::from(week) * 7 * DAY;
        Outline {
            rid: Some(master.start + offset),
            rule: None,
            start: master.start + offset + HOUR,
            end: master.end + offset + HOUR,
            ..master.clone()
        }
    };
    let exceptions: Vec<_> = (1..=exceptions).map(moved).collect();
    let mut all = vec![master];
    all.extend(exceptions);
    all
}

/// Uids in the two documented shapes: 32 hexadecimal digits (creation time, a
/// word, a counter, a process), and the same padded to 64 on the left.
fn uid(
    calendar: &Calendar<'_>,
    number: u32,
    created: i64,
    special: Option<Special>,
    rng: &mut Rng,
) -> String {
    let word = rng.word();
    match special {
        Some(Special::WithoutUid) => return String::new(),
        // A client may bring any uid.
        Some(Special::LongKey) => {
            let size = calendar.plan.page_size as usize / 4 + 200;
            return format!("{number:08x}-brought-by-a-client-")
                .chars()
                .cycle()
                .take(size)
                .collect();
        }
        _ => {}
    }
    let process = 0x10b7 + calendar.index / 16;
    let short = format!("{created:08x}{word:08x}{number:08x}{process:08x}");
    if calendar.index.is_multiple_of(3) {
        short
    } else {
        format!("{short:0>64}")
    }
}

/// The records of a component: itself, its alarm, and a master's entry among
/// the recurring.
pub(super) fn place(
    calendar: &Calendar<'_>,
    outline: &Outline,
    doomed: bool,
    rng: &mut Rng,
    into: &mut CalendarRecords,
) {
    let rid = outline.rid_text();
    let alarm = alarm(outline, rng);
    let mail = format!("{}@mail.example.com", calendar.owner.replace('@', "."));
    let hidden = rng.once_in(6);
    let value = Lines::component(outline.kind.name(), |lines| {
        describe(calendar, outline, hidden, &mail, rng, lines);
        if let Some(trigger) = &alarm {
            lines.nested("VALARM", |lines| add_alarm(lines, trigger, &mail));
        }
    });
    let identity = [calendar.calid.as_str(), &outline.uid, &rid];
    into.push(outline.kind.file(), key::join(&identity), value, doomed);

    if let Some(trigger) = &alarm {
        let [calid, uid, rid] = identity;
        let key = key::join(&[calid, uid, rid, "1"]);
        let value = Lines::component("VALARM", |lines| add_alarm(lines, trigger, &mail));
        into.push(StoreFile::Alarms, key, value, doomed);
    }
    if outline.rule.is_some() {
        let value = Lines::component(outline.kind.name(), |lines| {
            lines.add("UID", &outline.uid);
            outline.add_times(lines);
        });
        into.push(StoreFile::Recurring, key::join(&identity), value, doomed);
    }
    if !doomed {
        count(outline, hidden, into);
    }
}

fn count(outline: &Outline, hidden: bool, into: &mut CalendarRecords) {
    let census = &mut into.census;
    census.hidden += u64::from(hidden);
    census.masters += u64::from(outline.rule.is_some());
    census.exceptions += u64::from(outline.rid.is_some());
    match outline.special {
        Some(Special::LongText) => census.long_components += 1,
        Some(Special::LongKey) => census.long_keys += 1,
        Some(Special::OrphanException) => census.orphan_exceptions += 1,
        Some(Special::Tombstone) => census.tombstones += 1,
        Some(Special::NoneTexts) => census.none_texts += 1,
        Some(Special::ZeroTrigger) => census.zero_triggers += 1,
        Some(Special::UnboundedRule) => census.unbounded_rules += 1,
        Some(Special::WithoutUid) => census.without_uid += 1,
        _ => {}
    }
}

/// When the alarm of a component goes off, if it has one.
fn alarm(outline: &Outline, rng: &mut Rng) -> Option<String> {
    let before = i64::from(1 + rng.below(4)) * 900;
    if outline.special == Some(Special::ZeroTrigger) {
        Some(stamp(0))
    } else {
        rng.once_in(3).then(|| stamp(outline.start - before))
    }
}

fn add_alarm(lines: &mut Lines, trigger: &str, mail: &str) {
    lines.add("ACTION", "EMAIL");
    lines.add("TRIGGER;VALUE=DATE-TIME", trigger);
    lines.add("ATTENDEE", format_args!("MAILTO:{mail}"));
}

fn describe(
    calendar: &Calendar<'_>,
    outline: &Outline,
    hidden: bool,
    mail: &str,
    rng: &mut Rng,
    lines: &mut Lines,
) {
    let modified = outline.created + i64::from(rng.below(20)) * HOUR;
    if outline.special != Some(Special::WithoutUid) {
        lines.add("UID", &outline.uid);
    }
    lines.add_some("RECURRENCE-ID", outline.rid.map(stamp));
    lines.add("DTSTAMP", stamp(modified));
    lines.add("SUMMARY", text::summary(rng));
    if outline.rule.is_none() && outline.rid.is_none() && rng.once_in(15) {
        // All day: dates, while the zones and the original start below stay.
        lines.add("DTSTART;VALUE=DATE", date(outline.start));
        let end = format!("{};VALUE=DATE", outline.kind.end_name());
        lines.add(end, date(outline.start + DAY));
    } else {
        outline.add_times(lines);
    }
    lines.add("CREATED", stamp(outline.created));
    lines.add("LAST-MODIFIED", stamp(modified));
    lines.add("PRIORITY", if rng.once_in(3) { 5 } else { 0 });
    lines.add("SEQUENCE", rng.below(4));
    let class = match hidden {
        true if rng.once_in(3) => "CONFIDENTIAL",
        true => "PRIVATE",
        false => "PUBLIC",
    };
    lines.add("CLASS", class);
    add_progress(outline.kind, modified, rng, lines);
    if rng.once_in(2) {
        lines.add("CATEGORIES", text::category(rng));
    }
    add_texts(calendar, outline, rng, lines);
    if rng.once_in(20) {
        lines.add("ATTACH", "http://www.example.com/minutes.html");
    }
    add_people(calendar, mail, rng, lines);

    lines.add(
        "X-NSCP-ORIGINAL-DTSTART",
        stamp(outline.rid.unwrap_or(outline.start)),
    );
    lines.add("X-NSCP-DTSTART-TZID", calendar.zone);
    let end_zone = format!("X-NSCP-{}-TZID", outline.kind.end_name());
    lines.add(end_zone, calendar.zone);
    lines.add("X-NSCP-LANGUAGE", "en");
    let tombstone = outline.special == Some(Special::Tombstone);
    lines.add("X-NSCP-TOMBSTONE", u8::from(tombstone));
    lines.add("X-NSCP-ONGOING", 0);
}

fn add_progress(kind: Kind, modified: i64, rng: &mut Rng, lines: &mut Lines) {
    match kind {
        Kind::Event => {
            lines.add(
                "STATUS",
                rng.pick(&["CONFIRMED", "CONFIRMED", "TENTATIVE", "CANCELLED"]),
            );
            lines.add("TRANSP", rng.pick(&["OPAQUE", "OPAQUE", "TRANSPARENT"]));
        }
        Kind::Todo if rng.once_in(3) => {
            lines.add("STATUS", "COMPLETED");
            lines.add("PERCENT-COMPLETE", 100);
            lines.add("COMPLETED", stamp(modified));
        }
        Kind::Todo => {
            lines.add("STATUS", "NEEDS-ACTION");
            lines.add("PERCENT-COMPLETE", rng.below(10) * 10);
            // What the server says of a todo that is not done.
            lines.add("COMPLETED", 0);
        }
    }
}

fn add_texts(calendar: &Calendar<'_>, outline: &Outline, rng: &mut Rng, lines: &mut Lines) {
    if outline.special == Some(Special::NoneTexts) {
        lines.add("LOCATION", "<NONE>");
        lines.add("DESCRIPTION", "<NONE>");
        return;
    }
    lines.add("LOCATION", text::place(rng));
    if outline.special == Some(Special::LongText) {
        let pages = calendar.plan.page_size as usize * 3;
        lines.add("DESCRIPTION", text::prose(rng, pages + 500));
    } else if rng.once_in(3) {
        let size = 20 + rng.below(500) as usize;
        lines.add("DESCRIPTION", text::prose(rng, size));
    }
}

fn add_people(calendar: &Calendar<'_>, mail: &str, rng: &mut Rng, lines: &mut Lines) {
    let owner = &calendar.owner;
    let organizer = format!(
        "ORGANIZER;CN=\"{}\";X-NSCP-ORGANIZER-UID={owner};X-NSCP-ORGANIZER-SENT-BY-UID={owner};\
         SENT-BY=\"{mail}\";X-S1CS-EMAIL={mail}",
        text::name(rng),
    );
    lines.add(organizer, &calendar.calid);
    let invited = rng.once_in(4);
    let guests = match rng.below(40) {
        0 => 12 + rng.below(20),
        few => few % 4,
    };
    for guest in 0..if invited { guests } else { 0 } {
        let state = rng.pick(&["ACCEPTED", "NEEDS-ACTION", "DECLINED", "TENTATIVE"]);
        let attendee = format!(
            "ATTENDEE;ROLE=REQ-PARTICIPANT;CUTYPE=INDIVIDUAL;PARTSTAT={state};CN=\"{}\";\
             RSVP=TRUE;X-NSCP-ATTENDEE-GSE-STATUS=2",
            text::name(rng),
        );
        lines.add(attendee, format_args!("mailto:guest{guest}@example.net"));
    }
    lines.add("X-NSCP-ORGANIZER-EMAIL", mail);
    let (comment, state) = if invited {
        ("REQUEST-WAITFORREPLY", 0x2_0002)
    } else {
        ("PUBLISH-COMPLETED", 0x1_0002)
    };
    lines.add(
        format_args!("X-NSCP-GSE-COMPONENT-STATE;X-NSCP-GSE-COMMENT=\"{comment}\""),
        state,
    );
}
