//! A calendar: its name, its properties, and all its records.

use super::census::Census;
use super::component::{self, Kind, Outline};
use super::file::StoreFile;
use super::key;
use super::lines::Lines;
use super::plan::StorePlan;
use super::special::Special;
use super::text;
use super::time::{BASE, DAY, stamp};
use super::{deletelog, extra, queue};
use crate::rng::Rng;

/// A record on its way into a file.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) file: StoreFile,
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
    /// Put first and deleted in the end.
    pub(super) doomed: bool,
}

/// The records of a calendar, in the order they are put.
#[derive(Debug, Default)]
pub(super) struct CalendarRecords {
    pub(super) records: Vec<Placed>,
    pub(super) census: Census,
}

/// Who a calendar is and what all its records draw upon.
#[derive(Debug)]
pub(super) struct Calendar<'plan> {
    pub(super) plan: &'plan StorePlan,
    pub(super) index: u32,
    pub(super) calid: String,
    pub(super) owner: String,
    pub(super) zone: &'static str,
    pub(super) created: i64,
}

/// Kinds of calendars come round after this many.
const ROUND: u32 = 12;

impl<'plan> Calendar<'plan> {
    fn new(plan: &'plan StorePlan, index: u32, rng: &mut Rng) -> Self {
        let user = user(index / ROUND);
        let (calid, owner) = match index % ROUND {
            0 => (user.clone(), user),
            1 => (format!("{user}@example.com"), format!("{user}@example.com")),
            2 => (
                format!("{user}@example.com:work"),
                format!("{user}@example.com"),
            ),
            3 => (format!("{user}:family"), user),
            4 => {
                let room = format!("room-{:04}-rs@example.org", index / ROUND);
                (room.clone(), room)
            }
            5 => (
                format!("{user}@example.net:team_calendar"),
                format!("{user}@example.net"),
            ),
            6 => (format!("{user}2"), format!("{user}2")),
            7 => (format!("{user}@example.net"), format!("{user}@example.net")),
            8 => (format!("{user}:private"), user),
            // The calendar every server had from the start.
            9 if index == 9 => ("default".into(), "default".into()),
            9 => (
                format!("{user}3@example.com"),
                format!("{user}3@example.com"),
            ),
            10 => (
                format!("projector-{:04}@example.org", index / ROUND),
                "admin".into(),
            ),
            // Where the documented csmig puts a calendar that has no owner.
            _ => (format!("orphan:{user}"), "orphan".into()),
        };
        Self {
            plan,
            index,
            calid,
            owner,
            zone: text::zone(rng),
            created: BASE - i64::from(rng.below(1_500)) * DAY,
        }
    }

    /// The n-th kind of calendar of its round.
    fn kind(&self) -> u32 {
        self.index % ROUND
    }

    fn has_properties(&self) -> bool {
        self.kind() != 7 || !self.plan.has(Special::WithoutProperties)
    }

    fn is_resource(&self) -> bool {
        matches!(self.kind(), 4 | 10)
    }
}

/// Owners: `jdoe` first, then as many as are asked for.
fn user(number: u32) -> String {
    const USERS: [&str; 8] = [
        "jdoe",
        "lucy",
        "jjones",
        "tchang",
        "bkamdar",
        "jsmith",
        "amelie",
        "onakamura",
    ];
    let name = USERS[(number % 8) as usize];
    match number {
        0..8 => name.into(),
        8..100 => format!("{name}{number}"),
        // Of one width, so that no name is another's with a digit behind it.
        _ => format!("{name}-{number:06}"),
    }
}

/// All records of a calendar.
pub(super) fn compose(plan: &StorePlan, index: u32) -> CalendarRecords {
    let mut rng = Rng::new(plan.seed, u64::from(index));
    let calendar = Calendar::new(plan, index, &mut rng);
    let mut into = CalendarRecords::default();
    if calendar.has_properties() {
        properties(&calendar, &mut rng, &mut into);
    } else {
        into.census.calendars_without_properties += 1;
    }
    let mut deleted = Vec::new();
    let mut number = 0;
    while number < plan.components {
        let outlines = component::outlines(&calendar, number, &mut rng);
        for outline in &outlines {
            number += 1;
            let doomed = is_doomed(&calendar, outline);
            component::place(&calendar, outline, doomed, &mut rng, &mut into);
            if doomed {
                deleted.push(outline.clone());
            }
        }
    }
    queue::place(&calendar, &mut rng, &mut into);
    deletelog::place(&calendar, &deleted, &mut rng, &mut into);
    extra::place(&calendar, &mut into);
    into
}

