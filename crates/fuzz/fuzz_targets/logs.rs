//! Fuzzes the target `logs`.

#![no_main]

fuzz::fuzz_target!(logs);
