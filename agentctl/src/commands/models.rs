//! `models`: which models there are, and whether they answer.

use proto::v1::{Model, ModelState, ModelsRequest};

use crate::client::timed;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::style::{Palette, Style};
use crate::render::{escape, words};

pub(crate) const AFTER_HELP: &str = "\
Examples:
  agentctl models
  agentctl -o json models | jq -r '.[] | select(.state == \"ready\") | .name'

The default model is marked with *. Endpoints are asked for their lists of models; no model is asked anything. To have a
session use another one: agentctl session new --model NAME, or agentctl session model S NAME.";

pub(crate) async fn run(context: &mut Context) -> Result<Exit, CommandError> {
    let answer = context.client().await?.models().models(timed(ModelsRequest {})).await?;
    let models = answer.into_inner().models;
    if context.ui.is_json() {
        context.ui.json(&models)?;
        return Ok(Exit::DONE);
    }
    let colors = context.ui.out_colors();
    context.ui.out(&text(&models))?;
    for model in models.iter().filter(|model| !model.hint.is_empty()) {
        context.ui.note(&hint(model, colors))?;
    }
    Ok(Exit::DONE)
}

fn text(models: &[Model]) -> String {
    let mut rows = vec![["", "NAME", "API", "MODEL", "ENDPOINT", "STATE"].map(str::to_owned)];
    rows.extend(models.iter().map(|model| {
        let mark = if model.default { "*" } else { "" };
        let detail = if model.detail.is_empty() { String::new() } else { format!(": {}", escape::line(&model.detail)) };
        [
            mark.to_owned(),
            escape::line(&model.name),
            escape::line(&model.api),
            escape::line(&model.model),
            escape::line(&model.base_url),
            format!("{}{detail}", state(model.state())),
        ]
    }));
    words::table(&rows)
}

fn state(state: ModelState) -> &'static str {
    match state {
        ModelState::Ready => "ready",
        ModelState::Answers => "answers",
        ModelState::NotOffered => "not offered",
        ModelState::Unusable | ModelState::Unspecified => "unusable",
    }
}

fn hint(model: &Model, colors: Palette) -> String {
    let name = colors.paint(Style::Strong, &escape::line(&model.name));
    format!("{name}: {}", escape::line(&model.hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_marked_and_the_state_is_said() {
        let model = |name: &str, default, state: ModelState, detail: &str| Model {
            name: name.to_owned(),
            api: "openai".to_owned(),
            base_url: "http://h/v1".to_owned(),
            model: "m".to_owned(),
            default,
            state: state.into(),
            detail: detail.to_owned(),
            ..Model::default()
        };
        let models = [
            model("glm", true, ModelState::Ready, ""),
            model("other", false, ModelState::Unusable, "does not\nanswer"),
        ];
        let lines = [
            "   NAME   API     MODEL  ENDPOINT     STATE",
            "*  glm    openai  m      http://h/v1  ready",
            r"   other  openai  m      http://h/v1  unusable: does not\nanswer",
        ];
        assert_eq!(text(&models).lines().collect::<Vec<_>>(), lines);
    }
}
