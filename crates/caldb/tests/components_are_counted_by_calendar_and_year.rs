//! How many components each calendar and each year has is counted exactly,
//! however the records are divided, and however little memory there is for
//! what is kept of them. Of many calendars the largest are named, and the rest
//! is the rest.

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use bdbfile::Workers;
use bdbfile::spill::SpillPlace;
use caldb::check::{
    ComponentCount, Components, Gatherer, Keeping, LARGEST, RecordPlace, StoreChecks,
};
use caldb::files::Role;
use caldb::record::RecordForm;

type Pair = (Vec<u8>, Vec<u8>);

/// Counts the components of files, each by pieces of so many records.
fn count(files: &[(Role, Vec<Pair>)], piece: usize, keeping: Option<&Arc<Keeping>>) -> Components {
    let mut checks = StoreChecks::new();
    for (role, records) in files {
        let form = RecordForm::composed(*role);
        let begun = || match keeping {
            Some(keeping) => Gatherer::new(&form).kept_by(Arc::clone(keeping)),
            None => Gatherer::new(&form),
        };
        let mut gathered = begun();
        for records in records.chunks(piece) {
            let mut after = begun();
            for (key, value) in records {
                after.take(RecordPlace::default(), key, value);
            }
            gathered.append(after);
        }
        checks.add(&format!("{role:?}"), *role, gathered);
    }
    checks.finish(Workers::ALONE).unwrap().components
}

fn sample(store: &str) -> Vec<(Role, Vec<Pair>)> {
    let databases = support::databases(store).into_iter();
    let pairs = databases.map(|database| {
        let records = database.records.into_iter();
        let pairs = records.map(|record| (record.key, record.value));
        (database.role, pairs.collect())
    });
    pairs.collect()
}

/// The records of events, todos and journals of a calendar or a year.
fn of(events: u64, todos: u64, journals: u64) -> ComponentCount {
    let mut count = ComponentCount::default();
    (count.events, count.todos, count.journals) = (events, todos, journals);
    count
}

/// Counted anew by what stands in the texts.
#[test]
fn in_the_samples_as_their_texts_have_them() {
    for store in support::STORES {
        let files = sample(store);
        let mut calendars: BTreeMap<Vec<u8>, ComponentCount> = BTreeMap::new();
        let mut years: BTreeMap<u16, ComponentCount> = BTreeMap::new();
        let mut undated = ComponentCount::default();
        for (role, records) in &files {
            for (key, value) in records {
                let calid = key.split(|byte| *byte == 0).next().unwrap();
                let text = String::from_utf8_lossy(value);
                let start = text.lines().find_map(|line| line.strip_prefix("DTSTART"));
                let year = start.map(|start| {
                    let (_, date) = start.split_once(':').unwrap();
                    date[..4].parse().unwrap()
                });
                for count in [
                    calendars.entry(calid.to_vec()).or_default(),
                    year.map_or(&mut undated, |year| years.entry(year).or_default()),
                ] {
                    match role {
                        Role::Events => count.events += 1,
                        Role::Todos => count.todos += 1,
                        _ => {}
                    }
                }
            }
        }
        calendars.retain(|_, count| count.sum() > 0);
        years.retain(|_, count| count.sum() > 0);
        for piece in [1, 7, usize::MAX] {
            let found = count(&files, piece, None);
            let largest = found.largest.iter();
            let named: BTreeMap<_, _> = largest.map(|it| (it.calid.clone(), it.count)).collect();
            assert_eq!(named, calendars, "{store} {piece}");
            assert_eq!(found.calendars, calendars.len() as u64);
            assert_eq!(found.years, years, "{store} {piece}");
            assert_eq!(found.undated, undated);
            assert_eq!(found.all, of(102, 47, 0));
            assert_eq!(found.others, of(0, 0, 0));
            let sums: Vec<u64> = found.largest.iter().map(|it| it.count.sum()).collect();
            assert!(sums.is_sorted_by(|left, right| left >= right), "{sums:?}");
        }
    }
}

