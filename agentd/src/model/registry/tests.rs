use super::*;

fn environment(variables: &'static [(&'static str, &'static str)]) -> Environment {
    Box::new(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
}

fn models(default: Option<&str>, toml: &str, variables: &'static [(&'static str, &'static str)]) -> Models {
    Models::new(default.map(str::to_owned), toml::from_str(toml).unwrap(), environment(variables))
}

fn error(models: &Models, name: &str) -> ModelError {
    models.get(name).err().unwrap()
}

const TWO: &str = r#"
    [a]
    api = "openai"
    base_url = "http://127.0.0.1:9/v1"
    model = "m"
    api_key_env = "A_KEY"
    [b]
    api = "anthropic"
    api_key_env = "B_KEY"
"#;

#[test]
fn the_default_is_the_one_said_the_only_one_or_that_of_the_first_key() {
    assert_eq!(models(Some("b"), TWO, &[]).default_name(), Some("b"));
    assert_eq!(models(None, TWO, &[]).default_name(), None);
    assert!(matches!(error(&models(None, TWO, &[]), ""), ModelError::NoDefault { known } if known == ["a", "b"]));
    assert_eq!(models(None, "[x]\napi = \"openai\"", &[]).default_name(), Some("x"));
    let keys = models(None, "", &[("OPENAI_API_KEY", "secret-canary"), ("ZHIPUAI_API_KEY", "z")]);
    assert_eq!((keys.default_name(), keys.names()), (Some("glm"), vec!["glm", "openai"]));
    assert!(!format!("{keys:?}").contains("canary"));
    assert_eq!(models(None, TWO, &[("ZHIPUAI_API_KEY", "z")]).names(), ["a", "b"], "a configuration stands alone");
}

#[test]
fn a_model_that_cannot_be_used_says_what_to_set() {
    let models = models(Some("a"), TWO, &[("B_KEY", "k")]);
    let missing = error(&models, "");
    assert_eq!((missing.class(), missing.retryable()), ("no_key", false));
    assert!(missing.message().contains("A_KEY") && missing.hint().contains("set A_KEY"));
    assert!(error(&models, "b").message().contains("model"), "{}", error(&models, "b").message());
    assert!(error(&models, "c").hint().contains("a, b"));
    for (record, named) in [
        ("api = \"openai\"\nmodel = \"m\"", "base_url"),
        ("api = \"anthropic\"", "model"),
        ("api = \"openai\"\nmodel = \"m\"\nbase_url = \"ftp://h\"", "base_url"),
        ("api = \"openai\"\nmodel = \"m\"\nbase_url = \"/v1\"", "base_url"),
        ("api = \"openai\"\nmodel = \"m\"\nbase_url = \"http://u:canary@h\"", "api_key_env"),
        ("api = \"openai\"\nmodel = \"m\"\nbase_url = \"http://h\"\nextra_body = { tools = [] }", "tools"),
        ("api = \"scripted\"", "script"),
    ] {
        let error = error(&self::models(None, &format!("[x]\n{record}"), &[]), "x");
        assert_eq!(error.class(), "not_configured", "{record}");
        assert!(error.message().contains(named) && !error.message().contains("canary"), "{}", error.message());
        assert!(error.hint().contains("[models.x]"));
    }
}

#[test]
fn models_stand_in_in_the_order_of_the_first_ones_record() {
    let chain = format!("{TWO}\n[c]\napi = \"openai\"\nfallback = [\"a\", \"b\"]");
    let models = models(None, &chain, &[]);
    let next = |first: &str, failed: &str| models.stand_in(first, failed);
    assert_eq!(next("c", "c").as_deref(), Some("a"));
    assert_eq!(next("c", "a").as_deref(), Some("b"));
    assert_eq!((next("c", "b"), next("a", "a"), next("gone", "gone")), (None, None, None));
}

#[test]
fn a_model_without_prices_costs_nothing() {
    let models = models(None, &format!("{TWO}prices = {{ input = 3, output = 15.5, cached = 0.3 }}"), &[]);
    let used = Usage { input_tokens: 1_000, cached_tokens: 400, output_tokens: 10, ..Usage::default() };
    assert_eq!(models.cost_micros("b", &used), 600 * 3 + 120 + 155);
    assert_eq!((models.cost_micros("a", &used), models.cost_micros("gone", &used)), (0, 0));
}

#[test]
fn a_model_is_built_once() {
    let models = models(Some("a"), TWO, &[("A_KEY", "k")]);
    assert!(Arc::ptr_eq(&models.get("a").unwrap(), &models.get("").unwrap()));
}

#[test]
fn a_script_is_read_again_when_it_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script.toml");
    std::fs::write(&path, "[[replies]]\ntext = \"one\"").unwrap();
    let models = models(None, &format!("[s]\napi = \"scripted\"\nscript = {:?}", path.display().to_string()), &[]);
    let first = models.get("s").unwrap();
    assert!(first.note().is_some());
    assert!(Arc::ptr_eq(&first, &models.get("s").unwrap()));
    std::fs::write(&path, "[[replies]]\ntext = \"another\"").unwrap();
    assert!(!Arc::ptr_eq(&first, &models.get("s").unwrap()));
    std::fs::remove_file(&path).unwrap();
    assert!(error(&models, "s").message().contains("script.toml"));
}

#[tokio::test]
async fn with_nothing_configured_a_local_server_is_looked_for() {
    let mut models = models(None, "", &[]);
    let nowhere = ModelConfig { base_url: Some("http://127.0.0.1:9/v1".to_owned()), ..ModelConfig::default() };
    models.local =
        Arc::new(FirstListed::new("local", vec![nowhere.clone(), nowhere], None, std::time::Duration::from_secs(20)));
    assert_eq!((models.default_name(), models.names()), (Some("local"), vec!["local"]));
    assert!(models.get("").is_ok());
    let missing = models.check("").await.err().unwrap();
    assert_eq!(missing, ModelError::NoModel);
    assert!(missing.hint().contains("ZHIPUAI_API_KEY") && missing.hint().contains("Ollama"));
    assert_eq!(error(&models, "glm"), ModelError::NoModel);
}
