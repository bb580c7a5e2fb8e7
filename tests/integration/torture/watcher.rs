//! A client that watches a session for as long as it lives, over every death of the daemon.

use std::sync::{Arc, Mutex};

use proto::v1::session_service_client::SessionServiceClient;
use proto::v1::{Event, Follow, WatchRequest};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::link::{Link, is_cut};

/// What it has seen, and who is told of it.
#[derive(Clone, Debug)]
pub(super) struct Watcher {
    seen: Arc<Mutex<Vec<Event>>>,
    count: watch::Receiver<usize>,
    faults: Arc<Mutex<Vec<String>>>,
    _task: Arc<OnDrop>,
}

#[derive(Debug)]
struct OnDrop(AbortHandle);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Watcher {
    /// Begins with the first row.
    pub(super) fn new(link: Link, session: String) -> Self {
        let (sender, count) = watch::channel(0);
        let (seen, faults) = (Arc::<Mutex<Vec<Event>>>::default(), Arc::<Mutex<Vec<String>>>::default());
        let (rows, wrong) = (Arc::clone(&seen), Arc::clone(&faults));
        let task = tokio::spawn(async move {
            loop {
                let from_seq = 1 + rows.lock().unwrap().len() as u64;
                let request = WatchRequest {
                    session: session.clone(),
                    from_seq,
                    follow: Follow::Forever.into(),
                    turn: 0,
                    live: true,
                };
                let mut stream = match SessionServiceClient::new(link.connect().await).watch(request).await {
                    Ok(stream) => stream.into_inner(),
                    Err(status) if is_cut(&status) => continue,
                    Err(status) => {
                        wrong.lock().unwrap().push(format!("session {session} could not be watched: {status}"));
                        return;
                    }
                };
                while let Ok(Some(event)) = stream.message().await {
                    let Some(seq) = event.seq else { continue };
                    let mut rows = rows.lock().unwrap();
                    if seq != 1 + rows.len() as u64 {
                        wrong.lock().unwrap().push(format!("session {session}: row {seq} came after {}", rows.len()));
                        return;
                    }
                    rows.push(event);
                    sender.send_replace(rows.len());
                }
            }
        });
        Self { seen, count, faults, _task: Arc::new(OnDrop(task.abort_handle())) }
    }

    /// Waits for a row behind the first `after` that is the one meant; gives it and the number of rows up to it.
    pub(super) async fn find<T>(&self, mut after: usize, what: impl Fn(&Event) -> Option<T>) -> (usize, T) {
        let mut count = self.count.clone();
        loop {
            {
                let seen = self.seen.lock().unwrap();
                while let Some(event) = seen.get(after) {
                    after += 1;
                    if let Some(found) = what(event) {
                        return (after, found);
                    }
                }
            }
            // A watcher that gave up has told why; the turn is then reported as one that did not end.
            if count.wait_for(|count| *count > after).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Every row so far.
    pub(super) fn rows(&self) -> Vec<Event> {
        self.seen.lock().unwrap().clone()
    }

    /// Gaps and doubles.
    pub(super) fn faults(&self) -> Vec<String> {
        self.faults.lock().unwrap().clone()
    }
}
