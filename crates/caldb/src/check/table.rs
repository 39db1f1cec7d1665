//! The checks, as a table.

use crate::files::Role;
use crate::provenance::Provenance::{self, Documented, Inferred};

/// A check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Check {
    /// An instance of a series that has no master.
    ExceptionWithoutMaster,
    /// A master entry of a series that has no component.
    MasterWithoutInstances,
    /// Recurring data that is not in master and exception form.
    NotMasterAndException,
    /// A component without a UID.
    MissingUid,
    /// A component that is deleted but kept.
    Tombstone,
    /// A recurrence rule without an end.
    UnboundedRule,
    /// An alarm at time 0.
    ZeroTrigger,
    /// An access control entry in upper case.
    UpperCaseAce,
    /// An access control entry without its grant letter.
    CutOffAce,
    /// A calendar without an owner.
    CalidWithoutOwner,
    /// A component of a calendar that has no properties record.
    CalendarWithoutProperties,
    /// Delete log entries, and nothing else, of such a calendar.
    DeletedCalendar,
    /// A text that is `<NONE>`.
    NoneText,
    /// Bytes that are not in the declared character set.
    NotInCharset,
    /// Two components with one identity.
    DuplicateIdentity,
    /// An alarm of a component that is not there.
    AlarmOfUnknownComponent,
}

/// What a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckFact {
    /// The check.
    pub check: Check,
    /// Its name in reports.
    pub id: &'static str,
    /// What is counted, in words for the administrator.
    pub counts: &'static str,
    /// When it fires, exactly.
    pub fires: &'static str,
    /// Where the files are that the counterpart is looked for in, if it needs
    /// one.
    pub counterparts: &'static [Role],
    /// Why this is odd, and how we know.
    pub provenance: Provenance,
}

impl Check {
    /// What the check is.
    pub fn fact(self) -> &'static CheckFact {
        // The table is in the order of the checks; a test holds it to that.
        CHECKS.get(self as usize).unwrap_or(&FIRST)
    }

    /// Its name in reports.
    pub fn id(self) -> &'static str {
        self.fact().id
    }
}

const FIRST: CheckFact = CheckFact {
    check: Check::ExceptionWithoutMaster,
    id: "exception-without-master",
    counts: "instances of a series whose master is missing",
    fires: "a record of events or todos has a recurrence id, and neither these files hold a \
            component of the same calendar and UID without one, nor the recurring file any",
    counterparts: &[Role::Events, Role::Todos, Role::Recurring],
    provenance: Documented(
        "error 81 of WCAP, part of the recurring series is missing, in the error list of the \
         Mozilla WCAP provider; public clients meet exceptions without a parent and make one up",
    ),
};

