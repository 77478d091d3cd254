//! Profiles from files in the form of `~/.aws/config` and `~/.aws/credentials`.
//!
//! Form: "Configuration and credential file settings" in the AWS CLI User Guide. Only what a
//! movement needs is read: keys, Region, endpoint. [`Profiles::get`] gives profiles that hold
//! keys; [`Profiles::session`] also those that come by them through a role or a process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use names::Region;

use crate::sources::Environment;
use crate::{ApiError, Keys, Secret, Session};

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
    /// A setting says nothing usable, or what it asks for did not work.
    #[error("profile `{name}`: {reason}")]
    Unusable {
        /// The profile.
        name: String,
        /// Why.
        reason: String,
    },
    /// The role of the profile was refused.
    #[error("profile `{name}` cannot assume its role: {error}")]
    Refused {
        /// The profile.
        name: String,
        /// What STS answered.
        error: ApiError,
    },
}

pub(crate) type Settings = BTreeMap<String, String>;

/// Every profile of a pair of files.
#[derive(Clone, Default)]
pub struct Profiles {
    sections: BTreeMap<String, Settings>,
    /// What the process's environment says, which goes over the files.
    environment: Environment,
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
            found |= profiles.add_file(path)?;
        }
        if found {
            Ok(profiles)
        } else {
            let absent = std::io::Error::from(std::io::ErrorKind::NotFound);
            Err(unreadable(config, &absent))
        }
    }

    /// Adds a file; answers whether it is there.
    fn add_file(&mut self, path: &Path) -> Result<bool, ProfileError> {
        match std::fs::read_to_string(path) {
            Ok(text) => self.add(&text, &path.display().to_string()).map(|()| true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(unreadable(path, &error)),
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

    /// The profiles of the usual places: `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`, or
    /// `config` and `credentials` in `~/.aws`. `AWS_ENDPOINT_URL` and `AWS_REGION` (or
    /// `AWS_DEFAULT_REGION`) go over what profiles say, as in every SDK. `variable` reads the
    /// environment.
    ///
    /// # Errors
    /// [`ProfileError`] when a file is there and cannot be read, or a line is malformed.
    pub fn standard(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, ProfileError> {
        let home = variable("HOME").map(|home| PathBuf::from(home).join(".aws"));
        let place = |name: &str, file: &str| {
            let named = variable(name).filter(|path| !path.is_empty()).map(PathBuf::from);
            named.or_else(|| Some(home.as_ref()?.join(file)))
        };
        let mut profiles = Self { environment: Environment::read(variable), ..Self::default() };
        let config = place("AWS_CONFIG_FILE", "config");
        let credentials = place("AWS_SHARED_CREDENTIALS_FILE", "credentials");
        for path in [config, credentials].into_iter().flatten() {
            profiles.add_file(&path)?;
        }
        Ok(profiles)
    }

    /// The profile of this name, which must hold keys itself.
    ///
    /// # Errors
    /// [`ProfileError`] when it is unknown or holds no keys.
    pub fn get(&self, name: &str) -> Result<Profile, ProfileError> {
        let settings = self.settings(name)?;
        let Some(keys) = static_keys(settings) else {
            return Err(ProfileError::NoKeys { name: name.to_owned(), hint: hint(settings) });
        };
        let region = self.region_of(name, settings)?;
        Ok(Profile { name: name.to_owned(), region, endpoint: self.endpoint_of(settings), keys })
    }

    /// The names of all profiles.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        // `[services …]` and `[sso-session …]` are no profiles; their names have two words.
        self.sections.keys().filter(|name| !name.contains(' ')).map(String::as_str)
    }

    /// The settings of a profile.
    pub(crate) fn settings(&self, name: &str) -> Result<&Settings, ProfileError> {
        self.sections.get(name).ok_or_else(|| self.unknown(name))
    }

    /// Keys, Region and more that the environment itself holds.
    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    pub(crate) fn region_of(
        &self,
        name: &str,
        settings: &Settings,
    ) -> Result<Option<Region>, ProfileError> {
        let text = self.environment.region.as_ref().or_else(|| value(settings, "region"));
        text.map(|text| text.parse()).transpose().map_err(|error: names::NameError| {
            ProfileError::Unusable { name: name.to_owned(), reason: error.to_string() }
        })
    }

    pub(crate) fn endpoint_of(&self, settings: &Settings) -> Option<String> {
        let url = self.environment.endpoint.as_ref().or_else(|| value(settings, "endpoint_url"));
        url.map(|url| url.trim_end_matches('/').to_owned())
    }

    fn unknown(&self, name: &str) -> ProfileError {
        let names: Vec<&str> = self.names().collect();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        ProfileError::Unknown { name: name.to_owned(), known }
    }
}

/// A setting that says something.
pub(crate) fn value<'s>(settings: &'s Settings, key: &str) -> Option<&'s String> {
    settings.get(key).filter(|value| !value.is_empty())
}

/// The keys that stand in the files.
pub(crate) fn static_keys(settings: &Settings) -> Option<Keys> {
    Some(Keys {
        access_key_id: value(settings, "aws_access_key_id")?.clone(),
        secret_access_key: Secret::new(value(settings, "aws_secret_access_key")?.clone()),
        session_token: value(settings, "aws_session_token").cloned().map(Secret::new),
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> ProfileError {
    ProfileError::Unreadable { path: path.display().to_string(), reason: error.to_string() }
}

/// What a profile without keys holds instead.
pub(crate) fn hint(settings: &Settings) -> &'static str {
    if settings.contains_key("sso_session") || settings.contains_key("sso_start_url") {
        "; it signs in by SSO: export keys with `aws configure export-credentials` first"
    } else if settings.contains_key("role_arn") || settings.contains_key("credential_process") {
        "; role and process profiles are not read here: export keys with \
         `aws configure export-credentials` first"
    } else {
        ""
    }
}
