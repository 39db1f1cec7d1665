//! The facts as a document for people.

use std::fmt::Write;

use super::registry;
use crate::profile::Profile;

const HEAD: &str = "\
# Where each fact comes from

Made from the code and the shipped profile: do not edit it. A test fails where it is not current; `CALDB_BLESS=1 cargo test -p caldb --test provenance` writes it anew.

Short names of texts: AG60, AG62, AG63 are the Administration Guides of Calendar Server 6.0 (816-6708), 6 2005Q4 (819-2433) and 6.3 (819-4654); UG5 and RN5 the Upgrade Guide (819-7561) and the Release Notes (819-4432) of Communications Suite 5; RN62 the Release Notes of Communications Services 2005Q4 (819-2568).

The marks: **documented**, a published text says so, or it was seen in files that the real library wrote; **inferred**, it follows from published texts; **assumed**, nothing says so, and it is what we do until somebody knows better; **composed**, made up by this project for its own samples.

How Berkeley DB files are laid out is a matter of its own: [format.md](format.md) marks each of its facts. What a profile is, and how to correct what is wrong here for your store: [profile.md](profile.md).
";

/// The text of `docs/provenance.md`.
pub fn document(profile: &Profile) -> String {
    let mut text = HEAD.to_owned();
    for section in registry(profile) {
        let _ = write!(
            text,
            "\n## {}\n\n{}\n\n| Fact | What is taken for true | Mark | Source or reasoning |\n|---|---|---|---|\n",
            section.title, section.about
        );
        for fact in section.facts {
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} |",
                cell(&fact.id),
                cell(&fact.text),
                fact.provenance.mark(),
                cell(fact.provenance.basis())
            );
        }
    }
    text
}

/// A text that cannot end the cell it stands in, and that is no tag of HTML:
/// where it is code it is shown as it is.
fn cell(text: &str) -> String {
    let text = text.replace('|', "\\|").replace('\n', " ");
    let parts = text.split('`').enumerate().map(|(number, part)| {
        if number.is_multiple_of(2) {
            part.replace('<', "&lt;")
        } else {
            part.to_owned()
        }
    });
    parts.collect::<Vec<_>>().join("`")
}
