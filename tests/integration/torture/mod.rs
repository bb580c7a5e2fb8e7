//! Sessions under way while the daemon is killed again and again at random moments; then everything is compared.
//!
//! Reading order: [`script`] (what the model does), [`link`] and [`watcher`] (clients), [`person`] (one session's life),
//! [`checker`] (what must hold afterwards), [`random`]. [`commands`] are those that run while the daemon dies.
//! `tests/torture` runs both for longer.

mod checker;

mod commands;

mod link;

mod person;

mod script;

mod watcher;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::fixtures::daemon::Daemon;
use crate::fixtures::model_server::ModelServer;
use crate::fixtures::random::Random;
use crate::fixtures::scene::Scene;
use checker::Findings;
use link::Link;
use person::Person;

/// Milliseconds that a daemon lives at most.
const LIFE_MS_MAX: u64 = 1500;

/// Milliseconds of a life that may end during its start.
const SHORT_LIFE_MS_MAX: u64 = 150;

/// Of so many requests one is refused and one is cut.
const MODEL_FAULT_ONE_IN: u64 = 30;

/// How long turns may take to end after the last kill.
const END_WITHIN: Duration = Duration::from_secs(120);

/// How long a container may outlive its place in the journal.
const CONTAINER_GONE_WITHIN: Duration = Duration::from_secs(10);

fn figure(variable: &str, otherwise: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|error| panic!("{variable}={text}: {error}")),
        Err(_) => otherwise,
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn nothing_is_lost_and_nothing_runs_twice() {
    let (kills, seed) = (figure("TORTURE_KILLS", 20), figure("TORTURE_SEED", 1));
    let sessions = figure("TORTURE_SESSIONS", 6);
    println!("{kills} kills, {sessions} sessions, seed {seed}");
    let chance = Mutex::new(Random::new(seed, u64::MAX));
    let model = ModelServer::choosing(move |request| {
        let chance = chance.lock().unwrap().below(MODEL_FAULT_ONE_IN);
        script::reply_or_fault(request, chance)
    });
    let mut scene = Scene::of(model.await, |config| config.set_raw("sandbox.cpus", "0.5")).await;
    let link = Link::new(scene.daemon.home().socket());

    let enough = Arc::new(AtomicBool::new(false));
    let mut living = JoinSet::new();
    for number in 0..sessions {
        let mut person = Person::new(link.clone(), seed, number).await;
        let enough = Arc::clone(&enough);
        living.spawn(async move {
            // A person whose turn does not end is asked no longer; what was acknowledged to them is still checked.
            let stop_waiting = async {
                while !enough.load(Ordering::Acquire) {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                tokio::time::sleep(END_WITHIN).await;
            };
            tokio::select! {
                () = person.live(Arc::clone(&enough)) => {}
                () = stop_waiting => {}
            }
            person
        });
    }

    let began = Instant::now();
    let mut random = Random::new(seed, 0);
    for _ in 0..kills {
        // From its start, not from when it answers; every third life is a short one.
        let life_ms_max = if random.below(3) == 0 { SHORT_LIFE_MS_MAX } else { LIFE_MS_MAX };
        tokio::time::sleep(Duration::from_millis(random.below(life_ms_max))).await;
        scene.daemon.kill9();
        scene.daemon.spawn_with(&[]);
    }
    scene.daemon.kill9();
    scene.daemon.restart().await;
    println!("killed {kills} times in {:.0?}", began.elapsed());
    enough.store(true, Ordering::Release);
    let people = living.join_all().await;

    let mut findings = Findings::default();
    for person in &people {
        findings.of_person(person, &link).await;
    }
    findings.of_engine(&left_over(&scene, &people).await);
    let status = scene.daemon.sigterm().await;
    assert!(status.success(), "agentd did not end in order: {status}");
    findings.of_store(&scene.daemon.home().state(), &people).await;
    println!("{} requests of the model, each whole\n{findings}", scene.model.requests().len());
    scene.model.verify();
    assert!(findings.wrong.is_empty(), "{findings}\n{}", warnings(&scene.daemon));
}

/// Containers of this installation that no session names, when they have had their time to go.
async fn left_over(scene: &Scene, people: &[Person]) -> Vec<String> {
    let began = Instant::now();
    let engine = scene.engine().await;
    let mut named = HashSet::new();
    for person in people {
        named.insert(scene.show(&person.session).await["container"].as_str().unwrap_or_default().to_owned());
    }
    loop {
        let found = engine.containers_of(scene.daemon.install_id()).await.into_iter();
        let names =
            found.flat_map(|found| found.names.unwrap_or_default()).map(|name| name.trim_start_matches('/').to_owned());
        let left: Vec<String> = names.filter(|name| !named.contains(name)).collect();
        if left.is_empty() || began.elapsed() > CONTAINER_GONE_WITHIN {
            return left;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What the daemon complained of.
fn warnings(daemon: &Daemon) -> String {
    let log = daemon.log();
    let told: Vec<&str> =
        log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).take(100).collect();
    told.join("\n")
}
