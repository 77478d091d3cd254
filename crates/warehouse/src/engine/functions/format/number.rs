//! `TO_CHAR` of a number and `TO_NUMBER` (Redshift guide, SQL functions › Numeric format strings).

use super::pattern::Case;
use super::roman::roman;
use super::time::ending;
use super::{Answer, Refusal, unknown};

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// `9`, or `0` for a digit that is always written.
    Digit { zero: bool },
    /// `D` or a point.
    Point,
    /// `G` or a comma.
    Group,
    /// `S`: the sign beside the number.
    Sign,
    /// `SG`: plus or minus here.
    SignHere,
    /// `MI`: a minus here.
    Minus,
    /// `PL`: a plus here.
    Plus,
    /// `PR`: a negative number in angle brackets.
    Brackets,
    /// `L`: the currency symbol.
    Currency,
    /// `TH`.
    Ordinal(Case),
    /// A character that means itself.
    Plain(char),
}

/// A pattern and what it says about the whole number.
#[derive(Debug, Default)]
struct Pattern {
    pieces: Vec<Piece>,
    /// `FM`: neither blanks nor zeros that are not asked for.
    plain: bool,
    /// `RN`, `rn`.
    roman: Option<Case>,
    /// Digits behind `V`: the number is shifted by so many.
    shift: usize,
    /// Digits before the point.
    whole: usize,
    /// Digits behind it.
    decimals: usize,
}

/// Words of patterns, the longest first.
const WORDS: &[&str] = &["EEEE", "FM", "MI", "PL", "PR", "RN", "SG", "SP", "TH", "B", "V"];

impl Pattern {
    fn read(text: &str) -> Result<Self, Refusal> {
        let mut out = Self::default();
        let (mut rest, mut behind, mut shifts) = (text, false, false);
        while let Some(letter) = rest.chars().next() {
            if let Some(quoted) = rest.strip_prefix('"') {
                let (inside, after) = quoted.split_once('"').unwrap_or((quoted, ""));
                out.pieces.extend(inside.chars().map(Piece::Plain));
                rest = after;
                continue;
            }
            let word = WORDS.iter().find(|word| {
                rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
            });
            let length = word.map_or(letter.len_utf8(), |word| word.len());
            let (head, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
            rest = after;
            if let Some(word) = word {
                match *word {
                    "V" => shifts = true,
                    word => out.word(word, head, text)?,
                }
                continue;
            }
            let piece = match letter.to_ascii_uppercase() {
                '9' => Piece::Digit { zero: false },
                '0' => Piece::Digit { zero: true },
                '.' | 'D' => Piece::Point,
                ',' | 'G' => Piece::Group,
                'S' => Piece::Sign,
                'L' => Piece::Currency,
                _ => Piece::Plain(letter),
            };
            match piece {
                Piece::Point if behind => {
                    return Err(Refusal::new("42601", "multiple decimal points"));
                }
                Piece::Point => behind = true,
                Piece::Digit { .. } if behind => out.decimals = out.decimals.saturating_add(1),
                Piece::Digit { .. } => {
                    out.whole = out.whole.saturating_add(1);
                    out.shift = out.shift.saturating_add(usize::from(shifts));
                }
                _ => {}
            }
            out.pieces.push(piece);
        }
        Ok(out)
    }

    fn word(&mut self, word: &str, written: &str, pattern: &str) -> Result<(), Refusal> {
        let lower = written.chars().next().is_some_and(|c| c.is_ascii_lowercase());
        let case = if lower { Case::Lower } else { Case::Upper };
        match word {
            "FM" => self.plain = true,
            "MI" => self.pieces.push(Piece::Minus),
            "PL" => self.pieces.push(Piece::Plus),
            "PR" => self.pieces.push(Piece::Brackets),
            "RN" => self.roman = Some(case),
            "SG" => self.pieces.push(Piece::SignHere),
            "TH" => self.pieces.push(Piece::Ordinal(case)),
            _ => return Err(unknown(pattern)),
        }
        Ok(())
    }

    fn has(&self, wanted: &Piece) -> bool {
        self.pieces.contains(wanted)
    }

    /// The pattern itself says where the sign is.
    fn places_sign(&self) -> bool {
        let placed = [Piece::SignHere, Piece::Minus, Piece::Plus];
        placed.iter().any(|piece| self.has(piece))
    }
}

/// A number as its sign and digits.
struct Digits {
    negative: bool,
    whole: String,
    decimals: String,
}

impl Digits {
    /// Reads what the engine prints, rounded to so many decimals, after a shift to the left.
    fn read(text: &str, shift: usize, decimals: usize) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: String = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let point = i64::try_from(whole.len()).ok()?.checked_add(exponent)?;
        let point = point.checked_add(i64::try_from(shift).ok()?)?;
        let (whole, decimals) = placed(&all, point, decimals)?;
        let zero = whole.bytes().chain(decimals.bytes()).all(|byte| byte == b'0');
        Some(Self { negative: negative && !zero, whole, decimals })
    }
}

