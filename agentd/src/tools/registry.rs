//! The tools there are, by name.

use std::sync::Arc;

use crate::domain::tool::ToolSpec;
use crate::mcp::Servers;

use super::mcp::McpTool;
use super::tool::Tool;
use super::{ask_user, delete, edit_file, execute, glob, grep, ls, read_file, read_skill, write_file, write_todos};

/// Bytes of a name that is told back to the model.
const NAME_BYTES_MAX: usize = 100;

/// How alike two names must be for one to be suggested for the other.
const LIKENESS_MIN: f64 = 0.75;

/// The tools on offer, each with its specification made once.
pub struct Registry {
    tools: Vec<(ToolSpec, Arc<dyn Tool>)>,
    mcp: Arc<Servers>,
}

impl Registry {
    /// The tools that every agent has.
    pub fn standard() -> Self {
        let tools: [Arc<dyn Tool>; 11] = [
            Arc::new(ls::Ls),
            Arc::new(read_file::ReadFile),
            Arc::new(write_file::WriteFile),
            Arc::new(edit_file::EditFile),
            Arc::new(delete::Delete),
            Arc::new(glob::Glob),
            Arc::new(grep::Grep),
            Arc::new(execute::Execute),
            Arc::new(write_todos::WriteTodos),
            Arc::new(ask_user::AskUser),
            Arc::new(read_skill::ReadSkill),
        ];
        Self { tools: tools.into_iter().map(|tool| (tool.spec(), tool)).collect(), mcp: Arc::default() }
    }

    /// With the tools of these servers.
    pub fn with_mcp(self, mcp: Arc<Servers>) -> Self {
        Self { mcp, ..self }
    }

    /// The servers whose tools are offered too.
    pub fn mcp(&self) -> &Arc<Servers> {
        &self.mcp
    }

    /// The tool of that name.
    pub fn get(&self, name: &str) -> Option<Arc<dyn Tool>> {
        let own = self.tools.iter().find(|(spec, _)| spec.name == name).map(|(_, tool)| Arc::clone(tool));
        own.or_else(|| Some(Arc::new(McpTool(self.mcp.tool(name)?)) as Arc<dyn Tool>))
    }

    /// All of them as they are offered to a model now.
    pub fn specs(&self) -> Vec<ToolSpec> {
        let own = self.tools.iter().map(|(spec, _)| spec.clone());
        own.chain(self.mcp.tools().into_iter().map(|known| McpTool(known).spec())).collect()
    }

    /// The names of those that every agent has.
    pub fn names(&self) -> Vec<&str> {
        self.tools.iter().map(|(spec, _)| spec.name.as_ref()).collect()
    }

    /// What a model is told that called a tool which is not there.
    pub fn unknown_tool(&self, name: &str) -> String {
        let names = self.names();
        let nearest = names
            .iter()
            .map(|known| (strsim::jaro_winkler(known, name), known))
            .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let suggestion = nearest.map(|(_, known)| format!(" Did you mean `{known}`?")).unwrap_or_default();
        let shown = &name[..name.floor_char_boundary(NAME_BYTES_MAX)];
        format!("There is no tool `{}`.{suggestion} The tools are: {}.", shown.escape_debug(), names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::approval::ApprovalPolicy;
    use serde_json::{Value, json};

    #[test]
    fn every_tool_is_offered_with_a_schema_that_names_its_fields() {
        let registry = Registry::standard();
        assert_eq!(
            registry.names(),
            [
                "ls",
                "read_file",
                "write_file",
                "edit_file",
                "delete",
                "glob",
                "grep",
                "execute",
                "write_todos",
                "ask_user",
                "read_skill"
            ]
        );
        for spec in registry.specs() {
            assert_eq!(spec.parameters["type"], "object", "{}", spec.name);
            assert_eq!(spec.parameters["additionalProperties"], false, "{}", spec.name);
            let properties = spec.parameters["properties"].as_object().unwrap();
            for required in spec.parameters["required"].as_array().unwrap() {
                assert!(properties.contains_key(required.as_str().unwrap()), "{}: {required}", spec.name);
            }
            for (field, schema) in properties {
                assert!(schema["description"].is_string(), "{}.{field}", spec.name);
                // What is offered is read: a field of the schema is never called unknown.
                let why = registry.get(&spec.name).unwrap().check(&json!({ field: null }));
                assert!(!why.err().unwrap_or_default().contains("has no field"), "{}.{field}", spec.name);
            }
        }
    }

    #[test]
    fn wrong_arguments_are_words_and_never_a_crash() {
        let registry = Registry::standard();
        let odd = [json!(null), json!("{}"), json!([1]), json!(5), json!({"x": {"y": []}}), json!({"file_path": 5})];
        for name in registry.names() {
            for arguments in &odd {
                let why = registry.get(name).unwrap().check(arguments).unwrap_err();
                assert!(why.contains("Example:"), "{name} {arguments}: {why}");
                assert!(why.len() < 2000);
            }
        }
    }

    #[test]
    fn an_unknown_tool_is_answered_with_those_there_are() {
        let registry = Registry::standard();
        assert!(registry.get("bash").is_none());
        assert_eq!(
            registry.unknown_tool("readfile"),
            "There is no tool `readfile`. Did you mean `read_file`? The tools are: ls, read_file, write_file, edit_file, \
             delete, glob, grep, execute, write_todos, ask_user, read_skill."
        );
        assert!(registry.unknown_tool(&"é\n".repeat(9999)).len() < 500);
    }

    #[test]
    fn the_tools_that_ask_by_default_are_those_that_change_things() {
        use crate::domain::outcome::ReplayClass;
        let registry = Registry::standard();
        for tool in registry.specs() {
            let changes = registry.get(&tool.name).unwrap().replay() != ReplayClass::ReadOnly;
            let asks = ApprovalPolicy::default_tools().iter().any(|name| **name == *tool.name);
            assert_eq!(asks, changes && registry.get(&tool.name).unwrap().needs_sandbox(), "{}", tool.name);
        }
    }

    #[test]
    fn schemas_are_plain_values() {
        for spec in Registry::standard().specs() {
            assert_ne!(spec.parameters, Value::Null);
            assert!(spec.description.len() < 2000, "{}", spec.name);
        }
    }
}
