//! An entry of the help text.

use std::fmt::Write;

/// Columns of the names in the help text.
pub const LEFT: usize = 15;

/// Writes what a name means beside it, or below where the name is long.
pub fn entry(text: &mut String, left: &str, help: &[&str]) {
    let mut left = left;
    if left.len() > LEFT {
        let _ = writeln!(text, "  {left}");
        left = "";
    }
    for line in help {
        let _ = writeln!(text, "  {left:<LEFT$} {line}");
        left = "";
    }
}
