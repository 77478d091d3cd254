//! Profiles from files in the form of `~/.aws/config` and `~/.aws/credentials`.
//!
//! Form: "Configuration and credential file settings" in the AWS CLI User Guide. Only what a
//! movement needs is read: keys, Region, endpoint. Role, SSO and process profiles are refused in
//! words, because guessing at credentials is worse than asking for them.

use std::collections::BTreeMap;
use std::path::Path;

use names::Region;

use crate::{Keys, Secret, Session};

/// One account's way in.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The name the movement file uses.
    pub name: String,
    /// The default Region.
    pub region: Option<Region>,
    /// `endpoint_url`, for a platform of one's own.
    pub endpoint: Option<String>,
    /// The keys.
    pub keys: Keys,
}

impl Profile {
    /// A session of this profile in a Region.
    pub fn session(&self, region: Region) -> Session {
        Session {
            label: self.name.clone(),
            keys: self.keys.clone(),
            region,
            endpoint: self.endpoint.clone(),
        }
    }
}

/// Why profiles cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// A file could not be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// A line is neither a section, a setting nor a comment.
    #[error("{path}:{line}: expected `name = value` or `[section]`")]
    Malformed {
        /// The file.
        path: String,
        /// From 1.
        line: usize,
    },
    /// No such profile.
    #[error("profile `{name}` is not in the AWS configuration; it has {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The profile has no keys.
    #[error("profile `{name}` holds no access keys{hint}")]
    NoKeys {
        /// The profile.
        name: String,
        /// What it holds instead.
        hint: &'static str,
    },
    /// The Region is not one.
    #[error("profile `{name}`: {reason}")]
    BadRegion {
        /// The profile.
        name: String,
        /// Why.
        reason: String,
    },
}

type Settings = BTreeMap<String, String>;

/// Every profile of a pair of files.
#[derive(Clone, Default)]
pub struct Profiles {
    sections: BTreeMap<String, Settings>,
}

impl std::fmt::Debug for Profiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.sections.keys()).finish()
    }
}

impl Profiles {
    /// Reads both files; a missing one counts as empty when the other exists.
    ///
    /// # Errors
    /// [`ProfileError`] when neither can be read or a line is malformed.
    pub fn load(config: &Path, credentials: &Path) -> Result<Self, ProfileError> {
        let mut profiles = Self::default();
        let mut found = false;
        for path in [config, credentials] {
            match std::fs::read_to_string(path) {
                Ok(text) => {
                    found = true;
                    profiles.add(&text, &path.display().to_string())?;
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(unreadable(path, &error)),
            }
        }
        if found {
            Ok(profiles)
        } else {
            let absent = std::io::Error::from(std::io::ErrorKind::NotFound);
            Err(unreadable(config, &absent))
        }
    }

    /// Adds the sections of one file's text; later settings win.
    ///
    /// # Errors
    /// [`ProfileError::Malformed`].
    pub fn add(&mut self, text: &str, path: &str) -> Result<(), ProfileError> {
        let mut section = String::new();
        for (index, raw) in text.lines().enumerate() {
            let line = raw.trim();
            let nested = raw.starts_with([' ', '\t']);
            if line.is_empty() || line.starts_with(['#', ';']) || nested {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                let name = name.trim();
                section = name.strip_prefix("profile ").unwrap_or(name).trim().to_owned();
                self.sections.entry(section.clone()).or_default();
            } else if let Some((key, value)) = line.split_once('=') {
                let settings = self.sections.entry(section.clone()).or_default();
                settings.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
            } else {
                return Err(ProfileError::Malformed { path: path.to_owned(), line: index + 1 });
            }
        }
        Ok(())
    }

    /// The profile of this name.
    ///
    /// # Errors
    /// [`ProfileError`] when it is unknown or holds no keys.
    pub fn get(&self, name: &str) -> Result<Profile, ProfileError> {
        let settings = self.sections.get(name).ok_or_else(|| self.unknown(name))?;
        let take = |key: &str| settings.get(key).filter(|value| !value.is_empty());
        let (Some(id), Some(secret)) = (take("aws_access_key_id"), take("aws_secret_access_key"))
        else {
            return Err(ProfileError::NoKeys { name: name.to_owned(), hint: hint(settings) });
        };
        let region = take("region").map(|text| text.parse::<Region>()).transpose();
        let region = region.map_err(|error| ProfileError::BadRegion {
            name: name.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Profile {
            name: name.to_owned(),
            region,
            endpoint: take("endpoint_url").map(|url| url.trim_end_matches('/').to_owned()),
            keys: Keys {
                access_key_id: id.clone(),
                secret_access_key: Secret::new(secret.clone()),
                session_token: take("aws_session_token").cloned().map(Secret::new),
            },
        })
    }

    fn unknown(&self, name: &str) -> ProfileError {
        let names: Vec<&str> = self.sections.keys().map(String::as_str).collect();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        ProfileError::Unknown { name: name.to_owned(), known }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> ProfileError {
    ProfileError::Unreadable { path: path.display().to_string(), reason: error.to_string() }
}

fn hint(settings: &Settings) -> &'static str {
    if settings.contains_key("sso_session") || settings.contains_key("sso_start_url") {
        "; it signs in by SSO: export keys with `aws configure export-credentials` first"
    } else if settings.contains_key("role_arn") || settings.contains_key("credential_process") {
        "; role and process profiles are not read: export keys with \
         `aws configure export-credentials` first"
    } else {
        ""
    }
}
