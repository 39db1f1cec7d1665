//! Queues: records of one length at places that follow from their numbers.

use crate::error::{Error, Result};
use crate::layout::{
    Kind, Lsn, Method, PageHeader, PageLayout, PageNo, PageType, QUEUE_RECORD_SET,
    QUEUE_RECORD_VALID, QueueFields,
};
use crate::write::file::{Home, NewFile, Part};
use crate::write::pages::Pages;
use crate::write::params::{QUEUE_VERSION, QueueParams};
use crate::write::sink::PageSink;

/// A queue being written.
#[derive(Debug)]
pub struct QueueWriter<'f, W: PageSink> {
    file: &'f mut NewFile<W>,
    part: Part<W>,
    params: QueueParams,
    fields: QueueFields,
    page: Vec<u8>,
    /// The page being filled, none before the first record.
    pgno: Option<PageNo>,
    /// The page of the first record fed.
    start: PageNo,
    /// Whether the numbers have begun again at 1.
    wrapped: bool,
    last: PageNo,
    records: u64,
}

impl<'f, W: PageSink> QueueWriter<'f, W> {
    pub(super) fn new(file: &'f mut NewFile<W>, params: &QueueParams) -> Result<Self> {
        let layout = file.shared().layout;
        let fields = params.fields(layout)?;
        let (first, _) = file.now()?;
        Ok(Self {
            part: Part::new(file.shared(), first),
            params: params.clone(),
            fields,
            page: vec![0; layout.page_len()],
            pgno: None,
            start: 0,
            wrapped: false,
            last: 0,
            records: 0,
            file,
        })
    }

    /// Adds a record. Records come in the order of the queue, those of a page
    /// together; one shorter than the length of all is padded.
    ///
    /// # Errors
    /// [`Error::Order`] for a record of a page that was left before;
    /// [`Error::Parameter`] for a record that is too long or whose number the
    /// queue has not given out.
    pub fn push(&mut self, number: u32, value: &[u8]) -> Result<()> {
        let len = self.fields.re_len as usize;
        let refused = |what: String| {
            let file = self.part.name();
            Err(Error::Parameter(format!("{file}: record {number} {what}")))
        };
        if value.len() > len {
            let has = value.len();
            return refused(format!("has {has} bytes, and the length of all is {len}"));
        }
        let place = self.fields.place(number);
        let Some((pgno, slot)) = place.filter(|_| self.fields.holds(number)) else {
            let QueueFields { first, next, .. } = self.fields;
            return refused(format!("is not between {first} and {next}"));
        };
        if self.pgno != Some(pgno) {
            self.turn_to(pgno)?;
        }
        let layout = self.part.layout();
        let at = layout.queue_slot_at(slot, self.fields.slot_size());
        let end = at.saturating_add(1).saturating_add(len);
        let place = self.page.get_mut(at..end).unwrap_or_default();
        if let Some((mark, bytes)) = place.split_first_mut() {
            *mark = QUEUE_RECORD_VALID | QUEUE_RECORD_SET;
            let (record, padding) = bytes.split_at_mut(value.len());
            record.copy_from_slice(value);
            padding.fill(self.params.pad);
        }
        self.records = self.records.saturating_add(1);
        Ok(())
    }

    /// Writes what is left; the number of records.
    pub fn finish(mut self) -> Result<u64> {
        self.write_page()?;
        self.part.place()?;
        self.part.finish(self.last.saturating_add(1))?;
        let heading = self.file.heading(Home::Only);
        let meta = heading.meta(Kind::Queue, QUEUE_VERSION, 0, Method::Queue(self.fields));
        self.file.finished(Home::Only, meta)?;
        Ok(self.records)
    }

    fn turn_to(&mut self, pgno: PageNo) -> Result<()> {
        if let Some(before) = self.pgno {
            self.wrapped |= pgno < self.start;
            if pgno <= before && !(self.wrapped && before >= self.start)
                || self.wrapped && pgno >= self.start
            {
                return Err(Error::Order {
                    file: self.part.name().to_owned(),
                    record: self.records,
                });
            }
        } else {
            self.start = pgno;
        }
        self.write_page()?;
        self.pgno = Some(pgno);
        Ok(())
    }

    fn write_page(&mut self) -> Result<()> {
        let Some(pgno) = self.pgno else {
            return Ok(());
        };
        PageHeader {
            lsn: Lsn::NOT_LOGGED,
            pgno,
            prev: 0,
            next: 0,
            entries: 0,
            hf_offset: 0,
            level: 0,
            page_type: PageType::QueueData as u8,
        }
        .write(self.part.layout().endian, &mut self.page);
        self.part.write_fixed(pgno, &mut self.page, &[])?;
        self.page.fill(0);
        self.last = self.last.max(pgno);
        Ok(())
    }
}

impl QueueParams {
    /// The fields of the metadata, and with them where records stand.
    fn fields(&self, layout: PageLayout) -> Result<QueueFields> {
        let mut fields = QueueFields {
            first: self.first,
            next: self.next,
            re_len: self.len,
            re_pad: u32::from(self.pad),
            rec_page: 0,
            page_ext: 0,
        };
        let room = layout.page_len().saturating_sub(layout.queue_header_size());
        let fit = room.checked_div(fields.slot_size()).unwrap_or_default();
        fields.rec_page = u32::try_from(fit).unwrap_or_default();
        if self.len == 0 || fields.rec_page == 0 {
            return Err(Error::Parameter(format!(
                "records of {} bytes do not fit pages of {} bytes",
                self.len, layout.page_size
            )));
        }
        if self.first == 0 || self.next == 0 {
            return Err(Error::Parameter(
                "the numbers of a queue's records begin at 1".to_owned(),
            ));
        }
        Ok(fields)
    }
}
