//! Each link in the documents to a file of the project leads to one, and each
//! to a heading leads to one. Every page below `docs` is in the book's table of
//! contents, once.

mod documents;

use std::path::Path;

use documents::{Page, page, pages, top};

#[test]
fn to_files_and_headings() {
    let (mut held, mut broken) = (0, Vec::new());
    for page in pages() {
        for (line, link) in page.links() {
            if link.contains("://") {
                continue;
            }
            held += 1;
            if let Some(why) = trouble(&page, &link) {
                broken.push(format!("{}:{line}: {link}: {why}", page.name));
            }
        }
    }
    println!("{held} links");
    assert!(held > 100, "{held} links");
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn and_every_page_is_in_the_book() {
    let book = page("docs/SUMMARY.md");
    let mut listed: Vec<String> = book
        .links()
        .into_iter()
        .map(|(_, link)| format!("docs/{link}"))
        .collect();
    listed.sort();
    let mut there: Vec<String> = pages()
        .into_iter()
        .map(|page| page.name)
        .filter(|name| name.starts_with("docs/") && name != "docs/SUMMARY.md")
        .collect();
    there.sort();
    assert_eq!(listed, there, "docs/SUMMARY.md, and the pages below docs");
}

/// What is wrong with a link of a page.
fn trouble(from: &Page, link: &str) -> Option<String> {
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let name = if path.is_empty() {
        from.name.clone()
    } else {
        let dir = Path::new(&from.name).parent().unwrap();
        let there = top().join(dir).join(path).canonicalize();
        let Ok(there) = there else {
            return Some("there is no such file".to_owned());
        };
        let Ok(name) = there.strip_prefix(top()) else {
            return Some("it leads out of the project".to_owned());
        };
        name.to_str().unwrap().to_owned()
    };
    if anchor.is_empty() {
        return None;
    }
    let known = page(&name).anchors();
    (!known.iter().any(|known| known == anchor)).then(|| format!("no such heading in {name}"))
}
