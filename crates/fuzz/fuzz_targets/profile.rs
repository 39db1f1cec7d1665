//! Fuzzes the target `profile`.

#![no_main]

fuzz::fuzz_target!(profile);
