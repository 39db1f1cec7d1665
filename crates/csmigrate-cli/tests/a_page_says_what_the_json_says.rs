//! The report as a page has the figures of the report as JSON, however the run
//! ended. It is HTML without fault, needs nothing but itself, and what is data
//! is text in it.

#[path = "support/calendars.rs"]
mod calendars;
#[path = "support/dom.rs"]
mod dom;
#[path = "../../bdbfile-cli/tests/support/shown.rs"]
mod shown;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::sync::OnceLock;

use dom::Element;
use serde_json::{Value, json};
use support::{StepByStep, csmigrate, flip, killed, run, sandbox, sandbox_with, testdata};
use tempfile::TempDir;

const BOTH: [&str; 4] = ["--report", "r.json", "--report", "r.html"];

/// A run that ended in some way, with both of its reports.
struct Ended {
    what: &'static str,
    json: Value,
    page: String,
    root: Element,
}

#[test]
fn each_needs_nothing_but_itself() {
    for Ended {
        what, page, root, ..
    } in every_end()
    {
        assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\""));
        let metas = root.select("meta");
        assert_eq!(metas[0].attribute("charset"), Some("utf-8"));
        let policy = metas[1].attribute("content").unwrap();
        assert_eq!(
            metas[1].attribute("http-equiv"),
            Some("Content-Security-Policy")
        );
        assert!(policy.starts_with("default-src 'none'; style-src 'unsafe-inline';"));
        let all = root.all();
        let names: BTreeSet<&str> = all.iter().map(|it| it.name.as_str()).collect();
        let known = BTreeSet::from(ELEMENTS);
        assert_eq!(names.difference(&known).next(), None, "{what}");
        let ids = || all.iter().filter_map(|it| it.attribute("id"));
        let unique: BTreeSet<&str> = ids().collect();
        assert_eq!(unique.len(), ids().count(), "{what}");
        for element in &all {
            for (name, value) in &element.attributes {
                assert!(ATTRIBUTES.contains(&name.as_str()), "{what}: {name}");
                let refers = match name.as_str() {
                    "href" => vec![value.strip_prefix('#').expect(value)],
                    "aria-labelledby" => value.split(' ').collect(),
                    _ => Vec::new(),
                };
                for id in refers {
                    assert!(unique.contains(id), "{what}: {id}");
                }
            }
        }
        for style in root.select("style") {
            let text = style.text();
            assert!(
                !text.contains("url(") && !text.contains("@import"),
                "{what}"
            );
        }
        // Who cannot see them is told what tables and charts are.
        for cell in root.select("th") {
            assert!(
                matches!(cell.attribute("scope"), Some("col" | "row")),
                "{what}"
            );
        }
        for chart in root.select("svg") {
            assert_eq!(chart.attribute("role"), Some("img"));
            for part in ["title", "desc"] {
                assert!(!chart.select(part)[0].text().is_empty(), "{what}");
            }
        }
    }
}

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
fn each_has_the_figures_of_the_files() {
    let mut seen = 0;
    for Ended {
        what, json, root, ..
    } in every_end()
    {
        let databases = list(&json["files"])
            .iter()
            .filter(|it| it["kind"] == "database");
        let (done, undone): (Vec<_>, Vec<_>) = databases.partition(|it| !it["result"].is_null());
        let Some(table) = root.select("table.files").first().copied() else {
            assert_eq!((done.len(), undone.len()), (0, 0), "{what}");
            continue;
        };
        let wanted = done.iter().map(|file| {
            let (result, records) = (&file["result"], &file["result"]["records"]);
            let mut row = vec![file["name"].clone()];
            let figures = ["read", "written", "recognised", "unrecognised", "deleted"];
            row.extend(figures.map(|name| records[name].clone()));
            row.push(result["warnings"].clone());
            row.extend(["in", "out"].map(|name| result["bytes"][name].clone()));
            row.extend(["seconds", "digest"].map(|name| result[name].clone()));
            row
        });
        let mut wanted: Vec<_> = wanted.collect();
        wanted.extend(undone.iter().map(|file| {
            let words = "not read to its end, or not looked at";
            vec![
                file["name"].clone(),
                json!(words),
                file["bytes"].clone(),
                json!(""),
            ]
        }));
        assert_eq!(values(&table.rows()), wanted, "{what}");
        seen += done.len();
        let foot = table.select("tfoot");
        assert_eq!(foot.is_empty(), json["totals"].is_null(), "{what}");
        if let Some(foot) = foot.first() {
            let (totals, records) = (&json["totals"], &json["totals"]["records"]);
            let mut row = vec![json!("Total")];
            let figures = ["read", "written", "recognised", "unrecognised", "deleted"];
            row.extend(figures.map(|name| records[name].clone()));
            row.push(totals["warnings"].clone());
            row.extend(["in", "out"].map(|name| totals["bytes"][name].clone()));
            row.extend([json["seconds"].clone(), json!("")]);
            assert_eq!(values(&[foot.cells()]), [row], "{what}");
            let carried = root.id("known").select("p.carried")[0].select("data");
            let carried: Vec<Value> = carried.iter().map(|it| value(it)).collect();
            assert_eq!(
                carried,
                [records["unrecognised"].clone(), records["read"].clone()]
            );
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn each_has_the_figures_of_its_charts() {
    let mut bars = 0;
    for Ended {
        what, json, root, ..
    } in every_end()
    {
        let done = list(&json["files"])
            .iter()
            .filter(|it| !it["result"].is_null());
        let done = done.count();
        if done == 0 {
            assert!(root.select("svg").is_empty(), "{what}");
            continue;
        }
        for chart in ["records-chart", "bytes-chart"] {
            let groups = root.id(chart).select("g").len();
            assert_eq!(groups, done, "{what}");
        }
        let components = &json["components"];
        let kinds = |count: &Value| {
            let kinds = ["components", "events", "todos", "journals"];
            kinds.map(|kind| count[kind].clone())
        };
        let row = |label: Value, count: &Value| [vec![label], kinds(count).to_vec()].concat();
        for (class, lists, name, rest) in [
            ("table.calendars", "largest", "calendar", &["others"][..]),
            (
                "table.years",
                "years",
                "year",
                &["earlier", "later", "undated"],
            ),
        ] {
            let wanted = list(&components[lists]).iter();
            let wanted = wanted.map(|one| row(one[name].clone(), one));
            let mut wanted: Vec<_> = wanted.collect();
            let rest = rest.iter().map(|name| &components[name]);
            let rest = rest.filter(|count| count["components"] != 0);
            wanted.extend(rest.map(|count| row(Value::Null, count)));
            let Some(table) = root.select(class).first().copied() else {
                assert!(wanted.is_empty() || components.is_null(), "{what} {class}");
                continue;
            };
            let found = values(&table.rows()).into_iter();
            let found: Vec<_> = found
                .map(|mut row| {
                    let label = row[0].as_str().unwrap_or_default();
                    let others =
                        label.ends_with("other calendars") || label.ends_with("other calendar");
                    if others || ["earlier", "later", "no date"].contains(&label) {
                        row[0] = Value::Null;
                    }
                    row
                })
                .collect();
            assert_eq!(found, wanted, "{what} {class}");
            let foot = table.select("tfoot")[0];
            assert_eq!(
                values(&[foot.cells()]),
                [row(json!("All"), &components["all"])]
            );
            bars += found.len();
        }
    }
    assert!(bars > 100, "{bars}");
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
    }
}

/// What a page made of markup would do: run scripts, load images, end tables,
/// turn lines around.
#[test]
fn what_is_data_is_text() {
    const MARKUP: &str =
        "<script>alert(1)</script>\"><img src=x onerror=alert(2)>'</td></table>&lt;b&gt;<!--";
    let sandbox = sandbox();
    let old = sandbox.path().join("old");
    fs::create_dir(&old).unwrap();
    let hostile = [MARKUP.as_bytes(), shown::HOSTILE].concat();
    for name in support::names(&testdata().join("composed-le")) {
        let path = testdata().join("composed-le").join(&name);
        if path.extension().is_some_and(|it| it == "db") {
            let change = |key: &[u8], value: &[u8]| {
                let key = match key.strip_prefix(b"jdoe") {
                    Some(rest) => [&hostile[..], rest].concat(),
                    None => key.to_vec(),
                };
                (key, value.to_vec())
            };
            fs::write(old.join(name), shown::changed(&path, change)).unwrap();
        }
    }
    let plain = hostile
        .iter()
        .copied()
        .filter(|byte| *byte != b'/')
        .collect::<Vec<_>>();
    let odd = |before: &str, after: &str| {
        let name = [
            before.as_bytes(),
            &plain[..plain.len().min(180)],
            after.as_bytes(),
        ]
        .concat();
        std::ffi::OsString::from_vec(name)
    };
    fs::write(old.join("ics50caldb.conf"), "version 3.0.0\n").unwrap();
    fs::write(old.join(odd("notes", "")), "").unwrap();
    fs::copy(old.join("ics50gse.db"), old.join(odd("ics50", ".db"))).unwrap();
    for args in [&["-d"][..], &[]] {
        let mut args: Vec<std::ffi::OsString> = args.iter().map(Into::into).collect();
        args.extend(BOTH.map(Into::into));
        args.extend(["--rules", "inferred", "--ignore-logs", "old"].map(Into::into));
        args.push(odd("new", ""));
        let output = run(sandbox.path(), &args);
        assert!(output.status.success(), "{}", support::stderr(&output));
        let ended = Ended::found("hostile", &sandbox);
        shown::assert_harmless("page", ended.page.as_bytes());
        assert!(shown::shows_hostile(ended.page.as_bytes()));
        let body = ended.root.select("body")[0];
        for name in ["script", "img", "b"] {
            assert!(body.select(name).is_empty(), "{name}");
        }
        // In keys, in the names of files, of calendars, of the target.
        for section in ["findings", "charts", "files", "glance", "next"] {
            if section == "next" && args[0] == "-d" {
                continue;
            }
            let said = ended.root.id(section).text();
            for markup in [
                "<script>alert(1)<",
                "<img src=x onerror=alert(2)>",
                "&lt;b&gt;",
            ] {
                assert!(said.contains(markup), "{section}: {markup}: {said}");
            }
        }
    }
}

/// A page takes the place of an earlier one, and of nothing else; two reports
/// have two places.
#[test]
fn a_page_replaces_a_page() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    let args = |report| ["-d", "--report", report, "old", "new"];
    support::succeeds(dir, args("r.HTML"));
    let first = fs::read_to_string(dir.join("r.HTML")).unwrap();
    support::succeeds(dir, args("r.HTML"));
    assert_ne!(fs::read_to_string(dir.join("r.HTML")).unwrap(), first);
    for other in [
        "<!DOCTYPE html>\n<html lang=\"en\">\n",
        "{\n  \"format\": \"csmigrate-report\",",
    ] {
        fs::write(dir.join("other.html"), other).unwrap();
        let told = support::fails(dir, args("other.html"));
        assert!(told.contains("no report"), "{told}");
        assert_eq!(fs::read_to_string(dir.join("other.html")).unwrap(), other);
    }
    for two in [["r.html", "./r.html"], ["-", "-"]] {
        let args = ["-d", "--report", two[0], "--report", two[1], "old", "new"];
        let told = support::fails(dir, args);
        assert!(told.contains("the same place"), "{told}");
    }
}

/// The parser finds what is wrong, or the tests above would show nothing.
#[test]
fn faults_are_found() {
    for page in [
        "<p>no doctype",
        "<!DOCTYPE html><p>a<b</p>",
        "<!DOCTYPE html><table><p>x</table>",
        "<!DOCTYPE html><p id=a id=b>x</p>",
        "<!DOCTYPE html><p>a</div></p>",
    ] {
        assert!(!dom::parse_any(page).1.is_empty(), "{page}");
    }
}

const ELEMENTS: [&str; 47] = [
    "a",
    "article",
    "body",
    "br",
    "code",
    "data",
    "dd",
    "desc",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "g",
    "h1",
    "h2",
    "h3",
    "head",
    "header",
    "html",
    "li",
    "line",
    "main",
    "meta",
    "nav",
    "ol",
    "p",
    "rect",
    "section",
    "span",
    "strong",
    "style",
    "summary",
    "svg",
    "table",
    "tbody",
    "td",
    "text",
    "tfoot",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "ul",
];

const ATTRIBUTES: [&str; 26] = [
    "aria-label",
    "aria-labelledby",
    "charset",
    "class",
    "colspan",
    "content",
    "data-format",
    "datetime",
    "height",
    "href",
    "http-equiv",
    "id",
    "lang",
    "name",
    "role",
    "scope",
    "tabindex",
    "title",
    "value",
    "width",
    "x",
    "x1",
    "x2",
    "y",
    "y1",
    "y2",
];

/// One run for each way to end.
fn every_end() -> &'static [Ended] {
    static ENDED: OnceLock<Vec<Ended>> = OnceLock::new();
    ENDED.get_or_init(run_to_every_end)
}

