//! Each check over the records of a store fires on a composed store that has
//! what it looks for, and on one that differs in nothing else it does not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bdbfile::Workers;
use bdbfile::read::DatabaseFile;
use bdbfile::source::FileSource;
use csmigrate::Migration;
use csmigrate::caldb::Profile;
use csmigrate::caldb::check::{CHECKS, Check, CheckReport, Gatherer, RecordPlace, StoreChecks};
use csmigrate::observer::Event;
use oracle::compose::{Composed, Special, StoreFile, StorePlan, compose};

/// The checks, over what `bdbfile` reads of a store.
fn checked(store: &Path) -> CheckReport {
    let profile = Profile::shipped();
    let mut checks = StoreChecks::new();
    for file in StoreFile::ALL {
        let path = store.join(file.name());
        if !path.exists() {
            continue;
        }
        let known = profile.file(file.name()).unwrap();
        let mut gatherer = Gatherer::new(&known.form());
        let opened = DatabaseFile::open(FileSource::open(&path).unwrap()).unwrap();
        let database = opened.database();
        let scan = database.scan().unwrap();
        let taken = scan.visit(scan.all(), |record| {
            let place = RecordPlace {
                page: record.page,
                slot: record.slot,
                number: record.number,
            };
            gatherer.take(place, record.key, record.value);
            Ok::<_, bdbfile::Error>(())
        });
        taken.unwrap();
        checks.add(file.name(), known.role, gatherer);
    }
    checks.finish(Workers::ALONE).unwrap()
}

/// What fires in a store, and how often.
fn fired(report: &CheckReport) -> BTreeMap<Check, u64> {
    assert_eq!(report.carried(), 0, "every composed record is recognised");
    let findings = report.findings.iter();
    let fired = findings.filter(|finding| finding.count > 0);
    fired
        .map(|finding| {
            let id = finding.check.id();
            assert!(!finding.cases.is_empty(), "{id} is located");
            assert!(finding.records.iter().all(|(_, count)| *count > 0), "{id}");
            (finding.check, finding.count)
        })
        .collect()
}