/// Digits with their point at a place, rounded half up to so many decimals.
fn placed(digits: &str, point: i64, decimals: usize) -> Option<(String, String)> {
    if point.abs() > 400 {
        return None;
    }
    let before = usize::try_from(point.checked_neg()?.max(0)).ok()?;
    let padded = "0".repeat(before) + digits;
    let point = usize::try_from(point.max(0)).ok()?;
    let kept = point.checked_add(decimals)?;
    let digit = |at: usize| padded.as_bytes().get(at).copied().unwrap_or(b'0');
    let mut out: Vec<u8> = (0..kept).map(digit).collect();
    let mut carry = digit(kept) >= b'5';
    for byte in out.iter_mut().rev() {
        if !carry {
            break;
        }
        carry = *byte == b'9';
        *byte = if carry { b'0' } else { byte.saturating_add(1) };
    }
    let text = String::from_utf8(out).ok()?;
    let text = if carry { format!("1{text}") } else { text };
    let (whole, fraction) = text.split_at_checked(text.len().checked_sub(decimals)?)?;
    Some((whole.trim_start_matches('0').to_owned(), fraction.to_owned()))
}

/// Writes a number by a pattern.
pub(super) fn to_char(number: &str, pattern: &str) -> Answer<String> {
    let pattern = Pattern::read(pattern)?;
    let wrong = || Refusal::new("22P02", format!("invalid input syntax for numeric: \"{number}\""));
    if let Some(case) = pattern.roman {
        let rounded = Digits::read(number, 0, 0).ok_or_else(wrong)?;
        let value = rounded.whole.parse().ok().filter(|_| !rounded.negative).and_then(roman);
        let text = value.map_or_else(|| "#".repeat(15), |value| case.write(&value));
        return Ok(Some(if pattern.plain { text } else { format!("{text:>15}") }));
    }
    let digits = Digits::read(number, pattern.shift, pattern.decimals).ok_or_else(wrong)?;
    Ok(Some(Writer::new(&pattern, &digits).write()))
}

/// Walks a pattern with the digits of one number.
struct Writer<'a> {
    pattern: &'a Pattern,
    digits: &'a Digits,
    /// The number has more digits than the pattern.
    too_long: bool,
    /// Digit places before the point that were passed.
    passed: usize,
    /// Decimals that were passed.
    decimal: usize,
    /// The first place that is written, from 0.
    first: usize,
    /// Decimals that are written.
    decimals: usize,
    started: bool,
    out: String,
}

impl<'a> Writer<'a> {
    fn new(pattern: &'a Pattern, digits: &'a Digits) -> Self {
        let too_long = digits.whole.len() > pattern.whole;
        let whole = pattern.pieces.iter().take_while(|piece| **piece != Piece::Point);
        let places = whole.filter(|piece| matches!(piece, Piece::Digit { .. }));
        let zero = places.clone().position(|piece| *piece == Piece::Digit { zero: true });
        // Zero itself is written where there are no decimals.
        let least = usize::from(pattern.decimals == 0 && pattern.whole > 0);
        let significant = pattern.whole.saturating_sub(digits.whole.len().max(least));
        let first = if too_long { 0 } else { zero.unwrap_or(pattern.whole).min(significant) };
        let mut out = Self {
            pattern,
            digits,
            too_long,
            passed: 0,
            decimal: 0,
            first,
            decimals: pattern.decimals,
            started: false,
            out: String::new(),
        };
        if pattern.plain {
            out.decimals = out.relevant_decimals();
        }
        out
    }

    /// Decimals up to the last that is not zero, or that the pattern's `0` keeps.
    fn relevant_decimals(&self) -> usize {
        let behind = self.pattern.pieces.iter().skip_while(|piece| **piece != Piece::Point);
        let places: Vec<&Piece> =
            behind.filter(|piece| matches!(piece, Piece::Digit { .. })).collect();
        let zeros = places.iter().rposition(|piece| **piece == Piece::Digit { zero: true });
        let digits = self.digits.decimals.trim_end_matches('0').len();
        digits.max(zeros.map_or(0, |at| at.saturating_add(1)))
    }

