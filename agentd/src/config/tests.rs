use std::fs;
use std::path::Path;

use proptest::prelude::*;

use crate::approval::rule::RuleAction;
use crate::domain::approval::ApprovalPolicy;

use super::load::parse;
use super::{Config, ConfigError, TimeSpan};

const SAMPLE: &str = include_str!("sample.toml");

const TOOLS: [&str; 12] = [
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
    "task",
    "read_skill",
];

/// The sample with every key and example in force.
fn uncommented() -> String {
    let line = |line: &'static str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => rest,
        _ => line,
    };
    SAMPLE.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn told(text: &str) -> String {
    match parse(text, &TOOLS) {
        Ok(config) => panic!("{text} was taken: {config:?}"),
        Err(problem) => problem.at(Path::new("config.toml"), text).to_string(),
    }
}

fn load(text: &str, image: Option<&str>) -> Result<Config, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    fs::write(&file, text).unwrap();
    Config::load(&file, |name| image.filter(|_| name == "AGENTD_SANDBOX_IMAGE").map(str::to_owned), &TOOLS)
}

#[test]
fn the_sample_is_the_defaults() {
    assert_eq!(parse(SAMPLE, &TOOLS), Ok(Config::default()));
}

#[test]
fn the_sample_shows_every_key_with_its_default_and_examples_that_work() {
    let text = uncommented();
    let mut config =
        parse(&text, &TOOLS).unwrap_or_else(|problem| panic!("{}", problem.at(Path::new("sample"), &text)));
    assert_eq!(config.models["glm"].api_key_env.as_deref(), Some("ZHIPUAI_API_KEY"));
    assert_eq!(config.agents["default"].rules[0].action, RuleAction::Allow);
    config.default_model.clear();
    config.models.clear();
    assert_eq!(config.mcp.keys().collect::<Vec<_>>(), ["files", "tracker"]);
    config.mcp.clear();
    assert_eq!(config.agents.remove("reviewer").map(|agent| agent.tools.len()), Some(4));
    config.agents.insert("default".to_owned(), crate::config::Agent::default());
    assert_eq!(config.sandbox.ceiling.networks.as_deref(), Some(["bridge".to_owned()].as_slice()));
    config.sandbox.ceiling = crate::config::Ceiling::default();
    assert!(config.sandbox.user.take().is_some());
    assert_eq!(config, Config::default());

    let serde_json::Value::Object(sections) = Config::default().to_json().unwrap() else { panic!("not a table") };
    for section in ["sandbox", "limits"] {
        for key in sections[section].as_object().unwrap().keys() {
            assert!(text.contains(&format!("\n{key} = ")), "the sample lacks {section}.{key}");
        }
    }
}

#[test]
fn what_is_printed_gives_the_same_settings() {
    for config in [Config::default(), parse(&uncommented(), &TOOLS).unwrap()] {
        let printed = config.to_toml().unwrap();
        assert_eq!(parse(&printed, &TOOLS), Ok(config), "{printed}");
    }
    let json = Config::default().to_json().unwrap();
    assert_eq!(json["sandbox"]["memory"], "2g");
    assert_eq!(json["sandbox"]["cpus"], 1.0);
    assert_eq!(json["limits"]["turn_timeout"], "30m");
}

#[test]
fn no_file_is_the_defaults() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config::load(&dir.path().join("absent/config.toml"), |_| None, &TOOLS).unwrap();
    assert_eq!(config, Config::default());
    let error = Config::load(dir.path(), |_| None, &TOOLS).unwrap_err().to_string();
    assert!(error.ends_with("it is not a file"), "{error}");
}

#[test]
fn the_environment_goes_before_the_file() {
    let text = "[sandbox]\nimage = \"debian:13\"";
    assert_eq!(load(text, None).unwrap().sandbox.image, "debian:13");
    assert_eq!(load(text, Some("")).unwrap().sandbox.image, "debian:13");
    assert_eq!(load(text, Some("alpine:3")).unwrap().sandbox.image, "alpine:3");
    let error = load(text, Some("--privileged")).unwrap_err().to_string();
    assert!(error.starts_with("AGENTD_SANDBOX_IMAGE: \"--privileged\" is not an image's name"), "{error}");
}

