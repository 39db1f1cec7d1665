//! `docs/provenance.md` says what the code does. `CALDB_BLESS=1` writes it.

use std::path::Path;

use caldb::{Profile, fact};

#[test]
fn the_document_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/provenance.md");
    let now = fact::document(Profile::shipped());
    if std::env::var_os("CALDB_BLESS").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    for (number, (written, now)) in written.lines().zip(now.lines()).enumerate() {
        assert_eq!(
            written,
            now,
            "docs/provenance.md, line {}; CALDB_BLESS=1 writes it anew",
            number + 1
        );
    }
    assert!(
        written == now,
        "docs/provenance.md has another length; CALDB_BLESS=1 writes it anew"
    );
}