/// Calendar `c00042` has one event, and another for each time that its number
/// can be halved.
#[test]
fn of_many_the_largest_and_the_rest() {
    const MANY: u32 = 2000;
    let has = |number: u32| u64::from((number + 1).trailing_zeros()) + 1;
    let mut events = Vec::new();
    for number in 0..MANY {
        for event in 0..has(number) {
            let key = format!("c{number:05}\0u{event}\x000");
            let value = "BEGIN:VEVENT\r\nDTSTART:20060525T153000Z\r\nEND:VEVENT\r\n";
            events.push((key.into_bytes(), value.into()));
        }
    }
    let all = events.len() as u64;
    let files = [(Role::Events, events)];
    let mut wanted: Vec<u32> = (0..MANY).collect();
    // The order in which they are named, where they are equal.
    wanted.sort_by_key(|number| std::cmp::Reverse(has(*number)));
    wanted.truncate(LARGEST);
    let whole = count(&files, usize::MAX, None);
    let named: Vec<_> = whole.largest.iter().map(|it| it.calid.clone()).collect();
    let wanted_names: Vec<_> = wanted
        .iter()
        .map(|number| format!("c{number:05}").into_bytes())
        .collect();
    assert_eq!(named, wanted_names);
    let in_largest: u64 = wanted.iter().map(|number| has(*number)).sum();
    assert_eq!(whole.calendars, u64::from(MANY));
    assert_eq!(whole.others, of(all - in_largest, 0, 0));
    assert_eq!(whole.years, BTreeMap::from([(2006, of(all, 0, 0))]));
    for piece in [1, 100] {
        assert_eq!(count(&files, piece, None), whole, "{piece}");
        let keeping = Arc::new(Keeping::new(
            4096,
            SpillPlace::Directory(std::env::temp_dir()),
        ));
        assert_eq!(count(&files, piece, Some(&keeping)), whole, "{piece}");
        assert!(keeping.spilled() > 0);
    }
}

#[test]
fn by_the_year_that_is_written() {
    let todos: Vec<Pair> = [
        "DTSTART:19691231T235959Z",
        "DTSTART:19700101T000000Z",
        "DTSTART;VALUE=DATE:20690101",
        "DTSTART;TZID=Europe/Berlin:20691231T235959",
        "DTSTART:20700101T000000Z",
        "DTSTART:2005\r\n 0102T000000Z",
        // No date.
        "DTSTART:2005",
        "DTSTART:200501021",
        "DTSTART:2005-01-02",
        "DTSTART:",
        "DUE:20050102T000000Z",
    ]
    .iter()
    .zip(0..)
    .map(|(start, number)| {
        let value = format!("BEGIN:VTODO\r\n{start}\r\nEND:VTODO\r\n");
        (format!("jdoe\0u{number}\x000").into_bytes(), value.into())
    })
    .collect();
    let found = count(&[(Role::Todos, todos)], usize::MAX, None);
    assert_eq!(found.all, of(0, 11, 0));
    assert_eq!(found.earlier, of(0, 1, 0));
    assert_eq!(found.later, of(0, 1, 0));
    assert_eq!(found.undated, of(0, 5, 0));
    let years = [
        (1970, of(0, 1, 0)),
        (2005, of(0, 1, 0)),
        (2069, of(0, 2, 0)),
    ];
    assert_eq!(found.years, BTreeMap::from(years));
}

/// Masters, alarms, requests and what was deleted are no components of their
/// own, and what is not recognised is not counted.
#[test]
fn and_nothing_else_is_one() {
    let event = "BEGIN:VEVENT\r\nDTSTART:20060525T153000Z\r\nEND:VEVENT\r\n";
    let pair = |value: &str| vec![(b"jdoe\0u1\x000".to_vec(), value.into())];
    let files = [
        (Role::Events, pair("not a component")),
        (Role::Recurring, pair(event)),
        (Role::DeleteLog, pair(event)),
    ];
    let found = count(&files, usize::MAX, None);
    assert_eq!(found, Components::default());
}
