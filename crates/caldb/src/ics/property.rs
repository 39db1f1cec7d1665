//! A property as RFC 5545 has it, or under a name of its own.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::charset::Charset;
use super::known::{self, Known, Type, Within};
use super::line::{ContentLine, escaped, is_unwritable, line_name};
use super::rules::{Applied, Tally};
use super::value::{self, Time};
use super::zone;
use crate::record::content_line::{Param, Property, Value};

/// A property that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// The name it has now.
    pub(super) name: String,
    /// The line.
    pub(super) line: ContentLine,
    /// The value as it was, unfolded.
    pub(super) value: String,
}

/// Takes the properties of one component, or of one alarm, as they come.
#[derive(Debug)]
pub(super) struct Properties {
    within: Within,
    charset: Charset,
    /// The address of the organizer, where a property names it.
    mail: Option<String>,
    /// A name that means nothing beside another of the component.
    barred: Option<&'static str>,
    /// The names written so far.
    seen: BTreeSet<String>,
}

/// What all components of a calendar add to.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) tally: Tally,
    /// The zones that are to be defined.
    pub(super) zones: BTreeSet<String>,
}

impl Gathered {
    /// Adds what was gathered elsewhere.
    pub(super) fn append(&mut self, mut other: Self) {
        self.tally.append(&other.tally);
        self.zones.append(&mut other.zones);
    }
}

/// A parameter, decoded.
#[derive(Debug)]
struct Parameter {
    name: String,
    values: Vec<String>,
}

/// A value of the type that RFC 5545 gives it.
#[derive(Debug)]
enum Typed {
    Text(String),
    /// As it is written, with the type it says itself to be of where that is not
    /// the usual one.
    Plain(String, Option<&'static str>),
    /// A local time.
    Local(String),
    /// Bytes in base 64.
    Bytes(String),
    /// A URI that takes the place of a calendar id.
    Instead {
        uri: String,
        calid: String,
    },
}

impl Properties {
    pub(super) fn new(within: Within, charset: Charset, mail: Option<String>) -> Self {
        Self {
            within,
            charset,
            mail,
            barred: None,
            seen: BTreeSet::new(),
        }
    }

    /// The same, with a name that RFC 5545 does not know beside another.
    pub(super) fn without(self, barred: Option<&'static str>) -> Self {
        Self { barred, ..self }
    }

    /// Whether one of this name was written.
    pub(super) fn has(&self, name: &str) -> bool {
        self.seen.contains(name)
    }

    /// The property as it is to be written; `None` for one that says that there
    /// is nothing to say.
    pub(super) fn take(
        &mut self,
        property: &Property<'_>,
        gathered: &mut Gathered,
    ) -> Option<Written> {
        let name = line_name(&String::from_utf8_lossy(&property.name()));
        let (params, value) = self.decoded(property, &mut gathered.tally);
        if says_nothing(&name, &value) {
            match value.as_str() {
                "<NONE>" => gathered.tally.add(Applied::NoneText),
                "0" => gathered.tally.add(Applied::TimeZero),
                _ => {}
            }
            return None;
        }
        let again = |known: &Known| known.is_once(self.within) && self.seen.contains(&name);
        let barred = self.barred == Some(name.as_str());
        let fresh = known::property(&name, self.within);
        let fresh = fresh.filter(|known| !barred && !again(known));
        let typed = fresh.and_then(|known| self.typed(known.kind, &name, &value, &params));
        let (name, line) = match typed {
            Some(typed) => (name.clone(), written(&name, typed, &params, gathered)),
            None => renamed(name, &value, &params, &mut gathered.tally),
        };
        self.seen.insert(name.clone());
        Some(Written { name, line, value })
    }

