//! csmigrate
fn main() {}
