//! Texts of a shape, as short and as long as its constraints allow.
//!
//! A pattern is read as a regular expression and written out again: repetitions as often as the
//! length needs, classes by a character of theirs. Patterns with look-around (five of them) take
//! a candidate that fits the rest.

use regex_syntax::hir::{Class, Hir, HirKind, Literal};
use wire::{Constraints, Location, Shape};

use super::Fill;

/// Awkward in every protocol, and in headers.
const AWKWARD: &str = "a b&<>\"'é+%/=\n\t]]>𝄞#?;,";
const AWKWARD_HEADER: &str = "a b&<>\"'+%/=]]>#?;,z";
/// Where the model sets no limit, or one beyond what the place can carry, in characters.
const LONGEST: usize = 300;
const LONGEST_IN_BODY: usize = 20_000;
/// For patterns that cannot be read.
const CANDIDATES: [&str; 4] = ["abcdefgh", "alias/reader", "https://example.com", "d-1234567890"];

/// A text for a member at `location`.
pub fn of(shape: &Shape, location: Location, fill: Fill) -> String {
    let limits = shape.constraints();
    if let Some(value) = limits.values.last() {
        return value.clone();
    }
    let most = limits.max.map_or(LONGEST, |max| max as usize);
    let most =
        if location == Location::Body { most.min(LONGEST_IN_BODY) } else { most.min(LONGEST) };
    let least = limits.min.unwrap_or(0.0) as usize;
    let range = (least, most.max(least));
    if limits.pattern.is_none() {
        return plain(location, fill, range);
    }
    match limits.regex().and_then(|regex| regex_syntax::parse(regex.as_str()).ok()) {
        Some(pattern) => fitting(&pattern, limits, fill, range),
        None => CANDIDATES[0].to_owned(),
    }
}

fn plain(location: Location, fill: Fill, (least, most): (usize, usize)) -> String {
    let text = match location {
        Location::Header | Location::Headers => AWKWARD_HEADER,
        _ => AWKWARD,
    };
    let length = text.chars().count();
    // Spaces at the ends of a header are not its value's.
    let wished = if fill == Fill::Smallest { least.max(1) } else { most / length * length };
    let wished = if wished < least || wished == 0 { most } else { wished };
    let text: String = text.chars().cycle().take(wished).collect();
    let kept = text.trim_end();
    let cut = text.chars().count() - kept.chars().count();
    format!("{kept}{}", "z".repeat(cut))
}

/// The shortest or longest text of a pattern within the range; lengths grow with the repetitions.
fn fitting(
    pattern: &Hir,
    limits: &Constraints,
    fill: Fill,
    (least, most): (usize, usize),
) -> String {
    let made = |repetitions| {
        let mut text = String::new();
        write(pattern, repetitions, &mut text);
        text
    };
    let length = |text: &String| text.chars().count();
    let matches = |text: &String| limits.regex().is_some_and(|regex| regex.is_match(text));
    let mut fits = (0..=most)
        .map(made)
        .skip_while(|text| length(text) < least)
        .take_while(|text| length(text) <= most)
        .filter(matches);
    let first = fits.next();
    let last = (fill == Fill::Largest).then(|| longest(&made, most)).filter(matches);
    let fallback = || CANDIDATES.map(str::to_owned).into_iter().find(matches);
    last.or(first).or_else(fallback).unwrap_or_default()
}

/// The longest of at most `most` characters: by halving, as every text is made anew.
fn longest(made: &impl Fn(usize) -> String, most: usize) -> String {
    let (mut low, mut high) = (0, most + 1);
    while low + 1 < high {
        let middle = usize::midpoint(low, high);
        if made(middle).chars().count() <= most {
            low = middle;
        } else {
            high = middle;
        }
    }
    made(low)
}

fn write(pattern: &Hir, repetitions: usize, text: &mut String) {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(Literal(bytes)) => text.push_str(&String::from_utf8_lossy(bytes)),
        HirKind::Class(class) => text.extend(one_of(class)),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.map_or(usize::MAX, |max| max as usize);
            for _ in 0..repetitions.clamp(repetition.min as usize, most) {
                write(&repetition.sub, repetitions, text);
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, repetitions, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, repetitions, text)),
        HirKind::Alternation(branches) => {
            branches.first().into_iter().for_each(|branch| write(branch, repetitions, text));
        }
    }
}

/// A letter or digit where the class has one, as other characters may mean something.
fn one_of(class: &Class) -> Option<char> {
    let Class::Unicode(class) = class else { return None };
    let has = |c: &char| class.iter().any(|range| (range.start()..=range.end()).contains(c));
    let first = || class.iter().next().map(|range| range.start());
    "a1A/".chars().find(has).or_else(first)
}
