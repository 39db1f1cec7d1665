//! caldb
