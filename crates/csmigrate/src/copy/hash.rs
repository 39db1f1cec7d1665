//! The BLAKE3 hash of a file, piece by piece, by several threads.
//!
//! BLAKE3 is a tree: the hash of a piece that begins at a multiple of its size,
//! a power of two, is a node of it. The nodes of all pieces, joined in their
//! order, give the hash that any other program gives for the file.

use blake3::hazmat::{
    ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root,
};
use blake3::{Hash, Hasher};

/// Bytes of a piece; the last of a file may have fewer. Small enough that a
/// piece that was hashed is still in the processor's cache when it is written.
pub(super) const PIECE: usize = 512 << 10;

/// What is kept of a piece.
#[derive(Debug, Clone, Copy)]
pub(super) enum Node {
    /// It is all of its file.
    Root(Hash),
    Inner(ChainingValue),
}

/// The node of the piece at `offset` of a file of `len` bytes.
pub(super) fn node(offset: u64, len: u64, piece: &[u8]) -> Node {
    if len <= PIECE as u64 {
        return Node::Root(blake3::hash(piece));
    }
    let mut hasher = Hasher::new();
    hasher.set_input_offset(offset).update(piece);
    Node::Inner(hasher.finalize_non_root())
}

/// The hash of a file from the nodes of all its pieces, in their order.
pub(super) fn join(nodes: &[Node]) -> Hash {
    // Roots of whole subtrees, the largest first, that wait for one to their
    // right.
    let mut waiting: Vec<ChainingValue> = Vec::new();
    for (before, node) in nodes.iter().enumerate() {
        let node = match node {
            Node::Root(hash) => return *hash,
            Node::Inner(node) => *node,
        };
        // One for each bit of the number of pieces, once those of equal size
        // are joined; which is left until it is known that more follow.
        while waiting.len() > before.count_ones() as usize {
            join_last(&mut waiting);
        }
        waiting.push(node);
    }
    while waiting.len() > 2 {
        join_last(&mut waiting);
    }
    match waiting.as_slice() {
        [left, right] => merge_subtrees_root(left, right, Mode::Hash),
        _ => blake3::hash(&[]),
    }
}

fn join_last(waiting: &mut Vec<ChainingValue>) {
    if let (Some(right), Some(left)) = (waiting.pop(), waiting.pop()) {
        waiting.push(merge_subtrees_non_root(&left, &right, Mode::Hash));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_pieces_have_the_hash_of_the_whole() {
        let pieces = 0..=9_usize;
        let lengths = pieces.flat_map(|n| [0, 1, 1025].map(|more| n * PIECE + more));
        for len in lengths {
            let bytes: Vec<u8> = (0..len).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let nodes: Vec<Node> = bytes
                .chunks(PIECE)
                .enumerate()
                .map(|(index, piece)| node((index * PIECE) as u64, len as u64, piece))
                .collect();
            assert_eq!(join(&nodes), blake3::hash(&bytes), "{len} bytes");
        }
    }
}
