//! Wildcards within one name. Pure.

/// What one name is matched against.
#[derive(Debug)]
pub(super) struct Wildcard {
    tokens: Vec<Token>,
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Character(char),
    /// `?`
    One,
    /// `*`
    Many,
    /// `[…]`
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Wildcard {
    /// Reads a wildcard; a backslash takes the next character as it is.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut tokens = Vec::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            tokens.push(match character {
                '*' if tokens.last() == Some(&Token::Many) => continue,
                '*' => Token::Many,
                '?' => Token::One,
                '[' => class(&mut characters)?,
                '\\' => Token::Character(characters.next().ok_or("nothing follows a backslash")?),
                character => Token::Character(character),
            });
        }
        Ok(Self { tokens })
    }

    /// Whether it begins with a dot.
    pub(super) fn begins_with_dot(&self) -> bool {
        self.tokens.first() == Some(&Token::Character('.'))
    }

    /// Whether it matches a whole name. It never takes more than (length of the name) × (length of this) steps.
    pub(super) fn matches(&self, name: &str) -> bool {
        let mut rest = name.chars();
        let mut token = 0;
        // The last `*`, and what was left when it had matched as little as it has so far.
        let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            let before = rest.clone();
            let matched = match (self.tokens.get(token), rest.next()) {
                (Some(Token::Many), _) => {
                    retry = Some((token, before.clone()));
                    rest = before;
                    true
                }
                (None, None) => return true,
                (Some(wanted), Some(character)) => wanted.accepts(character),
                _ => false,
            };
            if matched {
                token += 1;
                continue;
            }
            let Some((many, mut left)) = retry.take() else { return false };
            if left.next().is_none() {
                return false;
            }
            rest = left.clone();
            token = many + 1;
            retry = Some((many, left));
        }
    }
}

impl Token {
    fn accepts(&self, character: char) -> bool {
        match self {
            Self::Character(wanted) => *wanted == character,
            Self::One | Self::Many => true,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&character)) != *negated
            }
        }
    }
}

/// Reads what follows `[`, to its `]`. A `]` that comes first stands for itself.
fn class(characters: &mut std::str::Chars<'_>) -> Result<Token, &'static str> {
    const NOT_CLOSED: &str = "a bracket is not closed";
    let mut next = characters.next().ok_or(NOT_CLOSED)?;
    let negated = matches!(next, '!' | '^');
    if negated {
        next = characters.next().ok_or(NOT_CLOSED)?;
    }
    let mut ranges = Vec::new();
    loop {
        let low = if next == '\\' { characters.next().ok_or(NOT_CLOSED)? } else { next };
        next = characters.next().ok_or(NOT_CLOSED)?;
        let mut high = low;
        if next == '-' {
            next = characters.next().ok_or(NOT_CLOSED)?;
            if next == ']' {
                // A hyphen at the end stands for itself.
                ranges.push(('-', '-'));
            } else {
                high = next;
                next = characters.next().ok_or(NOT_CLOSED)?;
            }
        }
        ranges.push((low, high));
        if next == ']' {
            return Ok(Token::Class { negated, ranges });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(wildcard: &str, name: &str) -> bool {
        Wildcard::parse(wildcard).unwrap().matches(name)
    }

    #[test]
    fn wildcards_match_whole_names() {
        for (wildcard, yes, no) in [
            ("a*c", &["ac", "abc", "abcbc"][..], &["ab", "acd"][..]),
            ("*", &["", "é"], &[]),
            ("?", &["a", "é"], &["", "ab"]),
            ("[a-c]x", &["ax", "cx"], &["dx", "x"]),
            ("[!a-c]", &["d"], &["a", ""]),
            ("[]-]", &["]", "-"], &["a"]),
            ("[a-]", &["a", "-"], &["b"]),
            (r"\*", &["*"], &["a"]),
            ("*a*b*", &["ab", "xaxbx"], &["ba"]),
            ("*.tar.*", &["x.tar.gz", "a.b.tar.x"], &["x.tar"]),
        ] {
            for name in yes {
                assert!(matches(wildcard, name), "{wildcard} must match {name}");
            }
            for name in no {
                assert!(!matches(wildcard, name), "{wildcard} must not match {name}");
            }
        }
    }

    #[test]
    fn malformed_ones_are_refused() {
        for wrong in ["[", "[a", "[!", "[a-", r"a\", r"[\"] {
            assert!(Wildcard::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!matches(&"*a".repeat(1000), &"a".repeat(999)));
    }

    /// Straight from the definition.
    fn slow(wildcard: &[char], name: &[char]) -> bool {
        match (wildcard, name) {
            ([], []) => true,
            (['*', rest @ ..], _) => (0..=name.len()).any(|skipped| slow(rest, &name[skipped..])),
            (['?', rest @ ..], [_, name @ ..]) => slow(rest, name),
            ([wanted, rest @ ..], [character, name @ ..]) => wanted == character && slow(rest, name),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn it_is_what_the_definition_says(wildcard in "[ab*?]{0,8}", name in "[ab]{0,8}") {
            let characters: Vec<char> = wildcard.chars().collect();
            let expected = slow(&characters, &name.chars().collect::<Vec<_>>());
            prop_assert_eq!(matches(&wildcard, &name), expected);
        }

        #[test]
        fn no_text_makes_it_fail(wildcard in ".{0,20}", name in ".{0,20}") {
            if let Ok(wildcard) = Wildcard::parse(&wildcard) {
                wildcard.matches(&name);
            }
        }
    }
}
