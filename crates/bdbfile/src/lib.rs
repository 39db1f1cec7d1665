//! bdbfile
