//! The report as a page has the figures of the report as JSON, however the run
//! ended. It is HTML without fault and needs nothing but itself.

#[path = "../support/calendars.rs"]
mod calendars;
#[path = "../support/dom.rs"]
mod dom;
#[path = "../support/mod.rs"]
mod support;

mod alone;
mod cells;
mod ends;
mod figures;
mod told;

use std::fs;

use support::sandbox_with;

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
