//! A reading of Rust text that is just good enough for size and lint rules: what is code, what is
//! test, and where functions begin and end.
//!
//! It is not a parser. Comments and the insides of literals are blanked first, so that counting
//! braces is safe; line numbers stay as they were. Start at [`Source::new`].

/// A source file, blanked and with its test parts known.
pub struct Source {
    /// The text with comments and the insides of literals replaced by spaces, line by line.
    pub lines: Vec<String>,
    /// Lines (from 0) that belong to a `#[cfg(test)]` item.
    tests: Vec<std::ops::Range<usize>>,
}

/// A function with a body.
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line of its `fn`, from 0.
    pub line: usize,
    /// Lines from `fn` to the closing brace.
    pub length: usize,
}

impl Source {
    /// Reads a file's text.
    pub fn new(text: &str) -> Self {
        let lines: Vec<String> = blank(text).lines().map(str::to_owned).collect();
        let tests = test_ranges(&lines);
        Self { lines, tests }
    }

    /// Whether a line (from 0) is inside a test module of this file.
    pub fn is_test(&self, line: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&line))
    }

    /// Every function with a body, tests included.
    pub fn functions(&self) -> Vec<Function> {
        let mut found = Vec::new();
        for (number, line) in self.lines.iter().enumerate() {
            let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_').peekable();
            while let Some(word) = words.next() {
                let named = words.peek().filter(|next| !next.is_empty());
                if let (true, Some(name)) = (word == "fn", named)
                    && let Some(end) = end_of_item(&self.lines, number, &format!("fn {name}"))
                {
                    found.push(Function {
                        name: (*name).to_owned(),
                        line: number,
                        length: end - number + 1,
                    });
                }
            }
        }
        found
    }
}

/// The lines of each item under `#[cfg(test)]` that has a body.
fn test_ranges(lines: &[String]) -> Vec<std::ops::Range<usize>> {
    let marks = lines.iter().enumerate().filter(|(_, line)| line.contains("#[cfg(test)]"));
    marks
        .filter_map(|(number, _)| {
            end_of_item(lines, number, "#[cfg(test)]").map(|end| number..end + 1)
        })
        .collect()
}

/// The last line of the item that starts with `mark` on line `start`: the line of the brace that
/// closes its first block, or nothing when the item ends with a semicolon.
fn end_of_item(lines: &[String], start: usize, mark: &str) -> Option<usize> {
    let mut brackets = 0_i32;
    let mut braces = 0_i32;
    for (number, line) in lines.iter().enumerate().skip(start) {
        let from = if number == start { line.find(mark)? + mark.len() } else { 0 };
        for c in line.get(from..)?.chars() {
            match c {
                '(' | '[' => brackets += 1,
                ')' | ']' => brackets -= 1,
                ';' if brackets == 0 && braces == 0 => return None,
                '{' => braces += 1,
                '}' => {
                    braces -= 1;
                    if braces == 0 && brackets == 0 {
                        return Some(number);
                    }
                }
                _ => {}
            }
        }
    }
    None
}

/// Replaces comments and the insides of string and character literals by spaces.
fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let end = literal_end(&chars, at);
        if end == at {
            out.push(c);
            at += 1;
            continue;
        }
        let inside = chars.get(at..end).unwrap_or_default();
        let edge = if c == '/' { ' ' } else { '"' };
        for (i, c) in inside.iter().enumerate() {
            let first_or_last = i == 0 || i + 1 == inside.len();
            out.push(if *c == '\n' {
                '\n'
            } else if first_or_last {
                edge
            } else {
                ' '
            });
        }
        at = end;
    }
    out
}

/// The end of the comment or literal that starts at `at`; `at` itself when none does.
fn literal_end(chars: &[char], at: usize) -> usize {
    let next = |n: usize| chars.get(at + n).copied().unwrap_or('\0');
    let follows_word =
        at > 0 && chars.get(at - 1).is_some_and(|c| c.is_alphanumeric() || *c == '_');
    match next(0) {
        '/' if next(1) == '/' => until(chars, at, |rest| rest.starts_with(&['\n']), 0),
        '/' if next(1) == '*' => until(chars, at + 2, |rest| rest.starts_with(&['*', '/']), 2),
        '"' => quoted_end(chars, at + 1, '"'),
        'r' if !follows_word && (next(1) == '"' || next(1) == '#') => raw_end(chars, at + 1, at),
        '\'' if next(1) == '\\' => quoted_end(chars, at + 1, '\''),
        '\'' if next(2) == '\'' => at + 3,
        _ => at,
    }
}

/// The first position from `at` where `done` holds, plus `beyond`; the end of the text otherwise.
fn until(chars: &[char], at: usize, done: impl Fn(&[char]) -> bool, beyond: usize) -> usize {
    let stops = (at..chars.len()).find(|i| chars.get(*i..).is_some_and(&done));
    stops.map_or(chars.len(), |stop| stop + beyond)
}

/// The position after the closing quote of a literal with escapes.
fn quoted_end(chars: &[char], mut at: usize, quote: char) -> usize {
    while let Some(&c) = chars.get(at) {
        match c {
            '\\' => at += 2,
            _ if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// The position after a raw string whose `#`s or quote start at `at`; `none` when it is no string.
fn raw_end(chars: &[char], at: usize, none: usize) -> usize {
    let hashes = chars.iter().skip(at).take_while(|c| **c == '#').count();
    if chars.get(at + hashes) != Some(&'"') {
        return none;
    }
    let mut close = vec!['"'];
    close.extend(std::iter::repeat_n('#', hashes));
    until(chars, at + hashes + 1, |rest| rest.starts_with(&close), close.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, functions: &[(&str, usize)]) {
        let found: Vec<(String, usize)> =
            Source::new(text).functions().into_iter().map(|f| (f.name, f.length)).collect();
        let expected: Vec<(String, usize)> =
            functions.iter().map(|(name, length)| ((*name).to_owned(), *length)).collect();
        assert_eq!(found, expected, "in {text}");
    }

    #[test]
    fn functions_are_measured_through_literals_and_comments() {
        check("fn a() {}", &[("a", 1)]);
        check("fn a() {\n  let s = \"}\";\n}\nfn b() {\n}", &[("a", 3), ("b", 2)]);
        check("fn a() { // }\n /* } */ let c = '}';\n}", &[("a", 3)]);
        check("fn a() {\n r#\"}\"} fn x() {\"#;\n '\\'';\n}", &[("a", 4)]);
        check("trait T {\n fn a(x: [u8; 2]);\n fn b<'a>(x: &'a str) {\n }\n}", &[("b", 2)]);
        check("type F = fn(u8) -> u8;\nconst fn c() -> F {\n todo\n}", &[("c", 3)]);
        check("fn a(x: usize) {\n  fn b() {\n }\n}", &[("a", 4), ("b", 2)]);
    }

    #[test]
    fn test_items_are_known_and_declarations_are_not_items() {
        let source = Source::new("a\n#[cfg(test)]\nmod tests {\n x\n}\nb");
        let tests: Vec<bool> = (0..6).map(|line| source.is_test(line)).collect();
        assert_eq!(tests, [false, true, true, true, true, false]);
        assert!(!Source::new("#[cfg(test)]\nmod tests;\nfn a() {}").is_test(2));
    }
}
