//! Whose turn it is to be given its place in the file: parts are built at the
//! same time and placed one after the other.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::layout::PageNo;

/// The order in which the parts of a file get their places.
#[derive(Debug)]
pub(crate) struct Turns {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug)]
struct State {
    /// The part whose turn it is.
    turn: u64,
    /// The first page number that no part has.
    end: PageNo,
    /// The first part that was given up: nothing after it can be placed.
    broken: Option<u64>,
}

impl Turns {
    /// The first part will stand from page `end` on.
    pub(crate) fn new(end: PageNo) -> Self {
        Self {
            state: Mutex::new(State {
                turn: 0,
                end,
                broken: None,
            }),
            moved: Condvar::new(),
        }
    }

    /// Waits for the turn of a part; gives its first page number.
    pub(crate) fn wait(&self, part: u64, name: &str) -> Result<PageNo> {
        let mut state = self.lock();
        loop {
            if state.broken.is_some_and(|broken| broken < part) {
                return Err(Error::GivenUp {
                    file: name.to_owned(),
                });
            }
            if state.turn == part {
                return Ok(state.end);
            }
            state = self
                .moved
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The first page number of a part, if its turn has come.
    pub(crate) fn poll(&self, part: u64) -> Option<PageNo> {
        let state = self.lock();
        (state.turn == part).then_some(state.end)
    }

    /// Ends the turn of a part that reaches up to page `end`.
    pub(crate) fn pass(&self, end: PageNo) {
        let mut state = self.lock();
        state.turn = state.turn.saturating_add(1);
        state.end = end;
        self.moved.notify_all();
    }

    /// Gives a part up: those after it are told.
    pub(crate) fn give_up(&self, part: u64) {
        let mut state = self.lock();
        state.broken = Some(state.broken.map_or(part, |broken| broken.min(part)));
        self.moved.notify_all();
    }

    /// The part whose turn is next, and the first page number free, where all
    /// parts that were begun are placed.
    pub(crate) fn now(&self, name: &str) -> Result<(u64, PageNo)> {
        let state = self.lock();
        if state.broken.is_some() {
            return Err(Error::GivenUp {
                file: name.to_owned(),
            });
        }
        Ok((state.turn, state.end))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
