use proptest::prelude::*;

use super::*;

fn cut(pieces: &[&str], bytes_each: usize) -> Cut {
    let mut both = HeadTail::new(bytes_each);
    for piece in pieces {
        both.push(piece);
    }
    both.finish()
}

#[test]
fn what_fits_is_whole() {
    let whole = cut(&["one\n", "two\n", "three"], 8);
    assert_eq!(
        whole,
        Cut { head: "one\ntwo\nthree".to_owned(), tail: String::new(), omitted_bytes: 0, omitted_lines: 0 }
    );
    assert_eq!(cut(&[], 8).head, "");
}

#[test]
fn what_does_not_fit_is_cut_at_line_ends() {
    let text: String = (1..=100).map(|n| format!("line {n}\n")).collect();
    let found = cut(&[&text], 20);
    assert_eq!((found.head.as_str(), found.tail.as_str()), ("line 1\nline 2\n", "line 99\nline 100\n"));
    assert_eq!(found.omitted_lines, 96);
    assert_eq!(found.omitted_bytes, (text.len() - found.head.len() - found.tail.len()) as u64);
}

#[test]
fn one_endless_line_is_cut_between_characters() {
    let found = cut(&["é".repeat(1000).as_str()], 11);
    assert_eq!((found.head.as_str(), found.tail.as_str()), ("ééééé", "ééééé"));
    assert_eq!((found.omitted_bytes, found.omitted_lines), (1980, 0));
}

#[test]
fn memory_is_bounded_whatever_comes() {
    let mut both = HeadTail::new(100);
    for _ in 0..10_000 {
        both.push("0123456789\n");
        assert!(both.head.len() + both.tail.len() <= 300);
    }
    both.push(&"x".repeat(1_000_000));
    assert!(both.tail.len() <= 300 && both.tail.capacity() < 1000);
}

#[test]
fn lines_are_whole_and_counted() {
    let mut lines = Lines::new(10);
    for line in ["abc", "defg", "h", "i"] {
        lines.push(line);
    }
    assert_eq!((lines.taken(), lines.dropped()), (2, 2));
    assert_eq!(lines.into_text(), "abc\ndefg\n");
}

#[test]
fn a_long_line_is_cut_and_says_so() {
    assert_eq!(line_cut_at("abc", 3), "abc");
    assert_eq!(line_cut_at("aéb", 2), "a… [line cut at 2 bytes]");
    assert_eq!(tail_of("one\ntwo\nthree\n", 8), "three\n");
    assert_eq!(tail_of("one", 8), "one");
}

proptest! {
    #[test]
    fn both_ends_are_ends_and_bounded_and_nothing_is_miscounted(
        pieces in prop::collection::vec("[aé€😀\n]{0,40}", 0..20), bytes_each in 4_usize..60,
    ) {
        let text: String = pieces.concat();
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        let found = cut(&pieces, bytes_each);
        prop_assert!(text.starts_with(&found.head) && text.ends_with(&found.tail));
        let shown = found.head.len() + found.tail.len();
        prop_assert!(shown <= 2 * bytes_each);
        prop_assert_eq!(shown as u64 + found.omitted_bytes, text.len() as u64);
        let omitted = &text[found.head.len()..text.len() - found.tail.len()];
        prop_assert_eq!(found.omitted_lines, newlines(omitted));
        if found.omitted_bytes > 0 {
            prop_assert!(text.len() + 6 >= 2 * bytes_each, "cut without need");
            // Whole lines, unless a single line is longer than an end.
            prop_assert!(found.head.ends_with('\n') || !found.head.contains('\n'));
            prop_assert!(found.head.len() <= bytes_each && found.tail.len() <= bytes_each);
        } else {
            prop_assert_eq!(&found.head, &text);
        }
    }

    #[test]
    fn what_was_cut_is_never_cut_again(text in "[a\n]{0,300}", bytes_each in 4_usize..60) {
        let once = cut(&[&text], bytes_each);
        let shown = format!("{}{}", once.head, once.tail);
        let twice = cut(&[&shown], bytes_each);
        prop_assert_eq!(twice.omitted_bytes, 0);
        prop_assert_eq!(twice.head, shown);
    }

    #[test]
    fn pieces_make_no_difference(text in "[aé\n]{0,200}", at in 0_usize..200, bytes_each in 4_usize..40) {
        let at = text.floor_char_boundary(at);
        prop_assert_eq!(cut(&[&text[..at], &text[at..]], bytes_each), cut(&[&text], bytes_each));
    }
}