fn run_to_every_end() -> Vec<Ended> {
    let mut all = Vec::new();
    let mut add = |what, sandbox: &TempDir, args: &[&str]| {
        let args: Vec<&str> = BOTH.iter().chain(args).copied().collect();
        run(sandbox.path(), args);
        all.push(Ended::found(what, sandbox));
    };
    let le = || sandbox_with("composed-le");
    add("migrated", &le(), &["old", "new"]);
    let rules = ["--rules", "inferred", "-b", "kept", "old", "new"];
    add("migrated with rules", &sandbox_with("composed-be"), &rules);
    add("dry run", &le(), &["-d", "old", "new"]);
    add("refused", &le(), &["none", "no/new"]);
    let sandbox = le();
    fs::create_dir(sandbox.path().join("new")).unwrap();
    fs::write(sandbox.path().join("new/precious"), "").unwrap();
    add("a target that is not empty", &sandbox, &["old", "new"]);

    let damaged = || {
        let sandbox = le();
        flip(&sandbox.path().join("old/ics50events.db"), 3 * 4096 + 20, 6);
        sandbox
    };
    add("damaged", &damaged(), &["old", "new"]);
    add("damaged in a dry run", &damaged(), &["-d", "old", "new"]);
    let salvage = ["--ignore-logs", "--salvage", "old", "new"];
    add("salvaged and not published", &damaged(), &salvage);
    let salvage = [
        "--ignore-logs",
        "--salvage",
        "--publish-salvaged",
        "old",
        "new",
    ];
    add("salvaged", &damaged(), &salvage);

    let sandbox = le();
    flip(&sandbox.path().join("old/__db.001"), 56, 1);
    add("unclean", &sandbox, &["--no-recover", "old", "new"]);
    add("recovered", &sandbox, &["old", "new"]);
    for folder in killed::folders("calendar") {
        let sandbox = support::sandbox();
        killed::copy(&folder, &sandbox.path().join("old"));
        add("killed", &sandbox, &["old", "new"]);
    }

    let sandbox = support::sandbox();
    calendars::store(&sandbox.path().join("old"), 300);
    add("many calendars", &sandbox, &["old", "new"]);

    let sandbox = support::sandbox();
    support::big_store(&sandbox.path().join("old"), 10);
    add("nothing recognised", &sandbox, &["old", "new"]);

    let sandbox = support::sandbox();
    fs::create_dir(sandbox.path().join("old")).unwrap();
    let event = b"BEGIN:VEVENT\r\nUID:u1\r\nDTSTART:20060525T153000Z\r\nEND:VEVENT\r\n";
    let record = (b"jdoe\0u1\x000".to_vec(), event.to_vec());
    calendars::write(&sandbox.path().join("old"), "ics50events.db", vec![record]);
    add("one file", &sandbox, &["old", "new"]);
    all.extend(stopped_and_published_before());
    all
}

