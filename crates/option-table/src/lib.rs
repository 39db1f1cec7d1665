//! What is made from the table of a command's options: its entries in the help,
//! its manual page, and the completions of three shells. So none of them can
//! lack an option that the others have.
//!
//! * `help`: an entry of the help text.
//! * `man`: the manual page, in roff.
//! * `bash`, `zsh`, `fish`: the completions.
//!
//! ```
//! use option_table::{Completes, Form, Group, Opt, Program};
//!
//! let level = Opt {
//!     short: Some('l'),
//!     long: None,
//!     value: Some("min|max"),
//!     help: &["how much is told"],
//! };
//! let program = Program {
//!     name: "tell",
//!     version: "1.0",
//!     about: "tells",
//!     syntax: vec!["tell [-l min|max] file".to_owned()],
//!     description: &["Tells what is in a file."],
//!     groups: vec![Group { title: "Options", options: vec![level] }],
//!     commands: Vec::new(),
//!     operands: Completes::Files,
//!     sections: &[],
//! };
//! assert_eq!(Form::of_name("man"), Some(Form::Man));
//! assert!(program.generate(Form::Man).contains("\\fB\\-l\\fR \\fImin|max\\fR"));
//! assert!(program.generate(Form::Bash).contains("'min max'"));
//! ```

// As in `bdbfile`: nothing here may end in a panic.
#![cfg_attr(
    not(test),
    warn(
        clippy::arithmetic_side_effects,
        clippy::exit,
        clippy::expect_used,
        clippy::get_unwrap,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::panic_in_result_fn,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_in_result,
        clippy::unwrap_used
    )
)]

mod bash;
mod fish;
mod help;
mod man;
mod zsh;

pub use help::{LEFT, entry};

/// An option.
#[derive(Debug, Clone, Copy)]
pub struct Opt {
    /// Its short name.
    pub short: Option<char>,
    /// Its long name, without the dashes.
    pub long: Option<&'static str>,
    /// The name of its value, if it has one: see [`Completes::value`].
    pub value: Option<&'static str>,
    /// What it does: lines of the help text.
    pub help: &'static [&'static str],
}

/// Options under a title.
#[derive(Debug, Clone)]
pub struct Group {
    /// The title, as in the help text.
    pub title: &'static str,
    /// The options, in their order.
    pub options: Vec<Opt>,
}

/// A command of a program that has several.
#[derive(Debug, Clone)]
pub struct Command {
    /// The word that calls it.
    pub name: &'static str,
    /// What it does: lines of the help text.
    pub help: &'static [&'static str],
    /// Its own options, in their order.
    pub options: Vec<Opt>,
    /// What its operands are.
    pub operands: Completes,
}

/// What a word is completed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completes {
    /// It is not known what there may be.
    Nothing,
    /// Names of files.
    Files,
    /// Names of directories.
    Directories,
    /// One of the words that stand here with `|` between them.
    OneOf(&'static str),
}

/// A program.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
    /// How it is called: a line each.
    pub syntax: Vec<String>,
    /// What it does: a paragraph each.
    pub description: &'static [&'static str],
    /// Its options, those of all its commands.
    pub groups: Vec<Group>,
    /// Its commands, where it has any.
    pub commands: Vec<Command>,
    /// What its operands are, where it has no commands.
    pub operands: Completes,
    /// What the manual page tells after the options.
    pub sections: &'static [Section],
}

/// A section of a manual page.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Its title, in capitals.
    pub title: &'static str,
    /// What is in it.
    pub parts: &'static [Part],
}

/// A part of a section of a manual page.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    /// A paragraph.
    Text(&'static str),
    /// A word, and what it means.
    Item(&'static str, &'static str),
    /// What an example does, and the command.
    Example(&'static str, &'static str),
}

/// What can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The manual page.
    Man,
    /// Completions for bash.
    Bash,
    /// Completions for zsh.
    Zsh,
    /// Completions for fish.
    Fish,
}

impl Form {
    /// The names of all forms, as the value of an option is named.
    pub const NAMES: &'static str = "man|complete-bash|complete-zsh|complete-fish";

    /// The form of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "man" => Some(Self::Man),
            "complete-bash" => Some(Self::Bash),
            "complete-zsh" => Some(Self::Zsh),
            "complete-fish" => Some(Self::Fish),
            _ => None,
        }
    }
}

impl Program {
    /// Makes one of the forms.
    pub fn generate(&self, form: Form) -> String {
        match form {
            Form::Man => man::page(self),
            Form::Bash => bash::script(self),
            Form::Zsh => zsh::script(self),
            Form::Fish => fish::script(self),
        }
    }

    /// The options that are not a command's.
    fn options(&self) -> impl Iterator<Item = &Opt> {
        self.groups.iter().flat_map(|group| &group.options)
    }
}

impl Completes {
    /// What a value is, by its name: words with `|` between them are all there
    /// may be; a name that ends in `dir` is a directory's, one that ends in
    /// `file` a file's, in capitals or not.
    pub fn value(name: &'static str) -> Self {
        let lower = name.to_ascii_lowercase();
        if name.contains('|') {
            Self::OneOf(name)
        } else if lower.ends_with("dir") {
            Self::Directories
        } else if lower.ends_with("file") {
            Self::Files
        } else {
            Self::Nothing
        }
    }

    /// The words that there may be, a space between them.
    fn words(words: &str) -> String {
        words.replace('|', " ")
    }
}

impl Opt {
    /// Its names as they are written.
    fn names(&self) -> impl Iterator<Item = String> {
        let short = self.short.map(|short| format!("-{short}"));
        let long = self.long.map(|long| format!("--{long}"));
        short.into_iter().chain(long)
    }

    /// Its names with something between them, and its value.
    pub fn written(&self, between: &str) -> String {
        let names: Vec<String> = self.names().collect();
        let names = names.join(between);
        match self.value {
            Some(value) => format!("{names} {value}"),
            None => names,
        }
    }

    /// What its value is completed to.
    fn completes(&self) -> Option<Completes> {
        self.value.map(Completes::value)
    }
}

/// The beginning of a help text that can stand alone, for a list of choices:
/// without what is in brackets, up to what follows after a semicolon.
fn brief(help: &[&str]) -> String {
    let text = help.join(" ");
    let mut brief = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once(" (") {
        brief.push_str(before);
        rest = after.split_once(')').map_or("", |(_, after)| after);
    }
    brief.push_str(rest);
    match brief.split_once("; ") {
        Some((brief, _)) => brief.to_owned(),
        None => brief,
    }
}

/// A text in single quotes, as a shell takes it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests;
