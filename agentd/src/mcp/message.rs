//! What is said in the Model Context Protocol: JSON-RPC 2.0, as much of it as a client of tools needs. Pure.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The version of the protocol that is asked for. A server that speaks another says so, and is spoken to all the same: what
/// is used here has been the same in all of them.
pub(super) const PROTOCOL_VERSION: &str = "2025-06-18";

/// Bytes of one message at most.
pub(super) const MESSAGE_BYTES_MAX: usize = 16 << 20;

/// A request.
pub(super) fn request(id: u64, method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

/// A notification.
pub(super) fn notification(method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string()
}

/// What a client says of itself first.
pub(super) fn initialize() -> Value {
    json!({
        "protocolVersion": PROTOCOL_VERSION,
        "capabilities": {},
        "clientInfo": { "name": "agentd", "version": env!("CARGO_PKG_VERSION") },
    })
}

/// What came from a server.
#[derive(Debug, PartialEq)]
pub(super) enum Incoming {
    /// The answer to the request of this id: its result, or the server's words for its failure.
    Answer(u64, Result<Value, String>),
    /// A request of the server: this goes back to it.
    Request(String),
    /// Something that needs no answer.
    Other,
}

/// Reads a message. What is none is the error.
pub(super) fn read(text: &str) -> Result<Incoming, String> {
    let message: Value = serde_json::from_str(text).map_err(|error| format!("it sent no JSON: {error}"))?;
    let Value::Object(message) = message else { return Err("it sent JSON that is no message".to_owned()) };
    if let Some(method) = message.get("method").and_then(Value::as_str) {
        let Some(id) = message.get("id").filter(|id| !id.is_null()) else { return Ok(Incoming::Other) };
        return Ok(Incoming::Request(match method {
            "ping" => json!({ "jsonrpc": "2.0", "id": id, "result": {} }).to_string(),
            // No server is given the model, the user or the files of this machine to use.
            _ => {
                json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32601, "message": "not offered" } }).to_string()
            }
        }));
    }
    let Some(id) = message.get("id").and_then(Value::as_u64) else { return Ok(Incoming::Other) };
    Ok(Incoming::Answer(
        id,
        match message.get("error").filter(|error| !error.is_null()) {
            Some(error) => {
                Err(error.get("message").and_then(Value::as_str).unwrap_or("an error without words").to_owned())
            }
            None => Ok(message.get("result").cloned().unwrap_or(Value::Null)),
        },
    ))
}

/// A tool as its server describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemoteTool {
    /// Its name at the server.
    pub name: String,
    /// What it does.
    #[serde(default)]
    pub description: String,
    /// JSON Schema of its arguments.
    #[serde(default, rename = "inputSchema")]
    pub input_schema: Value,
}

/// A page of a server's list of tools.
#[derive(Debug, Deserialize)]
pub(super) struct ToolPage {
    #[serde(default)]
    pub(super) tools: Vec<RemoteTool>,
    #[serde(default, rename = "nextCursor")]
    pub(super) next_cursor: Option<String>,
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallResult {
    /// Whether the tool says that it failed.
    pub is_error: bool,
    /// Its words.
    pub text: String,
}

/// The words of a result. What is not text is named, not shown.
pub(super) fn call_result(result: &Value) -> CallResult {
    let mut texts = Vec::new();
    for part in result["content"].as_array().into_iter().flatten() {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        texts.push(match part["type"].as_str().unwrap_or_default() {
            "text" => text(&part["text"]),
            "resource" if part["resource"]["text"].is_string() => text(&part["resource"]["text"]),
            "resource_link" => format!("[a link: {}]", text(&part["uri"])),
            other => {
                let bytes = part["data"].as_str().map_or(0, |data| data.len() / 4 * 3);
                format!("[{other} {}, {bytes} bytes: not shown]", text(&part["mimeType"]))
            }
        });
    }
    if texts.is_empty() && !result["structuredContent"].is_null() {
        texts.push(result["structuredContent"].to_string());
    }
    CallResult { is_error: result["isError"].as_bool().unwrap_or(false), text: texts.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_requests_and_noise_are_told_apart() {
        assert_eq!(read(r#"{"id":3,"result":{"a":1}}"#), Ok(Incoming::Answer(3, Ok(json!({"a": 1})))));
        assert_eq!(
            read(r#"{"id":3,"error":{"code":1,"message":"no"}}"#),
            Ok(Incoming::Answer(3, Err("no".to_owned())))
        );
        assert_eq!(read(r#"{"method":"notifications/message","params":{}}"#), Ok(Incoming::Other));
        let Ok(Incoming::Request(pong)) = read(r#"{"id":"x","method":"ping"}"#) else { panic!("no request") };
        assert!(pong.contains(r#""id":"x""#) && pong.contains(r#""result":{}"#), "{pong}");
        let Ok(Incoming::Request(no)) = read(r#"{"id":1,"method":"sampling/createMessage"}"#) else { panic!() };
        assert!(no.contains("-32601"), "{no}");
        assert!(read("Starting server...").is_err());
        assert!(read("[1]").is_err());
    }

    #[test]
    fn a_result_is_words() {
        let result = json!({ "isError": true, "content": [
            { "type": "text", "text": "one" },
            { "type": "image", "mimeType": "image/png", "data": "AAAA" },
            { "type": "resource", "resource": { "uri": "a:b", "text": "two" } },
        ] });
        let expected = "one\n[image image/png, 3 bytes: not shown]\ntwo".to_owned();
        assert_eq!(call_result(&result), CallResult { is_error: true, text: expected });
        assert_eq!(call_result(&json!({ "structuredContent": { "n": 1 } })).text, r#"{"n":1}"#);
        assert_eq!(call_result(&Value::Null).text, "");
    }
}
