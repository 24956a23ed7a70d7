//! Holds the drawing of ARCHITECTURE.md: who may depend on whom.
//!
//! `ui → api → engine → {protocol, wire}`, `relay → {wire, protocol}`, the root package composes, and nothing points back.
//! An arrow that is not in [`ARROWS`] fails here, and so does one in [`ARROWS`] that no manifest declares any more:
//! change the table, the drawing and the manifest together, and say why in the commit.

#![allow(clippy::expect_used)] // a test may stop at the first surprise, and so may what it is made of

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{CargoOpt, Dependency, DependencyKind, Metadata, MetadataCommand, Package};

/// Every package of the workspace, and those of ours that its product code depends on. Tests may use what they like.
const ARROWS: &[(&str, &[&str])] = &[
    ("sotto", &["sotto-api", "sotto-engine", "sotto-relay"]),
    ("sotto-api", &["sotto-engine"]),
    ("sotto-engine", &["sotto-protocol", "sotto-wire"]),
    ("sotto-load", &["sotto-protocol", "sotto-wire"]),
    ("sotto-protocol", &[]),
    ("sotto-relay", &["sotto-protocol", "sotto-wire"]),
    (
        "sotto-testkit",
        &["sotto-engine", "sotto-protocol", "sotto-relay", "sotto-wire"],
    ),
    ("sotto-wire", &[]),
    ("xtask", &[]),
];

/// What a crate must not reach, however far down: it would break what the crate's header promises.
const OUT_OF_REACH: &[(&str, &[&str], &str)] = &[
    (
        "sotto-protocol",
        &[
            "tokio",
            "async-trait",
            "futures-util",
            "rusqlite",
            "chrono",
            "time",
            "tracing",
            "log",
        ],
        "the protocol is sans-I/O: no runtime, no store, no clock, no log",
    ),
    (
        "sotto-wire",
        &["tokio", "axum", "tokio-tungstenite", "rusqlite"],
        "the wire says what is said, and does no I/O",
    ),
    (
        "sotto-engine",
        &["tauri", "axum"],
        "the engine is headless, and no server",
    ),
    ("sotto-api", &["tauri"], "the command surface knows no window"),
    (
        "sotto-relay",
        &["tauri", "keyring"],
        "the relay is a server without a desktop",
    ),
];

#[test]
fn the_crates_depend_on_each_other_as_the_architecture_draws_them() {
    let workspace = manifests();
    let ours: BTreeSet<&str> = workspace
        .workspace_packages()
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let drawn: BTreeMap<&str, BTreeSet<&str>> = ARROWS
        .iter()
        .map(|(from, to)| (*from, to.iter().copied().collect()))
        .collect();

    let mut wrong = Vec::new();
    for package in workspace.workspace_packages() {
        let Some(allowed) = drawn.get(package.name.as_str()) else {
            wrong.push(format!(
                "`{}` is not in the drawing: give it its row in ARROWS",
                package.name
            ));
            continue;
        };
        let declared: BTreeSet<&str> = product_dependencies(package)
            .map(|dependency| dependency.name.as_str())
            .filter(|name| ours.contains(name))
            .collect();
        wrong.extend(
            declared
                .difference(allowed)
                .map(|to| format!("`{}` must not depend on `{to}`", package.name)),
        );
        wrong.extend(
            allowed
                .difference(&declared)
                .map(|to| format!("`{}` no longer depends on `{to}`: the drawing lies", package.name)),
        );
    }
    wrong.extend(
        drawn
            .keys()
            .filter(|name| !ours.contains(*name))
            .map(|name| format!("`{name}` is drawn, but there is no such package")),
    );
    assert_all_well(wrong);
}

