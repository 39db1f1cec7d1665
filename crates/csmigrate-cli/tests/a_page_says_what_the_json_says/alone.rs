//! A page needs nothing but itself.

use std::collections::BTreeSet;

use crate::dom;
use crate::ends::{Ended, every_end};

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
