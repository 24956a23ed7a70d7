//! `sotto-relay man`: the manual page, with every subcommand.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_mangen::Man;

use super::CommandLine;
use crate::failure::Failure;

pub(super) fn run() -> Result<(), Failure> {
    let mut command = CommandLine::command();
    command.build();
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    add(&command, "sotto-relay", &mut page)?;
    io::stdout().write_all(&page)?;
    Ok(())
}

/// Its subcommands, and theirs.
fn add(command: &clap::Command, name: &str, page: &mut Vec<u8>) -> io::Result<()> {
    for subcommand in command
        .get_subcommands()
        .filter(|subcommand| subcommand.get_name() != "help")
    {
        let name = format!("{name}-{}", subcommand.get_name());
        let man = Man::new(subcommand.clone().name(name.clone()));
        man.render_synopsis_section(page)?;
        man.render_description_section(page)?;
        man.render_options_section(page)?;
        add(subcommand, &name, page)?;
    }
    Ok(())
}
