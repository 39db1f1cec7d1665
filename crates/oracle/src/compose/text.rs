//! Words, names and texts in several scripts.

use crate::rng::Rng;

const WORDS: &[&str] = &[
    "agenda",
    "budget",
    "review",
    "planning",
    "quarter",
    "draft",
    "customer",
    "release",
    "minutes",
    "travel",
    "invoice",
    "training",
    "session",
    "follow-up",
    "report",
    "Réunion",
    "équipe",
    "Besprechung",
    "Übergabe",
    "años",
    "Совещание",
    "отдел",
    "план",
    "会議",
    "予定",
    "週報",
    "회의",
    "发布",
    "计划",
    "اجتماع",
    "פגישה",
    "Σύσκεψη",
    "ประชุม",
    "naïve",
    "☕",
    "🗓",
];
const SUMMARIES: &[&str] = &[
    "Staff meeting",
    "Project review",
    "Lunch with the auditors",
    "Réunion d'équipe",
    "Besprechung über den Übergang",
    "Совещание отдела",
    "定例会議",
    "주간 회의",
    "发布计划",
    "اجتماع الفريق",
    "פגישת צוות",
    "Σύσκεψη",
];
const PLACES: &[&str] = &[
    "Room 4.12",
    "Auditorium",
    "Salle de réunion",
    "Sitzungszimmer 3\\, Haus B",
    "会議室A",
    "Переговорная",
    "by telephone",
];
const NAMES: &[&str] = &[
    "John Doe",
    "Lucy Jones",
    "José Núñez",
    "Jürgen Groß",
    "Ольга Иванова",
    "山田 太郎",
    "김민수",
    "王小明",
    "Ελένη Παππά",
    "Amélie Lefèvre",
];
const CATEGORIES: &[&str] = &["Business", "Appointment", "Holiday", "Personal", "Travel"];
const ZONES: &[&str] = &[
    "America/Los_Angeles",
    "America/New_York",
    "Europe/Paris",
    "Europe/Berlin",
    "Asia/Tokyo",
    "Asia/Calcutta",
];

pub(super) fn summary(rng: &mut Rng) -> &'static str {
    rng.pick(SUMMARIES)
}

pub(super) fn place(rng: &mut Rng) -> &'static str {
    rng.pick(PLACES)
}

pub(super) fn name(rng: &mut Rng) -> &'static str {
    rng.pick(NAMES)
}

pub(super) fn category(rng: &mut Rng) -> &'static str {
    rng.pick(CATEGORIES)
}

pub(super) fn zone(rng: &mut Rng) -> &'static str {
    rng.pick(ZONES)
}

/// Words until the text has at least `bytes` bytes, escaped as iCalendar text.
pub(super) fn prose(rng: &mut Rng, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 32);
    while text.len() < bytes {
        if !text.is_empty() {
            text.push_str(match rng.below(12) {
                0 => "\\, ",
                1 => "\\n",
                _ => " ",
            });
        }
        text.push_str(rng.pick(WORDS));
    }
    text
}
