//! Compiles the .proto files with protox, so that no protoc is needed, and gives the agent.v1 messages the JSON shape
//! that agentctl prints: one definition of a message serves the wire and the scripts that read NDJSON.

use protox::prost::Message as _;
use protox::prost_reflect::prost_types::{DescriptorProto, FieldDescriptorProto};

#[cfg(feature = "agent")]
#[path = "event_schema.rs"]
mod event_schema;

/// Fields that hold JSON text and are printed as JSON, not as a quoted string.
const JSON_TEXT: &[&str] = &[
    ".agent.v1.ToolIntent.arguments",
    ".agent.v1.ToolCall.arguments",
    ".agent.v1.ApprovalRequested.arguments",
    ".agent.v1.ApprovalDecided.arguments",
    ".agent.v1.Approval.arguments",
    ".agent.v1.TurnStarted.answer_schema",
    ".agent.v1.TurnFinished.answer",
];

/// Enum fields, printed by the lower-case name without its prefix.
const ENUMS: &[(&str, &str)] = &[
    (".agent.v1.Session.status", "SessionStatus"),
    (".agent.v1.TurnFinished.status", "TurnStatus"),
    (".agent.v1.SubagentFinished.status", "TurnStatus"),
    (".agent.v1.ApprovalDecided.decision", "Decision"),
    (".agent.v1.Container.status", "ContainerStatus"),
    (".agent.v1.Finding.severity", "Severity"),
    (".agent.v1.Model.state", "ModelState"),
    (".agent.v1.LayerProgress.phase", "LayerPhase"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=agent/init");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=event_schema.rs");
    let agent = std::env::var_os("CARGO_FEATURE_AGENT").is_some();
    let mut files = ["init", "confine"].map(|name| format!("agent/init/v1/{name}.proto")).to_vec();
    // agent-init is built without the rest, and not again when only the rest changes.
    if agent {
        println!("cargo:rerun-if-changed=agent/v1");
        let names = ["session", "sandbox", "daemon", "journal", "model", "image"];
        files.extend(names.map(|name| format!("agent/v1/{name}.proto")));
    }
    let descriptors = protox::Compiler::new(["."])?
        .include_source_info(true)
        .include_imports(true)
        .open_files(files)?
        .file_descriptor_set();
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    #[cfg(feature = "agent")]
    std::fs::write(out.join("event.schema.json"), format!("{:#}\n", event_schema::schema(&descriptors)?))?;

    let mut build = tonic_prost_build::configure().build_transport(false).bytes(".");
    if agent {
        build = build
            .type_attribute(".agent.v1", "#[derive(serde::Serialize)]")
            .type_attribute(".agent.v1.Event.data", "#[serde(tag = \"type\", content = \"data\")]")
            .field_attribute("Event.data", "#[serde(flatten)]");
        // prost makes `Option` of `optional` and of message fields; in JSON what is absent is left out.
        for file in &descriptors.file {
            if file.package() == "agent.v1" {
                for message in &file.message_type {
                    build = quiet_options(build, message);
                }
            }
        }
        for field in JSON_TEXT {
            build = build.field_attribute(field, "#[serde(serialize_with = \"crate::json::raw\")]");
        }
        for (field, name) in ENUMS {
            let with = format!("#[serde(serialize_with = \"crate::json::lower_name::<{name}, _>\")]");
            build = build.field_attribute(field, with);
        }
    }
    build.compile_fds(descriptors)?;
    Ok(())
}

/// Leaves absent fields out of the JSON, and gives each event its dotted name.
fn quiet_options(mut build: tonic_prost_build::Builder, message: &DescriptorProto) -> tonic_prost_build::Builder {
    for field in &message.field {
        let path = format!(".agent.v1.{}.{}", message.name(), field.name());
        if is_event_variant(message, field) {
            let dotted = event_type(field.name());
            let variant = format!(".agent.v1.Event.data.{}", field.name());
            build = build.field_attribute(&variant, format!("#[serde(rename = \"{dotted}\")]"));
            continue;
        }
        let message_field = field.type_name.is_some()
            && field.label() != protox::prost_reflect::prost_types::field_descriptor_proto::Label::Repeated
            && field.r#type() == protox::prost_reflect::prost_types::field_descriptor_proto::Type::Message;
        if field.proto3_optional() || message_field {
            build = build.field_attribute(&path, "#[serde(skip_serializing_if = \"Option::is_none\")]");
        }
    }
    build
}

/// Whether a field is one of the kinds of events.
fn is_event_variant(message: &DescriptorProto, field: &FieldDescriptorProto) -> bool {
    message.name() == "Event" && field.oneof_index.is_some() && !field.proto3_optional()
}

/// The `type` of an event in JSON.
fn event_type(field: &str) -> String {
    field.replacen('_', ".", 1)
}
