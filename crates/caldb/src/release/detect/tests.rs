use super::*;

/// A store of so many databases, all alike.
fn traits(age: Age, endian: Endian) -> Traits {
    let roles = [
        Role::CalendarProperties,
        Role::Events,
        Role::Recurring,
        Role::DeleteLog,
    ];
    let mut traits = Traits {
        identifier: Some("3.0.0".to_owned()),
        ..Traits::default()
    };
    for role in roles {
        let mut one = DatabaseTraits::new(format!("ics50{role}.db"), Some(role));
        one.age = Some(age);
        one.endian = Some(endian);
        traits.databases.push(one);
    }
    traits
}

fn with_machine(mut traits: Traits, endian: Endian, log: u32, release: (u32, u32)) -> Traits {
    traits.log = Some((endian, log));
    traits.regions = vec![(endian, release)];
    traits
}

fn without(mut traits: Traits, roles: &[Role]) -> Traits {
    traits
        .databases
        .retain(|one| one.role.is_none_or(|role| !roles.contains(&role)));
    traits
}

fn with_nature(mut traits: Traits, nature: Nature) -> Traits {
    for one in &mut traits.databases {
        one.natures.push(nature);
    }
    traits
}

fn told(traits: &Traits) -> String {
    detect(Profile::shipped(), traits).conclusion.to_string()
}

#[test]
fn each_release_is_told_from_what_it_leaves() {
    let big = Endian::Big;
    let both = [Role::Recurring, Role::DeleteLog];

    let five = with_machine(without(traits(Age::V2, big), &both), big, 2, (2, 6));
    assert_eq!(told(&five), "5.x");
    let advice = detect(Profile::shipped(), &five).conclusion.advice();
    assert!(advice[0].contains("cs5migrate"), "{advice:?}");

    let zero = without(traits(Age::V3_2, big), &both);
    let zero = with_nature(with_machine(zero, big, 3, (3, 2)), Nature::NoLastPage);
    assert_eq!(told(&zero), "6.0");

    let one = with_machine(traits(Age::V4, big), big, 7, (4, 1));
    assert_eq!(told(&one), "6.1 to 6.2, most likely 6.1");

    let two = with_machine(traits(Age::V4, big), big, 8, (4, 2));
    assert_eq!(told(&two), "6.1 to 6.3, most likely 6.2");

    let mut three = two;
    three.identifier = Some("3.1.0".to_owned());
    assert_eq!(told(&three), "6.2 to 6.3, most likely 6.3");
}

#[test]
fn without_logs_the_answer_is_a_range() {
    let plain = traits(Age::V4, Endian::Little);
    assert_eq!(told(&plain), "6.0 to 6.2, most likely 6.2");
    let mut bare = plain;
    bare.identifier = None;
    assert_eq!(told(&bare), "6.0 to 6.3, most likely 6.2");
}

#[test]
fn a_range_has_no_holes() {
    let both = [Role::Recurring, Role::DeleteLog];
    let mut early = without(traits(Age::V4, Endian::Little), &both);
    early.identifier = None;
    assert_eq!(told(&early), "6.0 to 6.2, most likely 6.0");
}

#[test]
fn a_store_that_was_taken_over_is_not_taken_for_an_early_one() {
    let early = traits(Age::V3_2, Endian::Big);
    let taken = with_machine(early, Endian::Big, 8, (4, 2));
    let detection = detect(Profile::shipped(), &taken);
    assert_eq!(detection.conclusion.likely(), Some(Release::V6_2));
    assert!(!detection.conclusion.releases().contains(&Release::V6_0));
}

#[test]
fn natures_of_old_x86_stores_are_pointed_out() {
    let plain = || with_machine(traits(Age::V4, Endian::Little), Endian::Little, 8, (4, 2));
    let seen = with_nature(plain(), Nature::DirectoryOrder);
    let detection = detect(Profile::shipped(), &seen);
    assert_eq!(detection.conclusion.likely(), Some(Release::V6_3SolarisX86));
    let advice = detection.conclusion.advice();
    assert!(advice.iter().any(|one| one.contains("solaris-x86.md")));
    for nature in [
        Nature::NoLastPage,
        Nature::BitFields,
        Nature::KeyLengths,
        Nature::HashFunction,
        Nature::KeyOrder,
        Nature::Checksums,
    ] {
        let seen = with_nature(plain(), nature);
        let detection = detect(Profile::shipped(), &seen);
        let id = format!("nature-{}", nature.name());
        assert!(detection.evidence.iter().any(|one| one.id == id), "{id}");
        assert!(
            detection
                .conclusion
                .releases()
                .contains(&Release::V6_3SolarisX86),
            "{id}: {}",
            detection.conclusion
        );
    }
    // SPARC is no x86, whatever its databases look like.
    let sparc = with_machine(traits(Age::V4, Endian::Big), Endian::Big, 8, (4, 2));
    let sparc = with_nature(sparc, Nature::KeyOrder);
    assert_eq!(told(&sparc), "6.1 to 6.3, most likely 6.2");
}

