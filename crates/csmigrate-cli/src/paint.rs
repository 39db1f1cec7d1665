//! Colours, on a terminal that has them and for people who want them.

use std::io::IsTerminal;

use console::Style;

/// Puts texts in colours, or leaves them as they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// For what is printed there: none where that is no terminal, or one that
    /// knows none, or where `NO_COLOR` is set and not empty.
    pub(crate) fn on(stream: &impl IsTerminal) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            on: stream.is_terminal() && !console::is_dumb() && !unwanted,
        }
    }

    /// A heading.
    pub(crate) fn heading(self, text: &str) -> String {
        self.put(text, Style::bold)
    }

    /// A warning.
    pub(crate) fn warning(self, text: &str) -> String {
        self.put(text, Style::yellow)
    }

    /// An error, or what is lost.
    pub(crate) fn loss(self, text: &str) -> String {
        self.put(text, Style::red)
    }

    fn put(self, text: &str, how: impl FnOnce(Style) -> Style) -> String {
        if !self.on || text.is_empty() {
            return text.to_owned();
        }
        let style = how(Style::new().force_styling(true));
        style.apply_to(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_painted_is_as_it_was() {
        let plain = Paint { on: false };
        assert_eq!(plain.heading("a"), "a");
        let painted = Paint { on: true };
        assert_eq!(painted.heading("a"), "\u{1b}[1ma\u{1b}[0m");
        assert_eq!(painted.warning("a"), "\u{1b}[33ma\u{1b}[0m");
        assert_eq!(painted.loss("a"), "\u{1b}[31ma\u{1b}[0m");
        assert_eq!(painted.loss(""), "");
    }
}
