//! Fuzzes the target `fields`.

#![no_main]

fuzz::fuzz_target!(fields);
