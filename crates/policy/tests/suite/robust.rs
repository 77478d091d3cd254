//! Nothing that is handed in makes the engine panic: damaged lines get an answer, damaged
//! documents an error.

use crate::corpus;
use crate::generate;
use dice::Dice;
use policy::validate::{Place, validate};
use policy::{Document, explain};

const PLACES: [Place<'_>; 6] = [
    Place::Identity,
    Place::Session,
    Place::Trust,
    Place::Bucket("lake"),
    Place::Key,
    Place::Secret,
];

/// Replaces, removes or doubles a few characters.
fn damaged(text: &str, random: &mut Dice) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..1 + random.below(3) {
        let at = random.below(chars.len());
        match random.below(3) {
            0 => drop(chars.remove(at)),
            1 => {
                chars.insert(at, *random.pick(&['"', '{', '}', '[', '*', ':', '$', '\\', 'é', '0']))
            }
            _ => chars.swap(at, at / 2),
        }
    }
    chars.into_iter().collect()
}

#[test]
fn damaged_lines_are_answered() {
    let mut random = Dice::new(1);
    for case in corpus::cases() {
        for _ in 0..4 {
            let line = damaged(&case.vector.to_string(), &mut random);
            let answer = policy::vector::simulate_line(&line);
            assert!(serde_json::from_str::<serde_json::Value>(&answer).is_ok(), "{line}: {answer}");
            if let Ok(vector) = policy::vector::Vector::parse(&line) {
                let explanation = explain(&vector.request, &vector.policies).to_string();
                assert!(!explanation.is_empty());
            }
        }
    }
}

#[test]
fn damaged_documents_are_refused_or_read() {
    let mut random = Dice::new(2);
    for seed in 0..10_000 {
        let whole = generate::policy(&mut Dice::new(seed), seed % 2 == 0).to_string();
        let text = damaged(&whole, &mut random);
        let parsed = Document::parse(&text);
        for place in PLACES {
            // Whatever may be stored can be decided.
            assert!(validate(place, &text).is_err() || parsed.is_ok(), "{place:?}: {text}");
        }
    }
}

/// Parsing keeps the text, and reading it again gives the same statements.
#[test]
fn documents_keep_their_text() {
    for seed in 0..200 {
        let text = format!("{:#}", generate::policy(&mut Dice::new(seed), true));
        let document = Document::parse(&text).unwrap();
        assert_eq!(document.text(), text);
        for statement in document.statements() {
            let quote = document.quote(statement);
            let line = text.lines().nth(statement.position().line - 1).unwrap();
            assert!(quote.starts_with('{') && line.trim_start().starts_with('{'), "{quote}");
            assert!(serde_json::from_str::<serde_json::Value>(quote).is_ok(), "{quote}");
        }
    }
}
