//! The checks find in the composed stores what `testdata/README.md` says is in
//! them, however the files are divided.

mod support;

use bdbfile::Workers;
use caldb::check::{Check, CheckReport, Gatherer, RecordKind, RecordPlace, StoreChecks};
use caldb::record::RecordForm;

/// Checks a store, each file by pieces of so many records.
fn check(store: &str, piece: usize) -> CheckReport {
    let mut checks = StoreChecks::new();
    for database in support::databases(store) {
        let form = RecordForm::composed(database.role);
        let mut gathered = Gatherer::new(&form);
        for records in database.records.chunks(piece) {
            let mut after = Gatherer::new(&form);
            for record in records {
                let place = RecordPlace {
                    page: record.page,
                    slot: record.slot,
                    number: record.number,
                };
                let kind = after.take(place, &record.key, &record.value);
                assert_eq!(kind, RecordKind::Recognised);
            }
            gathered.append(after);
        }
        checks.add(&database.name, database.role, gathered);
    }
    checks.finish(Workers::ALONE).unwrap()
}

#[test]
fn the_counts_are_those_of_the_census() {
    for store in support::STORES {
        let report = check(store, usize::MAX);
        let recognised: Vec<_> = report
            .files
            .iter()
            .map(|file| (file.name.as_str(), file.recognised, file.carried))
            .collect();
        assert_eq!(
            recognised,
            [
                ("ics50calprops.db", 11, 0),
                ("ics50events.db", 102, 0),
                ("ics50todos.db", 47, 0),
                ("ics50alarms.db", 48, 0),
                ("ics50gse.db", 16, 0),
                ("ics50journals.db", 0, 0),
                ("ics50recurring.db", 16, 0),
                ("ics50deletelog.db", 279, 0),
            ]
        );
        let counts: Vec<_> = report
            .findings
            .iter()
            .map(|finding| (finding.check, finding.count))
            .collect();
        assert_eq!(
            counts,
            [
                (Check::ExceptionWithoutMaster, 2),
                (Check::MasterWithoutInstances, 0),
                // The same two: an instance without a master is in neither form.
                (Check::NotMasterAndException, 2),
                (Check::MissingUid, 1),
                (Check::Tombstone, 4),
                (Check::UnboundedRule, 4),
                (Check::ZeroTrigger, 2),
                (Check::UpperCaseAce, 3),
                (Check::CutOffAce, 1),
                (Check::CalidWithoutOwner, 0),
                // The calendar without properties was emptied: the delete log
                // alone still names it.
                (Check::CalendarWithoutProperties, 0),
                (Check::DeletedCalendar, 1),
                (Check::NoneText, 4),
                (Check::NotInCharset, 0),
                (Check::DuplicateIdentity, 0),
                (Check::AlarmOfUnknownComponent, 0),
            ],
            "{store}"
        );
    }
}

#[test]
fn the_report_is_the_same_however_a_file_is_divided() {
    let whole = check("composed-le", usize::MAX);
    for piece in [1, 2, 7, 50] {
        assert_eq!(check("composed-le", piece), whole);
    }
}

#[test]
fn a_component_that_stands_in_two_files_is_counted_once() {
    let report = check("composed-be", 10);
    for (check, others) in [
        (Check::UnboundedRule, "ics50recurring.db"),
        (Check::ZeroTrigger, "ics50alarms.db"),
    ] {
        let finding = report.finding(check).unwrap();
        let (mut components, mut twins) = (0, 0);
        for (file, records) in &finding.records {
            match report.files[*file].name.as_str() {
                name if name == others => twins += records,
                _ => components += records,
            }
        }
        assert_eq!((components, twins), (finding.count, finding.count));
        assert_eq!(finding.cases.len() as u64, components + twins);
    }
}

#[test]
fn every_case_names_a_record_that_is_there() {
    let databases = support::databases("composed-le");
    let report = check("composed-le", 10);
    for finding in &report.findings {
        for case in &finding.cases {
            let database = databases
                .iter()
                .find(|database| database.name == report.files[case.file].name)
                .unwrap();
            let there = database.records.iter().any(|record| {
                (record.page, record.slot) == (case.place.page, case.place.slot)
                    && record.key.starts_with(&case.key)
            });
            assert!(there, "{:?} {case:?}", finding.check);
        }
    }
}
