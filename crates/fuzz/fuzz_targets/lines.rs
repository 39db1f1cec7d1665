//! Fuzzes the target `lines`.

#![no_main]

fuzz::fuzz_target!(lines);
