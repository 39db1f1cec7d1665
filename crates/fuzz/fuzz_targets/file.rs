//! Fuzzes the target `file`.

#![no_main]

fuzz::fuzz_target!(file);
