//! Calendar ids.

use memchr::memchr;

/// A calendar id: `userid[@domain][:calendar-name]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Calid<'a>(&'a [u8]);

impl<'a> Calid<'a> {
    /// Any bytes as a calendar id.
    pub const fn new(calid: &'a [u8]) -> Self {
        Self(calid)
    }

    /// The whole id.
    pub const fn whole(self) -> &'a [u8] {
        self.0
    }

    /// The user it belongs to, with the domain: what is before the first colon.
    pub fn owner(self) -> &'a [u8] {
        self.divided(b':').0
    }

    /// The user without the domain.
    pub fn userid(self) -> &'a [u8] {
        Self(self.owner()).divided(b'@').0
    }

    /// The domain, if it names one.
    pub fn domain(self) -> Option<&'a [u8]> {
        Self(self.owner()).divided(b'@').1
    }

    /// The name of the calendar; a user's default calendar has none.
    pub fn name(self) -> Option<&'a [u8]> {
        self.divided(b':').1
    }

    /// Whether it names no user: `:name`, `@domain` or nothing.
    pub fn is_without_owner(self) -> bool {
        self.userid().is_empty()
    }

    fn divided(self, by: u8) -> (&'a [u8], Option<&'a [u8]>) {
        match memchr(by, self.0) {
            Some(at) => (
                self.0.get(..at).unwrap_or_default(),
                self.0.get(at.saturating_add(1)..),
            ),
            None => (self.0, None),
        }
    }
}
