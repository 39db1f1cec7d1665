//! A browser shows the report as a page, of a small store and of one of
//! thousands of calendars, on a wide screen and on a narrow one, light and
//! dark: it has nothing to complain of, nothing runs over the edge, and the
//! charts are there. Without Chromium the tests say so and pass.
//!
//! Pages and pictures stay in `target/tmp/report-page`, for people to look at.

#[path = "support/calendars.rs"]
mod calendars;
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{sandbox, sandbox_with, succeeds};
use zune_png::PngDecoder;
use zune_png::zune_core::bytestream::ZCursor;

const STYLE: &str = include_str!("../src/report/page/style.css");

type Colour = [u8; 3];

/// A picture of a page, and what the browser said of the page.
struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<Colour>,
    said: Vec<String>,
}

#[test]
fn of_a_small_store() {
    let sandbox = sandbox_with("composed-be");
    succeeds(sandbox.path(), ["--report", "r.html", "old", "new"]);
    let page = kept(&sandbox.path().join("r.html"), "small");
    for (width, dark) in [(1200, false), (400, false)] {
        let Some(picture) = taken(&page, width, 16_000, dark) else {
            return;
        };
        check(&picture, dark);
        // All records are recognised, and there are no journals.
        let amber = colour("amber", dark);
        assert!(picture.longest(amber, false) < 40, "{width}");
    }
}

#[test]
fn of_thousands_of_calendars() {
    let sandbox = sandbox();
    calendars::store(&sandbox.path().join("old"), 3000);
    succeeds(sandbox.path(), ["--report", "r.html", "old", "new"]);
    let page = kept(&sandbox.path().join("r.html"), "big");
    for (width, dark) in [(1200, true), (400, false)] {
        let Some(picture) = taken(&page, width, 16_000, dark) else {
            return;
        };
        check(&picture, dark);
        // Of these todos are not recognised.
        let amber = colour("amber", dark);
        assert!(picture.longest(amber, false) >= 15, "{width}");
    }
}

/// A page that would run or load something makes the browser say so: silence
/// means something.
#[test]
fn what_is_not_allowed_is_told() {
    let dir = sandbox();
    let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\">";
    for body in [
        "<script>alert(1)</script>",
        "<img src=\"x.png\">",
        "<p style=\"color:red\">x",
    ] {
        let page = dir.path().join("page.html");
        let text =
            format!("<!DOCTYPE html><html><head>{policy}<title>x</title></head><body>{body}");
        fs::write(&page, text).unwrap();
        let Some(picture) = taken(&page, 400, 300, false) else {
            return;
        };
        let told = picture
            .said
            .iter()
            .any(|line| line.contains("Content Security Policy"));
        assert!(told, "{body}: {:?}", picture.said);
    }
}

/// What holds for every page.
#[track_caller]
fn check(picture: &Picture, dark: bool) {
    assert_eq!(picture.said, [""; 0]);
    let page = colour("page", dark);
    for y in 0..picture.height {
        for x in [0, picture.width - 1] {
            assert_eq!(
                picture.at(x, y),
                page,
                "{x} {y}: something runs over the edge"
            );
        }
    }
    let last = picture.last_row_but(page);
    assert!(
        last > 2000 && last < picture.height - 5,
        "the page ends at {last}"
    );
    // The longest bars are as wide as their charts: half of the page, or all of
    // it where there is no room for two beside each other.
    let wide = picture.width / if picture.width > 1000 { 3 } else { 2 };
    for name in ["blue", "grey"] {
        let run = picture.longest(colour(name, dark), false);
        assert!(run >= wide && run < picture.width, "{name}: {run}");
    }
    assert!(picture.longest(colour("teal", dark), false) >= picture.width / 8);
    // Bars are ten high; columns stand.
    let high = picture.longest(colour("blue", dark), true);
    assert!((40..=180).contains(&high), "{high}");
}

/// A colour of the style, by its name there: the light one comes first.
fn colour(name: &str, dark: bool) -> Colour {
    let name = format!("--{name}: #");
    let mut found = STYLE.split(&name).skip(1);
    let digits = found.nth(usize::from(dark)).expect("a colour of the style");
    let number = u32::from_str_radix(&digits[..6], 16).unwrap().to_be_bytes();
    [number[1], number[2], number[3]]
}

/// Puts a page where people find it.
fn kept(page: &Path, name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report-page");
    fs::create_dir_all(&place).unwrap();
    let place = place.join(format!("{name}.html"));
    fs::copy(page, &place).unwrap();
    place
}

/// Takes a picture of a page, beside it. `None`, which is said, where there is
/// no browser.
fn taken(page: &Path, width: usize, height: usize, dark: bool) -> Option<Picture> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&paths).map(|dir| dir.join("chromium"));
    let Some(chromium) = places.find(|path| path.is_file()) else {
        eprintln!("skipped: chromium is not there");
        return None;
    };
    let own = sandbox();
    let form = if dark { "dark" } else { "light" };
    let image = page.with_extension(format!("{width}-{form}.png"));
    let _ = fs::remove_file(&image);
    // It may hang where the machine lacks something; then that is the failure.
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=5", "120"])
        .arg(chromium)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--force-device-scale-factor=1",
            "--enable-logging=stderr",
        ])
        .arg(format!(
            "--blink-settings=preferredColorScheme={}",
            u8::from(!dark)
        ))
        .arg(format!("--user-data-dir={}", own.path().display()))
        .arg(format!("--window-size={width},{height}"))
        .arg(format!("--screenshot={}", image.display()))
        .arg(format!("file://{}", page.display()));
    let output = support::output(&mut command).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && image.exists(), "{said}");
    let console = said.lines().filter(|line| line.contains("CONSOLE"));
    let mut picture = read(&image);
    assert_eq!((picture.width, picture.height), (width, height));
    picture.said = console.map(str::to_owned).collect();
    Some(picture)
}

fn read(image: &Path) -> Picture {
    let mut decoder = PngDecoder::new(ZCursor::new(fs::read(image).unwrap()));
    let bytes = decoder.decode().unwrap().u8().expect("samples of 8 bits");
    let (width, height) = decoder.dimensions().unwrap();
    let samples = decoder.colorspace().unwrap().num_components();
    assert!(samples >= 3, "{samples}");
    let pixels = bytes.chunks_exact(samples).map(|it| [it[0], it[1], it[2]]);
    Picture {
        width,
        height,
        pixels: pixels.collect(),
        said: Vec::new(),
    }
}

impl Picture {
    fn at(&self, x: usize, y: usize) -> Colour {
        self.pixels[y * self.width + x]
    }

    /// The last row that has another colour somewhere.
    fn last_row_but(&self, colour: Colour) -> usize {
        let mut rows = self.pixels.chunks(self.width);
        let last = rows.rposition(|row| row.iter().any(|it| *it != colour));
        last.unwrap_or_default()
    }

    /// The most pixels of a colour that stand beside each other, or below each
    /// other.
    fn longest(&self, colour: Colour, below: bool) -> usize {
        let (outer, inner) = if below {
            (self.width, self.height)
        } else {
            (self.height, self.width)
        };
        let mut longest = 0;
        for outer in 0..outer {
            let mut run = 0;
            for inner in 0..inner {
                let (x, y) = if below {
                    (outer, inner)
                } else {
                    (inner, outer)
                };
                run = if self.at(x, y) == colour { run + 1 } else { 0 };
                longest = longest.max(run);
            }
        }
        longest
    }
}
