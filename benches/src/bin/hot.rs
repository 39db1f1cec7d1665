//! `hot WORK FILE ROUNDS`: one loop of a layer over all of a file, so many
//! times, for counting its instructions: those of no round are taken from those
//! of many. Prints what the processor can do, as far as the loops ask for it.

use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;

use benches::input::{Input, Nowhere};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hot: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [work, path, rounds] = arguments.as_slice() else {
        return Err("usage: hot WORK FILE ROUNDS".into());
    };
    let rounds: u32 = rounds.parse()?;
    let input = Input::open(Path::new(path))?;
    println!("{}", input.record_bytes());
    println!("{}", processor());
    let mut printed = Vec::new();
    for _ in 0..rounds {
        match work.as_str() {
            "decode" => drop(black_box(input.decode_pages())),
            "read" => drop(black_box(input.read()?)),
            "digest" => drop(black_box(input.digest())),
            "build" => drop(black_box(input.build()?)),
            "lines" => drop(black_box(input.print_lines(&mut printed))),
            "recognise" => drop(black_box(input.recognise())),
            "check" => drop(black_box(input.check())),
            "verify" => drop(black_box(input.verify()?)),
            "convert" => drop(black_box(input.convert(|| Ok(Nowhere))?)),
            other => return Err(format!("no such work: {other}").into()),
        }
    }
    Ok(())
}

/// The kind of processor, and which of its vector instructions there are.
/// Hashing and searching choose their loops by them.
fn processor() -> String {
    let mut words = vec![std::env::consts::ARCH];
    #[cfg(target_arch = "x86_64")]
    {
        let known = [
            ("sse4.1", is_x86_feature_detected!("sse4.1")),
            ("avx2", is_x86_feature_detected!("avx2")),
            ("avx512f", is_x86_feature_detected!("avx512f")),
        ];
        let there = known.into_iter().filter(|(_, there)| *there);
        words.extend(there.map(|(name, _)| name));
    }
    words.join(" ")
}
