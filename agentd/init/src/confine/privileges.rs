//! Who a sandbox runs as, what it may use, and what it gives up for good.

use std::io;

use proto::init::v1::Confinement;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{
    CapabilitiesSecureBits, CapabilitySet, CapabilitySets, Gid, Uid, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_capabilities_secure_bits, set_no_new_privs,
    set_thread_groups, set_thread_res_gid, set_thread_res_uid,
};

/// Open files at most; the host's own limit may be lower.
const OPEN_FILES_MAX: u64 = 65_536;

/// Becomes the user and the group. `forget_groups`: also lets go of all other groups, which only root's children may.
pub(super) fn become_user(uid: u32, gid: u32, forget_groups: bool) -> io::Result<()> {
    if forget_groups {
        set_thread_groups(&[])?;
    }
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    set_thread_res_gid(gid, gid, gid)?;
    // Capabilities stay: no user of the new namespace is its root.
    Ok(set_thread_res_uid(uid, uid, uid)?)
}

/// Limits of each process; those of all together are the control groups'. The number of processes is counted for this
/// user of this namespace, so it holds where there is no control group for it.
pub(super) fn limit(wanted: &Confinement) -> io::Result<()> {
    let lower = |resource, most: u64| {
        let there = getrlimit(resource).maximum.unwrap_or(u64::MAX);
        let limit = Some(most.min(there));
        setrlimit(resource, Rlimit { current: limit, maximum: limit })
    };
    lower(Resource::Core, 0)?;
    let files = if wanted.open_files_max == 0 { OPEN_FILES_MAX } else { wanted.open_files_max };
    lower(Resource::Nofile, files.min(OPEN_FILES_MAX))?;
    if wanted.file_bytes_max > 0 {
        lower(Resource::Fsize, wanted.file_bytes_max)?;
    }
    if wanted.pids_max > 0 {
        lower(Resource::Nproc, wanted.pids_max.into())?;
    }
    Ok(())
}

/// Gives up every capability, in every set, and every way to get one back.
pub(super) fn give_up() -> io::Result<()> {
    // The kernel may know more of them than this program does.
    for bit in 0..u64::BITS {
        match remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << bit)) {
            Ok(()) => {}
            Err(rustix::io::Errno::INVAL) if bit > 0 => break,
            Err(error) => return Err(error.into()),
        }
    }
    clear_ambient_capability_set()?;
    let bits = CapabilitiesSecureBits::NO_ROOT
        | CapabilitiesSecureBits::NO_ROOT_LOCKED
        | CapabilitiesSecureBits::NO_SETUID_FIXUP
        | CapabilitiesSecureBits::NO_SETUID_FIXUP_LOCKED
        | CapabilitiesSecureBits::KEEP_CAPS_LOCKED
        | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE
        | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE_LOCKED;
    set_capabilities_secure_bits(bits)?;
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    Ok(set_no_new_privs(true)?)
}
