//! The figures of the tables and charts are those of the JSON.

use serde_json::{Value, json};

use crate::cells::{list, value, values};
use crate::ends::{Ended, every_end};

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
