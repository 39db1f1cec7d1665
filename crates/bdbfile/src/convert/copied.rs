//! What was copied, and whether it was found in the library's own order.

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Copied {
    pub(super) records: u64,
    /// Whether the keys are in bytewise order.
    pub(super) keys_in_order: bool,
    /// Whether the sorted duplicates of each key are in bytewise order.
    pub(super) duplicates_in_order: bool,
}

/// Whether keys ascend, and the duplicates of each.
#[derive(Debug)]
pub(super) struct Ascending {
    pub(super) keys: bool,
    pub(super) duplicates: bool,
    /// The first key, once there is one.
    first: Option<Vec<u8>>,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Default for Ascending {
    fn default() -> Self {
        Self {
            keys: true,
            duplicates: true,
            first: None,
            key: Vec::new(),
            value: Vec::new(),
        }
    }
}

impl Ascending {
    pub(super) fn take(&mut self, key: &[u8], value: &[u8]) {
        if self.first.is_some() && self.key == key {
            self.duplicates &= self.value.as_slice() < value;
        } else {
            self.keys &= self.first.is_none() || self.key.as_slice() < key;
            self.first.get_or_insert_with(|| key.to_vec());
            self.key.clear();
            self.key.extend_from_slice(key);
        }
        self.value.clear();
        self.value.extend_from_slice(value);
    }

    /// Adds what comes after this, with other keys.
    pub(super) fn append(&mut self, after: Self) {
        self.keys &= after.keys;
        self.duplicates &= after.duplicates;
        if let Some(first) = &after.first {
            self.keys &= self.first.is_none() || self.key < *first;
            self.first = after.first;
            self.key = after.key;
        }
    }
}
