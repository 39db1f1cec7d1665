//! Whatever is under `testdata` is printed as it was parsed.

mod support;

use caldb::record::content_line::nesting::Steps;
use caldb::record::content_line::{Line, Lines, print};

#[test]
fn every_value_and_key_of_the_composed_stores_is_printed_as_it_was() {
    for store in support::STORES {
        let mut values = 0;
        for database in support::databases(store) {
            for record in &database.records {
                assert_eq!(print(Lines::new(&record.value)), record.value);
                assert_eq!(print(Lines::new(&record.key)), record.key);
                let nests = Steps::new(&record.value).all(|step| step.is_ok());
                assert!(nests, "{}", record.value.escape_ascii());
                values += 1;
            }
        }
        assert_eq!(values, 519, "{store}");
    }
}

#[test]
fn every_file_is_printed_as_it_was_also_when_it_is_cut_off() {
    let mut files = 0;
    for entry in std::fs::read_dir(support::testdata().join("ics")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(print(Lines::new(&bytes)), bytes, "{}", path.display());
        for end in 0..bytes.len() {
            let (cut, _) = bytes.split_at(end);
            assert_eq!(
                print(Lines::new(cut)),
                cut,
                "{} up to {end}",
                path.display()
            );
        }
        files += 1;
    }
    assert_eq!(files, 5);
}

fn raw_lines(name: &str) -> Vec<String> {
    let bytes = std::fs::read(support::testdata().join("ics").join(name)).unwrap();
    Lines::new(&bytes)
        .filter_map(|line| match line {
            Line::Raw(raw) => Some(raw.body().escape_ascii().to_string()),
            Line::Property(_) => None,
        })
        .collect()
}

#[test]
fn lines_that_do_not_parse_are_these() {
    assert_eq!(raw_lines("folding.ics"), [""; 0]);
    assert_eq!(raw_lines("quoting.ics"), [""; 0]);
    assert_eq!(raw_lines("charsets.ics"), [""; 0]);
    assert_eq!(
        raw_lines("line-ends.ics"),
        [
            "\\xef\\xbb\\xbf",
            "",
            "",
            "",
            "",
            " after blank lines",
            "",
            " "
        ]
    );
    assert_eq!(
        raw_lines("broken.ics"),
        [
            "no colon on this line",
            ":no name",
            ";PARAM=1:no name either",
            "SUMMARY ;LANGUAGE=en:a space in the name",
            "ATTENDEE;CN=\\\"never closed:mailto:a@example.com",
            "ATTENDEE;CN=\\\"closed\\\"twice\\\":mailto:a@example.com",
            "ATTENDEE;=x:no parameter name",
            "\\x00\\x01\\x02binary\\xff\\xfe",
        ]
    );
}

#[test]
fn what_was_folded_and_escaped_reads_as_it_was_meant() {
    let bytes = std::fs::read(support::testdata().join("ics/folding.ics")).unwrap();
    let value = |name: &str| {
        let mut properties = Lines::new(&bytes).filter_map(Line::property);
        let property = properties.find(|property| property.is(name)).unwrap();
        property.value().display()
    };
    assert_eq!(value("SUMMARY"), "Folded in its name");
    assert_eq!(value("ATTENDEE"), "mailto:jdoe@example.com");
    assert_eq!(value("X-EMPTY-FOLDS"), "ab");
    assert_eq!(
        value("DESCRIPTION"),
        "A line is to be folded after 75 octets, and this one is folded wherever it pleased\n\
         the one who wrote it: here within a character: 会議, here before a space: so, and with a \
         tab:so."
    );
}
