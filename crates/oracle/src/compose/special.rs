//! What can be special about the records of a store: each sort can be put in
//! or left out.

use std::collections::BTreeSet;

macro_rules! specials {
    ($($(#[$doc:meta])* $special:ident = $name:literal),* $(,)?) => {
        /// A sort of special records. Those up to [`CutOffAce`](Self::CutOffAce)
        /// are in every store unless a plan leaves them out; each of the others
        /// is a record or two of the first calendar, and only where it is asked
        /// for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Special {
            $($(#[$doc])* $special),*
        }

        impl Special {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$special),*];

            /// The name by which it is asked for.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$special => $name),*
                }
            }
        }
    };
}

specials! {
    /// Components of more than three pages.
    LongText = "long-text",
    /// Components whose key does not fit a leaf page.
    LongKey = "long-key",
    /// Exceptions without a master.
    OrphanException = "orphan-exception",
    /// Components with `X-NSCP-TOMBSTONE:1`.
    Tombstone = "tombstone",
    /// Components whose DESCRIPTION and LOCATION are `<NONE>`.
    NoneTexts = "none-texts",
    /// Alarms at time 0.
    ZeroTrigger = "zero-trigger",
    /// Rules with neither COUNT nor UNTIL.
    UnboundedRule = "unbounded-rule",
    /// Components without a UID.
    WithoutUid = "without-uid",
    /// A calendar with components and without properties.
    WithoutProperties = "without-properties",
    /// Access control entries in upper case.
    UpperCaseAce = "upper-case-ace",
    /// An access control entry without its grant letter.
    CutOffAce = "cut-off-ace",
    /// A master entry of a series of which nothing is left.
    MasterWithoutInstances = "master-without-instances",
    /// A component with a rule and without a master entry.
    RuleWithoutMaster = "rule-without-master",
    /// A calendar without an owner, with nothing in it.
    WithoutOwner = "without-owner",
    /// A calendar of which only a delete log entry is left.
    DeletedCalendar = "deleted-calendar",
    /// A component with a byte that UTF-8, which its calendar declares, has not.
    NotInCharset = "not-in-charset",
    /// An event and a todo of one identity.
    DuplicateIdentity = "duplicate-identity",
    /// An alarm of a component that is not there.
    AlarmOfUnknown = "alarm-of-unknown",
}

impl Special {
    /// Those that are in every store unless a plan leaves them out.
    pub fn usual() -> BTreeSet<Self> {
        let usual = |special: &Self| *special <= Self::CutOffAce;
        Self::ALL.iter().copied().filter(usual).collect()
    }

    /// The one of a name.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|special| special.name() == name)
    }
}
