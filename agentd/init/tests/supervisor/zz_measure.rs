use crate::fixture::*;
use proto::init::v1::*;
use std::time::Instant;
fn stat(name: &str, mut v: Vec<f64>) {
    v.sort_by(f64::total_cmp);
    println!("{name}: p50 {:.3} ms p95 {:.3} min {:.3}", v[v.len() / 2], v[v.len() * 95 / 100], v[0]);
}
#[tokio::test]
#[ignore]
async fn measure() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    client.sh("w", "true").await;
    println!("idle rss {} kB", supervisor.resident_kb());
    let n = 500;
    for round in 0..2 {
        let mut v = vec![];
        for _ in 0..n {
            let t = Instant::now();
            client.0.hello(HelloRequest {}).await.unwrap();
            v.push(t.elapsed().as_secs_f64() * 1e3);
        }
        stat("hello", v);
        let mut v = vec![];
        for i in 0..n {
            let id = format!("s{round}-{i}");
            let t = Instant::now();
            client.sh(&id, "true").await;
            v.push(t.elapsed().as_secs_f64() * 1e3);
            client.ack(&id).await;
        }
        stat("sh -c true", v);
        let mut v = vec![];
        for i in 0..n {
            let id = format!("b{round}-{i}");
            let t = Instant::now();
            client
                .exec(ExecRequest { call_id: id.clone(), argv: vec!["/bin/true".into()], ..Default::default() })
                .await;
            v.push(t.elapsed().as_secs_f64() * 1e3);
            client.ack(&id).await;
        }
        stat("/bin/true", v);
        let mut v = vec![];
        for i in 0..n {
            let id = format!("e{round}-{i}");
            let t = Instant::now();
            client
                .exec(ExecRequest {
                    call_id: id.clone(),
                    argv: vec!["/bin/echo".into(), "x".into()],
                    ..Default::default()
                })
                .await;
            v.push(t.elapsed().as_secs_f64() * 1e3);
            client.ack(&id).await;
        }
        stat("/bin/echo", v);
        let mut v = vec![];
        for _ in 0..n {
            let t = Instant::now();
            std::process::Command::new("/bin/sh")
                .args(["-c", "true"])
                .stdout(std::process::Stdio::piped())
                .output()
                .unwrap();
            v.push(t.elapsed().as_secs_f64() * 1e3);
        }
        stat("plain sh -c true", v);
        let mut v = vec![];
        for _ in 0..n {
            let t = Instant::now();
            std::process::Command::new("/bin/true").output().unwrap();
            v.push(t.elapsed().as_secs_f64() * 1e3);
        }
        stat("plain true", v);
    }
    println!("rss after {} kB", supervisor.resident_kb());
    let t = Instant::now();
    client.sh("flood", "head -c 300000000 /dev/zero").await;
    println!("300MB {:?}", t.elapsed());
    println!("rss after flood {} kB", supervisor.resident_kb());
}
