//! Parts that need no file; whole files are read back in `unload::tests::columnar`.

use super::dictionary::{Dictionary, push_packed};
use super::schema::decimal_length;

#[test]
fn decimals_take_the_least_bytes_that_hold_their_digits() {
    let expected = [
        1, 1, 2, 2, 3, 3, 4, 4, 4, 5, 5, 6, 6, 6, 7, 7, 8, 8, 9, 9, 9, 10, 10, 11, 11, 11, 12, 12,
        13, 13, 13, 14, 14, 15, 15, 16, 16, 16,
    ];
    for (precision, length) in (1u8..).zip(expected) {
        assert_eq!(decimal_length(precision), length, "precision {precision}");
    }
}

#[test]
fn a_dictionary_gives_up_when_most_values_are_new() {
    let mut dictionary = Dictionary::new();
    for n in 0..40_000u32 {
        let value = format!("value {}", n % 4_000);
        assert_eq!(dictionary.index(value.as_bytes()), Some(n % 4_000));
    }
    assert_eq!(dictionary.value(3_999), b"value 3999");
    let mut unique = Dictionary::new();
    let accepted = (0..100_000u32).take_while(|n| unique.index(&n.to_le_bytes()).is_some());
    assert!(accepted.count() < 10_000);
}

#[test]
fn packed_numbers_have_the_width_of_the_largest() {
    for (indices, count, expected) in [
        (vec![0, 0, 0], 1, vec![0, 6]),
        (vec![0, 1, 2], 3, vec![2, 3, 0b10_0100, 0]),
        (vec![5; 9], 8, vec![3, 5, 0x6d, 0xdb, 0xb6, 5, 0, 0]),
    ] {
        let mut out = Vec::new();
        push_packed(&mut out, &indices, count);
        assert_eq!(out, expected);
    }
}
