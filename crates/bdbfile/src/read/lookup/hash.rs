//! A key of a hash database.

use crate::error::Result;
use crate::layout::{HashFields, default_hash};
use crate::read::claims::Claims;
use crate::read::database::Database;
use crate::read::hash;
use crate::read::record::{Record, Scratch};
use crate::read::walk::Notes;
use crate::source::PageSource;

/// The data of a key.
pub(super) fn get<S: PageSource>(
    database: &Database<'_, S>,
    fields: &HashFields,
    key: &[u8],
) -> Result<Vec<Vec<u8>>> {
    let by_value = fields.has_default_hash() && database.in_order.get() != Some(&false);
    if by_value {
        let found = in_its_bucket(database, fields, key)?;
        if !found.is_empty() || database.in_order.get().is_some() {
            return Ok(found);
        }
    }
    let found = look_at_all(database, key)?;
    // Set by another thread meanwhile: to the same, or by another key.
    let _ = database.in_order.set(by_value && found.is_empty());
    Ok(found)
}

/// The data of a key in the bucket that its hash value gives.
fn in_its_bucket<S: PageSource>(
    database: &Database<'_, S>,
    fields: &HashFields,
    key: &[u8],
) -> Result<Vec<Vec<u8>>> {
    let pages = database.file.page_count();
    let (claims, notes) = (Claims::new(pages), Notes::default());
    let walk = database.walk(&claims, &notes);
    let mut found = Vec::new();
    let bucket = fields.bucket_of(default_hash(key));
    // The pages of buckets that were never written may not be there.
    if fields.bucket_page(bucket).is_none_or(|page| page < pages) {
        let mut scratch = Scratch::default();
        let mut each = collector(key, &mut found);
        hash::visit(walk, fields, bucket, &mut scratch, &mut each)?;
    }
    Ok(found)
}

/// The data of a key among all keys. The buckets are looked at as a scan does
/// it, which a table that leads past some of them does not pass.
fn look_at_all<S: PageSource>(database: &Database<'_, S>, key: &[u8]) -> Result<Vec<Vec<u8>>> {
    let scan = database.scan()?;
    let mut found = Vec::new();
    scan.visit(scan.all(), collector(key, &mut found))?;
    scan.finish()?;
    Ok(found)
}

/// Adds the data of a key among records.
fn collector<'a>(
    key: &'a [u8],
    found: &'a mut Vec<Vec<u8>>,
) -> impl FnMut(Record<'_>) -> Result<()> + 'a {
    move |record| {
        if record.key == key {
            found.push(record.value.to_vec());
        }
        Ok(())
    }
}