#[test]
fn databases_in_the_order_of_another_machine_point_to_a_misbuilt_library() {
    let seen = with_machine(traits(Age::V4, Endian::Big), Endian::Little, 8, (4, 2));
    let detection = detect(Profile::shipped(), &seen);
    assert_eq!(detection.conclusion.likely(), Some(Release::V6_3SolarisX86));
}

#[test]
fn logs_that_are_little_endian_everywhere_say_nothing_of_the_machine() {
    let mut seen = traits(Age::V4, Endian::Big);
    seen.log = Some((Endian::Little, 19));
    let detection = detect(Profile::shipped(), &seen);
    let ids: Vec<_> = detection
        .evidence
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    assert!(ids.contains(&"log-later"), "{ids:?}");
    assert!(!ids.iter().any(|id| id.ends_with("machine")), "{ids:?}");
}

#[test]
fn files_of_several_stores_are_mixed() {
    let mut both = traits(Age::V4, Endian::Little);
    both.databases[0].endian = Some(Endian::Big);
    assert_eq!(told(&both), "mixed: files of several stores");

    let mut ages = traits(Age::V4, Endian::Little);
    ages.databases[1].age = Some(Age::V2);
    let detection = detect(Profile::shipped(), &ages);
    let Conclusion::Mixed(why) = &detection.conclusion else {
        panic!("{}", detection.conclusion);
    };
    assert!(why[0].contains("ics50events.db"), "{why:?}");

    // 3.x beside 4.x is a store that was taken over.
    let mut taken = traits(Age::V4, Endian::Little);
    taken.databases[1].age = Some(Age::V3_2);
    assert_ne!(told(&taken), "mixed: files of several stores");
}

#[test]
fn where_nothing_speaks_the_answer_is_unknown() {
    let mut odd = Traits::default();
    for role in [Role::Recurring, Role::DeleteLog] {
        odd.databases.push(DatabaseTraits::new("x.db", Some(role)));
    }
    let silent = r#"
[evidence.recurring-and-delete-log]
says = "both are there"
points-to = {}
mark = "assumed"
basis = "for this test"
"#;
    let profile = Profile::over_shipped("silent.toml", silent).unwrap();
    let detection = detect(&profile, &odd);
    assert_eq!(detection.conclusion, Conclusion::Unknown);
    assert_eq!(detection.conclusion.to_string(), "unknown");
}

#[test]
fn a_profile_decides_what_evidence_is_worth() {
    let known = r#"
[identifier."3.1.0"]
points-to = { "6.3" = 60 }
rules-out = ["6.0", "6.1", "6.2"]
mark = "documented"
basis = "our own 6.3 server"
"#;
    let profile = Profile::over_shipped("mine.toml", known).unwrap();
    let mut seen = traits(Age::V4, Endian::Big);
    seen.identifier = Some("3.1.0".to_owned());
    let detection = detect(&profile, &seen);
    assert_eq!(detection.conclusion, Conclusion::One(Release::V6_3));
    let one = detection
        .evidence
        .iter()
        .find(|one| one.id == "identifier.3.1.0")
        .unwrap();
    assert_eq!(one.provenance.to_string(), "documented: our own 6.3 server");
    assert_eq!(one.points(), "6.3 +60, rules out 6.0 6.1 6.2");
}

#[test]
fn all_that_is_found_is_listed_with_its_weight_and_provenance() {
    let seen = with_machine(traits(Age::V4, Endian::Big), Endian::Big, 8, (4, 2));
    let detection = detect(Profile::shipped(), &seen);
    let ids: Vec<_> = detection
        .evidence
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "database-4",
            "recurring-and-delete-log",
            "identifier.3.0.0",
            "log-8",
            "region-4-2",
            "big-endian-machine"
        ]
    );
    for one in &detection.evidence {
        assert!(!one.provenance.basis().is_empty(), "{}", one.id);
    }
    let sum: u32 = detection
        .evidence
        .iter()
        .filter_map(|one| one.points_to.get(&Release::V6_2))
        .sum();
    assert_eq!(detection.weights.get(&Release::V6_2), Some(&sum));
}
