//! Starting with the session, which the window may switch on and off: out of sight if there is a tray, each profile for itself.

use tauri::Wry;
use tauri::plugin::TauriPlugin;

use crate::Options;

#[cfg(not(target_os = "linux"))]
pub(crate) fn plugin(options: &Options) -> TauriPlugin<Wry> {
    tauri_plugin_autostart::Builder::new()
        .app_name(name(options))
        .args(arguments(options))
        .build()
}

/// Answers to the plugin's commands with an entry of our own: the plugin's is in `~/.config` whatever `XDG_CONFIG_HOME` says,
/// and starts nothing that lies in a folder with a space in its name.
#[cfg(target_os = "linux")]
pub(crate) fn plugin(options: &Options) -> TauriPlugin<Wry> {
    use tauri::Manager;

    let (name, arguments) = (name(options), arguments(options));
    tauri::plugin::Builder::new("autostart")
        .invoke_handler(tauri::generate_handler![
            entry::enable,
            entry::disable,
            entry::is_enabled
        ])
        .setup(move |app, _| {
            let program = tauri::process::current_binary(&app.env())?;
            let folder = app.path().config_dir()?.join("autostart");
            app.manage(entry::Entry::new(&folder, &name, &program, &arguments));
            Ok(())
        })
        .build()
}

fn name(options: &Options) -> String {
    format!("sotto-{}", options.profile.as_str())
}

/// What opens the same account again, wherever it is kept.
fn arguments(options: &Options) -> Vec<String> {
    let mut arguments = vec![
        "--hidden".to_owned(),
        "--profile".to_owned(),
        options.profile.as_str().to_owned(),
    ];
    let folder = options
        .data_dir
        .as_ref()
        .and_then(|folder| std::path::absolute(folder).ok());
    if let Some(folder) = folder {
        arguments.extend(["--data-dir".to_owned(), folder.to_string_lossy().into_owned()]);
    }
    arguments
}

/// A desktop entry in the folder whose entries are started with the session (freedesktop.org, "Desktop Application Autostart").
#[cfg(target_os = "linux")]
mod entry {
    use std::fs;
    use std::io;
    use std::path::{Path, PathBuf};

    use tauri::State;

    #[derive(Debug)]
    pub(super) struct Entry {
        file: PathBuf,
        content: String,
    }

    impl Entry {
        pub(super) fn new(folder: &Path, name: &str, program: &Path, arguments: &[String]) -> Self {
            let program = program.to_string_lossy();
            let words = std::iter::once(program.as_ref()).chain(arguments.iter().map(String::as_str));
            let line: Vec<_> = words.map(quoted).collect();
            Self {
                file: folder.join(format!("{name}.desktop")),
                content: format!(
                    "[Desktop Entry]\nType=Application\nName=Sotto\nExec={}\nTerminal=false\nStartupNotify=false\n",
                    line.join(" ")
                ),
            }
        }

        fn write(&self) -> io::Result<()> {
            if let Some(folder) = self.file.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&self.file, &self.content)
        }

        fn remove(&self) -> io::Result<()> {
            match fs::remove_file(&self.file) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                done => done,
            }
        }
    }

    /// One word of a command line as the key `Exec` has it: quoted for the command line, `%` doubled, and then escaped as any
    /// value of the file is.
    fn quoted(word: &str) -> String {
        let mut quoted = String::from("\"");
        for character in word.chars() {
            match character {
                '"' | '`' | '$' => quoted.extend(["\\\\", &character.to_string()]),
                '\\' => quoted.push_str("\\\\\\\\"),
                '%' => quoted.push_str("%%"),
                '\n' => quoted.push_str("\\n"),
                other => quoted.push(other),
            }
        }
        quoted.push('"');
        quoted
    }

    #[tauri::command(async)]
    pub(super) fn enable(entry: State<'_, Entry>) -> tauri::Result<()> {
        Ok(entry.write()?)
    }

    #[tauri::command(async)]
    pub(super) fn disable(entry: State<'_, Entry>) -> tauri::Result<()> {
        Ok(entry.remove()?)
    }

    #[tauri::command(async)]
    pub(super) fn is_enabled(entry: State<'_, Entry>) -> bool {
        entry.file.exists()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn switched_on_there_is_an_entry_and_switched_off_there_is_none() {
            let home = tempfile::tempdir().unwrap();
            let folder = home.path().join("autostart");
            let arguments = ["--hidden", "--profile", "alice"].map(str::to_owned);
            let entry = Entry::new(&folder, "sotto-alice", Path::new("/usr/bin/sotto"), &arguments);
            entry.remove().unwrap();
            entry.write().unwrap();
            let written = fs::read_to_string(folder.join("sotto-alice.desktop")).unwrap();
            assert!(
                written.contains("\nExec=\"/usr/bin/sotto\" \"--hidden\" \"--profile\" \"alice\"\n"),
                "{written}"
            );
            entry.remove().unwrap();
            assert!(fs::read_dir(folder).unwrap().next().is_none());
        }

        #[test]
        fn a_program_is_found_whatever_its_folder_is_called() {
            assert_eq!(quoted("/home/al/My Apps/Sotto"), r#""/home/al/My Apps/Sotto""#);
            assert_eq!(quoted("100 %"), r#""100 %%""#);
            assert_eq!(quoted(r#"a"b$c`d\e"#), r#""a\\"b\\$c\\`d\\\\e""#);
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn with_the_session_the_same_account_starts_out_of_sight() {
        let with = Options::parse_from(["sotto", "--profile", "alice", "--data-dir", "/mnt/accounts"]);
        let started = [vec!["sotto".to_owned()], arguments(&with)].concat();
        let started = Options::parse_from(started);
        assert!(started.hidden);
        assert_eq!(started.profile, with.profile);
        assert_eq!(started.data_dir, with.data_dir);
    }
}
