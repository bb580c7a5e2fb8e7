//! The sandbox of a session: the daemon's defaults, the profile over them, what was asked for over both, and the ceiling
//! over all. Pure.

use crate::domain::options::{SandboxChoice, SandboxOptions};
use crate::session::bounds;
use crate::session::error::SessionError;
use crate::session::services::Settings;

/// Settles the options.
pub(super) fn settle(
    settings: &Settings,
    profile: &SandboxChoice,
    asked: SandboxChoice,
) -> Result<SandboxOptions, SessionError> {
    let ceiling = &settings.ceiling;
    let usual = ceiling.lowered(settings.sandbox.clone());
    let options = ceiling.limited(asked.over(profile.clone().over(usual)));
    bounds::check(&options).map_err(|out| SessionError::Invalid(format!("sandbox {}: {}", out.key, out.message)))?;
    if let Some(exceeded) = ceiling.exceeded(&options) {
        return Err(SessionError::Limit {
            message: exceeded.to_string(),
            hint: format!(
                "ask for no more, or change sandbox.ceiling.{} in config.toml and restart agentd",
                exceeded.ceiling_key
            ),
        });
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::ceiling::Ceiling;

    fn settings(ceiling: Ceiling) -> Settings {
        Settings { sandbox: bounds::tests::usual(), ceiling, ..Settings::default() }
    }

    #[test]
    fn what_is_asked_for_goes_before_the_profile_and_that_before_the_defaults() {
        let profile = SandboxChoice { pids_max: Some(100), image: Some("alpine:3".to_owned()), ..Default::default() };
        let asked = SandboxChoice { pids_max: Some(64), ..Default::default() };
        let options = settle(&settings(Ceiling::default()), &profile, asked).unwrap();
        assert_eq!((options.pids_max, options.image.as_str(), options.memory_bytes), (64, "alpine:3", 2 << 30));
    }

    #[test]
    fn nobody_goes_past_the_ceiling() {
        let ceiling = Ceiling { memory_bytes: Some(1 << 30), file_bytes_max: Some(1 << 20), ..Ceiling::default() };
        let none = SandboxChoice::default();
        let usual = settle(&settings(ceiling.clone()), &none, none.clone()).unwrap();
        assert_eq!((usual.memory_bytes, usual.file_bytes_max), (1 << 30, 1 << 20), "defaults are lowered");
        let unlimited = SandboxChoice { file_bytes_max: Some(0), ..Default::default() };
        assert_eq!(settle(&settings(ceiling.clone()), &none, unlimited).unwrap().file_bytes_max, 1 << 20);
        let more = SandboxChoice { memory_bytes: Some(2 << 30), ..Default::default() };
        for (profile, asked) in [(&none, more.clone()), (&more, none.clone())] {
            let error = settle(&settings(ceiling.clone()), profile, asked).unwrap_err();
            let SessionError::Limit { message, hint } = error else { panic!("{error:?}") };
            assert_eq!(message, "memory 2g is above this daemon's ceiling: sandbox.ceiling.memory is 1g");
            assert!(hint.contains("sandbox.ceiling.memory"), "{hint}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        let cases = [
            SandboxChoice { network: Some("host".to_owned()), ..Default::default() },
            SandboxChoice { memory_bytes: Some(1), ..Default::default() },
        ];
        for asked in cases {
            let settled = settle(&settings(Ceiling::default()), &SandboxChoice::default(), asked.clone());
            assert!(matches!(settled, Err(SessionError::Invalid(_))), "{asked:?}");
        }
    }
}