/// A run that was asked to stop once the backup was made; one that is killed
/// when all is in place, and the next one.
fn stopped_and_published_before() -> Vec<Ended> {
    let mut all = Vec::new();
    let sandbox = sandbox_with("composed-le");
    let args = || BOTH.iter().chain(&["old", "new"]);
    let mut run = StepByStep::start(csmigrate(sandbox.path(), args()));
    run.take_up_to("backup");
    run.signal(rustix::process::Signal::TERM);
    run.finish();
    all.push(Ended::found("stopped", &sandbox));

    let sandbox = sandbox_with("composed-le");
    let mut killed = StepByStep::start(csmigrate(sandbox.path(), args()));
    killed.take_up_to("publish");
    let page = sandbox.path().join("r.html");
    killed.wait_until(|| page.exists());
    killed.kill();
    support::run(sandbox.path(), args());
    all.push(Ended::found("published before", &sandbox));
    all
}

impl Ended {
    #[track_caller]
    fn found(what: &'static str, sandbox: &TempDir) -> Self {
        let read = |name: &str| fs::read_to_string(sandbox.path().join(name)).expect(what);
        let page = read("r.html");
        Self {
            what,
            json: serde_json::from_str(&read("r.json")).expect(what),
            root: dom::parse(what, &page),
            page,
        }
    }
}

