//! A store of as many calendars as are wanted, of the form that is recognised,
//! with some records that are not.

#![allow(dead_code)]

use std::fs::{self, File};
use std::path::Path;

use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, FileSink};

type Pair = (Vec<u8>, Vec<u8>);

/// Makes a store in which calendar `n` has about 3000 / n events and a third as
/// many todos, from 1999 to 2038, and one far away in 2060.
pub(crate) fn store(dir: &Path, calendars: u32) {
    fs::create_dir(dir).unwrap();
    let (mut properties, mut events, mut todos) = (Vec::new(), Vec::new(), Vec::new());
    for number in 1..=calendars {
        let calid = format!("user{number}@example.com:calendar");
        let text = format!(
            "X-NSCP-CALPROPS-RELATIVE-CALID:{calid}\r\nX-NSCP-CALPROPS-PRIMARY-OWNER:user{number}\r\n"
        );
        properties.push((calid.clone().into_bytes(), text.into_bytes()));
        for event in 0..=(3000 / number) {
            // Most are in the middle years.
            let spread = (event % 20) + (event / 7 % 11) + (event / 3 % 10);
            let year = if number == 1 && event == 0 {
                2060
            } else {
                1999 + spread
            };
            events.push(component("VEVENT", &calid, event, year));
            if event % 3 == 0 {
                todos.push(component("VTODO", &calid, event, 1999 + spread));
            }
        }
    }
    let unknown = (0..2000_u32).map(|number| {
        let key = format!("~{number:05}").into_bytes();
        (key, vec![0xf5; 100])
    });
    todos.extend(unknown);
    write(dir, "ics50calprops.db", properties);
    write(dir, "ics50events.db", events);
    write(dir, "ics50todos.db", todos);
    fs::write(dir.join("ics50caldb.conf"), "version 3.0.0\n").unwrap();
}

fn component(kind: &str, calid: &str, number: u32, year: u32) -> Pair {
    let value = format!(
        "BEGIN:{kind}\r\nUID:{kind}{number}\r\nDTSTART:{year}0525T153000Z\r\nEND:{kind}\r\n"
    );
    let key = format!("{calid}\0{kind}{number}\x000");
    (key.into_bytes(), value.into_bytes())
}

/// Makes a btree of records.
pub(crate) fn write(dir: &Path, name: &str, mut records: Vec<Pair>) {
    records.sort();
    let sink = FileSink::new(name, File::create_new(dir.join(name)).unwrap());
    let params = FileParams {
        file_id: [9; 20],
        ..FileParams::default()
    };
    let mut builder = BtreeBuilder::new(sink, &params, &BtreeParams::default()).unwrap();
    for (key, value) in records {
        builder.push(&key, &value).unwrap();
    }
    builder.finish().unwrap();
}
