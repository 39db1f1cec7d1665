use super::*;
use crate::provenance::Provenance;

fn set(choice: RuleChoice) -> RuleSet {
    RuleSet::choose(Profile::shipped(), choice)
}

/// What the inferred rules make of a value.
fn made(role: Role, value: &str) -> Option<String> {
    let change =
        set(RuleChoice::Inferred).apply(role, b"key", value.as_bytes(), &mut Tally::default())?;
    assert_eq!(change.key, b"key");
    Some(String::from_utf8(change.value).unwrap())
}

#[test]
fn what_is_on_by_default_changes_nothing_and_requires_the_form() {
    let rules = set(RuleChoice::default());
    assert!(rules.changes_nothing());
    assert_eq!(rules.requirements().len(), 1);
    let ids: Vec<_> = rules.facts().iter().map(|fact| fact.id.as_str()).collect();
    assert_eq!(ids, ["recurring-form", "version-identifier", "carry"]);
    assert_eq!(rules.identifier(b"version 3.0.0", "3.0.0"), None);

    let none = set(RuleChoice::None);
    assert!(none.changes_nothing() && none.requirements().is_empty() && none.facts().is_empty());
}

#[test]
fn a_store_that_is_not_in_the_form_is_told_the_remedy() {
    let rules = set(RuleChoice::Documented);
    let requirement = &rules.requirements()[0];
    assert_eq!(requirement.judge(|_| 0), None);
    let violation = requirement
        .judge(|id| u64::from(id == "not-master-and-exception") * 2)
        .unwrap();
    assert_eq!(violation.count, 2);
    let text = violation.to_string();
    assert!(text.contains("cs5migrate -r"), "{text}");
}

#[test]
fn entries_are_lowered_but_for_who() {
    let line = |entry: &str| format!("X-NSCP-CALPROPS-ACCESS-CONTROL-ENTRY:{entry}\r\n");
    let lowered = |entry: &str| made(Role::CalendarProperties, &line(entry));
    assert_eq!(lowered("@@o^c^WDEIC^g"), Some(line("@@o^c^wdeic^g")));
    assert_eq!(lowered("Lucy^a^FRS^"), Some(line("Lucy^a^frs^")));
    assert_eq!(
        lowered("JDoe@Example.COM^A^r^G"),
        Some(line("JDoe@Example.COM^a^r^g"))
    );
    for left in [
        "@^a^frs^g",
        "@^c^^g",
        "no entry",
        "a^b^C^d^E",
        "a^B 1^c^g",
        "",
    ] {
        assert_eq!(lowered(left), None, "{left}");
    }
    assert_eq!(made(Role::Events, &line("@@o^c^WDEIC^g")), None);
    assert_eq!(made(Role::CalendarProperties, "NAME:A^B^C^D\r\n"), None);
}

#[test]
fn addresses_and_calids_stand_beside_the_value() {
    assert_eq!(
        made(
            Role::Events,
            "BEGIN:VEVENT\r\nORGANIZER;CN=J:mailto:j@example.com\r\nATTENDEE:jdoe:team\r\nEND:VEVENT\r\n"
        )
        .as_deref(),
        Some(
            "BEGIN:VEVENT\r\nORGANIZER\r\n ;X-S1CS-EMAIL=j@example.com\r\n ;CN=J:mailto:j@example.com\r\nATTENDEE\r\n ;X-S1CS-CALID=\"jdoe:team\"\r\n :jdoe:team\r\nEND:VEVENT\r\n"
        )
    );
    for left in [
        "ORGANIZER;x-s1cs-email=a@b:MAILTO:j@example.com\r\n",
        "ATTENDEE;X-S1CS-CALID=jdoe:jdoe\r\n",
        "ATTENDEE:\r\n",
        "ATTENDEE:MAILTO:\r\n",
        "ATTENDEE:a\"b\r\n",
        "ATTENDEE\r\n",
        "BEGIN:VALARM\r\nATTENDEE:mailto:a@b\r\nEND:VALARM\r\n",
        "X-ATTENDEE:jdoe\r\n",
    ] {
        assert_eq!(made(Role::Todos, left), None, "{left}");
    }
    assert_eq!(made(Role::Alarms, "ATTENDEE:jdoe\r\n"), None);
}

#[test]
fn a_rule_applied_to_its_own_work_changes_nothing() {
    for (role, value) in [
        (Role::Events, "ATTENDEE:jdoe\r\nORGANIZER:mailto:a@b\n"),
        (
            Role::CalendarProperties,
            "X-NSCP-CALPROPS-ACCESS-CONTROL-ENTRY:@^A^R^G\r\n",
        ),
    ] {
        let once = made(role, value).unwrap();
        assert_eq!(made(role, &once), None, "{once}");
    }
}

#[test]
fn no_rule_loses_a_byte_of_what_was_there() {
    let value = "A:1\r\nATTENDEE;CN=\"x:y\":jd\r\n oe\r\nB:2";
    let now = made(Role::Events, value).unwrap();
    // Without what was put in, the value is what it was.
    let put_in = "\r\n ;X-S1CS-CALID=jdoe\r\n ";
    assert_eq!(now.replacen(put_in, "", 1), value);
}

