//! From flags, environment and file to a configuration: flags before environment before file before default.

use std::collections::HashMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::{fs, io};

use toml::de::{DeTable, DeValue};

use super::setting::Section;
use super::{Config, SETTINGS, Setting, ValueError};

/// Where the relay listens if it is not told.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9800);

/// The variable beside those of [`SETTINGS`]: the configuration file.
const FILE: &str = "SOTTO_RELAY_CONFIG";

/// What every variable of ours begins with.
const PREFIX: &str = "SOTTO_RELAY_";

/// Where a value was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// On the command line.
    Flag,
    /// In an environment variable.
    Environment,
    /// In the file.
    File {
        /// The line, from 1.
        line: usize,
    },
    /// Nowhere.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("command line"),
            Self::Environment => f.write_str("environment"),
            Self::File { line } => write!(f, "file, line {line}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {} cannot be read", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("{}, line {line}: not TOML", path.display())]
    NotToml {
        /// Which.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// What is wrong there.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// The file names something that is no setting.
    #[error("{}, line {line}: there is no setting {key:?}", path.display())]
    UnknownKey {
        /// Which.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// What it says.
        key: String,
    },
    /// A value is none.
    #[error("the setting {setting} ({origin})")]
    Value {
        /// Which.
        setting: &'static str,
        /// Where it was given.
        origin: Origin,
        /// What is wrong with it.
        #[source]
        source: ValueError,
    },
    /// A setting without a default was not given.
    #[error("the setting {setting} is missing")]
    Missing {
        /// Which.
        setting: &'static str,
    },
    /// A setting needs another.
    #[error("the setting {setting} needs {other}")]
    Needs {
        /// Which.
        setting: &'static str,
        /// What it needs.
        other: &'static str,
    },
    /// Two settings exclude each other.
    #[error("the settings {setting} and {other} exclude each other")]
    Excludes {
        /// One.
        setting: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A limit makes no sense.
    #[error(transparent)]
    Limit(#[from] super::LimitError),
}

/// What the program was given to make a configuration from.
#[derive(Debug, Default)]
pub struct Given {
    /// The flag `--config`.
    pub file: Option<PathBuf>,
    /// The other flags, by name.
    pub flags: HashMap<&'static str, Vec<String>>,
    /// The environment.
    pub environment: HashMap<String, String>,
}

/// A configuration, and where each of its values comes from.
#[derive(Debug)]
pub struct Effective {
    /// What it amounts to.
    pub config: Config,
    /// Environment variables that look like ours and are not. Not an error, since orchestrators make up such.
    pub unknown_variables: Vec<String>,
    origins: HashMap<&'static str, Origin>,
}

impl Given {
    /// Puts everything together.
    pub fn effective(self) -> Result<Effective, ConfigError> {
        let Self {
            file,
            flags,
            environment,
        } = self;
        let file = file.or_else(|| {
            environment
                .get(FILE)
                .filter(|path| !path.is_empty())
                .map(Into::into)
        });
        let in_file = file.as_deref().map(read).transpose()?.unwrap_or_default();
        let mut config = Config::new(PathBuf::new(), LISTEN);
        let mut origins = HashMap::new();
        for setting in SETTINGS {
            let variable = environment.get(&setting.variable());
            let (words, origin) = if let Some(words) = flags.get(setting.name) {
                (words.clone(), Origin::Flag)
            } else if let Some(value) = variable {
                (words_of_variable(setting, value), Origin::Environment)
            } else if let Some((words, line)) = in_file.get(setting.name) {
                (words.clone(), Origin::File { line: *line })
            } else {
                continue;
            };
            (setting.set)(&mut config, &words).map_err(|source| ConfigError::Value {
                setting: setting.name,
                origin,
                source,
            })?;
            origins.insert(setting.name, origin);
        }
        check(&config)?;
        let mut unknown_variables: Vec<String> = environment
            .into_keys()
            .filter(|name| name.starts_with(PREFIX) && name != FILE)
            .filter(|name| SETTINGS.iter().all(|setting| setting.variable() != *name))
            .collect();
        unknown_variables.sort_unstable();
        Ok(Effective {
            config,
            unknown_variables,
            origins,
        })
    }
}

/// What one setting alone cannot tell.
fn check(config: &Config) -> Result<(), ConfigError> {
    if config.data.as_os_str().is_empty() {
        return Err(ConfigError::Missing { setting: "data" });
    }
    config.limits.check()?;
    let tls = &config.tls;
    let needs = |setting, other| Err(ConfigError::Needs { setting, other });
    match (&tls.certificate, &tls.key) {
        (Some(_), None) => return needs("tls-certificate", "tls-key"),
        (None, Some(_)) => return needs("tls-key", "tls-certificate"),
        (Some(_), Some(_)) if !tls.acme_domains.is_empty() => {
            return Err(ConfigError::Excludes {
                setting: "tls-certificate",
                other: "acme-domain",
            });
        }
        _ => {}
    }
    if config.proxies.protocol && config.proxies.trusted.is_empty() {
        return needs("proxy-protocol", "trusted-proxy");
    }
    Ok(())
}

fn words_of_variable(setting: &Setting, value: &str) -> Vec<String> {
    if !setting.is_list() {
        return vec![value.to_owned()];
    }
    let words = value.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// The settings in a file, each with its line.
fn read(path: &Path) -> Result<HashMap<&'static str, (Vec<String>, usize)>, ConfigError> {
    let text = fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let line_of = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
    let table = DeTable::parse(&text).map_err(|source| ConfigError::NotToml {
        path: path.to_owned(),
        line: line_of(source.span().map_or(0, |span| span.start)),
        source: Box::new(source),
    })?;
    let mut found = HashMap::new();
    for (key, value) in table.get_ref() {
        let line = line_of(key.span().start);
        let name: &str = key.get_ref();
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else {
            return Err(ConfigError::UnknownKey {
                path: path.to_owned(),
                line,
                key: name.to_owned(),
            });
        };
        let words = words_of_value(setting, value.get_ref()).ok_or(ConfigError::Value {
            setting: setting.name,
            origin: Origin::File { line },
            source: ValueError::expected("a string, a number, true or false, or a list of strings"),
        })?;
        found.insert(setting.name, (words, line));
    }
    Ok(found)
}

fn words_of_value(setting: &Setting, value: &DeValue<'_>) -> Option<Vec<String>> {
    match value {
        DeValue::Array(values) if setting.is_list() => values
            .iter()
            .map(|value| word_of_value(value.get_ref()))
            .collect(),
        value => Some(vec![word_of_value(value)?]),
    }
}

fn word_of_value(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        // As it is written but for the underscores, and not in hexadecimal.
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().replace('_', "")),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A configuration file that says the same, but for secrets.
impl fmt::Display for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for section in Section::ALL {
            writeln!(f, "# {}", section.heading())?;
            for setting in SETTINGS.iter().filter(|setting| setting.section == section) {
                let line = format!("{} = {}", setting.name, setting.toml(&self.config));
                let origin = self.origins.get(setting.name).unwrap_or(&Origin::Default);
                writeln!(f, "{line:<50} # {origin}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
