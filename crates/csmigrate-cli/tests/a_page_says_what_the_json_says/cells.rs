//! What the cells of a table say, and what it is in the JSON.

use serde_json::Value;

use crate::dom::Element;

/// The rows of the tables of a class.
pub(crate) fn rows(root: &Element, class: &str) -> Vec<Vec<Value>> {
    let tables = root.select(class).into_iter();
    tables.flat_map(|table| values(&table.rows())).collect()
}

pub(crate) fn values(rows: &[Vec<&Element>]) -> Vec<Vec<Value>> {
    let cells = |row: &Vec<&Element>| row.iter().map(|cell| value(cell)).collect();
    rows.iter().map(cells).collect()
}

/// What a cell says: the figure in it, which must be what is shown, a text, or
/// nothing.
#[track_caller]
pub(crate) fn value(cell: &Element) -> Value {
    let shown = cell.text();
    let figures = cell.select("data");
    let figure = match figures.first() {
        Some(figure) => figure.attribute("value"),
        None => cell.attribute("value"),
    };
    match figure {
        Some(figure) => {
            let bare = shown.replace(',', "");
            let value: Value = serde_json::from_str(figure).unwrap();
            match value.as_f64().filter(|_| value.is_f64()) {
                Some(number) => assert_eq!(bare, format!("{number:.2}")),
                None => assert_eq!(bare, figure),
            }
            value
        }
        None if shown == "–" => Value::Null,
        None => serde_json::from_str(&shown)
            .ok()
            .filter(|value: &Value| value.is_u64())
            .unwrap_or(Value::String(shown)),
    }
}

#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// As the page shows a text: on one line.
pub(crate) fn escaped(text: &str) -> String {
    bdbfile::escape::escaped(text)
}

/// What is in a list; nothing where there is none.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
