//! `--inspect`: what a store is, as a table or as JSON. Nothing is written.

mod json;
mod text;

use csmigrate::caldb::fact::Fact;
use csmigrate::caldb::rules::RuleSet;
use csmigrate::inspect::StoreView;

use crate::screen;
use crate::settings::InspectSettings;
use csmigrate::bdbfile::escape::escaped;

/// Looks at the store and prints what it is.
pub(crate) fn run(settings: &InspectSettings) -> Result<(), String> {
    let view = StoreView::look(&settings.dir, &settings.profile)
        .map_err(|error| escaped(&error.to_string()))?;
    if settings.quiet {
        return Ok(());
    }
    let rules = RuleSet::choose(&settings.profile, settings.rules);
    let seen = Seen {
        view: &view,
        choice: settings.rules.name(),
        rules: rules.facts(),
    };
    if settings.json {
        screen::print(&json::text(&seen)?);
    } else {
        for line in text::lines(&seen) {
            screen::print(&format!("{}\n", escaped(&line)));
        }
    }
    Ok(())
}

/// What is told.
struct Seen<'a> {
    view: &'a StoreView,
    choice: &'static str,
    rules: &'a [Fact<String>],
}
