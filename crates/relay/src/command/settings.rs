//! The flags of every setting, made from the one list.

use std::collections::HashMap;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueHint};
use sotto_relay::config::{Config, ConfigError, Effective, Given, SETTINGS, Setting};

/// The flags that were given, and the file they name.
pub(super) struct Settings(Given);

impl Settings {
    /// With the environment of this process and the file.
    pub(super) fn effective(self) -> Result<Effective, ConfigError> {
        let environment = std::env::vars_os();
        let text = environment
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Given {
            environment: text.collect(),
            ..self.0
        }
        .effective()
    }
}

impl Args for Settings {
    fn augment_args(command: Command) -> Command {
        let defaults = Config::new(PathBuf::new(), ([127, 0, 0, 1], 9800).into());
        let file = Arg::new("config")
            .long("config")
            .value_name("FILE")
            .value_hint(ValueHint::FilePath)
            .help("Read settings from this file (TOML); flags and environment go before it. [env: SOTTO_RELAY_CONFIG]");
        SETTINGS
            .iter()
            .map(|setting| flag(setting, &defaults))
            .fold(command.arg(file), Command::arg)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn flag(setting: &'static Setting, defaults: &Config) -> Arg {
    let default = match setting.shown(defaults) {
        none if none.is_empty() => String::new(),
        default => format!("[default: {default}] "),
    };
    let flag = Arg::new(setting.name)
        .long(setting.name)
        .value_name(setting.value)
        .help_heading(setting.section.heading())
        .help(format!("{} {default}[env: {}]", setting.help, setting.variable()))
        .value_hint(match setting.value {
            "DIR" => ValueHint::DirPath,
            "FILE" => ValueHint::FilePath,
            _ => ValueHint::Unknown,
        });
    if setting.is_list() {
        flag.action(ArgAction::Append)
    } else if setting.is_flag() {
        flag.num_args(0..=1)
            .default_missing_value("true")
            .require_equals(true)
    } else {
        flag
    }
}

impl FromArgMatches for Settings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |name: &'static str| {
            let words = matches.get_many::<String>(name)?;
            Some((name, words.cloned().collect::<Vec<_>>()))
        };
        let flags: HashMap<_, _> = SETTINGS
            .iter()
            .filter_map(|setting| given(setting.name))
            .collect();
        Ok(Self(Given {
            file: matches.get_one::<String>("config").map(PathBuf::from),
            flags,
            environment: HashMap::new(),
        }))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
