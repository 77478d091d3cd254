//! Text to tokens. Knows no grammar; start at [`tokens`].

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, a function or a keyword.
    Word,
    /// `#name`.
    Name,
    /// `:value`.
    Value,
    /// Digits.
    Index,
    /// An operator, a bracket, a comma or a point.
    Symbol,
    /// What no expression has.
    Wrong,
    /// The end of the text.
    End,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) start: usize,
    pub(super) end: usize,
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Whether a key of the request's maps is a placeholder with this sign.
pub(super) fn is_placeholder(key: &str, sign: char) -> bool {
    let name = key.strip_prefix(sign).unwrap_or_default();
    !name.is_empty() && name.chars().all(is_word)
}

/// The tokens of a text, with one for its end.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let blank = rest.len() - rest.trim_start().len();
        if blank > 0 {
            at += blank;
            continue;
        }
        let (kind, length) = first(rest);
        let end = at + length;
        found.push(Token { kind, text: text.get(at..end).unwrap_or_default(), start: at, end });
        at = end;
    }
    found.push(Token { kind: Kind::End, text: "<EOF>", start: text.len(), end: text.len() });
    found
}

/// The kind and the bytes of the token at the head of a text.
fn first(rest: &str) -> (Kind, usize) {
    let run = |rest: &str, of: fn(char) -> bool| rest.len() - rest.trim_start_matches(of).len();
    let mut letters = rest.chars();
    let (head, next) = (letters.next().unwrap_or_default(), letters.next().unwrap_or_default());
    match head {
        '#' | ':' if is_word(next) => {
            let kind = if head == '#' { Kind::Name } else { Kind::Value };
            (kind, 1 + rest.get(1..).map_or(0, |name| run(name, is_word)))
        }
        '0'..='9' => (Kind::Index, run(rest, |c| c.is_ascii_digit())),
        c if is_word(c) => (Kind::Word, run(rest, is_word)),
        '<' if matches!(next, '=' | '>') => (Kind::Symbol, 2),
        '>' if next == '=' => (Kind::Symbol, 2),
        '=' | '<' | '>' | '(' | ')' | '[' | ']' | ',' | '.' | '+' | '-' => (Kind::Symbol, 1),
        other => (Kind::Wrong, other.len_utf8()),
    }
}
