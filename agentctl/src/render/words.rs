//! Small things in words: ids, sizes, times, arguments for a shell.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::escape;

/// How much of an id is enough to name a session in text.
const SHORT_ID_CHARS: usize = 12;

/// The beginning of an id.
pub(crate) fn short_id(id: &str) -> String {
    escape::line(&id.chars().take(SHORT_ID_CHARS).collect::<String>())
}

/// A size in the largest unit that keeps it readable: `1.5 GiB`.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    #[allow(clippy::cast_precision_loss)] // one decimal is shown
    let mut value = count as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let text = format!("{value:.1}");
    format!("{} {}", text.strip_suffix(".0").unwrap_or(&text), UNITS[unit])
}

/// A duration: `3 ms`, `1.2 s`, `2 min 5 s`.
pub(crate) fn duration_ms(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

/// An amount of money, given in millionths: `1.2346`. Which currency it is in, the user knows.
pub(crate) fn money(micros: u64) -> String {
    let parts = micros.saturating_add(50) / 100;
    format!("{}.{:04}", parts / 10_000, parts % 10_000)
}

/// Text cut to a number of characters, with an ellipsis where something is missing.
pub(crate) fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_owned(),
        Some(_) => text.chars().take(chars_max.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// Text of one line cut to a number of columns of the terminal, with an ellipsis where something is missing.
pub(crate) fn fit(text: &str, columns_max: usize) -> String {
    if text.width() <= columns_max {
        return text.to_owned();
    }
    let mut shown = String::new();
    let mut columns = 1;
    for c in text.chars() {
        columns += c.width().unwrap_or(0);
        if columns > columns_max {
            break;
        }
        shown.push(c);
    }
    shown + "…"
}

/// A count with its noun: `1 step`, `3 steps`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// One argument as a POSIX shell takes it back.
pub(crate) fn shell(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', "'\\''"))
}

/// Columns aligned with two spaces between them, one line a row. The cells are ours, or escaped already, without colour.
pub(crate) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, &width) in row.iter().zip(&widths) {
            line += &format!("{cell}{}  ", " ".repeat(width - cell.width()));
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times() {
        assert_eq!(
            [0, 1023, 1024, 1536, 2 << 30, u64::MAX].map(bytes),
            ["0 B", "1023 B", "1 KiB", "1.5 KiB", "2 GiB", "16384 PiB"]
        );
        assert_eq!(bytes((1 << 20) - 1), "1 MiB");
        assert_eq!([0, 999, 1_250, 125_000].map(duration_ms), ["0 ms", "999 ms", "1.2 s", "2 min 5 s"]);
    }

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!([cut("äöü", 3), cut("äöüß", 3), cut("", 3)], ["äöü", "äö…", ""]);
        assert_eq!([count(1, "step"), count(0, "step")], ["1 step", "0 steps"]);
    }

    #[test]
    fn text_is_cut_to_columns() {
        assert_eq!([fit("漢字", 4), fit("漢字かな", 6), fit("abc", 2), fit("abc", 3)], ["漢字", "漢字…", "a…", "abc"]);
    }

    #[test]
    fn a_shell_takes_back_what_was_quoted() {
        assert_eq!(shell("call_1"), "call_1");
        assert_eq!(shell(""), "''");
        for text in ["a b", "it's", "$(rm -rf /)", "`x`", "{\"a\":\"b\\n\"}", "a\nb", "--x;y", "ü", "~"] {
            let output =
                std::process::Command::new("sh").arg("-c").arg(format!("printf %s {}", shell(text))).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
        }
    }

    #[test]
    fn ids_are_shortened_and_never_trusted() {
        assert_eq!(short_id("0123456789abcdef0123456789abcdef"), "0123456789ab");
        assert_eq!(short_id("\u{1b}[2J"), "\\x1b[2J");
    }

    #[test]
    fn columns_line_up() {
        let rows = [["ID", "NAME", "STATUS"], ["1", "a longer name", ""]].map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows), "ID  NAME           STATUS\n1   a longer name\n");
        let wide = [["漢字", "x"], ["a", "👍"]].map(|row| row.map(str::to_owned));
        assert_eq!(table(&wide), "漢字  x\na     👍\n");
    }
}
