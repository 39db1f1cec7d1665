//! How often a store shows what a checker should see.

use std::ops::AddAssign;

/// Counts of the odd and the special among the records of a finished store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Census {
    /// Masters of series.
    pub masters: u64,
    /// Masters whose rule has neither COUNT nor UNTIL.
    pub unbounded_rules: u64,
    /// Exceptions, with and without a master.
    pub exceptions: u64,
    /// Exceptions without a master.
    pub orphan_exceptions: u64,
    /// Components with `X-NSCP-TOMBSTONE:1`.
    pub tombstones: u64,
    /// Components of class PRIVATE or CONFIDENTIAL.
    pub hidden: u64,
    /// Components whose DESCRIPTION and LOCATION are `<NONE>`.
    pub none_texts: u64,
    /// Components without a UID.
    pub without_uid: u64,
    /// Alarms triggered at time 0.
    pub zero_triggers: u64,
    /// Calendars with access rights in upper case.
    pub upper_case_aces: u64,
    /// Access control entries without a grant letter.
    pub cut_off_aces: u64,
    /// Calendars that have components but no properties.
    pub calendars_without_properties: u64,
    /// Components of more than three pages.
    pub long_components: u64,
    /// Components whose key does not fit a leaf page.
    pub long_keys: u64,
    /// Master entries of series of which nothing is left.
    pub masters_without_instances: u64,
    /// Components with a rule and without a master entry.
    pub rules_without_master: u64,
    /// Calendars without an owner.
    pub calendars_without_owner: u64,
    /// Calendars of which only delete log entries are left.
    pub deleted_calendars: u64,
    /// Components with bytes that their character set has not.
    pub not_in_charset: u64,
    /// Pairs of components of one identity.
    pub duplicate_identities: u64,
    /// Alarms of components that are not there.
    pub alarms_of_unknown: u64,
}

impl AddAssign for Census {
    fn add_assign(&mut self, other: Self) {
        for ((_, mine), (_, more)) in self.entries_mut().into_iter().zip(other.entries()) {
            *mine += more;
        }
    }
}

macro_rules! entries {
    ($($field:ident),* $(,)?) => {
        impl Census {
            /// Every count with its name.
            pub fn entries(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($field), self.$field)),*]
            }

            fn entries_mut(&mut self) -> Vec<(&'static str, &mut u64)> {
                vec![$((stringify!($field), &mut self.$field)),*]
            }
        }
    };
}

entries!(
    masters,
    unbounded_rules,
    exceptions,
    orphan_exceptions,
    tombstones,
    hidden,
    none_texts,
    without_uid,
    zero_triggers,
    upper_case_aces,
    cut_off_aces,
    calendars_without_properties,
    long_components,
    long_keys,
    masters_without_instances,
    rules_without_master,
    calendars_without_owner,
    deleted_calendars,
    not_in_charset,
    duplicate_identities,
    alarms_of_unknown,
);
