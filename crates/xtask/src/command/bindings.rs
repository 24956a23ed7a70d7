//! `cargo xtask bindings`: the TypeScript of the command surface, written from `crates/api`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::process::{ProcessError, Program};
use crate::terminal;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Change nothing; fail if the committed files are not what crates/api says
    #[arg(long)]
    check: bool,
}

/// Why the bindings are not right.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BindingsError {
    #[error("the bindings could not be generated")]
    Generate(#[from] ProcessError),
    #[error("the folder `{}` could not be read or written", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("these files differ from what crates/api says; run `cargo xtask bindings`: {}", files.join(", "))]
    Stale { files: Vec<String> },
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), BindingsError> {
    if arguments.check {
        check(workspace, alone)
    } else {
        write(workspace)
    }
}

/// Writes the bindings anew, and removes those of types that are gone.
fn write(workspace: &Workspace) -> Result<(), BindingsError> {
    let step = terminal::step("Writing the bindings");
    let generated = generate(workspace, alone)?;
    let committed = committed_folder(workspace);
    for name in read(&committed)?
        .keys()
        .filter(|name| !generated.contains_key(*name))
    {
        let path = committed.join(name);
        fs::remove_file(&path).map_err(|source| BindingsError::Folder { path, source })?;
        terminal::remark(format!("removed {name}"));
    }
    for (name, text) in generated {
        let path = committed.join(name);
        if fs::read(&path).is_ok_and(|old| old == text) {
            continue;
        }
        fs::write(&path, text).map_err(|source| BindingsError::Folder {
            path: path.clone(),
            source,
        })?;
        terminal::remark(format!(
            "wrote {}",
            path.strip_prefix(workspace.root()).unwrap_or(&path).display()
        ));
    }
    step.done();
    Ok(())
}

/// The tests by which ts-rs writes the bindings, built as quickly as they can be by themselves.
fn alone(workspace: &Workspace) -> Program {
    workspace
        .cargo()
        .args(["test", "--quiet", "--locked", "--package", "sotto-api", "--lib"])
        .arg("export_bindings")
}

/// The same tests, as they are built among all others.
pub(super) fn among_everything(workspace: &Workspace) -> Program {
    workspace
        .cargo_on_everything(&["nextest", "run"])
        .args(["-E", "package(sotto-api) & test(export_bindings)"])
}

/// Compares the committed bindings with what `crates/api` says now.
pub(super) fn check(workspace: &Workspace, tests: fn(&Workspace) -> Program) -> Result<(), BindingsError> {
    let generated = generate(workspace, tests)?;
    let committed = read(&committed_folder(workspace))?;
    let names = generated.keys().chain(committed.keys());
    let mut stale: Vec<_> = names
        .filter(|name| generated.get(*name) != committed.get(*name))
        .cloned()
        .collect();
    stale.sort();
    stale.dedup();
    if stale.is_empty() {
        Ok(())
    } else {
        Err(BindingsError::Stale { files: stale })
    }
}

fn committed_folder(workspace: &Workspace) -> PathBuf {
    workspace.ui().join("src").join("api").join("generated")
}

/// Has ts-rs write every binding into a folder of its own, and reads them.
fn generate(
    workspace: &Workspace,
    tests: fn(&Workspace) -> Program,
) -> Result<BTreeMap<String, Vec<u8>>, BindingsError> {
    let folder = workspace.results("bindings");
    let folder_error = |source| BindingsError::Folder {
        path: folder.clone(),
        source,
    };
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(folder_error)?;
    }
    fs::create_dir_all(&folder).map_err(folder_error)?;
    tests(workspace).env("TS_RS_EXPORT_DIR", &folder).run()?;
    read(&folder)
}

/// The files of a folder, by name.
fn read(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, BindingsError> {
    let error = |source| BindingsError::Folder {
        path: folder.to_owned(),
        source,
    };
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(error)? {
        let path = entry.map_err(error)?.path();
        if let Some(name) = path.file_name().filter(|_| path.is_file()) {
            files.insert(
                name.to_string_lossy().into_owned(),
                fs::read(&path).map_err(error)?,
            );
        }
    }
    Ok(files)
}
