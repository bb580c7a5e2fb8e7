//! The JSON Schema of what `agentctl events` prints, made from the contract itself: names, types and comments of the
//! messages, by the same rules as their JSON form.

use protox::prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
use protox::prost_reflect::prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
};
use serde_json::{Map, Value, json};

use crate::{ENUMS, JSON_TEXT, event_type, is_event_variant};

const PACKAGE: &str = "agent.v1";
/// How the comment of an event begins that has no row in the journal.
const LIVE: &str = "Live:";

/// The schema of `agent.v1.Event`.
pub(crate) fn schema(descriptors: &FileDescriptorSet) -> Result<Value, String> {
    let contract = Contract { files: descriptors.file.iter().filter(|file| file.package() == PACKAGE).collect() };
    let event = contract.message(".agent.v1.Event")?;
    let mut definitions = Map::new();
    let mut properties = Map::new();
    let mut required = vec!["type", "data"];
    let mut types = Vec::new();
    let mut variants = Vec::new();
    for (at, field) in event.message.field.iter().enumerate() {
        let comment = event.comment_of_field(at);
        if is_event_variant(event.message, field) {
            let name = event_type(field.name());
            let mut variant = json!({
                "title": name,
                "description": comment,
                "properties": { "type": { "const": name }, "data": contract.reference(field.type_name(), &mut definitions)? },
            });
            let seq = json!({ "required": ["seq"] });
            variant[if comment.starts_with(LIVE) { "not" } else { "allOf" }] =
                if comment.starts_with(LIVE) { seq } else { json!([seq]) };
            types.push(name);
            variants.push(variant);
        } else {
            properties.insert(field.name().to_owned(), contract.property(&event, at, &mut definitions)?);
            if is_always_there(field) {
                required.push(field.name());
            }
        }
    }
    properties.insert("type".to_owned(), json!({ "description": "What happened.", "enum": types }));
    properties.insert("data".to_owned(), json!({ "type": "object" }));
    Ok(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Event",
        "description": event.comment(),
        "type": "object",
        "properties": properties,
        "required": required,
        "oneOf": variants,
        "$defs": definitions,
    }))
}

struct Contract<'a> {
    files: Vec<&'a FileDescriptorProto>,
}

/// A message and where it stands in its file, for its comments.
struct Found<'a> {
    file: &'a FileDescriptorProto,
    at: usize,
    message: &'a DescriptorProto,
}

impl Contract<'_> {
    fn message(&self, full_name: &str) -> Result<Found<'_>, String> {
        let name = full_name.strip_prefix(".agent.v1.").unwrap_or(full_name);
        let mut all = self.files.iter().flat_map(|file| {
            file.message_type.iter().enumerate().map(move |(at, message)| Found { file, at, message })
        });
        all.find(|found| found.message.name() == name).ok_or_else(|| format!("no message {full_name} in {PACKAGE}"))
    }

    /// A reference to the definition of a message, which is made where it is not there yet.
    fn reference(&self, full_name: &str, definitions: &mut Map<String, Value>) -> Result<Value, String> {
        let found = self.message(full_name)?;
        let name = found.message.name();
        if !definitions.contains_key(name) {
            // In place before its fields are looked at: a message may hold itself.
            definitions.insert(name.to_owned(), Value::Null);
            let mut properties = Map::new();
            let mut required = Vec::new();
            for (at, field) in found.message.field.iter().enumerate() {
                if field.oneof_index.is_some() && !field.proto3_optional() {
                    return Err(format!("{full_name}.{}: the schema of events knows no oneof here", field.name()));
                }
                properties.insert(field.name().to_owned(), self.property(&found, at, definitions)?);
                if is_always_there(field) {
                    required.push(field.name());
                }
            }
            let definition = json!({
                "description": found.comment(),
                "type": "object",
                "properties": properties,
                "required": required,
            });
            definitions.insert(name.to_owned(), definition);
        }
        Ok(json!({ "$ref": format!("#/$defs/{name}") }))
    }

    fn property(&self, of: &Found<'_>, at: usize, definitions: &mut Map<String, Value>) -> Result<Value, String> {
        let field = &of.message.field[at];
        let mut schema = self.value(of, field, definitions)?;
        if field.label() == Label::Repeated {
            schema = json!({ "type": "array", "items": schema });
        }
        schema["description"] = of.comment_of_field(at).into();
        Ok(schema)
    }

    fn value(
        &self,
        of: &Found<'_>,
        field: &FieldDescriptorProto,
        definitions: &mut Map<String, Value>,
    ) -> Result<Value, String> {
        let path = format!(".{PACKAGE}.{}.{}", of.message.name(), field.name());
        if JSON_TEXT.contains(&path.as_str()) {
            return Ok(json!({}));
        }
        Ok(match field.r#type() {
            Type::String => json!({ "type": "string" }),
            Type::Bool => json!({ "type": "boolean" }),
            Type::Double | Type::Float => json!({ "type": "number" }),
            Type::Uint32 | Type::Uint64 | Type::Fixed32 | Type::Fixed64 => json!({ "type": "integer", "minimum": 0 }),
            Type::Int32 | Type::Int64 | Type::Sint32 | Type::Sint64 | Type::Sfixed32 | Type::Sfixed64 => {
                json!({ "type": "integer" })
            }
            Type::Enum if ENUMS.iter().any(|(known, _)| *known == path) => {
                json!({ "enum": self.names(field.type_name())? })
            }
            Type::Enum => json!({ "type": "integer" }),
            Type::Message => self.reference(field.type_name(), definitions)?,
            other => return Err(format!("{path}: the schema of events knows no {other:?}")),
        })
    }

    /// The names of an enum as JSON has them. The first is never sent.
    fn names(&self, full_name: &str) -> Result<Vec<String>, String> {
        let name = full_name.strip_prefix(".agent.v1.").unwrap_or(full_name);
        let found = self.files.iter().flat_map(|file| &file.enum_type).find(|found| found.name() == name);
        let found = found.ok_or_else(|| format!("no enum {full_name} in {PACKAGE}"))?;
        let common = found.value.first().map_or("", |first| first.name().trim_end_matches("UNSPECIFIED"));
        let names = found.value.iter().skip(1).map(|value| value.name().trim_start_matches(common).to_lowercase());
        Ok(names.collect())
    }
}

impl Found<'_> {
    fn comment(&self) -> String {
        self.comment_at(&[4, self.at])
    }

    fn comment_of_field(&self, field: usize) -> String {
        self.comment_at(&[4, self.at, 2, field])
    }

    /// What stands above something; the numbers are those of descriptor.proto.
    fn comment_at(&self, path: &[usize]) -> String {
        let locations = self.file.source_code_info.iter().flat_map(|info| &info.location);
        let found = locations.into_iter().find(|location| {
            location.path.len() == path.len()
                && location.path.iter().zip(path).all(|(&step, &wanted)| usize::try_from(step) == Ok(wanted))
        });
        let lines = found.map(|location| location.leading_comments()).unwrap_or_default().lines().map(str::trim);
        lines.collect::<Vec<_>>().join(" ")
    }
}

/// Whether a field is in the JSON even where it was never set.
fn is_always_there(field: &FieldDescriptorProto) -> bool {
    field.label() == Label::Repeated || !(field.proto3_optional() || field.r#type() == Type::Message)
}