    /// Parameters and value as text.
    fn decoded(&self, property: &Property<'_>, tally: &mut Tally) -> (Vec<Parameter>, String) {
        let declared = property.param("CHARSET").and_then(|it| it.values().next());
        let declared = declared.map(Value::unfolded);
        let charset = match &declared {
            Some(label) => Charset::declared(label).unwrap_or(self.charset),
            None => self.charset,
        };
        let mut right = true;
        let mut text = |value: Value<'_>| {
            let (text, all) = charset.decode(&value.unfolded());
            right &= all;
            text
        };
        let params = property.params();
        let params: Vec<Parameter> = params
            .map(|param: Param<'_>| Parameter {
                name: line_name(&String::from_utf8_lossy(&param.name())),
                values: param.values().map(&mut text).collect(),
            })
            .collect();
        let value = text(property.value());
        if !right {
            tally.add(Applied::NotUtf8);
        }
        let odd = |text: &String| text.contains(is_unwritable);
        if odd(&value) || params.iter().any(|param| param.values.iter().any(odd)) {
            tally.add(Applied::Control);
        }
        (params, value)
    }

    /// The value, if it is of a type.
    fn typed(&self, kind: Type, name: &str, value: &str, params: &[Parameter]) -> Option<Typed> {
        let plain = |fits: bool| fits.then(|| Typed::Plain(value.to_owned(), None));
        let upper = || value.to_ascii_uppercase();
        let of_time = |time: Time| {
            let value = value.to_owned();
            match time {
                Time::Date => Typed::Plain(value, Some("DATE")),
                Time::Utc => Typed::Plain(value, None),
                Time::Local => Typed::Local(value),
            }
        };
        match kind {
            Type::Text => Some(Typed::Text(unescaped(value))),
            Type::Texts => {
                let parts = Value::new(value.as_bytes()).split(b',');
                let parts = parts.map(|part| escaped(&String::from_utf8_lossy(&part.text())));
                let parts: Vec<String> = parts.collect();
                Some(Typed::Plain(parts.join(","), None))
            }
            Type::OneOf(all) => all
                .contains(&upper().as_str())
                .then(|| Typed::Plain(upper(), None)),
            Type::Token => plain(value::is_token(value)),
            Type::Utc => plain(value::time(value) == Some(Time::Utc)),
            Type::Time => value::time(value).map(of_time),
            Type::TimesOrPeriods if value::is_periods(value) => {
                Some(Typed::Plain(value.to_owned(), Some("PERIOD")))
            }
            Type::Times | Type::TimesOrPeriods => value::times(value).map(of_time),
            Type::Rule => value::is_rule(&upper()).then(|| Typed::Plain(upper(), None)),
            Type::Integer(least, most) => plain(value::is_integer(value, least..=most)),
            Type::Uri => plain(value::is_uri(value)),
            Type::UriOrBytes => {
                let encoding = params.iter().find(|param| param.name == "ENCODING");
                let encoding = encoding.and_then(|it| it.values.first());
                match encoding {
                    Some(it) if it.eq_ignore_ascii_case("BASE64") && value::is_base64(value) => {
                        Some(Typed::Bytes(value.to_owned()))
                    }
                    Some(_) => None,
                    None => plain(value::is_uri(value)),
                }
            }
            Type::Address => self.address(name, value, params),
            Type::Place => plain(value::is_place(value)),
            Type::Status => plain(value::is_status(value)),
            Type::Trigger if value::time(value) == Some(Time::Utc) => {
                Some(Typed::Plain(value.to_owned(), Some("DATE-TIME")))
            }
            Type::Duration | Type::Trigger => plain(value::is_duration(value)),
        }
    }

    /// Who somebody is, as a URI.
    fn address(&self, name: &str, value: &str, params: &[Parameter]) -> Option<Typed> {
        if value::is_address_uri(value) {
            return Some(Typed::Plain(value.to_owned(), None));
        }
        let beside = params.iter().find(|param| param.name == "X-S1CS-EMAIL");
        let beside = beside.and_then(|param| param.values.first());
        let of_organizer = self.mail.as_ref().filter(|_| name == "ORGANIZER");
        let mut mails = beside.into_iter().chain(of_organizer);
        if let Some(mail) = mails.find(|mail| value::is_mail(mail)) {
            return Some(Typed::Instead {
                uri: format!("mailto:{mail}"),
                calid: value.to_owned(),
            });
        }
        if value.is_empty() {
            return None;
        }
        let mut uri = "x-calid:".to_owned();
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
                uri.push(char::from(byte));
            } else {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
        Some(Typed::Instead {
            uri,
            calid: value.to_owned(),
        })
    }
}

