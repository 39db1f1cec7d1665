//! A profile as it is written: read, checked and laid over another one.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::entries::{
    EvidenceEntry, EvidenceId, FileProfile, IdentifierEntry, KeyProfile, RuleEntry, ValueProfile,
    Weights, When,
};
use super::{Profile, ProfileError};
use crate::files::{Presence, Role};
use crate::provenance::Provenance;
use crate::record::{Identifier, KeyForm, ValueForm};
use crate::release::Release;

/// Entries by their names, with the place of each name in the text.
type Table<T> = BTreeMap<Spanned<String>, T>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProfile {
    #[serde(default)]
    file: Table<RawFile>,
    #[serde(default)]
    key: Table<RawKey>,
    #[serde(default)]
    value: Table<RawValue>,
    #[serde(default)]
    evidence: Table<RawEvidence>,
    #[serde(default)]
    identifier: Table<RawIdentifier>,
    #[serde(default)]
    rule: Table<RawRule>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mark {
    Documented,
    Inferred,
    Assumed,
    Composed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    role: Role,
    holds: String,
    presence: Presence,
    mark: Mark,
    basis: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawKeyForm {
    Opaque,
    Composed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKey {
    form: Spanned<RawKeyForm>,
    identifiers: Option<Vec<Identifier>>,
    mark: Mark,
    basis: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawValueForm {
    Opaque,
    ContentLines,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawValue {
    form: Spanned<RawValueForm>,
    charset: Option<String>,
    mark: Mark,
    basis: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawEvidence {
    says: String,
    points_to: Weights,
    #[serde(default)]
    rules_out: Vec<Release>,
    mark: Mark,
    basis: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawIdentifier {
    points_to: Weights,
    #[serde(default)]
    rules_out: Vec<Release>,
    mark: Mark,
    basis: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    does: String,
    when: When,
    identifier: Option<Spanned<String>>,
    mark: Mark,
    basis: Spanned<String>,
}

/// Reads `text` and puts each of its entries in the place of the entry of the
/// same name.
pub(super) fn lay_over(profile: &mut Profile, name: &str, text: &str) -> Result<(), ProfileError> {
    let blame = Blame { name, text };
    let raw: RawProfile = toml::from_str(text).map_err(|error| {
        let what = error.message().replace('\n', " ");
        blame.at(error.span().map(|span| span.start), what)
    })?;
    // The order of the text, which a map by names has lost.
    let mut files: Vec<_> = raw.file.into_iter().collect();
    files.sort_by_key(|(name, _)| name.span().start);
    for (name, entry) in files {
        lay_file(profile, name.into_inner(), entry, blame)?;
    }
    for (name, entry) in raw.key {
        let provenance = blame.provenance(entry.mark, entry.basis)?;
        let form = blame.key_form(&entry.form, entry.identifiers)?;
        blame.file(profile, &name)?.key = KeyProfile { form, provenance };
    }
    for (name, entry) in raw.value {
        let provenance = blame.provenance(entry.mark, entry.basis)?;
        let form = blame.value_form(&entry.form, entry.charset)?;
        blame.file(profile, &name)?.value = ValueProfile { form, provenance };
    }
    for (name, entry) in raw.evidence {
        let id = EvidenceId::ALL.iter().find(|id| id.name() == name.as_ref());
        let id = id.ok_or_else(|| blame.unknown(&name, "piece of evidence"))?;
        let entry = EvidenceEntry {
            says: entry.says,
            points_to: entry.points_to,
            rules_out: entry.rules_out,
            provenance: blame.provenance(entry.mark, entry.basis)?,
        };
        profile.evidence.insert(*id, entry);
    }
    for (name, entry) in raw.identifier {
        let entry = IdentifierEntry {
            points_to: entry.points_to,
            rules_out: entry.rules_out,
            provenance: blame.provenance(entry.mark, entry.basis)?,
        };
        profile.identifiers.insert(name.into_inner(), entry);
    }
    for (name, entry) in raw.rule {
        if !crate::rules::IDS.contains(&name.as_ref().as_str()) {
            return Err(blame.unknown(&name, "rule"));
        }
        if let Some(identifier) = &entry.identifier
            && name.as_ref() != crate::rules::IDENTIFIER_STAMP
        {
            let what = format!("the rule '{}' writes no identifier", name.as_ref());
            return Err(blame.at(Some(identifier.span().start), what));
        }
        let entry = RuleEntry {
            does: entry.does,
            when: entry.when,
            identifier: entry.identifier.map(Spanned::into_inner),
            provenance: blame.provenance(entry.mark, entry.basis)?,
        };
        profile.rules.insert(name.into_inner(), entry);
    }
    Ok(())
}

/// Puts a file's entry in. Of a file that was not there nothing is known but
/// what the entry says.
fn lay_file(
    profile: &mut Profile,
    name: String,
    entry: RawFile,
    blame: Blame<'_>,
) -> Result<(), ProfileError> {
    let provenance = blame.provenance(entry.mark, entry.basis)?;
    if let Some(file) = profile.files.iter_mut().find(|file| file.name == name) {
        file.role = entry.role;
        file.holds = entry.holds;
        file.presence = entry.presence;
        file.provenance = provenance;
        return Ok(());
    }
    let unknown = || Provenance::Assumed("nothing is known of them".to_owned());
    profile.files.push(FileProfile {
        name,
        role: entry.role,
        holds: entry.holds,
        presence: entry.presence,
        provenance,
        key: KeyProfile {
            form: KeyForm::Opaque,
            provenance: unknown(),
        },
        value: ValueProfile {
            form: ValueForm::Opaque,
            provenance: unknown(),
        },
    });
    Ok(())
}

/// The text that is read, to name the line of what is wrong.
#[derive(Clone, Copy)]
struct Blame<'a> {
    name: &'a str,
    text: &'a str,
}

impl Blame<'_> {
    fn at(self, offset: Option<usize>, what: impl Into<String>) -> ProfileError {
        let line = offset.map(|offset| {
            let before = self.text.as_bytes().iter().take(offset);
            let breaks = before.filter(|byte| **byte == b'\n').count();
            breaks.saturating_add(1)
        });
        ProfileError {
            file: self.name.to_owned(),
            line,
            what: what.into(),
        }
    }

    fn unknown(self, name: &Spanned<String>, what: &str) -> ProfileError {
        let text = format!("there is no {what} '{}'", name.as_ref());
        self.at(Some(name.span().start), text)
    }

    fn provenance(
        self,
        mark: Mark,
        basis: Spanned<String>,
    ) -> Result<Provenance<String>, ProfileError> {
        if basis.as_ref().trim().is_empty() {
            return Err(self.at(Some(basis.span().start), "the basis is empty"));
        }
        let basis = basis.into_inner();
        Ok(match mark {
            Mark::Documented => Provenance::Documented(basis),
            Mark::Inferred => Provenance::Inferred(basis),
            Mark::Assumed => Provenance::Assumed(basis),
            Mark::Composed => Provenance::Composed(basis),
        })
    }

    fn file<'p>(
        self,
        profile: &'p mut Profile,
        name: &Spanned<String>,
    ) -> Result<&'p mut FileProfile, ProfileError> {
        profile
            .files
            .iter_mut()
            .find(|file| &file.name == name.as_ref())
            .ok_or_else(|| self.unknown(name, "entry for the file"))
    }

    fn key_form(
        self,
        form: &Spanned<RawKeyForm>,
        identifiers: Option<Vec<Identifier>>,
    ) -> Result<KeyForm, ProfileError> {
        let wrong = |what| Err(self.at(Some(form.span().start), what));
        match (form.as_ref(), identifiers) {
            (RawKeyForm::Opaque, None) => Ok(KeyForm::Opaque),
            (RawKeyForm::Opaque, Some(_)) => wrong("an opaque key has no identifiers"),
            (RawKeyForm::Composed, Some(all)) if !all.is_empty() => Ok(KeyForm::Composed(all)),
            (RawKeyForm::Composed, _) => wrong("a composed key needs its identifiers"),
        }
    }

    fn value_form(
        self,
        form: &Spanned<RawValueForm>,
        charset: Option<String>,
    ) -> Result<ValueForm, ProfileError> {
        let wrong = |what| Err(self.at(Some(form.span().start), what));
        match (form.as_ref(), charset) {
            (RawValueForm::Opaque, None) => Ok(ValueForm::Opaque),
            (RawValueForm::Opaque, Some(_)) => wrong("an opaque value has no charset"),
            (RawValueForm::ContentLines, Some(charset)) if !charset.trim().is_empty() => {
                Ok(ValueForm::ContentLines { charset })
            }
            (RawValueForm::ContentLines, _) => wrong("content lines need a charset"),
        }
    }
}
