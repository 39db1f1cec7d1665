//! What the page tells is what the JSON tells.

use serde_json::json;

use crate::cells::{escaped, list, rows, text, value, values};
use crate::dom::{self, Element};
use crate::ends::{Ended, every_end};

#[test]
fn each_says_how_the_run_ended() {
    for Ended {
        what, json, root, ..
    } in every_end()
    {
        let outcome = &json["outcome"];
        let title = match text(&outcome["code"]) {
            "migrated" => "Migrated",
            "dry-run-passed" => "Dry run passed",
            "already-published" => "Migrated by an earlier run",
            "refused" => "Refused",
            "failed" if json["dry_run"] == true => "Dry run failed",
            "failed" => "Failed",
            "stopped" => "Stopped",
            "salvaged" => "Salvaged, with losses",
            code => panic!("{code}"),
        };
        assert_eq!(root.select("h1")[0].text(), title, "{what}");
        let facts = root.id("glance").select("dl")[0];
        let fact = |term: &str| {
            let all = facts.select("div").into_iter();
            let mut found = all.filter(|it| it.select("dt")[0].text() == term);
            found.next().map(|it| it.select("dd")[0].text())
        };
        assert_eq!(fact("From").as_deref(), json["source"].as_str());
        assert_eq!(
            fact("Machine").unwrap(),
            format!("{}, process {}", text(&json["host"]), json["process"])
        );
        let status = format!("{} ({})", outcome["status"], text(&outcome["code"]));
        assert_eq!(fact("Exit status").unwrap(), status);
        let published = fact("Published").unwrap();
        assert_eq!(
            published.starts_with("yes"),
            outcome["published"] == true,
            "{what}"
        );
        assert_eq!(
            fact("Warnings").unwrap(),
            list(&json["warnings"]).len().to_string()
        );
        let errors = root
            .select("ul.errors")
            .into_iter()
            .flat_map(|it| it.select("li"));
        let errors: Vec<String> = errors.map(Element::text).collect();
        let wanted = list(&outcome["errors"]).iter().map(|error| {
            format!(
                "{} ({})",
                escaped(text(&error["text"])),
                text(&error["code"])
            )
        });
        assert_eq!(errors, wanted.collect::<Vec<_>>(), "{what}");
        let steps = root.id("next").select("li").into_iter().map(Element::text);
        let wanted = list(&json["next_steps"])
            .iter()
            .map(|step| escaped(text(step)));
        assert_eq!(
            steps.collect::<Vec<_>>(),
            wanted.collect::<Vec<_>>(),
            "{what}"
        );
        if let Some(way_back) = json["rollback"].as_str() {
            assert!(
                root.id("back").text().contains(&escaped(way_back)),
                "{what}"
            );
        }
        let logs = root.id("logs").text();
        assert!(
            logs.contains(text(&json["logs"]["migration"]))
                && logs.contains(text(&json["logs"]["errors"]))
        );
    }
}

