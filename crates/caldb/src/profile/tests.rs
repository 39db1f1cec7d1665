use super::*;
use crate::files::{Presence, Role};
use crate::record::{KeyForm, RecordForm, ValueForm};
use crate::release::Release;

fn wrong(text: &str) -> String {
    Profile::over_shipped("mine.toml", text)
        .expect_err("this profile is wrong")
        .to_string()
}

#[test]
fn the_shipped_profile_is_whole() {
    let profile = Profile::shipped();
    assert_eq!(profile.files.len(), 9);
    assert_eq!(profile.files[0].name, "ics50calprops.db");
    for id in EvidenceId::ALL {
        assert!(profile.evidence.contains_key(id), "{id}");
    }
    for id in crate::rules::IDS {
        assert!(profile.rules.contains_key(*id), "{id}");
    }
    assert!(profile.identifiers.contains_key("3.0.0"));
}

#[test]
fn the_shipped_forms_are_those_of_our_samples() {
    for file in &Profile::shipped().files {
        let expected = match file.role {
            // Documented to be unused.
            Role::Journals => RecordForm::opaque(file.role),
            role => RecordForm::composed(role),
        };
        assert_eq!(file.form(), expected, "{}", file.name);
    }
}

#[test]
fn what_is_not_documented_is_off_or_changes_nothing() {
    for (id, rule) in &Profile::shipped().rules {
        let touches = !matches!(
            id.as_str(),
            "recurring-form" | "version-identifier" | "carry"
        );
        assert_eq!(rule.when == When::Documented, !touches, "{id}");
    }
}

#[test]
fn an_entry_takes_the_place_of_its_namesake_and_no_other() {
    let text = r#"
[file."ics50recurring.db"]
role = "recurring"
holds = "masters"
presence = "expected"
mark = "documented"
basis = "our store"

[evidence.log-7]
says = "logs of 4.1"
points-to = { "6.0" = 7 }
mark = "documented"
basis = "our store"

[identifier."3.1.0"]
points-to = { "6.3" = 40 }
mark = "documented"
basis = "our 6.3 server"
"#;
    let profile = Profile::over_shipped("mine.toml", text).unwrap();
    let (mine, shipped) = (
        profile.file("ics50recurring.db").unwrap(),
        Profile::shipped().file("ics50recurring.db").unwrap(),
    );
    assert_eq!(mine.presence, Presence::Expected);
    assert_eq!(mine.provenance.to_string(), "documented: our store");
    assert_eq!(mine.key, shipped.key, "not named, so as it was");
    assert_eq!(
        profile.evidence[&EvidenceId::Log7].points_to,
        Weights::from([(Release::V6_0, 7)])
    );
    assert_eq!(
        profile.evidence[&EvidenceId::Log8],
        Profile::shipped().evidence[&EvidenceId::Log8]
    );
    assert_eq!(profile.identifiers.len(), 2);
    assert_eq!(profile.files.len(), Profile::shipped().files.len());
}

#[test]
fn a_file_that_is_new_is_opaque_until_something_is_said_of_it() {
    let file = r#"
[file."ics50notes.db"]
role = "journals"
holds = "notes"
presence = "optional"
mark = "assumed"
basis = "seen once"
"#;
    let profile = Profile::over_shipped("mine.toml", file).unwrap();
    let notes = profile.files.last().unwrap();
    assert_eq!(notes.name, "ics50notes.db");
    assert_eq!(notes.role, Role::Journals);
    assert_eq!(notes.key.form, KeyForm::Opaque);
    assert_eq!(notes.value.form, ValueForm::Opaque);

    let value = r#"
[value."ics50notes.db"]
form = "content-lines"
charset = "ISO-8859-1"
mark = "documented"
basis = "our store"
"#;
    let profile = Profile::over_shipped("mine.toml", &format!("{file}{value}")).unwrap();
    let charset = "ISO-8859-1".to_owned();
    let notes = profile.files.last().unwrap();
    assert_eq!(notes.value.form, ValueForm::ContentLines { charset });
}