/// Every check, in the order of [`Check`].
pub const CHECKS: &[CheckFact] = &[
    FIRST,
    CheckFact {
        check: Check::MasterWithoutInstances,
        id: "master-without-instances",
        counts: "masters of a series of which no component is left",
        fires: "the recurring file holds a master, and events and todos hold no component of the \
                same calendar and UID",
        counterparts: &[Role::Events, Role::Todos],
        provenance: Inferred(
            "Administration Guide 6.3 chapter 18: when all instances are deleted the master goes \
             from events or todos; so a master entry (`csdb -v list`) with nothing there is left \
             over. A master without exceptions is usual and not counted",
        ),
    },
    CheckFact {
        check: Check::NotMasterAndException,
        id: "not-master-and-exception",
        counts: "records of recurring data that is not in master and exception form",
        fires: "a record of events or todos has a recurrence id, or rules or dates by which it \
                recurs, and the recurring file holds no master of the same calendar and UID. \
                Instances without any master are counted here too: that is how 5.x data looks",
        counterparts: &[Role::Recurring],
        provenance: Inferred(
            "Administration Guide 6.3 sections 3.1 and 3.4: recurring data must be in master and \
             exception form, made by cs5migrate -r; that the recurring file is where masters must \
             be follows from its records being called master component entries by `csdb -v list`",
        ),
    },
    CheckFact {
        check: Check::MissingUid,
        id: "missing-uid",
        counts: "components without a UID",
        fires: "a record of events or todos has no UID property, or an empty one",
        counterparts: &[],
        provenance: Documented("RFC 2445 4.8.4.7 wants one; WCAP commands name a component by it"),
    },
    CheckFact {
        check: Check::Tombstone,
        id: "tombstone",
        counts: "components that are deleted but kept",
        fires: "a record of events or todos has X-NSCP-TOMBSTONE:1",
        counterparts: &[],
        provenance: Documented("WCAP guides 819-2434, 819-4655"),
    },
    CheckFact {
        check: Check::UnboundedRule,
        id: "unbounded-rule",
        counts: "components with a recurrence rule that has neither COUNT nor UNTIL",
        fires: "an RRULE of a record of events, todos or recurring has neither; a component that \
                stands in two of these files is counted once. EXRULE does no harm without an end",
        counterparts: &[],
        provenance: Documented(
            "source of public WCAP clients: the server ends such a series at its own limit \
             (X-NSCP-RECURRENCE-BOUND, 60 by default) and does not say so in the rule",
        ),
    },
    CheckFact {
        check: Check::ZeroTrigger,
        id: "zero-trigger",
        counts: "components with an alarm at time 0",
        fires: "the TRIGGER of an alarm, in the alarm queue or within a component of events or \
                todos, is the start of 1970 or `0`; a component whose alarm stands in both places \
                is counted once",
        counterparts: &[],
        provenance: Documented("source of public WCAP clients: time 0 is taken for no alarm"),
    },
    CheckFact {
        check: Check::UpperCaseAce,
        id: "upper-case-ace",
        counts: "calendars with access control entries in upper case",
        fires: "what, how or grant of an entry has an upper-case letter; the who may",
        counterparts: &[],
        provenance: Documented(
            "WCAP guides print 5.x entries in upper case; the Unicon Academus portal folds the \
             case before it compares, so both mean the same",
        ),
    },
    CheckFact {
        check: Check::CutOffAce,
        id: "cut-off-ace",
        counts: "calendars with access control entries that are cut off",
        fires: "an entry has no grant letter, or less than four parts; an empty how is whole and \
                means nothing may be done",
        counterparts: &[],
        provenance: Documented("a sample printed in the manual ends so: `lucy^a^frs^`"),
    },
    CheckFact {
        check: Check::CalidWithoutOwner,
        id: "calid-without-owner",
        counts: "calendars without an owner",
        fires: "the calid in the key of any record names no user before its first colon, or a \
                properties record has no PRIMARY-OWNER or an empty one",
        counterparts: &[],
        provenance: Documented(
            "Administration Guide 6.3, 15.2.1: calids begin with a user; csmig gives owners to \
             calendars that have none",
        ),
    },
    CheckFact {
        check: Check::CalendarWithoutProperties,
        id: "calendar-without-properties",
        counts: "calendars that have components but no properties record",
        fires: "a record of events, todos, recurring, alarms or the queue names a calendar of \
                which the properties file holds no record",
        counterparts: &[Role::CalendarProperties],
        provenance: Inferred(
            "table 16-1: the file holds the properties of every calendar; `csdb rebuild` builds \
             them from components when they are missing",
        ),
    },
    CheckFact {
        check: Check::DeletedCalendar,
        id: "deleted-calendar",
        counts: "calendars of which only delete log entries are left",
        fires: "the delete log names a calendar of which the properties file holds no record, nor \
                any other file",
        counterparts: &[Role::CalendarProperties],
        provenance: Inferred(
            "the delete log keeps entries for days; a calendar deleted meanwhile leaves some, so \
             this is no fault by itself",
        ),
    },
    CheckFact {
        check: Check::NoneText,
        id: "none-text",
        counts: "components with the text <NONE>",
        fires: "LOCATION or DESCRIPTION of a record of events or todos is `<NONE>`",
        counterparts: &[],
        provenance: Documented("source of a public WCAP client: the text is taken for none"),
    },
    CheckFact {
        check: Check::NotInCharset,
        id: "not-in-charset",
        counts: "records with bytes that are not in the declared character set",
        fires: "a record is not valid in the character set it declares, or in one nobody knows. \
                One that declares none must be valid in the file's default (UTF-8) or in its \
                calendar's",
        counterparts: &[],
        provenance: Inferred(
            "WCAP guides have X-NSCP-CHARSET of a component and CHARSET of a calendar, and do not \
             say which rules; UTF-8 is what the server gives to clients",
        ),
    },
    CheckFact {
        check: Check::DuplicateIdentity,
        id: "duplicate-identity",
        counts: "components with the identity of another before them",
        fires: "two records of events and todos, or two of recurring, have the same calendar, UID \
                and recurrence id, by their properties or else their keys",
        counterparts: &[],
        provenance: Documented("WCAP guides: calid, uid and rid name one component"),
    },
    CheckFact {
        check: Check::AlarmOfUnknownComponent,
        id: "alarm-of-unknown-component",
        counts: "alarms of components that are not there",
        fires: "the alarm queue names a calendar and UID of which events and todos hold neither \
                the instance named nor a component without recurrence id, whose instances need no \
                record of their own",
        counterparts: &[Role::Events, Role::Todos],
        provenance: Inferred(
            "event notification URIs name an alarm by its component; the queue can be built from \
             the components (`csdb rebuild -a`)",
        ),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_checks() {
        for (at, fact) in CHECKS.iter().enumerate() {
            assert_eq!(fact.check as usize, at, "{}", fact.id);
            assert_eq!(fact.check.fact(), fact);
        }
        assert_eq!(
            CHECKS.len(),
            Check::AlarmOfUnknownComponent as usize + 1,
            "the last check has the last place"
        );
        let mut ids: Vec<_> = CHECKS.iter().map(|fact| fact.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), CHECKS.len(), "every check has a name of its own");
    }
}
