//! An alarm within its component.

use xxhash_rust::xxh3::xxh3_128;

use super::charset::Charset;
use super::known::Within;
use super::line::ContentLine;
use super::property::{Gathered, Properties, Written};
use super::rules::Applied;
use crate::record::content_line::Property;
use crate::record::view::time;

/// An alarm whose lines are taken one by one.
#[derive(Debug)]
pub(super) struct AlarmText {
    properties: Properties,
    lines: Vec<Written>,
}

/// An alarm that can be written.
#[derive(Debug)]
pub(super) struct FinishedAlarm {
    /// Its lines, with `BEGIN` and `END`.
    pub(super) text: Vec<u8>,
    /// A hash of what its record says: equal of equal alarms.
    pub(super) hash: u128,
}

impl AlarmText {
    pub(super) fn new(charset: Charset) -> Self {
        Self {
            properties: Properties::new(Within::ALARM, charset, None),
            lines: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, property: &Property<'_>, gathered: &mut Gathered) {
        self.lines.extend(self.properties.take(property, gathered));
    }

    /// The alarm of a component of this title, unless it is none.
    pub(super) fn finish(mut self, title: &str, gathered: &mut Gathered) -> Option<FinishedAlarm> {
        let tally = &mut gathered.tally;
        let names = ["TRIGGER", "X-TRIGGER"];
        let trigger = self
            .lines
            .iter()
            .find(|line| names.contains(&line.name.as_str()));
        if trigger.is_some_and(|trigger| time::is_zero(trigger.value.as_bytes())) {
            tally.add(Applied::ZeroAlarm);
            return None;
        }
        if !self.properties.has("TRIGGER") {
            tally.add(Applied::AlarmWithoutTrigger);
            return None;
        }
        self.lines.sort_by(|one, other| one.name.cmp(&other.name));
        let mut said = Vec::new();
        for line in &self.lines {
            said.extend_from_slice(line.line.unfolded().as_bytes());
            said.push(b'\n');
        }
        let action = self.action();
        if action.is_none() {
            tally.add(Applied::AlarmAction);
            self.lines.retain(|line| line.name != "ACTION");
            self.lines
                .push(added("ACTION", ContentLine::new("ACTION").raw("DISPLAY")));
        }
        let wanted: &[&str] = match action.as_deref() {
            None | Some("DISPLAY") => &["DESCRIPTION"],
            Some("EMAIL") => &["DESCRIPTION", "SUMMARY"],
            Some(_) => &[],
        };
        let mut lacks = false;
        for name in wanted {
            if !self.properties.has(name) {
                lacks = true;
                let title = if title.is_empty() { "Alarm" } else { title };
                self.lines
                    .push(added(name, ContentLine::new(name).text(title)));
            }
        }
        if lacks {
            tally.add(Applied::AlarmText);
        }
        // Each of the two means nothing without the other.
        if self.properties.has("REPEAT") != self.properties.has("DURATION") {
            let lone = |line: &&mut Written| ["REPEAT", "DURATION"].contains(&line.name.as_str());
            for line in self.lines.iter_mut().filter(lone) {
                tally.add(Applied::Renamed);
                line.line = ContentLine::new(&format!("X-{}", line.name)).text(&line.value);
            }
        }
        tally.alarms = tally.alarms.saturating_add(1);
        Some(FinishedAlarm {
            text: self.printed(),
            hash: xxh3_128(&said),
        })
    }

    /// What it does; `None` where it does not say, or says it of nobody.
    fn action(&self) -> Option<String> {
        let action = self.lines.iter().find(|line| line.name == "ACTION")?;
        let action = action.value.to_ascii_uppercase();
        let nobody = action == "EMAIL" && !self.properties.has("ATTENDEE");
        (!nobody).then_some(action)
    }

    fn printed(&self) -> Vec<u8> {
        let mut text = Vec::new();
        text.extend_from_slice(b"BEGIN:VALARM\r\n");
        for line in &self.lines {
            line.line.print(&mut text);
        }
        text.extend_from_slice(b"END:VALARM\r\n");
        text
    }
}

fn added(name: &str, line: ContentLine) -> Written {
    Written {
        name: name.to_owned(),
        line,
        value: String::new(),
    }
}
