//! What was copied, and whether sorted duplicates were found in the library's
//! own order.

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Copied {
    pub(super) records: u64,
    /// Whether the sorted duplicates of each key are in bytewise order.
    pub(super) duplicates_in_order: bool,
}

/// Whether the duplicates of each key ascend.
#[derive(Debug)]
pub(super) struct Ascending {
    pub(super) so_far: bool,
    begun: bool,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Default for Ascending {
    fn default() -> Self {
        Self {
            so_far: true,
            begun: false,
            key: Vec::new(),
            value: Vec::new(),
        }
    }
}

impl Ascending {
    pub(super) fn take(&mut self, key: &[u8], value: &[u8]) {
        if self.begun && self.key == key {
            self.so_far &= self.value.as_slice() < value;
        } else {
            self.key.clear();
            self.key.extend_from_slice(key);
        }
        self.begun = true;
        self.value.clear();
        self.value.extend_from_slice(value);
    }
}
