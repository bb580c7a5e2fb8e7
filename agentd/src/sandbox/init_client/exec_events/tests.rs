use proptest::prelude::*;
use prost::Message as _;

use super::*;
use wire::exec_event::Event;

fn event(event: Event) -> wire::ExecEvent {
    wire::ExecEvent { event: Some(event) }
}

fn started() -> wire::ExecEvent {
    event(Event::Started(wire::ExecStarted { already: false }))
}

fn output(offset: u64, data: &'static [u8]) -> wire::ExecEvent {
    event(Event::Output(wire::ExecOutput { offset, data: Bytes::from_static(data) }))
}

fn exited(exited: wire::ExecExited) -> wire::ExecEvent {
    event(Event::Exited(exited))
}

#[test]
fn an_orderly_command_passes() {
    let mut order = Order::new(3, 100);
    assert_eq!(order.accept(started()).unwrap(), ExecEvent::Started { already: false });
    assert!(order.accept(output(3, b"abc")).is_ok());
    assert!(order.accept(output(6, b"d")).is_ok());
    let end = order.accept(exited(wire::ExecExited { exit_code: 7, signal: 0, ..Default::default() })).unwrap();
    assert!(matches!(end, ExecEvent::Exited(ExecEnd { exit_code: 7, signal: None, .. })));
    assert!(order.ended());
    assert!(order.accept(output(7, b"e")).is_err());
}

#[test]
fn gaps_repetitions_and_floods_are_refused() {
    for wrong in [output(0, b"x"), output(4, b"x"), output(3, b""), started()] {
        let mut order = Order::new(3, 5);
        order.accept(started()).unwrap();
        assert!(order.accept(wrong).is_err());
    }
    let mut order = Order::new(3, 5);
    order.accept(started()).unwrap();
    assert!(order.accept(output(3, b"xyz")).is_err(), "more than is kept");
    assert!(Order::new(0, 0).accept(output(0, b"x")).is_err(), "output before the start");
    assert!(Order::new(0, 0).accept(wire::ExecEvent { event: None }).is_err());
}

#[test]
fn an_end_that_cannot_be_is_refused() {
    let good = wire::ExecExited { exit_code: 255, signal: 9, output_path: "/run/x".to_owned(), ..Default::default() };
    assert_eq!(ExecEnd::checked(good.clone()).unwrap().signal, Some(9));
    for wrong in [
        wire::ExecExited { exit_code: 256, ..good.clone() },
        wire::ExecExited { exit_code: -1, ..good.clone() },
        wire::ExecExited { signal: 65, ..good.clone() },
        wire::ExecExited { output_path: "relative".to_owned(), ..good.clone() },
        wire::ExecExited { output_path: "/a\u{1b}[2J".to_owned(), ..good.clone() },
        wire::ExecExited { tail: Bytes::from(vec![0; PIECE_BYTES_MAX + 1]), ..good },
    ] {
        assert!(ExecEnd::checked(wrong).is_err());
    }
}

/// What a supervisor may say, in any order: much of it is right, so that long conversations come about.
fn said() -> impl Strategy<Value = wire::ExecEvent> {
    prop_oneof![
        3 => Just(started()),
        12 => (0_u64..40, proptest::collection::vec(any::<u8>(), 0..8)).prop_map(|(offset, data)| {
            event(Event::Output(wire::ExecOutput { offset, data: data.into() }))
        }),
        1 => (-300_i32..600, 0_u32..100, ".{0,20}").prop_map(|(exit_code, signal, output_path)| {
            exited(wire::ExecExited { exit_code, signal, output_path, ..Default::default() })
        }),
        2 => proptest::collection::vec(any::<u8>(), 0..60)
            .prop_map(|bytes| wire::ExecEvent::decode(bytes.as_slice()).unwrap_or_default()),
    ]
}

proptest! {
    /// Whatever a sandbox sends: what is let through is one start, output without a gap within what is kept, one end.
    #[test]
    fn nothing_out_of_order_passes(events in proptest::collection::vec(said(), 0..60), keep in 1_u64..64) {
        let mut order = Order::new(0, keep);
        let (mut starts, mut ends, mut bytes) = (0, 0, 0);
        for event in events {
            match order.accept(event) {
                Ok(ExecEvent::Started { .. }) => starts += 1,
                Ok(ExecEvent::Output { offset, data }) => {
                    prop_assert_eq!(offset, bytes);
                    bytes += data.len() as u64;
                    prop_assert!(starts == 1 && ends == 0 && bytes <= keep);
                }
                Ok(ExecEvent::Exited(end)) => {
                    ends += 1;
                    let plain = !end.output_path.contains(char::is_control);
                    prop_assert!(starts == 1 && plain && (0..=255).contains(&end.exit_code));
                }
                // The connection is given up at the first refusal.
                Err(_) => break,
            }
        }
        prop_assert!(starts <= 1 && ends <= 1 && ends <= starts);
    }
}
