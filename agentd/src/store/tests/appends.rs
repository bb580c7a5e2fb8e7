use crate::store::group::Change;
use crate::store::{APPEND_ROWS_MAX, Append, NewRow, SUMMARY_BYTES_MAX, Store, StoreError};

use super::{all_rows, append, bodies, committer, id, named, tamper};

#[tokio::test]
async fn rows_come_back_in_order_with_their_numbers() {
    let state = tempfile::tempdir().unwrap();
    let store = Store::open(state.path()).unwrap();
    let first = store.append(append(&id(1), 0, &["a", "b"])).await.unwrap();
    let second = store.append(append(&id(1), 2, &["c"])).await.unwrap();
    let rows = all_rows(&store, &id(1)).await;
    assert_eq!(rows, [first, second].concat(), "what append gave is what is read");
    assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(bodies(&store.rows(&id(1), 2, 1).await.unwrap()), ["b"]);
    assert!(store.rows(&id(1), u64::MAX, 9).await.unwrap().is_empty());
    assert!(all_rows(&store, &id(2)).await.is_empty());
}

#[tokio::test]
async fn a_page_ends_where_it_would_grow_too_big() {
    let state = tempfile::tempdir().unwrap();
    let store = Store::open(state.path()).unwrap();
    let big = "x".repeat(5 << 20);
    store.append(append(&id(1), 0, &[&big, &big, "small"])).await.unwrap();
    assert_eq!(store.rows(&id(1), 1, 9).await.unwrap().len(), 2);
    assert_eq!(bodies(&store.rows(&id(1), 3, 9).await.unwrap()), ["small"]);
}

#[tokio::test]
async fn what_stands_against_an_append_is_told_and_nothing_of_it_stays() {
    let state = tempfile::tempdir().unwrap();
    let store = Store::open(state.path()).unwrap();
    store.append(Append { request: Some(("r1".into(), 7)), ..named(&id(1), 0, "alpha") }).await.unwrap();

    let conflict = store.append(append(&id(1), 0, &["late"])).await;
    assert_eq!(conflict, Err(StoreError::Conflict { expected: 0, actual: 1 }));
    let taken = store.append(Append { request: Some(("r".into(), 1)), ..named(&id(2), 0, "alpha") }).await;
    assert_eq!(taken, Err(StoreError::NameTaken("alpha".into())));
    let used = store.append(Append { request: Some(("r1".into(), 8)), ..append(&id(1), 1, &["again"]) }).await;
    assert_eq!(used, Err(StoreError::RequestIdUsed { turn: 7 }));

    assert_eq!(bodies(&all_rows(&store, &id(1)).await), ["named"]);
    assert_eq!(store.session(&id(2)).await, Ok(None), "a refused first append makes no session");
    let other = Append { request: Some(("r".into(), 1)), ..append(&id(2), 0, &["first"]) };
    store.append(other).await.expect("a refused append gives its request id back, and another session's ids are free");
}

#[tokio::test]
async fn what_is_outside_the_bounds_is_refused() {
    let state = tempfile::tempdir().unwrap();
    let store = Store::open(state.path()).unwrap();
    let row = NewRow { turn: 1, kind: "k".into(), body: String::new() };
    let unfit = [
        append(&id(1), 0, &[]),
        Append { rows: vec![row; APPEND_ROWS_MAX + 1], ..append(&id(1), 0, &[]) },
        Append { summary: "x".repeat(SUMMARY_BYTES_MAX + 1), ..append(&id(1), 0, &["a"]) },
        Append { rows: vec![NewRow { turn: u64::MAX, kind: "k".into(), body: "b".into() }], ..append(&id(1), 0, &[]) },
    ];
    for append in unfit {
        assert!(matches!(store.append(append).await, Err(StoreError::Unfit(_))));
    }
    assert_eq!(store.sessions().await, Ok(vec![]));
}

#[tokio::test]
async fn many_appenders_at_once_lose_nothing_and_leave_no_gap() {
    const SESSIONS: u8 = 40;
    const APPENDS: u64 = 25;
    let state = tempfile::tempdir().unwrap();
    let store = Store::open(state.path()).unwrap();
    let tasks: Vec<_> = (0..SESSIONS)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                for round in 0..APPENDS {
                    store.append(append(&id(n), round * 2, &["one", "two"])).await.unwrap();
                    let late = store.append(append(&id(n), round * 2, &["late"])).await;
                    assert!(matches!(late, Err(StoreError::Conflict { .. })));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    for n in 0..SESSIONS {
        let rows = all_rows(&store, &id(n)).await;
        assert!(rows.iter().map(|row| row.seq).eq(1..=APPENDS * 2));
        assert_eq!(store.verify(&id(n), ()).await.unwrap().0.fault, None);
    }
}

#[test]
fn a_group_is_one_transaction_in_which_a_refused_change_leaves_the_others_alone() {
    let state = tempfile::tempdir().unwrap();
    let mut committer = committer(state.path());
    let change = |append| Change::Append(Box::new(append));
    let answers = committer.commit(&[
        change(named(&id(1), 0, "alpha")),
        change(named(&id(2), 0, "alpha")),
        change(append(&id(1), 1, &["joined its own group"])),
        Change::Remove(id(3)),
        change(append(&id(4), 9, &["late"])),
        change(append(&id(5), 0, &["last"])),
    ]);
    assert_eq!(answers[0].as_ref().unwrap()[0].seq, 1);
    assert_eq!(answers[1], Err(StoreError::NameTaken("alpha".into())));
    assert_eq!(answers[2].as_ref().unwrap()[0].seq, 2);
    assert_eq!(answers[3], Err(StoreError::NoSession));
    assert_eq!(answers[4], Err(StoreError::Conflict { expected: 9, actual: 0 }));
    assert_eq!(answers[5].as_ref().unwrap()[0].seq, 1);
}

#[test]
fn a_session_whose_rows_contradict_one_another_does_not_hold_up_the_others() {
    let state = tempfile::tempdir().unwrap();
    let mut committer = committer(state.path());
    let change = |append| Change::Append(Box::new(append));
    committer.commit(&[change(append(&id(1), 0, &["a"]))]);
    tamper(state.path(), "UPDATE sessions SET head_seq = 0");
    let answers = committer.commit(&[change(append(&id(1), 0, &["b"])), change(append(&id(2), 0, &["c"]))]);
    assert!(matches!(answers[0], Err(StoreError::Corrupt { .. })), "{:?}", answers[0]);
    assert!(answers[1].is_ok());
}
