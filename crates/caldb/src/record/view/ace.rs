//! Access control entries.

use std::borrow::Cow;

/// An access control entry: `who^what^how^grant`, such as `@@o^c^wdeic^g`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ace<'a>(Cow<'a, [u8]>);

impl<'a> Ace<'a> {
    /// Any bytes as an entry.
    pub fn new(entry: impl Into<Cow<'a, [u8]>>) -> Self {
        Self(entry.into())
    }

    /// The entry as it is.
    pub fn whole(&self) -> &[u8] {
        &self.0
    }

    /// Whom it is about: `@` everybody, `@domain`, a user, `@@o` owners.
    pub fn who(&self) -> &[u8] {
        self.part(0).unwrap_or_default()
    }

    /// On what: `c` components, `p` properties, `a` the whole calendar. `None`
    /// when the entry is cut off before it.
    pub fn what(&self) -> Option<&[u8]> {
        self.part(1)
    }

    /// What they may do: a letter each, in any order. Empty means nothing;
    /// `None` that the entry is cut off before it.
    pub fn how(&self) -> Option<&[u8]> {
        self.part(2)
    }

    /// `g` grants, `d` denies. `None` when the entry is cut off before it.
    pub fn grant(&self) -> Option<&[u8]> {
        self.part(3).filter(|grant| !grant.is_empty())
    }

    /// Whether what, how or grant has an upper-case letter, as 5.x wrote them.
    /// A user's name may have one.
    pub fn is_upper_case(&self) -> bool {
        [self.what(), self.how(), self.grant()]
            .into_iter()
            .flatten()
            .flatten()
            .any(u8::is_ascii_uppercase)
    }

    /// Whether it ends before it says whether it grants or denies.
    pub fn is_cut_off(&self) -> bool {
        self.grant().is_none()
    }

    fn part(&self, number: usize) -> Option<&[u8]> {
        self.0.splitn(4, |byte| *byte == b'^').nth(number)
    }
}
