//! Names and keys may be markup. In the report as a page they are text: no
//! element comes of them, and nothing that a browser obeys.

#[path = "support/dom.rs"]
mod dom;
#[path = "../../bdbfile-cli/tests/support/shown.rs"]
mod shown;
mod support;

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;

use support::{run, sandbox, testdata};

/// What a page made of markup would do: run scripts, load images, end tables,
/// turn lines around.
#[test]
fn of_a_store_full_of_it() {
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
        OsString::from_vec(name)
    };
    fs::write(old.join("ics50caldb.conf"), "version 3.0.0\n").unwrap();
    fs::write(old.join(odd("notes", "")), "").unwrap();
    fs::copy(old.join("ics50gse.db"), old.join(odd("ics50", ".db"))).unwrap();
    for args in [&["-d"][..], &[]] {
        let mut args: Vec<OsString> = args.iter().map(Into::into).collect();
        args.extend(["--report", "r.html"].map(Into::into));
        args.extend(["--rules", "inferred", "--ignore-logs", "old"].map(Into::into));
        args.push(odd("new", ""));
        let output = run(sandbox.path(), &args);
        assert!(output.status.success(), "{}", support::stderr(&output));
        let page = fs::read_to_string(sandbox.path().join("r.html")).unwrap();
        let root = dom::parse("hostile", &page);
        shown::assert_harmless("page", page.as_bytes());
        assert!(shown::shows_hostile(page.as_bytes()));
        let body = root.select("body")[0];
        for name in ["script", "img", "b"] {
            assert!(body.select(name).is_empty(), "{name}");
        }
        // In keys, in the names of files, of calendars, of the target.
        for section in ["findings", "charts", "files", "glance", "next"] {
            if section == "next" && args[0] == "-d" {
                continue;
            }
            let said = root.id(section).text();
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
