//! The wall times of a store as horizontal bars, an SVG that can be read on
//! light and on dark ground.

use std::fmt::Write;

use super::run::{Compared, Outcome};
use super::wanted::gigabytes;
use super::way::Way;
use crate::measure::Median;

const WIDTH: f64 = 900.0;
/// Where bars begin, and how long the longest is.
const LEFT: f64 = 270.0;
const LONGEST: f64 = 400.0;
const ROW: f64 = 26.0;
const BAR: f64 = 16.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 34.0;

/// A way that takes more than so many times as long as the copying is cut off:
/// beside it no other could be seen.
const CUT: f64 = 8.0;

const STYLE: &str = "\
text{font:13px sans-serif;fill:#24292f}\
.note{fill:#57606a;font-size:12px}\
.title{font-size:15px;font-weight:bold}\
.ours{fill:#1f77b4}\
.theirs{fill:#9aa4ae}\
.range{stroke:#24292f;stroke-width:1.5}\
.cut{stroke:#ffffff;stroke-width:4}\
@media(prefers-color-scheme:dark){\
text{fill:#e6edf3}\
.note{fill:#9aa4ae}\
.ours{fill:#58a6ff}\
.theirs{fill:#6e7681}\
.range{stroke:#e6edf3}\
.cut{stroke:#0d1117}}";

/// Draws the ways that were run. The same figures give the same text.
pub(super) fn draw(store: &Compared) -> String {
    let run: Vec<(Way, Median)> = store
        .outcomes
        .iter()
        .filter_map(|(way, outcome)| match outcome {
            Outcome::Run { median, .. } => Some((*way, *median)),
            Outcome::NotRun(_) => None,
        })
        .collect();
    let copies = store.median(Way::Copies).map(|median| median.wall);
    let scale = Scale::of(&run, copies);
    let rows: f64 = run.iter().map(|_| ROW).sum();
    let height = TOP + rows + BOTTOM;
    let title = format!(
        "{}: seconds for {:.2} GB",
        store.order.name(),
        gigabytes(store.bytes)
    );
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>{title}</title>\n\
         <style>{STYLE}</style>\n\
         <text class=\"title\" x=\"10\" y=\"24\">{title}</text>"
    );
    let mut top = TOP;
    for (way, median) in &run {
        bar(&mut svg, top, *way, median, copies, &scale);
        top += ROW;
    }
    let _ = writeln!(
        svg,
        "<text class=\"note\" x=\"10\" y=\"{:.0}\">Medians; the line on a bar is from the \
         fastest to the slowest run; a broken bar is longer than it is drawn.</text>\n</svg>",
        height - 12.0
    );
    svg
}

fn bar(svg: &mut String, top: f64, way: Way, median: &Median, copies: Option<f64>, scale: &Scale) {
    let base = top + BAR - 3.0;
    let class = if way.is_ours() { "ours" } else { "theirs" };
    let length = scale.length(median.wall);
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{base:.1}\" text-anchor=\"end\">{}</text>\n\
         <rect class=\"{class}\" x=\"{LEFT}\" y=\"{top:.1}\" width=\"{length:.1}\" \
         height=\"{BAR}\"/>",
        LEFT - 8.0,
        way.name(),
    );
    let mut end = length;
    if scale.is_cut(median.wall) {
        let (at, bottom) = (LEFT + length * 0.9, top + BAR);
        let _ = writeln!(
            svg,
            "<line class=\"cut\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
            at - 4.0,
            bottom + 1.0,
            at + 4.0,
            top - 1.0,
        );
    } else {
        let (from, to) = (scale.length(median.fastest), scale.length(median.slowest));
        end = end.max(to);
        let middle = top + BAR / 2.0;
        let _ = writeln!(
            svg,
            "<line class=\"range\" x1=\"{:.1}\" y1=\"{middle:.1}\" x2=\"{:.1}\" \
             y2=\"{middle:.1}\"/>",
            LEFT + from,
            LEFT + to,
        );
    }
    let times = copies.map(|copies| format!(" ({:.2} times the copying)", median.wall / copies));
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{base:.1}\">{:.2}<tspan class=\"note\">{}</tspan></text>",
        LEFT + end + 6.0,
        median.wall,
        times.unwrap_or_default(),
    );
}

/// How long a second is.
struct Scale {
    /// Seconds of the longest bar.
    full: f64,
}

impl Scale {
    fn of(run: &[(Way, Median)], copies: Option<f64>) -> Self {
        let limit = copies.map_or(f64::INFINITY, |copies| copies * CUT);
        let shown = run.iter().map(|(_, median)| median.wall);
        let full = shown.filter(|wall| *wall <= limit).fold(0.0, f64::max);
        Self { full }
    }

    fn is_cut(&self, seconds: f64) -> bool {
        seconds > self.full
    }

    fn length(&self, seconds: f64) -> f64 {
        if self.full > 0.0 {
            (seconds / self.full).min(1.0) * LONGEST
        } else {
            0.0
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::compare::shape::{Order, Shape};
    use crate::compare::size::{GB, Size};

    /// A store on which most ways took twice as long as its copying.
    pub(in crate::compare) fn example() -> Compared {
        let outcome = |way| {
            let wall = match way {
                Way::Copies => 2.0,
                Way::Migrate => 2.2,
                Way::DumpAndLoad => 100.0,
                Way::RealVerify => return Outcome::NotRun("the tools are not there"),
                _ => 4.0,
            };
            Outcome::Run {
                median: Median {
                    wall,
                    fastest: wall - 0.2,
                    slowest: wall + 0.3,
                    cpu: 3.0,
                    anonymous: 50 << 20,
                },
                runs: 5,
            }
        };
        Compared {
            order: Order {
                shape: Shape::Calendars,
                size: Size(GB),
            },
            bytes: GB,
            files: 8,
            records: 1000,
            outcomes: Way::ALL.map(|way| (way, outcome(way))).to_vec(),
        }
    }

    #[test]
    fn each_way_that_was_run_has_a_bar() {
        let svg = draw(&example());
        assert_eq!(svg, draw(&example()), "nothing but the figures decides it");
        let run = Way::ALL.len() - 1;
        assert_eq!(svg.matches("<rect").count(), run);
        assert_eq!(svg.matches("class=\"cut\"").count(), 1, "dump and load");
        for way in Way::ALL {
            let label = format!(">{}</text>", way.name());
            assert_eq!(svg.contains(&label), way != Way::RealVerify, "{label}");
        }
        assert!(svg.contains(">2.20<tspan class=\"note\"> (1.10 times the copying)</tspan>"));
        assert_eq!(svg.matches('<').count(), svg.matches('>').count());
    }

    #[test]
    fn bars_are_as_long_as_their_times_and_none_is_too_long() {
        let svg = draw(&example());
        let widths: Vec<f64> = svg
            .lines()
            .filter(|line| line.starts_with("<rect"))
            .filter_map(|line| {
                line.split("width=\"")
                    .nth(1)?
                    .split('"')
                    .next()?
                    .parse()
                    .ok()
            })
            .collect();
        assert_eq!(widths.first(), Some(&200.0), "half of 4 seconds");
        assert!(widths.iter().all(|width| *width <= LONGEST));
    }
}
