//! A key of a hash database.

use crate::error::{Error, Result};
use crate::layout::{HashFields, default_hash};
use crate::read::claims::Claims;
use crate::read::database::Database;
use crate::read::hash::{self, Buckets};
use crate::read::record::{Record, Scratch};
use crate::read::walk::Notes;
use crate::source::PageSource;

/// The data of a key.
pub(super) fn get<S: PageSource>(
    database: &Database<'_, S>,
    fields: &HashFields,
    key: &[u8],
) -> Result<Vec<Vec<u8>>> {
    let pages = database.file.page_count();
    let (claims, notes) = (Claims::new(pages), Notes::default());
    let walk = database.walk(&claims, &notes);
    let mut scratch = Scratch::default();
    let mut found = Vec::new();
    let mut each = |record: Record<'_>| {
        if record.key == key {
            found.push(record.value.to_vec());
        }
        Ok::<_, Error>(())
    };
    if fields.has_default_hash() {
        let bucket = fields.bucket_of(default_hash(key));
        // The pages of buckets that were never written may not be there.
        if fields.bucket_page(bucket).is_some_and(|page| page < pages) {
            hash::visit(walk, fields, bucket, &mut scratch, &mut each)?;
        }
        return Ok(found);
    }
    let buckets = Buckets::new(fields, pages);
    for index in 0..buckets.len() {
        if let Some(bucket) = buckets.get(index) {
            hash::visit(walk, fields, bucket, &mut scratch, &mut each)?;
        }
    }
    Ok(found)
}
