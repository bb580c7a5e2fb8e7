//! A daemon that plays a script, and agentctl run against it in this process.

mod daemon;

mod sandbox;

pub(crate) use daemon::{Daemon, Script, Then};

use std::ffi::OsString;

use proto::v1::event::Data;
use proto::v1::{Approval, Event, MessageDone, TextDelta, TurnFinished, TurnStarted, TurnStatus};
use tokio::sync::mpsc::unbounded_channel;

use crate::environment::Environment;
use crate::repl::input::{Input, Line};
use crate::turn::interrupts::Interrupts;
use crate::ui::testing::streams;

pub(crate) const SESSION: &str = "0123456789abcdef0123456789abcdef";

/// How a command ended and what it printed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// What a terminal shows of stdout in the end.
    pub(crate) fn screen(&self) -> String {
        let mut terminal = vt100::Parser::new(200.try_into().unwrap(), 80.try_into().unwrap(), 0);
        terminal.process(self.out.replace('\n', "\r\n").as_bytes());
        let rows: Vec<String> = terminal.screen().rows(0, 80).collect();
        rows.iter().map(|row| row.trim_end()).collect::<Vec<_>>().join("\n").trim_end().to_owned()
    }
}

/// A command line and its surroundings.
pub(crate) struct Run {
    words: Vec<OsString>,
    environment: Environment,
    written: [crate::ui::testing::Written; 2],
}

/// A command against a daemon; nothing is a terminal.
pub(crate) fn agentctl(daemon: &Daemon, words: &[&str]) -> Run {
    let (streams, out, err) = streams();
    let state = daemon.directory().to_owned();
    let environment = Environment {
        streams,
        config: Some(state.join("config.toml")),
        socket: Some(daemon.socket()),
        state: Some(state),
        agentd_bin: None,
        path: None,
        no_color: true,
        interrupts: Interrupts::Given(unbounded_channel().1),
        person: None,
    };
    let words = ["agentctl", "--no-autostart"].iter().chain(words).map(OsString::from).collect();
    Run { words, environment, written: [out, err] }
}

impl Run {
    /// With this on standard input.
    pub(crate) fn input(mut self, text: &str) -> Self {
        self.environment.streams.input = Box::new(std::io::Cursor::new(text.as_bytes().to_vec()));
        self
    }

    /// At a terminal, where a person types these lines.
    pub(crate) fn person(mut self, lines: &[&str]) -> Self {
        let streams = &mut self.environment.streams;
        streams.input_terminal = true;
        streams.out.terminal = true;
        streams.err.terminal = true;
        let lines = lines.iter().map(|line| Line::Text((*line).to_owned())).collect();
        self.environment.person = Some(Input::scripted(lines));
        self
    }

    /// With Ctrl-C pressed so often, as soon as something is followed.
    pub(crate) fn interrupted(mut self, times: usize) -> Self {
        let (press, interrupts) = unbounded_channel();
        for _ in 0..times {
            press.send(()).unwrap();
        }
        self.environment.interrupts = Interrupts::Given(interrupts);
        self
    }

    /// Allowed to start this program as agentd.
    pub(crate) fn agentd(mut self, program: &std::path::Path) -> Self {
        self.words.retain(|word| word != "--no-autostart");
        self.environment.agentd_bin = Some(program.to_owned());
        self
    }

    /// To its end.
    pub(crate) fn ran(self) -> Ran {
        let code = crate::run(self.words, self.environment);
        let [out, err] = self.written.map(|written| written.text());
        Ran { code, out, err }
    }
}

pub(crate) fn row(seq: u64, data: Data) -> Event {
    Event {
        v: 1,
        session: SESSION.into(),
        turn: 1,
        seq: Some(seq),
        time: "2026-01-02T03:04:05Z".into(),
        data: Some(data),
        ..Event::default()
    }
}

pub(crate) fn started(seq: u64) -> Event {
    row(seq, Data::TurnStarted(TurnStarted { message: "do it".into(), ..TurnStarted::default() }))
}

pub(crate) fn delta(attempt: u32, offset: u64, text: &str) -> Event {
    let data = Data::TextDelta(TextDelta { text: text.into() });
    Event { seq: None, attempt: Some(attempt), offset: Some(offset), ..row(0, data) }
}

pub(crate) fn message(seq: u64, text: &str) -> Event {
    row(seq, Data::MessageDone(MessageDone { step: 1, text: text.into() }))
}

pub(crate) fn finished(seq: u64, status: TurnStatus, exit_code: u32) -> Event {
    let waiting = if status == TurnStatus::Interrupted { vec!["call_1".to_owned()] } else { Vec::new() };
    let data = TurnFinished { status: status.into(), exit_code, steps: 1, waiting, ..TurnFinished::default() };
    row(seq, Data::TurnFinished(data))
}

pub(crate) fn approval(call: &str) -> Approval {
    Approval {
        session: SESSION.into(),
        turn: 1,
        call: call.into(),
        tool: "execute".into(),
        arguments: r#"{"command":"make test"}"#.into(),
        digest: format!("digest of {call}"),
        requested_at: "2026-01-02T03:04:05Z".into(),
        ..Approval::default()
    }
}
