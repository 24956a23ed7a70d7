//! What the machine must have, how to see that it has it, and which package brings it.

use std::fs;

use crate::process::Program;
use crate::setup::{Purpose, has_display};
use crate::workspace::Workspace;

/// One thing the machine must have.
#[derive(Debug)]
pub(crate) struct Requirement {
    /// As a person would call it.
    pub(crate) name: &'static str,
    probe: Probe,
    /// The Debian and Ubuntu package.
    pub(crate) apt: &'static str,
    /// The Fedora package, or the path of a file in it, which dnf accepts as well.
    pub(crate) dnf: &'static str,
    /// The Arch package.
    pub(crate) pacman: &'static str,
}

#[derive(Debug)]
enum Probe {
    /// pkg-config knows this library, so its headers are there.
    Library(&'static str),
    /// One of these is on the search path.
    Program(&'static [&'static str]),
    /// This is on the search path, or this is not Debian, and nobody else packages it.
    OnDebian(&'static str),
    /// fontconfig knows a font of this pattern.
    Fonts(&'static str),
    /// A PostgreSQL server, which Debian keeps off the search path.
    PostgreSql,
}

impl Requirement {
    /// Whether the machine has it.
    pub(crate) fn is_met(&self, workspace: &Workspace) -> bool {
        match self.probe {
            Probe::Library(name) => Program::new("pkg-config")
                .args(["--exists", name])
                .probe()
                .is_some_and(|(exists, _)| exists),
            Probe::Program(names) => names.iter().any(|name| workspace.find_program(name).is_some()),
            Probe::OnDebian(name) => {
                workspace.find_program(name).is_some() || workspace.find_program("apt-get").is_none()
            }
            Probe::Fonts(pattern) => Program::new("fc-list")
                .arg(pattern)
                .probe()
                .is_some_and(|(_, fonts)| !fonts.is_empty()),
            Probe::PostgreSql => {
                let versions = fs::read_dir("/usr/lib/postgresql")
                    .into_iter()
                    .flatten()
                    .flatten();
                workspace.find_program("initdb").is_some()
                    || versions
                        .into_iter()
                        .any(|version| version.path().join("bin/initdb").exists())
            }
        }
    }
}

/// To compile and link the app. On macOS and Windows the compiler that Rust itself needs is enough.
const BUILD: &[Requirement] = &[
    Requirement {
        name: "a C compiler",
        probe: Probe::Program(&["cc", "gcc", "clang"]),
        apt: "build-essential",
        dnf: "gcc",
        pacman: "base-devel",
    },
    Requirement {
        name: "pkg-config",
        probe: Probe::Program(&["pkg-config"]),
        apt: "pkg-config",
        dnf: "/usr/bin/pkg-config",
        pacman: "pkgconf",
    },
    Requirement {
        name: "WebKitGTK 4.1 (development files)",
        probe: Probe::Library("webkit2gtk-4.1"),
        apt: "libwebkit2gtk-4.1-dev",
        dnf: "webkit2gtk4.1-devel",
        pacman: "webkit2gtk-4.1",
    },
    Requirement {
        name: "Ayatana AppIndicator (development files)",
        probe: Probe::Library("ayatana-appindicator3-0.1"),
        apt: "libayatana-appindicator3-dev",
        dnf: "libayatana-appindicator-gtk3-devel",
        pacman: "libayatana-appindicator",
    },
    Requirement {
        name: "librsvg (development files)",
        probe: Probe::Library("librsvg-2.0"),
        apt: "librsvg2-dev",
        dnf: "librsvg2-devel",
        pacman: "librsvg",
    },
    Requirement {
        name: "OpenSSL (development files; SQLCipher's libcrypto)",
        probe: Probe::Library("openssl"),
        apt: "libssl-dev",
        dnf: "openssl-devel",
        pacman: "openssl",
    },
    Requirement {
        name: "D-Bus (development files)",
        probe: Probe::Library("dbus-1"),
        apt: "libdbus-1-dev",
        dnf: "dbus-devel",
        pacman: "dbus",
    },
];

/// To show and drive windows where there is no display, with a real Secret Service.
const WINDOWS: &[Requirement] = &[
    Requirement {
        name: "Xvfb",
        probe: Probe::Program(&["Xvfb"]),
        apt: "xvfb",
        dnf: "/usr/bin/Xvfb",
        pacman: "xorg-server-xvfb",
    },
    Requirement {
        name: "D-Bus (dbus-daemon)",
        probe: Probe::Program(&["dbus-daemon"]),
        apt: "dbus",
        dnf: "dbus-daemon",
        pacman: "dbus",
    },
    Requirement {
        name: "GNOME Keyring",
        probe: Probe::Program(&["gnome-keyring-daemon"]),
        apt: "gnome-keyring",
        dnf: "gnome-keyring",
        pacman: "gnome-keyring",
    },
    Requirement {
        name: "secret-tool",
        probe: Probe::Program(&["secret-tool"]),
        apt: "libsecret-tools",
        dnf: "/usr/bin/secret-tool",
        pacman: "libsecret",
    },
    Requirement {
        name: "WebKitWebDriver",
        probe: Probe::Program(&["WebKitWebDriver"]),
        apt: "webkit2gtk-driver",
        dnf: "/usr/bin/WebKitWebDriver",
        pacman: "webkitgtk-6.0",
    },
    Requirement {
        name: "fonts",
        probe: Probe::Fonts(":lang=en"),
        apt: "fonts-dejavu-core",
        dnf: "dejavu-sans-fonts",
        pacman: "ttf-dejavu",
    },
    Requirement {
        name: "a font with emoji",
        probe: Probe::Fonts(":lang=und-zsye"),
        apt: "fonts-noto-color-emoji",
        dnf: "google-noto-color-emoji-fonts",
        pacman: "noto-fonts-emoji",
    },
];

/// To check databases from outside the app: plain SQLite, which must not be able to read them.
const EVIDENCE: &[Requirement] = &[Requirement {
    name: "sqlite3",
    probe: Probe::Program(&["sqlite3"]),
    apt: "sqlite3",
    dnf: "sqlite",
    pacman: "sqlite",
}];

/// What relays of several nodes share, for their stories: the tests start their own.
const SERVERS: &[Requirement] = &[
    Requirement {
        name: "PostgreSQL",
        probe: Probe::PostgreSql,
        apt: "postgresql",
        dnf: "postgresql-server",
        pacman: "postgresql",
    },
    Requirement {
        name: "Redis",
        probe: Probe::Program(&["redis-server"]),
        apt: "redis-server",
        dnf: "/usr/bin/redis-server",
        pacman: "redis",
    },
    // Without it the story of certificates by ACME is not told.
    Requirement {
        name: "Pebble, an ACME server for tests",
        probe: Probe::OnDebian("pebble"),
        apt: "pebble",
        dnf: "pebble",
        pacman: "pebble",
    },
];

/// To run the UI's stories in a browser.
const BROWSER: &[Requirement] = &[Requirement {
    name: "Chromium",
    probe: Probe::Program(&[
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ]),
    apt: "chromium",
    dnf: "chromium",
    pacman: "chromium",
}];

/// What `purpose` needs on this operating system.
pub(crate) fn of(purpose: Purpose) -> Vec<&'static Requirement> {
    if !cfg!(target_os = "linux") {
        return Vec::new();
    }
    let groups: &[&'static [Requirement]] = match purpose {
        Purpose::App => &[BUILD],
        Purpose::Demo if has_display() => &[BUILD],
        Purpose::Demo | Purpose::Story | Purpose::Bench => &[BUILD, WINDOWS, EVIDENCE],
        Purpose::Test => &[BUILD, WINDOWS, EVIDENCE, BROWSER, SERVERS],
    };
    groups.iter().copied().flatten().collect()
}
