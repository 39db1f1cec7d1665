//! A profile in TOML: read, or refused by an error that names the place.

use caldb::Profile;

/// Reads a profile.
///
/// # Panics
/// Where something does not hold.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match Profile::over_shipped("input.toml", &text) {
        Ok(profile) => {
            let shipped = Profile::shipped();
            assert!(profile.files.len() >= shipped.files.len());
            let again = Profile::over_shipped("input.toml", &text);
            assert_eq!(
                again.as_ref(),
                Ok(&profile),
                "the same text, the same profile"
            );
        }
        Err(error) => assert!(error.to_string().contains("input.toml"), "{error}"),
    }
}

/// The parts of the shipped profile.
pub fn seeds() -> Vec<Vec<u8>> {
    let shipped = caldb::profile::SHIPPED;
    let mut seeds = Vec::new();
    let mut part = String::new();
    for line in shipped.lines() {
        if line.starts_with('[') && !part.is_empty() {
            seeds.push(std::mem::take(&mut part).into_bytes());
        }
        part.push_str(line);
        part.push('\n');
    }
    seeds.push(part.into_bytes());
    seeds
}
