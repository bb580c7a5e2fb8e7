//! Sums of what models were asked.

use super::*;
use crate::domain::message::Usage;
use crate::store::UsageRow;

fn usage(input_tokens: u64, output_tokens: u64) -> Usage {
    Usage { input_tokens, output_tokens, model_calls: 1, ..Usage::default() }
}

#[tokio::test]
async fn answers_are_added_up_and_stay_when_their_session_goes() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let day = |ms| WallTime(ms);
    let (monday, tuesday) = (day(1_767_571_200_000), day(1_767_657_600_000));
    for (head, wall_time, model, used) in [
        (0, monday, "glm", usage(100, 10)),
        (1, monday, "glm", usage(50, 5)),
        (2, monday, "claude", usage(1, 1)),
        (3, tuesday, "glm", Usage { cached_tokens: 7, cost_micros: 9, ..usage(u64::MAX, 2) }),
    ] {
        let usage = Some((model.to_owned(), used));
        store.append(Append { wall_time, usage, ..append(&id(1), head, &["x"]) }).await.unwrap();
    }
    let conflict = Append { usage: Some(("glm".to_owned(), usage(9, 9))), ..append(&id(1), 0, &["x"]) };
    assert!(store.append(conflict).await.is_err());
    store.remove_session(&id(1)).await.unwrap();
    let row = |model: &str, day: &str, usage| UsageRow {
        session: id(1).to_string(),
        model: model.to_owned(),
        day: day.to_owned(),
        usage,
    };
    let huge = Usage { input_tokens: 1 << 40, cached_tokens: 7, cost_micros: 9, ..usage(0, 2) };
    assert_eq!(
        store.usage().await.unwrap(),
        [
            row("claude", "2026-01-05", usage(1, 1)),
            row("glm", "2026-01-05", Usage { model_calls: 2, ..usage(150, 15) }),
            row("glm", "2026-01-06", huge),
        ],
        "an append that was refused is not counted, and no count is out of all proportion"
    );
}

#[tokio::test]
async fn what_an_earlier_version_journaled_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let connection = Connection::open(dir.path().join("journal.db")).unwrap();
    connection.execute_batch(include_str!("../migrations/0001_journal.sql")).unwrap();
    let intent = r#"{"v":1,"data":{"attempt":1,"model":"glm","request_hash":"00","step":1}}"#;
    let done = r#"{"v":1,"data":{"usage":{"input_tokens":100,"model_calls":1,"output_tokens":10}}}"#;
    for (seq, kind, body) in [(1, "model.intent", intent), (2, "model.done", done), (3, "model.done", done)] {
        connection
            .execute(
                "INSERT INTO events VALUES (?1, ?2, 1, 1, 1767571200000, ?3, ?4, x'00', x'00')",
                rusqlite::params![id(1).as_str(), seq, kind, body],
            )
            .unwrap();
    }
    connection.execute("INSERT INTO journal VALUES (1, '0123456789abcdef', 1)", []).unwrap();
    connection.pragma_update(None, "application_id", 0x6167_6a6e).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    drop(connection);
    let store = Store::open(dir.path()).unwrap();
    let counted = Usage { model_calls: 2, ..usage(200, 20) };
    let row =
        UsageRow { session: id(1).to_string(), model: "glm".to_owned(), day: "2026-01-05".to_owned(), usage: counted };
    assert_eq!(store.usage().await.unwrap(), [row]);
}