/// With deletes every third calendar is emptied, so that whole pages come free,
/// and the others lose a component here and there. A series goes as a whole.
fn is_doomed(calendar: &Calendar<'_>, outline: &Outline) -> bool {
    calendar.plan.deletes && (empties(calendar) || outline.series % 7 == 4)
}

/// Whether the calendar loses all that can be deleted.
pub(super) fn empties(calendar: &Calendar<'_>) -> bool {
    calendar.plan.deletes && calendar.index % 3 == 1
}

fn properties(calendar: &Calendar<'_>, rng: &mut Rng, into: &mut CalendarRecords) {
    let (created, modified) = if calendar.calid == "default" {
        (0, 0)
    } else {
        let modified = calendar.created + i64::from(rng.below(400)) * DAY;
        (calendar.created, modified)
    };
    let mut lines = Lines::default();
    let mut add =
        |name: &str, value: &str| lines.add(format_args!("X-NSCP-CALPROPS-{name}"), value);
    add("LAST-MODIFIED", &stamp(modified));
    add("CREATED", &stamp(created));
    add("READ", "999");
    add("WRITE", "999");
    add("RELATIVE-CALID", &calendar.calid);
    // An empty name is legal: clients fall back to the calid.
    add(
        "NAME",
        if calendar.kind() == 6 {
            ""
        } else {
            text::name(rng)
        },
    );
    if rng.once_in(3) {
        add("DESCRIPTION", &text::prose(rng, 60));
    }
    add("LANGUAGE", "en");
    add("CHARSET", "UTF-8");
    add("PRIMARY-OWNER", &calendar.owner);
    if rng.once_in(4) {
        add("OWNERS", "lucy jjones");
    }
    add("CATEGORIES", text::category(rng));
    add("TZID", calendar.zone);
    let upper_case = calendar.index.is_multiple_of(4) && calendar.plan.has(Special::UpperCaseAce);
    for ace in access(calendar, upper_case) {
        add("ACCESS-CONTROL-ENTRY", ace);
        into.census.cut_off_aces += u64::from(ace.ends_with('^'));
    }
    into.census.upper_case_aces += u64::from(upper_case);
    add("RESOURCE", if calendar.is_resource() { "1" } else { "0" });
    let double = if calendar.is_resource() { "0" } else { "1" };
    lines.add("X-S1CS-CALPROPS-ALLOW-DOUBLEBOOKING", double);
    into.records.push(Placed {
        file: StoreFile::CalProps,
        key: key::join(&[&calendar.calid]),
        value: lines.into_bytes(),
        doomed: false,
    });
}

/// The documented sets of access control entries, in their order.
fn access(calendar: &Calendar<'_>, upper_case: bool) -> Vec<&'static str> {
    let mut entries = if upper_case {
        // As iPlanet 5 wrote them.
        vec!["@@o^c^WDEIC^g", "@@o^a^RSF^g"]
    } else if calendar.is_resource() {
        vec!["@@o^a^r^g", "@@o^c^wdeic^g", "@^a^rsf^g"]
    } else {
        vec!["@@o^a^r^g", "@@o^c^wdeic^g"]
    };
    match calendar.kind() {
        // Printed in a manual with its grant cut off.
        5 if calendar.plan.has(Special::CutOffAce) => entries.push("lucy^a^frs^"),
        8 => entries.push("@example.com^a^rsf^d"),
        _ => {}
    }
    if !calendar.is_resource() {
        entries.extend(["@^a^frs^g", "@^c^^g"]);
    }
    entries.push("@^p^r^g");
    entries
}

impl CalendarRecords {
    pub(super) fn push(&mut self, file: StoreFile, key: Vec<u8>, value: Lines, doomed: bool) {
        self.records.push(Placed {
            file,
            key,
            value: value.into_bytes(),
            doomed,
        });
    }
}

impl Kind {
    /// The file that holds components of this kind.
    pub(super) fn file(self) -> StoreFile {
        match self {
            Self::Event => StoreFile::Events,
            Self::Todo => StoreFile::Todos,
        }
    }
}
