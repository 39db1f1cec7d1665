//! Sorting with a comparison that can fail, which no sort of the standard
//! library takes.

use crate::error::Result;

/// Up to this length elements are put into their places one by one.
const SHORT: usize = 32;

/// Sorts; `less` is a total order of distinct elements.
pub(super) fn sort<T: Copy>(
    elements: &mut [T],
    mut less: impl FnMut(T, T) -> Result<bool>,
) -> Result<()> {
    if elements.len() <= SHORT {
        return insert_all(elements, &mut less);
    }
    for place in (0..elements.len() / 2).rev() {
        sift(elements, place, &mut less)?;
    }
    for end in (1..elements.len()).rev() {
        elements.swap(0, end);
        if let Some(heap) = elements.get_mut(..end) {
            sift(heap, 0, &mut less)?;
        }
    }
    Ok(())
}

/// Moves each element to its place among those before it.
fn insert_all<T: Copy>(
    elements: &mut [T],
    less: &mut impl FnMut(T, T) -> Result<bool>,
) -> Result<()> {
    for end in 1..elements.len() {
        let Some((new, before)) = elements.get(..=end).and_then(|all| all.split_last()) else {
            return Ok(());
        };
        let (mut low, mut high) = (0, before.len());
        // What comes in order stays.
        if let Some(last) = before.last()
            && less(*last, *new)?
        {
            continue;
        }
        while low < high {
            let middle = low.midpoint(high);
            let Some(element) = before.get(middle) else {
                break;
            };
            if less(*element, *new)? {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        if let Some(moved) = elements.get_mut(low..=end) {
            moved.rotate_right(1);
        }
    }
    Ok(())
}

/// Moves an element of a heap, the greatest at the top, down to where it
/// belongs.
fn sift<T: Copy>(
    heap: &mut [T],
    place: usize,
    less: &mut impl FnMut(T, T) -> Result<bool>,
) -> Result<()> {
    let mut place = place;
    loop {
        let mut greatest = place;
        let left = place.saturating_mul(2).saturating_add(1);
        for child in [left, left.saturating_add(1)] {
            if let (Some(one), Some(other)) = (heap.get(greatest), heap.get(child))
                && less(*one, *other)?
            {
                greatest = child;
            }
        }
        if greatest == place {
            return Ok(());
        }
        heap.swap(place, greatest);
        place = greatest;
    }
}

#[cfg(test)]
mod tests {
    use super::sort;
    use crate::error::Error;

    #[test]
    fn everything_is_in_order_at_any_length() {
        for len in [0_u32, 1, 2, 3, 31, 32, 33, 100, 1000] {
            let mut numbers: Vec<u32> = (0..len).map(|number| number * 7919 % 1009).collect();
            sort(&mut numbers, |left, right| Ok(left < right)).unwrap();
            assert!(numbers.is_sorted());
            assert_eq!(numbers.len(), len as usize);
        }
    }

    #[test]
    fn a_failure_ends_it() {
        for len in [10, 100] {
            let mut numbers: Vec<u32> = (0..len).rev().collect();
            let failed = sort(&mut numbers, |_, right| match right {
                3 => Err(Error::Parameter("three".to_owned())),
                _ => Ok(true),
            });
            assert!(failed.is_err());
        }
    }
}
