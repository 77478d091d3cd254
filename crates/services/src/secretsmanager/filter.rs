//! Filters of ListSecrets and BatchGetSecretValue.

use serde::Deserialize;

use super::state::SecretRecord;

/// One filter. Any of its values will do, but every value behind a `!` must fail; several filters
/// must all hold.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Filter {
    key: Option<String>,
    #[serde(default)]
    values: Vec<String>,
}

impl Filter {
    /// Whether a secret passes ("Filter", Secrets Manager API Reference).
    pub(super) fn admits(&self, secret: &SecretRecord) -> bool {
        let key = self.key.as_deref().unwrap_or("all");
        let is_negated = |value: &&String| value.starts_with('!');
        let (negated, plain): (Vec<&String>, Vec<&String>) =
            self.values.iter().partition(is_negated);
        let fails = |value: &&String| !matches(secret, key, value.trim_start_matches('!'));
        let wanted = plain.is_empty() || plain.iter().any(|value| matches(secret, key, value));
        wanted && negated.iter().all(fails)
    }
}

/// Prefixes count; descriptions and `all` do not mind the case.
fn matches(secret: &SecretRecord, key: &str, wanted: &str) -> bool {
    let folded = wanted.to_lowercase();
    let starts = |text: &String| text.starts_with(wanted);
    match key {
        "name" => starts(&secret.name),
        "description" => {
            secret.description.iter().any(|text| text.to_lowercase().starts_with(&folded))
        }
        "tag-key" => secret.tags.keys().any(starts),
        "tag-value" => secret.tags.values().any(starts),
        "owning-service" => secret.owning_service.iter().any(starts),
        "all" => has_words(secret, &folded),
        // `primary-region`: only replicated secrets have one, and none are here.
        _ => false,
    }
}

/// Whether every word stands in some attribute of the secret.
fn has_words(secret: &SecretRecord, folded: &str) -> bool {
    let own = [Some(&secret.name), secret.description.as_ref(), secret.owning_service.as_ref()];
    let texts = own.into_iter().flatten().chain(secret.tags.keys()).chain(secret.tags.values());
    let texts: Vec<String> = texts.map(|text| text.to_lowercase()).collect();
    let stands = |word: &str| texts.iter().any(|text| text.contains(word));
    folded.split_whitespace().all(stands)
}