#[test]
fn other_values_are_taken() {
    let config = parse(
        "[agents.default]\napprove = \"none\"\n[agents.strict]\napprove = \"all\"\n[sandbox]\ncpus = 2\nmemory = 536870912\nidle_pause = 0",
        &TOOLS,
    )
    .unwrap();
    assert_eq!(config.agents["default"].approve.0, ApprovalPolicy::None);
    assert_eq!(config.agents["strict"].approve.0, ApprovalPolicy::All);
    assert_eq!(config.sandbox.cpus.as_millis(), 2000);
    assert_eq!(config.sandbox.memory.0, 512 << 20);
    assert_eq!(config.sandbox.idle_pause.unless_never(), None);
    assert_eq!(config.limits.turn_timeout, TimeSpan::from_minutes(30));
    let other = parse("[agents.strict]\napprove = [\"execute\"]", &TOOLS).unwrap();
    assert!(other.agents.contains_key("default"), "the default profile is always there");
}

#[test]
fn nothing_is_configured_past_the_ceiling() {
    let ceiling = "[sandbox.ceiling]\nmemory = \"1g\"\nnetworks = []\n";
    let config = parse(ceiling, &TOOLS).unwrap();
    assert_eq!(config.sandbox.memory.0, 2 << 30, "lowered when it is used, not when it is read");
    let cases = [
        (
            format!("[sandbox]\nnetwork = \"bridge\"\n{ceiling}"),
            "config.toml:2:1: sandbox.network: network bridge is above this daemon's ceiling: sandbox.ceiling.networks is empty",
        ),
        (
            format!("[agents.big.sandbox]\nmemory = \"4g\"\n{ceiling}"),
            "config.toml:2:1: agents.big.sandbox.memory: memory 4g is above this daemon's ceiling: sandbox.ceiling.memory is 1g",
        ),
        (
            "[agents.odd.sandbox]\npids = 1".to_owned(),
            "config.toml:2:1: agents.odd.sandbox.pids: it must be from 16 to 4194304",
        ),
        (
            "[sandbox]\ncommand_timeout = \"2h\"".to_owned(),
            "config.toml:2:1: sandbox.command_timeout: it must be from 1s to 1h",
        ),
        ("[sandbox]\ngpus = \"some\"".to_owned(), "config.toml:2:8: sandbox.gpus: \"some\" is not \"none\", \"all\""),
        ("[sandbox]\nuser = 0".to_owned(), "config.toml:2:8: sandbox.user: a sandbox does not run as root"),
        (
            "[sandbox]\nmount_roots = [\"srv\"]".to_owned(),
            "config.toml:2:16: sandbox.mount_roots[0]: write the whole path",
        ),
    ];
    for (text, expected) in cases {
        let told = told(&text);
        assert!(told.starts_with(expected), "{told}");
    }
    let profile = "[agents.gpu.sandbox]\ngpus = 2\nuser = 1000\nmounts = [\"/srv/a:/a:rw\"]";
    let choice = parse(profile, &TOOLS).unwrap().agents["gpu"].sandbox.choice();
    assert_eq!(choice.mounts[0].to_string(), "/srv/a:/a:rw");
    assert_eq!(choice.user.unwrap().to_string(), "1000:1000");
}

