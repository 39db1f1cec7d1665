//! Content lines, keys and the version file.
//!
//! Whatever they are: lines print as they were parsed; a record that is
//! recognised can be viewed and is checked; a rule changes no record that is
//! not recognised, and what it changes is recognised still.

use std::sync::LazyLock;

use bdbfile::Workers;
use caldb::Profile;
use caldb::check::{Gatherer, RecordKind, RecordPlace, StoreChecks};
use caldb::record::content_line::nesting::Steps;
use caldb::record::content_line::{Line, Lines, print};
use caldb::record::{Recognised, RecordForm, recognise};
use caldb::rules::{RuleChoice, RuleSet};

use crate::{archive, seed};

/// What an input holds several of: keys, values, and texts of version files.
const PARTS: usize = 3;

/// All rules there are.
static RULES: LazyLock<RuleSet> =
    LazyLock::new(|| RuleSet::choose(Profile::shipped(), RuleChoice::Inferred));

/// Parses, recognises, views, checks, changes.
///
/// # Panics
/// Where something does not hold.
pub fn run(input: &[u8]) {
    let (role, input) = input.split_first().unwrap_or((&0, &[]));
    let rules = &*RULES;
    let files = &Profile::shipped().files;
    let role = files[usize::from(*role) % files.len()].role;
    let form = RecordForm::composed(role);
    let mut gathered = Gatherer::new(&form);
    let mut tally = caldb::rules::Tally::default();
    let mut key: &[u8] = &[];
    for (number, (part, bytes)) in archive::files(input, PARTS).into_iter().enumerate() {
        assert_eq!(print(Lines::new(bytes)), bytes, "lines print as they were");
        match part {
            0 => key = bytes,
            1 => {
                lines(bytes);
                record(&form, key, bytes, rules, &mut tally, &mut gathered, number);
            }
            _ => version(bytes, rules),
        }
    }
    let mut checks = StoreChecks::new();
    checks.add("ics50events.db", role, gathered);
    checks.finish(Workers::ALONE).expect("little is kept");
}

/// Every part of every line.
fn lines(bytes: &[u8]) {
    for line in Lines::new(bytes) {
        if let Line::Property(property) = line {
            let _ = property.name();
            for param in property.params() {
                let _ = (param.name(), param.values().count());
            }
            let value = property.value();
            let _ = (value.text(), value.display(), value.split(b',').count());
        }
    }
    let steps = Steps::new(bytes).count();
    assert!(steps <= bytes.len() + 1, "a step takes a byte at least");
}

fn record(
    form: &RecordForm,
    key: &[u8],
    value: &[u8],
    rules: &RuleSet,
    tally: &mut caldb::rules::Tally,
    gathered: &mut Gatherer,
    number: usize,
) {
    let place = RecordPlace {
        page: 1,
        slot: 0,
        number: Some(u32::try_from(number).unwrap_or_default()),
    };
    let kind = gathered.take(place, key, value);
    let recognised = recognise(form, key, value);
    assert_eq!(
        kind == RecordKind::Recognised,
        matches!(recognised, Recognised::Lines(_))
    );
    let Some(record) = recognised.record() else {
        return;
    };
    let _ = format!("{:?}", record.view());
    if let Some(change) = rules.apply(form.role, key, value, tally) {
        assert_eq!(change.key, key, "the rules leave keys alone");
        let after = recognise(form, &change.key, &change.value);
        assert!(after.record().is_some(), "what was recognised still is");
    }
}

/// The version file with its identifier replaced.
fn version(text: &[u8], rules: &RuleSet) {
    let found = String::from_utf8_lossy(text);
    for found in found.split(|c: char| c.is_whitespace() || c == '=').take(8) {
        if let Some(new) = rules.identifier(text, found) {
            assert!(new.len() + found.len() >= text.len(), "nothing else goes");
        }
    }
}

/// Records of the composed stores, their version files, and calendars.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for store in seed::stores() {
        for (name, bytes) in store {
            let role = Profile::shipped()
                .files
                .iter()
                .position(|file| file.name == name);
            let role = role.and_then(|role| u8::try_from(role).ok());
            if name.ends_with(".conf") {
                seeds.push(archive::join(0, &[(2, bytes)]));
            } else if let Some(role) = role.filter(|_| name.ends_with(".db")) {
                for (key, value) in seed::records(&bytes).into_iter().take(24) {
                    seeds.push(archive::join(role, &[(0, key), (1, value)]));
                }
            }
        }
    }
    for text in seed::contents() {
        seeds.push(archive::join(1, &[(0, b"a\0b".to_vec()), (1, text)]));
    }
    seeds
}
