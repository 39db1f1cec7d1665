//! A whole tree written in order: its row of leaves, linked to each other,
//! each given to the spine above.

use crate::error::Result;
use crate::layout::{NO_PAGE, PageLayout, PageNo, PageType};
use crate::write::leaf::{Leaf, Neighbours};
use crate::write::page::Linked;
use crate::write::pages::Pages;
use crate::write::spine::{Child, Entries, Spine};

/// Leaves being written, and the internal pages above them.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) leaf: Leaf,
    /// The number of the leaf being filled. The first has none until a second
    /// one exists: a tree of one leaf is its own root.
    pgno: Option<PageNo>,
    prev: PageNo,
    separator: Vec<u8>,
    leaves: u64,
    spine: Spine,
}

/// A finished tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree {
    pub(super) root: PageNo,
    pub(super) leaves: u64,
    pub(super) height: usize,
}

impl Row {
    pub(super) fn new(
        layout: PageLayout,
        page_type: PageType,
        entries: Entries,
        overflow_limit: usize,
    ) -> Self {
        Self {
            leaf: Leaf::new(layout, page_type, overflow_limit),
            pgno: None,
            prev: NO_PAGE,
            separator: Vec::new(),
            leaves: 1,
            spine: Spine::new(layout, entries, overflow_limit),
        }
    }

    /// Writes the leaf being filled and begins the next, which `separator`
    /// (greater than all before, not greater than the next key) divides from it.
    pub(super) fn turn<P: Pages>(&mut self, pages: &mut P, separator: Vec<u8>) -> Result<()> {
        let pgno = match self.pgno {
            Some(pgno) => pgno,
            None => pages.allocate()?,
        };
        let next = pages.allocate()?;
        self.close(pages, pgno, next)?;
        self.prev = pgno;
        self.pgno = Some(next);
        self.separator = separator;
        self.leaves = self.leaves.saturating_add(1);
        Ok(())
    }

    /// Writes the last leaf and the pages above, the root as the page `root`,
    /// whose number is final, or on a page of its own choosing.
    pub(super) fn finish<P: Pages>(mut self, pages: &mut P, root: Option<PageNo>) -> Result<Tree> {
        let Some(pgno) = self.pgno else {
            let alone = Neighbours {
                prev: NO_PAGE,
                next: NO_PAGE,
            };
            let root = if let Some(root) = root {
                self.leaf.seal(root, alone, Linked::NONE, |page, links| {
                    pages.write_fixed(root, page, links)
                })?;
                root
            } else {
                let root = pages.allocate()?;
                self.leaf.seal(root, alone, Linked::ALL, |page, links| {
                    pages.write(root, page, links)
                })?;
                root
            };
            return Ok(Tree {
                root,
                leaves: 1,
                height: 1,
            });
        };
        self.close(pages, pgno, NO_PAGE)?;
        let (root, height) = self.spine.finish(pages, root)?;
        Ok(Tree {
            root,
            leaves: self.leaves,
            height,
        })
    }

    fn close<P: Pages>(&mut self, pages: &mut P, pgno: PageNo, next: PageNo) -> Result<()> {
        let neighbours = Neighbours {
            prev: self.prev,
            next,
        };
        let records = self
            .leaf
            .seal(pgno, neighbours, Linked::ALL, |page, links| {
                pages.write(pgno, page, links)
            })?;
        let child = Child {
            pgno,
            records,
            separator: std::mem::take(&mut self.separator),
        };
        self.spine.add(pages, child)
    }
}
