//! `container stats`: what containers use.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use clap::Args;
use proto::v1::{ContainerStats, ListContainersRequest, StatsRequest};

use crate::client::timed;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::frame::Frame;
use crate::render::{escape, words};
use crate::terminal;

/// A container that was not measured for so long is gone.
const FRESH: Duration = Duration::from_secs(3);

/// Measure containers.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agentctl container stats
  agentctl container stats S --stream
  agentctl -o json container stats | jq .memory_bytes

cpu is in percent of one core; memory is without the page cache. Network and disk are totals since the container's start.
With --stream a terminal shows one table that updates; elsewhere, and with -o json, each measurement is a line.")]
pub(crate) struct StatsArgs {
    /// The session's id, unique id prefix, or name; left out: all containers that run
    #[arg(add = complete::sessions())]
    session: Option<String>,
    /// Measure once a second until interrupted
    #[arg(long)]
    stream: bool,
}

pub(crate) async fn run(args: StatsArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let mut client = context.client().await?.sandboxes();
    let names = if context.ui.is_json() {
        BTreeMap::new()
    } else {
        let containers = client.list(timed(ListContainersRequest {})).await?.into_inner().containers;
        containers.into_iter().map(|container| (container.session, container.session_name)).collect()
    };
    let request = StatsRequest { session: args.session.unwrap_or_default(), stream: args.stream };
    let mut measurements = client.stats(request).await?.into_inner();
    let mut shown = Shown { names, latest: BTreeMap::new() };
    let mut frame = Frame::default();
    while let Some(measured) = measurements.message().await? {
        if context.ui.is_json() {
            context.ui.json(&measured)?;
        } else if !args.stream {
            shown.latest.insert(measured.session.clone(), (Instant::now(), measured));
        } else if context.ui.out_is_terminal() {
            let now = Instant::now();
            shown.latest.insert(measured.session.clone(), (now, measured));
            shown.latest.retain(|_, (at, _)| now.duration_since(*at) < FRESH);
            let (rows, columns) = terminal::size();
            let lines: Vec<String> = shown.table().lines().map(str::to_owned).collect();
            context.ui.out(&frame.draw(&lines, rows.into(), columns.into()))?;
        } else {
            context.ui.out_line(&shown.row(&measured).join("  "))?;
        }
    }
    if !args.stream && !context.ui.is_json() {
        if shown.latest.is_empty() {
            context.ui.note("no container runs")?;
        } else {
            context.ui.out(&shown.table())?;
        }
    }
    Ok(Exit::DONE)
}

/// The newest measurement of each container.
struct Shown {
    names: BTreeMap<String, String>,
    latest: BTreeMap<String, (Instant, ContainerStats)>,
}

impl Shown {
    fn table(&self) -> String {
        let headings = ["SESSION", "NAME", "CPU", "MEMORY", "PIDS", "NET IN / OUT", "DISK READ / WRITTEN"];
        let mut rows = vec![headings.map(str::to_owned)];
        rows.extend(self.latest.values().map(|(_, measured)| self.row(measured)));
        words::table(&rows)
    }

    fn row(&self, measured: &ContainerStats) -> [String; 7] {
        let both = |one, other| format!("{} / {}", words::bytes(one), words::bytes(other));
        [
            words::short_id(&measured.session),
            escape::line(self.names.get(&measured.session).map_or("", String::as_str)),
            format!("{:.1}%", measured.cpu_percent),
            memory(measured.memory_bytes, measured.memory_limit_bytes),
            measured.pids.to_string(),
            both(measured.network_rx_bytes, measured.network_tx_bytes),
            both(measured.block_read_bytes, measured.block_write_bytes),
        ]
    }
}

fn memory(used_bytes: u64, limit_bytes: u64) -> String {
    if limit_bytes == 0 {
        return words::bytes(used_bytes);
    }
    let percent = u128::from(used_bytes) * 100 / u128::from(limit_bytes);
    format!("{} / {} ({percent}%)", words::bytes(used_bytes), words::bytes(limit_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_are_readable() {
        let measured = ContainerStats {
            session: "0123456789abcdef".to_owned(),
            cpu_percent: 12.345,
            memory_bytes: 512 << 20,
            memory_limit_bytes: 2 << 30,
            pids: 3,
            network_rx_bytes: 1024,
            ..ContainerStats::default()
        };
        let names = [(measured.session.clone(), "fix".to_owned())].into();
        let latest = [(measured.session.clone(), (Instant::now(), measured))].into();
        assert_eq!(
            Shown { names, latest }.table(),
            "\
SESSION       NAME  CPU    MEMORY                 PIDS  NET IN / OUT  DISK READ / WRITTEN
0123456789ab  fix   12.3%  512 MiB / 2 GiB (25%)  3     1 KiB / 0 B   0 B / 0 B
"
        );
        assert_eq!(memory(u64::MAX, 0), "16384 PiB");
        assert_eq!(memory(u64::MAX, 1), format!("16384 PiB / 1 B ({}%)", u128::from(u64::MAX) * 100));
    }
}
