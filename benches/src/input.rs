//! One database file, and what each layer does with all of it: the loops that
//! are timed by the benchmarks, and whose instructions are counted.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use bdbfile::Error;
use bdbfile::convert::{ConvertOptions, convert};
use bdbfile::layout::{Endian, Item, PageLayout, PageNo, PageType, PageView, leaf_item};
use bdbfile::read::DatabaseFile;
use bdbfile::source::MappedSource;
use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, PageSink};
use caldb::Role;
use caldb::check::{Gatherer, RecordPlace};
use caldb::record::content_line::nesting::Steps;
use caldb::record::content_line::{Line, Lines};
use caldb::record::{RecordForm, recognise};
use csmigrate::RecordDigest;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Takes pages and forgets them: what is measured is how they come about.
#[derive(Debug, Clone, Copy)]
pub struct Nowhere;

impl PageSink for Nowhere {
    fn name(&self) -> &'static str {
        "nowhere.db"
    }

    fn write_at(&self, _offset: u64, pages: &[u8]) -> std::io::Result<()> {
        black_box(pages);
        Ok(())
    }
}

/// A file of events, open, with all its records in memory.
#[derive(Debug)]
pub struct Input {
    path: PathBuf,
    bytes: Vec<u8>,
    file: DatabaseFile<MappedSource>,
    records: Vec<(Vec<u8>, Vec<u8>)>,
    form: RecordForm,
}

impl Input {
    /// Opens a file of one database.
    ///
    /// # Errors
    /// When it cannot be read whole.
    pub fn open(path: &Path) -> Result<Self> {
        let file = DatabaseFile::open(MappedSource::open(path)?)?;
        let mut records = Vec::new();
        let database = file.database();
        let scan = database.scan()?;
        scan.visit(scan.all(), |record| {
            records.push((record.key.to_vec(), record.value.to_vec()));
            Ok::<_, Error>(())
        })?;
        drop(scan);
        drop(database);
        Ok(Self {
            path: path.to_owned(),
            bytes: std::fs::read(path)?,
            file,
            records,
            form: RecordForm::composed(Role::Events),
        })
    }

    /// Bytes of the file.
    pub fn file_bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The number of its records.
    pub fn records(&self) -> u64 {
        self.records.len() as u64
    }

    /// Bytes of their keys and data.
    pub fn record_bytes(&self) -> u64 {
        let pairs = self.pairs();
        pairs
            .map(|(key, value)| (key.len() + value.len()) as u64)
            .sum()
    }

    fn pairs(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let pairs = self.records.iter();
        pairs.map(|(key, value)| (key.as_slice(), value.as_slice()))
    }

    /// Decodes every item of every leaf, page by page; the bytes of those that
    /// are in the page.
    pub fn decode_pages(&self) -> usize {
        let layout = self.file.layout();
        let mut bytes = 0;
        for page in self.bytes.chunks_exact(layout.page_len()) {
            let view = PageView::parse(layout, page);
            let Some(view) = view.filter(|view| view.header.is(PageType::BtreeLeaf)) else {
                continue;
            };
            for slot in 0..view.header.entries {
                let offset = view.item_offset(slot).unwrap_or_default();
                if let Ok(item) = leaf_item(layout, page, offset)
                    && let Item::Inline(item) = item.content
                {
                    bytes += item.len();
                }
            }
        }
        bytes
    }

    /// Finds all leaves, or all buckets; how many.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn walk(&self) -> Result<usize> {
        Ok(self.file.database().scan()?.all().len())
    }

    /// Reads every record; the bytes of all.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self) -> Result<usize> {
        let database = self.file.database();
        let scan = database.scan()?;
        let mut bytes = 0;
        scan.visit(scan.all(), |record| {
            bytes += record.key.len() + record.value.len();
            Ok::<_, Error>(())
        })?;
        Ok(bytes)
    }

    /// The digest of the records.
    pub fn digest(&self) -> RecordDigest {
        RecordDigest::of(self.pairs())
    }

    /// Builds a little-endian btree of the records; its pages.
    ///
    /// # Errors
    /// When the source is no btree.
    pub fn build(&self) -> Result<PageNo> {
        let head = FileParams {
            layout: PageLayout {
                endian: Endian::Little,
                ..self.file.layout()
            },
            file_id: [0; 20],
        };
        let params = BtreeParams::like(self.file.database().meta())?;
        let mut builder = BtreeBuilder::new(Nowhere, &head, &params)?;
        for (key, value) in self.pairs() {
            builder.push(key, value)?;
        }
        Ok(builder.finish()?.2)
    }

    /// Verifies the file; how many problems it has.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn verify(&self) -> Result<u64> {
        let source = MappedSource::open(&self.path)?;
        Ok(bdbfile::verify::verify(source)?.count())
    }

    /// Converts the whole file to little-endian by one thread; the records
    /// written.
    ///
    /// # Errors
    /// When it cannot be read, or the sink not written.
    pub fn convert<W: PageSink>(&self, sink: impl FnMut() -> bdbfile::Result<W>) -> Result<u64> {
        let file = DatabaseFile::open(MappedSource::open(&self.path)?)?;
        let (_, converted) = convert(&file, sink, &ConvertOptions::default())?;
        Ok(converted.records())
    }

    /// Parses all content lines; how many there are.
    pub fn parse_lines(&self) -> usize {
        let lines = self.pairs().flat_map(|(_, value)| Lines::new(value));
        lines.filter_map(Line::property).count()
    }

    /// Parses all content lines and prints them again; the bytes printed.
    pub fn print_lines(&self, printed: &mut Vec<u8>) -> usize {
        printed.clear();
        for (_, value) in self.pairs() {
            for line in Lines::new(value) {
                line.print(printed);
            }
        }
        printed.len()
    }

    /// Parses all content lines and pairs the beginnings and ends of
    /// components; how many lines there are.
    pub fn pair_components(&self) -> usize {
        let steps = self.pairs().flat_map(|(_, value)| Steps::new(value));
        steps.flatten().count()
    }

    /// The number of records that are recognised.
    pub fn recognise(&self) -> usize {
        self.pairs()
            .filter(|(key, value)| recognise(&self.form, key, value).record().is_some())
            .count()
    }

    /// Recognises and checks all records.
    pub fn check(&self) -> Gatherer {
        let mut gatherer = Gatherer::new(&self.form);
        for (key, value) in self.pairs() {
            gatherer.take(RecordPlace::default(), key, value);
        }
        gatherer
    }
}
