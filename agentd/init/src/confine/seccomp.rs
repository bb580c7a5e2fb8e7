//! The filter of system calls: what is on the list passes, what is known to be dangerous is refused, and what nobody has
//! heard of is said not to exist, so that programs fall back on what they did before.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Compare, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

use super::step::{Step as _, StepError};
use super::syscalls::{ALLOWED, ALLOWED_OF_X86_64, REFUSED, REFUSED_OF_X86_64};

/// Flags of clone that make namespaces. clone3, whose flags a filter cannot see, does not exist here: the C library falls
/// back on clone.
const NAMESPACES: [libc::c_int; 8] = [
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWUTS,
    0x80, // time
];
/// Sockets that a sandbox may have: within it, of the internet, and the questions about its own devices.
const FAMILIES: [libc::c_int; 4] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
/// Protocols of netlink but ROUTE, through which programs ask for addresses, reach far into the kernel.
const NETLINK_ROUTE: u64 = 0;
/// What a terminal can be made to do to whoever looks at it.
const TERMINAL_REQUESTS: [u64; 2] = [libc::TIOCSTI, libc::TIOCLINUX];
/// Personalities that change nothing dangerous: Linux with and without a 32-bit address space, and the question.
const PERSONALITIES: [u64; 5] = [0, 0x0008, 0x0002_0000, 0x0002_0008, 0xffff_ffff];

/// Filters this process and all that come of it, for ever.
pub(super) fn restrict() -> Result<(), StepError> {
    for program in programs()? {
        apply_filter(&program).step("seccomp")?;
    }
    Ok(())
}

/// Two filters, of which the stricter answer counts. The first sorts by number alone, so that the kernel decides most calls
/// without running it; the second looks at arguments.
fn programs() -> Result<[BpfProgram; 2], StepError> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).step("seccomp")?;
    let refused = || SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let unknown = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let known = [ALLOWED, ALLOWED_OF_X86_64, REFUSED, REFUSED_OF_X86_64].concat();
    let known = known.into_iter().map(|call| (call, Vec::new())).collect();
    let mut refusals: BTreeMap<i64, Vec<SeccompRule>> =
        [REFUSED, REFUSED_OF_X86_64].concat().into_iter().map(|call| (call, Vec::new())).collect();
    refusals.extend(by_argument()?);
    let build = |rules, otherwise, matched| {
        SeccompFilter::new(rules, otherwise, matched, arch).and_then(BpfProgram::try_from).step("seccomp")
    };
    Ok([build(known, unknown, SeccompAction::Allow)?, build(refusals, SeccompAction::Allow, refused())?])
}

/// Calls that are refused for certain arguments.
fn by_argument() -> Result<Vec<(i64, Vec<SeccompRule>)>, StepError> {
    let condition = |argument, length, compare, value| SeccompCondition::new(argument, length, compare, value);
    let rule = |conditions: Result<Vec<_>, _>| conditions.and_then(SeccompRule::new);
    // One of them is enough.
    let any = |argument: u8, length: fn() -> Length, values: &[(Compare, u64)]| {
        let each = |(compare, value): &(Compare, u64)| {
            rule(condition(argument, length(), compare.clone(), *value).map(|condition| vec![condition]))
        };
        values.iter().map(each).collect::<Result<Vec<_>, _>>()
    };
    // None of them is refused.
    let none_of = |argument: u8, values: &[u64]| {
        rule(values.iter().map(|value| condition(argument, Length::Dword, Compare::Ne, *value)).collect())
    };
    let flags = NAMESPACES.map(|flag| (Compare::MaskedEq(mask(flag)), mask(flag)));
    let requests = TERMINAL_REQUESTS.map(|request| (Compare::Eq, request));
    let netlink = rule(
        [(0, Compare::Eq, mask(libc::AF_NETLINK)), (2, Compare::Ne, NETLINK_ROUTE)]
            .into_iter()
            .map(|(argument, compare, value)| condition(argument, Length::Dword, compare, value))
            .collect(),
    );
    let families = FAMILIES.map(mask);
    Ok(vec![
        (libc::SYS_clone, any(0, || Length::Qword, &flags).step("seccomp: clone")?),
        (libc::SYS_ioctl, any(1, || Length::Dword, &requests).step("seccomp: ioctl")?),
        (libc::SYS_personality, vec![none_of(0, &PERSONALITIES).step("seccomp: personality")?]),
        (libc::SYS_socket, vec![none_of(0, &families).step("seccomp: socket")?, netlink.step("seccomp: netlink")?]),
    ])
}

fn mask(flag: libc::c_int) -> u64 {
    flag.unsigned_abs().into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_call_is_on_two_lists_or_twice_on_one() {
        let all = [ALLOWED, ALLOWED_OF_X86_64, REFUSED, REFUSED_OF_X86_64].concat();
        let distinct: BTreeSet<i64> = all.iter().copied().collect();
        let twice: Vec<i64> =
            distinct.iter().copied().filter(|call| all.iter().filter(|c| *c == call).count() > 1).collect();
        assert!(twice.is_empty(), "{twice:?}");
        assert!(!distinct.contains(&libc::SYS_clone3), "its flags cannot be looked at");
    }

    #[test]
    fn the_filters_fit_the_kernel() {
        for program in programs().unwrap() {
            assert!(program.len() < 4096, "{}", program.len());
        }
    }
}