#[test]
fn only_the_root_package_knows_tauri_and_only_as_an_option() {
    let workspace = manifests();
    let mut wrong = Vec::new();
    for package in workspace.workspace_packages() {
        for dependency in package
            .dependencies
            .iter()
            .filter(|dependency| dependency.name.starts_with("tauri"))
        {
            if package.name.as_str() != "sotto" {
                wrong.push(format!(
                    "`{}` depends on `{}`: windows belong to the root package",
                    package.name, dependency.name
                ));
            } else if !dependency.optional {
                wrong.push(format!(
                    "`{}` must be optional, behind the feature `desktop`",
                    dependency.name
                ));
            }
        }
    }
    assert_all_well(wrong);
}

#[test]
fn without_the_windows_nothing_of_tauri_is_compiled() {
    let workspace = compiled_without_windows();
    let reached = everything_below(&workspace, "sotto");
    assert_all_well(
        reached
            .iter()
            .filter(|name| name.starts_with("tauri") || name.contains("webkit"))
            .map(|name| format!("`cargo build --no-default-features` compiles `{name}`"))
            .collect(),
    );
}

#[test]
fn no_crate_reaches_what_its_header_promises_to_do_without() {
    let workspace = compiled_without_windows();
    let mut wrong = Vec::new();
    for (from, forbidden, promise) in OUT_OF_REACH {
        let reached = everything_below(&workspace, from);
        wrong.extend(
            forbidden
                .iter()
                .filter(|name| reached.contains(**name))
                .map(|name| format!("`{from}` reaches `{name}`: {promise}")),
        );
    }
    assert_all_well(wrong);
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let workspace = manifests();
    let mut wrong = Vec::new();
    for package in workspace.workspace_packages() {
        let manifest =
            std::fs::read_to_string(&package.manifest_path).expect("a manifest that cargo has read");
        if !manifest.contains("[lints]\nworkspace = true") {
            wrong.push(format!("`{}` does not take the workspace's lints", package.name));
        }
    }
    assert_all_well(wrong);
}

/// What the manifests say.
fn manifests() -> Metadata {
    MetadataCommand::new().no_deps().exec().expect("cargo metadata")
}

/// What is compiled on this machine when the windows are left out.
fn compiled_without_windows() -> Metadata {
    MetadataCommand::new()
        .features(CargoOpt::NoDefaultFeatures)
        .other_options(["--filter-platform".to_owned(), host()])
        .exec()
        .expect("cargo metadata")
}

/// The target triple of this machine, so that cargo need not know the packages of all others.
fn host() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = std::process::Command::new(rustc)
        .arg("-vV")
        .output()
        .expect("rustc");
    let version = String::from_utf8(version.stdout).expect("rustc speaks UTF-8");
    version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .expect("rustc names its host")
        .to_owned()
}

/// What the package's library and binaries use; build scripts and tests may use what they like.
fn product_dependencies(package: &Package) -> impl Iterator<Item = &Dependency> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal)
}

/// The names of all packages that `from` compiles in, on any platform.
fn everything_below(workspace: &Metadata, from: &str) -> BTreeSet<String> {
    let resolve = workspace.resolve.as_ref().expect("a resolved graph");
    let start = workspace
        .workspace_packages()
        .into_iter()
        .find(|package| package.name.as_str() == from)
        .expect("a package of ours");
    let mut seen = BTreeSet::new();
    let mut open = vec![start.id.clone()];
    while let Some(id) = open.pop() {
        let node = resolve
            .nodes
            .iter()
            .find(|node| node.id == id)
            .expect("a node of the graph");
        for dependency in &node.deps {
            let normal = dependency
                .dep_kinds
                .iter()
                .any(|kind| kind.kind == DependencyKind::Normal);
            if normal && seen.insert(dependency.pkg.clone()) {
                open.push(dependency.pkg.clone());
            }
        }
    }
    workspace
        .packages
        .iter()
        .filter(|package| seen.contains(&package.id))
        .map(|package| package.name.to_string())
        .collect()
}

#[track_caller]
fn assert_all_well(wrong: Vec<String>) {
    assert!(
        wrong.is_empty(),
        "the dependency rule is broken:\n  {}\nsee ARCHITECTURE.md",
        wrong.join("\n  ")
    );
}