/// A store with these special records and no others, and what a dry run of the
/// migration says of it, which must be the same as what is read here.
fn store_with(
    specials: &[Special],
    change: impl FnOnce(&mut StorePlan),
) -> (Composed, CheckReport) {
    let mut plan = StorePlan {
        components: 22,
        specials: specials.iter().copied().collect(),
        ..StorePlan::default()
    };
    change(&mut plan);
    let dir = tempfile::tempdir().unwrap();
    let composed = compose(&plan, dir.path()).unwrap();
    let report = checked(dir.path());
    let elsewhere = tempfile::tempdir().unwrap();
    let run = Migration::new(dir.path(), elsewhere.path().join("target"))
        .backup_dir(elsewhere.path().join("backup"))
        .dry_run(&mut |_: Event<'_>| {})
        .unwrap();
    assert_eq!(run.checks, report);
    (composed, report)
}

#[test]
fn where_nothing_is_special_nothing_fires() {
    for deletes in [false, true] {
        for duplicates in [false, true] {
            let (_, report) = store_with(&[], |plan| {
                plan.deletes = deletes;
                plan.duplicates = duplicates;
            });
            assert_eq!(fired(&report), BTreeMap::new());
            assert_eq!(report.findings.len(), CHECKS.len());
        }
    }
}

/// What fires in a store with one sort of special records: every check on its
/// own, so far as what it looks for is not odd in another way too.
#[test]
fn each_check_fires_for_its_special_records_and_no_other_does() {
    let mut covered = BTreeSet::new();
    for special in Special::ALL.iter().copied() {
        let (composed, report) = store_with(&[special], |_| {});
        let census = composed.census;
        let expected: &[(Check, u64)] = match special {
            // No check looks for these.
            Special::LongText | Special::LongKey => &[],
            Special::OrphanException => &[
                (Check::ExceptionWithoutMaster, census.orphan_exceptions),
                // It has no master entry either.
                (Check::NotMasterAndException, census.orphan_exceptions),
            ],
            Special::Tombstone => &[(Check::Tombstone, census.tombstones)],
            Special::NoneTexts => &[(Check::NoneText, census.none_texts)],
            Special::ZeroTrigger => &[(Check::ZeroTrigger, census.zero_triggers)],
            Special::UnboundedRule => &[(Check::UnboundedRule, census.unbounded_rules)],
            Special::WithoutUid => &[(Check::MissingUid, census.without_uid)],
            Special::WithoutProperties => &[(
                Check::CalendarWithoutProperties,
                census.calendars_without_properties,
            )],
            Special::UpperCaseAce => &[(Check::UpperCaseAce, census.upper_case_aces)],
            Special::CutOffAce => &[(Check::CutOffAce, census.cut_off_aces)],
            Special::MasterWithoutInstances => &[(
                Check::MasterWithoutInstances,
                census.masters_without_instances,
            )],
            Special::RuleWithoutMaster => {
                &[(Check::NotMasterAndException, census.rules_without_master)]
            }
            Special::WithoutOwner => &[(Check::CalidWithoutOwner, census.calendars_without_owner)],
            Special::DeletedCalendar => &[(Check::DeletedCalendar, census.deleted_calendars)],
            Special::NotInCharset => &[(Check::NotInCharset, census.not_in_charset)],
            Special::DuplicateIdentity => {
                &[(Check::DuplicateIdentity, census.duplicate_identities)]
            }
            Special::AlarmOfUnknown => {
                &[(Check::AlarmOfUnknownComponent, census.alarms_of_unknown)]
            }
        };
        for (check, count) in expected {
            assert!(*count > 0, "{}: {}", special.name(), check.id());
        }
        let expected: BTreeMap<_, _> = expected.iter().copied().collect();
        assert_eq!(fired(&report), expected, "{}", special.name());
        covered.extend(expected.into_keys());
    }
    let all: BTreeSet<Check> = CHECKS.iter().map(|fact| fact.check).collect();
    assert_eq!(covered, all, "every check has a store where it fires");
}

/// And the other way round: in a store with everything but what a check looks
/// for, that check alone is silent.
#[test]
fn each_check_is_silent_where_only_its_special_records_are_missing() {
    let (_, report) = store_with(Special::ALL, |_| {});
    let all: BTreeSet<Check> = CHECKS.iter().map(|fact| fact.check).collect();
    let everything = fired(&report);
    assert_eq!(everything.keys().copied().collect::<BTreeSet<_>>(), all);
    for (missing, silent) in [
        (Special::OrphanException, Check::ExceptionWithoutMaster),
        (Special::Tombstone, Check::Tombstone),
        (Special::NoneTexts, Check::NoneText),
        (Special::ZeroTrigger, Check::ZeroTrigger),
        (Special::UnboundedRule, Check::UnboundedRule),
        (Special::WithoutUid, Check::MissingUid),
        (Special::WithoutProperties, Check::CalendarWithoutProperties),
        (Special::UpperCaseAce, Check::UpperCaseAce),
        (Special::CutOffAce, Check::CutOffAce),
        (
            Special::MasterWithoutInstances,
            Check::MasterWithoutInstances,
        ),
        (Special::WithoutOwner, Check::CalidWithoutOwner),
        (Special::DeletedCalendar, Check::DeletedCalendar),
        (Special::NotInCharset, Check::NotInCharset),
        (Special::DuplicateIdentity, Check::DuplicateIdentity),
        (Special::AlarmOfUnknown, Check::AlarmOfUnknownComponent),
    ] {
        let but = |special: &Special| *special != missing;
        let specials: Vec<Special> = Special::ALL.iter().copied().filter(but).collect();
        let (_, report) = store_with(&specials, |_| {});
        let fired: BTreeSet<Check> = fired(&report).into_keys().collect();
        let quiet: Vec<_> = all.difference(&fired).copied().collect();
        assert_eq!(quiet, [silent], "without {}", missing.name());
    }
    // Two sorts of records are not in master and exception form.
    let formed = |special: &Special| {
        !matches!(
            special,
            Special::OrphanException | Special::RuleWithoutMaster
        )
    };
    let specials: Vec<Special> = Special::ALL.iter().copied().filter(formed).collect();
    let (_, report) = store_with(&specials, |_| {});
    assert_eq!(report.count(Check::NotMasterAndException), 0);
}

/// The recurring data of a store without a file of masters is not in the form
/// that 6.3 wants.
#[test]
fn a_store_without_masters_is_told_of() {
    let (composed, report) = store_with(&[], |plan| {
        plan.absent = vec![StoreFile::Recurring];
    });
    let census = composed.census;
    let expected = census.masters + census.exceptions;
    assert_eq!(
        fired(&report),
        BTreeMap::from([(Check::NotMasterAndException, expected)])
    );
}
