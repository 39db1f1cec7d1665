use std::borrow::Cow;

use proptest::prelude::*;

use super::nesting::{DEEPEST, NestingError, Step, Steps};
use super::*;

fn only(bytes: &[u8]) -> Property<'_> {
    let mut lines = Lines::new(bytes);
    let line = lines.next().and_then(Line::property).expect("a property");
    assert_eq!(lines.next(), None);
    line
}

fn names(bytes: &[u8]) -> Vec<String> {
    Lines::new(bytes)
        .map(|line| match line {
            Line::Property(property) => String::from_utf8_lossy(&property.name()).into_owned(),
            Line::Raw(raw) => format!("raw {}", raw.body().escape_ascii()),
        })
        .collect()
}

/// Every accessor, whatever the bytes are.
fn ask_everything(bytes: &[u8]) {
    for line in Lines::new(bytes) {
        let Line::Property(property) = line else {
            continue;
        };
        let _ = (property.name(), property.is("UID"), property.end());
        for param in property.params() {
            let _ = (param.name(), param.raw_values());
            for value in param.values() {
                let _ = value.text();
            }
        }
        let value = property.value();
        let _ = (value.unfolded(), value.text(), value.display());
        let parts: Vec<_> = value.split(b',').map(Value::raw).collect();
        assert_eq!(parts.join(&b','), value.raw());
    }
    assert!(Steps::new(bytes).filter(Result::is_err).count() <= 1);
}

#[test]
fn a_line_has_name_parameters_and_value() {
    let line =
        only(b"ATTENDEE;CN=\"Doe; John: x\";ROLE=A,\"b,c\",d;X-FLAG;EMPTY=:mailto:a@b.example\r\n");
    assert_eq!(line.raw_name(), b"ATTENDEE");
    assert!(line.is("attendee"));
    assert_eq!(line.value().raw(), b"mailto:a@b.example");
    assert_eq!(line.end(), b"\r\n");
    let params: Vec<_> = line
        .params()
        .map(|param| {
            let values: Vec<_> = param.values().map(Value::display).collect();
            (
                String::from_utf8(param.name().into_owned()).unwrap(),
                values,
            )
        })
        .collect();
    assert_eq!(
        params,
        [
            ("CN".into(), vec!["Doe; John: x".to_owned()]),
            ("ROLE".into(), vec!["A".into(), "b,c".into(), "d".into()]),
            ("X-FLAG".into(), vec![]),
            ("EMPTY".into(), vec![]),
        ]
    );
    assert!(line.param("role").is_some() && line.param("TZID").is_none());
}

#[test]
fn a_line_ends_with_cr_lf_or_lf_or_cr_or_the_bytes() {
    assert_eq!(names(b"A:1\r\nB:2\nC:3\rD:4"), ["A", "B", "C", "D"]);
    assert_eq!(
        names(b"A:1\n\rB:2\r\r\nC:3"),
        ["A", "raw ", "B", "raw ", "C"]
    );
}

#[test]
fn a_fold_may_stand_anywhere_in_a_line() {
    let line = only(b"SUM\r\n MARY;LANG\n\tUAGE=\"e\r n\":Staff\r\n  meeting\r\n");
    assert!(line.is("SUMMARY"));
    assert_eq!(line.name(), Cow::Borrowed(b"SUMMARY"));
    let language = line.param("LANGUAGE").expect("the parameter");
    assert_eq!(language.values().next().unwrap().text(), &b"en"[..]);
    assert_eq!(line.value().text(), &b"Staff meeting"[..]);
    assert!(line.value().is(b"Staff meeting"));
}

#[test]
fn a_fold_at_the_end_of_the_bytes_is_kept() {
    let bytes = b"SUMMARY:cut\r\n ";
    assert_eq!(only(bytes).value().text(), &b"cut"[..]);
    assert_eq!(print(Lines::new(bytes)), bytes);
}

#[test]
fn what_is_no_content_line_is_raw() {
    for bytes in [
        &b"no colon"[..],
        b":no name",
        b"; x=1:no name",
        b" folded onto nothing:1",
        b"CN;X=\"never closed:1",
        b"CN;X=\"a\"b:1",
        b"SUMMARY :space",
        b"\xffSUMMARY:1",
        b"CN;=1:no parameter name",
    ] {
        assert!(
            matches!(Lines::new(bytes).next(), Some(Line::Raw(_))),
            "{}",
            bytes.escape_ascii()
        );
    }
    assert_eq!(
        names(b"\xef\xbb\xbfA:1\n\n \nB:2"),
        ["raw \\xef\\xbb\\xbf", "A", "raw ", "raw  ", "B"]
    );
}

