//! The facts as a document for people.

use std::fmt::Write;

use super::registry;
use crate::profile::Profile;

const HEAD: &str = "\
# Where each fact comes from

Made from the code and the shipped profile: do not edit it. A test fails where it is not current; `CALDB_BLESS=1 cargo test -p caldb --test provenance` writes it anew.

The marks: **documented**, a published text says so; **inferred**, it follows from published texts; **assumed**, nothing says so, and it is what we do until somebody knows better; **composed**, made up by this project for its own samples.

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

/// A text that cannot end the cell it stands in.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
