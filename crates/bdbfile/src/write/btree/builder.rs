//! The simple way to build a btree file: one database, records in order, one
//! thread.

use crate::error::Result;
use crate::layout::PageNo;
use crate::write::btree::{BtreePiece, Site, Written};
use crate::write::file::{Home, NewFile};
use crate::write::params::{BtreeParams, FileParams};
use crate::write::sink::PageSink;

/// Builds a btree file from records in order. Nothing of the file is valid
/// before [`finish`](Self::finish).
#[derive(Debug)]
pub struct BtreeBuilder<W: PageSink> {
    file: NewFile<W>,
    site: Site,
    piece: BtreePiece<W>,
}

impl<W: PageSink> BtreeBuilder<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) when the parameters
    /// contradict each other.
    pub fn new(sink: W, file: &FileParams, params: &BtreeParams) -> Result<Self> {
        let file = NewFile::new(sink, file)?;
        let site = Site::new(&file, Home::Only, params)?;
        let piece = site.piece(&file, 0);
        Ok(Self { file, site, piece })
    }

    /// Adds a record. Where duplicates are allowed, a key equal to the one
    /// before it is a further duplicate.
    ///
    /// # Errors
    /// [`Error::Order`](crate::Error::Order) when a key does not follow the
    /// one before it in bytewise order; not with
    /// [`KeyOrder::AsFed`](crate::write::KeyOrder::AsFed).
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.piece.push(key, value)
    }

    /// Writes what is left, last of all the metadata page. Gives the sink,
    /// what was written, and the number of pages.
    pub fn finish(mut self) -> Result<(W, Written, PageNo)> {
        self.piece.finish()?;
        let written = self.site.finish(&mut self.file)?;
        let (sink, pages) = self.file.finish()?;
        Ok((sink, written, pages))
    }
}

#[cfg(test)]
mod tests {
    use super::BtreeBuilder;
    use crate::Error;
    use crate::write::{BtreeParams, Duplicates, FileParams, KeyOrder, MemorySink};

    #[test]
    fn a_key_that_does_not_follow_is_refused_unless_any_order_is_taken() {
        use Duplicates::{None, Sorted, Unsorted};
        for duplicates in [None, Unsorted, Sorted] {
            for order in [KeyOrder::Bytewise, KeyOrder::AsFed] {
                let params = BtreeParams {
                    duplicates,
                    duplicate_order: order,
                    order,
                    ..BtreeParams::default()
                };
                let feed = |keys: [&str; 3]| {
                    let mut builder = BtreeBuilder::new(
                        MemorySink::new("order.db"),
                        &FileParams::default(),
                        &params,
                    )?;
                    keys.iter()
                        .try_for_each(|key| builder.push(key.as_bytes(), b"value"))
                };
                feed(["", "a", "ab"]).unwrap();
                let fell = feed(["", "b", "a"]);
                let again = feed(["", "b", "b"]);
                if order == KeyOrder::AsFed {
                    fell.unwrap();
                    match duplicates {
                        // No order has a key twice that has one record.
                        None => assert!(matches!(again, Err(Error::Parameter(_)))),
                        Unsorted | Sorted => again.unwrap(),
                    }
                    continue;
                }
                assert!(matches!(fell, Err(Error::Order { record: 2, .. })));
                match duplicates {
                    // The same datum twice follows itself in no order.
                    None | Sorted => assert!(matches!(again, Err(Error::Order { record: 2, .. }))),
                    Unsorted => again.unwrap(),
                }
            }
        }
    }
}
