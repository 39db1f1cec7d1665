//! What the library counts in a tree.

/// Pages and records of a btree or recno database (`DB->stat`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TreeStatistics {
    /// Keys; of those with duplicates each once.
    pub keys: u32,
    /// Records, each duplicate for itself.
    pub records: u32,
    /// Pages of the file.
    pub pages: u32,
    /// Levels of the tree, 1 when the root is a leaf.
    pub levels: u32,
    /// Internal pages.
    pub internal: u32,
    /// Leaves.
    pub leaves: u32,
    /// Pages of duplicates off the leaves.
    pub duplicates: u32,
    /// Overflow pages.
    pub overflow: u32,
    /// Pages on the free list.
    pub free: u32,
}