#[test]
fn each_tells_all_that_was_found() {
    let mut seen = 0;
    for Ended {
        what, json, root, ..
    } in every_end()
    {
        let section = root.id("findings");
        for finding in list(&json["checks"]["findings"]) {
            let id = format!("check-{}", text(&finding["id"]));
            if finding["count"] == 0 {
                assert!(
                    section
                        .all()
                        .iter()
                        .all(|it| it.attribute("id") != Some(&id))
                );
                assert!(
                    section.text().contains(text(&finding["text"])),
                    "{what} {id}"
                );
                continue;
            }
            seen += 1;
            let article = root.id(&id);
            let said = article.text();
            for part in [
                &finding["text"],
                &finding["fires"],
                &finding["provenance"]["mark"],
                &finding["provenance"]["basis"],
            ] {
                assert!(said.contains(text(part)), "{what} {id}: {part}");
            }
            assert_eq!(value(article.select("data")[0]), finding["count"]);
            let cases = values(&article.select("table.cases")[0].rows());
            let wanted = list(&finding["cases"]).iter().map(|case| {
                let mut row = vec![
                    case["file"].clone(),
                    case["page"].clone(),
                    case["slot"].clone(),
                ];
                if !case["number"].is_null() {
                    row.push(case["number"].clone());
                }
                row.push(json!(case["key"].as_str().unwrap_or_default()));
                row
            });
            let unlike = cases.iter().zip(wanted).find(|(one, other)| *one != other);
            assert_eq!(unlike, None, "{what} {id}");
            assert_eq!(cases.len(), list(&finding["cases"]).len());
        }
        let told = section.text();
        for violation in list(&json["violations"]) {
            for part in ["rule", "requires", "broken", "remedy"] {
                assert!(told.contains(text(&violation[part])), "{what}: {part}");
            }
            let mut rules = list(&json["rules"]["on"]).iter();
            let rule = rules.find(|rule| rule["id"] == violation["rule"]).unwrap();
            assert!(told.contains(text(&rule["provenance"]["basis"])), "{what}");
        }
        let warnings: Vec<String> = match section.select("ul.warnings").first() {
            None => Vec::new(),
            Some(listed) => {
                let items = listed.children.iter().filter_map(|child| match child {
                    dom::Node::Element(item) => Some(item.text()),
                    dom::Node::Text(_) => None,
                });
                items.collect()
            }
        };
        assert_eq!(warnings.len(), list(&json["warnings"]).len(), "{what}");
        for (said, warning) in warnings.iter().zip(list(&json["warnings"])) {
            assert!(said.starts_with(text(&warning["code"])), "{what}: {said}");
            assert!(
                said.contains(&escaped(text(&warning["text"]))),
                "{what}: {said}"
            );
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn each_tells_how_it_came_to_that() {
    let mut seen = 0;
    for Ended {
        what, json, root, ..
    } in every_end()
    {
        let said = root.id("shutdown").text();
        for why in json["shutdown"]["why"].as_array().into_iter().flatten() {
            assert!(said.contains(&escaped(text(why))), "{what}: {why}");
        }
        let recovered = list(&json["recovery"]["files"]).iter().map(|file| {
            let renamed = file["renamed_from"].as_str();
            let renamed = renamed.map_or(String::new(), |from| format!(" (was {from})"));
            let state = format!("{}{renamed}", text(&file["state"]));
            let migrated = if file["migrated"] == true {
                "yes"
            } else {
                "no"
            };
            vec![
                file["name"].clone(),
                json!(state),
                file["pages_changed"].clone(),
                json!(migrated),
            ]
        });
        assert_eq!(
            rows(root, "table.recovered"),
            recovered.collect::<Vec<_>>(),
            "{what}"
        );
        seen += rows(root, "table.recovered").len();
        let evidence = rows(root, "table.evidence");
        assert_eq!(evidence.len(), list(&json["evidence"]).len(), "{what}");
        let said = root.id("release").text();
        for one in list(&json["evidence"]) {
            assert!(said.contains(text(&one["text"])), "{what}: {one}");
            assert!(
                said.contains(text(&one["provenance"]["basis"])),
                "{what}: {one}"
            );
        }
        let backup = list(&json["backup"]["files"]).iter();
        let backup = backup.map(|file| {
            ["name", "bytes", "blake3"]
                .map(|it| file[it].clone())
                .to_vec()
        });
        assert_eq!(
            rows(root, "table.backup"),
            backup.collect::<Vec<_>>(),
            "{what}"
        );
        let stages = list(&json["stages"]).iter().map(|stage| {
            let did = stage["text"].as_str().unwrap_or("not done");
            vec![
                stage["name"].clone(),
                stage["seconds"].clone(),
                json!(escaped(did)),
            ]
        });
        assert_eq!(
            rows(root, "table.stages"),
            stages.collect::<Vec<_>>(),
            "{what}"
        );
    }
    assert!(seen > 0, "a store was recovered");
}

#[test]
fn each_tells_what_is_lost_and_what_rules_did() {
    let (mut losses, mut changes) = (0, 0);
    for Ended {
        what, json, root, ..
    } in every_end()
    {
        let salvaged = list(&json["files"]).iter().filter_map(|file| {
            let salvaged = file["result"]["salvaged"].as_object()?;
            let figures = [
                "saved",
                "lost",
                "repeated",
                "pages",
                "damaged_pages",
                "unreadable_pages",
                "zero_pages",
                "damage",
            ];
            let mut row = vec![file["name"].clone()];
            row.extend(figures.map(|name| salvaged[name].clone()));
            Some(row)
        });
        assert_eq!(
            rows(root, "table.losses"),
            salvaged.collect::<Vec<_>>(),
            "{what}"
        );
        let rules = root
            .select("ul.rules-on")
            .into_iter()
            .flat_map(|it| it.select("li"));
        let rules: Vec<String> = rules.map(Element::text).collect();
        assert_eq!(rules.len(), list(&json["rules"]["on"]).len(), "{what}");
        for (said, rule) in rules.iter().zip(list(&json["rules"]["on"])) {
            for part in [
                &rule["text"],
                &rule["id"],
                &rule["provenance"]["mark"],
                &rule["provenance"]["basis"],
            ] {
                assert!(said.contains(text(part)), "{what}: {part}");
            }
        }
        let examples = list(&json["rules"]["applied"]).iter();
        let examples = examples
            .flat_map(|rule| list(&rule["examples"]))
            .flat_map(|example| {
                let lines = list(&example["lines"]).iter();
                lines.map(|line| {
                    let texts = [&example["key"], &line["before"], &line["after"]];
                    texts.map(|it| json!(escaped(text(it)))).to_vec()
                })
            });
        assert_eq!(
            rows(root, "table.examples"),
            examples.collect::<Vec<_>>(),
            "{what}"
        );
        losses += rows(root, "table.losses").len();
        changes += rows(root, "table.examples").len();
    }
    assert!(losses > 0 && changes > 0, "{losses} {changes}");
}