#[test]
fn an_identifier_is_written_where_a_profile_names_one() {
    let text = r#"
[rule.identifier-stamp]
does = "the version identifier becomes 3.1.0"
when = "documented"
identifier = "3.1.0"
mark = "documented"
basis = "our 6.3 server"
"#;
    let profile = Profile::over_shipped("mine.toml", text).unwrap();
    let rules = RuleSet::choose(&profile, RuleChoice::Documented);
    assert_eq!(
        rules.identifier(b"a 3.0.0 b", "3.0.0").as_deref(),
        Some(&b"a 3.1.0 b"[..])
    );
    assert_eq!(
        rules
            .identifier(b"! was 3.0.0\nversion=3.0.0\n", "3.0.0")
            .as_deref(),
        Some(&b"! was 3.0.0\nversion=3.1.0\n"[..])
    );
    assert_eq!(rules.identifier(b"a 3.1.0 b", "3.1.0"), None);
    assert_eq!(rules.identifier(b"nothing", "3.0.0"), None);
    let shipped = set(RuleChoice::Inferred);
    assert_eq!(shipped.identifier(b"a 3.0.0 b", "3.0.0"), None);
}

/// Puts a mark at the end of every value.
struct Mark;

impl Rule for Mark {
    fn fact(&self) -> Fact<&str> {
        Fact {
            id: "mark",
            text: "marks",
            provenance: Provenance::Composed("for this test"),
        }
    }

    fn apply(&self, _: Role, key: &[u8], value: &[u8]) -> Option<Change> {
        Some(Change {
            key: key.to_vec(),
            value: [value, b"X:1\r\n"].concat(),
        })
    }
}

#[test]
fn a_rule_of_ones_own_comes_last_and_is_counted_with_three_examples() {
    let mut rules = set(RuleChoice::Inferred);
    rules.add(Box::new(Mark));
    let (mut first, mut second) = (Tally::default(), Tally::default());
    for (tally, numbers) in [(&mut first, 0..2), (&mut second, 2..9)] {
        for number in numbers {
            let key = format!("key{number}");
            let change = rules
                .apply(Role::Events, key.as_bytes(), b"ATTENDEE:jdoe\r\n", tally)
                .unwrap();
            assert!(change.value.ends_with(b" :jdoe\r\nX:1\r\n"));
        }
    }
    first.append(second);
    let counts: Vec<_> = first.rules().map(|(id, rule)| (id, rule.count)).collect();
    assert_eq!(counts, [("address-parameters", 9), ("mark", 9)]);
    let rule = first.of("address-parameters").unwrap();
    let keys: Vec<_> = rule.examples.iter().map(|one| one.key.as_slice()).collect();
    assert_eq!(
        keys,
        [b"key0", b"key1", b"key2"],
        "in the order of the file"
    );
    assert_eq!(
        rule.examples[0].lines(),
        [(
            "ATTENDEE:jdoe".to_owned(),
            "ATTENDEE;X-S1CS-CALID=jdoe:jdoe".to_owned()
        )]
    );
    assert!(format!("{rules:?}").contains("mark"));
}

#[test]
fn a_recognised_record_is_still_recognised_afterwards() {
    use crate::record::{Recognised, RecordForm, recognise};

    let rules = set(RuleChoice::Inferred);
    for (role, key, value) in [
        (
            Role::CalendarProperties,
            &b"jdoe"[..],
            &b"X-NSCP-CALPROPS-NAME:J\r\nX-NSCP-CALPROPS-ACCESS-CONTROL-ENTRY:@@o^c^WDEIC^g\r\n"[..],
        ),
        (
            Role::Events,
            b"jdoe\x003c116259\x000",
            b"BEGIN:VEVENT\r\nUID:3c116259\r\nATTENDEE;CN=\"a:b\":mailto:a,b@example.com\r\nEND:VEVENT\r\n",
        ),
    ] {
        let form = RecordForm::composed(role);
        let recognised =
            |value: &[u8]| matches!(recognise(&form, key, value), Recognised::Lines(_));
        assert!(recognised(value), "{role}");
        let change = rules.apply(role, key, value, &mut Tally::default()).unwrap();
        assert_ne!(change.value, value);
        assert!(recognised(&change.value), "{role}");
    }
}

mod on_any_bytes {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rules_do_not_panic_and_drop_nothing(
            value in "(BEGIN:VALARM|ATTENDEE|ORGANIZER|X-NSCP-CALPROPS-ACCESS-CONTROL-ENTRY|[\\^:;\",A-z \r\n]){0,12}"
        ) {
            let rules = set(RuleChoice::Inferred);
            for role in [Role::Events, Role::Todos, Role::CalendarProperties] {
                let mut tally = Tally::default();
                if let Some(change) = rules.apply(role, b"key", value.as_bytes(), &mut tally) {
                    prop_assert!(change.value.len() >= value.len());
                }
            }
        }
    }
}
