//! Making a sandbox: adopted where it is there as specified, else made, looked over, and only then handed out.

use sha2::{Digest as _, Sha256};

use super::place::{Lock, Place, Places, Record};
use super::{IMAGE, failed, launch, life, process, refuse, verify};
use crate::domain::time::WallTime;
use crate::sandbox::backend::{Created, Stages};
use crate::sandbox::error::SandboxError;
use crate::sandbox::spec::{SandboxSpec, hex};

/// Makes and starts the sandbox of a specification, or adopts it.
pub(super) fn create(places: &Places, spec: &SandboxSpec) -> Result<Created, SandboxError> {
    refuse(&spec.options)?;
    let place = places.of(&spec.name());
    loop {
        let wanted = record(places, spec);
        place.make(&wanted)?;
        // Removed in between by somebody else: once more.
        let Some(lock) = place.lock()? else { continue };
        let Some(found) = place.record() else {
            life::remove_locked(&place, &lock)?;
            continue;
        };
        if found.install_id != places.install_id || found.spec_hash != wanted.spec_hash {
            life::remove_locked(&place, &lock)?;
            continue;
        }
        let running = place.confined().filter(|confined| process::alive(confined).is_some());
        let adopted = match running {
            Some(confined) if verify::mismatches(&found, &confined).is_empty() => {
                life::wake(&confined)?;
                true
            }
            Some(_) => {
                life::remove_locked(&place, &lock)?;
                continue;
            }
            None => {
                crate::failpoint::reach("sandbox.container.created");
                bring_up(&place, &lock, &found)?;
                crate::failpoint::reach("sandbox.container.started");
                false
            }
        };
        let not_enforced = place.confined().map(|confined| confined.not_enforced).unwrap_or_default();
        return Ok(Created {
            id: found.id,
            image_digest: IMAGE.to_owned(),
            adopted,
            not_enforced,
            stages: Stages::default(),
        });
    }
}

/// Starts the supervisor of a place where none runs, and looks it over. One that is not as it must be is ended.
pub(super) fn bring_up(place: &Place, lock: &Lock, record: &Record) -> Result<(), SandboxError> {
    // Control groups of an earlier run may be left.
    life::end(place)?;
    let confined = launch::launch(place, lock, &record.confinement(place.name()))?;
    let wrong = verify::mismatches(record, &confined);
    if wrong.is_empty() {
        return Ok(());
    }
    let log = place.log();
    let ended = life::end(place);
    let message = if log.is_empty() {
        format!("the sandbox that was made is not as hardened as specified: {}", wrong.join("; "))
    } else {
        format!("the sandbox did not come up: {log}")
    };
    ended?;
    Err(failed(message).hinted("it was ended before it ran anything; see `agentctl doctor`"))
}

fn record(places: &Places, spec: &SandboxSpec) -> Record {
    let created_ms = WallTime::now().0;
    let (uid, gid) = launch::user_here((spec.uid, spec.gid));
    let id = Sha256::digest(format!("{} {created_ms}", spec.name()));
    Record {
        id: hex(&id[..16]),
        install_id: places.install_id.clone(),
        session: spec.session.to_string(),
        generation: spec.generation,
        spec_hash: spec.hash(),
        created_ms,
        workspace: spec.workspace.clone(),
        shared: spec.shared.clone(),
        uid,
        gid,
        memory_bytes: spec.options.memory_bytes,
        cpu_millis: spec.options.cpu_millis,
        pids_max: spec.options.pids_max,
        swap_bytes: spec.options.swap_bytes,
        file_bytes_max: spec.options.file_bytes_max,
        open_files_max: spec.options.open_files_max,
        mounts: spec.options.mounts.clone(),
        token_sha256: spec.token_sha256.clone(),
        init_path: spec.init_path.clone(),
    }
}