#[test]
fn an_unknown_key_names_its_line_and_the_nearest_one() {
    let cases = [
        (
            "\n[sandbox]\nimagee = \"x\"",
            "config.toml:3:1: unknown key \"imagee\" in [sandbox]; did you mean \"image\"?",
        ),
        ("defaultmodel = \"x\"", "config.toml:1:1: unknown key \"defaultmodel\"; did you mean \"default_model\"?"),
        ("[limit]\nsessions = 1", "config.toml:1:2: unknown key \"limit\"; did you mean \"limits\"?"),
        (
            "[models.a]\napi = \"openai\"\nbase_uri = \"http://x\"",
            "config.toml:3:1: unknown key \"base_uri\" in [models.a]; did you mean \"base_url\"?",
        ),
        (
            "[[agents.default.rules]]\ntool = \"execute\"\nactoin = \"allow\"",
            "config.toml:3:1: unknown key \"actoin\" in [agents.default.rules[0]]; did you mean \"action\"?",
        ),
        (
            "sandbox = { pids = 64, cpu = 1 }",
            "config.toml:1:24: unknown key \"cpu\" in [sandbox]; did you mean \"cpus\"?",
        ),
        (
            "[limits]\nzzz = 1",
            "config.toml:2:1: unknown key \"zzz\" in [limits]; valid here: turn_timeout, model_calls_per_turn, tokens_per_session, cost_per_session, approval_expires, sessions",
        ),
        (
            "\"a`, expected `b\" = 1",
            "config.toml:1:1: unknown key \"a`, expected `b\"; valid here: default_model, models, agents, mcp, sandbox, limits",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(told(text), expected);
    }
}

#[test]
fn a_wrong_value_names_its_line_and_what_would_be_right() {
    let cases = [
        ("[sandbox]\nmemory = \"2q\"", "2:10: sandbox.memory: \"2q\" is not a size like \"512m\" or \"2g\""),
        ("[sandbox]\nmemory = -1", "2:10: sandbox.memory: -1 is not a size"),
        ("[sandbox]\nmemory = \"1k\"", "2:1: sandbox.memory: a sandbox needs at least 16m"),
        ("[sandbox]\nmemory = true", "2:10: sandbox.memory: invalid type: boolean `true`, expected a size like"),
        ("[sandbox]\nidle_pause = \"soon\"", "2:14: sandbox.idle_pause: \"soon\" is not a time like"),
        ("[sandbox]\nidle_pause = 30", "2:14: sandbox.idle_pause: 30 is not a time like"),
        ("[sandbox]\ncpus = 0", "2:8: sandbox.cpus: 0 is not a number of cores"),
        ("[sandbox]\ncpus = nan", "2:8: sandbox.cpus: NaN is not a number of cores"),
        ("[sandbox]\npids = -5", "2:8: sandbox.pids: invalid value: integer `-5`, expected a whole number"),
        ("[sandbox]\npids = \"many\"", "2:8: sandbox.pids: invalid type: string \"many\", expected a whole number"),
        ("[sandbox]\npids = 1", "2:1: sandbox.pids: it must be from 16 to"),
        ("[sandbox]\nbackend = \"dockr\"", "2:11: sandbox.backend: \"dockr\" is not known; did you mean \"docker\"?"),
        ("[sandbox]\nnetwork = \"host\"", "2:1: sandbox.network: write \"none\""),
        ("[sandbox]\nnetwork = \"container:x\"", "2:1: sandbox.network: write \"none\""),
        ("[sandbox]\nimage = \"\"", "2:1: sandbox.image: \"\" is not an image's name"),
        ("[sandbox]\nshared_dir = \"data\"", "2:1: sandbox.shared_dir: write the whole path"),
        (
            "[sandbox]\nworkspace_roots = [\"/a\", \"/a/../b\"]",
            "2:26: sandbox.workspace_roots[1]: write the whole path",
        ),
        ("[sandbox]\npool_size = 1000", "2:1: sandbox.pool_size: it must be at most"),
        ("sandbox = 1", "1:11: sandbox: invalid type: integer `1`, expected a table"),
        ("[limits]\nturn_timeout = \"0\"", "2:1: limits.turn_timeout: a turn needs a time limit"),
        ("[limits]\nmodel_calls_per_turn = 0", "2:1: limits.model_calls_per_turn: a turn needs"),
        ("[limits]\nsessions = 0", "2:1: limits.sessions: it must be from 1 to"),
        ("default_model = \"glm\"", "1:1: default_model: there is no [models.glm]"),
        (
            "default_model = \"gml\"\n[models.glm]\napi = \"scripted\"\nscript = \"/x\"",
            "1:1: default_model: there is no [models.gml]; did you mean \"glm\"?",
        ),
        ("[models.a]\napi = \"opnai\"", "2:7: models.a.api: \"opnai\" is not known; did you mean \"openai\"?"),
        ("[models.a]\napi = \"scripted\"", "1:9: models.a.script: a scripted model needs"),
        (
            "[models.aa]\napi = \"scripted\"\nscript = \"/x\"\nfallback = [\"ab\"]",
            "4:13: models.aa.fallback[0]: there is no [models.ab]; valid here: aa",
        ),
        (
            "[models.a]\napi = \"scripted\"\nscript = \"/x\"\nfallback = [\"a\"]",
            "4:13: models.a.fallback[0]: a model cannot stand in for itself",
        ),
        ("[limits]\ncost_per_session = -1", "2:20: limits.cost_per_session: -1 is not an amount of money"),
        ("[models.a]\napi = \"scripted\"\nscript = \"x.toml\"", "3:1: models.a.script: write the whole path"),
        ("[models.a]\napi = \"openai\"", "1:9: models.a.base_url: it must be set"),
        ("[models.a]\napi = \"openai\"\nbase_url = \"localhost\"", "3:1: models.a.base_url: it must be set"),
        ("[models.a]\napi = \"openai\"\nbase_url = \"http://x\"", "1:9: models.a.model: it must be set"),
        ("[models.a]\nmodel = \"m\"", "1:1: models.a: missing field `api`"),
        (
            "[agents.default]\napprove = [\"ls\", \"exec\"]",
            "2:18: agents.default.approve[1]: there is no tool \"exec\"; did you mean \"execute\"?",
        ),
        (
            "[agents.default]\napprove = \"some\"",
            "2:11: agents.default.approve: invalid value: string \"some\", expected a list of tools, \"all\" or \"none\"",
        ),
        (
            "[[agents.x.rules]]\ntool = \"shell\"\naction = \"ask\"",
            "2:1: agents.x.rules[0].tool: there is no tool \"shell\"",
        ),
        (
            "[[agents.x.rules]]\ntool = \"execute\"\naction = \"alow\"",
            "3:10: agents.x.rules[0].action: \"alow\" is not known; did you mean \"allow\"?",
        ),
        (
            "[[agents.x.rules]]\ntool = \"read_file\"\nargv_prefix = [\"x\"]\naction = \"ask\"",
            "2:1: agents.x.rules[0].tool: `argv_prefix` is for `execute` only",
        ),
        (
            "[agents.x]\ntools = [\"ls\", \"grap\"]",
            "2:16: agents.x.tools[1]: there is no tool \"grap\"; did you mean \"grep\"?",
        ),
        ("[agents.x]\nmodel = \"m\"", "2:1: agents.x.model: there is no [models.m]"),
        ("a = 1\na = 2", "2:1: duplicate key"),
        ("[sandbox", "1:9: "),
        ("x", "1:2: "),
    ];
    for (text, expected) in cases {
        let told = told(text);
        assert!(told.starts_with(&format!("config.toml:{expected}")), "{text:?}\n  gives {told}\n  not   {expected}");
        assert!(!told.contains('\n'), "{told}");
    }
}

#[test]
fn a_key_that_was_put_where_its_variable_belongs_is_not_repeated() {
    let told = told("[models.a]\napi=\"openai\"\nbase_url=\"http://x\"\nmodel=\"m\"\napi_key_env = \"sk-secret\"");
    assert!(told.starts_with("config.toml:5:1: models.a.api_key_env: "), "{told}");
    assert!(!told.contains("sk-secret"), "{told}");
}

#[test]
fn what_is_not_text_names_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    fs::write(&file, b"# caf\xc3\xa9\n# caf\xe9\n").unwrap();
    let error = Config::load(&file, |_| None, &TOOLS).unwrap_err().to_string();
    assert!(error.ends_with("config.toml:2:6: this is not UTF-8 text"), "{error}");
    fs::write(&file, vec![b'#'; (1 << 20) + 1]).unwrap();
    let error = Config::load(&file, |_| None, &TOOLS).unwrap_err().to_string();
    assert!(error.contains("more than 1048576 bytes"), "{error}");
}

/// Reads a text to whichever end it comes to.
fn survive(text: &str) {
    if let Err(problem) = parse(text, &TOOLS) {
        let told = problem.at(Path::new("config.toml"), text).to_string();
        assert!(told.starts_with("config.toml:"), "{told}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        survive(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_mutation_of_the_sample_is_too_odd(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..8, "[a-z0-9\\[\\]{}=.\"'#,\\-\n é`]{0,6}"), 1..6)
    ) {
        let mut text: Vec<char> = uncommented().chars().collect();
        for (at, removed, put) in cuts {
            let start = at.index(text.len());
            let end = (start + removed).min(text.len());
            text.splice(start..end, put.chars());
        }
        survive(&text.into_iter().collect::<String>());
    }
}
