//! The hash chain over a session's rows.

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};
use sha2::{Digest as _, Sha256};

use super::row::Row;

/// SHA-256 over a row and the hash of the row before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChainHash(pub [u8; 32]);

impl ChainHash {
    /// What the first row of a session is chained to.
    pub const START: Self = Self([0; 32]);
}

impl std::fmt::Display for ChainHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::str::FromStr for ChainHash {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "a hash has 64 hexadecimal digits";
        let mut hash = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(WRONG);
        }
        for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| WRONG)?;
        }
        Ok(Self(hash))
    }
}

impl ToSql for ChainHash {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(&self.0)))
    }
}

impl FromSql for ChainHash {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        FromSql::column_result(value).map(Self)
    }
}

/// Everything of a row that its hash covers.
pub(super) struct Link<'a> {
    pub(super) session: &'a str,
    pub(super) seq: u64,
    pub(super) turn: u64,
    pub(super) epoch: u64,
    pub(super) wall_time_ms: i64,
    pub(super) kind: &'a str,
    pub(super) body: &'a str,
}

impl<'a> Link<'a> {
    /// What of a row is hashed.
    pub(super) fn of(row: &'a Row) -> Self {
        let Row { session, seq, turn, epoch, wall_time_ms, kind, body, prev_hash: _, hash: _ } = row;
        Self {
            session: session.as_str(),
            seq: *seq,
            turn: *turn,
            epoch: *epoch,
            wall_time_ms: *wall_time_ms,
            kind,
            body,
        }
    }

    /// The hash of this row after `prev`. Each field is preceded by its length, so no two rows are the same bytes.
    pub(super) fn hash(&self, prev: ChainHash) -> ChainHash {
        let mut sha = Sha256::new();
        let mut field = |bytes: &[u8]| {
            sha.update((bytes.len() as u64).to_be_bytes());
            sha.update(bytes);
        };
        field(&prev.0);
        field(self.session.as_bytes());
        field(&self.seq.to_be_bytes());
        field(&self.turn.to_be_bytes());
        field(&self.epoch.to_be_bytes());
        field(&self.wall_time_ms.to_be_bytes());
        field(self.kind.as_bytes());
        field(self.body.as_bytes());
        ChainHash(sha.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: Link<'_> =
        Link { session: "s", seq: 1, turn: 2, epoch: 3, wall_time_ms: 4, kind: "turn.started", body: "{}" };

    /// The journals of every user hang on this: a changed value means that no old journal verifies any more.
    #[test]
    fn the_hash_of_a_row_never_changes() {
        let expected = "8ecbc016d64ffe0aac6c2a4ab8fc11a1cdb86dae6e4661289ae7bbd6be2f8a73";
        assert_eq!(LINK.hash(ChainHash::START).to_string(), expected);
        assert_eq!(expected.parse(), Ok(LINK.hash(ChainHash::START)));
        assert!("+1".repeat(32).parse::<ChainHash>().is_err());
    }

    #[test]
    fn every_field_counts_and_none_runs_into_the_next() {
        let base = LINK.hash(ChainHash::START);
        let others = [
            LINK.hash(base),
            Link { session: "t", ..LINK }.hash(ChainHash::START),
            Link { seq: 2, ..LINK }.hash(ChainHash::START),
            Link { turn: 3, ..LINK }.hash(ChainHash::START),
            Link { epoch: 4, ..LINK }.hash(ChainHash::START),
            Link { wall_time_ms: 5, ..LINK }.hash(ChainHash::START),
            Link { kind: "turn.started{", body: "}", ..LINK }.hash(ChainHash::START),
            Link { body: "{ }", ..LINK }.hash(ChainHash::START),
        ];
        assert!(others.iter().all(|other| *other != base));
    }
}
