//! Which release wrote a store, by what evidence.
//!
//! No file says it. So what can be seen is gathered ([`Traits`]), each piece
//! is weighed by the profile, and the answer ([`Detection`]) says no more than
//! the evidence does: one release, several with the likeliest of them, files
//! of several stores, or nothing.
//!
//! * `releases`: the releases a store can be of.
//! * `nature`: what old libraries wrote in a way of their own.
//! * `traits`: what can be seen in a store.
//! * `detect`: from there to the release.

mod detect;
mod nature;
mod releases;
mod traits;

pub use detect::{Conclusion, Detection, Evidence, detect, points};
pub use nature::Nature;
pub use releases::Release;
pub use traits::{Age, DatabaseTraits, Internal, Traits};