/// The rows of the tables of a class.
fn rows(root: &Element, class: &str) -> Vec<Vec<Value>> {
    let tables = root.select(class).into_iter();
    tables.flat_map(|table| values(&table.rows())).collect()
}

fn values(rows: &[Vec<&Element>]) -> Vec<Vec<Value>> {
    let cells = |row: &Vec<&Element>| row.iter().map(|cell| value(cell)).collect();
    rows.iter().map(cells).collect()
}

/// What a cell says: the figure in it, which must be what is shown, a text, or
/// nothing.
#[track_caller]
fn value(cell: &Element) -> Value {
    let shown = cell.text();
    let figures = cell.select("data");
    let figure = match figures.first() {
        Some(figure) => figure.attribute("value"),
        None => cell.attribute("value"),
    };
    match figure {
        Some(figure) => {
            let bare = shown.replace(',', "");
            let value: Value = serde_json::from_str(figure).unwrap();
            match value.as_f64().filter(|_| value.is_f64()) {
                Some(number) => assert_eq!(bare, format!("{number:.2}")),
                None => assert_eq!(bare, figure),
            }
            value
        }
        None if shown == "–" => Value::Null,
        None => serde_json::from_str(&shown)
            .ok()
            .filter(|value: &Value| value.is_u64())
            .unwrap_or(Value::String(shown)),
    }
}

#[track_caller]
fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// As the page shows a text: on one line.
fn escaped(text: &str) -> String {
    bdbfile::escape::escaped(text)
}

/// What is in a list; nothing where there is none.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
