//! `cargo xtask reproduce`: the same program, byte for byte, from the same commit in two folders.
//!
//! So that who has the source can tell whether a program that was handed out was made from it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::process::{ProcessError, Program};
use crate::terminal;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Which program
    #[arg(long, value_enum, default_value = "relay")]
    program: Made,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Made {
    /// The relay server
    Relay,
    /// The desktop app with its UI
    App,
}

/// Why the two are not known to be the same.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReproduceError {
    #[error("the folders could not be made, or the programs not read")]
    Files(#[from] io::Error),
    #[error("the commit could not be laid out in a folder")]
    Source(#[source] ProcessError),
    #[error("the UI could not be built")]
    Ui(#[source] ProcessError),
    #[error("the program could not be built")]
    Build(#[source] ProcessError),
    #[error("the two differ, at byte {first} for the first time: `{}` and `{}`", programs[0].display(), programs[1].display())]
    Differ { first: usize, programs: [PathBuf; 2] },
}

/// Two folders that have nothing in common but what is in them, not even the length of their names.
const FOLDERS: [&str; 2] = ["one", "another folder/with a longer name"];

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), ReproduceError> {
    let results = workspace.results("reproduce");
    if results.exists() {
        fs::remove_dir_all(&results)?;
    }
    let programs = [
        make(workspace, arguments.program, &results, FOLDERS[0])?,
        make(workspace, arguments.program, &results, FOLDERS[1])?,
    ];
    let [one, other] = [fs::read(&programs[0])?, fs::read(&programs[1])?];
    if one == other {
        println!(
            "✓ {} bytes, the same in both: {}",
            one.len(),
            programs[0].display()
        );
        return Ok(());
    }
    let same = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    Err(ReproduceError::Differ {
        first: same,
        programs,
    })
}

/// Builds the last commit in a folder of its own; answers where the program is.
fn make(workspace: &Workspace, made: Made, results: &Path, name: &str) -> Result<PathBuf, ReproduceError> {
    let step = terminal::step(format!("Building in “{name}”"));
    let folder = results.join(name);
    fs::create_dir_all(&folder)?;
    let archive = results.join("source.tar");
    let source = |program: Program| program.run().map_err(ReproduceError::Source);
    source(
        workspace
            .program("git")
            .args(["archive", "--output"])
            .arg(&archive)
            .arg("HEAD"),
    )?;
    source(
        workspace
            .program("tar")
            .arg("-xf")
            .arg(&archive)
            .arg("-C")
            .arg(&folder),
    )?;

    let (package, program, features) = match made {
        Made::Relay => ("sotto-relay", "sotto-relay", None),
        Made::App => {
            for arguments in [["ci", "--no-audit"], ["run", "build"]] {
                let npm = workspace.npm().directory(&folder.join("ui")).args(arguments);
                npm.run().map_err(ReproduceError::Ui)?;
            }
            ("sotto", "sotto", Some("custom-protocol"))
        }
    };
    workspace
        .cargo()
        .directory(&folder)
        .args([
            "build",
            "--release",
            "--locked",
            "--package",
            package,
            "--bin",
            program,
        ])
        .args(features.map(|features| format!("--features={features}")))
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("CARGO_ENCODED_RUSTFLAGS", without_paths(&folder))
        .run()
        .map_err(ReproduceError::Build)?;
    step.done();

    let built = folder.join("target").join("release").join(program);
    let kept = results.join(format!(
        "{program}-{}",
        name.split([' ', '/']).next().unwrap_or(name)
    ));
    fs::copy(built, &kept)?;
    fs::remove_dir_all(folder.join("target"))?;
    Ok(kept)
}

/// Flags for the compiler that leave out of the program where it was built.
fn without_paths(folder: &Path) -> String {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cargo = std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
    [(folder, "/sotto"), (&cargo, "/cargo")]
        .map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display()))
        .join("\u{1f}")
}
