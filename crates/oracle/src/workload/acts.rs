//! What is done to the records of one database.

use super::happened::{Event, Happened};
use super::plan::DatabasePlan;
use crate::database::{Database, Position};
use crate::environment::Transaction;
use crate::error::Error;
use crate::ffi::number_bytes;
use crate::options::{Duplicates, Method};
use crate::rng::Rng;

/// What most of the work is for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Growing,
    Mixed,
    /// Much is deleted: trees lose levels, pages are freed.
    Shrinking,
}

/// The place of an act: a database, in a transaction.
pub(super) struct Scene<'a> {
    pub(super) rng: &'a mut Rng,
    pub(super) happened: &'a mut Happened,
    pub(super) plan: &'a DatabasePlan,
    pub(super) database: &'a Database,
    pub(super) txn: &'a Transaction,
    pub(super) phase: Phase,
}

impl Scene<'_> {
    /// One act, of a kind that the database knows.
    pub(super) fn act(&mut self) -> Result<(), Error> {
        let roll = self.rng.below(100);
        let roll = match self.phase {
            Phase::Growing => roll * 6 / 10,
            Phase::Mixed => roll,
            Phase::Shrinking => 40 + roll * 6 / 10,
        };
        if self.rng.once_in(300) {
            self.happened.note(Event::Truncated);
            return self.database.truncate(Some(self.txn));
        }
        let tree = matches!(self.plan.options.method, Method::Btree | Method::Recno);
        if tree && self.rng.once_in(100) {
            self.happened.note(Event::Compacted);
            let give_back = self.rng.percent(50);
            return self.database.compact(Some(self.txn), give_back);
        }
        match self.plan.options.method {
            Method::Btree | Method::Hash => self.act_by_key(roll),
            Method::Recno | Method::Queue => self.act_by_number(roll),
        }
    }

    fn act_by_key(&mut self, roll: u32) -> Result<(), Error> {
        match roll {
            0..30 => self.put_some(),
            30..40 => self.pile_up(),
            40..47 => self.put_part(),
            47..60 => self.put_by_cursor(),
            60..75 => self.delete_some(),
            75..80 => self.delete_pair(),
            _ => self.delete_run(),
        }
    }

    fn act_by_number(&mut self, roll: u32) -> Result<(), Error> {
        match roll {
            0..25 => self.append(),
            25..40 => self.put_some(),
            40..47 => self.put_part(),
            47..60 => self.put_by_cursor(),
            60..75 => self.delete_some(),
            75..85 if self.plan.options.method == Method::Queue => self.consume(),
            _ => self.delete_run(),
        }
    }

    /// A key, always the same for its number.
    fn key(&mut self, number: u32) -> Vec<u8> {
        let plan = self.plan;
        if matches!(plan.options.method, Method::Recno | Method::Queue) {
            return number_bytes(1 + number).to_vec();
        }
        // An odd factor spreads the numbers.
        let spread = number.wrapping_mul(0x9e37_79b1);
        let mut key = format!("{number:05} {spread:08x}").into_bytes();
        let mut length = 6 + spread % 40;
        if plan.long_keys > 0 && number.is_multiple_of(plan.long_keys) {
            length = plan.page() / 3 + spread % (2 * plan.page());
            self.happened.note(Event::OverflowKey);
        }
        let filler = key.clone();
        key.extend(filler.into_iter().cycle().take(length as usize));
        key.truncate(length as usize);
        key
    }

    fn random_key(&mut self) -> Vec<u8> {
        let number = self.rng.below(self.plan.keys);
        self.key(number)
    }

    fn value(&mut self) -> Vec<u8> {
        let plan = self.plan;
        if let Some(length) = plan.options.record_length {
            // Shorter ones are padded.
            let length = if self.rng.percent(20) {
                self.rng.below(length + 1)
            } else {
                length
            };
            return self.bytes(length);
        }
        if self.rng.percent(plan.long_values) {
            self.happened.note(Event::OverflowValue);
            let length = plan.page() / 3 + self.rng.below(4 * plan.page().min(2048));
            return self.bytes(length);
        }
        let length = self.rng.below(2 * plan.value_length + 1);
        self.bytes(length)
    }

    /// Bytes that differ from others of the same length.
    fn bytes(&mut self, length: u32) -> Vec<u8> {
        let start = self.rng.next().to_le_bytes();
        start.into_iter().cycle().take(length as usize).collect()
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), Error> {
        match self.database.put(Some(self.txn), key, value) {
            // Of sorted duplicates no two are equal.
            Err(error) if error.is_present() => Ok(()),
            put => put,
        }
    }

    /// Puts records, new ones and others in the place of those that are there:
    /// one after the other, or here and there.
    fn put_some(&mut self) -> Result<(), Error> {
        let count = 1 + self.rng.below(25);
        let in_order = self.rng.percent(50);
        let first = self.rng.below(self.plan.keys);
        for number in first..first + count {
            let number = if in_order {
                number % self.plan.keys
            } else {
                self.rng.below(self.plan.keys)
            };
            let (key, value) = (self.key(number), self.value());
            self.put(&key, &value)?;
        }
        Ok(())
    }

    /// Puts many short data under one key, so that its duplicates leave the
    /// page.
    fn pile_up(&mut self) -> Result<(), Error> {
        if self.plan.options.duplicates == Duplicates::None {
            return self.put_some();
        }
        self.happened.note(Event::PileOfDuplicates);
        let key = self.random_key();
        let longest = 1 + self.rng.below(40);
        for _ in 0..=self.rng.below(60) {
            let length = self.rng.below(longest);
            let value = self.bytes(4 + length);
            self.put(&key, &value)?;
        }
        Ok(())
    }

    fn put_part(&mut self) -> Result<(), Error> {
        // A part of which duplicate?
        if self.plan.options.duplicates != Duplicates::None {
            return self.put_some();
        }
        let key = self.random_key();
        let (part, length, value) = if let Some(whole) = self.plan.options.record_length {
            let start = self.rng.below(whole);
            let length = self.rng.below(whole - start + 1);
            (start, length, self.bytes(length))
        } else {
            let start = self.rng.below(2 * self.plan.value_length);
            let length = self.rng.below(self.plan.value_length);
            (start, length, self.value())
        };
        self.happened.note(Event::PartReplaced);
        self.database
            .put_part(Some(self.txn), &key, (part, length), &value)
    }

    fn put_by_cursor(&mut self) -> Result<(), Error> {
        let options = &self.plan.options;
        let beside = options.duplicates == Duplicates::Unsorted || options.renumber;
        // What replaces a sorted duplicate must be equal to it.
        if options.duplicates == Duplicates::Sorted {
            return self.delete_pair();
        }
        let position = if beside {
            self.rng
                .choose(&[Position::Here, Position::Before, Position::After])
        } else {
            Position::Here
        };
        let (key, value) = (self.random_key(), self.value());
        if self
            .database
            .put_by_cursor(self.txn, &key, &value, position)?
        {
            self.happened.note(match position {
                Position::Here => Event::ReplacedByCursor,
                Position::Before | Position::After => Event::PutBeside,
            });
        }
        Ok(())
    }

    fn append(&mut self) -> Result<(), Error> {
        for _ in 0..=self.rng.below(20) {
            let value = self.value();
            self.database.append(Some(self.txn), &value)?;
            self.happened.note(Event::Appended);
        }
        Ok(())
    }

    fn consume(&mut self) -> Result<(), Error> {
        for _ in 0..=self.rng.below(10) {
            if self.database.consume(Some(self.txn))? {
                self.happened.note(Event::Consumed);
            }
        }
        Ok(())
    }

    fn delete_some(&mut self) -> Result<(), Error> {
        for _ in 0..=self.rng.below(10) {
            let key = self.random_key();
            if self.database.delete(Some(self.txn), &key)? {
                self.happened.note(Event::KeyDeleted);
            }
        }
        Ok(())
    }

    /// Deletes the first data item of a key alone.
    fn delete_pair(&mut self) -> Result<(), Error> {
        let key = self.random_key();
        if let Some(value) = self.database.get(Some(self.txn), &key)?
            && self.database.delete_pair(Some(self.txn), &key, &value)?
        {
            self.happened.note(Event::PairDeleted);
        }
        Ok(())
    }

    /// Deletes one record after the other by a cursor.
    fn delete_run(&mut self) -> Result<(), Error> {
        let key = self.random_key();
        let longest = self.rng.choose(&[5, 30, 300]);
        let count = 1 + self.rng.below(longest);
        if self.database.delete_run(self.txn, &key, count)? > 0 {
            self.happened.note(Event::RunDeleted);
        }
        Ok(())
    }
}