    fn write(mut self) -> String {
        let mut ends = true;
        for (index, piece) in self.pattern.pieces.iter().enumerate() {
            match piece {
                Piece::Digit { .. } => self.digit(),
                Piece::Point => self.point(),
                Piece::Group if self.started => self.out.push(','),
                Piece::Group => self.blank(),
                // Before the digits it is written with the first of them.
                Piece::Sign if index == self.sign_index() && !self.sign_leads() => {
                    self.out.push(self.sign());
                }
                Piece::Sign => {}
                Piece::SignHere => self.out.push(self.sign()),
                Piece::Minus if self.digits.negative => self.out.push('-'),
                Piece::Plus if !self.digits.negative => self.out.push('+'),
                Piece::Minus | Piece::Plus => self.blank(),
                Piece::Brackets => ends = true,
                Piece::Currency => self.out.push('$'),
                Piece::Ordinal(case) => self.ordinal(*case),
                Piece::Plain(letter) => self.out.push(*letter),
            }
        }
        if ends && self.pattern.has(&Piece::Brackets) {
            if self.digits.negative { self.out.push('>') } else { self.blank() }
        }
        self.out
    }

    fn sign(&self) -> char {
        if self.digits.negative { '-' } else { '+' }
    }

    fn sign_index(&self) -> usize {
        self.pattern.pieces.iter().position(|piece| *piece == Piece::Sign).unwrap_or(usize::MAX)
    }

    /// Whether `S` stands before the digits.
    fn sign_leads(&self) -> bool {
        let digit = |piece: &Piece| matches!(piece, Piece::Digit { .. } | Piece::Point);
        let first = self.pattern.pieces.iter().position(digit).unwrap_or(usize::MAX);
        self.sign_index() < first
    }

    fn blank(&mut self) {
        if !self.pattern.plain {
            self.out.push(' ');
        }
    }

    /// The sign that stands right before the first digit.
    fn start(&mut self) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        if self.pattern.has(&Piece::Sign) {
            if self.sign_leads() {
                self.out.push(self.sign());
            }
        } else if self.pattern.places_sign() {
            // Written where the pattern says.
        } else if self.pattern.has(&Piece::Brackets) {
            if self.digits.negative { self.out.push('<') } else { self.blank() }
        } else if self.digits.negative {
            self.out.push('-');
        } else {
            self.blank();
        }
    }

    fn digit(&mut self) {
        if self.passed < self.pattern.whole {
            let place = self.passed;
            self.passed = self.passed.saturating_add(1);
            if place < self.first {
                return self.blank();
            }
            self.start();
            let missing = self.pattern.whole.saturating_sub(self.digits.whole.len());
            let digit = place.checked_sub(missing).and_then(|at| self.digits.whole.chars().nth(at));
            self.out.push(if self.too_long { '#' } else { digit.unwrap_or('0') });
            return;
        }
        let place = self.decimal;
        self.decimal = self.decimal.saturating_add(1);
        if place < self.decimals {
            self.start();
            let digit = self.digits.decimals.chars().nth(place).unwrap_or('0');
            self.out.push(if self.too_long { '#' } else { digit });
        }
    }

    fn point(&mut self) {
        if self.pattern.plain && self.decimals == 0 && !self.started {
            // A number without any digit is shown as zero.
            self.start();
            self.out.push('0');
        }
        self.start();
        self.out.push('.');
    }

    fn ordinal(&mut self, case: Case) {
        if self.digits.negative || self.pattern.decimals > 0 {
            return;
        }
        let tail: String = self.digits.whole.chars().rev().take(2).collect();
        let tail: String = tail.chars().rev().collect();
        self.out.push_str(&case.write(ending(tail.parse().unwrap_or(0))));
    }
}

/// Reads a number written by a pattern; gives it as plain digits.
pub(super) fn to_number(text: &str, pattern: &str) -> Answer<String> {
    let pattern = Pattern::read(pattern)?;
    let wrong = || Refusal::new("22P02", format!("invalid input syntax for numeric: \"{text}\""));
    let mut reader = Reader { rest: text.trim_start(), ..Reader::default() };
    for piece in &pattern.pieces {
        reader.piece(piece);
    }
    reader.sign();
    if pattern.has(&Piece::Brackets) && text.trim_end().ends_with('>') {
        reader.negative = true;
    }
    if reader.whole.is_empty() && reader.decimals.is_empty() {
        return Err(wrong());
    }
    let sign = if reader.negative { "-" } else { "" };
    let shifted = reader.whole.len().saturating_sub(pattern.shift);
    if pattern.shift > 0 {
        let (whole, decimals) = reader.whole.split_at_checked(shifted).unwrap_or_default();
        return Ok(Some(format!("{sign}0{whole}.{decimals}")));
    }
    Ok(Some(format!("{sign}0{}.{}0", reader.whole, reader.decimals)))
}

