//! How single fields of `agent.v1` messages look as JSON.

use serde::{Serialize as _, Serializer, ser::Error as _};

/// A field whose text is JSON already: printed as the value it holds, or as a string where it is not JSON.
/// Works for `String` and `Option<String>` fields.
pub(crate) fn raw<T: AsText, S: Serializer>(field: &T, serializer: S) -> Result<S::Ok, S::Error> {
    match field.as_text() {
        None => serializer.serialize_none(),
        Some(text) => match serde_json::from_str::<serde_json::Value>(text) {
            Ok(value) => value.serialize(serializer),
            Err(_) => serializer.serialize_str(text),
        },
    }
}

/// A prost enum field: its name without the enum's prefix, in lower case (`SESSION_STATUS_IDLE` is `idle`).
#[allow(clippy::trivially_copy_pass_by_ref)] // serde fixes this signature
pub(crate) fn lower_name<E: Named, S: Serializer>(value: &i32, serializer: S) -> Result<S::Ok, S::Error> {
    let name = E::lower(*value).ok_or_else(|| S::Error::custom(format!("no such value: {value}")))?;
    serializer.serialize_str(&name)
}

/// Text that may be absent.
pub(crate) trait AsText {
    fn as_text(&self) -> Option<&str>;
}
impl AsText for String {
    fn as_text(&self) -> Option<&str> {
        Some(self)
    }
}
impl AsText for Option<String> {
    fn as_text(&self) -> Option<&str> {
        self.as_deref()
    }
}

/// An enum of the contract that can be shown by its short name.
pub(crate) trait Named {
    fn lower(value: i32) -> Option<String>;
}

macro_rules! named {
    ($($name:ident = $prefix:literal),* $(,)?) => {$(
        impl Named for crate::v1::$name {
            fn lower(value: i32) -> Option<String> {
                Self::try_from(value).ok().map(Self::lower_name)
            }
        }
        impl crate::v1::$name {
            /// The short lower-case name that JSON output and messages use.
            pub fn lower_name(self) -> String {
                self.as_str_name().trim_start_matches($prefix).to_ascii_lowercase()
            }
        }
    )*};
}
named! {
    SessionStatus = "SESSION_STATUS_",
    TurnStatus = "TURN_STATUS_",
    Decision = "DECISION_",
    ContainerStatus = "CONTAINER_STATUS_",
    Severity = "SEVERITY_",
    ModelState = "MODEL_STATE_",
    LayerPhase = "LAYER_PHASE_",
}
