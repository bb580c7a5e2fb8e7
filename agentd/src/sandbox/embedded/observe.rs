//! What there is, as the directories and the kernel tell it.

use super::place::Place;
use super::{IMAGE, life, process, verify};
use crate::sandbox::backend::{Observed, SandboxStatus};

/// One, with how it is hardened.
pub(super) fn inspect(place: &Place) -> Option<Observed> {
    let mut seen = glance(place)?;
    let (record, confined) = (place.record()?, place.confined());
    seen.hardening = match confined.filter(|confined| process::alive(confined).is_some()) {
        Some(confined) => verify::measures(&record, &confined),
        None => Vec::new(),
    };
    Some(Observed {
        memory_bytes: record.memory_bytes,
        cpu_millis: record.cpu_millis,
        pids_max: record.pids_max,
        ..seen
    })
}

/// One as lists show it; `None`: it is gone.
pub(super) fn glance(place: &Place) -> Option<Observed> {
    let record = place.record()?;
    let running = place.confined().filter(|confined| process::alive(confined).is_some());
    let status = match running {
        Some(confined) if life::is_paused(&confined) => SandboxStatus::Paused,
        Some(_) => SandboxStatus::Running,
        None => SandboxStatus::Stopped,
    };
    Some(Observed {
        name: place.name().to_owned(),
        id: record.id,
        session: record.session,
        generation: record.generation,
        status,
        image: IMAGE.to_owned(),
        image_digest: IMAGE.to_owned(),
        created_ms: record.created_ms,
        memory_bytes: 0,
        cpu_millis: 0,
        pids_max: 0,
        spec_hash: record.spec_hash,
        hardening: Vec::new(),
    })
}
