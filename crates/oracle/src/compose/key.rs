//! The keys: COMPOSED, the real ones were never published.
//!
//! What a key has to name is documented (a component by calid, uid and rid, an
//! alarm by an aid as well, a queue entry by six identifiers); how it is spelt is
//! not. Here the identifiers stand in that order as text with a NUL between.
//! An absent recurrence id is `0`, as clients of the server write it.

/// The recurrence id of what has none.
pub(super) const NO_RID: &str = "0";

/// A key of the given identifiers.
pub(super) fn join(identifiers: &[&str]) -> Vec<u8> {
    identifiers.join("\0").into_bytes()
}
