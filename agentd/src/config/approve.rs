//! `approve`: a list of tools, or "all", or "none".

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::approval::ApprovalPolicy;

/// Which tools ask, as config.toml writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approve(pub ApprovalPolicy);

impl Default for Approve {
    fn default() -> Self {
        Self(ApprovalPolicy::Tools(ApprovalPolicy::default_tools()))
    }
}

impl Serialize for Approve {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            ApprovalPolicy::All => "all".serialize(serializer),
            ApprovalPolicy::None => "none".serialize(serializer),
            ApprovalPolicy::Tools(tools) => tools.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Approve {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Words).map(Self)
    }
}

struct Words;

impl<'de> Visitor<'de> for Words {
    type Value = ApprovalPolicy;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of tools, \"all\" or \"none\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ApprovalPolicy, E> {
        match text {
            "all" => Ok(ApprovalPolicy::All),
            "none" => Ok(ApprovalPolicy::None),
            _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ApprovalPolicy, A::Error> {
        let mut tools = Vec::new();
        while let Some(tool) = list.next_element()? {
            tools.push(tool);
        }
        Ok(ApprovalPolicy::Tools(tools))
    }
}