#[test]
fn a_text_is_unescaped_and_a_list_divided_when_asked() {
    let value = Value::new(b"a\\, b\\;c\\nd\\\\n\\x\\");
    assert_eq!(value.text(), &b"a, b;c\nd\\n\\x\\"[..]);
    let parts: Vec<_> = Value::new(b"a\\,b,,c\\\r\n ,d,")
        .split(b',')
        .map(Value::display)
        .collect();
    assert_eq!(parts, ["a,b", "", "c,d", ""]);
    assert!(matches!(Value::new(b"plain").text(), Cow::Borrowed(_)));
}

#[test]
fn components_pair_and_do_not_lie_too_deep() {
    let steps = |bytes: &[u8]| Steps::new(bytes).find_map(Result::err);
    assert_eq!(steps(b"BEGIN:A\nbegin:b\nX:1\nEND:B\nEND:a\n"), None);
    assert_eq!(steps(b"BEGIN:A\n"), Some(NestingError::Unended));
    assert_eq!(steps(b"END:A\n"), Some(NestingError::Unpaired));
    assert_eq!(steps(b"BEGIN:A\nEND:B\n"), Some(NestingError::Unpaired));
    assert_eq!(steps(b"BEGIN:A\nno line\n"), Some(NestingError::RawLine));
    let deep = |depth: usize| [b"BEGIN:A\n".repeat(depth), b"END:A\n".repeat(depth)].concat();
    assert_eq!(steps(&deep(DEEPEST)), None);
    assert_eq!(steps(&deep(DEEPEST + 1)), Some(NestingError::TooDeep));
    assert_eq!(steps(&deep(1_000_000)), Some(NestingError::TooDeep));
}

#[test]
fn a_component_that_begins_gives_the_bytes_from_there() {
    let bytes = b"BEGIN:A\nX:1\nBEGIN:B\nEND:B\nEND:A\n";
    let inner = Steps::new(bytes).flatten().find_map(|step| match step {
        Step::Begin { depth: 1, rest, .. } => Some(rest),
        _ => None,
    });
    assert_eq!(inner, Some(&b"BEGIN:B\nEND:B\nEND:A\n"[..]));
}

/// Lines as they are written, and as they are not.
fn mangled_lines() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&[u8]] = &[
        b"BEGIN:VEVENT",
        b"END:VEVENT",
        b"BEGIN:VALARM",
        b"UID:3c11625900005ffe00000011000010b7",
        b"SUMMARY;LANGUAGE=en:R\xc3\xa9union\\, Haus\\;B",
        b"ATTENDEE;CN=\"Doe; J\";ROLE=A,\"b\"",
        b"X-NSCP-TRIGGERED_BY",
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n ",
        b"\n\t",
        b":",
        b";",
        b"=",
        b",",
        b"\"",
        b"\\",
        b"\0",
        b"\xef\xbb\xbf",
        b"\xff\x80",
    ];
    prop::collection::vec(prop::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_are_printed_as_they_were(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert_eq!(print(Lines::new(&bytes)), &bytes[..]);
        ask_everything(&bytes);
    }

    #[test]
    fn mangled_lines_are_printed_as_they_were(bytes in mangled_lines()) {
        prop_assert_eq!(print(Lines::new(&bytes)), &bytes[..]);
        ask_everything(&bytes);
    }

    #[test]
    fn folding_changes_no_meaning(
        value in "[ -~é会☕]{0,120}",
        widths in prop::collection::vec(1_usize..20, 1..8),
    ) {
        let line = format!("SUMMARY;CN=\"a:b\":{value}");
        let mut folded = Vec::new();
        let mut rest = line.as_bytes();
        for width in widths.iter().cycle() {
            let (now, later) = rest.split_at(rest.len().min(*width));
            folded.extend_from_slice(now);
            rest = later;
            if rest.is_empty() {
                break;
            }
            folded.extend_from_slice(b"\r\n ");
        }
        folded.extend_from_slice(b"\r\n");
        let property = only(&folded);
        prop_assert!(property.is("SUMMARY"));
        prop_assert_eq!(property.value().unfolded(), value.as_bytes());
        prop_assert_eq!(print(Lines::new(&folded)), &folded[..]);
    }
}
