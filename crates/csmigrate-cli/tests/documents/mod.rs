//! The documents of the project as a reader of Markdown has them: their
//! blocks, comments, headings and links, in order.

#![allow(dead_code)]

pub(crate) mod console;
pub(crate) mod desk;
pub(crate) mod elsewhere;

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// The top of the project.
pub(crate) fn top() -> PathBuf {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    top.canonicalize().unwrap()
}

/// One document.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its path below the top of the project.
    pub(crate) name: String,
    /// Its text.
    pub(crate) text: String,
}

/// All that is written for readers: every Markdown file at the top, below
/// `docs`, and beside the sample stores.
pub(crate) fn pages() -> Vec<Page> {
    let top = top();
    let mut paths = Vec::new();
    for dir in ["", "docs", "testdata"] {
        markdown_in(&top.join(dir), dir == "docs", &mut paths);
    }
    paths.sort();
    let name = |path: &Path| {
        path.strip_prefix(&top)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    let pages = paths.iter().map(|path| Page {
        name: name(path),
        text: fs::read_to_string(path).unwrap(),
    });
    pages.collect()
}

fn markdown_in(dir: &Path, and_below: bool, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && and_below {
            markdown_in(&path, true, paths);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            paths.push(path);
        }
    }
}

/// The document of a path below the top.
pub(crate) fn page(name: &str) -> Page {
    let text = fs::read_to_string(top().join(name)).unwrap();
    Page {
        name: name.to_owned(),
        text,
    }
}

/// A part of a document that is not prose.
#[derive(Debug)]
pub(crate) enum Part {
    /// A block of code.
    Block(Block),
    /// The text of a comment, which no reader sees.
    Comment(String),
}

/// A block of code.
#[derive(Debug)]
pub(crate) struct Block {
    /// What stands behind its fence; none where it is not fenced but indented.
    pub(crate) kind: Option<String>,
    /// Its text.
    pub(crate) text: String,
    /// Where its text is in that of the document.
    pub(crate) range: Range<usize>,
    /// The line it begins in, from 1 on.
    pub(crate) line: usize,
}

impl Block {
    pub(crate) fn first_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }
}

impl Page {
    fn events(&self) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
        Parser::new_ext(&self.text, Options::ENABLE_TABLES).into_offset_iter()
    }

    /// Blocks of code and comments, in order.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut html: Option<String> = None;
        let mut block: Option<Block> = None;
        for (event, range) in self.events() {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let kind = match kind {
                        CodeBlockKind::Fenced(kind) => Some(kind.to_string()),
                        CodeBlockKind::Indented => None,
                    };
                    let before = self.text.get(..range.start).unwrap();
                    block = Some(Block {
                        kind,
                        text: String::new(),
                        range: range.end..range.end,
                        line: before.matches('\n').count() + 1,
                    });
                }
                Event::Text(text) => {
                    if let Some(block) = &mut block {
                        if block.text.is_empty() {
                            block.range = range.clone();
                        }
                        block.range.end = range.end;
                        block.text.push_str(&text);
                    }
                }
                Event::End(TagEnd::CodeBlock) => parts.extend(block.take().map(Part::Block)),
                Event::Start(Tag::HtmlBlock) => html = Some(String::new()),
                Event::Html(text) => html.as_mut().unwrap().push_str(&text),
                Event::End(TagEnd::HtmlBlock) => {
                    let text = html.take().unwrap();
                    let comment = text.trim().strip_prefix("<!--");
                    let comment = comment.and_then(|text| text.strip_suffix("-->"));
                    parts.extend(comment.map(|text| Part::Comment(text.to_owned())));
                }
                _ => {}
            }
        }
        parts
    }

    /// Blocks of code, in order.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let parts = self.parts().into_iter();
        let blocks = parts.filter_map(|part| match part {
            Part::Block(block) => Some(block),
            Part::Comment(_) => None,
        });
        blocks.collect()
    }

    /// The anchors that a reader of the web gives its headings.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        let mut heading: Option<String> = None;
        for (event, _) in self.events() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::End(TagEnd::Heading(_)) => {
                    let plain = anchor(&heading.take().unwrap());
                    let same = |a: &&String| {
                        let number = a.strip_prefix(&plain);
                        number.is_some_and(|n| n.is_empty() || n.starts_with('-'))
                    };
                    // Of equal headings the second has a number.
                    match anchors.iter().filter(same).count() {
                        0 => anchors.push(plain),
                        before => anchors.push(format!("{plain}-{before}")),
                    }
                }
                _ => {}
            }
        }
        anchors
    }

    /// Where its links lead, with the lines they stand in.
    pub(crate) fn links(&self) -> Vec<(usize, String)> {
        let mut links = Vec::new();
        for (event, range) in self.events() {
            let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event
            else {
                continue;
            };
            let before = self.text.get(..range.start).unwrap();
            links.push((before.matches('\n').count() + 1, dest_url.to_string()));
        }
        links
    }

    /// The first cells of the rows of each table, by the heading it is under.
    pub(crate) fn first_cells(&self) -> Vec<(String, String)> {
        let (mut heading, mut cells) = (String::new(), Vec::new());
        let (mut in_heading, mut column, mut cell) = (false, 0, None::<String>);
        for (event, _) in self.events() {
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    in_heading = level > HeadingLevel::H1;
                    heading.clear();
                }
                Event::End(TagEnd::Heading(_)) => in_heading = false,
                Event::Start(Tag::TableHead) => column = 1,
                Event::Start(Tag::TableRow) => column = 0,
                Event::Start(Tag::TableCell) if column == 0 => cell = Some(String::new()),
                Event::End(TagEnd::TableCell) => {
                    column += 1;
                    cells.extend(cell.take().map(|cell| (heading.clone(), cell)));
                }
                Event::Text(text) | Event::Code(text) => {
                    add(&text, in_heading, &mut heading, &mut cell);
                }
                _ => {}
            }
        }
        cells
    }
}

fn add(text: &CowStr<'_>, in_heading: bool, heading: &mut String, cell: &mut Option<String>) {
    if in_heading {
        heading.push_str(text);
    } else if let Some(cell) = cell {
        cell.push_str(text);
    }
}

/// A heading as an anchor: letters and digits in lower case, `-` for a space.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        _ => c.is_alphanumeric().then(|| c.to_ascii_lowercase()),
    });
    kept.collect()
}
