//! The error block: what was tried, what was said, why, the smallest fix.

use super::{Style, Tone};
use crate::trouble::Trouble;

/// Width of the words on the left, with the indent.
const MARGIN: usize = 9;
/// Nothing is wrapped narrower than this.
const NARROWEST: usize = 40;

/// The lines of a block. After the line of the failed hop, what was tried stands there already.
pub(super) fn lines(style: Style, trouble: &Trouble, after_hop: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if after_hop {
        paragraph(style, &mut lines, "tried", std::slice::from_ref(&trouble.tried));
    } else {
        let place = match (&trouble.label, trouble.hop) {
            (Some(label), Some(hop)) if hop > 0 => format!("{label}, hop {hop}: "),
            (Some(label), _) => format!("{label}: "),
            _ => String::new(),
        };
        lines.push(format!("  {} {place}{}", style.paint(Tone::Bad, "✗"), trouble.tried));
        lines.push(String::new());
    }
    let said: Vec<String> =
        trouble.said.iter().flat_map(|said| said.lines().map(str::to_owned)).collect();
    paragraph(style, &mut lines, "said", &said);
    if let Some(id) = &trouble.request_id {
        let id = style.paint(Tone::Quiet, &format!("request {id}"));
        lines.push(format!("{}{id}", " ".repeat(MARGIN)));
    }
    paragraph(style, &mut lines, "why", &trouble.why);
    paragraph(style, &mut lines, "fix", &trouble.fix);
    paragraph(style, &mut lines, "more", trouble.explain.as_slice());
    lines
}

fn paragraph(style: Style, lines: &mut Vec<String>, word: &str, texts: &[String]) {
    let width = style.width.map(|width| width.saturating_sub(MARGIN).max(NARROWEST));
    let mut head = format!("  {}", style.paint(Tone::Strong, &super::padded(word, MARGIN - 2)));
    for text in texts {
        for line in wrapped(text, width) {
            lines.push(format!("{head}{line}"));
            head = " ".repeat(MARGIN);
        }
    }
}

/// Breaks at blanks; a word longer than the width (an ARN) stays whole, to be copied.
fn wrapped(text: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width.filter(|width| text.chars().count() > *width) else {
        return vec![text.to_owned()];
    };
    let indent: String = text.chars().take_while(|letter| *letter == ' ').collect();
    let mut lines = Vec::new();
    let mut line = indent.clone();
    for word in text.split_whitespace() {
        let full = line.chars().count() + word.chars().count() + 1 > width;
        if full && !line.trim().is_empty() {
            lines.push(std::mem::replace(&mut line, indent.clone()));
        }
        if !line.trim().is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}
