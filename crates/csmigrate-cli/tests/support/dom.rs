//! A page as a browser would read it: parsed by the rules of HTML, with what
//! the parser finds wrong with it.

#![allow(dead_code)]

use std::collections::BTreeMap;

use html5ever::tendril::TendrilSink;
use html5ever::tokenizer::TokenizerOpts;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// An element and what is in it.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) children: Vec<Node>,
}

#[derive(Debug)]
pub(crate) enum Node {
    Element(Element),
    Text(String),
}

/// Parses a page, which must be without fault.
#[track_caller]
pub(crate) fn parse(what: &str, page: &str) -> Element {
    let (root, errors) = parse_any(page);
    assert_eq!(errors, [""; 0], "{what}");
    root
}

/// Parses a page; what is wrong with it.
pub(crate) fn parse_any(page: &str) -> (Element, Vec<String>) {
    let options = ParseOpts {
        tokenizer: TokenizerOpts {
            exact_errors: true,
            ..TokenizerOpts::default()
        },
        ..ParseOpts::default()
    };
    let dom = parse_document(RcDom::default(), options).one(page);
    let errors = dom.errors.borrow();
    let errors = errors.iter().map(ToString::to_string).collect();
    let root = Element {
        name: String::new(),
        attributes: BTreeMap::new(),
        children: children(&dom.document),
    };
    (root, errors)
}

fn children(handle: &Handle) -> Vec<Node> {
    handle
        .children
        .borrow()
        .iter()
        .filter_map(|child| match &child.data {
            NodeData::Element { name, attrs, .. } => Some(Node::Element(Element {
                name: name.local.to_string(),
                attributes: attrs
                    .borrow()
                    .iter()
                    .map(|attr| (attr.name.local.to_string(), attr.value.to_string()))
                    .collect(),
                children: children(child),
            })),
            NodeData::Text { contents } => Some(Node::Text(contents.borrow().to_string())),
            _ => None,
        })
        .collect()
}

impl Element {
    /// All elements in it, in the order of the page.
    pub(crate) fn all(&self) -> Vec<&Element> {
        let mut all = Vec::new();
        self.collect(&mut all);
        all
    }

    fn collect<'e>(&'e self, all: &mut Vec<&'e Element>) {
        for child in &self.children {
            if let Node::Element(element) = child {
                all.push(element);
                element.collect(all);
            }
        }
    }

    /// The elements in it of a name, and of a class where the name is
    /// `name.class`.
    pub(crate) fn select(&self, which: &str) -> Vec<&Element> {
        let (name, class) = which.split_once('.').unwrap_or((which, ""));
        let all = self.all().into_iter();
        all.filter(|element| {
            element.name == name && (class.is_empty() || element.classes().contains(&class))
        })
        .collect()
    }

    /// The one element in it with an id.
    #[track_caller]
    pub(crate) fn id(&self, id: &str) -> &Element {
        let all = self.all().into_iter();
        let found: Vec<_> = all.filter(|it| it.attribute("id") == Some(id)).collect();
        assert_eq!(found.len(), 1, "elements with the id {id}");
        found[0]
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    fn classes(&self) -> Vec<&str> {
        let class = self.attribute("class").unwrap_or_default();
        class.split_whitespace().collect()
    }

    /// The text in it.
    pub(crate) fn text(&self) -> String {
        let each = self.children.iter().map(|child| match child {
            Node::Element(element) => element.text(),
            Node::Text(text) => text.clone(),
        });
        each.collect()
    }

    /// The texts of the cells of each row of a table, that of its body.
    pub(crate) fn rows(&self) -> Vec<Vec<&Element>> {
        let bodies = self.select("tbody").into_iter();
        let rows = bodies.flat_map(|body| body.select("tr"));
        rows.map(Element::cells).collect()
    }

    /// The cells of a row.
    pub(crate) fn cells(&self) -> Vec<&Element> {
        let all = self.all().into_iter();
        all.filter(|it| it.name == "td" || it.name == "th")
            .collect()
    }
}
