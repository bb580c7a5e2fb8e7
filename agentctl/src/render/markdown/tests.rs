use proptest::prelude::*;

use super::stream::Stream;
use super::*;
use crate::render::region::Region;

fn plain(columns: usize) -> Layout {
    Layout { columns, colors: Palette::new(false) }
}

fn shown(source: &str, columns: usize) -> String {
    lines(source, plain(columns)).join("\n")
}

#[test]
fn blocks_as_they_look() {
    let source = "\
# Result

It **works**, see `main.rs` and\nthe [manual](https://example.org/m).

1. first
2. second
   - nested *item*
   - [x] done

> quoted
> twice

```rust
fn main() {
\tprintln!();
}
```

---
<b>raw</b> &amp; <https://example.org>
";
    assert_eq!(
        shown(source, 60),
        "\
# Result

It **works**, see `main.rs` and the manual
(https://example.org/m).

1. first
2. second
   • nested *item*
   • [x] done

│ quoted twice

rust
    fn main() {
        println!();
    }

────────────────────────────────────────

<b>raw</b> & https://example.org"
    );
}

#[test]
fn a_table_fits_the_width_there_is() {
    let source = "\
| name | 値段 | note |
|:-----|-----:|:----:|
| tea | 120 | green tea from a small farm in the hills |
| 珈琲 | 9 | ☕ |
";
    assert_eq!(
        shown(source, 60),
        "\
name │ 値段 │                   note
─────┼──────┼─────────────────────────────────────────
tea  │  120 │ green tea from a small farm in the hills
珈琲 │    9 │                    ☕"
    );
    assert_eq!(
        shown(source, 34),
        "\
name │ 値段 │         note
─────┼──────┼─────────────────────
tea  │  120 │   green tea from a
     │      │  small farm in the
     │      │        hills
珈琲 │    9 │          ☕"
    );
    assert_eq!(shown("| a | b | c |\n|-|-|-|\n| some words | other words | 3 |\n", 12).lines().next(), Some("a: some"));
}

#[test]
fn marks_are_colours_where_there_are_some() {
    let layout = Layout { columns: 40, colors: Palette::new(true) };
    assert_eq!(
        lines("**a *b*** `c` ~~d~~", layout),
        ["\u{1b}[1ma \u{1b}[0m\u{1b}[1;3mb\u{1b}[0m \u{1b}[36mc\u{1b}[0m \u{1b}[9md\u{1b}[0m"]
    );
}

#[test]
fn nothing_gets_past_the_escapes() {
    for source in [
        "&#27;[2J &#x9b;31m &#x202e;",
        "`\u{1b}[2J`",
        "```\u{1b}]0;x\u{7}\n\u{1b}[H\r\u{8}\n```",
        "[a](<\u{1b}[2J>) ![b](&#27;)",
        "| \u{1b}[2J | b |\n|-|-|\n| &#7; | c |",
        "    \u{9b}code",
        "<b \u{1b}[2J>",
        "# \u{200b}x\u{2066}",
    ] {
        let shown = lines(source, plain(40)).concat();
        assert!(!shown.is_empty() && shown == crate::render::escape::line(&shown), "{source:?} gave {shown:?}");
    }
}

/// What a terminal shows after a text came in these pieces.
fn screen(pieces: &[&str], layout: Layout, rows: u16) -> String {
    let mut terminal = vt100::Parser::new(rows.try_into().unwrap(), 80.try_into().unwrap(), 2000);
    let (mut stream, mut region) = (Stream::default(), Region::default());
    for piece in pieces {
        let change = stream.push(piece, layout, usize::from(rows) - 2);
        let frame = region.draw(&change.settled, &change.live, 80);
        assert!(frame.lines().all(|line| !line.contains('\u{7}')));
        terminal.process(frame.replace('\n', "\r\n").as_bytes());
    }
    let rest = stream.finish(layout);
    terminal.process(region.draw(&rest, &[], 80).replace('\n', "\r\n").as_bytes());
    all_rows(terminal)
}

/// The rows of a terminal, those that were scrolled off too.
fn all_rows(mut terminal: vt100::Parser) -> String {
    let mut rows = Vec::new();
    terminal.screen_mut().set_scrollback(usize::MAX);
    for back in (0..=terminal.screen().scrollback()).rev() {
        terminal.screen_mut().set_scrollback(back);
        let (height, _) = terminal.screen().size();
        let visible: Vec<String> = terminal.screen().rows(0, 80).collect();
        let keep = if back == 0 { usize::from(height.get()) } else { 1 };
        rows.extend(visible.into_iter().take(keep));
    }
    rows.iter().map(|row| row.trim_end()).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

const LONG: &str = "\
Intro with **strong** words and `code`, long enough to be broken at the end of a line of the terminal, once or twice.

- one
- two

  more of two
- 三つ目

| a | b |
|---|---|
| 1 | 漢字 |
| 2 | 👍 |

```sh
echo one
echo two
```
Last, with a [link](https://example.org).
";

#[test]
fn however_it_is_cut_the_screen_is_the_same_in_the_end() {
    let whole = lines(LONG, plain(79)).join("\n");
    assert_eq!(screen(&[LONG], plain(79), 24), whole);
    let cuts: Vec<usize> = LONG.char_indices().map(|(at, _)| at).chain([LONG.len()]).collect();
    let single: Vec<&str> = cuts.windows(2).map(|cut| &LONG[cut[0]..cut[1]]).collect();
    assert_eq!(screen(&single, plain(79), 24), whole);
}

#[test]
fn what_is_longer_than_the_screen_is_shown_once() {
    let paragraph = (0..400).map(|number| format!("word{number} ")).collect::<String>();
    let list = (0..60).map(|number| format!("- item {number}\n")).collect::<String>();
    let code = format!("```\n{}```\n", (0..60).map(|number| format!("line {number}\n")).collect::<String>());
    for source in [paragraph, list, code] {
        let pieces: Vec<&str> = source.split_inclusive(' ').collect();
        assert_eq!(screen(&pieces, plain(79), 10), lines(&source, plain(79)).join("\n"));
    }
}

proptest! {
    #[test]
    fn any_text_in_any_pieces_is_safe_and_fits(
        text in "([#>*`|~_\\-0-9. \n\t\\[\\]()!&;x漢👍\u{1b}\u{9b}\u{202e}<]|&#27;|```|\\| a \\|\n|-\\|-\n){0,120}",
        size in 1usize..7,
    ) {
        let (mut stream, mut region) = (Stream::default(), Region::default());
        let cuts: Vec<usize> = text.char_indices().map(|(at, _)| at).step_by(size).chain([text.len()]).collect();
        let mut settled = Vec::new();
        for cut in cuts.windows(2) {
            let change = stream.push(&text[cut[0]..cut[1]], plain(30), 8);
            prop_assert!(change.live.len() <= 8);
            region.draw(&change.settled, &change.live, 31);
            settled.extend(change.settled);
            for line in settled.iter().chain(&change.live) {
                prop_assert_eq!(line, &crate::render::escape::line(line));
            }
        }
        settled.extend(stream.finish(plain(30)));
        for line in &settled {
            prop_assert!(unicode_width::UnicodeWidthStr::width(line.as_str()) <= 30, "{:?} is too wide", line);
        }
    }
}