/// A text read by a pattern.
#[derive(Default)]
struct Reader<'a> {
    rest: &'a str,
    negative: bool,
    whole: String,
    decimals: String,
    behind: bool,
}

impl Reader<'_> {
    fn piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Digit { .. } => self.digit(),
            Piece::Point => {
                self.behind |= self.accept('.');
            }
            Piece::Group => {
                self.accept(',');
            }
            Piece::Sign | Piece::SignHere | Piece::Minus | Piece::Plus => self.sign(),
            Piece::Currency => {
                self.accept('$');
            }
            Piece::Brackets | Piece::Ordinal(_) => {}
            Piece::Plain(letter) => {
                self.accept(*letter);
            }
        }
    }

    fn accept(&mut self, letter: char) -> bool {
        self.rest = self.rest.trim_start_matches(' ');
        match self.rest.strip_prefix(letter) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn sign(&mut self) {
        if self.accept('-') || self.accept('<') {
            self.negative = true;
        } else {
            self.accept('+');
        }
    }

    fn digit(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
        if self.whole.is_empty() && self.decimals.is_empty() {
            self.sign();
        }
        let mut letters = self.rest.chars();
        match letters.next() {
            Some(digit) if digit.is_ascii_digit() => {
                self.rest = letters.as_str();
                if self.behind { self.decimals.push(digit) } else { self.whole.push(digit) }
            }
            Some('.') if !self.behind => {
                self.rest = letters.as_str();
                self.behind = true;
                self.digit();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{to_char, to_number};

    #[test]
    fn numbers_by_patterns() {
        for (number, pattern, expect) in [
            ("-125.8", "999D99S", "125.80-"),
            ("125.8", "999D99S", "125.80+"),
            ("618.80", "rn", "          dcxix"),
            ("618.80", "l99999D99", "$   618.80"),
            ("-0.1", "99.99", "  -.10"),
            ("-0.1", "FM9.99", "-.1"),
            ("0.1", "0.9", " 0.1"),
            ("12", "9990999.9", "    0012.0"),
            ("12", "FM9990999.9", "0012."),
            ("485", "999", " 485"),
            ("-485", "999", "-485"),
            ("485", "9 9 9", " 4 8 5"),
            ("1485", "9,999", " 1,485"),
            ("1485", "9G999", " 1,485"),
            ("148.5", "999.999", " 148.500"),
            ("148.5", "FM999.999", "148.5"),
            ("148.5", "FM999.990", "148.500"),
            ("3148.5", "9G999D999", " 3,148.500"),
            ("-485", "999S", "485-"),
            ("-485", "999MI", "485-"),
            ("485", "999MI", "485 "),
            ("485", "FM999MI", "485"),
            ("485", "PL999", "+485"),
            ("485", "SG999", "+485"),
            ("-485", "SG999", "-485"),
            ("-485", "9SG99", "4-85"),
            ("-485", "999PR", "<485>"),
            ("485", "999PR", " 485 "),
            ("485", "FMRN", "CDLXXXV"),
            ("5.2", "FMRN", "V"),
            ("482", "999th", " 482nd"),
            ("485", "\"Good number:\"999", "Good number: 485"),
            ("12", "99V999", " 12000"),
            ("12.4", "99V999", " 12400"),
            ("12.45", "99V9", " 125"),
            ("1234", "99", " ##"),
            ("0", "99", "  0"),
            ("0", "9.9", "  .0"),
            ("1e+3", "9999", " 1000"),
            ("99.99", "99.9", " ##.#"),
            ("-7", "S99", " -7"),
        ] {
            assert_eq!(to_char(number, pattern), Ok(Some(expect.into())), "{number} {pattern}");
        }
    }

    #[test]
    fn texts_as_numbers() {
        for (text, pattern, expect) in [
            ("12,454.8-", "99G999D9S", Some("-012454.80")),
            ("12.345", "99D999", Some("012.3450")),
            ("$1,234", "L9,999", Some("01234.0")),
            ("<12>", "99PR", Some("-012.0")),
            ("x", "99", None),
        ] {
            assert_eq!(to_number(text, pattern).ok().flatten().as_deref(), expect, "{text}");
        }
    }
}
