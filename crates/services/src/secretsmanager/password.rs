//! GetRandomPassword.

use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

/// Characters when the caller does not say.
const DEFAULT_LENGTH: usize = 32;
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const NUMBERS: &str = "0123456789";
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PasswordInput {
    password_length: Option<usize>,
    #[serde(default)]
    exclude_characters: String,
    #[serde(default)]
    exclude_numbers: bool,
    #[serde(default)]
    exclude_punctuation: bool,
    #[serde(default)]
    exclude_uppercase: bool,
    #[serde(default)]
    exclude_lowercase: bool,
    #[serde(default)]
    include_space: bool,
    require_each_included_type: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Password {
    random_password: String,
}

impl PasswordInput {
    /// The characters of each type that may occur; types without any are left out.
    fn types(&self) -> Vec<String> {
        let types = [
            (UPPER, self.exclude_uppercase),
            (LOWER, self.exclude_lowercase),
            (NUMBERS, self.exclude_numbers),
            (PUNCTUATION, self.exclude_punctuation),
        ];
        let included = types.into_iter().filter(|(_, excluded)| !excluded);
        let left = included.map(|(all, _)| self.left_of(all));
        left.filter(|characters| !characters.is_empty()).collect()
    }

    fn left_of(&self, characters: &str) -> String {
        characters.chars().filter(|c| !self.exclude_characters.contains(*c)).collect()
    }
}

pub(super) fn access(_: &Cx, _: &PasswordInput) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("secretsmanager:GetRandomPassword")))
}

pub(super) fn generate(cx: &Cx, input: PasswordInput) -> Result<Password, Fault> {
    let refused = |text: &str| Err(Fault::new("InvalidParameterException", text).status(400));
    let types = input.types();
    let mut alphabet = types.concat();
    if input.include_space {
        alphabet.push_str(&input.left_of(" "));
    }
    if alphabet.is_empty() {
        return refused("The password has no characters left: all of them are excluded.");
    }
    let length = input.password_length.unwrap_or(DEFAULT_LENGTH);
    let each = input.require_each_included_type != Some(false);
    if each && length < types.len() {
        return refused("Password length is too short based on the required types.");
    }
    let has_each = |password: &str| {
        types.iter().all(|characters| password.contains(|c| characters.contains(c)))
    };
    // Drawing again until every type occurs keeps all passwords that are admitted equally likely.
    loop {
        let random_password = cx.world().text(alphabet.as_bytes(), length);
        if !each || has_each(&random_password) {
            return Ok(Password { random_password });
        }
    }
}