#[test]
fn nothing_at_all_is_the_shipped_profile() {
    let profile = Profile::over_shipped("mine.toml", "# nothing\n").unwrap();
    assert_eq!(&profile, Profile::shipped());
}

#[test]
fn unknown_keys_are_named_with_their_line() {
    assert_eq!(
        wrong("[file.\"a.db\"]\nrole = \"events\"\ncolour = \"red\"\n"),
        "profile mine.toml, line 3: unknown field `colour`, expected one of `role`, `holds`, `presence`, `mark`, `basis`"
    );
    assert_eq!(
        wrong("\n[files]\n"),
        "profile mine.toml, line 2: unknown field `files`, expected one of `file`, `key`, `value`, `evidence`, `identifier`, `rule`"
    );
    assert_eq!(
        wrong(
            "[evidence.log-99]\nsays = \"x\"\npoints-to = {}\nmark = \"assumed\"\nbasis = \"x\"\n"
        ),
        "profile mine.toml, line 1: there is no piece of evidence 'log-99'"
    );
    assert_eq!(
        wrong("[rule.tidy]\ndoes = \"x\"\nwhen = \"never\"\nmark = \"assumed\"\nbasis = \"x\"\n"),
        "profile mine.toml, line 1: there is no rule 'tidy'"
    );
    assert_eq!(
        wrong("\n\n[key.\"b.db\"]\nform = \"opaque\"\nmark = \"assumed\"\nbasis = \"x\"\n"),
        "profile mine.toml, line 3: there is no entry for the file 'b.db'"
    );
}

#[test]
fn wrong_values_are_named_with_their_line() {
    let file = |role: &str, basis: &str| {
        format!(
            "[file.\"ics50events.db\"]\nrole = \"{role}\"\nholds = \"x\"\npresence = \"expected\"\nmark = \"assumed\"\nbasis = \"{basis}\"\n"
        )
    };
    let role = wrong(&file("event", "x"));
    assert!(
        role.starts_with("profile mine.toml, line 2: unknown variant `event`, expected one of"),
        "{role}"
    );
    assert_eq!(
        wrong(&file("events", " ")),
        "profile mine.toml, line 6: the basis is empty"
    );
    let missing = wrong("[value.\"ics50events.db\"]\nform = \"opaque\"\nmark = \"assumed\"\n");
    assert_eq!(missing, "profile mine.toml, line 1: missing field `basis`");
    let release = wrong(
        "[evidence.log-8]\nsays = \"x\"\npoints-to = { \"7.0\" = 1 }\nmark = \"assumed\"\nbasis = \"x\"\n",
    );
    assert!(
        release.starts_with("profile mine.toml, line 3: unknown variant `7.0`"),
        "{release}"
    );
    let weight = wrong(
        "[evidence.log-8]\nsays = \"x\"\npoints-to = { \"6.0\" = -1 }\nmark = \"assumed\"\nbasis = \"x\"\n",
    );
    assert!(
        weight.starts_with("profile mine.toml, line 3: "),
        "{weight}"
    );
    assert_eq!(
        wrong("[key.\"ics50events.db\"]\nform = \"composed\"\nmark = \"assumed\"\nbasis = \"x\"\n"),
        "profile mine.toml, line 2: a composed key needs its identifiers"
    );
    assert_eq!(
        wrong(
            "[value.\"ics50events.db\"]\nform = \"content-lines\"\nmark = \"assumed\"\nbasis = \"x\"\n"
        ),
        "profile mine.toml, line 2: content lines need a charset"
    );
    assert_eq!(
        wrong(
            "[rule.carry]\ndoes = \"x\"\nwhen = \"never\"\nidentifier = \"3\"\nmark = \"assumed\"\nbasis = \"x\"\n"
        ),
        "profile mine.toml, line 4: the rule 'carry' writes no identifier"
    );
    assert!(wrong("[file\n").starts_with("profile mine.toml, line 1: "));
}
