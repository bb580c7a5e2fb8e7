//! What a member of a hostile tar stream may be called.

use super::{ArchiveError, shown};

/// The longest path the kernel takes.
const PATH_BYTES_MAX: usize = 4095;
/// The longest name of one component that file systems take.
const COMPONENT_BYTES_MAX: usize = 255;
/// The deepest nesting that is unpacked or packed.
pub(super) const DEPTH_MAX: usize = 256;

/// The components of a member's name, at least one; refused when any of them could lead elsewhere. Any bytes are a
/// name otherwise: spaces, control characters and bytes that are not UTF-8.
pub(super) fn components(name: &[u8]) -> Result<Vec<Vec<u8>>, ArchiveError> {
    let refuse = |why| Err(ArchiveError::Refused { name: shown(&name[..name.len().min(PATH_BYTES_MAX)]), why });
    if name.first() == Some(&b'/') {
        return refuse("an absolute name");
    }
    if name.len() > PATH_BYTES_MAX {
        return refuse("the name is too long");
    }
    let mut parts = Vec::new();
    for part in name.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => return refuse("it leads outside"),
            _ if part.contains(&0) => return refuse("a zero byte in the name"),
            _ if part.len() > COMPONENT_BYTES_MAX => return refuse("the name is too long"),
            _ => parts.push(part.to_vec()),
        }
    }
    if parts.is_empty() {
        return refuse("it has no name");
    }
    if parts.len() > DEPTH_MAX {
        return refuse("it lies too deep");
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn honest_names_pass_whatever_their_bytes() {
        assert_eq!(components(b"a/b").unwrap(), [b"a".to_vec(), b"b".to_vec()]);
        assert_eq!(components(b"./a//b/").unwrap(), [b"a".to_vec(), b"b".to_vec()]);
        assert_eq!(components(b" \n\xff").unwrap(), [b" \n\xff".to_vec()]);
        assert_eq!(components(b"..a/...").unwrap(), [b"..a".to_vec(), b"...".to_vec()]);
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let long = vec![b'x'; 256];
        let deep = b"d/".repeat(300);
        let names: [&[u8]; 11] =
            [b"", b".", b"/", b"/etc/passwd", b"..", b"a/../b", b"a/..", b"./..", b"a\0b", &long, &deep];
        for name in names {
            assert!(components(name).is_err(), "{name:?} passed");
        }
    }

    proptest! {
        #[test]
        fn no_component_can_be_special(name in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(parts) = components(&name) {
                for part in parts {
                    prop_assert!(!part.is_empty() && part != b"." && part != b"..");
                    prop_assert!(!part.contains(&b'/') && !part.contains(&0));
                }
            }
        }
    }
}
