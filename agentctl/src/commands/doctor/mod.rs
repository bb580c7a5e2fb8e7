//! `doctor`: everything that a session needs, each problem with its remedy. Works where no daemon can be started, too.

mod local;

use proto::reason::exit;
use proto::v1::{DoctorRequest, Finding, Severity};

use crate::client::timed;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::escape;
use crate::render::style::{Palette, Style};

/// What the command's help says of its exit code.
pub(crate) const AFTER_HELP: &str = "\
Exit code 0: no errors (there may be warnings). 6: agentd, the engine or the model cannot be reached. 1: another error.

Examples:
  agentctl doctor
  agentctl -o json doctor | jq -r '.[] | select(.severity != \"ok\") | .remedy'";

/// Checks whose errors mean that something cannot be reached.
const REACHING: [&str; 4] = ["daemon", "socket", "engine", "model"];

pub(crate) async fn run(context: &mut Context) -> Result<Exit, CommandError> {
    let agentd = context.agentd();
    let mut findings = local::findings(&context.paths, agentd.as_ref().map(|agentd| agentd.program()));
    match ask(context).await {
        Ok(answered) => {
            // The daemon sees the same places from its own side; where both looked, its word counts.
            findings.retain(|finding| answered.iter().all(|other| other.check != finding.check));
            findings.extend(answered);
        }
        Err(CommandError::Failed(failure)) => {
            findings.push(local::finding("daemon", Severity::Error, failure.message, failure.hint));
            findings.extend(local::log(&context.paths.log()));
        }
        Err(closed) => return Err(closed),
    }
    if context.ui.is_json() {
        context.ui.json(&findings)?;
    } else {
        let text = text(&findings, context.ui.out_colors());
        context.ui.out(&text)?;
    }
    Ok(Exit::with(exit_code(&findings)))
}

async fn ask(context: &mut Context) -> Result<Vec<Finding>, CommandError> {
    let client = context.client().await?;
    context.ui.spin(Some("checking"));
    let answer = client.daemon().doctor(timed(DoctorRequest {})).await;
    context.ui.spin(None);
    Ok(answer?.into_inner().findings)
}

/// The findings as lines: how bad, what was checked, what was found; below it what to do.
pub(crate) fn text(findings: &[Finding], colors: Palette) -> String {
    let widest = findings.iter().map(|finding| finding.check.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for finding in findings {
        let (word, style) = match finding.severity() {
            Severity::Ok | Severity::Unspecified => ("ok", Style::Good),
            Severity::Warning => ("warning", Style::Warn),
            Severity::Error => ("error", Style::Bad),
        };
        let check = escape::line(&finding.check);
        let message = escape::block(finding.message.trim_end());
        let indent = " ".repeat(7 + 2 + widest + 2);
        text += &format!("{}  {check:<widest$}  ", colors.paint(style, &format!("{word:<7}")));
        text += &message.replace('\n', &format!("\n{indent}"));
        text.push('\n');
        if !finding.remedy.is_empty() {
            let remedy = escape::block(finding.remedy.trim_end()).replace('\n', &format!("\n{indent}"));
            text += &format!("{indent}{}\n", colors.paint(Style::Hint, &remedy));
        }
    }
    text
}

fn exit_code(findings: &[Finding]) -> u8 {
    let errors: Vec<_> = findings.iter().filter(|finding| finding.severity() == Severity::Error).collect();
    let reaches = |finding: &&&Finding| REACHING.iter().any(|check| finding.check.split(' ').next() == Some(check));
    if errors.is_empty() {
        exit::DONE
    } else if errors.iter().any(|finding| reaches(&finding)) {
        exit::UNREACHABLE
    } else {
        exit::FAILED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(check: &str, severity: Severity) -> Finding {
        local::finding(check, severity, "line one\nline \u{1b}two".to_owned(), String::new())
    }

    #[test]
    fn exit_codes_tell_what_failed() {
        use Severity::{Error, Ok, Warning};
        assert_eq!(exit_code(&[]), 0);
        assert_eq!(exit_code(&[finding("engine", Ok), finding("image", Warning)]), 0);
        assert_eq!(exit_code(&[finding("image", Error)]), 1);
        assert_eq!(exit_code(&[finding("image", Error), finding("model endpoint", Error)]), 6);
        assert_eq!(exit_code(&[finding("daemon", Error)]), 6);
    }

    #[test]
    fn each_finding_stands_under_its_own_columns() {
        let remedied = Finding { remedy: "start it".to_owned(), ..finding("engine", Severity::Error) };
        assert_eq!(
            text(&[finding("os", Severity::Ok), remedied], Palette::new(false)),
            "\
ok       os      line one
                 line \\x1btwo
error    engine  line one
                 line \\x1btwo
                 start it
"
        );
    }
}
