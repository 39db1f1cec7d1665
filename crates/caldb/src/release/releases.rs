//! The releases that a store can be of.

use std::fmt;

use serde::Deserialize;

/// A release of the product, as far as its stores may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[non_exhaustive]
pub enum Release {
    /// iPlanet Calendar Server 5.x: cs5migrate comes first.
    #[serde(rename = "5.x")]
    V5,
    /// Sun ONE Calendar Server 6.0 (Java Enterprise System 2003Q4).
    #[serde(rename = "6.0")]
    V6_0,
    /// Calendar Server 6 2004Q2 and 2005Q1.
    #[serde(rename = "6.1")]
    V6_1,
    /// Calendar Server 6 2005Q4.
    #[serde(rename = "6.2")]
    V6_2,
    /// Calendar Server 6.3 (Communications Suite 5 and 6).
    #[serde(rename = "6.3")]
    V6_3,
    /// 6.3 on Solaris x86 before patch 121658-20.
    #[serde(rename = "6.3-solaris-x86")]
    V6_3SolarisX86,
}

impl Release {
    /// All of them, oldest first.
    pub const ALL: [Self; 6] = [
        Self::V5,
        Self::V6_0,
        Self::V6_1,
        Self::V6_2,
        Self::V6_3,
        Self::V6_3SolarisX86,
    ];

    /// The name that profiles and reports for machines call it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V5 => "5.x",
            Self::V6_0 => "6.0",
            Self::V6_1 => "6.1",
            Self::V6_2 => "6.2",
            Self::V6_3 => "6.3",
            Self::V6_3SolarisX86 => "6.3-solaris-x86",
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V6_3SolarisX86 => "6.3 from Solaris x86 before patch 121658-20",
            other => other.name(),
        })
    }
}
