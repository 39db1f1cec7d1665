//! Fuzzes the target `store`.

#![no_main]

fuzz::fuzz_target!(store);
