//! The manual page, in roff.

use roff::{Inline, Roff, bold, italic, roman};

use crate::{Command, Opt, Part, Program};

pub(crate) fn page(program: &Program) -> String {
    let mut page = Page(Roff::new());
    let title = program.name.to_uppercase();
    let source = format!("{} {}", program.name, program.version);
    // No date: the same program has the same page.
    page.control("TH", &[&title, "1", "", &source, "User Commands"]);
    // Names are not torn, nor words drawn apart.
    page.control("nh", &[]);
    page.control("ad", &["l"]);
    page.section("NAME");
    page.text(&format!("{} - {}", program.name, program.about));
    page.section("SYNOPSIS");
    // Each line as it stands, and none filled up.
    page.control("nf", &[]);
    for line in &program.syntax {
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        page.inlines(vec![bold(name), roman(format!(" {rest}"))]);
    }
    page.control("fi", &[]);
    page.section("DESCRIPTION");
    for paragraph in program.description {
        page.control("PP", &[]);
        page.text(paragraph);
    }
    if !program.commands.is_empty() {
        page.section("COMMANDS");
    }
    for command in &program.commands {
        page.command(command);
    }
    page.section("OPTIONS");
    for group in &program.groups {
        page.control("SS", &[group.title]);
        for option in &group.options {
            page.option(option);
        }
    }
    for section in program.sections {
        page.section(section.title);
        for part in section.parts {
            page.part(part);
        }
    }
    page.0.render()
}

struct Page(Roff);

impl Page {
    fn control(&mut self, name: &str, arguments: &[&str]) {
        // An argument that is empty stands all the same.
        let arguments = arguments.iter().map(|argument| match *argument {
            "" => "\"\"",
            argument => argument,
        });
        self.0.control(name, arguments);
    }

    fn inlines(&mut self, inlines: Vec<Inline>) {
        self.0.text(inlines);
    }

    fn text(&mut self, text: &str) {
        self.inlines(vec![roman(text)]);
    }

    fn section(&mut self, title: &str) {
        self.control("SH", &[title]);
    }

    fn command(&mut self, command: &Command) {
        self.control("SS", &[command.name]);
        self.text(&sentence(command.help));
        for option in &command.options {
            self.option(option);
        }
    }

    fn option(&mut self, option: &Opt) {
        self.control("TP", &[]);
        let mut tag = Vec::new();
        for name in option.names() {
            if !tag.is_empty() {
                tag.push(roman(", "));
            }
            tag.push(bold(name));
        }
        if let Some(value) = option.value {
            tag.extend([roman(" "), italic(value)]);
        }
        self.inlines(tag);
        self.text(&sentence(option.help));
    }

    fn part(&mut self, part: &Part) {
        match part {
            Part::Text(text) => {
                self.control("PP", &[]);
                self.text(text);
            }
            Part::Item(tag, text) => {
                self.control("TP", &[]);
                self.inlines(vec![bold(*tag)]);
                self.text(text);
            }
            Part::Example(what, command) => {
                self.control("PP", &[]);
                self.text(what);
                self.control("PP", &[]);
                self.control("RS", &["4"]);
                self.control("nf", &[]);
                self.inlines(vec![bold(*command)]);
                self.control("fi", &[]);
                self.control("RE", &[]);
            }
        }
    }
}

/// Lines of the help as a sentence of the page.
fn sentence(help: &[&str]) -> String {
    let text = help.join(" ");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => text,
    }
}
