use proto::reason::Reason;

use super::testing::{Closed, streams};
use super::*;

#[test]
fn an_error_is_a_line_and_a_hint() {
    let (streams, out, err) = streams();
    let error = CommandError::new(Reason::SessionNotFound, "no session is named \u{1b}[2Jx").hinted("look at the list");
    let code = Ui::plain(streams, Format::Text).failure(&error);
    assert_eq!((code, out.text().as_str()), (5, ""));
    assert_eq!(err.text(), "error: no session is named \\x1b[2Jx\nhint: look at the list\n");
}

#[test]
fn an_error_is_an_object_for_scripts() {
    let (streams, _, err) = streams();
    let error = CommandError::new(Reason::SessionNotFound, "no such session");
    Ui::plain(streams, Format::Json).failure(&error);
    assert_eq!(
        err.text(),
        "{\"error\":{\"code\":\"SESSION_NOT_FOUND\",\"message\":\"no such session\",\"hint\":\"\"}}\n"
    );
}

#[test]
fn foreign_text_is_escaped_on_a_terminal_and_whole_in_a_file() {
    for (terminal, expected) in [(true, "a\\x1b[31mb\n"), (false, "a\u{1b}[31mb\n")] {
        let (mut streams, out, _) = streams();
        streams.out.terminal = terminal;
        Ui::plain(streams, Format::Text).out_foreign("a\u{1b}[31mb\n").unwrap();
        assert_eq!(out.text(), expected);
    }
}

#[test]
fn a_closed_pipe_is_quiet() {
    let (mut streams, _, err) = streams();
    streams.out.sink = Box::new(Closed);
    let mut ui = Ui::plain(streams, Format::Text);
    let error = ui.out_line("text").unwrap_err();
    assert_eq!(ui.failure(&error), 141);
    assert_eq!(err.text(), "");
}