/// Whether a value says that there is none: `<NONE>` of texts, 0 of times, and
/// the character set, which is another now.
fn says_nothing(name: &str, value: &str) -> bool {
    match name {
        "LOCATION" | "DESCRIPTION" => value == "<NONE>",
        "RECURRENCE-ID" | "COMPLETED" => value.is_empty() || value == "0",
        "X-NSCP-CHARSET" | "X-NSCP-CALPROPS-CHARSET" => true,
        _ => false,
    }
}

/// A text without escapes.
pub(super) fn unescaped(value: &str) -> String {
    String::from_utf8_lossy(&Value::new(value.as_bytes()).text()).into_owned()
}

/// The line of a value that is of its type.
fn written(name: &str, typed: Typed, params: &[Parameter], gathered: &mut Gathered) -> ContentLine {
    let mut line = ContentLine::new(name);
    if let Typed::Plain(_, Some(kind)) = &typed {
        line = line.param("VALUE", [*kind], false);
    }
    if let Typed::Bytes(_) = &typed {
        line = line.param("ENCODING", ["BASE64"], false);
        line = line.param("VALUE", ["BINARY"], false);
    }
    let is_bytes = matches!(typed, Typed::Bytes(_));
    let is_local = matches!(typed, Typed::Local(_));
    let mut zoned = false;
    for param in params {
        line = match param.name.as_str() {
            "VALUE" | "CHARSET" => line,
            "ENCODING" if is_bytes => line,
            "TZID" if is_local && !zoned => {
                zoned = true;
                in_zone(line, param, gathered)
            }
            "TZID" => under_another_name(line, param, &mut gathered.tally),
            _ => as_it_is(line, param, &mut gathered.tally),
        };
    }
    match typed {
        Typed::Text(text) => line.text(&text),
        Typed::Plain(value, _) | Typed::Local(value) | Typed::Bytes(value) => line.raw(&value),
        Typed::Instead { uri, calid } => {
            gathered.tally.add(Applied::Address);
            if !params.iter().any(|param| param.name == "X-S1CS-CALID") {
                line = line.param("X-S1CS-CALID", [calid.as_str()], false);
            }
            line.raw(&uri)
        }
    }
}

/// The line of a property that RFC 5545 does not have like this, and its name.
fn renamed(
    name: String,
    value: &str,
    params: &[Parameter],
    tally: &mut Tally,
) -> (String, ContentLine) {
    let name = if name.starts_with("X-") {
        name
    } else {
        tally.add(Applied::Renamed);
        format!("X-{name}")
    };
    let mut line = ContentLine::new(&name);
    for param in params {
        line = match param.name.as_str() {
            "CHARSET" => line,
            "TZID" => under_another_name(line, param, tally),
            _ => as_it_is(line, param, tally),
        };
    }
    let line = line.text(&unescaped(value));
    (name, line)
}

/// Adds the zone of a local time, if anybody knows it.
fn in_zone(line: ContentLine, param: &Parameter, gathered: &mut Gathered) -> ContentLine {
    let zone = param.values.first().and_then(|zone| zone::known(zone));
    let Some(zone) = zone else {
        gathered.tally.add(Applied::UnknownZone);
        return line.param("X-TZID", param.values(), false);
    };
    let line = line.param("TZID", [zone.as_str()], false);
    gathered.zones.insert(zone);
    line
}

fn as_it_is(line: ContentLine, param: &Parameter, tally: &mut Tally) -> ContentLine {
    let name = param.name.as_str();
    let known = known::is_parameter(name) || name.starts_with("X-");
    // One without any value is none of RFC 5545.
    if !known || param.values.is_empty() {
        return under_another_name(line, param, tally);
    }
    line.param(name, param.values(), known::is_quoted(name))
}

fn under_another_name(line: ContentLine, param: &Parameter, tally: &mut Tally) -> ContentLine {
    if param.name.starts_with("X-") {
        return line.param(&param.name, param.values(), false);
    }
    tally.add(Applied::Renamed);
    line.param(&format!("X-{}", param.name), param.values(), false)
}

impl Parameter {
    fn values(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(String::as_str)
    }
}
