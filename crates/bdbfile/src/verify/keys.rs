//! The bytes that keys and duplicates are compared by, wherever they stand.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::error::{Place, Result, Rule};
use crate::layout::{Item, LeafItem, PageNo, PageView, internal_item};
use crate::source::PageSource;
use crate::verify::chains;
use crate::verify::check::Check;
use crate::verify::tally::Tally;

/// The bytes of an item of a leaf; `None` where it has none of its own or they
/// cannot be read.
pub(super) fn of_item<'a, S: PageSource>(
    check: &mut Check<'_, S>,
    item: Option<LeafItem<'a>>,
) -> Result<Option<Cow<'a, [u8]>>> {
    match item.map(|item| item.content) {
        Some(Item::Inline(bytes)) => Ok(Some(Cow::Borrowed(bytes))),
        Some(Item::Overflow { first, .. }) => Ok(chains::read(check, first)?.map(Cow::Owned)),
        Some(Item::Duplicates { .. }) | None => Ok(None),
    }
}

/// The separator of an entry of an internal page.
pub(super) fn of_internal<'a, S: PageSource>(
    check: &mut Check<'_, S>,
    view: &PageView<'a>,
    slot: u16,
) -> Result<Option<Cow<'a, [u8]>>> {
    let offset = view.item_offset(slot).unwrap_or_default();
    match internal_item(view.layout, view.bytes, offset) {
        Ok(item) => match item.overflow {
            None => Ok(Some(Cow::Borrowed(item.key))),
            Some((first, _)) => Ok(chains::read(check, first)?.map(Cow::Owned)),
        },
        Err(_) => Ok(None),
    }
}

/// An entry of an internal page whose separator bounds what is below.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) page: PageNo,
    pub(super) slot: u16,
}

/// Which side a bound is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// No key below is less.
    Low,
    /// Every key below is less.
    High,
}

/// Checks a key against the separator that bounds it.
pub(super) fn within<S: PageSource>(
    check: &mut Check<'_, S>,
    tally: &mut Tally,
    (key, place): (&[u8], Place),
    bound: Option<Bound>,
    side: Side,
) -> Result<()> {
    let Some(bound) = bound else { return Ok(()) };
    let page = match check.bound_page.take() {
        Some(page) if page.view().header.pgno == bound.page => page,
        _ => check.pages().page(bound.page, place)?,
    };
    let separator = of_internal(check, &page.view(), bound.slot)?;
    let order = separator.map(|separator| key.cmp(&separator));
    check.bound_page = Some(page);
    let Some(order) = order else { return Ok(()) };
    let at = Place::slot(bound.page, bound.slot);
    match side {
        Side::Low if order == Ordering::Less => {
            tally.hold(place, Rule::KeyBounds, format!("less than that of {at}"));
        }
        Side::High if order != Ordering::Less => {
            tally.hold(
                place,
                Rule::KeyBounds,
                format!("not less than that of {at}"),
            );
        }
        _ => {}
    }
    Ok(())
}
