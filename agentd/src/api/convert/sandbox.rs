//! What sandboxes are made of.

use proto::reason::{Failure, Reason};
use proto::v1;

use crate::domain::options::{ExtraMount, Gpus, SandboxChoice, SandboxOptions, UserIds};

use super::session::given;

/// What a client asks of a sandbox; taken out of its request.
pub(super) fn choice(request: &mut v1::CreateRequest) -> Result<SandboxChoice, Failure> {
    let invalid = |message: String| Failure::new(Reason::InvalidArgument, message);
    let cpu_millis = match request.cpus {
        // In range: the cast cuts less than a thousandth of a core.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Some(cpus) if (0.01..=1024.0).contains(&cpus) => Some((cpus * 1000.0) as u64),
        Some(cpus) => return Err(invalid(format!("a sandbox has 0.01 to 1024 cpus, not {cpus}"))),
        None => None,
    };
    let more = request.sandbox.take().unwrap_or_default();
    let gpus = given(more.gpus).map(|text| text.parse::<Gpus>()).transpose().map_err(invalid)?;
    let user = given(more.user).map(|text| text.parse::<UserIds>()).transpose().map_err(invalid)?;
    let mounts = more.mounts.into_iter().map(|mount| ExtraMount {
        source: mount.source.into(),
        target: mount.target,
        writable: mount.writable,
    });
    Ok(SandboxChoice {
        backend: given(std::mem::take(&mut request.backend)),
        image: given(std::mem::take(&mut request.image)),
        network: given(std::mem::take(&mut request.network)),
        memory_bytes: request.memory_bytes,
        swap_bytes: more.swap_bytes,
        cpu_millis,
        pids_max: request.pids,
        file_bytes_max: more.file_bytes_max,
        open_files_max: more.open_files_max,
        output_bytes_max: more.output_bytes_max,
        command_ms_max: more.command_ms_max,
        gpus,
        runtime: given(more.runtime),
        user,
        mounts: mounts.collect(),
    })
}

/// What a session's sandbox is made of.
pub(super) fn options(options: &SandboxOptions) -> v1::SandboxOptions {
    let limit = |number: u64| (number > 0).then_some(number);
    v1::SandboxOptions {
        swap_bytes: limit(options.swap_bytes),
        file_bytes_max: limit(options.file_bytes_max),
        open_files_max: limit(options.open_files_max),
        output_bytes_max: limit(options.output_bytes_max),
        command_ms_max: limit(options.command_ms_max),
        gpus: Some(options.gpus).filter(|gpus| *gpus != Gpus::None).map(|gpus| gpus.to_string()).unwrap_or_default(),
        runtime: options.runtime.clone(),
        user: options.user.map(|user| user.to_string()).unwrap_or_default(),
        mounts: options.mounts.iter().map(mount).collect(),
    }
}

fn mount(mount: &ExtraMount) -> v1::ExtraMount {
    v1::ExtraMount {
        source: mount.source.display().to_string(),
        target: mount.target.clone(),
        writable: mount.writable,
    }
}
