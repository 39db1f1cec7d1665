//! One database of a file, or the directory and all that it names.

use crate::error::{Place, Result, Rule};
use crate::layout::{Meta, Method};
use crate::source::PageSource;
use crate::verify::check::Check;
use crate::verify::tree::{self, Orders, Role, Tree};
use crate::verify::{abreast, hash, meta, queue};

/// Checks all databases of the file.
pub(super) fn all<S: PageSource>(check: &mut Check<'_, S>) -> Result<()> {
    let file = check.file;
    for finding in file.findings() {
        if !matches!(finding.rule, Rule::LastPage | Rule::FileSize) {
            check.note(finding.place, finding.rule, finding.detail.clone());
        }
    }
    one(check, file.meta())?;
    if !file.meta().is_directory() {
        return Ok(());
    }
    let mut names = Vec::new();
    let visited = file.visit_names(|entry, place| {
        names.push((entry, place));
        Ok(())
    });
    if check.absorb(visited)?.is_none() {
        return Ok(());
    }
    for (entry, place) in &names {
        if entry.little_endian {
            let found = String::from_utf8_lossy(&entry.name).into_owned();
            check.note(Place::page(entry.page), Rule::DirectoryOrder, found);
        }
        if !check.claim(entry.page, *place) {
            continue;
        }
        if let Some(database) = check.absorb(file.at(entry))? {
            one(check, database.meta())?;
        }
    }
    Ok(())
}

fn one<S: PageSource>(check: &mut Check<'_, S>, meta: &Meta) -> Result<()> {
    check.report.databases = check.report.databases.saturating_add(1);
    meta::of_database(check, meta);
    let at = Place::page(meta.pgno);
    match &meta.method {
        Method::Btree(fields) => {
            let role = if meta.is_recno() {
                Role::Recno
            } else {
                Role::Btree
            };
            let tree = Tree { meta, role };
            if !abreast::is_sound(check, tree, fields.root)? {
                let mut orders = Orders::new(meta);
                tree::check(check, tree, &mut orders, fields.root, at)?;
                orders.finish(check, at);
            }
        }
        Method::Hash(fields) => hash::check(check, meta, fields)?,
        Method::Queue(fields) => queue::check(check, meta, fields),
    }
    Ok(())
}
