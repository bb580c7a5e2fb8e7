//! `/etc`: what programs need of the host's to run at all, and who there is.

use std::io;
use std::os::fd::AsFd;

use rustix::fs::{Mode, OFlags, openat};

/// Of the host's, where it is there: where libraries and alternatives are, certificates, the time zone, and how widespread
/// programs are set up. Nothing in these is a secret.
pub(super) const OF_THE_HOST: [&str; 17] = [
    "/etc/alternatives",
    "/etc/bash.bashrc",
    "/etc/ca-certificates",
    "/etc/ca-certificates.conf",
    "/etc/debian_version",
    "/etc/inputrc",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/magic",
    "/etc/mime.types",
    "/etc/os-release",
    "/etc/pki/tls/certs",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/terminfo",
];

/// The files that are the sandbox's own.
fn own_files(uid: u32, gid: u32) -> [(&'static str, String); 7] {
    [
        (
            "passwd",
            format!(
                "root:x:0:0:root:/:/usr/sbin/nologin\nagent:x:{uid}:{gid}:agent:/home/agent:/bin/sh\n\
                 nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"
            ),
        ),
        ("group", format!("root:x:0:\nagent:x:{gid}:\nnogroup:x:65534:\n")),
        ("hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n".to_owned()),
        ("hostname", "sandbox\n".to_owned()),
        ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n".to_owned()),
        ("resolv.conf", String::new()),
        ("shells", "/bin/sh\n/bin/bash\n".to_owned()),
    ]
}

/// Writes the sandbox's own files into the directory `etc`.
pub(super) fn write_own(root: impl AsFd, uid: u32, gid: u32) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    for (name, text) in own_files(uid, gid) {
        let file = openat(&root, format!("etc/{name}"), flags, Mode::from_raw_mode(0o644))?;
        io::Write::write_all(&mut std::fs::File::from(file), text.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_of_the_host() {
        for name in
            ["shadow", "gshadow", "passwd", "machine-id", "ssh", "private", "sudoers", "gitconfig", "resolv.conf"]
        {
            assert!(OF_THE_HOST.iter().all(|path| !path.contains(name)), "{name}");
        }
        assert!(own_files(7, 8)[0].1.contains("agent:x:7:8:"));
    }
}
