//! Images as text.

use proto::v1::Image;

use super::{escape, words};

/// Characters of a digest's hexadecimal part that tell images apart.
const DIGEST_CHARS: usize = 12;

/// All images, one line a name.
pub(crate) fn list(images: &[Image]) -> String {
    let mut rows = vec![["IMAGE", "ID", "SIZE", "CREATED", "SESSIONS"].map(str::to_owned)];
    for image in images {
        let mark = if image.usual { " *" } else { "" };
        rows.extend(image.names.iter().map(|name| {
            [
                format!("{}{mark}", escape::line(name)),
                short(&image.id),
                words::bytes(image.size_bytes),
                escape::line(&image.created),
                image.sessions.len().to_string(),
            ]
        }));
    }
    words::table(&rows)
}

/// One image in a line: its names, and the digest that sessions are held to.
pub(crate) fn one(image: &Image) -> String {
    format!("{} {}", escape::line(&image.names.join(" ")), escape::line(&image.digest))
}

/// The beginning of an id.
pub(crate) fn short(id: &str) -> String {
    let hexadecimal = id.rsplit(':').next().unwrap_or(id);
    escape::line(&hexadecimal.chars().take(DIGEST_CHARS).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_line() {
        let image = Image {
            id: "sha256:0123456789abcdef".into(),
            digest: "tiny@sha256:ff".into(),
            names: vec!["tiny:1".into(), "tiny:\u{1b}2".into()],
            size_bytes: 2 << 20,
            created: "2026-01-02T03:04:05Z".into(),
            sessions: vec!["a".into(), "b".into()],
            usual: true,
        };
        assert_eq!(
            list(std::slice::from_ref(&image)),
            "\
IMAGE         ID            SIZE   CREATED               SESSIONS
tiny:1 *      0123456789ab  2 MiB  2026-01-02T03:04:05Z  2
tiny:\\x1b2 *  0123456789ab  2 MiB  2026-01-02T03:04:05Z  2
"
        );
        assert_eq!(one(&image), "tiny:1 tiny:\\x1b2 tiny@sha256:ff");
    }
}
